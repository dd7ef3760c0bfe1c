"""Between which samples the load is measured, which of them were paused, and what was held by the harness itself."""

from typing import Any

import pytest

from harness.history.model import History
from harness.history.run_records import Answered, Phase, Sample, Submitted
from harness.judging.evidence import Evidence
from harness.judging.metrics import usage
from harness.judging.metrics.figure import Absent
from harness.planning.plan import Plan
from systems.desk.records import PointReached, PointReleased
from systems.desk.rows import AuditRow
from tests.support.histories import A, amended

S = 1_000_000_000


def sample(at: float, worker: float = 0.0, in_flight: int = 0, paused: int = 0, **more: Any) -> Sample:
    return amended(Sample(0, int(at * S), {"worker": worker}, {}, in_flight, paused), **more)  # type: ignore[no-any-return]


def sampled(made: Plan, *samples: Sample, **phases: float) -> Evidence:
    """Return the evidence of a load from 10 s on, sent at 10 s, with these samples and phases."""
    history = History("sync", 1, samples=list(samples))
    history.phases = [Phase(0, int(at * S), name) for name, at in ({"load": 10} | phases).items()]
    history.submitted = [Submitted(0, at * S, number, 1, at * S) for number, at in ((1, 10), (2, 15))]
    return Evidence(made, history)


def times(samples: list[Sample]) -> list[float]:
    return [taken.t / S for taken in samples]


def test_samples_of_the_load_begin_with_the_last_before_it_and_end_with_idleness(made: Plan) -> None:
    samples = [sample(at) for at in (8, 9, 11, 20, 21)]
    assert times(usage.during_load(sampled(made, *samples))) == [9, 11, 20, 21]
    assert times(usage.during_load(sampled(made, *samples, idle=20))) == [9, 11, 20]
    assert times(usage.during_load(sampled(made, sample(10), *samples[2:]))) == [10, 11, 20, 21]
    assert usage.during_load(Evidence(made, History("sync", 1, samples=samples))) == []


def test_cpu_is_measured_from_the_last_sample_before_the_first_submission_to_the_first_after_settling(
    made: Plan,
) -> None:
    samples = [sample(at) for at in (8, 10, 11, 20, 21)]
    for settled, last in (({"quiet": 20}, 20), ({"deadline": 19.5}, 20), ({}, 21), ({"quiet": 30}, 21)):
        span = usage.ends_of_load(sampled(made, *samples, **settled))
        assert span is not None
        assert times([*span]) == [10, last]
    assert usage.ends_of_load(sampled(made, *samples[2:])) is None
    assert usage.ends_of_load(sampled(made, samples[0])) is None
    assert usage.ends_of_load(Evidence(made, History("sync", 1, samples=samples))) is None


def test_cpu_of_a_role_is_what_it_used_more_and_of_none_is_absent() -> None:
    before = sample(1, cpu_seconds={"worker": 1.0, "harness": 2.0, "receiver": 0.5})
    after = sample(2, cpu_seconds={"worker": 1.12345, "engine": 0.5, "harness": 2.5})
    assert [usage.cpu_of((before, after), role) for role in ("worker", "engine")] == [0.123, 0.5]
    assert usage.cpu_of((before, after), "receiver") == Absent("this system has no receiver")
    assert usage.harness_cpu((before, after)) == 0.5
    assert usage.harness_cpu((before, sample(2, 3))) == Absent("the samples do not say what the harness itself used")
    assert usage.harness_cpu((before, amended(after, cpu_seconds={"harness": 3.1234, "receiver": 1.0}))) == 1.623
    assert round(usage.cpu_between(before, after), 5) == 0.62345
    nothing = Absent("no sample was taken during the load")
    assert usage.cpu_of(None, "worker") == usage.harness_cpu(None) == usage.host_cpu(None) == nothing


@pytest.mark.parametrize(
    ("before", "after", "spent"),
    [
        ((1.0, 5.0), (2.0, 8.0), (1.0, 3.0)),
        ((1.0, 5.0), (1.0, 5.5), (0.0, 0.5)),
        ((1.0, 5.0), (1.0, 5.0), None),
        ((None, 5.0), (2.0, 8.0), None),
        ((1.0, None), (2.0, 8.0), None),
        ((1.0, 5.0), (None, 8.0), None),
        ((1.0, 5.0), (2.0, None), None),
    ],
)
def test_a_host_is_busy_for_a_share_of_what_its_cores_had(
    before: tuple[float | None, float | None], after: tuple[float | None, float | None], spent: Any
) -> None:
    ends = tuple(sample(at, host_busy_s=busy, host_total_s=total) for at, (busy, total) in ((1, before), (2, after)))
    first, last = ends
    assert usage.host_spent(first, last) == spent
    share = (
        Absent("the samples do not say how busy the machine was") if spent is None else round(spent[0] / spent[1], 4)
    )
    assert usage.host_cpu((first, last)) == share


