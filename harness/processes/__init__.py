"""Processes: what owns children, and how they are started, found and ended."""
