"""Replaying exported histories against a release's workflows, as a gate before it is deployed.

What it compares is the kind and the order of commands. So it cannot see what a step itself does, which of two calls of
one activity is which, nor whether any worker knows an activity: those releases pass, and do harm all the same.
"""

import asyncio
import re
from collections.abc import Sequence
from pathlib import Path

from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from systems.desk.model import ticket_number
from systems.system import Replayed
from systems.temporal import server
from systems.temporal.releases import workflows_of
from systems.temporal.residency import CLOSING
from systems.temporal.sandbox import runner

TICKET = re.compile(r"T-\d{4,}")
"""Where a workflow's id names its ticket; a canary's does otherwise, and no canary is open when a release comes."""

MESSAGE = re.compile(r'message: "([^"]+)"')


def replayed(files: Sequence[Path], release: str) -> list[Replayed]:
    """Replay the histories of tickets among these files, each by itself; raises ValueError for what is no history."""
    named = [(name.group(), file) for file in files if (name := TICKET.search(file.stem)) is not None]
    histories = [(name, file.name, WorkflowHistory.from_json(file.stem, file.read_text())) for name, file in named]
    return asyncio.run(_replayed(histories, release))


async def _replayed(histories: Sequence[tuple[str, str, WorkflowHistory]], release: str) -> list[Replayed]:
    return [
        Replayed(ticket_number(ticket), file, is_open(history), await why_not(history, release))
        for ticket, file, history in histories
    ]


def is_open(history: WorkflowHistory) -> bool:
    """Say whether the workflow was not over yet."""
    return not any(event.event_type in CLOSING for event in history.events)


async def why_not(history: WorkflowHistory, release: str) -> str:
    """Say where a release's code does not come to what a history has; nothing where it does."""
    replayer = Replayer(workflows=workflows_of(release), workflow_runner=runner(), runtime=server.quiet())
    result = await replayer.replay_workflow(history, raise_on_replay_failure=False)
    if result.replay_failure is None:
        return ""
    said = str(result.replay_failure)
    # The SDK wraps what failed in the text of its own structures; the first message in it is the one for people.
    found = MESSAGE.search(said)
    return found[1] if found else said
