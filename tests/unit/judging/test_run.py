"""A run concluded from its folder alone: what must be there, what its end says, and who judges how much at once."""

import gc
import os
import shutil
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from benchmarks.synthetic import write_run
from harness.errors import RunFolderInvalid
from harness.judging import run as judging_run
from harness.judging.evidence import Evidence
from harness.judging.run import begun, cause_for, conclude, conclude_looking, read_plan, recorded
from harness.planning import plan as planning
from harness.planning.reading import read
from harness.report.formats import PAGE, look
from harness.runfolder.meta import read_meta, write_meta
from systems.desk.fault_mode import FaultMode
from tests.support.recorded import unpacked


@pytest.fixture
def real(tmp_path: Path) -> Path:
    """A run that was really done, complete; the last of its expectations fails."""
    return unpacked(tmp_path)


def passing(folder: Path) -> Path:
    """Leave out the expectation that fails."""
    plan = read_plan(folder)
    scenario = msgspec.structs.replace(plan.scenario, expect=plan.scenario.expect[:-1])
    planned = msgspec.structs.replace(plan, scenario=scenario)
    (folder / "plan.json").write_bytes(planning.encode(planned))
    return ended(folder, plan_sha256=planning.sha256(planned))


def ended(folder: Path, **changes: Any) -> Path:
    write_meta(folder, msgspec.structs.replace(read_meta(folder), **changes))
    return folder


# -- what a run came to


@pytest.mark.parametrize(
    ("status", "problem", "as_told"),
    [
        ("complete", "", ("pass", "complete", "")),
        ("interrupted", "Ctrl-C", ("unknown", "interrupted", "Ctrl-C")),
        ("broken", "no disk", ("unknown", "broken", "no disk")),
        (
            "running",
            "",
            ("unknown", "broken", "the harness was killed while it ran, or could not write down how it ended"),
        ),
        ("running", "no disk", ("unknown", "broken", "no disk")),
    ],
)
def test_only_a_complete_run_passes(real: Path, status: str, problem: str, as_told: tuple[str, str, str]) -> None:
    result = conclude(ended(passing(real), status=status, problem=problem))
    assert (result.verdict, result.status, result.problem) == as_told


def test_a_failure_needs_no_rest_of_the_run(real: Path) -> None:
    assert conclude(ended(real, status="interrupted")).verdict == "fail"


def test_a_result_has_the_card_of_its_run_and_the_settings_of_its_columns(real: Path) -> None:
    result, meta = conclude(real), read_meta(real)
    assert (result.schema, result.run_id, result.seed) == (1, meta.run_id, 11)
    assert (result.plan_sha256, result.environment) == (meta.plan_sha256, meta.environment)
    assert (result.scenario.name, list(result.systems)) == ("small", ["sync", "temporal"])
    assert result.systems["sync"].settings == {
        "system": "sync",
        "processes": 2,
        "retries": 0,
        "rewalk": "resume",
        "threads": 8,
        "walk_lease": "none",
        "resubmit": {"attempts": 0, "backoff": 0.2, "on": ("info", "fail")},
        "safeguards": {"idempotency": False, "locking": "atomic"},
        "follows_from": {"dead walk": "known by its pid, at once"},
    }
    waits = "heartbeat 1 s + engine timer ≤ 1 s + retry 0.2 s + queue"
    (repetition,) = result.systems["temporal"].repetitions
    assert repetition.notes == dict.fromkeys(("resume_p50", "resume_p95", "resume_max"), waits)


def test_only_the_systems_that_were_selected_are_judged(real: Path) -> None:
    result = conclude(ended(passing(real), labels=("temporal",)))
    assert list(result.systems) == ["temporal"]
    assert [expectation.verdict for expectation in result.expectations] == ["pass", "n/a", "pass", "pass"]


def test_repetitions_are_judged_by_their_own_plans_and_taken_together(tmp_path: Path) -> None:
    write_run(tmp_path, ["one", "two"], 8, repeat=2)
    result = conclude(tmp_path)
    assert [len(system.repetitions) for system in result.systems.values()] == [2, 2]
    assert result.systems["one"].aggregates["finished"].n == 2
    assert {pair.system for pair in result.between} == {"two"}
    first, second = (recorded(tmp_path, read_plan(tmp_path), "one", number) for number in (1, 2))
    assert first.plan == read_plan(tmp_path)
    assert second.plan == planning.for_repetition(first.plan.scenario, 2)
    assert [repetition.metrics["wrong_outcome"] for repetition in result.systems["two"].repetitions] == [0, 0]


# -- what must be there


@pytest.mark.parametrize(
    ("text", "words"),
    [("{", "plan.json: not a plan: "), (None, "plan.json: not a plan: "), ("2", "expected schema 1, found 2")],
)
def test_what_is_no_plan_of_this_schema_is_refused(real: Path, text: str | None, words: str) -> None:
    path = real / "plan.json"
    if text is None:
        path.unlink()
    elif text == "2":
        path.write_bytes(planning.encode(msgspec.structs.replace(read_plan(real), schema=2)))
    else:
        path.write_text(text)
    with pytest.raises(RunFolderInvalid, match=words):
        read_plan(real)


