"""healed: a fault whose undoing the records do not show is told, whatever its kind."""

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.history.model import History, Process, Stop
from harness.history.run_records import (
    Exited,
    FaultBegun,
    FaultEnded,
    LateAnswer,
    LockHeld,
    PauseAsked,
    Signalled,
    TicketPaused,
    TicketResumed,
    Troubled,
)
from harness.judging.repetition import judge
from harness.planning.plan import Plan
from systems.desk.records import HangOver, PointReached, Struck
from tests.support import histories
from tests.support.histories import KILL, QUIET_MS, SPARE, amended, ns, tries, whole

Make = Callable[[Plan], History]
Change = Callable[[History], object]


def acted(made: Plan, since: float, until: float) -> History:
    """A healthy history in which a fault began and was undone."""
    history = histories.healthy(made)
    history.faults_begun["1.1"] = FaultBegun(0, ns(since), "1.1", 0)
    history.faults_ended["1.1"] = FaultEnded(0, ns(until), "1.1", healed=True, injected=True)
    return history


def engine_died(made: Plan) -> History:
    history = acted(made, 40, 60)
    sent, gone = Signalled(0, ns(40), "7-1", "SIGKILL", "1.1"), Exited(0, ns(41), "7-1", None, "SIGKILL", 1.0, 1)
    history.processes["7-1"] = Process("7-1", "engine", 0, ns(-9000), exited=gone, signals=[sent])
    history.processes["8-1"] = Process("8-1", "engine", 0, ns(50))
    return history


def stood_still(made: Plan) -> History:
    history = acted(made, 32, 140)
    (struck,) = tries(history, 2, "agent_investigate")
    proc = history.processes[struck.proc]
    history.points.append((proc.proc, PointReached(0, ns(32), "1.1", struck.id, 2, struck.step, 1, "before_effect")))
    proc.signals.append(Signalled(0, ns(32.5), proc.proc, "SIGSTOP", "1.1"))
    proc.stops.append(Stop("1.1", ns(33), is_whole=True, continued=ns(140)))
    struck.ended = ns(145)
    return history


def tickets_paused(made: Plan) -> History:
    history = acted(made, 20, 95)
    history.pause_asked.append(PauseAsked(0, ns(21), "1.1", (1,)))
    history.paused.append(TicketPaused(0, ns(28.5), "1.1", 1))
    history.resumed.append(TicketResumed(0, ns(95), "1.1", 1))
    return history


def refused(made: Plan) -> History:
    history = acted(made, 10, 60)
    (sent,) = tries(history, 1, "send_auto_response")
    history.troubled.append(Troubled(0, ns(14), "1.1", 1, sent.id, 0.0))
    return history


def locked(made: Plan) -> History:
    history = acted(made, 22, 72)
    history.locks.append(LockHeld(0, ns(72), "1.1", ns(22), ns(72)))
    return history


def held(made: Plan) -> History:
    history = histories.healthy(made)
    (asked,) = tries(history, 1, "search_knowledge_base")
    place = (asked.id, 1, asked.step, 1, "before_effect")
    history.strikes.append((asked.proc, Struck(0, ns(22), "1.1", 1, *place, "hang")))
    history.hangs_over.append((asked.proc, HangOver(0, ns(27), "1.1", asked.id)))
    return history


def silent(made: Plan) -> History:
    history = histories.healthy(made)
    (asked,) = tries(history, 2, "agent_resolve")
    place = (asked.id, 2, "agent_resolve", 1, "before_effect")
    history.strikes.append((asked.proc, Struck(0, ns(41), "1.1", 1, *place, "silent")))
    history.late_answers.append(LateAnswer(0, ns(102), "1.1", 2, "agent_resolve", 1, "R-001", is_refused=True))
    return history


def never_ended(history: History) -> None:
    history.faults_ended["1.1"] = amended(history.faults_ended["1.1"], healed=False)


