"""Numbers of any size in a scenario and on the command line: none becomes infinite, each is refused at its place."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.cli.run import command
from harness.comparing.gate import read_gate
from harness.errors import ScenarioInvalid, UsageInvalid
from harness.planning.reading import read

MANY = "9" * 5000
HEAD = "name: x\nload: {tickets: 4}\nsystems: [sync]\n"
FAULT = HEAD + "faults: [{kind: worker_kill, when: WHEN}]\n"


def expecting(text: str) -> str:
    return f'{HEAD}expect: ["{text}"]\n'


def kill(when: str) -> str:
    return FAULT.replace("WHEN", when)


REFUSED = {
    "a seed": (f"{HEAD}seed: {MANY}\n", "4:7"),
    "a negative seed": (f"{HEAD}seed: -{MANY}\n", "4:7"),
    "a seed in hex": (f"{HEAD}seed: 0x{'f' * 5000}\n", "4:7"),
    "a seed of 64 bits": (f"{HEAD}seed: {2**63}\n", "4:7"),
    "an infinite seed": (f"{HEAD}seed: .inf\n", "4:7"),
    "a seed with an exponent": (f"{HEAD}seed: 1e999\n", "4:7"),
    "a seed with underscores": (f"{HEAD}seed: 1_000\n", "4:7"),
    "a key": (f"{HEAD}? {MANY}\n: 1\n", "4:3"),
    "repetitions": (f"{HEAD}repeat: {MANY}\n", "4:9"),
    "more repetitions than can be": (f"{HEAD}repeat: 1001\n", "4:9"),
    "more tickets in all than can be": (HEAD.replace("4}", "1001}") + "repeat: 1000\n", "4:9"),
    "tickets": (HEAD.replace("4}", f"{MANY}}}"), "2:17"),
    "more tickets than can be": (HEAD.replace("4}", "1000001}"), "2:17"),
    "a duration": (f"{HEAD}settle: {MANY}s\n", "4:9"),
    "a duration of years": (f"{HEAD}settle: 8761h\n", "4:9"),
    "a duration with an exponent": (f"{HEAD}settle: 1e999s\n", "4:9"),
    "a rate": (HEAD.replace("4}", f"4, arrival: {{rate: {MANY}/s}}}}"), "2:36"),
    "a rate of next to nothing": (HEAD.replace("4}", f"4, arrival: {{rate: 0.{'0' * 400}1/s}}}}"), "2:36"),
    "a weight": (HEAD.replace("4}", "4, priorities: {low: .inf}}"), "2:38"),
    "a share": (f"{HEAD}desk: {{outcomes: {{kb_miss: {MANY}}}}}\n", "4:28"),
    "a share that is no number": (f"{HEAD}desk: {{outcomes: {{kb_miss: .nan}}}}\n", "4:28"),
    "threads": (HEAD.replace("[sync]", f"{{sync: {{threads: {MANY}}}}}"), "3:27"),
    "every": (kill(f"{{after: 1s, every: {MANY}s, times: 2}}"), "4:55"),
    "times": (kill(f"{{after: 1s, every: 1s, times: {MANY}}}"), "4:66"),
    "a threshold": (expecting(f"lost == {MANY}"), "4:19"),
    "a threshold of time": (expecting(f"recovery_p95 < {MANY}s"), "4:26"),
    "a threshold of bytes": (expecting(f"peak_rss < {MANY}GB"), "4:22"),
    "a threshold with an exponent": (expecting("lost == 1e999"), "4:19"),
    "a factor": (expecting(f"sync.lost <= sync.lost * {MANY}"), "4:34"),
}


@pytest.mark.parametrize(("text", "at"), REFUSED.values(), ids=REFUSED)
def test_it_is_refused_at_its_place_in_a_line_or_two(tmp_path: Path, text: str, at: str) -> None:
    path = tmp_path / "scenario.yaml"
    path.write_text(text)
    with pytest.raises(ScenarioInvalid) as caught:
        read(str(path))
    (mistake,) = caught.value.mistakes
    assert f"{mistake.line}:{mistake.column}" == at
    assert len(mistake.message) < 500 or "key" in mistake.message


@pytest.mark.parametrize("option", ["--seed", "--repeat", "--jobs", "--time-limit"])
@pytest.mark.parametrize("value", [MANY, "1e999", "inf", "nan", "0x10", f"{MANY}s"])
def test_options_are_held_to_the_same(option: str, value: str) -> None:
    assert CliRunner().invoke(command, ["worker-kill", option, value]).exit_code == 2


def test_the_highest_seed_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "scenario.yaml"
    path.write_text(f"{HEAD}seed: {2**63 - 1}\n")
    assert read(str(path))[0].seed == 2**63 - 1


@pytest.mark.parametrize("limit", [f"lost > +{MANY}", f"recovery_p95 > +{MANY}%", f"recovery_p95 > +{MANY}s"])
def test_gates_are_held_to_the_same(limit: str) -> None:
    with pytest.raises(UsageInvalid, match="expected"):
        read_gate(limit)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("settle: 5min", "write 5m"),
        ("settle: 90 sec", "write 90s"),
        ("settle: 2 hours", "write 2h"),
        ("settle: 5d", ""),
        ("settle: 60", ""),
        ("load: {arrival: {rate: 200/min}}", "write 200/m"),
        ("load: {arrival: {rate: 20 per second}}", "write 20/s"),
        ("load: {arrival: {rate: 20s}}", ""),
        ("systems: {sync: {walk_lease: 1sec}}", "write 1s"),
        ("systems: {temporal: {heartbeat: 1sec}}", "write 1s"),
        ("expect: ['drain < 5min']", "write 5m"),
        ("expect: ['throughput > 3/sec']", "write 3/s"),
    ],
)
def test_a_unit_that_is_spelt_otherwise_is_refused_with_what_to_write(tmp_path: Path, text: str, hint: str) -> None:
    (tmp_path / "s.yaml").write_text(f"name: x\n{text}\n")
    with pytest.raises(ScenarioInvalid) as refused:
        read(str(tmp_path / "s.yaml"))
    (mistake,) = refused.value.mistakes
    assert mistake.message.partition("; write ")[2] == hint.removeprefix("write ")


@pytest.mark.parametrize(("written", "rate"), [("20/s", 20.0), ("200/m", 200 / 60), ("500/h", 500 / 3600)])
def test_a_rate_is_by_the_second_the_minute_or_the_hour(tmp_path: Path, written: str, rate: float) -> None:
    (tmp_path / "s.yaml").write_text(f"name: x\nload: {{arrival: {{rate: {written}}}}}\n")
    assert read(str(tmp_path / "s.yaml"))[0].load.arrival.rate == pytest.approx(rate)
