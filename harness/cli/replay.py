"""`chaos replay`: the histories that a run exported, against a release of the flow."""

import sys
from pathlib import Path

import click
import msgspec

from systems.desk.releases import FlowRelease

PASSED, BROKEN, NOTHING = 0, 1, 3
FIRST = "the first release"


class ReplayedHistory(msgspec.Struct, frozen=True):
    """A history of a run, and what replaying it came to; `why` is empty where the code comes to it."""

    system: str
    repetition: int
    ticket: str
    history: str
    is_open: bool
    why: str


@click.command()
@click.argument("run", default="reports/latest", type=click.Path(path_type=Path))
@click.option(
    "--release",
    metavar="NAME",
    type=click.Choice([release.value for release in FlowRelease]),
    help="The release whose code is asked: " + ", ".join(FlowRelease) + ". Default: the one without a name.",
)
@click.option("--json", "is_json", is_flag=True, help="Print JSON.")
def command(run: Path, release: str | None, *, is_json: bool) -> None:
    """Replay the histories that the run in folder RUN exported against a release of the flow.

    A gate before a deploy: which of these tickets would it break? Open histories count, as the release would meet them;
    closed ones only show where it differs. What it cannot see stands in docs/deploys.md.

    \b
      chaos replay reports/latest --release insert_step

    \b
    Exit code:
      0    the release comes to every history
      1    a ticket would break
      2    no run, no such release
      3    the run exported nothing that can be replayed
    """
    release = release or ""
    outcomes = _replayed(run, release)
    broken = [outcome for outcome in outcomes if outcome.why]
    if is_json:
        answer = {"schema": 1, "release": release, "replayed": len(outcomes), "broken": broken}
        click.echo(msgspec.json.format(msgspec.json.encode(answer)).decode())
    else:
        click.echo(_told(outcomes, broken, release))
    sys.exit(NOTHING if not outcomes else BROKEN if broken else PASSED)


def _replayed(run: Path, release: str) -> list[ReplayedHistory]:
    from harness.judging.run import begun, read_plan
    from systems import registry
    from systems.desk.model import ticket_id

    kinds = {block.label: block.system for block in read_plan(run).scenario.systems}
    return [
        ReplayedHistory(label, number, ticket_id(one.ticket), one.history, one.is_open, one.why)
        for label, numbers in begun(run).items()
        for number in numbers
        for one in registry.replayed(kinds[label], _histories(run / label / str(number)), release)
    ]


def _histories(repetition: Path) -> list[Path]:
    return sorted((repetition / "histories").glob("*.json"))


def _told(outcomes: list[ReplayedHistory], broken: list[ReplayedHistory], release: str) -> str:
    """Say which tickets would break, and on what."""
    from harness.text import printable

    if not outcomes:
        return "nothing was replayed: the run exported no history of a ticket"
    still_open = sum(outcome.is_open for outcome in outcomes)
    tickets = {(outcome.system, outcome.repetition, outcome.ticket) for outcome in broken}
    many = f"{len(outcomes)} histories ({still_open} open) replayed against {release or FIRST}"
    lines = [f"{many}: {len(tickets) or 'no'} ticket{'' if len(tickets) == 1 else 's'} would break"]
    for outcome in broken:
        place = f"{outcome.system}/{outcome.repetition} {outcome.ticket} ({'open' if outcome.is_open else 'closed'})"
        lines.append(f"  {printable(f'{place}: {outcome.why}', 300)}")
    return "\n".join(lines)
