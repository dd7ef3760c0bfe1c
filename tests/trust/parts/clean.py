"""Runs in which nothing is wrong, over seeds, settings, arrivals and both databases: none may raise an alarm."""

import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import msgspec

from tests.support.chaos import run_scenario
from tests.trust.part import Outcome
from tests.trust.runs import described, not_valid

RUNS = 50
SEED = 14
NOTHING_OF = (
    *("lost", "unserved", "failed", "rejected", "indeterminate", "wrong_outcome", "retries", "conflicts"),
    *("effects_missing", "effects_unsent", "effects_duplicated", "effects_unexpected", "effects_deduplicated"),
    *("lost_updates", "double_assignments", "duplicate_tickets", "stale_writes", "agents_leaked"),
)
"""What must be 0 where nothing is broken; a verdict of pass is all of that, and every check valid."""


class Calm(msgspec.Struct, frozen=True):
    """One fault-free run: what was drawn for it, as it stands in its scenario."""

    seed: int
    system: str
    settings: str
    database: str
    arrival: str
    tickets: int
    agents: str
    safeguards: str

    def scenario(self) -> str:
        """Return the scenario's text."""
        expected = ", ".join(f'"{metric} == 0"' for metric in NOTHING_OF)
        return (
            f"name: clean\nseed: {self.seed}\n"
            f"load: {{tickets: {self.tickets}, arrival: {self.arrival}}}\n"
            f"desk: {{step_time: 4ms, agent_poll: 20ms, database: {self.database}{self.agents}}}\n"
            f"systems:\n  {self.system}: {{{self.settings}, safeguards: {{{self.safeguards}}}}}\n"
            f"settle: 30s\nexpect: [{expected}]\n"
        )


def drawn(number: int) -> Calm:
    """Draw the settings of a run: always the same for the same number."""
    choice = random.Random(f"{SEED}/{number}")
    system = ("sync", "temporal")[number % 2]
    settings = _settings_of_sync(choice) if system == "sync" else _settings_of_temporal(choice)
    are_scarce = choice.random() < 1 / 3
    # Where agents are few, only a guard keeps two tickets from taking the same one: without it, that is no false alarm.
    locking = "atomic" if are_scarce else choice.choice(("none", "optimistic", "atomic"))
    return Calm(
        seed=choice.randrange(1, 10_000),
        system=system,
        settings=settings,
        database=choice.choices(("sqlite", "postgresql"), (2, 1))[0],
        arrival=choice.choice(("{rate: 20/s}", "{rate: 60/s}", "{concurrency: 1}", "{concurrency: 4}", "all_at_once")),
        tickets=choice.randrange(4, 17),
        agents=f", agents: {{regular: {choice.randrange(1, 3)}, senior: 1}}" if are_scarce else "",
        safeguards=f"locking: {locking}, idempotency: {choice.choice(('true', 'false'))}",
    )


def _settings_of_sync(choice: random.Random) -> str:
    settings = [
        f"processes: {choice.randrange(1, 4)}",
        f"threads: {choice.choice((1, 2, 8))}",
        f"retries: {choice.choice((0, 3))}",
        f"rewalk: {choice.choice(('resume', 'restart'))}",
        f"walk_lease: {choice.choice(('none', '2s'))}",
        f"resubmit: {{attempts: {choice.choice((0, 3))}, backoff: 200ms}}",
    ]
    return ", ".join(settings)


def _settings_of_temporal(choice: random.Random) -> str:
    layout = choice.choice(("combined", "combined", "per_group"))
    settings = [
        f"layout: {layout}",
        f"processes: {3 if layout == 'per_group' else choice.randrange(1, 3)}",
        f"threads: {choice.choice((2, 8))}",
        f"profile: {choice.choice(('default', 'tuned', 'tuned_engine'))}",
    ]
    return ", ".join(settings)


class Clean:
    """A case a run: its verdict must be pass, every check valid."""

    name = "clean"
    title = "Runs in which nothing is wrong"
    side_by_side = 2

    def cases(self) -> Sequence[str]:
        """Return the numbers of the runs."""
        return [f"{number:02}" for number in range(1, RUNS + 1)]

    def attempt(self, case: str, folder: Path) -> Outcome:
        """Run one."""
        calm = drawn(int(case))
        ran = run_scenario(folder, calm.scenario())
        alarms = {**not_valid(ran), **described(ran)}
        why = f"exit {ran.code}, {alarms}, of\n{calm.scenario()}" if ran.code or alarms else ""
        return Outcome(case, not why, why, {"tickets": float(calm.tickets)})

    def section(self, outcomes: Sequence[Outcome]) -> str:
        """Return how many runs of which kind raised no alarm."""
        silent = sum(outcome.passed for outcome in outcomes)
        tickets = sum(drawn(int(outcome.case)).tickets for outcome in outcomes)
        kinds = Counter((calm.system, calm.database) for calm in (drawn(int(outcome.case)) for outcome in outcomes))
        rows = [f"| {system} | {database} | {count} |" for (system, database), count in sorted(kinds.items())]
        opening = (
            f"{silent} of {len(outcomes)} fault-free runs ({tickets} tickets) raised no alarm: every check valid, and"
            f" all of {', '.join(f'`{metric}`' for metric in NOTHING_OF)} at 0. Seeds, processes, threads, layouts,"
            " profiles, retries, safeguards, numbers of agents and arrivals were drawn by seed."
        )
        return "\n".join([opening, "", "| system | database | runs |", "|---|---|---|", *rows])
