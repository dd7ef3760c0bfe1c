"""A journal: whole records, numbered without gaps, in a file named for its process."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest

from harness.history.run_records import AnyRecord
from systems.desk.live.identity import own_proc
from systems.desk.live.journal import Journal
from systems.desk.records import AttemptEnded, AttemptStarted, HangOver, Opened


def read(path: Path) -> list[AnyRecord]:
    return msgspec.json.Decoder(AnyRecord).decode_lines(path.read_bytes())


def test_a_journal_is_named_for_its_process_and_begins_with_opened(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path, "worker", 3, "sync-hardened")
    assert journal.path == tmp_path / f"worker-3-{own_proc()}.jsonl"
    (opened,) = read(journal.path)
    assert isinstance(opened, Opened)
    assert (opened.seq, opened.proc, opened.role, opened.index, opened.label) == (
        0,
        own_proc(),
        "worker",
        3,
        "sync-hardened",
    )
    assert opened.wall > opened.t > 0


def test_records_are_on_disk_as_soon_as_they_are_written(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path, "worker", 0, "one")
    journal.write(AttemptStarted, attempt="1-1.1", ticket=7, step="agent_resolve", visit=1, walk="w")
    journal.write(AttemptEnded, attempt="1-1.1", result="done")
    opened, started, ended = read(journal.path)
    assert started == AttemptStarted(1, started.t, "1-1.1", 7, "agent_resolve", 1, "w")
    assert ended == AttemptEnded(2, ended.t, "1-1.1", "done")
    assert opened.t < started.t < ended.t


def test_a_line_is_the_kind_the_number_the_time_and_the_fields_that_say_something(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "worker-0-1-1.jsonl")
    journal.write(AttemptEnded, attempt="1-1.1", result="done")
    (line,) = journal.path.read_bytes().splitlines(keepends=True)
    (ended,) = read(journal.path)
    assert line == b'{"kind":"ended","seq":0,"t":%d,"attempt":"1-1.1","result":"done"}\n' % ended.t


def test_many_threads_leave_no_gap_and_keep_the_order_of_time(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path, "worker", 0, "one")

    def write(thread: int) -> None:
        for number in range(100):
            journal.write(HangOver, point=f"{thread}", attempt=f"{number}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    found = read(journal.path)
    assert [one.seq for one in found] == list(range(801))
    assert [one.t for one in found] == sorted(one.t for one in found)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is always full")
def test_a_full_disk_stops_the_act_that_would_go_unrecorded() -> None:
    with pytest.raises(OSError, match="No space left"):
        Journal(Path("/dev/full")).write(HangOver, point="1.1", attempt="1-1.1")


def test_a_closed_journal_refuses_records_and_may_be_closed_again(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path, "worker", 0, "one")
    journal.close()
    journal.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        journal.write(HangOver, point="1.1", attempt="1-1.1")
    assert len(read(journal.path)) == 1
