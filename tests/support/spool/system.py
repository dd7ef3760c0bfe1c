"""The spool as the harness runs it: a submission is a file, and the file is gone when the ticket has ended."""

import asyncio
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import msgspec

from systems import start
from systems.desk.config import WorkerSpec
from systems.desk.live.store import Store
from systems.desk.model import State, Ticket
from systems.process import ProcessSpec
from systems.system import Answer, Known, Pace, Place, Spawner

READY_DEADLINE_S = 30.0


class SpoolSystem:
    """Implements `systems.system.System`."""

    def __init__(self, spec: WorkerSpec, place: Place, spawner: Spawner) -> None:
        self._spec = spec
        self._place = place
        self._spawner = spawner
        self._waiting, self._failed = place.folder / "spool", place.folder / "spool-failed"
        self._store = Store(spec.database_url, spec.desk.safeguards.locking)

    async def start(self) -> None:
        for folder in (self._waiting, self._failed):
            folder.mkdir()
        extra = {"waiting": str(self._waiting.absolute()), "failed": str(self._failed.absolute())}
        self._place.worker_spec.write_bytes(msgspec.json.encode(msgspec.structs.replace(self._spec, extra=extra)))
        worker = ProcessSpec(
            role="worker",
            index=0,
            argv=start.command(f"{__package__}.worker", str(self._place.worker_spec), "0"),
            log=str(self._place.logs / "worker-0.log"),
        )
        await self._spawner.ready([await self._spawner.spawn(worker)], READY_DEADLINE_S)

    async def wait_until_ready(self) -> None:
        """Wait for nothing: there is no engine."""

    async def throttle(self, rate: float | None) -> Sequence[Pace]:  # noqa: ARG002 - all alike
        """Throttle nothing: there is no engine."""
        return ()

    async def submit(self, ticket: Ticket, timeout_s: float, submission: int) -> Answer:  # noqa: ARG002 - at once
        try:
            await asyncio.to_thread(self._file(self._waiting, ticket).touch, exist_ok=False)
        except FileExistsError:
            return Answer("ok" if submission > 1 else "fail", accepted=True, state="open", detail="it waits already")
        return Answer("ok", accepted=True, state="open")

    def _file(self, folder: Path, ticket: Ticket) -> Path:
        return folder / f"{ticket.number}.{ticket.priority.value}"

    async def ticket_status(self, tickets: Collection[Ticket]) -> Known:
        live = frozenset(one.number for one in tickets if self._file(self._waiting, one).exists())
        failed = frozenset(one.number for one in tickets if self._file(self._failed, one).exists())
        return Known(live, live | failed, failed - live)

    async def residents(self, tickets: Collection[Ticket]) -> dict[str, frozenset[int]]:  # noqa: ARG002
        """Nothing is resident but what the journal shows as open."""
        return {}

    async def pause(self, ticket: Ticket) -> bool:
        await asyncio.to_thread(self._store.pause, ticket.number)
        return True

    async def resume(self, ticket: Ticket) -> None:
        await asyncio.to_thread(self._store.resume, ticket.number)

    async def paused(self, tickets: Collection[Ticket]) -> frozenset[int]:
        seen = [self._store.read(ticket.number) for ticket in tickets]
        return frozenset(one.number for one in seen if one is not None and one.state == State.PAUSED)

    async def inspect(self, ticket: Ticket) -> dict[str, Any] | None:
        waits = await asyncio.to_thread(self._file(self._waiting, ticket).exists)
        return {"waiting": True} if waits else None

    @property
    def ui_url(self) -> str:
        return ""

    async def export(self, folder: Path, tickets: Sequence[Ticket]) -> None:  # noqa: ARG002
        """There is no orchestrator that recorded anything."""
        (folder / "residency.jsonl").touch()

    async def close(self) -> None:
        self._store.close()


def build(spec: WorkerSpec, place: Place, spawner: Spawner) -> SpoolSystem:
    return SpoolSystem(spec, place, spawner)
