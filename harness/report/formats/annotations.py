"""What a CI service shows beside the lines of a scenario: expectations, faults and checks that did not come out right.

What fails or is invalid is an error, what is unknown a warning.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from harness.errors import Mistake
from harness.report.sections.verdicts import WRONG, expectation_line, is_of_misses, verdict
from harness.report.text.workflow_commands import command
from harness.runfolder.result import CheckResult, FaultResult, Repetition, Result
from harness.runfolder.run_summary import Ended
from harness.text import printable

MOST = 10
"""GitHub shows so many of each level for a step, and drops the rest without a word."""
PLACES = 5
"""How many systems' repetitions one annotation names."""
NO_REASON = "no reason was recorded"
LEVELS: Mapping[str, "Level"] = {"fail": "error", "invalid": "error", "unknown": "warning", "overloaded": "warning"}

Level = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Annotation:
    """A remark on a line of a file (0: on the file as a whole)."""

    level: Level
    title: str
    text: str
    file: str = ""
    line: int = 0
    column: int = 0


def annotations(run: Ended, file: str) -> Iterator[Annotation]:
    """Yield what is to be said of a scenario that ended, the important first; `file` is how the service names it."""
    if run.result is None:
        yield Annotation("error", f"{run.name}: no result (exit {run.code})", run.said or NO_REASON, file)
        return
    result = run.result
    if result.status != "complete":
        level: Level = "error" if result.status == "broken" else "warning"
        yield Annotation(level, f"{run.name}: {result.status}", result.problem or NO_REASON, file)
        return  # whatever else does not hold may lack nothing but the rest of the run
    remarks = [*_expectations(result, file), *_faults(result, file), *_checks(result, file)]
    if not remarks and result.verdict != "pass":
        remarks = [Annotation(LEVELS[result.verdict], f"{run.name}: {result.verdict}", verdict(result), file)]
    yield from remarks


def of_mistake(mistake: Mistake, file: str) -> Annotation:
    """Return what is to be said of a mistake in a scenario; `file` is how the service names its file."""
    return Annotation("error", "not a scenario", mistake.message, file, mistake.line, mistake.column)


def rendered(remarks: Sequence[Annotation]) -> list[str]:
    """Return a line each, errors first; of more than fit, the last says how many more there are."""
    return [
        line
        for level in ("error", "warning")
        for line in _fitting([remark for remark in remarks if remark.level == level])
    ]


def _fitting(remarks: Sequence[Annotation]) -> list[str]:
    # The tenth place goes to the number of the others, or nobody would learn that there are any.
    shown = list(remarks) if len(remarks) <= MOST else list(remarks[: MOST - 1])
    rest = len(remarks) - len(shown)
    if rest:
        shown.append(
            Annotation(remarks[0].level, f"and {rest} more", "they stand in the summary and in each run's folder")
        )
    return [_command(remark) for remark in shown]


def _command(remark: Annotation) -> str:
    place = {"file": remark.file, "line": remark.line or "", "col": remark.column or ""}
    return command(remark.level, {**place, "title": remark.title}, remark.text)


def _expectations(result: Result, file: str) -> Iterator[Annotation]:
    for outcome in ("fail", "unknown"):
        for expectation in result.expectations:
            if expectation.verdict == outcome:
                yield Annotation(
                    LEVELS[outcome], expectation.text, expectation_line(expectation, result), file, expectation.line
                )


def _faults(result: Result, file: str) -> Iterator[Annotation]:
    """Yield one for each fault that missed, on its line, wherever it missed."""
    missed: dict[int, list[tuple[str, FaultResult]]] = {}
    for where, repetition in _everywhere(result):
        for fault in (fault for fault in repetition.faults if fault.missed):
            missed.setdefault(fault.index, []).append((where, fault))
    for places in missed.values():
        fault = places[0][1]
        name = f" {fault.name}" if fault.name else ""
        reasons = [f"{where}: {'; '.join(fault.notes) or 'no reason was recorded'}" for where, fault in places]
        yield Annotation(
            "warning", f"fault {fault.index} {fault.kind}{name} did not land", _first_places(reasons), file, fault.line
        )


def _checks(result: Result, file: str) -> Iterator[Annotation]:
    """Yield one for each check that is not valid, wherever it is not."""
    wrong: dict[tuple[str, str], list[tuple[str, CheckResult]]] = {}
    for where, repetition in _everywhere(result):
        for check in (
            check for check in repetition.checks if check.verdict in WRONG and not is_of_misses(check, repetition)
        ):
            wrong.setdefault((check.verdict, check.name), []).append((where, check))
    for (outcome, name), places in sorted(wrong.items(), key=lambda pair: pair[0][0]):
        details = [f"{where}: {check.detail}" for where, check in places]
        yield Annotation(LEVELS[outcome], f"check {name} is {outcome}", _first_places(details), file)


def _everywhere(result: Result) -> Iterator[tuple[str, Repetition]]:
    for label, system in result.systems.items():
        name = printable(label, 60)
        for number, repetition in enumerate(system.repetitions, start=1):
            yield name if len(system.repetitions) == 1 else f"{name} #{number}", repetition


def _first_places(lines: Sequence[str]) -> str:
    rest = len(lines) - PLACES
    return "\n".join([*lines[:PLACES], *([f"and {rest} more"] if rest > 0 else [])])
