"""What is mutated, and which tests may kill: those of judging and comparing and what rests on them, no real runs."""

from tests.trust.record import ROOT

TESTS = (
    "tests/unit/judging",
    "tests/unit/comparing",
    "tests/unit/explaining",
    "tests/unit/faults",
    "tests/unit/test_catalogue.py",
)
NAMED = (
    "harness/judging/evidence.py",
    "harness/judging/followers.py",
    "harness/judging/repetition.py",
    "harness/judging/run.py",
    "harness/judging/verdict.py",
    "harness/comparing/aggregate.py",
    "harness/comparing/gate.py",
    "harness/comparing/inference.py",
)
FOLDERS = ("harness/judging/checks", "harness/judging/metrics")


def _modules() -> tuple[str, ...]:
    within = [path for folder in FOLDERS for path in (ROOT / folder).glob("*.py")]
    judging = [str(path.relative_to(ROOT)) for path in within if path.read_text(encoding="utf-8").count("\n") > 1]
    return tuple(sorted([*NAMED, *judging]))


MODULES = _modules()
"""The modules of which mutants are made, by their paths in the repository."""
