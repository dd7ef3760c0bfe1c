"""What the tour says follows from the figures of its runs alone: good or bad for either system, or unknown."""

from typing import Any

import pytest

from harness.runfolder.result import Repetition, SystemResult
from harness.tour.act import ActLine, ActRun
from harness.tour.acts import ACTS
from tests.support.results import fault, repetition, result

COST = {"submitted": 8, "cpu_per_ticket": 0.05, "peak_rss": 100_000_000}


def column(**metrics: Any) -> Repetition:
    never = tuple(name for name, value in metrics.items() if value is None)
    return repetition({**COST, **metrics}, censored=never, faults=())


def run(columns: dict[str, Repetition | None], scenario: str = "any", **threads: int | None) -> ActRun:
    systems = {label: SystemResult({}, () if kept is None else (kept,)) for label, kept in columns.items()}
    return ActRun(
        scenario, result(systems=systems), "reports/any", {name.replace("_", "-"): n for name, n in threads.items()}
    )


def said(act: str, *runs: ActRun) -> tuple[str, str]:
    return ACTS[act].after(runs)


LOSES = column(lost=3, effects_duplicated=0, effects_unsent=4, resume_p50=None, agents_leaked=1, wrong_outcome=0)
KEEPS = column(lost=0, effects_duplicated=1, effects_unsent=0, resume_p50=2.04, agents_leaked=0, wrong_outcome=0)
EMPTY = repetition({}, faults=())


# -- durability


def test_durability_says_who_lost_what_and_how_soon_the_rest_went_on() -> None:
    assert said("durability", run({"sync": LOSES, "temporal": KEEPS})) == (
        "sync lost 3 of 8 tickets; temporal lost none of 8 tickets.",
        (
            "sync never took interrupted work up again and sent no messages twice; "
            "temporal took interrupted work up again after 2.0 s (median) and sent 1 message twice."
        ),
    )


def test_durability_says_as_plainly_what_is_bad_for_temporal() -> None:
    assert said("durability", run({"sync": KEEPS, "temporal": LOSES})) == (
        "sync lost none of 8 tickets; temporal lost 3 of 8 tickets.",
        (
            "sync took interrupted work up again after 2.0 s (median) and sent 1 message twice; "
            "temporal never took interrupted work up again and sent no messages twice."
        ),
    )


@pytest.mark.parametrize("nothing", [EMPTY, None], ids=["without figures", "not run"])
def test_what_is_unknown_is_said_as_unknown(nothing: Repetition | None) -> None:
    assert said("durability", run({"sync": LOSES, "temporal": nothing})) == (
        "sync lost 3 of 8 tickets; temporal lost an unknown number of unknown tickets.",
        (
            "sync never took interrupted work up again and sent no messages twice; "
            "temporal took interrupted work up again after a time that is unknown and "
            "sent an unknown number of messages twice."
        ),
    )


def test_a_figure_that_does_not_exist_has_its_reason_beside_it() -> None:
    idle = repetition({"peak_rss": 2_000_000}, absent={"cpu_per_ticket": "no ticket finished"}, faults=())
    assert ACTS["state"].price([run({"sync": idle, "temporal": KEEPS})]) == (
        "The price, in CPU for each finished ticket and memory at its peak: "
        "sync unknown (no ticket finished) and 2.0 MB; temporal 50 ms and 100 MB."
    )


# -- retries


def retried(failed: int, recovered: int, retries: int, resume: float | None) -> Repetition:
    return column(failed=failed, recovered_by_retry=recovered, retries=retries, resume_p50=resume)


def test_retries_say_who_handed_tickets_to_people_and_what_retrying_took() -> None:
    columns = {"sync": retried(4, 0, 0, None), "sync-retries": retried(0, 4, 8, 0.1), "temporal": retried(1, 3, 7, 1.0)}
    assert said("retries", run(dict(columns))) == (
        (
            "sync handed 4 of 8 tickets to people; sync-retries handed none of 8 tickets to people; "
            "temporal handed 1 of 8 tickets to people."
        ),
        (
            "sync-retries got 4 tickets over it with 8 repeated steps, and "
            "took interrupted work up again after 0.10 s (median); "
            "temporal got 3 tickets over it with 7 repeated steps, and "
            "took interrupted work up again after 1.0 s (median)."
        ),
    )


# -- state


def paused(exposed: int, landed: int = 1, **metrics: Any) -> Repetition:
    pause = fault(kind="long_pause", landed=landed, exposed=exposed)
    return repetition({**COST, **metrics}, faults=(pause, fault(landed=1, exposed=8)))


def test_state_says_what_was_read_of_the_tickets_and_how_they_went_on() -> None:
    columns = {"sync": paused(8, lost=8, finished=0, retries=0), "temporal": paused(7, lost=0, finished=8, retries=1)}
    assert said("state", run(dict(columns))) == (
        (
            "sync said of 8 tickets that they were paused, and lost 8 of 8 tickets; "
            "temporal said of 7 tickets that they were paused, and lost none of 8 tickets."
        ),
        (
            "Told to go on, sync finished none of 8 tickets and began no steps again; "
            "temporal finished 8 of 8 tickets and began 1 step again."
        ),
    )


