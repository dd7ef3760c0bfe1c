"""The seams: what a system under test offers the harness, and what the harness offers a system."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, Literal, Protocol, get_args, runtime_checkable

import msgspec

from systems.desk.model import Ticket
from systems.process import ProcessSpec

Hop = Literal["worker-engine", "client-engine", "worker-store", "worker-receiver", "client-service"]
"""Where bytes go between two processes, named from who connects to who listens."""
HOPS: tuple[Hop, ...] = get_args(Hop)


class SystemUnavailable(Exception):
    """A system could not be started; the message says why, and ends with its log's last lines."""


class ClientExhausted(Exception):
    """The client's machine gave out (files, ports, memory) before a request left it: no word of the service."""


class Spawner(Protocol):
    """How a system gets its processes: the harness's supervisor owns each of them."""

    async def listen(self) -> int:
        """Open the shared listening socket on loopback (held by the supervisor) and return its port."""

    async def spawn(self, spec: ProcessSpec) -> str:
        """Start a process and return its identity, "pid-start", at once."""

    async def ready(self, procs: Collection[str], deadline_s: float) -> None:
        """Wait until each said it is ready; raises ProcessDied (with its log's last lines) or ProcessSilent."""

    async def route(self, hop: Hop, address: str, index: int = 0) -> str:
        """Return where to connect for `address` ("host:port") over a hop; `index` is the worker's, if one connects.

        That is the address itself, unless a fault is to cut the hop. What the harness itself has to ask goes straight.
        """

    def alive(self, proc: str) -> bool:
        """Say whether the supervisor still has that child un-reaped."""

    def rely_on(self, proc: str) -> None:
        """Take a process that says nothing by itself as serving: from now on the run ends if it ends by itself."""


class Place(msgspec.Struct, frozen=True):
    """Where one system's repetition lives on disk, and the worker's file in it (written before `start`).

    Where that file is there already, the system goes on with what it left there. `has_ui`: an engine that brings a web
    page is to show it.
    """

    folder: Path
    worker_spec: Path
    logs: Path
    has_ui: bool = False


class Answer(msgspec.Struct, frozen=True):
    """What a submission came to, as the client saw it.

    `outcome`: `ok` accepted, `fail` definitely refused, `info` not known. `accepted` marks an answer that
    proves a trace exists although it is not `ok` (an error after acceptance, a 409). `state` as answered.
    """

    outcome: Literal["ok", "fail", "info"]
    accepted: bool = False
    state: str = ""
    detail: str = ""


class Known(msgspec.Struct, frozen=True):
    """What a system knows of tickets that the store does not show as terminal.

    `live`: a process still works on it, or one will; `known`: the system has a trace; `failed`: its orchestrator
    closed it as failed. Of the live ones, `wedged` stand still because the code of a release does not come to their
    history, and `stalled` because no worker knows what they ask for: only another release can help either. It is there
    already for those of the wedged that are `mending`: they go on when they are tried next.
    """

    live: frozenset[int] = frozenset()
    known: frozenset[int] = frozenset()
    failed: frozenset[int] = frozenset()
    wedged: frozenset[int] = frozenset()
    mending: frozenset[int] = frozenset()
    stalled: frozenset[int] = frozenset()

    @property
    def moving(self) -> frozenset[int]:
        """The live ones of which something will still become under the release that runs."""
        return self.live - (self.wedged - self.mending) - self.stalled


class Pace(msgspec.Struct, frozen=True):
    """What an engine says of one of its queues, in steps a second: the limit that was set (None: none), what holds."""

    queue: str
    limit: float | None
    in_force: float


class System(Protocol):
    """One implementation of the desk in one configuration, run by the harness for one repetition."""

    async def start(self) -> None:
        """Start engine and workers; return when a submission would be served."""

    async def wait_until_ready(self) -> None:
        """Wait until an engine that was started again serves; at once where there is none."""

    async def throttle(self, rate: float | None) -> Sequence[Pace]:
        """Let the engine hand out at most so many steps a second of each of its queues (None: as many as it can).

        Returns what it says then of each queue; nothing where there is no such engine, or it does not answer.
        """

    async def submit(self, ticket: Ticket, timeout_s: float, submission: int) -> Answer:
        """Send one ticket on a fresh connection, without hidden retries; never raises for the system's faults.

        Raises ClientExhausted where this machine gave out, which is no word of the system.
        """

    async def ticket_status(self, tickets: Collection[Ticket]) -> Known:
        """Say what is known of these non-terminal tickets, now."""

    async def residents(self, tickets: Collection[Ticket]) -> dict[str, frozenset[int]]:
        """Map each worker ("pid-start") to those of these tickets whose orchestration is resident in it now."""

    async def pause(self, ticket: Ticket) -> bool:
        """Ask, as an operator, for the ticket to stand still at its next step; False if there is no such walk."""

    async def resume(self, ticket: Ticket) -> None:
        """Let it go on."""

    async def paused(self, tickets: Collection[Ticket]) -> frozenset[int]:
        """Say which of these tickets stand still, read from the system's own state."""

    async def inspect(self, ticket: Ticket) -> dict[str, Any] | None:
        """Return what the orchestrator answers of a ticket, as it came; None where none knows of it.

        The store is not asked, and nothing is raised for an engine that is away: its error is the answer.
        """

    @property
    def ui_url(self) -> str:
        """Where the engine's own web page is; empty where it has none."""

    async def export(self, folder: Path, tickets: Sequence[Ticket]) -> None:
        """Write what the orchestrator itself recorded into `folder`: `residency.jsonl` and anything to replay."""

    async def close(self) -> None:
        """Drop connections; processes are the supervisor's to end."""


@runtime_checkable
class Deployable(Protocol):
    """What a system offers besides, whose capabilities include RELEASES; the first release has an empty name."""

    @property
    def binds_tickets(self) -> bool:
        """Whether open tickets stay with the workers of the release under which they began."""

    def worker(self, index: int, release: str = "") -> ProcessSpec:
        """Return how the `index`-th worker of a release is started."""

    async def take_over(self, release: str) -> None:
        """Let work go to a release whose workers are ready, as far as that is not so by itself."""

    async def is_drained(self, release: str) -> bool:
        """Say whether the workers of a release that another one followed may leave: nothing is bound to them."""


class Residency(msgspec.Struct, frozen=True, gc=False):
    """From `start` to `end` (monotonic ns) the ticket's orchestration was in `proc`: a line of `residency.jsonl`."""

    ticket: int
    proc: str
    start: int
    end: int


class Wedge(msgspec.Struct, frozen=True, gc=False):
    """From `start` to `end` (monotonic ns; None: to the last) a ticket was wedged, for what `why` says.

    A line of `wedges.jsonl`, which an export writes where there was any.
    """

    ticket: int
    start: int
    end: int | None
    why: str


class Replayed(msgspec.Struct, frozen=True):
    """What it came to to replay an exported history of a ticket, the file `history`, against a release's code.

    `why` says where the code does not come to what the history has; empty where it does. `is_open`: the orchestration
    was not over when it was exported, and would have gone on.
    """

    ticket: int
    history: str
    is_open: bool
    why: str = ""