def test_a_plan_that_is_not_the_one_that_was_run_is_refused(real: Path) -> None:
    ended(real, plan_sha256="of another")
    with pytest.raises(RunFolderInvalid, match="not the plan that was run: expected SHA-256 of another, found "):
        read_plan(real)


def test_a_plan_without_a_system_that_was_run_is_refused(real: Path) -> None:
    ended(real, labels=("sync", "other"))
    with pytest.raises(RunFolderInvalid) as refused:
        read_plan(real)
    assert str(refused.value) == f"{real / 'plan.json'}: expected the systems of run.json, found no 'other'"


def test_a_record_that_is_not_as_it_was_sealed_is_a_problem_of_its_repetition(real: Path) -> None:
    assert recorded(real, read_plan(real), "sync", 1).history.problems == []
    ended(real, records={"sync/1/ledger.jsonl": "another digest", "temporal/1/ledger.jsonl": "another digest"})
    problems = recorded(real, read_plan(real), "sync", 1).history.problems
    assert "sync/1/ledger.jsonl: was another when the run ended" in problems
    assert [problem for problem in problems if problem.startswith("temporal")] == []


def test_a_link_that_leads_nowhere_has_no_size(real: Path) -> None:
    before = conclude(real)
    (real / "sync" / "1" / "nowhere.jsonl").symlink_to(real / "not there")
    assert conclude(real) == before


def no_database(place: Path) -> None:
    (place / "store.sqlite").write_bytes(b"SQLite format 2\0 and more")


def folder_for_a_database(place: Path) -> None:
    (place / "store.sqlite").unlink()
    (place / "store.sqlite").mkdir()


GONE: dict[str, tuple[Callable[[Path], object], str]] = {
    "its folder": (shutil.rmtree, "one/2"),
    "its journals": (lambda place: shutil.rmtree(place / "journal"), "one/2/journal"),
    "its ledger": (lambda place: (place / "ledger.jsonl").unlink(), "one/2/ledger.jsonl"),
    "its store": (lambda place: (place / "store.sqlite").unlink(), "one/2/store.sqlite"),
    "what makes its store one": (no_database, "one/2/store.sqlite"),
    "a file for its store": (folder_for_a_database, "one/2/store.sqlite"),
}


@pytest.mark.parametrize(("remove", "name"), GONE.values(), ids=GONE)
def test_a_complete_run_that_lost_a_record_is_refused(
    tmp_path: Path, remove: Callable[[Path], object], name: str
) -> None:
    write_run(tmp_path, ["one"], 4, repeat=2)
    remove(tmp_path / "one" / "2")
    with pytest.raises(RunFolderInvalid) as refused:
        conclude(tmp_path)
    assert str(refused.value) == f"{tmp_path}: expected the records of a whole run, found no readable {name}"
    with pytest.raises(RunFolderInvalid):
        begun(tmp_path)


def test_a_run_that_lost_more_says_how_many_and_that_its_result_is_left(tmp_path: Path) -> None:
    write_run(tmp_path, ["one", "two"], 4)
    (tmp_path / "one" / "1" / "ledger.jsonl").unlink()
    shutil.rmtree(tmp_path / "two")
    (tmp_path / "result.json").touch()
    left = "found no readable one/1/ledger.jsonl and 1 more; its result.json is enough for `chaos compare`"
    with pytest.raises(RunFolderInvalid) as refused:
        conclude(tmp_path)
    assert str(refused.value) == f"{tmp_path}: expected the records of a whole run, {left}"


def test_an_audit_that_was_exported_stands_for_a_store(tmp_path: Path) -> None:
    write_run(tmp_path, ["one"], 4)
    (tmp_path / "one" / "1" / "store.sqlite").unlink()
    (tmp_path / "one" / "1" / "audit.jsonl").touch()
    assert begun(tmp_path) == {"one": [1]}


def test_of_a_run_that_ended_early_there_is_what_was_begun(tmp_path: Path) -> None:
    write_run(tmp_path, ["one", "two"], 4, repeat=3)
    ended(tmp_path, status="interrupted")
    shutil.rmtree(tmp_path / "one" / "3")
    for never in ("0", "4"):
        (tmp_path / "one" / never).mkdir()
    shutil.rmtree(tmp_path / "two")
    assert begun(tmp_path) == {"one": [1, 2], "two": []}
    result = conclude(tmp_path)
    assert [len(system.repetitions) for system in result.systems.values()] == [2, 0]
    with pytest.raises(RunFolderInvalid, match=r"one has no repetition 3$"):
        recorded(tmp_path, read_plan(tmp_path), "one", 3)


def test_a_repetition_that_left_nothing_is_judged_all_the_same(tmp_path: Path) -> None:
    write_run(tmp_path, ["one"], 4)
    ended(tmp_path, status="interrupted")
    shutil.rmtree(tmp_path / "one" / "1")
    (tmp_path / "one" / "1").mkdir()
    result = conclude(tmp_path)
    assert (result.verdict, result.systems["one"].repetitions[0].took_up) == ("unknown", False)


