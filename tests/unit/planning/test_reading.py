"""Reading a scenario: everything right is read, everything wrong is told at once, with its place."""

import os
import textwrap
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.errors import ScenarioInvalid
from harness.faults.kinds.activity_failure import ActivityFailure
from harness.faults.kinds.worker_kill import WorkerKill
from harness.faults.triggers.choosing import TicketShare
from harness.faults.triggers.when import When
from harness.planning.reading import read
from harness.planning.reading.bundled import bundled
from harness.planning.scenario import Arrival, Operand, Scenario
from systems.desk.model import Step, Window
from tests.support.chaos import chaos

FULL = """\
    name: kill-mid-investigation
    description: one worker dies
    seed: 42
    repeat: 1
    load:
      tickets: 40
      arrival: {rate: 20/s}
      priorities: {low: 5, medium: 3, high: 2}
      timeout: 60s
      resubmit: {attempts: 0, backoff: 200ms, on: [info, fail]}
    desk:
      step_time: {default: 20ms, agent_investigate: 300ms}
      agents: {regular: 80, senior: 80}
      agent_timeout: 5s
      agent_poll: 100ms
      outcomes: {kb_miss: 30%, resolution_invalid: 0.3, no_agent: 0.0}
      safeguards: {idempotency: false, locking: atomic}
      database: sqlite
    systems:
      sync: {system: sync, processes: 2, threads: 8, retries: 0}
      sync-hardened: {system: sync, retries: 3, resubmit: {attempts: 3}, safeguards: {idempotency: true}}
      temporal: {system: temporal, layout: combined, profile: tuned}
    faults:
      - kind: worker_kill
        when: {step: agent_investigate, occurrence: 1, window: before_effect}
        restart_after: 500ms
      - name: second
        kind: activity_failure
        step: notify_customer
        tickets: {share: 30%}
        error: hang
        duration: 2s
    settle: 60s
    expect:
      - "temporal.lost == 0"
      - "temporal.recovery_p95 < 10s"
      - "temporal.lost <= sync.lost * 2"
      - "faults_landed == faults_planned"
"""


def scenario_from(folder: Path, text: str) -> Scenario:
    path = folder / "s.yaml"
    path.write_text(textwrap.dedent(text))
    return read(str(path))[0]


def mistakes(folder: Path, text: str | bytes) -> list[str]:
    """Return every mistake as line:column: message."""
    path = folder / "s.yaml"
    path.write_bytes(text if isinstance(text, bytes) else textwrap.dedent(text).encode())
    with pytest.raises(ScenarioInvalid) as caught:
        read(str(path))
    return [f"{one.line}:{one.column}: {one.message}" for one in caught.value.mistakes]


def test_the_whole_language_is_read(tmp_path: Path) -> None:
    scenario = scenario_from(tmp_path, FULL)
    kill, failure = scenario.faults
    assert isinstance(kill, WorkerKill)
    assert isinstance(failure, ActivityFailure)
    assert (scenario.name, scenario.seed, scenario.settle) == ("kill-mid-investigation", 42, 60.0)
    assert scenario.load.arrival == Arrival(rate=20.0)
    assert scenario.desk.step_time["agent_investigate"] == 0.3
    assert scenario.desk.step_time["close_ticket"] == 0.02
    assert scenario.desk.outcomes.kb_miss == 0.3
    assert kill.when == When(step=Step.AGENT_INVESTIGATE, window=Window.BEFORE_EFFECT)
    assert (kill.target, kill.restart_after, kill.line) == ("owner", 0.5, 24)
    assert (failure.tickets, failure.duration, failure.name) == (TicketShare(0.3), 2.0, "second")
    hardened = scenario.systems[1]
    assert (hardened.resubmit.attempts, hardened.resubmit.backoff, hardened.safeguards.idempotency) == (3, 0.2, True)
    assert hardened.safeguards.locking == "atomic"
    compared = scenario.expect[2]
    assert (compared.left, compared.op, compared.right, compared.factor) == (
        Operand("lost", "temporal"),
        "<=",
        Operand("lost", "sync"),
        2.0,
    )
    assert scenario.expect[1].right == 10.0
    assert scenario.expect[3].left == Operand("faults_landed")


def test_a_name_is_enough_and_null_sections_are_absent_ones(tmp_path: Path) -> None:
    plain = scenario_from(tmp_path, "name: x\n")
    assert [block.label for block in plain.systems] == ["sync", "temporal"]
    assert plain == scenario_from(tmp_path, "name: x\nload:\ndesk: ~\nfaults: null\nexpect:\nsystems:\n")


