"""Scalability: what waiting tickets hold, and what more workers bring."""

from collections.abc import Callable, Sequence

from harness.report.sections.summary_sentence import enumerated
from harness.tour.act import SERVICE, UNKNOWN, WORKFLOWS, Act, ActColumn, ActLine, Runs, amount

WAITING = ("waiting-10", "waiting-100")
WORKERS = "workers"
COUNTS = ("1", "2", "4")
"""How many workers the columns of `WORKERS` have, as their labels end."""


def after(runs: Runs) -> tuple[str, str]:
    """Say what waiting held in threads, memory and CPU, and how throughput follows the number of workers."""
    waiting, working = _parted(runs)
    held = "; ".join(_held(label, [run.column(label) for run in waiting]) for label in (SERVICE, WORKFLOWS))
    levels = enumerated([_level(run.column(SERVICE), run.column(WORKFLOWS)) for run in waiting])
    served = "; ".join(
        f"{label} {_series([run.column(f'{label}-{count}') for run in working for count in COUNTS], _served)}"
        for label in (SERVICE, WORKFLOWS)
    )
    return (
        f"With {levels} tickets waiting at once, {held}.",
        f"With {enumerated(COUNTS)} worker processes, tickets finished for each second: {served}.",
    )


def _parted(runs: Runs) -> tuple[Runs, Runs]:
    return [run for run in runs if run.scenario in WAITING], [run for run in runs if run.scenario == WORKERS]


def _level(*columns: ActColumn) -> str:
    """Return how many tickets were sent, in each system where they differ."""
    return "/".join(dict.fromkeys(column.amount("submitted") for column in columns))


def _held(label: str, columns: Sequence[ActColumn]) -> str:
    threads = _series(columns, lambda column: column.threads)
    memory, cpu = (_series(columns, _shown(metric)) for metric in ("peak_rss", "paused_cpu_seconds"))
    return f"{label} had {threads} threads and {memory} of memory, and used {cpu} of CPU while all of them waited"


def _shown(metric: str) -> Callable[[ActColumn], str]:
    return lambda column: column.amount(metric)


def _series(columns: Sequence[ActColumn], text: Callable[[ActColumn], str]) -> str:
    return enumerated([text(column) for column in columns]) if columns else UNKNOWN


def _served(column: ActColumn) -> str:
    value = column.value("throughput")
    return amount(value, "count") if value is None else f"{value:.1f}"


def lines(runs: Runs) -> tuple[ActLine, ...]:
    """Return its part of the table."""
    waiting, working = _parted(runs)
    rows = []
    for run in waiting:
        service, workflows = run.column(SERVICE), run.column(WORKFLOWS)
        level = f"{_level(service, workflows)} waiting"
        rows.append(ActLine(f"threads, {level}", service.threads, workflows.threads))
        for what, metric in (("memory", "peak_rss"), ("CPU while all wait", "paused_cpu_seconds")):
            rows.append(ActLine(f"{what}, {level}", service.amount(metric), workflows.amount(metric)))
    for run in working:
        for count in COUNTS:
            service, workflows = (run.column(f"{label}-{count}") for label in (SERVICE, WORKFLOWS))
            plural = "" if count == "1" else "s"
            rows.append(ActLine(f"tickets/s, {count} worker{plural}", _served(service), _served(workflows)))
    return tuple(rows)


ACT = Act(
    "scalability",
    "Scalability",
    "Few tickets wait at once, then many, and the service has a thread for each (a thousand would not fit into"
    " three minutes); then workers are added.",
    (*WAITING, WORKERS),
    after,
    lines,
)
