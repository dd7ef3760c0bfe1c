"""Report formats, one a file; this is their registry. Each module has `render(result: Result) -> str`."""

from collections.abc import Callable
from importlib import import_module

from harness.result import Result

FORMATS: dict[str, str] = {
    "table": "harness.report.table",
    "json": "harness.report.json_report",
}


def renderer(form: str) -> Callable[[Result], str]:
    """Return a format's `render`; its module is imported only here. Raises KeyError for an unknown format."""
    render: Callable[[Result], str] = import_module(FORMATS[form]).render
    return render
