"""A History: every record of one system's repetition, merged and paired, with nothing judged yet."""

from typing import final

import msgspec

from harness.history.phases import RunPhase
from harness.history.run_records import (
    AnswerDropped,
    Answered,
    Exited,
    FaultBegun,
    FaultEnded,
    LateAnswer,
    LinkCut,
    LinkForwards,
    LinkHealed,
    LiveAtEnd,
    LockHeld,
    OperatorRead,
    OperatorWrote,
    OtherRecord,
    PauseAsked,
    Phase,
    Sample,
    Signalled,
    Submitted,
    SupervisorLeft,
    Throttled,
    TicketPaused,
    TicketResumed,
    Totals,
    Troubled,
)
from systems.desk.model import TERMINAL
from systems.desk.records import Conflict, HangOver, LockError, PointReached, PointReleased, Struck
from systems.desk.rows import AuditRow, LedgerEntry, TableRow
from systems.system import Residency, Wedge


@final
class Attempt(msgspec.Struct, tag_field="kind", tag="attempt", gc=False, omit_defaults=True):
    """One execution of a step instance; times in monotonic ns, `ended` None while open when its process died.

    It is decoded straight from the record that began it (`AttemptStarted`), as there may be a million of them; what
    ends it is filled in later.
    """

    id: str = msgspec.field(name="attempt")
    ticket: int
    step: str
    visit: int
    started: int = msgspec.field(name="t")
    seq: int = 0
    proc: str = ""
    ended: int | None = None
    result: str | None = None
    error: str | None = None
    ended_seq: int = 0

    @property
    def instance(self) -> tuple[int, str, int]:
        """The step instance: (ticket, step, visit)."""
        return (self.ticket, self.step, self.visit)


FoldedRecord = Attempt | OtherRecord
"""A line of a journal as it is decoded: what begins an attempt becomes the attempt at once."""


class Request(msgspec.Struct):
    """One request that a synchronous process took; `closed` None when it died with its process."""

    id: str
    proc: str
    ticket: int
    opened: int
    closed: int | None = None
    state: str = ""


class Stop(msgspec.Struct):
    """A process stood still for a fault; `continued` None while it never went on; `wrote` if it journaled meanwhile."""

    fault: str
    stopped: int
    is_whole: bool
    continued: int | None = None
    wrote: bool = False


class Process(msgspec.Struct):
    """One process that the supervisor owned, and what its journal amounts to.

    `first_record` and `last_record` are the times of the first and the last whole record in its journal (None: no
    journal), `torn` whether a cut line follows, `journal_bytes` how large the journal is (None: no journal). `release`
    is the one that a worker says it runs; empty: the first.
    """

    proc: str
    role: str
    index: int
    spawned: int
    ready: int | None = None
    exited: Exited | None = None
    signals: list[Signalled] = msgspec.field(default_factory=list)
    stops: list["Stop"] = msgspec.field(default_factory=list)
    first_record: int | None = None
    last_record: int | None = None
    torn: bool = False
    journal_bytes: int | None = None
    release: str = ""

    @property
    def wrote_after_end(self) -> bool:
        """Say whether its journal is longer than it was when the process was reaped."""
        return self.exited is not None and (self.journal_bytes or 0) > (self.exited.journal_bytes or 0)

    @property
    def lost_records(self) -> bool:
        """Say whether its journal is shorter than it was when the process was reaped."""
        return self.exited is not None and (self.journal_bytes or 0) < (self.exited.journal_bytes or 0)

    def was_sent(self, signalled: Signalled) -> None:
        """Take in a signal; one that lets a stopped process go on, or ends it, ends its stop."""
        self.signals.append(signalled)
        for stop in self.stops:
            if stop.continued is None and signalled.signal in {"SIGCONT", "SIGKILL"}:
                stop.continued = signalled.t


