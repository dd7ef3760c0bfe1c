"""The synchronous service as the harness runs it: processes on one socket, and a client of HTTP."""

import asyncio
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from systems import start
from systems.desk.config import WorkerSpec
from systems.desk.live.store import Store
from systems.desk.model import State, Ticket
from systems.desk.releases import environment
from systems.exhaustion import refuse_exhausted
from systems.process import ProcessSpec
from systems.sync.settings import SyncSettings
from systems.system import Answer, Known, Pace, Place, Spawner

READY_DEADLINE_S = 30.0
MOST_ANSWER_BYTES = 1_000_000
"""Far more than the service ever has to say: a client that read on would spend its memory on an error."""


class ReplyBody(msgspec.Struct, frozen=True):
    """What the client reads of an answer's body."""

    state: str = ""
    accepted: bool = False
    error: str = ""


class SyncSystem:
    """Implements `systems.system.System`.

    `worker` is the module whose `main` is a worker process: another one for a service that is built on this one.
    """

    def __init__(self, spec: WorkerSpec, place: Place, spawner: Spawner, worker: str = f"{__package__}.worker") -> None:
        self._spec = spec
        self._place = place
        self._spawner = spawner
        self._worker_module = worker
        self._settings = msgspec.convert(spec.settings, SyncSettings)
        self._url = ""
        self._failed: set[int] = set()
        self._store = Store(spec.database_url, spec.desk.safeguards.locking)

    async def start(self) -> None:
        """Open the socket, start the processes, wait until all serve."""
        service = await self._spawner.route("client-service", f"127.0.0.1:{await self._spawner.listen()}")
        self._url = f"http://{service}/tickets"
        self._place.worker_spec.write_bytes(msgspec.json.encode(self._spec))
        procs = [await self._spawner.spawn(self.worker(index)) for index in range(self._settings.processes)]
        await self._spawner.ready(procs, READY_DEADLINE_S)

    @property
    def binds_tickets(self) -> bool:
        """A walk ends with its process: none is left for another one of that release."""
        return False

    def worker(self, index: int, release: str = "") -> ProcessSpec:
        """Return how a worker of a release is started."""
        return ProcessSpec(
            role="worker",
            index=index,
            argv=start.command(self._worker_module, str(self._place.worker_spec), str(index)),
            log=str(self._place.logs / f"worker-{index}.log"),
            env=environment(release),
            listens=True,
        )

    async def take_over(self, release: str) -> None:
        """Do nothing: who listens gets requests."""

    async def is_drained(self, release: str) -> bool:  # noqa: ARG002 - its processes drain by themselves
        """Say at once that none of its processes has to stay."""
        return True

    async def wait_until_ready(self) -> None:
        """Wait for nothing: there is no engine."""

    async def throttle(self, rate: float | None) -> Sequence[Pace]:  # noqa: ARG002 - all alike
        """Throttle nothing: there is no engine."""
        return ()

    async def submit(self, ticket: Ticket, timeout_s: float, submission: int) -> Answer:  # noqa: ARG002 - all alike
        """POST the ticket on a connection of its own and wait for its end."""
        body = {"ticket": ticket.id, "priority": ticket.priority.value}
        # As every system's client: a kept connection would bind many submissions to one worker, and fall with it.
        connector = aiohttp.TCPConnector(force_close=True)
        total = aiohttp.ClientTimeout(total=timeout_s)
        try:
            async with (
                aiohttp.ClientSession(connector=connector, timeout=total) as session,
                session.post(self._url, json=body) as response,
            ):
                return self._understood(ticket, response.status, await _reply(response))
        except aiohttp.ClientConnectorError as error:
            # Before a connection was made nothing can have come of it, so it was refused; what breaks later tells
            # nothing.
            refuse_exhausted(error)
            return Answer("fail", detail=f"no connection: {error}")
        except (aiohttp.ClientError, TimeoutError, asyncio.IncompleteReadError, ValueError, RecursionError) as error:
            refuse_exhausted(error)
            return Answer("info", detail=f"{type(error).__name__}: {error}")

    def _understood(self, ticket: Ticket, status: int, reply: ReplyBody) -> Answer:
        if status == 200:  # noqa: PLR2004 - HTTP's OK
            return Answer("ok", accepted=True, state=reply.state)
        if status == 504:  # noqa: PLR2004 - HTTP's Gateway Timeout: the service itself does not know
            return Answer("info", detail=f"{status}: {reply.error}")
        is_accepted = status == 409 or reply.accepted  # noqa: PLR2004 - HTTP's Conflict
        if reply.state == "failed":
            self._failed.add(ticket.number)
        return Answer("fail", is_accepted, reply.state, f"{status}: {reply.error}")

    async def ticket_status(self, tickets: Collection[Ticket]) -> Known:
        """Only definite errors are known here: open requests stand in the journals, the rest in the store."""
        failed = frozenset(ticket.number for ticket in tickets if ticket.number in self._failed)
        return Known(known=failed, failed=failed)

    async def residents(self, tickets: Collection[Ticket]) -> dict[str, frozenset[int]]:  # noqa: ARG002
        """No orchestration lives outside an open request."""
        return {}

    async def pause(self, ticket: Ticket) -> bool:
        """Write the wish into the store: the operator has no thread of the service to spare."""
        await asyncio.to_thread(self._store.pause, ticket.number)
        return True

    async def resume(self, ticket: Ticket) -> None:
        """Take the wish back."""
        await asyncio.to_thread(self._store.resume, ticket.number)

    async def paused(self, tickets: Collection[Ticket]) -> frozenset[int]:
        """Read the tickets' states."""
        snapshots = [self._store.read(ticket.number) for ticket in tickets]
        return frozenset(
            snapshot.number for snapshot in snapshots if snapshot is not None and snapshot.state == State.PAUSED
        )

    async def inspect(self, ticket: Ticket) -> dict[str, Any] | None:  # noqa: ARG002 - no orchestrator to ask
        """Nobody but the store knows of a ticket."""
        return None

    @property
    def ui_url(self) -> str:
        """There is no engine."""
        return ""

    async def export(self, folder: Path, tickets: Sequence[Ticket]) -> None:  # noqa: ARG002
        """There is no orchestrator that recorded anything."""
        (folder / "residency.jsonl").touch()

    async def close(self) -> None:
        """Close the store; nothing else is kept open between submissions."""
        self._store.close()


async def _reply(response: aiohttp.ClientResponse) -> ReplyBody:
    """Read an answer's body; raises ValueError for one that is too long, or no reply of the service."""
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > MOST_ANSWER_BYTES:
            raise ValueError(f"expected an answer of at most {MOST_ANSWER_BYTES} bytes, found more")
    return msgspec.json.decode(body, type=ReplyBody)


def build(spec: WorkerSpec, place: Place, spawner: Spawner) -> SyncSystem:
    """Make the system for one repetition."""
    return SyncSystem(spec, place, spawner)
