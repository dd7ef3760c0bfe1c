"""A Result as Markdown, for a pull request or a CI job's summary page."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tabulate import tabulate

from harness.report.formats.spec import ReportInput
from harness.report.sections.artifact_links import stands_in
from harness.report.sections.columns import differences, limits
from harness.report.sections.fault_outcomes import faults, lost_tickets
from harness.report.sections.overload import overloads
from harness.report.sections.repeats import legend, repeats, unseen
from harness.report.sections.rows import Footnotes, rows
from harness.report.sections.summary_sentence import story
from harness.report.sections.verdicts import listed_expectation, verdict
from harness.report.sections.warnings import uncertain
from harness.report.text.markdown_text import escaped
from harness.runfolder.result import Result

LIMIT_BYTES = 1_000_000
"""GitHub takes 1 MiB for a step's summary; what is left out is counted, and the page says where it stands."""
MARKS = {"pass": "✅", "fail": "❌", "unknown": "❔", "n/a": "➖"}


@dataclass(frozen=True, slots=True)
class Block:
    """A part of the page that can be cut between its lines; `head` are those that it is nothing without."""

    head: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()

    def whole(self) -> str:
        """Return all of it."""
        return "\n".join([*self.head, *self.lines])

    def within(self, room: int) -> str:
        """Return as many of its lines as fit into so many bytes, with how many more there are; empty if none does."""
        if _size(self.whole()) <= room:
            return self.whole()
        shown: list[str] = []
        room -= sum(map(_size, self.head)) + _size(_more(len(self.lines)))
        for line in self.lines:
            room -= _size(line)
            if room < 0:
                break
            shown.append(line)
        return "\n".join([*self.head, *shown, "", _more(len(self.lines) - len(shown))]) if shown else ""


def render(report: ReportInput, limit_bytes: int = LIMIT_BYTES) -> str:
    """Return the page: verdict, doubts, story, expectations, the comparison, faults; the important first.

    What goes beyond the limit is cut, and counted.
    """
    where, blocks = stands_in(report.folder or report.result.run_id), list(_blocks(report.result))
    room = limit_bytes - _size(_left_out(len(blocks), where))
    page: list[str] = []
    cut = 0
    for block in blocks:
        text = block.within(room)
        cut += text != block.whole()
        if text:
            page.append(text)
            room -= _size(text)
    if cut:
        page.append(_left_out(cut, where))
    return "\n\n".join(page) + "\n"


def _left_out(count: int, where: str) -> str:
    parts, they = ("1 part", "it stands") if count == 1 else (f"{count} parts", "they stand")
    return f"*{parts} did not fit in here as a whole; {they} in the run's folder,* {where}"


def _more(count: int) -> str:
    return f"*… and {count} more*"


def _size(text: str) -> int:
    return len(text.encode()) + 2


def _blocks(result: Result) -> Iterator[Block]:
    return (block for block in _parts(result) if block.whole())


def _parts(result: Result) -> Iterator[Block]:
    yield Block((f"## {MARKS[result.verdict]} {escaped(result.scenario.name, 80)}: {result.verdict}",))
    if result.status != "complete":
        yield Block((f"**{result.status.upper()}**: {escaped(result.problem) or 'no reason was recorded'}",))
    yield _listed([*uncertain(result), *overloads(result)])
    yield Block((escaped(story(result)),))
    lines = (
        f"- {MARKS[expectation.verdict]} {escaped(listed_expectation(expectation, result))}"
        for expectation in result.expectations
    )
    yield Block(lines=tuple(lines))
    yield Block((escaped(verdict(result)),))
    notes = Footnotes()
    table_rows = rows(result, notes)
    body = [
        [f"**{row.name}**"] if not row.cells else [escaped(row.name), *map(escaped, row.cells)] for row in table_rows
    ]
    yield _table(["", *result.systems], body)
    yield Block((escaped(legend(result)),))
    yield _listed([*notes.lines(), *limits(result), differences(result)])
    for heading, cells in repeats(result):
        yield _table(heading, [[escaped(cell) for cell in row] for row in cells])
    yield _listed([*unseen(result), *lost_tickets(result)])
    for heading, cells in faults(result):
        yield _table(heading, [[escaped(cell) for cell in row] for row in cells])
    again = "`chaos check` judges it again from its folder"
    yield Block((f"seed {result.seed} · run `{escaped(result.run_id)}` · {again}",))


def _table(heading: list[str], body: list[list[str]]) -> Block:
    full = [[*row, *[""] * (len(heading) - len(row))] for row in body]
    aligned = ["left", *["right"] * (len(heading) - 1)]
    text = tabulate(
        full,
        headers=[escaped(name) for name in heading],
        tablefmt="pipe",
        colalign=aligned if full else None,
        disable_numparse=True,
    )
    head, rule, *lines = text.splitlines()
    return Block((head, rule), tuple(lines))


def _listed(lines: Sequence[str]) -> Block:
    return Block(lines=tuple(f"- {escaped(line)}" for line in lines if line))
