"""A kind of fault that only a test knows: what proves it, and what speaks against it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.faults.spec import Attestation, FaultInstance
from harness.faults.triggers.when import When
from harness.history.model import History, Stop
from harness.history.run_records import FaultEnded
from systems.desk.fault_mode import FaultMode
from tests.support.blackout import Blackout
from tests.support.histories import A, B, healthy, ns, plan

FAULT = Blackout(1, None, When(after=0.041), 0.1)


def dark(folder: Path) -> tuple[FaultInstance, History]:
    """Return a history in which both workers stood still from 41 to 141 ms."""
    made = plan(folder, "")
    history = healthy(made)
    (instance,) = FAULT.schedule(1, made.tickets, 1)
    for proc in (A, B):
        history.processes[proc].stops = [Stop("1.1", ns(41), is_whole=True, continued=ns(141))]
    history.faults_ended["1.1"] = FaultEnded(0, ns(141), "1.1", healed=True, injected=True)
    return instance, history


def test_it_landed_where_busy_workers_stood_still_and_went_on(tmp_path: Path) -> None:
    assert FAULT.attest(*dark(tmp_path)) == Attestation(
        "1.1", "landed", "2 workers stood still", ns(41), (A, B), healed=True
    )


def wrote(history: History) -> None:
    history.processes[A].stops[0].wrote = True


def went_on_too_soon(history: History) -> None:
    history.processes[B].stops[0].continued = ns(42)


def nobody_was_busy(history: History) -> None:
    history.attempts, history.requests, history.residencies = [], [], []


def nobody_stood_still(history: History) -> None:
    for process in history.processes.values():
        process.stops = []


@pytest.mark.parametrize(
    ("broken", "detail"),
    [
        (wrote, "worker 1 wrote, or stood still for 0.10 s only"),
        (went_on_too_soon, "worker 2 wrote, or stood still for 0.00 s only"),
        (nobody_was_busy, "no worker was busy"),
        (nobody_stood_still, "no worker stood still"),
    ],
)
def test_it_missed_where_the_records_speak_against_it(
    tmp_path: Path, broken: Callable[[History], None], detail: str
) -> None:
    instance, history = dark(tmp_path)
    broken(history)
    attested = FAULT.attest(instance, history)
    assert (attested.fate, attested.detail, attested.healed) == ("missed", detail, True)


def test_it_is_not_healed_while_a_worker_stands_still(tmp_path: Path) -> None:
    instance, history = dark(tmp_path)
    history.processes[A].stops[0].continued = None
    assert not FAULT.attest(instance, history).healed


def test_what_it_does_not_say_itself_the_seam_says(tmp_path: Path) -> None:
    instance, _ = dark(tmp_path)
    assert (FAULT.kind(), FAULT.fault_mode(), FAULT.failures()) == ("blackout", FaultMode.PAUSED_WORKER, 1)
    assert (FAULT.blocked_s(), FAULT.grace_s(), FAULT.first_answer_s()) == (0.1, None, None)
    assert (FAULT.points(instance), FAULT.rendezvous(instance), FAULT.duplicate_submissions(instance)) == ((), (), ())
    assert (FAULT.dropped_answers(instance), FAULT.needs_two(), FAULT.must_fail(5.0)) == (0, False, False)
    assert FAULT.with_defaults(frozenset()) is FAULT
