"""What an engine must have left at the export: where each ticket was resident, and a history of each."""

from pathlib import Path

import pytest

from harness.history.model import Attempt, History
from harness.history.run_records import Phase, SupervisorLeft, Totals
from harness.judging.checks.check import CheckFinding
from harness.judging.checks.journal_intact import journal_intact
from harness.judging.evidence import Evidence
from systems.system import Residency
from tests.support import histories

ENGINE = histories.SCENARIO.replace("[sync]", "{sync: {system: temporal}}")
SOUND = CheckFinding("valid", "0 processes, 2 attempts, no gap")


def ran_two(resident: tuple[int, ...], exported: int, label: str = "sync") -> History:
    """Run a canary and ticket 4, with residencies of these tickets and so many histories."""
    history = History(label, 1)
    history.phases = [Phase(0, 9, "end")]
    history.attempts = [Attempt(str(ticket), ticket, "verify_fix", 1, 5) for ticket in (-1, 4)]
    history.residencies = [Residency(ticket, "p", 4, 8) for ticket in resident]
    history.exported = exported
    history.totals, history.supervisor_left = Totals(0, 9, 0, 0, len(resident), exported), SupervisorLeft(0, 9)
    return history


@pytest.mark.parametrize(
    ("resident", "exported", "words"),
    [
        ((-1, 4), 2, ""),
        ((-1, 4), 3, ""),
        ((-1, 4), 1, "expected a history of each of 2 tickets, found 1"),
        ((4,), 2, "nothing tells where C-0001 were resident"),
        ((), 2, "nothing tells where C-0001, T-0004 were resident"),
    ],
)
def test_an_engine_leaves_residency_and_history_of_each_ticket(
    tmp_path: Path, resident: tuple[int, ...], exported: int, words: str
) -> None:
    evidence = Evidence(histories.planned(tmp_path, ENGINE), ran_two(resident, exported))
    assert journal_intact(evidence) == (CheckFinding("unknown", words) if words else SOUND)


@pytest.mark.parametrize(("text", "label"), [(histories.SCENARIO, "sync"), (ENGINE, "another")])
def test_only_of_an_engine_residencies_are_asked_for(tmp_path: Path, text: str, label: str) -> None:
    evidence = Evidence(histories.planned(tmp_path, text), ran_two((), 0, label))
    assert journal_intact(evidence) == SOUND


def test_a_run_that_ended_before_its_export_is_not_asked_for_one(tmp_path: Path) -> None:
    history = ran_two((), 0)
    history.totals, history.phases = None, [Phase(0, 9, "interrupted")]
    assert journal_intact(Evidence(histories.planned(tmp_path, ENGINE), history)) == SOUND
