"""A fault that follows another is judged by that one too: what struck without it proves another story."""

from collections.abc import Mapping

import msgspec

from harness.faults.healing import SLACK_S
from harness.faults.spec import Attestation, FaultInstance, Following
from harness.judging.metrics.figure import seconds
from harness.planning.plan import Plan


def held_against_followed(plan: Plan, attestations: Mapping[str, Attestation]) -> dict[str, Attestation]:
    """Return the attestations; one that follows another fault has landed only if that one had, so long before."""
    judged = dict(attestations)
    # Along each chain from its begin: what a miss makes of its follower, that makes of its own.
    for instance in sorted(plan.faults, key=lambda instance: _depth(plan, instance)):
        if isinstance(instance.following, Following):
            others = [judged[other.id] for other in _named(plan, instance.following.fault)]
            judged[instance.id] = _beside_followed(judged[instance.id], instance.following, others)
    return judged


def _depth(plan: Plan, instance: FaultInstance) -> int:
    """Return how many faults come before it, one following the other."""
    if not isinstance(instance.following, Following):
        return 0
    return 1 + max((_depth(plan, other) for other in _named(plan, instance.following.fault)), default=0)


def _named(plan: Plan, name: str) -> list[FaultInstance]:
    """Return the instances of the fault of that name."""
    return [instance for instance in plan.faults if plan.scenario.faults[instance.fault - 1].name == name]


def _beside_followed(own: Attestation, following: Following, others: list[Attestation]) -> Attestation:
    landed = [other.moment for other in others if other.fate == "landed" and other.moment is not None]
    if own.fate == "landed" and own.moment is not None:
        if not landed:
            return _missed(own, f"it struck, but {following.fault}, which it follows, did not land")
        early_s = following.delay_s - seconds(own.moment - min(landed))
        return (
            _missed(own, f"it struck {early_s:.2f} s too early after {following.fault}") if early_s > SLACK_S else own
        )
    if own.fate == "missed" and not landed:
        detail = f"{following.fault}, which it follows, did not land"
        is_preempted = bool(others) and all(other.fate == "preempted" for other in others)
        return msgspec.structs.replace(own, fate="preempted" if is_preempted else "missed", detail=detail)
    return own


def _missed(own: Attestation, detail: str) -> Attestation:
    return msgspec.structs.replace(own, fate="missed", detail=detail)
