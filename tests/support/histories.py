"""Literal histories: four tickets walked as the oracle says, to be broken by each test in its own way.

Times are ms after the load's start. Ticket 1 (low) is due at 0, 2 (medium) at 10, 3 (high) at 20, 4 (low) at
30; each is sent 1 ms late, its request is open from the 2nd ms, and its n-th step (from 1) runs from `due +
10 n` for 8 ms: its effect comes 4 ms, its commit 6 ms after its start. Worker A walks the odd tickets and the
canaries, B the even ones.
"""

import copy
import textwrap
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from harness.faults.spec import PlannedTicket
from harness.history.model import Attempt, History, Process, Request
from harness.history.run_records import (
    Answered,
    Exited,
    FaultBegun,
    FaultEnded,
    LiveAtEnd,
    Phase,
    Sample,
    Signalled,
    Submitted,
    SupervisorLeft,
    Totals,
)
from harness.judging.evidence import Evidence
from harness.judging.repetition import evidence_of, judge
from harness.planning.plan import Plan, build
from harness.planning.reading import read
from harness.runfolder.result import Repetition
from systems.desk.model import MESSAGES
from systems.desk.path import Passage
from systems.desk.records import PointReached, Struck
from systems.desk.rows import AuditRow, LedgerEntry, TableRow, TimelineEntry

A, B, SPARE, OTHER_SPARE = "11-1", "12-1", "13-1", "14-1"
LOAD_NS = 10_000_000_000
MS = 1_000_000
QUIET_MS = 200

SCENARIO = """\
name: x
seed: 36
load: {tickets: 4, arrival: {rate: 100/s}, priorities: {low: 2, medium: 1, high: 1}}
desk:
  outcomes: {kb_miss: 0%, resolution_invalid: 0%, needs_escalation: 0%, escalation_rejected: 0%, fix_fails: 0%}
systems: [sync]
"""
KILL = """\
faults:
  - {kind: worker_kill, when: {step: search_knowledge_base}}
"""


def plan(folder: Path, rest: str = "") -> Plan:
    """Plan the four tickets, with more of a scenario: faults and the like."""
    made = planned(folder, SCENARIO + textwrap.dedent(rest))
    assert [one.priority for one in made.tickets] == ["low", "medium", "high", "low"]
    return made


def planned(folder: Path, text: str) -> Plan:
    """Plan a scenario of which this is the whole text."""
    path = folder / "s.yaml"
    path.write_text(text)
    return build(read(str(path))[0])


def judged(made: Plan, history: History) -> Repetition:
    """Judge a history; one that says nothing of how much there was is completed first."""
    return judge(made, whole(history) if history.totals is None else history, "sync")


def whole(history: History) -> History:
    """Return a copy with what a harness writes beside: an answer to every submission, ends, tables and totals."""
    made = copy.copy(history)
    made.ledger = [msgspec.structs.replace(one, seq=seq) for seq, one in enumerate(made.ledger)]
    made.audit = [msgspec.structs.replace(row, id=number) for number, row in enumerate(made.audit, start=1)]
    last = {(row.table, row.row): row for row in made.audit}
    made.tables = [TableRow(*key, row.new_version, row.value) for key, row in last.items()]
    made.answered = [*made.answered, *_unanswered(made)]
    made.processes = {proc: _ended(one, made) for proc, one in made.processes.items()}
    made.supervisor_left = SupervisorLeft(0, ns(QUIET_MS))
    made.totals = Totals(0, ns(QUIET_MS), len(made.ledger), len(made.audit), len(made.residencies), made.exported)
    return made


def sound(made: Plan) -> tuple[Evidence, History]:
    """Return a history that nothing is wrong with, whole, to be broken before the evidence is looked at."""
    history = whole(healthy(made))
    return evidence_of(made, history, "sync"), history


