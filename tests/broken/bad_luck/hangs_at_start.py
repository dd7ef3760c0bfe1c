"""Hangs in the harness's own process: its start never comes back."""

import asyncio

from systems.desk.config import WorkerSpec
from systems.sync.system import SyncSystem
from systems.system import Place, Spawner


class Hanging(SyncSystem):
    async def start(self) -> None:
        await super().start()
        await asyncio.Event().wait()


def build(spec: WorkerSpec, place: Place, spawner: Spawner) -> SyncSystem:
    return Hanging(spec, place, spawner)
