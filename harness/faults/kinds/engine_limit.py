"""engine_limit: the engine hands out so many steps a second and no more, for a while: nothing fails, all waits."""

import math
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Annotated, ClassVar, NamedTuple

from harness.faults.healing import was_ended, why_missed
from harness.faults.outage import Outage
from harness.faults.spec import Attestation, FaultInstance
from harness.faults.stage import Stage
from harness.history.model import Attempt, History
from harness.history.run_records import Throttled
from systems.desk.fault_mode import FaultMode
from systems.desk.units import Rate, meaning
from systems.settings import Capability

SECOND = 1_000_000_000
FLOAT_SLACK = 1e-6
"""An engine may keep a rate in half the bits that a scenario has for it."""


class EngineLimit(Outage, frozen=True, tag="engine_limit"):
    """Keys of an `engine_limit` block. Durations in seconds, `rate` in steps a second."""

    requires: ClassVar[Capability | None] = Capability.THROTTLE
    summary: ClassVar[str] = "The engine hands out few steps a second for a while: nothing fails, everything waits."
    happened: ClassVar[tuple[str, str]] = ("the engine was throttled", "the engine was throttled")

    rate: Annotated[Rate, meaning("how many steps a second it hands out of each of its queues, as in 2/s")]

    def fault_mode(self) -> FaultMode:
        """Name how it strikes."""
        return FaultMode.THROTTLED

    def held_back(self, steps: int) -> float:
        """Return how many of so many steps may still stand in line when it is over: one queue may have them all."""
        return max(0.0, steps - self.rate * self.duration)

    @asynccontextmanager
    async def in_force(self, instance: FaultInstance, stage: Stage) -> AsyncIterator[None]:
        """Set the limit, and lift it."""
        try:
            await stage.world.throttle(instance.id, self.rate)
            yield
        finally:
            await stage.world.throttle(instance.id, None)

    def attest(self, instance: FaultInstance, history: History) -> Attestation:
        """Landed when the engine answered with the limit, and steps then waited longer than any did before.

        Healed when it says of the same queues that no limit of ours is left.
        """
        said = [one for one in history.throttled if one.fault == instance.id]
        limited = [one for one in said if one.asked is not None]
        lifted = {one.queue: one.t for one in said if one.asked is None and self._is_free(one)}
        if not limited:
            why = why_missed(instance, history, "the engine did not answer with a limit")
            return Attestation(instance.id, "missed", why, healed=instance.id not in history.faults_begun)
        is_healed = was_ended(instance, history) and {one.queue for one in limited} == lifted.keys()
        until = max(lifted.values()) if is_healed else math.inf
        before, longer = _held_up(history, max(one.t for one in limited), until)
        tickets = tuple(sorted({wait.step.ticket for wait in longer}))
        doubt = self._doubt(limited, before, longer)
        return Attestation(
            instance.id,
            "missed" if doubt else "landed",
            doubt or self._proof(limited, before or 0, longer),
            min(one.t for one in limited),
            (),
            tickets,
            healed=is_healed,
        )

    def _proof(self, limited: Sequence[Throttled], before: int, longer: Sequence["_Wait"]) -> str:
        longest = max(wait.length for wait in longer)
        limit = f"{self.rate:g}/s of each of {len(limited)} queues"
        waits = f"up to {longest / SECOND:.2f} s, and at most {before / SECOND:.2f} s before"
        return f"{limit}: {len(longer)} steps waited {waits}"

    def _is_free(self, said: Throttled) -> bool:
        return said.limit is None and said.in_force > self.rate

    def _doubt(self, limited: Sequence[Throttled], before: int | None, longer: Sequence["_Wait"]) -> str:
        """Say why it is not proven; nothing, where it is."""
        for one in limited:
            if not all(rate is not None and _is_same(rate, self.rate) for rate in (one.limit, one.in_force)):
                return f"the engine answered {one.in_force:g}/s for {one.queue}, where {self.rate:g}/s was asked"
        if before is None:
            return "no step came before it to compare with"
        return "" if longer else f"no step waited longer than before ({before / SECOND:.2f} s)"


class _Wait(NamedTuple):
    """How long (ns) a step stood in line: from when it was due, as the one before it had ended."""

    due: int
    step: Attempt

    @property
    def length(self) -> int:
        return self.step.started - self.due


def _waits(history: History) -> Iterator[_Wait]:
    """Yield the waits between the steps of each ticket; what follows an error, or a busy agent, waits by itself."""
    of_ticket: dict[int, list[Attempt]] = {}
    for attempt in (*history.attempts, *history.busy_polls):
        if attempt.ticket > 0:
            of_ticket.setdefault(attempt.ticket, []).append(attempt)
    polls = {attempt.id for attempt in history.busy_polls}
    for attempts in of_ticket.values():
        for one, following in pairwise(sorted(attempts, key=lambda attempt: attempt.started)):
            is_done = one.ended is not None and one.error is None and one.id not in polls
            if is_done and one.ended is not None and following.started >= one.ended:
                yield _Wait(one.ended, following)


def _held_up(history: History, since: int, until: float) -> tuple[int | None, list[_Wait]]:
    """Return the longest wait (ns; None: there was none) before a limit, and those meanwhile that were longer."""
    waits = list(_waits(history))
    before = max((wait.length for wait in waits if wait.step.started <= since), default=None)
    during = [wait for wait in waits if wait.step.started > since and wait.due < until]
    return before, [wait for wait in during if before is not None and wait.length > before]


def _is_same(rate: float, other: float) -> bool:
    return math.isclose(rate, other, rel_tol=FLOAT_SLACK)
