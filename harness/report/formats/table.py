"""The terminal's page: a Result as text, the verdict first, then what happened, the figures that decide, and why."""

from collections.abc import Iterator, Sequence

from harness.catalogue import CATALOGUE, Metric
from harness.report.formats.spec import ReportInput
from harness.report.sections.columns import differences, limits
from harness.report.sections.fault_outcomes import faults, lost_tickets
from harness.report.sections.overload import overloads
from harness.report.sections.repeats import legend, repeats, unseen
from harness.report.sections.rows import ComparisonRow, Footnotes, headlines, rows
from harness.report.sections.summary_sentence import story
from harness.report.sections.tradeoffs import Column, Point, argument
from harness.report.sections.verdicts import expectations, valid_checks, verdict
from harness.report.sections.warnings import shortened, uncertain
from harness.report.text.figures import NEVER
from harness.report.text.layout import PIPED, colored, folded, listed, painted, table, widest
from harness.runfolder.result import Result, SystemResult
from harness.text import printable

MOST_DOUBTS = 8
MOST_POINTS = 3
MOST_COLUMNS = 3
DIM = "dim"
_BAD_GROUPS = frozenset({"durability", "effects", "races"})
"""Where a count that had better be low tells of harm; retries are a price that was meant to be paid."""


def render(report: ReportInput) -> str:
    """Return the page; its width folds lines and splits or stacks tables, and never cuts a figure.

    Whatever a scenario or a process wrote is made harmless first.
    """
    lines = [line for block in _blocks(report) if block for line in ["", *block]][1:]
    return "\n".join(colored(line) for line in lines) if report.color else "\n".join(lines)


def _blocks(report: ReportInput) -> Iterator[list[str]]:
    """Yield the parts of the page in order, each as lines: what makes the figures uncertain stands before them."""
    result, width, is_full = report.result, report.width, report.is_full
    yield folded([" · ".join([verdict(result), *_title(result)]), story(result, is_overload_named=False)], width)
    yield folded(_doubts(result), width)
    notes = Footnotes()
    table_rows = rows(result, notes) if is_full else headlines(result, notes)
    figures = _Comparison(result, width, color=report.color).lines(table_rows)
    yield [*figures, *folded([legend(result, is_full=is_full)], width)]
    yield folded([*notes.lines(), *limits(result), differences(result)], width)
    for heading, body in repeats(result, is_full=is_full):
        yield listed(heading, body, width)
    yield folded(unseen(result, is_full=is_full), width)
    yield folded(tradeoffs(result), width)
    yield folded(lost_tickets(result), width)
    for heading, body in faults(result):
        yield listed(heading, body, width)
    yield folded(_more_doubts(result), width)
    yield folded([valid_checks(result), *expectations(result)], width, " " * 8)
    asked = f"question: {printable(result.scenario.description)}" if result.scenario.description else ""
    yield folded([asked, f"evidence: {printable(report.folder, 4000)}" if report.folder else ""], width)


def _title(result: Result) -> list[str]:
    """Return what was run."""
    count = max((len(system.repetitions) for system in result.systems.values()), default=0)
    repetitions = "1 repetition" if count == 1 else f"{count} repetitions"
    return [printable(result.scenario.name, 80), f"seed {result.seed}", repetitions]


def _doubts(result: Result) -> list[str]:
    """Return what is wrong with the run itself, the first few doubts, and what was overloaded."""
    doubts = uncertain(result)
    lines = ["in doubt, so read the rest with care:", *shortened(doubts, MOST_DOUBTS)] if doubts else []
    lines += overloads(result)
    if result.status == "complete":
        return lines
    why = printable(result.problem).removeprefix(f"{result.status}; ") or "no reason was recorded"
    return [f"{result.status.upper()}: {why}", *lines]


def _more_doubts(result: Result) -> list[str]:
    """Return the doubts for which there was no room above."""
    doubts = uncertain(result)[MOST_DOUBTS:]
    return ["also in doubt:", *doubts] if doubts else []


# -- the figures


