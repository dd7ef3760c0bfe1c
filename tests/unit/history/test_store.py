"""Reading the store as it stood at the end: a row that says nothing is told, and left out."""

import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from harness.errors import RunFolderInvalid
from tests.support.histories import amended
from tests.unit.history.written import load

WRONG_TYPE, NO_TICKET = "has a value of a wrong type", "names no ticket, or no step"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("at = 'x'", WRONG_TYPE),
        ("at = 1.5e300", WRONG_TYPE),
        ("old_version = 'x'", WRONG_TYPE),
        ("value = x'ff'", WRONG_TYPE),
        ("read_version = x'00'", WRONG_TYPE),
        ("\"row\" = 'x'", NO_TICKET),
        ("\"row\" = '99999999999999999999'", NO_TICKET),
        ("\"table\" = 'agents'", NO_TICKET),
        ("entry = 'null'", NO_TICKET),
        ("entry = '{'", NO_TICKET),
        ('entry = \'{"step": "close_ticket", "visit": "1"}\'', NO_TICKET),
    ],
)
def test_a_row_of_the_audit_that_is_none_is_told_and_left_out(folder: Path, change: str, problem: str) -> None:
    with closing(sqlite3.connect(folder / "store.sqlite")) as connection:
        assert connection.execute(f"UPDATE audit SET {change} WHERE id = 2").rowcount == 1  # noqa: S608 - our own
        connection.commit()
    found = load(folder)
    assert found.problems == [f"one/1/store.sqlite: audit row 2 {problem}"]
    assert [row.id for row in found.audit] == [1]


def test_a_copied_audit_is_looked_at_just_as_closely(folder: Path) -> None:
    rows = load(folder).audit
    lost = [amended(rows[0], row="x"), amended(rows[1], entry="[]")]
    (folder / "audit.jsonl").write_bytes(b"".join(msgspec.json.encode(row) + b"\n" for row in lost))
    found = load(folder)
    assert found.audit == []
    assert found.problems == [f"one/1/audit.jsonl: audit row {n} {NO_TICKET}" for n in (1, 2)]


def test_a_table_that_holds_no_version_is_a_store_that_cannot_be_read(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "store.sqlite")) as connection:
        connection.execute("UPDATE tickets SET version = 'x'")
        connection.commit()
    with pytest.raises(RunFolderInvalid, match=r"store\.sqlite: is there, but cannot be read: Expected `int`"):
        load(folder)
