"""A load that is the plan's, and one that is not: moments, priorities, repeats and resubmissions, in whole words."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from harness.history.model import History
from harness.history.run_records import Answered, Phase, Submitted
from harness.judging.checks.check import CheckFinding
from harness.judging.checks.plan_followed import plan_followed
from harness.judging.evidence import Evidence
from harness.planning.plan import Plan
from tests.support import histories
from tests.support.histories import MS, amended

FOLLOWED = CheckFinding("valid", "all 4 tickets submitted, at most 0 ms late")
BESIDE_AN_ENGINE = """\
faults:
  - {kind: engine_kill, when: {after: 1s}}
  - {kind: write_race, race: duplicate_submit}
"""


@pytest.fixture
def made(tmp_path: Path) -> Plan:
    return histories.plan(tmp_path)


def load() -> History:
    """Send the four tickets just when they were due, by a clock that shows 0 where the load begins."""
    history = History("sync", 1)
    history.phases = [Phase(0, 100 * MS, "quiet")]
    history.submitted = [sent(number) for number in (1, 2, 3, 4)]
    return history


def sent(number: int, n: int = 1, *, later: int = 0, priority: str = "") -> Submitted:
    planned = 10 * MS * (number - 1) + later
    return Submitted(0, planned, number, n, planned, priority)


def answers(*outcomes: tuple[int, str]) -> list[Answered]:
    """Answer submissions of ticket 1."""
    return [Answered(0, 50 * MS, 1, n, outcome) for n, outcome in outcomes]


def otherwise(*words: str) -> CheckFinding:
    return CheckFinding("unknown", ", ".join(words)) if words else FOLLOWED


def test_a_millisecond_between_the_plans_moments_and_the_drivers_is_rounding(made: Plan) -> None:
    history = load()
    history.submitted[0] = sent(1, later=MS)
    assert plan_followed(Evidence(made, history)) == FOLLOWED
    history.submitted[0] = sent(1, later=MS + 1000)
    late = otherwise("T-0001 was due 0.001 s later than planned, beside the others (1 of them)")
    assert plan_followed(Evidence(made, history)) == late


def test_of_tickets_at_another_time_the_first_is_named_beside_their_number(made: Plan) -> None:
    history = load()
    history.submitted = [sent(number, later=3000 * MS + 7 * MS * (number < 4) * number) for number in (1, 2, 3, 4)]
    late = otherwise("T-0001 was due 0.007 s later than planned, beside the others (3 of them)")
    assert plan_followed(Evidence(made, history)) == late


def test_every_ticket_is_sent_in_its_own_priority(made: Plan) -> None:
    history = load()
    history.submitted[1] = sent(2, priority="medium")
    history.submitted.append(amended(sent(1, priority="high"), ticket=9))
    assert plan_followed(Evidence(made, history)) == FOLLOWED
    history.submitted[1] = sent(2, priority="low")
    other = otherwise("T-0002 was submitted in the priority low, planned was medium")
    assert plan_followed(Evidence(made, history)) == other


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ([], []),
        ([sent(3)], []),
        ([sent(3), sent(3)], ["submission 1 of T-0003 was sent 3 times, planned was 2"]),
        ([sent(4)], ["submission 1 of T-0004 was sent 2 times, planned was 1"]),
        ([sent(1)], ["submission 1 of T-0001 was sent 2 times, planned was 1"]),
    ],
)
def test_only_a_ticket_of_the_race_is_sent_twice_at_once(
    tmp_path: Path, more: Sequence[Submitted], words: Sequence[str]
) -> None:
    text = histories.SCENARIO.replace("[sync]", "[sync, temporal]") + BESIDE_AN_ENGINE
    raced, history = histories.planned(tmp_path, text), load()
    assert raced.faults[-1].tickets == (3,)
    history.submitted += more
    assert plan_followed(Evidence(raced, history)) == otherwise(*words)


def test_a_resubmission_of_the_races_ticket_is_sent_once(tmp_path: Path) -> None:
    text = histories.SCENARIO.replace("[sync]", "{sync: {resubmit: {attempts: 1, on: [info]}}, temporal: {}}")
    history = load()
    history.submitted += [sent(3), sent(3, 2), sent(3, 2)]
    twice = otherwise("submission 2 of T-0003 was sent 2 times, planned was 1")
    assert plan_followed(Evidence(histories.planned(tmp_path, text + BESIDE_AN_ENGINE), history)) == twice


RESUBMITTED = "T-0001 was resubmitted though nothing called for it"


@pytest.mark.parametrize(
    ("on", "sends", "outcomes", "words"),
    [
        ("info", 2, [(1, "info"), (2, "ok")], []),
        ("info", 2, [(2, "ok")], []),
        ("fail", 2, [(1, "fail"), (2, "ok")], []),
        ("fail", 2, [(2, "ok")], [RESUBMITTED]),
        ("info", 2, [(1, "fail"), (2, "ok")], [RESUBMITTED]),
        ("info", 2, [(1, "info"), (1, "ok"), (2, "ok")], [RESUBMITTED]),
        ("info", 1, [(1, "info")], ["T-0001 was answered info and not resubmitted"]),
        ("info", 1, [(1, "info"), (1, "ok")], []),
        ("info", 1, [], []),
        ("info", 2, [(1, "info"), (2, "info")], []),
        ("info", 3, [(1, "info"), (2, "info")], ["T-0001 was resubmitted 2 times, planned were at most 1"]),
    ],
)
def test_a_client_submits_again_where_its_answer_calls_for_it(
    tmp_path: Path, on: str, sends: int, outcomes: list[tuple[int, str]], words: list[str]
) -> None:
    resubmit = f"{{sync: {{resubmit: {{attempts: 1, on: [{on}]}}}}}}"
    made, history = histories.planned(tmp_path, histories.SCENARIO.replace("[sync]", resubmit)), load()
    history.submitted += [sent(1, n) for n in range(2, sends + 1)]
    history.answered = answers(*outcomes)
    assert plan_followed(Evidence(made, history)) == otherwise(*words)


def test_a_run_that_ended_early_need_not_have_come_to_a_resubmission(tmp_path: Path) -> None:
    resubmit = "{sync: {resubmit: {attempts: 1, on: [info]}}}"
    made, history = histories.planned(tmp_path, histories.SCENARIO.replace("[sync]", resubmit)), load()
    history.answered, history.phases = answers((1, "info")), []
    assert plan_followed(Evidence(made, history)) == FOLLOWED


def test_a_system_that_the_plan_does_not_know_is_sent_the_same_load(made: Plan) -> None:
    history = load()
    history.label = "another"
    assert plan_followed(Evidence(made, history)) == FOLLOWED


def test_how_often_a_canary_was_sent_is_not_the_loads(made: Plan) -> None:
    history = load()
    history.submitted += [sent(-1), sent(-1, 2)]
    assert plan_followed(Evidence(made, history)) == FOLLOWED
