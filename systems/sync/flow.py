"""The three flows, walked synchronously: the request's own thread does one step after the other.

`systems/temporal/workflows.py` is the same walk as durable execution; the two read side by side.
"""

import time
from collections.abc import Callable, Iterable
from contextlib import suppress

import stamina

from systems.desk.config import DeskConfig
from systems.desk.live.steps import LiveDesk
from systems.desk.model import (
    BRANCH_OF_RESULT,
    BUSY,
    MAX_SILENT_AGENTS,
    AgentUnresponsive,
    EscalationRejected,
    FixFailed,
    GaveUp,
    NeedsEscalation,
    NoAgentAvailable,
    NoSolutionFound,
    Priority,
    ResolutionInvalid,
    State,
    Step,
    StepCall,
    StepDone,
    StepError,
    Ticket,
    Transient,
)
from systems.desk.rows import TimelineEntry
from systems.desk.walk import Tally

RETRY_INITIAL_S = 0.1
RETRY_MAX_S = 5.0
GAVE_UP = "gave_up"
"""The purpose of the steps that give a ticket up."""


class WalkLost(Exception):
    """Another process has taken the ticket over: what is left of this walk is not its own affair any more."""


def always() -> bool:
    """Say that the ticket is still this walk's, where no other can take it over from a living process."""
    return True


