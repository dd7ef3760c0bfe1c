"""The summary of a suite: a row a scenario and system, with its verdict and the figure that says most."""

from collections.abc import Iterable, Sequence

from tabulate import tabulate

from harness.catalogue import picked
from harness.comparing.aggregate import value_of
from harness.report.formats.spec import SuiteInput
from harness.report.sections.overload import overload
from harness.report.sections.races import LOST_UPDATES, given_twice, plain_lost_updates
from harness.report.sections.summary_sentence import outcome_unknown, standstill, under_way, unsent
from harness.report.text.figures import seconds
from harness.report.text.layout import STYLES, folded, painted, widest
from harness.runfolder.result import Repetition, Result, SystemResult
from harness.text import printable

WORST_FIRST = ("fail", "unknown", "pass")
NOUNS = {metric.name: metric.noun for metric in picked(lambda metric: metric.summary_rank) if metric.noun}
"""What is worth a word, the worst first."""
MOST = 3
QUEUE = "overloaded: its times measure the queue"


HEADING = ["scenario", "verdict", "system", "expected", "what became of the tickets"]


def render_suite(suite: SuiteInput) -> str:
    """Return the table of the runs of a suite that came to a result."""
    results = [run.result for run in suite.ended if run.result is not None]
    return render(results, width=suite.width, color=suite.color)


def render(results: Sequence[Result], *, width: int | None = None, color: bool = False) -> str:
    """Return the table of several runs; one that is too wide for `width` as a block for each scenario."""
    body = [row for result in results for row in rows(result)]
    lines = tabulate(body, headers=HEADING).split("\n")
    if width is not None and widest(lines) > width:
        return "\n".join(_stacked(body, width, color=color))
    if not color:
        return "\n".join(lines)
    return tabulate([[name, _painted(verdict), *rest] for name, verdict, *rest in body], headers=HEADING)


def _stacked(body: Sequence[Sequence[str]], width: int, *, color: bool) -> Iterable[str]:
    """Yield each scenario with its verdict, and below it a line for each system."""
    wide = max((len(row[2]) for row in body), default=0)
    for name, verdict, label, judged, outcome in body:
        if name:
            yield f"{name}: {_painted(verdict) if color else verdict}"
        yield from folded([f"  {label:{wide}}  {judged:7}  {outcome}"], width, " " * (wide + 13))


def _painted(verdict: str) -> str:
    return painted(verdict, STYLES[head]) if (head := verdict.partition(",")[0]) in STYLES else verdict


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
    verdicts = {
        judged.verdict for expectation in result.expectations for judged in expectation.judged if judged.system == label
    }
    return next((verdict for verdict in WORST_FIRST if verdict in verdicts), "–")


def headline(system: SystemResult) -> str:
    """Say in a few words what became of a system's tickets."""
    if not system.repetitions:
        return "was not run"
    submitted = _total("submitted", system.repetitions)
    facts = [_counted(name, count, system.repetitions) for name in NOUNS if (count := _count(name, system.repetitions))]
    if open_ := under_way(system.repetitions):
        facts.insert(0, f"{open_} of {submitted} under way at the end, not judged")
    failed = _total("failed", system.repetitions) - _total("failed_as_expected", system.repetitions)
    if failed:
        facts.insert(0, f"{failed} handed to people")
    times = [*filter(None, [standstill(system.repetitions)]), *_recovery(system.repetitions)]
    times += [QUEUE] if any(overload(repetition) is not None for repetition in system.repetitions) else []
    if facts:
        return ", ".join([*facts[:MOST], *times])
    if doubt := _nothing_seen(system.repetitions):
        return doubt
    return ", ".join([f"all {submitted} as they should be", *(times or _price(system.repetitions))])


def _nothing_seen(repetitions: Sequence[Repetition]) -> str:
    """Say why that nothing bad was seen of a system says nothing good of it; empty where it does."""
    if any(repetition.metrics.get("submitted") == 0 for repetition in repetitions):
        return "was sent no tickets"
    if not all(repetition.took_up for repetition in repetitions):
        return "took nothing up, which proves nothing"
    lacking = {name for repetition in repetitions for name in repetition.absent}
    return "nothing is known" if lacking & {"submitted", "failed"} else ""


def _recovery(repetitions: Sequence[Repetition]) -> list[str]:
    """Say how soon work went on, where some was interrupted and all of it went on."""
    values = [value for repetition in repetitions if (value := value_of("resume_p50", repetition)) is not None]
    if not values or max(values) == float("inf"):
        return []
    return [f"work went on after {seconds(sorted(values)[len(values) // 2])}"]


def _price(repetitions: Sequence[Repetition]) -> list[str]:
    """Say what a ticket took in CPU, engine included: of interest where there is nothing else to tell."""
    values = sorted(
        value for repetition in repetitions if (value := repetition.metrics.get("cpu_per_ticket")) is not None
    )
    return [f"{seconds(values[len(values) // 2])} of CPU each"] if values else []


def _counted(metric: str, count: int, repetitions: Sequence[Repetition]) -> str:
    words = NOUNS[metric].one if count == 1 else NOUNS[metric].many
    qualifier = "other " if metric == LOST_UPDATES and given_twice(repetitions) else ""
    return f"{count} {qualifier}{words}"


def _count(metric: str, repetitions: Sequence[Repetition]) -> int:
    """Return how often it happened; what another headline says too is counted there."""
    special = {"indeterminate": outcome_unknown, LOST_UPDATES: plain_lost_updates, "effects_unsent": unsent}
    return special[metric](repetitions) if metric in special else _total(metric, repetitions)


def _total(metric: str, repetitions: Sequence[Repetition]) -> int:
    return int(sum(repetition.metrics.get(metric) or 0 for repetition in repetitions))
