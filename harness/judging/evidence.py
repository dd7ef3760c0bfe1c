"""Evidence: what every group of metrics and every check needs of a Plan and a History, worked out once."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, wraps
from typing import Any, TypeVar

import msgspec

from harness.faults.spec import Attestation, FaultInstance, PlannedTicket
from harness.history.model import Attempt, History
from harness.history.phases import RunPhase
from harness.history.run_records import Answered
from harness.judging.exposures import Exposing, Exposure
from harness.judging.rollouts import Rollouts, released
from harness.planning.plan import Plan
from harness.planning.scenario import SystemBlock
from systems.desk.fault_mode import FaultMode
from systems.desk.model import FINISHED, TERMINAL, AgentUnresponsive, Priority, Step, Ticket
from systems.desk.path import NONE_SILENT, Oracle, Passage, oracle

_passage_decoder = msgspec.json.Decoder(Passage)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class End:
    """A ticket's terminal commit."""

    state: str
    at: int


@dataclass
class Evidence:
    """A repetition's facts, by ticket and by step instance. Canaries have negative numbers and are kept apart."""

    plan: Plan
    history: History
    attestations: dict[str, Attestation] = field(default_factory=dict)
    _worked_out: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def once(self, work_out: Callable[["Evidence"], T]) -> T:
        """Return what a function works out of this evidence, worked out the first time that it is asked for."""
        if work_out not in self._worked_out:
            self._worked_out[work_out] = work_out(self)
        answer: T = self._worked_out[work_out]
        return answer

    @cached_property
    def block(self) -> SystemBlock | None:
        """The block of `systems:` that was run; None where the plan knows none of that label."""
        blocks = self.plan.scenario.systems
        return next((block for block in blocks if block.label == self.history.label), None)

    @cached_property
    def planned(self) -> dict[int, PlannedTicket]:
        """Every ticket of the plan, canaries included."""
        return {ticket.number: ticket for ticket in (*self.plan.tickets, *self.plan.canaries)}

    @cached_property
    def first_sent(self) -> dict[int, int]:
        """When each counted ticket was first submitted."""
        sent: dict[int, int] = {}
        for submission in self.history.submitted:
            if submission.ticket > 0:
                sent.setdefault(submission.ticket, submission.t)
        return sent

    @cached_property
    def submitted(self) -> list[int]:
        """The counted tickets that a client sent."""
        return sorted(self.first_sent)

    @cached_property
    def answers(self) -> dict[int, list[Answered]]:
        """Each ticket's answers."""
        by_ticket: dict[int, list[Answered]] = defaultdict(list)
        for answer in self.history.answered:
            by_ticket[answer.ticket].append(answer)
        return by_ticket

    @cached_property
    def ends(self) -> dict[int, End]:
        """Each ticket's first terminal commit, by the store."""
        ends: dict[int, End] = {}
        for row in self.history.audit:
            if row.table == "tickets" and row.value in TERMINAL:
                # Without a guard a ticket may have several rows, each with an end of its own. Its times run to the
                # first one.
                ends.setdefault(int(row.row), End(row.value, row.at))
        return ends

    @cached_property
    def rows(self) -> dict[int, int]:
        """How often each ticket was inserted into the store."""
        inserts: dict[int, int] = defaultdict(int)
        for row in self.history.audit:
            if row.table == "tickets" and row.old_version is None:
                inserts[int(row.row)] += 1
        return inserts

    @cached_property
    def _paths(self) -> dict[int, dict[tuple[str, int], Passage]]:
        """What each ticket's steps recorded, in order, each step instance once."""
        paths: dict[int, dict[tuple[str, int], Passage]] = defaultdict(dict)
        known: dict[str, Passage] = {}
        for row in self.history.audit:
            if row.table == "tickets" and row.entry:
                # Entries repeat: of many thousands of rows only a few dozen differ, and decoding is what takes the
                # time.
                passage = known.get(row.entry) or known.setdefault(row.entry, _passage_decoder.decode(row.entry))
                # An operator's notes stand in the timeline too, and are no part of the path.
                if passage.step in _STEPS:
                    paths[int(row.row)].setdefault((passage.step, passage.visit), passage)
        return paths

    def path(self, ticket: int) -> tuple[Passage, ...]:
        """Return the path that a ticket really took."""
        return tuple(self._paths[ticket].values()) if ticket in self._paths else ()

    @cached_property
    def instances(self) -> dict[tuple[int, str, int], list[Attempt]]:
        """The attempts of each step instance of counted tickets, in time order."""
        instances: dict[tuple[int, str, int], list[Attempt]] = {}
        for attempt in self.history.attempts:
            if attempt.ticket > 0:
                key = (attempt.ticket, attempt.step, attempt.visit)
                tries = instances.get(key)
                if tries is None:
                    instances[key] = [attempt]
                else:
                    tries.append(attempt)
        return instances

    @cached_property
    def attempts_of(self) -> dict[int, list[Attempt]]:
        """The attempts of each exposed ticket, in time order."""
        wanted = {ticket for exposure in self.exposures for ticket in exposure.tickets}
        by_ticket: dict[int, list[Attempt]] = defaultdict(list)
        for attempt in self.history.attempts:
            if attempt.ticket in wanted:
                by_ticket[attempt.ticket].append(attempt)
        return by_ticket

    @cached_property
    def attempts_by_id(self) -> dict[str, Attempt]:
        """Every attempt by its id."""
        return {attempt.id: attempt for attempt in self.history.attempts}

    @cached_property
    def last_attempts(self) -> dict[int, Attempt]:
        """The attempt of each ticket that began last."""
        return {attempt.ticket: attempt for attempt in self.history.attempts}

    @cached_property
    def died(self) -> dict[str, int]:
        """When each reaped process was reaped."""
        return {p.proc: p.exited.t for p in self.history.processes.values() if p.exited is not None}

    # -- classes

    @cached_property
    def classes(self) -> dict[str, list[int]]:
        """The submitted tickets by class: finished, failed, rejected, wedged, lost; the first that fits.

        In a run that ended early, those that had not ended have no class yet: they are `under_way`.
        """
        names = ("finished", "failed", "rejected", "wedged", "lost", "under_way")
        classes: dict[str, list[int]] = {name: [] for name in names}
        for ticket in self.submitted:
            classes[self._class_of(ticket)].append(ticket)
        return classes

    def _class_of(self, ticket: int) -> str:
        end = self.ends.get(ticket)
        if end is not None:
            return "finished" if end.state in FINISHED else "failed"
        at_end = self.history.at_end
        if (at_end is not None and ticket in at_end.failed) or any(a.state == "failed" for a in self._answers(ticket)):
            return "failed"
        # Live at an early end is not lost: nobody gave the ticket the time that it was promised. All that is above is
        # final however the run ended.
        if not self.is_whole:
            return "under_way"
        if self.was_refused(ticket) and not self.is_known(ticket):
            return "rejected"
        return "wedged" if at_end is not None and ticket in at_end.wedged else "lost"

    def _answers(self, ticket: int) -> list[Answered]:
        return self.answers.get(ticket, [])

    def was_refused(self, ticket: int) -> bool:
        """Say whether every submission of the ticket was definitely refused."""
        answers = self._answers(ticket)
        return len(answers) == self._times_sent[ticket] and all(a.outcome == "fail" and not a.accepted for a in answers)

    @cached_property
    def _times_sent(self) -> Counter[int]:
        return Counter(submission.ticket for submission in self.history.submitted)

    def was_acknowledged(self, ticket: int) -> bool:
        """Say whether the client knows that the ticket was taken."""
        return any(a.outcome == "ok" or a.accepted for a in self._answers(ticket))

    def is_known(self, ticket: int) -> bool:
        """Say whether the store or the system has a trace of the ticket."""
        at_end = self.history.at_end
        return ticket in self.rows or (at_end is not None and ticket in at_end.known)

    @property
    def under_way(self) -> list[int]:
        """The submitted tickets whose end the records do not hold, because the run ended early."""
        return self.classes["under_way"]

    @cached_property
    def held(self) -> frozenset[int]:
        """The tickets that the system still held when settling ended: live, or acknowledged and not done."""
        at_end, over = self.history.at_end, {*self.ends, *self.classes["failed"]}
        live = at_end.live if at_end is not None else ()
        # An ok counts although nothing is live: a ticket that was promised and then forgotten is still waited for.
        acknowledged = (answer.ticket for answer in self.history.answered if answer.outcome == "ok")
        return frozenset({*live, *acknowledged}.intersection(self.first_sent) - over)

    @cached_property
    def must_fail(self) -> frozenset[int]:
        """The tickets for whose failing a landed fault called: a permanent failure, or too many silent agents."""
        return frozenset(
            ticket
            for exposure in self.exposures
            for ticket in exposure.tickets
            if self.plan.scenario.faults[exposure.fault.fault - 1].must_fail(self.plan.scenario.desk.agent_timeout)
        )

    def is_right(self, ticket: int) -> bool:
        """Say whether a ticket finished with the oracle's end and path, and was meant to finish."""
        return ticket in self._right

    @cached_property
    def _right(self) -> frozenset[int]:
        # A ticket that had to fail and finished all the same went past a step that could not succeed.
        may_finish = ((ticket, end.state) for ticket, end in self.ends.items() if ticket not in self.must_fail)
        return frozenset(
            ticket for ticket, state in may_finish if state in FINISHED and self._is_as_the_oracle_says(ticket, state)
        )

    def _is_as_the_oracle_says(self, ticket: int, state: str) -> bool:
        truth = self.truth(ticket)
        return state == truth.end and self.path(ticket) == truth.path

    def truth(self, ticket: int) -> Oracle:
        """Return what must become of a ticket, given its release and the agents that a landed fault made silent."""
        return self._oracle(ticket, self._release_of(ticket))

    def due(self, ticket: int) -> Oracle:
        """Return what the plan calls for, under the release by which the ticket was walked."""
        release = self._release_of(ticket)
        return self._oracle_of(ticket, NONE_SILENT, release) if release else self.planned[ticket].oracle

    def _oracle(self, ticket: int, release: str) -> Oracle:
        # Silent agents change the right path by themselves (a replacement, an apology, giving up), so that the plan's
        # own oracle would call a correct recovery wrong.
        silent = self._silences.get(ticket)
        if not silent and not release:
            return self.planned[ticket].oracle
        return self._oracle_of(ticket, silent or NONE_SILENT, release)

    def _oracle_of(self, ticket: int, silent: Mapping[Step, int], release: str) -> Oracle:
        walked, outcomes = Ticket(ticket, Priority(self.planned[ticket].priority)), self.plan.scenario.desk.outcomes
        return oracle(walked, outcomes, self.plan.seed, silent, release)

    def _release_of(self, ticket: int) -> str:
        if len(self._releases) == 1:  # the usual: nothing was deployed
            return self._releases[0]
        return self.rollouts.release_of(ticket, self.path(ticket))

    @property
    def rollouts(self) -> Rollouts:
        """The releases that ran, by which paths are judged."""
        # Made anew, not kept: it holds this evidence, and a circle of a million records would outlive its judging.
        return Rollouts(self._releases, self._oracle)

    @cached_property
    def _releases(self) -> list[str]:
        return released(self.history)

    @cached_property
    def _silences(self) -> dict[int, dict[Step, int]]:
        """How many agents of a ticket and step were found silent, where a landed fault made them so."""
        points = {fault.id for fault, _ in self.landed}
        struck = {
            (strike.ticket, strike.step)
            for _, strike in self.history.strikes
            if strike.act == "silent" and strike.point in points
        }
        silences: dict[int, dict[Step, int]] = defaultdict(dict)
        for (ticket, step, _), tries in self.instances.items() if struck else ():
            # Per instance, not per strike: a retry that asks the same silent agent again is struck again, and replaces
            # nobody.
            if (ticket, step) in struck and any(attempt.result == AgentUnresponsive.result for attempt in tries):
                silences[ticket][Step(step)] = silences[ticket].get(Step(step), 0) + 1
        return silences

    # -- faults

    @cached_property
    def stale_operators(self) -> frozenset[str]:
        """The operators that were planned to write over a newer version than they had read, as the audit names them."""
        writers = {write.fault: write.writer for write in self.history.operator_wrote}
        faults = self.plan.scenario.faults
        stale = (
            instance.id
            for instance in self.plan.faults
            if faults[instance.fault - 1].fault_mode() is FaultMode.STALE_WRITE
        )
        return frozenset(writers[fault] for fault in stale if fault in writers)

    @cached_property
    def landed(self) -> list[tuple[FaultInstance, Attestation]]:
        """The instances that landed."""
        attested = ((fault, self.attestations.get(fault.id)) for fault in self.plan.faults)
        return [
            (fault, attestation)
            for fault, attestation in attested
            if attestation is not None and attestation.fate == "landed"
        ]

    @cached_property
    def exposures(self) -> list[Exposure]:
        """What each landed instance hit."""
        exposing = Exposing(self.history, {ticket: end.at for ticket, end in self.ends.items()})
        return [exposing.exposure(fault, attestation) for fault, attestation in self.landed]

    @cached_property
    def exposed(self) -> frozenset[int]:
        """Every ticket that a landed fault hit."""
        return frozenset(ticket for exposure in self.exposures for ticket in exposure.tickets)

    # -- phases

    @cached_property
    def is_whole(self) -> bool:
        """Say whether the run went on until it was settled, or never got as far as a load."""
        return self.phase(RunPhase.QUIET, RunPhase.DEADLINE, RunPhase.CANARY_FAILED) is not None

    def phase(self, *names: RunPhase) -> int | None:
        """Return when the run first entered one of these phases."""
        return next((phase.t for phase in self.history.phases if phase.name in names), None)


_STEPS = frozenset(step.value for step in Step)


def once(work_out: Callable[[Evidence], T]) -> Callable[[Evidence], T]:
    """Have a function work its answer out once for each Evidence: several figures, and their rows, rest on it."""

    @wraps(work_out)
    def known(evidence: Evidence) -> T:
        return evidence.once(work_out)

    return known
