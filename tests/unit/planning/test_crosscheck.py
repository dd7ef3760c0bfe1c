"""What a scenario's parts make impossible together: all of it is told at once, and nothing that would have worked."""

from pathlib import Path

import pytest

from harness.errors import ScenarioInvalid
from harness.planning import plan as planning
from harness.planning.reading import read
from tests.unit.planning.test_reading import mistakes, scenario_from

STEP_S = 0.02
SETTLED_BY_DEFAULT_S = 60.0
TIME_OUT = "desk.agent_timeout, by default 5s"


def fault(text: str, settle: str = "60s", rest: str = "") -> str:
    """Return a scenario of both systems with one fault, in line 4."""
    return f"name: x\nsettle: {settle}\nfaults:\n  - {{{text}}}\n{rest}"


# -- settling


@pytest.mark.parametrize("settle", ["20s", "30s"])
@pytest.mark.parametrize(
    "kind",
    [
        "kind: activity_failure, step: close_ticket",
        "kind: activity_failure, step: close_ticket, error: permanent",
        "kind: activity_failure, step: close_ticket, error: hang, duration: 12s",
        "kind: write_race, race: lost_update",
        "kind: worker_kill, when: {step: close_ticket}",
        "kind: worker_kill, when: {after: 1s}, signal: TERM",
        "kind: long_pause, scope: ticket, when: {after: 1s}, duration: 2s",
        "kind: long_pause, scope: worker, when: {after: 1s}, duration: 12s",
        "kind: engine_kill, when: {after: 1s}",
        "kind: receiver_outage, when: {after: 1s}, duration: 2s",
    ],
)
def test_a_settle_that_sees_the_recovery_is_long_enough(tmp_path: Path, kind: str, settle: str) -> None:
    assert scenario_from(tmp_path, fault(kind, settle))


@pytest.mark.parametrize(
    ("kind", "needed_s"),
    [
        ("kind: worker_kill, when: {after: 1s}", 10 + 1 + 1 + STEP_S),
        ("kind: worker_kill, when: {step: close_ticket}, attempts: 3", 3 * (10 + 1 + 1 + STEP_S) + (2 - 1) + (4 - 1)),
        ("kind: engine_kill, when: {after: 1s}", 10 + 1 + 1 + STEP_S),
        ("kind: receiver_outage, when: {after: 1s}, duration: 2s, mode: slow, delay: 12s", 2 + 12 + STEP_S),
        ("kind: long_pause, scope: worker, when: {after: 1s}, duration: 11s", 10 + 1 + 1 + STEP_S),
        ("kind: long_pause, scope: worker, when: {after: 1s}, duration: 3s", 3 + STEP_S),
        ("kind: activity_failure, step: close_ticket, error: hang, duration: 10s", 10 + 1 + 1 + STEP_S),
        ("kind: activity_failure, step: close_ticket, error: hang, duration: 3s", 3 + STEP_S),
        ("kind: activity_failure, step: close_ticket", 1 + STEP_S),
        ("kind: activity_failure, step: close_ticket, attempts: 3", 1 + 2 + 4 + STEP_S),
        ("kind: activity_failure, step: close_ticket, error: permanent", STEP_S),
        ("kind: store_outage, when: {after: 1s}, duration: 5s", 5 + STEP_S),
    ],
)
def test_what_settling_needs_follows_from_what_the_recovery_waits_for(
    tmp_path: Path, kind: str, needed_s: float
) -> None:
    (told,) = mistakes(tmp_path, fault(kind, "1ms"))
    assert told.startswith(f"4:5: settle (line 2): expected at least {needed_s:g} s, as ")
    assert told.endswith("; found 0.001 s")
    assert scenario_from(tmp_path, fault(kind, f"{needed_s:g}s"))


