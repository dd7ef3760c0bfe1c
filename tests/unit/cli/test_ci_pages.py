"""What a CI job collects: one Markdown page within GitHub's limit, one JUnit file."""

import io
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from harness.cli import ci
from harness.cli.log_stream import LogStream
from harness.cli.run import REPORTS, wanted
from harness.cli.run import command as run_command
from harness.cli.run_options import RunOptions
from harness.errors import EnvironmentFailure, UsageInvalid
from harness.report.formats import FORMATS, ReportInput, SuiteInput, junit, printed_names
from harness.report.formats.markdown_suite import LIMIT_BYTES, Section, fitted, render_suite
from harness.runfolder.result import ScenarioName
from harness.runfolder.run_summary import Ended
from tests.support.reports import suite
from tests.support.results import expectation, result

FAILED = (expectation("temporal.lost == 0", "fail"),)


def ended(name: str, code: int = 0, **changes: Any) -> Ended:
    verdicts = {0: "pass", 1: "fail", 3: "unknown"}
    one = result(scenario=ScenarioName(name, ""), verdict=verdicts.get(code, "unknown"), **changes)
    return Ended(f"scenarios/{name}.yaml", code, one, f"reports/{name}-0000")


def huge(name: str, code: int = 0) -> Ended:
    """A run whose page takes most of what GitHub takes."""
    many = tuple(expectation(f"{n:0180}", "fail") for n in range(2500))
    return ended(name, code, expectations=many)


# -- Markdown


def test_parts_stand_in_full_as_long_as_the_short_forms_of_the_others_fit() -> None:
    parts = [Section("A" * 40, "a"), Section("B" * 40, "b"), Section("C" * 20, "c")]
    assert fitted(parts, 1000) == f"{'A' * 40}\n\n{'B' * 40}\n\n{'C' * 20}\n"
    assert fitted(parts, 70) == f"{'A' * 40}\n\nb\n\n{'C' * 20}\n"
    assert fitted(parts, 9) == "a\n\nb\n\nc\n"


@pytest.mark.parametrize("limit", range(0, 400, 7))
def test_no_limit_is_ever_passed_and_what_is_missing_is_counted(limit: int) -> None:
    page = fitted([Section(f"{n}" * 50, f"short {n}") for n in range(9)], limit)
    assert len(page.encode()) <= limit
    shown = sum(f"short {n}" in page or f"{n}" * 50 in page for n in range(9))
    missing = re.search(r"\*(\d) more did not fit", page)
    assert shown + (int(missing[1]) if missing else 0) == 9 or page == ""


def test_several_runs_begin_with_a_summary_and_what_did_not_pass() -> None:
    page = render_suite(SuiteInput([ended("a"), ended("b", 1, expectations=FAILED), ended("c", 3)]))
    assert page.startswith("# ❌ 1 of 3 scenarios pass\n")
    assert page.index("## ❌ b: fail") < page.index("## ❔ c: unknown") < page.index("<summary>✅ a: pass</summary>")
    assert "| b" in page.partition("## ")[0]


def test_all_green_is_green_and_unknown_is_not() -> None:
    assert render_suite(SuiteInput([ended("a"), ended("b")])).startswith("# ✅ 2 of 2")
    assert render_suite(SuiteInput([ended("a"), ended("b", 3)])).startswith("# ❔ 1 of 2")


def test_one_run_needs_no_summary() -> None:
    assert render_suite(SuiteInput([ended("a", 1)])).startswith("## ❌ a: fail\n")


def test_a_page_that_does_not_fit_is_named_with_its_folder() -> None:
    page = render_suite(SuiteInput([huge("first", 1), huge("second", 1), ended("third")]))
    assert len(page.encode()) <= LIMIT_BYTES
    assert "## ❌ first: fail" in page
    assert "- ❌ second: fail; its page did not fit in here and stands in reports/second-0000" in page
    assert "<summary>✅ third: pass</summary>" in page


def test_a_run_without_a_result_stands_there_with_what_it_said() -> None:
    page = render_suite(SuiteInput([ended("a"), Ended("x/broken.yaml", 4, None, said="no space <left>")]))
    assert "## ❌ broken: no result (exit 4)\n\nno space &lt;left&gt;" in page
    assert "| broken" in page


