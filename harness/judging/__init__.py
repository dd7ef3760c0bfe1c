"""Judging: figures, checks and a verdict, from a Plan and a History alone. Pure but for reading a run's folder."""
