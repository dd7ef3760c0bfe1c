"""The seam of every fault: {schedule, inject and undo, attest}, as methods of its scenario block."""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Protocol

import msgspec

from harness.history.model import History
from systems.desk.path import Oracle
from systems.desk.points import MeetingSpec, PointSpec
from systems.desk.units import meaning
from systems.settings import Capability

if TYPE_CHECKING:
    import signal

    from systems.desk.live.store import Snapshot
    from systems.desk.records import Struck

Fate = Literal["landed", "n/a", "preempted", "missed", "not yet due"]
StopOutcome = Literal["stopped", "not stopped", "idle"]
Awaited = Literal["nothing", "retry", "detection", "end or detection"]
"""What recovery waits for beside the fault itself: a retry's interval, the time-outs by which a dead worker is found
out, or those only where what was held has not gone on by itself before they pass."""


class PlannedTicket(msgspec.Struct, frozen=True):
    """A ticket, when it arrives (s after the load's start; None under `concurrency`), and what must become of it."""

    number: int
    priority: str
    arrival_s: float | None
    oracle: Oracle


class FaultInstance(msgspec.Struct, frozen=True):
    """One firing of a fault (for `activity_failure`: one ticket).

    `id` is "<fault>.<n>", both from 1. `ticket`, `step`, `visit`, `window` name the point where it strikes;
    a timed one has `at_s` (s after the first submission) or `progress`. `choice` in [0, 1) is the seeded draw
    behind `target: one`. `tickets` are those that it means, where it means several; `offer` is
    the number by which a race's tickets are offered an agent.
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

    Whoever attests has to say the latter, also where there is nothing to undo. `attempts` are the attempts that it
    struck directly, where they can be named.
    """

    healed: bool
    attempts: tuple[str, ...] = ()


class Stage(Protocol):
    """What a running fault acts with; the run implements it, the supervisor does it."""

    async def due(self, instance: FaultInstance) -> int | None:
        """Wait for the instance's time or progress; return its planned monotonic ns, None if quiet came first."""

    async def reached(self, point: str) -> str | None:
        """Wait until a worker reports this point and blocks; return its proc, None if quiet came first."""

    def release(self, point: str) -> None:
        """Let the thread that blocks at this point go on."""

    def workers(self) -> Sequence[str]:
        """Return the live workers, by index."""

    async def busy(self, wait_s: float) -> Sequence[str]:
        """Return the busy workers, by index, waiting up to `wait_s` for the first."""

    async def signal(self, proc: str, number: "signal.Signals", fault: str) -> bool:
        """Send a signal to a live child, recorded as this fault's; False if it was not alive."""

    async def stop(self, proc: str, fault: str, *, is_idle_spared: bool) -> StopOutcome:
        """Let a process stand still, outside of any write of the store, unless it is idle and to be spared then."""

    async def go_on(self, proc: str, fault: str) -> None:
        """Let a stopped process go on; one that is gone is left alone."""

    def under_way(self) -> Sequence[int]:
        """Return the tickets that were sent and are not at their end."""

    async def pause(self, fault: str, tickets: Sequence[int]) -> Sequence[int]:
        """Ask, as an operator, for tickets to stand still at their next step; return those that will."""

    async def watch_pause(self, fault: str, tickets: Sequence[int], duration_s: float) -> None:
        """Record each ticket that is read as paused, and return when the duration is over."""

    async def resume(self, fault: str) -> None:
        """Let every ticket that this fault paused go on."""

    async def struck(self, point: str, token: int) -> "Struck | None":
        """Wait until a point struck for the `token`-th time; None if quiet came first."""

    async def answer_late(self, fault: str, began: "Struck", duration_s: float) -> None:
        """Answer for an agent who was silent for so long, and record whether anybody still wanted to hear it."""

    async def operator_reads(self, fault: str, ticket: int) -> "Snapshot | None":
        """Read a ticket as an operator who is about to write a note on it, and record it."""

    async def operator_writes(self, fault: str, seen: "Snapshot") -> None:
        """Write the operator's note, based on what they saw, and record what came of it."""

    async def trouble(self, fault: str, delay_s: float) -> None:
        """Let the receiver refuse effects for `fault` (delay 0), or be so slow; an empty fault ends it."""

    async def hold_store(self, fault: str, duration_s: float) -> None:
        """Hold the store's lock for so long, record it, and give it back on every path."""

    async def reaped(self, proc: str, within_s: float) -> bool:
        """Wait until the supervisor reaped the process."""

    async def restart(self, proc: str, after_s: float) -> None:
        """Start the process's replacement after that long, and return when it is ready."""

    def engines(self) -> Sequence[str]:
        """Return the live engines that the harness started."""

    async def restart_engine(self, proc: str, after_s: float) -> None:
        """Start the engine again after that long, and return when it serves."""

    def begun(self, instance: FaultInstance, planned: int, procs: Sequence[str] = ()) -> None:
        """Record that the fault starts now."""

    def ended(self, instance: FaultInstance, *, healed: bool, injected: bool, note: str = "") -> None:
        """Record that the fault is undone, or why it was not injected."""