def never_ready(history: History) -> None:
    history.processes[SPARE].ready = None


def never_let_go(history: History) -> None:
    (stop,) = [stop for one in history.processes.values() for stop in one.stops]
    stop.continued = None


def refused_on(history: History) -> None:
    history.troubled.append(amended(history.troubled[0], t=ns(90)))


UNDONE: dict[str, tuple[str, Make, Change]] = {
    "a killed worker is not replaced": (KILL, histories.survived, lambda h: h.processes.pop(SPARE)),
    "its replacement never serves": (KILL, histories.survived, never_ready),
    "nobody says that the kill is over": (KILL, histories.survived, never_ended),
    "a killed engine is not replaced": (
        "faults: [{kind: engine_kill, when: {after: 40ms}}]\n",
        engine_died,
        lambda h: h.processes.pop("8-1"),
    ),
    "a stopped worker is not let go on": (
        "faults: [{kind: long_pause, scope: worker, when: {step: agent_investigate}, duration: 100ms}]\n",
        stood_still,
        never_let_go,
    ),
    "a paused ticket is not resumed": (
        "faults: [{kind: long_pause, scope: ticket, when: {after: 20ms}, duration: 60ms}]\n",
        tickets_paused,
        lambda h: h.resumed.clear(),
    ),
    "the receiver goes on refusing": (
        "faults: [{kind: receiver_outage, when: {after: 10ms}, duration: 50ms}]\n",
        refused,
        refused_on,
    ),
    "the store's lock is not given back": (
        "faults: [{kind: store_outage, when: {after: 22ms}, duration: 50ms}]\n",
        locked,
        lambda h: h.locks.clear(),
    ),
    "a held attempt does not go on": (
        "faults: [{kind: activity_failure, step: search_knowledge_base, tickets: [1], error: hang, duration: 5ms}]\n",
        held,
        lambda h: h.hangs_over.clear(),
    ),
    "a silent agent never answers": (
        "faults: [{kind: long_pause, scope: step, step: agent_resolve, tickets: [2], duration: 60ms}]\n",
        silent,
        lambda h: h.late_answers.clear(),
    ),
}


def said(made: Plan, history: History) -> str:
    """Judge as on a system that can take every fault."""
    system = "temporal" if "7-1" in history.processes else "sync"
    (check,) = [one for one in judge(made, whole(history), system).checks if one.name == "healed"]
    return f"{check.verdict}: {check.detail}"


@pytest.mark.parametrize(("rest", "make", "change"), UNDONE.values(), ids=UNDONE)
def test_a_fault_that_is_not_undone_is_told(tmp_path: Path, rest: str, make: Make, change: Change) -> None:
    text = histories.SCENARIO.replace("[sync]", "[sync, temporal]") + rest
    made = histories.planned(tmp_path, text)
    history = make(made)
    assert said(made, history).startswith("valid")
    change(history)
    assert said(made, history) == "unknown: not undone when the run ended: 1.1"


def test_a_stopped_worker_that_is_only_ended_with_the_run_was_not_let_go_on(tmp_path: Path) -> None:
    made = histories.plan(tmp_path, UNDONE["a stopped worker is not let go on"][0])
    history = stood_still(made)
    never_let_go(history)
    (proc,) = [one for one in history.processes.values() if one.stops]
    proc.exited = Exited(0, ns(QUIET_MS + 1), proc.proc, None, "SIGKILL", 1.0, 1)
    assert said(made, history).startswith("unknown")
    proc.exited = amended(proc.exited, t=ns(90))
    assert said(made, history).startswith("valid")


@pytest.mark.parametrize("kind", ["{kind: answer_lost, tickets: [2]}", "{kind: write_race, race: lost_update}"])
def test_what_is_over_as_it_strikes_needs_no_undoing(tmp_path: Path, kind: str) -> None:
    made = histories.plan(tmp_path, f"faults: [{kind}]\n")
    assert said(made, histories.healthy(made)).startswith("valid")
