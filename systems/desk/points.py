"""Points: what a worker is told about the faults that act inside a step.

A point fires a limited number of times over all processes of a run: each firing takes a token, a file
created exclusively in the run's `points/` folder, so a restarted worker finds a spent point spent.
"""

from typing import Literal

import msgspec

from systems.desk.model import Window

Act = Literal["report", "transient", "permanent", "hang", "silent"]
"""`report`: tell the supervisor and block until released; `hang`: hold the attempt, then go on; `silent`: the agent who
is asked says nothing for so long, however often they are asked."""


Place = Literal["before_record", "recorded", "offered", "opening"]
"""Where two writers meet: between an attempt's read and its write (`before_record`; of an agent: `offered`), right
after its write (`recorded`), or between looking for a ticket and inserting it (`opening`)."""


class MeetingSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where one writer of a planned race waits for the other, at most `deadline_s`; the first `tokens` that come do.

    `offer` is the number by which an agent is offered in place of the ticket's own, so that two are offered the same.
    """

    id: str
    ticket: int
    step: str
    place: Place
    visit: int | None = None
    tokens: int = 1
    deadline_s: float = 2.0
    offer: int | None = None


class PointSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One planned fault instance as a worker sees it.

    `visit` None means any visit; `tokens` is how many executions it strikes; `duration_s` is for `hang` and `silent`.
    """

    id: str
    ticket: int
    step: str
    window: Window
    act: Act
    visit: int | None = None
    tokens: int = 1
    duration_s: float = 0.0


class LatePoint(msgspec.Struct, frozen=True, omit_defaults=True):
    """A line of the file in which points are added while workers run: one or the other."""

    point: PointSpec | None = None
    meeting: MeetingSpec | None = None
