"""Triggers: when a fault strikes, and which tickets or processes."""