def test_a_settle_by_default_is_named_where_a_fault_needs_more(tmp_path: Path) -> None:
    kill, pause = "when: {after: 1s}", "scope: ticket, when: {after: 1s}, duration: 61s"
    text = f"name: x\nfaults:\n  - {{kind: worker_kill, {kill}}}\n  - {{kind: long_pause, {pause}}}\n"
    (told,) = mistakes(tmp_path, text)
    assert told.startswith(f"4:5: settle, by default {SETTLED_BY_DEFAULT_S:g}s: expected at least 61.02 s, ")


def test_a_profile_that_notices_sooner_settles_sooner(tmp_path: Path) -> None:
    systems = "systems: {temporal: {profile: tuned_engine}}\n"
    assert scenario_from(tmp_path, fault("kind: worker_kill, when: {after: 1s}", "2s", systems))


# -- every mistake at once


def test_mistakes_of_every_stage_are_told_at_once(tmp_path: Path) -> None:
    told = mistakes(
        tmp_path,
        """\
        name: x
        colour: 1
        settle: 1s
        systems: {temporal: {start_to_close: 10ms}}
        faults:
          - {kind: worker_kill, when: {step: close_ticket, occurrence: 99}}
          - {kind: worker_kill, when: {step: close_ticket}, restart_after: 5}
          - {kind: worker_kill, when: {step: close_ticket}}
          - {kind: activity_failure, step: close_ticket, tickets: [1]}
        """,
    )
    assert [one.split(": ")[0] for one in told] == ["2:1", "4:38", "6:5", "6:64", "7:68", "9:5"]
    assert told[2].startswith("6:5: settle (line 3): ")
    assert told[3].startswith("6:64: expected at most 40, ")
    assert "the fault in line 8" in told[5]


PAST_THE_END = "faults:\n  - {kind: worker_kill, when: {step: close_ticket, occurrence: 99}}\n"
AT_ONE_POINT = "faults:\n" + 2 * "  - {kind: worker_kill, when: {step: close_ticket}}\n"
SILENT = "faults:\n  - {kind: long_pause, scope: step, step: agent_resolve, agents: 2, duration: 2s}\n"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (f"load: {{tickets: many}}\n{PAST_THE_END}", "2:17"),
        (f"load: {{tickts: 99}}\n{PAST_THE_END}", "2:8"),
        (f"loads: {{tickets: 99}}\n{PAST_THE_END}", "2:1"),
        ("setle: 99s\nfaults:\n  - {kind: long_pause, scope: ticket, when: {after: 1s}, duration: 70s}\n", "2:1"),
        ("systems: [sync, temporel]\nfaults:\n  - {kind: engine_kill, when: {after: 1s}}\n", "2:17"),
        ("desk: {step_time: 5}\nsystems: {temporal: {start_to_close: 10ms}}\n", "2:19"),
        (f"desk: {{agent_timeout: 1}}\n{SILENT}", "2:23"),
        ("systems: {temporal: {start_to_clos: 20s}}\ndesk: {step_time: 11s}\n", "2:22"),
        (f"{AT_ONE_POINT}desk: {{outcomes: 3}}\n", "5:18"),
        (AT_ONE_POINT.replace("t}}", "t, ocurrence: 2}}", 1), "3:52"),
    ],
)
def test_what_only_follows_from_a_mistake_is_no_second_one(tmp_path: Path, text: str, place: str) -> None:
    (told,) = mistakes(tmp_path, f"name: x\n{text}")
    assert told.startswith(f"{place}: ")


def test_every_pair_at_one_point_is_told_once(tmp_path: Path) -> None:
    kill = "  - {kind: worker_kill, when: {step: close_ticket}}\n"
    told = mistakes(tmp_path, f"name: x\nrepeat: 3\nfaults:\n{3 * kill}")
    pairs = [(one.split(":")[0], one.partition("in line ")[2][0]) for one in told]
    assert pairs == [("5", "4"), ("6", "4"), ("6", "5")]


# -- the plan


