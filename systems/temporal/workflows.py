"""The three flows as workflows: a parent a ticket, a child a flow.

`systems/sync/flow.py` is the same walk in a request's thread; the two read side by side. This module imports the
SDK and the pure desk, nothing else: it is validated and re-read by the sandbox.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, ChildWorkflowError, FailureError

# The sandbox would load these anew for every workflow. They are pure, so nothing of one can reach another.
with workflow.unsafe.imports_passed_through():
    from systems.desk.model import (
        BRANCHES,
        BUSY,
        GROUP_OF,
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
        Ticket,
    )
    from systems.desk.walk import Tally
    from systems.temporal.answers import Answers, WalkSummary
    from systems.temporal.inputs import TicketInput

# A branch is an answer and no error; a lock that could not be had is the ground's fault, which a retry would hide.
NEVER_RETRIED = [*BRANCHES, "Permanent", "StoreLocked"]


FLOW_OF = {Priority.LOW: "LowTicket", Priority.MEDIUM: "MediumTicket", Priority.HIGH: "HighTicket"}


def child_id(ticket: str, priority: str) -> str:
    """Name the child workflow of a ticket."""
    return f"{ticket}-{priority}"


@workflow.defn(name="Ticket")
class TicketWorkflow(Answers):
    """A ticket from its arrival to its end; the flow itself is the child's."""

    def __init__(self) -> None:
        super().__init__()
        self.is_flow_paused = False

    @workflow.run
    async def run(self, ticket: TicketInput) -> WalkSummary:
        """Start the flow of the ticket's priority and answer with its story."""
        flow = await workflow.start_child_workflow(
            FLOW_OF[Priority(ticket.priority)],
            ticket,
            id=child_id(workflow.info().workflow_id, ticket.priority),
            # Of the child as well as of the parent: either may have had its task in the worker that died, and would
            # wait the SDK's ten seconds.
            task_timeout=_seconds(ticket.task_timeout_s),
            result_type=WalkSummary,
        )
        passing_on = asyncio.create_task(self.pass_on(flow))
        try:
            self.summary = await flow
        except ChildWorkflowError as error:
            raise ApplicationError(str(error.cause or error), type="GaveUp", non_retryable=True) from error
        finally:
            passing_on.cancel()
        return self.summary

    async def pass_on(self, flow: workflow.ChildWorkflowHandle[Any, WalkSummary]) -> None:
        """Tell the flow what was asked for last: one signal at a time, as of two the later may arrive first."""
        while True:
            await workflow.wait_condition(lambda: self.is_paused != self.is_flow_paused)
            self.is_flow_paused = self.is_paused
            with suppress(FailureError):  # a flow that is over has nothing left to pause
                await flow.signal("pause" if self.is_flow_paused else "resume")


