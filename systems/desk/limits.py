"""How long one call may take to what lies outside of a step: the limits that orchestrators must stay above. Pure."""

BUSY_TIMEOUT_S = 30.0
"""How long a transaction waits for somebody else's lock before it is an error."""

IO_TIMEOUT_S = 10.0
"""How long one call to the receiver may take, where the desk says nothing else."""
