"""Both systems' flows under each release, against the oracle: every way through them."""

import asyncio
from collections.abc import Iterable
from itertools import product
from typing import Any, cast

import pytest

from systems.desk.live.steps import LiveDesk
from systems.desk.model import (
    BRANCH_OF_RESULT,
    GROUP_OF,
    Group,
    NoAgentAvailable,
    Priority,
    State,
    Step,
    StepCall,
    StepDone,
    Ticket,
)
from systems.desk.outcomes import RESULTS, Outcomes, branch_of
from systems.desk.path import Passage, oracle
from systems.desk.releases import CHANGES, FlowRelease, change_of
from systems.desk.walk import Tally
from systems.sync.flow import Flow
from systems.sync.releases import FLOWS as SYNC_FLOWS
from systems.temporal.activities import activities
from systems.temporal.inputs import TicketInput
from systems.temporal.releases import FLOWS, GuardedFlow, activity_names, workflows_of
from systems.temporal.workflows import WORKFLOWS, FlowWorkflow
from tests.support.desks import WELL, config

DEFINITIONS = ("__temporal_workflow_definition", "__temporal_activity_definition")
"""Where the SDK keeps what its decorators were told."""
RELEASES = ["", *(release.value for release in FlowRelease)]
NAMES = Outcomes.__struct_fields__
TICKET = TicketInput(1, "low", "q-", 0.1, None, {})
KEEP_TO_A_PATH = [release for release in RELEASES if release != FlowRelease.FORGET_STEP]


class Recorder:
    """Answers every call as the outcomes say, and keeps the path."""

    def __init__(self, outcomes: Outcomes, release: str) -> None:
        self._outcomes = outcomes
        change = change_of(release)
        self._results = RESULTS if change is None else {**RESULTS, **change.results}
        self.path: list[Passage] = []

    def stand_still(self, ticket: Ticket, walk: str) -> None:
        """Nobody pauses anything here."""

    def perform(self, call: StepCall) -> StepDone:
        branch = branch_of(self._outcomes, 1, call.ticket, call.step)
        result = branch.result if branch else call.end or self._results.get(call.step, "done")
        self.path.append(Passage(call.step, call.visit, call.purpose, result))
        if branch is not None:
            raise BRANCH_OF_RESULT[branch.result]
        return StepDone(result)


def every_outcome() -> Iterable[Outcomes]:
    return (Outcomes(**dict(zip(NAMES, shares, strict=True))) for shares in product((0.0, 1.0), repeat=len(NAMES)))


@pytest.mark.parametrize("priority", Priority)
@pytest.mark.parametrize("release", KEEP_TO_A_PATH)
def test_a_synchronous_walk_has_the_oracles_path_and_end(release: str, priority: Priority) -> None:
    made = SYNC_FLOWS[FlowRelease(release)] if release else Flow
    for outcomes in every_outcome():
        desk = Recorder(outcomes, release)
        end = made(cast("LiveDesk", desk), config(outcomes=outcomes), Ticket(1, priority), "walk", 0).run()
        truth = oracle(Ticket(1, priority), outcomes, 1, release=release)
        assert (tuple(desk.path), end) == (truth.path, truth.end)


def test_a_synchronous_flow_that_forgot_a_name_breaks_where_it_asks() -> None:
    desk = Recorder(WELL, "forget_step")
    with pytest.raises(LookupError, match="no step validate_resolution: it is called check_resolution"):
        SYNC_FLOWS[FlowRelease.FORGET_STEP](cast("LiveDesk", desk), config(), Ticket(1, Priority.LOW), "walk", 0).run()
    assert [passage.step for passage in desk.path][-1] == "notify_customer"


# -- the workflows, whose steps are answered here in place of the engine


def name_of(made: Any) -> str:
    """Return the name by which the SDK knows a workflow or an activity."""
    (definition,) = [getattr(made, name) for name in DEFINITIONS if hasattr(made, name)]
    return str(definition.name)


def flow_of(release: str, priority: Priority) -> FlowWorkflow:
    (made,) = [made for made in workflows_of(release) if name_of(made) == NAMED[priority]]
    flow: FlowWorkflow = made()
    return flow


NAMED = {Priority.LOW: "LowTicket", Priority.MEDIUM: "MediumTicket", Priority.HIGH: "HighTicket"}


