"""Which workflows are wedged, and when: by the cause of a failed task, not by time."""

import asyncio
from collections.abc import Sequence
from types import SimpleNamespace
from typing import cast

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from temporalio.api.enums.v1 import EventType, WorkflowTaskFailedCause
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.workflowservice.v1 import (
    DescribeWorkflowExecutionResponse,
    GetWorkflowExecutionHistoryReverseResponse,
)
from temporalio.client import Client, WorkflowHistory

from systems.temporal.wedges import Standings, by_standing, is_wedged, wedges

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


class Engine:
    """Answers of one workflow what it is given: the last events, the attempts of its pending task, its activities."""

    namespace = "default"

    def __init__(
        self, events: Sequence[HistoryEvent], attempt: int = 1, failures: Sequence[tuple[str, str]] = ()
    ) -> None:
        self._answer = GetWorkflowExecutionHistoryReverseResponse()
        self._answer.history.events.extend(reversed(events))
        self._raw = DescribeWorkflowExecutionResponse()
        self._raw.pending_workflow_task.attempt = attempt
        for name, message in failures:
            activity = self._raw.pending_activities.add()
            activity.activity_type.name, activity.last_failure.message = name, message
        self.workflow_service = self

    async def get_workflow_execution_history_reverse(
        self, _: object, *, retry: bool
    ) -> GetWorkflowExecutionHistoryReverseResponse:
        assert retry  # or a moment's trouble of the connection would end the run
        return self._answer

    def get_workflow_handle(self, _: str) -> "Engine":
        return self

    async def describe(self) -> SimpleNamespace:
        return SimpleNamespace(raw_description=self._raw)

    async def fetch_history(self) -> WorkflowHistory:
        return WorkflowHistory("T-0001", [])


GONE = (
    "validate_resolution",
    "Activity function validate_resolution for workflow T-0001 is not registered on this worker",
)


@pytest.mark.parametrize(
    ("engine", "does_replay", "stands", "replays"),
    [
        (Engine([DONE, SCHEDULED]), True, "moving", 0),
        (Engine([DONE, SCHEDULED, WEDGED]), False, "wedged", 1),
        (Engine([DONE, SCHEDULED, WEDGED]), True, "mending", 1),
        (Engine([DONE, SCHEDULED, TIMED_OUT], attempt=2), False, "wedged", 1),
        (Engine([DONE, SCHEDULED, TIMED_OUT], attempt=2), True, "moving", 1),
        (Engine([DONE], failures=[GONE]), True, "stalled", 0),
        (Engine([DONE], failures=[("close_ticket", "the store is locked")]), True, "moving", 0),
        (Engine([DONE], failures=[("check_resolution", GONE[1])]), True, "moving", 0),
    ],
)
def test_how_a_ticket_stands_is_the_engines_word_and_a_replays_where_that_leaves_it_open(
    engine: Engine, stands: str, replays: int, monkeypatch: pytest.MonkeyPatch, *, does_replay: bool
) -> None:
    asked: list[str] = []

    async def why_not(_: WorkflowHistory, release: str) -> str:
        asked.append(release)
        return "" if does_replay else "another step"

    monkeypatch.setattr("systems.temporal.wedges.why_not", why_not)
    standings = Standings()
    for _ in range(2):  # the second time, what a replay came to is known
        found = standings.of(cast("Client", engine), ["T-0001"], "forget_step", {"check_resolution", "close_ticket"})
        assert asyncio.run(found) == stands
    assert asked == ["forget_step"] * replays
