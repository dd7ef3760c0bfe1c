"""Report formats, one a file; this is their registry.

To add one: a module with a `render(report: ReportInput) -> str`, and a line in `FORMATS`. Whatever knows formats by
name (`chaos run --report` and `--format`, `chaos report --format`, what a CI job collects) follows from that line.
"""

from collections.abc import Callable, Iterable
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from harness.report.formats.spec import Format, ReportInput, SuiteInput

if TYPE_CHECKING:
    from harness.explaining.timeline import Picture
    from harness.judging.evidence import Evidence
    from harness.judging.run import Look

__all__ = [
    "FORMATS",
    "PAGE",
    "RECORD",
    "TERMINAL",
    "Format",
    "ReportInput",
    "SuiteInput",
    "look",
    "printed_names",
    "render_suite",
    "report_names",
]


def _of(module: str, function: str = "render") -> Callable[[Any], str]:
    """Return a format's function; its module is imported by the first call, as what a format needs may be heavy."""

    def call(given: ReportInput | SuiteInput) -> str:
        text: str = getattr(import_module(f"{__package__}.{module}"), function)(given)
        return text

    return call


FORMATS: dict[str, Format] = {
    "html": Format("report.html", _of("html"), has_pictures=True),
    "markdown": Format("report.md", _of("markdown"), _of("markdown_suite", "render_suite"), is_printed=True),
    "junit": Format("junit.xml", _of("junit"), _of("junit", "render_suite")),
    "json": Format("result.json", _of("json_report"), _of("json_report", "render_suite"), is_printed=True),
    "csv": Format("metrics.csv", _of("csv_report")),
    "table": Format("table.txt", _of("table"), _of("table_suite", "render_suite"), is_printed=True),
}
RECORD = "json"
"""What every run writes, whatever else it is asked for: other commands read it again."""
TERMINAL = "table"
"""What a person gets who asks for no format: laid out for their screen, each run's as it ends."""

PAGE = "html"
"""What a run writes for people who ask for no report, and what `chaos report` renders for them."""


def report_names() -> tuple[str, ...]:
    """Return the formats that can be asked for beside the record."""
    return tuple(name for name in FORMATS if name != RECORD)


def printed_names() -> tuple[str, ...]:
    """Return the formats that a run prints, the terminal's first."""
    return tuple(name for name in reversed(FORMATS) if FORMATS[name].is_printed)


def render_suite(name: str, suite: SuiteInput) -> str:
    """Return several scenarios as one document; raises KeyError for a format that has no such thing."""
    render = FORMATS[name].render_suite
    if render is None:
        raise KeyError(name)
    return render(suite)


def look(names: Iterable[str], repetitions: int) -> "Look[Picture | None]":
    """Return how to look at each of so many repetitions, all systems' counted, for what these formats draw."""
    if not any(FORMATS[name].has_pictures for name in names):
        return _at_nothing
    from harness.explaining.timeline import picture  # noqa: PLC0415 - only a page draws
    from harness.report.formats.html import room  # noqa: PLC0415 - only a page draws

    stories, bars = room(repetitions)
    return partial(picture, most_stories=stories, most_bars=bars)


def _at_nothing(_evidence: "Evidence") -> None:
    """Look at nothing."""
