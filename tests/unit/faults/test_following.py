"""A fault that follows another: what scenarios may say of it, what is planned, and what proves that it landed."""

from pathlib import Path

import msgspec
import pytest

from harness.faults.spec import Attestation, Following, applies
from harness.judging.followers import held_against_followed
from harness.planning import plan as planning
from harness.planning.plan import Plan
from systems.settings import Capability
from tests.unit.planning.test_reading import mistakes, scenario_from

FIRST = "{name: first, kind: worker_kill, when: {step: close_ticket}}"
SECOND = "{name: second, kind: worker_kill, when: {fault: first, after: 200ms}}"
THIRD = "{name: third, kind: engine_kill, when: {fault: second, after: 1s}}"
SECOND_NS = 1_000_000_000


def text(*faults: str) -> str:
    """Return a scenario of both systems whose faults begin in line 3."""
    return "name: x\nfaults:\n" + "".join(f"  - {fault}\n" for fault in faults)


def plan(folder: Path, *faults: str) -> Plan:
    return planning.build(scenario_from(folder, text(*faults)))


def test_a_fault_is_planned_after_another_by_name(tmp_path: Path) -> None:
    first, second = plan(tmp_path, FIRST, SECOND).faults
    assert first.following is msgspec.UNSET
    assert (second.id, second.following, second.at_s, second.step) == ("2.1", Following("first", 0.2), None, None)


def test_it_may_stand_before_the_one_that_it_follows(tmp_path: Path) -> None:
    assert [instance.id for instance in plan(tmp_path, SECOND, FIRST).faults] == ["1.1", "2.1"]


@pytest.mark.parametrize("others", [(), ("{kind: answer_lost}",), ("{kind: engine_kill, when: {after: 1s}}",)])
def test_it_needs_no_name_of_its_own(tmp_path: Path, others: tuple[str, ...]) -> None:
    *_, last = plan(tmp_path, FIRST, *others, SECOND.replace("name: second, ", "")).faults
    assert last.following == Following("first", 0.2)


def test_a_plan_without_it_is_written_as_before_it_was_known(tmp_path: Path) -> None:
    (instance,) = plan(tmp_path, FIRST).faults
    assert "following" not in msgspec.to_builtins(instance)


@pytest.mark.parametrize(
    ("faults", "wanted"),
    [
        (
            [FIRST.replace("first", "other"), SECOND],
            "expected the name of one other fault; found 'first', where other, second",
        ),
        (
            [FIRST, FIRST.replace("close_ticket", "assign_agent"), SECOND],
            "expected the name of one other fault; found 2",
        ),
        ([SECOND.replace("fault: first", "fault: second")], "expected a fault that does not wait for this one"),
        (
            [SECOND, SECOND.replace("name: second", "name: first").replace("fault: first", "fault: second")],
            "expected a fault that does not wait for this one; found 'first', which does",
        ),
        ([FIRST, SECOND.replace("after: 200ms", "progress: 50%")], "fault goes with after only: expected after"),
        (
            [FIRST, SECOND.replace("200ms", "200ms, every: 1s, times: 2")],
            "expected neither every nor times beside fault",
        ),
    ],
)
def test_what_cannot_be_followed_is_refused_where_it_stands(tmp_path: Path, faults: list[str], wanted: str) -> None:
    refused = mistakes(tmp_path, text(*faults))
    assert [line for line in refused if wanted in line], refused


def test_a_fault_that_cannot_be_read_is_not_also_one_that_is_not_there(tmp_path: Path) -> None:
    refused = mistakes(tmp_path, text(FIRST.replace("close_ticket", "close_tickets"), SECOND))
    assert len(refused) == 1, refused


def test_what_follows_a_fault_that_a_system_cannot_take_is_none_for_it_either(tmp_path: Path) -> None:
    after_engine = "{name: fourth, kind: worker_kill, when: {fault: third, after: 1s}}"
    faults = plan(tmp_path, FIRST, SECOND, THIRD, after_engine).scenario.faults
    assert [applies(fault, faults, frozenset()) for fault in faults] == [True, True, False, False]
    assert all(applies(fault, faults, frozenset({Capability.ENGINE})) for fault in faults)


def attested(fate: str, at_s: float | None) -> Attestation:
    moment = None if at_s is None else int(at_s * SECOND_NS)
    return msgspec.convert(
        {"id": "", "fate": fate, "detail": "", "moment": moment, "healed": True}, Attestation, strict=False
    )


@pytest.mark.parametrize(
    ("first", "second", "wanted"),
    [
        (("landed", 1.0), ("landed", 1.2), ("landed", "")),
        (("landed", 1.0), ("landed", 1.16), ("landed", "")),
        (("landed", 1.0), ("landed", 1.1), ("missed", "it struck 0.10 s too early after first")),
        (("missed", None), ("landed", 1.2), ("missed", "it struck, but first, which it follows, did not land")),
        (("missed", None), ("missed", None), ("missed", "first, which it follows, did not land")),
        (("preempted", None), ("missed", None), ("preempted", "first, which it follows, did not land")),
        (("landed", 1.0), ("missed", None), ("missed", "")),
    ],
)
def test_it_landed_only_so_long_after_the_one_that_it_follows(
    tmp_path: Path, first: tuple[str, float | None], second: tuple[str, float | None], wanted: tuple[str, str]
) -> None:
    made = plan(tmp_path, FIRST, SECOND)
    judged = held_against_followed(made, {"1.1": attested(*first), "2.1": attested(*second)})
    assert (judged["1.1"].fate, judged["1.1"].detail) == (first[0], "")
    assert (judged["2.1"].fate, judged["2.1"].detail) == wanted


def test_what_a_miss_makes_of_its_follower_that_makes_of_its_own(tmp_path: Path) -> None:
    made = plan(tmp_path, THIRD, SECOND, FIRST)
    fates = {"1.1": attested("landed", 3.0), "2.1": attested("landed", 2.0), "3.1": attested("missed", None)}
    assert {one.fate for one in held_against_followed(made, fates).values()} == {"missed"}
