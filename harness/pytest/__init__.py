"""Scenarios as tests of pytest: `session` collects files, `items` are their tests, `runs` runs each scenario once.

`saying` (pure) is what a test is told of a run.
"""
