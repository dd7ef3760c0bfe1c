"""An act that was played: what is said of it, its part of the table, and whether it holds. Values only."""

from collections.abc import Sequence
from dataclasses import dataclass

from harness.report.sections.columns import limits
from harness.report.sections.verdicts import expectation_line
from harness.report.sections.warnings import doubts
from harness.report.text.figures import seconds
from harness.report.text.layout import listed
from harness.runfolder.result import Result
from harness.tour.act import SERVICE, WORKFLOWS, Act, ActLine, Runs

VERDICTS = {0: "pass", 1: "fail", 3: "unknown", 4: "broken", 130: "interrupted"}
"""What the worst exit code of the acts is called."""

ONCE = "One run of each: it shows what can happen, not how often. What is unknown is not in the records, and not zero."


@dataclass(frozen=True, slots=True)
class PlayedAct:
    """An act, its runs so far, how long they took (s), and the worst exit code of them."""

    act: Act
    runs: Runs
    took_s: float
    code: int

    @property
    def is_whole(self) -> bool:
        """Whether all of its scenarios were run to their end."""
        is_complete = all(run.result.status == "complete" for run in self.runs)
        return is_complete and len(self.runs) == len(self.act.scenarios)

    @property
    def verdict(self) -> str:
        """The word for its exit code."""
        return VERDICTS[self.code]

    def sentences(self) -> tuple[str, ...]:
        """Return what its figures say and what it cost; of one that was cut short nothing is said."""
        if not self.is_whole:
            return (f"The act was cut short ({self.verdict}), so nothing is said of it.",)
        return (*self.act.after(self.runs), f"{self.act.price(self.runs)} The act took {seconds(self.took_s)}.")

    def reservations(self) -> tuple[str, ...]:
        """Return what makes its figures uncertain, and which expectations fail."""
        return tuple(text for run in self.runs for text in (*doubts(run.result), *_failures(run.result)))

    def lines(self) -> tuple[ActLine, ...]:
        """Return its lines of the table."""
        return self.act.lines(self.runs) if self.is_whole else ()


def _failures(result: Result) -> list[str]:
    """Return the expectations that fail, with the values that they were judged on."""
    return [expectation_line(failed, result) for failed in result.expectations if failed.verdict == "fail"]


def table(played: Sequence[PlayedAct], width: int | None) -> list[str]:
    """Return the table of all acts, as wide as it comes or stacked where it does not fit."""
    body = [
        (f"{of_act.act.name}: {entry.what}", entry.service, entry.workflows)
        for of_act in played
        for entry in of_act.lines()
    ]
    return listed(("", SERVICE, WORKFLOWS), body, width)


def summary(played: Sequence[PlayedAct], asked: int, verdict: str) -> str:
    """Return the verdict of the tour and what it rests on, in one line."""
    passed = sum(of_act.verdict == "pass" for of_act in played)
    return f"verdict {verdict}: {passed} of {asked} {'act passes' if asked == 1 else 'acts pass'}"


def remarks(played: Sequence[PlayedAct]) -> list[str]:
    """Return what limits all that the figures can say, each remark once."""
    limiting = [text for of_act in played for run in of_act.runs for text in limits(run.result)]
    return list(dict.fromkeys([ONCE, *limiting]))
