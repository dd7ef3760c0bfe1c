"""Durability: workers are killed with tickets in hand."""

from harness.tour.act import Act, ActLine, Runs, each, line, pair, resumption

AGAIN = ("effects_duplicated", "message")


def after(runs: Runs) -> tuple[str, str]:
    """Say what was lost, and how soon the rest went on."""
    columns = pair(runs[0])
    lost = each(columns, lambda column: f"lost {column.of_tickets('lost')}")
    rest = each(columns, lambda column: f"{resumption(column)} and sent {column.counted(*AGAIN)} twice")
    return f"{lost}.", f"{rest}."


def lines(runs: Runs) -> tuple[ActLine, ...]:
    """Return its part of the table."""
    columns = pair(runs[0])
    return (
        line("tickets lost", columns, "lost"),
        line("messages never sent", columns, "effects_unsent"),
        line("messages sent twice", columns, "effects_duplicated"),
        line("until work goes on", columns, "resume_p50"),
    )


ACT = Act(
    "durability",
    "Durability",
    "Workers are killed with tickets in hand, one in mid-investigation and one between a message and its record.",
    ("durability",),
    after,
    lines,
)
