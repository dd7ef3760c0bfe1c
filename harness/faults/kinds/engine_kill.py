"""engine_kill: the engine's server dies under load and is started again on the same file."""

from typing import Annotated, ClassVar, Literal

import msgspec

from harness.faults.healing import were_replaced
from harness.faults.killing import attest_kill, kill, note_of
from harness.faults.spec import Attestation, FaultInstance, RecoveryWait
from harness.faults.stage import Stage
from harness.faults.triggers import striking
from harness.faults.triggers.triggered import TriggeredFault
from harness.history.model import History
from systems.desk.fault_mode import FaultMode
from systems.desk.units import Duration, Positive, meaning
from systems.settings import Capability

GRACE_S = 10.0


class EngineKill(TriggeredFault, frozen=True, tag="engine_kill"):
    """Keys of an `engine_kill` block. `attempts`: so many executions at a step, a kill each. Durations in seconds."""

    requires: ClassVar[Capability | None] = Capability.ENGINE
    summary: ClassVar[str] = "The engine's server dies under load and is started again on the same file."
    happened: ClassVar[tuple[str, str]] = ("the engine died", "the engine died")

    signal: Annotated[Literal["KILL", "TERM"], meaning("KILL ends the server at once; TERM lets it shut down")] = "KILL"
    restart_after: Annotated[
        Duration | Literal["never"], meaning("how long after its death the server is started again")
    ] = 0.5
    attempts: Annotated[
        Positive,
        meaning(
            "how many executions of the struck step lose the engine, one after the other; with a step trigger only"
        ),
    ] = 1

    def validate_keys(self, given: frozenset[str]) -> list[tuple[str, str]]:
        """Refuse an unclear moment, and executions that no step counts or that no engine would see."""
        mistakes = super().validate_keys(given) + striking.validate_attempts(self.when, self.attempts, given)
        if self.attempts > 1 and self.restart_after == "never":
            once = "attempts: expected 1 beside restart_after: never, as the engine dies once then"
            mistakes.append(("attempts", f"{once}; found {self.attempts}"))
        return mistakes

    def blocked_s(self) -> float:
        """Return the time until the engine is started again."""
        return 0.0 if self.restart_after == "never" else self.restart_after

    def recovery_wait(self) -> RecoveryWait:
        """Wait until what was under way in it has timed out."""
        return "detection"

    def failures(self) -> int:
        """Return how many executions lose the engine, one after the other."""
        return self.attempts

    def fault_mode(self) -> FaultMode:
        """Name what died."""
        return FaultMode.ENGINE

    async def inject(self, instance: FaultInstance, stage: Stage) -> None:
        """Wait for the moment, end the engine, start it again, and wait until it serves."""
        moment = await striking.moment(instance, stage)
        if moment is None:
            return
        engines = stage.processes.engines()
        # An engine that dies while nothing is under way harms no ticket: figures of zero would prove nothing.
        if not engines or not stage.operator.under_way():
            stage.clock.release(instance.id)
            why = "no ticket was under way" if engines else "there is no engine that the harness started"
            stage.ended(instance.id, healed=True, injected=False, note=why)
            return
        stage.begun(instance.id, moment.planned, engines)
        forced = await kill(instance, stage, engines, self.signal, GRACE_S)
        if self.restart_after != "never":
            for engine in engines:
                await stage.processes.restart_engine(engine, self.restart_after)
        stage.ended(instance.id, healed=True, injected=True, note=note_of(forced, "engine", self.signal, GRACE_S))

    def attest(self, instance: FaultInstance, history: History) -> Attestation:
        """Landed when the live engine was reaped with that signal while tickets were under way."""
        attestation = attest_kill(instance, history, self.signal, GRACE_S)
        is_back = self.restart_after == "never" or were_replaced(attestation.procs, history, must_be_ready=False)
        return msgspec.structs.replace(attestation, healed=attestation.healed and is_back)
