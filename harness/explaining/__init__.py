"""Explaining: the rows, tickets and times behind the figures, each with its record. Pure."""
