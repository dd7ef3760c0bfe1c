"""Rows of effects: each kind of effect that a balance counts, or each line of the ledger."""

from collections import defaultdict
from collections.abc import Iterator
from functools import partial

from harness.explaining.breakdown.row import Row, Unfold
from harness.judging.evidence import Evidence
from harness.judging.metrics.effects import Balance, balances, entries
from systems.desk.model import ticket_id


def _balances(name: str, evidence: Evidence) -> Iterator[Row]:
    lines: dict[tuple[int, str, str], list[str]] = defaultdict(list)
    for number, entry in enumerate(evidence.history.ledger, start=1):
        lines[entry.ticket, entry.step, entry.purpose].append(str(number))
    for one in sorted(balances(evidence)):
        if count := getattr(one, name):
            text = f"{ticket_id(one.ticket)} {one.step}/{one.purpose}: {count} {_weighed(one)}"
            yield Row(text, _source(one, lines[one.ticket, one.step, one.purpose]), one.ticket, count)


def _weighed(one: Balance) -> str:
    allowed = f", {one.allowed} more allowed" if one.allowed else ""
    return f"({one.due} due{allowed}, {one.came} applied)"


def _source(one: Balance, lines: list[str]) -> str:
    ledger = f"ledger.jsonl:{','.join(lines)}" if lines else "no line of ledger.jsonl"
    return f"plan.json, {ledger}" if one.due or not lines else ledger


def _entries(evidence: Evidence, *, is_applied: bool) -> Iterator[Row]:
    numbers = {id(entry): number for number, entry in enumerate(evidence.history.ledger, start=1)}
    for one in entries(evidence):
        if one.applied == is_applied:
            text = f"{ticket_id(one.ticket)} {one.step}/{one.purpose} #{one.nth}"
            yield Row(text, f"ledger.jsonl:{numbers[id(one)]}", one.ticket)


ROWS: dict[str, Unfold] = {
    "effects_expected": partial(_balances, "due"),
    "effects_applied": partial(_entries, is_applied=True),
    "effects_missing": partial(_balances, "missing"),
    "effects_unsent": partial(_balances, "unsent"),
    "effects_duplicated": partial(_balances, "duplicated"),
    "effects_unexpected": partial(_balances, "unexpected"),
    "effects_deduplicated": partial(_entries, is_applied=False),
}
