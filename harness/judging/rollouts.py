"""Rollouts: which releases workers ran, and under which of them a ticket was walked. Pure."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from harness.history.model import History
from systems.desk.model import State, Step
from systems.desk.path import Oracle, Passage

FIRST = ""
GIVING_UP = "gave_up"
Path = tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class Rollouts:
    """Judges paths by the releases that ran; `truth` is what must become of a ticket under one of them."""

    releases: Sequence[str]
    truth: Callable[[int, str], Oracle]

    def release_of(self, ticket: int, path: Path) -> str:
        """Return the release whose path a ticket took: wholly, or so far; of several that it may be, the oldest.

        Of one that took no release's, the one with which its path has the most in common.
        """
        if len(self.releases) == 1:
            return self.releases[0]
        truths = {release: self.truth(ticket, release).path for release in self.releases}
        walked = without_giving_up(path)
        if fitting := [release for release, whole in truths.items() if _is_of(walked, whole)]:
            return next((release for release in fitting if truths[release] == path), fitting[0])
        return max(truths, key=lambda release: _common(walked, truths[release]))

    def is_mixed(self, ticket: int, path: Path) -> bool:
        """Say whether a path is no release's: neither wholly, nor so far."""
        walked = without_giving_up(path)
        return len(self.releases) > 1 and not any(
            _is_of(walked, self.truth(ticket, release).path) for release in self.releases
        )

    def wrong_calls(self, ticket: int, path: Path, release: str) -> list[tuple[Passage, Passage]]:
        """Return the calls of a release's flow that were answered with what another call did: asked for, and answered.

        The flow asks for a step instance, and what stands recorded under its number was done for another purpose.
        """
        asked = {(passage.step, passage.visit): passage for passage in self.truth(ticket, release).path}
        answers = ((asked.get((passage.step, passage.visit)), passage) for passage in path)
        return [(call, done) for call, done in answers if call is not None and call.purpose != done.purpose]


def released(history: History) -> list[str]:
    """Return the releases that workers ran, the first one first, then in the order of their start."""
    workers = sorted(history.processes.values(), key=lambda process: process.spawned)
    return list(dict.fromkeys([FIRST, *(worker.release for worker in workers if worker.role == "worker")]))


def code_of(history: History, ticket: int) -> str:
    """Return the release of the process that orchestrated a ticket last; without a record of that, of its last step."""
    stays = [(span.start, span.proc) for span in history.residencies if span.ticket == ticket]
    stays += [(request.opened, request.proc) for request in history.requests if request.ticket == ticket]
    if not stays:
        stays = [(attempt.started, attempt.proc) for attempt in history.attempts if attempt.ticket == ticket]
    proc = max(stays, default=(0, ""))[1]
    return history.processes[proc].release if proc in history.processes else FIRST


def mixed_ns(history: History) -> int:
    """Return how long workers of different releases served side by side (ns), until settling ended."""
    settled = history.settled_at or 0
    changes: list[tuple[int, int, str]] = []
    for worker in history.processes.values():
        if worker.role == "worker" and worker.ready is not None:
            until = settled if worker.exited is None else min(worker.exited.t, settled)
            changes += [(worker.ready, 1, worker.release), (max(worker.ready, until), -1, worker.release)]
    serving: Counter[str] = Counter()
    mixed, since = 0, 0
    for at, change, release in sorted(changes):
        mixed += at - since if sum(count > 0 for count in serving.values()) > 1 else 0
        serving[release] += change
        since = at
    return mixed


def without_giving_up(path: Path) -> Path:
    """Return a path without the steps that give a ticket up, which every release has alike."""
    return tuple(
        passage
        for passage in path
        if passage.purpose != GIVING_UP
        and (passage.step, passage.result) != (Step.CLOSE_TICKET, State.MANUAL_INTERVENTION)
    )


def _is_of(walked: Path, whole: Path) -> bool:
    return walked == whole[: len(walked)]


def _common(walked: Path, whole: Path) -> int:
    """Count the calls that two paths share, whatever their order."""
    calls = (Counter((passage.step, passage.purpose, passage.result) for passage in path) for path in (walked, whole))
    one, other = calls
    return (one & other).total()
