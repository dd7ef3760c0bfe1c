"""What is kept beside the journals: lines of the ledger; rows, audit and timelines of the store. Times in ns."""

import msgspec


class LedgerEntry(msgspec.Struct, frozen=True, gc=False):
    """One effect that reached the receiver (`ledger.jsonl`); the key is (ticket, step, purpose, nth)."""

    seq: int
    t: int
    ticket: int
    step: str
    purpose: str
    nth: int
    attempt: str
    applied: bool


class AuditRow(msgspec.Struct, frozen=True, gc=False):
    """One write on a row of the store, appended by a trigger in the writer's own transaction.

    `table` is "tickets" or "agents", `row` the ticket's number or the agent's name; `old_version` is None for
    an insert; `read_version` is the version the writer had read before; `at` its `time.monotonic_ns()`.
    For tickets `value` is the new state and `entry` the timeline line that this write appended (JSON, or
    empty); for agents `value` is the ticket number that holds it now, or empty.
    """

    id: int
    table: str
    row: str
    old_version: int | None
    new_version: int
    read_version: int | None
    writer: str
    at: int
    value: str
    entry: str = ""


class TableRow(msgspec.Struct, frozen=True, gc=False):
    """A row of the store as it stood at the end; `table`, `row`, `version` and `value` are as in the audit."""

    table: str
    row: str
    version: int
    value: str


class TimelineEntry(msgspec.Struct, frozen=True, gc=False):
    """One line of a ticket's timeline: a recorded step instance, or an operator's note (step `note`)."""

    step: str
    visit: int
    purpose: str
    result: str
    attempt: str
    agent: str | None = None
