"""A Scenario: what a YAML file says, with every default filled in. Values only; `harness.planning.reading` reads it."""

from typing import TYPE_CHECKING, Any, Literal, Union

import msgspec

from harness.faults.kinds import KINDS
from harness.faults.spec import FaultSpec
from systems.desk.config import Safeguards
from systems.desk.outcomes import Outcomes
from systems.desk.units import Count, Duration, Positive, Rate

if TYPE_CHECKING:
    AnyFault = FaultSpec
else:
    AnyFault = Union[tuple(KINDS.values())]  # noqa: UP007 - of as many kinds as there are


class Priorities(msgspec.Struct, frozen=True):
    """Weights of the priorities; counts follow by largest remainder."""

    low: Count = 0
    medium: Count = 0
    high: Count = 0


class Arrival(msgspec.Struct, frozen=True):
    """How tickets come: at a rate, with so many outstanding, or (both None) all at once."""

    rate: Rate | None = None
    concurrency: Positive | None = None


class Resubmit(msgspec.Struct, frozen=True):
    """What a client does after an answer that is not ok."""

    attempts: Count = 0
    backoff: Duration = 0.2
    on: tuple[Literal["info", "fail"], ...] = ("info", "fail")


class Load(msgspec.Struct, frozen=True):
    """The tickets of a run."""

    tickets: Positive = 40
    arrival: Arrival = Arrival(rate=20.0)
    priorities: Priorities = Priorities(low=5, medium=3, high=2)
    timeout: Duration = 60.0
    resubmit: Resubmit = Resubmit()


class Agents(msgspec.Struct, frozen=True):
    """How many agents there are; reading fills in two for every ticket where a scenario does not say."""

    regular: Positive | None = None
    senior: Positive | None = None


class Desk(msgspec.Struct, frozen=True):
    """The desk's numbers. `step_time` names every step; `io_timeout` is of one call to the receiver."""

    step_time: dict[str, Duration]
    agents: Agents = Agents()
    agent_timeout: Duration = 5.0
    agent_poll: Duration = 0.1
    io_timeout: Duration = 10.0
    outcomes: Outcomes = Outcomes()
    safeguards: Safeguards = Safeguards()
    database: Literal["sqlite", "postgresql"] = "sqlite"


class SystemBlock(msgspec.Struct, frozen=True):
    """One column: which system, its own settings as a mapping, and what it overrides."""

    label: str
    system: str
    settings: dict[str, Any]
    resubmit: Resubmit
    safeguards: Safeguards


class Operand(msgspec.Struct, frozen=True):
    """A metric of a system; `label` None stands for every system the expectation applies to."""

    metric: str
    label: str | None = None


class Expectation(msgspec.Struct, frozen=True):
    """`left OP right [* factor]`; `right` is an operand, or a number in the metric's SI unit."""

    text: str
    line: int
    left: Operand
    op: Literal["<", "<=", "==", "!=", ">=", ">"]
    right: Operand | float
    factor: float = 1.0


class Scenario(msgspec.Struct, frozen=True):
    """A scenario as it takes effect."""

    name: str
    load: Load
    desk: Desk
    systems: tuple[SystemBlock, ...]
    faults: tuple[AnyFault, ...] = ()
    expect: tuple[Expectation, ...] = ()
    description: str = ""
    seed: int = 1
    repeat: Positive = 1
    settle: Duration = 60.0
