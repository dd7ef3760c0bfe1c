"""The synchronous flows against the oracle, and what they do when steps fail, agents are silent, or all are busy."""

from collections.abc import Callable, Iterable
from itertools import product
from typing import cast

import pytest

from systems.desk.live.steps import LiveDesk
from systems.desk.model import (
    AgentUnresponsive,
    GaveUp,
    Permanent,
    Priority,
    State,
    Step,
    StepCall,
    StepDone,
    Ticket,
    Transient,
)
from systems.desk.outcomes import RESULTS, Outcomes, branch_of
from systems.desk.path import Passage, oracle
from systems.desk.rows import TimelineEntry
from systems.sync import flow
from systems.sync.flow import Flow
from tests.support.desks import WELL, config

Script = Callable[[StepCall], StepDone | None]


class Scripted:
    """A desk that answers as the outcomes say, unless its script raises or answers first; it keeps every call."""

    def __init__(self, script: Script, outcomes: Outcomes = WELL) -> None:
        self._script = script
        self._outcomes = outcomes
        self.calls: list[StepCall] = []
        self.path: list[Passage] = []

    def stand_still(self, ticket: Ticket, walk: str) -> None:
        """Nobody pauses anything here."""

    def perform(self, call: StepCall) -> StepDone:
        self.calls.append(call)
        answer = self._script(call)
        if answer is not None:
            return answer
        branch = branch_of(self._outcomes, 1, call.ticket, call.step)
        result = branch.result if branch else call.end or RESULTS.get(call.step, "done")
        self.path.append(Passage(call.step, call.visit, call.purpose, result))
        if branch is not None:
            raise branch
        return StepDone(result)

    @property
    def told(self) -> list[str]:
        """The calls in short: step, visit, and purpose or end."""
        return [f"{one.step}.{one.visit} {one.purpose}{one.end}".strip() for one in self.calls]


def nothing(_: StepCall) -> None:
    """Let everything go well."""


def failing(error: Exception, *places: tuple[Step, str]) -> Script:
    """Fail in every call of (step, purpose)."""

    def script(call: StepCall) -> None:
        if (call.step, call.purpose) in places:
            raise error

    return script


def walk(
    desk: Scripted,
    priority: Priority,
    retries: int = 0,
    outcomes: Outcomes = WELL,
    recorded: Iterable[TimelineEntry] = (),
) -> State:
    made = Flow(cast("LiveDesk", desk), config(outcomes=outcomes), Ticket(1, priority), "walk", retries, recorded)
    return made.run()


@pytest.mark.parametrize("priority", list(Priority))
def test_every_walk_has_the_oracles_path_and_end(priority: Priority) -> None:
    names = Outcomes.__struct_fields__
    for shares in product((0.0, 1.0), repeat=len(names)):
        outcomes = Outcomes(**dict(zip(names, shares, strict=True)))
        desk = Scripted(nothing, outcomes)
        end = walk(desk, priority, outcomes=outcomes)
        truth = oracle(Ticket(1, priority), outcomes, 1)
        assert (tuple(desk.path), end) == (truth.path, truth.end)


def test_a_busy_agent_is_asked_again_with_the_same_call() -> None:
    answers = iter([StepDone("busy"), StepDone("busy"), None])
    desk = Scripted(lambda call: next(answers) if call.step is Step.ASSIGN_AGENT else None)
    assert walk(desk, Priority.MEDIUM) is State.RESOLVED
    assert desk.calls[0] == desk.calls[1] == desk.calls[2]
    assert desk.told[2:4] == ["assign_agent.1 first", "agent_investigate.1"]


def test_a_silent_agent_is_replaced_with_an_apology() -> None:
    def script(call: StepCall) -> None:
        if (call.step, call.visit) == (Step.AGENT_INVESTIGATE, 1):
            raise AgentUnresponsive

    desk = Scripted(script)
    assert walk(desk, Priority.MEDIUM) is State.RESOLVED
    assert desk.told == [
        "assign_agent.1 first",
        "agent_investigate.1",
        "release_agent.1 silent",
        "notify_customer.1 apology_silent",
        "assign_agent.2 replacement",
        "agent_investigate.2",
        "agent_resolve.1",
        "notify_customer.2 resolved",
        "release_agent.2 done",
        "close_ticket.1 resolved",
    ]


