"""What the tickets took: their times from planned arrivals, and CPU and memory between samples."""

import math
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise

from harness.history.phases import RunPhase
from harness.history.run_records import Answered, Sample
from harness.judging.evidence import Evidence, once
from harness.judging.metrics.figure import CENSORED, Absent, Figure, seconds

ROLES = ("worker", "engine")
OWN = ("harness", "receiver", "proxy")
"""Roles of the harness itself: what they use is no cost of a system."""

NO_SAMPLES = Absent("no sample was taken during the load")


@once
def latencies_of(evidence: Evidence) -> dict[int, float]:
    """Return each submitted ticket's seconds from its planned arrival to its end; infinite if it did not finish.

    Over those that finished alone, a system that loses its slow tickets would look fast. Tickets whose failing was
    called for have no latency.
    """
    # From the planned arrival, not from the sending: a client that is held up sends later, and a clock that starts with
    # it would leave out just the wait that the overload caused (Gil Tene's coordinated omission).
    due, held, finished = _due(evidence), _held(evidence), set(evidence.classes["finished"])
    return {
        ticket: seconds(evidence.ends[ticket].at - due[ticket] - held[ticket]) if ticket in finished else CENSORED
        for ticket in evidence.submitted
        if ticket not in evidence.must_fail
    }


@once
def acknowledgements(evidence: Evidence) -> list[tuple[Answered, float]]:
    """Return each answer that was ok, with the seconds from the ticket's planned arrival."""
    due, held = _due(evidence), _held(evidence)
    return [
        (answer, seconds(answer.t - due[answer.ticket] - held[answer.ticket]))
        for answer in evidence.history.answered
        if answer.outcome == "ok" and answer.ticket in due and answer.ticket > 0
    ]


@once
def _due(evidence: Evidence) -> dict[int, int]:
    """Return when (ns) each ticket was to be sent first."""
    due: dict[int, int] = {}
    for submission in evidence.history.submitted:
        # A resubmission is a client's way to recover, so the time that it took belongs to the ticket.
        due.setdefault(submission.ticket, submission.planned)
    return due


@once
def _held(evidence: Evidence) -> Counter[int]:
    """Return how long (ns) the harness itself held each ticket, for a writer to meet another."""
    released = {(release.point, release.attempt): release.t for _, release in evidence.history.released}
    held: Counter[int] = Counter()
    for _, stop in evidence.history.points:
        # Only at a meeting does the harness hold a ticket for its own sake. Other points are where a fault strikes, and
        # what follows from a fault is what is measured.
        if stop.saw is not None:
            held[stop.ticket] += max(0, released.get((stop.point, stop.attempt), stop.t) - stop.t)
    return held


@once
def during_load(evidence: Evidence) -> list[Sample]:
    """Return the samples from the last one before the load on."""
    start = evidence.phase(RunPhase.LOAD)
    if start is None:
        return []
    end = evidence.phase(RunPhase.IDLE) or math.inf
    before = [sample for sample in evidence.history.samples if sample.t <= start][-1:]
    return before + [sample for sample in evidence.history.samples if start < sample.t <= end]


@once
def ends_of_load(evidence: Evidence) -> tuple[Sample, Sample] | None:
    """Return the samples between which CPU is measured.

    The last one before the first submission, and the first one after settling (the last of all where the run ended
    before that).
    """
    # Start-up (imports, the engine's schema) stays outside, as a service pays it once and not for each ticket.
    sent, settled = min(evidence.first_sent.values(), default=None), evidence.phase(RunPhase.QUIET, RunPhase.DEADLINE)
    samples = evidence.history.samples
    before = next((sample for sample in reversed(samples) if sent is not None and sample.t <= sent), None)
    after = next((sample for sample in samples if settled is not None and sample.t >= settled), None)
    after = after or next(reversed(samples), None)
    return (before, after) if before and after and after.t > before.t else None


def cpu_of(ends: tuple[Sample, Sample] | None, role: str) -> Figure:
    """Return the CPU s that the processes of a role used between two samples."""
    if ends is None:
        return NO_SAMPLES
    before, after = ends
    if role not in after.cpu_seconds:
        return Absent(f"this system has no {role}")
    # Totals of a role include its dead processes, so that a kill does not make the CPU that was burnt disappear.
    return round(after.cpu_seconds[role] - before.cpu_seconds.get(role, 0.0), 3)


