"""A session: all systems of a scenario side by side, what is asked for by hand, and the record of it."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from harness.execution.assembly import Assembly
from harness.faults.spec import PlannedTicket
from harness.live import orders
from harness.live.column import LiveColumn
from harness.live.controls import Controls, EngineSilent, NotDone
from harness.live.deeds import SHORTEST_S, Deed, Deeds
from harness.live.event_log import EventLog, LineKind, Sentence
from harness.live.hand import OpenPause
from harness.live.orders import Misunderstood
from harness.live.scribe import Scribe
from harness.live.texts import customer, issue
from harness.planning import plan as planning
from harness.planning.writing import write
from harness.runfolder.meta import Meta
from systems.desk.model import Priority, ticket_id, ticket_number
from systems.desk.units import MOST

MOST_AT_ONCE = 1000
"""So many tickets one order may send."""
AT_A_TIME, EVERY_S = 25, 0.5
"""So many of them at a time, and the next so much later: each client has a connection of its own, and a thousand that
connect in one moment would break each other's."""


class NotThere(Exception):
    """There is no such ticket, worker or system; the message says which there are."""


class Handled(msgspec.Struct, frozen=True, omit_defaults=True):
    """What came of an order: a sentence, whether anything was done, and what it concerned."""

    said: str
    done: bool
    ids: tuple[str, ...] | None = None
    fault: int | None = None
    file: str | None = None


