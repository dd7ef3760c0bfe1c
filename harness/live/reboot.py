"""A session's folder after a boot of the machine: what is not in journals is put onto the new clock."""

import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec

from harness.live.scribe import FOOTING, Footing, wall_offset
from harness.planning.plan import Plan
from harness.runfolder.whole import write_whole
from systems.desk.live.identity import boot_id
from systems.desk.rows import LedgerEntry

_ledger = msgspec.json.Decoder(LedgerEntry)


def moved(folder: Path, plan: Plan, footing: Footing) -> int:
    """Move the times of ledgers and stores onto this boot's clock; return when the session began by it (ns).

    Journals stay as they were written: each says on which boot, and reading them moves their times alike.
    """
    by = (footing.wall - footing.began) - wall_offset()
    for block in plan.scenario.systems:
        _move(folder / block.label / "1", by)
    fresh = msgspec.structs.replace(footing, began=footing.began + by, boot=boot_id())
    write_whole(folder / FOOTING, msgspec.json.encode(fresh))
    return fresh.began


def _move(place: Path, by: int) -> None:
    ledger = place / "ledger.jsonl"
    entries = _ledger.decode_lines(ledger.read_bytes()) if ledger.exists() else []
    lines = [msgspec.json.encode(msgspec.structs.replace(entry, t=entry.t + by)) + b"\n" for entry in entries]
    write_whole(ledger, b"".join(lines))
    if (place / "store.sqlite").exists():
        with closing(sqlite3.connect(place / "store.sqlite")) as connection, connection:
            connection.execute('UPDATE audit SET "at" = "at" + ?', (by,))
            connection.execute('UPDATE leases SET "until" = "until" + ?', (by,))
