"""The twelve steps as they are really done: one attempt of a step instance, from its start to its record."""

import itertools
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from systems.desk import records
from systems.desk.config import DeskConfig
from systems.desk.live.journal import Journal
from systems.desk.live.outbox import Outbox
from systems.desk.live.points import Points
from systems.desk.live.snapshot import Snapshot
from systems.desk.live.store import KEEP, Store, StoreLocked
from systems.desk.model import (
    BRANCH_OF_RESULT,
    BUSY,
    MESSAGES,
    AgentUnresponsive,
    Branch,
    Priority,
    Step,
    StepCall,
    StepDone,
    StepError,
    Ticket,
    Window,
    WriteConflict,
)
from systems.desk.outcomes import RESULTS, branch_of
from systems.desk.points import Place
from systems.desk.rows import TimelineEntry

PAUSE_POLL_S = 0.25
"""How often a request that waits looks whether its ticket may go on."""


class LiveDesk:
    """Does steps on the real store and the real receiver, journaling every attempt before it acts."""

    def __init__(self, config: DeskConfig, proc: str, store: Store, outbox: Outbox, journal: Journal) -> None:
        self._config = config
        self._proc = proc
        self._numbers = itertools.count(1)
        self._outbox = outbox
        self._journal = journal
        self.store = store
        self.points: Points | None = None
        self.results = RESULTS

    def open(self, ticket: Ticket, walker: str = "", lease_s: float | None = None) -> bool:
        """Put the ticket into the store unless it is there; True if this call did it."""
        return self.store.open_ticket(ticket, f"{self._proc}.open", walker, lease_s)

    def open_beside(self, ticket: Ticket, request: str) -> bool:
        """Put the ticket into the store unless it is there, where nothing keeps two from doing so at once."""
        if self.store.read(ticket.number) is not None:
            return False
        if self.points is not None:
            self.points.meet_at_the_door(ticket, request)
        self.store.insert_ticket(ticket, f"{self._proc}.open")
        return True

    def perform(self, call: StepCall) -> StepDone:
        """Execute one attempt of a step instance.

        Returns its result (`busy` where every agent is held: ask again); raises the Branch it takes, after it was
        recorded like any result, or Transient or Permanent where it did not complete.
        """
        attempt = f"{self._proc}.{next(self._numbers)}"
        self._journal.write(
            records.AttemptStarted,
            attempt=attempt,
            ticket=call.ticket.number,
            step=call.step.value,
            visit=call.visit,
            walk=call.walk,
        )
        with self._journaled_errors(call, attempt):
            done = self._execute(call, attempt)
        self._journal.write(records.AttemptEnded, attempt=attempt, result=done.result)
        branch = BRANCH_OF_RESULT.get(done.result)
        if branch is not None:
            raise branch(f"{call.step} for {call.ticket.id}")
        return done

    def _execute(self, call: StepCall, attempt: str) -> StepDone:
        # Read first and written last, with the work between: as a service over an ORM does it, and so another
        # writer can come between.
        snapshot = self._read(call.ticket)
        branch = self._work(call, attempt) or branch_of(
            self._config.outcomes, self._config.seed, call.ticket, call.step
        )
        self._touch(call, Window.BEFORE_EFFECT, attempt)
        # The effect comes before its record, so that a death between the two repeats a message. The other way round it
        # would be lost, and nothing would tell a retry that it is missing.
        agent = self._effect(call, attempt, branch, snapshot)
        if agent == BUSY:
            return StepDone(BUSY)
        self._touch(call, Window.AFTER_EFFECT, attempt)
        self._meet(call, "before_record", attempt, str(snapshot.version))
        done = self._record(call, attempt, snapshot, branch, agent)
        self._touch(call, Window.AFTER_RECORD, attempt)
        self._meet(call, "recorded", attempt, "")
        return done

    def _read(self, ticket: Ticket) -> Snapshot:
        """Read the ticket as the attempt begins, opening it where no service did."""
        snapshot = self.store.read(ticket.number)
        if snapshot is None:
            self.open(ticket)
            snapshot = self.store.read(ticket.number)
        assert snapshot is not None  # noqa: S101 - tickets are never deleted
        return snapshot

    def stand_still(self, ticket: Ticket, walk: str) -> None:
        """Return at once, or, where an operator wants the ticket paused, once they let it go on."""
        if not self.store.is_pause_wanted(ticket.number):
            return
        self.store.stand_still(ticket.number, walk, is_paused=True)
        while self.store.is_pause_wanted(ticket.number):
            time.sleep(PAUSE_POLL_S)
        self.store.stand_still(ticket.number, walk, is_paused=False)

    def _work(self, call: StepCall, attempt: str) -> type[Branch] | None:
        """Let the step's time pass; AgentUnresponsive where the agent who is asked does not answer in time."""
        takes_s = self._config.step_time_s[call.step] if call.ticket.number > 0 else 0.0  # canaries prove wiring
        silent_s = 0.0 if self.points is None else self.points.silence_s(call, attempt)
        patience_s = self._config.agent_timeout_s
        time.sleep(max(takes_s, min(silent_s, patience_s)))
        return AgentUnresponsive if silent_s >= patience_s else None

    def _touch(self, call: StepCall, window: Window, attempt: str) -> None:
        if self.points is not None:
            self.points.touch(call, window, attempt)

    def _meet(self, call: StepCall, place: Place, attempt: str, saw: str) -> None:
        if self.points is not None:
            self.points.meet(call, place, attempt, saw)

    def _effect(self, call: StepCall, attempt: str, branch: type[Branch] | None, snapshot: Snapshot) -> str | None:
        """Do what leaves the ticket's own row: a message, or the agent's row. Returns the agent concerned, or busy.

        An agent is not taken or freed for a step that is recorded already: it may be another ticket's by now.
        """
        instance = (call.step, call.visit)
        if call.step in MESSAGES:
            self._outbox.send(call, attempt)
        elif stands := snapshot.recorded(*instance):
            return stands.agent
        if call.step is Step.ASSIGN_AGENT and branch is None:
            kind = "senior" if call.ticket.priority is Priority.HIGH else "regular"
            near = call.ticket.number if self.points is None else self.points.offer(call)
            offered = partial(self._meet, call, "offered", attempt)
            return self.store.take_agent(call.ticket.number, kind, attempt, near, offered, instance) or BUSY
        if call.step is Step.RELEASE_AGENT:
            return self.store.release_agent(call.ticket.number, attempt, instance)
        return None

    def _record(
        self, call: StepCall, attempt: str, snapshot: Snapshot, branch: type[Branch] | None, agent: str | None
    ) -> StepDone:
        result = branch.result if branch else call.end or self.results.get(call.step, "done")
        entry = TimelineEntry(call.step, call.visit, call.purpose, result, attempt, agent)
        held: object = KEEP
        if branch is None and call.step in {Step.ASSIGN_AGENT, Step.RELEASE_AGENT}:
            held = agent if call.step is Step.ASSIGN_AGENT else None
        stands = self.store.record(snapshot, entry, state=call.end or None, agent=held)
        return StepDone(stands.result, stands.agent)

    @contextmanager
    def _journaled_errors(self, call: StepCall, attempt: str) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            if isinstance(error, WriteConflict):
                table = "agents" if str(error).startswith("agent") else "tickets"
                self._journal.write(records.Conflict, attempt=attempt, ticket=call.ticket.number, table=table)
            if isinstance(error, StoreLocked):
                self._journal.write(records.LockError, attempt=attempt, message=str(error))
            name = type(error).__name__
            detail = name if isinstance(error, StepError) else f"{name}: {error}"
            self._journal.write(records.AttemptEnded, attempt=attempt, error=detail)
            raise
