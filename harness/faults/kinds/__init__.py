"""Faults, one kind a file; this is their registry."""

from harness.faults.kinds.activity_failure import ActivityFailure
from harness.faults.kinds.answer_lost import AnswerLost
from harness.faults.kinds.engine_kill import EngineKill
from harness.faults.kinds.long_pause import LongPause
from harness.faults.kinds.receiver_outage import ReceiverOutage
from harness.faults.kinds.store_outage import StoreOutage
from harness.faults.kinds.worker_kill import WorkerKill
from harness.faults.kinds.write_race import WriteRace

FaultSpec = (
    WorkerKill | ActivityFailure | LongPause | WriteRace | EngineKill | AnswerLost | ReceiverOutage | StoreOutage
)
KINDS: dict[str, type[FaultSpec]] = {
    "worker_kill": WorkerKill,
    "long_pause": LongPause,
    "engine_kill": EngineKill,
    "activity_failure": ActivityFailure,
    "write_race": WriteRace,
    "answer_lost": AnswerLost,
    "receiver_outage": ReceiverOutage,
    "store_outage": StoreOutage,
}
