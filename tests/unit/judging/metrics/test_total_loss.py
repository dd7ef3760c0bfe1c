"""A system that loses everything fails, whatever its clients were told: the verdict on a literal history."""

from pathlib import Path

from harness.cli.exits import exit_code_of
from harness.history.model import History
from harness.history.run_records import LiveAtEnd, Phase
from harness.judging.verdict import judge_expectations, overall
from harness.planning.plan import Plan, build
from harness.planning.reading import read
from harness.runfolder.result import Repetition
from tests.support import histories
from tests.support.histories import QUIET_MS, A, B, judged, ns

SIX_PAUSED = """\
name: x
load: {tickets: 6, arrival: {rate: 100/s}}
systems: [sync]
faults:
  - {kind: long_pause, scope: ticket, when: {after: 20ms}, duration: 60ms}
  - {kind: worker_kill, target: all, when: {after: 80ms}, restart_after: never}
expect: ["sync.lost == 0", "sync.lost >= 6", "sync.finished == 0"]
"""


def planned(folder: Path) -> Plan:
    path = folder / "s.yaml"
    path.write_text(SIX_PAUSED)
    return build(read(str(path))[0])


def all_lost(*, taken_up: bool) -> History:
    """Submit six tickets; take them up, and kill every worker before the first answer; or never be there at all."""
    history = History("sync", 1)
    for index, proc in enumerate((A, B), start=1):
        histories.spawn(history, proc, index, -9000)
    for number in range(1, 7):
        histories.submit(history, number)
        if taken_up:
            histories.write(history, "tickets", str(number), f"{A}/r{number}", histories.due(number) + 3, "paused")
        histories.answer(history, number, 85, "info", detail="the connection broke")
        history.gave_up[number] = ns(85)
    for proc in (A, B):
        histories.crash(history, proc, 80, "2.1")
    history.phases = [Phase(0, ns(at), name) for name, at in {"load": 0, "settle": 90, "quiet": QUIET_MS}.items()]
    history.at_end = LiveAtEnd(0, ns(QUIET_MS), (), tuple(range(1, 7)), ())
    return history


def verdicts(made: Plan, repetition: Repetition) -> list[str]:
    expectations = judge_expectations(made.scenario, {"sync": [repetition]}, 1)
    return [*(one.verdict for one in expectations), overall(expectations, {"sync": [repetition]}, 1)]


def test_six_tickets_of_which_the_store_knows_are_lost_though_none_was_acknowledged(tmp_path: Path) -> None:
    made = planned(tmp_path)
    repetition = judged(made, all_lost(taken_up=True))
    assert [repetition.metrics[name] for name in ("acknowledged", "lost", "abandoned")] == [0, 6, 6]
    assert repetition.took_up
    *lines, whole = verdicts(made, repetition)
    assert lines == ["fail", "pass", "pass"]
    assert exit_code_of(whole) == 1


def test_a_system_that_was_never_there_fails_what_does_not_hold_and_proves_nothing_else(tmp_path: Path) -> None:
    made = planned(tmp_path)
    history = all_lost(taken_up=False)
    repetition = judged(made, history)
    assert not repetition.took_up
    assert verdicts(made, repetition) == ["fail", "unknown", "unknown", "fail"]


def test_an_attempt_a_request_a_row_or_an_acknowledgement_is_taking_a_ticket_up(tmp_path: Path) -> None:
    made = histories.plan(tmp_path)
    whole = histories.healthy(made)
    for kept in ("attempts", "requests", "audit", "answered"):
        history = histories.healthy(made)
        for name in {"attempts", "requests", "audit", "answered"} - {kept}:
            setattr(history, name, [])
        assert getattr(history, kept) == getattr(whole, kept)
        assert judged(made, history).took_up, kept


def test_canaries_alone_are_nothing_taken_up(tmp_path: Path) -> None:
    made = histories.plan(tmp_path)
    history = histories.healthy(made)
    history.attempts = [one for one in history.attempts if one.ticket < 0]
    history.requests = [one for one in history.requests if one.ticket < 0]
    history.answered = [one for one in history.answered if one.ticket < 0]
    history.audit = [row for row in history.audit if row.table == "agents" or int(row.row) < 0]
    assert not judged(made, history).took_up
