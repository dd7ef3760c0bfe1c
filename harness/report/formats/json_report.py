"""A Result as JSON: what `result.json` holds and `--format json` prints."""

from collections.abc import Sequence
from typing import Any

import msgspec

from harness.runfolder.result import Result

WORST_FIRST = ("fail", "unknown", "pass")


def render(result: Result) -> str:
    """Return one run's result as indented JSON."""
    return _written(result)


def render_all(results: Sequence[Result | None]) -> str:
    """Return the results of several runs as one JSON document, under the worst of their verdicts.

    None is a run that came to no result, of which nothing is known.
    """
    verdicts = {result.verdict if result is not None else "unknown" for result in results}
    worst = next((verdict for verdict in WORST_FIRST if verdict in verdicts), "unknown")
    return _written({"schema": 1, "runs": [result for result in results if result is not None], "verdict": worst})


def _written(value: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
