"""For and against a column: only what the figures of the run can tell."""

from harness.report.sections.tradeoffs import argument
from harness.runfolder.result import CheckResult, Repetition, SystemResult
from tests.support.results import SYNC, TEMPORAL, repetition, result

BUSY = (CheckResult("headroom", "overloaded", "offered 3.3/s, served 1.2/s"),)
SLOW = "from arrival to end, median"


def columns(sync: Repetition, temporal: Repetition) -> dict[str, SystemResult]:
    return {"sync": SystemResult({}, (sync,)), "temporal": SystemResult({}, (temporal,))}


def test_what_gets_better_is_a_gain_and_what_gets_worse_a_cost() -> None:
    (column,) = argument(result(systems=columns(repetition(SYNC), repetition(TEMPORAL)))).columns
    assert "tickets lost" in [one.what for one in column.gains]
    assert SLOW in [one.what for one in column.costs]


def test_times_of_an_overloaded_system_are_neither_gain_nor_cost_and_its_counts_are() -> None:
    (column,) = argument(result(systems=columns(repetition(SYNC, checks=BUSY), repetition(TEMPORAL)))).columns
    assert "tickets lost" in [one.what for one in column.gains]
    assert SLOW in column.unclear
    assert SLOW not in [one.what for one in (*column.gains, *column.costs)]


def test_pairs_stand_beside_a_percentile_of_recovery() -> None:
    before, after = (repetition(TEMPORAL | {"resume_p50": value}, pairs={"resume": 5}) for value in (2.0, 1.0))
    (column,) = argument(result(systems=columns(before, after))).columns
    (point,) = [one for one in column.gains if "until interrupted work goes on" in one.what]
    assert (point.before, point.after) == ("2.0 s (of 5)", "1.0 s (of 5)")


def test_an_agent_given_twice_is_left_to_a_safeguard_once() -> None:
    def left(lost: int) -> tuple[str, ...]:
        figures = SYNC | {"double_assignments": 2, "lost_updates": lost}
        one = repetition(figures, counted_twice={"lost_updates": 2})
        return argument(result(systems={"sync": SystemResult({}, (one,))})).own

    assert left(2) == ("sync (no safeguard) still shows agents given twice: 2",)
    assert left(3) == ("sync (no safeguard) still shows agents given twice: 2; other updates lost: 1",)
