"""A deploy: what scenarios may say of it, what it does on a stage, and what proves that it landed and was undone."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from harness.faults.kinds.deploy import Deploy
from harness.faults.spec import Attestation, FaultInstance
from harness.faults.stage import Stage
from harness.faults.triggers.when import When
from harness.history.model import History
from harness.planning.plan import Plan
from systems import registry
from systems.desk.releases import FlowRelease
from tests.support import histories
from tests.support.histories import OTHER_SPARE, SPARE, A, B, judged, ns
from tests.support.spool import SPOOL
from tests.unit.planning.test_reading import mistakes

DEPLOY = "faults:\n  - {kind: deploy, when: {after: 70ms}, release: insert_step}\n"
ROLLBACK = DEPLOY.replace("}\n", ", grace: 1s, rollback_after: 100ms}\n")


def deployed(folder: Path, text: str = DEPLOY, release: str = "insert_step") -> tuple[Plan, History]:
    """Return a plan with the deploy, and a history in which the tickets' last steps come after it."""
    made = histories.plan(folder, text)
    history = histories.healthy(made)
    histories.roll_out(history, release, 71)
    return made, history


def attested(made: Plan, history: History) -> Attestation:
    return made.scenario.faults[0].attest(made.faults[0], history)


# -- what scenarios may say


@pytest.mark.parametrize(
    ("load", "fault", "wanted"),
    [
        ("", "{kind: deploy, when: {after: 1s}, release: insert_steps}", "expected one of append_step, insert_step"),
        ("", "{kind: deploy, when: {after: 1s}}", "requires the key 'release'"),
        ("", "{kind: deploy, release: insert_step}", "requires the key 'when'"),
        (
            "load: {priorities: {high: 1}}",
            "{kind: deploy, when: {after: 1s}, release: insert_step}",
            "release: expected a release whose change some planned ticket passes, found insert_step, which none does",
        ),
        (
            "",
            "{kind: deploy, when: {after: 1s, every: 1s, times: 2}, release: insert_step}",
            "a release is rolled out once: expected no times, found 2",
        ),
        (
            "settle: 30s",
            "{kind: deploy, when: {after: 1s}, release: insert_step, grace: 2s, rollback_after: 31s}",
            "settle (line 3): expected at least",
        ),
    ],
)
def test_what_is_refused(tmp_path: Path, load: str, fault: str, wanted: str) -> None:
    refused = mistakes(tmp_path, f"name: x\nsystems: [sync]\n{load}\nfaults:\n  - {fault}\n")
    assert [line for line in refused if wanted in line], refused


def test_a_release_that_another_seed_would_let_tickets_pass_is_told_with_it(tmp_path: Path) -> None:
    load = "load: {tickets: 2, priorities: {low: 1}}"
    fault = "{kind: deploy, when: {after: 1s}, release: remove_step}"
    (refused,) = mistakes(tmp_path, f"name: x\n{load}\nfaults:\n  - {fault}\n")
    assert refused.endswith("found remove_step, which none does; seed 3 would do")


# -- what proves it


def test_it_landed_where_old_workers_left_new_ones_serve_and_a_ticket_went_on(tmp_path: Path) -> None:
    made, history = deployed(tmp_path)
    found = attested(made, history)
    assert (found.fate, found.healed, found.moment, found.procs) == ("landed", True, ns(71), (A, B))
    assert found.detail == "2 workers run insert_step in the place of 2"


def never_left(history: History) -> None:
    history.processes[B].exited = None


def never_ready(history: History) -> None:
    history.processes[OTHER_SPARE].ready = None


def another_release(history: History) -> None:
    history.processes[SPARE].release = "swap_steps"


def nobody_went_on(history: History) -> None:
    history.attempts = [attempt for attempt in history.attempts if (attempt.ended or 0) <= ns(71)]


@pytest.mark.parametrize(
    ("break_it", "why"),
    [
        (never_left, "worker 2 (12-1) was not reaped"),
        (never_ready, "no worker 2 of insert_step became ready"),
        (another_release, "no worker 1 of insert_step became ready"),
        (nobody_went_on, "no ticket that had begun before completed a step after"),
    ],
)
def test_it_missed_where_one_of_that_is_not_so(tmp_path: Path, break_it: Any, why: str) -> None:
    made, history = deployed(tmp_path)
    break_it(history)
    found = attested(made, history)
    assert (found.fate, found.detail) == ("missed", why)


def test_it_missed_where_it_never_began(tmp_path: Path) -> None:
    made = histories.plan(tmp_path, DEPLOY)
    found = attested(made, histories.healthy(made))
    assert (found.fate, found.detail, found.healed) == ("missed", "it was never injected", True)


def test_a_rollback_is_healed_once_the_first_releases_workers_are_back(tmp_path: Path) -> None:
    made, history = deployed(tmp_path, ROLLBACK)
    assert attested(made, history).healed is False
    for proc in (SPARE, OTHER_SPARE):
        histories.crash(history, proc, 150, "1.1")
    for proc, index in (("15-1", 1), ("16-1", 2)):
        histories.spawn(history, proc, index, 152)
    found = attested(made, history)
    assert (found.fate, found.healed) == ("landed", True)


def test_workers_that_were_never_told_to_leave_may_stay_for_their_tickets(tmp_path: Path) -> None:
    made = histories.plan(tmp_path, ROLLBACK)
    history = histories.healthy(made)
    histories.roll_out(history, "insert_step", 71, beside=True)
    found = attested(made, history)
    assert (found.fate, found.healed) == ("landed", True)