def test_priorities_in_part_are_zero_elsewhere(tmp_path: Path) -> None:
    priorities = scenario_from(tmp_path, "name: x\nload: {priorities: {high: 1}}\n").load.priorities
    assert (priorities.low, priorities.medium, priorities.high) == (0, 0, 1)


@pytest.mark.parametrize("path", bundled(), ids=lambda path: path.stem)
def test_every_bundled_scenario_is_valid_and_asks_a_question(path: Path) -> None:
    scenario, _ = read(path.stem)
    assert scenario.name == path.stem
    assert "?" in scenario.description


def test_words_of_yaml_1_1_are_text_and_small_aliases_are_allowed(tmp_path: Path) -> None:
    text = "name: x\nload:\n  resubmit: &again {attempts: 1, on: [info]}\nsystems:\n  sync: {resubmit: *again}\n"
    scenario = scenario_from(tmp_path, text)
    assert scenario.systems[0].resubmit.on == ("info",)
    assert mistakes(tmp_path, "name: x\ndesk: {safeguards: {idempotency: yes}}\n") == [
        "2:34: desk.safeguards.idempotency: expected true or false; found 'yes'"
    ]


CASES = {
    "an unknown key": ("name: x\nlode: 1\n", ["2:1: unknown key: expected one of name, "]),
    "a wrong type": ("name: x\nseed: many\n", ["2:7: seed: expected a whole number; found 'many'"]),
    "a bad duration": ("name: x\nsettle: 60\n", ["2:9: settle: expected a duration with a unit, such as "]),
    "a bare number of seconds": ("name: x\nexpect: ['drain < 10']\n", ["2:19: drain is measured in s: expected a dur"]),
    "seconds beside tickets": (
        "name: x\nexpect: ['lost <= sync.latency_p95']\n",
        ["2:19: lost is measured in count: expected a metric of the same unit, found latency_p95, in s"],
    ),
    "a missing name": ("seed: 1\n", ["1:1: a scenario requires the key 'name': expected text"]),
    "a missing kind": ("name: x\nfaults:\n  - when: {after: 1s}\n", ["3:5: a fault requires the key 'kind'"]),
    "a missing trigger": (
        "name: x\nfaults:\n  - kind: worker_kill\n",
        ["3:5: faults[1] requires the key 'when': expected a "],
    ),
    "two triggers": (
        "name: x\nfaults:\n  - kind: worker_kill\n    when: {after: 1s, progress: 50%}\n",
        ["4:11: when: expected exactly one of after, progress, step; found after and progress"],
    ),
    "every without after": (
        "name: x\nfaults:\n  - kind: worker_kill\n    when: {progress: 50%, every: 1s, times: 2}\n",
        ["4:11: when: every and times go with after only"],
    ),
    "an owner without a step": (
        "name: x\nfaults:\n  - kind: worker_kill\n    target: owner\n    when: {after: 1s}\n",
        ["4:13: target: owner goes with a step trigger only"],
    ),
    "a when where none belongs": (
        "name: x\nfaults:\n  - {kind: activity_failure, step: close_ticket, when: {after: 1s}}\n",
        ["3:50: unknown key: expected one of kind, name, step, "],
    ),
    "a hang without a duration": (
        "name: x\nfaults:\n  - {kind: activity_failure, step: close_ticket, error: hang}\n",
        ["3:57: error: hang requires the key 'duration': expected more than 0s, found none"],
    ),
    "a duration without a hang": (
        "name: x\nfaults:\n  - {kind: activity_failure, step: close_ticket, duration: 2s}\n",
        ["3:60: duration: goes with error: hang only"],
    ),
    "a step that nobody passes": (
        "name: x\nload: {priorities: {low: 1}}\nfaults:\n  - kind: worker_kill\n    when: {step: apply_urgent_fix}\n",
        ["5:18: expected a step that some planned ticket passes, found apply_urgent_fix, which none does"],
    ),
    "a visit that the listed ticket does not make": (
        (
            "name: x\nload: {tickets: 10, priorities: {medium: 1}}\ndesk: {outcomes: {escalation_rejected: 1}}\n"
            "faults:\n  - {kind: activity_failure, step: assign_agent, visit: 2, tickets: [1]}\n"
        ),
        ["5:69: tickets: expected at least one that comes to assign_agent 2 times, found none in 1"],
    ),
    "an occurrence past the end": (
        "name: x\nfaults:\n  - kind: worker_kill\n    when: {step: apply_urgent_fix, occurrence: 99}\n",
        ["4:48: expected at most 8, as many planned tickets pass apply_urgent_fix; found 99"],
    ),
    "tickets that are not planned": (
        "name: x\nfaults:\n  - {kind: activity_failure, step: close_ticket, tickets: [2, 77, 78]}\n",
        ["3:63: tickets: expected numbers from 1 to 40, as many are planned; found 77", "3:67: tickets: expected"],
    ),
    "the same point twice": (
        "name: x\nfaults:\n" + 2 * "  - {kind: worker_kill, when: {step: close_ticket}}\n",
        ["4:5: expected a point of its own, found that of the fault in line 3: close_ticket, before_effect, ticket 1"],
    ),
    "a settle too short": (
        "name: x\nsettle: 1s\nsystems: [temporal]\nfaults:\n  - {kind: worker_kill, when: {after: 1s}}\n",
        ["5:5: settle (line 2): expected at least 12.02 s, as temporal may need so long to recover from this fault"],
    ),
    "a step longer than its time-out": (
        "name: x\ndesk: {step_time: 11s}\nsystems: {temporal: {start_to_close: 10s}}\n",
        ["3:38: temporal: expected every step_time below start-to-close, 10 s; found 11 s for "],
    ),
    "too few processes for the layout": (
        "name: x\nsystems: {temporal: {layout: per_group, processes: 2}}\n",
        ["2:30: temporal: per_group: expected at least 3 processes, one a group; found 2"],
    ),
    "a label that is a metric": (
        "name: x\nsystems: {lost: {system: sync}}\n",
        ["2:11: systems: expected a label that "],
    ),
    "a typo in a metric": (
        "name: x\nexpect: ['sync.lst == 0']\n",
        ["2:16: unknown metric 'lst' (did you mean lost?): expected one that `chaos metrics` lists, found 'lst'"],
    ),
    "a typo in a label": (
        "name: x\nexpect: ['snyc.lost == 0']\n",
        ["2:11: unknown system: expected one of sync, temporal; found 'snyc' (did you mean sync?)"],
    ),
    "a typo in an operator": (
        "name: x\nexpect: [sync.lost = 0]\n",
        ["2:20: expected one of < <= == != >= >"],
    ),
    "no expectation at all": ("name: x\nexpect: ['lost']\n", ['2:11: expected "[label.]metric OP value"']),
    "more after the value": ("name: x\nexpect: ['lost == 0 ever']\n", ["2:21: expected nothing after the value"]),
    "duplicate keys": (
        "name: x\nseed: 1\nseed: 2\n",
        ["3:1: expected the key 'seed' once, found it again (first in line 2)"],
    ),
    "not YAML": ("name: [x\nseed: 1\n", ["2:5: not YAML: "]),
    "a tab": ("name: x\nload:\n\ttickets: 1\n", ["3:1: not YAML: "]),
    "a tag that its text is not": (
        "name: x\nseed: !!int y\nrepeat: !n:float z\nload: {tickets: !!bool 3}\ndesk: !!null a\n",
        [
            "2:7: seed: expected a whole number; found 'y'",
            "3:9: repeat: expected a whole number of at least 1; found 'z'",
            "4:17: load.tickets: expected a whole number of at least 1; found '3'",
            "5:7: desk: expected a mapping, found 'a'",
        ],
    ),
    "a control sign": ("name: x\nseed: 1\x1b[31m\n", ["2:8: expected text, found the control sign U+001B"]),
    "a mark of byte order in the middle": (
        "name: x\nexpect: [\ufeff]\n",
        ["2:10: expected text, found the control sign U+FEFF"],
    ),
    "a control sign after a line that YAML alone breaks": (
        "name: x\x85# \0\n",
        ["2:3: expected text, found the control sign U+0000"],
    ),
    "two documents": ("name: x\n---\nname: y\n", ["2:1: expected one document, found a second one"]),
    "an empty file": ("", ["1:1: expected a scenario, found an empty file"]),
    "only a list": ("- a\n- b\n", ["1:1: a scenario: expected a mapping, found a list"]),
    "a collection as key": ("name: x\n[seed]: 1\n", ["2:1: expected a name as key, found a collection"]),
    "a mapping as key of a fault": (
        "name: x\nfaults:\n  - {kind: worker_kill, {a: b}: c, when: {after: 1s}}\n",
        ["3:25: expected a name as key, found a collection"],
    ),
    "a merge key": ("name: x\n<<: {seed: 1}\n", ["2:1: unknown key: expected one of name, "]),
    "no UTF-8": (b"name: x\ndescription: \xff\n", ["2:14: expected UTF-8, found the byte 0xff"]),
    "deep nesting": ("name: " + "[" * 20_000, ["1:56: expected at most 50 levels, found more"]),
    "an alias in itself": (
        "name: &a [*a]\n",
        ["1:7: expected an alias of something else, found one inside what it names"],
    ),
    "a Chaos Toolkit file": (
        "version: 1.0.0\ntitle: What if\nmethod: []\n",
        ["2:1: expected a scenario of this harness, with load, systems and faults; found a Chaos Toolkit experiment"],
    ),
    "escape sequences": ('name: x\nseed: "\\e[31mred"\n', ["2:7: seed: expected a whole number; found '\\x1b[31mred'"]),
}


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES)
def test_a_mistake_is_told_with_its_place(tmp_path: Path, text: str | bytes, expected: list[str]) -> None:
    told = mistakes(tmp_path, text)
    assert [one[: len(start)] for one, start in zip(told, expected, strict=True)] == expected
    assert not any("\x1b" in one for one in told)
    assert all(("expected" in one and "found" in one) or "not YAML" in one for one in told)


