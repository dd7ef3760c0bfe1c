"""What looks at a run breaks: the sampler, the watch, the wait for quiet, the canaries."""

import asyncio
from collections.abc import Sequence

from harness.execution import repetition
from harness.execution.load import Driver
from harness.execution.quiet import Quiet
from harness.execution.repetition import RepetitionRun
from harness.execution.sampler import Sampler
from harness.execution.watch import Watch
from systems.desk.rows import AuditRow
from tests.broken.harness.broken_part import FAILED, UNKNOWN, BrokenPart, put
from tests.broken.harness.loads import KILLED, LONGER, SYNC, TEMPORAL

_take = Watch._take  # noqa: SLF001 - broken on purpose
FEW = 4


def sampler_stops() -> None:
    async def run(self: Sampler) -> None:
        for _ in range(FEW):
            self.take()
            await asyncio.sleep(0.25)
        await asyncio.Event().wait()

    put(Sampler, "run", run)


def watch_never_sees_an_end() -> None:
    async def take(self: Watch, _: Sequence[AuditRow]) -> None:
        await _take(self, [])

    put(Watch, "_take", take)
    put(repetition, "CANARY_DEADLINE_S", 1.0)


def watch_sees_no_attempt() -> None:
    put(Watch, "open_attempts", lambda _: {})


def quiet_comes_too_early() -> None:
    async def wait(_quiet: Quiet, _settle_s: float) -> bool:
        return True

    put(Quiet, "wait", wait)


def quiet_never_comes() -> None:
    async def is_quiet(_: Quiet) -> bool:
        return False

    put(Quiet, "_is_quiet", is_quiet)


def canaries_are_skipped() -> None:
    async def canaries(_run: RepetitionRun, _driver: Driver) -> bool:
        return True

    put(RepetitionRun, "_canaries", canaries)


PARTS = (
    BrokenPart("the sampler stops", sampler_stops, UNKNOWN, {"journal_intact": "unknown"}, "sample", load=LONGER),
    BrokenPart(
        "the watch never sees an end",
        watch_never_sees_an_end,
        UNKNOWN,
        {"canary": "unknown", "plan_followed": "unknown", "quiescence": "unknown"},
    ),
    BrokenPart("the watch sees no attempt", watch_sees_no_attempt, UNKNOWN, {"faults_landed": "unknown"}, load=KILLED),
    BrokenPart("quiet is declared too early", quiet_comes_too_early, FAILED, {"quiescence": "unknown"}, load=TEMPORAL),
    BrokenPart(
        "quiet is never declared", quiet_never_comes, UNKNOWN, {"quiescence": "unknown"}, "time was up", load=SYNC
    ),
    BrokenPart("the canaries are skipped", canaries_are_skipped, UNKNOWN, {"canary": "unknown"}),
)
