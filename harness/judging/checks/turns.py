"""Turns of a closed loop: as many tickets under way as `concurrency` says, no more, and no fewer while any are left."""

from collections.abc import Iterator
from operator import itemgetter

from harness.judging.evidence import Evidence
from harness.judging.metrics.figure import seconds
from systems.desk.model import ticket_id

LONGEST_EMPTY_S = 1.0
"""An end is looked for many times a second; a slot that is empty for so long makes another load than the planned."""


def out_of_turn(evidence: Evidence) -> Iterator[str]:
    """Find tickets that were sent before a slot was free, or long after one was."""
    slots = evidence.plan.scenario.load.arrival.concurrency
    if slots is None or not evidence.is_whole:
        return
    sent = sorted(evidence.first_sent.items(), key=itemgetter(1))
    freed = sorted(_freed(evidence).values())
    began = sent[0][1] if sent else 0
    for place, (ticket, at) in enumerate(sent):
        # As many slots must have been given back as tickets took one beyond the first round.
        free_at = began if place < slots else freed[place - slots]
        if at < free_at:
            yield f"{ticket_id(ticket)} was sent while {slots} others were under way: more than {slots} at once"
            return
        if seconds(at - free_at) > LONGEST_EMPTY_S:
            yield f"{ticket_id(ticket)} was sent {seconds(at - free_at):.2f} s after a slot was free"
            return


def _freed(evidence: Evidence) -> dict[int, float]:
    """Return when each ticket gave its slot back: at its end, at most a time-out after its client was done."""
    history, patience_ns = evidence.history, int(evidence.plan.scenario.load.timeout * 1e9)
    freed: dict[int, float] = {}
    for ticket in evidence.first_sent:
        done = history.gave_up.get(ticket)
        end = evidence.ends.get(ticket)
        if done is None:
            freed[ticket] = float("inf")
        elif any(answer.outcome == "ok" for answer in evidence.answers.get(ticket, [])):
            freed[ticket] = max(done, min(done + patience_ns, end.at if end is not None else done + patience_ns))
        else:
            freed[ticket] = done
    return freed
