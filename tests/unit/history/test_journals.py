"""Reading journals: what was written is found, and what a crash leaves behind is told, never raised."""

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from harness.history import journals, run_records
from harness.history.model import Attempt, History
from harness.judging.checks.journal_intact import journal_intact
from harness.judging.evidence import Evidence
from harness.planning.plan import Plan
from systems.desk import records
from systems.desk.live.journal import Journal
from tests.support import histories
from tests.unit.history.written import PROC, SUPERVISOR, WORKER, load, spawn


def verdict(made: Plan, history: History) -> str:
    return journal_intact(Evidence(made, history)).verdict


def test_attempts_of_several_processes_are_in_time_order(folder: Path) -> None:
    early = Attempt("z.1", 1, "agent_resolve", 1, 1)
    line = msgspec.json.encode({"kind": "attempt", "seq": 0, "t": 1, **msgspec.to_builtins(early)})
    (folder / "journal" / "worker-2-99-1.jsonl").write_bytes(line + b"\n")
    spawn(folder, "99-1")
    assert [one.id for one in load(folder).attempts] == ["z.1", "a.1", "a.3"]


def test_a_process_is_known_before_its_journal_is_read(folder: Path) -> None:
    path = folder / "journal" / SUPERVISOR
    line = run_records.Spawned(99, 1, "8-1", "receiver", 0)
    path.write_bytes(path.read_bytes() + msgspec.json.encode(line) + b"\n")
    Journal(folder / "journal" / "receiver-0-8-1.jsonl").write(run_records.Phase, name="any")
    assert load(folder).processes["8-1"].last_record is not None


def test_a_journal_in_many_pieces_is_read_as_one(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = load(folder)
    monkeypatch.setattr(journals, "CHUNK_BYTES", 7)
    assert load(folder) == whole


@pytest.mark.parametrize("left", [1, 20, -2])
def test_a_record_that_was_cut_is_noted_and_the_rest_is_read(folder: Path, tmp_path: Path, left: int) -> None:
    path = folder / "journal" / WORKER
    *whole, last = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(whole) + last[:left])
    found = load(folder)
    process = found.processes[PROC]
    assert (process.torn, found.problems, found.lock_errors) == (True, [], [])
    assert [one.id for one in found.attempts] == ["a.1", "a.3"]
    made = histories.plan(tmp_path)
    assert verdict(made, found) == "unknown"
    assert process.exited is not None
    process.exited = msgspec.structs.replace(process.exited, journal_bytes=process.journal_bytes)
    assert verdict(made, found) == "valid"
    process.exited = msgspec.structs.replace(process.exited, signal=None, code=1)
    assert verdict(made, found) == "unknown"
    process.exited = None
    assert verdict(made, found) == "unknown"


def test_a_record_that_lacks_only_its_line_end_is_whole(folder: Path) -> None:
    path = folder / "journal" / WORKER
    path.write_bytes(path.read_bytes()[:-1])
    found = load(folder)
    assert (found.processes[PROC].torn, len(found.lock_errors), found.problems) == (False, 1, [])


def test_a_cut_record_of_a_process_that_nobody_owned_is_a_problem(folder: Path) -> None:
    path = folder / "journal" / "harness-0-9-1.jsonl"
    path.write_bytes(path.read_bytes()[:-9])
    assert load(folder).problems == ["harness-0-9-1.jsonl: its last line is cut"]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda lines: lines[:3] + lines[4:], "expected record 3, found 4"),
        (lambda lines: lines[1:], "expected record 0, found 1"),
        (lambda lines: [*lines, lines[-1]], "expected record 15, found 14"),
        (lambda lines: [lines[0], b"noise\n", *lines[1:]], "a line that is no record: JSON is malformed"),
        (lambda lines: [lines[0], b'{"kind":"new","seq":1,"t":1}\n', *lines[1:]], "a line that is no record: Invalid"),
    ],
    ids=["one is missing", "the first is missing", "one came twice", "noise", "an unknown kind"],
)
def test_a_journal_with_a_gap_or_noise_is_told_and_the_rest_is_read(
    folder: Path, tmp_path: Path, change: Callable[[list[bytes]], list[bytes]], problem: str
) -> None:
    path = folder / "journal" / WORKER
    path.write_bytes(b"".join(change(path.read_bytes().splitlines(keepends=True))))
    found = load(folder)
    assert found.problems[0].startswith(f"{WORKER}: {problem}")
    assert found.lock_errors
    assert not found.processes[PROC].torn
    found.lock_errors.clear()
    assert verdict(histories.plan(tmp_path), found) != "valid"


