"""Where `chaos report` writes its page: into the run's folder, and nowhere that a link in it leads to."""

from pathlib import Path

from tests.support.chaos import chaos
from tests.support.recorded import unpacked


def test_a_link_in_the_place_of_the_page_is_replaced_and_what_it_names_stays(tmp_path: Path) -> None:
    run, mine = unpacked(tmp_path / "runs"), tmp_path / "mine"
    mine.write_text("mine\n")
    page = run / "report.html"
    page.symlink_to(mine)
    before = {path.name for path in run.iterdir()}
    assert chaos("report", str(run)).code == 0
    assert mine.read_text() == "mine\n"
    assert not page.is_symlink()
    assert page.read_text().startswith("<!doctype html>")
    assert {path.name for path in run.iterdir()} == before


def test_a_file_that_is_named_is_written_where_it_is(tmp_path: Path) -> None:
    run, linked = unpacked(tmp_path / "runs"), tmp_path / "linked"
    (tmp_path / "page").symlink_to(linked)
    assert chaos("report", str(run), "--output", str(tmp_path / "page")).code == 0
    assert (tmp_path / "page").is_symlink()
    assert linked.read_text().startswith("<!doctype html>")
