"""The terminal table: a Result as one page of text, columns a system, the important first."""

import textwrap
from collections.abc import Iterator

from click import style
from tabulate import tabulate

from harness.report.sections.columns import differences, limits
from harness.report.sections.fault_outcomes import faults, lost_tickets
from harness.report.sections.overload import overloads
from harness.report.sections.repeats import legend, repeats, unseen
from harness.report.sections.rows import Footnotes, Row, rows
from harness.report.sections.summary_sentence import story
from harness.report.sections.verdicts import expectations, valid_checks, verdict
from harness.report.sections.warnings import shortened, uncertain
from harness.runfolder.result import Result
from harness.text import printable

MOST_DOUBTS = 8
COLORS = {"pass": "green", "FAIL": "red", "fail": "red", "INVALID": "red", "unknown": "yellow"}


def render(result: Result, *, width: int | None = None, color: bool = False, folder: str | None = None) -> str:
    """Return the page; `width` wraps text and splits columns over several tables, and never cuts a figure.

    `folder` is where the evidence lies. Whatever a scenario or a process wrote is made harmless first.
    """
    blocks = [block for block in _blocks(result, width, folder) if block]
    lines = [line for block in blocks for line in ["", *block]][1:]
    return "\n".join(_colored(line) for line in lines) if color else "\n".join(lines)


def _blocks(result: Result, width: int | None, folder: str | None) -> Iterator[list[str]]:
    """Yield the parts of the page in order, each as lines: what makes the rest uncertain stands first."""
    yield _wrapped(_doubts(result), width)
    yield _wrapped([*_title(result), differences(result)], width)
    notes = Footnotes()
    yield _comparison(result, rows(result, notes), width)
    yield _wrapped([*notes.lines(), *limits(result)], width)
    for heading, body in repeats(result):
        yield _table(heading, body, width)
    yield _wrapped(unseen(result), width)
    yield _wrapped(lost_tickets(result), width)
    for heading, body in faults(result):
        yield _table(heading, body, width)
    yield _wrapped(_more_doubts(result), width)
    yield _wrapped([valid_checks(result), *expectations(result)], width)
    evidence = [f"evidence: {printable(folder, 4000)}"] if folder else []
    yield _wrapped([verdict(result), story(result), *evidence], width)


def _doubts(result: Result) -> list[str]:
    """Return what is wrong with the run itself, the first few doubts, and what was overloaded."""
    found = uncertain(result)
    lines = ["in doubt, so read the rest with care:", *shortened(found, MOST_DOUBTS)] if found else []
    lines += overloads(result)
    if result.status == "complete":
        return lines
    return [f"{result.status.upper()}: {printable(result.problem) or 'no reason was recorded'}", *lines]


def _more_doubts(result: Result) -> list[str]:
    """Return the doubts for which there was no room above."""
    found = uncertain(result)[MOST_DOUBTS:]
    return ["also in doubt:", *found] if found else []


def _title(result: Result) -> list[str]:
    """Return the scenario, and what was run."""
    count = max((len(system.repetitions) for system in result.systems.values()), default=0)
    repetitions = "1 repetition" if count == 1 else f"{count} repetitions"
    name = printable(result.scenario.name, 80)
    title = f"{name} · seed {result.seed} · {repetitions} · {result.status}"
    return [title, printable(result.scenario.description)] if result.scenario.description else [title]


def _comparison(result: Result, found: list[Row], width: int | None) -> list[str]:
    labels = [printable(label, 60) for label in result.systems]
    body = [[row.name if not row.cells else f"  {row.name}", *row.cells] for row in found]
    lines = _table(["", *labels], body, width)
    return [*lines, *_wrapped([legend(result)], width)]


def _table(heading: list[str], body: list[list[str]], width: int | None) -> list[str]:
    """Lay out a table; where it is too wide, its columns are dealt out to several, each with the names beside it."""
    lines = _laid_out(heading, body)
    columns = len(heading) - 1
    if width is None or columns < 2 or max(map(len, lines), default=0) <= width:  # noqa: PLR2004 - nothing to split
        return lines
    half = 1 + columns // 2
    left = _table(heading[:half], [row[:half] for row in body], width)
    right = _table([heading[0], *heading[half:]], [[row[0], *row[half:]] for row in body], width)
    return [*left, "", *right]


def _laid_out(heading: list[str], body: list[list[str]]) -> list[str]:
    full = [[*row, *[""] * (len(heading) - len(row))] for row in body]
    aligned = ["left", *["right"] * (len(heading) - 1)]
    text = tabulate(
        full,
        headers=heading,
        tablefmt="simple",
        colalign=aligned if full else None,
        disable_numparse=True,
        preserve_whitespace=True,
    )
    return [line.rstrip() for line in text.splitlines()]


def _wrapped(lines: list[str], width: int | None) -> list[str]:
    """Fold lines to the width, with what follows indented; nothing is dropped."""
    if width is None:
        return [line for line in lines if line]
    fold = textwrap.TextWrapper(max(width, 20), subsequent_indent="    ", break_on_hyphens=False)
    return [part for line in lines if line for part in fold.wrap(line)]


def _colored(line: str) -> str:
    """Colour the verdict that a line begins with."""
    word, space, rest = line.partition(" ")
    bare = word.rstrip(":")
    if bare == "verdict":
        said = rest.partition(":")[0]
        return f"{word} {style(rest, fg=COLORS.get(said), bold=True)}"
    return f"{style(word, fg=COLORS[bare])}{space}{rest}" if bare in COLORS else line
