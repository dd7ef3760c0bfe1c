"""Cost: what the tickets took in time, CPU and memory, with the tickets and the samples that show it."""

import math
from collections.abc import Callable, Iterator
from functools import partial
from heapq import nlargest

from harness.history.run_records import Sample
from harness.judging.evidence import Evidence
from harness.judging.metrics.figure import Absent, Figure, seconds
from harness.judging.metrics.measured import Measure, percentiles
from harness.judging.metrics.row import Row, amount, clock, ends
from harness.judging.metrics.sources import role_source
from harness.judging.metrics.usage import (
    OWN,
    ROLES,
    acknowledgements,
    cpu_between,
    cpu_of,
    cpu_per_ticket,
    during_load,
    ends_of_load,
    harness_cpu,
    host_cpu,
    host_spent,
    idle_cpu,
    latencies_of,
    paused_cpu,
    paused_windows,
    peak_rss,
    resident,
    serving_ns,
    throughput,
)
from systems.desk.model import ticket_id

SHARES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
MOST_SAMPLES = 10


def _latencies(evidence: Evidence) -> Iterator[tuple[float, Row]]:
    end = ends(evidence)
    for ticket, took in latencies_of(evidence).items():
        yield took, Row(f"{ticket_id(ticket)} {_took(took)}", end(ticket), ticket)


def _took(value: float) -> str:
    return "never" if math.isinf(value) else f"{amount(value)} s"


def _acknowledgements(evidence: Evidence) -> Iterator[tuple[float, Row]]:
    for answer, took in acknowledgements(evidence):
        text = f"{ticket_id(answer.ticket)} {amount(took)} s"
        yield took, Row(text, role_source(evidence, "harness", answer.seq), answer.ticket)


def _throughput(evidence: Evidence) -> Iterator[Row]:
    finished, rate = evidence.classes["finished"], throughput(evidence)
    if isinstance(rate, Absent):
        return
    at, took = clock(evidence), seconds(serving_ns(evidence, finished))
    text = f"{len(finished)} finished / {amount(took)} s = {amount(rate)} /s"
    yield Row(text, "finished, and the rows below", adds=rate)
    # Canaries are sent before all else and have negative numbers: the key puts them last.
    first = min(evidence.history.submitted, key=lambda submission: (submission.ticket <= 0, submission.t))
    sent = f"{ticket_id(first.ticket)} was sent first, at {at(first.t)}"
    yield Row(sent, role_source(evidence, "harness", first.seq), first.ticket, None)
    last = max(finished, key=lambda ticket: evidence.ends[ticket].at)
    ended = f"{ticket_id(last)} ended last, at {at(evidence.ends[last].at)}"
    yield Row(ended, ends(evidence)(last), last, None)


def _cpu(role: str, evidence: Evidence) -> Iterator[Row]:
    """Yield the samples at both ends of the load, the later one with what was used between them."""
    span = ends_of_load(evidence)
    used = cpu_of(span, role)
    if span is not None and not isinstance(used, Absent):
        before, after = span
        yield _cpu_row(evidence, role, before)
        yield _cpu_row(evidence, role, after, used)


def _cpu_row(evidence: Evidence, role: str, sample: Sample, used: float | None = None) -> Row:
    more = "" if used is None else f", {amount(used)} s more"
    so_far = amount(sample.cpu_seconds.get(role, 0.0))
    text = f"the {role} had used {so_far} s of CPU at {clock(evidence)(sample.t)}{more}"
    return Row(text, role_source(evidence, "harness", sample.seq), adds=used)


def _harness_cpu(evidence: Evidence) -> Iterator[Row]:
    if not isinstance(harness_cpu(ends_of_load(evidence)), Absent):
        for role in OWN:
            yield from _cpu(role, evidence)


