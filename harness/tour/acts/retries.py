"""Automatic retries: a step fails twice, and then works."""

from harness.tour.act import SERVICE, WORKFLOWS, Act, ActLine, Runs, line, pair, resumption

RETRYING = "sync-retries"
"""The service with retries by a library inside the request."""


def after(runs: Runs) -> tuple[str, str]:
    """Say who handed tickets to people, and what retrying took."""
    columns = [runs[0].column(label) for label in (SERVICE, RETRYING, WORKFLOWS)]
    failed = "; ".join(f"{column.label} handed {column.of_tickets('failed')} to people" for column in columns)
    rest = "; ".join(
        f"{column.label} got {column.counted('recovered_by_retry', 'ticket')} over it with"
        f" {column.counted('retries', 'repeated step')}, and {resumption(column)}"
        for column in columns[1:]
    )
    return f"{failed}.", f"{rest}."


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
