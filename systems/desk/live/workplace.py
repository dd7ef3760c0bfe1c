"""A worker's workplace: all that a worker process of any system starts with."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import msgspec

from systems.desk.config import WorkerSpec
from systems.desk.live.channel import Channel
from systems.desk.live.identity import own_proc
from systems.desk.live.journal import Journal
from systems.desk.live.late_points import LatePoints
from systems.desk.live.outbox import Outbox
from systems.desk.live.points import Points
from systems.desk.live.steps import LiveDesk
from systems.desk.live.store import Store
from systems.desk.outcomes import RESULTS
from systems.desk.releases import RELEASE_VARIABLE, change_of


@dataclass(frozen=True, slots=True)
class Workplace:
    """What a worker knows and works with; `release` is empty for the first."""

    spec: WorkerSpec
    index: int
    proc: str
    journal: Journal
    channel: Channel
    desk: LiveDesk
    release: str = ""

    @classmethod
    def open(
        cls,
        spec_path: Path,
        index: int,
        desk: type[LiveDesk] = LiveDesk,
        store: type[Store] = Store,
        outbox: type[Outbox] = Outbox,
    ) -> Self:
        """Set up the `index`-th worker of the system that `spec_path` describes, with these parts."""
        spec = msgspec.json.decode(spec_path.read_bytes(), type=WorkerSpec)
        proc = own_proc()
        release = os.environ.get(RELEASE_VARIABLE, "")
        journal = Journal.open(Path(spec.journal_dir), "worker", index, spec.label, release)
        channel = Channel.from_environment()
        tables = store(spec.routed("worker-store", index, spec.database_url), spec.desk.safeguards.locking)
        messages = outbox(spec.routed("worker-receiver", index, spec.receiver_url), spec.desk.io_timeout_s)
        steps = desk(spec.desk, proc, tables, messages, journal)
        if change := change_of(release):
            steps.results = {**RESULTS, **change.results}
        late = LatePoints(Path(spec.late_points)) if spec.late_points else None
        steps.points = Points(spec.points, Path(spec.points_dir), journal, channel, spec.meetings, late)
        return cls(spec, index, proc, journal, channel, steps, release)
