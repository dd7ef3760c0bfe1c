"""State: paused tickets, the death of every worker, and the question where each ticket stood."""

from harness.tour.act import UNKNOWN, Act, ActColumn, ActLine, Runs, each, line, pair

PAUSE = "long_pause"


def after(runs: Runs) -> tuple[str, str]:
    """Say how many were read as paused and what was left of them, and how they went on."""
    columns = pair(runs[0])
    return f"{each(columns, _said)}.", f"Told to go on, {each(columns, _went_on)}."


def _said(column: ActColumn) -> str:
    return f"said of {_stood_still(column)} that they were paused, and lost {column.of_tickets('lost')}"


def _went_on(column: ActColumn) -> str:
    return f"finished {column.of_tickets('finished')} and began {column.counted('retries', 'step')} again"


def _stood_still(column: ActColumn) -> str:
    """Return how many tickets were asked for their state, and read as paused."""
    faults = column.repetition.faults if column.repetition is not None else ()
    counts = [fault.exposed for fault in faults if fault.kind == PAUSE and fault.landed]
    return f"{sum(counts) if counts else f'an {UNKNOWN} number of'} tickets"


def lines(runs: Runs) -> tuple[ActLine, ...]:
    """Return its part of the table."""
    columns = pair(runs[0])
    return (
        line("tickets lost", columns, "lost"),
        line("tickets finished after the resume", columns, "finished"),
        line("steps begun again", columns, "retries"),
        line("agents never given back", columns, "agents_leaked"),
    )


ACT = Act(
    "state",
    "State",
    "Every ticket is paused and asked for its state, all workers are killed, and then the tickets are told to go on.",
    ("state",),
    after,
    lines,
)
