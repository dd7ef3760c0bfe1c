"""What was under way at the moment that was called quiet, to the nanosecond."""

from pathlib import Path

import pytest

from harness.history.model import Attempt, History, Process
from harness.history.run_records import Exited, LiveAtEnd, Phase
from harness.judging.checks.check import CheckFinding
from harness.judging.checks.quiescence import quiescence
from harness.judging.evidence import Evidence
from harness.planning.plan import Plan
from tests.support import histories

QUIET = 9_000_000_000
IS_QUIET = CheckFinding("valid", "nothing was live, open or under way when settling ended")


@pytest.fixture
def made(tmp_path: Path) -> Plan:
    return histories.plan(tmp_path)


def ended_quietly(started: int, ended: int | None, died: int | None) -> History:
    """Let a run become quiet, with an attempt of ticket 4 and the end of its worker at these moments."""
    history = History("sync", 1)
    history.phases = [Phase(0, QUIET, "quiet")]
    history.attempts = [Attempt("a", 4, "verify_fix", 1, started, ended=ended, proc="p")]
    exited = None if died is None else Exited(0, died, "p", 0, None, 1.0, 1)
    history.processes["p"] = Process("p", "worker", 1, 1, exited=exited)
    return history


@pytest.mark.parametrize(
    ("started", "ended", "died", "is_quiet"),
    [
        (QUIET + 1, None, None, False),
        (QUIET + 1, QUIET + 2, None, False),
        (QUIET - 1, None, None, False),
        (QUIET - 1, QUIET, None, True),
        (QUIET - 1, QUIET + 1, None, False),
        (QUIET - 1, None, QUIET, False),
        (QUIET - 1, None, QUIET - 1, True),
    ],
)
def test_an_attempt_of_a_process_that_lived_which_ended_later_is_no_quiet(
    made: Plan, started: int, ended: int | None, died: int | None, *, is_quiet: bool
) -> None:
    finding = quiescence(Evidence(made, ended_quietly(started, ended, died)))
    busy = CheckFinding("unknown", "settling ended as if all were quiet, while these were under way: T-0004")
    assert finding == (IS_QUIET if is_quiet else busy)


def test_what_was_under_way_is_named_in_the_order_of_tickets(made: Plan) -> None:
    history = ended_quietly(QUIET - 1, None, None)
    history.at_end = LiveAtEnd(0, QUIET, (8, 1), (), ())
    words = "settling ended as if all were quiet, while these were under way: T-0001, T-0004, T-0008"
    assert quiescence(Evidence(made, history)) == CheckFinding("unknown", words)
