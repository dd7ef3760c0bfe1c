"""A folder that is gone on with after a boot: what happened before stands before, by the wall clock."""

import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec

from harness.history.load import load
from harness.live.reboot import moved
from harness.live.scribe import Footing, read_footing, wall_offset
from harness.planning import plan as planning
from systems.desk import records
from systems.desk.live.identity import boot_id
from systems.desk.live.journal import Journal
from systems.desk.live.store import Store, create
from systems.desk.model import Priority, Ticket
from systems.desk.rows import LedgerEntry
from tests.unit.planning.test_reading import scenario_from

HOUR = 3600 * 1_000_000_000


def journal(folder: Path, pid: int, boot: str, wall: int, *lines: records.Record) -> None:
    name = f"worker-0-{pid}-1"
    opened = records.Opened(0, HOUR, wall, f"{pid}-1", "worker", 0, "sync", boot)
    content = b"".join(msgspec.json.encode(line) + b"\n" for line in (opened, *lines))
    (folder / "journal" / f"{name}.jsonl").write_bytes(content)


def begun(at: int, attempt: str) -> records.AttemptStarted:
    return records.AttemptStarted(1, at, attempt, 1, "assign_agent", 1, "w")


def test_records_of_two_boots_stand_in_the_order_of_the_wall_clock(tmp_path: Path) -> None:
    for name in ("journal", "histories"):
        (tmp_path / name).mkdir()
    # Each began its journal an hour after its boot; the second a day later by the wall clock.
    journal(tmp_path, 9, "first", 100 * HOUR, begun(HOUR + 5, "before"))
    journal(tmp_path, 8, "second", 124 * HOUR, begun(HOUR + 2, "after"))
    attempts = load(tmp_path, "sync", 1).attempts
    assert [(attempt.id, attempt.started) for attempt in attempts] == [("before", -23 * HOUR + 5), ("after", HOUR + 2)]


def test_records_of_one_boot_stay_as_they_were_though_the_wall_clock_was_set(tmp_path: Path) -> None:
    for name in ("journal", "histories"):
        (tmp_path / name).mkdir()
    journal(tmp_path, 9, "first", 100 * HOUR, begun(HOUR + 5, "a"))
    journal(tmp_path, 8, "first", 90 * HOUR, begun(HOUR + 2, "b"))
    assert [attempt.started for attempt in load(tmp_path, "sync", 1).attempts] == [HOUR + 2, HOUR + 5]


def test_a_journal_says_on_which_boot_it_was_written(tmp_path: Path) -> None:
    Journal.open(tmp_path, "worker", 0, "sync").close()
    (path,) = tmp_path.iterdir()
    assert msgspec.json.decode(path.read_bytes().splitlines()[0], type=records.Opened).boot == boot_id()


def test_ledger_and_store_are_moved_with_the_session_s_begin(tmp_path: Path) -> None:
    place = tmp_path / "sync" / "1"
    place.mkdir(parents=True)
    entry = LedgerEntry(0, 5 * HOUR, 1, "notify_customer", "solution", 1, "a", applied=True)
    (place / "ledger.jsonl").write_bytes(msgspec.json.encode(entry) + b"\n")
    url = f"sqlite:///{place / 'store.sqlite'}"
    create(url, "atomic", 1, 1)
    with closing(Store(url, "atomic")) as store:
        store.open_ticket(Ticket(1, Priority.LOW), "w")
        (row, *_) = [row for row in store.changes(0) if row.table == "tickets"]
    plan = planning.build(scenario_from(tmp_path, "name: x\nsystems: [sync]\n"))
    # An hour ahead of where this boot's clock would have it, as a longer boot's was.
    began = moved(tmp_path, plan, Footing(3 * HOUR, 3 * HOUR + wall_offset() - HOUR, "another"))
    by = began - 3 * HOUR
    assert abs(by + HOUR) < HOUR // 3600  # but for the moment between the two readings
    assert read_footing(tmp_path).boot == boot_id()
    moved_entry = msgspec.json.decode((place / "ledger.jsonl").read_bytes(), type=LedgerEntry)
    assert moved_entry.t == entry.t + by
    with closing(sqlite3.connect(place / "store.sqlite")) as connection:
        ((at,),) = connection.execute('SELECT "at" FROM audit WHERE "table" = \'tickets\'').fetchall()
    assert at == row.at + by
