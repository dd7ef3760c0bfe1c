"""Unfolding: the rows that make a figure, each with the record that it comes from. Pure."""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from harness.history import Attempt
from harness.metrics.cost import acknowledgements, during_load, latencies_of
from harness.metrics.effects import Balance, balances, entries
from harness.metrics.evidence import Evidence
from harness.metrics.figure import seconds
from harness.metrics.races import agents_leaked, double_assignments, overwrites
from harness.metrics.recovery import recoveries, resumes
from harness.metrics.retries import has_worked, recovered_by_retry, work_ns
from harness.trace import role_source, source, stopped
from systems.desk.model import ticket_id
from systems.desk.records import AuditRow


@dataclass(frozen=True, slots=True)
class Row:
    """One row of those that make a figure; `ticket` None where it belongs to none."""

    text: str
    source: str
    ticket: int | None = None


Unfold = Callable[[Evidence], Iterable[Row]]


def unfold(metric: str, evidence: Evidence) -> list[Row]:
    """Return the rows that make a figure of the catalogue, in the order of the tickets, or of the ranks."""
    return list(_ROWS[metric](evidence))


# -- durability


def _tickets(evidence: Evidence, tickets: Iterable[int], say: Callable[[int], str]) -> Iterator[Row]:
    first = {one.ticket: one.seq for one in reversed(evidence.history.submitted)}
    for ticket in sorted(tickets):
        yield Row(f"{ticket_id(ticket)} {say(ticket)}", role_source(evidence, "harness", first.get(ticket, 0)), ticket)


def _of_class(*names: str) -> Unfold:
    return lambda evidence: _tickets(
        evidence, [t for name in names for t in evidence.classes[name]], lambda t: _became(evidence, t)
    )


def _where(claim: Callable[[Evidence, int], bool], of: str | None = None) -> Unfold:
    def rows(evidence: Evidence) -> Iterator[Row]:
        pool = evidence.submitted if of is None else evidence.classes[of]
        return _tickets(evidence, [t for t in pool if claim(evidence, t)], lambda t: _became(evidence, t))

    return rows


def _became(evidence: Evidence, ticket: int) -> str:
    end = evidence.ends.get(ticket)
    if end is not None:
        due = "manual_intervention" if ticket in evidence.must_fail else evidence.truth(ticket).end
        return f"ended as {end.state}" + ("" if end.state == due else f", {due} expected")
    known = "still in the store" if evidence.is_known(ticket) else "no trace of it anywhere"
    return f"did not end: {stopped(evidence, ticket)}; {known}"


def _is_indeterminate(evidence: Evidence, ticket: int) -> bool:
    return not evidence.was_acknowledged(ticket) and ticket not in evidence.classes["rejected"]


# -- effects


def _balances(name: str) -> Unfold:
    def rows(evidence: Evidence) -> Iterator[Row]:
        for one in sorted(balances(evidence)):
            if count := getattr(one, name):
                yield Row(
                    f"{_kind(one)}: {count} ({one.due} due, {one.came} applied)", _ledger(evidence, one), one.ticket
                )

    return rows


def _kind(one: Balance) -> str:
    return f"{ticket_id(one.ticket)} {one.step}/{one.purpose}"


def _ledger(evidence: Evidence, one: Balance) -> str:
    lines = [
        str(number)
        for number, entry in enumerate(evidence.history.ledger, start=1)
        if (entry.ticket, entry.step, entry.purpose) == (one.ticket, one.step, one.purpose)
    ]
    return f"ledger.jsonl:{','.join(lines)}" if lines else "plan.json, and no line of ledger.jsonl"


def _entries(*, is_applied: bool) -> Unfold:
    def rows(evidence: Evidence) -> Iterator[Row]:
        numbers = {id(entry): number for number, entry in enumerate(evidence.history.ledger, start=1)}
        for one in entries(evidence):
            if one.applied == is_applied:
                text = f"{ticket_id(one.ticket)} {one.step}/{one.purpose} #{one.nth}"
                yield Row(text, f"ledger.jsonl:{numbers[id(one)]}", one.ticket)

    return rows


# -- retries


def _attempt(evidence: Evidence, one: Attempt, text: str = "") -> Row:
    how = one.result or one.error or "never ended"
    told = f"{ticket_id(one.ticket)} {one.step} #{one.visit} in {one.proc}: {text or how}"
    return Row(told, source(evidence, one.proc, one.seq), one.ticket)


def _attempts(evidence: Evidence) -> Iterator[Row]:
    for tries in evidence.instances.values():
        yield from (_attempt(evidence, one) for one in tries)


def _retries(evidence: Evidence) -> Iterator[Row]:
    for tries in evidence.instances.values():
        for nth, one in enumerate(tries[1:], start=2):
            yield _attempt(evidence, one, f"attempt {nth}, {one.result or one.error or 'never ended'}")


def _amplification(evidence: Evidence) -> Iterator[Row]:
    count = sum(map(len, evidence.instances.values()))
    yield Row(f"{count} attempts of {len(evidence.instances)} step instances", "attempts, retries")
    yield from _retries(evidence)


