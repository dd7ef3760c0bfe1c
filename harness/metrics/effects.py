"""Effects: what the receiver applied, against what the oracle calls for and what landed faults allow."""

from collections import Counter

from harness.metrics.evidence import Evidence
from harness.metrics.figure import Figures
from systems.desk.model import FINISHED, Step

Key = tuple[int, str, str]


def effects(evidence: Evidence) -> Figures:
    """Compare per (ticket, step, purpose): a missing effect never cancels a duplicated one."""
    submitted = set(evidence.submitted)
    expected = _expected(evidence)
    allowed = _allowed(evidence)
    entries = [one for one in evidence.history.ledger if one.ticket in submitted]
    applied = Counter((one.ticket, one.step, one.purpose) for one in entries if one.applied)
    missing = duplicated = unexpected = 0
    for key in expected.keys() | applied.keys():
        due, may, came = expected[key], allowed[key], applied[key]
        end = evidence.ends.get(key[0])
        if end is not None and end.state in FINISHED:
            missing += max(0, due - came)
        if due + may == 0:
            unexpected += came
        else:
            duplicated += max(0, came - due - may)
    return {
        "effects_expected": expected.total(),
        "effects_applied": applied.total(),
        "effects_missing": missing,
        "effects_duplicated": duplicated,
        "effects_unexpected": unexpected,
        "effects_deduplicated": sum(not one.applied for one in entries),
    }


def _expected(evidence: Evidence) -> Counter[Key]:
    return Counter(
        (ticket, effect.step, effect.purpose)
        for ticket in evidence.submitted
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
