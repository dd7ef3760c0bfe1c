"""engine_limit: the engine really holds steps back; nothing fails, nothing is repeated, and all of it is served."""

from pathlib import Path

from tests.support.chaos import latest, run_scenario

LIMITED = """
    name: limited
    load: {tickets: 12, arrival: {rate: 12/s}}  # more under way than the engine still hands out at once
    desk: {step_time: 20ms}
    systems:
      sync: {system: sync, processes: 1}
      temporal: {system: temporal, processes: 1, profile: tuned}
    faults:
      - {kind: engine_limit, when: {progress: 10%}, duration: 2s, rate: 2/s}
    settle: 30s
"""


def test_a_throttled_engine_delays_everything_and_breaks_nothing(tmp_path: Path) -> None:
    ran = run_scenario(tmp_path, LIMITED)
    (fault,) = ran.repetition("temporal")["faults"]
    assert (fault["landed"], fault["not_applicable"]) == (1, 0), ran.repetition("temporal")["checks"]
    assert set(ran.checks("temporal").values()) == {"valid"}, ran.repetition("temporal")["checks"]
    figures = ran.metrics("temporal")
    assert (figures["finished"], figures["retries"], figures["effects_duplicated"]) == (12, 0, 0)
    assert figures["interrupted"] == 0
    assert figures["delay_max"] > 0.5
    (spared,) = ran.repetition("sync")["faults"]
    assert (spared["planned"], spared["not_applicable"]) == (0, 1)
    said = (latest(tmp_path) / "temporal" / "1" / "journal").glob("harness-*.jsonl")
    lines = [line for file in said for line in file.read_text().splitlines() if '"kind":"throttled"' in line]
    assert [('"limit":2.0' in line, '"limit":null' in line) for line in lines] == 3 * [(True, False)] + 3 * [
        (False, True)
    ]
