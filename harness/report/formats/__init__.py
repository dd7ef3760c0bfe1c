"""Report formats, one a file; this is their registry.

Each module has `render(result: Result) -> str`; the page with pictures also takes what it draws, and the run's folder.
"""

from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from harness.judging.evidence import Evidence
from harness.judging.run import Look, Looked
from harness.runfolder.result import Result

if TYPE_CHECKING:
    from harness.explaining.timeline import Picture

FORMATS: dict[str, str] = {
    "html": "html",
    "markdown": "markdown",
    "junit": "junit",
    "json": "json_report",
    "csv": "csv_report",
    "table": "table",
}
WITH_PICTURES = frozenset({"html"})
WITH_FOLDER = frozenset({"markdown", "junit"})
"""Formats that name the folder in which the rest stands."""
WITH_ALL_ROWS = frozenset({"table"})
"""Formats that show only what decides unless they are asked: a file holds every metric."""
FILES = {
    "html": "report.html",
    "markdown": "report.md",
    "junit": "junit.xml",
    "json": "result.json",
    "csv": "metrics.csv",
    "table": "table.txt",
}
"""What a format's file is called in a run's folder."""


def look(forms: tuple[str, ...], repetitions: int) -> "Look[Picture | None]":
    """Return how to look at each of so many repetitions, all systems' counted, for what these formats draw."""
    if not WITH_PICTURES & set(forms):
        return _at_nothing
    from harness.explaining.timeline import picture  # noqa: PLC0415 - only a page draws
    from harness.report.formats.html import room  # noqa: PLC0415 - only a page draws

    stories, bars = room(repetitions)
    return partial(picture, most_stories=stories, most_bars=bars)


def _at_nothing(_evidence: Evidence) -> None:
    """Look at nothing."""


def render(form: str, result: Result, pictures: "Looked[Picture | None]", folder: Path) -> str:
    """Return the report of the run in `folder`; the format's module is imported only here.

    Raises KeyError for an unknown format.
    """
    module = import_module(f"{__package__}.{FORMATS[form]}")
    written: str
    if form in WITH_PICTURES:
        written = module.render(result, pictures, folder)
    else:
        named = {"folder": str(folder)} if form in WITH_FOLDER else {}
        written = module.render(result, **named, **({"is_full": True} if form in WITH_ALL_ROWS else {}))
    return written
