"""Systems that treat their machine, or the harness itself, badly: the run has to end, be judged, and leave nothing."""
