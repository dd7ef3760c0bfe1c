"""What a test is told, from a run: a word, and lines that say why and show the whole comparison. Values only."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from harness.report.formats import FORMATS, TERMINAL, ReportInput
from harness.report.sections.verdicts import checks, expectation_line
from harness.runfolder.result import Result
from harness.runfolder.run_summary import Ended

VERDICTS = frozenset({0, 1, 3})
"""The exit codes of a run that was judged."""


@dataclass(frozen=True, slots=True)
class ItemVerdict:
    """A verdict on one test; `lines` say why, the first in short."""

    word: Literal["pass", "fail", "unknown", "n/a"]
    lines: tuple[str, ...]


def tell(ran: Ended, judge: Callable[[Result], ItemVerdict], place: str) -> ItemVerdict:
    """Say what `judge` finds in a run, for which `place` of the scenario, with the table; unknown if the run broke."""
    result = ran.result
    if result is None:
        return ItemVerdict("unknown", (f"the run ended with exit code {ran.code} and no result", ran.said))
    if ran.code not in VERDICTS or result.status != "complete":
        broken = f"the run was {result.status}: {result.problem or f'exit code {ran.code}'}"
        return ItemVerdict("unknown", (broken, f"evidence: {ran.folder}"))
    verdict = judge(result)
    return ItemVerdict(
        verdict.word, (*verdict.lines, place, "", FORMATS[TERMINAL].render(ReportInput(result, folder=ran.folder)))
    )


def of_expectation(result: Result, index: int, text: str) -> ItemVerdict:
    """Say what became of the expectation at `index`, with the values it was judged on; unknown if it is gone."""
    expectation = result.expectations[index] if index < len(result.expectations) else None
    if expectation is None or expectation.text != text:
        return ItemVerdict("unknown", ("unknown: the scenario was changed after it was collected",))
    return ItemVerdict(expectation.verdict, (" ".join(expectation_line(expectation, result).split()),))


def of_experiment(result: Result, repeat: int) -> ItemVerdict:
    """Say whether the figures can be believed at all, and whether anything was judged by them.

    Invalid checks fail; whatever is missing is unknown: a check's evidence, a repetition, a ticket that was taken up,
    an expectation.
    """
    verdicts = {
        check.verdict
        for system in result.systems.values()
        for repetition in system.repetitions
        for check in repetition.checks
    }
    # that the machine was busy is no doubt about the experiment: it counts where a time is judged
    is_sound = bool(verdicts) and verdicts <= {"valid", "overloaded"}
    wrong = [] if is_sound else [" ".join(line.split()) for line in checks(result)]
    lines = (*wrong, *(f"unknown: {line}" for line in _missing(result, repeat)))
    if "invalid" in verdicts:
        return ItemVerdict("fail", lines)
    return ItemVerdict("unknown" if lines else "pass", lines)


def _missing(result: Result, repeat: int) -> Iterator[str]:
    if not result.systems:
        yield "no system was run"
    for label, system in result.systems.items():
        if len(system.repetitions) < repeat:
            yield f"{label} has {len(system.repetitions)} of {repeat} repetitions"
        if not all(repetition.took_up for repetition in system.repetitions):
            yield f"{label} took nothing up, which proves nothing"
    if not result.expectations:
        yield "nothing was judged, as the scenario has no `expect`"
