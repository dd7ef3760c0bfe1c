"""The releases of the flow that can be rolled out: a closed catalogue, each the smallest change of its kind. Pure.

All of them change what becomes of a low ticket, each at one place; the medium flow shares the way of an agent, and so
`swap_steps`. How a system's code differs under a release is the system's; what must become of a ticket, the oracle
says (`path`).
"""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from systems.desk.model import State, Step

if TYPE_CHECKING:
    from systems.desk.path import Passage

    Path = Sequence[Passage]


class FlowRelease(StrEnum):
    """A release that a deploy can bring; the one before it has no name."""

    APPEND_STEP = "append_step"
    INSERT_STEP = "insert_step"
    REMOVE_STEP = "remove_step"
    SWAP_STEPS = "swap_steps"
    SWAP_PURPOSES = "swap_purposes"
    CHANGE_RESULT = "change_result"
    RENAME_STEP = "rename_step"
    FORGET_STEP = "forget_step"


RELEASE_VARIABLE = "CHAOS_RELEASE"
"""Where a worker process finds the release that it runs; none, or empty: the first."""
NOTHING: Mapping[Step, str] = MappingProxyType({})
CHECKED: Mapping[Step, str] = MappingProxyType({Step.VALIDATE_RESOLUTION: "check_resolution"})


class ReleaseChange(NamedTuple):
    """What a release changes, for people; `is_passed`: whether a ticket that goes this path so far comes by there.

    `results` are what steps answer in place of what they answer now, where they go well. `renamed` are steps that the
    workers know by another name; a flow that `forgets` asks for them by the old one all the same.
    """

    meaning: str
    is_passed: Callable[["Path"], bool]
    results: Mapping[Step, str] = NOTHING
    renamed: Mapping[Step, str] = NOTHING
    forgets: bool = False


def _has(step: Step, purpose: str = "") -> Callable[["Path"], bool]:
    """Say of a path whether it has a step, for that purpose."""
    return lambda path: any((passage.step, passage.purpose) == (step, purpose) for passage in path)


def _is_low_and_resolved(path: "Path") -> bool:
    return _has(Step.SEND_AUTO_RESPONSE, "received")(path) and path[-1].result == State.RESOLVED


def _has_a_rule_changed(path: "Path") -> bool:
    answers = {(passage.step, passage.result) for passage in path}
    return bool(answers & {(Step.SEARCH_KNOWLEDGE_BASE, "found"), (Step.AGENT_RESOLVE, "done")})


CHANGES: Mapping[FlowRelease, ReleaseChange] = MappingProxyType(
    {
        FlowRelease.APPEND_STEP: ReleaseChange(
            "one more step at the end: management hears that a low ticket will be closed (`notify_management` closing)",
            _is_low_and_resolved,
        ),
        FlowRelease.INSERT_STEP: ReleaseChange(
            "one more step in the middle: management hears that an answer is checked (`notify_management` checking)",
            _has(Step.VALIDATE_RESOLUTION),
        ),
        FlowRelease.REMOVE_STEP: ReleaseChange(
            "one step less: no apology for an answer that was wrong",
            _has(Step.NOTIFY_CUSTOMER, "apology_invalid"),
        ),
        FlowRelease.SWAP_STEPS: ReleaseChange(
            "two different steps change places: the agent is given back before the customer is told",
            _has(Step.NOTIFY_CUSTOMER, "resolved"),
        ),
        FlowRelease.SWAP_PURPOSES: ReleaseChange(
            "two calls of one step change places: the apology comes first, and the answer where the apology was",
            _has(Step.NOTIFY_CUSTOMER, "solution"),
        ),
        FlowRelease.CHANGE_RESULT: ReleaseChange(
            "the same steps by another rule: a search answers `matched`, and an agent's resolving `answered`",
            _has_a_rule_changed,
            results=MappingProxyType({Step.SEARCH_KNOWLEDGE_BASE: "matched", Step.AGENT_RESOLVE: "answered"}),
        ),
        FlowRelease.RENAME_STEP: ReleaseChange(
            "`validate_resolution` is called `check_resolution`, by the flow and by the workers",
            _has(Step.VALIDATE_RESOLUTION),
            renamed=CHECKED,
        ),
        FlowRelease.FORGET_STEP: ReleaseChange(
            "`validate_resolution` is called `check_resolution` by the workers, and the flow asks for it as before",
            _has(Step.VALIDATE_RESOLUTION),
            renamed=CHECKED,
            forgets=True,
        ),
    }
)


def change_of(release: str) -> ReleaseChange | None:
    """Return what a release changes; None for the first one, whose name is empty."""
    return CHANGES[FlowRelease(release)] if release else None


def environment(release: str) -> dict[str, str | None]:
    """Return what tells a worker process which release it runs."""
    return {RELEASE_VARIABLE: release or None}
