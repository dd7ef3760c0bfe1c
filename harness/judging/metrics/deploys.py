"""Deploys: what a release that was rolled out under way did to the tickets that it met."""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import msgspec

from harness.judging.evidence import Evidence, once
from harness.judging.metrics.figure import CENSORED, Absent, Figure, seconds
from harness.judging.metrics.measured import Measure, counted, of_tickets
from harness.judging.metrics.row import Row, amount, clock
from harness.judging.metrics.sources import stopped
from harness.judging.rollouts import code_of, mixed_ns
from systems.desk.model import ticket_id
from systems.desk.path import Passage
from systems.system import Wedge

MOST_SIGNS = 200
_decoder = msgspec.json.Decoder(Passage)


class WrongCall(NamedTuple):
    """A call of a ticket's flow, and what it was answered with: the result of another call."""

    ticket: int
    asked: Passage
    answered: Passage


def _wedged(evidence: Evidence) -> list[int]:
    return evidence.classes["wedged"]


@once
def _wedges(evidence: Evidence) -> list[Wedge]:
    """Return every time that a submitted ticket was wedged, the earliest first."""
    return sorted((wedge for wedge in evidence.history.wedges if wedge.ticket in evidence.first_sent), key=_start)


def _start(wedge: Wedge) -> int:
    return wedge.start


def _wedged_seconds(evidence: Evidence) -> Figure:
    """Add up how long tickets were wedged (s), from the failure to the next task that came to anything."""
    return round(sum(_lasted(wedge) for wedge in _wedges(evidence)), 6)


def _lasted(wedge: Wedge) -> float:
    return CENSORED if wedge.end is None else seconds(wedge.end - wedge.start)


def _wedge_rows(evidence: Evidence) -> Iterator[Row]:
    told = clock(evidence)
    lines = {id(wedge): number for number, wedge in enumerate(evidence.history.wedges, start=1)}
    for wedge in _wedges(evidence):
        how_long = "never over" if wedge.end is None else f"{amount(_lasted(wedge))} s"
        text = f"{ticket_id(wedge.ticket)} wedged at {told(wedge.start)}, {how_long}: {wedge.why[:MOST_SIGNS]}"
        yield Row(text, f"histories/wedges.jsonl:{lines[id(wedge)]}", wedge.ticket, _lasted(wedge))


def _why_wedged(evidence: Evidence, ticket: int) -> str:
    why = next((wedge.why for wedge in reversed(_wedges(evidence)) if wedge.ticket == ticket), "")
    return f"stands still: {stopped(evidence, ticket)}" + (f"; {why[:MOST_SIGNS]}" if why else "")


@once
def mixed(evidence: Evidence) -> list[int]:
    """Return the tickets whose path is no release's."""
    rollouts = evidence.rollouts
    return [ticket for ticket in evidence.submitted if rollouts.is_mixed(ticket, evidence.path(ticket))]


def _mixture(evidence: Evidence, ticket: int) -> str:
    """Say what a ticket did, and what each release would have done."""
    releases = [release or "the first release" for release in evidence.rollouts.releases]
    walked = " → ".join(_said(passage) for passage in evidence.path(ticket))
    return f"walked neither as {' nor as '.join(releases)}: {walked}"


def _said(passage: Passage) -> str:
    return f"{passage.step} {passage.purpose or passage.result}"


@once
def _wrong_results(evidence: Evidence) -> list[WrongCall]:
    """Return the calls that were answered with another call's result, of tickets whose path is no release's."""
    # A ticket that went one release's way wholly did what it should, however its flow now reads that: only what came
    # out otherwise is counted.
    return [
        WrongCall(ticket, asked, answered)
        for ticket in mixed(evidence)
        for asked, answered in evidence.rollouts.wrong_calls(
            ticket, evidence.path(ticket), code_of(evidence.history, ticket)
        )
    ]


def _wrong_rows(evidence: Evidence) -> Iterator[Row]:
    for wrong in _wrong_results(evidence):
        call = f"{ticket_id(wrong.ticket)} {wrong.asked.step} #{wrong.asked.visit}"
        text = f"{call} for {wrong.asked.purpose}: answered with what was done for {wrong.answered.purpose}"
        yield Row(text, _audited(evidence, wrong), wrong.ticket)


def _audited(evidence: Evidence, wrong: WrongCall) -> str:
    """Name the record of what a call was answered with."""
    own = (row for row in evidence.history.audit if row.table == "tickets" and row.row == str(wrong.ticket))
    return next(f"audit row {row.id}" for row in own if row.entry and _decoder.decode(row.entry) == wrong.answered)


def _mixed_version_seconds(evidence: Evidence) -> Figure:
    """Return how long workers of different releases served side by side (s)."""
    return seconds(mixed_ns(evidence.history))


def _worker_rows(evidence: Evidence) -> Iterator[Row]:
    told = clock(evidence)
    if not mixed_ns(evidence.history):
        return
    for worker in evidence.history.processes.values():
        if worker.role == "worker" and worker.ready is not None:
            until = "the end" if worker.exited is None else told(worker.exited.t)
            text = f"worker {worker.index} ({worker.proc}) ran {worker.release or 'the first release'}"
            yield Row(f"{text} from {told(worker.ready)} to {until}", _spawned(evidence), adds=None)


def _spawned(evidence: Evidence) -> str:
    return f"journal/{next((name for name in evidence.history.journals.values() if name.startswith('supervisor')), '')}"


def _of_deploys(measure: Measure) -> Measure:
    """Give a figure only where another release than the first ran: without one there is nothing to be counted."""

    def figure(evidence: Evidence) -> Figure:
        return measure.figure(evidence) if len(evidence.rollouts.releases) > 1 else Absent("no release was rolled out")

    return replace(measure, figure=figure)


MEASURES: dict[str, Measure] = {
    "wedged": _of_deploys(of_tickets(_wedged, _why_wedged)),
    "wedged_seconds": _of_deploys(Measure(_wedged_seconds, _wedge_rows)),
    "mixed_paths": _of_deploys(of_tickets(mixed, _mixture)),
    "wrong_results": _of_deploys(counted(_wrong_results, _wrong_rows)),
    "mixed_version_seconds": _of_deploys(Measure(_mixed_version_seconds, _worker_rows)),
}
