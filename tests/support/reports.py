"""Reports as a test asks for them: by the format's name, of a result."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from harness.explaining.timeline import Picture
from harness.report.formats import FORMATS, ReportInput, SuiteInput
from harness.runfolder.result import Result
from harness.runfolder.run_summary import Ended

NO_PICTURES: Mapping[str, Mapping[int, Picture]] = {}


def rendering(name: str) -> Callable[..., str]:
    """Return what renders a result in this format; it takes what a `ReportInput` has."""

    def render(
        result: Result, pictures: Mapping[str, Mapping[int, Picture]] = NO_PICTURES, folder: Path | str = "", **on: Any
    ) -> str:
        return FORMATS[name].render(ReportInput(result, pictures, str(folder), **on))

    return render


def suite(*results: Result | None, **changes: Any) -> SuiteInput:
    """Return scenarios that ended with these results."""
    return SuiteInput([Ended("scenarios/broken.yaml", 0 if one else 4, one) for one in results], **changes)


def line(text: str, start: str) -> str:
    """Return the first line that starts so, whatever it is indented by."""
    found = [one for one in text.splitlines() if one.strip().startswith(start)]
    assert found, f"no line starts with {start!r} in\n{text}"
    return found[0]
