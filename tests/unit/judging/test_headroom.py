"""headroom: a machine that is the bottleneck before the first fault is told, with what was measured."""

from pathlib import Path

import pytest

from harness.history.model import History
from harness.history.run_records import FaultBegun, Phase, Submitted
from harness.judging.checks.check import CheckFinding
from harness.judging.checks.headroom import headroom
from harness.judging.evidence import Evidence
from harness.planning.plan import Plan
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


def queue(waiting: int, comes: tuple[int, int, int], goes: tuple[int, int, int]) -> History:
    """So many wait when the first ticket ends, at 0; in each of the next three 3 s so many come and so many go."""
    history = History("sync", 1)
    sent = [-1.0] * (waiting + 1) + _in_thirds(comes)
    history.submitted = [Submitted(0, ns(at), n, 1, ns(at)) for n, at in enumerate(sent, start=1)]
    history.audit = [
        AuditRow(n, "tickets", str(n), 1, 2, 1, "w", ns(at), "resolved")
        for n, at in enumerate([0.0, *_in_thirds(goes)], start=1)
    ]
    return history


def _in_thirds(counts: tuple[int, int, int]) -> list[float]:
    return [3000 * third + 3000 * n / count for third, count in enumerate(counts) for n in range(1, count + 1)]


@pytest.mark.parametrize(
    ("waiting", "comes", "goes", "verdict", "detail"),
    [
        (5, (4, 4, 4), (3, 3, 3), "valid", "at most 8 tickets in flight"),  # by 3, and a small load may
        (5, (4, 4, 4), (3, 3, 2), "overloaded", "offered 1.3/s, served 0.9/s: every time below is a queue"),
        (5, (4, 4, 4), (4, 3, 0), "overloaded", "offered 1.3/s, served 0.8/s: every time below is a queue"),
        (5, (4, 4, 4), (3, 5, 0), "valid", "at most 9 tickets in flight"),  # it was worked off in between
        (0, (10, 10, 10), (8, 8, 8), "valid", "at most 6 tickets in flight"),  # by a fifth of the load
        (0, (10, 10, 10), (8, 8, 7), "overloaded", "offered 3.3/s, served 2.6/s: every time below is a queue"),
        (0, (4, 3, 3), (0, 0, 0), "overloaded", "offered 1.1/s, served 0.0/s: every time below is a queue"),
        (0, (3, 3, 3), (0, 0, 0), "valid", "backlog: 9 submissions, too few to tell"),
    ],
)
def test_a_backlog_is_told_from_a_burst_by_how_much_it_grows(
    tmp_path: Path, waiting: int, comes: tuple[int, int, int], goes: tuple[int, int, int], verdict: str, detail: str
) -> None:
    seen = found(histories.plan(tmp_path), queue(waiting, comes, goes))
    assert (seen.verdict, seen.detail.removeprefix("host CPU: too short to measure, ")) == (verdict, detail)


def test_when_tickets_ended_counts_and_not_in_which_order_the_store_has_them(tmp_path: Path) -> None:
    history = served_every(850)
    canary = amended(history.audit[0], row="-1", at=ns(-4000))
    history.audit = [canary, *history.audit[::-1]]
    assert found(histories.plan(tmp_path), history).detail.startswith("offered 3.4/s, served 1.1/s")


@pytest.mark.parametrize("at", [400, 500])
def test_a_fault_before_the_first_end_leaves_no_backlog_to_judge(tmp_path: Path, at: int) -> None:
    history = served_every(850)
    history.faults_begun["1.1"] = FaultBegun(0, ns(at), "1.1", 0)
    seen = found(histories.plan(tmp_path), history)
    assert seen.detail == "host CPU: too short to measure, backlog: no ticket had ended, too early to tell"


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
    history.faults_begun["1.2"] = FaultBegun(0, ns(8000), "1.2", 0)
    seen = found(histories.plan(tmp_path), history)
    assert seen == CheckFinding("valid", "host CPU: too short to measure, backlog: 5 submissions, too few to tell")


@pytest.mark.parametrize(("busy_s", "verdict"), [(1.6, "valid"), (1.8, "overloaded")])
def test_a_busy_host_is_told_from_so_much_on(tmp_path: Path, busy_s: float, verdict: str) -> None:
    history = served_every(250)
    for at, busy, total in ((10, 5.0, 10.0), (1010, 5.0 + busy_s, 12.0)):
        history.samples.append(amended(histories.sample(at, 1, 1), host_busy_s=busy, host_total_s=total))
    seen = found(histories.plan(tmp_path), history)
    assert (seen.verdict, seen.detail.partition(",")[0]) == (verdict, f"host CPU {busy_s / 2:.0%}")


Host = tuple[float, float | None, float | None]


def measured(tmp_path: Path, *samples: Host) -> tuple[str, str]:
    """Return the verdict, and what was seen of the host's CPU, by samples of (ms, busy s, total s)."""
    history = served_every(250)
    for at, busy, total in samples:
        history.samples.append(amended(histories.sample(at, 1, 1), host_busy_s=busy, host_total_s=total))
    seen = found(histories.plan(tmp_path), history)
    return seen.verdict, seen.detail.partition(",")[0]


def test_the_hosts_cpu_is_measured_from_the_first_submission_to_the_last(tmp_path: Path) -> None:
    samples: list[Host] = [
        (-1000, 0, 0),
        (0, None, None),
        (0, 10, 20),
        (1000, 10, 22),
        (8700, 20, 40),
        (8700, None, None),
        (9700, 40, 42),
    ]
    assert measured(tmp_path, *samples) == ("valid", "host CPU 50%")


@pytest.mark.parametrize(
    ("samples", "verdict", "detail"),
    [
        ([(0, 0.0, 0.0), (1000, 1.7, 2.0)], "valid", "host CPU 85%"),
        ([(0, 0.0, 0.0), (1000, 0.5, 0.5)], "overloaded", "host CPU 100%"),
        ([(0, 0.0, 0.0), (999, 2.0, 2.0)], "valid", "host CPU: too short to measure"),
        ([(0, 5.0, 9.0)], "valid", "host CPU: too short to measure"),
        ([(0, 1.0, 2.0), (1000, 2.0, 2.0)], "valid", "host CPU: not measured"),
        ([(0, None, 0.0), (1000, 2.0, 2.0)], "valid", "host CPU: not measured"),
    ],
)
def test_a_host_is_busy_beyond_85_percent_of_at_least_a_second(
    tmp_path: Path, samples: list[Host], verdict: str, detail: str
) -> None:
    assert measured(tmp_path, *samples) == (verdict, detail)


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


@pytest.mark.parametrize("phase", [("start", "alone on its machine"), ("load", "other scenarios ran beside it")])
def test_only_its_start_says_that_it_ran_beside_others(tmp_path: Path, phase: tuple[str, str]) -> None:
    history = served_every(850)
    history.phases.append(Phase(0, ns(-9000), *phase))
    assert found(histories.plan(tmp_path), history).verdict == "overloaded"
