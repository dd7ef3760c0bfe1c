"""What a column sees of its processes, in the order in which it happened."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from harness.execution.assembly import Assembly
from harness.execution.stage import LiveStage
from harness.live.column import LiveColumn
from systems.desk import records
from systems.desk.live.journal import Journal
from tests.unit.execution.test_watch import ALIVE, watching
from tests.unit.live.test_board import planned

ASSEMBLY = SimpleNamespace(block=SimpleNamespace(capabilities=frozenset(), label="one"), folder=Path("1"))


class Staged(LiveColumn):
    """A column whose stage is there from the begin."""

    at_hand: LiveStage

    @property
    def stage(self) -> LiveStage:
        return self.at_hand


def worker(**changes: Any) -> SimpleNamespace:
    spec = SimpleNamespace(role="worker", index=0)
    now = {"exited": None, "ready": object(), "is_stopped": False, "is_relied_on": False, **changes}
    return SimpleNamespace(proc=ALIVE, spec=spec, **now)


def test_what_a_worker_began_last_is_interrupted_by_its_end_too(tmp_path: Path) -> None:
    column = Staged(cast("Assembly", ASSEMBLY), 0, lambda _sentence, _label: None, is_kept=False)
    watch, journal = watching(tmp_path), Journal(tmp_path / f"worker-0-{ALIVE}.jsonl")
    supervisor = SimpleNamespace(owned={ALIVE: worker()})
    column.at_hand = cast("LiveStage", SimpleNamespace(watch=watch, supervisor=supervisor))
    watch.observer = column.board
    column.board.sent(planned(1), "Ada", "site is down", 0)
    column.board.client(1, 1, 0)
    for request in ("r.1", "r.2"):
        journal.write(records.RequestOpened, request=request, ticket=1)
        watch.read_on()
        column.look_at_processes(is_quiet=False)
    journal.write(records.AttemptStarted, attempt="a.1", ticket=1, step="assign_agent", visit=1, walk="w")
    supervisor.owned[ALIVE] = worker(exited=SimpleNamespace(signal="SIGKILL"))
    column.look_at_processes(is_quiet=False)  # before the watch looks again
    watch.read_on()
    column.board.client(1, -1, 1, "info")
    view = column.board.tickets[1]
    assert (view.procs, view.is_worked_on, column.board.tally()["lost"]) == (set(), False, 1)
