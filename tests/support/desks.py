"""A desk of a test's own: its store, receiver, journal and worker file in one folder."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import urllib3

from harness.history.run_records import AnyRecord
from systems import start
from systems.desk.config import DeskConfig, Locking, Safeguards, WorkerSpec
from systems.desk.live.channel import Channel
from systems.desk.live.journal import Journal
from systems.desk.live.outbox import Outbox
from systems.desk.live.points import Points
from systems.desk.live.steps import LiveDesk
from systems.desk.live.store import Store, create
from systems.desk.model import Priority, Step, StepCall, Ticket
from systems.desk.outcomes import Outcomes
from systems.desk.points import PointSpec
from systems.desk.rows import LedgerEntry
from tests.support.chaos import ROOT

WELL = Outcomes(kb_miss=0, resolution_invalid=0, no_agent=0, needs_escalation=0, escalation_rejected=0, fix_fails=0)


def config(
    *, locking: Locking = "atomic", outcomes: Outcomes = WELL, regular: int = 2, step_s: float = 0
) -> DeskConfig:
    return DeskConfig(
        seed=1,
        outcomes=outcomes,
        safeguards=Safeguards(locking=locking),
        step_time_s=dict.fromkeys((step.value for step in Step), step_s),
        regular_agents=regular,
        senior_agents=2,
        agent_timeout_s=5,
        agent_poll_s=0.01,
    )


def url(folder: Path) -> str:
    return f"sqlite:///{folder / 'store.sqlite'}"


def write_worker(folder: Path, receiver: str, desk: DeskConfig, *points: PointSpec, **settings: Any) -> Path:
    """Make the folder's store and points, and the file that a worker of it starts from."""
    create(url(folder), desk.safeguards.locking, desk.regular_agents, desk.senior_agents)
    for name in ("journal", "points", "logs"):
        (folder / name).mkdir()
    spec = WorkerSpec(
        label="one",
        desk=desk,
        meetings=(),
        points=points,
        database_url=url(folder),
        receiver_url=receiver,
        journal_dir=str(folder / "journal"),
        points_dir=str(folder / "points"),
        grace_s=settings.pop("grace_s", 10),
        settings={"system": "sync", "processes": 1, "threads": 1, **settings},
    )
    path = folder / "worker.json"
    path.write_bytes(msgspec.json.encode(spec))
    return path


def live_desk(folder: Path, receiver: str, desk: DeskConfig, *points: PointSpec) -> LiveDesk:
    """Open a desk in this process, as a worker does, on a store made anew."""
    write_worker(folder, receiver, desk, *points)
    journal = Journal.open(folder / "journal", "worker", 0, "one")
    live = LiveDesk(desk, "1-1", Store(url(folder), desk.safeguards.locking), Outbox(receiver), journal)
    live.points = Points(points, folder / "points", journal, Channel(None))
    return live


def step_call(
    step: Step, purpose: str = "", *, ticket: Ticket | None = None, visit: int = 1, end: str = ""
) -> StepCall:
    return StepCall(ticket or Ticket(1, Priority.LOW), step, visit, purpose, 1, "walk", end)


def journaled(folder: Path) -> list[AnyRecord]:
    """Read what the folder's workers journaled, in time order."""
    decoder = msgspec.json.Decoder(AnyRecord)
    found = [one for path in folder.glob("journal/worker-*.jsonl") for one in decoder.decode_lines(path.read_bytes())]
    return sorted(found, key=lambda one: one.t)


@dataclass(frozen=True)
class Receiver:
    """A running receiver process."""

    url: str
    path: Path
    process: subprocess.Popen[bytes]

    def ledger(self) -> list[LedgerEntry]:
        return msgspec.json.Decoder(LedgerEntry).decode_lines(self.path.read_bytes())

    def post(self, body: bytes) -> tuple[int, Any]:
        answer = urllib3.request("POST", f"{self.url}/effects", body=body, retries=False)
        return answer.status, answer.json()


@dataclass(frozen=True)
class Child:
    """A process of the program with the supervisor's end of its channel."""

    process: subprocess.Popen[bytes]
    line: socket.socket

    def hear(self) -> dict[str, Any]:
        """Wait for its next message; its log is in the failure if it has none."""
        message = self.line.makefile("rb").readline()
        assert message, f"it ended with {self.process.wait(10)}"
        heard: dict[str, Any] = json.loads(message)
        return heard


@contextmanager
def child(log: Path, *argv: str, listens: socket.socket | None = None) -> Iterator[Child]:
    """Run `python ARGV` as the supervisor would, with a channel and perhaps the listening socket."""
    ours, theirs = socket.socketpair()
    fds = [theirs.fileno(), *([listens.fileno()] if listens else [])]
    env = {**os.environ, "CHAOS_CHANNEL": str(fds[0]), **({"CHAOS_LISTEN": str(fds[1])} if listens else {})}
    with ours, log.open("ab") as out:
        ours.settimeout(30)
        with theirs:
            process = subprocess.Popen(
                [sys.executable, *argv],
                pass_fds=fds,
                env=env,
                cwd=ROOT,
                stdout=out,
                stderr=out,
                stdin=subprocess.DEVNULL,
            )
        try:
            yield Child(process, ours)
        finally:
            process.kill()
            process.wait()


@contextmanager
def receiver(folder: Path, *options: str, ledger: Path | None = None) -> Iterator[Receiver]:
    """Run the real receiver on a ledger in `folder`."""
    journal = folder / "receiver-journal"
    journal.mkdir(exist_ok=True)
    path = ledger or folder / "ledger.jsonl"
    argv = start.command(
        "harness.execution.receiver", "--ledger", str(path), "--journal", str(journal), "--label", "one", *options
    )
    with child(folder / "receiver.log", *argv[1:]) as one:
        yield Receiver(f"http://127.0.0.1:{one.hear()['port']}", path, one.process)
