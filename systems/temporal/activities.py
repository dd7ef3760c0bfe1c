"""The twelve steps as activities: each calls the same desk code as the synchronous service does."""

from collections.abc import Callable

from temporalio import activity
from temporalio.exceptions import ApplicationError

from systems.desk.live.steps import LiveDesk
from systems.desk.model import GROUP_OF, Branch, Group, Permanent, Step, StepCall, StepDone, StepError

Activity = Callable[[StepCall], StepDone]


def activities(desk: LiveDesk) -> dict[Group, list[Activity]]:
    """Make the activities of each group over one desk; a step's name is its activity's."""
    by_group: dict[Group, list[Activity]] = {group: [] for group in Group}
    for step in Step:
        by_group[GROUP_OF[step]].append(_activity(step, desk))
    return by_group


def _activity(step: Step, desk: LiveDesk) -> Activity:
    # A cancellation must not break a step in the middle: its effect may be out and its record not yet in.
    @activity.defn(name=step.value, no_thread_cancel_exception=True)
    def perform(call: StepCall) -> StepDone:
        try:
            return desk.perform(call)
        except (Branch, Permanent) as error:
            raise ApplicationError(str(error), type=type(error).__name__, non_retryable=True) from None
        except StepError as error:
            raise ApplicationError(str(error), type=type(error).__name__) from None

    return perform
