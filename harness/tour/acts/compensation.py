"""Errors and compensation: agents are silent, and whoever was to replace them dies."""

from harness.tour.act import Act, ActColumn, ActLine, Runs, each, line, pair, resumption


def after(runs: Runs) -> tuple[str, str]:
    """Say whose compensation was done all the same, and what was left undone."""
    columns = pair(runs[0])
    return f"{each(columns, _lost)}.", f"{each(columns, _left)}."


def _lost(column: ActColumn) -> str:
    return f"lost {column.of_tickets('lost')} and left {column.counted('agents_leaked', 'agent')} held"


def _left(column: ActColumn) -> str:
    return f"{resumption(column)} and left {column.counted('effects_unsent', 'message')} unsent"


def lines(runs: Runs) -> tuple[ActLine, ...]:
    """Return its part of the table."""
    columns = pair(runs[0])
    return (
        line("tickets lost", columns, "lost"),
        line("agents never given back", columns, "agents_leaked"),
        line("messages never sent", columns, "effects_unsent"),
        line("ended otherwise than they should", columns, "wrong_outcome"),
    )


ACT = Act(
    "compensation",
    "Errors and compensation",
    "Half of the agents do not answer; before they are released, an apology sent and others found, all workers die.",
    ("compensation",),
    after,
    lines,
)
