"""Records of what goes on around the workers: the supervisor's, the clients', the faults', the proxy's, the phases'.

They are written and read as those of `systems.desk.records`, by processes of the harness alone.
"""

from systems.desk.records import (
    AttemptEnded,
    AttemptStarted,
    Conflict,
    HangOver,
    LockError,
    Opened,
    PointReached,
    PointReleased,
    Record,
    RequestClosed,
    RequestOpened,
    Struck,
)


class Spawned(Record, tag="spawned", frozen=True, gc=False):
    """The supervisor started a process."""

    proc: str
    role: str
    index: int


class Ready(Record, tag="ready", frozen=True, gc=False):
    """A process said that it serves."""

    proc: str


class Signalled(Record, tag="signalled", frozen=True, gc=False):
    """The supervisor sent a signal to a live child; `t` is just before, `fault` the instance or empty."""

    proc: str
    signal: str
    fault: str = ""


class Stopped(Record, tag="stopped", frozen=True, gc=False):
    """The supervisor saw a child stop by `fault`; `tasks` threads were read, all of them as stopped if `is_whole`."""

    proc: str
    fault: str
    tasks: int
    is_whole: bool


class Exited(Record, tag="exited", frozen=True, gc=False):
    """The supervisor reaped a child: `signal` if one ended it, else `code`. CPU in s, RSS in bytes.

    `journal_bytes` is the size of the child's journal at that moment, None where there was none.
    """

    proc: str
    code: int | None
    signal: str | None
    cpu_seconds: float
    peak_rss_bytes: int
    journal_bytes: int | None = None


class SupervisorLeft(Record, tag="supervisor_left", frozen=True, gc=False):
    """The harness reaped the supervisor, whose journal had so many bytes then (None: there was none)."""

    journal_bytes: int | None = None


class Submitted(Record, tag="submitted", frozen=True, gc=False):
    """A client is about to send a ticket; `n` counts its submissions from 1, `planned` is the planned time in ns.

    `priority` is the one that it sends; runs of older programs do not hold it.
    """

    ticket: int
    n: int
    planned: int
    priority: str = ""


class Answered(Record, tag="answer", frozen=True, gc=False):
    """What came of a submission: ok, fail or info; `accepted` when the answer says that a trace exists."""

    ticket: int
    n: int
    outcome: str
    accepted: bool = False
    state: str = ""
    detail: str = ""


class ClientDone(Record, tag="client_done", frozen=True, gc=False):
    """The client will not submit this ticket again."""

    ticket: int


class FaultBegun(Record, tag="fault_begun", frozen=True, gc=False):
    """The harness acts on a fault instance now; `planned` is its due time in ns, 0 where an event triggers it."""

    fault: str
    planned: int
    procs: tuple[str, ...] = ()


class FaultEnded(Record, tag="fault_ended", frozen=True, gc=False):
    """The fault is undone (`healed`) or was not injected; `note` says why."""

    fault: str
    healed: bool
    injected: bool
    note: str = ""


class PauseAsked(Record, tag="pause_asked", frozen=True, gc=False):
    """An operator asked for these tickets to stand still at their next step, and the system took the wish."""

    fault: str
    tickets: tuple[int, ...]


class TicketPaused(Record, tag="ticket_paused", frozen=True, gc=False):
    """The harness read from the system's own state that the ticket is paused."""

    fault: str
    ticket: int


class TicketResumed(Record, tag="ticket_resumed", frozen=True, gc=False):
    """The harness, as the operator, is about to let the ticket go on."""

    fault: str
    ticket: int


class AnswerDropped(Record, tag="answer_dropped", frozen=True, gc=False):
    """The client does not get this answer, for `fault`; `outcome` is what it really was."""

    fault: str
    ticket: int
    n: int
    outcome: str


class Troubled(Record, tag="troubled", frozen=True, gc=False):
    """The receiver is about to refuse an effect, or to take it late by `delay_s`, for `fault`."""

    fault: str
    ticket: int
    attempt: str
    delay_s: float


class LockHeld(Record, tag="lock_held", frozen=True, gc=False):
    """The harness held the store's lock from `since` until `until` (monotonic ns); written once it was given back."""

    fault: str
    since: int
    until: int


class LinkOpened(Record, tag="link_opened", frozen=True, gc=False):
    """Somebody connected over a link of the proxy."""

    link: str
    connection: int


class LinkClosed(Record, tag="link_closed", frozen=True, gc=False):
    """A connection over a link is over; `up` and `down` are the bytes that it carried each way."""

    link: str
    connection: int
    up: int
    down: int


class LinkCut(Record, tag="link_cut", frozen=True, gc=False):
    """The proxy cuts a link now, which has so many open connections, for `fault`."""

    fault: str
    link: str
    mode: str
    direction: str
    connections: int


