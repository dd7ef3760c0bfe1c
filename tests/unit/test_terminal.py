"""What a person sees in a terminal, a pipe or a log: width, colour, folders of scenarios, first screens."""

import io
import re
from pathlib import Path
from typing import cast

import click
import pytest
from click import unstyle
from click.testing import CliRunner

from benchmarks.synthetic import write_run
from harness.cli import explain, validate
from harness.cli.log_stream import LogStream
from harness.cli.main import COMMANDS, chaos
from harness.cli.screen import Screen, screen
from harness.errors import UsageInvalid
from harness.explaining.breakdown import Row
from harness.planning.reading.telling import expanded, scenarios_in
from harness.report.formats.explanation import of_figure
from harness.report.formats.summary import render as render_summary
from harness.report.text.layout import folded, listed, painted, widest
from tests.support.results import result
from tests.support.terminals import Terminal


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


# -- width and colour


def test_a_pipe_has_no_width_and_no_colour_whatever_columns_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert screen(io.StringIO()) == Screen(None, color=False)


def test_a_terminal_is_as_wide_as_it_says_and_takes_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert screen(Terminal()) == Screen(80, color=True)


def test_colour_is_taken_away_and_forced_by_the_usual_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert screen(io.StringIO()) == Screen(None, color=True)
    monkeypatch.setenv("NO_COLOR", "1")
    assert not screen(Terminal()).color
    assert not screen(io.StringIO()).color


def test_a_dumb_terminal_gets_no_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    assert not screen(Terminal()).color


def test_a_jobs_log_is_plain_even_where_colour_is_forced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert screen(cast("Terminal", LogStream(io.StringIO()))) == Screen(None, color=False)


# -- layout


def test_lines_are_folded_between_words_and_a_long_word_stays_whole() -> None:
    path = "reports/20260101-000000-worker-kill-0000/report.html"
    assert folded(["one two-three four"], 20) == ["one two-three four"]
    assert folded([f"evidence: {path}", ""], 20) == ["evidence:", f"    {path}"]


def test_a_table_of_named_rows_is_stacked_where_it_does_not_fit() -> None:
    heading, body = ["fault", "sync", "temporal"], [["1 kill", "landed", "missed it by far"]]
    assert widest(listed(heading, body, 80)) <= 80
    assert listed(heading, body, 28) == [
        "fault",
        "  1 kill",
        "    sync      landed",
        "    temporal  missed it by",
        "              far",
    ]


def test_colours_take_no_room() -> None:
    text = painted("  4 ", "bold red")
    assert text.startswith("  \x1b[")
    assert widest([text]) == 4


# -- commands


@pytest.mark.parametrize("name", COMMANDS)
def test_every_help_text_stands_alone(name: str) -> None:
    command = chaos.get_command(chaos.make_context("chaos", [name]), name)
    assert command is not None
    options = [one for one in command.params if isinstance(one, click.Option)]
    assert [one.name for one in options if not (one.help or "").strip()] == []
    assert [one.help for one in options if re.match(r"(Of|Into|In|For|With) ", one.help or "")] == []
    assert widest(CliRunner().invoke(command, ["--help"]).output.splitlines()) <= 80


def scenario(path: Path, text: str = "load: {tickets: 1}\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_a_folder_stands_for_the_scenarios_in_it_and_below_as_pytest_collects_them(tmp_path: Path) -> None:
    wanted = [scenario(tmp_path / "a.yaml"), scenario(tmp_path / "below" / "b.yml")]
    scenario(tmp_path / "compose.yaml", "services: {}\n")
    scenario(tmp_path / ".hidden" / "c.yaml")
    scenario(tmp_path / "node_modules" / "d.yaml")
    for name in ("scenario.yaml", "run.json", "plan.json"):
        scenario(tmp_path / "reports" / "a-run" / name)
    assert scenarios_in(tmp_path) == wanted
    assert expanded((str(tmp_path), "worker-kill", str(wanted[0]))) == (*map(str, wanted), "worker-kill")


def test_a_folder_without_scenarios_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageInvalid, match="expected a folder with scenarios, found none in it"):
        expanded((str(tmp_path),))


def test_a_folder_is_validated_file_by_file() -> None:
    ran = CliRunner().invoke(validate.command, ["scenarios"])
    assert ran.exit_code == 0
    assert "scenarios/worker-kill.yaml: ok (30 tickets, 3 faults, 8 expectations;" in ran.stdout
    assert "1 fault," in ran.stdout


# -- pages


def test_a_record_is_named_by_its_path_from_the_runs_folder(tmp_path: Path) -> None:
    write_run(tmp_path, ["one"], 8, lost_every=4)
    ran = CliRunner().invoke(explain.command, [str(tmp_path), "one.lost"])
    sources = [line.split()[-1].rpartition(":")[0] for line in ran.stdout.strip().splitlines()[1:]]
    assert sources
    assert all(name.startswith("one/1/journal/") and (tmp_path / name).is_file() for name in sources)
    story = CliRunner().invoke(explain.command, [str(tmp_path), "4"]).stdout
    assert re.search(r"one/1/journal/\S+:\d+$", story, flags=re.MULTILINE)


def test_in_a_narrow_terminal_the_record_stands_below_its_row() -> None:
    rows = [Row("T-0001 was lost on its way", "journal/harness-0-1.jsonl:1", 1)]
    assert of_figure("lost", "1", rows, "sync/1", width=40).splitlines() == [
        "lost = 1",
        "  T-0001 was lost on its way",
        "    sync/1/journal/harness-0-1.jsonl:1",
    ]


def test_a_summary_that_is_too_wide_is_a_block_for_each_scenario() -> None:
    narrow = render_summary([result()], width=40)
    assert narrow.splitlines()[0] == "worker-kill: pass"
    assert widest(narrow.splitlines()) <= 40
    assert "4 lost" in narrow
    colored = render_summary([result()], color=True)
    assert "\x1b[32mpass" in colored
    assert unstyle(colored) == render_summary([result()])
