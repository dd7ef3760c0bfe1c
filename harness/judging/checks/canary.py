"""canary: before the load, one ticket of each priority was walked as the oracle says."""

from harness.history.phases import RunPhase
from harness.judging.checks.check import Finding, invalid, some, unknown, valid
from harness.judging.evidence import Evidence
from systems.desk.model import ticket_id


def canary(evidence: Evidence) -> Finding:
    """Compare path, end and effects of every canary with the oracle's."""
    missing, wrong = [], []
    for one in evidence.plan.canaries:
        end = evidence.ends.get(one.number)
        if end is None:
            missing.append(f"{ticket_id(one.number)} ({one.priority})")
            continue
        sent = [(e.step, e.purpose, e.nth) for e in evidence.history.ledger if e.ticket == one.number and e.applied]
        due = [(e.step, e.purpose, e.nth) for e in one.oracle.effects]
        if end.state != one.oracle.end or evidence.path(one.number) != one.oracle.path or sent != due:
            wrong.append(f"{ticket_id(one.number)} ({one.priority}): expected {one.oracle.end}, found {end.state}")
    if wrong:
        return invalid(f"not walked as the oracle says: {some(wrong)}")
    if missing:
        why = next((one.note for one in evidence.history.phases if one.name == RunPhase.CANARY_FAILED), "")
        return unknown(f"never came to an end: {some(missing)}" + (f" ({why[:200]})" if why else ""))
    return valid(f"{len(evidence.plan.canaries)} canaries walked as the oracle says")