class Flow:
    """One walk of one ticket; a second one passes over the step instances that are `recorded` already."""

    def __init__(
        self,
        desk: LiveDesk,
        config: DeskConfig,
        ticket: Ticket,
        walk: str,
        retries: int,
        recorded: Iterable[TimelineEntry] = (),
        is_ours: Callable[[], bool] = always,
    ) -> None:
        self._desk = desk
        self._config = config
        self._ticket = ticket
        self._tally = Tally(ticket, walk)
        self._retries = retries
        self._holds_agent = False
        self._recorded = {(entry.step, entry.visit, entry.purpose): entry for entry in recorded}
        self._has_given_up = any(entry.purpose == GAVE_UP for entry in self._recorded.values())
        self._gives_up = False
        self._is_ours = is_ours

    def run(self) -> State:
        """Walk the ticket to its end; a step that fails for good gives the ticket up.

        Raises GaveUp only where not even giving up could close the ticket, and WalkLost where another process walks it.
        """
        flow = {Priority.LOW: self.low, Priority.MEDIUM: self.medium, Priority.HIGH: self.high}
        try:
            return flow[self._ticket.priority]()
        except NoAgentAvailable:
            return self.without_agent()
        except GaveUp:
            return self.give_up()

    # -- the flows

    def low(self) -> State:
        """Answer from the knowledge base, checked by engineering; by an agent where it has nothing."""
        self.step(Step.SEND_AUTO_RESPONSE, "received")
        try:
            self.step(Step.SEARCH_KNOWLEDGE_BASE)
            self.answer()
            self.check()
            return self.close(State.RESOLVED)
        except NoSolutionFound:
            return self.agent_path("first")
        except ResolutionInvalid:
            self.apologize()
            return self.agent_path("first")

    def medium(self) -> State:
        """Let an agent investigate, and hand over to engineering where it must be."""
        self.assign("first")
        try:
            self.with_agent(Step.AGENT_INVESTIGATE)
            return self.resolve()
        except NeedsEscalation:
            self.release("handover")
        try:
            self.step(Step.ESCALATE_TO_ENGINEERING)
        except EscalationRejected:
            return self.agent_path("again")
        self.step(Step.NOTIFY_CUSTOMER, "accepted")
        return self.close(State.RESOLVED)

    def high(self) -> State:
        """Let a senior agent get an urgent fix; one that fails goes to the backlog."""
        self.assign("first")
        self.step(Step.ESCALATE_TO_ENGINEERING)
        try:
            self.step(Step.APPLY_URGENT_FIX)
            news, end = "fixed", State.RESOLVED
        except FixFailed:
            news, end = "fix_failed", State.BACKLOG
        self.step(Step.NOTIFY_CUSTOMER, news)
        self.step(Step.NOTIFY_MANAGEMENT, news)
        self.release("done")
        return self.close(end)

    # -- what releases change (`releases`)

    def answer(self) -> None:
        """Tell the customer what the knowledge base has."""
        self.step(Step.NOTIFY_CUSTOMER, "solution")

    def check(self) -> None:
        """Have engineering check that answer."""
        self.step(Step.VALIDATE_RESOLUTION)

    def apologize(self) -> None:
        """Tell the customer that it was wrong."""
        self.step(Step.NOTIFY_CUSTOMER, "apology_invalid")

    def agent_path(self, purpose: str) -> State:
        """Assign an agent who resolves the ticket."""
        self.assign(purpose)
        return self.resolve()

    def resolve(self) -> State:
        """Let the agent resolve it, tell the customer, free the agent."""
        self.with_agent(Step.AGENT_RESOLVE)
        self.step(Step.NOTIFY_CUSTOMER, "resolved")
        self.release("done")
        return self.close(State.RESOLVED)

    def without_agent(self) -> State:
        """Tell management that no agent is free; the ticket waits in the backlog."""
        # None was given, so there is none to give back, should this path fail as well.
        self._holds_agent = False
        try:
            self.step(Step.NOTIFY_MANAGEMENT, "no_agent")
            return self.close(State.BACKLOG)
        except GaveUp:
            return self.give_up()

    def give_up(self) -> State:
        """Undo what is held, tell management, hand the ticket to people; only the closing must not fail."""
        self._gives_up = True
        if self._holds_agent:
            with suppress(GaveUp):
                self.release(GAVE_UP)
        with suppress(GaveUp):
            self.step(Step.NOTIFY_MANAGEMENT, GAVE_UP)
        return self.close(State.MANUAL_INTERVENTION)

    # -- what the flows are made of

    def with_agent(self, step: Step) -> None:
        """Let the agent do `step`; a silent one is replaced, with an apology, until too many were silent."""
        for _ in range(MAX_SILENT_AGENTS - 1):
            try:
                self.step(step)
            except AgentUnresponsive:
                self.release("silent")
                self.step(Step.NOTIFY_CUSTOMER, "apology_silent")
                self.assign("replacement")
            else:
                return
        try:
            self.step(step)
        except AgentUnresponsive as silence:
            raise GaveUp(f"{MAX_SILENT_AGENTS} silent agents in a row") from silence

    def assign(self, purpose: str) -> None:
        """Get an agent, asking again while all are busy."""
        call = self._tally.call(Step.ASSIGN_AGENT, purpose)
        self._holds_agent = True  # from here on it may: an attempt can break after it took one
        while self._perform(call).result == BUSY:
            time.sleep(self._config.agent_poll_s)

    def release(self, purpose: str) -> None:
        """Let the agent go."""
        self.step(Step.RELEASE_AGENT, purpose)
        self._holds_agent = False

    def close(self, end: State) -> State:
        """End the ticket in `end`."""
        self._perform(self._tally.call(Step.CLOSE_TICKET, end=end))
        return end

    def step(self, step: Step, purpose: str = "") -> StepDone:
        """Do the next instance of `step`; raises the Branch it takes, or GaveUp."""
        return self._perform(self._tally.call(step, purpose))

    def _perform(self, call: StepCall) -> StepDone:
        """Do one step instance, again after a transient error while retries are left; raises GaveUp for good.

        One that a former walk recorded is passed over with the result that stands, no attempt is made of it. Where a
        former walk gave up, this one does so too: of a step that failed for good nothing is recorded.
        """
        stands = self._recorded.get((call.step, call.visit, call.purpose))
        if stands is not None:
            return _as_recorded(call, stands)
        if self._has_given_up and not self._gives_up:
            raise GaveUp(f"{call.step}: a former walk gave up")
        try:
            return self._with_retries(lambda: self._attempt(call))
        except StepError as error:
            raise GaveUp(f"{call.step}: {error}") from error

    def _attempt(self, call: StepCall) -> StepDone:
        """Do a step once, unless another walk has the ticket; all of it asks the store, which may be out of reach."""
        # In this order: the ticket may have been taken over while it stood still.
        self._desk.stand_still(call.ticket, call.walk)
        if not self._is_ours():
            raise WalkLost(f"{call.step} for {call.ticket.id}")
        return self.do(call)

    def do(self, call: StepCall) -> StepDone:
        """Have the desk do one step."""
        return self._desk.perform(call)

    def _with_retries(self, work: Callable[[], StepDone]) -> StepDone:
        if not self._retries:
            return work()
        again = stamina.RetryingCaller(
            attempts=self._retries + 1,
            # stamina would stop after 45 s by itself. Here the number of attempts alone decides, as a scenario says it.
            timeout=None,
            wait_initial=RETRY_INITIAL_S,
            wait_max=RETRY_MAX_S,
            wait_jitter=RETRY_INITIAL_S / 10,
        )
        return again(Transient, work)


def _as_recorded(call: StepCall, stands: TimelineEntry) -> StepDone:
    """Answer for a step instance as its record says; raises the Branch that it took."""
    branch = BRANCH_OF_RESULT.get(stands.result)
    if branch is not None:
        raise branch(f"{call.step} for {call.ticket.id}, as recorded")
    return StepDone(stands.result, stands.agent)
