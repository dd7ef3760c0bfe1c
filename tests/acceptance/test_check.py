"""A recorded run is judged again from its folder alone, cut journals and all."""

import json
import shutil
from pathlib import Path

import pytest

from tests.support.chaos import asked, latest, run_scenario
from tests.support.once import made_once
from tests.support.recorded import unsealed

KILLED = """
    name: killed
    load: {tickets: 6, arrival: {rate: 30/s}, priorities: {medium: 1}}
    desk: {step_time: 20ms}
    systems:
      one: {system: sync, processes: 1, resubmit: {attempts: 3}}
    faults:
      - {kind: worker_kill, when: {step: agent_resolve}, restart_after: 100ms}
    expect: ["one.lost == 0"]
"""


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return latest(made_once(tmp_path_factory, "killed", record))


def record(folder: Path) -> None:
    assert run_scenario(folder, KILLED).code == 0


@pytest.fixture
def run(recorded: Path, tmp_path: Path) -> Path:
    return unsealed(Path(shutil.copytree(recorded, tmp_path / "run")))


def journals(run: Path, *, died: bool) -> list[Path]:
    """Return the journals of the workers that were killed by the fault, or of those that lived to the end."""
    (told,) = (run / "one/1/journal").glob("supervisor-*")
    lines = [json.loads(line) for line in told.read_text().splitlines()]
    killed = {line["proc"] for line in lines if line["kind"] == "signalled"}
    workers = (run / "one/1/journal").glob("worker-*")
    return [path for path in workers if ("-".join(path.stem.split("-")[-2:]) in killed) == died]


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9])


def test_judging_again_gives_the_same_figures_and_verdict(run: Path) -> None:
    again = asked("check", str(run), "--format", "json")
    before = json.loads((run / "result.json").read_text())
    assert again.code == 0
    assert again.result == before
    assert "the same figures and verdict as when the run ended" in asked("check", str(run)).out


def tell_size(run: Path, teller: str, kind: str, of: Path) -> Path:
    """Let a record of this kind, in the journal of `teller`, tell the size that the journal `of` has now."""
    (path,) = (run / "one/1/journal").glob(f"{teller}-*")
    records = [json.loads(line) for line in path.read_text().splitlines()]
    for one in records:
        if one["kind"] == kind and of.stem.endswith(one.get("proc", "")):
            one["journal_bytes"] = of.stat().st_size
    path.write_text("".join(json.dumps(one) + "\n" for one in records))
    return path


def test_a_line_cut_by_the_kill_itself_is_fine(run: Path) -> None:
    (victim,) = journals(run, died=True)
    victim.write_bytes(victim.read_bytes() + b'{"kind":"ended","se')
    tell_size(run, "harness", "supervisor_left", tell_size(run, "supervisor", "exited", victim))
    ran = asked("check", str(run), "--format", "json")
    assert ran.code == 0
    assert ran.checks("one")["journal_intact"] == "valid"


def test_a_journal_cut_in_mid_record_elsewhere_is_told_and_makes_the_run_unknown(run: Path) -> None:
    for path in journals(run, died=False):
        cut(path)
    (harness,) = (run / "one/1/journal").glob("harness-*")
    cut(harness)
    ran = asked("check", str(run), "--format", "json")
    assert ran.code == 3
    (check,) = [one for one in ran.repetition("one")["checks"] if one["name"] == "journal_intact"]
    assert check["verdict"] == "unknown"
    assert "its last line is cut" in check["detail"]
    assert ran.metrics("one")["submitted"] == 6


def test_the_page_is_a_file_and_what_is_asked_for_by_name_goes_down_a_pipe_too(run: Path) -> None:
    unnamed = asked("report", str(run))
    assert (unnamed.code, unnamed.out) == (0, "")
    assert "report.html" in unnamed.err
    named = asked("report", str(run), "--format", "html")
    assert named.out.rstrip() == (run / "report.html").read_text().rstrip()


def test_a_journal_that_grew_after_its_process_was_reaped_is_a_contradiction(run: Path) -> None:
    (victim,) = journals(run, died=True)
    victim.write_bytes(victim.read_bytes() + b'{"kind":"ended","se')
    ran = asked("check", str(run), "--format", "json")
    assert ran.code == 1
    (check,) = [one for one in ran.repetition("one")["checks"] if one["name"] == "journal_intact"]
    assert check["verdict"] == "invalid"
    assert "wrote after it was reaped" in check["detail"]


@pytest.mark.parametrize("name", ["ledger.jsonl", "store.sqlite", "journal", ""])
@pytest.mark.parametrize("command", ["check", "report", "explain"])
def test_a_whole_run_that_lost_records_is_refused_and_tells_of_no_lost_ticket(
    run: Path, name: str, command: str
) -> None:
    place = run / "one/1" / name
    place.unlink() if place.is_file() else shutil.rmtree(place)
    ran = asked(command, str(run), *(["one.lost"] if command == "explain" else []))
    assert (ran.code, ran.out) == (2, "")
    assert f"found no readable {Path('one/1') / name}" in ran.err


def test_a_store_that_is_none_is_refused(run: Path) -> None:
    (run / "one/1/store.sqlite").write_bytes(b"no database at all")
    ran = asked("check", str(run))
    assert ran.code == 2
    assert "found no readable one/1/store.sqlite" in ran.err


def test_what_a_broken_run_did_not_leave_is_told(run: Path) -> None:
    card = run / "run.json"
    card.write_text(card.read_text().replace('"complete"', '"broken"'))
    (run / "one/1/ledger.jsonl").unlink()
    ran = asked("check", str(run), "--format", "json")
    assert ran.code in {1, 3}
    (check,) = [one for one in ran.repetition("one")["checks"] if one["name"] == "journal_intact"]
    assert "ledger.jsonl" in check["detail"]


@pytest.mark.parametrize("what", ["nothing", "a file", "an empty folder", "another schema", "no plan"])
def test_what_is_no_run_is_refused_without_a_traceback(run: Path, tmp_path: Path, what: str) -> None:
    target = tmp_path / "target"
    if what == "a file":
        target.write_text("x")
    elif what == "an empty folder":
        target.mkdir()
    elif what in {"another schema", "no plan"}:
        run.rename(target)
        card = target / "run.json"
        card.write_text(card.read_text().replace('"schema": 1', '"schema": 99'))
        if what == "no plan":
            card.write_text(card.read_text().replace('"schema": 99', '"schema": 1'))
            (target / "plan.json").write_text("{}")
    ran = asked("check", str(target))
    assert ran.code == 2
    assert str(target) in ran.err
    assert "Traceback" not in ran.err
