"""Deploys: by which release a ticket was walked, what is mixed and what is wrong, and how long it stood still."""

from copy import copy
from pathlib import Path

import pytest

from harness.explaining.breakdown import unfold
from harness.explaining.ticket_history import traces
from harness.history.model import History, Request
from harness.history.run_records import LiveAtEnd
from harness.judging.checks.quiescence import quiescence
from harness.judging.metrics.durability import MEASURES as DURABILITY
from harness.judging.repetition import evidence_of
from harness.judging.rollouts import Rollouts, mixed_ns
from harness.planning.plan import Plan
from systems.desk.model import Priority, Ticket
from systems.desk.outcomes import Outcomes
from systems.desk.path import Oracle, Passage, oracle
from systems.system import Wedge
from tests.support import histories
from tests.support.histories import OTHER_SPARE, SPARE, A, B, judged, ns

DEPLOY = "faults:\n  - {kind: deploy, when: {after: 70ms}, release: RELEASE}\n"
OUTCOMES = Outcomes(kb_miss=0, resolution_invalid=1, no_agent=0)
RELEASES = ("", "insert_step", "remove_step", "swap_steps", "swap_purposes", "change_result")
NAMES = ("wedged", "wedged_seconds", "mixed_paths", "wrong_results")


def truth(_: int, release: str) -> Oracle:
    return oracle(Ticket(1, Priority.LOW), OUTCOMES, 1, release=release)


def path(release: str) -> tuple[Passage, ...]:
    return truth(1, release).path


def after(release: str) -> Rollouts:
    return Rollouts(("", release), truth)


# -- paths


@pytest.mark.parametrize("release", RELEASES[1:])
def test_a_path_that_is_one_releases_wholly_or_so_far_is_right(release: str) -> None:
    for each in ("", release):
        whole = path(each)
        assert after(release).release_of(1, whole) == each
        assert not any(after(release).is_mixed(1, whole[:length]) for length in range(len(whole) + 1))


@pytest.mark.parametrize("release", RELEASES[1:])
def test_a_ticket_that_has_not_come_to_the_change_is_the_older_releases(release: str) -> None:
    assert after(release).release_of(1, path("")[:1]) == ""


def test_a_step_that_was_made_up_for_later_is_a_mixture() -> None:
    first, inserted = path(""), path("insert_step")[3]
    late = (*first[:4], inserted, *first[4:])
    assert after("insert_step").is_mixed(1, late)
    assert after("insert_step").release_of(1, late) == "insert_step"


def test_results_by_two_rules_are_a_mixture() -> None:
    old, new = path(""), path("change_result")
    assert after("change_result").is_mixed(1, (*old[:4], *new[4:]))
    assert not after("change_result").is_mixed(1, (*old[:1], *new[1:]))  # no rule had been used before


def test_a_result_of_another_call_is_found_by_the_purpose_of_what_was_done() -> None:
    old = path("")
    again = Passage("notify_customer", 2, "solution", "done")
    mixed = (*old[:4], again, *old[5:])
    assert after("swap_purposes").is_mixed(1, mixed)
    ((asked, answered),) = after("swap_purposes").wrong_calls(1, mixed, "swap_purposes")
    assert (asked.purpose, answered.purpose, asked.visit) == ("apology_invalid", "solution", 1)


def test_giving_up_is_part_of_every_release() -> None:
    given_up = (
        *path("insert_step")[:4],
        Passage("notify_management", 2, "gave_up", "done"),
        Passage("close_ticket", 1, "", "manual_intervention"),
    )
    assert not after("insert_step").is_mixed(1, given_up)
    assert after("insert_step").release_of(1, given_up) == "insert_step"


def test_where_only_the_first_release_ran_nothing_is_mixed() -> None:
    alone = Rollouts(("",), truth)
    assert not alone.is_mixed(1, path("insert_step"))
    assert alone.release_of(1, path("insert_step")) == ""


# -- figures


def deployed(folder: Path, release: str) -> tuple[Plan, History]:
    made = histories.plan(folder, DEPLOY.replace("RELEASE", release))
    history = histories.healthy(made)
    histories.roll_out(history, release, 71)
    return made, history


def test_a_deploy_that_did_no_harm_counts_nothing(tmp_path: Path) -> None:
    made, history = deployed(tmp_path, "insert_step")
    metrics = judged(made, history).metrics
    assert [metrics[name] for name in (*NAMES, "mixed_version_seconds")] == [0, 0, 0, 0, 0.0]
    assert metrics["wrong_outcome"] == 0


