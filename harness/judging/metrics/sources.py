"""Names of records: where what a row or a line says is written, and where a ticket stopped."""

from harness.judging.evidence import Evidence


def source(evidence: Evidence, proc: str, seq: int) -> str:
    """Name a journal's record: the file and the line."""
    # Records count from 0 without a gap and take a line each, so the number leads to the line in any editor.
    return f"journal/{evidence.history.journals.get(proc, proc)}:{seq + 1}"


def role_source(evidence: Evidence, role: str, seq: int) -> str:
    """Name a record of the journal of the one process that has this role: harness, supervisor, receiver."""
    name = next((file for file in evidence.history.journals.values() if file.startswith(f"{role}-")), role)
    return f"journal/{name}:{seq + 1}"


def stopped(evidence: Evidence, ticket: int) -> str:
    """Say where a ticket that did not end stopped, by its last attempt."""
    last = evidence.last_attempts.get(ticket)
    if last is None:
        return "no step of it was ever begun"
    name = f"{last.step} #{last.visit}"
    if last.result is not None:
        return f"nothing came after {name}"
    return f"{name} broke with {last.error}" if last.error else f"{name} never ended"


def fault_source(evidence: Evidence, fault: str) -> str:
    """Name the record that says that a fault instance began, or struck; the plan's where there is none."""
    begun = evidence.history.faults_begun.get(fault)
    if begun is not None:
        return role_source(evidence, "harness", begun.seq)
    struck = [(proc, strike.seq) for proc, strike in evidence.history.strikes if strike.point == fault]
    struck += [(proc, point.seq) for proc, point in evidence.history.points if point.point == fault]
    return source(evidence, *struck[0]) if struck else "plan.json"
