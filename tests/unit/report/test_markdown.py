"""The Markdown page: what is in doubt stands first, and what does not fit is cut by lines and named with its place."""

import pytest

from harness.report.formats import ReportInput, markdown
from harness.report.formats.markdown import LIMIT_BYTES
from harness.report.sections.artifact_links import workflow_run
from harness.runfolder.result import CheckResult, Judged, Result, SystemResult
from tests.support.results import expectation, fault, result, temporal

GITHUB = {"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "a/b", "GITHUB_RUN_ID": "7"}
LINK = "[artifacts of this workflow run](https://github.com/a/b/actions/runs/7)"


@pytest.fixture(autouse=True)
def _off_github(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in GITHUB:
        monkeypatch.delenv(name, raising=False)


def render(one: Result, folder: str = "", limit_bytes: int = LIMIT_BYTES) -> str:
    return markdown.render(ReportInput(one, folder=folder), limit_bytes)


def with_faults(count: int) -> Result:
    """A run of so many faults, each with a long name."""
    faults = tuple(fault(index=index, landed=1, name="x" * 30) for index in range(1, count + 1))
    return result(systems={"temporal": SystemResult({}, (temporal(faults=faults),))})


def test_what_is_in_doubt_stands_before_the_story() -> None:
    unsure = temporal(
        checks=(CheckResult("healed", "unknown", "later"),), faults=(fault(missed=1, notes=("1.1: nobody",)),)
    )
    unknown = expectation("temporal.lost == 0", "unknown", Judged("temporal", 1, None, "==", 0, "unknown"))
    one = result(systems={"temporal": SystemResult({}, (unsure,))}, expectations=(unknown,), verdict="unknown")
    assert render(one).splitlines()[:6] == [
        "## ❔ worker-kill: unknown",
        "",
        "- unknown healed on temporal: later",
        "- unknown temporal.lost == 0 \\[temporal – == 0 unknown\\]",
        "- fault 1 missed (1) on temporal: 1.1: nobody",
        "",
    ]


def test_a_clean_run_begins_with_its_story() -> None:
    assert render(result()).splitlines()[2].startswith("When a worker died, sync lost 4")


def test_a_table_that_does_not_fit_is_cut_by_rows_and_the_rest_is_counted() -> None:
    page = render(with_faults(50), "reports/x", limit_bytes=6060)
    rows = [line for line in page.splitlines() if line.startswith("| ") and "worker\\_kill" in line]
    assert 5 < len(rows) < 50
    assert f"*… and {50 - len(rows)} more*" in page
    assert page.endswith("*1 part did not fit in here as a whole; it stands in the run's folder,* reports/x\n")


@pytest.mark.parametrize("limit", range(2000, 12_000, 500))
def test_no_limit_is_ever_passed(limit: int) -> None:
    assert len(render(with_faults(50), "reports/x", limit_bytes=limit).encode()) <= limit


def test_a_page_that_fits_is_whole() -> None:
    assert "did not fit" not in render(with_faults(50), "reports/x")


def test_the_room_there_is_is_used() -> None:
    page = render(with_faults(500), "reports/x", limit_bytes=30_000)
    assert 25_000 < len(page.encode()) <= 30_000
    assert "1 part did not fit in here" in page
    assert LIMIT_BYTES < 1024 * 1024


def test_several_parts_are_many() -> None:
    assert "parts did not fit in here as a whole; they stand in" in render(with_faults(50), limit_bytes=900)


def test_a_run_whose_folder_is_not_known_is_named_by_its_id() -> None:
    assert render(with_faults(50), limit_bytes=6060).endswith("folder,* 20260101-000000-worker-kill-0000\n")


def test_on_github_what_is_left_out_links_the_workflow_run(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in GITHUB.items():
        monkeypatch.setenv(name, value)
    assert render(with_faults(50), "reports/x", limit_bytes=6060).endswith(f"folder,* reports/x ({LINK})\n")


def test_only_what_is_a_workflow_run_is_linked() -> None:
    assert workflow_run(GITHUB) == LINK
    assert workflow_run({}) == ""
    for name, value in {"GITHUB_SERVER_URL": "javascript:x", "GITHUB_REPOSITORY": "a/b)", "GITHUB_RUN_ID": "x"}.items():
        assert workflow_run(GITHUB | {name: value}) == ""
