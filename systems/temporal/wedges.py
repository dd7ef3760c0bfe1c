"""Tickets whose workflow stands still under a release's code, and why: read from histories, and from the engine.

A workflow is wedged while the last of its tasks that came to anything failed for non-determinism: the engine goes on
trying, and only other code can help. It is stalled while an activity is tried again that no worker knows.
"""

import asyncio
import time
from collections.abc import Iterable, Sequence

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType, WorkflowTaskFailedCause
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.workflowservice.v1 import GetWorkflowExecutionHistoryReverseRequest
from temporalio.client import Client, WorkflowHistory
from temporalio.service import RPCError, RPCStatusCode

from systems.system import Wedge
from systems.temporal.residency import CLOSING

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
    """Return when (monotonic ns) a workflow was wedged: from the failure to the next task that came to anything."""
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


async def standing_still(client: Client, workflows: Sequence[str]) -> tuple[bool, bool]:
    """Say of a ticket's workflows whether one is wedged, and whether one is stalled."""
    are_wedged = await asyncio.gather(*(_is_wedged(client, name) for name in workflows))
    if any(are_wedged):
        return True, False
    return False, any(await asyncio.gather(*(_is_stalled(client, name) for name in workflows)))


async def _is_wedged(client: Client, workflow: str) -> bool:
    request = GetWorkflowExecutionHistoryReverseRequest(
        namespace=client.namespace,
        execution=WorkflowExecution(workflow_id=workflow),
        maximum_page_size=LAST_EVENTS,
    )
    try:
        answer = await client.workflow_service.get_workflow_execution_history_reverse(request)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return False
        raise
    return is_wedged(answer.history.events)


async def _is_stalled(client: Client, workflow: str) -> bool:
    try:
        described = await client.get_workflow_handle(workflow).describe()
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return False
        raise
    pending = described.raw_description.pending_activities
    return any(UNKNOWN_ACTIVITY in activity.last_failure.message for activity in pending)
