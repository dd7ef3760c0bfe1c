"""The seam of every fault: {schedule, inject and undo, attest}, as methods of its scenario block.

Whatever most kinds answer alike is answered here, so that a kind says only what is its own: how it is planned
(`schedule`) and proven (`attest`) always, the rest where it differs.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import UNSET, UnsetType

from harness.faults.stage import Stage
from harness.history.model import History
from systems.desk.fault_mode import FaultMode
from systems.desk.path import Oracle
from systems.desk.points import MeetingSpec, PointSpec
from systems.desk.units import meaning
from systems.settings import Capability
from systems.system import Hop

Fate = Literal["landed", "n/a", "preempted", "missed", "not yet due"]
RecoveryWait = Literal["nothing", "retry", "detection", "end or detection", "dead connection"]
"""What recovery waits for beside the fault itself: a retry's interval, the time-outs by which a dead worker is found
out, those only where what was held has not gone on by itself before they pass, or also those by which a worker finds
out that its connection is dead."""


class PlannedTicket(msgspec.Struct, frozen=True, omit_defaults=True):
    """A ticket, when it arrives (s after the load's start; None under `concurrency`), and what must become of it.

    `systems` are the labels of those that get it; none: all do.
    """

    number: int
    priority: str
    arrival_s: float | None
    oracle: Oracle
    systems: tuple[str, ...] = ()


class Following(msgspec.Struct, frozen=True):
    """After another fault: the name of that one, and how long after it landed (s)."""

    fault: str
    delay_s: float


class FaultInstance(msgspec.Struct, frozen=True):
    """One firing of a fault (for `activity_failure`: one ticket).

    `id` is "<fault>.<n>", both from 1. `ticket`, `step`, `visit`, `window` name the point where it strikes;
    a timed one has `at_s` (s after the first submission), `progress`, or another fault that it is `following`. `choice`
    in [0, 1) is the seeded draw behind `target: one`. `tickets` are those that it means, where it means several;
    `offer` is the number by which a race's tickets are offered an agent.
    """

    id: str
    fault: int
    kind: str
    ticket: int | None = None
    step: str | None = None
    visit: int | None = None
    window: str | None = None
    at_s: float | None = None
    progress: float | None = None
    choice: float = 0.0
    tickets: tuple[int, ...] = ()
    offer: int | None = None
    # Left out where there is none, so that plans of scenarios without it are what they were before it was known.
    following: Following | msgspec.UnsetType = msgspec.UNSET

    def concerns(self, numbers: Collection[int]) -> bool:
        """Say whether it means no ticket in particular, or one of these."""
        meant = {*self.tickets, *(() if self.ticket is None else (self.ticket,))}
        return not meant or not meant.isdisjoint(numbers)


class Blow(msgspec.Struct, frozen=True):
    """What the records prove of how one instance struck.

    `moment` (monotonic ns) is the fault's start; `procs` the processes it hit, `tickets` those it struck directly (a
    failure's, a race's). `detail` says why, for people.
    """

    id: str
    fate: Fate
    detail: str
    moment: int | None = None
    procs: tuple[str, ...] = ()
    tickets: tuple[int, ...] = ()


class Attestation(Blow, frozen=True, kw_only=True):
    """What the records prove of one instance: how it struck, and that it was undone as planned (`healed`).

    `healed` has no default: it has to be said also where there is nothing to undo. `attempts` are the attempts that it
    struck directly, where they can be named.
    """

    healed: bool
    attempts: tuple[str, ...] = ()


class Aim(msgspec.Struct, frozen=True, kw_only=True):
    """Which systems a fault is for. What is not given is not written into a plan either."""

    systems: Annotated[
        tuple[str, ...] | UnsetType, meaning("which systems it strikes, by label; all, unless given")
    ] = UNSET


class FaultSpec(Aim, frozen=True, tag_field="kind"):
    """A block of `faults:`; `line` is where it stands in the scenario (0: nowhere).

    `summary` is the kind in one sentence, `happened` how reports put it that it struck (once, more often), `remarks`
    what the reference says of a key in place of its default (what a key means, its field says). `requires` is what a
    system must have to be hit by this kind; None: every system can be.
    """

    summary: ClassVar[str] = ""
    happened: ClassVar[tuple[str, str]] = ("a fault struck", "faults struck")
    remarks: ClassVar[Mapping[str, str]] = {}
    requires: ClassVar[Capability | None] = None

    line: int
    name: Annotated[str | None, meaning("what reports call the fault")]

    @classmethod
    def kind(cls) -> str:
        """Return the kind's name, as a scenario writes it."""
        return str(cls.__struct_config__.tag)

    # -- its keys

    def validate_keys(self, given: frozenset[str]) -> list[tuple[str, str]]:  # noqa: ARG002 - for kinds
        """Return what the keys make impossible among themselves (`given` ones were written), as (key, message)."""
        return []

    def with_defaults(self, given: frozenset[str]) -> "FaultSpec":  # noqa: ARG002 - for kinds
        """Fill in the defaults that depend on other keys."""
        return self

    # -- what it means for the run

    def fault_mode(self) -> FaultMode:
        """Say how it strikes, by which a system's settings tell what resuming waits for."""
        return FaultMode.OTHER

    def must_fail(self, agent_timeout_s: float) -> bool:  # noqa: ARG002 - for kinds
        """Say whether the tickets that it strikes are called to fail for good."""
        return False

    def blocked_s(self) -> float:
        """Return how long the fault itself keeps work from going on, in s."""
        return 0.0

    def held_back(self, steps: int) -> float:  # noqa: ARG002 - for kinds
        """Return how many of so many steps may stand in line when the fault is over, and are made only then."""
        return 0.0

    def recovery_wait(self) -> RecoveryWait:
        """Say what recovery waits for once the fault has struck."""
        return "nothing"

    def failures(self) -> int:
        """Return how often a step may fail before it succeeds."""
        return 1

    def most_failures(self, workers: int) -> int | None:  # noqa: ARG002 - for kinds
        """Return how many failures as many workers have for it; None where they do not run out."""
        return None

    def grace_s(self) -> float | None:
        """Return how long a worker that it asks to leave may take; None where it asks none."""
        return None

    def first_answer_s(self) -> float | None:
        """Return after how long the first of several silent agents answers; None where it means no several."""
        return None

    def needs_two(self) -> bool:
        """Say whether two steps must be under way at once in the system."""
        return False

    def needs_two_tickets(self) -> bool:
        """Say whether those two must be of two tickets."""
        return False

    def hop(self) -> Hop | None:
        """Return the hop between processes that it cuts, if any; a way that can be cut leads over it then."""
        return None

    def follows(self) -> str | None:
        """Return the name of the fault whose landing this one's moment counts from; None where it counts from none."""
        return None

    def applies_to(self, capabilities: Collection[Capability]) -> bool:
        """Say whether a kind of system that has these can take the fault at all."""
        return self.requires is None or self.requires in capabilities

    def strikes(self, label: str, capabilities: Collection[Capability]) -> bool:
        """Say whether the fault is for this column (empty: for some), and its kind of system can take it."""
        is_meant = self.systems is UNSET or not label or label in self.systems
        return is_meant and self.applies_to(capabilities)

    # -- its plan

    def validate_plan(self, tickets: Sequence[PlannedTicket]) -> list[tuple[str, str]]:  # noqa: ARG002 - for kinds
        """Return what the plan makes impossible, as (key, message) pairs; an empty key is the whole fault."""
        return []

    def schedule(self, fault: int, tickets: Sequence[PlannedTicket], seed: int) -> list[FaultInstance]:
        """Return the instances of this fault, the `fault`-th of the scenario; pure."""
        raise NotImplementedError

    def points(self, instance: FaultInstance) -> tuple[PointSpec, ...]:  # noqa: ARG002 - for kinds
        """Return what workers are told of an instance."""
        return ()

    def rendezvous(self, instance: FaultInstance) -> tuple[MeetingSpec, ...]:  # noqa: ARG002 - for kinds
        """Return where workers wait for the other writer of a race."""
        return ()

    def duplicate_submissions(self, instance: FaultInstance) -> tuple[int, ...]:  # noqa: ARG002 - for kinds
        """Return the tickets that are submitted twice at once."""
        return ()

    def dropped_answers(self, instance: FaultInstance) -> int:  # noqa: ARG002 - for kinds
        """Return how many of the ticket's answers its client does not get."""
        return 0

    # -- what happens, and its proof

    async def inject(self, instance: FaultInstance, stage: Stage) -> None:
        """Do it and undo it, on every path out of here; nothing, where workers or the client do it by themselves."""

    def attest(self, instance: FaultInstance, history: History) -> Attestation:
        """Prove from the records what became of an instance (landed or missed; the judge adds the rest)."""
        raise NotImplementedError


def applies(
    fault: FaultSpec, among: Iterable[FaultSpec], capabilities: Collection[Capability], label: str = ""
) -> bool:
    """Say whether a system that has these, the column `label`, can take a fault, one of those `among` others.

    A fault that follows one that cannot happen never has its moment. The first fault of a name is the one followed.
    """
    by_name = {other.name: other for other in reversed(list(among)) if other.name is not None}
    passed: set[str] = set()
    while fault.strikes(label, capabilities):
        name = fault.follows()
        # A circle, or a name that nobody has, is refused where scenarios are read; here it must only come to an end.
        if name is None or name in passed or name not in by_name:
            return True
        passed.add(name)
        fault = by_name[name]
    return False
