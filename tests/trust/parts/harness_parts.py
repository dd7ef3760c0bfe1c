"""The harness with a broken part: real runs in which one function is broken, none of them green."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.broken.harness.broken_part import BROKEN, REFUSED, BrokenPart, all_parts
from tests.support.chaos import BESIDE, Ran, write_scenario
from tests.trust.part import Outcome
from tests.trust.record import ROOT
from tests.trust.runs import checks_of, not_valid

LONGEST_S = 120
NO_VERDICT = {REFUSED, BROKEN}
"""A run that breaks, or is refused, was not judged to its end: the error names the part."""
VERDICTS = {1: "fail", 2: "refused", 3: "unknown", 4: "broken"}


class HarnessParts:
    """A case for each broken part: the run's exit code, and exactly the checks that are not valid."""

    name = "harness"
    title = "The harness with a broken part"
    side_by_side = 2

    def cases(self) -> Sequence[str]:
        """Return the slugs of all broken parts."""
        return list(all_parts())

    def attempt(self, case: str, folder: Path) -> Outcome:
        """Run the part's load with the part broken."""
        part = all_parts()[case]
        ran = run_broken(part, folder)
        found = not_valid(ran)
        figures: dict[str, float | str] = {"code": float(ran.code), "caught": _shown(found)}
        return Outcome(case, not (why := misses(part, ran)), why, figures)

    def section(self, outcomes: Sequence[Outcome]) -> str:
        """Return the table of what was broken and what caught it."""
        parts = all_parts()
        rows = [
            f"| {parts[o.case].what} | {VERDICTS.get(int(float(o.figures.get('code', 0))), 'green')} "
            f"| {o.figures.get('caught', '')} |"
            for o in outcomes
            if o.case in parts
        ]
        opening = (
            "Each is a run with one function of the harness broken (`tests/broken/harness`). None may be green, and"
            " what is not valid must be exactly the named checks (which a part may say to hang on the moment)."
        )
        return "\n".join([opening, "", "| what is broken | verdict | caught by |", "|---|---|---|", *rows])


def run_broken(part: BrokenPart, folder: Path) -> Ran:
    """Run the part's load with the part broken, as `chaos run` would."""
    scenario = write_scenario(folder, part.load)
    options = ["--out", str(folder / "reports"), "--format", "json", "--report", "csv"]
    argv = [sys.executable, "-m", "tests.broken.harness", part.slug, "run", str(scenario), *options]
    done = subprocess.run(
        argv, capture_output=True, text=True, check=False, cwd=ROOT, env=_environment(), timeout=LONGEST_S
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def _environment() -> dict[str, str]:
    return {**os.environ, BESIDE: "1"}


def misses(part: BrokenPart, ran: Ran) -> str:
    """Say in what the run did not come out as it must; nothing where it did."""
    found, told = not_valid(ran), [check["detail"] for check in checks_of(ran) if check["verdict"] != "valid"]
    beside = {name: verdict for name, verdict in found.items() if name not in part.also or name in part.caught}
    if ran.code != part.code or (ran.code not in NO_VERDICT and beside != part.caught):
        words = "; ".join(told) or ran.err[-600:]
        return f"expected exit {part.code} and {dict(part.caught)}, got exit {ran.code} and {found}: {words}"
    if not any(part.says in words for words in (*told, ran.err)):
        return f"expected {part.says!r} in what was said, got {told or ran.err[-600:]}"
    return ""


def _shown(found: dict[str, str]) -> str:
    return ", ".join(f"{name} ({verdict})" for name, verdict in found.items()) or "the error that ends it"
