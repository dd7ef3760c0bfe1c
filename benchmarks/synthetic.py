"""A synthetic run on disk, as large as one likes, for measuring what judges and renders it."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from harness.faults.spec import PlannedTicket
from harness.history import run_records
from harness.planning import plan as planning
from harness.planning.reading import read
from harness.runfolder.meta import Meta, write_meta
from systems.desk import records
from systems.desk.live import store
from systems.desk.model import MESSAGES
from systems.desk.rows import LedgerEntry, TimelineEntry

WORKERS = 4


def write_run(
    folder: Path, labels: Sequence[str], tickets: int, *, least: int = 0, repeat: int = 1, lost_every: int = 0
) -> int:
    """Write a run without faults and return its records, `least` or more: steps are tried as often as it takes.

    Each `lost_every`-th ticket breaks off in the middle and is never heard of again.
    """
    source = folder / "scenario.yaml"
    blocks = ", ".join(f"{label}: {{system: sync}}" for label in labels)
    load = f"{{tickets: {tickets}, arrival: {{rate: 1000/s}}}}"
    source.write_text(f"name: synthetic\nrepeat: {repeat}\nload: {load}\nsystems: {{{blocks}}}\n")
    plan = planning.build(read(str(source))[0])
    (folder / "plan.json").write_bytes(planning.encode(plan))
    write_meta(
        folder, Meta(1, "synthetic", plan.seed, repeat, tuple(labels), planning.sha256(plan), {}, 0.0, "complete")
    )
    each = least // len(labels) // repeat
    count = 0
    for n in range(1, repeat + 1):
        planned = planning.for_repetition(plan.scenario, n).tickets
        walked = [_broken(one) if lost_every and one.number % lost_every == 0 else one for one in planned]
        count += sum(_write_system(walked, folder / label / str(n), each) for label in labels)
    return count


def _broken(ticket: PlannedTicket) -> PlannedTicket:
    """Return a ticket with the first half of its path only."""
    half = ticket.oracle.path[: len(ticket.oracle.path) // 2]
    oracle = msgspec.structs.replace(ticket.oracle, path=half, effects=ticket.oracle.effects[:1])
    return msgspec.structs.replace(ticket, oracle=oracle)


def _write_system(tickets: Sequence[PlannedTicket], place: Path, count: int) -> int:
    for name in ("journal", "histories"):
        (place / name).mkdir(parents=True)
    (place / "histories" / "residency.jsonl").touch()
    store.create(f"sqlite:///{place / 'store.sqlite'}", "atomic", 1, 1)
    audit = _write_store(tickets, place, _tries(tickets, count))
    return _write_records(tickets, place, _tries(tickets, count), audit)


def _tries(tickets: Sequence[PlannedTicket], count: int) -> int:
    steps = sum(len(ticket.oracle.path) for ticket in tickets)
    return max(1, (count - 3 * len(tickets)) // (2 * steps))


def _write_records(tickets: Sequence[PlannedTicket], place: Path, tries: int, audit: int) -> int:
    journals = [_Lines(place / "journal" / f"worker-{n}-{n + 1}-1.jsonl") for n in range(WORKERS)]
    supervisor = _Lines(place / "journal" / "supervisor-0-99-1.jsonl")
    harness = _Lines(place / "journal" / "harness-0-98-1.jsonl")
    for n, journal in enumerate(journals):
        journal.add(records.Opened, wall=0, proc=f"{n + 1}-1", role="worker", index=n, label="sync")
        supervisor.add(run_records.Spawned, proc=f"{n + 1}-1", role="worker", index=n)
        supervisor.add(run_records.Ready, proc=f"{n + 1}-1")
    harness.add(run_records.Phase, name="load")
    ledger = (place / "ledger.jsonl").open("wb")
    effects = 0
    for ticket in tickets:
        journal = journals[ticket.number % WORKERS]
        harness.add(run_records.Submitted, ticket=ticket.number, n=1, planned=harness.t)
        due = iter(ticket.oracle.effects)
        for number, (attempt, passage) in enumerate(_attempts(ticket, tries), start=1):
            at = {"attempt": attempt, "ticket": ticket.number, "step": passage.step, "visit": passage.visit}
            journal.add(records.AttemptStarted, walk=f"w{ticket.number}", **at)
            is_last = number % tries == 0
            came_to = {"result": passage.result} if is_last else {"error": "Transient"}
            journal.add(records.AttemptEnded, attempt=attempt, **came_to)
            effect = next(due, None) if is_last and passage.step in MESSAGES else None
            if effect is not None:
                key = (ticket.number, effect.step, effect.purpose, effect.nth)
                ledger.write(msgspec.json.encode(LedgerEntry(effects, journal.t, *key, attempt, True)) + b"\n")  # noqa: FBT003
                effects += 1
        has_ended = ticket.oracle.path[-1].step == "close_ticket"
        answer = ("ok", True, ticket.oracle.end) if has_ended else ("info", False, "")
        told = dict(zip(("outcome", "accepted", "state"), answer, strict=True))
        harness.add(run_records.Answered, ticket=ticket.number, n=1, **told)
        harness.add(run_records.ClientDone, ticket=ticket.number)
    ledger.close()
    harness.add(run_records.Phase, name="quiet")
    harness.add(run_records.LiveAtEnd, live=(), known=(), failed=())
    counts = [one.close() for one in journals]
    for n, journal in enumerate(journals):
        ended: dict[str, Any] = {"code": None, "signal": "SIGKILL", "cpu_seconds": 1.0, "peak_rss_bytes": 1}
        supervisor.add(run_records.Exited, proc=f"{n + 1}-1", journal_bytes=journal.path.stat().st_size, **ended)
    counts.append(supervisor.close())
    harness.add(run_records.Totals, ledger=effects, audit=audit, residencies=0, histories=0)
    harness.add(run_records.SupervisorLeft, journal_bytes=supervisor.path.stat().st_size)
    harness.add(run_records.Phase, name="end")
    return sum(counts) + harness.close()


def _attempts(ticket: PlannedTicket, tries: int) -> Iterator[tuple[str, TimelineEntry]]:
    number = 0
    for passage in ticket.oracle.path:
        for _ in range(tries):
            number += 1
            attempt = f"{ticket.number % WORKERS + 1}-1.{ticket.number}.{number}"
            yield attempt, TimelineEntry(passage.step, passage.visit, passage.purpose, passage.result, attempt)


def _write_store(tickets: Sequence[PlannedTicket], place: Path, tries: int) -> int:
    """Write tickets as rows, and in the audit an insert a ticket and an update a step; return how many those are."""
    import sqlite3  # noqa: PLC0415 - the synthetic store is written without the desk

    rows: list[tuple[str | int | None, ...]] = []
    ended: list[tuple[str | int, ...]] = []
    for ticket in tickets:
        rows.append(("tickets", str(ticket.number), None, 1, None, "1-1.open", 10, "open", ""))
        entries = list(_attempts(ticket, tries))[tries - 1 :: tries]
        for version, (attempt, entry) in enumerate(entries, start=1):
            state = ticket.oracle.end if entry.step == "close_ticket" else "open"
            line = msgspec.json.encode(entry).decode()
            rows.append(("tickets", str(ticket.number), version, version + 1, version, attempt, 10**12, state, line))
        ended.append((ticket.number, ticket.priority, state, len(entries) + 1, attempt, 10**12))
    columns = '"table", "row", old_version, new_version, read_version, writer, "at", value, entry'
    ticket_columns = 'number, priority, state, version, writer, "at"'
    with sqlite3.connect(place / "store.sqlite") as connection:
        connection.execute("DROP TRIGGER audit_tickets_insert")
        connection.executemany(f"INSERT INTO tickets ({ticket_columns}) VALUES (?,?,?,?,?,?)", ended)  # noqa: S608
        connection.executemany(f"INSERT INTO audit ({columns}) VALUES (?,?,?,?,?,?,?,?,?)", rows)  # noqa: S608
    connection.close()
    return len(rows)


class _Lines:
    """A journal written in bulk."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("wb")
        self._encoder = msgspec.json.Encoder()
        self._seq = 0
        self.t = 1_000_000_000

    def add(self, kind: type[records.Record], **fields: object) -> None:
        self.t += 1000
        self._file.write(self._encoder.encode(kind(seq=self._seq, t=self.t, **fields)) + b"\n")
        self._seq += 1

    def close(self) -> int:
        self._file.close()
        return self._seq