class FlowWorkflow(Answers):
    """What the flows are made of."""

    ticket: TicketInput
    tally: Tally
    holds_agent: bool
    is_between_steps: bool = True

    @property
    def stands_still(self) -> bool:
        """Say whether no step is under way, and none will be until the ticket is resumed."""
        return self.is_paused and self.is_between_steps

    async def walk(self, ticket: TicketInput, flow: Callable[[], Awaitable[State]]) -> WalkSummary:
        """Walk the ticket to its end; a step that fails for good gives the ticket up."""
        self.ticket = ticket
        self.tally = Tally(Ticket(ticket.number, Priority(ticket.priority)), workflow.info().run_id)
        self.holds_agent = False
        try:
            end = await self.ended(flow)
        except GaveUp as error:
            raise ApplicationError(str(error), type="GaveUp", non_retryable=True) from error
        self.summary.status = end.value
        return self.summary

    async def ended(self, flow: Callable[[], Awaitable[State]]) -> State:
        """Run the flow and answer for what cuts it short."""
        try:
            return await flow()
        except NoAgentAvailable:
            return await self.without_agent()
        except GaveUp:
            return await self.give_up()

    async def agent_path(self, purpose: str) -> State:
        """Assign an agent who resolves the ticket."""
        await self.assign(purpose)
        return await self.resolve()

    async def resolve(self) -> State:
        """Let the agent resolve it, tell the customer, free the agent."""
        await self.with_agent(Step.AGENT_RESOLVE)
        await self.step(Step.NOTIFY_CUSTOMER, "resolved")
        await self.release("done")
        return await self.close(State.RESOLVED)

    async def without_agent(self) -> State:
        """Tell management that no agent is free; the ticket waits in the backlog."""
        self.holds_agent = False
        try:
            await self.step(Step.NOTIFY_MANAGEMENT, "no_agent")
            return await self.close(State.BACKLOG)
        except GaveUp:
            return await self.give_up()

    async def give_up(self) -> State:
        """Undo what is held, tell management, hand the ticket to people; only the closing must not fail."""
        if self.holds_agent:
            with suppress(GaveUp):
                await self.release("gave_up")
        with suppress(GaveUp):
            await self.step(Step.NOTIFY_MANAGEMENT, "gave_up")
        return await self.close(State.MANUAL_INTERVENTION)

    async def with_agent(self, step: Step) -> None:
        """Let the agent do `step`; a silent one is replaced, with an apology, until too many were silent."""
        for _ in range(MAX_SILENT_AGENTS - 1):
            try:
                await self.step(step)
            except AgentUnresponsive:
                await self.release("silent")
                await self.step(Step.NOTIFY_CUSTOMER, "apology_silent")
                await self.assign("replacement")
            else:
                return
        try:
            await self.step(step)
        except AgentUnresponsive as silence:
            raise GaveUp(f"{MAX_SILENT_AGENTS} silent agents in a row") from silence

    async def assign(self, purpose: str) -> None:
        """Get an agent, asking again while all are busy."""
        call = self.tally.call(Step.ASSIGN_AGENT, purpose)
        self.holds_agent = True  # from here on it may: an attempt can break after it took one
        while (done := await self.perform(call)).result == BUSY:  # noqa: ASYNC110 - an agent that is free again sends no word
            await asyncio.sleep(self.ticket.agent_poll_s)
        self.summary.agent = done.agent

    async def release(self, purpose: str) -> None:
        """Let the agent go."""
        await self.step(Step.RELEASE_AGENT, purpose)
        self.holds_agent = False
        self.summary.agent = None

    async def close(self, end: State) -> State:
        """End the ticket in `end`."""
        await self.perform(self.tally.call(Step.CLOSE_TICKET, end=end))
        return end

    async def step(self, step: Step, purpose: str = "") -> StepDone:
        """Do the next instance of `step`; raises the Branch it takes, or GaveUp."""
        if step is Step.ESCALATE_TO_ENGINEERING:
            self.summary.escalation_count += 1
        return await self.perform(self.tally.call(step, purpose))

    async def perform(self, call: StepCall) -> StepDone:
        """Have an activity do one step instance; its engine retries it. Raises the Branch, or GaveUp for good."""
        await workflow.wait_condition(lambda: not self.is_paused)
        # Paused means that no step is under way; that the signal was taken in does not say so.
        self.is_between_steps = False
        try:
            return await self.perform_now(call)
        finally:
            self.is_between_steps = True

    async def perform_now(self, call: StepCall) -> StepDone:
        """Do as `perform`, paused or not."""
        options = self.ticket.steps[call.step]
        try:
            done: StepDone = await workflow.execute_activity(
                self.name_of(call.step),
                call,
                task_queue=f"{self.ticket.queues}{GROUP_OF[call.step].value}",
                start_to_close_timeout=_seconds(options.start_to_close),
                heartbeat_timeout=_seconds(options.heartbeat),
                retry_policy=RetryPolicy(
                    initial_interval=timedelta(seconds=options.retry_initial),
                    maximum_interval=timedelta(seconds=options.retry_max),
                    non_retryable_error_types=NEVER_RETRIED,
                ),
                result_type=StepDone,
            )
        except ActivityError as error:
            raise self._understood(call, error) from error
        if done.result != BUSY:
            self._tell(call, done.result)
        return done

    def name_of(self, step: Step) -> str:
        """Return the name by which the flow asks for a step."""
        return step.value

    def _understood(self, call: StepCall, error: ActivityError) -> Exception:
        """Turn an activity's error back into the desk's own: the branch it took, or that it failed for good."""
        cause = error.cause
        if isinstance(cause, ApplicationError) and cause.type in BRANCHES:
            branch = BRANCHES[cause.type]
            self._tell(call, branch.result)
            return branch(str(cause))
        return GaveUp(f"{call.step}: {cause or error}")

    def _tell(self, call: StepCall, result: str) -> None:
        timeline = self.summary.timeline
        if timeline is not None:
            timeline.append(f"{call.step}.{call.visit}:{call.purpose}:{result}")