class _Comparison:
    """The table of figures, a column a system, in as few tables side by side as there is room for."""

    def __init__(self, result: Result, width: int | None, *, color: bool) -> None:
        self._systems = list(result.systems.items())
        self._width = width or PIPED
        self._color = color

    def lines(self, table_rows: Sequence[ComparisonRow]) -> list[str]:
        """Lay the rows out; where the metrics' own names have no room beside them, say how to get them."""
        lines, has_names = self._fitted(table_rows, range(len(self._systems)))
        note = folded(["the metrics' own names, for `expect`: --metrics all"], self._width)
        return lines if has_names else [*lines, *map(self._dim, note)]

    def _fitted(self, table_rows: Sequence[ComparisonRow], columns: Sequence[int]) -> tuple[list[str], bool]:
        """Return the table, and whether it names the metrics; one that is too wide is dealt out to two."""
        has_labels = any(row.cells and row.name != row.metric for row in table_rows)
        for is_named in (True, False) if has_labels else (False,):
            lines = self._laid_out(table_rows, columns, is_named=is_named)
            if widest(lines) <= self._width or (not is_named and len(columns) < 2):  # noqa: PLR2004 - nothing to deal
                return lines, is_named or not has_labels
        half = (len(columns) + 1) // 2
        left, right = (self._fitted(table_rows, part) for part in (columns[:half], columns[half:]))
        return [*left[0], "", *right[0]], left[1] or right[1]

    def _laid_out(self, table_rows: Sequence[ComparisonRow], columns: Sequence[int], *, is_named: bool) -> list[str]:
        labels = [printable(self._systems[index][0], 60) for index in columns]
        is_grouped = any(not row.cells for row in table_rows)
        body = [self._row(row, columns, is_named=is_named, is_grouped=is_grouped) for row in table_rows]
        last = len(labels) + 1
        return table(["", *labels, *([self._dim("metric")] if is_named else [])], body, left=(0, last))

    def _row(self, row: ComparisonRow, columns: Sequence[int], *, is_named: bool, is_grouped: bool) -> list[str]:
        if not row.cells:
            return [row.name]
        cells = [self._cell(row, index) for index in columns]
        return [f"{'  ' * is_grouped}{row.name}", *cells, *([self._dim(row.metric)] if is_named else [])]

    def _cell(self, row: ComparisonRow, index: int) -> str:
        style = tone(CATALOGUE[row.metric], row.cells[index], self._systems[index][1]) if self._color else ""
        return painted(row.cells[index], style) if style else row.cells[index]

    def _dim(self, text: str) -> str:
        return painted(text, DIM) if self._color else text


def tone(metric: Metric, cell: str, system: SystemResult) -> str:
    """Return the colour of a figure: red for harm and what never came, green for none; others are for the reader."""
    if cell.startswith(NEVER[0]):
        return "red"
    values = [repetition.metrics.get(metric.name) for repetition in system.repetitions]
    if metric.group not in _BAD_GROUPS or metric.better != "lower" or None in values or not values:
        return ""
    expected = sum(repetition.metrics.get(metric.harmless_part) or 0 for repetition in system.repetitions)
    return "red" if sum(value or 0 for value in values) > expected else "green"


# -- for and against


def tradeoffs(result: Result) -> list[str]:
    """Return a line for each of the first few columns beside the first: what it gains, and what it costs."""
    weighed = argument(result)
    lines = [_tradeoff(weighed.base, column) for column in weighed.columns]
    rest = len(lines) - MOST_COLUMNS
    if rest <= 0:
        return lines
    return [*lines[: MOST_COLUMNS - 1], f"{rest + 1} more systems are weighed in the HTML report"]


def _tradeoff(base: str, column: Column) -> str:
    names = f"{printable(column.label, 60)} over {printable(base, 60)}"
    if not column.gains and not column.costs:
        return f"for or against {names}: nothing that this run can tell"
    return f"for {names}: {_points(column.gains)}; against: {_points(column.costs)}"


def _points(points: Sequence[Point]) -> str:
    figures = [
        f"{CATALOGUE[point.metric].label or point.what} {point.before} → {point.after}"
        for point in points[:MOST_POINTS]
    ]
    rest = len(points) - MOST_POINTS
    return (", ".join(figures) or "nothing that this run shows") + (f" and {rest} more" if rest > 0 else "")
