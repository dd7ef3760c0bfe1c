"""Several runs for the terminal: in full what did not pass, then a summary of everything."""

from collections.abc import Iterator

from harness.report.formats import summary, table
from harness.report.formats.spec import ReportInput, SuiteInput
from harness.text import printable


def render_suite(suite: SuiteInput) -> str:
    """Return the tables of what did not pass, the summary, how many passed, and what came to no result."""
    return "\n\n".join([*_failed(suite), summary.render_suite(suite), "\n".join(_counts(suite))])


def _failed(suite: SuiteInput) -> Iterator[str]:
    for run in suite.ended:
        if run.result is not None and run.code != 0:
            yield table.render(
                ReportInput(run.result, folder=run.folder, width=suite.width, color=suite.color, is_full=suite.is_full)
            )


def _counts(suite: SuiteInput) -> Iterator[str]:
    passed = sum(run.code == 0 for run in suite.ended)
    together = f", {suite.jobs} at a time (times are those of a shared machine)" if suite.jobs > 1 else ""
    yield f"{passed} of {len(suite.ended)} scenarios pass, in {suite.took_s:.0f} s{together}"
    for run in suite.ended:
        if run.result is None:
            yield f"{printable(run.name, 80)}: no result (exit {run.code})"
