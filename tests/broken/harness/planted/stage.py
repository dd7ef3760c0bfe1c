"""Faults break: one is not injected, not undone, or strikes another ticket than was planned."""

import msgspec

from harness.execution.assembly import Assembly
from harness.execution.staging.processes import LiveProcesses
from harness.execution.staging.world import LiveWorld
from harness.faults.kinds.worker_kill import WorkerKill
from harness.faults.spec import FaultInstance
from harness.faults.stage import Stage
from systems.desk.points import PointSpec
from tests.broken.harness.broken_part import UNKNOWN, BrokenPart, put
from tests.broken.harness.loads import FAILING, KILLED, PAUSED, REFUSED

_trouble, _points = LiveWorld.trouble, Assembly.points


def fault_is_not_injected() -> None:
    async def inject(self: WorkerKill, instance: FaultInstance, stage: Stage) -> None:
        """Do nothing."""

    put(WorkerKill, "inject", inject)


def worker_does_not_go_on() -> None:
    async def go_on(self: LiveProcesses, proc: str, fault: str) -> None:
        """Leave it standing."""

    put(LiveProcesses, "go_on", go_on)


def worker_is_not_restarted() -> None:
    async def restart(self: LiveProcesses, proc: str, after_s: float) -> None:
        """Leave it dead."""

    put(LiveProcesses, "restart", restart)


def receiver_keeps_refusing() -> None:
    async def trouble(self: LiveWorld, fault: str, delay_s: float) -> None:
        if fault:
            await _trouble(self, fault, delay_s)

    put(LiveWorld, "trouble", trouble)


def another_ticket_is_struck() -> None:
    def points(self: Assembly) -> tuple[PointSpec, ...]:
        return tuple(msgspec.structs.replace(point, ticket=point.ticket + 1) for point in _points(self))

    put(Assembly, "points", points)


PARTS = (
    BrokenPart("a fault is not injected", fault_is_not_injected, UNKNOWN, {"faults_landed": "unknown"}, load=KILLED),
    BrokenPart(
        "a stopped worker is not let go on",
        worker_does_not_go_on,
        UNKNOWN,
        {"healed": "unknown", "quiescence": "unknown"},
        load=PAUSED,
    ),
    BrokenPart(
        "a killed worker is not restarted", worker_is_not_restarted, UNKNOWN, {"healed": "unknown"}, load=KILLED
    ),
    BrokenPart(
        "the receiver goes on refusing",
        receiver_keeps_refusing,
        UNKNOWN,
        {"faults_landed": "unknown", "healed": "unknown"},
        load=REFUSED,
    ),
    BrokenPart(
        "a fault strikes another ticket", another_ticket_is_struck, UNKNOWN, {"faults_landed": "unknown"}, load=FAILING
    ),
)