class LinkHealed(Record, tag="link_healed", frozen=True, gc=False):
    """The proxy lets a link through again.

    Meanwhile it slowed and lost so many bytes, broke and refused so many connections; `held` bytes wait at this
    moment, and `dead` connections lost a byte and carry no more.
    """

    fault: str
    link: str
    held: int = 0
    lost: int = 0
    slowed: int = 0
    dead: int = 0
    broken: int = 0
    refused: int = 0


class LinkForwards(Record, tag="link_forwards", frozen=True, gc=False):
    """Bytes went over a link for the first time since it was healed."""

    link: str


class Throttled(Record, tag="throttled", frozen=True, gc=False):
    """The engine was asked for `fault` to hand out at most `asked` steps a second of a queue (None: no limit of ours).

    It answered that `limit` is set on it, and `in_force` holds.
    """

    fault: str
    queue: str
    asked: float | None
    limit: float | None
    in_force: float


class OperatorRead(Record, tag="operator_read", frozen=True, gc=False):
    """The operator read a ticket, to write a note on it later; `version` is the one that they saw."""

    fault: str
    ticket: int
    version: int


class OperatorWrote(Record, tag="operator_wrote", frozen=True, gc=False):
    """The operator's note was written as `writer`, or not: `outcome` is written, conflict (refused) or ended."""

    fault: str
    ticket: int
    writer: str
    token: str
    outcome: str


class LateAnswer(Record, tag="late_answer", frozen=True, gc=False):
    """An agent who was silent answered at last; `is_refused` when that answer is no longer waited for."""

    fault: str
    ticket: int
    step: str
    visit: int
    agent: str
    is_refused: bool


class Phase(Record, tag="phase", frozen=True, gc=False):
    """The repetition enters a phase, named as the harness's `RunPhase` has it."""

    name: str
    note: str = ""


class LiveAtEnd(Record, tag="live_at_end", frozen=True, gc=False):
    """Tickets that were live, and tickets that the system knew, when settling ended (non-terminal ones only).

    `open` are the others: done in the store, while their orchestration was still open. Of the live ones, `wedged` and
    `stalled` stand still under the release that runs (`systems.system.Known`); what is `mending` of them would go on.
    """

    live: tuple[int, ...]
    known: tuple[int, ...]
    failed: tuple[int, ...]
    open: tuple[int, ...] = ()
    wedged: tuple[int, ...] = ()
    mending: tuple[int, ...] = ()
    stalled: tuple[int, ...] = ()

    @property
    def moving(self) -> frozenset[int]:
        """The live tickets of which something could still become."""
        return frozenset(self.live) - (frozenset(self.wedged) - frozenset(self.mending)) - frozenset(self.stalled)


class Totals(Record, tag="totals", frozen=True, gc=False):
    """How much there was at the export, so that what vanishes later is noticed.

    `ledger` counts its lines, by the receiver; `audit` is the audit's last id; `residencies` and `histories` are the
    lines of `residency.jsonl` and the files of histories that were exported, `wedges` the lines of `wedges.jsonl`.
    """

    ledger: int
    audit: int
    residencies: int
    histories: int
    wedges: int = 0


class Sample(Record, tag="sample", frozen=True, gc=False):
    """CPU seconds used so far and resident bytes, by role, of the processes alive and reaped.

    `host_total_s` is the time of all cores since the machine started, `host_busy_s` the part of it in which they had
    anything to do, for this run or for other programs. `threads` are those of the processes alive, by role.
    """

    cpu_seconds: dict[str, float]
    rss_bytes: dict[str, int]
    in_flight: int
    paused: int
    host_busy_s: float | None = None
    host_total_s: float | None = None
    threads: dict[str, int] | None = None


OtherRecord = (
    Opened
    | AttemptEnded
    | RequestOpened
    | RequestClosed
    | PointReached
    | PointReleased
    | Struck
    | HangOver
    | Conflict
    | LockError
    | Spawned
    | Ready
    | Signalled
    | Stopped
    | Exited
    | SupervisorLeft
    | Submitted
    | Answered
    | ClientDone
    | FaultBegun
    | FaultEnded
    | PauseAsked
    | TicketPaused
    | TicketResumed
    | LateAnswer
    | AnswerDropped
    | Troubled
    | LockHeld
    | LinkOpened
    | LinkClosed
    | LinkCut
    | LinkHealed
    | LinkForwards
    | Throttled
    | OperatorRead
    | OperatorWrote
    | Phase
    | LiveAtEnd
    | Totals
    | Sample
)
AnyRecord = AttemptStarted | OtherRecord
