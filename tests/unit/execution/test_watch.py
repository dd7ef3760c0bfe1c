"""The journals that grow are read on; what else lies among them neither holds up a run nor is taken for one."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest

from harness.execution import watch
from harness.execution.watch import Watch
from systems.desk import records
from systems.desk.live.journal import Journal
from systems.desk.live.store import Store

ALIVE = "11-1"


class EmptyStore:
    def changes(self, after: int) -> list[object]:  # noqa: ARG002 - there are none
        return []


def watching(folder: Path) -> Watch:
    return Watch(cast("Store", EmptyStore()), folder, lambda proc: proc == ALIVE)


def attempt(journal: Journal, name: str, ticket: int) -> None:
    journal.write(records.AttemptStarted, attempt=name, ticket=ticket, step="close_ticket", visit=1, walk="w")


def test_a_journal_is_read_on_from_where_it_was_left_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "PIECE_BYTES", 200)
    seen, journal = watching(tmp_path), Journal(tmp_path / f"worker-0-{ALIVE}.jsonl")
    for ticket in range(1, 6):
        attempt(journal, f"a.{ticket}", ticket)
    assert seen.open_attempts() == {ALIVE: {1, 2, 3, 4, 5}}
    journal.write(records.AttemptEnded, attempt="a.2", result="done")
    assert seen.open_attempts() == {ALIVE: {1, 3, 4, 5}}


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
@pytest.mark.parametrize("proc", [ALIVE, "9-9"])
def test_what_is_no_file_is_passed_over(tmp_path: Path, make: Callable[[Path], None], proc: str) -> None:
    make(tmp_path / f"worker-0-{proc}.jsonl")
    asyncio.run(watching(tmp_path).look())


def test_a_journal_of_a_process_that_was_never_started_is_not_read(tmp_path: Path) -> None:
    attempt(Journal(tmp_path / "worker-9-9-9.jsonl"), "a.1", 1)
    seen = Watch(cast("Store", EmptyStore()), tmp_path, lambda _: False)
    assert seen.open_requests() == set()
    assert seen.struck() == set()


def test_a_file_without_an_end_of_line_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "PIECE_BYTES", 1000)
    path = tmp_path / f"worker-0-{ALIVE}.jsonl"
    path.write_bytes(b"x" * 5000)
    seen = watching(tmp_path)
    assert seen.open_attempts() == {}
    attempt(Journal(path), "a.1", 1)
    assert seen.open_attempts() == {}