def test_faults_are_attested_by_what_the_systems_kind_can_take(real: Path) -> None:
    plan = read_plan(real)
    path = real / "engine.yaml"
    path.write_text("name: x\nsystems: [temporal]\nfaults:\n  - {kind: engine_kill, when: {after: 1s}}\n")
    scenario = msgspec.structs.replace(plan.scenario, faults=read(str(path))[0].faults)
    plan = msgspec.structs.replace(plan, scenario=scenario)
    fates = {label: recorded(real, plan, label, 1).attestations["1.1"].fate for label in ("sync", "temporal")}
    assert {label: fate == "n/a" for label, fate in fates.items()} == {"sync": True, "temporal": False}


# -- who judges how much at once


def process_id(_evidence: Evidence) -> int:
    return os.getpid()


def judges(folder: Path, processes: int) -> set[int]:
    """Return the processes that judged the repetitions of a run."""
    _, seen = conclude_looking(folder, process_id, processes)
    return {pid for by_number in seen.values() for pid in by_number.values()}


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.suffix in {".jsonl", ".sqlite"})


def test_a_large_run_is_judged_in_other_processes_and_comes_to_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_run(tmp_path, ["one", "two"], 4, repeat=2)
    alone = conclude_looking(tmp_path, submitted, 1)
    total = size_of(tmp_path / "one") + size_of(tmp_path / "two")
    monkeypatch.setattr(judging_run, "FEW_BYTES", total)
    assert judges(tmp_path, 2) == {os.getpid()}
    monkeypatch.setattr(judging_run, "FEW_BYTES", total - 1)
    assert judges(tmp_path, 1) == {os.getpid()}
    _, seen = conclude_looking(tmp_path, process_id)
    assert set(seen["one"].values()) == {os.getpid()}
    forked = judges(tmp_path, 2)
    assert os.getpid() not in forked
    assert len(forked) <= 2
    assert conclude_looking(tmp_path, submitted, 2) == alone
    assert conclude(tmp_path, 2) == conclude(tmp_path)


def submitted(evidence: Evidence) -> list[int]:
    return evidence.submitted


def test_what_was_judged_and_looked_at_is_let_go_before_the_next_is_read(
    real: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each takes hundreds of megabytes in a large run, and the collector that would find a circle does not run."""
    draw, kept = look((PAGE,), 2), list[weakref.ref[Evidence]]()

    def drawn(evidence: Evidence) -> object:
        assert [one() for one in kept] == [None] * len(kept)
        kept.append(weakref.ref(evidence))
        return draw(evidence)

    gc.disable()
    monkeypatch.setattr(gc, "isenabled", lambda: False)
    try:
        conclude_looking(real, drawn)
    finally:
        gc.enable()
    assert [one() for one in kept] == [None, None]


def test_no_more_is_judged_at_once_than_memory_has_room_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_run(tmp_path, ["one"], 4, repeat=3)
    largest = max(size_of(tmp_path / "one" / str(number)) for number in (1, 2, 3))
    monkeypatch.setattr(judging_run, "FEW_BYTES", 0)
    monkeypatch.setattr(judging_run, "MANY_BYTES", 2 * largest - 1)
    assert judges(tmp_path, 8) == {os.getpid()}
    monkeypatch.setattr(judging_run, "MANY_BYTES", 2 * largest)
    assert os.getpid() not in judges(tmp_path, 8)


# -- what a system's resuming follows from

CAUSES = """\
name: x
systems:
  plain: {system: sync}
  again: {system: sync, resubmit: {attempts: 2, backoff: 300ms}}
  leased: {system: sync, walk_lease: 1500ms, retries: 1, resubmit: {attempts: 2, backoff: 300ms}}
  durable: {system: temporal}
"""
LEASE = "resubmit backoff 0.3 s + walk lease 1.5 s"


@pytest.mark.parametrize(
    ("label", "causes"),
    [
        ("plain", ("", "", "", "", "")),
        ("again", ("", "", "resubmit backoff 0.3 s + dead walk known by its pid, at once", "", "")),
        ("leased", ("", "", LEASE, LEASE, "retry interval 0.1 s")),
    ],
)
def test_what_takes_no_walk_up_by_itself_goes_on_when_its_client_submits_again(
    tmp_path: Path, label: str, causes: tuple[str, ...]
) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(CAUSES)
    scenario = read(str(path))[0]
    (block,) = (block for block in scenario.systems if block.label == label)
    modes = (FaultMode.TERM, FaultMode.OTHER, FaultMode.KILL, FaultMode.PAUSED_WORKER, FaultMode.TRANSIENT)
    assert tuple(cause_for(scenario, block)(mode, "close_ticket") for mode in modes) == causes


def test_what_resumes_by_itself_waits_for_its_own_times_alone(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(CAUSES)
    scenario = read(str(path))[0]
    cause = cause_for(scenario, scenario.systems[-1])
    assert (cause(FaultMode.TERM, "close_ticket"), cause(FaultMode.OTHER, "close_ticket")) == ("", "")
    own = scenario.systems[-1].own.cause(FaultMode.KILL, "close_ticket", scenario.desk.times())
    assert own
    assert cause(FaultMode.KILL, "close_ticket") == own
