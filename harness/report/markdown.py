"""A Result as Markdown, for a pull request or a CI job's summary page."""

from collections.abc import Iterator

from tabulate import tabulate

from harness.report.columns import differences
from harness.report.fates import faults, lost_tickets, missed
from harness.report.markdown_text import escaped
from harness.report.repeats import legend, repeats, unseen
from harness.report.rows import Footnotes, rows
from harness.report.story import story
from harness.report.verdicts import checks, expectation_line, verdict
from harness.result import Result

LIMIT_BYTES = 1_000_000
"""GitHub takes 1 MiB for a step's summary; what is left out is counted, and stands in the run's folder."""
MARKS = {"pass": "✅", "fail": "❌", "unknown": "❔", "n/a": "➖"}


def render(result: Result) -> str:
    """Return the page: verdict, story, doubts, expectations, the comparison, faults; the important first."""
    page: list[str] = []
    size, left_out = 0, 0
    for block in _blocks(result):
        cost = len(block.encode()) + 2
        if block and size + cost <= LIMIT_BYTES:
            page.append(block)
            size += cost
        elif block:
            left_out += 1
    if left_out:
        page.append(f"*{left_out} parts did not fit in here; they stand in the run's folder.*")
    return "\n\n".join(page) + "\n"


def _blocks(result: Result) -> Iterator[str]:
    yield f"## {MARKS[result.verdict]} {escaped(result.scenario.name, 80)}: {result.verdict}"
    if result.status != "complete":
        yield f"**{result.status.upper()}**: {escaped(result.problem) or 'no reason was recorded'}"
    yield escaped(story(result))
    yield _doubts(result)
    yield "\n".join(f"- {MARKS[one.verdict]} {escaped(expectation_line(one, result))}" for one in result.expectations)
    yield escaped(verdict(result))
    notes = Footnotes()
    found = rows(result, notes)
    body = [[f"**{row.name}**"] if not row.cells else [escaped(row.name), *map(escaped, row.cells)] for row in found]
    yield _table(["", *result.systems], body)
    yield escaped(legend(result))
    yield _lines([*notes.lines(), differences(result)])
    for heading, cells in repeats(result):
        yield _table(heading, [[escaped(cell) for cell in row] for row in cells])
    yield _lines([*unseen(result), *lost_tickets(result)])
    for heading, cells in faults(result):
        yield _table(heading, [[escaped(cell) for cell in row] for row in cells])
    yield f"seed {result.seed} · run `{escaped(result.run_id)}` · `chaos check` judges it again from its folder"


def _doubts(result: Result) -> str:
    """Return what makes the rest uncertain: checks that are not valid, faults that did not land."""
    wrong = [line for line in checks(result) if not line.endswith("checks valid")]
    return "\n".join(f"- {escaped(line)}" for line in [*wrong, *missed(result)])


def _table(heading: list[str], body: list[list[str]]) -> str:
    full = [[*row, *[""] * (len(heading) - len(row))] for row in body]
    aligned = ["left", *["right"] * (len(heading) - 1)]
    return tabulate(
        full,
        headers=[escaped(name) for name in heading],
        tablefmt="pipe",
        colalign=aligned if full else None,
        disable_numparse=True,
    )


def _lines(lines: list[str]) -> str:
    return "\n".join(f"- {escaped(line)}" for line in lines if line)
