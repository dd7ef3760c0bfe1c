"""receiver_outage: the outside world refuses every effect, or is slow to take it, for a while."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, ClassVar, Literal

from harness.faults.healing import NOTHING_TO_UNDO, why_missed
from harness.faults.outage import Outage
from harness.faults.spec import Attestation, FaultInstance
from harness.faults.stage import Stage
from harness.history.model import History
from systems.desk.fault_mode import FaultMode
from systems.desk.units import Duration, meaning


class ReceiverOutage(Outage, frozen=True, tag="receiver_outage"):
    """Keys of a `receiver_outage` block; `delay` is how late a slow receiver takes each effect. Seconds.

    A sender whose `desk.io_timeout` is shorter gives up, and the receiver takes the effect all the same.
    """

    summary: ClassVar[str] = "The outside world refuses every effect, or is slow to take it, for a while."
    happened: ClassVar[tuple[str, str]] = ("the outside world was out of order", "the outside world was out of order")

    mode: Annotated[
        Literal["refuse", "slow"], meaning("refuse answers every message with an error; slow takes each one late")
    ] = "refuse"
    delay: Annotated[
        Duration | None,
        meaning("how late a slow receiver takes each message; required for slow, and only there"),
    ] = None

    def validate_keys(self, given: frozenset[str]) -> list[tuple[str, str]]:
        """Ask for a delay exactly where one is needed, and for a moment that no step decides."""
        mistakes = super().validate_keys(given)
        if self.mode == "slow" and not self.delay:
            given_delay = "none" if self.delay is None else "0s"
            expected = "mode: slow requires the key 'delay': expected more than 0s"
            mistakes.append(("mode", f"{expected}, found {given_delay}"))
        if self.mode == "refuse" and "delay" in given:
            mistakes.append(("delay", "delay: goes with mode: slow only: expected none, found it beside mode: refuse"))
        return mistakes

    def blocked_s(self) -> float:
        """Return how long it lasts, and how long it keeps what came last."""
        return self.duration + (self.delay or 0.0)

    def fault_mode(self) -> FaultMode:
        """Name how it strikes: a refusal is an error that may pass."""
        return FaultMode.TRANSIENT if self.mode == "refuse" else FaultMode.SLOW

    @asynccontextmanager
    async def in_force(self, instance: FaultInstance, stage: Stage) -> AsyncIterator[None]:
        """Tell the receiver to refuse or to be slow, and to be itself again."""
        try:
            await stage.world.trouble(instance.id, self.delay or 0.0)
            yield
        finally:
            await stage.world.trouble("", 0.0)

    def attest(self, instance: FaultInstance, history: History) -> Attestation:
        """Landed when the receiver refused or delayed at least one effect, and stopped doing so.

        An effect that came before the end keeps its delay; none may be refused or delayed that came after.
        """
        begun = history.faults_begun.get(instance.id)
        ended = history.faults_ended.get(instance.id)
        if begun is None:
            why = why_missed(instance, history, "it was never injected")
            return Attestation(instance.id, "missed", why, healed=NOTHING_TO_UNDO)
        troubled = [effect for effect in history.troubled if effect.fault == instance.id]
        hit = [effect for effect in troubled if effect.ticket > 0]
        last = max((effect.t for effect in troubled), default=0)
        is_over = ended is not None and ended.healed and last <= ended.t
        if not hit:
            return Attestation(instance.id, "missed", "no effect came meanwhile", begun.t, healed=is_over)
        tickets = tuple(sorted({effect.ticket for effect in hit}))
        attempts = tuple(dict.fromkeys(effect.attempt for effect in hit))
        what = "refused" if self.mode == "refuse" else f"delayed by {self.delay:g} s"
        fate: Literal["landed", "missed"] = "landed" if is_over else "missed"
        detail = f"{len(hit)} effects {what}"
        return Attestation(instance.id, fate, detail, begun.t, (), tickets, healed=is_over, attempts=attempts)
