"""The systems under test and the desk they share; nothing in here imports the harness."""