def _unanswered(history: History) -> list[Answered]:
    """Return an answer that tells nothing for every submission that has none."""
    at = max((one.t for one in history.answered), default=0)
    left = Counter(one.ticket for one in history.submitted)
    left.subtract(one.ticket for one in history.answered)
    latest = {one.ticket: one.n for one in history.submitted}
    return [Answered(0, at, ticket, latest[ticket], "info") for ticket in latest for _ in range(left[ticket])]


def _ended(one: Process, history: History) -> Process:
    """End a worker that lived to the end as the supervisor does; one that a fault ended, or cut, is left as it is."""
    is_struck = one.torn or any(sent.signal != "SIGSTOP" for sent in one.signals)
    if one.role != "worker" or one.ready is None or one.exited is not None or is_struck:
        return one
    at = max([ns(QUIET_MS + 1), *(phase.t for phase in history.phases)])
    return msgspec.structs.replace(one, exited=Exited(0, at, one.proc, None, "SIGKILL", 1.0, 100))


def ns(ms: float) -> int:
    return LOAD_NS + int(ms * MS)


def due(number: int) -> float:
    """Say when a ticket is due; canaries come long before the load."""
    return 10 * (number - 1) if number > 0 else -5000 + 100 * -number


def healthy(made: Plan) -> History:
    """Walk every ticket as planned, up to the end of a run that became quiet."""
    history = History("sync", 1)
    for index, proc in enumerate((A, B), start=1):
        spawn(history, proc, index, -9000)
    for one in (*made.canaries, *made.tickets):
        submit(history, one.number)
        serve(history, one, A if one.number < 0 or one.number % 2 else B)
    phases = {"canary": -6000, "load": 0, "settle": 150, "quiet": QUIET_MS, "end": QUIET_MS + 1}
    history.phases = [Phase(0, ns(at), name) for name, at in phases.items()]
    history.samples = [sample(-1, 1.0, 100), sample(100, 1.4, 300), sample(QUIET_MS, 1.5, 200)]
    history.at_end = LiveAtEnd(0, ns(QUIET_MS), (), (), ())
    in_order(history)
    return history


def in_order(history: History) -> None:
    """Put everything into time order, as reading a record does."""
    history.attempts.sort(key=lambda one: one.started)
    history.audit = [
        msgspec.structs.replace(row, id=number)
        for number, row in enumerate(sorted(history.audit, key=lambda row: row.at), start=1)
    ]


def sample(at: float, cpu: float, rss: int) -> Sample:
    return Sample(0, ns(at), {"worker": cpu}, {"worker": rss, "receiver": 50}, 0, 0)


def spawn(history: History, proc: str, index: int, at: float) -> None:
    history.processes[proc] = Process(proc, "worker", index, ns(at), ready=ns(at + 1), last_record=ns(QUIET_MS - 1))


def submit(history: History, number: int, n: int = 1, at: float | None = None) -> None:
    sent = due(number) + 1 if at is None else at
    history.submitted.append(Submitted(0, ns(sent), number, n, ns(due(number))))


def answer(history: History, number: int, at: float, outcome: str, **more: Any) -> None:
    history.answered.append(Answered(0, ns(at), number, 1, outcome, **more))


def serve(history: History, one: PlannedTicket, proc: str) -> None:
    """Take a ticket, walk it to its end, and answer."""
    request = Request(f"{proc}/r{one.number}", proc, one.number, ns(due(one.number) + 2))
    history.requests.append(request)
    write(history, "tickets", str(one.number), request.id, due(one.number) + 3, "open")
    end = walk(history, one, one.oracle.path, proc, due(one.number) + 10)
    request.closed, request.state = ns(end - 1), one.oracle.end
    answer(history, one.number, end, "ok", state=one.oracle.end)


def walk(history: History, one: PlannedTicket, path: Sequence[Passage], proc: str, at: float) -> float:
    """Do these steps one after the other, every 10 ms from `at`; return when the next one would start."""
    for passage in path:
        do(history, one, passage, proc, at)
        at += 10
    return at


