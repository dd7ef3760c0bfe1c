"""Faults, one kind a file; this is their registry."""

from harness.faults.kinds.activity_failure import ActivityFailure
from harness.faults.kinds.answer_lost import AnswerLost
from harness.faults.kinds.deploy import Deploy
from harness.faults.kinds.engine_kill import EngineKill
from harness.faults.kinds.engine_limit import EngineLimit
from harness.faults.kinds.long_pause import LongPause
from harness.faults.kinds.network import Network
from harness.faults.kinds.receiver_outage import ReceiverOutage
from harness.faults.kinds.store_outage import StoreOutage
from harness.faults.kinds.worker_kill import WorkerKill
from harness.faults.kinds.write_race import WriteRace
from harness.faults.spec import FaultSpec

KINDS: dict[str, type[FaultSpec]] = {}
"""Every kind, by its name."""


def register(*kinds: type[FaultSpec]) -> None:
    """Add kinds; a scenario's type is made of all that are there when `harness.planning.scenario` is imported."""
    KINDS.update({kind.kind(): kind for kind in kinds})


register(
    WorkerKill,
    LongPause,
    EngineKill,
    EngineLimit,
    ActivityFailure,
    WriteRace,
    AnswerLost,
    ReceiverOutage,
    StoreOutage,
    Network,
    Deploy,
)