def test_a_pause_that_missed_says_nothing_of_how_many_stood_still() -> None:
    first, _ = said("state", run({"sync": paused(0, 0, lost=0), "temporal": None}))
    assert first.startswith(
        "sync said of an unknown number of tickets that they were paused, and lost none of 8 tickets;"
    )


# -- compensation


def test_compensation_says_what_was_left_undone() -> None:
    assert said("compensation", run({"sync": LOSES, "temporal": KEEPS})) == (
        "sync lost 3 of 8 tickets and left 1 agent held; temporal lost none of 8 tickets and left no agents held.",
        (
            "sync never took interrupted work up again and left 4 messages unsent; "
            "temporal took interrupted work up again after 2.0 s (median) and left no messages unsent."
        ),
    )


# -- races


def raced(given: int, conflicts: int = 0, failed: int = 0) -> Repetition:
    return column(double_assignments=given, conflicts=conflicts, failed=failed)


def first_of_races(sync: Repetition | None, temporal: Repetition | None) -> str:
    locked = {"sync-optimistic": raced(0, 2, 2), "temporal-optimistic": raced(0, 2)}
    return said("races", run({"sync-none": sync, "temporal-none": temporal, **locked}))[0]


@pytest.mark.parametrize(
    ("sync", "temporal", "end"),
    [
        (2, 2, "temporal-none gave 2 agents to two tickets at once: neither guards the rows by itself."),
        (2, 0, "temporal-none gave no agents to two tickets at once: the race harmed sync-none alone."),
        (0, 1, "temporal-none gave 1 agent to two tickets at once: the race harmed temporal-none alone."),
        (0, 0, "temporal-none gave no agents to two tickets at once: the race harmed neither."),
    ],
)
def test_races_say_whom_they_harmed_without_a_lock(sync: int, temporal: int, end: str) -> None:
    assert first_of_races(raced(sync), raced(temporal)).endswith(end)


def test_nobody_is_said_to_guard_the_rows_where_one_of_them_is_unknown() -> None:
    end = "temporal-none gave an unknown number of agents to two tickets at once."
    assert first_of_races(raced(2), None).endswith(end)


def test_races_say_what_a_lock_made_of_them() -> None:
    columns = {"sync-optimistic": raced(0, 2, 2), "temporal-optimistic": raced(1, 2)}
    assert said("races", run(dict(columns)))[1] == (
        "With a version that refuses stale writes, sync-optimistic gave no agents to two tickets at once, "
        "refused 2 writes and handed 2 tickets to people; temporal-optimistic gave 1 agent to two tickets at once, "
        "refused 2 writes and handed no tickets to people."
    )


# -- scalability


def waited(submitted: int, memory: int, cpu: float) -> Repetition:
    return column(submitted=submitted, peak_rss=memory, paused_cpu_seconds=cpu)


def scaled() -> list[ActRun]:
    few = {"sync": waited(10, 100_000_000, 0.02), "temporal": waited(10, 300_000_000, 0.01)}
    many = {"sync": waited(100, 150_000_000, 0.2), "temporal": repetition({"submitted": 100}, faults=())}
    rates = {"sync-1": 9.94, "sync-2": 17.0, "sync-4": 30.0, "temporal-1": 4.0, "temporal-2": 3.0}
    working: dict[str, Repetition | None] = {label: column(throughput=rate) for label, rate in rates.items()}
    return [
        run(dict(few), "waiting-10", sync=14, temporal=53),
        run(dict(many), "waiting-100", sync=104, temporal=None),
        run({**working, "temporal-4": None}, "workers"),
    ]


def test_scalability_says_what_waiting_held_and_what_more_workers_brought() -> None:
    assert said("scalability", *scaled()) == (
        (
            "With 10 and 100 tickets waiting at once, sync had 14 and 104 threads and 100 MB and 150 MB of memory, "
            "and used 20 ms and 0.20 s of CPU while all of them waited; temporal had 53 and unknown threads and "
            "300 MB and unknown of memory, and used 10 ms and unknown of CPU while all of them waited."
        ),
        (
            "With 1, 2 and 4 worker processes, tickets finished for each second: sync 9.9, 17.0 and 30.0; "
            "temporal 4.0, 3.0 and unknown."
        ),
    )


def test_the_table_of_scalability_has_a_line_for_each_figure() -> None:
    lines = ACTS["scalability"].lines(scaled())
    assert lines[0] == ActLine("threads, 10 waiting", "14", "53")
    assert lines[4] == ActLine("memory, 100 waiting", "150 MB", "unknown")
    assert lines[-1] == ActLine("tickets/s, 4 workers", "30.0", "unknown")


# -- all


@pytest.mark.parametrize("name", ACTS)
def test_every_figure_of_a_table_is_unknown_where_nothing_was_run(name: str) -> None:
    runs = [run({}, scenario) for scenario in ACTS[name].scenarios]
    cells = {cell for entry in ACTS[name].lines(runs) for cell in (entry.service, entry.workflows)}
    assert cells <= {"unknown", "–"}
