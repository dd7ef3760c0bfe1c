"""Traces: what happened to a ticket, line by line, each with the record that it comes from. Pure."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal

import msgspec

from harness.catalogue import LISTINGS
from harness.history.model import Attempt
from harness.judging.evidence import Evidence
from harness.judging.metrics.effects import balances
from harness.judging.metrics.figure import seconds
from harness.judging.metrics.measure import MEASURES
from harness.judging.metrics.sources import role_source, source, stopped
from systems.desk.path import Passage
from systems.desk.records import Record
from systems.desk.rows import AuditRow

Kind = Literal["client", "walk", "attempt", "effect", "state", "agent", "fault"]
_passage_decoder = msgspec.json.Decoder(Passage)


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One thing that happened: `at` is seconds after the run's first submission, `source` the record that says so."""

    at: float
    kind: Kind
    text: str
    where: str
    source: str


WORDS = {"under_way": "under way when the run ended"}
"""What became of tickets of a class whose name does not say it by itself."""


@dataclass(frozen=True, slots=True)
class Trace:
    """A ticket's story: what was to become of it, what became of it, and everything on the way.

    `became` is its class (finished, failed, rejected, lost) or why it has none; `wrong` says in words what is not as it
    should be.
    """

    ticket: int
    priority: str
    became: str
    expected_end: str
    end: str
    expected_path: tuple[str, ...]
    path: tuple[str, ...]
    wrong: tuple[str, ...]
    faults: tuple[str, ...]
    lines: tuple[HistoryLine, ...]


def traces(evidence: Evidence, tickets: Collection[int]) -> dict[int, Trace]:
    """Return the stories of these tickets, by number."""
    wanted = set(tickets)
    lines = _Lines(evidence, wanted).gathered()
    wrong = _wrong_effects(evidence, wanted)
    became = {ticket: name for name, many in evidence.classes.items() for ticket in many if ticket in wanted}
    return {
        ticket: _trace(
            evidence, ticket, WORDS.get(name := became.get(ticket, "never sent"), name), lines[ticket], wrong[ticket]
        )
        for ticket in sorted(wanted)
    }


def affected(evidence: Evidence) -> dict[str, tuple[int, ...]]:
    """Return the tickets with something to tell, by what it is, the worst first."""
    tickets_by = {name: set(find(evidence)) for name in LISTINGS if (find := MEASURES[name].tickets)}
    return {name: tuple(sorted(tickets)) for name, tickets in tickets_by.items() if tickets}


def _trace(evidence: Evidence, ticket: int, became: str, lines: Iterable[HistoryLine], wrong: list[str]) -> Trace:
    truth, end = evidence.truth(ticket), evidence.ends.get(ticket)
    path = [_passage(passage.step, passage.visit, passage.result) for passage in evidence.path(ticket)]
    if became in {"lost", "rejected", "wedged"}:
        wrong = [f"was {became}: {stopped(evidence, ticket)}", *wrong]
    elif became == "finished" and _is_wrong(evidence, ticket):
        wrong = ["ended or walked otherwise than it should have", *wrong]
    elif became == "failed" and ticket not in evidence.must_fail:
        wrong = ["was handed to people, and nothing called for that", *wrong]
    return Trace(
        ticket=ticket,
        priority=str(evidence.planned[ticket].priority),
        became=became,
        expected_end="manual_intervention" if ticket in evidence.must_fail else str(truth.end),
        end=end.state if end else "never ended",
        expected_path=tuple(_passage(passage.step, passage.visit, passage.result) for passage in truth.path),
        path=tuple(path),
        wrong=tuple(wrong),
        faults=tuple(exposure.fault.id for exposure in evidence.exposures if ticket in exposure.tickets),
        # A stable sort by time alone: what happened in the same µs stays in the order of the gathering, the client
        # first.
        lines=tuple(sorted(lines, key=lambda line: line.at)),
    )


def _is_wrong(evidence: Evidence, ticket: int) -> bool:
    return not evidence.is_right(ticket)


def _wrong_effects(evidence: Evidence, wanted: Collection[int]) -> dict[int, list[str]]:
    wrong: dict[int, list[str]] = defaultdict(list)
    for balance in balances(evidence, wanted):
        if balance.missing or balance.duplicated or balance.unexpected:
            allowed = f" (and {balance.allowed} allowed)" if balance.allowed else ""
            wrong[balance.ticket].append(
                f"{balance.step}/{balance.purpose}: {balance.due} due{allowed}, {balance.applied} applied"
            )
    return wrong


def _passage(step: str, visit: int, result: str) -> str:
    return f"{step}{f' #{visit}' if visit > 1 else ''} → {result}"


