"""Triggers: when a fault strikes, and whom."""
