"""The rows of what is planted."""
