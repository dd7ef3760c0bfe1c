"""Gates, read and judged on literal changes: the whole judgement, with its reason."""

import math

import pytest

from harness.comparing.gate import Gate, Judgement, Limit, judge_gates, read_gate, verdict_of
from harness.comparing.runs import Change, ComparedColumn, ScenarioComparison
from harness.errors import UsageInvalid

NEVER = math.inf


def comparison(*labels: str, removed: tuple[str, ...] = (), change: Change | None = None) -> ScenarioComparison:
    """Return a scenario in which every system changed alike."""
    columns = tuple(ComparedColumn(label, {}, {change.metric: change} if change else {}) for label in labels)
    return ScenarioComparison("kill", ("a",), ("b",), (), {}, columns, removed, ())


def judged(gate: str, base: tuple[float, ...], new: tuple[float, ...]) -> tuple[str, str]:
    """Judge a gate on one system whose figure changed so."""
    metric = read_gate(gate).metric
    changed = comparison("sync", change=Change(metric, base, new, None))
    (judgement,) = judge_gates([read_gate(gate)], [changed])
    return judgement.verdict, judgement.why


@pytest.mark.parametrize(
    ("text", "gate"),
    [
        ("lost > +0", Gate("lost > +0", "lost", None, (Limit(">", 0, is_relative=False),))),
        (
            "sync.recovery_p95 > +20% and > +200ms",
            Gate(
                "sync.recovery_p95 > +20% and > +200ms",
                "recovery_p95",
                "sync",
                (Limit(">", 0.2, is_relative=True), Limit(">", 0.2, is_relative=False)),
            ),
        ),
        ("throughput < -50%", Gate("throughput < -50%", "throughput", None, (Limit("<", -0.5, is_relative=True),))),
        ("finished < -3", Gate("finished < -3", "finished", None, (Limit("<", -3, is_relative=False),))),
    ],
)
def test_a_gate_is_a_metric_perhaps_of_one_system_and_its_limits(text: str, gate: Gate) -> None:
    assert read_gate(text) == gate


@pytest.mark.parametrize(
    ("gate", "new", "verdict"),
    [
        ("finished < -3", 6.0, "unknown"),
        ("finished < -3", 7.0, "pass"),
        ("finished < -3", 8.0, "pass"),
        ("finished < -30%", 6.9, "unknown"),
        ("finished < -50%", 6.9, "pass"),
        ("latency_p95 > +2s", 13.0, "unknown"),
        ("latency_p95 > +2s", 12.0, "pass"),
        ("latency_p95 > +20%", 12.5, "unknown"),
        ("latency_p95 > +20%", 11.5, "pass"),
    ],
)
def test_a_limit_is_passed_beyond_it_alone(gate: str, new: float, verdict: str) -> None:
    assert judged(gate, (10.0,), (new,))[0] == verdict


@pytest.mark.parametrize(
    ("gate", "base", "new", "judgement"),
    [
        ("lost > +0", (1.0,), (), ("unknown", "only the base has such a figure")),
        ("lost > +0", (), (1.0,), ("unknown", "only the new run has such a figure")),
        ("lost > +0", (0.0, 0.0), (0.0, 1.0), ("fail", "the base had none in any repetition")),
        (
            "lost > +0",
            (0.0, 1.0),
            (2.0, 2.0),
            ("unknown", "beyond the limit, but 2 against 2 repetitions cannot tell it from chance"),
        ),
        (
            "cpu_seconds > +0s",
            (0.0, 0.0),
            (2.0, 2.0),
            ("unknown", "beyond the limit, but 2 against 2 repetitions cannot tell it from chance"),
        ),
        (
            "latency_p95 > +1s",
            (1.0, 1.0, 1.0, 1.0, 9.0),
            (0.5, 3.0, 3.0, 3.0, 3.0),
            ("unknown", "beyond the limit, but within the spread of 5 against 5 repetitions"),
        ),
        (
            "latency_p95 > +1s",
            (1.0, 1.1, 1.2, 1.3),
            (3.0, 3.1, 3.2, 3.3),
            ("fail", "beyond the limit and the spread of 4 against 4 repetitions"),
        ),
        (
            "latency_p95 > +1s",
            (1.0, 2.0),
            (1.0, NEVER),
            ("fail", "never came in 1 of 2 repetitions; in the base it always did"),
        ),
        ("latency_p95 < -1s", (1.0,), (NEVER,), ("pass", "within the limit")),
        ("latency_p95 > +1s and < +9s", (1.0,), (NEVER,), ("pass", "within the limit")),
        ("latency_p95 < -20%", (NEVER,), (1.0,), ("unknown", "there is no share of a base that never came")),
        ("latency_p95 > +20%", (1.0, 2.0), (1.0, 2.0), ("pass", "within the limit")),
    ],
)
def test_a_gate_is_judged_by_facts_then_limits_then_repetitions(
    gate: str, base: tuple[float, ...], new: tuple[float, ...], judgement: tuple[str, str]
) -> None:
    assert judged(gate, base, new) == judgement


@pytest.mark.parametrize(("gate", "verdict"), [("lost > +0", "n/a"), ("sync.lost > +0", "unknown")])
def test_a_figure_that_neither_side_has_is_missed_only_where_the_system_is_named(gate: str, verdict: str) -> None:
    judgements = judge_gates([read_gate(gate)], [comparison("sync")])
    assert judgements == [Judgement(gate, "kill", "sync", verdict, "neither side has such a figure")]  # type: ignore[arg-type]


def test_a_gate_that_names_a_system_is_judged_on_it_alone() -> None:
    lost = Change("lost", (0.0,), (1.0,), None)
    changed = comparison("sync", "temporal", removed=("queue",), change=lost)
    fact = "the base had none in any repetition"
    assert judge_gates([read_gate("temporal.lost > +0"), read_gate("lost > +0")], [changed]) == [
        Judgement("temporal.lost > +0", "kill", "temporal", "fail", fact),
        Judgement("lost > +0", "kill", "sync", "fail", fact),
        Judgement("lost > +0", "kill", "temporal", "fail", fact),
        Judgement("lost > +0", "kill", "queue", "unknown", "only the base ran it"),
    ]


def test_a_gate_on_a_system_that_nothing_has_is_refused_with_those_that_there_are() -> None:
    changed = comparison("sync", "queue", "celery", "temporal", "dbos")
    with pytest.raises(UsageInvalid, match=r"no system 'sink' in both: celery, dbos, queue, sync, temporal$"):
        judge_gates([read_gate("sink.lost > +0")], [changed])


@pytest.mark.parametrize(
    ("verdicts", "worst"),
    [
        (["pass", "unknown", "fail"], "fail"),
        (["pass", "unknown", "n/a"], "unknown"),
        (["n/a", "pass"], "pass"),
        (["n/a"], "unknown"),
        ([], "unknown"),
    ],
)
def test_the_worst_judgement_counts_and_nothing_judged_is_unknown(verdicts: list[str], worst: str) -> None:
    judgements = [Judgement("lost > +0", "kill", "sync", verdict, "") for verdict in verdicts]  # type: ignore[arg-type]
    assert verdict_of(judgements) == worst
