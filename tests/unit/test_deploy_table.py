"""The table of deploys: its scenarios can be run; a cell has what came to tickets, and how often as expected."""

from pathlib import Path

import pytest

from benchmarks.deploys import HARM, KINDS, blocks, doubts, is_as_expected, name_of, scenario, table
from harness.planning.reading import read
from harness.runfolder.result import CheckResult, Repetition, Result, ScenarioName, SystemResult
from systems.desk.releases import FlowRelease
from tests.support.results import fault, repetition, result


@pytest.mark.parametrize("release", FlowRelease)
def test_every_release_meets_every_column(tmp_path: Path, release: FlowRelease) -> None:
    (tmp_path / "it.yaml").write_text(scenario(release, blocks()))
    read_back, _ = read(str(tmp_path / "it.yaml"))
    assert read_back.name == name_of(release)
    assert {block.label for block in read_back.systems} == {name_of(guard) for guard in KINDS}


def came_to(**harm: int) -> Repetition:
    return repetition(dict.fromkeys(HARM, 0) | {"submitted": 8} | harm, faults=(fault(landed=1),))


def rolled_out(release: str, unguarded: tuple[Repetition, ...], **others: Repetition) -> Result:
    columns = {name_of(guard): SystemResult({}, (others.get(guard, came_to()),)) for guard in KINDS}
    columns["none"] = SystemResult({}, unguarded)
    return result(scenario=ScenarioName(name_of(release), ""), systems=columns)


def test_a_cell_has_what_came_to_tickets_in_the_least_and_the_most_harmed_repetition() -> None:
    told = table([rolled_out("insert_step", (came_to(wedged=4), came_to(wedged=5)), auto_upgrade=came_to(wedged=5))])
    head, _, row = told.splitlines()
    assert head == f"| release | {' | '.join(KINDS)} |"
    assert row == "| `insert_step` | wedged 4–5 of 8 | wedged 5 of 8 | unharmed | unharmed | unharmed |"


def test_who_got_another_calls_result_is_not_told_of_twice() -> None:
    row = table([rolled_out("swap_purposes", (came_to(wrong_results=3, mixed_paths=3),))]).splitlines()[-1]
    assert row.startswith("| `swap_purposes` | got another call's result 3 of 8 | unharmed (as expected in 0 of 1) |")


def test_a_figure_that_is_absent_is_unknown_and_no_harm_avoided() -> None:
    blind = came_to()
    del blind.metrics["wedged"]
    row = table([rolled_out("insert_step", (came_to(wedged=4), blind))]).splitlines()[-1]
    assert row.startswith("| `insert_step` | unknown: no wedged | unharmed (as expected in 0 of 1) |")


def test_what_came_out_otherwise_is_said() -> None:
    row = table([rolled_out("insert_step", (came_to(wedged=4), came_to(lost=1)))]).splitlines()[-1]
    assert "| wedged 0–4, lost 0–1 of 8 (as expected in 1 of 2) |" in row


def test_who_got_another_call_s_result_went_a_mixed_path_as_well_and_a_renamed_step_may_be_tried_for_ever() -> None:
    assert is_as_expected("swap_purposes", "none", {"wrong_results", "mixed_paths"})
    assert not is_as_expected("swap_purposes", "none", {"mixed_paths"})
    assert is_as_expected("rename_step", "none", {"wedged", "lost"})
    assert not is_as_expected("rename_step", "none", {"lost"})
    assert not is_as_expected("insert_step", "patched", {"wedged"})


def test_a_doubt_is_named_and_a_busy_machine_is_none() -> None:
    checks = (CheckResult("headroom", "overloaded", "97 %"), CheckResult("quiescence", "unknown", "not quiet"))
    doubted = repetition(dict.fromkeys(HARM, 0), checks=checks, faults=(fault(landed=0),))
    assert list(doubts([rolled_out("insert_step", (doubted,))])) == [
        "insert-step none 1: quiescence unknown: not quiet",
        "insert-step none 1: 0 of 1 deploys landed",
    ]
