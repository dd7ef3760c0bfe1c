"""How long things may take: the limits of the desk itself, and the times that one desk is set to. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

BUSY_TIMEOUT_S = 30.0
"""How long a transaction waits for another's lock before it is an error."""

STORE_ANSWER_S = BUSY_TIMEOUT_S + 2.0
"""How long a database server may take to answer: longer than it may wait for a lock, as that cannot be told apart."""

STORE_CONNECT_S = 10.0
"""How long connecting to a database server may take."""

STORE_IDLE_S = 10.0
"""How long a transaction may stand still before the server ends it: its client was cut off, and its locks keep others
waiting."""

IO_TIMEOUT_S = 10.0
"""How long one call to the receiver may take, where the desk says nothing else."""


@dataclass(frozen=True, slots=True)
class DeskTimes:
    """How long work takes at a desk, which is what the time-outs of an orchestrator must stay above.

    `step_time` names every step, in s; an agent who is silent for `agent_timeout_s` is replaced; one call to the
    receiver may take `io_timeout_s`.
    """

    step_time: Mapping[str, float]
    agent_timeout_s: float
    io_timeout_s: float = IO_TIMEOUT_S
