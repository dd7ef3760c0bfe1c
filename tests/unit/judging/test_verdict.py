"""Expectations: green only where what was asked is known and holds."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from harness.judging.verdict import judge_expectations
from harness.planning.reading import read
from harness.planning.scenario import Scenario
from harness.runfolder.result import CheckResult, ExpectationResult, Judged, Repetition
from tests.support import results

KILL = "faults:\n  - {kind: worker_kill, when: {after: 1s}}\n"
Sides = dict[str, list[Repetition]]
NO_DATA = "no landed fault broke a step open"


def scenario(folder: Path, expect: str, rest: str = "") -> Scenario:
    path = folder / "s.yaml"
    path.write_text(f"name: x\nsystems: [sync, temporal]\n{rest}expect: ['{expect}']\n")
    return read(str(path))[0]


def ran(metrics: dict[str, Any] | None = None, **changes: Any) -> Repetition:
    """Return a repetition without faults, in which something was acknowledged."""
    values = {"acknowledged": 40} | (metrics or {})
    censored = tuple(name for name, value in values.items() if value is None)
    return results.repetition(values, **({"censored": censored, "faults": ()} | changes))


def judge(folder: Path, expect: str, sides: Sides, rest: str = "", repeat: int = 1) -> ExpectationResult:
    (judged,) = judge_expectations(scenario(folder, expect, rest), sides, repeat)
    assert (judged.text, judged.line) == (expect, 3 + rest.count("\n"))
    return judged


@pytest.mark.parametrize(
    ("op", "holds_at"),
    [("<", {1}), ("<=", {1, 2}), ("==", {2}), ("!=", {1, 3}), (">=", {2, 3}), (">", {3})],
)
@pytest.mark.parametrize("lost", [1, 2, 3])
def test_a_figure_passes_or_fails_by_its_operator(tmp_path: Path, op: str, holds_at: set[int], lost: int) -> None:
    judged = judge(tmp_path, f"sync.lost {op} 2", {"sync": [ran({"lost": lost})], "temporal": [ran()]})
    assert judged.verdict == ("pass" if lost in holds_at else "fail")
    assert judged.judged == (Judged("sync", 1, lost, op, 2, judged.verdict),)


@pytest.mark.parametrize(
    ("op", "verdict"),
    [("<", "fail"), ("<=", "fail"), ("==", "fail"), (">", "pass"), (">=", "pass"), ("!=", "pass")],
)
def test_what_never_came_is_later_than_every_number(tmp_path: Path, op: str, verdict: Any) -> None:
    judged = judge(tmp_path, f"sync.resume_p95 {op} 10s", {"sync": [ran({"resume_p95": None})], "temporal": [ran()]})
    assert judged.verdict == verdict
    why = "resume_p95 is censored: some never came"
    assert judged.judged == (Judged("sync", 1, None, op, 10.0, verdict, why),)


@pytest.mark.parametrize(("op", "verdict"), [("<", "pass"), (">", "fail"), ("==", "fail")])
def test_what_never_came_on_the_right_is_later_too(tmp_path: Path, op: str, verdict: str) -> None:
    sides = {"sync": [ran({"resume_p95": 1.5})], "temporal": [ran({"resume_p95": None})]}
    judged = judge(tmp_path, f"sync.resume_p95 {op} temporal.resume_p95 * 2", sides)
    assert judged.verdict == verdict
    assert (judged.judged[0].left, judged.judged[0].right) == (1.5, None)


def test_a_repetition_that_broke_off_proves_nothing_but_one_before_it_still_counts(tmp_path: Path) -> None:
    cut = ran({"lost": 7}, whole=False)
    judged = judge(tmp_path, "sync.lost == 0", {"sync": [cut], "temporal": [ran()]})
    assert judged.verdict == "unknown"
    assert judged.judged == (Judged("sync", 1, None, "==", None, "unknown", "sync did not complete it"),)
    judged = judge(tmp_path, "sync.lost == 0", {"sync": [ran({"lost": 1}), cut], "temporal": [ran(), ran()]}, repeat=2)
    assert [one.verdict for one in judged.judged] == ["fail", "unknown"]
    assert judged.verdict == "fail"


@pytest.mark.parametrize("op", ["<", "==", ">=", "!="])
def test_two_sides_that_never_came_cannot_be_compared(tmp_path: Path, op: str) -> None:
    sides = {label: [ran({"resume_p95": None})] for label in ("sync", "temporal")}
    judged = judge(tmp_path, f"sync.resume_p95 {op} temporal.resume_p95", sides)
    assert judged.verdict == "unknown"
    assert judged.judged[0].detail == "both sides are censored: neither ever came"


@pytest.mark.parametrize("expect", ["sync.resume_p95 < 10s", "temporal.resume_p95 > sync.resume_p95"])
def test_a_figure_without_data_is_unknown_with_its_reason(tmp_path: Path, expect: str) -> None:
    sync = ran(absent={"resume_p95": NO_DATA})
    judged = judge(tmp_path, expect, {"sync": [sync], "temporal": [ran({"resume_p95": 1.0})]})
    assert (judged.verdict, judged.judged[0].detail) == ("unknown", NO_DATA)


@pytest.mark.parametrize(("factor", "verdict"), [("", "fail"), (" * 0.5", "fail"), (" * 3", "pass")])
def test_the_right_side_may_be_multiplied(tmp_path: Path, factor: str, verdict: str) -> None:
    sides = {"sync": [ran({"lost": 2})], "temporal": [ran({"lost": 5})]}
    judged = judge(tmp_path, f"temporal.lost < sync.lost{factor}", sides)
    assert judged.verdict == verdict
    assert judged.judged[0].right == 2 * float(factor.removeprefix(" * ") or 1)


@pytest.mark.parametrize("label", ["sync", "temporal"])
def test_what_holds_for_a_system_that_took_nothing_up_is_unknown(tmp_path: Path, label: str) -> None:
    sides = {"sync": [ran({"lost": 0})], "temporal": [ran({"lost": 0})]}
    sides[label] = [ran({"lost": 0}, took_up=False)]
    judged = judge(tmp_path, "temporal.lost == sync.lost", sides)
    assert judged.verdict == "unknown"
    assert judged.judged[0].detail == f"{label} took nothing up, and so proves nothing"


def test_what_does_not_hold_for_a_system_that_took_nothing_up_is_a_fail(tmp_path: Path) -> None:
    sides = {"sync": [ran({"unserved": 6}, took_up=False)], "temporal": [ran()]}
    assert judge(tmp_path, "sync.unserved == 0", sides).verdict == "fail"


def test_a_system_that_acknowledged_nothing_but_worked_is_judged(tmp_path: Path) -> None:
    sides = {"sync": [ran({"lost": 6, "acknowledged": 0})], "temporal": [ran()]}
    assert [judge(tmp_path, f"sync.lost {op} 0", sides).verdict for op in ("==", ">=")] == ["fail", "pass"]


# -- where a fault missed, and where the machine was the bottleneck


@pytest.mark.parametrize(
    "expect", ["faults_landed == faults_planned", "faults_missed == 0", "faults_planned >= faults_landed"]
)
def test_a_line_about_faults_is_unknown_where_one_missed(tmp_path: Path, expect: str) -> None:
    metrics = {"faults_planned": 2, "faults_landed": 2, "faults_missed": 0}
    short = metrics | {"faults_landed": 1, "faults_missed": 1}
    judged = judge(tmp_path, expect, {"sync": [ran(metrics)], "temporal": [ran(short)]})
    assert judged.verdict == "unknown"
    assert [(one.verdict, one.detail) for one in judged.judged] == [
        ("pass", ""),
        ("unknown", "1 fault missed on temporal: the experiment broke, not a system"),
    ]


def test_a_line_about_something_else_is_judged_where_a_fault_missed(tmp_path: Path) -> None:
    sides = {"sync": [ran({"lost": 0, "faults_missed": 2})], "temporal": [ran()]}
    assert judge(tmp_path, "sync.lost == 0", sides).verdict == "pass"


def test_faults_that_missed_are_counted(tmp_path: Path) -> None:
    short = ran({"faults_missed": 2})
    judged = judge(tmp_path, "sync.faults_missed == 0", {"sync": [short], "temporal": [ran()]})
    assert judged.judged[0].detail == "2 faults missed on sync: the experiment broke, not a system"


PAIRS = [("a", "b"), ("sync", "temporal"), ("x", "y"), ("left", "right"), ("one", "two"), ("cut", "whole")]
BOTH: dict[str, tuple[str, Repetition, str]] = {
    "not complete": ("lost", ran(whole=False), "{} did not complete it"),
    "idle": ("lost", ran({"lost": 0}, took_up=False), "{} took nothing up, and so proves nothing"),
    "missed": (
        "faults_missed",
        ran({"faults_missed": 1}),
        "1 fault missed on {}: the experiment broke, not a system",
    ),
}


@pytest.mark.parametrize("labels", PAIRS)
@pytest.mark.parametrize(("metric", "repetition", "words"), BOTH.values(), ids=BOTH)
def test_where_both_sides_lack_something_the_first_by_name_is_told(
    tmp_path: Path, labels: tuple[str, str], metric: str, repetition: Repetition, words: str
) -> None:
    for left, right in (labels, labels[::-1]):
        path = tmp_path / "s.yaml"
        systems = f"{{{left}: {{system: sync}}, {right}: {{system: sync, retries: 1}}}}"
        path.write_text(f"name: x\nsystems: {systems}\nexpect: ['{left}.{metric} == {right}.{metric}']\n")
        (judged,) = judge_expectations(read(str(path))[0], {left: [repetition], right: [repetition]}, 1)
        assert (judged.verdict, judged.judged[0].detail) == ("unknown", words.format(labels[0]))


@pytest.mark.parametrize("labels", PAIRS)
def test_of_two_systems_that_were_not_selected_the_first_by_name_is_told(
    tmp_path: Path, labels: tuple[str, str]
) -> None:
    left, right = labels[::-1]
    path = tmp_path / "s.yaml"
    systems = f"{{{left}: {{system: sync}}, {right}: {{system: sync, retries: 1}}}}"
    path.write_text(f"name: x\nsystems: {systems}\nexpect: ['{left}.lost == {right}.lost']\n")
    (judged,) = judge_expectations(read(str(path))[0], {}, 1)
    assert (judged.verdict, judged.judged[0].detail) == ("n/a", f"{labels[0]} was not selected")


@pytest.mark.parametrize("labels", PAIRS)
def test_machines_that_were_busy_are_named_in_order(tmp_path: Path, labels: tuple[str, str]) -> None:
    path = tmp_path / "s.yaml"
    systems = f"{{{labels[1]}: {{system: sync}}, {labels[0]}: {{system: sync, retries: 1}}}}"
    path.write_text(f"name: x\nsystems: {systems}\nexpect: ['{labels[1]}.latency_p95 < {labels[0]}.cpu_seconds']\n")
    busy = overloaded(latency_p95=1.0, cpu_seconds=2.0)
    (judged,) = judge_expectations(read(str(path))[0], {label: [busy] for label in labels}, 1)
    words = f"overloaded: the machine was too busy for times of {labels[0]} and {labels[1]} to be compared"
    assert judged.judged[0].detail == words


def overloaded(**metrics: Any) -> Repetition:
    sound = CheckResult("healed", "valid", "")
    return ran(metrics, checks=(sound, CheckResult("headroom", "overloaded", "the machine was busy")))


@pytest.mark.parametrize(
    ("bound", "verdict"),
    [
        ("latency_p95 < 3s", "pass"),
        ("latency_p95 <= 2s", "pass"),
        ("latency_p95 <= 1s", "unknown"),
        ("latency_p95 > 1s", "unknown"),
        ("latency_p95 >= 2s", "unknown"),
        ("latency_p95 > 3s", "fail"),
        ("latency_p95 == 2s", "unknown"),
        ("latency_p95 != 3s", "unknown"),
        ("latency_p95 < ack_p95 * 9", "unknown"),
        ("throughput >= 5/s", "pass"),
        ("throughput > 7/s", "unknown"),
        ("throughput <= 7/s", "unknown"),
        ("throughput < 5/s", "fail"),
    ],
)
def test_of_times_of_an_overloaded_machine_only_what_is_good_or_bad_in_spite_of_it_is_judged(
    tmp_path: Path, bound: str, verdict: str
) -> None:
    busy = overloaded(latency_p95=2.0, ack_p95=1.0, throughput=6.0)
    judged = judge(tmp_path, f"sync.{bound}", {"sync": [busy], "temporal": [ran()]})
    assert judged.verdict == verdict
    assert judged.judged[0].detail.startswith("overloaded: ") == (verdict == "unknown")


@pytest.mark.parametrize(("bound", "verdict"), [("< 3s", "fail"), ("> 3s", "pass"), ("!= 3s", "pass")])
def test_what_never_came_is_no_matter_of_a_busy_machine(tmp_path: Path, bound: str, verdict: str) -> None:
    busy = msgspec.structs.replace(overloaded(latency_p95=None), censored=("latency_p95",))
    judged = judge(tmp_path, f"sync.latency_p95 {bound}", {"sync": [busy], "temporal": [ran()]})
    assert judged.verdict == verdict


@pytest.mark.parametrize("expect", ["temporal.latency_p95 < sync.latency_p95", "latency_p95 <= sync.latency_p95 * 2"])
@pytest.mark.parametrize("label", ["sync", "temporal"])
def test_times_of_two_columns_are_not_compared_where_either_was_overloaded(
    tmp_path: Path, expect: str, label: str
) -> None:
    sides = {"sync": [ran({"latency_p95": 2.0})], "temporal": [ran({"latency_p95": 1.0})]}
    sides[label] = [overloaded(latency_p95=1.5)]
    judged = judge(tmp_path, expect, sides)
    assert judged.judged[-1].verdict == "unknown"
    assert judged.judged[-1].detail == f"overloaded: the machine was too busy for times of {label} to be compared"


@pytest.mark.parametrize("expect", ["temporal.lost <= sync.lost", "temporal.cpu_seconds > sync.cpu_seconds"])
def test_counts_and_costs_stand_on_an_overloaded_machine(tmp_path: Path, expect: str) -> None:
    sides = {"sync": [overloaded(lost=3, cpu_seconds=1.0)], "temporal": [overloaded(lost=0, cpu_seconds=2.0)]}
    assert judge(tmp_path, expect, sides).verdict == "pass"


def test_without_a_label_every_system_is_meant(tmp_path: Path) -> None:
    judged = judge(tmp_path, "lost == 0", {"sync": [ran({"lost": 4})], "temporal": [ran({"lost": 0})]})
    assert judged.verdict == "fail"
    assert judged.judged == (
        Judged("sync", 1, 4, "==", 0, "fail"),
        Judged("temporal", 1, 0, "==", 0, "pass"),
    )


def test_without_a_label_both_sides_are_of_one_system(tmp_path: Path) -> None:
    sides = {"sync": [ran({"lost": 4, "failed": 5})], "temporal": [ran({"lost": 0, "failed": 0})]}
    judged = judge(tmp_path, "lost < failed", sides)
    assert [(one.system, one.left, one.right, one.verdict) for one in judged.judged] == [
        ("sync", 4, 5, "pass"),
        ("temporal", 0, 0, "fail"),
    ]


def test_every_system_is_held_against_the_one_that_is_named_on_the_right_alone(tmp_path: Path) -> None:
    sides = {"sync": [ran({"lost": 4, "failed": 5})], "temporal": [ran({"lost": 9, "failed": 0})]}
    judged = judge(tmp_path, "lost < sync.failed", sides)
    assert judged.verdict == "fail"
    assert [(one.system, one.left, one.right, one.verdict) for one in judged.judged] == [
        ("sync", 4, 5, "pass"),
        ("temporal", 9, 5, "fail"),
    ]


def test_what_is_named_on_the_right_alone_must_have_been_selected(tmp_path: Path) -> None:
    judged = judge(tmp_path, "lost < sync.failed", {"temporal": [ran({"lost": 9, "failed": 0})]})
    assert judged.verdict == "n/a"
    assert {one.detail for one in judged.judged} == {"sync was not selected"}


def test_a_system_that_no_fault_can_touch_is_still_what_others_are_held_against(tmp_path: Path) -> None:
    touched = ran({"lost": 2}, faults=(results.fault(landed=1),))
    judged = judge(tmp_path, "lost <= sync.lost", {"sync": [untouched()], "temporal": [touched]}, KILL)
    assert [(one.system, one.verdict) for one in judged.judged] == [("sync", "n/a"), ("temporal", "fail")]


def untouched(**changes: Any) -> Repetition:
    return ran({"lost": 0}, faults=(results.fault(planned=0, not_applicable=1),), **changes)


def test_without_a_label_a_system_that_no_fault_can_touch_is_left_out(tmp_path: Path) -> None:
    touched = ran({"lost": 0}, faults=(results.fault(landed=1),))
    judged = judge(tmp_path, "lost == 0", {"sync": [untouched()], "temporal": [touched]}, KILL)
    assert judged.verdict == "pass"
    assert [(one.system, one.verdict, one.detail) for one in judged.judged] == [
        ("sync", "n/a", "no fault applies to sync"),
        ("temporal", "pass", ""),
    ]


def test_a_fault_that_applies_is_enough(tmp_path: Path) -> None:
    faults = (results.fault(planned=0, not_applicable=1), results.fault(planned=1, preempted=1))
    sides = {"sync": [ran({"lost": 0}, faults=faults)], "temporal": [ran({"lost": 0})]}
    judged = judge(tmp_path, "lost == 0", sides, KILL)
    assert [one.verdict for one in judged.judged] == ["pass", "pass"]


def test_without_a_label_a_system_without_a_repetition_did_not_complete_it(tmp_path: Path) -> None:
    judged = judge(tmp_path, "lost == 0", {"sync": [], "temporal": [ran({"lost": 0})]})
    assert [(one.verdict, one.detail) for one in judged.judged] == [
        ("unknown", "sync did not complete it"),
        ("pass", ""),
    ]


def test_a_preempted_fault_applied(tmp_path: Path) -> None:
    preempted = ran({"lost": 0}, faults=(results.fault(planned=0, preempted=1),))
    judged = judge(tmp_path, "lost == 0", {"sync": [preempted], "temporal": [untouched()]}, KILL)
    assert [one.verdict for one in judged.judged] == ["pass", "n/a"]


def test_what_applies_nowhere_is_unknown(tmp_path: Path) -> None:
    judged = judge(tmp_path, "lost == 0", {"sync": [untouched()], "temporal": [untouched()]}, KILL)
    assert (judged.verdict, [one.verdict for one in judged.judged]) == ("unknown", ["n/a", "n/a"])


def test_with_a_label_a_system_that_no_fault_can_touch_is_judged(tmp_path: Path) -> None:
    judged = judge(tmp_path, "sync.lost == 0", {"sync": [untouched()], "temporal": [untouched()]}, KILL)
    assert judged.verdict == "pass"


@pytest.mark.parametrize("expect", ["temporal.lost == 0", "temporal.lost <= sync.lost", "sync.lost <= temporal.lost"])
def test_a_label_that_was_not_selected_is_not_applicable(tmp_path: Path, expect: str) -> None:
    judged = judge(tmp_path, expect, {"sync": [ran({"lost": 0})]})
    assert judged.verdict == "n/a"
    assert [(one.verdict, one.detail) for one in judged.judged] == [("n/a", "temporal was not selected")]


def test_every_repetition_must_hold(tmp_path: Path) -> None:
    sides = {"sync": [ran({"lost": 0}), ran({"lost": 1}), ran({"lost": 0})], "temporal": []}
    judged = judge(tmp_path, "sync.lost == 0", sides, repeat=3)
    assert judged.verdict == "fail"
    assert [(one.repetition, one.verdict) for one in judged.judged] == [(1, "pass"), (2, "fail"), (3, "pass")]


def test_a_repetition_that_did_not_complete_is_unknown(tmp_path: Path) -> None:
    judged = judge(tmp_path, "sync.lost == 0", {"sync": [ran({"lost": 0})], "temporal": []}, repeat=2)
    assert judged.verdict == "unknown"
    assert [(one.verdict, one.detail) for one in judged.judged] == [
        ("pass", ""),
        ("unknown", "sync did not complete it"),
    ]