def test_after_three_silent_agents_in_a_row_the_ticket_is_given_up() -> None:
    def script(call: StepCall) -> None:
        if call.step is Step.AGENT_RESOLVE:
            raise AgentUnresponsive

    desk = Scripted(script)
    assert walk(desk, Priority.MEDIUM) is State.MANUAL_INTERVENTION
    assert desk.told[2:] == [
        "agent_resolve.1",
        "release_agent.1 silent",
        "notify_customer.1 apology_silent",
        "assign_agent.2 replacement",
        "agent_resolve.2",
        "release_agent.2 silent",
        "notify_customer.2 apology_silent",
        "assign_agent.3 replacement",
        "agent_resolve.3",
        "release_agent.3 gave_up",
        "notify_management.1 gave_up",
        "close_ticket.1 manual_intervention",
    ]
    assert [one.nth for one in desk.calls if one.purpose == "apology_silent"] == [1, 2]


@pytest.mark.parametrize(
    ("priority", "place", "after"),
    [
        (Priority.LOW, (Step.SEND_AUTO_RESPONSE, "received"), []),
        (Priority.LOW, (Step.VALIDATE_RESOLUTION, ""), []),
        (Priority.MEDIUM, (Step.ASSIGN_AGENT, "first"), ["release_agent.1 gave_up"]),
        (Priority.MEDIUM, (Step.AGENT_INVESTIGATE, ""), ["release_agent.1 gave_up"]),
        (Priority.HIGH, (Step.NOTIFY_MANAGEMENT, "fixed"), ["release_agent.1 gave_up"]),
        (Priority.HIGH, (Step.RELEASE_AGENT, "done"), ["release_agent.2 gave_up"]),
    ],
)
def test_a_step_that_fails_for_good_gives_the_ticket_up_and_frees_its_agent(
    priority: Priority, place: tuple[Step, str], after: list[str]
) -> None:
    desk = Scripted(failing(Permanent("injected"), place))
    assert walk(desk, priority) is State.MANUAL_INTERVENTION
    failed = max(index for index, call in enumerate(desk.calls) if (call.step, call.purpose) == place)
    told = desk.told[failed + 1 :]
    assert told[: len(after)] == after
    assert [one.split(".")[0] for one in told[len(after) :]] == ["notify_management", "close_ticket"]
    assert told[-1].endswith("manual_intervention")


def test_an_agent_who_was_released_is_not_released_again() -> None:
    outcomes = Outcomes(needs_escalation=1.0, no_agent=0.0)
    desk = Scripted(failing(Permanent("injected"), (Step.ESCALATE_TO_ENGINEERING, "")), outcomes)
    assert walk(desk, Priority.MEDIUM, outcomes=outcomes) is State.MANUAL_INTERVENTION
    assert desk.told[2:] == [
        "release_agent.1 handover",
        "escalate_to_engineering.1",
        "notify_management.1 gave_up",
        "close_ticket.1 manual_intervention",
    ]


def test_a_compensation_that_fails_for_good_is_passed_over() -> None:
    places = ((Step.AGENT_RESOLVE, ""), (Step.RELEASE_AGENT, "gave_up"), (Step.NOTIFY_MANAGEMENT, "gave_up"))
    desk = Scripted(failing(Permanent("injected"), *places))
    assert walk(desk, Priority.MEDIUM) is State.MANUAL_INTERVENTION
    assert [one.split(".")[0] for one in desk.told[2:]] == [
        "agent_resolve",
        "release_agent",
        "notify_management",
        "close_ticket",
    ]


def test_a_ticket_that_cannot_be_closed_is_a_definite_error() -> None:
    desk = Scripted(failing(Permanent("injected"), (Step.CLOSE_TICKET, "")))
    with pytest.raises(GaveUp, match="close_ticket: injected"):
        walk(desk, Priority.LOW)
    assert desk.told[-1] == "close_ticket.2 manual_intervention"


def test_management_that_cannot_be_told_of_a_missing_agent_gives_the_ticket_up() -> None:
    outcomes = Outcomes(no_agent=1.0)
    desk = Scripted(failing(Permanent("injected"), (Step.NOTIFY_MANAGEMENT, "no_agent")), outcomes)
    assert walk(desk, Priority.HIGH, outcomes=outcomes) is State.MANUAL_INTERVENTION
    assert desk.told == [
        "assign_agent.1 first",
        "notify_management.1 no_agent",
        "notify_management.2 gave_up",
        "close_ticket.1 manual_intervention",
    ]


