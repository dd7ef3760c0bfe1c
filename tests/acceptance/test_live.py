"""A live session by shell, on the real engine: what is told on a stage holds."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from harness.history.load import load
from harness.history.model import History
from harness.judging.run import read_plan
from tests.support.chaos import ROOT, alive, asked, chaos, descendants, wait_for, write_scenario
from tests.support.live import QUICK, TWO_OF_EACH, LiveSession, eventually, session

COUNTS = ("lost", "finished", "failed")
RUNS = 5


def judged(folder: Path) -> dict[str, Any]:
    ran = asked("check", str(folder), "--format", "json")
    assert ran.code in {0, 1, 3}, ran.err
    return ran.result


def metrics(result: dict[str, Any], label: str) -> dict[str, Any]:
    figures: dict[str, Any] = result["systems"][label]["repetitions"][0]["metrics"]
    return figures


def verdicts(result: dict[str, Any], label: str) -> dict[str, tuple[str, str]]:
    checks = result["systems"][label]["repetitions"][0]["checks"]
    return {check["name"]: (check["verdict"], check["detail"]) for check in checks}


def fates(result: dict[str, Any], label: str) -> list[tuple[str, int, int]]:
    faults = result["systems"][label]["repetitions"][0]["faults"]
    return [(fault["kind"], fault["landed"], fault["not_applicable"]) for fault in faults]


def attempts(history: History) -> Counter[tuple[int, str, int]]:
    return Counter(attempt.instance for attempt in history.attempts if attempt.ticket > 0)


def paused_in_mid_stream(live: LiveSession, *tickets: str) -> None:
    """Send tickets, and have them stand still in both systems after an agent looked into each."""
    sent = live.command("ticket", "submit", "--priority", "medium", "--count", str(len(tickets)))
    assert sent.out.split() == [*tickets]
    everywhere = [(ticket, label) for ticket in tickets for label in ("sync", "temporal")]
    for place in everywhere:
        live.wait(*place, step="agent_investigate")
    live.command("ticket", "pause", "all")
    for place in everywhere:
        live.wait(*place, state="paused")


def told(live: LiveSession) -> str:
    """Run the script of the docs against a session, as a person does, and return what it printed."""
    at_hand = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    argv = ["sh", str(ROOT / "docs" / "story.sh"), str(live.folder)]
    ran = subprocess.run(argv, capture_output=True, text=True, check=False, cwd=ROOT, env=at_hand, timeout=300)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@pytest.mark.soak
def test_the_story_of_the_docs_goes_as_it_is_told(tmp_path: Path) -> None:
    # An agent takes long enough for a shell to come between.
    slowly = QUICK.replace("agent_investigate: 1s", "agent_investigate: 3s")
    # Another worker of Temporal goes on with what the one that is killed had.
    slowly = slowly.replace("temporal: {processes: 1", "temporal: {processes: 2")
    with session(write_scenario(tmp_path, slowly), tmp_path / "reports") as live:
        lines = told(live).splitlines()
        [as_it_came] = [json.loads(line)["systems"] for line in lines if line.startswith("{")]
        assert as_it_came["temporal"]["as_it_came"]["orchestrator"]["status"] == "paused"
        assert as_it_came["sync"]["as_it_came"]["orchestrator"] is None
        assert as_it_came["sync"]["as_it_came"]["store"]["state"] == "paused"
        assert any("nobody works on T-0001 in sync" in line for line in lines)
        assert live.place("T-0001", "temporal")["state"] == "resolved"
        assert live.place("T-0001", "sync")["worked_on"] is False
        said = live.command("fault", "kill", "--ticket", "T-0001", "--system", "temporal")
        assert "T-0001 has ended in temporal: it is resolved" in said.out
        assert live.end() == 0
    result = judged(live.folder)
    assert metrics(result, "sync")["lost"] == 1
    assert (metrics(result, "temporal")["lost"], metrics(result, "temporal")["finished"]) == (0, 1)
    assert set(attempts(load(live.folder / "temporal" / "1", "temporal", 1)).values()) == {1}
    for label in ("sync", "temporal"):
        broken = {name: verdict for name, verdict in verdicts(result, label).items() if verdict[0] == "invalid"}
        assert broken == {}
        assert verdicts(result, label)["journal_intact"][0] == "valid"
    assert ("worker_kill", 1, 0) in fates(result, "temporal")
    assert asked("explain", str(live.folder), "T-0001").code == 0


def engine(live: LiveSession) -> dict[str, Any]:
    """Return what is shown of the engine's process."""
    tiles = [tile for column in live.ask("/api/state")["systems"] for tile in column["processes"]]
    shown: dict[str, Any]
    [shown] = [tile for tile in tiles if tile["role"] == "engine"]
    return shown