def do(history: History, one: PlannedTicket, passage: Passage, proc: str, at: float) -> Attempt:
    """Do one step: attempt, effect, the agent's row, the ticket's row."""
    made = attempt(history, one.number, passage, proc, at)
    made.ended, made.result = ns(at + 8), passage.result
    if passage.step in MESSAGES:
        send(history, made, passage.purpose, at + 4)
    holder = {"assign_agent": str(one.number), "release_agent": ""}
    if passage.step in holder:
        write(history, "agents", agent_of(one), made.id, at + 5, holder[passage.step])
    entry = TimelineEntry(passage.step, passage.visit, passage.purpose, passage.result, made.id)
    state = one.oracle.end if passage.step == "close_ticket" else "open"
    write(history, "tickets", str(one.number), made.id, at + 6, state, msgspec.json.encode(entry).decode())
    return made


def agent_of(one: PlannedTicket) -> str:
    return {2: "R-001", -2: "R-002", 3: "S-001", -3: "S-002"}[one.number]


def attempt(history: History, number: int, passage: Passage, proc: str, at: float) -> Attempt:
    """Begin a step; nothing of it is over yet."""
    name = f"{proc}/{len(history.attempts)}"
    made = Attempt(name, number, passage.step, passage.visit, ns(at), proc=proc)
    history.attempts.append(made)
    return made


def send(history: History, made: Attempt, purpose: str, at: float, *, applied: bool = True, nth: int = 1) -> None:
    seq = len(history.ledger)
    history.ledger.append(LedgerEntry(seq, ns(at), made.ticket, made.step, purpose, nth, made.id, applied))


def write(
    history: History,
    table: str,
    row: str,
    writer: str,
    at: float,
    value: str,
    entry: str = "",
    *,
    behind: int = 0,
) -> None:
    """Write a row; `behind` is by how many versions the writer's read was out of date."""
    first = 1 if table == "agents" else None  # agents are there before the audit begins
    before = max((one.new_version for one in history.audit if (one.table, one.row) == (table, row)), default=first)
    new = 1 if before is None else before + 1
    seen = None if before is None else before - behind
    history.audit.append(AuditRow(len(history.audit) + 1, table, row, before, new, seen, writer, ns(at), value, entry))


# -- finding and undoing


def tries(history: History, number: int, step: str) -> list[Attempt]:
    return [one for one in history.attempts if (one.ticket, one.step) == (number, step)]


def rest_of(made: Plan, number: int, step: str) -> tuple[PlannedTicket, Sequence[Passage]]:
    """Return a ticket and its path from a step on."""
    one = next(t for t in (*made.tickets, *made.canaries) if t.number == number)
    names = [p.step for p in one.oracle.path]
    return one, one.oracle.path[names.index(step) :]


def cut(history: History, number: int, at: float) -> None:
    """Undo all that happened to a ticket from a moment on; what was under way stays open."""
    _forget(history, lambda ticket, _: ticket == number, ns(at))


def crash(history: History, proc: str, at: float, fault: str = "") -> None:
    """End a process by SIGKILL: undo all that it did from that moment on."""
    mine = {r.ticket for r in history.requests if r.proc == proc and (r.closed or 0) > ns(at)}
    _forget(history, lambda ticket, where: where == proc or (ticket in mine and not where), ns(at))
    process = history.processes[proc]
    process.signals.append(Signalled(0, ns(at), proc, "SIGKILL", fault))
    process.exited = Exited(0, ns(at + 1), proc, None, "SIGKILL", 1.0, 100)
    process.last_record = ns(at - 1)


