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
    "harness/judging/exposures.py",
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
    within = [path.relative_to(ROOT) for folder in FOLDERS for path in (ROOT / folder).glob("*.py")]
    return tuple(sorted([*NAMED, *(str(path) for path in within if path.name != "__init__.py")]))


MODULES = _modules()
"""The modules of which mutants are made, by their paths in the repository."""
