"""The receiver's ledger set beside what was sent, and beside the receiver's own rule of what is a repeat."""

from collections import Counter
from collections.abc import Iterator

from harness.judging.evidence import Evidence


def ledger_doubts(evidence: Evidence) -> list[str]:
    """Say which lines of the ledger an attempt cannot have sent, and which the receiver could not have decided so."""
    # A line of another ticket than its attempt's is not held against the receiver: a system that told the wrong
    # customer leaves the very same, and is to answer for it.
    return [*_twice(evidence), *_decided_otherwise(evidence)]


def _twice(evidence: Evidence) -> Iterator[str]:
    """Find attempts with two lines: each sends its effect once, so that a second is the receiver's doing."""
    times = Counter(entry.attempt for entry in evidence.history.ledger)
    for attempt, count in times.items():
        if count > 1 and attempt in evidence.attempts_by_id:
            yield f"attempt {attempt} sent one effect, and the receiver has it twice"


def _decided_otherwise(evidence: Evidence) -> Iterator[str]:
    """Go through the ledger as the receiver should have: it drops what it has already, and only if it was to."""
    if evidence.block is None:
        return
    is_idempotent = evidence.block.safeguards.idempotency
    had: set[tuple[int, str, str, int]] = set()
    for entry in evidence.history.ledger:
        key = (entry.ticket, entry.step, entry.purpose, entry.nth)
        is_new = not (is_idempotent and key in had)
        had.add(key)
        if entry.applied != is_new:
            did, should = ("applied", "drop") if entry.applied else ("dropped", "apply")
            yield f"the receiver {did} effect {entry.seq}, which it was to {should}"