def harness_cpu(ends: tuple[Sample, Sample] | None) -> Figure:
    """Return the CPU s of the harness and its receiver between two samples."""
    if ends is None:
        return NO_SAMPLES
    if "harness" not in ends[1].cpu_seconds:
        return Absent("the samples do not say what the harness itself used")
    return round(sum(cpu_s for role in OWN if not isinstance(cpu_s := cpu_of(ends, role), Absent)), 3)


def host_cpu(ends: tuple[Sample, Sample] | None) -> Figure:
    """Return the share of the time of all cores in which they were busy with anything, between two samples."""
    if ends is None:
        return NO_SAMPLES
    spent = host_spent(*ends)
    return Absent("the samples do not say how busy the machine was") if spent is None else round(spent[0] / spent[1], 4)


def host_spent(before: Sample, after: Sample) -> tuple[float, float] | None:
    """Return (busy, all) CPU s of all cores between two samples; None where they do not say, or no time passed."""
    busy = _increase(before.host_busy_s, after.host_busy_s)
    total = _increase(before.host_total_s, after.host_total_s)
    return (busy, total) if busy is not None and total is not None and total > 0 else None


def _increase(before: float | None, after: float | None) -> float | None:
    return None if before is None or after is None else after - before


def cpu_per_ticket(evidence: Evidence) -> Figure:
    """Return CPU s of workers and engine for each finished ticket."""
    workers, engine = (cpu_of(ends_of_load(evidence), role) for role in ROLES)
    finished = len(evidence.classes["finished"])
    if isinstance(workers, Absent):
        return workers
    if not finished:
        return Absent("no ticket finished")
    return round((workers + (0.0 if isinstance(engine, Absent) else engine)) / finished, 4)


def throughput(evidence: Evidence) -> Figure:
    """Return the finished tickets for each second in which the system served."""
    finished = evidence.classes["finished"]
    if not finished:
        return Absent("no ticket finished")
    took = serving_ns(evidence, finished)
    return round(len(finished) / seconds(took), 3) if took > 0 else Absent("it took no time")


def serving_ns(evidence: Evidence, finished: Iterable[int]) -> int:
    """Return the ns from the first submission to the last end of finished tickets."""
    return max(evidence.ends[ticket].at for ticket in finished) - min(evidence.first_sent.values())


def paused_cpu(evidence: Evidence) -> Figure:
    """Sum CPU over neighbouring samples between which all outstanding tickets were paused."""
    # Not from the first pause to the last: in between single tickets may be let go on.
    windows = paused_windows(evidence)
    if not windows:
        return Absent("there was no time in which all tickets were paused")
    return round(sum(cpu_between(before, after) for before, after in windows), 3)


def idle_cpu(evidence: Evidence) -> float | None:
    """Return the CPU s that the same processes, idle, take in the time that `paused_cpu_seconds` counts."""
    start, end = evidence.phase(RunPhase.IDLE), evidence.phase(RunPhase.EXPORT)
    paused = sum(after.t - before.t for before, after in paused_windows(evidence))
    if start is None or end is None or not paused:
        return None
    idle = [sample for sample in evidence.history.samples if start <= sample.t <= end]
    if not idle or idle[-1].t == idle[0].t:
        return None
    return round(cpu_between(idle[0], idle[-1]) / (idle[-1].t - idle[0].t) * paused, 3)


@once
def paused_windows(evidence: Evidence) -> list[tuple[Sample, Sample]]:
    """Return the neighbouring samples of the load between which all outstanding tickets were paused."""
    return [
        (before, after)
        for before, after in pairwise(during_load(evidence))
        # All must be paused at both ends: what one ticket that still runs uses would count as the price of pausing.
        if before.in_flight > 0 and before.paused >= before.in_flight and after.paused >= after.in_flight > 0
    ]


def cpu_between(before: Sample, after: Sample) -> float:
    """Return the CPU s of workers and engine between two samples."""
    return sum(after.cpu_seconds.get(role, 0.0) - before.cpu_seconds.get(role, 0.0) for role in ROLES)


def peak_rss(evidence: Evidence) -> Figure:
    """Return the largest sampled memory of workers and engine together, in bytes."""
    samples = during_load(evidence)
    return max(map(resident, samples)) if samples else NO_SAMPLES


def resident(sample: Sample) -> int:
    """Return the memory of workers and engine together, in bytes."""
    return sum(sample.rss_bytes.get(role, 0) for role in ROLES)
