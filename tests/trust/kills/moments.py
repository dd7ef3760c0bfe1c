"""The moments at which something happens: each follows from what the run has recorded, and goes on for a while."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

RUNNING = b'"status": "running"'


@dataclass(frozen=True)
class Moment:
    """A moment by its name: `is_here(out, label)`, and so many seconds that are still like it.

    `is_late`: the run may come to its end before anything happens to it.
    """

    name: str
    is_here: Callable[[Path, str], bool]
    lasts_s: float
    is_late: bool = False


def run_folders(out: Path) -> list[Path]:
    """Return the folders of runs, none twice."""
    return sorted(path for path in out.glob("*/") if not path.is_symlink() and not path.name.startswith("."))


def recorded(words: str) -> Callable[[Path, str], bool]:
    """Wait for a record of the harness that has these words in it, in the first repetition of a system."""

    def is_here(out: Path, label: str) -> bool:
        journals = out.glob(f"*/{label}/1/journal/harness-*.jsonl")
        return any(words in journal.read_text() for journal in journals)

    return is_here


def _has_begun(out: Path, _label: str) -> bool:
    return any((folder / "run.json").exists() for folder in run_folders(out))


def _is_judged(out: Path, _label: str) -> bool:
    cards = [folder / "run.json" for folder in run_folders(out)]
    return any(card.exists() and RUNNING not in card.read_bytes() for card in cards)


def _is_reported(out: Path, _label: str) -> bool:
    return any((folder / "result.json").exists() for folder in run_folders(out))


MOMENTS = {
    moment.name: moment
    for moment in (
        Moment("as it begins", _has_begun, 0.3),
        Moment("before all is up", recorded('"name":"start"'), 0.8),
        Moment("at the canaries", recorded('"name":"canary"'), 0.2),
        Moment("under load", recorded('"name":"load"'), 0.3),
        Moment("during the fault", recorded('"kind":"fault_begun"'), 0.4),
        Moment("settling", recorded('"name":"settle"'), 0.1),
        Moment("exporting", recorded('"name":"export"'), 0.02, is_late=True),
        Moment("between systems", recorded('"kind":"supervisor_left"'), 0.1),
        Moment("judging", _is_judged, 0.1, is_late=True),
        Moment("writing reports", _is_reported, 0.1, is_late=True),
    )
}
