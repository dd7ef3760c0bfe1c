"""An explanation as text: the rows that make a figure, or a ticket's story in all systems side by side."""

from collections.abc import Mapping, Sequence

from tabulate import tabulate

from harness.catalogue import CATALOGUE
from harness.comparing.aggregate import value_of
from harness.explaining.breakdown import Row
from harness.explaining.ticket_history import Trace
from harness.report.sections.ranked import MAXIMUM, is_maximum, with_pairs
from harness.report.text.figures import ABSENT, figure
from harness.report.text.layout import PIPED, folded, table, widest
from harness.runfolder.result import Repetition
from harness.text import printable
from systems.desk.model import ticket_id

LONGEST = 200


def value(repetition: Repetition, metric: str) -> str:
    """Return a figure as people read it, with the pairs that it ranks over, or why there is none."""
    number = value_of(metric, repetition)
    if number is None:
        return f"nothing: {repetition.absent.get(metric, 'no evidence for this figure')}"
    shown = with_pairs(figure(number, CATALOGUE[metric].unit), metric, [repetition])
    return f"{shown}, {MAXIMUM}" if is_maximum(metric, [repetition]) else shown


def of_figure(name: str, value: str, rows: Sequence[Row], place: str = "", *, width: int | None = None) -> str:
    """Return a figure with the rows that make it, a line each, and where each is written; `place` is whose records.

    Where some rows only stand beside the ones that make it, an arrow marks those that do. In a narrow `width` the
    record stands below its row.
    """
    heading = f"{name} = {value}"
    if not rows:
        return f"{heading}\n  no records: nothing of the kind happened"
    is_mixed = len({row.adds is None for row in rows}) > 1
    body = [_row(row, place, is_marked=is_mixed and row.adds is not None) for row in rows]
    return "\n".join([heading, *_columns(body, width, indent=4)])


def _row(row: Row, place: str, *, is_marked: bool) -> list[str]:
    return [f"{'→' if is_marked else ' '} {printable(row.text, LONGEST)}", _record(row.source, place)]


def _record(source: str, place: str) -> str:
    """Name a record by its path from the run's folder."""
    is_file = source.startswith(("journal/", "ledger.jsonl"))
    return printable(f"{place}/{source}" if place and is_file else source, LONGEST)


def _columns(body: list[list[str]], width: int | None, indent: int) -> list[str]:
    """Return rows as columns if that fits, else what each row says and below it, indented, where it is written."""
    lines = tabulate(body, tablefmt="plain", disable_numparse=True, preserve_whitespace=True).split("\n")
    if width is None or widest(lines) <= width:
        return [line.rstrip() for line in lines]
    far = " " * (indent + 2)
    return [
        line
        for text, *places in body
        for line in (*folded([text], width, far), *folded([f"{' ' * indent}{_place(places)}"], width, far))
    ]


def _place(places: Sequence[str]) -> str:
    """Return which process did it and where that is written, without its number if the record's name has it."""
    *processes, record = places
    parts = [process.partition(" (") for process in processes]
    named = [role if number and number[:-1] in record else f"{role}{gap}{number}" for role, gap, number in parts]
    return ", ".join([*named, record])


def of_ticket(ticket: int, traces: Mapping[str, Trace], *, repetition: int = 1, width: int | None = None) -> str:
    """Return a ticket's story: what was expected and what became of it in each system, then every line."""
    labels = [printable(label, 60) for label in traces]
    facts = [[name, *[_fact(name, trace) for trace in traces.values()]] for name in FACTS]
    head = table(["", *labels], facts, left=range(len(labels) + 1))
    is_wide = widest(head) > (width or PIPED)
    blocks = [[f"{ticket_id(ticket)}, {next(iter(traces.values())).priority} priority"], [] if is_wide else head]
    for index, (label, trace) in enumerate(zip(labels, traces.values(), strict=True), start=1):
        beside = _facts([(row[0], row[index]) for row in facts], width) if is_wide else []
        blocks.append([label, *beside, *([""] if beside else []), *_story(trace, f"{label}/{repetition}", width)])
    return "\n\n".join("\n".join(block) for block in blocks if block)


def _facts(facts: Sequence[tuple[str, str]], width: int | None) -> list[str]:
    """Return one system's facts, a line each."""
    wide = max(len(name) for name, _ in facts)
    lines = [f"  {name:{wide}}  {'; '.join(fact.splitlines())}" for name, fact in facts]
    return folded(lines, width, " " * (wide + 4))


FACTS = ("became", "end", "expected end", "steps as expected", "not as it should be", "hit by faults", "attempts")


def _fact(name: str, trace: Trace) -> str:
    """Return one cell of the facts that stand side by side."""
    attempts = sum(line.kind == "attempt" and " begins" in line.text for line in trace.lines)
    on_path = sum(a == b for a, b in zip(trace.path, trace.expected_path, strict=False))
    facts = {
        "became": trace.became.replace("_", " "),
        "end": trace.end,
        "expected end": trace.expected_end,
        "steps as expected": f"{on_path} of {len(trace.expected_path)}",
        "not as it should be": "\n".join(trace.wrong) or ABSENT,
        "hit by faults": ", ".join(trace.faults) or ABSENT,
        "attempts": str(attempts),
    }
    return "\n".join(printable(part, LONGEST) for part in facts[name].split("\n"))


def _story(trace: Trace, place: str, width: int | None) -> list[str]:
    body = [
        [
            f"{line.at:9.3f} s  {line.kind:7}  {printable(line.text, LONGEST)}",
            printable(line.where, 60),
            _record(line.source, place),
        ]
        for line in trace.lines
    ]
    return _columns(body, width, indent=22) if body else ["  there is no record of it"]