@pytest.mark.parametrize(("retries", "failures", "end"), [(2, 2, "resolved"), (2, 3, "manual_intervention")])
def test_a_transient_error_is_retried_as_often_as_the_settings_say(
    monkeypatch: pytest.MonkeyPatch, retries: int, failures: int, end: str
) -> None:
    monkeypatch.setattr(flow, "RETRY_INITIAL_S", 0.001)
    left = [Transient("injected")] * failures

    def script(call: StepCall) -> None:
        if call.step is Step.SEARCH_KNOWLEDGE_BASE and left:
            raise left.pop()

    desk = Scripted(script)
    assert walk(desk, Priority.LOW, retries) == end
    tries = [one for one in desk.calls if one.step is Step.SEARCH_KNOWLEDGE_BASE]
    assert tries == [tries[0]] * min(failures + 1, retries + 1)


def test_without_retries_the_first_transient_error_gives_the_ticket_up() -> None:
    desk = Scripted(failing(Transient("injected"), (Step.SEND_AUTO_RESPONSE, "received")))
    assert walk(desk, Priority.LOW) is State.MANUAL_INTERVENTION
    assert desk.told[:2] == ["send_auto_response.1 received", "notify_management.1 gave_up"]


def test_a_permanent_error_is_never_retried() -> None:
    desk = Scripted(failing(Permanent("injected"), (Step.SEND_AUTO_RESPONSE, "received")))
    assert walk(desk, Priority.LOW, retries=5) is State.MANUAL_INTERVENTION
    assert desk.told[:2] == ["send_auto_response.1 received", "notify_management.1 gave_up"]


# -- second walks


def entry(passage: Passage) -> TimelineEntry:
    return TimelineEntry(passage.step, passage.visit, passage.purpose, passage.result, "dead.1")


@pytest.mark.parametrize("priority", list(Priority))
def test_wherever_a_walk_broke_off_the_next_does_the_rest_of_the_oracles_path(priority: Priority) -> None:
    names = Outcomes.__struct_fields__
    for shares in product((0.0, 1.0), repeat=len(names)):
        outcomes = Outcomes(**dict(zip(names, shares, strict=True)))
        truth = oracle(Ticket(1, priority), outcomes, 1)
        for done in range(len(truth.path)):
            desk = Scripted(nothing, outcomes)
            note = TimelineEntry("note", 1, "an operator's", "noted", "operator.1")
            end = walk(desk, priority, 0, outcomes, [note, *map(entry, truth.path[:done])])
            assert (tuple(desk.path), end) == (truth.path[done:], truth.end)


def test_a_walk_that_broke_off_while_it_gave_up_goes_on_giving_up() -> None:
    recorded = [
        TimelineEntry("assign_agent", 1, "first", "assigned", "dead.1", "R-001"),
        TimelineEntry("release_agent", 1, "gave_up", "done", "dead.2", "R-001"),
    ]
    desk = Scripted(nothing)
    assert walk(desk, Priority.MEDIUM, recorded=recorded) is State.MANUAL_INTERVENTION
    assert desk.told == ["notify_management.1 gave_up", "close_ticket.1 manual_intervention"]


def test_what_is_recorded_with_another_purpose_is_not_passed_over() -> None:
    desk = Scripted(nothing)
    assert walk(desk, Priority.LOW, recorded=[TimelineEntry("notify_customer", 1, "resolved", "done", "dead.1")])
    assert "notify_customer.1 solution" in desk.told


def test_an_agent_whom_a_former_walk_took_is_freed_when_the_next_gives_up() -> None:
    desk = Scripted(failing(Permanent("injected"), (Step.AGENT_INVESTIGATE, "")))
    recorded = [TimelineEntry("assign_agent", 1, "first", "assigned", "dead.1", "R-001")]
    assert walk(desk, Priority.MEDIUM, recorded=recorded) is State.MANUAL_INTERVENTION
    assert desk.told[:2] == ["agent_investigate.1", "release_agent.1 gave_up"]
