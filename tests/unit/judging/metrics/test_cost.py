"""What tickets cost, against literal histories: slow ones that were lost count, what came before the load does not."""

from pathlib import Path

import pytest

from harness.history.model import History
from harness.history.run_records import Sample
from harness.planning.plan import Plan
from tests.support import histories
from tests.support.histories import QUIET_MS, judged, ns
from tests.unit.judging.metrics.figures import FAILURE, of
from tests.unit.judging.metrics.unfolding import texts

CPU = ("cpu_seconds", "engine_cpu_seconds", "cpu_per_ticket", "host_cpu", "harness_cpu_seconds")


def test_a_system_that_loses_its_slow_tickets_is_not_fast(made: Plan) -> None:
    history = histories.healthy(made)
    histories.cut(history, 3, 80)
    assert of(made, history, "lost", "latency_p50", "latency_p95", "latency_p99") == [1, 0.056, None, None]
    assert judged(made, history).pairs["latency"] == 4
    assert texts(made, history, "latency_p95")[-1] == "T-0003 never, rank 4 of 4"


def test_a_ticket_that_was_handed_to_people_never_finished(made: Plan) -> None:
    history = histories.healthy(made)
    histories.cut(history, 3, 80)
    histories.write(history, "tickets", "3", "x", 90, "manual_intervention")
    assert of(made, history, "failed", "latency_p95") == [1, None]


def test_a_ticket_that_had_to_fail_has_no_latency(tmp_path: Path) -> None:
    made = histories.plan(tmp_path, FAILURE.format(step="close_ticket", ticket=4, error="permanent"))
    history = histories.healthy(made)
    (close,) = histories.tries(history, 4, "close_ticket")
    histories.strike(history, close, "1.1", "permanent")
    histories.write(history, "tickets", "4", close.id, 90, "manual_intervention")
    assert of(made, history, "failed_as_expected", "latency_p95") == [1, 0.076]
    assert judged(made, history).pairs["latency"] == 3


def sample(at: float, worker: float, *, busy: float | None = None, total: float | None = None) -> Sample:
    cpu = {"worker": worker, "engine": 2 * worker, "receiver": worker / 10, "harness": worker / 2}
    return Sample(0, ns(at), cpu, {"worker": 100, "harness": 999}, 0, 0, busy, total)


def with_samples(made: Plan, *samples: Sample) -> History:
    history = histories.healthy(made)
    history.samples = list(samples)
    return history


def test_cpu_is_counted_from_the_first_submission_to_quiet(made: Plan) -> None:
    history = with_samples(
        made,
        sample(-5000, 1.0, busy=10, total=100),  # workers start, canaries are walked
        sample(-400, 7.0, busy=20, total=200),
        sample(0.5, 8.0, busy=30, total=300),  # as the load takes its first moment
        sample(100, 9.0, busy=50, total=320),
        sample(QUIET_MS + 0.1, 10.0, busy=60, total=350),
        sample(QUIET_MS + 250, 17.0, busy=90, total=400),  # idle, and histories are exported
    )
    assert of(made, history, *CPU) == [2.0, 4.0, 1.5, 0.6, 1.2]
    assert texts(made, history, "host_cpu") == [
        "from -0.0005 s",
        "to 0.1991 s: 30 s busy / 50 s of all cores = 0.6",
    ]


def test_what_the_harness_uses_is_no_cost_of_a_system(made: Plan) -> None:
    history = with_samples(made, sample(-1, 1.0), sample(QUIET_MS, 2.0))
    assert of(made, history, "cpu_seconds", "cpu_per_ticket", "peak_rss", "harness_cpu_seconds") == [1, 0.75, 100, 0.6]


@pytest.mark.parametrize("later", [{}, {"busy": 1.0, "total": 5.0}])
def test_a_share_of_no_time_is_none(made: Plan, later: dict[str, float]) -> None:
    history = with_samples(made, sample(-1, 1.0, busy=1, total=5), sample(QUIET_MS, 2.0, **later))
    assert judged(made, history).absent["host_cpu"] == "the samples do not say how busy the machine was"
