"""worker_kill: a worker process dies, at a place in a ticket's path, at a time, or at a progress."""

from typing import Literal

from harness.faults.fault import FaultSpec
from harness.faults.when import When
from systems.desk.units import Duration


class WorkerKill(FaultSpec, frozen=True, tag="worker_kill"):
    """Keys of a `worker_kill` block. `restart_after` None: never."""

    when: When
    signal: Literal["KILL", "TERM"] = "KILL"
    target: Literal["owner", "one", "all"] = "one"
    restart_after: Duration | Literal["never"] = 0.5
    grace: Duration = 10.0
