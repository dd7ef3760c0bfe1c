"""network: what its keys and the rest of a scenario make impossible, and what of a proxy's journal proves a cut."""

from pathlib import Path

import pytest

from harness.faults.spec import Attestation
from harness.history.model import History
from harness.history.run_records import FaultBegun, FaultEnded, LinkCut, LinkForwards, LinkHealed
from harness.planning.plan import Plan
from systems.desk.limits import STORE_ANSWER_S
from systems.desk.model import MESSAGES
from tests.support.histories import SCENARIO, A, healthy, ns, planned, submit
from tests.unit.planning.test_reading import mistakes, scenario_from

CUT = "kind: network, when: {after: 1s}, duration: 2s"


def scenario(keys: str, rest: str = "") -> str:
    return f"name: x\n{rest}faults:\n  - {{{CUT}, {keys}}}\n"


def test_the_way_to_a_store_that_is_a_file_cannot_be_cut(tmp_path: Path) -> None:
    keys = "between: worker-store, mode: hold"
    (told,) = mistakes(tmp_path, scenario(keys))
    assert told == (
        "3:63: between: worker-store needs a database with a server: "
        "expected postgresql as desk.database, by default sqlite; found sqlite, a file"
    )
    (told,) = mistakes(tmp_path, scenario(keys, "desk: {database: sqlite}\n"))
    assert told.startswith("4:63: ")
    assert "as desk.database (line 2); found sqlite" in told
    assert scenario_from(tmp_path, scenario(keys, "desk: {database: postgresql}\n"))


def test_settling_sees_a_store_given_up_whose_answers_are_lost(tmp_path: Path) -> None:
    on = "desk: {database: postgresql}\nsystems: [sync]\nsettle: SETTLE\n"
    keys = "between: worker-store, mode: lose"
    (told,) = mistakes(tmp_path, scenario(keys, on.replace("SETTLE", "30s")))
    assert f"expected at least {2 + STORE_ANSWER_S + 0.02:g} s, as sync may need so long" in told
    assert scenario_from(tmp_path, scenario(keys, on.replace("SETTLE", "35s")))
    assert scenario_from(tmp_path, scenario("between: worker-store, mode: hold", on.replace("SETTLE", "3s")))


@pytest.mark.parametrize(("profile", "needed_s"), [("default", 45.02), ("tuned", 3.52)])
def test_settling_sees_a_dead_connection_given_up(tmp_path: Path, profile: str, needed_s: float) -> None:
    on = f"systems: {{one: {{system: temporal, profile: {profile}}}}}\nsettle: 2s\n"
    (told,) = mistakes(tmp_path, scenario("between: worker-engine, mode: lose", on))
    assert f"expected at least {needed_s:g} s, as one may need so long" in told


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ("between: worker-engine, mode: slow", "mode: slow requires the key 'delay' or 'rate'; found neither"),
        ("between: worker-engine, mode: hold, delay: 1s", "delay: goes with mode: slow only"),
        ("between: worker-engine, mode: reset, direction: up", "direction: a connection has both"),
        ("between: client-service, mode: hold, target: one", "target: goes with hops of workers only"),
        ("between: worker-moon, mode: hold", "worker-moon"),
    ],
)
def test_keys_that_do_not_go_together_are_refused(tmp_path: Path, keys: str, message: str) -> None:
    (told,) = mistakes(tmp_path, scenario(keys))
    assert message in told


# -- what proves it


def cut(folder: Path, keys: str, **damage: int) -> tuple[Plan, History]:
    """Return a healthy history in which a link was cut from 20 ms to 60 ms, and did this damage."""
    made = planned(
        folder, SCENARIO + f"faults:\n  - {{kind: network, when: {{after: 20ms}}, duration: 40ms, {keys}}}\n"
    )
    history = healthy(made)
    history.faults_begun["1.1"] = FaultBegun(0, ns(20), "1.1", ns(20), (A,))
    history.faults_ended["1.1"] = FaultEnded(0, ns(60), "1.1", healed=True, injected=True)
    hop = made.scenario.faults[0].hop()
    history.links_cut.append(LinkCut(0, ns(20), "1.1", f"{hop}/0", "lose", "both", 1))
    history.links_healed.append(LinkHealed(0, ns(60), "1.1", f"{hop}/0", **damage))
    return made, history


def attested(made: Plan, history: History) -> Attestation:
    return made.scenario.faults[0].attest(made.faults[0], history)


LOST = "between: worker-receiver, mode: lose"


def test_bytes_that_were_lost_and_bytes_that_came_through_since_are_a_cut_that_healed(tmp_path: Path) -> None:
    made, history = cut(tmp_path, LOST, lost=7, dead=1)
    history.links_forward.append(LinkForwards(0, ns(61), "worker-receiver/0"))
    assert attested(made, history) == Attestation(
        "1.1", "landed", "7 bytes lost on 1 connections", ns(20), (A,), healed=True
    )
    history.links_healed[0] = LinkHealed(0, ns(60), "1.1", "worker-receiver/0")
    assert (attested(made, history).fate, attested(made, history).healed) == ("missed", True)


def test_a_cut_after_which_nothing_came_through_that_should_have_is_not_healed(tmp_path: Path) -> None:
    made, history = cut(tmp_path, LOST, lost=7, dead=1)
    assert any(one.started > ns(60) and one.step in MESSAGES for one in history.attempts)
    assert (attested(made, history).fate, attested(made, history).healed) == ("missed", False)


def test_a_cut_after_which_nobody_sent_anything_over_the_hop_is_healed(tmp_path: Path) -> None:
    made, history = cut(tmp_path, LOST, lost=7, dead=1)
    history.attempts = [one for one in history.attempts if one.started < ns(60) or one.step not in MESSAGES]
    assert attested(made, history).healed
    made, history = cut(tmp_path, "between: client-service, mode: lose, direction: down", lost=7, dead=1)
    assert all(sent.t < ns(60) for sent in history.submitted)
    assert attested(made, history).healed
    submit(history, 1, 2, 61)
    assert not attested(made, history).healed


def test_a_link_that_was_never_let_through_again_is_not_healed(tmp_path: Path) -> None:
    made, history = cut(tmp_path, LOST, lost=7, dead=1)
    history.links_healed.clear()
    assert (attested(made, history).fate, attested(made, history).healed) == ("missed", False)
