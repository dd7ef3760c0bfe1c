"""A system's tickets as a person watches them: rows, a tally and sentences, from records and the store's audit. Pure.

It is told what happened in whatever order it is read, and works out what stands: which step a ticket is in and where,
how often it was tried, what it waits for, and whether anybody works on it.
"""

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

import msgspec

from harness.faults.spec import PlannedTicket
from harness.history.run_records import AnyRecord
from harness.live.event_log import LineKind, Sentence, Source
from harness.live.ticket_view import Chip, OpenAttempt, TicketView
from systems.desk import records
from systems.desk.model import BUSY, FINISHED, TERMINAL
from systems.desk.path import Passage
from systems.desk.rows import AuditRow, LedgerEntry

SECOND = 1_000_000_000
SHOWN = 2000
"""So many tickets a page shows at least; of what is older only the tally remembers, once it has ended."""
READ_WITHIN = SECOND // 2
"""So long after an answer its ticket's end is read at the latest: until then it is not called lost."""
COUNTED = ("submitted", "finished", "failed", "open", "paused", "lost", "refused", "sent_twice")
_passages = msgspec.json.Decoder(Passage)


@dataclass(slots=True)
class Setback:
    """When a process died or stood still with a step under way, and what happened to it."""

    moment: int
    what: str


