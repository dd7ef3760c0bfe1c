"""The network between processes, really cut: every mode lands on a hop with proof, heals, and does what it should."""

from collections import Counter
from pathlib import Path

import msgspec
import pytest

from harness.history.phases import RunPhase
from harness.history.run_records import AnyRecord, LinkOpened, Phase
from systems.system import HOPS
from tests.support.chaos import Ran, latest, run_scenario

SCENARIO = """
    name: network
    seed: 5
    load: {tickets: 6, arrival: {rate: 3/s}, timeout: 20s, resubmit: {attempts: 12, backoff: 300ms}}
    desk:
      step_time: {default: 40ms, agent_investigate: 600ms, agent_resolve: 600ms}
      io_timeout: 4s
      database: DATABASE
    systems: SYSTEMS
    faults:
      - {kind: network, BETWEEN, MODE, when: {after: 1s}, duration: 1500ms}
    settle: 90s
"""
BOTH = "{sync: {system: sync, retries: 3}, temporal: {system: temporal, processes: 1, profile: tuned}}"
"""The service has two processes, each with a link of its own on a hop of workers."""
ALONE = {
    "client-service": "{sync: {system: sync, processes: 1}}",
    "worker-engine": "{temporal: {system: temporal, processes: 1, profile: tuned}}",
    "client-engine": "{temporal: {system: temporal, processes: 1, profile: tuned}}",
}
MODES = (
    "mode: hold",
    "mode: lose",
    "mode: lose, direction: up",
    "mode: lose, direction: down",
    "mode: reset",
    "mode: refuse",
    "mode: slow, delay: 100ms",
    "mode: slow, rate: 20000/s",
)
CASES = [pytest.param(hop, mode, id=f"{hop} {mode}", marks=pytest.mark.soak) for hop in HOPS for mode in MODES]
IN_PART = f"""
    name: network-in-part
    seed: 5
    load: {{tickets: 10, arrival: {{rate: 2/s}}, timeout: 20s, resubmit: {{attempts: 12, backoff: 300ms}}}}
    desk:
      step_time: {{default: 40ms, agent_investigate: 600ms, agent_resolve: 600ms}}
      io_timeout: 4s
    systems: {BOTH}
    faults:
      - {{kind: network, between: worker-receiver, mode: hold, when: {{after: 1s}}, duration: 1500ms}}
      - {{kind: network, between: client-service, mode: refuse, systems: [sync], when: {{after: 3s}}, duration: 1500ms}}
      - kind: network
        between: worker-engine
        mode: lose
        when: {{after: 3s}}
        duration: 1500ms
        systems: [temporal]
    settle: 90s
"""
"""The hop that both systems have is cut first, and one of each system's own once that has healed."""


def cut(folder: Path, hop: str, mode: str) -> Ran:
    systems = ALONE.get(hop, BOTH)
    words = {
        "SYSTEMS": systems,
        "BETWEEN": f"between: {hop}",
        "MODE": mode,
        "DATABASE": "postgresql" if hop == "worker-store" else "sqlite",
    }
    text = SCENARIO
    for word, meant in words.items():
        text = text.replace(word, meant)
    return run_scenario(folder, text)


def assert_it_lands_and_heals(ran: Ran, label: str, landed: list[int]) -> None:
    repetition = ran.repetition(label)
    assert [fault["landed"] for fault in repetition["faults"]] == landed, repetition["faults"]
    # A busy machine makes it slow, not wrong.
    assert set(ran.checks(label).values()) <= {"valid", "overloaded"}, repetition["checks"]
    assert repetition["metrics"]["lost"] == 0
    assert repetition["metrics"]["wrong_outcome"] == 0


def test_three_modes_land_and_heal_on_the_hops_to_the_receiver_the_service_and_the_engine(tmp_path: Path) -> None:
    ran = run_scenario(tmp_path, IN_PART)
    assert_it_lands_and_heals(ran, "sync", [1, 1, 0])
    assert_it_lands_and_heals(ran, "temporal", [1, 0, 1])


@pytest.mark.parametrize(("hop", "mode"), CASES)
def test_every_mode_lands_and_heals_on_every_hop(tmp_path: Path, hop: str, mode: str) -> None:
    ran = cut(tmp_path, hop, mode)
    for label in ran.result["systems"]:
        assert_it_lands_and_heals(ran, label, [1])


DEAD = """
    name: dead
    seed: 5
    load: {tickets: 10, arrival: {rate: 4/s}, timeout: 60s}
    desk: {step_time: {default: 40ms, agent_investigate: 600ms, agent_resolve: 600ms}}
    systems:
      default: {system: temporal, profile: default}
      tuned: {system: temporal, profile: tuned}
    faults:
      - {kind: network, between: worker-engine, mode: lose, when: {after: 1s}, duration: 3s}
    settle: 120s
"""


@pytest.mark.soak
def test_a_dead_connection_is_found_by_keep_alive_alone(tmp_path: Path) -> None:
    ran = run_scenario(tmp_path, DEAD)
    stood = {label: ran.metrics(label)["unavailable"] for label in ("default", "tuned")}
    assert 38 <= stood["default"] <= 50
    assert stood["tuned"] <= 3 + 4


UNCUT = """
    name: uncut
    seed: 5
    load: {tickets: 200, arrival: {rate: 8/s}}
    systems: {temporal: {system: temporal, profile: tuned}}
    faults:
      - {kind: network, between: worker-engine, mode: slow, delay: 1s, when: {after: 1h}, duration: 1s}
    settle: 180s
"""
"""Nothing is cut, as the fault is never due, and yet the proxy writes down who connects."""


@pytest.mark.soak
def test_a_keep_alive_of_a_second_breaks_no_connection_that_works(tmp_path: Path) -> None:
    ran = run_scenario(tmp_path, UNCUT)
    figures = ran.metrics("temporal")
    assert (figures["finished"], figures["retries"], figures["faults_missed"]) == (200, 0, 1)
    journals = (latest(tmp_path) / "temporal" / "1" / "journal").glob("*.jsonl")
    decoder = msgspec.json.Decoder(AnyRecord)
    written = [record for journal in journals for record in decoder.decode_lines(journal.read_bytes())]
    # Until the last ticket has ended: histories are exported after it, as fast as the engine can.
    quiet = next(record.t for record in written if isinstance(record, Phase) and record.name == RunPhase.QUIET)
    opened = Counter(record.link for record in written if isinstance(record, LinkOpened) and record.t < quiet)
    assert opened == {"worker-engine/0": 1, "worker-engine/1": 1}
