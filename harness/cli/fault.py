"""`chaos fault`: let faults strike in a live session."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from harness.cli.session_options import Asker, session_options

ROUTE = "/api/faults"
F = TypeVar("F", bound=Callable[..., Any])


@click.group(short_help="Let faults strike in a live session.")
def command() -> None:
    """Break something in a session that `chaos live` serves: in every system, unless --system says otherwise.

    \b
      chaos fault kill --ticket T-0001
      chaos fault freeze --worker 0 --duration 10s
      chaos fault engine --duration 2s

    Exit code: 0 (also where there was nothing to strike: the line says so), 2 if there is no such session, ticket,
    worker or system, 4 if the session does not answer.
    """


def _victim(command_: F) -> F:
    worker = click.option("--worker", metavar="N|all", help="The worker of that number, or all.")
    ticket = click.option("--ticket", metavar="ID", help="The worker that has this ticket.")
    return ticket(worker(command_))


def _duration(meaning: str) -> Callable[[F], F]:
    return click.option("--duration", metavar="D", help=meaning)


@command.command()
@_victim
@click.option("--restart-after", metavar="D|never", help="When it is started again. Default 500ms.")
@session_options
def kill(
    asker: Asker,
    ticket: str | None,
    worker: str | None,
    restart_after: str | None,
) -> None:
    """Kill a worker."""
    asker.do(ROUTE, fault="kill", ticket=ticket, worker=_number(worker), restart_after=restart_after)


@command.command()
@_victim
@_duration("For how long. Default 5s.")
@session_options
def freeze(
    asker: Asker,
    ticket: str | None,
    worker: str | None,
    duration: str | None,
) -> None:
    """Let a worker stand still, and go on after a while."""
    asker.do(ROUTE, fault="freeze", ticket=ticket, worker=_number(worker), duration=duration)


@command.command()
@click.option("--ticket", metavar="ID", required=True, help="Whose next step fails.")
@click.option("--error", type=click.Choice(("transient", "permanent", "hang")), help="How. Default transient.")
@_duration("How long a hang lasts. Default 5s.")
@session_options
def fail(
    asker: Asker,
    ticket: str,
    error: str | None,
    duration: str | None,
) -> None:
    """Let a ticket's next step fail."""
    asker.do(ROUTE, fault="fail", ticket=ticket, error=error, duration=duration)


@command.command()
@click.option("--ticket", metavar="ID", required=True, help="Whose next agent says nothing.")
@click.option("--agents", type=int, metavar="N", help="How many in a row. Default 1.")
@_duration("For how long. Default twice desk.agent_timeout.")
@session_options
def silence(
    asker: Asker,
    ticket: str,
    agents: int | None,
    duration: str | None,
) -> None:
    """Let a ticket's next agent say nothing."""
    asker.do(ROUTE, fault="silence", ticket=ticket, agents=agents, duration=duration)


@command.command()
@_duration("How long until it is started again. Default 3s.")
@session_options
def engine(asker: Asker, duration: str | None) -> None:
    """Kill the engine, where a system has one."""
    asker.do(ROUTE, fault="engine", duration=duration)


@command.command()
@_duration("For how long. Default 3s.")
@click.option("--delay", metavar="D", help="Take each message late by this, in place of refusing it.")
@session_options
def receiver(
    asker: Asker,
    duration: str | None,
    delay: str | None,
) -> None:
    """Take away the outside world, which takes the messages."""
    asker.do(ROUTE, fault="receiver", duration=duration, delay=delay)


@command.command()
@_duration("For how long, at most 25s. Default 3s.")
@session_options
def store(asker: Asker, duration: str | None) -> None:
    """Lock the desk's database."""
    asker.do(ROUTE, fault="store", duration=duration)


def _number(worker: str | None) -> int | str | None:
    """Return a worker's number, or the word `all`."""
    if worker is None or worker == "all":
        return worker
    if not worker.isdigit():
        raise click.BadParameter(f"expected a number or all, found {worker!r}", param_hint="--worker")
    return int(worker)
