"""The guided comparison: acts as values, what is said of their results, their table and their page."""
