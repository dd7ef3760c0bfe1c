"""Which workflows are wedged, and when: by the cause of a failed task, not by time."""

from collections.abc import Sequence

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from temporalio.api.enums.v1 import EventType, WorkflowTaskFailedCause
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHistory

from systems.temporal.wedges import by_standing, is_wedged, wedges

DONE, CLOSED, SCHEDULED, TIMED_OUT, ACTIVITY = (
    HistoryEvent(event_type=kind)
    for kind in (
        EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED,
        EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED,
        EventType.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT,
        EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED,
    )
)


def failed(cause: WorkflowTaskFailedCause.ValueType) -> HistoryEvent:
    event = HistoryEvent(event_type=EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED)
    event.workflow_task_failed_event_attributes.cause = cause
    event.workflow_task_failed_event_attributes.failure.message = "another step"
    return event


WEDGED = failed(WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR)
BROKEN = failed(WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE)


def at_seconds(events: Sequence[HistoryEvent]) -> WorkflowHistory:
    """Return a history whose n-th event comes n seconds after the first."""
    timed = []
    for second, event in enumerate(events):
        made = HistoryEvent()
        made.CopyFrom(event)
        made.event_time.CopyFrom(Timestamp(seconds=1_700_000_000 + second))
        timed.append(made)
    return WorkflowHistory("T-0001", timed)


@pytest.mark.parametrize(
    ("events", "is_so"),
    [
        ([DONE, SCHEDULED], False),
        ([DONE, SCHEDULED, WEDGED], True),
        ([DONE, SCHEDULED, WEDGED, ACTIVITY, SCHEDULED], True),
        ([DONE, SCHEDULED, WEDGED, SCHEDULED, DONE], False),
        ([DONE, SCHEDULED, TIMED_OUT, SCHEDULED], False),
        ([DONE, SCHEDULED, BROKEN], False),
        ([DONE, SCHEDULED, WEDGED, CLOSED], False),
        ([], False),
    ],
)
def test_it_is_wedged_while_its_last_task_failed_for_nondeterminism(events: list[HistoryEvent], *, is_so: bool) -> None:
    assert is_wedged(reversed(events)) is is_so


@pytest.mark.parametrize(
    ("events", "spans"),
    [
        ([DONE, ACTIVITY, SCHEDULED], []),
        ([DONE, WEDGED, ACTIVITY, WEDGED, SCHEDULED, DONE], [4]),
        ([DONE, WEDGED, DONE, WEDGED], [1, None]),
        ([WEDGED, SCHEDULED, CLOSED], [2]),
        ([BROKEN, TIMED_OUT, SCHEDULED], []),
    ],
)
def test_it_was_wedged_from_the_failure_to_the_next_task_that_came_to_anything(
    events: list[HistoryEvent], spans: list[int | None]
) -> None:
    found = wedges(7, at_seconds(events))
    assert [None if one.end is None else round((one.end - one.start) / 1e9) for one in found] == spans
    assert {(one.ticket, one.why) for one in found} <= {(7, "another step")}


def test_what_is_mending_is_wedged_as_well() -> None:
    assert by_standing([(1, "wedged"), (2, "mending"), (3, "moving"), (4, "stalled")]) == {
        "wedged": frozenset({1, 2}),
        "mending": frozenset({2}),
        "stalled": frozenset({4}),
    }
