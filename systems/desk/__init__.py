"""The support desk as pure values: tickets, steps, outcomes, the oracle's path, records, points."""
