"""Comparing: what repetitions and runs tell about each other, and whether that fails a job. Pure."""
