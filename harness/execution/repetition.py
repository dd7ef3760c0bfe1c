"""One repetition of one system: start everything, canaries, load beside faults, settle, export, stop.

What comes out is a folder of records; nothing here judges.
"""

import asyncio
from dataclasses import dataclass

from harness.execution.assembly import Assembly
from harness.execution.lifecycle import Lifecycle, beside_body
from harness.execution.load import Driver
from harness.execution.phases import export, walk_canaries
from harness.execution.quiet import Quiet
from harness.execution.sampler import Sampler
from harness.execution.stage import LiveStage
from harness.history import run_records
from harness.history.phases import RunPhase
from harness.progress import Progress
from systems.desk.live.journal import Journal

PROGRESS_EVERY_S = 0.25
IDLE_S = 1.5
"""How long an idle system is sampled, to set beside what one costs whose tickets are all paused."""


@dataclass(slots=True)
class RepetitionRun:
    """The life of what is assembled, from its first process to its last: the `number`-th time of its system."""

    assembly: Assembly
    number: int
    progress: Progress

    async def run(self) -> None:
        """Run it; raises EnvironmentFailure when something under it gives way. Nothing it started survives it."""
        await Lifecycle(self.assembly, self._enter, self._run_phases).run()

    # -- phases

    async def _run_phases(self, stage: LiveStage, sampler: Sampler) -> None:
        quiet = Quiet(stage)
        if await self._canaries(stage.driver):
            async with beside_body(self._show(stage)):
                await self._load_and_settle(stage, quiet, sampler)
        if stage.watch.was_paused:
            self._enter(stage.journal, RunPhase.IDLE)
            await asyncio.sleep(IDLE_S)
        # Also where the canaries failed and no load was put on: what they left shows why.
        self._enter(stage.journal, RunPhase.EXPORT)
        await stage.watch.look()
        self._show_now(stage)
        await export(stage, quiet, self.assembly)

    def _enter(self, journal: Journal, phase: RunPhase, note: str = "") -> None:
        journal.write(run_records.Phase, name=phase, note=note)
        label, repeat = self.assembly.block.label, self.assembly.plan.scenario.repeat
        self.progress.phase(label, self.number, repeat, phase)

    async def _canaries(self, driver: Driver) -> bool:
        """Walk the canaries; False when the load is not worth starting."""
        self._enter(driver.journal, RunPhase.CANARY)
        why = await walk_canaries(driver, self.assembly.canaries())
        if why:
            self._enter(driver.journal, RunPhase.CANARY_FAILED, why)
        return not why

    async def _load_and_settle(self, stage: LiveStage, quiet: Quiet, sampler: Sampler) -> None:
        """Submit everything beside the faults, and wait until nothing goes on; a fault not due by then never is."""
        parts = self.assembly
        self._enter(stage.journal, RunPhase.LOAD)
        async with asyncio.TaskGroup() as group:
            # Faults stand ready before the first submission, so that none comes too late for a point that is reached at
            # once.
            for instance in parts.fault_instances():
                group.create_task(parts.fault_of(instance).inject(instance, stage))
            sampler.take()  # what the load costs is counted from here
            load = group.create_task(stage.driver.drive(parts.plan.tickets))
            await asyncio.sleep(0)  # the load takes its first moment
            # Only now, as the load has set the moment from which all that this wakes counts.
            stage.started.set()
            await load
            self._enter(stage.journal, RunPhase.SETTLE)
            is_quiet = await quiet.wait(parts.plan.scenario.settle)
            self._enter(stage.journal, RunPhase.QUIET if is_quiet else RunPhase.DEADLINE)
            sampler.take()
            # Releases every fault whose moment never came; the group ends with its last task only.
            stage.quiescent.set()

    # -- what the person who waits sees

    async def _show(self, stage: LiveStage) -> None:
        while True:
            self._show_now(stage)
            await asyncio.sleep(PROGRESS_EVERY_S)

    def _show_now(self, stage: LiveStage) -> None:
        settled, submitted = stage.watch.settled, stage.driver.submitted
        given_up = len(settled.difference(stage.watch.terminal))
        self.progress.update(
            finished=len(settled) - given_up,
            given_up=given_up,
            submitted=submitted,
            total=len(self.assembly.plan.tickets),
            landed=len(stage.landed | stage.watch.struck()),
            planned=len(self.assembly.fault_instances()),
            in_flight=submitted - len(settled),
        )
