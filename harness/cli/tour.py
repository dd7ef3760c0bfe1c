"""`chaos tour`: the guided comparison, act by act."""

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.cli.screen import screen, show
from harness.report.formats import PAGE
from harness.tour.acts import ACTS

if TYPE_CHECKING:
    from harness.cli.screen import Screen
    from harness.tour.act import Act, ActRun
    from harness.tour.played import PlayedAct

INTERRUPTED = 130
GO_ON = frozenset({" ", "\r", "\n"})


@click.command()
@click.option("--act", "names", multiple=True, type=click.Choice(tuple(ACTS)), help="Play only this act; repeatable.")
@click.option(
    "--out", default="reports", show_default=True, type=click.Path(path_type=Path), help="Folder to put runs into."
)
@click.option("--no-wait", is_flag=True, help="Go on without waiting for the space bar.")
def command(names: tuple[str, ...], out: Path, *, no_wait: bool) -> None:
    """Compare the systems act by act: each a question, a run of some seconds, and what its figures say.

    \b
      chaos tour                          all six acts, in under three minutes
      chaos tour --act state --act races  two of them
      chaos tour --no-wait --out /tmp/t   in one go, with the runs elsewhere

    In a terminal each act begins when you press the space bar. Each run is a folder in --out that `chaos check`,
    `chaos explain` and `chaos report` take; a page with all acts lies beside them.

    \b
    Exit code, the worst of the runs:
      0    pass
      1    an expectation fails
      3    unknown
      4    the harness broke, or an environment failure
      130  interrupted
    """
    acts = [act for name, act in ACTS.items() if not names or name in names]
    is_paced = not no_wait and sys.stdin.isatty() and sys.stdout.isatty()
    played: list[PlayedAct] = []
    for number, act in enumerate(acts, start=1):
        on = screen()
        _print([f"Act {number} of {len(acts)}: {act.title}", act.before], on)
        if is_paced and not _is_to_go_on():
            sys.exit(_close(played, len(acts), out, INTERRUPTED))
        played.append(_play(act, out))
        _print([*played[-1].sentences(), *played[-1].reservations(), _evidence(played[-1]), ""], on)
        if played[-1].code == INTERRUPTED:
            break
    from harness.cli.exits import worst

    sys.exit(_close(played, len(acts), out, worst(of_act.code for of_act in played)))


def _print(lines: Sequence[str], on: "Screen") -> None:
    from harness.report.text.layout import folded

    for text in lines:
        show("\n".join(folded([text], on.width, "")), on)


def _is_to_go_on() -> bool:
    """Wait for the space bar; False where the person, or the terminal, has had enough."""
    click.echo("[space] ", nl=False)
    try:
        while click.getchar() not in GO_ON:
            pass
    except (KeyboardInterrupt, EOFError):
        return False
    finally:
        click.echo()
    return True


def _play(act: "Act", out: Path) -> "PlayedAct":
    """Run the scenarios of an act; one that is interrupted is the last."""
    from harness.cli.exits import worst
    from harness.tour.played import PlayedAct

    began, runs, codes = time.monotonic(), [], []
    for name in act.scenarios:
        run, code = _run(name, out)
        runs.append(run)
        codes.append(code)
        if code == INTERRUPTED:
            break
    return PlayedAct(act, runs, time.monotonic() - began, worst(codes))


def _run(name: str, out: Path) -> "tuple[ActRun, int]":
    from harness.cli.sequential import code_of
    from harness.execution.run import run
    from harness.planning.reading import read
    from harness.progress import Progress
    from harness.tour.act import ActRun
    from harness.tour.scenarios import scenario_file
    from harness.tour.threads import most_threads

    scenario, text = read(str(scenario_file(name)))
    labels = [block.label for block in scenario.systems]
    done = run(scenario, text, out, labels, Progress(sys.stderr), reports=(PAGE,))
    if done.error is not None:
        click.echo(f"error: {done.error}", err=True)
    return ActRun(name, done.result, str(done.folder), most_threads(done.folder)), code_of(done)


def _evidence(played: "PlayedAct") -> str:
    return f"evidence: {', '.join(run.folder for run in played.runs)}"


def _close(played: Sequence["PlayedAct"], asked: int, out: Path, code: int) -> int:
    """Print the table of all acts and write their page; return the exit code."""
    from harness.report.formats import FORMATS
    from harness.runfolder.whole import write_whole
    from harness.tour.page import render
    from harness.tour.played import VERDICTS, remarks, summary, table

    if not played:
        return code
    on, said = screen(), summary(played, asked, VERDICTS[code])
    if any(of_act.is_whole for of_act in played):
        show("\n".join([*table(played, on.width), ""]), on)
    _print([*remarks(played), said], on)
    # Named after its first run, whose name begins with the time and ends with what nobody else has.
    page = out / f"{Path(played[0].runs[0].folder).name.replace(played[0].runs[0].result.scenario.name, 'tour')}.html"
    write_whole(page, render(played, VERDICTS[code], said.partition(": ")[2], FORMATS[PAGE].file).encode())
    click.echo(f"page: {page}")
    return code
