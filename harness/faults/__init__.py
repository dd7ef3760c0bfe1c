"""Faults: how each kind is scheduled, injected, undone and attested."""