def _host_cpu(evidence: Evidence) -> Iterator[Row]:
    """Yield the samples between which the machine's cores were busy, the later one with the share."""
    span = ends_of_load(evidence)
    spent, share, at = host_spent(*span) if span else None, host_cpu(span), clock(evidence)
    if span is not None and spent is not None and not isinstance(share, Absent):
        before, after = span
        yield Row(f"from {at(before.t)}", role_source(evidence, "harness", before.seq), adds=None)
        text = f"to {at(after.t)}: {amount(spent[0])} s busy / {amount(spent[1])} s of all cores = {amount(share)}"
        yield Row(text, role_source(evidence, "harness", after.seq), adds=share)


def _cpu_per_ticket(evidence: Evidence) -> Iterator[Row]:
    each = cpu_per_ticket(evidence)
    if isinstance(each, Absent):
        return
    span = ends_of_load(evidence)
    used = {role: cpu_of(span, role) for role in ROLES}
    terms = " + ".join(
        f"{amount(cpu_s)} s of the {role}" for role, cpu_s in used.items() if not isinstance(cpu_s, Absent)
    )
    text = f"({terms}) / {len(evidence.classes['finished'])} finished = {amount(each)} s"
    yield Row(text, "finished, and the rows below", adds=each)
    for role in ROLES:
        yield from (Row(row.text, row.source, adds=None) for row in _cpu(role, evidence))


def _paused_cpu(evidence: Evidence) -> Iterator[Row]:
    at = clock(evidence)
    for before, after in paused_windows(evidence):
        used = cpu_between(before, after)
        text = f"{amount(used)} s from {at(before.t)} to {at(after.t)}, {_paused(before)} and then {_paused(after)}"
        yield Row(text, f"{role_source(evidence, 'harness', before.seq)},{after.seq + 1}", adds=used)


def _paused(sample: Sample) -> str:
    return f"{sample.paused} of {max(0, sample.in_flight)} paused"


def _peak_rss(evidence: Evidence) -> Iterator[Row]:
    """Yield the samples with the most memory, the figure first."""
    at = clock(evidence)
    for nth, sample in enumerate(nlargest(MOST_SAMPLES, during_load(evidence), key=resident)):
        parts = " + ".join(
            f"{role} {sample.rss_bytes[role] / 1e6:.1f} MB" for role in ROLES if role in sample.rss_bytes
        )
        text = f"{parts or 'nobody'} = {resident(sample)} bytes at {at(sample.t)}"
        yield Row(text, role_source(evidence, "harness", sample.seq), adds=None if nth else resident(sample))


def _idle(evidence: Evidence) -> str:
    idle = idle_cpu(evidence)
    return "" if idle is None else f"idle it takes {idle:g} s"


def _of_load(measure: Callable[[tuple[Sample, Sample] | None], Figure], evidence: Evidence) -> Figure:
    return measure(ends_of_load(evidence))


def _used(role: str, evidence: Evidence) -> Figure:
    return cpu_of(ends_of_load(evidence), role)


MEASURES: dict[str, Measure] = {
    **percentiles(
        "latency",
        SHARES,
        lambda evidence: list(latencies_of(evidence).values()),
        _latencies,
        "no ticket that should finish was submitted",
    ),
    **percentiles(
        "ack",
        {"p95": 0.95},
        lambda evidence: [took for _, took in acknowledgements(evidence)],
        _acknowledgements,
        "no submission was answered ok",
    ),
    "throughput": Measure(throughput, _throughput),
    "cpu_seconds": Measure(partial(_used, "worker"), partial(_cpu, "worker")),
    "engine_cpu_seconds": Measure(partial(_used, "engine"), partial(_cpu, "engine")),
    "cpu_per_ticket": Measure(cpu_per_ticket, _cpu_per_ticket),
    "paused_cpu_seconds": Measure(paused_cpu, _paused_cpu, note=_idle),
    "peak_rss": Measure(peak_rss, _peak_rss),
    "host_cpu": Measure(partial(_of_load, host_cpu), _host_cpu),
    "harness_cpu_seconds": Measure(partial(_of_load, harness_cpu), _harness_cpu),
}
