"""headroom: a machine that is the bottleneck before the first fault is told, with what was measured."""

from pathlib import Path

import pytest

from harness.history.model import History
from harness.judging.checks.check import CheckFinding
from harness.judging.checks.headroom import headroom
from harness.judging.evidence import Evidence
from harness.planning.plan import Plan
from systems.desk.records import FaultBegun, Phase, Submitted
from systems.desk.rows import AuditRow
from tests.support import histories
from tests.support.histories import amended, ns

OFFERED_EVERY_MS, COUNT = 300, 30


def found(made: Plan, history: History) -> CheckFinding:
    return headroom(Evidence(made, history))


def served_every(ms: float) -> History:
    """30 tickets come every 300 ms; from the 500th ms on one ends every so many ms, and no more than have come."""
    history = History("sync", 1)
    sent = [n * OFFERED_EVERY_MS for n in range(COUNT)]
    history.submitted = [Submitted(0, ns(at), n, 1, ns(at)) for n, at in enumerate(sent, start=1)]
    ends: list[float] = []
    for at in sent:
        ends.append(max(at + 500, ends[-1] + ms if ends else 0))
    history.audit = [
        AuditRow(n, "tickets", str(n), 1, 2, 1, "w", ns(at), "resolved") for n, at in enumerate(ends, start=1)
    ]
    return history


def test_a_backlog_that_only_grows_is_told_with_both_rates(tmp_path: Path) -> None:
    seen = found(histories.plan(tmp_path), served_every(850))
    assert seen == CheckFinding("overloaded", "offered 3.4/s, served 1.1/s: every time below is a queue")


def test_who_serves_as_fast_as_tickets_come_has_headroom(tmp_path: Path) -> None:
    seen = found(histories.plan(tmp_path), served_every(250))
    assert seen == CheckFinding("valid", "host CPU: too short to measure, at most 2 tickets in flight")


def test_a_backlog_that_falls_in_between_is_no_queue_without_end(tmp_path: Path) -> None:
    history = served_every(250)
    held = [amended(row, at=ns(5900)) if 5 <= row.id <= 10 else row for row in history.audit]
    history.audit = [row for row in held if row.id <= 20]
    assert found(histories.plan(tmp_path), history).verdict == "valid"


def test_what_comes_after_the_first_fault_is_the_faults_own(tmp_path: Path) -> None:
    history = served_every(850)
    history.faults_begun["1.1"] = FaultBegun(0, ns(2000), "1.1", 0)
    seen = found(histories.plan(tmp_path), history)
    assert seen == CheckFinding("valid", "host CPU: too short to measure, backlog: 5 submissions, too few to tell")


@pytest.mark.parametrize(("busy_s", "verdict"), [(1.6, "valid"), (1.8, "overloaded")])
def test_a_busy_host_is_told_from_so_much_on(tmp_path: Path, busy_s: float, verdict: str) -> None:
    history = served_every(250)
    for at, busy, total in ((10, 5.0, 10.0), (1010, 5.0 + busy_s, 12.0)):
        history.samples.append(amended(histories.sample(at, 1, 1), host_busy_s=busy, host_total_s=total))
    seen = found(histories.plan(tmp_path), history)
    assert (seen.verdict, seen.detail.partition(",")[0]) == (verdict, f"host CPU {busy_s / 2:.0%}")


@pytest.mark.parametrize(
    ("arrival", "why"),
    [("all_at_once", "a burst queues by intent"), ("{concurrency: 2}", "a closed loop queues by intent")],
)
def test_who_queues_by_intent_is_not_judged(tmp_path: Path, arrival: str, why: str) -> None:
    path = histories.SCENARIO.replace("{rate: 100/s}", arrival)
    made = histories.planned(tmp_path, path)
    assert found(made, served_every(850)) == CheckFinding("valid", f"not judged: {why}")


def test_who_ran_beside_others_is_not_judged(tmp_path: Path) -> None:
    history = served_every(850)
    history.phases.append(Phase(0, ns(-9000), "start", "other scenarios ran beside it"))
    assert found(histories.plan(tmp_path), history) == CheckFinding(
        "valid", "not judged: other scenarios ran beside it"
    )