def test_only_neighbours_at_both_of_which_all_that_was_outstanding_was_paused_are_a_window(made: Plan) -> None:
    counts = [(0, 0), (2, 2), (2, 2), (2, 1), (2, 2), (1, 2), (0, 0), (0, 0), (1, 1)]
    samples = [sample(at, at / 2, in_flight, paused) for at, (in_flight, paused) in enumerate(counts, start=11)]
    evidence = sampled(made, *samples, idle=30, export=40)
    assert [(before.t // S, after.t // S) for before, after in usage.paused_windows(evidence)] == [(12, 13), (15, 16)]
    assert usage.paused_cpu(evidence) == 1.0
    digits = [sample(11, 1.0, 1, 1), sample(12, 1.23456, 1, 1)]
    assert usage.paused_cpu(sampled(made, *digits)) == 0.235
    assert usage.paused_cpu(sampled(made, *samples[:2])) == Absent("there was no time in which all tickets were paused")


def test_idleness_is_told_for_as_long_as_was_paused(made: Plan) -> None:
    paused = [sample(11, 1.0, 1, 1), sample(13, 2.0, 1, 1)]
    idle = [sample(20, 9.0), sample(20.5, 9.01), sample(24, 9.2), sample(25, 99.0)]
    assert usage.idle_cpu(sampled(made, *paused, *idle, idle=20, export=24)) == 0.1
    assert usage.idle_cpu(sampled(made, *paused, idle[0], sample(24, 9.24681), idle=20, export=24)) == 0.123
    assert usage.idle_cpu(sampled(made, *paused, idle[0], idle[0], idle[2], idle=20, export=24)) == 0.1
    assert usage.idle_cpu(sampled(made, *paused, idle[0], idle[2], idle[2], idle=20, export=24)) == 0.1
    assert usage.idle_cpu(sampled(made, *paused, *idle, idle=20)) is None
    assert usage.idle_cpu(sampled(made, *paused, *idle, export=24)) is None
    assert usage.idle_cpu(sampled(made, *idle, idle=20, export=24)) is None
    assert usage.idle_cpu(sampled(made, *paused, idle=20, export=24)) is None
    assert usage.idle_cpu(sampled(made, *paused, idle[0], idle=20, export=24)) is None
    assert usage.idle_cpu(sampled(made, *paused, idle[0], idle[0], idle=20, export=24)) is None


def test_memory_is_that_of_workers_and_engine_together(made: Plan) -> None:
    samples = [sample(9), sample(11, rss_bytes={"worker": 5, "engine": 7, "harness": 99}), sample(12)]
    assert usage.peak_rss(sampled(made, *samples)) == 12
    assert usage.peak_rss(sampled(made)) == Absent("no sample was taken during the load")


# -- times of tickets


def finished(made: Plan, *ends: tuple[int, int]) -> History:
    """Return a history in which tickets were due at 1 s, sent at 2 s, and ended so many seconds after the start."""
    history = History("sync", 1)
    history.submitted = [Submitted(0, 2 * S, number, 1, S) for number, _ in ends]
    history.submitted.append(Submitted(0, 3 * S, ends[0][0], 2, 3 * S))
    history.audit = [
        AuditRow(n, "tickets", str(number), 1, 2, 1, "w", at * S, "resolved") for n, (number, at) in enumerate(ends, 1)
    ]
    history.answered = [Answered(0, at * S, number, 1, "ok") for number, at in ends]
    assert made
    return history


def test_latency_runs_from_the_planned_arrival_without_what_the_harness_held(made: Plan) -> None:
    history = finished(made, (1, 5), (2, 6))
    history.submitted.append(Submitted(0, 2 * S, 4, 1, S))
    history.answered += [Answered(0, 9 * S, 4, 1, "info"), Answered(0, 9 * S, -1, 1, "ok"), Answered(0, S, 9, 1, "ok")]
    held = [("m", "a", 1, 7), ("m", "b", 1, 8), ("m", "c", 2, None), ("f", "d", 2, 9), ("m", "e", 2, 1)]
    for point, attempt, ticket, released in held:
        saw = None if point == "f" else "version 1"
        reached = PointReached(0, 6 * S, point, attempt, ticket, "close_ticket", 1, "before_effect", saw=saw)
        history.points.append((A, reached))
        if released is not None:
            history.released.append((A, PointReleased(0, released * S, point, attempt)))
    evidence = Evidence(made, history)
    assert usage.latencies_of(evidence) == {1: 1.0, 2: 5.0, 4: float("inf")}
    assert [(answer.ticket, took) for answer, took in usage.acknowledgements(evidence)] == [(1, 1.0), (2, 5.0)]


def test_throughput_is_of_the_time_from_the_first_submission_to_the_last_end(made: Plan) -> None:
    assert usage.throughput(Evidence(made, finished(made, (1, 5), (2, 6)))) == 0.5
    assert usage.throughput(Evidence(made, finished(made, (1, 9)))) == 0.143
    assert usage.throughput(Evidence(made, finished(made, (1, 2)))) == Absent("it took no time")
