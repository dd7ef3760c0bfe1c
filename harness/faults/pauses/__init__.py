"""Pauses: what `long_pause` lets stand still, a scope a file."""
