"""A fault that follows another, beside what became of that one: the whole attestation, of literal ones."""

from pathlib import Path
from typing import Any

import pytest

from harness.faults.spec import Attestation
from harness.judging.followers import held_against_followed
from harness.planning.plan import Plan
from tests.support import histories
from tests.support.histories import ns

CHAIN = """\
faults:
  - {kind: worker_kill, name: third, when: {fault: second, after: 100ms}}
  - {kind: worker_kill, name: second, when: {fault: first, after: 100ms}}
  - {kind: worker_kill, name: first, when: {after: 1s, every: 1s, times: 2}}
"""
NOT_LANDED = "first, which it follows, did not land"


@pytest.fixture
def made(tmp_path: Path) -> Plan:
    return histories.plan(tmp_path, CHAIN)


def attested(fault: str, fate: Any, moment: float | None = None) -> Attestation:
    return Attestation(fault, fate, "its own", None if moment is None else ns(moment), healed=True)


def second(made: Plan, own: tuple[Any, float | None], *firsts: tuple[Any, float | None]) -> tuple[str, str]:
    """Return what becomes of the second fault beside both instances of the first."""
    attestations = [attested("1.1", "n/a"), attested("2.1", *own)]
    attestations += [attested(f"3.{number}", *first) for number, first in enumerate(firsts, start=1)]
    judged = held_against_followed(made, {fate.id: fate for fate in attestations})
    assert [judged[fate.id] for fate in attestations if fate.id != "2.1"] == [attestations[0], *attestations[2:]]
    return judged["2.1"].fate, judged["2.1"].detail


@pytest.mark.parametrize(
    ("own", "firsts", "outcome"),
    [
        (("landed", 1100), [("landed", 1000), ("landed", 2000)], ("landed", "its own")),
        (("landed", 1010), [("landed", 1000), ("missed", 500)], ("missed", "it struck 0.09 s too early after first")),
        (("landed", 1100), [("missed", 1000), ("landed", None)], ("missed", f"it struck, but {NOT_LANDED}")),
        (("landed", None), [("missed", None), ("missed", None)], ("landed", "its own")),
        (("missed", 1100), [("missed", None), ("missed", None)], ("missed", NOT_LANDED)),
        (("missed", None), [("landed", 1000), ("missed", None)], ("missed", "its own")),
        (("missed", None), [("preempted", None), ("preempted", None)], ("preempted", NOT_LANDED)),
        (("missed", None), [("preempted", None), ("missed", None)], ("missed", NOT_LANDED)),
        (("not yet due", None), [("missed", None), ("missed", None)], ("not yet due", "its own")),
    ],
)
def test_a_fault_that_follows_another_landed_only_so_long_after_that_one(
    made: Plan, own: tuple[Any, float | None], firsts: list[tuple[Any, float | None]], outcome: tuple[str, str]
) -> None:
    assert second(made, own, *firsts) == outcome


def test_a_miss_goes_down_the_chain_in_whichever_order_it_is_written(made: Plan) -> None:
    fates = [
        attested("1.1", "landed", 1200),
        attested("2.1", "landed", 1100),
        attested("3.1", "missed"),
        attested("3.2", "missed"),
    ]
    judged = held_against_followed(made, {fate.id: fate for fate in fates})
    assert [(judged[fate.id].fate, judged[fate.id].detail) for fate in fates] == [
        ("missed", "it struck, but second, which it follows, did not land"),
        ("missed", f"it struck, but {NOT_LANDED}"),
        ("missed", "its own"),
        ("missed", "its own"),
    ]
