"""The summary of a suite: a row a scenario and system, with its verdict and the figure that says most."""

from collections.abc import Iterable, Sequence

from tabulate import tabulate

from harness.aggregate import value_of
from harness.report.figures import seconds
from harness.report.printable import printable
from harness.report.story import in_the_dark, standstill
from harness.result import Repetition, Result, SystemResult

WORST_FIRST = ("fail", "unknown", "pass")
HEADLINES = {
    "lost": ("lost", "lost"),
    "wrong_outcome": ("ended wrongly", "ended wrongly"),
    "rejected": ("turned away", "turned away"),
    "double_assignments": ("agent given twice", "agents given twice"),
    "duplicate_tickets": ("ticket twice in the store", "tickets twice in the store"),
    "stale_writes": ("stale write", "stale writes"),
    "lost_updates": ("update lost", "updates lost"),
    "effects_duplicated": ("message sent again", "messages sent again"),
    "indeterminate": ("client left in the dark", "clients left in the dark"),
    "agents_leaked": ("agent leaked", "agents leaked"),
    "conflicts": ("conflict caught", "conflicts caught"),
}
"""What is worth a word, the worst first."""
MOST = 3


HEADING = ["scenario", "verdict", "system", "expected", "what became of the tickets"]


def render(results: Sequence[Result]) -> str:
    """Return the table of several runs."""
    return tabulate([row for result in results for row in rows(result)], headers=HEADING)


def rows(result: Result) -> Iterable[list[str]]:
    """Return a row a system, as `HEADING` has it; the scenario is named once."""
    name, verdict = printable(result.scenario.name, 60), str(result.verdict)
    if result.status != "complete":
        verdict = f"{verdict}, {result.status}"
    for label, system in result.systems.items():
        yield [name, verdict, printable(label, 60), verdict_of(result, label), headline(system)]
        name, verdict = "", ""


def verdict_of(result: Result, label: str) -> str:
    """Return the worst that was judged of one system; "–" where nothing was."""
    seen = {one.verdict for expectation in result.expectations for one in expectation.judged if one.system == label}
    return next((verdict for verdict in WORST_FIRST if verdict in seen), "–")


def headline(system: SystemResult) -> str:
    """Say in a few words what became of a system's tickets."""
    if not system.repetitions:
        return "was not run"
    submitted = _total("submitted", system.repetitions)
    told = [
        f"{count} {one if count == 1 else many}"
        for name, (one, many) in HEADLINES.items()
        if (count := _counted(name, system.repetitions))
    ]
    failed = _total("failed", system.repetitions) - _total("failed_as_expected", system.repetitions)
    if failed:
        told.insert(0, f"{failed} left to people")
    times = [*filter(None, [standstill(system.repetitions)]), *_recovery(system.repetitions)]
    if told:
        return ", ".join([*told[:MOST], *times])
    return ", ".join([f"all {submitted} as they should be", *(times or _price(system.repetitions))])


def _recovery(repetitions: Sequence[Repetition]) -> list[str]:
    """Say how soon work went on, where some was interrupted and all of it went on."""
    values = [value for one in repetitions if (value := value_of("resume_p50", one)) is not None]
    if not values or max(values) == float("inf"):
        return []
    return [f"work went on after {seconds(sorted(values)[len(values) // 2])}"]


def _price(repetitions: Sequence[Repetition]) -> list[str]:
    """Say what a ticket took in CPU, engine included: of interest where there is nothing else to tell."""
    values = sorted(value for one in repetitions if (value := one.metrics.get("cpu_per_ticket")) is not None)
    return [f"{seconds(values[len(values) // 2])} of CPU each"] if values else []


def _counted(metric: str, repetitions: Sequence[Repetition]) -> int:
    return in_the_dark(repetitions) if metric == "indeterminate" else _total(metric, repetitions)


def _total(metric: str, repetitions: Sequence[Repetition]) -> int:
    return int(sum(one.metrics.get(metric) or 0 for one in repetitions))
