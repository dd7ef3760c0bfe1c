"""Text of reports: figures as people read them, and words that are harmless where they are printed."""
