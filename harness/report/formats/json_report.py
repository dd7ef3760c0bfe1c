"""A Result as JSON: what `result.json` holds and `--format json` prints."""

from typing import Any

import msgspec

from harness.report.formats.spec import ReportInput, SuiteInput

WORST_FIRST = ("fail", "unknown", "pass")


def render(report: ReportInput) -> str:
    """Return one run's result as indented JSON."""
    return _written(report.result)


def render_suite(suite: SuiteInput) -> str:
    """Return the results of several runs as one JSON document, under the worst of their verdicts.

    Of a scenario that came to no result nothing is known. One that was asked for alone is its own document, or none.
    """
    results = [run.result for run in suite.ended]
    if suite.is_single:
        return "".join(_written(result) for result in results if result is not None)
    verdicts = {result.verdict if result is not None else "unknown" for result in results}
    verdicts |= {"unknown"} if suite.is_interrupted else set()
    worst = next((verdict for verdict in WORST_FIRST if verdict in verdicts), "unknown")
    return _written({"schema": 1, "runs": [result for result in results if result is not None], "verdict": worst})


def _written(value: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n"