@dataclass(slots=True)
class Board:
    """The tickets of one system. `resumes`: what a dead worker left goes on by itself; `files` is where journals lie.

    `workers` maps the live workers to their index.
    """

    resumes: bool
    files: str
    workers: dict[str, int] = field(default_factory=dict)
    tickets: dict[int, TicketView] = field(default_factory=dict)
    sentences: list[Sentence] = field(default_factory=list)
    resumed_after_s: float | None = None
    _changed: set[int] = field(default_factory=set)
    _left: set[int] = field(default_factory=set)
    _counts: Counter[str] = field(default_factory=Counter)
    _counted: dict[int, tuple[str, ...]] = field(default_factory=dict)
    _blows: dict[tuple[int, str, int], Setback] = field(default_factory=dict)
    _attempts: dict[str, int] = field(default_factory=dict)
    _holders: dict[str, int] = field(default_factory=dict)

    # -- clients and operators

    def sent(self, planned: PlannedTicket, customer: str, issue: str, at: int) -> None:
        """Begin a ticket's row: its client is about to send it."""
        view = TicketView(planned, self.resumes, customer, issue, at, at)
        self.tickets[planned.number] = view
        self._counts["submitted"] += 1
        self._touch(view, at)
        self._drop_old()

    def client(self, number: int, change: int, at: int, answer: str | None = None) -> None:
        """Note that a client begins to wait for an answer (1), or waits no longer (-1)."""
        view = self.tickets.get(number)
        if view is None:
            return
        view.clients += change
        view.answer = answer or view.answer
        view.is_held = view.is_held or answer == "ok"
        if answer in {"ok", "fail"}:
            self._leave(view, at)
        self._touch(view, at)

    def stands_still(self, number: int, at: int) -> None:
        """Note that a ticket was read as paused."""
        view = self.tickets.get(number)
        if view is None or view.ended is not None:
            return
        view.is_paused = True
        where = "before its first step" if view.last_chip is None else f"after {view.last_chip.step}"
        self._say(view, at, "operator", f"{view.id} stands still {where}")
        self._touch(view, at)

    def let_go(self, number: int, at: int) -> None:
        """Note that a paused ticket may go on."""
        view = self.tickets.get(number)
        if view is not None:
            view.is_paused = False
            self._touch(view, at)

    def held(self, number: int, at: int, *, is_held: bool) -> None:
        """Note what the orchestrator itself said of a ticket: whether it is under way there."""
        view = self.tickets.get(number)
        if view is not None:
            view.is_held = is_held
            self._touch(view, at)

    # -- records of workers

    def record(self, proc: str, file: str, record: AnyRecord) -> None:
        """Take in a record of a worker's journal."""
        source = Source(f"{self.files}/{file}", record.seq)
        match record:
            case records.AttemptStarted():
                self._begun(proc, source, record)
            case records.AttemptEnded():
                self._over(proc, source, record)
            case records.RequestOpened():
                self._request(proc, record)
            case records.RequestClosed():
                self._answered(record)
            case records.Struck():
                self._struck(source, record)
            case _:
                pass

    def _begun(self, proc: str, source: Source, record: records.AttemptStarted) -> None:
        view = self.tickets.get(record.ticket)
        if view is None:
            return
        chip = view.chips.setdefault((record.step, record.visit), Chip(record.step, record.visit))
        chip.attempts += 1
        view.attempts[record.attempt] = OpenAttempt(proc, chip)
        view.is_held = True
        self._attempts[record.attempt] = record.ticket
        self._tell_resumption(view, chip, proc, record.t, source)
        self._touch(view, record.t)

    def _tell_resumption(self, view: TicketView, chip: Chip, proc: str, at: int, source: Source) -> None:
        blow = self._blows.pop((view.planned.number, chip.step, chip.visit), None)
        if blow is None:
            return
        after_s = (at - blow.moment) / SECOND
        self.resumed_after_s = round(after_s, 3)
        said = f"{after_s:.1f} s after {blow.what}, {self._name(proc)} began {chip.step} of {view.id} again"
        self._say(view, at, "process", said, source)

    def _over(self, proc: str, source: Source, record: records.AttemptEnded) -> None:
        number = self._attempts.pop(record.attempt, None)
        view = None if number is None else self.tickets.get(number)
        begun = None if view is None else view.attempts.pop(record.attempt, None)
        if view is None or begun is None:
            return
        chip = begun.chip
        view.is_refused_agent, view.has_failed = record.result == BUSY, record.error is not None
        if record.result == BUSY:
            chip.attempts -= 1  # an answer, and neither attempt nor retry
        elif record.error is not None:
            self._say(view, record.t, "step", f"{chip.step} of {view.id} failed: {record.error}", source)
        else:
            chip.result = chip.result or record.result
            self._blows.pop((view.planned.number, chip.step, chip.visit), None)
            self._say(view, record.t, "step", f"{view.id}: {chip.step} → {record.result} ({self._name(proc)})", source)
        self._touch(view, record.t)

    def _request(self, proc: str, record: records.RequestOpened) -> None:
        if view := self.tickets.get(record.ticket):
            view.requests[record.request] = proc
            self._touch(view, record.t)

    def _answered(self, record: records.RequestClosed) -> None:
        if view := self.tickets.get(record.ticket):
            view.requests.pop(record.request, None)
            self._leave(view, record.t)
            self._touch(view, record.t)

    def _struck(self, source: Source, record: records.Struck) -> None:
        view = self.tickets.get(record.ticket)
        if view is None:
            return
        what = {
            "hang": f"{record.step} of {view.id} hangs",
            "silent": f"the agent of {view.id} says nothing in {record.step}",
        }.get(record.act, f"a {record.act} error strikes {record.step} of {view.id}")
        self._say(view, record.t, "fault", what, source)

    # -- the store and the receiver

    def row(self, row: AuditRow) -> None:
        """Take in a write on the store."""
        if row.table == "agents":
            self._assign(row)
        elif view := self.tickets.get(int(row.row)):
            self._write(view, row)

    def _assign(self, row: AuditRow) -> None:
        former = self.tickets.get(self._holders.pop(row.row, 0))
        if former is not None and former.agent == row.row:
            former.agent = None
            self._touch(former, row.at)
        if row.value and (holder := self.tickets.get(int(row.value))):
            self._holders[row.row] = int(row.value)
            holder.agent = row.row
            self._touch(holder, row.at)

    def _write(self, view: TicketView, row: AuditRow) -> None:
        if row.entry:
            entry = _passages.decode(row.entry)
            chip = view.chips.setdefault((entry.step, entry.visit), Chip(entry.step, entry.visit))
            chip.purpose, chip.result = entry.purpose, entry.result
        if row.value in TERMINAL and view.ended is None:
            view.ended = row.at
            self._counts["finished" if row.value in FINISHED else "failed"] += 1
            self._say(view, row.at, "ticket", f"{view.id} has ended: {row.value.replace('_', ' ')}")
        view.state, view.is_held = row.value, True
        self._touch(view, row.at)

    def effect(self, entry: LedgerEntry) -> None:
        """Take in a message that the receiver decided."""
        key = (entry.step, entry.purpose, entry.nth)
        view = self.tickets.get(entry.ticket)
        if view is None or not entry.applied:
            return
        view.messages[key] += 1
        if view.messages[key] > 1:
            self._counts["sent_twice"] += 1
            who = f"{view.id}: {entry.step} ({entry.purpose})"
            self._say(view, entry.t, "ticket", f"{who} was sent again: it is out {view.messages[key]} times")

    # -- processes

    def ready(self, proc: str, index: int, at: int, *, is_again: bool) -> None:
        """Note that a worker serves."""
        is_first = not self.workers
        self.workers[proc] = index
        # It may have begun work before it was seen to serve; and where there was no worker, all waited for one.
        self._touch_all(at, lambda view: is_first or proc in view.procs)
        if is_again:
            self._say(None, at, "process", f"worker {index} is back")

    def gone(self, proc: str, at: int, how: str) -> None:
        """Note that a worker is gone: what it had under way is interrupted."""
        name = self._name(proc)
        self._say(None, at, "process", f"{name} {how}{self._burden(proc)}")
        self.workers.pop(proc, None)
        for view in list(self.tickets.values()):
            self._break(view, proc, Setback(at, f"{name} {how}"))
        if not self.workers:
            self._touch_all(at, lambda _: True)

    def frozen(self, proc: str, at: int) -> None:
        """Note that a worker stands still."""
        self._say(None, at, "process", f"{self._name(proc)} stands still{self._burden(proc)}")

    def thawed(self, proc: str, at: int) -> None:
        """Note that a worker goes on."""
        self._say(None, at, "process", f"{self._name(proc)} goes on")

    def bury_strangers(self, alive: Collection[str], at: int) -> None:
        """Take what was under way in processes of an earlier life of the folder as gone with them."""
        for view in list(self.tickets.values()):
            for proc in view.procs.difference(alive):
                self._break(view, proc, Setback(at, "the session was started again"))

    def tickets_by_worker(self) -> dict[str, list[str]]:
        """Map each live worker to the tickets that it has under way."""
        inside: dict[str, list[str]] = {proc: [] for proc in self.workers}
        for view in self.tickets.values():
            if view.attempts or view.requests:
                for proc in view.procs & inside.keys():
                    inside[proc].append(view.id)
        return inside

    def _break(self, view: TicketView, proc: str, blow: Setback) -> None:
        for attempt in [name for name, begun in view.attempts.items() if begun.proc == proc]:
            chip = view.attempts.pop(attempt).chip
            self._attempts.pop(attempt, None)
            if chip.result is None:
                self._blows[view.planned.number, chip.step, chip.visit] = blow
            self._touch(view, blow.moment)
        for request in [name for name, taker in view.requests.items() if taker == proc]:
            view.requests.pop(request)
            self._touch(view, blow.moment)

    def _burden(self, proc: str) -> str:
        """Say what a worker is in the middle of."""
        steps = [
            f"{begun.chip.step} of {view.id}"
            for view in self.tickets.values()
            for begun in view.attempts.values()
            if begun.proc == proc
        ]
        if not steps:
            return ""
        more = f" and {len(steps) - 1} more" if len(steps) > 1 else ""
        return f" in {steps[0]}{more}"

    def _name(self, proc: str) -> str:
        index = self.workers.get(proc)
        return "a worker" if index is None else f"worker {index}"

    # -- who left

    def _leave(self, view: TicketView, at: int) -> None:
        """Note that somebody left with an answer: it may come sooner than the end of which it tells."""
        if view.ended is None and not view.is_in_hand and not view.was_refused:
            view.left = at
            self._left.add(view.planned.number)

    def review(self, now: int) -> None:
        """See whether those who left had ended their tickets, now that it would have been read."""
        for number in list(self._left):
            view = self.tickets.get(number)
            if view is None or view.left is None or view.ended is not None:
                self._left.discard(number)
            elif now >= view.left + READ_WITHIN:
                at, view.left = view.left, None
                self._touch(view, at)

    # -- what stands

    def tally(self) -> dict[str, Any]:
        """Return what the session came to so far."""
        return {**{name: self._counts[name] for name in COUNTED}, "resumed_after_s": self.resumed_after_s}

    def take_changes(self) -> set[int]:
        """Return the tickets that changed since the last call, also those that are shown no longer."""
        changed, self._changed = self._changed, set()
        return changed

    def take_sentences(self) -> list[Sentence]:
        """Return what was said since the last call."""
        said, self.sentences = self.sentences, []
        return said

    def _touch(self, view: TicketView, at: int) -> None:
        view.changed = max(view.changed, at)
        self._changed.add(view.planned.number)
        is_worked_on = view.is_worked_on
        if view.was_worked_on and not is_worked_on and view.ended is None:
            said = f"{view.id} was refused" if view.was_refused else f"nobody works on {view.id} any more"
            self._say(view, at, "ticket", said)
        view.was_worked_on = is_worked_on
        self._recount(view)

    def _touch_all(self, at: int, meant: Callable[[TicketView], bool]) -> None:
        """Touch every ticket that has not ended and is meant."""
        for view in list(self.tickets.values()):
            if view.ended is None and meant(view):
                self._touch(view, at)

    def _recount(self, view: TicketView) -> None:
        """Count a ticket as what it is now: thousands are not looked through for each change of one."""
        self._counts.subtract(self._counted.pop(view.planned.number, ()))
        if view.ended is None:
            self._counted[view.planned.number] = view.counts_as
            self._counts.update(view.counts_as)

    def _say(self, view: TicketView | None, at: int, kind: LineKind, said: str, source: Source | None = None) -> None:
        self.sentences.append(Sentence(at, kind, said, None if view is None else view.id, source))

    def _drop_old(self) -> None:
        """Show no longer what has ended long ago."""
        if len(self.tickets) <= SHOWN:
            return
        oldest = next((number for number, view in self.tickets.items() if view.ended is not None), None)
        if oldest is not None:
            del self.tickets[oldest]
            self._changed.add(oldest)
