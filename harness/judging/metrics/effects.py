"""Effects: what the receiver applied, against what the oracle calls for and what landed faults allow."""

from collections import Counter
from collections.abc import Collection
from typing import NamedTuple

from harness.judging.evidence import Evidence
from harness.judging.metrics.figure import Figures
from systems.desk.model import FINISHED, Step
from systems.desk.records import LedgerEntry

Key = tuple[int, str, str]


class Balance(NamedTuple):
    """One kind of effect of one ticket: how many were due, how many more were allowed, and how many were applied."""

    ticket: int
    step: str
    purpose: str
    due: int
    allowed: int
    came: int
    is_finished: bool

    @property
    def missing(self) -> int:
        """Effects that a finished ticket owes."""
        return self.unsent if self.is_finished else 0

    @property
    def unsent(self) -> int:
        """Effects that were due and never came, whatever became of the ticket."""
        return max(0, self.due - self.came)

    @property
    def unexpected(self) -> int:
        """Effects for which nothing called."""
        return self.came if self.due + self.allowed == 0 else 0

    @property
    def duplicated(self) -> int:
        """Effects beyond those that were due or allowed."""
        return max(0, self.came - self.due - self.allowed) if self.due + self.allowed else 0


def effects(evidence: Evidence) -> Figures:
    """Compare per (ticket, step, purpose): a missing effect never cancels a duplicated one."""
    found = balances(evidence)
    came = entries(evidence)
    return {
        "effects_expected": sum(one.due for one in found),
        "effects_applied": sum(one.applied for one in came),
        "effects_missing": sum(one.missing for one in found),
        "effects_unsent": sum(one.unsent for one in found),
        "effects_duplicated": sum(one.duplicated for one in found),
        "effects_unexpected": sum(one.unexpected for one in found),
        "effects_deduplicated": sum(not one.applied for one in came),
    }


def entries(evidence: Evidence) -> list[LedgerEntry]:
    """Return the ledger's entries of submitted tickets."""
    submitted = set(evidence.submitted)
    return [one for one in evidence.history.ledger if one.ticket in submitted]


def balances(evidence: Evidence, wanted: Collection[int] | None = None) -> list[Balance]:
    """Set what was due beside what came, for every kind of effect of every ticket, or of the `wanted` ones."""
    tickets = set(evidence.submitted) if wanted is None else set(wanted).intersection(evidence.submitted)
    expected, allowed = _expected(evidence, tickets), _allowed(evidence)
    came = (one for one in evidence.history.ledger if one.ticket in tickets and one.applied)
    applied = Counter((one.ticket, one.step, one.purpose) for one in came)
    finished = {ticket for ticket, end in evidence.ends.items() if end.state in FINISHED}
    return [
        Balance(*key, expected[key], allowed[key], applied[key], key[0] in finished)
        for key in expected.keys() | applied.keys()
    ]


def _expected(evidence: Evidence, tickets: Collection[int]) -> Counter[Key]:
    return Counter(
        (ticket, effect.step, effect.purpose)
        for ticket in tickets
        for effect in evidence.planned[ticket].oracle.effects
    )


def _allowed(evidence: Evidence) -> Counter[Key]:
    """Allow what a landed fault called for: an apology for each silent agent, one word to management of giving up."""
    found = Counter((ticket, Step.NOTIFY_MANAGEMENT.value, "gave_up") for ticket in evidence.exposed)
    for ticket in evidence.exposed:
        due = Counter((ticket, one.step, one.purpose) for one in evidence.truth(ticket).effects)
        due.subtract((ticket, one.step, one.purpose) for one in evidence.planned[ticket].oracle.effects)
        for key, count in due.items():
            found[key] = max(found[key], count)
    return found
