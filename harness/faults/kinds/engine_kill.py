"""engine_kill: the engine's server dies under load and is started again on the same file."""

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

import msgspec

from harness.faults.healing import were_replaced
from harness.faults.killing import attest_kill, kill, note_of
from harness.faults.spec import Attestation, Awaited, FaultInstance, FaultSpec, PlannedTicket, Stage
from harness.faults.triggers import striking
from harness.faults.triggers.when import When
from harness.history.model import History
from systems.desk.points import PointSpec
from systems.desk.units import Duration, Positive, meaning
from systems.settings import Capability

GRACE_S = 10.0


class EngineKill(FaultSpec, frozen=True, tag="engine_kill"):
    """Keys of an `engine_kill` block. `attempts`: so many executions at a step, a kill each. Durations in seconds."""

    requires: ClassVar[Capability | None] = Capability.ENGINE
    summary: ClassVar[str] = "The engine's server dies under load and is started again on the same file."

    when: Annotated[When, meaning("when it strikes")]
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

    def mistakes(self, given: frozenset[str]) -> list[tuple[str, str]]:
        """Refuse an unclear moment, and executions that no step counts or that no engine would see."""
        found = self.when.mistakes() + striking.attempts_mistakes(self.when, self.attempts, given)
        if self.attempts > 1 and self.restart_after == "never":
            gone = "attempts: expected 1 beside restart_after: never, as the engine dies once then"
            found.append(("attempts", f"{gone}; found {self.attempts}"))
        return found

    def holds_s(self) -> float:
        """Return the time until the engine is started again."""
        return 0.0 if self.restart_after == "never" else self.restart_after

    def awaits(self) -> Awaited:
        """Wait until what was under way in it has timed out."""
        return "detection"

    def failures(self) -> int:
        """Return how many executions lose the engine, one after the other."""
        return self.attempts

    def manner(self) -> str:
        """Name what died."""
        return "engine"

    def problems(self, tickets: Sequence[PlannedTicket]) -> list[tuple[str, str]]:
        """Return what the plan makes impossible."""
        return striking.problems(self.when, tickets)

    def schedule(self, fault: int, tickets: Sequence[PlannedTicket], seed: int) -> list[FaultInstance]:
        """Return one instance, or one for each of `times` or `attempts`."""
        return striking.schedule("engine_kill", self.when, fault, tickets, seed, self.attempts)

    def points(self, instance: FaultInstance) -> tuple[PointSpec, ...]:
        """Tell workers of the place; a timed kill needs none."""
        return striking.points(self.when, instance)

    async def inject(self, instance: FaultInstance, stage: Stage) -> None:
        """Wait for the moment, end the engine, start it again, and wait until it serves."""
        planned, _ = await striking.moment(instance, stage)
        if planned is None:
            stage.ended(instance, healed=True, injected=False, note="the run went quiet before its moment came")
            return
        engines = stage.engines()
        if not engines or not stage.under_way():
            stage.release(instance.id)
            why = "no ticket was under way" if engines else "there is no engine that the harness started"
            stage.ended(instance, healed=True, injected=False, note=why)
            return
        stage.begun(instance, planned, engines)
        forced = await kill(instance, stage, engines, self.signal, GRACE_S)
        if self.restart_after != "never":
            for engine in engines:
                await stage.restart_engine(engine, self.restart_after)
        stage.ended(instance, healed=True, injected=True, note=note_of(forced, "engine", self.signal, GRACE_S))

    def attest(self, instance: FaultInstance, history: History) -> Attestation:
        """Landed when the live engine was reaped with that signal while tickets were under way."""
        found = attest_kill(instance, history, self.signal, GRACE_S)
        is_back = self.restart_after == "never" or were_replaced(found.procs, history, must_be_ready=False)
        return msgspec.structs.replace(found, healed=found.healed and is_back)
