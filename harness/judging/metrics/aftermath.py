"""What followed landed faults: what they broke, how soon it went on, how soon tickets ended, and when all was quiet."""

from collections.abc import Iterable
from operator import attrgetter
from typing import NamedTuple

from harness.history.model import Attempt
from harness.history.phases import RunPhase
from harness.history.run_records import Answered
from harness.judging.evidence import Evidence, once
from harness.judging.exposures import Exposure
from harness.judging.metrics.figure import CENSORED, Absent, Figure, seconds
from systems.desk.fault_mode import FaultMode
from systems.desk.model import FINISHED

Broken = dict[tuple[int, str, int], list[tuple[Exposure, Attempt]]]
"""Step instances, each with the faults that broke it open and the attempt that each of them hit."""


class Undoing(NamedTuple):
    """When (ns) a fault ceased to act, and how; `record` is the process and the number of the record that says so."""

    at: int
    fault: str
    how: str
    record: tuple[str, int] | None = None


@once
def interrupted(evidence: Evidence) -> Broken:
    """Return each step instance that landed faults broke open."""
    return _by_instance((exposure, attempt) for exposure in evidence.exposures for attempt in exposure.attempts)


@once
def unresumed(evidence: Evidence) -> Broken:
    """Return each step instance that a landed fault broke open and that was never attempted again after it."""
    return _by_instance(
        (exposure, attempt)
        for exposure in evidence.exposures
        for attempt in exposure.attempts
        if not _is_attempted_again(evidence, exposure, attempt)
    )


def _by_instance(pairs: Iterable[tuple[Exposure, Attempt]]) -> Broken:
    broken: Broken = {}
    for exposure, attempt in pairs:
        broken.setdefault(attempt.instance, []).append((exposure, attempt))
    return broken


@once
def exposed(evidence: Evidence) -> list[int]:
    """Return the tickets that faults hit."""
    return sorted(evidence.exposed)


def recovered(evidence: Evidence) -> list[int]:
    """Return those of them that finished right."""
    return [ticket for ticket in exposed(evidence) if evidence.is_right(ticket)]


def unrecovered(evidence: Evidence) -> list[int]:
    """Return those of them that should have finished right, and did not."""
    return [
        ticket for ticket in exposed(evidence) if not evidence.is_right(ticket) and ticket not in evidence.must_fail
    ]


@once
def recoveries(evidence: Evidence) -> list[tuple[Exposure, int, float]]:
    """Return every eligible pair: the fault, a ticket that it interrupted, and the seconds until the ticket's end."""
    return [
        (exposure, ticket, _recovery(evidence, exposure, ticket))
        for exposure in evidence.exposures
        for ticket in sorted(_interrupted_by(evidence, exposure) - evidence.must_fail)
    ]


def _interrupted_by(evidence: Evidence, exposure: Exposure) -> set[int]:
    """Return the tickets that have to recover from a fault: those whose step it broke open.

    Where it broke none open, those that the instance struck itself; a dead engine strikes all that are under way. A
    worker that died beside the work that it hosted leaves nothing to recover from: its tickets are only delayed.
    """
    broken = {attempt.ticket for attempt in exposure.attempts}
    if broken:
        return broken
    struck = exposure.tickets if _is_engines(evidence, exposure) else exposure.attestation.tickets
    return set(struck)


def _is_engines(evidence: Evidence, exposure: Exposure) -> bool:
    processes = evidence.history.processes
    return any(proc in processes and processes[proc].role == "engine" for proc in exposure.attestation.procs)


@once
def delays(evidence: Evidence) -> list[tuple[Exposure, int, float]]:
    """Return every eligible pair: the fault, a ticket it exposed, and the seconds until the ticket's next step is done.

    Eligible are the tickets of which it broke no step open, and that had not ended before it.
    """
    return [
        (exposure, ticket, _delay(evidence, exposure, ticket))
        for exposure in evidence.exposures
        for ticket in sorted(exposure.tickets - {attempt.ticket for attempt in exposure.attempts} - evidence.must_fail)
        if ticket not in evidence.ends or evidence.ends[ticket].at > exposure.moment
    ]


def _delay(evidence: Evidence, exposure: Exposure, ticket: int) -> float:
    """Return seconds from the fault to the next completed step, or to the end where no record says who completed it."""
    done = [a.ended for a in evidence.attempts_of[ticket] if a.ended is not None and a.result is not None]
    later = [at for at in done if at > exposure.moment]
    # A kill may fall between the commit that ends a ticket and the record that its attempt ended.
    if not later and ticket in evidence.ends:
        later = [evidence.ends[ticket].at]
    return seconds(min(later) - exposure.moment) if later else CENSORED


