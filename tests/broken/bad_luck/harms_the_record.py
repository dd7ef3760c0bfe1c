"""Writes into the run's own folder, once, as it takes its second ticket: `harm` says what."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec

from systems.desk.live.workplace import Workplace
from systems.desk.model import Ticket
from systems.sync.service import DeskService, Reply
from systems.sync.settings import SyncSettings
from tests.broken.building import on_sync, serving

MOMENT = 2
"""The ticket with which it comes: the canaries have passed, and most of the load is still to come."""
LARGE_BYTES = 300_000_000


def _forge(place: Path) -> None:
    """Copy a journal under the name of a worker that never was."""
    original = next((place / "journal").glob("worker-0-*.jsonl"))
    shutil.copy(original, place / "journal" / "worker-9-1-1.jsonl")


def _drop_expectations(place: Path) -> None:
    """Leave a plan by which nothing is expected of anybody."""
    path = place.parents[1] / "plan.json"
    plan = msgspec.json.decode(path.read_bytes())
    plan["scenario"]["expect"] = []
    path.write_bytes(msgspec.json.encode(plan))


def _cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def _write_large(place: Path) -> None:
    with (place / "journal" / "worker-6-1-1.jsonl").open("wb") as file:
        file.truncate(LARGE_BYTES)


HARMS: dict[str, Callable[[Path], object]] = {
    "a note of its own": lambda place: (place.parents[1] / "note.txt").write_text("kilroy was here"),
    "junk in the journals": lambda place: (place / "journal" / "junk.jsonl").write_bytes(os.urandom(100_000)),
    "a forged journal": _forge,
    "a pipe as a journal": lambda place: os.mkfifo(place / "journal" / "worker-8-1-1.jsonl"),
    "a folder as a journal": lambda place: (place / "journal" / "worker-7-1-1.jsonl").mkdir(),
    "300 MB as a journal": _write_large,
    "its journal cut": lambda place: _cut(next((place / "journal").glob("worker-0-*.jsonl"))),
    "the harness's journal cut": lambda place: _cut(next((place / "journal").glob("harness-*.jsonl"))),
    "the supervisor's journal gone": lambda place: next((place / "journal").glob("supervisor-*.jsonl")).unlink(),
    "the ledger gone": lambda place: (place / "ledger.jsonl").unlink(),
    "the ledger cut": lambda place: _cut(place / "ledger.jsonl"),
    "the store cut": lambda place: _cut(place / "store.sqlite"),
    "the store gone": lambda place: (place / "store.sqlite").unlink(),
    "the plan changed": _drop_expectations,
    "the card overwritten": lambda place: (place.parents[1] / "run.json").write_text("{}"),
    "the whole run gone": lambda place: shutil.rmtree(place.parents[1]),
}


class Harmful(DeskService):
    def __init__(self, work: Workplace, settings: SyncSettings) -> None:
        super().__init__(work, settings)
        self._place = Path(work.spec.journal_dir).parent
        self._harm = HARMS[work.spec.settings["harm"]]

    def submit(self, ticket: Ticket) -> Reply:
        if ticket.number == MOMENT:
            self._harm(self._place)
        return super().submit(ticket)


build = on_sync(__name__)
main = serving(Harmful)
