"""A Scenario: what a YAML file says, with every default filled in. Values only; `harness.planning.reading` reads it."""

from typing import TYPE_CHECKING, Annotated, Any, Literal, Union

import msgspec

from harness.faults.kinds import KINDS
from harness.faults.spec import FaultSpec
from systems import registry
from systems.desk.config import Safeguards
from systems.desk.limits import IO_TIMEOUT_S, DeskTimes
from systems.desk.model import Priority
from systems.desk.outcomes import Outcomes
from systems.desk.units import Count, Duration, Positive, Rate, Repetitions, meaning
from systems.settings import Capability, SystemSettings

if TYPE_CHECKING:
    AnyFault = FaultSpec
else:
    AnyFault = Union[tuple(KINDS.values())]  # noqa: UP007 - of as many kinds as there are


class Priorities(msgspec.Struct, frozen=True):
    """Weights of the priorities; counts follow by largest remainder."""

    low: Annotated[Count, meaning("weight of low: answered from the knowledge base, or else resolved by an agent")] = 0
    medium: Annotated[Count, meaning("weight of medium: an agent investigates, and may escalate to engineering")] = 0
    high: Annotated[Count, meaning("weight of high: escalated at once, and engineering applies an urgent fix")] = 0


class Arrival(msgspec.Struct, frozen=True):
    """How tickets come: at a rate, with so many outstanding, or (both None) all at once."""

    rate: Annotated[
        Rate | None, meaning("open loop: tickets arrive evenly at this rate, however busy the system is")
    ] = None
    concurrency: Annotated[
        Positive | None,
        meaning("closed loop: this many tickets are outstanding at a time; the next one is sent when one ends"),
    ] = None


class ArrivingTicket(msgspec.Struct, frozen=True):
    """One ticket of a load that lists its tickets."""

    priority: Annotated[Priority, meaning("the ticket's priority")]
    at: Annotated[Duration, meaning("when it arrives: this long after the load begins")] = 0.0
    systems: Annotated[tuple[str, ...], meaning("which systems get it, by label; all, unless given")] = ()


class Resubmit(msgspec.Struct, frozen=True):
    """What a client does after an answer that is not ok."""

    attempts: Annotated[Count, meaning("how often a client submits a ticket again whose answer was not ok")] = 0
    backoff: Annotated[
        Duration,
        meaning("how long the client waits before each resubmission"),
    ] = 0.2
    on: Annotated[
        tuple[Literal["info", "fail"], ...],
        meaning("which answers are submitted again: fail (definitely refused), info (nobody knows)"),
    ] = ("info", "fail")


class Load(msgspec.Struct, frozen=True):
    """The tickets of a run; where they are listed, `priorities` counts them, and `arrival` says nothing."""

    tickets: Annotated[
        Positive | tuple[ArrivingTicket, ...],
        meaning("how many tickets arrive in each repetition; or each of them, then without arrival and priorities"),
    ] = 40
    arrival: Annotated[
        Arrival, meaning("when tickets arrive: at a rate, with a fixed number outstanding, or all at once")
    ] = Arrival(rate=20.0)
    priorities: Annotated[Priorities, meaning("weights of the priorities among the tickets")] = Priorities(
        low=5, medium=3, high=2
    )
    timeout: Annotated[
        Duration, meaning("how long a client waits for the answer to a submission, before it is info")
    ] = 60.0
    resubmit: Annotated[Resubmit, meaning("what clients do after an answer that is not ok")] = Resubmit()

    @property
    def listed(self) -> tuple[ArrivingTicket, ...]:
        """The tickets by number, where each is listed; else none."""
        return self.tickets if isinstance(self.tickets, tuple) else ()

    @property
    def count(self) -> int:
        """How many tickets arrive."""
        return self.tickets if isinstance(self.tickets, int) else len(self.tickets)

    @property
    def listed_arrivals_s(self) -> list[float]:
        """When the listed tickets arrive, in that order."""
        return sorted(ticket.at for ticket in self.listed)

    @property
    def rate(self) -> float | None:
        """How many tickets arrive in a second, on average; None where all come at once, or as others end."""
        if not self.listed:
            return self.arrival.rate
        arrivals = self.listed_arrivals_s
        took_s = arrivals[-1] - arrivals[0]
        return (len(arrivals) - 1) / took_s if took_s else None

    @property
    def last_arrival_s(self) -> float:
        """When the last ticket arrives, as far as that is planned."""
        if self.listed:
            return self.listed_arrivals_s[-1]
        return 0.0 if self.arrival.rate is None else (self.count - 1) / self.arrival.rate


