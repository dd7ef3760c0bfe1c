"""What was tried already: a line an outcome, so that an interrupted proof goes on where it stood."""

import hashlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import msgspec

from tests.trust.part import Outcome

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("harness", "systems", "chaos_harness", "scenarios", "pyproject.toml", "requirements.lock")
TRIED_WITH = ("tests/data", "tests/support", "tests/trust/part.py", "tests/trust/runs.py")
HANGS_ON: dict[str, tuple[str, ...]] = {
    "planted": (":(glob)tests/broken/*.py", "tests/broken/rows", "tests/broken/installed"),
    "bad-luck": ("tests/broken/bad_luck", "tests/broken/installed"),
    "harness": ("tests/broken/harness", "tests/trust/parts/harness_parts.py"),
    "inputs": ("tests/trust/inputs",),
    "kills": ("tests/trust/kills",),
    "mutants": (
        "tests/trust/mutation",
        *(f"tests/unit/{name}" for name in ("judging", "comparing", "explaining", "faults")),
    ),
}
"""What outcomes hang on beside the product: where any of it, or their own part, changed, they are tried again."""


class Line(msgspec.Struct, frozen=True):
    """An outcome as it is kept: of which part, at which state of the code."""

    part: str
    code: str
    outcome: Outcome


class Record:
    """The file of outcomes, each of one state of the code."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._codes: dict[str, str] = {}

    def code(self, part: str) -> str:
        """Return the digest of what a part's outcomes hang on, as it was when it was first asked for."""
        return self._codes.setdefault(part, fingerprint(part))

    def outcomes(self, part: str) -> dict[str, Outcome]:
        """Return what is known of a part by case; of a case tried twice, the later outcome."""
        return {outcome.case: outcome for outcome in self._of(part)}

    def earlier(self, part: str) -> dict[str, list[Outcome]]:
        """Return the outcomes that a later try of the same case with the same code took the place of, by case."""
        tries: dict[str, list[Outcome]] = {}
        for outcome in self._of(part):
            tries.setdefault(outcome.case, []).append(outcome)
        return {case: all_but_last for case, (*all_but_last, _) in tries.items() if all_but_last}

    def _of(self, part: str) -> Iterator[Outcome]:
        return (line.outcome for line in self._lines() if line.part == part and line.code == self.code(part))

    def _lines(self) -> Iterator[Line]:
        if not self._path.exists():
            return
        for raw in self._path.read_bytes().splitlines():
            try:
                yield msgspec.json.decode(raw, type=Line)
            except msgspec.DecodeError:
                continue  # torn by a kill: its case is tried again

    def add(self, part: str, outcome: Outcome) -> None:
        """Keep an outcome; it is on disk when this returns."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("ab") as file:
            file.write(msgspec.json.encode(Line(part, self.code(part), outcome)) + b"\n")


def fingerprint(part: str) -> str:
    """Return a digest of all files that a part's outcomes hang on, as they are in the working tree."""
    own = f"tests/trust/parts/{part.replace('-', '_')}.py"
    paths = [*PRODUCT, *TRIED_WITH, *HANGS_ON.get(part, ()), own]
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *paths],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout
    digest = hashlib.sha256()
    for name in sorted(filter(None, listed.split(b"\0"))):
        path = ROOT / name.decode()
        if path.is_file():
            digest.update(name + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]
