"""Points in a worker: where they strike, how often, and what they write down."""

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from systems.desk.live.channel import Channel
from systems.desk.live.journal import Journal
from systems.desk.live.late_points import LatePoints
from systems.desk.live.points import Points
from systems.desk.model import Permanent, Priority, Step, StepCall, Ticket, Transient, Window
from systems.desk.points import LatePoint, MeetingSpec, PointSpec
from systems.desk.records import HangOver, PointReached, PointReleased, Struck
from tests.support.desks import journaled

CALL = StepCall(Ticket(7, Priority.HIGH), Step.APPLY_URGENT_FIX, 1, "", 1, "walk")
TRANSIENT = PointSpec("1.1", 7, "apply_urgent_fix", Window.AFTER_EFFECT, "transient", tokens=2)


def points(folder: Path, *specs: PointSpec) -> Points:
    for name in ("journal", "points"):
        (folder / name).mkdir(exist_ok=True)
    return Points(specs, folder / "points", Journal.open(folder / "journal", "worker", 0, "one"), Channel(None))


def spent(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "points").iterdir())


def test_a_failure_strikes_as_often_as_it_has_tokens_and_says_so(tmp_path: Path) -> None:
    one = points(tmp_path, TRANSIENT)
    for attempt in ("a.1", "a.2"):
        with pytest.raises(Transient, match="apply_urgent_fix for T-0007 in after_effect"):
            one.touch(CALL, Window.AFTER_EFFECT, attempt)
    one.touch(CALL, Window.AFTER_EFFECT, "a.3")
    _, first, second = journaled(tmp_path)
    place = (7, "apply_urgent_fix", 1, "after_effect", "transient")
    assert first == Struck(1, first.t, "1.1", 1, "a.1", *place)
    assert second == Struck(2, second.t, "1.1", 2, "a.2", *place)
    assert spent(tmp_path) == ["1.1.1", "1.1.2"]


def test_an_execution_is_struck_by_one_instance_and_the_next_by_the_next(tmp_path: Path) -> None:
    first = PointSpec("1.1", 7, "apply_urgent_fix", Window.BEFORE_EFFECT, "report", visit=1)
    one = points(tmp_path, first, msgspec.structs.replace(first, id="1.2"))
    seen = []
    for attempt in ("a.1", "a.2", "a.3"):
        one.touch(CALL, Window.BEFORE_EFFECT, attempt)
        seen.append(spent(tmp_path))
    assert seen == [["1.1.1"], ["1.1.1", "1.2.1"], ["1.1.1", "1.2.1"]]
    reached = [(one.point, one.attempt) for one in journaled(tmp_path) if isinstance(one, PointReached)]
    assert reached == [("1.1", "a.1"), ("1.2", "a.2")]


def test_a_permanent_failure_is_permanent(tmp_path: Path) -> None:
    one = points(tmp_path, PointSpec("1.1", 7, "apply_urgent_fix", Window.BEFORE_EFFECT, "permanent"))
    with pytest.raises(Permanent):
        one.touch(CALL, Window.BEFORE_EFFECT, "a.1")


def test_a_spent_point_stays_spent_for_every_process(tmp_path: Path) -> None:
    with pytest.raises(Transient):
        points(tmp_path, TRANSIENT).touch(CALL, Window.AFTER_EFFECT, "a.1")
    restarted = points(tmp_path, TRANSIENT)
    with pytest.raises(Transient):
        restarted.touch(CALL, Window.AFTER_EFFECT, "b.1")
    restarted.touch(CALL, Window.AFTER_EFFECT, "b.2")


@pytest.mark.parametrize(
    ("call", "window"),
    [
        (replace(CALL, ticket=Ticket(8, Priority.HIGH)), Window.AFTER_EFFECT),
        (replace(CALL, step=Step.NOTIFY_CUSTOMER), Window.AFTER_EFFECT),
        (CALL, Window.AFTER_RECORD),
        (replace(CALL, visit=2), Window.AFTER_EFFECT),
    ],
)
def test_a_point_strikes_nowhere_but_in_its_place(tmp_path: Path, call: StepCall, window: Window) -> None:
    visit_one = PointSpec("1.1", 7, "apply_urgent_fix", Window.AFTER_EFFECT, "permanent", visit=1)
    points(tmp_path, visit_one).touch(call, window, "a.1")
    assert spent(tmp_path) == []


def test_a_point_without_a_visit_strikes_at_any(tmp_path: Path) -> None:
    with pytest.raises(Transient):
        points(tmp_path, TRANSIENT).touch(replace(CALL, visit=2), Window.AFTER_EFFECT, "a.1")


def test_a_hang_holds_the_attempt_and_lets_it_go_on(tmp_path: Path) -> None:
    hang = PointSpec("1.1", 7, "apply_urgent_fix", Window.AFTER_RECORD, "hang", duration_s=0.05)
    points(tmp_path, hang).touch(CALL, Window.AFTER_RECORD, "a.1")
    _, struck, over = journaled(tmp_path)
    assert isinstance(struck, Struck)
    assert over == HangOver(2, over.t, "1.1", "a.1")
    assert over.t - struck.t >= 50_000_000


