"""What makes a run prove little is told before it starts, with its place; what proves something is not."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.cli.run import command as run_command
from harness.planning.reading import read_warned
from tests.support.chaos import asked
from tests.unit.planning.test_reading import scenario_from

LOW = "priorities: {low: 1}"
FOUND_OUT = "outcomes: {kb_miss: 0, resolution_invalid: 0}"
"""Every low ticket takes five steps: received, searched, told, validated, closed."""
FOUND_NONE = 'such as "unserved == 0"; found none for sync, temporal'
REFUSED = "also holds where every ticket is refused: expected a bound on unserved, finished or rejected too"
KILL = "faults: [{kind: worker_kill, when: {after: 100ms}}]"


def warnings(folder: Path, *lines: str, labels: tuple[str, ...] = ()) -> list[str]:
    """Return the warnings of a scenario, each as line:column: message."""
    path = folder / "scenario.yaml"
    path.write_text("\n".join(["name: x", *lines]))
    _, _, cautions = read_warned(str(path), labels=labels)
    return [str(one).removeprefix(f"{path}:").replace(" warning:", "", 1) for one in cautions]


# -- expectations


@pytest.mark.parametrize("lost", ["lost == 0", "lost <= 0", "lost < 1"])
def test_losing_nothing_proves_nothing_of_who_refuses_everything(tmp_path: Path, lost: str) -> None:
    assert warnings(tmp_path, "expect:", f'  - "{lost}"') == [
        f"3:5: '{lost}' {REFUSED}, such as \"unserved == 0\"; found none for sync, temporal"
    ]


@pytest.mark.parametrize(
    "bound",
    [
        "unserved == 0",
        "unserved <= 3",
        "finished == submitted",
        "submitted <= finished",
        "finished >= 30",
        "rejected < 1",
    ],
)
def test_a_bound_on_what_is_served_counts_for_every_system(tmp_path: Path, bound: str) -> None:
    assert warnings(tmp_path, f'expect: ["lost == 0", "{bound}"]') == []


@pytest.mark.parametrize("bound", ["failed == 0", "unserved >= 0", "finished <= 40", "rejected != 0"])
def test_what_limits_nothing_unserved_is_no_bound(tmp_path: Path, bound: str) -> None:
    assert len(warnings(tmp_path, f'expect: ["lost == 0", "{bound}"]')) == 1


def test_a_bound_with_a_label_counts_for_that_system_alone(tmp_path: Path) -> None:
    assert warnings(tmp_path, 'expect: ["temporal.lost == 0", "sync.lost == 0", "sync.unserved == 0"]') == [
        f"2:10: 'temporal.lost == 0' {REFUSED}, such as \"temporal.unserved == 0\"; found none for temporal"
    ]


def test_a_bound_on_what_may_be_lost_is_no_promise_of_none(tmp_path: Path) -> None:
    assert warnings(tmp_path, 'expect: ["lost <= 2", "sync.lost >= 1", "temporal.lost <= sync.lost"]') == []


@pytest.mark.parametrize(
    ("metric", "says"),
    [
        ("resume_p95", "is unknown for certain"),
        ("recovery_max", "is unknown for certain"),
        ("drain", "says nothing of recovery"),
        ("unavailable", "says nothing of recovery"),
    ],
)
def test_no_recovery_is_measured_without_a_fault(tmp_path: Path, metric: str, says: str) -> None:
    missing = f"{metric} {says}: expected a fault to recover from, found none"
    assert warnings(tmp_path, f'expect: ["{metric} < 5s"]') == [f"2:10: {missing} in a scenario without faults"]
    assert warnings(tmp_path, KILL, f'expect: ["{metric} < 5s"]') == []


def test_no_recovery_is_measured_on_a_system_that_no_fault_can_hit(tmp_path: Path) -> None:
    engine = "faults: [{kind: engine_kill, when: {after: 100ms}}]"
    assert warnings(tmp_path, engine, 'expect: ["temporal.resume_p50 < 9s", "sync.resume_p50 < 9s"]') == [
        "3:38: resume_p50 is unknown for certain: expected a fault to recover from, found none on sync"
    ]


# -- the load


def load(text: str) -> tuple[str, str]:
    """Return a load of low tickets, and a desk on which each takes five steps of a second."""
    return f"load: {{{LOW}, {text}}}", f"desk: {{step_time: 1s, {FOUND_OUT}}}"


def test_more_tickets_than_threads_can_serve_only_measure_their_queue(tmp_path: Path) -> None:
    queue = "offered 10/s where 16 threads and these steps serve at most 3.2/s: every time is a queue"
    waits = f"{queue}, the last ticket waits 16.4 s"
    assert warnings(tmp_path, *load("tickets: 100, arrival: {rate: 10/s}, timeout: 30s")) == [
        f"2:53: sync: {waits}",
        f"2:53: temporal: {waits}",
    ]
    assert warnings(tmp_path, *load("tickets: 100, arrival: {rate: 10/s}, timeout: 20s")) == [
        f"2:53: sync: {waits}, and clients give up on it after 20 s (load.timeout)",
        f"2:53: temporal: {waits}",
    ]


def test_a_load_that_threads_suffice_for_is_no_queue(tmp_path: Path) -> None:
    assert warnings(tmp_path, *load("tickets: 100, arrival: {rate: 3/s}")) == []


def test_a_burst_that_every_thread_takes_one_of_is_no_queue(tmp_path: Path) -> None:
    assert warnings(tmp_path, *load("tickets: 16, arrival: {rate: 100/s}")) == []


@pytest.mark.parametrize("arrival", ["all_at_once", "{concurrency: 40}"])
def test_a_load_that_queues_by_intent_is_not_warned_of(tmp_path: Path, arrival: str) -> None:
    assert warnings(tmp_path, *load(f"tickets: 100, arrival: {arrival}")) == []


def test_what_a_system_that_is_not_run_would_do_is_not_told(tmp_path: Path) -> None:
    busy = load("tickets: 100, arrival: {rate: 10/s}, timeout: 60s")
    assert len(warnings(tmp_path, *busy)) == 2
    assert len(warnings(tmp_path, *busy, labels=("sync",))) == 1


def test_who_waits_for_the_end_gives_up_on_a_path_that_takes_longer(tmp_path: Path) -> None:
    needed = "expected at least the 5 s that the longest path takes in sync"
    assert warnings(tmp_path, *load("tickets: 4, timeout: 4s")) == [
        f"2:51: clients give up on healthy tickets: {needed}; found 4 s"
    ]
    assert warnings(tmp_path, *load("tickets: 4, timeout: 5s")) == []


# -- faults


def test_a_fault_that_is_due_long_after_the_load_is_missed(tmp_path: Path) -> None:
    late = "faults: [{kind: worker_kill, when: {after: 30s}}]"
    ends = "sync at about 5.15 s, temporal at about 5.15 s"
    assert warnings(tmp_path, *load("tickets: 4"), late) == [
        f"4:36: due 30 s after the first submission, when the load has ended ({ends}): it will be missed"
    ]
    assert warnings(tmp_path, *load("tickets: 4"), late.replace("30s", "9s")) == []


def test_each_firing_of_a_fault_has_its_own_moment(tmp_path: Path) -> None:
    often = "faults: [{kind: worker_kill, when: {after: 1s, every: 2s, times: 30}}]"
    assert warnings(tmp_path, *load("tickets: 4"), often.replace("30", "3"), "systems: [sync]") == []
    assert "sync at about" in warnings(tmp_path, *load("tickets: 4"), often.replace("2s", "20s"), "systems: [sync]")[0]


def test_what_strikes_before_makes_the_load_longer(tmp_path: Path) -> None:
    pause = "{kind: long_pause, scope: ticket, when: {after: 1s}, duration: 25s}"
    kill = "{kind: worker_kill, when: {after: 30s}}"
    assert warnings(tmp_path, *load("tickets: 4"), f"faults: [{pause}, {kill}]") == []


def test_work_that_takes_longer_than_the_grace_is_cut_off(tmp_path: Path) -> None:
    term = "faults: [{kind: worker_kill, when: {after: 1s}, signal: TERM, grace: 3s}]"
    needs = "sync may need 5 s, temporal may need 1 s"
    assert warnings(tmp_path, *load("tickets: 4"), term) == [
        "4:70: what is under way is cut off: sync may need 5 s to finish it; found a grace of 3 s"
    ]
    assert warnings(tmp_path, *load("tickets: 4"), term.replace("3s", "500ms")) == [
        f"4:70: what is under way is cut off: {needs} to finish it; found a grace of 0.5 s"
    ]
    assert warnings(tmp_path, *load("tickets: 4"), term.replace("3s", "5s")) == []
    assert warnings(tmp_path, *load("tickets: 4"), KILL) == []


# -- where they are printed


def test_validate_warns_once_on_stderr_and_the_exit_code_says_that_it_is_valid(tmp_path: Path) -> None:
    path = tmp_path / "scenario.yaml"
    path.write_text('name: x\nexpect: ["lost == 0"]\n')
    done = asked("validate", str(path), str(path))
    assert done.code == 0
    assert len(done.err.splitlines()) == 1
    assert done.err.startswith(f"{path}:2:10: warning: 'lost == 0' also holds")
    assert "warning" not in done.out


def test_run_warns_once_each_before_anything_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.cli.sequential.run_in_turn", lambda *_: (0, []))
    path = tmp_path / "scenario.yaml"
    path.write_text('name: x\nexpect: ["lost == 0"]\n')
    done = CliRunner().invoke(run_command, [str(path), str(path)])
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr.splitlines() == [f"{path}:2:10: warning: 'lost == 0' {REFUSED}, {FOUND_NONE}"]


def test_a_scenario_is_read_the_same_with_its_warnings(tmp_path: Path) -> None:
    scenario = scenario_from(tmp_path, 'name: x\nexpect: ["lost == 0"]\n')
    path = next(tmp_path.glob("*.yaml"))
    assert read_warned(str(path))[0] == scenario
