"""Sections of a report: each from a Result, for whichever format wants it."""
