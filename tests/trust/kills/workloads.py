"""The runs to which something happens: real systems, with a fault in flight."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support.chaos import write_scenario

TEXT = """
    name: NAME
    load: {tickets: 6, arrival: {rate: 10/s}}
    desk: {step_time: 60ms, database: DATABASE}
    systems: SYSTEMS
    faults: [FAULT]
    settle: 30s
    expect: ["lost == 0", "unserved == 0"]
"""
SYSTEMS = {"sync": "sync: {processes: 2}", "temporal": "temporal: {profile: tuned}"}
FAULTS = {
    "worker stopped": "{kind: long_pause, scope: worker, when: {after: 300ms}, duration: 2s}",
    "worker killed": "{kind: worker_kill, when: {after: 300ms}, restart_after: 300ms}",
    "engine killed": "{kind: engine_kill, when: {after: 300ms}, restart_after: 500ms}",
    "tickets paused": "{kind: long_pause, scope: ticket, when: {after: 300ms}, duration: 2s}",
    "receiver out": "{kind: receiver_outage, when: {after: 300ms}, duration: 1s}",
}


@dataclass(frozen=True)
class Workload:
    """A run by its name: a fault, where the store is, and how `chaos run` is called."""

    name: str
    fault: str
    database: str = "sqlite"
    scenarios: int = 1
    arguments: Sequence[str] = ()

    def write(self, folder: Path, first: str) -> list[str]:
        """Write the scenarios, whose first system is `first`; return their paths."""
        order = [first, *(label for label in SYSTEMS if label != first)]
        systems = "{" + ", ".join(SYSTEMS[label] for label in order) + "}"
        text = TEXT.replace("DATABASE", self.database).replace("SYSTEMS", systems).replace("FAULT", FAULTS[self.fault])
        names = [f"struck-{number}" for number in range(1, self.scenarios + 1)]
        return [str(write_scenario(folder, text.replace("NAME", name), f"{name}.yaml")) for name in names]


WORKLOADS = {
    workload.name: workload
    for workload in (
        *(Workload(fault, fault) for fault in FAULTS),
        Workload("PostgreSQL", "worker stopped", database="postgresql"),
        Workload("two repetitions", "worker killed", arguments=("--repeat", "2")),
        Workload("a suite", "worker stopped", scenarios=2, arguments=("--jobs", "2")),
    )
}