def test_a_wedged_ticket_is_not_lost_and_its_time_is_never_over(tmp_path: Path) -> None:
    made, history = deployed(tmp_path, "insert_step")
    histories.cut(history, 4, 75)
    history.wedges = [Wedge(4, ns(80), None, "another step")]
    history.at_end = LiveAtEnd(0, ns(200), (4,), (4,), (), wedged=(4,))
    found = judged(made, history)
    assert [found.metrics[name] for name in (*NAMES, "lost", "abandoned", "unserved")] == [1, None, 0, 0, 0, 0, 1]
    assert "wedged_seconds" in found.censored
    assert found.tickets["wedged"] == (4,)


def test_a_ticket_that_a_rollback_brought_back_counts_for_as_long_as_it_stood(tmp_path: Path) -> None:
    made, history = deployed(tmp_path, "insert_step")
    history.wedges = [Wedge(4, ns(80), ns(95), "another step")]
    assert [judged(made, history).metrics[name] for name in NAMES] == [0, 0.015, 0, 0]


@pytest.mark.parametrize("how", ["wedged", "stalled"])
def test_what_stands_still_for_good_is_no_doubt_about_the_end(tmp_path: Path, how: str) -> None:
    made, history = deployed(tmp_path, "insert_step")
    histories.cut(history, 4, 75)
    history.at_end = LiveAtEnd(0, ns(200), (4,), (4,), (), **{how: (4,)})
    finding = quiescence(evidence_of(made, history, "sync"))
    assert finding.verdict == "valid"
    standing = {"wedged": "wedged", "stalled": "asking for what no worker knows"}[how]
    assert finding.detail == (f"nothing was live, open or under way when settling ended, beside 1 ticket {standing}")
    history.phases = [
        phase if phase.name != "quiet" else histories.amended(phase, name="deadline") for phase in history.phases
    ]
    assert quiescence(evidence_of(made, history, "sync")).verdict == "valid"


def test_messages_are_due_as_the_tickets_own_release_has_them(tmp_path: Path) -> None:
    made, history = deployed(tmp_path, "insert_step")
    histories.cut(history, 4, 69)
    one, rest = histories.rest_of(made, 4, "validate_resolution")
    told = Passage("notify_management", 1, "checking", "done")
    history.requests.append(Request("13-1/r9", SPARE, 4, ns(79), ns(120)))
    histories.walk(history, one, (told, *rest), SPARE, 80)
    histories.in_order(history)
    metrics = judged(made, history).metrics
    assert (metrics["effects_expected"], metrics["effects_applied"]) == (8, 8)
    assert [metrics[name] for name in ("effects_unexpected", "wrong_outcome", "mixed_paths")] == [0, 0, 0]


def test_releases_side_by_side_are_timed_from_ready_to_end(tmp_path: Path) -> None:
    made, history = deployed(tmp_path, "insert_step")
    assert mixed_ns(history) == 0
    history.processes[B].exited = histories.amended(history.processes[B].exited, t=ns(94))
    assert judged(made, history).metrics["mixed_version_seconds"] == 0.02
    assert (history.processes[A].release, history.processes[OTHER_SPARE].release) == ("", "insert_step")


def test_where_nobody_noted_the_end_a_ticket_that_did_not_end_is_lost(tmp_path: Path) -> None:
    made, history = deployed(tmp_path, "insert_step")
    histories.cut(history, 4, 75)
    history.at_end = None
    assert judged(made, history).tickets["lost"] == (4,)


def test_classes_still_add_up(tmp_path: Path) -> None:
    made, history = deployed(tmp_path, "insert_step")
    histories.cut(history, 4, 75)
    history.at_end = LiveAtEnd(0, ns(200), (4,), (4,), (), wedged=(4,))
    evidence = evidence_of(made, history, "sync")
    assert sum(map(len, evidence.classes.values())) == len(evidence.submitted)
    assert DURABILITY["unserved"].figure(evidence) == len(evidence.classes["wedged"])


def test_a_tickets_story_tells_of_the_release_of_its_workers_and_when_it_stood_still(tmp_path: Path) -> None:
    made, history = deployed(tmp_path, "insert_step")
    one, rest = histories.rest_of(made, 4, "validate_resolution")
    histories.cut(history, 4, 69)
    histories.walk(history, one, rest, SPARE, 100)
    history.wedges = [Wedge(4, ns(80), ns(95), "another step")]
    histories.in_order(history)
    lines = traces(evidence_of(made, history, "sync"), [4])[4].lines
    told = [(line.text, line.where) for line in lines if line.kind == "fault" or line.text == "close_ticket begins"]
    assert told == [
        ("fault 1.1 deploy lands on worker 1 (11-1), worker 2 (12-1)", "harness"),
        ("its orchestration is wedged: another step", "engine"),
        ("its orchestration goes on", "engine"),
        ("close_ticket begins", "worker 1 of insert_step (13-1)"),
    ]


