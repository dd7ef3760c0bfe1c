"""A live session as a user has it: a process of its own, steered by the commands of a shell."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.live.card import living
from harness.live.client import ask
from tests.support.chaos import Ran, asked, begun, wait_for
from tests.support.warm import Program

START_WITHIN_S = 60.0
LOOK_EVERY_S = 0.05
"""Every look is a request that the session answers beside its work."""
QUICK = """\
    name: quick
    load: {tickets: [{priority: medium}], timeout: 5m}
    desk:
      step_time: {default: 100ms, agent_investigate: 1s, agent_resolve: 1s}
      agents: {regular: 20, senior: 20}
      outcomes: {kb_miss: 0, resolution_invalid: 0, needs_escalation: 0, fix_fails: 0}
    systems:
      sync: {processes: 1, threads: 8}
      temporal: {processes: 1, threads: 8, profile: tuned}
"""
TWO_OF_EACH = QUICK.replace("processes: 1, threads: 8", "processes: 2, threads: 4")


def eventually(predicate: Callable[[], Any], what: str, within_s: float = 30.0) -> Any:
    """Wait until what is asked of a session is true, and return it."""
    return wait_for(predicate, what, within_s, LOOK_EVERY_S)


@dataclass
class LiveSession:
    """A session that runs; `folder` is its run's."""

    process: Program
    address: str
    folder: Path

    def command(self, *arguments: str) -> Ran:
        """Run a command against it; anything but exit 0 is shown."""
        ran = self.try_command(*arguments)
        assert ran.code == 0, f"{arguments}: exit {ran.code}\n{ran.out}\n{ran.err}"
        return ran

    def try_command(self, *arguments: str) -> Ran:
        """Run a command in this process: it starts nothing, and has its session do what is to be done."""
        return asked(*arguments, "--session", str(self.folder))

    def ask(self, path: str, **order: Any) -> Any:
        """Ask its address as a page does: an order, or for what is there."""
        card = living(self.folder)
        assert card is not None, "the session is over"
        return ask(card, path, order or None)

    def place(self, ticket: str, label: str) -> dict[str, Any]:
        """Return what is listed of a ticket in a system."""
        listed = self.ask("/api/tickets")
        place: dict[str, Any] = next(each for each in listed if each["id"] == ticket)["systems"][label]
        return place

    def wait(self, ticket: str, label: str, within_s: float = 20.0, **expected: Any) -> dict[str, Any]:
        """Wait until a ticket is as expected in a system, and return what is listed of it."""

        def is_so() -> dict[str, Any] | None:
            place = self.place(ticket, label)
            return place if all(place[key] == value for key, value in expected.items()) else None

        place: dict[str, Any] = eventually(is_so, f"{ticket} in {label}: {expected}", within_s)
        return place

    def end(self, number: signal.Signals = signal.SIGINT, within_s: float = 60.0) -> int:
        """End it by a signal, and return its exit code."""
        self.process.send_signal(number)
        return self.process.wait(within_s)


@contextmanager
def session(
    scenario: Path, out: Path, *arguments: str, folder: Path | None = None, env: dict[str, str] | None = None
) -> Iterator[LiveSession]:
    """Start a session and wait until it serves; it is ended on every path out of here."""
    with begun("live", str(scenario), "--out", str(out), *arguments, env=env or {}) as process:
        wait_for(lambda: "\n" in process.out or process.poll() is not None, "it serves", START_WITHIN_S)
        address = process.out.partition("\n")[0]
        assert address.startswith("http://127.0.0.1:"), process.err
        try:
            yield LiveSession(process, address, folder or (out / "latest").resolve())
        finally:
            process.send_signal(signal.SIGINT)
            with suppress(TimeoutError):
                process.wait(60)


def is_over(folder: Path) -> bool:
    """Say whether no session runs in a folder."""
    return living(folder) is None
