"""Scenarios as tests of pytest: `session` collects files, `items` are their tests, `runs` runs each scenario once.

`process` is one run in a process of its own, `saying` (pure) what a test is told of it.
"""
