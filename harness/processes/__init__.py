"""Processes: whoever owns children, and how they are started, found and ended."""
