"""Faults, one kind a file; this is their registry."""

from harness.faults.activity_failure import ActivityFailure
from harness.faults.long_pause import LongPause
from harness.faults.worker_kill import WorkerKill

FaultSpec = WorkerKill | ActivityFailure | LongPause
KINDS: dict[str, type[FaultSpec]] = {
    "worker_kill": WorkerKill,
    "long_pause": LongPause,
    "activity_failure": ActivityFailure,
}