def _recovered_by_retry(evidence: Evidence) -> Iterator[Row]:
    return _tickets(evidence, recovered_by_retry(evidence), lambda t: _became(evidence, t))


def _redone(evidence: Evidence) -> Iterator[Row]:
    for tries in evidence.instances.values():
        for one in tries[:-1]:
            yield _attempt(evidence, one, f"{seconds(work_ns(evidence, [one])):g} s that another attempt replaced")


def _wasted(evidence: Evidence) -> Iterator[Row]:
    for tries in evidence.instances.values():
        if not has_worked(tries):
            for one in tries:
                yield _attempt(evidence, one, f"{seconds(work_ns(evidence, [one])):g} s for nothing")


# -- recovery


def _interrupted(evidence: Evidence) -> Iterator[Row]:
    for one in evidence.exposures:
        yield from (_attempt(evidence, a, f"open when fault {one.fault.id} landed") for a in one.attempts)


def _exposed(claim: Callable[[Evidence, int], bool]) -> Unfold:
    def rows(evidence: Evidence) -> Iterator[Row]:
        by = {ticket: one.fault.id for one in evidence.exposures for ticket in sorted(one.tickets)}
        tickets = [ticket for ticket in by if claim(evidence, ticket)]
        return _tickets(evidence, tickets, lambda t: f"hit by fault {by[t]}, {_became(evidence, t)}")

    return rows


def _is_unrecovered(evidence: Evidence, ticket: int) -> bool:
    return not evidence.is_right(ticket) and ticket not in evidence.must_fail


def _resumes(evidence: Evidence) -> Iterator[Row]:
    for one, attempt, took in sorted(resumes(evidence), key=lambda pair: pair[2]):
        yield _attempt(evidence, attempt, f"{_took(took)} after fault {one.fault.id}")


def _unresumed(evidence: Evidence) -> Iterator[Row]:
    return (
        _attempt(evidence, a, f"never again after fault {one.fault.id}")
        for one, a, s in resumes(evidence)
        if s == math.inf
    )


def _recoveries(evidence: Evidence) -> Iterator[Row]:
    for one, ticket, took in sorted(recoveries(evidence), key=lambda pair: pair[2]):
        text = f"{ticket_id(ticket)} {_took(took)} after fault {one.fault.id}"
        yield Row(text, _end(evidence, ticket), ticket)


def _took(value: float) -> str:
    return "never" if math.isinf(value) else f"{value:g} s"


def _end(evidence: Evidence, ticket: int) -> str:
    end = evidence.ends.get(ticket)
    row = next(
        (r for r in evidence.history.audit if end and r.table == "tickets" and r.row == str(ticket) and r.at == end.at),
        None,
    )
    return f"audit row {row.id}" if row else "no terminal row in the audit"


def _completions(evidence: Evidence) -> Iterator[Row]:
    ended = sorted((a for a in evidence.history.attempts if a.ticket > 0 and a.result), key=lambda a: a.ended or 0)
    gaps = [((b.ended or 0) - (a.ended or 0), a, b) for a, b in pairwise(ended)]
    for gap, before, after in sorted(gaps, key=lambda one: -one[0])[:10]:
        yield _attempt(evidence, after, f"completed {seconds(gap):g} s after {ticket_id(before.ticket)} {before.step}")


def _drain(evidence: Evidence) -> Iterator[Row]:
    for one in evidence.history.faults_ended.values():
        yield Row(f"fault {one.fault} undone at {one.t}", role_source(evidence, "harness", one.seq))
    yield from _phases(evidence, "quiet")


def _phases(evidence: Evidence, *names: str) -> Iterator[Row]:
    for one in evidence.history.phases:
        if one.name in names:
            yield Row(f"phase {one.name} at {one.t}", role_source(evidence, "harness", one.seq))


# -- races


def _writes(find: Callable[[Evidence], list[AuditRow]]) -> Unfold:
    def rows(evidence: Evidence) -> Iterator[Row]:
        for row in find(evidence):
            read = "" if row.read_version is None else f", its writer had read version {row.read_version}"
            text = f"{row.table} {row.row}: version {row.old_version} → {row.new_version} by {row.writer}{read}"
            ticket = int(row.row) if row.table == "tickets" else int(row.value) if row.value else None
            yield Row(text, f"audit row {row.id}", ticket)

    return rows


def _duplicates(evidence: Evidence) -> Iterator[Row]:
    twice = [ticket for ticket, count in evidence.rows.items() if count > 1 and ticket > 0]
    return _tickets(evidence, twice, lambda t: f"inserted {evidence.rows[t]} times")


def _conflicts(evidence: Evidence) -> Iterator[Row]:
    for proc, one in evidence.history.conflicts:
        if one.ticket > 0:
            yield Row(
                f"{ticket_id(one.ticket)} a write on {one.table} was refused",
                source(evidence, proc, one.seq),
                one.ticket,
            )


# -- cost


