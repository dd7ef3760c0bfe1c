"""Mutants of checks, metrics, verdict and gate: each must be noticed by a unit test, or be listed with the reason."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from threading import Lock

import msgspec

from tests.trust.mutation.account import Account, Survivors, account, read_survivors
from tests.trust.mutation.scope import MODULES, TESTS
from tests.trust.mutation.tried import Tried
from tests.trust.part import Outcome
from tests.trust.record import ROOT

LONGEST_S = 1800.0
OPENING = """\
Every mutant is one small change of the code that judges: a comparison turned or moved by its boundary, a condition
dropped, `and` for `or`, a number one off, another word of a verdict, a filter, a slice or a statement left out, `None`
returned. Each is tried with the unit tests that run its lines ({tests}; no real runs), until one of them fails. What
none of them notices is a survivor, and counts as one whatever the reason.
"""


class Mutants:
    """A case a module: all of its mutants."""

    name = "mutants"
    title = "Mutants of the code that judges"
    side_by_side = 2

    def __init__(self) -> None:
        self._recording = Lock()

    def cases(self) -> Sequence[str]:
        """Return the modules."""
        return MODULES

    def attempt(self, case: str, folder: Path) -> Outcome:
        """Try every mutant of a module."""
        with self._recording:
            coverage = self._coverage
        (folder / "coverage.json").write_bytes(coverage)
        _session("try", case, folder / "coverage.json", folder / "tried.json", folder / "scratch")
        tried = msgspec.json.decode((folder / "tried.json").read_bytes(), type=list[Tried])
        return _outcome(case, account(tried, case, read_survivors()))

    @cached_property
    def _coverage(self) -> bytes:
        """Which test runs which lines: the same for every module, so recorded by whichever case comes first."""
        with tempfile.TemporaryDirectory(prefix="trust-coverage-") as folder:
            path = Path(folder, "coverage.json")
            _session("record", path, Path(folder, "scratch"))
            return path.read_bytes()

    def section(self, outcomes: Sequence[Outcome]) -> str:
        """Return the table of modules, and the survivors with their reasons."""
        of_modules = [(outcome.case, outcome.figures) for outcome in outcomes if "mutants" in outcome.figures]
        rows = [_row(f"`{module}`", figures) for module, figures in of_modules]
        total = {name: sum(float(figures[name]) for _, figures in of_modules) for name in ("mutants", "killed", "late")}
        head = ["| module | mutants | killed | of these by time-out | share |", "|---|---|---|---|---|"]
        whole = [_row("**all**", total)] if rows else []
        tried = {outcome.case for outcome in outcomes}
        survivors = [group for group in read_survivors() if group.module in tried]
        return "\n".join([OPENING.format(tests=" and ".join(TESTS)), *head, *rows, *whole, "", *_reasons(survivors)])


def _session(*arguments: str | Path) -> None:
    """Have a process of its own try mutants: it forks, which a process with threads must not."""
    command = [sys.executable, "-m", "tests.trust.mutation.session", *map(str, arguments)]
    same = os.environ | {"PYTHONHASHSEED": "0"}  # sets are walked in the same order every time
    ended = subprocess.run(command, cwd=ROOT, env=same, capture_output=True, text=True, check=False, timeout=LONGEST_S)
    if ended.returncode:
        raise RuntimeError(f"ended with {ended.returncode}: {(ended.stderr or ended.stdout)[-1500:]}")


def _outcome(case: str, of_module: Account) -> Outcome:
    against = of_module.objections()
    figures: dict[str, float | str] = {
        "mutants": of_module.mutants,
        "killed": of_module.killed + of_module.timed_out,
        "late": of_module.timed_out,
    }
    return Outcome(case, not against, "; ".join([*against, *of_module.remarks()]), figures)


def _row(name: str, figures: dict[str, float | str] | dict[str, float]) -> str:
    mutants, killed, late = (float(figures[name]) for name in ("mutants", "killed", "late"))
    return f"| {name} | {mutants:.0f} | {killed:.0f} | {late:.0f} | {killed / mutants:.1%} |"


def _reasons(survivors: Sequence[Survivors]) -> list[str]:
    """List survivors under their reasons."""
    lines = [f"Survivors ({sum(len(group.mutants) for group in survivors)}), and why:", ""]
    for group in survivors:
        lines.append(f"- `{group.module}`, `{group.function}`: {group.why}")
        lines += [f"    - `{before}` → `{after}`" for before, after, *_ in group.mutants]
    return lines
