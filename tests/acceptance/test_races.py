"""Every cell of the table anomaly × safeguard × system: there with `none`, absent with the others, conflicts caught."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.chaos import Ran, chaos, only, run_scenario

LOCKINGS = ("none", "optimistic", "atomic")
LABELS = [f"{system}-{locking}" for system in ("sync", "temporal") for locking in LOCKINGS]
TWO_ROWS = "sync-two-rows"
"""The column of a ticket that becomes two: all that the two write is a lost update, which are counted elsewhere."""
RACES = """
    name: races
    seed: 457  # its races share no ticket: a writer who is refused ends its ticket, and no later race meets it
    load: {tickets: 6, arrival: all_at_once}
    desk: {step_time: 60ms}  # whoever took the agent first still has them as the second one writes
    systems:
      sync-none: {system: sync, processes: 1, safeguards: {locking: none}}
      sync-optimistic: {system: sync, processes: 1, safeguards: {locking: optimistic}}
      sync-atomic: {system: sync, processes: 1, safeguards: {locking: atomic}}
      temporal-none: {system: temporal, processes: 1, safeguards: {locking: none}}
      temporal-optimistic: {system: temporal, processes: 1, safeguards: {locking: optimistic}}
      temporal-atomic: {system: temporal, processes: 1, safeguards: {locking: atomic}}
      sync-two-rows: {system: sync, processes: 1, safeguards: {locking: none}}
    faults:
      - {kind: write_race, race: double_assign, systems: LABELS}
      - {kind: write_race, race: stale_write, systems: LABELS}
      - {kind: write_race, race: lost_update, systems: LABELS}
      - {kind: write_race, race: lost_update, first: flow, name: the operator writes last, systems: LABELS}
      - {kind: write_race, race: duplicate_submit, systems: TWICE}
    settle: 60s
"""
FEW = ("sync-none", "sync-optimistic", "temporal-none")
"""The safeguards are the desk's, whoever walks its tickets: each of them has tests of the store's own."""
ANOMALIES = ("double_assignments", "stale_writes", "lost_updates", "conflicts", "lost")


@pytest.mark.parametrize("labels", [FEW, pytest.param(LABELS, marks=pytest.mark.soak)], ids=["few", "all"])
def test_every_anomaly_is_there_without_a_safeguard_and_never_with_one(tmp_path: Path, labels: Sequence[str]) -> None:
    twice = [TWO_ROWS, *(label for label in LABELS if label != "sync-none")]
    text = RACES.replace("LABELS", str(LABELS)).replace("TWICE", str(twice))
    ran = run_scenario(tmp_path, text, *only([*labels, TWO_ROWS]))
    for label in [*labels, TWO_ROWS]:
        assert set(ran.checks(label).values()) == {"valid"}, (label, ran.repetition(label)["checks"])
        assert ran.metrics(label)["faults_landed"] == 4 * (label in LABELS) + (label in twice), label
    seen = {label: tuple(ran.metrics(label)[name] for name in ANOMALIES) for label in labels}
    # A blind write on the agent's row overwrites the other ticket's: the third lost update.
    with_a = {"none": (1, 1, 3, 0, 0), "optimistic": (0, 0, 0, 4, 0), "atomic": (0, 0, 0, 0, 0)}
    assert seen == {label: with_a[label.partition("-")[2]] for label in labels}
    # Two of the four conflicts hit the flow; the other two the operator.
    failed = {label: ran.metrics(label)["failed"] for label in labels}
    assert failed == {**dict.fromkeys(labels, 0), "sync-optimistic": 2}
    if "temporal-optimistic" in labels:
        assert ran.metrics("temporal-optimistic")["retries"] == 2
    assert_a_ticket_that_comes_twice_is_two_only_where_nothing_makes_its_number_unique(ran, labels)


def assert_a_ticket_that_comes_twice_is_two_only_where_nothing_makes_its_number_unique(
    ran: Ran, labels: Sequence[str]
) -> None:
    duplicates = {label: ran.metrics(label)["duplicate_tickets"] for label in [*labels, TWO_ROWS]}
    assert duplicates == {**dict.fromkeys(labels, 0), TWO_ROWS: 1}
    for label in {TWO_ROWS, "sync-atomic", "temporal-none", "temporal-atomic"} & duplicates.keys():
        assert ran.metrics(label)["finished"] == 6, label
        assert (ran.metrics(label)["effects_duplicated"] > 0) == (label == TWO_ROWS), label


@pytest.mark.soak
@pytest.mark.parametrize("race", ["double-assign", "lost-update", "duplicate-submit", "stale-write"])
def test_every_cell_of_the_race_table_twenty_times(tmp_path: Path, race: str) -> None:
    arguments = (f"race-{race}", "--repeat", "20", "--out", str(tmp_path), "--format", "json")
    ran = chaos("run", *arguments, timeout_s=3000)
    assert ran.code == 0, ran.out[-3000:]
    told = [f"{one['text']}: {one['verdict']}, {len(one['judged'])} judged" for one in ran.result["expectations"]]
    print(f"\nrace-{race}, 20 repetitions:\n  " + "\n  ".join(told))  # noqa: T201 - soak prints figures
