"""journal_intact: no process was silent, no record is missing or changed, each act has its attempt, clocks agree."""

from operator import attrgetter

from harness.judging.checks.check import CheckFinding, invalid, listed, unknown, valid
from harness.judging.checks.clocks import clocks
from harness.judging.checks.missing import missing, name_of
from harness.judging.evidence import Evidence
from systems.desk.model import ticket_id
from systems.settings import Capability

_id = attrgetter("id")


def journal_intact(evidence: Evidence) -> CheckFinding:
    """Look for gaps, torn lines, silent workers, records after death, acts without an attempt, and what is missing."""
    against = [*_after_death(evidence), *_without_attempt(evidence)]
    if against:
        return invalid(listed(against))
    doubts = [*evidence.history.problems, *missing(evidence.history), *_unexported(evidence), *_torn(evidence)]
    doubts += [f"the database gave up on a lock: {error.message}" for error in evidence.history.lock_errors[:1]]
    if doubts:
        return unknown(listed(doubts))
    # Last, as only what is whole can be compared: beside a record that is missing, any order may look wrong.
    if apart := clocks(evidence):
        return invalid(listed(apart))
    return valid(f"{len(evidence.history.processes)} processes, {len(evidence.history.attempts)} attempts, no gap")


def _unexported(evidence: Evidence) -> list[str]:
    """Find what an engine must have left and did not: where each ticket that it ran was resident, and its history."""
    history = evidence.history
    if evidence.block is None or Capability.ENGINE not in evidence.block.capabilities or history.totals is None:
        return []
    ran = {attempt.ticket for attempt in history.attempts}
    nowhere = [ticket_id(ticket) for ticket in sorted(ran - {span.ticket for span in history.residencies})]
    absent = [f"nothing tells where {listed(nowhere)} were resident"] if nowhere else []
    if history.exported < len(ran):
        absent.append(f"expected a history of each of {len(ran)} tickets, found {history.exported}")
    return absent


def _torn(evidence: Evidence) -> list[str]:
    """Allow a cut last line only where the supervisor saw that process die by a signal."""
    torn = [process for process in evidence.history.processes.values() if process.torn]
    return [f"{name_of(p)}: its last line is cut" for p in torn if p.exited is None or p.exited.signal is None]


def _after_death(evidence: Evidence) -> list[str]:
    history = evidence.history
    wrote = (process for process in history.processes.values() if process.wrote_after_end)
    late = [f"{name_of(process)} wrote after it was reaped" for process in wrote]
    # Nobody reaps the supervisor but the harness, which notes how long its journal was when it had left.
    left = history.supervisor_left
    if left is not None and (history.supervisor_bytes or 0) > (left.journal_bytes or 0):
        late.append("the supervisor wrote after it had left")
    return late


def _without_attempt(evidence: Evidence) -> list[str]:
    """Every effect in the ledger and every write in the audit must have its attempt in a journal."""
    history = evidence.history
    claimed = {entry.attempt for entry in history.ledger} | {row.writer for row in history.audit}
    # A poll that found every agent busy counts as no attempt, and is in a journal all the same.
    known = evidence.attempts_by_id
    unjournaled = {writer for writer in claimed if writer not in known}.difference(map(_id, history.busy_polls))
    effects = [f"effect {e.seq} of ticket {e.ticket}" for e in history.ledger if e.attempt in unjournaled]
    # An effect comes of an attempt alone; a row may also be written by a request, a process that opens, an operator.
    unjournaled -= {*map(_id, history.requests), *(f"{proc}.open" for proc in history.processes), ""}
    unjournaled -= {write.writer for write in history.operator_wrote}
    writes = [f"write {row.id} on {row.table} {row.row}" for row in history.audit if row.writer in unjournaled]
    return [f"{what} has no attempt in any journal" for what in (*effects, *writes)]
