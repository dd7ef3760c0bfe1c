"""journal_intact: no process was silent, no record is missing, and nothing happened without its attempt."""

from operator import attrgetter

from harness.judging.checks.check import Finding, invalid, some, unknown, valid
from harness.judging.checks.missing import missing, name_of
from harness.judging.evidence import Evidence

_id = attrgetter("id")


def journal_intact(evidence: Evidence) -> Finding:
    """Look for gaps, torn lines, silent workers, records after death, acts without an attempt, and what is missing."""
    against = [*_after_death(evidence), *_without_attempt(evidence)]
    if against:
        return invalid(some(against))
    doubts = [*evidence.history.problems, *missing(evidence.history), *_torn(evidence)]
    doubts += [f"the database gave up on a lock: {one.message}" for one in evidence.history.lock_errors[:1]]
    if doubts:
        return unknown(some(doubts))
    return valid(f"{len(evidence.history.processes)} processes, {len(evidence.history.attempts)} attempts, no gap")


def _torn(evidence: Evidence) -> list[str]:
    """Allow a cut last line only where the supervisor saw that process die by a signal."""
    torn = [p for p in evidence.history.processes.values() if p.torn]
    return [f"{name_of(one)}: its last line is cut" for one in torn if one.exited is None or one.exited.signal is None]


def _after_death(evidence: Evidence) -> list[str]:
    history = evidence.history
    found = [f"{name_of(one)} wrote after it was reaped" for one in history.processes.values() if one.wrote_after_end]
    left = history.supervisor_left
    if left is not None and (history.supervisor_bytes or 0) > (left.journal_bytes or 0):
        found.append("the supervisor wrote after it had left")
    return found


def _without_attempt(evidence: Evidence) -> list[str]:
    """Every effect in the ledger and every write in the audit must have its attempt in a journal."""
    history = evidence.history
    claimed = {one.attempt for one in history.ledger} | {row.writer for row in history.audit}
    unknown_ones = claimed.difference([one.id for one in history.attempts], map(_id, history.busy_polls))
    effects = [f"effect {e.seq} of ticket {e.ticket}" for e in history.ledger if e.attempt in unknown_ones]
    unknown_ones -= {one.id for one in history.requests} | {f"{proc}.open" for proc in history.processes} | {""}
    unknown_ones -= {one.writer for one in history.operator_wrote}
    writes = [f"write {row.id} on {row.table} {row.row}" for row in history.audit if row.writer in unknown_ones]
    return [f"{what} has no attempt in any journal" for what in (*effects, *writes)]
