"""conservation: sources that know of the same thing tell the same: clients, store, receiver and journals."""

from collections import Counter

from harness.judging.checks.check import Finding, invalid, some, unknown, valid
from harness.judging.checks.tables import compared
from harness.judging.evidence import Evidence
from systems.desk.model import TERMINAL, ticket_id


def conservation(evidence: Evidence) -> Finding:
    """Look for tickets that ran though unsent or refused, for ends that differ, and for a store unlike its audit."""
    tables = compared(evidence.history)
    against = [*_never_sent(evidence), *_refused(evidence), *_ended_otherwise(evidence), *tables.contradictions]
    if against:
        return invalid(some(against))
    if tables.missing:
        return unknown(some(tables.missing))
    return valid(f"clients, store, receiver and journals agree on {len(evidence.submitted)} submitted tickets")


def _never_sent(evidence: Evidence) -> list[str]:
    """Name counted tickets that have a row, an effect or an attempt, though no client sent them."""
    history, sent = evidence.history, evidence.first_sent.keys()
    traces = {
        "a row in the store": set(evidence.rows),
        "an effect at the receiver": {one.ticket for one in history.ledger},
        "an attempt": {ticket for ticket, _, _ in evidence.instances},
        "a request": {one.ticket for one in history.requests},
    }
    return [
        f"{ticket_id(ticket)} was never submitted and has {what}"
        for what, tickets in traces.items()
        for ticket in sorted(tickets - sent)
        if ticket > 0
    ]


def _refused(evidence: Evidence) -> list[str]:
    refused = {ticket for ticket in evidence.submitted if evidence.was_refused(ticket)}
    ran = {ticket for ticket, _, _ in evidence.instances if ticket in refused} if refused else set()
    told = [ticket_id(ticket) for ticket in sorted(ran)]
    return [f"definitely refused, and yet steps of theirs ran: {some(told)}"] if told else []


def _ended_otherwise(evidence: Evidence) -> list[str]:
    """Name tickets whose client was told of an end that is not the store's.

    One that several requests walked is left out: without a guard, each of them answers with the end that it came to.
    """
    walks = Counter(one.ticket for one in evidence.history.requests)
    told = {(one.ticket, one.state) for one in evidence.history.answered if one.outcome == "ok"}
    ends = {ticket: end.state for ticket, end in evidence.ends.items()}
    return [
        f"{ticket_id(ticket)} was answered {state}, and the store has {ends.get(ticket, 'no end of it')}"
        for ticket, state in sorted(told)
        if state in TERMINAL and ends.get(ticket) != state and walks[ticket] <= 1
    ]
