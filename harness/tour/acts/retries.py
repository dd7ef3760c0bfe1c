"""Automatic retries: a step fails twice, and then works."""

from harness.tour.act import SERVICE, WORKFLOWS, Act, ActColumn, ActLine, Runs, each, line, pair, resumption

RETRYING = "sync-retries"
"""The service with retries by a library inside the request."""


def after(runs: Runs) -> tuple[str, str]:
    """Say who handed tickets to people, and what retrying took."""
    columns = [runs[0].column(label) for label in (SERVICE, RETRYING, WORKFLOWS)]
    failed = each(columns, lambda column: f"handed {column.of_tickets('failed')} to people")
    return f"{failed}.", f"{each(columns[1:], _got_over)}."


def _got_over(column: ActColumn) -> str:
    tickets, steps = column.counted("recovered_by_retry", "ticket"), column.counted("retries", "repeated step")
    return f"got {tickets} over it with {steps}, and {resumption(column)}"


def lines(runs: Runs) -> tuple[ActLine, ...]:
    """Return its part of the table."""
    columns, retrying = pair(runs[0]), runs[0].column(RETRYING)
    return (
        line("handed to people", columns, "failed"),
        ActLine("handed to people, with retries in the request", retrying.amount("failed"), "–"),
        line("got over it by a retry", columns, "recovered_by_retry"),
    )


ACT = Act(
    "retries",
    "Automatic retries",
    "The mail server fails twice for a third of the tickets, then works; the service runs without and with retries.",
    ("retries",),
    after,
    lines,
)
