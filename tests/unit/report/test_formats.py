"""The registry of formats: whatever stands there renders, of one input and of one for suites."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from harness.cli import ci
from harness.report.formats import FORMATS, RECORD, ReportInput, look, render_suite
from harness.runfolder.meta import Meta, write_meta
from tests.support.reports import suite
from tests.support.results import result


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_renders_a_run(name: str, tmp_path: Path) -> None:
    write_meta(tmp_path, Meta(1, "x", 1, 1, (), "0" * 64, {}, 0.0, "complete"))
    assert "worker-kill" in FORMATS[name].render(ReportInput(result(), folder=str(tmp_path)))


@pytest.mark.parametrize("name", [name for name, known in FORMATS.items() if known.render_suite])
def test_every_format_of_suites_names_a_scenario_without_a_result(name: str) -> None:
    text = render_suite(name, suite(result(), None))
    assert "worker-kill" in text
    assert "broken" in text or name == RECORD  # JSON holds results, and the verdict says that one is missing


def test_no_two_formats_write_the_same_file() -> None:
    assert len({known.file for known in FORMATS.values()}) == len(FORMATS)


def test_a_format_without_suites_says_so() -> None:
    with pytest.raises(KeyError, match="csv"):
        render_suite("csv", suite(result()))


def test_the_evidence_is_looked_at_for_pictures_alone() -> None:
    plain = [name for name, known in FORMATS.items() if not known.has_pictures]
    assert look(plain, 2) is not look(FORMATS, 2)
    assert look(plain, 2) is look((), 2)


def test_a_jobs_file_of_all_scenarios_is_named_as_that_of_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    ci.publish(suite(result()).ended, 0, tmp_path)
    root = ET.parse(tmp_path / FORMATS["junit"].file).getroot()  # noqa: S314 - our own
    assert root.get("errors") == "0"
