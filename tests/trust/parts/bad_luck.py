"""Bad luck: systems that hang, flood, fork and forge; every run ends, is judged or says why not, and leaves nothing."""

from collections.abc import Sequence
from pathlib import Path

from tests.broken.bad_luck.cases import CASES, complaints
from tests.trust.part import Outcome

MEGABYTE = 1_000_000


class BadLuck:
    """A case a system that behaves badly: one run, watched from outside."""

    name = "bad-luck"
    title = "Systems that treat their machine and the harness badly"
    side_by_side = 2

    def cases(self) -> Sequence[str]:
        return list(CASES)

    def attempt(self, case: str, folder: Path) -> Outcome:
        ending = CASES[case].run(folder)
        wrong = complaints(CASES[case], ending)
        figures: dict[str, float | str] = {
            "code": "none" if ending.code is None else ending.code,
            "seconds": round(ending.seconds, 1),
            "left": len(ending.left),
            "rss": ending.peak_rss_bytes / MEGABYTE,
            "disk": ending.disk_bytes / MEGABYTE,
        }
        return Outcome(case, passed=not wrong, detail="; ".join(wrong), figures=figures)

    def section(self, outcomes: Sequence[Outcome]) -> str:
        head = [
            "| what the system does | the run ended | seconds | processes left | memory of the harness | disk |",
            "|---|---|---|---|---|---|",
        ]
        return "\n".join([OPENING, *head, *map(_row, outcomes)])


OPENING = """\
Each run has to end within its time, without a traceback, and be judged, or leave with 4 and a sentence that names what
was wrong. What is left is looked for 5 s later at the latest, by a variable that every descendant of the run inherits.
A run whose record was harmed is never green; what is merely put beside the record is ignored.
"""
ENDS = {0: "pass", 1: "fail", 3: "unknown", 4: "with an error that names it"}


def _row(outcome: Outcome) -> str:
    figures = outcome.figures
    code = figures.get("code", "none")
    ended = f"{ENDS.get(int(code), '')} ({code:g})" if isinstance(code, int | float) else "not by itself"
    cells = [
        CASES[outcome.case].does,
        ended,
        f"{figures.get('seconds', 0)}",
        f"{figures.get('left', 0):g}",
        f"{figures.get('rss', 0):.0f} MB",
        f"{figures.get('disk', 0):.0f} MB",
    ]
    return f"| {' | '.join(cells)} |"
