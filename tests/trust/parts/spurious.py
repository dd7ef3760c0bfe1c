"""A thousand fault-free tickets in each Temporal profile: none of their steps may be done again."""

from collections.abc import Sequence
from pathlib import Path

from benchmarks.spurious import calm
from tests.support.chaos import Ran, run_scenario
from tests.trust.part import Outcome
from tests.trust.runs import not_valid

TICKETS = 1_000
A_RUN = 250
"""Large, as each run starts three systems first."""
PROFILES = ("default", "tuned", "tuned-engine")


class Spurious:
    """A case is a run of some tickets in each profile, one after the other, so that all see the machine alike."""

    name = "spurious"
    title = "Spurious retries in Temporal's profiles"
    side_by_side = 1

    def cases(self) -> Sequence[str]:
        """Return the numbers of the runs."""
        return [f"{number:02}" for number in range(1, TICKETS // A_RUN + 1)]

    def attempt(self, case: str, folder: Path) -> Outcome:
        """Run the profiles, and count what they did again."""
        ran = run_scenario(folder, calm(int(case), A_RUN))
        figures = {f"{label} {what}": count for label in PROFILES for what, count in _counts(ran, label).items()}
        again = {name: count for name, count in figures.items() if name.endswith(("retries", "lost")) and count}
        doubts = not_valid(ran)
        why = f"exit {ran.code}, {again}, {doubts}" if ran.code or again or doubts else ""
        return Outcome(case, not why, why, dict(figures))

    def section(self, outcomes: Sequence[Outcome]) -> str:
        """Return each profile's retries, of how many attempts."""
        head = ["| profile | tickets finished | attempts | spurious retries | lost |", "|---|---|---|---|---|"]
        rows = [
            f"| {label} | " + " | ".join(f"{_total(outcomes, label, what)}" for what in _COUNTED) + " |"
            for label in PROFILES
        ]
        opening = "Nothing is broken in these runs, so that every retry would be a time-out that is too short."
        return "\n".join([opening, "", *head, *rows])


_COUNTED = ("finished", "attempts", "retries", "lost")


def _counts(ran: Ran, label: str) -> dict[str, float]:
    metrics = ran.metrics(label)
    return {what: float(metrics[what]) for what in _COUNTED}


def _total(outcomes: Sequence[Outcome], label: str, what: str) -> int:
    return sum(int(float(outcome.figures.get(f"{label} {what}", 0))) for outcome in outcomes)
