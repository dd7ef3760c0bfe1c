"""Records: every fact that a worker writes down as it happens, one JSON object a line; other processes have theirs.

A journal is a file per process, `<role>-<index>-<proc>.jsonl`; `proc` is "pid-start", a pid paired with its
process's start time, so that no pid is ever confused with a later one. `seq` counts from 0 without gaps;
`t` is `time.monotonic_ns()`, one clock for the whole host. The first record is `Opened`, with the wall clock.
"""

import msgspec


class Record(msgspec.Struct, tag_field="kind", frozen=True, gc=False, omit_defaults=True):
    """What all records have: a gap-free sequence number and the host's monotonic time in ns."""

    seq: int
    t: int


class Opened(Record, tag="opened", frozen=True, gc=False):
    """A process begins its journal; `wall` anchors `t` to `time.time_ns()`.

    `boot` tells the boot of the machine from others, as `t` counts from each anew; empty where none is known.
    `release` is the release of the flow that a worker runs; empty for the first.
    """

    wall: int
    proc: str
    role: str
    index: int
    label: str
    boot: str = ""
    release: str = ""


class AttemptStarted(Record, tag="attempt", frozen=True, gc=False):
    """A step instance is being executed, from here on and in this process."""

    attempt: str
    ticket: int
    step: str
    visit: int
    walk: str


class AttemptEnded(Record, tag="ended", frozen=True, gc=False):
    """The attempt completed with `result` (a branch's is its word, `busy` a refusal), or broke with `error`."""

    attempt: str
    result: str | None = None
    error: str | None = None


class RequestOpened(Record, tag="request", frozen=True, gc=False):
    """A synchronous service took a request: this process now owns the ticket's walk."""

    request: str
    ticket: int


class RequestClosed(Record, tag="answered", frozen=True, gc=False):
    """The service answered the request; `state` is the ticket's, `status` the HTTP code."""

    request: str
    ticket: int
    state: str
    status: int


class PointReached(Record, tag="point", frozen=True, gc=False):
    """A `report` point or a meeting was claimed; the attempt's thread now blocks.

    `saw` is set for a meeting: what this writer had read before it (a version, an agent and its version; empty where it
    will read under its lock).
    """

    point: str
    attempt: str
    ticket: int
    step: str
    visit: int
    window: str
    saw: str | None = None


class PointReleased(Record, tag="released", frozen=True, gc=False):
    """The thread goes on; `by_deadline` when it was not released in time."""

    point: str
    attempt: str
    by_deadline: bool = False


class Struck(Record, tag="struck", frozen=True, gc=False):
    """A failure or hang struck an attempt; `token` is the how-manieth execution this was, from 1."""

    point: str
    token: int
    attempt: str
    ticket: int
    step: str
    visit: int
    window: str
    act: str


class HangOver(Record, tag="hang_over", frozen=True, gc=False):
    """A held attempt goes on."""

    point: str
    attempt: str


class Conflict(Record, tag="conflict", frozen=True, gc=False):
    """A safeguard refused this attempt's write on a row of `table`."""

    attempt: str
    ticket: int
    table: str


class LockError(Record, tag="lock_error", frozen=True, gc=False):
    """The database gave up on a lock: an artefact of the ground, never a fault's effect."""

    attempt: str
    message: str