def test_every_ticket_under_way_is_exposed(tmp_path: Path) -> None:
    made, history = deployed(tmp_path)
    assert judged(made, history).faults[0].exposed == 3  # the first ticket had ended before


# -- what it does


class Staged:
    """A stage of two workers that notes what is done on it; each part of it is itself."""

    def __init__(self, *, binds: bool = False, looks_until_drained: int = 1, under_way: Sequence[int] = (1,)) -> None:
        self.told: list[str] = []
        self.alive = ["a", "b"]
        self.clock = self.processes = self.releases = self.operator = self
        self._binds = binds
        self._looks = looks_until_drained
        self._under_way = under_way

    async def due(self, at_s: float | None, progress: float | None) -> int | None:
        assert (at_s, progress) == (1.0, None)
        return 5

    def under_way(self) -> Sequence[int]:
        return self._under_way

    async def sleep(self, duration_s: float) -> None:
        self.told.append(f"sleep {duration_s:g}")

    def release(self, point: str) -> None:
        self.told.append(f"release {point}")

    def workers(self) -> Sequence[str]:
        return list(self.alive)

    async def signal(self, proc: str, number: Any, fault: str) -> bool:
        self.told.append(f"{number.name} {proc} for {fault}")
        self.alive.remove(proc)
        return True

    async def reaped(self, proc: str, within_s: float) -> bool:
        assert within_s == 2
        return proc not in self.alive

    async def start(self, procs: Sequence[str], release: str) -> None:
        fresh = [f"{proc[0]}-{release or 'first'}" for proc in procs]
        self.told.append(f"start {' '.join(fresh)}")
        self.alive += fresh

    async def take_over(self, release: str) -> None:
        self.told.append(f"take over {release or 'first'}")

    async def is_drained(self, release: str) -> bool:
        self._looks -= 1
        self.told.append(f"drained {release or 'first'}? {self._looks <= 0}")
        return self._looks <= 0

    def are_tickets_bound(self) -> bool:
        return self._binds

    def begun(self, fault: str, planned: int, procs: Sequence[str] = ()) -> None:
        self.told.append(f"begun {fault} {planned} {' '.join(procs)}")

    def ended(self, fault: str, *, healed: bool, injected: bool, note: str = "") -> None:
        self.told.append(f"ended {fault} {healed} {injected} {note}".strip())


def done(stage: Staged, **keys: Any) -> list[str]:
    """Deploy on the stage, and return what was done between begin and end."""
    fault = Deploy(line=1, name=None, when=When(after=1.0), release=FlowRelease.INSERT_STEP, grace=2.0, **keys)
    instance = FaultInstance("1.1", 1, "deploy", at_s=1.0)
    asyncio.run(fault.inject(instance, cast("Stage", stage)))
    assert (stage.told[0], stage.told[-1]) == ("begun 1.1 5 a b", "ended 1.1 True True")
    return stage.told[1:-1]


def test_at_once_all_leave_before_the_first_of_the_release_starts() -> None:
    assert done(Staged()) == [
        "SIGTERM a for 1.1",
        "SIGTERM b for 1.1",
        "release 1.1",
        "start a-insert_step b-insert_step",
        "take over insert_step",
    ]


def test_rolling_one_is_replaced_after_the_other() -> None:
    assert done(Staged(), shape="rolling") == [
        "SIGTERM a for 1.1",
        "release 1.1",
        "start a-insert_step",
        "SIGTERM b for 1.1",
        "release 1.1",
        "start b-insert_step",
        "take over insert_step",
    ]


def test_a_rollback_replaces_the_workers_of_the_release_by_those_of_the_first() -> None:
    assert done(Staged(), rollback_after=3.0)[5:] == [
        "sleep 3",
        "SIGTERM a-insert_step for 1.1",
        "SIGTERM b-insert_step for 1.1",
        "release 1.1",
        "start a-first b-first",
        "take over first",
    ]


def test_workers_to_which_tickets_are_bound_stay_until_these_have_ended() -> None:
    assert done(Staged(binds=True, looks_until_drained=2)) == [
        "release 1.1",
        "start a-insert_step b-insert_step",
        "take over insert_step",
        "drained first? False",
        "sleep 0.2",
        "drained first? True",
        "SIGTERM a for 1.1",
        "SIGTERM b for 1.1",
        "release 1.1",
    ]


def test_a_rollback_beside_workers_that_stayed_gives_them_the_new_work_again() -> None:
    assert done(Staged(binds=True), rollback_after=3.0)[3:] == [
        "sleep 3",
        "take over first",
        "drained insert_step? True",
        "SIGTERM a-insert_step for 1.1",
        "SIGTERM b-insert_step for 1.1",
        "release 1.1",
    ]


def test_nothing_is_deployed_while_no_ticket_is_under_way() -> None:
    stage = Staged(under_way=())
    fault = Deploy(line=1, name=None, when=When(after=1.0), release=FlowRelease.INSERT_STEP)
    asyncio.run(fault.inject(FaultInstance("1.1", 1, "deploy", at_s=1.0), cast("Stage", stage)))
    assert stage.told == ["release 1.1", "ended 1.1 True False no ticket was under way"]


def test_a_deploy_is_for_systems_that_can_run_another_release() -> None:
    fault = Deploy(line=1, name=None, when=When(after=1.0), release=FlowRelease.INSERT_STEP)
    able = {name: fault.applies_to(one.settings.capabilities) for name, one in registry.BUNDLED.items()}
    assert able == dict.fromkeys(able, True)
    assert fault.applies_to(SPOOL.settings.capabilities) is False
    assert msgspec.structs.replace(fault, rollback_after=4.0, grace=1.0).blocked_s() == 6.0