@pytest.mark.soak
def test_of_an_engine_that_does_not_answer_a_sentence_says_so_and_no_wish_is_lost(tmp_path: Path) -> None:
    # Long enough a way for a wish that has to be made again.
    slowly = QUICK.replace("agent_resolve: 1s", "agent_resolve: 5s")
    with session(write_scenario(tmp_path, slowly), tmp_path / "reports") as live:
        paused_in_mid_stream(live, "T-0001")
        live.command("ticket", "submit", "--priority", "medium", "--system", "temporal")
        live.wait("T-0002", "temporal", step="agent_investigate")
        pid = int(engine(live)["proc"].partition("-")[0])
        os.kill(pid, signal.SIGSTOP)
        live.command("ticket", "pause", "T-0002", "--system", "temporal")
        state = json.loads(live.command("ticket", "state", "T-0001", "--json").out)["systems"]["temporal"]
        assert "does not answer within" in state["as_it_came"]["orchestrator"]["error"]
        said = live.command("ticket", "resume", "T-0001").out
        assert "T-0001 goes on in sync; the engine of temporal does not answer within" in said
        log = live.folder / "log.jsonl"
        wait_for(lambda: "it is still asked to let tickets stand still" in log.read_text(), "the sentence in the log")
        os.kill(pid, signal.SIGCONT)
        live.wait("T-0002", "temporal", state="paused")
        live.command("ticket", "resume", "T-0002")
        live.wait("T-0002", "temporal", state="resolved")
        live.try_command("ticket", "resume", "T-0001")  # the first wish may have come through after all
        live.wait("T-0001", "temporal", state="resolved")
        assert live.end() == 0


@pytest.mark.soak
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_session_that_is_gone_on_with_takes_up_what_stood_still_and_who_was_refused_is_not_lost(
    how: signal.Signals, tmp_path: Path
) -> None:
    scenario, kept = write_scenario(tmp_path, QUICK), tmp_path / "kept"
    with session(scenario, tmp_path, "--keep", str(kept), folder=kept) as live:
        paused_in_mid_stream(live, "T-0001", "T-0002")
        refused_by_a_dead_engine(live, "T-0003")
        goes_on_once_the_engine_is_back(live, "T-0001")
        assert live.place("T-0001", "sync")["state"] == "paused"
        processes = descendants(live.process.pid)
        assert live.end(how) == (0 if how == signal.SIGINT else -how)
    wait_for(lambda: not alive(processes), "nothing is left", 5.0)
    with session(scenario, tmp_path, "--keep", str(kept), folder=kept) as live:
        assert refused_and_lost(live) == (1, 0)
        assert live.place("T-0002", "temporal")["state"] == live.place("T-0002", "sync")["state"] == "paused"
        assert live.place("T-0002", "temporal")["worked_on"] is True
        assert live.place("T-0002", "sync")["worked_on"] is False
        live.command("ticket", "resume", "T-0002")
        live.wait("T-0002", "temporal", state="resolved")
        assert live.place("T-0002", "sync")["worked_on"] is False
        assert live.command("ticket", "submit", "--priority", "low").out.split() == ["T-0004"]
        ends(live, "T-0004")
        assert live.end() == 0
    result = judged(kept)
    assert (metrics(result, "temporal")["finished"], metrics(result, "temporal")["effects_duplicated"]) == (3, 0)
    # The service lost what stood still as the session ended; it alone took the ticket that the engine refused.
    assert (metrics(result, "sync")["finished"], metrics(result, "sync")["lost"]) == (2, 2)
    assert set(attempts(load(kept / "temporal" / "1", "temporal", 1)).values()) == {1}
    for label in ("sync", "temporal"):
        assert [name for name, verdict in verdicts(result, label).items() if verdict[0] == "invalid"] == []


def refused_by_a_dead_engine(live: LiveSession, ticket: str) -> None:
    """Send a ticket to an engine that is dead: it is shown as refused and not as lost, and no wish is taken."""
    live.command("fault", "engine", "--duration", "8s")
    eventually(lambda: engine(live)["state"] == "dead", "the engine is dead")
    assert live.command("ticket", "submit", "--priority", "low").out.split() == [ticket]
    assert live.wait(ticket, "temporal", refused=True)["worked_on"] is False
    assert "temporal: open, refused" in live.command("ticket", "list").out
    assert refused_and_lost(live)[1] == 0
    eventually(lambda: refused_and_lost(live) == (1, 0), "it is counted as refused", 5.0)  # what is shown comes after
    for command, wanted in (("pause", ticket), ("resume", "T-0001")):
        said = live.command("ticket", command, wanted, "--system", "temporal").out
        assert said.startswith("the engine of temporal is dead and takes no wish")
    assert live.place("T-0001", "temporal")["state"] == "paused"


