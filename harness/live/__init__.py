"""Live: a session in which everything is done by hand, watched on a page or steered from a shell."""
