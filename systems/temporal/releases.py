"""The workflows under each release: each overrides one piece of a flow, under the workflow's own name.

`systems/sync/releases.py` is the same of the synchronous flow; the two read side by side. With `versioning: patched`
each asks at its place of change, by `workflow.patched`, whether the ticket goes the new way; else all go it.
"""

from collections.abc import Mapping
from typing import Any

from temporalio import workflow

from systems.temporal.workflows import (
    WORKFLOWS,
    FlowWorkflow,
    HighTicket,
    LowTicket,
    MediumTicket,
    TicketWorkflow,
)

with workflow.unsafe.imports_passed_through():
    from systems.desk.model import State, Step
    from systems.desk.releases import CHANGES, FlowRelease
    from systems.temporal.answers import WalkSummary
    from systems.temporal.inputs import TicketInput


class GuardedFlow(FlowWorkflow):
    """A flow that may ask which way its ticket goes."""

    def goes(self, release: FlowRelease) -> bool:
        """Say whether the ticket goes the release's way; one that came by here before it goes on as it did."""
        return not self.ticket.is_patched or workflow.patched(release.value)


@workflow.defn(name="LowTicket")
class AppendingTicket(GuardedFlow, LowTicket):
    """One more step at the end."""

    @workflow.run
    async def run(self, ticket: TicketInput) -> WalkSummary:
        """Walk it."""
        return await super().run(ticket)

    async def close(self, end: State) -> State:
        """Tell management of the ticket before it is closed."""
        if end is State.RESOLVED and self.goes(FlowRelease.APPEND_STEP):
            await self.step(Step.NOTIFY_MANAGEMENT, "closing")
        return await super().close(end)


@workflow.defn(name="LowTicket")
class InsertingTicket(GuardedFlow, LowTicket):
    """One more step in the middle."""

    @workflow.run
    async def run(self, ticket: TicketInput) -> WalkSummary:
        """Walk it."""
        return await super().run(ticket)

    async def check(self) -> None:
        """Tell management that an answer is checked."""
        if self.goes(FlowRelease.INSERT_STEP):
            await self.step(Step.NOTIFY_MANAGEMENT, "checking")
        await super().check()


@workflow.defn(name="LowTicket")
class RemovingTicket(GuardedFlow, LowTicket):
    """One step less."""

    @workflow.run
    async def run(self, ticket: TicketInput) -> WalkSummary:
        """Walk it."""
        return await super().run(ticket)

    async def apologize(self) -> None:
        """Say nothing."""
        if not self.goes(FlowRelease.REMOVE_STEP):
            await super().apologize()


class StepsSwapped(GuardedFlow):
    """Two different steps change places."""

    async def resolve(self) -> State:
        """Free the agent before the customer is told."""
        # Asked where the two ways part, and no sooner: until then the tickets of both are alike.
        await self.with_agent(Step.AGENT_RESOLVE)
        is_swapped = self.goes(FlowRelease.SWAP_STEPS)
        if is_swapped:
            await self.release("done")
        await self.step(Step.NOTIFY_CUSTOMER, "resolved")
        if not is_swapped:
            await self.release("done")
        return await self.close(State.RESOLVED)


@workflow.defn(name="LowTicket")
class LowStepsSwapped(StepsSwapped, LowTicket):
    """Two different steps change places, in the flow of a low ticket."""

    @workflow.run
    async def run(self, ticket: TicketInput) -> WalkSummary:
        """Walk it."""
        return await super().run(ticket)


@workflow.defn(name="MediumTicket")
class MediumStepsSwapped(StepsSwapped, MediumTicket):
    """Two different steps change places, in the flow of a medium ticket."""

    @workflow.run
    async def run(self, ticket: TicketInput) -> WalkSummary:
        """Walk it."""
        return await super().run(ticket)


@workflow.defn(name="LowTicket")
class SwappingPurposesTicket(GuardedFlow, LowTicket):
    """Two calls of one step change places."""

    @workflow.run
    async def run(self, ticket: TicketInput) -> WalkSummary:
        """Walk it."""
        return await super().run(ticket)

    async def answer(self) -> None:
        """Apologize first."""
        is_swapped = self.goes(FlowRelease.SWAP_PURPOSES)
        await self.step(Step.NOTIFY_CUSTOMER, "apology_invalid" if is_swapped else "solution")

    async def apologize(self) -> None:
        """Answer last."""
        is_swapped = self.goes(FlowRelease.SWAP_PURPOSES)
        await self.step(Step.NOTIFY_CUSTOMER, "solution" if is_swapped else "apology_invalid")


@workflow.defn(name="LowTicket")
class RenamingTicket(GuardedFlow, LowTicket):
    """A step has another name, here and in the workers."""

    @workflow.run
    async def run(self, ticket: TicketInput) -> WalkSummary:
        """Walk it."""
        return await super().run(ticket)

    def name_of(self, step: Step) -> str:
        """Return the name by which the flow asks for a step."""
        renamed = CHANGES[FlowRelease.RENAME_STEP].renamed.get(step)
        return renamed if renamed is not None and self.goes(FlowRelease.RENAME_STEP) else super().name_of(step)


# Another rule is the workers' own, in their activities: no workflow changes. A flow that forgets goes on as it was.
FLOWS: Mapping[FlowRelease, tuple[type[Any], ...]] = {
    FlowRelease.APPEND_STEP: (TicketWorkflow, AppendingTicket, MediumTicket, HighTicket),
    FlowRelease.INSERT_STEP: (TicketWorkflow, InsertingTicket, MediumTicket, HighTicket),
    FlowRelease.REMOVE_STEP: (TicketWorkflow, RemovingTicket, MediumTicket, HighTicket),
    FlowRelease.SWAP_STEPS: (TicketWorkflow, LowStepsSwapped, MediumStepsSwapped, HighTicket),
    FlowRelease.SWAP_PURPOSES: (TicketWorkflow, SwappingPurposesTicket, MediumTicket, HighTicket),
    FlowRelease.CHANGE_RESULT: WORKFLOWS,
    FlowRelease.RENAME_STEP: (TicketWorkflow, RenamingTicket, MediumTicket, HighTicket),
    FlowRelease.FORGET_STEP: WORKFLOWS,
}


def workflows_of(release: str) -> tuple[type[Any], ...]:
    """Return the workflows of a release; the first has an empty name."""
    return FLOWS[FlowRelease(release)] if release else WORKFLOWS


def activity_names(release: str, *, is_patched: bool) -> dict[Step, tuple[str, ...]]:
    """Return the names by which the workers of a release know each step.

    Guarded, they keep the old name as long as tickets may ask by it; a release that forgets leaves it out all the same.
    """
    change = CHANGES[FlowRelease(release)] if release else None
    if change is None:
        return {step: (step.value,) for step in Step}
    keeps = is_patched and not change.forgets
    old_too = {step: (name, step.value) if keeps else (name,) for step, name in change.renamed.items()}
    return {step: old_too.get(step, (step.value,)) for step in Step}