def _forget(history: History, is_meant: Callable[[int, str], bool], moment: int) -> None:
    """Undo what happened from `moment` on to what is meant, by ticket and process (empty: a client's record)."""
    gone = {a.id for a in history.attempts if is_meant(a.ticket, a.proc) and (a.ended is None or a.ended >= moment)}
    gone |= {r.id for r in history.requests if is_meant(r.ticket, r.proc)}
    for one in history.attempts:
        if one.id in gone:
            one.ended = one.result = one.error = None
    history.attempts = [a for a in history.attempts if a.id not in gone or a.started < moment]
    for request in history.requests:
        if request.id in gone and request.closed is not None and request.closed >= moment:
            request.closed, request.state = None, ""
    history.requests = [r for r in history.requests if r.id not in gone or r.opened < moment]
    history.ledger = [e for e in history.ledger if e.attempt not in gone or e.t < moment]
    history.audit = [row for row in history.audit if row.writer not in gone or row.at < moment]
    history.answered = [a for a in history.answered if not (is_meant(a.ticket, "") and a.t >= moment)]


# -- a worker that dies at a point


def kill(
    history: History,
    at: float = 25,
    fault: str = "1.1",
    victim: str = A,
    number: int = 1,
    step: str = "search_knowledge_base",
) -> None:
    """Kill a worker while it does a step, and start a spare one 10 ms later.

    As it stands: worker A, while ticket 1 searches and ticket 3 waits for its first step.
    """
    struck = tries(history, number, step)[0]
    reached = PointReached(0, ns(at - 1), fault, struck.id, number, step, 1, "before_effect")
    history.points.append((victim, reached))
    crash(history, victim, at, fault)
    history.faults_begun[fault] = FaultBegun(0, ns(at), fault, 0, (victim,))
    history.faults_ended[fault] = FaultEnded(0, ns(at + 10), fault, healed=True, injected=True)
    spawn(history, SPARE, 1, at + 9)


def carry_on(made: Plan, history: History, number: int, step: str, at: float) -> None:
    """Walk a ticket on in the spare worker, from a step on."""
    one, path = rest_of(made, number, step)
    end = walk(history, one, path, SPARE, at)
    answer(history, number, end, "ok", state=one.oracle.end)
    in_order(history)


def survived(made: Plan) -> History:
    """Return a history with the kill, after which both tickets that it hit went on."""
    history = healthy(made)
    kill(history)
    carry_on(made, history, 1, "search_knowledge_base", 45)
    carry_on(made, history, 3, "assign_agent", 55)
    return history


# -- a release that is rolled out


def roll_out(history: History, release: str, at: float, fault: str = "1.1", *, beside: bool = False) -> None:
    """Let both workers leave, and the spare one run a release in the place of both; or start it beside them."""
    history.faults_begun[fault] = FaultBegun(0, ns(at), fault, 0, (A, B))
    history.faults_ended[fault] = FaultEnded(0, ns(at + 4), fault, healed=True, injected=True)
    for proc in () if beside else (A, B):
        process = history.processes[proc]
        process.signals.append(Signalled(0, ns(at), proc, "SIGTERM", fault))
        process.exited = Exited(0, ns(at + 2), proc, 0, None, 1.0, 100)
        process.last_record = ns(at + 1)
    for proc, index in ((SPARE, 1), (OTHER_SPARE, 2)):
        spawn(history, proc, index, at + 2)
        history.processes[proc].release = release


# -- failures


def strike(history: History, made: Attempt, fault: str, act: str = "transient") -> None:
    """Let a failure strike an attempt: it fails 5 ms after its start, and whatever it did is undone."""
    moment = made.started + 5 * MS
    made.ended, made.result, made.error = moment, None, act
    history.ledger = [e for e in history.ledger if e.attempt != made.id]
    history.audit = [row for row in history.audit if row.writer != made.id]
    struck = Struck(0, moment, fault, 1, made.id, made.ticket, made.step, made.visit, "before_effect", act)
    history.strikes.append((made.proc, struck))


def amended(made: Any, **changes: Any) -> Any:
    return msgspec.structs.replace(made, **changes)


def not_valid(made: Plan, history: History) -> dict[str, str]:
    """Return what the checks that are not valid said."""
    return {one.name: one.verdict for one in judged(made, history).checks if one.verdict != "valid"}
