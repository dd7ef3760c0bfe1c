"""What kinds with a `when` have in common: their moment is checked, planned and told to workers alike."""

from collections.abc import Sequence
from typing import Annotated

from harness.faults.spec import FaultInstance, FaultSpec, PlannedTicket
from harness.faults.triggers import striking
from harness.faults.triggers.when import When
from systems.desk.points import PointSpec
from systems.desk.units import meaning


class TriggeredFault(FaultSpec, frozen=True):
    """A fault that strikes when `when` says: at a time, at a progress, or at a place in a ticket's path."""

    when: Annotated[When, meaning("when it strikes")]

    def validate_keys(self, given: frozenset[str]) -> list[tuple[str, str]]:  # noqa: ARG002 - for kinds
        """Refuse an unclear moment."""
        return self.when.validate_keys()

    def follows(self) -> str | None:
        """Return the name of the fault that it follows, if any."""
        return self.when.fault

    def validate_plan(self, tickets: Sequence[PlannedTicket]) -> list[tuple[str, str]]:
        """Return what the plan makes impossible of the moment."""
        return striking.validate_plan(self.when, tickets)

    def schedule(self, fault: int, tickets: Sequence[PlannedTicket], seed: int) -> list[FaultInstance]:
        """Return one instance, or one for each of `times`, or of the executions that are to fail at the step."""
        return striking.schedule(self.kind(), self.when, fault, tickets, seed, self.failures())

    def points(self, instance: FaultInstance) -> tuple[PointSpec, ...]:
        """Tell workers of the place; a timed fault needs none."""
        return striking.points(self.when, instance)
