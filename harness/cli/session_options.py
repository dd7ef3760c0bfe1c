"""What commands to a running session have in common: which session, which systems, and how they answer."""

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

OPTIONS = (
    click.option("--json", "is_json", is_flag=True, help="Print JSON."),
    click.option("--system", "labels", multiple=True, metavar="LABEL", help="Only this system; repeatable."),
    click.option(
        "--out", default="reports", show_default=True, type=click.Path(path_type=Path), help="Folder of runs."
    ),
    click.option(
        "--session",
        metavar="RUN",
        type=click.Path(path_type=Path),
        help="The session's folder. Default: the newest in --out.",
    ),
)


def session_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options by which a session is found and its answer printed; the command gets an `Asker` for them."""

    @functools.wraps(command)
    def asking(*, session: Path | None, out: Path, labels: tuple[str, ...], is_json: bool, **others: Any) -> None:
        command(Asker(session, out, labels, is_json=is_json), **others)

    with_options: Callable[..., None] = asking
    for option in OPTIONS:
        with_options = option(with_options)
    return with_options


class Asker:
    """Asks the session that is meant, about the systems that are meant."""

    def __init__(self, session: Path | None, out: Path, labels: tuple[str, ...], *, is_json: bool) -> None:
        from harness.live.card import find

        self._card = find(session, out)
        self.labels = labels
        self._is_json = is_json

    def get(self, path: str) -> Any:
        """Return what the session answers."""
        from harness.live.client import ask

        return ask(self._card, path, query=[("system", label) for label in self.labels])

    def ask(self, path: str, **order: Any) -> Any:
        """Have something done, and return what came of it."""
        from harness.live.client import ask

        body = {key: value for key, value in order.items() if value is not None}
        if self.labels:
            body["systems"] = self.labels
        return ask(self._card, path, body)

    def do(self, path: str, **order: Any) -> None:
        """Have something done, and print what came of it: one line, or JSON."""
        answer = self.ask(path, **order)
        self.show(answer, answer["said"])

    def show(self, answer: Any, line: str) -> None:
        """Print an answer, in one line or as JSON."""
        self.show_lines(answer, [line])

    def show_lines(self, answer: Any, lines: list[str]) -> None:
        """Print an answer, in so many lines or as JSON."""
        from harness.text import printable

        plain = "\n".join(map(printable, lines))
        click.echo(json.dumps(answer, ensure_ascii=False) if self._is_json else plain)
