"""A chaos-testing comparison harness: plan, run, history, judge, compare."""

__version__ = "0.1.0"
