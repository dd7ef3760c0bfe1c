"""The load: every planned ticket submitted when its time comes, and again where the scenario says so."""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field

from harness.execution.watch import Watch
from harness.faults.spec import PlannedTicket
from harness.history import run_records
from harness.planning.scenario import Load, Resubmit
from systems.desk.live.journal import Journal
from systems.desk.model import Priority, Ticket
from systems.system import Answer, System

SECOND = 1_000_000_000
MOST_SIGNS = 2000


@dataclass(slots=True)
class Driver:
    """Submits tickets to one system; `first` is when the first was (ns).

    A ticket in `duplicate_submissions` is sent twice at once, for a fault; of one in `dropped_answers` the client does
    not get the first so many. `struck` is when (ns) each of these faults did. `calls` counts the submissions of each
    ticket that wait for their answer.
    """

    system: System
    load: Load
    resubmit: Resubmit
    journal: Journal
    watch: Watch
    duplicate_submissions: dict[int, str] = field(default_factory=dict)
    dropped_answers: dict[int, tuple[str, int]] = field(default_factory=dict)
    struck: dict[str, int] = field(default_factory=dict)
    first: int = 0
    submitted: int = 0
    sent: set[int] = field(default_factory=set)
    calls: Counter[int] = field(default_factory=Counter)
    last_answer: int = 0

    async def drive(self, tickets: tuple[PlannedTicket, ...]) -> None:
        """Submit all of them; return when every client is done."""
        self.first = time.monotonic_ns()
        slots = asyncio.Semaphore(self.load.arrival.concurrency or len(tickets))
        async with asyncio.TaskGroup() as group:
            for planned in tickets:
                await self._wait_for_turn(planned, slots)
                group.create_task(self.serve(planned, slots))

    async def _wait_for_turn(self, planned: PlannedTicket, slots: asyncio.Semaphore) -> None:
        if planned.arrival_s is None:
            await slots.acquire()
        else:
            # Counted from the first submission, not from the one before: a slow system must not slow its own load down,
            # or the waiting that it causes would be missing from its latencies (coordinated omission).
            due = self.first + int(planned.arrival_s * SECOND)
            await asyncio.sleep(max(0, due - time.monotonic_ns()) / SECOND)

    async def serve(self, planned: PlannedTicket, slots: asyncio.Semaphore) -> Answer:
        """Submit one ticket until its client is done, recorded; return the last answer.

        Under `concurrency` the ticket gives its slot back then.
        """
        arrival = planned.arrival_s
        due = time.monotonic_ns() if arrival is None else self.first + int(arrival * SECOND)
        self.submitted += 1
        self.sent.add(planned.number)
        answer = await self._submit_until_done(planned, due)
        self.journal.write(run_records.ClientDone, ticket=planned.number)
        if answer.outcome != "ok":
            self.watch.client_gave_up(planned.number)
        if arrival is None:
            await self._outstanding(planned.number, answer)
            slots.release()
        return answer

    async def _submit_until_done(self, planned: PlannedTicket, due: int) -> Answer:
        ticket = Ticket(planned.number, Priority(planned.priority))
        submission = 1
        while True:
            answer = await self._submit(ticket, submission, due)
            if submission > self.resubmit.attempts or answer.outcome not in self.resubmit.on:
                return answer
            submission += 1
            await asyncio.sleep(self.resubmit.backoff)

    async def _submit(self, ticket: Ticket, submission: int, due: int) -> Answer:
        """Submit, twice at once where that is planned; of two answers the better one counts."""
        if submission > 1 or ticket.number not in self.duplicate_submissions:
            return await self.submit(ticket, submission, due)
        self.struck[self.duplicate_submissions[ticket.number]] = time.monotonic_ns()
        answers = await asyncio.gather(*(self.submit(ticket, submission, due) for _ in range(2)))
        return min(answers, key=lambda answer: ("ok", "info", "fail").index(answer.outcome))

    async def submit(self, ticket: Ticket, submission: int, due: int) -> Answer:
        """Submit once, recorded before and after."""
        self.journal.write(
            run_records.Submitted, ticket=ticket.number, n=submission, planned=due, priority=ticket.priority.value
        )
        self.calls[ticket.number] += 1
        try:
            answer = await self.system.submit(ticket, self.load.timeout, submission)
        finally:
            self.calls -= Counter({ticket.number: 1})  # which drops what is down to 0
        self.last_answer = time.monotonic_ns()
        answer = self._as_it_arrives(ticket, submission, answer)
        self.journal.write(
            run_records.Answered,
            ticket=ticket.number,
            n=submission,
            outcome=answer.outcome,
            accepted=answer.accepted,
            # A system may hand on whatever its service said: the record is no place for a page.
            state=answer.state[:MOST_SIGNS],
            detail=answer.detail[:MOST_SIGNS],
        )
        return answer

    def _as_it_arrives(self, ticket: Ticket, submission: int, answer: Answer) -> Answer:
        """Drop an answer that a fault takes away: the client only sees its connection break."""
        fault, count = self.dropped_answers.get(ticket.number, ("", 0))
        if submission > count or answer.outcome != "ok":
            return answer
        self.struck.setdefault(fault, time.monotonic_ns())
        self.journal.write(
            run_records.AnswerDropped, fault=fault, ticket=ticket.number, n=submission, outcome=answer.outcome
        )
        return Answer("info", detail="the answer was lost on its way")

    async def _outstanding(self, number: int, answer: Answer) -> None:
        """Hold a concurrency slot until the ticket is terminal, at most one time-out after its answer."""
        if answer.outcome != "ok":
            return
        # A ticket that is lost never ends: without a limit it would keep its slot, and a few of them would stop the
        # load.
        try:
            async with asyncio.timeout(self.load.timeout):
                await self.watch.until(lambda: number in self.watch.terminal)
        except TimeoutError:
            self.watch.client_gave_up(number)