def test_the_seed_that_would_do_does_for_every_repetition(tmp_path: Path) -> None:
    when = "{step: validate_resolution, occurrence: 2}"
    text = f"name: x\nrepeat: 3\nload: {{tickets: 8}}\nfaults:\n  - kind: worker_kill\n    when: {when}\n"
    told = next(found for seed in range(1, 40) for found in _impossible(tmp_path, f"seed: {seed}\n{text}"))
    named = told.rpartition("; seed ")[2].removesuffix(" would do")
    assert scenario_from(tmp_path, f"seed: {named}\n{text}")


def _impossible(folder: Path, text: str) -> list[str]:
    try:
        scenario_from(folder, text)
    except ScenarioInvalid as invalid:
        return [str(invalid)]
    return []


def test_listed_tickets_that_do_not_pass_are_filtered_out(tmp_path: Path) -> None:
    plan = planning.build(scenario_from(tmp_path, fault("kind: activity_failure, step: apply_urgent_fix")))
    able = [one.ticket for one in plan.faults]
    other = next(number for number in range(1, 41) if number not in able)
    listed = f"kind: activity_failure, step: apply_urgent_fix, tickets: [{other}, {able[0]}]"
    assert [one.ticket for one in planning.build(scenario_from(tmp_path, fault(listed))).faults] == [able[0]]
    (told,) = mistakes(tmp_path, fault(f"kind: activity_failure, step: apply_urgent_fix, tickets: [{other}]"))
    assert told == f"4:63: tickets: expected at least one that passes apply_urgent_fix, found none in {other}"


def test_the_plan_prints_how_many_agents_there_are(tmp_path: Path) -> None:
    agents = planning.build(scenario_from(tmp_path, "name: x\n")).scenario.desk.agents
    assert (agents.regular, agents.senior) == (80, 80)
    given = scenario_from(tmp_path, "name: x\nload: {tickets: 3}\ndesk: {agents: {senior: 1}}\n").desk.agents
    assert (given.regular, given.senior) == (6, 1)


# -- systems and faults


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "systems: [sync]\nfaults:\n  - {kind: engine_kill, when: {after: 1s}}\n",
            "4:5: expected a system that can take engine_kill (temporal), found only sync",
        ),
        (
            "load: {arrival: {concurrency: 1}}\nfaults:\n  - {kind: write_race, race: double_assign}\n",
            "4:5: load.arrival.concurrency (line 2): expected at least 2, as this race is of two tickets; found 1",
        ),
        (
            SILENT,
            f"3:79: duration: expected at least 5 s, or no second agent is asked ({TIME_OUT}); found 2 s",
        ),
    ],
)
def test_a_mistake_of_two_places_points_at_the_fault_and_names_the_other(
    tmp_path: Path, text: str, expected: str
) -> None:
    assert mistakes(tmp_path, f"name: x\n{text}") == [expected]


@pytest.mark.parametrize(("name", "seen"), [("5", "5"), ("{a: b}", "a mapping"), ("[a]", "a list")])
def test_a_faults_name_is_text(tmp_path: Path, name: str, seen: str) -> None:
    told = mistakes(tmp_path, fault(f"kind: worker_kill, when: {{after: 1s}}, name: {name}"))
    assert told == [f"4:50: faults[1].name: expected text; found {seen}"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("faults:\n  - {kind: , when: {after: 1s}}\n", "3:5: a fault requires the key 'kind': expected one of worker_"),
        ("systems: {a: {system: }}\n", "2:11: systems.a requires the key 'system': expected one of sync, temporal; "),
    ],
)
def test_a_null_kind_is_a_missing_one(tmp_path: Path, text: str, expected: str) -> None:
    (told,) = mistakes(tmp_path, f"name: x\n{text}")
    assert told.startswith(expected)


@pytest.mark.parametrize("race", ["double_assign", "duplicate_submit", "lost_update", "stale_write"])
def test_the_default_order_of_a_race_may_be_written_out(tmp_path: Path, race: str) -> None:
    short = scenario_from(tmp_path, fault(f"kind: write_race, race: {race}"))
    assert short == scenario_from(tmp_path, fault(f"kind: write_race, race: {race}, first: operator"))


