"""The parts and how each is broken, a file a room of the harness; `PARTS` of each file lists them."""