@workflow.defn(name="LowTicket")
class LowTicket(FlowWorkflow):
    """The flow of a low ticket."""

    @workflow.run
    async def run(self, ticket: TicketInput) -> WalkSummary:
        """Walk it."""
        return await self.walk(ticket, self.low)

    async def low(self) -> State:
        """Answer from the knowledge base, checked by engineering; by an agent where it has nothing."""
        await self.step(Step.SEND_AUTO_RESPONSE, "received")
        try:
            await self.step(Step.SEARCH_KNOWLEDGE_BASE)
            await self.answer()
            await self.check()
            return await self.close(State.RESOLVED)
        except NoSolutionFound:
            return await self.agent_path("first")
        except ResolutionInvalid:
            await self.apologize()
            return await self.agent_path("first")

    # -- what releases change (`releases`)

    async def answer(self) -> None:
        """Tell the customer what the knowledge base has."""
        await self.step(Step.NOTIFY_CUSTOMER, "solution")

    async def check(self) -> None:
        """Have engineering check that answer."""
        await self.step(Step.VALIDATE_RESOLUTION)

    async def apologize(self) -> None:
        """Tell the customer that it was wrong."""
        await self.step(Step.NOTIFY_CUSTOMER, "apology_invalid")


@workflow.defn(name="MediumTicket")
class MediumTicket(FlowWorkflow):
    """The flow of a medium ticket."""

    @workflow.run
    async def run(self, ticket: TicketInput) -> WalkSummary:
        """Walk it."""
        return await self.walk(ticket, self.medium)

    async def medium(self) -> State:
        """Let an agent investigate, and hand over to engineering where it must be."""
        await self.assign("first")
        try:
            await self.with_agent(Step.AGENT_INVESTIGATE)
            return await self.resolve()
        except NeedsEscalation:
            await self.release("handover")
        try:
            await self.step(Step.ESCALATE_TO_ENGINEERING)
        except EscalationRejected:
            return await self.agent_path("again")
        await self.step(Step.NOTIFY_CUSTOMER, "accepted")
        return await self.close(State.RESOLVED)


@workflow.defn(name="HighTicket")
class HighTicket(FlowWorkflow):
    """The flow of a high ticket."""

    @workflow.run
    async def run(self, ticket: TicketInput) -> WalkSummary:
        """Walk it."""
        return await self.walk(ticket, self.high)

    async def high(self) -> State:
        """Let a senior agent get an urgent fix; one that fails goes to the backlog."""
        await self.assign("first")
        await self.step(Step.ESCALATE_TO_ENGINEERING)
        try:
            await self.step(Step.APPLY_URGENT_FIX)
            news, end = "fixed", State.RESOLVED
        except FixFailed:
            news, end = "fix_failed", State.BACKLOG
        await self.step(Step.NOTIFY_CUSTOMER, news)
        await self.step(Step.NOTIFY_MANAGEMENT, news)
        await self.release("done")
        return await self.close(end)


WORKFLOWS = (TicketWorkflow, LowTicket, MediumTicket, HighTicket)


def _seconds(value: float | None) -> timedelta | None:
    return None if value is None else timedelta(seconds=value)
