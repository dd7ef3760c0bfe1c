"""Faults, one kind a file; this is their registry."""

from harness.faults.activity_failure import ActivityFailure
from harness.faults.answer_lost import AnswerLost
from harness.faults.engine_kill import EngineKill
from harness.faults.long_pause import LongPause
from harness.faults.receiver_outage import ReceiverOutage
from harness.faults.store_outage import StoreOutage
from harness.faults.worker_kill import WorkerKill
from harness.faults.write_race import WriteRace

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
