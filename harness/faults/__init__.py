"""Faults, one kind a file; this is their registry."""

from harness.faults.activity_failure import ActivityFailure
from harness.faults.worker_kill import WorkerKill

FaultSpec = WorkerKill | ActivityFailure
KINDS: dict[str, type[WorkerKill | ActivityFailure]] = {
    "worker_kill": WorkerKill,
    "activity_failure": ActivityFailure,
}
