"""One contract for every system: without faults a ticket has the oracle's path, end and effects, and no retry."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from harness.catalogue import CATALOGUE
from harness.execution.database import DSN
from harness.history.load import load
from harness.history.model import History
from systems.desk.model import TERMINAL, Priority, Ticket
from systems.desk.outcomes import Outcomes, happens
from systems.desk.path import Passage, oracle
from tests.support.chaos import latest, run_scenario
from tests.support.contract import ONE_PROCESS, SYSTEMS, WITH_SPOOL
from tests.support.replays import replayed

OUTCOMES = Outcomes(
    kb_miss=0.5,
    resolution_invalid=0.5,
    no_agent=0.5,
    needs_escalation=0.5,
    escalation_rejected=0.5,
    fix_fails=0.5,
)
SEED = 1896
"""With which as few tickets as there are combinations are every one of them."""
LOW, MEDIUM, HIGH = Priority
EACH = (
    *(MEDIUM, LOW, LOW, MEDIUM, MEDIUM, HIGH, LOW, MEDIUM, MEDIUM, HIGH),
    *(MEDIUM, LOW, LOW, HIGH, LOW, HIGH, LOW, LOW, MEDIUM, MEDIUM),
)
"""The priorities of tickets that are, under the seed, every combination of outcomes."""
FEW = (MEDIUM, LOW, HIGH, LOW, MEDIUM, LOW, HIGH, MEDIUM)
"""And of tickets that come, under the seed, to every step for every purpose with every answer."""
REPLAYED = "temporal"
QUESTIONS = {
    Priority.LOW: ("kb_miss", "resolution_invalid", "no_agent"),
    Priority.MEDIUM: ("no_agent", "needs_escalation", "escalation_rejected"),
    Priority.HIGH: ("no_agent", "fix_fails"),
}
SCENARIO = f"""
    name: fault-free
    seed: {SEED}
    load:
      tickets: [TICKETS]
    desk:
      database: DATABASE
      step_time: 1ms
      outcomes: {{{", ".join(f"{name}: {getattr(OUTCOMES, name)}" for name in OUTCOMES.__struct_fields__)}}}
    systems: BLOCKS
    expect:
      - "finished == COUNT"
"""
AS_BY_DEFAULT = MappingProxyType(dict.fromkeys(SYSTEMS, "{}"))
NO_MORE: Mapping[str, str] = MappingProxyType({})
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


def walked(history: History) -> dict[int, tuple[list[tuple[str, int, str, str]], str]]:
    """Read each ticket's path and end from the store's audit."""
    paths: dict[int, list[tuple[str, int, str, str]]] = defaultdict(list)
    ends: dict[int, str] = {}
    for row in history.audit:
        if row.table == "tickets" and row.entry:
            entry = msgspec.json.decode(row.entry, type=Passage)
            paths[int(row.row)].append((entry.step, entry.visit, entry.purpose, entry.result))
        if row.table == "tickets" and row.value in TERMINAL:
            ends[int(row.row)] = row.value
    return {number: (paths[number], end) for number, end in ends.items() if number > 0}


def effects(history: History) -> dict[int, list[tuple[str, str, int]]]:
    found: dict[int, list[tuple[str, str, int]]] = defaultdict(list)
    for entry in history.ledger:
        found[entry.ticket].append((entry.step, entry.purpose, entry.nth))
    return found


def assert_as_the_oracle_says(
    folder: Path,
    priorities: Sequence[Priority],
    seed: int = SEED,
    *,
    systems: Mapping[str, str] = AS_BY_DEFAULT,
    database: str = "sqlite",
    env: Mapping[str, str] = NO_MORE,
) -> None:
    blocks = "{" + ", ".join(f"{name}: {systems[name]}" for name in SYSTEMS) + "}"
    tickets = ", ".join(f"{{priority: {one}, at: {15 * n}ms}}" for n, one in enumerate(priorities))
    text = SCENARIO.replace("TICKETS", tickets).replace("COUNT", str(len(priorities))).replace("BLOCKS", blocks)
    text = text.replace("DATABASE", database)
    ran = run_scenario(folder, text, "--seed", str(seed), env={**WITH_SPOOL, **env})
    assert ran.code == 0, ran.result
    for system in SYSTEMS:
        assert set(ran.checks(system).values()) == {"valid"}, system
        assert {name: ran.metrics(system)[name] for name in SILENT} == dict.fromkeys(SILENT, 0), system
        history = load(latest(folder) / system / "1", system, 1)
        seen, sent = walked(history), effects(history)
        for planned in plan_tickets(folder):
            expected = oracle(Ticket(planned["number"], Priority(planned["priority"])), OUTCOMES, seed)
            path = [(p.step, p.visit, p.purpose, p.result) for p in expected.path]
            assert seen[planned["number"]] == (path, expected.end), system
            assert sent[planned["number"]] == [(e.step, e.purpose, e.nth) for e in expected.effects], system


def assert_every_combination_is_there(folder: Path) -> None:
    possible = {(p, *bits) for p in Priority for bits in all_bits(len(QUESTIONS[p]))}
    assert {(Priority(c[0]), *c[1:]) for c in combinations(folder, SEED)} == possible


def answers(tickets: Iterable[Ticket]) -> set[tuple[str, str, str]]:
    """Return what there is on the tickets' paths: each step, for which purpose, and what it answered."""
    return {(p.step, p.purpose, p.result) for ticket in tickets for p in oracle(ticket, OUTCOMES, SEED).path}


def test_every_step_with_every_answer_is_walked_as_the_oracle_says_and_each_history_replays(tmp_path: Path) -> None:
    assert_as_the_oracle_says(tmp_path, FEW, systems=ONE_PROCESS)
    met = answers(Ticket(one["number"], Priority(one["priority"])) for one in plan_tickets(tmp_path))
    assert met == answers(Ticket(number, priority) for number in range(1, 200) for priority in Priority)
    assert replayed(latest(tmp_path) / REPLAYED / "1") == 2 * (len(FEW) + len(Priority))  # the canaries', too


@pytest.mark.soak
def test_every_combination_of_outcomes_is_walked_as_the_oracle_says_and_each_history_replays(tmp_path: Path) -> None:
    assert_as_the_oracle_says(tmp_path, EACH)
    assert_every_combination_is_there(tmp_path)
    assert replayed(latest(tmp_path) / REPLAYED / "1") == 2 * (len(EACH) + len(Priority))


@pytest.mark.soak
def test_on_postgresql_every_combination_of_outcomes_is_walked_as_the_oracle_says(
    tmp_path: Path, postgresql: sa.URL
) -> None:
    assert_as_the_oracle_says(tmp_path, EACH, database="postgresql", env=on(postgresql))
    assert_every_combination_is_there(tmp_path)


def on(server: sa.URL) -> dict[str, str]:
    return {DSN: server.set(drivername="postgresql").render_as_string(hide_password=False)}


def all_bits(n: int) -> list[tuple[bool, ...]]:
    return [tuple(bool(i >> b & 1) for b in range(n)) for i in range(2**n)]


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(1, 21))
def test_twenty_seeds_are_walked_as_the_oracle_says(tmp_path: Path, seed: int) -> None:
    assert_as_the_oracle_says(tmp_path, EACH, seed)


def test_the_catalogue_has_every_silent_figure() -> None:
    assert set(CATALOGUE) >= SILENT
