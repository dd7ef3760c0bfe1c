"""Errors and compensation: agents are silent, and whoever was to replace them dies."""

from harness.tour.act import Act, ActLine, Runs, line, pair, resumption


def after(runs: Runs) -> tuple[str, str]:
    """Say whose compensation was done all the same, and what was left undone."""
    columns = pair(runs[0])
    lost = "; ".join(
        f"{column.label} lost {column.of_tickets('lost')} and left {column.counted('agents_leaked', 'agent')} held"
        for column in columns
    )
    rest = "; ".join(
        f"{column.label} {resumption(column)} and left {column.counted('effects_unsent', 'message')} unsent"
        for column in columns
    )
    return f"{lost}.", f"{rest}."


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
