"""Several runs as one Markdown page: a summary, then each in full as long as there is room, what did not pass first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tabulate import tabulate

from harness.report.formats.markdown import MARKS, render
from harness.report.formats.spec import ReportInput, SuiteInput
from harness.report.formats.summary import HEADING, rows
from harness.report.sections.artifact_links import stands_in
from harness.report.text.markdown_text import escaped
from harness.runfolder.run_summary import Ended

LIMIT_BYTES = 1_048_576
"""What GitHub takes for a step's summary; of one byte more it shows nothing at all."""
LONGEST_REASON = 2000
OF_CODE = {130: "fail", 4: "fail", 1: "fail", 3: "unknown", 0: "pass"}
"""What an exit code is worth, the worst first."""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page, in full and in the one line that stands for it where there is no room."""

    full: str
    short: str


def render_suite(suite: SuiteInput, limit_bytes: int = LIMIT_BYTES) -> str:
    """Return the page, of at most so many bytes; one scenario alone needs no summary.

    A page that does not fit is replaced by a line with the run's folder.
    """
    ended = suite.ended
    if len(ended) == 1:
        return fitted([_part(ended[0], is_folded=False)], limit_bytes)
    worst_first = sorted(ended, key=lambda run: (list(OF_CODE).index(run.code), run.name))
    passed = sum(run.code == 0 for run in ended)
    heading = f"# {MARKS[OF_CODE[worst_first[0].code]]} {passed} of {len(ended)} scenarios pass"
    summary = Section(f"{heading}\n\n{_table(ended)}", heading)
    return fitted([summary, *(_part(run, is_folded=run.code == 0) for run in worst_first)], limit_bytes)


def fitted(parts: Sequence[Section], limit_bytes: int) -> str:
    """Return the parts on one page: each in full if the short forms of all others still fit beside it.

    Where not even the short forms fit, the last line counts what is missing; where that does not fit, there is no page.
    """
    room = limit_bytes - sum(_size(part.short) for part in parts)
    page: list[str] = []
    for part in parts:
        more = _size(part.full) - _size(part.short)
        page.append(part.full if more <= room else part.short)
        room -= more if more <= room else 0
    if room < 0:
        page = _cut(page, room)
    return "\n\n".join(page) + "\n" if page else ""


def _cut(page: list[str], room: int) -> list[str]:
    """Drop parts from the end until a line that counts them fits."""
    where = stands_in("the folder of runs")
    for count in range(1, len(page) + 1):
        room += _size(page.pop())
        rest = f"*{count} more did not fit in here; see* {where}"
        if _size(rest) <= room:
            return [*page, rest]
    return []


def _size(text: str) -> int:
    return len(text.encode()) + 2


def _part(run: Ended, *, is_folded: bool) -> Section:
    if run.result is None:
        line = f"❌ {escaped(run.name, 80)}: no result (exit {run.code})"
        return Section(f"## {line}\n\n{escaped(run.said, LONGEST_REASON)}", f"- {line}")
    broke_off = "" if run.result.status == "complete" else f", {run.result.status}"
    line = f"{MARKS[run.result.verdict]} {escaped(run.name, 80)}: {run.result.verdict}{broke_off}"
    page = render(ReportInput(run.result, folder=run.folder)).rstrip("\n")
    if is_folded:
        page = f"<details><summary>{line}</summary>\n\n{page}\n\n</details>"
    return Section(page, f"- {line}; its page did not fit in here and stands in {stands_in(run.folder)}")


def _table(ended: Sequence[Ended]) -> str:
    body = [[_cell(cell) for cell in row] for run in sorted(ended, key=lambda run: run.name) for row in _rows(run)]
    return tabulate(body, headers=HEADING, tablefmt="pipe", disable_numparse=True)


def _rows(run: Ended) -> Iterator[list[str]]:
    if run.result is None:
        yield [run.name, f"exit {run.code}", "", "", "there is no result"]
    else:
        yield from rows(run.result)


def _cell(text: str) -> str:
    mark = MARKS.get(text.partition(",")[0])
    return f"{mark} {text}" if mark else escaped(text)