def test_a_reported_point_that_nobody_releases_says_so(tmp_path: Path) -> None:
    report = PointSpec("1.1", 7, "apply_urgent_fix", Window.BEFORE_EFFECT, "report")
    points(tmp_path, report).touch(CALL, Window.BEFORE_EFFECT, "a.1")
    _, reached, released = journaled(tmp_path)
    assert reached == PointReached(1, reached.t, "1.1", "a.1", 7, "apply_urgent_fix", 1, "before_effect")
    assert released == PointReleased(2, released.t, "1.1", "a.1", by_deadline=True)


def test_two_faults_in_two_windows_of_a_step_both_strike(tmp_path: Path) -> None:
    before = PointSpec("2.1", 7, "apply_urgent_fix", Window.BEFORE_EFFECT, "transient")
    one = points(tmp_path, TRANSIENT, before)
    for window in (Window.BEFORE_EFFECT, Window.AFTER_EFFECT):
        with pytest.raises(Transient):
            one.touch(CALL, window, "a.1")
    assert spent(tmp_path) == ["1.1.1", "2.1.1"]


# -- silent agents and meetings


def asked(visit: int) -> StepCall:
    return StepCall(Ticket(7, Priority.MEDIUM), Step.AGENT_RESOLVE, visit, "", visit, "walk")


def test_so_many_agents_are_silent_and_each_stays_silent_however_often_he_is_asked(tmp_path: Path) -> None:
    spec = PointSpec("1.1", 7, "agent_resolve", Window.BEFORE_EFFECT, "silent", tokens=2, duration_s=50.0)
    one, other = points(tmp_path, spec), points(tmp_path, spec)
    first = one.silence_s(asked(1), "a.1")
    again = other.silence_s(asked(1), "b.1")  # a retry elsewhere asks the same agent
    assert 0 < again < first <= 50
    assert other.silence_s(asked(2), "b.2") > 0
    assert one.silence_s(asked(3), "a.2") == 0
    assert one.silence_s(CALL, "a.3") == 0
    struck = [record for record in journaled(tmp_path) if isinstance(record, Struck)]
    assert [(record.token, record.visit, record.act) for record in struck] == [(1, 1, "silent"), (2, 2, "silent")]


def test_a_writer_waits_for_the_other_once_and_says_what_he_had_read(tmp_path: Path) -> None:
    for name in ("journal", "points"):
        (tmp_path / name).mkdir()
    journal = Journal.open(tmp_path / "journal", "worker", 0, "one")
    spec = MeetingSpec("1.1.a", 7, "apply_urgent_fix", "offered", visit=1, deadline_s=0.01, offer=40)
    one = Points((), tmp_path / "points", journal, Channel(None), (spec,))
    assert (one.offer(CALL), one.offer(asked(1))) == (40, 7)
    for attempt in ("a.1", "a.2"):  # a retry after a conflict does not wait again
        one.meet(CALL, "offered", attempt, "R-001 version 3")
    one.meet(CALL, "recorded", "a.1", "")
    _, reached, released = journaled(tmp_path)
    place = (7, "apply_urgent_fix", 1, "offered")
    assert reached == PointReached(1, reached.t, "1.1.a.1", "a.1", *place, saw="R-001 version 3")
    assert released == PointReleased(2, released.t, "1.1.a.1", "a.1", by_deadline=True)


def test_a_point_that_is_added_later_strikes_and_half_a_line_is_none_yet(tmp_path: Path) -> None:
    for name in ("journal", "points"):
        (tmp_path / name).mkdir()
    journal, path = Journal.open(tmp_path / "journal", "worker", 0, "one"), tmp_path / "points.jsonl"
    late = Points((), tmp_path / "points", journal, Channel(None), late=LatePoints(path))
    late.touch(CALL, Window.AFTER_EFFECT, "a.1")  # there is no file yet
    line = msgspec.json.encode(LatePoint(point=TRANSIENT)) + b"\n"
    path.write_bytes(line[:20])
    late.touch(CALL, Window.AFTER_EFFECT, "a.2")
    path.write_bytes(line)
    with pytest.raises(Transient):
        late.touch(CALL, Window.AFTER_EFFECT, "a.3")


def test_whoever_starts_later_reads_the_same_points(tmp_path: Path) -> None:
    path, meeting = tmp_path / "points.jsonl", MeetingSpec("2.1.before", 7, "apply_urgent_fix", "before_record", 1)
    lines = [LatePoint(point=TRANSIENT), LatePoint(meeting=meeting)]
    path.write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
    first, later = LatePoints(path), LatePoints(path)
    assert first.read() == later.read() == lines
    assert first.read() == []