@dataclass(slots=True)
class Session:
    """Everything that may be asked of a session. `began` is its begin in monotonic ns."""

    folder: Path
    deeds: Deeds
    began: int
    scribe: Scribe
    log: EventLog
    save_to: Path | None = None
    is_kept: bool = False
    controls: dict[str, Controls] = field(default_factory=dict)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    @classmethod
    def begin(
        cls, folder: Path, meta: Meta, deeds: Deeds, began: int, *, save_to: Path | None, is_kept: bool
    ) -> "Session":
        """Make a session in a folder; nothing is started yet."""
        log = EventLog(folder / "log.jsonl", began)
        session = cls(folder, deeds, began, Scribe(folder, meta, deeds, began), log, save_to, is_kept)
        plan = deeds.plan()
        for block in deeds.base.systems:
            of_column = planning.of_system(plan, block.label)
            assembly = Assembly(of_column, block, folder / block.label / "1", is_by_hand=True)
            column = LiveColumn(assembly, began, session.say, is_kept)
            for ticket in of_column.tickets:
                column.restore(ticket, session.seed)
            session.controls[block.label] = Controls(column)
        return session

    @property
    def seed(self) -> int:
        """What decides every ticket's way."""
        return self.deeds.base.seed

    @property
    def columns(self) -> list[LiveColumn]:
        """The systems, in the scenario's order."""
        return [controls.column for controls in self.controls.values()]

    def seconds(self, moment: int | None = None) -> float:
        """Return seconds since the session began, to a millisecond."""
        return round(((time.monotonic_ns() if moment is None else moment) - self.began) / 1e9, 3)

    def say(self, sentence: Sentence, label: str | None = None) -> None:
        """Put a sentence into the log."""
        self.log.add(sentence, label)

    def note(self, kind: LineKind, said: str, ticket: str | None = None) -> None:
        """Put what a person did into the log."""
        self.say(Sentence(time.monotonic_ns(), kind, said, ticket))

    def start_clock(self) -> None:
        """Let the session's time begin, now that everything is up; one that is gone on with has its time already."""
        if self.is_kept:
            return
        self.began = self.scribe.began = self.log.began = time.monotonic_ns()
        for column in self.columns:
            column.began = column.stage.driver.first = self.began

    # -- tickets

    async def submit(
        self,
        priority: str | None,
        count: int,
        systems: Sequence[str] | None,
        *,
        is_twice: bool = False,
        is_answer_lost: bool = False,
    ) -> Handled:
        """Plan, write down and send so many tickets: few at once, many in turn."""
        chosen = self.chosen(systems)
        if not 1 <= count <= MOST_AT_ONCE or len(self.deeds.tickets) + count > MOST:
            raise Misunderstood(f"count: expected 1 to {MOST_AT_ONCE}, found {count}")
        if priority is not None and priority not in list(Priority):
            raise Misunderstood(f"priority: expected one of {', '.join(Priority)}; found {priority!r}")
        sent: list[PlannedTicket] = []
        while len(sent) < count:
            if sent:
                await asyncio.sleep(EVERY_S)
                if self.stopping.is_set():
                    break
            planned = self._planned(priority, min(AT_A_TIME, count - len(sent)), chosen)
            for ticket in planned if is_twice else ():
                self.arm(self.deeds.add(orders.sent_twice(ticket.number), _labels(chosen)), chosen)
            for ticket in planned if is_answer_lost else ():
                self.arm(self.deeds.add(orders.lost_answer(ticket.number), _labels(chosen)), chosen)
            await self.scribe.written()
            for controls in chosen:
                for ticket in planned:
                    controls.submit(ticket, self.seed)
            sent += planned
        return self._sent(sent, chosen)

    def _planned(self, priority: str | None, count: int, chosen: Sequence[Controls]) -> list[PlannedTicket]:
        """Plan so many tickets for these systems, to be sent now; without a priority each in turn."""
        rotation, planned = list(Priority), []
        for _ in range(count):
            drawn = Priority(priority) if priority else rotation[len(self.deeds.tickets) % len(rotation)]
            planned.append(self.deeds.next_ticket(drawn, self.seconds(), _labels(chosen)))
        return planned

    def _sent(self, sent: Sequence[PlannedTicket], chosen: Sequence[Controls]) -> Handled:
        """Say which tickets were sent, and where to."""
        ids = tuple(ticket_id(ticket.number) for ticket in sent)
        where = "" if len(chosen) == len(self.controls) else f" to {', '.join(_labels(chosen))}"
        first = sent[0]
        about = f"{customer(self.seed, first.number)}: {issue(self.seed, first.number, first.priority)}"
        is_one = len(sent) == 1
        what = f"{ids[0]} ({first.priority}, {about})" if is_one else f"{len(sent)} tickets, {ids[0]} to {ids[-1]},"
        said = f"{what} {'was' if is_one else 'were'} sent{where}"
        self.note("ticket", said, ids[0] if is_one else None)
        return Handled(said, done=True, ids=ids)

    def arm(self, deed: Deed, chosen: Iterable[Controls]) -> None:
        """Let a fault that is written down wait where it strikes, in these systems."""
        for controls in chosen:
            controls.arm(deed.spec, deed.instance)
            controls.strike(deed.spec, deed.instance)

    async def send_again(self, name: str, systems: Sequence[str] | None) -> Handled:
        """Send a ticket a second time."""
        number = self.number(name)
        sent, refused = await self.each(self.chosen(systems), lambda controls: now(lambda: controls.send_again(number)))
        return self._come_of(sent, refused, f"{name} was sent again to {{}}", name)

    def number(self, name: str) -> int:
        """Return a ticket's number; raises NotThere for what is none."""
        try:
            number = ticket_number(name)
        except ValueError as error:
            raise NotThere(str(error)) from None
        if not 1 <= number <= len(self.deeds.tickets):
            known = f"there are {len(self.deeds.tickets)}" if self.deeds.tickets else "none was sent so far"
            raise NotThere(f"there is no ticket {name}: {known}")
        return number

    def list_of(self, systems: Sequence[str] | None) -> list[dict[str, Any]]:
        """Return all tickets that are shown, by number, each with what became of it in each system."""
        chosen = self.chosen(systems)
        return [self._listed(number, chosen) for number in self._shown_numbers(chosen)]

    def _shown_numbers(self, chosen: Iterable[Controls]) -> list[int]:
        return sorted({number for controls in chosen for number in controls.board.tickets})

    def _listed(self, number: int, chosen: Iterable[Controls]) -> dict[str, Any]:
        ticket = self.deeds.tickets[number - 1]
        views = {c.label: c.board.tickets[number].summary() for c in chosen if number in c.board.tickets}
        return {"id": ticket_id(number), "priority": ticket.priority, "systems": views}

    async def state_of(self, name: str, systems: Sequence[str] | None) -> dict[str, Any]:
        """Return a ticket as it is listed, with what each system answers of it, as it came."""
        number, chosen = self.number(name), self.chosen(systems)
        listed = self._listed(number, chosen)
        for controls in chosen:
            if number in controls.stage.tickets:
                view = listed["systems"].setdefault(controls.label, {})
                view["as_it_came"] = await controls.as_it_came(number)
        return listed

    # -- pauses

    async def pause(self, name: str, systems: Sequence[str] | None) -> Handled:
        """Ask for a ticket, or all, to stand still."""
        chosen, refused = self.chosen(systems), []
        numbers = self._named(name, chosen)
        able: dict[str, list[int]] = {}
        for controls in chosen:
            for number in numbers:
                try:
                    controls.unpaused(number)
                    able.setdefault(controls.label, []).append(number)
                except NotDone as reason:
                    refused.append(str(reason))
        if not able:
            return self.nothing(refused, f"no ticket is under way in {', '.join(c.label for c in chosen)}")
        for labels, group in alike({label: tuple(of_label) for label, of_label in able.items()}).items():
            await self._pause(labels, group)
        ids = tuple(ticket_id(number) for number in sorted({n for group in able.values() for n in group}))
        what = ids[0] if len(ids) == 1 else f"{len(ids)} tickets"
        said = f"{what} shall stand still in {', '.join(able)}{besides(refused if name != 'all' else [])}"
        self.note("operator", said, ids[0] if len(ids) == 1 else None)
        return Handled(said, done=True, ids=ids)

    async def _pause(self, labels: tuple[str, ...], numbers: tuple[int, ...]) -> None:
        deed = self.deeds.add(orders.pause(numbers, self.seconds(), SHORTEST_S), labels)
        deed.hits = {
            label: tuple(hit for number in numbers for hit in self.controls[label].hit_of(number)) for label in labels
        }
        pauses = {label: OpenPause(deed.instance.id, set(numbers)) for label in labels}
        for label, pause in pauses.items():
            self.controls[label].expect(pause)  # before the next await: who asks for it meanwhile is told so
        await self.scribe.written()
        for label, pause in pauses.items():
            self.controls[label].strike(deed.spec, deed.instance, pause=pause)

    async def resume(self, name: str, systems: Sequence[str] | None) -> Handled:
        """Let a ticket, or all, go on."""
        chosen, refused = self.chosen(systems), []
        resumed: dict[str, list[int]] = {}
        for controls in chosen:
            numbers = controls.resumable() if name == "all" else [self.number(name)]
            for number in numbers:
                try:
                    pause, lasted_s = await controls.resume(number)
                except EngineSilent as silent:
                    refused.append(str(silent))
                    break  # nor would it answer of the next
                except NotDone as reason:
                    refused.append(str(reason))
                    continue
                self.deeds.lasted(int(pause.fault.partition(".")[0]), number, lasted_s)
                resumed.setdefault(controls.label, []).append(number)
        if not resumed:
            return self.nothing(refused, f"no ticket stands still in {', '.join(c.label for c in chosen)}")
        await self.scribe.written()
        ids = tuple(ticket_id(number) for number in sorted({n for group in resumed.values() for n in group}))
        what = f"{ids[0]} goes" if len(ids) == 1 else f"{len(ids)} tickets go"
        said = f"{what} on in {', '.join(resumed)}{besides(refused)}{self._forsaken(resumed)}"
        self.note("operator", said, ids[0] if len(ids) == 1 else None)
        return Handled(said, done=True, ids=ids)

    def _forsaken(self, resumed: Mapping[str, Sequence[int]]) -> str:
        """Say where nobody is there to go on."""
        idle = [
            f"{self.controls[label].board.tickets[number].id} in {label}"
            for label, numbers in resumed.items()
            for number in numbers
            if number in (tickets := self.controls[label].board.tickets) and not tickets[number].is_worked_on
        ]
        return f"; but nobody works on {', '.join(idle[:3])}" if idle else ""

    # -- what was done

    def repeatable(self) -> str:
        """Return the scenario that repeats what was done, as text."""
        expect = [line for column in self.columns for line in _expectations(column)]
        text = write(self.deeds.repeatable(), "A session, as it can be repeated: `chaos run` with this file.")
        return text + "expect:\n" + "".join(f'- "{line}"\n' for line in [*expect, "faults_landed == faults_planned"])

    def save(self, file: Path | None) -> Handled:
        """Write the scenario that repeats what was done."""
        if not self.deeds.tickets:
            return Handled("nothing was done so far: no ticket was sent", done=False)
        path = file or self.save_to or self.folder / "saved.yaml"
        try:
            path.write_text(self.repeatable(), encoding="utf-8")
        except OSError as error:
            raise Misunderstood(f"file: cannot write {path}: {error.strerror}") from None
        said = f"saved as {path}"
        self.note("session", said)
        return Handled(said, done=True, file=str(path))

    # -- who is meant

    def chosen(self, systems: Sequence[str] | None) -> list[Controls]:
        """Return the controls of the systems that are meant (None: all); raises NotThere for one that is not there."""
        if self.stopping.is_set():
            raise Misunderstood("the session is ending")
        labels = list(self.controls) if systems is None else list(dict.fromkeys(systems))
        unknown = [label for label in labels if label not in self.controls]
        if unknown or not labels:
            found = unknown[0] if unknown else "none"
            raise NotThere(f"expected systems among {', '.join(self.controls)}; found {found}")
        return [self.controls[label] for label in labels]

    def _named(self, name: str, chosen: Iterable[Controls]) -> list[int]:
        if name != "all":
            return [self.number(name)]
        return sorted({n for c in chosen for n, view in c.board.tickets.items() if view.ended is None})

    async def each(
        self, chosen: Iterable[Controls], do: Callable[[Controls], Awaitable[Any]]
    ) -> tuple[dict[str, Any], list[str]]:
        """Do something in each system; return what came of it by label, and why others refused."""
        done: dict[str, Any] = {}
        refused: list[str] = []
        for controls in chosen:
            try:
                done[controls.label] = await do(controls)
            except NotDone as reason:
                refused.append(str(reason))
        return done, refused

    def _come_of(self, done: Mapping[str, Any], refused: list[str], words: str, ticket: str) -> Handled:
        if not done:
            return self.nothing(refused, "nothing was done")
        said = words.format(", ".join(done)) + besides(refused)
        self.note("ticket", said, ticket)
        return Handled(said, done=True)

    def nothing(self, refused: Sequence[str], otherwise: str) -> Handled:
        """Say why nothing was done."""
        said = "; ".join(list(dict.fromkeys(refused))[:3]) or otherwise
        self.note("operator", said)
        return Handled(said, done=False)


