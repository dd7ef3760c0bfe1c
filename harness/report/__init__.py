"""Report formats, one a file; this is their registry.

Each module has `render(result: Result) -> str`, those in WITH_RECORD `render(result: Result, folder: Path) -> str`, as
they also draw what the run's folder holds.
"""

from importlib import import_module
from pathlib import Path

from harness.result import Result

FORMATS: dict[str, str] = {
    "markdown": "harness.report.markdown",
    "junit": "harness.report.junit",
    "json": "harness.report.json_report",
    "csv": "harness.report.csv_report",
    "table": "harness.report.table",
}
WITH_RECORD = frozenset({"html"})
FILES = {"html": "report.html", "markdown": "report.md", "junit": "junit.xml", "csv": "metrics.csv"}
"""What a format's file is called in a run's folder."""


def render(form: str, result: Result, folder: Path) -> str:
    """Return a run's report; the format's module is imported only here. Raises KeyError for an unknown format."""
    module = import_module(FORMATS[form])
    written: str = module.render(result, folder) if form in WITH_RECORD else module.render(result)
    return written
