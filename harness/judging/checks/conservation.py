"""conservation: clients, store, receiver and journals agree wherever more than one of them knows of a fact."""

from collections import Counter

from harness.judging.checks.check import CheckFinding, invalid, listed, unknown, valid
from harness.judging.checks.ledger import ledger_doubts
from harness.judging.checks.tables import compared
from harness.judging.evidence import Evidence
from systems.desk.model import TERMINAL, ticket_id


def conservation(evidence: Evidence) -> CheckFinding:
    """Look for tickets that ran though unsent or refused, for ends that differ, and for a store unlike its audit."""
    tables = compared(evidence.history)
    against = [*_never_sent(evidence), *_refused(evidence), *_ended_otherwise(evidence), *ledger_doubts(evidence)]
    against += tables.contradictions
    # Contradictions before gaps: what two records deny each other is wrong whatever a third one lacks.
    if against:
        return invalid(listed(against))
    if tables.missing:
        return unknown(listed(tables.missing))
    return valid(f"clients, store, receiver and journals agree on {len(evidence.submitted)} submitted tickets")


def _never_sent(evidence: Evidence) -> list[str]:
    """Name counted tickets that have a row, an effect or an attempt, though no client sent them."""
    history, sent = evidence.history, evidence.first_sent.keys()
    traces = {
        "a row in the store": set(evidence.rows),
        "an effect at the receiver": {entry.ticket for entry in history.ledger},
        "an attempt": {ticket for ticket, _, _ in evidence.instances},
        "a request": {request.ticket for request in history.requests},
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
    names = [ticket_id(ticket) for ticket in sorted(ran)]
    return [f"definitely refused, and yet steps of theirs ran: {listed(names)}"] if names else []


def _ended_otherwise(evidence: Evidence) -> list[str]:
    """Name tickets whose client was told of an end that is not the store's.

    One that several requests walked is left out: without a guard, each of them answers with the end that it came to.
    """
    walks = Counter(request.ticket for request in evidence.history.requests)
    answered = {(answer.ticket, answer.state) for answer in evidence.history.answered if answer.outcome == "ok"}
    ends = {ticket: end.state for ticket, end in evidence.ends.items()}
    return [
        f"{ticket_id(ticket)} was answered {state}, and the store has {ends.get(ticket, 'no end of it')}"
        for ticket, state in sorted(answered)
        if state in TERMINAL and ends.get(ticket) != state and walks[ticket] <= 1
    ]
