"""Rows of durability: the tickets that each figure counts."""

from collections.abc import Iterator
from functools import partial

from harness.explaining.breakdown.row import Row, Unfold, became, of_tickets
from harness.judging.evidence import Evidence
from harness.judging.metrics.durability import tickets_of
from systems.desk.records import Answered


def _counted(name: str, evidence: Evidence) -> Iterator[Row]:
    return of_tickets(evidence, tickets_of(evidence)[name])


def _told(name: str, evidence: Evidence) -> Iterator[Row]:
    """Yield the tickets that a figure counts for what their clients were told."""
    return of_tickets(evidence, tickets_of(evidence)[name], lambda ticket: _answers(evidence, ticket))


def _answers(evidence: Evidence, ticket: int) -> str:
    told = [_answer(one) for one in evidence.answers.get(ticket, [])]
    return f"was answered {', '.join(told) or 'nothing'}; {became(evidence, ticket)}"


def _answer(one: Answered) -> str:
    state = f" {one.state}" if one.state else ""
    return f"{one.outcome}{state}" + (f" ({one.detail})" if one.detail else "")


_BY_ANSWER = ("acknowledged", "indeterminate", "rejected")
_BY_END = (
    "submitted",
    "finished",
    "unserved",
    "failed",
    "failed_as_expected",
    "lost",
    "lost_acknowledged",
    "lost_unacknowledged",
    "abandoned",
    "vanished",
    "wrong_outcome",
)
ROWS: dict[str, Unfold] = {
    **{name: partial(_counted, name) for name in _BY_END},
    **{name: partial(_told, name) for name in _BY_ANSWER},
}