# -- the step's summary


def append(path: Path, *runs: Ended, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(path))
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    ci.publish(runs, 1, path.parent / "nowhere")


def test_a_summary_is_appended_to_what_the_step_wrote_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "summary.md"
    path.write_text("before\n")
    append(path, ended("a"), monkeypatch=monkeypatch)
    assert path.read_text().startswith("before\n## ✅ a: pass")


def test_all_that_a_step_appends_stays_within_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "summary.md"
    for name in ("first", "second", "third"):
        append(path, huge(name, 1), monkeypatch=monkeypatch)
    text = path.read_text()
    assert len(text.encode()) <= 1024 * 1024
    assert "## ❌ first: fail" in text
    assert "third: fail; its page did not fit in here and stands in reports/third-0000" in text
    path.write_text("x" * (1024 * 1024 - 10))
    append(path, ended("a"), monkeypatch=monkeypatch)
    assert path.stat().st_size <= 1024 * 1024


def test_a_summary_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(EnvironmentFailure, match=r"cannot write .*nowhere"):
        append(tmp_path / "nowhere" / "summary.md", ended("a"), monkeypatch=monkeypatch)


# -- JUnit


def test_runs_are_joined_a_suite_each_and_a_scenario_without_a_result_is_an_error() -> None:
    broken = Ended("scenarios/broken.yaml", 4, None, said="no disk")
    page = junit.render_suite(SuiteInput([ended("a"), ended("b", 1, expectations=FAILED), broken]))
    root = ET.fromstring(page)  # noqa: S314 - our own
    assert [suite.get("name") for suite in root] == ["a", "b", "broken"]
    assert (root.get("failures"), root.get("errors")) == ("1", "1")
    assert root.get("tests") == str(len(list(root.iter("testcase"))))


def test_one_run_is_the_joined_report_of_one() -> None:
    assert junit.render(ReportInput(result())) == junit.render_suite(suite(result()))


def test_an_interrupted_suite_is_no_green_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    ci.publish([ended("a")], 130, tmp_path)
    root = ET.parse(tmp_path / "junit.xml").getroot()  # noqa: S314 - our own
    assert root.get("errors") == "1"
    assert "interrupted" in (tmp_path / "junit.xml").read_text()


# -- the command line


def test_every_report_can_be_asked_for() -> None:
    assert REPORTS == ("html", "markdown", "junit", "csv", "table")
    assert printed_names() == ("table", "json", "markdown")
    assert ci.REPORTS == ("html", "markdown", "junit", "csv")


def test_the_help_names_the_files_that_a_job_collects() -> None:
    text = " ".join((run_command.help or "").split())
    assert [name for name in ci.REPORTS if FORMATS[name].file not in text] == []


def test_a_part_is_run_with_the_same_options(tmp_path: Path) -> None:
    options = RunOptions(("a", "b"), 7, 3, tmp_path, "table", 90.5, ("html", "csv"))
    given = run_command.make_context("run", ["x", *options.as_arguments()]).params
    assert (given["labels"], given["seed"], given["repeat"]) == (("a", "b"), 7, 3)
    assert (given["limit_s"], given["reports"]) == (90.5, ("html", "csv"))
    assert RunOptions((), None, None, tmp_path, "table", None, ()).as_arguments() == ["--report", "none"]


def test_the_page_is_written_unasked_but_not_one_for_each_of_all() -> None:
    assert wanted((), is_all=False) == ("html",)
    assert wanted((), is_all=True) == wanted(("none",), is_all=False) == ()
    assert wanted(("csv",), is_all=True) == ("csv",)
    with pytest.raises(UsageInvalid, match="none"):
        wanted(("none", "csv"), is_all=False)


def test_a_log_is_no_terminal_and_holds_no_command_but_those_that_are_meant() -> None:
    under = io.StringIO()
    log = LogStream(under)
    log.write("::error::pwned\nplain\n")
    log.command("::warning::meant")
    assert under.getvalue() == "\\u003a:error::pwned\nplain\n::warning::meant\n"
    assert not log.isatty()