class _Lines:
    """Gathers the lines of the wanted tickets from every list of a History."""

    def __init__(self, evidence: Evidence, wanted: Collection[int]) -> None:
        self._evidence = evidence
        self._wanted = wanted
        self._first = min(evidence.first_sent.values(), default=0)
        self._gathered: dict[int, list[HistoryLine]] = defaultdict(list)

    def gathered(self) -> dict[int, list[HistoryLine]]:
        """Return the lines by ticket, unsorted."""
        self._clients()
        self._walks()
        self._attempts()
        self._strikes()
        self._operators()
        self._effects()
        self._writes()
        self._faults()
        self._wedges()
        return self._gathered

    def _add(self, ticket: int, t: int, kind: Kind, text: str, where: str, origin: str) -> None:
        if ticket in self._wanted:
            self._gathered[ticket].append(HistoryLine(seconds(t - self._first), kind, text, where, origin))

    def _of_harness(self, ticket: int, record: Record, kind: Kind, text: str, role: str = "harness") -> None:
        self._add(ticket, record.t, kind, text, role, role_source(self._evidence, role, record.seq))

    def _of_proc(self, ticket: int, proc: str, record: Record, kind: Kind, text: str) -> None:
        self._add(ticket, record.t, kind, text, self._name(proc), source(self._evidence, proc, record.seq))

    def _name(self, proc: str) -> str:
        process = self._evidence.history.processes.get(proc)
        if process is None:
            return proc
        release = f" of {process.release}" if process.release else ""
        return f"{process.role} {process.index}{release} ({proc})"

    def _clients(self) -> None:
        history = self._evidence.history
        for sent in history.submitted:
            again = "" if sent.n == 1 else f" (submission {sent.n})"
            self._of_harness(sent.ticket, sent, "client", f"its client sends it{again}")
        for answer in history.answered:
            state = f" {answer.state}" if answer.state else ""
            detail = f" ({answer.detail})" if answer.detail else ""
            self._of_harness(answer.ticket, answer, "client", f"its client gets {answer.outcome}{state}{detail}")
        for dropped in history.answers_dropped:
            text = f"fault {dropped.fault}: the answer {dropped.outcome} is kept from its client"
            self._of_harness(dropped.ticket, dropped, "fault", text)

    def _walks(self) -> None:
        for request in self._evidence.history.requests:
            place = self._name(request.proc)
            self._add(request.ticket, request.opened, "walk", "a request takes it up", place, f"request {request.id}")
            if request.closed is not None:
                text = f"the request is answered: {request.state}"
                self._add(request.ticket, request.closed, "walk", text, place, f"request {request.id}")

    def _attempts(self) -> None:
        tries: dict[tuple[int, str, int], int] = defaultdict(int)
        for attempt in self._evidence.history.attempts:
            if attempt.ticket in self._wanted:
                tries[attempt.instance] += 1
                self._attempt(attempt, tries[attempt.instance])

    def _attempt(self, attempt: Attempt, nth: int) -> None:
        name = f"{attempt.step}{f' #{attempt.visit}' if attempt.visit > 1 else ''}"
        again = "" if nth == 1 else f", attempt {nth}"
        place, evidence = self._name(attempt.proc), self._evidence
        began = source(evidence, attempt.proc, attempt.seq)
        self._add(attempt.ticket, attempt.started, "attempt", f"{name} begins{again}", place, began)
        if attempt.ended is None:
            self._unended(attempt, name, place)
            return
        took = (attempt.ended - attempt.started) / 1e6
        how = f"→ {attempt.result}" if attempt.error is None else f"breaks: {attempt.error}"
        ended = source(evidence, attempt.proc, attempt.ended_seq)
        self._add(attempt.ticket, attempt.ended, "attempt", f"{name} {how} after {took:.0f} ms", place, ended)

    def _unended(self, attempt: Attempt, name: str, place: str) -> None:
        """Tell of an attempt that its process took with it: only the supervisor says when that was."""
        process = self._evidence.history.processes.get(attempt.proc)
        exited = process.exited if process else None
        if exited is None:
            return
        how = exited.signal or f"exit {exited.code}"
        text = f"{name} never ends: its process died ({how})"
        origin = role_source(self._evidence, "supervisor", exited.seq)
        self._add(attempt.ticket, exited.t, "attempt", text, place, origin)

    def _strikes(self) -> None:
        history = self._evidence.history
        for proc, strike in history.strikes:
            text = f"fault {strike.point} strikes {strike.step} {strike.window}: {strike.act}"
            self._of_proc(strike.ticket, proc, strike, "fault", text)
        for proc, point in history.points:
            text = f"fault {point.point}: {point.step} is held at {point.window}"
            self._of_proc(point.ticket, proc, point, "fault", text)
        for proc, refused in history.conflicts:
            text = f"a safeguard refuses its write on {refused.table}"
            self._of_proc(refused.ticket, proc, refused, "state", text)
        for late in history.late_answers:
            text = f"agent {late.agent} answers at last{', and nobody waits any more' if late.is_refused else ''}"
            self._of_harness(late.ticket, late, "agent", text)
        for trouble in history.troubled:
            text = f"fault {trouble.fault}: the outside world {'is slow' if trouble.delay_s else 'refuses'}"
            self._of_harness(trouble.ticket, trouble, "fault", text, "receiver")

    def _operators(self) -> None:
        history = self._evidence.history
        for paused in history.paused:
            self._of_harness(paused.ticket, paused, "fault", f"fault {paused.fault}: it is read as paused")
        for resumed in history.resumed:
            self._of_harness(resumed.ticket, resumed, "fault", f"fault {resumed.fault}: the operator lets it go on")
        for read in history.operator_read:
            self._of_harness(
                read.ticket, read, "fault", f"fault {read.fault}: the operator reads version {read.version}"
            )
        for wrote in history.operator_wrote:
            self._of_harness(wrote.ticket, wrote, "fault", f"fault {wrote.fault}: the operator's note: {wrote.outcome}")

    def _effects(self) -> None:
        arrivals: Counter[tuple[int, str, str, int]] = Counter()
        for number, effect in enumerate(self._evidence.history.ledger, start=1):
            if effect.ticket in self._wanted:
                arrivals[effect.ticket, effect.step, effect.purpose, effect.nth] += 1
                again = arrivals[effect.ticket, effect.step, effect.purpose, effect.nth] > 1
                what = f"arrives{' again, and counts' * again}" if effect.applied else "arrives again, and is dropped"
                message = f"{effect.step}/{effect.purpose}"
                text = f"{message} {what} (key {effect.ticket}/{message}/{effect.nth})"
                self._add(effect.ticket, effect.t, "effect", text, "receiver", f"ledger.jsonl:{number}")

    def _writes(self) -> None:
        holder: dict[str, str] = {}
        for row in self._evidence.history.audit:
            if row.table == "tickets":
                self._state(row)
            else:
                self._agent(row, holder.get(row.row, ""))
                holder[row.row] = row.value

    def _state(self, row: AuditRow) -> None:
        ticket = int(row.row)
        if ticket not in self._wanted:
            return
        versions = f"version {'–' if row.old_version is None else row.old_version} → {row.new_version}"
        read = (
            "" if row.read_version in {None, row.old_version} else f", written on what version {row.read_version} said"
        )
        entry = _passage_decoder.decode(row.entry) if row.entry else None
        what = f", {entry.step} {entry.result}" if entry else ""
        self._add(ticket, row.at, "state", f"{row.value}, {versions}{read}{what}", "store", f"audit row {row.id}")

    def _agent(self, row: AuditRow, before: str) -> None:
        if row.value and int(row.value) in self._wanted:
            taken = f" from {before}" if before and before != row.value else ""
            self._add(int(row.value), row.at, "agent", f"gets agent {row.row}{taken}", "store", f"audit row {row.id}")
        elif before and int(before) in self._wanted:
            self._add(int(before), row.at, "agent", f"gives agent {row.row} back", "store", f"audit row {row.id}")

    def _faults(self) -> None:
        for exposure in self._evidence.exposures:
            fault = self._evidence.plan.scenario.faults[exposure.fault.fault - 1]
            kind = str(fault.__struct_config__.tag)
            name = f" {fault.name}" if fault.name else ""
            begun = self._evidence.history.faults_begun.get(exposure.fault.id)
            origin = role_source(self._evidence, "harness", begun.seq) if begun else "its strikes"
            procs = ", ".join(self._name(proc) for proc in exposure.attestation.procs) or "the ticket"
            for ticket in exposure.tickets & set(self._wanted):
                text = f"fault {exposure.fault.id} {kind}{name} lands on {procs}"
                self._add(ticket, exposure.moment, "fault", text, "harness", origin)

    def _wedges(self) -> None:
        for number, wedge in enumerate(self._evidence.history.wedges, start=1):
            origin = f"histories/wedges.jsonl:{number}"
            self._add(wedge.ticket, wedge.start, "fault", f"its orchestration is wedged: {wedge.why}", "engine", origin)
            if wedge.end is not None:
                self._add(wedge.ticket, wedge.end, "fault", "its orchestration goes on", "engine", origin)
