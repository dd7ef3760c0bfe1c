"""Effects: what the receiver applied, against what the oracle calls for and what landed faults allow.

They are compared per (ticket, step, purpose): a missing effect never cancels a duplicated one.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from functools import partial
from typing import NamedTuple

from harness.judging.evidence import Evidence, once
from harness.judging.metrics.measured import Measure, counted
from harness.judging.metrics.row import Row
from systems.desk.model import FINISHED, Step, ticket_id
from systems.desk.rows import LedgerEntry

Key = tuple[int, str, str]


class Balance(NamedTuple):
    """One kind of effect of one ticket: how many were due, how many more were allowed, and how many were applied."""

    ticket: int
    step: str
    purpose: str
    due: int
    allowed: int
    applied: int
    is_finished: bool

    @property
    def missing(self) -> int:
        """Effects that a finished ticket owes."""
        return self.unsent if self.is_finished else 0

    @property
    def unsent(self) -> int:
        """Effects that were due and were never applied, whatever became of the ticket."""
        return max(0, self.due - self.applied)

    @property
    def unexpected(self) -> int:
        """Effects for which nothing called."""
        return self.applied if self.due + self.allowed == 0 else 0

    @property
    def duplicated(self) -> int:
        """Effects beyond those that were due or allowed."""
        # Each message counts once: what nothing called for at all is unexpected, and not a duplicate besides.
        return max(0, self.applied - self.due - self.allowed) if self.due + self.allowed else 0


@once
def entries(evidence: Evidence) -> list[LedgerEntry]:
    """Return the ledger's entries of submitted tickets."""
    submitted = set(evidence.submitted)
    return [entry for entry in evidence.history.ledger if entry.ticket in submitted]


def balances(evidence: Evidence, wanted: Collection[int] | None = None) -> list[Balance]:
    """Set what was due beside what was applied, for every kind of effect of every ticket, or of the `wanted` ones."""
    tickets = set(evidence.submitted) if wanted is None else set(wanted).intersection(evidence.submitted)
    expected, allowed = _expected(evidence, tickets), _allowed(evidence)
    of_tickets = (entry for entry in evidence.history.ledger if entry.ticket in tickets and entry.applied)
    applied = Counter((entry.ticket, entry.step, entry.purpose) for entry in of_tickets)
    finished = {ticket for ticket, end in evidence.ends.items() if end.state in FINISHED}
    return [
        Balance(*key, expected[key], allowed[key], applied[key], key[0] in finished)
        for key in expected.keys() | applied.keys()
    ]


@once
def all_balances(evidence: Evidence) -> list[Balance]:
    """Set what was due beside what was applied, for every kind of effect of every ticket."""
    return balances(evidence)


def _expected(evidence: Evidence, tickets: Collection[int]) -> Counter[Key]:
    return Counter(
        (ticket, effect.step, effect.purpose) for ticket in tickets for effect in evidence.due(ticket).effects
    )


def _allowed(evidence: Evidence) -> Counter[Key]:
    """Allow what a landed fault called for: an apology for each silent agent, one word to management of giving up."""
    allowed = Counter((ticket, Step.NOTIFY_MANAGEMENT.value, "gave_up") for ticket in evidence.exposed)
    for ticket in evidence.exposed:
        due = Counter((ticket, effect.step, effect.purpose) for effect in evidence.truth(ticket).effects)
        due.subtract((ticket, effect.step, effect.purpose) for effect in evidence.due(ticket).effects)
        for key, count in due.items():
            # `max`, not a sum: where the oracle itself gives up, the word to management is due already and must not be
            # allowed twice. It also keeps out what `subtract` took below zero, messages that are no longer called for.
            allowed[key] = max(allowed[key], count)
    return allowed


# -- the figures, and their rows


def _balance_rows(name: str, evidence: Evidence) -> Iterator[Row]:
    lines: dict[tuple[int, str, str], list[str]] = defaultdict(list)
    for number, entry in enumerate(evidence.history.ledger, start=1):
        lines[entry.ticket, entry.step, entry.purpose].append(str(number))
    for balance in sorted(all_balances(evidence)):
        if count := getattr(balance, name):
            text = f"{ticket_id(balance.ticket)} {balance.step}/{balance.purpose}: {count} {_weighed(balance)}"
            yield Row(
                text, _source(balance, lines[balance.ticket, balance.step, balance.purpose]), balance.ticket, count
            )


def _weighed(balance: Balance) -> str:
    allowed = f", {balance.allowed} more allowed" if balance.allowed else ""
    return f"({balance.due} due{allowed}, {balance.applied} applied)"


def _source(balance: Balance, lines: list[str]) -> str:
    ledger = f"ledger.jsonl:{','.join(lines)}" if lines else "no line of ledger.jsonl"
    return f"plan.json, {ledger}" if balance.due else ledger


def _sum(name: str, evidence: Evidence) -> int:
    return sum(getattr(balance, name) for balance in all_balances(evidence))


def _tickets(name: str, evidence: Evidence) -> list[int]:
    return [balance.ticket for balance in all_balances(evidence) if getattr(balance, name)]


def _balanced(name: str) -> Measure:
    """Add up what the balances say under a name, a row each."""
    return Measure(partial(_sum, name), partial(_balance_rows, name), tickets=partial(_tickets, name))


def _sent(evidence: Evidence, *, is_applied: bool) -> list[LedgerEntry]:
    return [entry for entry in entries(evidence) if entry.applied == is_applied]


def _entry_rows(evidence: Evidence, *, is_applied: bool) -> Iterator[Row]:
    numbers = {id(entry): number for number, entry in enumerate(evidence.history.ledger, start=1)}
    for entry in _sent(evidence, is_applied=is_applied):
        text = f"{ticket_id(entry.ticket)} {entry.step}/{entry.purpose} #{entry.nth}"
        yield Row(text, f"ledger.jsonl:{numbers[id(entry)]}", entry.ticket)


def _arrived(*, is_applied: bool) -> Measure:
    """Count the ledger's entries that were applied, or were not, a row each."""
    return counted(partial(_sent, is_applied=is_applied), partial(_entry_rows, is_applied=is_applied))


MEASURES: dict[str, Measure] = {
    "effects_expected": _balanced("due"),
    "effects_applied": _arrived(is_applied=True),
    "effects_missing": _balanced("missing"),
    "effects_unsent": _balanced("unsent"),
    "effects_duplicated": _balanced("duplicated"),
    "effects_unexpected": _balanced("unexpected"),
    "effects_deduplicated": _arrived(is_applied=False),
}
