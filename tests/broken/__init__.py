"""What is broken on purpose, for the proof that the harness sees it."""
