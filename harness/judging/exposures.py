"""Exposures: which attempts and tickets a landed fault instance hit."""

from dataclasses import dataclass

from harness.faults.spec import Attestation, FaultInstance
from harness.history.model import Attempt, History

DEADLY = frozenset({"SIGKILL", "SIGTERM"})


@dataclass(frozen=True, slots=True)
class Exposure:
    """What one landed fault instance hit: the attempts it broke open, and all tickets (`expected` ones may fail).

    What was open at a TERM and ended within the grace is exposed, and not broken.
    """

    fault: FaultInstance
    attestation: Attestation
    moment: int
    attempts: tuple[Attempt, ...]
    tickets: frozenset[int]


@dataclass(frozen=True, slots=True)
class Exposing:
    """Works exposures out of a history; `ended_at` is when each ticket first came to its end, by the store."""

    history: History
    ended_at: dict[int, int]

    def exposure(self, fault: FaultInstance, attestation: Attestation) -> Exposure:
        """Return what a landed instance hit."""
        # A fault that names tickets struck these, in any process; a retry may meet it again (an agent is silent for
        # every attempt that asks), so what it broke open is the first attempt alone. A fault that names processes hit
        # what they held at its moment.
        moment = attestation.moment or 0
        if attestation.tickets:
            struck = {s.attempt for _, s in self.history.strikes if s.point == fault.id}
            hit = [a for a in self.history.attempts if a.id in struck and a.ticket > 0][:1]
            hit += self._first_of_instances(set(attestation.attempts))
            return Exposure(fault, attestation, moment, tuple(hit), frozenset(attestation.tickets))
        procs = set(attestation.procs)
        ended = self._ended_by(fault, procs)
        hit = [a for a in self._attempts_in(procs) if self._is_open(a, moment, is_last=a.proc in ended)]
        tickets = {a.ticket for a in hit} | self._residents(procs, moment)
        # A dead engine holds up every ticket, wherever its steps happen to run.
        if any(self.history.processes[proc].role == "engine" for proc in procs):
            tickets |= self.history.under_way(moment)
        drained = self._ended_by(fault, procs, frozenset({"SIGTERM"}))
        broken = tuple(a for a in hit if a.ended is None or a.proc not in drained)
        return Exposure(fault, attestation, moment, broken, frozenset(tickets))

    def _first_of_instances(self, ids: set[str]) -> list[Attempt]:
        """Return the first of these attempts of each step instance."""
        first: dict[tuple[int, str, int], Attempt] = {}
        for attempt in self.history.attempts if ids else ():
            if attempt.id in ids:
                first.setdefault(attempt.instance, attempt)
        return list(first.values())

    def _attempts_in(self, procs: set[str]) -> list[Attempt]:
        return [a for a in self.history.attempts if a.proc in procs and a.ticket > 0]

    def _ended_by(self, fault: FaultInstance, procs: set[str], signals: frozenset[str] = DEADLY) -> set[str]:
        """Return those of the processes that the fault meant to end (with one of these signals)."""
        sent = {proc: self.history.processes[proc].signals for proc in procs}
        return {
            proc for proc, all_of in sent.items() if any(s.fault == fault.id and s.signal in signals for s in all_of)
        }

    def _is_open(self, attempt: Attempt, moment: int, *, is_last: bool) -> bool:
        """Open when the fault struck, or, if it ends the process, begun between its signal and that death."""
        if attempt.ended is None:
            return is_last or attempt.started <= moment
        return attempt.started <= moment < attempt.ended

    def _residents(self, procs: set[str], moment: int) -> set[int]:
        """Return the tickets, not yet done, whose orchestration was in these processes at the moment."""
        # Between two steps no attempt is open, and yet the ticket is in the process: a request waits in its thread, a
        # workflow in the worker's cache.
        residents = {r.ticket for r in self.history.requests if r.proc in procs and _spans(r.opened, r.closed, moment)}
        residents |= {r.ticket for r in self.history.residencies if r.proc in procs and _spans(r.start, r.end, moment)}
        return {t for t in residents if t > 0 and (t not in self.ended_at or self.ended_at[t] > moment)}


def _spans(start: int, end: int | None, moment: int) -> bool:
    return start <= moment and (end is None or end > moment)
