"""`chaos check` on a synthetic run of a million records: records a second, and peak memory.

The run has two systems, which are judged side by side; what one system alone comes to is printed too.
"""

import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import psutil

from benchmarks.measuring import ROUNDS, python
from harness import plan as planning
from harness.faults.fault import PlannedTicket
from harness.meta import Meta, write_meta
from harness.reading import read
from systems.desk import records
from systems.desk.live import store
from systems.desk.records import LedgerEntry, TimelineEntry

RECORDS = 1_000_000
TICKETS = 5_000
WORKERS = 4
SAMPLE_S = 0.1


def main() -> None:
    """Write the folders once, judge them several times, print medians."""
    for labels in (("sync", "other"), ("sync",)):
        with tempfile.TemporaryDirectory() as folder:
            count = write_run(Path(folder), labels)
            runs = [_timed(folder) for _ in range(ROUNDS)]
        seconds = statistics.median(took for took, _ in runs)
        rss = statistics.median(rss for _, rss in runs)
        promised = ("promised ≥ 500,000", "promised < 500") if len(labels) > 1 else ("on one core", "in one process")
        print(f"chaos check of {count:,} records, {len(labels)} system(s): {seconds:.2f} s", end="")
        print(f" = {count / seconds:,.0f} records/s ({promised[0]}), peak {rss / 1e6:.0f} MB ({promised[1]})")


def _timed(folder: str) -> tuple[float, int]:
    """Return (seconds, peak resident bytes of all its processes together, shared pages counted twice)."""
    start = time.perf_counter()
    checking = subprocess.Popen(python("-m", "harness", "check", folder), stdout=subprocess.DEVNULL)
    process, peak = psutil.Process(checking.pid), 0
    while True:
        try:
            checking.wait(SAMPLE_S)
        except subprocess.TimeoutExpired:
            peak = max(peak, sum(_resident(one) for one in (process, *process.children())))
        else:
            return time.perf_counter() - start, peak


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0


def write_run(folder: Path, labels: Sequence[str]) -> int:
    """Write a run without faults, in which every step was tried several times; return its records."""
    source = folder / "scenario.yaml"
    blocks = ", ".join(f"{label}: {{system: sync}}" for label in labels)
    source.write_text(
        f"name: synthetic\nload: {{tickets: {TICKETS}, arrival: {{rate: 1000/s}}}}\nsystems: {{{blocks}}}\n"
    )
    plan = planning.build(read(str(source))[0])
    (folder / "plan.json").write_bytes(planning.encode(plan))
    write_meta(folder, Meta(1, "synthetic", plan.seed, 1, tuple(labels), planning.sha256(plan), {}, 0.0, "complete"))
    return sum(_write_system(plan, folder / label / "1", RECORDS // len(labels)) for label in labels)


def _write_system(plan: planning.Plan, place: Path, count: int) -> int:
    for name in ("journal", "histories"):
        (place / name).mkdir(parents=True)
    (place / "histories" / "residency.jsonl").touch()
    store.create(f"sqlite:///{place / 'store.sqlite'}", "atomic", 1, 1)
    return _write_records(plan, place, count)


def _write_records(plan: planning.Plan, place: Path, count: int) -> int:
    steps = sum(len(ticket.oracle.path) for ticket in plan.tickets)
    tries = max(1, (count - 3 * TICKETS) // (2 * steps))
    journals = [_Lines(place / "journal" / f"worker-{n}-{n + 1}-1.jsonl") for n in range(WORKERS)]
    supervisor = _Lines(place / "journal" / "supervisor-0-99-1.jsonl")
    harness = _Lines(place / "journal" / "harness-0-98-1.jsonl")
    for n, journal in enumerate(journals):
        journal.add(records.Opened, wall=0, proc=f"{n + 1}-1", role="worker", index=n, label="sync")
        supervisor.add(records.Spawned, proc=f"{n + 1}-1", role="worker", index=n)
        supervisor.add(records.Ready, proc=f"{n + 1}-1")
    harness.add(records.Phase, name="load")
    ledger = (place / "ledger.jsonl").open("wb")
    effects = 0
    for ticket in plan.tickets:
        journal = journals[ticket.number % WORKERS]
        harness.add(records.Submitted, ticket=ticket.number, n=1, planned=harness.t)
        for attempt, passage in _attempts(ticket, tries):
            at = {"attempt": attempt, "ticket": ticket.number, "step": passage.step, "visit": passage.visit}
            journal.add(records.AttemptStarted, walk=f"w{ticket.number}", **at)
            journal.add(records.AttemptEnded, attempt=attempt, result=passage.result)
        for effect in ticket.oracle.effects:
            key = (ticket.number, effect.step, effect.purpose, effect.nth)
            ledger.write(msgspec.json.encode(LedgerEntry(effects, journal.t, *key, attempt, True)) + b"\n")  # noqa: FBT003
            effects += 1
        harness.add(records.Answered, ticket=ticket.number, n=1, outcome="ok", accepted=True, state=ticket.oracle.end)
        harness.add(records.ClientDone, ticket=ticket.number)
    ledger.close()
    harness.add(records.Phase, name="quiet")
    harness.add(records.LiveAtEnd, live=(), known=(), failed=())
    _write_audit(plan, place, tries)
    return sum(one.close() for one in (*journals, supervisor, harness))


def _attempts(ticket: PlannedTicket, tries: int) -> Iterator[tuple[str, TimelineEntry]]:
    number = 0
    for passage in ticket.oracle.path:
        for _ in range(tries):
            number += 1
            attempt = f"{ticket.number % WORKERS + 1}-1.{ticket.number}.{number}"
            yield attempt, TimelineEntry(passage.step, passage.visit, passage.purpose, passage.result, attempt)


def _write_audit(plan: planning.Plan, place: Path, tries: int) -> None:
    """Write what the triggers would have: an insert a ticket, and an update a step."""
    import sqlite3  # noqa: PLC0415 - the synthetic store is written without the desk

    rows: list[tuple[str | int | None, ...]] = []
    for ticket in plan.tickets:
        rows.append(("tickets", str(ticket.number), None, 1, None, "1-1.open", 10, "open", ""))
        entries = list(_attempts(ticket, tries))[tries - 1 :: tries]
        for version, (attempt, entry) in enumerate(entries, start=1):
            state = ticket.oracle.end if entry.step == "close_ticket" else "open"
            line = msgspec.json.encode(entry).decode()
            rows.append(("tickets", str(ticket.number), version, version + 1, version, attempt, 10**12, state, line))
    columns = '"table", "row", old_version, new_version, read_version, writer, "at", value, entry'
    with sqlite3.connect(place / "store.sqlite") as connection:
        connection.executemany(f"INSERT INTO audit ({columns}) VALUES (?,?,?,?,?,?,?,?,?)", rows)  # noqa: S608
    connection.close()


class _Lines:
    """A journal written in bulk."""

    def __init__(self, path: Path) -> None:
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
