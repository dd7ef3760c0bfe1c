"""Records that vanish from a good run are noticed: each deletion makes the experiment doubtful, never all valid."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.chaos import asked, latest, run_scenario
from tests.support.once import made_once
from tests.support.recorded import unsealed

REPEATED = """
    name: repeated
    seed: 4
    load: {tickets: 4, arrival: {rate: 30/s}, priorities: {low: 1}}
    desk: {step_time: 5ms, outcomes: {kb_miss: 0, resolution_invalid: 0}}
    systems:
      sync: {system: sync, processes: 1, retries: 2}
      temporal: {system: temporal, processes: 1, profile: tuned}
    faults:
      - {kind: activity_failure, step: notify_customer, tickets: [1], window: after_effect}
    settle: 30s
    expect: ["lost == 0", "effects_duplicated == 1"]
"""
LABELS = ("sync", "temporal")
Delete = Callable[[Path], object]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return latest(made_once(tmp_path_factory, "repeated", record))


def record(folder: Path) -> None:
    ran = run_scenario(folder, REPEATED)
    assert ran.code == 0, ran.result


def keep_lines(path: Path, is_kept: Callable[[int, list[bytes]], bool]) -> None:
    """Rewrite a file with some of its lines: a number, counted from 0, and all of them say whether it is kept."""
    lines = path.read_bytes().splitlines(keepends=True)
    kept = [line for number, line in enumerate(lines) if is_kept(number, lines)]
    assert 0 < len(kept) < len(lines) or not kept
    path.write_bytes(b"".join(kept))


def one_of(place: Path, pattern: str) -> Path:
    return next(iter(sorted(place.glob(pattern))))


def without_repeats(place: Path) -> None:
    seen: set[tuple[object, ...]] = set()

    def is_first(number: int, lines: list[bytes]) -> bool:
        line = json.loads(lines[number])
        key = tuple(line[name] for name in ("ticket", "step", "purpose", "nth"))
        is_new = key not in seen
        seen.add(key)
        return is_new

    keep_lines(place / "ledger.jsonl", is_first)


def without_repeats_numbered_anew(place: Path) -> None:
    without_repeats(place)
    path = place / "ledger.jsonl"
    lines = [{**json.loads(line), "seq": seq} for seq, line in enumerate(path.read_bytes().splitlines())]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


def in_store(place: Path, statement: str) -> None:
    with closing(sqlite3.connect(place / "store.sqlite")) as connection:
        assert connection.execute(statement).rowcount > 0
        connection.commit()


def without_two_answers(place: Path) -> None:
    path = one_of(place, "journal/harness-*")
    answers = [n for n, line in enumerate(path.read_bytes().splitlines()) if b'"kind":"answer"' in line][-2:]
    keep_lines(path, lambda number, _: number not in answers)


def cut_before_live_at_end(place: Path) -> None:
    path = one_of(place, "journal/harness-*")
    keep_lines(path, lambda number, lines: all(b"live_at_end" not in line for line in lines[: number + 1]))


DELETIONS: dict[str, tuple[str, Delete]] = {
    "repeated ledger lines": ("journal_intact", without_repeats),
    "repeated ledger lines, the rest numbered anew": ("journal_intact", without_repeats_numbered_anew),
    "the ledger's tail": (
        "journal_intact",
        lambda place: keep_lines(place / "ledger.jsonl", lambda number, lines: number < len(lines) - 2),
    ),
    "the ledger's middle": (
        "journal_intact",
        lambda place: keep_lines(place / "ledger.jsonl", lambda number, lines: number != len(lines) // 2),
    ),
    "audit rows of the middle": (
        "journal_intact",
        lambda place: in_store(place, "DELETE FROM audit WHERE id BETWEEN 12 AND 14"),
    ),
    "the audit's tail": (
        "journal_intact",
        lambda place: in_store(place, "DELETE FROM audit WHERE id > (SELECT MAX(id) - 2 FROM audit)"),
    ),
    "a row of the store": ("conservation", lambda place: in_store(place, "DELETE FROM tickets WHERE number = 2")),
    "the harness's journal from live_at_end on": ("journal_intact", cut_before_live_at_end),
    "two answers": ("journal_intact", without_two_answers),
    "a surviving worker's last record": (
        "journal_intact",
        lambda place: keep_lines(one_of(place, "journal/worker-*"), lambda number, lines: number < len(lines) - 1),
    ),
    "the supervisor's last record": (
        "journal_intact",
        lambda place: keep_lines(one_of(place, "journal/supervisor-*"), lambda number, lines: number < len(lines) - 1),
    ),
    "the residencies": (
        "journal_intact",
        lambda place: keep_lines(place / "histories" / "residency.jsonl", lambda _number, _lines: False),
    ),
    "an exported history": ("journal_intact", lambda place: one_of(place, "histories/*.json").unlink()),
}
OF_AN_ENGINE = {"the residencies", "an exported history"}


def test_a_whole_run_is_valid(recorded: Path) -> None:
    ran = asked("check", str(recorded), "--format", "json")
    assert ran.code == 0
    for label in LABELS:
        assert set(ran.checks(label).values()) == {"valid"}, ran.repetition(label)["checks"]


def copied(recorded: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(recorded, tmp_path / "run", ignore=shutil.ignore_patterns("engine.sqlite*", "logs")))


def test_a_digit_that_is_another_breaks_the_seal(recorded: Path, tmp_path: Path) -> None:
    run = copied(recorded, tmp_path)
    path = one_of(run / "sync" / "1", "journal/worker-*")
    path.write_bytes(path.read_bytes().replace(b'"ticket":1,', b'"ticket":2,', 1))
    ran = asked("check", str(run), "--format", "json")
    assert ran.code in {1, 3}
    (check,) = [one for one in ran.repetition("sync")["checks"] if one["name"] == "journal_intact"]
    assert f"{path.relative_to(run)}: was another when the run ended" in check["detail"]


def test_who_reads_a_run_or_opens_its_store_changes_no_record(recorded: Path, tmp_path: Path) -> None:
    run = copied(recorded, tmp_path)
    for label in LABELS:
        with closing(sqlite3.connect(run / label / "1" / "store.sqlite")) as connection:
            assert connection.execute("SELECT count(*) FROM audit").fetchone() > (0,)
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    for command in (("check",), ("report", "--format", "json"), ("explain", "T-0001")):
        assert asked(command[0], str(run), *command[1:]).code == 0
    assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("what", DELETIONS)
def test_what_is_deleted_is_missed(recorded: Path, tmp_path: Path, what: str) -> None:
    run = unsealed(copied(recorded, tmp_path))
    check, delete = DELETIONS[what]
    labels = [label for label in LABELS if label == "temporal" or what not in OF_AN_ENGINE]
    for label in labels:
        delete(run / label / "1")
    ran = asked("check", str(run), "--format", "json")
    assert ran.code in {1, 3}
    for label in labels:
        assert ran.checks(label)[check] in {"unknown", "invalid"}, ran.repetition(label)["checks"]