class FaultSpec(msgspec.Struct, frozen=True, tag_field="kind"):
    """A block of `faults:`; `line` is where it stands in the scenario (0: nowhere).

    `summary` says in a sentence what happens. `requires` is what a system must have to be hit by this kind; None: every
    system can be.
    """

    summary: ClassVar[str] = ""
    requires: ClassVar[Capability | None] = None

    line: int
    name: Annotated[str | None, meaning("what reports call the fault")]

    def mistakes(self, given: frozenset[str]) -> list[tuple[str, str]]:
        """Return what the keys make impossible among themselves (`given` ones were written), as (key, message)."""
        raise NotImplementedError

    def completed(self, given: frozenset[str]) -> "FaultSpec":  # noqa: ARG002 - most kinds have fixed defaults
        """Fill in the defaults that depend on other keys."""
        return self

    def manner(self) -> str:
        """Name how it strikes, for whoever explains what resuming waits for."""
        raise NotImplementedError

    def must_fail(self, agent_timeout_s: float) -> bool:  # noqa: ARG002 - most faults call for no failure
        """Say whether the tickets that it strikes are called to fail for good."""
        return False

    def holds_s(self) -> float:
        """Return how long the fault itself keeps work from going on, in s."""
        raise NotImplementedError

    def awaits(self) -> Awaited:
        """Say what recovery waits for once the fault has struck."""
        return "nothing"

    def failures(self) -> int:
        """Return how often a step may fail before it succeeds."""
        return 1

    def first_answer_s(self) -> float | None:
        """Return after how long the first of several silent agents answers; None where it means no several."""
        return None

    def problems(self, tickets: Sequence[PlannedTicket]) -> list[tuple[str, str]]:
        """Return what the plan makes impossible, as (key, message) pairs; an empty key is the whole fault."""
        raise NotImplementedError

    def schedule(self, fault: int, tickets: Sequence[PlannedTicket], seed: int) -> list[FaultInstance]:
        """Return the instances of this fault, the `fault`-th of the scenario; pure."""
        raise NotImplementedError

    def points(self, instance: FaultInstance) -> tuple[PointSpec, ...]:
        """Return what workers are told of an instance."""
        raise NotImplementedError

    def meetings(self, instance: FaultInstance) -> tuple[MeetingSpec, ...]:  # noqa: ARG002 - races have them
        """Return where workers wait for the other writer of a race."""
        return ()

    def twins(self, instance: FaultInstance) -> tuple[int, ...]:  # noqa: ARG002 - a race has them
        """Return the tickets that are submitted twice at once."""
        return ()

    def answers_lost(self, instance: FaultInstance) -> int:  # noqa: ARG002 - one kind does
        """Return how many of the ticket's answers its client does not get."""
        return 0

    def needs_two(self) -> bool:
        """Say whether two steps must be under way at once in the system."""
        return False

    def needs_two_tickets(self) -> bool:
        """Say whether those two must be of two tickets."""
        return False

    def applies_to(self, capabilities: Collection[Capability]) -> bool:
        """Say whether a kind of system that has these can take the fault at all."""
        return self.requires is None or self.requires in capabilities

    async def inject(self, instance: FaultInstance, stage: Stage) -> None:
        """Do it and undo it, on every path out of here."""
        raise NotImplementedError

    def attest(self, instance: FaultInstance, history: History) -> Attestation:
        """Prove from the records what became of an instance (landed or missed; the judge adds the rest)."""
        raise NotImplementedError
