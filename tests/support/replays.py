"""Replays the histories that a run exported: the code of the workflows comes to what it came to then."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from systems.temporal.sandbox import runner
from systems.temporal.workflows import WORKFLOWS


def replayed(repetition: Path) -> int:
    """Replay all histories of a repetition, and return how many there were; one that does not replay raises."""
    files = sorted((repetition / "histories").glob("*.json"))
    asyncio.run(_replay(files))
    return len(files)


async def _replay(files: list[Path]) -> None:
    replayer = Replayer(workflows=WORKFLOWS, workflow_runner=runner())
    await replayer.replay_workflows(_histories(files))


async def _histories(files: list[Path]) -> AsyncIterator[WorkflowHistory]:
    for file in files:
        yield WorkflowHistory.from_json(file.stem, file.read_text())
