"""A run's seal: what changes after the run ended is noticed, and what only looks at it changes nothing."""

import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from harness.errors import RunFolderInvalid
from harness.judging.run import conclude, read_plan
from harness.runfolder.meta import Meta, read_meta, write_meta
from harness.runfolder.seal import RESULT, changed, sealed
from harness.runfolder.stored import read_stored
from tests.support.recorded import unpacked

WORKER = "sync/1/journal/worker-0-10140-423619.jsonl"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = unpacked(tmp_path)
    seal(folder)
    return folder


def seal(run: Path) -> None:
    meta = read_meta(run)
    write_meta(run, msgspec.structs.replace(meta, records=sealed(run, meta)))


def broken(run: Path) -> list[str]:
    meta = read_meta(run)
    return [what for label in meta.labels for what in changed(run, meta, label, 1)]


def without_its_records(meta: Meta) -> Meta:
    return msgspec.structs.replace(meta, records={})


def test_an_untouched_run_is_as_it_was(run: Path) -> None:
    assert broken(run) == []
    assert {check.verdict for check in conclude(run).systems["sync"].repetitions[0].checks} == {"valid"}


def test_a_digit_that_became_another_is_noticed_and_never_green(run: Path) -> None:
    path = run / WORKER
    path.write_bytes(path.read_bytes().replace(b'"ticket":1,', b'"ticket":2,', 1))
    assert broken(run) == [f"{WORKER}: was another when the run ended"]
    (check,) = [one for one in conclude(run).systems["sync"].repetitions[0].checks if one.name == "journal_intact"]
    assert check.verdict != "valid"
    assert f"{WORKER}: was another when the run ended" in check.detail


def test_a_record_that_is_gone_and_one_that_came_are_noticed(run: Path) -> None:
    (run / WORKER).rename(run / "sync/1/journal/x.jsonl")
    assert broken(run) == [
        f"{WORKER}: is gone, and was there when the run ended",
        "sync/1/journal/x.jsonl: was not there when the run ended",
    ]


def test_a_run_without_a_seal_is_judged_as_it_is(run: Path) -> None:
    write_meta(run, without_its_records(read_meta(run)))
    (run / WORKER).unlink()
    assert broken(run) == []


def test_opening_the_store_breaks_no_seal_and_judging_leaves_the_folder_as_it_is(run: Path) -> None:
    for label in read_meta(run).labels:
        with closing(sqlite3.connect(run / label / "1" / "store.sqlite")) as connection:
            assert connection.execute("SELECT count(*) FROM audit").fetchone() > (0,)
    assert broken(run) == []
    before = {path: path.stat().st_mtime_ns for path in run.rglob("*")}
    conclude(run)
    assert {path: path.stat().st_mtime_ns for path in run.rglob("*")} == before


def test_a_store_that_is_none_is_sealed_as_it_is(run: Path) -> None:
    (run / "sync/1/store.sqlite").write_bytes(b"no database")
    seal(run)
    assert broken(run) == []


def test_a_result_that_is_not_the_run_s_own_is_no_base_to_compare_with(run: Path) -> None:
    meta = read_meta(run)
    write_meta(run, msgspec.structs.replace(meta, records={**meta.records, RESULT: "0" * 64}))
    with pytest.raises(RunFolderInvalid, match=r"result\.json: is not what the run wrote"):
        read_stored(run)


def test_another_plan_than_the_one_that_was_run_is_refused(run: Path) -> None:
    path = run / "plan.json"
    path.write_bytes(path.read_bytes().replace(b'"visit": 1', b'"visit": 2', 1))
    for read in (read_plan, conclude, read_stored):
        with pytest.raises(RunFolderInvalid, match=r"plan\.json: not the plan that was run: expected SHA-256 36d53de2"):
            read(run)


def test_a_system_that_was_never_planned_is_refused(run: Path) -> None:
    meta = read_meta(run)
    write_meta(run, msgspec.structs.replace(meta, labels=(*meta.labels, "../x")))
    with pytest.raises(RunFolderInvalid, match=r"plan\.json: expected the systems of run\.json, found no '\.\./x'"):
        read_plan(run)