class Agents(msgspec.Struct, frozen=True):
    """How many agents there are; reading fills in two for every ticket where a scenario does not say."""

    regular: Annotated[Positive | None, meaning("how many agents there are for low and medium tickets")] = None
    senior: Annotated[Positive | None, meaning("how many agents there are for high tickets")] = None


class Desk(msgspec.Struct, frozen=True):
    """The desk's numbers. `step_time` names every step; `io_timeout` is of one call to the receiver."""

    step_time: Annotated[
        dict[str, Duration],
        meaning("how long a step works: one duration for all, or one for each step beside a default"),
    ]
    agents: Annotated[Agents, meaning("how many agents there are, of each kind; a ticket waits until one is free")] = (
        Agents()
    )
    agent_timeout: Annotated[Duration, meaning("how long an agent may be silent before the flow replaces them")] = 5.0
    agent_poll: Annotated[Duration, meaning("how often a ticket that waits for a free agent asks again")] = 0.1
    io_timeout: Annotated[Duration, meaning("time-out of one call to the receiver, which takes the messages")] = (
        IO_TIMEOUT_S
    )
    outcomes: Annotated[Outcomes, meaning("how often each business outcome happens")] = Outcomes()
    safeguards: Annotated[Safeguards, meaning("how repeated messages and concurrent writes are guarded against")] = (
        Safeguards()
    )
    database: Annotated[Literal["sqlite", "postgresql"], meaning("where tickets and agents are stored")] = "sqlite"

    def times(self) -> DeskTimes:
        """Return how long work takes at this desk."""
        return DeskTimes(self.step_time, self.agent_timeout, self.io_timeout)


class SystemBlock(msgspec.Struct, frozen=True):
    """One column: which system, its own settings as a mapping, and what it overrides."""

    label: str
    system: str
    settings: dict[str, Any]
    resubmit: Annotated[Resubmit, meaning("in place of load.resubmit, for this system; keys that are absent stay")]
    safeguards: Annotated[
        Safeguards, meaning("in place of desk.safeguards, for this system; keys that are absent stay")
    ]

    @property
    def own(self) -> SystemSettings:
        """The settings as the system's own type, which answers what follows from them."""
        return registry.settings(self.system, self.settings)

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What a system of this kind has that others may not have."""
        return registry.kind(self.system).capabilities


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

    name: Annotated[str, meaning("the scenario's name, a slug")]
    load: Annotated[Load, meaning("which tickets arrive, and when")]
    desk: Annotated[Desk, meaning("the desk: how long steps take, agents, outcomes, safeguards, database")]
    systems: Annotated[
        tuple[SystemBlock, ...],
        meaning("the columns of the comparison, by label; or a list of systems with their defaults"),
    ]
    faults: Annotated[tuple[AnyFault, ...], meaning("what breaks, and when")] = ()
    expect: Annotated[
        tuple[Expectation, ...],
        meaning("what must hold, such as lost == 0: [label.]metric, an operator, a value or a metric"),
    ] = ()
    description: Annotated[str, meaning("the question that the scenario answers")] = ""
    seed: Annotated[
        int, meaning("seed of outcomes, fault targets and whatever else is random: the same seed gives the same plan")
    ] = 1
    repeat: Annotated[Repetitions, meaning("repetitions of every system")] = 1
    settle: Annotated[
        Duration,
        meaning(
            "how long the run waits for quiet after the last answer and the last fault; what has not ended then is lost"
        ),
    ] = 60.0
