"""The judge judged: what proves that the harness sees what it is there for, and nothing else.

`python -m tests.trust` (`make trust`) works through every part and writes docs/trust.md from what happened.
"""
