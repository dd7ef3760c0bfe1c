"""A run's folder: its card, its result and what it says of itself, read without judging it again."""
