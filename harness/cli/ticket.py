"""`chaos ticket`: send, pause, resume and look at tickets of a live session."""

from typing import Any

import click

from harness.cli.session_options import Asker, session_options

PRIORITIES = ("low", "medium", "high")


@click.group(short_help="Send, pause, resume and look at tickets of a live session.")
def command() -> None:
    """Steer the tickets of a session that `chaos live` serves.

    \b
      chaos ticket submit --priority high
      chaos ticket pause T-0001
      chaos ticket state T-0001 --json

    Exit code: 0, 2 if there is no such session, ticket or system, 4 if the session does not answer.
    """


@command.command()
@click.option("--priority", type=click.Choice(PRIORITIES), help="Default: each in turn.")
@click.option("--count", type=int, default=1, show_default=True, metavar="N", help="How many.")
@click.option("--twice", is_flag=True, help="Send each twice at once.")
@click.option("--lose-answer", is_flag=True, help="Let the client not get the answer.")
@session_options
def submit(
    asker: Asker,
    priority: str | None,
    count: int,
    *,
    twice: bool,
    lose_answer: bool,
) -> None:
    """Send tickets, to every system unless --system says otherwise, and print their ids."""
    order = {"priority": priority, "count": count, "twice": twice or None, "lose_answer": lose_answer or None}
    answer = asker.ask("/api/tickets", **order)
    asker.show_lines(answer, answer["ids"])


@command.command("list")
@session_options
def list_(asker: Asker) -> None:
    """List the tickets, a line each, with what became of them in each system."""
    answer = asker.get("/api/tickets")
    asker.show_lines(answer, [_line(ticket) for ticket in answer] or ["no ticket was sent so far"])


@command.command()
@click.argument("ticket", metavar="ID")
@session_options
def state(asker: Asker, ticket: str) -> None:
    """Ask each system for the state of ticket ID: what its orchestrator answers, and its row, as they came."""
    answer = asker.get(f"/api/tickets/{ticket}")
    asker.show(answer, _line(answer))


@command.command()
@click.argument("ticket", metavar="ID|all")
@session_options
def pause(asker: Asker, ticket: str) -> None:
    """Let ticket ID, or all, stand still at the next step."""
    asker.do(f"/api/tickets/{ticket}/pause")


@command.command()
@click.argument("ticket", metavar="ID|all")
@session_options
def resume(asker: Asker, ticket: str) -> None:
    """Let ticket ID, or all, go on."""
    asker.do(f"/api/tickets/{ticket}/resume")


def _line(ticket: dict[str, Any]) -> str:
    places = [f"{label}: {_place(place)}" for label, place in ticket["systems"].items()]
    return f"{ticket['id']} {ticket['priority']} · {' · '.join(places)}"


def _place(place: dict[str, Any]) -> str:
    if "state" not in place:
        return "not shown any more"
    words = [str(place["state"]).replace("_", " ")]
    if place["state"] in {"open", "paused"}:
        words += [str(place["step"])] if place["step"] else []
        words += ["refused"] if place["refused"] else [] if place["worked_on"] else ["nobody works on it"]
    return ", ".join(words)
