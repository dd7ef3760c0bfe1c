"""Tickets whose workflow stands still under a release's code, and why: read from histories, and from the engine.

A workflow is wedged while the last of its tasks that came to anything failed for non-determinism: the engine goes on
trying, and only other code can help. It is stalled while an activity is tried again that no worker knows.
"""

import asyncio
import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType, WorkflowTaskFailedCause
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.workflow.v1 import PendingActivityInfo
from temporalio.api.workflowservice.v1 import GetWorkflowExecutionHistoryReverseRequest
from temporalio.client import Client, WorkflowHistory
from temporalio.service import RPCError, RPCStatusCode

from systems.system import Wedge
from systems.temporal.replaying import why_not
from systems.temporal.residency import CLOSING

Standing = Literal["moving", "wedged", "mending", "stalled"]
"""`mending`: its last task failed, and the release that runs will come to its history at the next attempt."""
LAST_EVENTS = 10
"""So many are read of a history's end: what comes after a task of a workflow that walks step by step is less."""
UNKNOWN_ACTIVITY = "is not registered on this worker"
"""How the SDK's message tells of an activity that no worker has by that name."""


def is_nondeterminism(event: HistoryEvent) -> bool:
    """Say whether a workflow task failed because the code did not come to what the history has."""
    return (
        event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED
        and event.workflow_task_failed_event_attributes.cause
        == WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR
    )


def is_wedged(events: Iterable[HistoryEvent]) -> bool:
    """Say whether the last task that came to anything failed for non-determinism; `events` come last first."""
    for event in events:
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED or event.event_type in CLOSING:
            return False
        if is_nondeterminism(event):
            return True
    return False


def wedges(ticket: int, history: WorkflowHistory) -> list[Wedge]:
    """Return when (monotonic ns) a workflow was wedged: from the failure to the next task that came to anything.

    One of which the history does not tell is found by `Standings` alone.
    """
    # As for residencies: the engine stamps events by the wall clock, journals are monotonic.
    offset = time.time_ns() - time.monotonic_ns()
    found: list[Wedge] = []
    since, why = 0, ""
    for event in history.events:
        at = event.event_time.ToNanoseconds() - offset
        if is_nondeterminism(event) and not since:
            since, why = at, event.workflow_task_failed_event_attributes.failure.message
        elif since and (
            event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED or event.event_type in CLOSING
        ):
            found.append(Wedge(ticket, since, at, why))
            since = 0
    return [*found, Wedge(ticket, since, None, why)] if since else found


def by_standing(found: Collection[tuple[int, Standing]]) -> dict[str, frozenset[int]]:
    """Return tickets by how they stand, as `systems.system.Known` has them: what is mending is wedged as well."""
    wedged, mending, stalled = (
        frozenset(number for number, stands in found if stands == kind) for kind in ("wedged", "mending", "stalled")
    )
    return {"wedged": wedged | mending, "mending": mending, "stalled": stalled}


@dataclass(slots=True)
class Standings:
    """Says how tickets stand, by what the engine answers; what replaying a history came to is kept with it."""

    _replays: dict[tuple[str, int, str], str] = field(default_factory=dict)

    async def of(self, client: Client, workflows: Sequence[str], release: str, known: Collection[str]) -> Standing:
        """Say how a ticket stands, by its workflows, under a release whose workers know activities by these names."""
        for name in workflows:
            if (found := await self._look(client, name, release, known)) != "moving":
                return found
        return "moving"

    async def _look(self, client: Client, workflow: str, release: str, known: Collection[str]) -> Standing:
        try:
            events = await _last_events(client, workflow)
            raw = (await client.get_workflow_handle(workflow).describe()).raw_description
            # A task that a leaving worker took with it has timed out; the history tells of none of the attempts after
            # that, nor why they fail. And one that failed under a release that is gone will succeed. Replaying tells.
            has_failed = is_wedged(events)
            if has_failed or raw.pending_workflow_task.attempt > 1:
                if await self._why_not(client, workflow, events[0].event_id, release):
                    return "wedged"
                return "mending" if has_failed else "moving"
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return "moving"
            raise
        return "stalled" if any(_is_unknown(activity, known) for activity in raw.pending_activities) else "moving"

    async def _why_not(self, client: Client, workflow: str, last_event: int, release: str) -> str:
        key = (workflow, last_event, release)
        if key not in self._replays:
            history = await client.get_workflow_handle(workflow).fetch_history()
            # In a thread: a replay takes the processor for a while, and who asks has a run to attend to.
            self._replays[key] = await asyncio.to_thread(lambda: asyncio.run(why_not(history, release)))
        return self._replays[key]


def _is_unknown(activity: PendingActivityInfo, known: Collection[str]) -> bool:
    """Say whether an activity failed as no worker knew it, and none of the release that runs does."""
    return UNKNOWN_ACTIVITY in activity.last_failure.message and activity.activity_type.name not in known


async def _last_events(client: Client, workflow: str) -> Sequence[HistoryEvent]:
    """Return the last events of a history, the last first."""
    request = GetWorkflowExecutionHistoryReverseRequest(
        namespace=client.namespace,
        execution=WorkflowExecution(workflow_id=workflow),
        maximum_page_size=LAST_EVENTS,
    )
    answer = await client.workflow_service.get_workflow_execution_history_reverse(request, retry=True)
    return answer.history.events
