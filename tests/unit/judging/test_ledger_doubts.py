"""What the receiver's ledger cannot say if the receiver did as it should, line by line."""

from pathlib import Path

import pytest

from harness.history.model import Attempt, History
from harness.judging.checks.ledger import ledger_doubts
from harness.judging.evidence import Evidence
from systems.desk.rows import LedgerEntry
from tests.support import histories

IDEMPOTENT = histories.SCENARIO.replace("[sync]", "{sync: {safeguards: {idempotency: true}}}")
APPLIED, DROPPED = True, False


def line(seq: int, attempt: str, *, applied: bool, nth: int = 1) -> LedgerEntry:
    return LedgerEntry(seq, 5 + seq, 4, "notify_customer", "solution", nth, attempt, applied)


@pytest.mark.parametrize(
    ("text", "second", "words"),
    [
        (IDEMPOTENT, line(1, "b", applied=DROPPED), []),
        (IDEMPOTENT, line(1, "b", applied=APPLIED), ["the receiver applied effect 1, which it was to drop"]),
        (IDEMPOTENT, line(1, "b", applied=APPLIED, nth=2), []),
        (
            IDEMPOTENT,
            line(1, "b", applied=DROPPED, nth=2),
            ["the receiver dropped effect 1, which it was to apply"],
        ),
        (histories.SCENARIO, line(1, "b", applied=APPLIED), []),
        (histories.SCENARIO, line(1, "b", applied=DROPPED), ["the receiver dropped effect 1, which it was to apply"]),
        (
            histories.SCENARIO,
            line(1, "a", applied=APPLIED),
            ["attempt a sent one effect, and the receiver has it twice"],
        ),
    ],
)
def test_a_repeat_is_dropped_where_it_is_to_be_and_nothing_else(
    tmp_path: Path, text: str, second: LedgerEntry, words: list[str]
) -> None:
    history = History("sync", 1)
    history.attempts = [Attempt(name, 4, "notify_customer", 1, 1) for name in ("a", "b")]
    history.ledger = [line(0, "a", applied=APPLIED), second]
    assert ledger_doubts(Evidence(histories.planned(tmp_path, text), history)) == words


def test_two_lines_of_an_attempt_that_no_journal_has_are_not_the_receivers(tmp_path: Path) -> None:
    history = History("sync", 1)
    history.ledger = [line(0, "ghost", applied=APPLIED), line(1, "ghost", applied=APPLIED)]
    assert ledger_doubts(Evidence(histories.plan(tmp_path), history)) == []


def test_of_a_system_that_the_plan_does_not_know_no_repeat_is_judged(tmp_path: Path) -> None:
    history = History("another", 1)
    history.ledger = [line(0, "a", applied=DROPPED)]
    assert ledger_doubts(Evidence(histories.plan(tmp_path), history)) == []