def walked(
    release: str, priority: Priority, outcomes: Outcomes, monkeypatch: pytest.MonkeyPatch, *, is_new: bool = True
) -> tuple[tuple[Passage, ...], State]:
    """Walk a ticket through a release's workflow; where it asks which way to go, the answer is `is_new`."""
    flow, desk = flow_of(release, priority), Recorder(outcomes, release if is_new else "")
    flow.ticket, flow.holds_agent = TICKET, False
    flow.tally = Tally(Ticket(1, priority), "walk")

    async def perform(_: Any, call: StepCall) -> StepDone:
        return desk.perform(call)

    monkeypatch.setattr(FlowWorkflow, "perform", perform)
    monkeypatch.setattr(GuardedFlow, "goes", lambda _flow, _release: is_new)
    way = {Priority.LOW: "low", Priority.MEDIUM: "medium", Priority.HIGH: "high"}[priority]
    end = asyncio.run(flow.ended(getattr(flow, way)))
    return tuple(desk.path), end


@pytest.mark.parametrize("priority", Priority)
@pytest.mark.parametrize("release", RELEASES)
def test_a_workflow_has_the_oracles_path_and_end(
    release: str, priority: Priority, monkeypatch: pytest.MonkeyPatch
) -> None:
    for outcomes in every_outcome():
        truth = oracle(Ticket(1, priority), outcomes, 1, release=release)
        assert walked(release, priority, outcomes, monkeypatch) == (truth.path, truth.end)


@pytest.mark.parametrize("release", [release for release in FlowRelease if FLOWS[release] is not WORKFLOWS])
def test_a_guarded_workflow_that_goes_the_old_way_has_the_first_releases_path(
    release: FlowRelease, monkeypatch: pytest.MonkeyPatch
) -> None:
    for outcomes in every_outcome():
        truth = oracle(Ticket(1, Priority.LOW), outcomes, 1)
        assert walked(release, Priority.LOW, outcomes, monkeypatch, is_new=False) == (truth.path, truth.end)


def test_a_release_keeps_the_names_of_all_workflows() -> None:
    names = [[name_of(made) for made in workflows_of(release)] for release in RELEASES]
    assert {tuple(sorted(each)) for each in names} == {("HighTicket", "LowTicket", "MediumTicket", "Ticket")}


@pytest.mark.parametrize(
    ("release", "is_patched", "flow_asks_for", "workers_know"),
    [
        ("", False, "validate_resolution", ("validate_resolution",)),
        ("insert_step", False, "validate_resolution", ("validate_resolution",)),
        ("rename_step", False, "check_resolution", ("check_resolution",)),
        ("rename_step", True, "check_resolution", ("check_resolution", "validate_resolution")),
        ("forget_step", False, "validate_resolution", ("check_resolution",)),
        ("forget_step", True, "validate_resolution", ("check_resolution",)),
    ],
)
def test_the_name_of_a_step_as_the_flow_asks_and_as_the_workers_know_it(
    release: str,
    *,
    is_patched: bool,
    flow_asks_for: str,
    workers_know: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    flow = flow_of(release, Priority.LOW)
    flow.ticket = TICKET
    monkeypatch.setattr(GuardedFlow, "goes", lambda _flow, _release: True)
    assert flow.name_of(Step.VALIDATE_RESOLUTION) == flow_asks_for
    names = activity_names(release, is_patched=is_patched)
    assert names[Step.VALIDATE_RESOLUTION] == workers_know
    assert {step: known for step, known in names.items() if step is not Step.VALIDATE_RESOLUTION} == {
        step: (step.value,) for step in Step if step is not Step.VALIDATE_RESOLUTION
    }


def test_each_name_of_a_step_is_an_activity_of_its_group() -> None:
    made = activities(cast("LiveDesk", None), activity_names("rename_step", is_patched=True))
    names = {group: [name_of(one) for one in of_group] for group, of_group in made.items()}
    assert names[Group.ENGINEERING] == ["apply_urgent_fix", "check_resolution", "validate_resolution"]
    assert sum(len(of_group) for of_group in names.values()) == len(Step) + 1
    assert names[GROUP_OF[Step.CLOSE_TICKET]]


def test_nobody_is_told_of_a_closing_that_no_agent_came_to(monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes = Outcomes(kb_miss=1.0, no_agent=1.0)
    path, end = walked("append_step", Priority.LOW, outcomes, monkeypatch)
    assert end is State.BACKLOG
    assert NoAgentAvailable.result in [passage.result for passage in path]
    assert CHANGES[FlowRelease.APPEND_STEP].is_passed(path) is False