def _labels(chosen: Iterable[Controls]) -> list[str]:
    return [controls.label for controls in chosen]


async def now(do: Callable[[], Any]) -> Any:
    """Do it at once, where something is expected that may take a while."""
    return do()


def alike(by_label: Mapping[str, Any]) -> dict[tuple[str, ...], Any]:
    """Group labels whose value is the same."""
    groups: list[tuple[list[str], Any]] = []
    for label, value in by_label.items():
        same = next((labels for labels, known in groups if known == value), None)
        if same is None:
            groups.append(([label], value))
        else:
            same.append(label)
    return {tuple(labels): value for labels, value in groups}


def besides(refused: Sequence[str]) -> str:
    """Say, as the end of a sentence, where it could not be done."""
    return "".join(f"; {reason}" for reason in list(dict.fromkeys(refused))[:3])


def _expectations(column: LiveColumn) -> list[str]:
    """Return what must come of a column again, where everything in it has come to an end.

    How many tickets a worker takes with it hangs on which worker takes which: that some are lost will be so again, not
    how many.
    """
    tally, label = column.board.tally(), column.label
    if tally["open"] > tally["lost"] + tally["refused"]:
        return []
    if tally["lost"]:
        return [f"{label}.lost >= 1"]
    return [f"{label}.{name} == {tally[name]}" for name in ("lost", "finished", "failed")]
