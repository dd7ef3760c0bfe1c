"""Hostile inputs: scenario files, expectations and run folders, made by grammar, damaged, and put to the program."""
