"""Races: two tickets meet at one agent, without a lock and with one."""

from harness.tour.act import Act, ActColumn, ActLine, Runs, each, line

UNGUARDED = ("sync-none", "temporal-none")
GUARDED = ("sync-optimistic", "temporal-optimistic")
HARM = "double_assignments"


def after(runs: Runs) -> tuple[str, str]:
    """Say what the race did without a lock, and what a lock made of it in each system."""
    unguarded, guarded = ([runs[0].column(label) for label in labels] for labels in (UNGUARDED, GUARDED))
    first = f"Without a lock, {each(unguarded, _given)}{_who_guards(unguarded)}."
    return first, f"With a version that refuses stale writes, {each(guarded, _refused)}."


def _given(column: ActColumn) -> str:
    return f"gave {column.counted(HARM, 'agent')} to two tickets at once"


def _refused(column: ActColumn) -> str:
    writes, tickets = column.counted("conflicts", "write"), column.counted("failed", "ticket")
    return f"{_given(column)}, refused {writes} and handed {tickets} to people"


def _who_guards(columns: list[ActColumn]) -> str:
    """Say whom the race harmed; nothing where that is not known of both."""
    counts = {column.label: column.value(HARM) for column in columns}
    if None in counts.values():
        return ""
    harmed = [label for label, count in counts.items() if count]
    if len(harmed) == len(counts):
        return ": neither guards the rows by itself"
    return f": the race harmed {harmed[0]} alone" if harmed else ": the race harmed neither"


def lines(runs: Runs) -> tuple[ActLine, ...]:
    """Return its part of the table."""
    unguarded, guarded = ([runs[0].column(label) for label in labels] for labels in (UNGUARDED, GUARDED))
    return (
        line("agents given twice, no lock", unguarded, HARM),
        line("agents given twice, optimistic lock", guarded, HARM),
        line("handed to people, optimistic lock", guarded, "failed"),
    )


ACT = Act(
    "races",
    "Races",
    "Two tickets are offered one agent at the same moment: who notices, the engine or the safeguard around the write?",
    ("races",),
    after,
    lines,
    base=UNGUARDED,
)
