"""Mutants of the code that judges: each a small change of it, which a unit test has to notice.

The mutator is the proof's own. mutmut leaves out every decorated function, and the facts here are worked out in cached
properties; cosmic-ray starts pytest anew for each mutant, which takes hours, and changes the files of the checkout.
"""
