"""reference_run: what the committed reference run came to, in a few lines: the figures at the top of the README."""

from pathlib import Path

from tabulate import tabulate

from harness.catalogue import CATALOGUE
from harness.comparing.aggregate import value_of
from harness.report.text.figures import over_repetitions
from harness.runfolder.result import SystemResult
from harness.runfolder.stored import read_stored

REFERENCE = Path(__file__).resolve().parent.parent / "reports" / "reference" / "worker-kill"
ROWS = {
    "lost": "tickets lost",
    "effects_duplicated": "messages sent twice",
    "resume_p50": "interrupted work goes on after",
    "latency_p50": "time to a ticket's end, median",
    "cpu_per_ticket": "CPU per ticket",
}


def table() -> str:
    """Return the table as it stands in the README."""
    result = read_stored(REFERENCE).result
    lines = [
        [f"{title} ({name})", *(_cell(name, system) for system in result.systems.values())]
        for name, title in ROWS.items()
    ]
    return tabulate(lines, headers=["", *result.systems], disable_numparse=True, stralign="right", colalign=("left",))


def _cell(name: str, system: SystemResult) -> str:
    values = [value for repetition in system.repetitions if (value := value_of(name, repetition)) is not None]
    return over_repetitions(CATALOGUE[name], values, system.aggregates[name])


def main() -> None:
    """Print it."""
    print(table())