def test_an_end_without_its_beginning_is_told(folder: Path) -> None:
    path = folder / "journal" / WORKER
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:2] + lines[3:]))
    assert load(folder).problems == [
        f"{WORKER}: expected record 2, found 3",
        f"{WORKER}: record 3 ends an attempt that never began",
    ]


@pytest.mark.parametrize(
    "line",
    [b'{"kind":"\xff","seq":1,"t":1}\n', b'{"kind":"ready","seq":1,"t":1,"proc":' + b"[" * 100_000 + b"\n"],
    ids=["no UTF-8", "nested without end"],
)
def test_a_line_that_cannot_even_be_refused_as_json_is_told_and_the_rest_is_read(folder: Path, line: bytes) -> None:
    path = folder / "journal" / WORKER
    first, *rest = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([first, line, *rest]))
    found = load(folder)
    assert [problem.startswith(f"{WORKER}: a line that is no record: ") for problem in found.problems] == [True]
    assert len(found.attempts) == 2


def test_a_word_on_a_process_that_was_never_spawned_is_told(folder: Path) -> None:
    path = folder / "journal" / SUPERVISOR
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(line for line in lines if b'"spawned"' not in line))
    found = load(folder)
    unknown = f"{SUPERVISOR}: tells of the process {PROC}, which was never spawned"
    assert found.problems == [f"{SUPERVISOR}: expected record 1, found 2", unknown, unknown, unknown]
    assert len(found.attempts) == 2


def test_of_two_ends_of_a_process_the_first_counts_and_the_other_is_noted(folder: Path) -> None:
    path = folder / "journal" / SUPERVISOR
    *_, last = path.read_bytes().splitlines()
    end = msgspec.json.decode(last)
    again = {**end, "seq": end["seq"] + 1, "signal": None, "code": 0}
    path.write_bytes(path.read_bytes() + msgspec.json.encode(again) + b"\n")
    found = load(folder)
    exited = found.processes[PROC].exited
    assert exited is not None
    assert exited.signal == "SIGKILL"
    assert found.problems == [f"{SUPERVISOR}: tells of a second end of {PROC}"]


def test_a_clock_that_stepped_back_is_noted(folder: Path) -> None:
    path = folder / "journal" / WORKER
    lines = [msgspec.json.decode(line) for line in path.read_bytes().splitlines()]
    lines[4]["t"] = lines[3]["t"] - 1
    path.write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
    assert load(folder).problems == [f"{WORKER}: its clock stepped back: a record is older than the one before it"]


def test_a_journal_that_is_one_endless_line_is_never_in_memory_whole(folder: Path) -> None:
    with (folder / "journal" / "worker-6-1-1.jsonl").open("wb") as file:
        file.truncate(20 * journals.MOST_LINE_BYTES)
    tracemalloc.start()
    try:
        history = load(folder)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert any("worker-6-1-1" in problem for problem in history.problems)
    assert most < 5 * journals.MOST_LINE_BYTES


def test_the_release_that_a_worker_runs_is_what_its_journal_says(folder: Path) -> None:
    spawn(folder, "99-1")
    journal = Journal(folder / "journal" / "worker-2-99-1.jsonl")
    journal.write(records.Opened, wall=1, proc="99-1", role="worker", index=2, label="one", release="insert_step")
    assert {proc: one.release for proc, one in load(folder).processes.items()} == {PROC: "", "99-1": "insert_step"}
