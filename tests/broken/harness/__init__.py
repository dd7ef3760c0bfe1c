"""Broken parts of the harness itself: each patches one function of a real run, and nothing in the product knows of it.

`python -m tests.broken.harness FILE.PART run SCENARIO …` is `chaos run SCENARIO …` with that part broken, also where
the part runs in a child process. Whatever it breaks, the run must not be green, and a check must name it.
"""