def goes_on_once_the_engine_is_back(live: LiveSession, ticket: str) -> None:
    """Tell a ticket to go on as soon as the engine takes it, and wait for its end."""
    eventually(lambda: engine(live)["state"] == "alive", "the engine is back")
    resume = ("ticket", "resume", ticket, "--system", "temporal")
    eventually(lambda: "goes on" in live.command(*resume).out, "the engine takes it")
    live.wait(ticket, "temporal", state="resolved")


def refused_and_lost(live: LiveSession) -> tuple[int, int]:
    """Return how many tickets temporal is shown to have refused, and to have lost."""
    [tally] = [column["tally"] for column in live.ask("/api/state")["systems"] if column["label"] == "temporal"]
    return tally["refused"], tally["lost"]


def under_investigation(live: LiveSession, ticket: str) -> None:
    """Send a ticket, and wait until an agent looks into it in both systems."""
    assert live.command("ticket", "submit", "--priority", "medium").out.split() == [ticket]
    for label in ("sync", "temporal"):
        live.wait(ticket, label, step="agent_investigate")


def ends(live: LiveSession, ticket: str, *, sync: str = "resolved", temporal: str = "resolved") -> None:
    live.wait(ticket, "sync", state=sync)
    live.wait(ticket, "temporal", state=temporal)


def twenty_actions(live: LiveSession) -> None:
    """Do twenty things by hand, each of which has come to its end before the next ticket is sent."""
    under_investigation(live, "T-0001")
    live.command("fault", "kill", "--ticket", "T-0001")
    live.wait("T-0001", "sync", worked_on=False)
    live.wait("T-0001", "temporal", state="resolved")
    live.command("ticket", "submit", "--priority", "high", "--system", "temporal")
    live.wait("T-0002", "temporal", state="resolved")
    live.command("ticket", "submit", "--priority", "medium")
    live.command("fault", "fail", "--ticket", "T-0003", "--error", "permanent")
    ends(live, "T-0003", sync="manual_intervention", temporal="manual_intervention")
    live.command("ticket", "submit", "--priority", "medium", "--twice")
    ends(live, "T-0004")
    live.command("ticket", "submit", "--priority", "low", "--lose-answer")
    ends(live, "T-0005")
    under_investigation(live, "T-0006")
    live.command("ticket", "pause", "T-0006")
    for label in ("sync", "temporal"):
        live.wait("T-0006", label, state="paused")
    live.command("ticket", "resume", "T-0006")
    ends(live, "T-0006")
    under_investigation(live, "T-0007")
    live.command("fault", "freeze", "--ticket", "T-0007", "--duration", "500ms")
    ends(live, "T-0007")
    live.command("ticket", "submit", "--priority", "medium")
    live.command("fault", "fail", "--ticket", "T-0008", "--error", "transient")
    ends(live, "T-0008", sync="manual_intervention")  # this service does not try again
    live.command("ticket", "submit", "--priority", "medium")
    live.command("fault", "silence", "--ticket", "T-0009", "--duration", "2s")
    ends(live, "T-0009")
    under_investigation(live, "T-0010")
    live.command("fault", "store", "--duration", "500ms")
    ends(live, "T-0010")
    under_investigation(live, "T-0011")
    live.command("fault", "engine", "--duration", "1s")
    ends(live, "T-0011")


def came_to(folder: Path, result: dict[str, Any], label: str) -> dict[str, Any]:
    """Return a system's tickets as planned, its faults by kind, and where every ticket ended."""
    history, landed = load(folder / label / "1", label, 1), Counter[str]()
    for kind, times, _ in fates(result, label):
        landed[kind] += times
    planned = sorted((ticket.number, ticket.priority, ticket.systems) for ticket in read_plan(folder).tickets)
    states = {row.row: row.value for row in history.audit if row.table == "tickets"}
    counts = {name: metrics(result, label)[name] for name in (*COUNTS, "effects_duplicated")}
    return {"tickets": planned, "landed": dict(landed), "states": states, "counts": counts}


@pytest.mark.soak
def test_twenty_saved_actions_give_the_same_tickets_faults_and_outcome_whenever_they_are_run(tmp_path: Path) -> None:
    saved = tmp_path / "saved.yaml"
    with session(write_scenario(tmp_path, TWO_OF_EACH), tmp_path / "reports", "--save", str(saved)) as live:
        twenty_actions(live)
        assert live.end() == 0
    before = judged(live.folder)
    for _ in range(RUNS):
        ran = chaos("run", str(saved), "--out", str(tmp_path / "again"), "--format", "json", "--report", "none")
        assert ran.code == 0, ran.out[-3000:] + ran.err[-2000:]
        folder = (tmp_path / "again" / "latest").resolve()
        for label in ("sync", "temporal"):
            assert came_to(folder, ran.result, label) == came_to(live.folder, before, label)
