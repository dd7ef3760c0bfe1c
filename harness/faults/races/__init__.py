"""Races: what `write_race` lets meet, a race a file."""
