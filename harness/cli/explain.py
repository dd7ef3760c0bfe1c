"""`chaos explain`: a figure unfolded to the rows that make it, or a ticket's story."""

import re
from pathlib import Path

import click

from harness.cli.screen import screen
from harness.errors import UsageInvalid

TICKET = re.compile(r"(?:T-)?(\d{1,9})", re.IGNORECASE)


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("what", metavar="METRIC|TICKET")
@click.option("--repetition", type=click.IntRange(1), metavar="N", help="Explain this repetition only.")
def command(run: Path, what: str, repetition: int | None) -> None:
    """Trace a METRIC of the run in folder RUN to its records, or follow a TICKET through every system.

    \b
      chaos explain reports/latest sync.lost     the lost tickets of one system
      chaos explain reports/latest lost          those of all systems
      chaos explain reports/latest T-0007        the story of one ticket

    Every line names the record that it comes from, by its path in RUN.
    """
    from harness.judging.run import begun

    runs = {label: [n for n in numbers if repetition in {None, n}] for label, numbers in begun(run).items()}
    if not any(runs.values()):
        raise UsageInvalid(f"{run}: expected a repetition that was run, found --repetition {repetition}")
    ticket = TICKET.fullmatch(what)
    if ticket is not None:
        _explain_ticket(run, int(ticket[1]), runs, is_chosen=repetition is not None)
    else:
        _explain_figure(run, what, runs)


def _explain_ticket(run: Path, ticket: int, runs: dict[str, list[int]], *, is_chosen: bool) -> None:
    from harness.explaining.ticket_history import traces
    from harness.judging.run import read_plan, recorded
    from harness.report.formats.explanation import of_ticket

    plan = read_plan(run)
    if not 1 <= ticket <= len(plan.tickets):
        raise UsageInvalid(f"{run}: expected a ticket from 1 to {len(plan.tickets)}, found {ticket}")
    evidence = {label: recorded(run, plan, label, numbers[0]) for label, numbers in runs.items() if numbers}
    stories = {label: traces(records, [ticket])[ticket] for label, records in evidence.items()}
    first = next(numbers[0] for numbers in runs.values() if numbers)
    click.echo(of_ticket(ticket, stories, repetition=first, width=screen().width))
    most = max(len(numbers) for numbers in runs.values())
    if most > 1 and not is_chosen:
        click.echo(f"\nthis is repetition 1 of {most}; --repetition N shows another")


def _explain_figure(run: Path, what: str, runs: dict[str, list[int]]) -> None:
    from harness.catalogue import CATALOGUE
    from harness.explaining.breakdown import unfold
    from harness.judging.run import conclude, read_plan, recorded
    from harness.planning.reading.decode import meant
    from harness.report.formats.explanation import of_figure, value

    label, _, metric = what.rpartition(".")
    if metric not in CATALOGUE:
        like, hint = f"{next(iter(runs))}.lost or T-0007", meant(metric, CATALOGUE)
        raise UsageInvalid(f"expected a metric or a ticket, such as {like}, found {what!r}{hint}")
    if label and label not in runs:
        raise UsageInvalid(f"{run}: expected one of the systems {', '.join(runs)}, found {label!r}")
    plan, result, width = read_plan(run), conclude(run), screen().width
    for name, numbers in runs.items():
        for number in numbers if label in {"", name} else ():
            which = f"{name}.{metric}" if len(numbers) == 1 else f"{name}.{metric} of repetition {number}"
            rows = unfold(metric, recorded(run, plan, name, number))
            figure = value(result.systems[name].repetitions[number - 1], metric)
            click.echo(of_figure(which, figure, rows, f"{name}/{number}", width=width) + "\n")
