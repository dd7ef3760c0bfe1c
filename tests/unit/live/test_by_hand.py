"""Everything that a scenario can do can be done by hand; here with the synchronous system alone, over its address."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from harness.judging.run import conclude, read_plan
from tests.support.chaos import write_scenario
from tests.support.live import QUICK, TWO_OF_EACH, LiveSession, eventually, session

ONLY_SYNC, TWO_OF_SYNC = (text.partition("      temporal:")[0] for text in (QUICK, TWO_OF_EACH))


def submitted(live: LiveSession, **order: Any) -> str:
    """Send a ticket and wait until an agent looks into it."""
    (name,) = live.ask("/api/tickets", **{"priority": "medium", **order})["ids"]
    live.wait(name, "sync", step="agent_investigate")
    return str(name)


def struck(live: LiveSession, **order: Any) -> str:
    answer = live.ask("/api/faults", **order)
    assert answer["done"] is True, answer
    return str(answer["said"])


def log_of(live: LiveSession) -> list[str]:
    return [json.loads(line)["said"] for line in (live.folder / "log.jsonl").read_text().splitlines()]


def test_what_was_done_by_hand_is_judged_as_if_it_had_been_planned(tmp_path: Path) -> None:
    with session(write_scenario(tmp_path, ONLY_SYNC), tmp_path / "reports") as live:
        silent = submitted(live)
        struck(live, fault="silence", ticket=silent, duration="6s")
        failing = submitted(live)
        assert struck(live, fault="fail", ticket=failing) == (
            f"a transient error will strike {failing}: agent_resolve in sync"
        )
        noted = submitted(live)
        live.ask(f"/api/tickets/{noted}/note", systems=["sync"])
        frozen = submitted(live)
        assert "frozen" in struck(live, fault="freeze", ticket=frozen, duration="1s")
        doubled = submitted(live, twice=True)
        live.ask(f"/api/tickets/{doubled}/send", systems=["sync"])
        struck(live, fault="store", duration="500ms")
        struck(live, fault="receiver", duration="300ms", delay="100ms")
        for name in (noted, frozen, doubled):
            live.wait(name, "sync", state="resolved")
        live.wait(failing, "sync", state="manual_intervention")  # this service does not try again
        live.wait(silent, "sync", state="resolved")
        eventually(lambda: ["sent again, was answered" in said for said in log_of(live)].count(True) == 1, "the answer")
        assert live.end() == 0
    plan, result = read_plan(live.folder), conclude(live.folder)
    (repetition,) = result.systems["sync"].repetitions
    assert [fault.kind() for fault in plan.scenario.faults] == [
        *("long_pause", "activity_failure", "write_race", "long_pause", "write_race", "store_outage"),
        "receiver_outage",
    ]
    landed = [fault.landed for fault in repetition.faults]
    assert landed[:6] == [1, 1, 1, 1, 1, 1], [
        check.detail for check in repetition.checks if check.name == "faults_landed"
    ]
    assert {check.name for check in repetition.checks if check.verdict == "invalid"} == set()
    assert repetition.metrics["finished"] == 4
    said = "\n".join(log_of(live))
    assert f"the agent of {silent} says nothing in agent_resolve" in said
    assert f"a transient error strikes agent_resolve of {failing}" in said
    assert re.search(r"worker \d stands still in agent_\w+ of T-", said)  # of whichever ticket it has had longest


@pytest.mark.soak
def test_where_there_is_nothing_to_do_a_sentence_says_so_and_many_tickets_are_sent_a_few_at_a_time(
    tmp_path: Path,
) -> None:
    with session(write_scenario(tmp_path, TWO_OF_SYNC), tmp_path / "reports") as live:
        nothing_to_do(live)
        answer = live.ask("/api/tickets", priority="low", count=51)
        assert answer["said"] == "51 tickets, T-0003 to T-0053, were sent"
        eventually(lambda: tally(live)["finished"] == 1 + 51, "all of them have ended")
        assert live.end() == 0
    (repetition,) = conclude(live.folder).systems["sync"].repetitions
    assert (repetition.metrics["lost"], repetition.metrics["finished"]) == (1, 1 + 51)
    tickets = read_plan(live.folder).tickets
    assert [ticket.number for ticket in tickets] == list(range(1, 54))
    moments = sorted({round(ticket.arrival_s or 0.0, 1) for ticket in tickets[2:]})
    assert moments[-1] - moments[0] >= 1.0


def nothing_to_do(live: LiveSession) -> None:
    """Order what cannot be done, with a ticket that is lost and another that ends."""
    assert live.ask("/api/tickets/all/pause", systems=["sync"])["done"] is False
    name = submitted(live)
    assert "is not paused" in live.ask(f"/api/tickets/{name}/resume", systems=["sync"])["said"]
    live.ask(f"/api/tickets/{name}/pause", systems=["sync"])
    assert "already" in live.ask(f"/api/tickets/{name}/pause", systems=["sync"])["said"]
    live.wait(name, "sync", state="paused")
    struck(live, fault="kill", worker="all", restart_after="never")
    live.wait(name, "sync", worked_on=False)
    assert live.ask("/api/faults", fault="kill", worker=0)["said"] == "worker 0 of sync is dead"
    restarted = live.ask("/api/workers/restart", worker="all")
    assert restarted["said"] == "worker 0 of sync, worker 1 of sync are started"
    eventually(lambda: [tile["state"] for tile in tiles(live)] == ["alive", "alive"], "both workers are back")
    other = submitted(live)
    live.wait(other, "sync", state="resolved")
    gone = live.ask("/api/faults", fault="fail", ticket=other)
    assert (gone["done"], gone["said"]) == (False, f"{other} has ended in sync: it is resolved")


def tally(live: LiveSession) -> dict[str, Any]:
    (column,) = live.ask("/api/state")["systems"]
    counts: dict[str, Any] = column["tally"]
    return counts


def tiles(live: LiveSession) -> list[dict[str, Any]]:
    (column,) = live.ask("/api/state")["systems"]
    return [tile for tile in column["processes"] if tile["role"] == "worker"]
