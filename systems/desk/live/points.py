"""Points in a worker: where planned faults act inside a step."""

import os
import time
from collections import defaultdict
from pathlib import Path
from typing import TypedDict

from systems.desk import records
from systems.desk.live.channel import Channel
from systems.desk.live.journal import Journal
from systems.desk.live.late_points import LatePoints
from systems.desk.model import Permanent, StepCall, Ticket, Transient, Window
from systems.desk.points import MeetingSpec, Place, PointSpec


class _Spot(TypedDict):
    """Where in a ticket's walk a point is passed, as every record of one says it."""

    ticket: int
    step: str
    visit: int
    window: str


# Why tokens are files, and why a point is claimed before anything is done at it: a fault is planned for the first so
# many executions of a step, and which process makes them is not known beforehand; the one that does may be killed at
# this very point. Were the count kept in memory, its replacement would be struck again, and again, and a run would
# never end. A file that is created exclusively is one count for all processes, which no death takes back. It is taken
# first and recorded second, so that a death between the two leaves a fault that did not land, never one that was not
# counted.
#
# A barrier is such a point at which a thread also waits to be released. It stops outside of any transaction, as a
# writer that held a lock there would keep the other from ever coming, and it waits with a deadline, as the other may
# have died: then the two did not meet, and the record says so.
class Points:
    """Strikes an execution that passes a planned point, as long as the point has tokens left in `folder`."""

    def __init__(
        self,
        specs: tuple[PointSpec, ...],
        folder: Path,
        journal: Journal,
        channel: Channel,
        meetings: tuple[MeetingSpec, ...] = (),
        late: LatePoints | None = None,
    ) -> None:
        self._meetings = list(meetings)
        self._late = late
        self._planned: dict[tuple[int, str, str], list[PointSpec]] = defaultdict(list)
        self._silences: dict[tuple[int, str], list[PointSpec]] = defaultdict(list)
        for spec in specs:
            self._add(spec)
        self._folder = folder
        self._journal = journal
        self._channel = channel

    def _add(self, spec: PointSpec) -> None:
        if spec.act == "silent":
            self._silences[spec.ticket, spec.step].append(spec)
        else:
            self._planned[spec.ticket, spec.step, spec.window].append(spec)

    def _take_late(self) -> None:
        """Take in the points that were added since, before any is looked for."""
        for line in self._late.read() if self._late is not None else ():
            if line.point is not None:
                self._add(line.point)
            if line.meeting is not None:
                self._meetings.append(line.meeting)

    def touch(self, call: StepCall, window: Window, attempt: str) -> None:
        """Pass a window; may block, hold, or raise Transient or Permanent. One execution takes one token at most."""
        self._take_late()
        for spec in self._planned.get((call.ticket.number, call.step, window), ()):
            token = self._take_token(spec) if spec.visit in {None, call.visit} else None
            if token is not None:
                # What is left here belongs to the same fault's next executions: no two faults share a place.
                self._act(spec, token, call, attempt)
                return

    def meet(self, call: StepCall, place: Place, attempt: str, saw: str) -> None:
        """Wait for the other writer, where a race was planned here and its tokens are not spent."""
        self._take_late()
        for spec in self._meetings:
            if (spec.ticket, spec.step, spec.place) == (call.ticket.number, call.step, place):
                self._meet(spec, call.visit, attempt, saw)

    def meet_at_the_door(self, ticket: Ticket, request: str) -> None:
        """Wait for the other submission of the same ticket, once it was looked for and before it is inserted."""
        for spec in self._meetings:
            if (spec.ticket, spec.place) == (ticket.number, "opening"):
                self._meet(spec, 1, request, "")

    def offer(self, call: StepCall) -> int:
        """Return the number by which the ticket is offered an agent: its own, unless it shall meet another one."""
        instance = (call.ticket.number, call.step.value, call.visit)
        planned = (m.offer for m in self._meetings if (m.ticket, m.step, m.visit) == instance and m.offer is not None)
        return next(planned, call.ticket.number)

    def _meet(self, spec: MeetingSpec, visit: int, attempt: str, saw: str) -> None:
        token = self._take_token(spec) if spec.visit in {None, visit} else None
        if token is None:
            return
        name = f"{spec.id}.{token}"
        spot = _Spot(ticket=spec.ticket, step=spec.step, visit=visit, window=spec.place)
        self._journal.write(records.PointReached, point=name, attempt=attempt, saw=saw, **spot)
        is_released = self._channel.reach(name, attempt, spec.deadline_s)
        self._journal.write(records.PointReleased, point=name, attempt=attempt, by_deadline=not is_released)

    def silence_s(self, call: StepCall, attempt: str) -> float:
        """Return how long the agent who is asked now will say nothing, in s; 0.0 for one who answers.

        The agent of a visit is silent, not the attempt: one who is asked again stays silent until their time is over.
        """
        self._take_late()
        for spec in self._silences.get((call.ticket.number, call.step), ()):
            for token in range(1, spec.tokens + 1):
                path = self._folder / f"{spec.id}.{token}"
                began = _begin_silence(path, call.visit)
                if began is None:
                    continue  # another visit's agent was, or is, the silent one
                if began < 0:
                    spot = _spot(call, Window.BEFORE_EFFECT)
                    self._journal.write(
                        records.Struck, point=spec.id, token=token, attempt=attempt, act=spec.act, **spot
                    )
                return max(0.0, spec.duration_s - (time.monotonic() - abs(began)))
        return 0.0

    def _take_token(self, spec: PointSpec | MeetingSpec) -> int | None:
        """Claim one firing of the point among all processes; None when it is spent."""
        for token in range(1, spec.tokens + 1):
            try:
                os.close(os.open(self._folder / f"{spec.id}.{token}", os.O_CREAT | os.O_EXCL | os.O_WRONLY))
            except FileExistsError:
                continue
            return token
        return None

    def _act(self, spec: PointSpec, token: int, call: StepCall, attempt: str) -> None:
        spot = _spot(call, spec.window)
        if spec.act == "report":
            self._journal.write(records.PointReached, point=spec.id, attempt=attempt, **spot)
            is_released = self._channel.reach(spec.id, attempt)
            self._journal.write(records.PointReleased, point=spec.id, attempt=attempt, by_deadline=not is_released)
            return
        self._journal.write(records.Struck, point=spec.id, token=token, attempt=attempt, act=spec.act, **spot)
        if spec.act == "hang":
            time.sleep(spec.duration_s)
            self._journal.write(records.HangOver, point=spec.id, attempt=attempt)
            return
        error = Transient if spec.act == "transient" else Permanent
        raise error(f"injected: execution {token} of {call.step} for {call.ticket.id} in {spec.window}")


def _spot(call: StepCall, window: Window) -> _Spot:
    return _Spot(ticket=call.ticket.number, step=call.step.value, visit=call.visit, window=window.value)


def _begin_silence(path: Path, visit: int) -> float | None:
    """Claim a silence for the agent of this visit; return when it began (s), None if it is another agent's.

    It is negative where this call began it. The claim is one exclusive creation by link, so that a process that
    finds the file finds its content too.
    """
    now = time.monotonic()
    draft = path.with_name(f".{path.name}-{os.getpid()}-{time.monotonic_ns()}")
    draft.write_text(f"{visit} {now}")
    try:
        os.link(draft, path)
    except FileExistsError:
        whose, began = path.read_text().split()
        return float(began) if int(whose) == visit else None
    finally:
        draft.unlink()
    return -now
