"""What a running fault acts with: clock, processes, releases, operator and world; the run implements them."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    import signal

    from systems.desk.live.snapshot import Snapshot
    from systems.desk.records import Struck
    from systems.system import Hop

    NetworkMode = Literal["hold", "lose", "reset", "refuse", "slow"]

StopOutcome = Literal["stopped", "not stopped", "idle"]


class Clock(Protocol):
    """The moments of a run."""

    async def due(self, at_s: float | None, progress: float | None) -> int | None:
        """Wait for a time (s after the first submission) or a progress; return its ns, None if quiet came first."""

    async def due_after_fault(self, name: str, delay_s: float) -> int | None:
        """Wait until another fault struck, and so long after; return that ns, None if quiet came first."""

    async def sleep(self, duration_s: float) -> None:
        """Let so much time pass."""

    async def reached(self, point: str) -> str | None:
        """Wait until a worker reports this point and blocks; return its proc, None if quiet came first."""

    def release(self, point: str) -> None:
        """Let the thread that blocks at this point go on."""

    async def struck(self, point: str, token: int) -> "Struck | None":
        """Wait until a point struck for the `token`-th time; None if quiet came first."""


class Processes(Protocol):
    """The workers and the engine, and what can be done to them."""

    def workers(self) -> Sequence[str]:
        """Return the live workers, by index."""

    async def busy(self, wait_s: float) -> Sequence[str]:
        """Return the busy workers, by index, waiting up to `wait_s` for the first."""

    async def having(self, ticket: int, wait_s: float) -> Sequence[str]:
        """Return the workers that have this ticket, waiting up to `wait_s` for one."""

    async def signal(self, proc: str, number: "signal.Signals", fault: str) -> bool:
        """Send a signal to a live child, recorded as this fault's; False if it was not alive."""

    async def stop(self, proc: str, fault: str, *, is_idle_spared: bool) -> StopOutcome:
        """Let a process stand still, outside of any write of the store, unless it is idle and to be spared then."""

    async def go_on(self, proc: str, fault: str) -> None:
        """Let a stopped process go on; one that is gone is left alone."""

    async def reaped(self, proc: str, within_s: float) -> bool:
        """Wait until the supervisor reaped the process."""

    async def restart(self, proc: str, after_s: float) -> None:
        """Start the process's replacement after that long, and return when it is ready."""

    def engines(self) -> Sequence[str]:
        """Return the live engines that the harness started."""

    async def restart_engine(self, proc: str, after_s: float) -> None:
        """Start the engine again after that long, and return when it serves."""


class Releases(Protocol):
    """The releases of the flow, and the workers that run them."""

    def are_tickets_bound(self) -> bool:
        """Say whether open tickets stay with the workers of the release under which they began."""

    async def start(self, procs: Sequence[str], release: str) -> None:
        """Start a worker of a release (empty: the first) in the place of each of these, and return when all serve."""

    async def take_over(self, release: str) -> None:
        """Let work go to a release whose workers serve, as far as it does not by itself."""

    async def is_drained(self, release: str) -> bool:
        """Say whether no open ticket is bound to the workers of a release."""


class Operator(Protocol):
    """A person at the desk's controls: lets tickets stand still, and writes notes on them."""

    def under_way(self) -> Sequence[int]:
        """Return the tickets that were sent and are not done."""

    async def pause(self, fault: str, tickets: Sequence[int]) -> Sequence[int]:
        """Ask for tickets to stand still at their next step; return those that will."""

    async def watch_pause(self, fault: str, tickets: Sequence[int], duration_s: float) -> None:
        """Record each ticket that is read as paused, and return when the duration is over."""

    async def resume(self, fault: str) -> None:
        """Let every ticket that this fault paused go on."""

    async def read(self, fault: str, ticket: int) -> "Snapshot | None":
        """Read a ticket, to write a note on it, and record that."""

    async def write(self, fault: str, basis: "Snapshot") -> None:
        """Write the note, based on what was read, and record what came of it."""


class World(Protocol):
    """What stands around the desk: the receiver of effects, the store's lock, the agents."""

    async def trouble(self, fault: str, delay_s: float) -> None:
        """Let the receiver refuse effects for `fault` (delay 0), or be so slow; an empty fault ends it."""

    async def cut(
        self,
        fault: str,
        hop: "Hop",
        workers: Sequence[str] | None,
        mode: "NetworkMode",
        direction: Literal["both", "up", "down"],
        delay_s: float,
        rate: float | None,
    ) -> None:
        """Cut a hop for `fault`, of these workers alone where they are named; `rate` is in bytes/s."""

    async def mend(self, hop: "Hop", workers: Sequence[str] | None) -> None:
        """Let the hop through again."""

    async def throttle(self, fault: str, rate: float | None) -> None:
        """Have the engine hand out at most so many steps a second of each queue (None: no limit); record its word."""

    def store_held(self, fault: str) -> AbstractAsyncContextManager[None]:
        """Hold the store's lock inside of the context, record for how long, and give it back on every path."""

    async def answer_late(self, fault: str, began: "Struck", duration_s: float) -> None:
        """Answer for an agent who was silent for so long, and record whether the answer was still wanted."""


class Stage(Protocol):
    """All that a fault may touch, and where it says what it does."""

    @property
    def clock(self) -> Clock:
        """The moments of the run."""

    @property
    def processes(self) -> Processes:
        """The workers and the engine."""

    @property
    def releases(self) -> Releases:
        """The releases of the flow."""

    @property
    def operator(self) -> Operator:
        """The person at the desk's controls."""

    @property
    def world(self) -> World:
        """What stands around the desk."""

    def begun(self, fault: str, planned: int, procs: Sequence[str] = ()) -> None:
        """Record that the fault starts now; `planned` is when it was due (ns), 0 where an event triggers it."""

    def ended(self, fault: str, *, healed: bool, injected: bool, note: str = "") -> None:
        """Record that the fault is undone, or why it was not injected."""
