"""network, before anything runs: what its keys and the rest of a scenario make impossible."""

from pathlib import Path

import pytest

from systems.desk.limits import STORE_ANSWER_S
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
