import math
from itertools import pairwise
from pathlib import Path

import pytest

from harness.explaining.breakdown import unfold
from harness.explaining.timeline import Picture, Unfolded, picture, share_recovered, thinned
from harness.history.model import History
from harness.judging.evidence import Evidence
from harness.judging.repetition import evidence_of
from harness.planning.plan import Plan
from tests.support.histories import KILL, SPARE, A, B, carry_on, healthy, kill, plan, survived


def drawn(made: Plan, history: History, **limits: int) -> Picture:
    return picture(evidence(made, history), **{"most_stories": 10, **limits})


def evidence(made: Plan, history: History) -> Evidence:
    return evidence_of(made, history, "sync")


def test_a_healthy_run_is_lanes_of_steps_and_a_curve_to_the_last_ticket(tmp_path: Path) -> None:
    made = plan(tmp_path)
    seen = drawn(made, healthy(made))
    assert [lane.name for lane in seen.lanes] == ["worker 1", "worker 2"]
    steps = sum(len(one.oracle.path) for one in made.tickets)
    assert sum(len(lane.bars) for lane in seen.lanes) == steps  # the canaries' are not drawn
    assert {bar.how for lane in seen.lanes for bar in lane.bars} == {"done"}
    assert [count for _, count in seen.finished] == [1, 2, 3, 4]
    assert (seen.marks, seen.stops, seen.recoveries) == ((), (), ())
    assert (seen.affected, seen.stories, seen.unfolded) == ({}, {}, {})


def test_a_kill_ends_a_lane_and_the_steps_in_it_and_its_successor_begins_in_the_same_lane(tmp_path: Path) -> None:
    made = plan(tmp_path, KILL)
    seen = drawn(made, survived(made))
    killed, other = seen.lanes
    assert [proc for *_, proc in killed.up] == [A, SPARE]
    assert [proc for *_, proc in other.up] == [B]
    assert [(bar.step, bar.ticket) for bar in killed.bars if bar.how == "died"] == [("search_knowledge_base", 1)]
    (mark,) = seen.marks
    assert (mark.at, mark.until) == pytest.approx((0.024, 0.034))  # after the first submission, at 1 ms
    assert killed.up[0][1] == pytest.approx(0.025)
    assert seen.stops == ()
    assert seen.recoveries == (0.056,)  # the ticket whose step was open
    assert seen.affected == {"exposed": (1, 3)}
    assert set(seen.stories) == {1, 3}


def test_a_lost_ticket_stops_where_its_last_step_broke_off(tmp_path: Path) -> None:
    made = plan(tmp_path, KILL)
    history = healthy(made)
    kill(history)
    carry_on(made, history, 3, "assign_agent", 55)
    seen = drawn(made, history)
    (stop,) = seen.stops
    assert (stop.ticket, stop.lane, stop.text) == (1, 0, "search_knowledge_base #1 never ended")
    assert stop.at == pytest.approx(0.025)
    assert seen.affected == {"lost": (1,), "exposed": (1, 3)}
    assert seen.recoveries == (math.inf,)
    assert share_recovered((0.1, *seen.recoveries))[-1][1] == 0.5  # who never recovered keeps the curve below all


def test_the_worst_stories_are_told_first_and_the_others_counted(tmp_path: Path) -> None:
    made = plan(tmp_path, KILL)
    history = healthy(made)
    kill(history)
    carry_on(made, history, 3, "assign_agent", 55)
    assert set(drawn(made, history, most_stories=1).stories) == {1}


def test_counts_that_are_not_zero_keep_their_first_rows_and_the_number_of_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = plan(tmp_path, KILL)
    rows = {name: tuple(unfold(name, evidence(made, survived(made)))) for name in ("retries", "recovered")}
    assert [len(many) for many in rows.values()] == [1, 2]
    seen = drawn(made, survived(made)).unfolded
    assert {name: seen[name] for name in rows} == {name: Unfolded(many, 0) for name, many in rows.items()}
    assert not {"lost", "submitted", "unserved"} & set(seen)  # listed as tickets, everything, zero
    monkeypatch.setattr("harness.explaining.timeline.MOST_ROWS", 1)
    assert drawn(made, survived(made)).unfolded["recovered"] == Unfolded(rows["recovered"][:1], 1)


def test_too_many_steps_are_drawn_as_how_many_are_under_way(tmp_path: Path) -> None:
    made = plan(tmp_path)
    seen = drawn(made, healthy(made), most_bars=3)
    every = drawn(made, healthy(made))
    for lane, whole in zip(seen.lanes, every.lanes, strict=True):
        assert lane.bars == ()
        parts = [value for _, value in lane.load]
        width = lane.load[-1][0] / (len(parts) - 1)
        worked = sum(bar.end - bar.start for bar in whole.bars)
        assert sum(parts) * width == pytest.approx(worked, rel=0.03)  # no work is dropped


def test_steps_that_overlap_have_rows_of_their_own(tmp_path: Path) -> None:
    made = plan(tmp_path)
    for lane in drawn(made, healthy(made)).lanes:
        for row in range(lane.rows):
            mine = sorted((bar.start, bar.end) for bar in lane.bars if bar.row == row)
            assert all(before[1] <= after[0] for before, after in pairwise(mine))


def test_a_curve_of_many_points_keeps_its_ends() -> None:
    points = [(float(n), n) for n in range(100_000)]
    few = thinned(points, 400)
    assert len(few) == 400
    assert (few[0], few[-1]) == (points[0], points[-1])
    assert thinned(points[:3]) == tuple(points[:3])
