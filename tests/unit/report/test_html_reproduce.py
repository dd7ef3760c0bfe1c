"""How a page says that its run is done again."""

from pathlib import Path

import pytest

from harness.planning.reading.bundled import bundled
from harness.report.sections.reproduce import Again, again
from harness.runfolder.meta import Meta, write_meta
from tests.support.reports import rendering
from tests.support.results import result

render = rendering("html")

TEXT = "name: x\nload: {tickets: 4}\n"


def said(folder: Path, text: str | None, *, repeat: int = 1, selected: tuple[str, ...] = ()) -> Again:
    if text is not None:
        (folder / "scenario.yaml").write_text(text, encoding="utf-8")
    meta = Meta(1, "x", 42, repeat, ("sync",), "0" * 64, {}, 0.0, "complete", selected=selected)
    write_meta(folder, meta)
    return again(result(), meta, folder)


@pytest.mark.parametrize(
    ("text", "repeat", "options"),
    [
        (TEXT, 1, ""),
        (TEXT, 5, " --repeat 5"),
        (f"{TEXT}repeat: 3\n", 3, " --repeat 3"),
        (f"{TEXT}repeat: 3\n", 1, " --repeat 1"),
        (f'{TEXT}"repeat" : 3\n', 1, " --repeat 1"),
        ("{name: x, repeat: 3}", 1, " --repeat 1"),
        (f"# what is repeated: nothing\n{TEXT}", 1, ""),
    ],
)
def test_the_command_repeats_as_often_as_the_run_did_whatever_its_scenario_says(
    tmp_path: Path, text: str, repeat: int, options: str
) -> None:
    assert said(tmp_path, text, repeat=repeat).command == f"chaos run scenario.yaml --seed 42{options}"


def test_the_command_names_a_bundled_scenario_and_the_columns_that_were_chosen(tmp_path: Path) -> None:
    path = next(one for one in bundled() if "repeat:" not in one.read_text(encoding="utf-8"))
    found = said(tmp_path, path.read_text(encoding="utf-8"), selected=("sync", "it's"))
    assert found.command == f"chaos run {path.stem} --seed 42 --system sync --system 'it'\"'\"'s'"
    assert not found.is_own


def test_a_page_of_a_run_without_its_scenario_tells_all_else_and_that_it_is_missing(tmp_path: Path) -> None:
    assert said(tmp_path, None) == Again(
        command="chaos run scenario.yaml --seed 42 --repeat 1",
        is_own=True,
        lines=(),
        left_out=0,
        missing="is missing from the run's folder",
    )
    page = render(result(), {}, tmp_path)
    assert "<code>scenario.yaml</code> is missing from the run&#39;s folder" in page
    assert "<summary>The scenario</summary>" not in page
    assert "The comparison" in page


def test_a_scenario_that_cannot_be_read_is_said_to_be_so(tmp_path: Path) -> None:
    (tmp_path / "scenario.yaml").mkdir()
    assert said(tmp_path, None).missing == "cannot be read: Is a directory"
    assert "<code>scenario.yaml</code> cannot be read: Is a directory" in render(result(), {}, tmp_path)
