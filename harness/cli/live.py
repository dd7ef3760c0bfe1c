"""`chaos live`: all systems side by side, and everything done by hand."""

import sys
from pathlib import Path

import click


@click.command(short_help="Run systems live, watch them, and break them by hand.")
@click.argument("scenario", default="live", metavar="[SCENARIO]")
@click.option(
    "--out", default="reports", show_default=True, type=click.Path(path_type=Path), help="Folder to put the run into."
)
@click.option(
    "--keep",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Folder of the session itself: a new one, or one to go on with.",
)
@click.option("--port", type=click.IntRange(0, 65535), default=0, metavar="N", help="Port to listen on. Default: free.")
@click.option(
    "--save",
    "save_to",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write what was done as a scenario when the session ends.",
)
def command(scenario: str, out: Path, keep: Path | None, port: int, save_to: Path | None) -> None:
    """Start the systems of SCENARIO (default: the bundled `live`) side by side, and serve a page until Ctrl-C.

    \b
      chaos live
      chaos live worker-kill --save clicked.yaml
      chaos live --keep my-session

    The first line on stdout is the page's address, with the token that it asks for. No ticket arrives by itself and
    nothing breaks by itself: both are done on the page, or from another shell:

    \b
      chaos ticket submit --priority high
      chaos fault kill --ticket T-0001

    The folder is a run's: `chaos check`, `explain` and `report` work on it, while the session lasts and after it.

    \b
    Exit code:
      0    ended by Ctrl-C
      2    bad input; nothing was started
      4    the harness broke, or an environment failure
    """
    from harness.live.run import Wishes, live
    from harness.planning.reading import read

    if save_to is not None and not save_to.absolute().parent.is_dir():
        raise click.BadParameter(f"{save_to}: there is no folder for it", param_hint="--save")
    read_scenario, _ = read(scenario)
    wishes = Wishes(out, keep, port, save_to)
    ended = live(read_scenario, wishes, _announce, lambda said: click.echo(said, err=True))
    if ended.error is not None:
        raise ended.error


def _announce(address: str) -> None:
    click.echo(address)
    sys.stdout.flush()
