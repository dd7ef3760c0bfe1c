"""Durability: what became of every submitted ticket, and what its client knows of it."""

from harness.history.run_records import Answered
from harness.judging.evidence import Evidence, once
from harness.judging.metrics.measured import Measure, of_tickets
from harness.judging.metrics.row import became


def _submitted(evidence: Evidence) -> list[int]:
    return evidence.submitted


@once
def _acknowledged(evidence: Evidence) -> list[int]:
    return [ticket for ticket in evidence.submitted if evidence.was_acknowledged(ticket)]


def _indeterminate(evidence: Evidence) -> list[int]:
    # Jepsen's third answer, beside ok and fail: a time-out says neither that the ticket was taken nor that it was not.
    certain = {*_acknowledged(evidence), *_rejected(evidence)}
    return [ticket for ticket in evidence.submitted if ticket not in certain]


def _rejected(evidence: Evidence) -> list[int]:
    return evidence.classes["rejected"]


def _finished(evidence: Evidence) -> list[int]:
    return evidence.classes["finished"]


def _unserved(evidence: Evidence) -> list[int]:
    finished = set(_finished(evidence))
    return [ticket for ticket in evidence.submitted if ticket not in finished]


def _failed(evidence: Evidence) -> list[int]:
    return evidence.classes["failed"]


def _failed_as_expected(evidence: Evidence) -> list[int]:
    return [ticket for ticket in _failed(evidence) if ticket in evidence.must_fail]


def _lost(evidence: Evidence) -> list[int]:
    return evidence.classes["lost"]


def _lost_acknowledged(evidence: Evidence) -> list[int]:
    taken = set(_acknowledged(evidence))
    return [ticket for ticket in _lost(evidence) if ticket in taken]


def _lost_unacknowledged(evidence: Evidence) -> list[int]:
    taken = set(_acknowledged(evidence))
    return [ticket for ticket in _lost(evidence) if ticket not in taken]


def _abandoned(evidence: Evidence) -> list[int]:
    return [ticket for ticket in _lost(evidence) if evidence.is_known(ticket)]


def _vanished(evidence: Evidence) -> list[int]:
    return [ticket for ticket in _lost(evidence) if not evidence.is_known(ticket)]


def _wrong_outcome(evidence: Evidence) -> list[int]:
    return [ticket for ticket in _finished(evidence) if not evidence.is_right(ticket)]


def _answers(evidence: Evidence, ticket: int) -> str:
    """Say what a ticket's clients were told."""
    answers = [_answer(answer) for answer in evidence.answers.get(ticket, [])]
    return f"was answered {', '.join(answers) or 'nothing'}; {became(evidence, ticket)}"


def _answer(answer: Answered) -> str:
    state = f" {answer.state}" if answer.state else ""
    return f"{answer.outcome}{state}" + (f" ({answer.detail})" if answer.detail else "")


MEASURES: dict[str, Measure] = {
    "submitted": of_tickets(_submitted),
    "acknowledged": of_tickets(_acknowledged, _answers),
    "indeterminate": of_tickets(_indeterminate, _answers),
    "rejected": of_tickets(_rejected, _answers),
    "finished": of_tickets(_finished),
    "unserved": of_tickets(_unserved),
    "failed": of_tickets(_failed),
    "failed_as_expected": of_tickets(_failed_as_expected),
    "lost": of_tickets(_lost),
    "lost_acknowledged": of_tickets(_lost_acknowledged),
    "lost_unacknowledged": of_tickets(_lost_unacknowledged),
    "abandoned": of_tickets(_abandoned),
    "vanished": of_tickets(_vanished),
    "wrong_outcome": of_tickets(_wrong_outcome),
}
