"""What is missing from a repetition's record, by what the record itself says that there was."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from harness.history.model import History, Process
from harness.history.phases import RunPhase
from systems.desk.model import MESSAGES, ticket_id

SECOND = 1_000_000_000
MOST_UNSAMPLED_S = 2.0
"""Samples are taken four times a second; a busy machine is late by less."""
ENDED_EARLY = frozenset({"interrupted", "failed"})


def missing(history: History) -> list[str]:
    """Say what is missing; of a run that ended early, only what every process had written until then."""
    absent = [*_gaps(history), *_processes(history), *_effects(history)]
    last = history.phases[-1].name if history.phases else "none"
    # An interrupted repetition was neither exported nor counted: to ask it for totals would only hide what it does
    # show.
    if last in ENDED_EARLY:
        return absent
    if last != "end":
        absent.append(f"expected the end of the repetition as the harness's last phase, found {last}")
    if history.settled_at is not None:
        absent += _of_settled(history)
    return [*absent, *_totals(history), *_supervisor(history)]


def _gaps(history: History) -> Iterator[str]:
    """Find where the numbers of ledger and audit do not follow each other."""
    for name, numbers, first in (
        ("ledger.jsonl", [entry.seq for entry in history.ledger], 0),
        ("the audit", [row.id for row in history.audit], 1),
    ):
        if numbers != list(range(first, first + len(numbers))):
            due, number = next((due, number) for due, number in enumerate(numbers, first) if due != number)
            place = f"{history.label}/{history.repetition}"
            yield f"{place}: {name} has a gap, expected number {due}, found {number}"


def name_of(process: Process) -> str:
    """Name a process as people know it."""
    return f"{process.role} {process.index} ({process.proc})"


def _processes(history: History) -> Iterator[str]:
    """Find processes whose journal lost records, or of whose end nothing is known, and workers without a journal."""
    for process in history.processes.values():
        is_up = process.role == "worker" and process.ready is not None
        if is_up and process.last_record is None:
            yield f"{name_of(process)} left no journal"
        # Lengths are noted when a process is reaped: a file that was cut at a line's end has no gap in its numbers.
        elif process.lost_records:
            was = process.exited.journal_bytes if process.exited is not None else 0
            now = process.journal_bytes or 0
            yield f"the journal of {name_of(process)} had {was} bytes when it was reaped, and has {now}"
        # A worker that never served may have been given up by its starter; all others are reaped at the end.
        if process.exited is None and (is_up or process.role != "worker"):
            yield f"nothing tells of the end of {name_of(process)}"


def _effects(history: History) -> list[str]:
    """Find messages that were sent, by their completed attempts, and of which the ledger has no line."""
    sent = {attempt.id for attempt in history.attempts if attempt.step in MESSAGES and attempt.result is not None}
    lost = sent.difference([entry.attempt for entry in history.ledger])
    return _named("message", "has no line in the ledger", sorted(lost))


def _of_settled(history: History) -> list[str]:
    """Find what every run that settled has: an answer to each submission, and the tickets that were live at the end."""
    # Also a client that got no answer has a record, `info`: a submission without any is a client that vanished.
    unanswered = Counter((submission.ticket, submission.n) for submission in history.submitted)
    unanswered.subtract(Counter((answer.ticket, answer.n) for answer in history.answered))
    names = [f"{ticket_id(ticket)} #{n}" for (ticket, n), count in unanswered.items() if count > 0]
    absent = _named("submission", "has no answer", names)
    absent += _samples(history)
    return absent if history.at_end is not None else [*absent, "nothing tells who was live at the end"]


def _samples(history: History) -> list[str]:
    """Find where nobody looked at CPU and memory for so long that a peak may have been missed."""
    began = next((phase.t for phase in history.phases if phase.name == RunPhase.LOAD), history.settled_at or 0)
    settled = history.settled_at or began
    moments = [began, *(sample.t for sample in history.samples if began <= sample.t <= settled), settled]
    longest_s = max(later - earlier for earlier, later in pairwise(moments)) / SECOND
    return [f"no sample of CPU and memory for {longest_s:.1f} s"] if longest_s > MOST_UNSAMPLED_S else []


def _totals(history: History) -> list[str]:
    """Find what the harness counted at the export and is not there any more."""
    totals = history.totals
    if totals is None:
        return ["nothing tells how much there was at the export"]
    # The last number, not how many: a row that is missing in the middle is a gap, and told as one.
    last_id = history.audit[-1].id if history.audit else 0
    counted = (
        ("lines of ledger.jsonl", totals.ledger, len(history.ledger)),
        ("audit rows", totals.audit, last_id),
        ("lines of residency.jsonl", totals.residencies, len(history.residencies)),
        ("lines of wedges.jsonl", totals.wedges, len(history.wedges)),
        ("exported histories", totals.histories, history.exported),
    )
    place = f"{history.label}/{history.repetition}"
    return [f"{place}: expected {was} {what}, found {now}" for what, was, now in counted if now < was]


def _supervisor(history: History) -> list[str]:
    left, now = history.supervisor_left, history.supervisor_bytes or 0
    if left is None:
        return ["nothing tells of the supervisor's end"]
    was = left.journal_bytes or 0
    return [f"the supervisor's journal had {was} bytes when it left, and has {now}"] if now < was else []


def _named(what: str, lacks: str, ids: Sequence[str] | Iterable[str]) -> list[str]:
    return [f"{what} {name} {lacks}" for name in ids]
