"""Ten thousand hostile inputs: none breaks the program, hangs it, or has it write where it should not."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import msgspec

from tests.trust.inputs.batch import Tally
from tests.trust.part import Outcome
from tests.trust.record import ROOT

BATCHES = {"scenarios": 40, "expectations": 30, "folders": 30}
COUNT = 100
DEADLINE_S = 300
WHAT = {
    "scenarios": "scenario files",
    "expectations": "expectations",
    "folders": "damaged run folders",
}
INTRODUCTION = """\
Made by Hypothesis, seeded by the batch's number, so that they are the same each time. Scenario files follow the
program's own JSON Schema, then have values of the wrong type, size or name, damaged text, odd encodings, or stand where
a folder, a device or a link in a circle is; they go through `validate`, `plan`, and `run` with a system that cannot be,
which reads all and starts nothing. Expectations follow their grammar, two in three with a slip: those without one must
be taken, the others taken or refused with the column. Run folders are a recorded run with cut, swapped, repeated or
changed lines, bytes, values, tables and files; they go through `check`, `report`, `explain` and `compare`.

Loads from 10,000 tickets up to what is allowed are left out: planning them is work that grows with their number.

A hang is more than 2 s of CPU for one command, or 10 s by the clock. What is written is watched by Python's audit of
every call that opens, makes, moves or removes, and by looking at the sandbox before and after; but for SQLite's `-shm`,
which holds no record. A green is a damaged run that `check` passes: of a run with a seal each must come to the figures
that it had before, else it counts as not as expected.\
"""


class Inputs:
    """The part of hostile inputs: a case is a batch of one kind."""

    name = "inputs"
    title = "Ten thousand hostile inputs"
    side_by_side = 2

    def cases(self) -> Sequence[str]:
        """Name every batch."""
        return [f"{kind} {number}" for kind, batches in BATCHES.items() for number in range(1, batches + 1)]

    def attempt(self, case: str, folder: Path) -> Outcome:
        """Try a batch in a process of its own, which a hang cannot outlive."""
        kind, _, number = case.partition(" ")
        tally, said = tried_apart(kind, int(number), COUNT, folder)
        if tally is None:
            return Outcome(case, passed=False, detail=f"the batch broke: {said[-1500:]}")
        is_right = tally.tried == COUNT and not tally.faulty
        detail = f"{tally.tried} tried, {tally.faulty} not as they must be; {tally.shrunk or list(tally.faults)}"
        return Outcome(case, passed=is_right, detail="" if is_right else detail[:4000], figures=_figures(tally))

    def section(self, outcomes: Sequence[Outcome]) -> str:
        """Return a row for each kind of input."""
        head = [
            "| inputs | tried | as they must be | tracebacks | hangs | slowest command | exit codes | greens |",
            "|---|---|---|---|---|---|---|---|",
        ]
        rows = [_row(kind, [one for one in outcomes if one.case.startswith(f"{kind} ")]) for kind in BATCHES]
        again = "One batch again, with what it found: `python -m tests.trust.inputs.batch folders 7`."
        return "\n".join([INTRODUCTION, "", *head, *rows, "", again])


def tried_apart(kind: str, number: int, count: int, folder: Path) -> tuple[Tally | None, str]:
    """Try a batch in a process of its own; return its tally, or None, and what it said."""
    out = folder / "tally.json"
    ran = subprocess.run(
        [sys.executable, "-m", "tests.trust.inputs.batch", kind, str(number), "--count", str(count), "--out", str(out)],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1", "TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        errors="replace",
        timeout=DEADLINE_S,
        check=False,
    )
    said = ran.stdout + ran.stderr
    return (msgspec.json.decode(out.read_bytes(), type=Tally) if out.exists() else None), said


def _figures(tally: Tally) -> dict[str, float | str]:
    codes = {f"exit {code}": count for code, count in tally.codes.items()}
    counts = {name: getattr(tally, name) for name in ("tried", "faulty", "tracebacks", "hangs", "greens", "slowest_s")}
    return {**counts, **codes}


def _row(kind: str, outcomes: Sequence[Outcome]) -> str:
    total: Counter[str] = Counter()
    for outcome in outcomes:
        total.update({name: int(figure) for name, figure in outcome.figures.items() if name != "slowest_s"})
    slowest = max((float(outcome.figures.get("slowest_s", 0)) for outcome in outcomes), default=0.0)
    codes = ", ".join(f"{name[5:]}: {total[name]}" for name in sorted(total) if name.startswith("exit "))
    right = total["tried"] - total["faulty"]
    cells = (total["tried"], right, total["tracebacks"], total["hangs"], f"{slowest:.2f} s", codes, total["greens"])
    return f"| {WHAT[kind]} | {' | '.join(map(str, cells))} |"