def test_agents_who_are_silent_just_so_long_are_found_silent(tmp_path: Path) -> None:
    text = "kind: long_pause, scope: step, step: agent_resolve, agents: 3, duration: 5s"
    assert scenario_from(tmp_path, fault(text))


# -- expectations


@pytest.mark.parametrize(
    ("text", "right", "factor"),
    [
        ("temporal.lost<=sync.lost*2", "lost", 2.0),
        ("temporal.lost <= sync.lost* .5", "lost", 0.5),
        ("temporal.lost <= sync.lost *1.5", "lost", 1.5),
    ],
)
def test_blanks_around_a_factor_are_free(tmp_path: Path, text: str, right: str, factor: float) -> None:
    (one,) = scenario_from(tmp_path, f'name: x\nexpect: ["{text}"]\n').expect
    assert (getattr(one.right, "metric", None), one.factor) == (right, factor)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("peak_rss < 2000000000", 2e9),
        ("peak_rss < 200MB", 2e8),
        ("cpu_per_ticket < 500ms", 0.5),
        ("lost < .5", 0.5),
        ("host_cpu < 85%", 0.85),
        ("host_cpu < 0.85", 0.85),
        ("retry_amplification <= 150%", 1.5),
    ],
)
def test_only_durations_and_shares_need_units(tmp_path: Path, text: str, value: float) -> None:
    (one,) = scenario_from(tmp_path, f'name: x\nexpect: ["{text}"]\n').expect
    assert one.right == value


def test_a_seed_from_the_command_line_is_the_one_that_is_checked(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text("name: x\nrepeat: 2\n")
    scenario, _ = read(str(path), seed=7, repeat=1)
    assert (scenario.seed, scenario.repeat) == (7, 1)


# -- attempts of a kill, and the desk's patience


@pytest.mark.parametrize("kind", ["worker_kill", "engine_kill"])
def test_the_instances_of_one_fault_share_a_place_and_two_faults_do_not(tmp_path: Path, kind: str) -> None:
    twice = f"kind: {kind}, when: {{step: agent_investigate}}, attempts: 2"
    assert len(planning.build(scenario_from(tmp_path, fault(twice))).faults) == 2
    (told,) = mistakes(tmp_path, fault(twice, rest=f"  - {{{twice}}}\n"))
    assert told.startswith("5:5: expected a point of its own, found that of the fault in line 4: ")


@pytest.mark.parametrize("kind", ["worker_kill", "engine_kill"])
@pytest.mark.parametrize("when", ["after: 1s", "progress: 50%", "after: 1s, every: 1s, times: 2"])
def test_executions_are_counted_at_a_step_only(tmp_path: Path, kind: str, when: str) -> None:
    (told,) = mistakes(tmp_path, fault(f"kind: {kind}, when: {{{when}}}, attempts: 2"))
    assert told.endswith("attempts: goes with a step trigger only: expected when.step, found attempts: 2")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "kind: worker_kill, when: {step: close_ticket}, restart_after: never, attempts: 3",
            "expected at most 2 beside ",
        ),
        (
            "kind: worker_kill, when: {step: close_ticket}, restart_after: never, attempts: 2, target: all",
            "expected at most 1 beside ",
        ),
        ("kind: engine_kill, when: {step: close_ticket}, restart_after: never, attempts: 2", "expected 1 beside "),
    ],
)
def test_who_is_never_started_again_can_be_killed_once(tmp_path: Path, text: str, message: str) -> None:
    told = mistakes(tmp_path, fault(text, rest="systems: [temporal]\n"))
    assert len(told) == 1
    assert message in told[0]
    assert scenario_from(tmp_path, fault(text.partition(", attempts")[0], rest="systems: [temporal]\n"))


def test_a_call_to_the_receiver_needs_time(tmp_path: Path) -> None:
    assert mistakes(tmp_path, "name: x\ndesk: {io_timeout: 0s}\n") == [
        "2:20: io_timeout: expected more than 0s, found 0s"
    ]
    assert scenario_from(tmp_path, "name: x\n").desk.io_timeout == 10.0
