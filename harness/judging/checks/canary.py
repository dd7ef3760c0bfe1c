"""canary: before the load, one ticket of each priority was walked as the oracle says."""

from harness.history.phases import RunPhase
from harness.judging.checks.check import CheckFinding, invalid, listed, unknown, valid
from harness.judging.evidence import Evidence
from systems.desk.model import ticket_id


def canary(evidence: Evidence) -> CheckFinding:
    """Compare path, end and effects of every canary with the oracle's."""
    missing, wrong = [], []
    for ticket in evidence.plan.canaries:
        end = evidence.ends.get(ticket.number)
        if end is None:
            missing.append(f"{ticket_id(ticket.number)} ({ticket.priority})")
            continue
        sent = [(e.step, e.purpose, e.nth) for e in evidence.history.ledger if e.ticket == ticket.number and e.applied]
        due = [(e.step, e.purpose, e.nth) for e in ticket.oracle.effects]
        if end.state != ticket.oracle.end or evidence.path(ticket.number) != ticket.oracle.path or sent != due:
            wrong.append(
                f"{ticket_id(ticket.number)} ({ticket.priority}): expected {ticket.oracle.end}, found {end.state}"
            )
    why = next((phase.note for phase in evidence.history.phases if phase.name == RunPhase.CANARY_FAILED), "")
    # A contradiction first: a canary that went astray says more than another one that did not come back.
    if wrong:
        return invalid(f"not walked as the oracle says: {listed(wrong)}")
    if missing:
        return unknown(f"never came to an end: {listed(missing)}" + (f" ({why[:200]})" if why else ""))
    if why:
        return unknown(f"no load was put on: {why[:200]}")
    return valid(f"{len(evidence.plan.canaries)} canaries walked as the oracle says")
