"""An explanation as text: the rows that make a figure, or a ticket's story in all systems side by side."""

from collections.abc import Mapping, Sequence

from tabulate import tabulate

from harness.catalogue import CATALOGUE
from harness.comparing.aggregate import value_of
from harness.explaining.breakdown import Row
from harness.explaining.ticket_history import Trace
from harness.report.sections.ranked import MAXIMUM, is_maximum, with_pairs
from harness.report.text.figures import ABSENT, figure
from harness.runfolder.result import Repetition
from harness.text import printable
from systems.desk.model import ticket_id

LONGEST = 200


def value(repetition: Repetition, metric: str) -> str:
    """Return a figure as people read it, with the pairs that it ranks over, or why there is none."""
    found = value_of(metric, repetition)
    if found is None:
        return f"nothing: {repetition.absent.get(metric, 'no evidence for this figure')}"
    said = with_pairs(figure(found, CATALOGUE[metric].unit), metric, [repetition])
    return f"{said}, {MAXIMUM}" if is_maximum(metric, [repetition]) else said


def of_figure(name: str, value: str, rows: Sequence[Row]) -> str:
    """Return a figure with the rows that make it, a line each, and where each is written.

    Where some rows only stand beside the ones that make it, an arrow marks those that do.
    """
    heading = f"{name} = {value}"
    if not rows:
        return f"{heading}\n  no record makes it: nothing of the kind happened"
    is_mixed = len({row.adds is None for row in rows}) > 1
    body = [_row(row, is_marked=is_mixed and row.adds is not None) for row in rows]
    return f"{heading}\n{tabulate(body, tablefmt='plain', disable_numparse=True, preserve_whitespace=True)}"


def _row(row: Row, *, is_marked: bool) -> list[str]:
    return [f"{'→' if is_marked else ' '} {printable(row.text, LONGEST)}", printable(row.source, LONGEST)]


def of_ticket(ticket: int, found: Mapping[str, Trace]) -> str:
    """Return a ticket's story: what was expected and what became of it in each system, then every line."""
    labels = [printable(label, 60) for label in found]
    facts = [[name, *[_fact(name, one) for one in found.values()]] for name in FACTS]
    head = tabulate(facts, ["", *labels], tablefmt="simple", disable_numparse=True)
    priority = next(iter(found.values())).priority
    stories = [_story(label, one) for label, one in zip(labels, found.values(), strict=True)]
    return "\n\n".join([f"{ticket_id(ticket)}, {priority} priority", head, *stories])


FACTS = ("became", "end", "expected end", "steps as expected", "not as it should be", "hit by faults", "attempts")


def _fact(name: str, one: Trace) -> str:
    """Return one cell of the facts that stand side by side."""
    attempts = sum(line.kind == "attempt" and " begins" in line.text for line in one.lines)
    on_path = sum(a == b for a, b in zip(one.path, one.expected_path, strict=False))
    told = {
        "became": one.became.replace("_", " "),
        "end": one.end,
        "expected end": one.expected_end,
        "steps as expected": f"{on_path} of {len(one.expected_path)}",
        "not as it should be": "\n".join(one.wrong) or ABSENT,
        "hit by faults": ", ".join(one.faults) or ABSENT,
        "attempts": str(attempts),
    }
    return "\n".join(printable(part, LONGEST) for part in told[name].split("\n"))


def _story(label: str, one: Trace) -> str:
    body = [
        [f"{line.at:9.3f} s", line.kind, printable(line.text, LONGEST), printable(line.where, 60), line.source]
        for line in one.lines
    ]
    table = tabulate(body, tablefmt="plain", disable_numparse=True, preserve_whitespace=True)
    return f"{label}\n{table}" if body else f"{label}\n  there is no record of it"