def _latencies(evidence: Evidence) -> Iterator[Row]:
    for ticket, took in sorted(latencies_of(evidence).items(), key=lambda one: one[1]):
        yield Row(f"{ticket_id(ticket)} {took:g} s", _end(evidence, ticket), ticket)


def _acknowledgements(evidence: Evidence) -> Iterator[Row]:
    for one, took in sorted(acknowledgements(evidence), key=lambda pair: pair[1]):
        yield Row(f"{ticket_id(one.ticket)} {took:g} s", role_source(evidence, "harness", one.seq), one.ticket)


def _throughput(evidence: Evidence) -> Iterator[Row]:
    finished = evidence.classes["finished"]
    if finished:
        last = max(finished, key=lambda ticket: evidence.ends[ticket].at)
        yield Row(f"{len(finished)} finished, the last was {ticket_id(last)}", _end(evidence, last), last)


def _samples(evidence: Evidence) -> Iterator[Row]:
    for one in during_load(evidence):
        cpu = ", ".join(f"{role} {used:g} s" for role, used in one.cpu_seconds.items())
        rss = ", ".join(f"{role} {size / 1e6:.0f} MB" for role, size in one.rss_bytes.items())
        yield Row(
            f"CPU so far: {cpu}; memory: {rss}; {one.paused} of {one.in_flight} paused",
            role_source(evidence, "harness", one.seq),
        )


# -- experiment


def _fates(*names: str) -> Unfold:
    def rows(evidence: Evidence) -> Iterator[Row]:
        for fault, one in evidence.attestations.items():
            if one.fate in names:
                begun = evidence.history.faults_begun.get(fault)
                told_by = role_source(evidence, "harness", begun.seq) if begun else "its strikes in the journals"
                yield Row(f"fault {fault} {one.fate}: {one.detail}", told_by)

    return rows


def _known(name: str) -> Callable[[Evidence, int], bool]:
    """Return a claim on lost tickets, from the figures of durability."""
    return {
        "lost_acknowledged": lambda e, t: e.was_acknowledged(t),
        "lost_unacknowledged": lambda e, t: not e.was_acknowledged(t),
        "abandoned": lambda e, t: e.is_known(t),
        "vanished": lambda e, t: not e.is_known(t),
    }[name]


_ROWS: dict[str, Unfold] = {
    "submitted": _where(lambda _evidence, _ticket: True),
    "acknowledged": _where(lambda evidence, ticket: evidence.was_acknowledged(ticket)),
    "indeterminate": _where(_is_indeterminate),
    "rejected": _of_class("rejected"),
    "finished": _of_class("finished"),
    "unserved": _of_class("failed", "rejected", "lost"),
    "failed": _of_class("failed"),
    "failed_as_expected": _where(lambda evidence, ticket: ticket in evidence.must_fail, "failed"),
    "lost": _of_class("lost"),
    "lost_acknowledged": _where(_known("lost_acknowledged"), "lost"),
    "lost_unacknowledged": _where(_known("lost_unacknowledged"), "lost"),
    "abandoned": _where(_known("abandoned"), "lost"),
    "vanished": _where(_known("vanished"), "lost"),
    "wrong_outcome": _where(lambda evidence, ticket: not evidence.is_right(ticket), "finished"),
    "effects_expected": _balances("due"),
    "effects_applied": _entries(is_applied=True),
    "effects_missing": _balances("missing"),
    "effects_duplicated": _balances("duplicated"),
    "effects_unexpected": _balances("unexpected"),
    "effects_deduplicated": _entries(is_applied=False),
    "attempts": _attempts,
    "retries": _retries,
    "retry_amplification": _amplification,
    "recovered_by_retry": _recovered_by_retry,
    "redone_seconds": _redone,
    "wasted_seconds": _wasted,
    "interrupted": _interrupted,
    "exposed": _exposed(lambda _evidence, _ticket: True),
    "recovered": _exposed(lambda evidence, ticket: evidence.is_right(ticket)),
    "unrecovered": _exposed(_is_unrecovered),
    "unresumed": _unresumed,
    **dict.fromkeys(("resume_p50", "resume_p95", "resume_max"), _resumes),
    **dict.fromkeys(("recovery_p50", "recovery_p95", "recovery_max"), _recoveries),
    "unavailable": _completions,
    "drain": _drain,
    "lost_updates": _writes(lambda evidence: overwrites(evidence)[1]),
    "stale_writes": _writes(lambda evidence: overwrites(evidence)[0]),
    "double_assignments": _writes(double_assignments),
    "agents_leaked": _writes(agents_leaked),
    "duplicate_tickets": _duplicates,
    "conflicts": _conflicts,
    **dict.fromkeys(("latency_p50", "latency_p95", "latency_p99"), _latencies),
    "ack_p95": _acknowledgements,
    "throughput": _throughput,
    **dict.fromkeys(
        ("cpu_seconds", "engine_cpu_seconds", "cpu_per_ticket", "paused_cpu_seconds", "peak_rss"), _samples
    ),
    "faults_planned": _fates("landed", "missed"),
    "faults_landed": _fates("landed"),
    "faults_missed": _fates("missed"),
    "faults_preempted": _fates("preempted"),
}
