"""activity_failure: an execution of a step fails, or is held, in one of its windows."""

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

from msgspec import UNSET, UnsetType

from harness.faults.healing import NOTHING_TO_UNDO, had_exited
from harness.faults.spec import Attestation, FaultInstance, FaultSpec, PlannedTicket, RecoveryWait
from harness.faults.triggers.choosing import Tickets, select_tickets, tickets_reaching, validate_step, validate_tickets
from harness.history.model import History
from systems.desk.fault_mode import FaultMode
from systems.desk.model import Step, Window
from systems.desk.points import PointSpec
from systems.desk.units import Duration, Positive, meaning


class ActivityFailure(FaultSpec, frozen=True, tag="activity_failure"):
    """Keys of an `activity_failure` block; `duration` is for `error: hang`."""

    # Nothing is injected: the worker that takes the point's token fails by itself, and a hang ends by itself.

    summary: ClassVar[str] = "An execution of a step fails, or is held, in one of its windows."
    happened: ClassVar[tuple[str, str]] = ("a step failed", "steps failed")

    step: Annotated[Step, meaning("which step fails")]
    tickets: Annotated[Tickets, meaning("whose step fails: all that pass it, those listed by number, or a share")] = (
        "all"
    )
    error: Annotated[
        Literal["transient", "permanent", "hang"],
        meaning("transient may pass and is worth a retry; permanent stays; hang holds the attempt for the duration"),
    ] = "transient"
    attempts: Annotated[Positive, meaning("how many attempts of each ticket fail, one after the other")] = 1
    window: Annotated[
        Window,
        meaning("where in the step: before its message, after its message and before its record, or after its record"),
    ] = Window.BEFORE_EFFECT
    duration: Annotated[Duration | None, meaning("how long a hang lasts; required for hang, and only there")] = None
    visit: Annotated[
        Positive | UnsetType,
        meaning("which visit of the step, where a ticket comes to it several times; else the first"),
    ] = UNSET

    def validate_keys(self, given: frozenset[str]) -> list[tuple[str, str]]:
        """Ask for a duration exactly where one is needed."""
        if self.error == "hang" and not self.duration:
            given_duration = "none" if self.duration is None else "0s"
            expected = "error: hang requires the key 'duration': expected more than 0s"
            return [("error", f"{expected}, found {given_duration}")]
        if self.error != "hang" and "duration" in given:
            beside = f"expected none, found it beside error: {self.error}"
            return [("duration", f"duration: goes with error: hang only: {beside}")]
        return validate_tickets(self.tickets)

    def recovery_wait(self) -> RecoveryWait:
        """Wait for the retry of what failed; what is held goes on, unless it was given up for dead."""
        waits: dict[str, RecoveryWait] = {"transient": "retry", "hang": "end or detection", "permanent": "nothing"}
        return waits[self.error]

    def failures(self) -> int:
        """Return how many executions fail, one after the other."""
        return self.attempts

    def fault_mode(self) -> FaultMode:
        """Name the error."""
        return FaultMode(self.error)

    def must_fail(self, agent_timeout_s: float) -> bool:  # noqa: ARG002 - no agent is asked
        """Say whether its tickets are called to fail."""
        return self.error == "permanent"

    def blocked_s(self) -> float:
        """Return how long it holds its attempts, one after the other."""
        return (self.duration or 0.0) * self.attempts

    def validate_plan(self, tickets: Sequence[PlannedTicket]) -> list[tuple[str, str]]:
        """Return what the plan makes impossible."""
        if self.visit is not UNSET and not tickets_reaching(tickets, self.step, self.visit):
            expected = f"expected a visit that some planned ticket makes, found {self.visit}"
            return [("visit", f"{expected}: none calls {self.step} so often")]
        return validate_step(self.tickets, self.step, tickets, self.visit or 1)

    def schedule(self, fault: int, tickets: Sequence[PlannedTicket], seed: int) -> list[FaultInstance]:
        """Return one instance for each ticket that is to fail."""
        return [
            FaultInstance(
                f"{fault}.{n}",
                fault,
                self.kind(),
                ticket=ticket.number,
                step=self.step.value,
                visit=self.visit or None,
                window=self.window.value,
            )
            for n, ticket in enumerate(
                select_tickets(self.tickets, tickets_reaching(tickets, self.step, self.visit or 1), seed, fault),
                start=1,
            )
        ]

    def points(self, instance: FaultInstance) -> tuple[PointSpec, ...]:
        """Tell workers how many executions of the ticket's step are to fail."""
        if instance.ticket is None:
            return ()
        held = self.duration or 0.0
        strikes = (self.error, instance.visit, self.attempts, held)
        return (PointSpec(instance.id, instance.ticket, self.step, self.window, *strikes),)

    def attest(self, instance: FaultInstance, history: History) -> Attestation:
        """Landed when the journal shows it where it struck, and, for a hang, that the attempt went on or died."""
        strikes = [(proc, strike) for proc, strike in history.strikes if strike.point == instance.id]
        if not strikes:
            why = f"no execution of {self.step} reached {self.window}"
            return Attestation(instance.id, "missed", why, healed=NOTHING_TO_UNDO)
        proc, first = strikes[0]
        if any((strike.ticket, strike.step) != (instance.ticket, instance.step) for _, strike in strikes):
            why = f"it struck {first.step} of ticket {first.ticket}, planned was ticket {instance.ticket}"
            return Attestation(instance.id, "missed", why, first.t, (proc,), (first.ticket,), healed=NOTHING_TO_UNDO)
        tickets = (first.ticket,)
        is_over = self.error != "hang" or all(_is_over(history, proc, strike.attempt) for proc, strike in strikes)
        if not is_over:
            note = "the held attempt had not gone on when the run ended"
            return Attestation(instance.id, "missed", note, first.t, (proc,), tickets, healed=False)
        detail = f"{self.error} struck {len(strikes)} of {self.attempts} executions"
        return Attestation(instance.id, "landed", detail, first.t, (proc,), tickets, healed=is_over)


def _is_over(history: History, proc: str, attempt: str) -> bool:
    """Say whether a held attempt went on, or its process has exited."""
    process = history.processes.get(proc)
    is_dead = process is not None and had_exited(process, history)
    return is_dead or any(over.attempt == attempt for _, over in history.hangs_over)