class History(msgspec.Struct):
    """All of one repetition. Lists are in time order; `problems` says what could not be read, one line each.

    Attempts that ended `busy` are kept apart: they are neither attempts nor retries. `journals` names every
    process's file, `supervisor_bytes` is the size of the supervisor's. `tables` is the store as it stood at the end
    (None: it cannot be read), `exported` the number of histories that an orchestrator left.
    """

    label: str
    repetition: int
    journals: dict[str, str] = msgspec.field(default_factory=dict)
    supervisor_bytes: int | None = None
    attempts: list[Attempt] = msgspec.field(default_factory=list)
    busy_polls: list[Attempt] = msgspec.field(default_factory=list)
    requests: list[Request] = msgspec.field(default_factory=list)
    processes: dict[str, Process] = msgspec.field(default_factory=dict)
    submitted: list[Submitted] = msgspec.field(default_factory=list)
    answered: list[Answered] = msgspec.field(default_factory=list)
    gave_up: dict[int, int] = msgspec.field(default_factory=dict)
    ledger: list[LedgerEntry] = msgspec.field(default_factory=list)
    audit: list[AuditRow] = msgspec.field(default_factory=list)
    points: list[tuple[str, PointReached]] = msgspec.field(default_factory=list)
    released: list[tuple[str, PointReleased]] = msgspec.field(default_factory=list)
    strikes: list[tuple[str, Struck]] = msgspec.field(default_factory=list)
    hangs_over: list[tuple[str, HangOver]] = msgspec.field(default_factory=list)
    conflicts: list[tuple[str, Conflict]] = msgspec.field(default_factory=list)
    lock_errors: list[LockError] = msgspec.field(default_factory=list)
    faults_begun: dict[str, FaultBegun] = msgspec.field(default_factory=dict)
    faults_ended: dict[str, FaultEnded] = msgspec.field(default_factory=dict)
    pause_asked: list[PauseAsked] = msgspec.field(default_factory=list)
    paused: list[TicketPaused] = msgspec.field(default_factory=list)
    resumed: list[TicketResumed] = msgspec.field(default_factory=list)
    late_answers: list[LateAnswer] = msgspec.field(default_factory=list)
    answers_dropped: list[AnswerDropped] = msgspec.field(default_factory=list)
    troubled: list[Troubled] = msgspec.field(default_factory=list)
    locks: list[LockHeld] = msgspec.field(default_factory=list)
    links_cut: list[LinkCut] = msgspec.field(default_factory=list)
    links_healed: list[LinkHealed] = msgspec.field(default_factory=list)
    links_forward: list[LinkForwards] = msgspec.field(default_factory=list)
    throttled: list[Throttled] = msgspec.field(default_factory=list)
    operator_read: list[OperatorRead] = msgspec.field(default_factory=list)
    operator_wrote: list[OperatorWrote] = msgspec.field(default_factory=list)
    phases: list[Phase] = msgspec.field(default_factory=list)
    samples: list[Sample] = msgspec.field(default_factory=list)
    at_end: LiveAtEnd | None = None
    totals: Totals | None = None
    supervisor_left: SupervisorLeft | None = None
    tables: list[TableRow] | None = None
    exported: int = 0
    residencies: list[Residency] = msgspec.field(default_factory=list)
    wedges: list[Wedge] = msgspec.field(default_factory=list)
    problems: list[str] = msgspec.field(default_factory=list)

    @property
    def settled_at(self) -> int | None:
        """When settling ended, by quiet or by the deadline; None where the run ended before."""
        return next((phase.t for phase in self.phases if phase.name in {RunPhase.QUIET, RunPhase.DEADLINE}), None)

    def under_way(self, moment: int) -> frozenset[int]:
        """Return the counted tickets that were sent before `moment` (ns) and had not ended then, by the store."""
        sent = {submission.ticket for submission in self.submitted if submission.ticket > 0 and submission.t <= moment}
        return frozenset(sent - {ticket for ticket, at in self.terminal_at.items() if at <= moment})

    @property
    def terminal_at(self) -> dict[int, int]:
        """When each ticket first came to its end, by the store."""
        ends: dict[int, int] = {}
        for row in self.audit:
            if row.table == "tickets" and row.value in TERMINAL:
                ends.setdefault(int(row.row), row.at)
        return ends
