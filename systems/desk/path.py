"""The oracle: a pure walk of the flow, the third beside sync's and Temporal's.

It knows a ticket's path, end, escalations and effects from the outcomes alone. It is written as data-free
control flow on purpose: sharing code with a system would make all three wrong together.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from types import MappingProxyType

import msgspec

from systems.desk.model import MAX_SILENT_AGENTS, MESSAGES, AgentUnresponsive, Branch, Priority, State, Step, Ticket
from systems.desk.outcomes import RESULTS, Outcomes, branch_of
from systems.desk.releases import FlowRelease, change_of


class Passage(msgspec.Struct, frozen=True, order=True):
    """One step instance of a path. `purpose` is empty where the step has none."""

    step: str
    visit: int
    purpose: str
    result: str


class Effect(msgspec.Struct, frozen=True, order=True):
    """One expected effect at the receiver: `nth` counts (step, purpose) within the walk from 1."""

    step: str
    purpose: str
    nth: int


class Oracle(msgspec.Struct, frozen=True):
    """What must happen to one ticket when nothing goes wrong."""

    path: tuple[Passage, ...]
    end: str
    escalations: int
    effects: tuple[Effect, ...]


NONE_SILENT: Mapping[Step, int] = MappingProxyType({})


class _GivenUp(Exception):
    """Too many agents in a row were silent."""


class _Trace:
    """Collects a path under a release (empty: the first); `ask` returns the branch taken, or None."""

    def __init__(self, branch: Callable[[Step], type[Branch] | None], silent: Mapping[Step, int], release: str) -> None:
        self._branch = branch
        self._silent = silent
        change = change_of(release)
        self._results = RESULTS if change is None else {**RESULTS, **change.results}
        self.release = release
        self._visits: Counter[Step] = Counter()
        self._purposes: Counter[tuple[Step, str]] = Counter()
        self.path: list[Passage] = []
        self.effects: list[Effect] = []

    def ask(self, step: Step, purpose: str = "") -> type[Branch] | None:
        branch = self._branch(step)
        self.note(step, purpose, branch.result if branch else self._results.get(step, "done"))
        return branch

    def agent(self, step: Step) -> type[Branch] | None:
        """Ask an agent; each silent one is replaced, and after too many the ticket is given up."""
        for asked in range(1, self._silent.get(step, 0) + 1):
            self.note(step, "", AgentUnresponsive.result)
            if asked == MAX_SILENT_AGENTS:
                raise _GivenUp
            self.ask(Step.RELEASE_AGENT, "silent")
            self.ask(Step.NOTIFY_CUSTOMER, "apology_silent")
            self.ask(Step.ASSIGN_AGENT, "replacement")
        return self.ask(step)

    def note(self, step: Step, purpose: str, result: str) -> None:
        self._visits[step] += 1
        self._purposes[step, purpose] += 1
        self.path.append(Passage(step.value, self._visits[step], purpose, result))
        if step in MESSAGES:
            self.effects.append(Effect(step.value, purpose, self._purposes[step, purpose]))

    def close(self, end: State) -> State:
        self.note(Step.CLOSE_TICKET, "", end.value)
        return end


def oracle(
    ticket: Ticket, outcomes: Outcomes, seed: int, silent: Mapping[Step, int] = NONE_SILENT, release: str = ""
) -> Oracle:
    """Walk `ticket` through its flow under the outcomes that (seed, ticket) decide, as a release has it.

    `silent` says how many agents in a row do not answer in a step; without a fault, none.
    """
    trace = _Trace(lambda step: branch_of(outcomes, seed, ticket, step), silent, release)
    flow = {Priority.LOW: _low, Priority.MEDIUM: _medium, Priority.HIGH: _high}[ticket.priority]
    try:
        end = flow(trace)
    except _GivenUp:
        end = _give_up(trace)
    escalations = sum(passage.step == Step.ESCALATE_TO_ENGINEERING for passage in trace.path)
    return Oracle(tuple(trace.path), end.value, escalations, tuple(trace.effects))


def _low(trace: _Trace) -> State:
    first, second = "solution", "apology_invalid"
    if trace.release == FlowRelease.SWAP_PURPOSES:
        first, second = second, first
    trace.ask(Step.SEND_AUTO_RESPONSE, "received")
    if trace.ask(Step.SEARCH_KNOWLEDGE_BASE):
        return _agent(trace, "first", is_low=True)
    trace.ask(Step.NOTIFY_CUSTOMER, first)
    if trace.release == FlowRelease.INSERT_STEP:
        trace.ask(Step.NOTIFY_MANAGEMENT, "checking")
    if not trace.ask(Step.VALIDATE_RESOLUTION):
        return _close_low(trace)
    if trace.release != FlowRelease.REMOVE_STEP:
        trace.ask(Step.NOTIFY_CUSTOMER, second)
    return _agent(trace, "first", is_low=True)


def _medium(trace: _Trace) -> State:
    if trace.ask(Step.ASSIGN_AGENT, "first"):
        return _nobody(trace)
    if not trace.agent(Step.AGENT_INVESTIGATE):
        return _resolve(trace)
    trace.ask(Step.RELEASE_AGENT, "handover")
    if trace.ask(Step.ESCALATE_TO_ENGINEERING):
        return _agent(trace, "again")
    trace.ask(Step.NOTIFY_CUSTOMER, "accepted")
    return trace.close(State.RESOLVED)


def _high(trace: _Trace) -> State:
    if trace.ask(Step.ASSIGN_AGENT, "first"):
        return _nobody(trace)
    trace.ask(Step.ESCALATE_TO_ENGINEERING)
    failed = trace.ask(Step.APPLY_URGENT_FIX)
    news = "fix_failed" if failed else "fixed"
    trace.ask(Step.NOTIFY_CUSTOMER, news)
    trace.ask(Step.NOTIFY_MANAGEMENT, news)
    trace.ask(Step.RELEASE_AGENT, "done")
    return trace.close(State.BACKLOG if failed else State.RESOLVED)


def _agent(trace: _Trace, purpose: str, *, is_low: bool = False) -> State:
    if trace.ask(Step.ASSIGN_AGENT, purpose):
        return _nobody(trace)
    return _resolve(trace, is_low=is_low)


def _resolve(trace: _Trace, *, is_low: bool = False) -> State:
    trace.agent(Step.AGENT_RESOLVE)
    last = [(Step.NOTIFY_CUSTOMER, "resolved"), (Step.RELEASE_AGENT, "done")]
    for step, purpose in reversed(last) if trace.release == FlowRelease.SWAP_STEPS else last:
        trace.ask(step, purpose)
    return _close_low(trace) if is_low else trace.close(State.RESOLVED)


def _close_low(trace: _Trace) -> State:
    if trace.release == FlowRelease.APPEND_STEP:
        trace.ask(Step.NOTIFY_MANAGEMENT, "closing")
    return trace.close(State.RESOLVED)


def _nobody(trace: _Trace) -> State:
    trace.ask(Step.NOTIFY_MANAGEMENT, "no_agent")
    return trace.close(State.BACKLOG)


def _give_up(trace: _Trace) -> State:
    trace.ask(Step.RELEASE_AGENT, "gave_up")
    trace.ask(Step.NOTIFY_MANAGEMENT, "gave_up")
    return trace.close(State.MANUAL_INTERVENTION)
