"""What a page is made of: only what there is, and a charting library that is as its makers ship it."""

import hashlib
import re
from importlib.resources import files
from pathlib import Path

import msgspec
import pytest

from harness import report
from harness.report.formats.html import prose
from harness.runfolder.result import Result
from tests.support.reports import rendering

render = rendering("html")

REFERENCE = Path(__file__).parents[3] / "reports" / "reference" / "worker-kill"
PLOTLY = files(report) / "page" / "plotly"
PLOTLY_SHA256 = "99784e3abfb07b142a15e521a439e6d9addceadb3f79553fd24c72774f0649ba"
"""Of plotly-basic.min.js in plotly.js-basic-dist-min 4.1.1, as npm has it."""


@pytest.fixture(scope="module")
def undrawn() -> str:
    """Return the page of the run that is kept for reference, of which there are no records to draw or tell."""
    result = msgspec.json.decode((REFERENCE / "result.json").read_bytes(), type=Result)
    return render(result, {}, REFERENCE)


def test_a_page_without_pictures_stories_or_rows_has_no_empty_section(undrawn: str) -> None:
    assert re.findall(r"<h2>(.*?)</h2>", undrawn) == [
        "In short",
        "The comparison",
        "The faults",
        "The settings that matter",
        "For and against",
        "The records behind the other counts",
        "Run it again",
    ]
    nav = undrawn.partition("<nav")[2].partition("</nav>")[0]
    assert set(re.findall(r'href="#(\w+)"', nav)) == set(re.findall(r'<section id="(\w+)"', undrawn))
    assert "<h3></h3>" not in undrawn


def test_a_page_without_pictures_has_no_charting_library(undrawn: str) -> None:
    assert len(undrawn.encode()) < 100_000
    assert undrawn.count("<script") == 1


def test_every_column_of_every_table_has_a_name(undrawn: str) -> None:
    assert not re.findall(r"<th[^>]*></th>", undrawn)


def test_the_charting_library_is_as_its_makers_ship_it_and_has_its_licence_beside_it() -> None:
    assert hashlib.sha256((PLOTLY / "plotly-basic.min.js").read_bytes()).hexdigest() == PLOTLY_SHA256
    assert "Permission is hereby granted, free of charge" in (PLOTLY / "LICENSE").read_text(encoding="utf-8")


def test_prose_is_escaped_before_it_is_marked_up() -> None:
    assert prose("`<b>` & T-0012") == '<code>&lt;b&gt;</code> &amp; <span class="id">T-0012</span>'


def test_a_card_says_over_how_many_hits_a_time_ranks_and_in_how_many_repetitions_there_was_a_count(
    undrawn: str,
) -> None:
    spreads = re.findall(r"<small>(.*?)</small>", undrawn.partition('<div class="cards">')[2].partition("<h3>What")[0])
    assert any(re.fullmatch(r".*over [\d–]+ hits", one) for one in spreads)
    assert any(re.fullmatch(r"worst \d+, in \d+ of 5", one) for one in spreads)
