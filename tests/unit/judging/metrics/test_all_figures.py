"""All figures at once: of a healthy run, of what it costs, and sums that hold whatever happens."""

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.catalogue import CATALOGUE
from harness.history.run_records import Sample
from harness.planning.plan import Plan
from tests.support import histories
from tests.support.histories import judged, ns
from tests.unit.judging.metrics.figures import DURABILITY, HEALTHY, broken, of


def test_a_healthy_run_has_every_figure_and_no_other(made: Plan) -> None:
    repetition = judged(made, histories.healthy(made))
    assert repetition.metrics == HEALTHY
    assert (repetition.censored, repetition.tickets, repetition.notes, repetition.faults) == ((), {}, {}, ())
    no_step = "no landed fault broke a step open"
    no_other = "no landed fault hit a ticket without breaking its step open"
    no_ticket = "no landed fault hit a ticket that could recover"
    assert repetition.absent == {
        "resume_p50": no_step,
        "resume_p95": no_step,
        "resume_max": no_step,
        "recovery_p50": no_ticket,
        "recovery_p95": no_ticket,
        "recovery_max": no_ticket,
        "delay_p50": no_other,
        "delay_p95": no_other,
        "delay_max": no_other,
        **dict.fromkeys(
            (name for name, one in CATALOGUE.items() if one.group == "deploys"), "no release was rolled out"
        ),
        "engine_cpu_seconds": "this system has no engine",
        "paused_cpu_seconds": "there was no time in which all tickets were paused",
        "host_cpu": "the samples do not say how busy the machine was",
        "harness_cpu_seconds": "the samples do not say what the harness itself used",
    }
    assert (repetition.pairs, repetition.took_up) == ({"latency": 4, "ack": 4}, True)


def test_judging_the_same_record_twice_gives_the_same(kill_plan: Plan) -> None:
    history = histories.survived(kill_plan)
    assert judged(kill_plan, history) == judged(kill_plan, history)


def test_latency_runs_from_the_first_submission_to_the_first_end(made: Plan) -> None:
    history = histories.healthy(made)
    histories.submit(history, 3, n=2, at=50)
    history.submitted[-1] = msgspec.structs.replace(history.submitted[-1], planned=ns(50))
    (close,) = histories.tries(history, 3, "close_ticket")
    histories.write(history, "tickets", "3", close.id, 110, "resolved")
    assert of(made, history, "latency_p50", "latency_p95", "ack_p95", "submitted") == [0.056, 0.076, 0.08, 4]
    assert judged(made, history).metrics["throughput"] == HEALTHY["throughput"]


def test_an_engine_is_counted_apart_and_in_the_cost_of_each_ticket(made: Plan) -> None:
    history = histories.healthy(made)
    history.samples = [
        Sample(0, ns(-50), {"worker": 0.5, "engine": 1.0}, {"worker": 900}, 0, 0),
        Sample(0, ns(-1), {"worker": 1.0, "engine": 2.0}, {"worker": 100, "engine": 50}, 0, 0),
        Sample(0, ns(100), {"worker": 2.0, "engine": 5.0}, {"worker": 200, "engine": 70, "receiver": 999}, 4, 4),
        Sample(0, ns(150), {"worker": 2.25, "engine": 5.5}, {"worker": 210, "engine": 30}, 2, 2),
    ]
    names = ("cpu_seconds", "engine_cpu_seconds", "cpu_per_ticket", "paused_cpu_seconds", "peak_rss")
    assert of(made, history, *names) == [1.25, 3.5, 1.1875, 0.75, 270]


@pytest.mark.parametrize("samples", [[], [histories.sample(100, 1.4, 300), histories.sample(200, 1.5, 200)]])
def test_without_samples_of_the_load_there_is_no_cost(made: Plan, samples: list[Sample]) -> None:
    history = histories.healthy(made)
    history.samples = samples
    absent = judged(made, history).absent
    assert {absent[name] for name in ("cpu_seconds", "cpu_per_ticket", "host_cpu", "harness_cpu_seconds")} == {
        "no sample was taken during the load"
    }


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_classes_and_acknowledgements_always_add_up_to_submitted(kill_plan: Plan, data: st.DataObject) -> None:
    history = broken(kill_plan, data)
    repetition = judged(kill_plan, history)
    count = {name: int(repetition.metrics[name] or 0) for name in DURABILITY}
    assert count["submitted"] == len({one.ticket for one in history.submitted if one.ticket > 0})
    assert count["finished"] + count["failed"] + count["rejected"] + count["lost"] == count["submitted"]
    assert count["acknowledged"] + count["indeterminate"] + count["rejected"] == count["submitted"]
    assert min(count.values()) >= 0
    assert count["lost_acknowledged"] + count["lost_unacknowledged"] == count["lost"]
    assert count["abandoned"] + count["vanished"] == count["lost"]
    assert count["unserved"] == count["submitted"] - count["finished"]
    assert not any("the check itself broke" in one.detail for one in repetition.checks)
