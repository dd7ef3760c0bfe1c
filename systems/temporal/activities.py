"""The twelve steps as activities: each calls the same desk code as the synchronous service does."""

from collections.abc import Callable, Mapping

from temporalio import activity
from temporalio.exceptions import ApplicationError

from systems.desk.live.steps import LiveDesk
from systems.desk.model import GROUP_OF, Branch, Group, Permanent, Step, StepCall, StepDone, StepError

Activity = Callable[[StepCall], StepDone]


def activities(desk: LiveDesk, names: Mapping[Step, tuple[str, ...]]) -> dict[Group, list[Activity]]:
    """Make the activities of each group over one desk: one for each of the names by which a step is known."""
    by_group: dict[Group, list[Activity]] = {group: [] for group in Group}
    for step, known_as in names.items():
        by_group[GROUP_OF[step]] += [_activity(name, desk) for name in known_as]
    return by_group


def _activity(name: str, desk: LiveDesk) -> Activity:
    # A cancellation must not break a step in the middle: its effect may be out and its record not yet in.
    @activity.defn(name=name, no_thread_cancel_exception=True)
    def perform(call: StepCall) -> StepDone:
        try:
            return desk.perform(call)
        except (Branch, Permanent) as error:
            raise ApplicationError(str(error), type=type(error).__name__, non_retryable=True) from None
        except StepError as error:
            raise ApplicationError(str(error), type=type(error).__name__) from None

    return perform
