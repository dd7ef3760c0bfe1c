"""One contract for every system: without faults a ticket has the oracle's path, end and effects, and no retry."""

from collections import defaultdict
from pathlib import Path
from typing import Any

import msgspec
import pytest

from harness.catalogue import CATALOGUE
from harness.history.load import load
from systems.desk.model import TERMINAL, Priority, Ticket
from systems.desk.outcomes import Outcomes, happens
from systems.desk.path import Passage, oracle
from tests.support.chaos import latest, run_scenario
from tests.support.contract import SYSTEMS, WITH_SPOOL

DATABASES = ("sqlite", "postgresql")
OUTCOMES = Outcomes(
    kb_miss=0.5,
    resolution_invalid=0.5,
    no_agent=0.25,
    needs_escalation=0.5,
    escalation_rejected=0.5,
    fix_fails=0.5,
)
TICKETS = 30
SEED = 9333
QUESTIONS = {
    Priority.LOW: ("kb_miss", "resolution_invalid", "no_agent"),
    Priority.MEDIUM: ("no_agent", "needs_escalation", "escalation_rejected"),
    Priority.HIGH: ("no_agent", "fix_fails"),
}
SCENARIO = f"""
    name: fault-free
    load:
      tickets: {TICKETS}
      arrival: {{rate: 60/s}}
      priorities: {{low: 1, medium: 1, high: 1}}
    desk:
      database: DATABASE
      step_time: 1ms
      outcomes: {{{", ".join(f"{name}: {getattr(OUTCOMES, name)}" for name in OUTCOMES.__struct_fields__)}}}
    systems:
      one: {{system: SYSTEM}}
    expect:
      - "one.finished == {TICKETS}"
"""
SILENT = {"lost", "failed", "wrong_outcome", "retries", "effects_missing", "effects_duplicated", "effects_unexpected"}


def plan_tickets(folder: Path) -> list[dict[str, Any]]:
    tickets: list[dict[str, Any]] = msgspec.json.decode((latest(folder) / "plan.json").read_bytes())["tickets"]
    return tickets


def combinations(folder: Path, seed: int) -> set[tuple[Any, ...]]:
    return {
        (
            ticket["priority"],
            *(happens(OUTCOMES, seed, ticket["number"], name) for name in QUESTIONS[Priority(ticket["priority"])]),
        )
        for ticket in plan_tickets(folder)
    }


def walked(folder: Path) -> dict[int, tuple[list[tuple[str, int, str, str]], str]]:
    """Read each ticket's path and end from the store's audit."""
    history = load(latest(folder) / "one" / "1", "one", 1)
    paths: dict[int, list[tuple[str, int, str, str]]] = defaultdict(list)
    ends: dict[int, str] = {}
    for row in history.audit:
        if row.table == "tickets" and row.entry:
            entry = msgspec.json.decode(row.entry, type=Passage)
            paths[int(row.row)].append((entry.step, entry.visit, entry.purpose, entry.result))
        if row.table == "tickets" and row.value in TERMINAL:
            ends[int(row.row)] = row.value
    return {number: (paths[number], end) for number, end in ends.items() if number > 0}


def effects(folder: Path) -> dict[int, list[tuple[str, str, int]]]:
    history = load(latest(folder) / "one" / "1", "one", 1)
    found: dict[int, list[tuple[str, str, int]]] = defaultdict(list)
    for entry in history.ledger:
        found[entry.ticket].append((entry.step, entry.purpose, entry.nth))
    return found


def assert_as_the_oracle_says(folder: Path, system: str, seed: int, database: str = "sqlite") -> None:
    text = SCENARIO.replace("SYSTEM", system).replace("DATABASE", database)
    ran = run_scenario(folder, text, "--seed", str(seed), env=WITH_SPOOL)
    assert ran.code == 0, ran.result
    assert set(ran.checks("one").values()) == {"valid"}
    assert {name: ran.metrics("one")[name] for name in SILENT} == dict.fromkeys(SILENT, 0)
    seen, sent = walked(folder), effects(folder)
    for planned in plan_tickets(folder):
        expected = oracle(Ticket(planned["number"], Priority(planned["priority"])), OUTCOMES, seed)
        path = [(p.step, p.visit, p.purpose, p.result) for p in expected.path]
        assert seen[planned["number"]] == (path, expected.end)
        assert sent[planned["number"]] == [(e.step, e.purpose, e.nth) for e in expected.effects]


@pytest.mark.parametrize("database", DATABASES)
@pytest.mark.parametrize("system", SYSTEMS)
def test_every_combination_of_outcomes_is_walked_as_the_oracle_says(tmp_path: Path, system: str, database: str) -> None:
    assert_as_the_oracle_says(tmp_path, system, SEED, database)
    possible = {(p, *bits) for p in Priority for bits in all_bits(len(QUESTIONS[p]))}
    assert {(Priority(c[0]), *c[1:]) for c in combinations(tmp_path, SEED)} == possible


def all_bits(n: int) -> list[tuple[bool, ...]]:
    return [tuple(bool(i >> b & 1) for b in range(n)) for i in range(2**n)]


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(1, 21))
@pytest.mark.parametrize("system", SYSTEMS)
def test_twenty_seeds_are_walked_as_the_oracle_says(tmp_path: Path, system: str, seed: int) -> None:
    assert_as_the_oracle_says(tmp_path, system, seed)


def test_the_catalogue_has_every_silent_figure() -> None:
    assert set(CATALOGUE) >= SILENT
