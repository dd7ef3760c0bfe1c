"""Metrics: pure figures from a Plan and a History, a file a group."""