def test_an_occurrence_past_the_end_names_a_seed_that_would_do(tmp_path: Path) -> None:
    when = "{step: validate_resolution, occurrence: 2}"
    text = f"name: x\nload: {{tickets: 4}}\nfaults:\n  - kind: worker_kill\n    when: {when}\n"
    for seed in range(1, 40):
        try:
            scenario_from(tmp_path, f"seed: {seed}\n{text}")
        except ScenarioInvalid as invalid:
            (mistake,) = invalid.mistakes
            named = mistake.message.rpartition("; seed ")[2].removesuffix(" would do")
            assert scenario_from(tmp_path, f"seed: {named}\n{text}")
            return
    raise AssertionError("every seed had two such tickets")


def test_an_alias_bomb_is_refused_at_once(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    (told,) = mistakes(tmp_path, "\n".join(lines))
    assert "values, found more (do aliases multiply?)" in told


def test_all_mistakes_are_told_at_once_in_order(tmp_path: Path) -> None:
    told = mistakes(tmp_path, "name: X\nseed: a\nsettle: 3\nsystems: {one: {system: no}}\nexpect: [x]\n")
    assert [one.split(": ")[0] for one in told] == ["1:7", "2:7", "3:9", "4:25", "5:10"]


@pytest.mark.parametrize("kind", ["missing", "folder", "pipe"])
def test_what_is_no_file_is_refused(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "s.yaml"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    with pytest.raises(ScenarioInvalid, match="expected a scenario file, found"):
        read(str(path))


def test_a_file_s_name_acts_on_no_terminal_and_breaks_no_line(tmp_path: Path) -> None:
    path = tmp_path / "a\nb\x1b[31m\u202e.yaml"
    path.write_text("nam: x\n")
    shown = f"{tmp_path}/a\\x0ab\\x1b[31m\\u202e.yaml"
    with pytest.raises(ScenarioInvalid) as caught:
        read(str(path))
    assert all(line.startswith(f"{shown}:1:1: ") for line in str(caught.value).splitlines())
    assert caught.value.mistakes[0].file == str(path)
    refused = chaos("validate", str(path))
    assert (refused.code, refused.err.splitlines()) == (2, str(caught.value).splitlines())
    path.write_text("name: x\n")
    assert shown in "".join(chaos("validate", str(path)).out.split("\n"))


def test_an_unknown_bundled_name_suggests_the_nearest() -> None:
    with pytest.raises(ScenarioInvalid, match=r"did you mean worker-kill\?"):
        read("worker-kil")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_mutilated_scenario_is_read_or_refused_with_places_inside_the_file(
    tmp_path: Path, data: st.DataObject
) -> None:
    text = textwrap.dedent(FULL)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 20)))
    broken = text[:start] + data.draw(st.text(alphabet="{}[]:,-&*!|>'\"% \n\tab10#é", max_size=6)) + text[end:]
    path = tmp_path / "s.yaml"
    path.write_bytes(broken.encode())
    lines = broken.split("\n")
    try:
        read(str(path))
    except ScenarioInvalid as invalid:
        places = [(one.line, one.column) for one in invalid.mistakes]
    else:
        places = [(1, 1)]
    assert places
    assert all(1 <= line <= len(lines) + 1 and column >= 1 for line, column in places)
