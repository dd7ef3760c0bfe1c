"""Where orchestrations lived: read from exported histories, by the identity of the worker that took a workflow task."""

import time

from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHistory

from systems.system import Residency

CLOSING = frozenset(
    {
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED,
    }
)


def residencies(ticket: int, history: WorkflowHistory) -> list[Residency]:
    """Return the spans (monotonic ns) in which a workflow was resident in a process.

    A workflow is resident in the process that started its last workflow task, until a task starts elsewhere or
    the workflow closes; one that is open is resident until now.
    """
    # The engine stamps events by the wall clock, journals are monotonic: the difference holds for an engine on this
    # host.
    offset = time.time_ns() - time.monotonic_ns()
    spans: list[Residency] = []
    proc, since = "", 0
    for event in history.events:
        at = event.event_time.ToNanoseconds() - offset
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED:
            identity = event.workflow_task_started_event_attributes.identity
            # The identity ends with the process, "pid-start"; a label before it may hold hyphens of its own.
            took = "-".join(identity.split("-")[-2:])
            if took != proc:
                if proc:
                    spans.append(Residency(ticket, proc, since, at))
                proc, since = took, at
        elif event.event_type in CLOSING and proc:
            spans.append(Residency(ticket, proc, since, at))
            proc = ""
    if proc:
        spans.append(Residency(ticket, proc, since, time.monotonic_ns()))
    return spans
