"""The synchronous flow under each release: each overrides one piece of it.

`systems/temporal/releases.py` is the same of the workflows; the two read side by side.
"""

from collections.abc import Mapping

from systems.desk.model import Priority, State, Step, StepCall, StepDone
from systems.desk.releases import CHANGES, FlowRelease
from systems.sync.flow import Flow


class AppendingFlow(Flow):
    """One more step at the end."""

    def close(self, end: State) -> State:
        """Tell management of a low ticket before it is closed."""
        if self._ticket.priority is Priority.LOW and end is State.RESOLVED:
            self.step(Step.NOTIFY_MANAGEMENT, "closing")
        return super().close(end)


class InsertingFlow(Flow):
    """One more step in the middle."""

    def check(self) -> None:
        """Tell management that an answer is checked."""
        self.step(Step.NOTIFY_MANAGEMENT, "checking")
        super().check()


class RemovingFlow(Flow):
    """One step less."""

    def apologize(self) -> None:
        """Say nothing."""


class SwappingStepsFlow(Flow):
    """Two different steps change places."""

    def resolve(self) -> State:
        """Free the agent before the customer is told."""
        self.with_agent(Step.AGENT_RESOLVE)
        self.release("done")
        self.step(Step.NOTIFY_CUSTOMER, "resolved")
        return self.close(State.RESOLVED)


class SwappingPurposesFlow(Flow):
    """Two calls of one step change places."""

    def answer(self) -> None:
        """Apologize first."""
        self.step(Step.NOTIFY_CUSTOMER, "apology_invalid")

    def apologize(self) -> None:
        """Answer last."""
        self.step(Step.NOTIFY_CUSTOMER, "solution")


class ForgettingFlow(Flow):
    """The flow asks for a step by a name that the service does not know any more."""

    def do(self, call: StepCall) -> StepDone:
        """Look the step up, as it is called now."""
        known_as = CHANGES[FlowRelease.FORGET_STEP].renamed.get(call.step)
        if known_as is not None:
            raise LookupError(f"no step {call.step}: it is called {known_as}")
        return super().do(call)


# Another rule is the steps' own (`CHANGES`). Another name, used by both, changes nothing in one process: who calls a
# step and who is called are replaced together.
FLOWS: Mapping[FlowRelease, type[Flow]] = {
    FlowRelease.APPEND_STEP: AppendingFlow,
    FlowRelease.INSERT_STEP: InsertingFlow,
    FlowRelease.REMOVE_STEP: RemovingFlow,
    FlowRelease.SWAP_STEPS: SwappingStepsFlow,
    FlowRelease.SWAP_PURPOSES: SwappingPurposesFlow,
    FlowRelease.CHANGE_RESULT: Flow,
    FlowRelease.RENAME_STEP: Flow,
    FlowRelease.FORGET_STEP: ForgettingFlow,
}
