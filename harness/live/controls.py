"""What can be done to one system of a session by hand: tickets are sent, stand still, go on; faults strike."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from harness.execution.stage import LiveStage
from harness.faults.spec import FaultInstance, FaultSpec, PlannedTicket
from harness.live.board import Board
from harness.live.column import LiveColumn
from harness.live.deeds import Hit
from harness.live.hand import ANSWER_DEADLINE_S, HandOperator, HandProcesses, HandStage, OpenPause
from harness.live.orders import NextStep
from harness.live.ticket_view import TicketView
from systems.desk.model import Priority, Step, Ticket, ticket_id
from systems.desk.points import LatePoint
from systems.settings import Capability


class NotDone(Exception):
    """There is nothing to be done; the message is a sentence that says why."""


class EngineSilent(NotDone):
    """The engine is dead, or does not answer in time: no ticket of its system can be reached through it."""


T = TypeVar("T")


@dataclass(slots=True)
class Controls:
    """The controls of one column. What makes no sense for a ticket or a worker raises NotDone."""

    column: LiveColumn
    _again: Counter[int] = field(default_factory=Counter)

    @property
    def stage(self) -> LiveStage:
        """What faults act with."""
        return self.column.stage

    @property
    def board(self) -> Board:
        """What is shown of its tickets."""
        return self.column.board

    @property
    def label(self) -> str:
        """The column's name."""
        return self.column.label

    # -- the engine

    def need_engine(self) -> None:
        """Raise EngineSilent where the engine is dead: it takes no wish, however long one waits."""
        if self.stage.is_engine_gone():
            raise EngineSilent(f"the engine of {self.label} is dead and takes no wish; it has to be back first")

    async def answered(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Return what a system answers; raises EngineSilent where its engine is dead or lets one wait."""
        self.need_engine()
        try:
            async with asyncio.timeout(ANSWER_DEADLINE_S):
                return await ask()
        except TimeoutError:
            within = f"within {ANSWER_DEADLINE_S:g} s"
            raise EngineSilent(f"{self._keeper} of {self.label} does not answer {within}; try again") from None
        except Exception as error:
            why = f"{type(error).__name__}: {error}"  # of whatever kind a system's engine is
            raise EngineSilent(f"{self._keeper} of {self.label} does not answer ({why}); try again") from error

    @property
    def _keeper(self) -> str:
        """Say who keeps the column's tickets, and so answers for them."""
        return "the engine" if Capability.ENGINE in self.column.assembly.block.capabilities else "the store"

    # -- tickets

    def submit(self, planned: PlannedTicket, seed: int) -> None:
        """Send a ticket, which is planned and written down."""
        self.stage.tickets[planned.number] = Ticket(planned.number, Priority(planned.priority))
        self.column.show(planned, seed, time.monotonic_ns())
        # From here on, not from when its task begins: what is shown in between would be a ticket that nobody waits for.
        self.board.client(planned.number, 1, time.monotonic_ns())
        self.column.spawn(self._serve(planned))

    async def _serve(self, planned: PlannedTicket) -> None:
        number, driver = planned.number, self.stage.driver
        outcome = None
        try:
            outcome = (await driver.serve(planned, asyncio.Semaphore())).outcome
        finally:
            self.board.client(number, -1, time.monotonic_ns(), outcome)

    def send_again(self, number: int) -> None:
        """Send a ticket a second time, as a client that does not trust its first submission."""
        view = self.view_of(number)
        self.board.client(number, 1, time.monotonic_ns())
        self.column.spawn(self._send_again(self.stage.tickets[number], view))

    async def _send_again(self, ticket: Ticket, view: TicketView) -> None:
        outcome = None
        try:
            answer = await self.stage.driver.submit(ticket, self._submissions(ticket.number) + 1, time.monotonic_ns())
            outcome = "ok" if answer.outcome == "ok" else None  # a no is of this submission alone
            detail = f": {answer.detail}" if answer.detail else ""
            state = f", it is {answer.state}" if answer.state else ""
            self.column.tell("ticket", f"{view.id}, sent again, was answered {answer.outcome}{state}{detail}", view.id)
        finally:
            self.board.client(ticket.number, -1, time.monotonic_ns(), outcome)

    def _submissions(self, number: int) -> int:
        self._again[number] += 1
        return self._again[number]

    def view_of(self, number: int) -> TicketView:
        """Return a ticket's view; raises NotDone where this column does not have it, or not any more."""
        view = self.board.tickets.get(number)
        if view is None:
            where = f"was not sent to {self.label}" if number not in self.stage.tickets else "ended long ago"
            raise NotDone(f"{ticket_id(number)} {where}")
        return view

    def open_view(self, number: int) -> TicketView:
        """Return the view of a ticket that has not ended; raises NotDone for any other."""
        view = self.view_of(number)
        if view.ended is not None:
            raise NotDone(f"{view.id} has ended in {self.label}: it is {view.state.replace('_', ' ')}")
        return view

    async def as_it_came(self, number: int) -> dict[str, Any]:
        """Return what the orchestrator answers of a ticket, and its row, both as they came."""
        snapshot = await asyncio.to_thread(self.stage.watch.store.read, number)
        row: dict[str, Any] | None = None
        if snapshot is not None:
            entries = [msgspec.to_builtins(entry) for entry in snapshot.entries()]
            held = {"state": snapshot.state, "agent": snapshot.agent, "walker": snapshot.walker}
            row = {"number": number, "priority": snapshot.priority, **held}
            row |= {"version": snapshot.version, "timeline": entries}
        return {"orchestrator": await self._orchestrators_word(number), "store": row}

    async def _orchestrators_word(self, number: int) -> dict[str, Any] | None:
        try:
            return await self.answered(lambda: self.stage.system.inspect(self.stage.tickets[number]))
        except EngineSilent as silent:
            return {"error": str(silent)}

    # -- pauses

    def unpaused(self, number: int) -> TicketView:
        """Return the view of a ticket that can be paused; raises NotDone for any other."""
        view = self.open_view(number)
        if self._pause_of(number) is not None:
            word = "stands still" if view.shown_state == "paused" else "is asked to stand still"
            raise NotDone(f"{view.id} {word} in {self.label} already")
        self.need_engine()
        return view

    def expect(self, pause: OpenPause) -> None:
        """Note that tickets are about to be paused."""
        self.column.pauses |= dict.fromkeys(pause.tickets, pause)

    def _pause_of(self, number: int) -> OpenPause | None:
        """Return the pause that a ticket is in, or is asked to make."""
        pause = self.column.pauses.get(number)
        return pause if pause is not None and number in pause.tickets else None

    def resumable(self) -> list[int]:
        """Return the tickets that are paused, or are asked to be."""
        return [number for number, pause in self.column.pauses.items() if number in pause.tickets]

    async def resume(self, number: int) -> tuple[OpenPause, float]:
        """Let a ticket go on; return its pause, and how long it stood still (s).

        Raises EngineSilent where the wish did not get through: the ticket is paused still, and can be resumed again.
        """
        pause = self._pause_of(number)
        if pause is None:
            raise NotDone(f"{self.view_of(number).id} is not paused in {self.label}")
        self.need_engine()
        now = time.monotonic_ns()
        wish = pause.wishes.get(number)
        if wish is None or wish.done():
            wish = pause.wishes[number] = asyncio.ensure_future(self.stage.operator.let_go(pause.fault, [number]))
            wish.add_done_callback(lambda done: self._has_gone_on(done, pause, number, now))
        # It is not given up where one waits too long: it may get through all the same, and was written down.
        await self.answered(lambda: asyncio.shield(wish))
        return pause, (now - pause.since.get(number, now)) / 1e9

    def _has_gone_on(self, wish: asyncio.Future[None], pause: OpenPause, number: int, at: int) -> None:
        """Note that a ticket goes on, as soon as the wish has got through."""
        if wish.cancelled() or wish.exception() is not None:
            return
        if self.column.pauses.get(number) is pause:
            del self.column.pauses[number]
        self.board.let_go(number, at)
        pause.let_go(number)

    # -- faults

    def owners_of(self, number: int) -> list[str]:
        """Return the live workers that have a ticket under way, as the journals show it."""
        view = self.open_view(number)
        return [proc for proc in view.procs if proc in self.stage.supervisor.workers()]

    async def residents_of(self, number: int) -> list[str]:
        """Return the live workers in which a ticket's orchestration is, as the system itself says."""
        homes = await self.answered(lambda: self.stage.system.residents([self.stage.tickets[number]]))
        alive = self.stage.supervisor.workers()
        return [proc for proc, numbers in homes.items() if number in numbers and proc in alive]

    def worker(self, index: int) -> list[str]:
        """Return the live worker of that index; raises NotDone where it is dead."""
        mine = [o for o in self.stage.supervisor.owned.values() if (o.spec.role, o.spec.index) == ("worker", index)]
        alive = [owned.proc for owned in mine if owned.exited is None]
        if not alive:
            raise NotDone(f"worker {index} of {self.label} is dead")
        return alive

    @property
    def indices(self) -> list[int]:
        """The numbers of its workers, alive or not."""
        owned = self.stage.supervisor.owned.values()
        return sorted({each.spec.index for each in owned if each.spec.role == "worker"})

    def hits(self, victims: Sequence[str], ticket: int | None) -> tuple[Hit, ...]:
        """Return what is under way in these processes: the ticket's own step, or whatever is.

        Of a ticket that is in no step, only that they have it.
        """
        hits = [
            Hit(number, begun.chip.step, begun.chip.visit)
            for number, view in self.board.tickets.items()
            for begun in view.attempts.values()
            if begun.proc in victims and begun.chip.result is None
        ]
        own = [hit for hit in hits if hit.ticket == ticket] or [Hit(ticket, "", 0)] if ticket is not None else hits
        held = [Hit(number, "", 0) for number, view in self.board.tickets.items() if view.procs.intersection(victims)]
        return tuple(own or held)

    def hit_of(self, number: int) -> tuple[Hit, ...]:
        """Return the step that a ticket is in."""
        view = self.board.tickets[number]
        return tuple(Hit(number, begun.chip.step, begun.chip.visit) for begun in view.attempts.values())

    def next_step(self, number: int, fits: Callable[[NextStep], bool], what: str = "step") -> NextStep:
        """Return the next planned step of a ticket that has not begun and fits; raises NotDone where there is none."""
        view = self.open_view(number)
        path = [(passage.step, passage.visit) for passage in view.planned.oracle.path]
        begun = [path.index(place) for place in view.chips if place in path]
        if view.chips and (not begun or next(reversed(view.chips)) not in path):
            raise NotDone(f"{view.id} has left its planned path in {self.label}")
        ahead = [NextStep(number, Step(step), visit) for step, visit in path[max(begun, default=-1) + 1 :]]
        if (found := next(filter(fits, ahead), None)) is None:
            raise NotDone(f"{view.id} has no {what} before it any more in {self.label}")
        return found

    def arm(self, spec: FaultSpec, instance: FaultInstance) -> None:
        """Tell workers that already run of the places of a fault, and its client of answers that are lost."""
        lines = [LatePoint(point=point) for point in spec.points(instance)]
        lines += [LatePoint(meeting=meeting) for meeting in self.column.assembly.meetings_of(spec, instance)]
        if lines:
            with self.column.assembly.late_points.open("ab") as file:
                file.write(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
        driver = self.stage.driver
        if count := spec.dropped_answers(instance):
            driver.dropped_answers[instance.ticket or 0] = (instance.id, count)
        driver.duplicate_submissions |= dict.fromkeys(spec.duplicate_submissions(instance), instance.id)

    def strike(
        self, spec: FaultSpec, instance: FaultInstance, victims: Sequence[str] = (), pause: OpenPause | None = None
    ) -> None:
        """Do it, beside all else."""
        stage = self.stage
        operator = HandOperator(stage.operator, pause, self._stood_still, self._say_of_fault)
        hand = HandStage(stage, HandProcesses(stage.processes, victims), operator, self._say_of_fault)
        self.column.spawn(spec.inject(instance, hand))

    def _stood_still(self, number: int) -> None:
        self.board.stands_still(number, time.monotonic_ns())

    def _say_of_fault(self, note: str) -> None:
        if note:
            self.column.tell("fault", note)

    def restart(self, indices: Sequence[int] | None) -> list[int]:
        """Start workers that are dead (None: all of those), and return their numbers."""
        processes = self.stage.processes
        latest = {o.spec.index: o for o in self.stage.supervisor.owned.values() if o.spec.role == "worker"}
        dead = [o for o in latest.values() if o.exited is not None and o.proc not in processes.replaced]
        chosen = [owned for owned in dead if indices is None or owned.spec.index in indices]
        for owned in chosen:
            self.column.spawn(processes.restart(owned.proc, 0.0))
        return [owned.spec.index for owned in chosen]
