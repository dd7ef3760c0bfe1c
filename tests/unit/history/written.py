"""A whole repetition, as its processes write it: one ticket's first step."""

import time
from pathlib import Path
from typing import TypedDict

import msgspec

from harness.history import load as record
from harness.history import run_records
from harness.history.model import History
from systems.desk import records
from systems.desk.live.journal import Journal, journal_bytes
from systems.desk.live.store import Store, create
from systems.desk.model import BUSY, Priority, Ticket
from systems.desk.rows import LedgerEntry, TimelineEntry
from systems.system import Residency

PROC = "11-1"
WORKER = f"worker-1-{PROC}.jsonl"
SUPERVISOR = "supervisor-0-10-1.jsonl"


class At(TypedDict):
    attempt: str
    ticket: int
    step: str
    visit: int


def written(folder: Path) -> Path:
    """Write a whole repetition as its processes do: one ticket's first step."""
    for name in ("journal", "histories"):
        (folder / name).mkdir()
    supervisor = Journal(folder / "journal" / SUPERVISOR)
    supervisor.write(records.Opened, wall=1, proc="10-1", role="supervisor", index=0, label="one")
    supervisor.write(run_records.Spawned, proc=PROC, role="worker", index=1)

    client = Journal(folder / "journal" / "harness-0-9-1.jsonl")
    client.write(run_records.Phase, name="load")
    client.write(run_records.Submitted, ticket=1, n=1, planned=5)
    client.write(run_records.Answered, ticket=1, n=1, outcome="ok", state="resolved")
    client.write(run_records.ClientDone, ticket=1)
    client.write(run_records.FaultBegun, fault="1.1", planned=0, procs=(PROC,))
    client.write(run_records.FaultEnded, fault="1.1", healed=True, injected=True)
    client.write(run_records.Sample, cpu_seconds={"worker": 1.0}, rss_bytes={"worker": 2}, in_flight=1, paused=0)
    client.write(run_records.LiveAtEnd, live=(), known=(), failed=())

    worker = Journal(folder / "journal" / WORKER)
    worker.write(records.Opened, wall=1, proc=PROC, role="worker", index=1, label="one")
    supervisor.write(run_records.Ready, proc=PROC)
    supervisor.write(run_records.Signalled, proc=PROC, signal="SIGKILL", fault="1.1")
    resident = time.monotonic_ns()
    worker.write(records.RequestOpened, request="r.1", ticket=1)
    sent = attempt(worker, "a.1", "send_auto_response", "done")
    attempt(worker, "a.2", "assign_agent", BUSY)
    worker.write(records.RequestClosed, request="r.1", ticket=1, state="open", status=200)
    worker.write(records.RequestOpened, request="r.2", ticket=2)
    at = At(attempt="a.3", ticket=1, step="close_ticket", visit=1)
    worker.write(records.AttemptStarted, walk="w", **at)
    worker.write(records.PointReached, point="1.1", window="before_effect", **at)
    worker.write(records.PointReleased, point="1.1", attempt="a.3")
    worker.write(records.Struck, point="2.1", token=1, window="before_effect", act="hang", **at)
    worker.write(records.HangOver, point="2.1", attempt="a.3")
    worker.write(records.Conflict, attempt="a.3", ticket=1, table="tickets")
    worker.write(records.LockError, attempt="a.3", message="locked")
    size = journal_bytes(folder / "journal", PROC)
    assert size == (folder / "journal" / WORKER).stat().st_size
    supervisor.write(
        run_records.Exited,
        proc=PROC,
        code=None,
        signal="SIGKILL",
        cpu_seconds=1.5,
        peak_rss_bytes=3,
        journal_bytes=size,
    )
    client.write(run_records.Totals, ledger=1, audit=2, residencies=1, histories=0)
    client.write(run_records.SupervisorLeft, journal_bytes=(folder / "journal" / SUPERVISOR).stat().st_size)
    client.write(run_records.Phase, name="end")

    url = f"sqlite:///{folder / 'store.sqlite'}"
    create(url, "atomic", 1, 1)
    store = Store(url, "atomic")
    store.open_ticket(Ticket(1, Priority.LOW), "r.1")
    seen = store.read(1)
    assert seen is not None
    store.record(seen, TimelineEntry("send_auto_response", 1, "received", "done", "a.1"))
    store.close()
    entry = LedgerEntry(0, sent, 1, "send_auto_response", "received", 1, "a.1", applied=True)
    (folder / "ledger.jsonl").write_bytes(msgspec.json.encode(entry) + b"\n")
    residency = Residency(1, PROC, resident, resident + 9)
    (folder / "histories" / "residency.jsonl").write_bytes(msgspec.json.encode(residency) + b"\n")
    return folder


def attempt(journal: Journal, name: str, step: str, result: str) -> int:
    """Write an attempt, and return a moment (ns) within it."""
    journal.write(records.AttemptStarted, attempt=name, ticket=1, step=step, visit=1, walk="w")
    moment = time.monotonic_ns()
    journal.write(records.AttemptEnded, attempt=name, result=result)
    return moment


def load(folder: Path) -> History:
    return record.load(folder, "one", 1)


def spawn(folder: Path, proc: str) -> None:
    """Let the supervisor say that it started another worker."""
    path = folder / "journal" / SUPERVISOR
    line = run_records.Spawned(99, 1, proc, "worker", 2)
    path.write_bytes(path.read_bytes() + msgspec.json.encode(line) + b"\n")