@once
def resumes(evidence: Evidence) -> list[tuple[Exposure, Attempt, float]]:
    """Return every eligible pair: the fault, the attempt it broke open, and the seconds until work went on."""
    return [(exposure, a, _resume(evidence, exposure, a)) for exposure in evidence.exposures for a in exposure.attempts]


def _resume(evidence: Evidence, exposure: Exposure, broken: Attempt) -> float:
    """Return seconds from the fault to the next attempt of the broken instance, or of a later one of the path.

    An attempt that was only held, and simply went on resumes with its own next record. One that was cut off from who
    hands out work was not held at all: that it ended in its process says nothing.
    """
    # A later step counts as well: where the answer was recorded before the kill, nothing need be attempted again.
    moments = [a.started for a in _later(evidence, exposure, broken)]
    if broken.ended is not None and broken.error is None and not _is_cut_off(evidence, exposure):
        moments.append(broken.ended)
    return seconds(min(moments) - exposure.moment) if moments else CENSORED


def _later(evidence: Evidence, exposure: Exposure, broken: Attempt) -> list[Attempt]:
    """Return the attempts after the fault that carry the broken instance, or its path beyond it, on.

    The steps of giving up are no part of the path: a ticket that was given up goes on only where the instance itself
    was attempted again.
    """
    path = [(p.step, p.visit) for p in evidence.truth(broken.ticket).path]
    instance = (broken.step, broken.visit)
    on_path = set(path[path.index(instance) :]) if instance in path else {instance}
    if broken.ticket in evidence.classes["failed"]:
        on_path = {instance}
    return [
        a
        for a in evidence.attempts_of[broken.ticket]
        # A dying process may begin an attempt after the signal was sent: it is broken too, and is not its own
        # resumption.
        if a.started > max(exposure.moment, broken.started) and (a.step, a.visit) in on_path
    ]


def _is_attempted_again(evidence: Evidence, exposure: Exposure, broken: Attempt) -> bool:
    later = _later(evidence, exposure, broken)
    if _is_cut_off(evidence, exposure):
        return bool(later) or broken.ticket in evidence.ends
    if broken.ended is not None and broken.error is None:
        return True
    return any(a.instance == broken.instance for a in later)


def _is_cut_off(evidence: Evidence, exposure: Exposure) -> bool:
    return evidence.plan.scenario.faults[exposure.fault.fault - 1].fault_mode() is FaultMode.CUT_OFF


def _recovery(evidence: Evidence, exposure: Exposure, ticket: int) -> float:
    end = evidence.ends.get(ticket)
    # Handed to people is no recovery, however fast: the ticket's work is still to be done.
    if end is None or end.state not in FINISHED:
        return CENSORED
    return max(0.0, seconds(end.at - exposure.moment))


@once
def drain(evidence: Evidence) -> Figure:
    """Return the time from when nothing was done to the system any more until all was quiet (s)."""
    begun = drain_start(evidence)
    quiet = evidence.phase(RunPhase.QUIET)
    if begun is None:
        return Absent("nothing was answered, and no fault was undone")
    if quiet is None:
        return Absent("the run did not become quiet")
    return max(0.0, seconds(quiet - begun))


def drain_start(evidence: Evidence) -> int | None:
    """Return when (ns) nothing was done to the system any more: the last fault undone, or the last answer if later."""
    undone = [undoing.at for undoing in undoings(evidence)]
    last = last_answer(evidence)
    return max([*undone, last.t] if last is not None else undone, default=None)


def last_answer(evidence: Evidence) -> Answered | None:
    """Return the last answer to a client of a counted ticket."""
    answers = (answer for answer in evidence.history.answered if answer.ticket > 0)
    return max(answers, key=attrgetter("t"), default=None)


def undoings(evidence: Evidence) -> list[Undoing]:
    """Return the moments at which faults ceased to act, in their order."""
    ended, hung = evidence.history.faults_ended.values(), evidence.history.hangs_over
    # A fault that names its tickets is over as soon as it has struck them: no record says that it was undone.
    instant = [exposure for exposure in evidence.exposures if exposure.attestation.tickets]
    moments = [Undoing(end.t, end.fault, "was undone", ("harness", end.seq)) for end in ended if end.injected]
    moments += [Undoing(over.t, over.point, "let its attempt go on", (proc, over.seq)) for proc, over in hung]
    moments += [Undoing(exposure.moment, exposure.fault.id, "struck") for exposure in instant]
    return sorted(moments, key=attrgetter("at"))
