"""One system of a session: its life cycle as a repetition's, and its board, which shows what goes on."""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import msgspec

from harness.decoding import UNREADABLE
from harness.errors import EnvironmentFailure
from harness.execution.assembly import Assembly
from harness.execution.lifecycle import Lifecycle, beside_body
from harness.execution.phases import export, walk_canaries
from harness.execution.quiet import Quiet
from harness.execution.sampler import Sampler
from harness.execution.stage import LiveStage
from harness.faults.spec import PlannedTicket
from harness.history import run_records
from harness.history.phases import RunPhase
from harness.live.board import Board
from harness.live.event_log import LineKind, Sentence
from harness.live.hand import OpenPause
from harness.live.texts import customer, issue
from harness.live.tiles import Tiles, state_of
from harness.processes.supervisor_client import Owned
from systems.desk.live.journal import Journal
from systems.desk.rows import LedgerEntry
from systems.settings import Capability

LOOK_EVERY_S = 0.05
SAMPLE_EVERY_S = 1.0
QUIET_WITHIN_S = 1.5
"""How long a session that ends waits for quiet: whoever is done is done by then."""
_ledger = msgspec.json.Decoder(LedgerEntry)
_records = msgspec.json.Decoder(run_records.AnyRecord)


@dataclass(slots=True)
class LiveColumn:
    """A system at work. `began` is the session's begin (monotonic ns), `say` takes what happened.

    `is_kept`: its folder was a session's before, which goes on. `states` says of each process how it is.
    """

    assembly: Assembly
    began: int
    say: Callable[[Sentence, str], None]
    is_kept: bool
    phase: str = "start"
    is_ready: asyncio.Event = field(default_factory=asyncio.Event)
    is_over: asyncio.Event = field(default_factory=asyncio.Event)
    was_quiet: bool = False
    board: Board = field(init=False)
    pauses: dict[int, OpenPause] = field(default_factory=dict)
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _stage: LiveStage | None = None
    _tiles: Tiles | None = None
    _known: dict[str, Owned] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _ledger_offset: int = 0

    def __post_init__(self) -> None:
        resumes = Capability.RESUMPTION in self.assembly.block.capabilities
        self.board = Board(resumes, f"{self.label}/{self.assembly.folder.name}/journal")

    @property
    def label(self) -> str:
        """The column's name."""
        return self.assembly.block.label

    @property
    def stage(self) -> LiveStage:
        """What faults act with; only once the column is ready."""
        assert self._stage is not None  # noqa: S101 - callers wait until it is ready
        return self._stage

    # -- its life

    async def run(self) -> None:
        """Live until stopped; raises EnvironmentFailure when something under it gives way."""
        await Lifecycle(self.assembly, self._enter, self._live, SAMPLE_EVERY_S, is_kept=self.is_kept).run()

    def stop(self) -> None:
        """Begin to end: nothing is taken any more, and what is recorded is made whole."""
        self._stopping.set()

    def _enter(self, journal: Journal, phase: RunPhase, note: str = "") -> None:
        journal.write(run_records.Phase, name=phase, note=note)
        self.phase = phase.value

    async def _live(self, stage: LiveStage, sampler: Sampler) -> None:
        stage.watch.observer = self.board
        self._stage, self._tiles = stage, Tiles(stage.supervisor)
        if not self.is_kept:
            await self._walk_canaries()
        self._enter(stage.journal, RunPhase.LOAD)
        stage.driver.first = self.began
        stage.started.set()
        if self.is_kept:
            await self._take_up()
        sampler.take()
        self._look(is_quiet=True)
        async with beside_body(self._keep_looking()):
            self.is_ready.set()
            await self._stopping.wait()
            await self._settle(sampler)
        await self._export()

    async def _walk_canaries(self) -> None:
        self._enter(self.stage.journal, RunPhase.CANARY)
        why = await walk_canaries(self.stage.driver, self.assembly.canaries())
        if why:
            self._enter(self.stage.journal, RunPhase.CANARY_FAILED, why)
            raise EnvironmentFailure(f"{self.label}: the first tickets, which prove that it works, did not end: {why}")

    async def _settle(self, sampler: Sampler) -> None:
        """End what is still done by hand, and see whether anything goes on."""
        self._enter(self.stage.journal, RunPhase.SETTLE)
        for task in self.tasks:
            task.cancel()
        if self.tasks:
            await asyncio.wait(self.tasks)
        self.stage.acting.clear()
        self.stage.quiescent.set()
        self.stage.last_undo = time.monotonic_ns()
        self.was_quiet = await Quiet(self.stage).wait(QUIET_WITHIN_S)
        if self.was_quiet:
            self._enter(self.stage.journal, RunPhase.QUIET)
        sampler.take()

    async def _export(self) -> None:
        self._enter(self.stage.journal, RunPhase.EXPORT)
        await self.stage.watch.look()
        await export(self.stage, Quiet(self.stage), self.assembly)
        if not self.was_quiet:
            self._enter(self.stage.journal, RunPhase.INTERRUPTED, "the session ended while tickets were under way")

    async def _take_up(self) -> None:
        """Go on with what an earlier life of the folder left: its tickets, and those that stand still."""
        stage, now = self.stage, time.monotonic_ns()
        stage.watch.read_earlier()
        await stage.watch.look()
        stage.watch.settled -= {canary.number for canary in self.assembly.canaries()}
        stage.driver.submitted = len(stage.tickets)
        earlier = list(self._earlier_records())
        for number, outcome in _last_answers(earlier).items():
            self.board.client(number, 0, now, outcome)
        self.board.bury_strangers(frozenset(stage.supervisor.workers()), now)
        unended = [ticket for number, ticket in stage.tickets.items() if number not in stage.watch.terminal]
        stage.driver.sent |= stage.tickets.keys()
        known = await Quiet(stage).ticket_status(unended)
        for ticket in unended:
            self.board.held(ticket.number, now, is_held=ticket.number in known.live)
        for fault, numbers in _left_paused(earlier, stage.watch.terminal.keys()):
            pause = OpenPause(fault, set(numbers), dict.fromkeys(numbers, now))
            self.pauses |= dict.fromkeys(numbers, pause)
            self.spawn(self._end_of(pause))
        still = await stage.system.paused(unended)
        for number in still:
            stage.watch.paused.add(number)
            self.board.stands_still(number, now)
        self.board.resumed_after_s = None
        for view in self.board.tickets.values():  # a journal of an earlier boot has its own time
            view.changed = min(view.changed, now)

    def _earlier_records(self) -> Iterator[run_records.AnyRecord]:
        """Yield what the harness itself wrote in earlier lives of the folder; a line that was cut is passed over."""
        for path in sorted(self.assembly.journal_dir.glob("harness-*.jsonl")):
            for line in path.read_bytes().splitlines():
                with suppress(*UNREADABLE):
                    yield _records.decode(line)

    async def _end_of(self, pause: OpenPause) -> None:
        """Wait until the tickets of a pause that began in an earlier life were let go."""
        await pause.is_over.wait()
        self.stage.ended(pause.fault, healed=True, injected=True)

    def spawn(self, work: Any) -> asyncio.Task[None]:
        """Do something beside all else; what breaks is told, and breaks nothing more."""
        task: asyncio.Task[None] = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self.tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.tell("fault", f"it broke: {type(error).__name__}: {error}")

    def tell(self, kind: LineKind, said: str, ticket: str | None = None) -> None:
        """Say a sentence of this column."""
        self.say(Sentence(time.monotonic_ns(), kind, said, ticket), self.label)

    # -- what goes on

    async def _keep_looking(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            self._look()

    def _look(self, *, is_quiet: bool = False) -> None:
        """See what became of processes and messages, and pass on what is to be said."""
        self.look_at_processes(is_quiet=is_quiet)
        for entry in self._new_messages():
            self.board.effect(entry)
        self.board.review(time.monotonic_ns())
        sentences = self.board.take_sentences()
        for sentence in () if is_quiet else sentences:
            self.say(sentence, self.label)

    def look_at_processes(self, *, is_quiet: bool) -> None:
        """See which processes changed; nothing is said of it where `is_quiet`."""
        for owned in list(self.stage.supervisor.owned.values()):
            before, state = self.states.get(owned.proc), state_of(owned)
            if before == state:
                continue
            self.states[owned.proc] = state
            if owned.spec.role == "worker":
                self._tell_of_worker(owned, before, state, is_again=not is_quiet)
            elif not is_quiet and owned.spec.role != "receiver":
                words = {"dead": "died", "alive": "serves" if before is None else "serves again"}.get(state, state)
                self.tell("process", f"the {owned.spec.role} {words}")

    def _tell_of_worker(self, owned: Owned, before: str | None, state: str, *, is_again: bool) -> None:
        now, proc = time.monotonic_ns(), owned.proc
        if state == "dead" and owned.exited is not None:
            by_signal = {"SIGKILL": "was killed", "SIGTERM": "was told to leave"}.get(owned.exited.signal or "")
            # To the end of its journal first, which nobody writes any more: what it began last is interrupted as well.
            self.stage.watch.read_on()
            self.board.gone(proc, now, by_signal or "ended")
        elif state == "frozen":
            self.board.frozen(proc, now)
        elif before == "frozen":
            self.board.thawed(proc, now)
        elif state == "alive":
            self.board.ready(proc, owned.spec.index, now, is_again=is_again)

    def _new_messages(self) -> list[LedgerEntry]:
        path = self.assembly.folder / "ledger.jsonl"
        if path.stat().st_size == self._ledger_offset:
            return []
        with path.open("rb") as file:
            file.seek(self._ledger_offset)
            chunk = file.read()
        whole = chunk[: chunk.rfind(b"\n") + 1]
        self._ledger_offset += len(whole)
        return _ledger.decode_lines(whole)

    def tiles(self) -> list[dict[str, Any]]:
        """Return the processes as a page shows them."""
        if self._tiles is None:
            return []
        return self._tiles.shown(self.board.tickets_by_worker())

    def read_costs(self, now_s: float) -> None:
        """Take a reading of what each process uses."""
        if self._tiles is not None:
            self._tiles.read(now_s)

    # -- an earlier life's tickets

    def restore(self, planned: PlannedTicket, seed: int) -> None:
        """Put a ticket of an earlier life onto the board."""
        self.show(planned, seed, self.began + int((planned.arrival_s or 0.0) * 1e9))

    def show(self, planned: PlannedTicket, seed: int, at: int) -> None:
        """Put a ticket onto the board, with who wrote it and why."""
        self.board.sent(planned, customer(seed, planned.number), issue(seed, planned.number, planned.priority), at)


def _left_paused(earlier: Iterable[run_records.AnyRecord], ended: AbstractSet[int]) -> Iterator[tuple[str, list[int]]]:
    """Yield the faults whose tickets nobody let go on, with those tickets."""
    asked: dict[str, set[int]] = {}
    for record in earlier:
        if isinstance(record, run_records.PauseAsked):
            asked.setdefault(record.fault, set()).update(record.tickets)
        elif isinstance(record, run_records.TicketResumed):
            asked.get(record.fault, set()).discard(record.ticket)
    for fault, numbers in asked.items():
        if left := sorted(numbers - ended):
            yield fault, left


def _last_answers(earlier: Iterable[run_records.AnyRecord]) -> dict[int, str]:
    """Map tickets to what their clients were answered last; once taken, a later no is of the second submission."""
    outcomes: dict[int, str] = {}
    for record in earlier:
        if isinstance(record, run_records.Answered) and outcomes.get(record.ticket) != "ok":
            outcomes[record.ticket] = record.outcome
    return outcomes
