"""Planning: what a scenario says, and all that it decides before anything starts. Pure but for reading scenarios."""