# -- rows


def texts(made: Plan, history: History, metric: str) -> list[str]:
    return [f"{row.text} [{row.source}]" for row in unfold(metric, evidence_of(made, history, "sync"))]


def test_every_wedge_of_a_submitted_ticket_is_a_row_the_earliest_first_with_the_line_it_stands_on(
    tmp_path: Path,
) -> None:
    made, history = deployed(tmp_path, "insert_step")
    why = "a" * 199 + "bc"
    history.wedges = [
        Wedge(4, ns(90), ns(94), "later"),
        Wedge(-1, ns(70), None, "a canary"),
        Wedge(3, ns(80), ns(80) + 1_234_567, why),
    ]
    assert texts(made, history, "wedged_seconds") == [
        f"T-0003 wedged at 0.079 s, 0.001235 s: {'a' * 199}b [histories/wedges.jsonl:3]",
        "T-0004 wedged at 0.089 s, 0.004 s: later [histories/wedges.jsonl:1]",
    ]
    assert judged(made, history).metrics["wedged_seconds"] == 0.005235


def test_who_stands_still_is_told_with_the_last_reason_of_his_own(tmp_path: Path) -> None:
    made, history = deployed(tmp_path, "insert_step")
    for ticket in (3, 4):
        histories.cut(history, ticket, 75)
    why = "a" * 199 + "bc"
    history.wedges = [
        Wedge(4, ns(76), ns(78), "first"),
        Wedge(4, ns(80), None, why),
        Wedge(3, ns(85), None, "another's"),
    ]
    history.at_end = LiveAtEnd(0, ns(200), (3, 4), (3, 4), (), wedged=(3, 4))
    three, four = texts(made, history, "wedged")
    assert three.startswith("T-0003 stands still: ")
    assert "; another's [" in three
    assert f"; {'a' * 199}b [" in four
    history.wedges = []
    assert [";" in text for text in texts(made, history, "wedged")] == [False, False]


def test_a_wrong_result_leads_to_the_tickets_own_row_of_the_audit(tmp_path: Path) -> None:
    made, history = deployed(tmp_path, "swap_purposes")
    one, (asked, *rest) = histories.rest_of(made, 4, "notify_customer")
    histories.cut(history, 4, 59)
    answered = Passage(asked.step, asked.visit, "resolved", "done")
    histories.walk(history, one, (answered, *rest), SPARE, 80)
    histories.in_order(history)
    own = next(row for row in history.audit if row.row == "4" and '"purpose":"resolved"' in row.entry)
    history.audit.insert(0, histories.amended(own, id=900, table="agents"))  # an agent who has the ticket's number
    assert texts(made, history, "wrong_results") == [
        f"T-0004 notify_customer #1 for solution: answered with what was done for resolved [audit row {own.id}]"
    ]


def test_each_worker_is_a_row_where_releases_served_side_by_side(tmp_path: Path) -> None:
    made, history = deployed(tmp_path, "insert_step")
    assert texts(made, history, "mixed_version_seconds") == []
    history.processes[B].exited = histories.amended(history.processes[B].exited, t=ns(94))
    history.processes[OTHER_SPARE].ready = None  # it never served
    engine = copy(history.processes[A])
    engine.role, engine.proc = "engine", "99-1"
    history.processes["99-1"] = engine
    history.journals = {"1-1": "harness-1-1.jsonl", "2-1": "supervisor-2-1.jsonl", "3-1": "worker-3-1.jsonl"}
    told = texts(made, history, "mixed_version_seconds")
    supervised = "[journal/supervisor-2-1.jsonl]"
    assert told == [
        f"worker 1 (11-1) ran the first release from -9 s to 0.072 s {supervised}",
        f"worker 2 (12-1) ran the first release from -9 s to 0.093 s {supervised}",
        f"worker 1 (13-1) ran insert_step from 0.073 s to the end {supervised}",
    ]
    history.journals = {"1-1": "harness-1-1.jsonl"}
    assert {text.partition(" [")[2] for text in texts(made, history, "mixed_version_seconds")} == {"journal/]"}
