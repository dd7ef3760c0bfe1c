from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest

from harness.catalogue import CATALOGUE
from harness.comparing.gate import judge_gates, read_gate, verdict_of
from harness.comparing.runs import ScenarioComparison, compare_runs
from harness.errors import RunFolderInvalid, UsageInvalid
from harness.report.formats.changes import render_json, render_markdown, render_table
from harness.runfolder.meta import Meta, write_meta
from harness.runfolder.result import CheckResult, Repetition, ScenarioName, SystemResult
from harness.runfolder.stored import runs_in
from tests.support.results import repetition, result

FIVE = (2.0, 2.1, 1.9, 2.05, 1.95)


def repetitions(metric: str, values: tuple[float | None, ...]) -> tuple[Repetition, ...]:
    return tuple(
        repetition({"submitted": 40, "lost": 0, metric: value}, censored=() if value is not None else (metric,))
        for value in values
    )


def store(folder: Path, many: tuple[Repetition, ...], **changes: Any) -> Path:
    """Write a run that ended into a folder, as `chaos run` does."""
    folder.mkdir(parents=True)
    settings = changes.pop("settings", {"system": "temporal", "heartbeat": 1.0})
    status = changes.pop("status", "complete")
    plan = {"schema": 1, "seed": 42, "scenario": {"name": "worker-kill", "load": {"tickets": 40}}}
    plan |= {"tickets": [1, 2], "canaries": [], "faults": []} | changes.pop("plan", {})
    planned = msgspec.json.encode(plan)
    (folder / "plan.json").write_bytes(planned)
    run = result(run_id=folder.name, systems={"temporal": SystemResult(settings, many)}, **changes)
    (folder / "result.json").write_bytes(msgspec.json.encode(run))
    write_meta(folder, Meta(1, folder.name, 42, 1, ("temporal",), sha256(planned).hexdigest(), {}, 0.0, status))
    return folder


def compared(tmp_path: Path, base: tuple[Repetition, ...], new: tuple[Repetition, ...]) -> list[ScenarioComparison]:
    return compare_runs(runs_in(store(tmp_path / "a", base)), runs_in(store(tmp_path / "b", new)), is_forced=False)


def judged(tmp_path: Path, base: tuple[Repetition, ...], new: tuple[Repetition, ...], gate: str) -> str:
    found = compared(tmp_path, base, new)
    return verdict_of(judge_gates([read_gate(gate)], found))


@pytest.mark.parametrize(
    ("base", "new", "said"),
    [
        (FIVE, tuple(value * 2 for value in FIVE), "fail"),
        (FIVE, FIVE[::-1], "pass"),
        (FIVE, tuple(value * 1.1 for value in FIVE), "pass"),  # beyond the spread, not beyond the limit
        (FIVE, (1.0, 9.0, 2.6, 2.7, 1.2), "unknown"),  # beyond the limit, not beyond the spread
        ((0.1,) * 5, (0.2, 0.21, 0.19, 0.2, 0.2), "pass"),  # twice as long, yet no 200 ms
        ((2.0,), (4.0,), "unknown"),  # one against one
        ((2.0,), (2.1,), "pass"),  # within the limit, however few
        (FIVE, (None,) * 5, "fail"),  # never comes any more
        ((5.0, 5.1, 5.2, 5.3, 5.4), (5.05, None, None, None, None), "fail"),  # the ranks alone would not tell: p 0.056
        (FIVE, (2.0, 2.1, 1.9, 2.05, None), "fail"),  # once is a fact, whatever the medians are
        ((2.0,), (None,), "fail"),  # however few the repetitions
        ((2.0, 2.1, 1.9, 2.05, None), (2.0, None, None, None, None), "unknown"),  # it was never before, too
        ((None,) * 5, (None,) * 5, "pass"),  # never came before either
        ((None,) * 5, FIVE, "pass"),
    ],
)
def test_a_gate_fails_beyond_both_limits_and_the_spread_only(
    tmp_path: Path, base: tuple[float | None, ...], new: tuple[float | None, ...], said: str
) -> None:
    gate = "recovery_p95 > +20% and > +200ms"
    before, after = repetitions("recovery_p95", base), repetitions("recovery_p95", new)
    assert judged(tmp_path, before, after, gate) == said


@pytest.mark.parametrize(
    ("base", "new", "said"),
    [
        ((0.0,), (3.0,), "fail"),  # there was none before: a fact, however few the repetitions
        ((0.0,) * 5, (0.0, 0.0, 1.0, 0.0, 0.0), "fail"),
        ((0.0,), (0.0,), "pass"),
        ((7.0,), (8.0,), "unknown"),
        ((7.0, 5.0, 8.0, 6.0, 7.0), (6.0, 8.0, 7.0, 7.0, 6.0), "unknown"),  # beyond the limit, within the spread
        ((7.0, 5.0, 8.0, 6.0, 7.0), (6.0, 5.0, 7.0, 7.0, 6.0), "pass"),
        ((7.0, 5.0, 8.0, 6.0, 7.0), (17.0, 15.0, 18.0, 16.0, 17.0), "fail"),
    ],
)
def test_a_loss_that_was_not_there_before_is_a_fact(
    tmp_path: Path, base: tuple[float, ...], new: tuple[float, ...], said: str
) -> None:
    assert judged(tmp_path, repetitions("lost", base), repetitions("lost", new), "lost > +0") == said


def test_a_figure_that_neither_side_has_is_unknown(tmp_path: Path) -> None:
    lost = repetitions("lost", (0.0,))
    assert judged(tmp_path, lost, lost, "recovery_p95 > +20%") == "unknown"


def test_other_plans_are_refused_with_what_differs(tmp_path: Path) -> None:
    many = repetitions("lost", (0.0,))
    other = {"seed": 43, "scenario": {"name": "worker-kill", "load": {"tickets": 80}}}
    base, new = runs_in(store(tmp_path / "a", many)), runs_in(store(tmp_path / "b", many, plan=other))
    with pytest.raises(UsageInvalid, match=r"(?s)the plans differ.*seed: 42 → 43.*load.tickets: 40 → 80"):
        compare_runs(base, new, is_forced=False)
    (forced,) = compare_runs(base, new, is_forced=True)
    assert forced.plan_differences == ("seed: 42 → 43", "load.tickets: 40 → 80")


def test_what_a_fault_is_called_and_where_it_is_written_is_no_difference(tmp_path: Path) -> None:
    many = repetitions("lost", (0.0,))
    fault = {"kind": "worker_kill", "line": 17, "name": "early", "restart_after": 0.5}

    def planned(**changes: Any) -> dict[str, Any]:
        return {"scenario": {"name": "worker-kill", "faults": [fault | changes]}}

    base = runs_in(store(tmp_path / "a", many, plan=planned()))
    moved = runs_in(store(tmp_path / "b", many, plan=planned(line=19, name=None)))
    assert compare_runs(base, moved, is_forced=False)[0].plan_differences == ()
    longer = runs_in(store(tmp_path / "c", many, plan=planned(restart_after=2.0)))
    with pytest.raises(UsageInvalid, match=r"faults\.1\.restart_after: 0\.5 → 2\.0"):
        compare_runs(base, longer, is_forced=False)


def doubtful(many: tuple[Repetition, ...], verdict: str) -> tuple[Repetition, ...]:
    """Let the last repetition's check of faults be unknown or invalid."""
    *sound, last = many
    checks = tuple(
        msgspec.structs.replace(one, verdict=verdict, detail="1 did not land") if one.name == "faults_landed" else one
        for one in last.checks
    )
    return (*sound, msgspec.structs.replace(last, checks=checks))


@pytest.mark.parametrize("verdict", ["unknown", "invalid"])
@pytest.mark.parametrize("side", ["base", "new"])
def test_figures_of_a_run_in_doubt_open_no_gate(tmp_path: Path, side: str, verdict: str) -> None:
    sound = repetitions("lost", (0.0, 0.0))
    doubted = doubtful(sound, verdict)
    before, after = (doubted, sound) if side == "base" else (sound, doubted)
    found = compared(tmp_path, before, after)
    (said,) = judge_gates([read_gate("lost > +0")], found)
    name = "the base" if side == "base" else "the new run"
    claim = f"{name}, repetition 2: faults_landed {verdict}"
    assert (said.verdict, said.why) == ("unknown", f"in doubt: {claim}")
    assert f"IN DOUBT: temporal: {claim}, 1 did not land" in render_table(found, [])


def test_the_same_doubt_in_several_repetitions_is_told_once_with_their_numbers(tmp_path: Path) -> None:
    missed = CheckResult("faults_landed", "unknown", f"40 did not land: {', '.join(f'1.{n}' for n in range(40))}")
    sound = repetitions("lost", (0.0,) * 5)
    new = tuple(
        msgspec.structs.replace(one, checks=(missed,)) if number in {1, 2, 5} else one
        for number, one in enumerate(sound, start=1)
    )
    found = compared(tmp_path, sound, new)
    text = render_table(found, judge_gates([read_gate("lost > +0"), read_gate("recovery_p95 > +1s")], found))
    claim = "the new run, repetitions 1, 2 and 5: faults_landed unknown"
    assert text.count(f"IN DOUBT: temporal: {claim}, 40 did not land") == 1
    assert text.count("40 did not land") == 1
    assert text.count(f"in doubt: {claim}") == 2  # a gate each, by its name


@pytest.mark.parametrize("side", ["base", "new"])
def test_times_of_a_machine_that_was_overloaded_open_no_gate_and_counts_and_costs_do(tmp_path: Path, side: str) -> None:
    sound = tuple(repetition({"lost": 0, "recovery_p95": 2.0 + n / 10, "cpu_seconds": 3.0 + n}) for n in range(5))
    found = CheckResult("headroom", "overloaded", "host CPU 97 %")
    full = tuple(msgspec.structs.replace(one, checks=(*one.checks, found)) for one in sound)
    before, after = (full, sound) if side == "base" else (sound, full)
    (one,) = compared(tmp_path, before, after)
    gates = [read_gate(text) for text in ("recovery_p95 > +1%", "lost > +0", "cpu_seconds > +10%")]
    time, count, cost = judge_gates(gates, [one])
    name = "the base" if side == "base" else "the new run"
    where = f"{name}, repetitions 1, 2, 3, 4 and 5: overloaded"
    assert time.verdict == "unknown"
    assert time.why == f"times of a machine that was the bottleneck are not compared: {where}"
    assert (count.verdict, cost.verdict) == ("pass", "pass")
    assert one.columns[0].doubts == ()
    text = render_table([one], [], is_full=True)
    assert f"times are not compared: temporal: {where}, host CPU 97 %" in text
    row = next(line for line in text.splitlines() if line.startswith("recovery_p95"))
    assert row.split()[-2:] == ["0", "overloaded"]
    change = msgspec.json.decode(render_json([one], []))["scenarios"][0]["systems"]["temporal"]["metrics"]
    assert (change["recovery_p95"]["p"], change["recovery_p95"]["words"]) == (None, "overloaded")


def test_a_gate_names_one_figure_so_it_is_tested_alone_while_the_words_are_those_of_all(tmp_path: Path) -> None:
    names = [name for name, metric in CATALOGUE.items() if metric.better != "neither" and not metric.is_derived]
    sides = [
        tuple(
            repetition(
                {name: 10.0 + (at * step * (1 + number)) % 7 for number, name in enumerate(names)}
                | {"drain": slow + at}
            )
            for at in range(5)
        )
        for step, slow in ((3, 10.0), (5, 100.0))
    ]
    found = compared(tmp_path, *sides)
    between = found[0].columns[0].changes["drain"].between
    assert between is not None
    assert between.p == pytest.approx(2 / 252, abs=1e-6)
    assert between.words == "too few repetitions"
    assert verdict_of(judge_gates([read_gate("drain > +50%")], found)) == "fail"


def test_what_has_no_better_direction_is_set_side_by_side_and_not_tested(tmp_path: Path) -> None:
    sides = (repetitions("attempts", tuple(value * factor for value in FIVE)) for factor in (1, 9))
    found = compared(tmp_path, *sides)
    assert found[0].columns[0].changes["attempts"].between is None
    row = next(line for line in render_table(found, [], is_full=True).splitlines() if line.startswith("attempts"))
    assert row.split() == ["attempts", "2", "18", "+16", "(+800", "%)"]
    assert verdict_of(judge_gates([read_gate("attempts > +50%")], found)) == "fail"


def test_what_the_new_side_no_longer_ran_is_named_and_passes_no_gate(tmp_path: Path) -> None:
    many = repetitions("lost", (0.0,))
    for name in ("kept", "gone"):
        store(tmp_path / "base" / name, many, scenario=ScenarioName(name))
    for name in ("kept", "added"):
        store(tmp_path / "new" / name, many, scenario=ScenarioName(name))
    found = compare_runs(runs_in(tmp_path / "base"), runs_in(tmp_path / "new"), is_forced=False)
    said = {one.scenario: (one.verdict, one.why) for one in judge_gates([read_gate("lost > +0")], found)}
    assert said == {"kept": ("pass", "within the limit"), "gone": ("unknown", "only the base ran it")}
    table = render_table(found, [])
    assert "gone: only the base ran it" in table
    assert "added: only the new side ran it" in table


def test_systems_may_differ_and_are_told(tmp_path: Path) -> None:
    many = repetitions("lost", (0.0,))
    base = store(tmp_path / "a", many)
    new = store(tmp_path / "b", many, settings={"system": "temporal", "heartbeat": "off"})
    (found,) = compare_runs(runs_in(base), runs_in(new), is_forced=False)
    assert found.columns[0].settings == {"heartbeat": (1.0, "off")}


def test_the_runs_of_a_folder_are_taken_together(tmp_path: Path) -> None:
    for number, value in enumerate(FIVE):
        store(tmp_path / "base" / f"run-{number}", repetitions("recovery_p95", (value,)))
    new = store(tmp_path / "new", repetitions("recovery_p95", tuple(value * 2 for value in FIVE)))
    (found,) = compare_runs(runs_in(tmp_path / "base"), runs_in(new), is_forced=False)
    change = found.columns[0].changes["recovery_p95"]
    assert (change.base, change.absolute, change.relative) == (FIVE, 2.0, 1.0)
    assert change.between is not None
    assert change.between.p < 0.05


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("lots > +0", "unknown metric 'lots'.*lost"),
        ("lost", "expected a metric and limits"),
        ("lost > 5", r"expected a limit such as > \+20%"),
        ("recovery_p95 > +20% and more", "found 'more'"),
        ("recovery_p95 > +200", "measured in s: expected"),
        ("peak_rss > +1.2.3%", "expected a percentage"),
    ],
)
def test_a_gate_that_cannot_be_read_says_which_word(text: str, told: str) -> None:
    with pytest.raises(UsageInvalid, match=told):
        read_gate(text)


@pytest.mark.parametrize("status", ["running", "interrupted", "broken"])
def test_a_run_that_did_not_end_is_refused(tmp_path: Path, status: str) -> None:
    with pytest.raises(RunFolderInvalid, match="expected a complete run"):
        runs_in(store(tmp_path / "a", repetitions("lost", (0.0,)), status=status))


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunFolderInvalid, match=r"found no run\.json"):
        runs_in(tmp_path)
    with pytest.raises(RunFolderInvalid, match="found nothing"):
        runs_in(tmp_path / "absent")
    folder = store(tmp_path / "a", repetitions("lost", (0.0,)))
    (folder / "result.json").write_text('{"schema": 1}')
    with pytest.raises(RunFolderInvalid, match="not written by this version"):
        runs_in(folder)


def test_every_format_tells_the_same_change(tmp_path: Path) -> None:
    base = runs_in(store(tmp_path / "a", repetitions("recovery_p95", FIVE)))
    new = runs_in(store(tmp_path / "b", repetitions("recovery_p95", tuple(value * 2 for value in FIVE))))
    found = compare_runs(base, new, is_forced=False)
    row = next(line for line in render_table(found, [], is_full=True).splitlines() if line.startswith("recovery_p95"))
    assert row.split()[1:8] == ["2.0", "s", "4.0", "s", "+2.0", "s", "(+100"]
    assert "| recovery\\_p95" in render_markdown(found, [])
    systems = msgspec.json.decode(render_json(found, []))["scenarios"][0]["systems"]
    change = systems["temporal"]["metrics"]["recovery_p95"]
    assert (change["change"], change["relative"], change["words"]) == (2.0, 1.0, "slower")


def test_by_default_what_decides_has_a_row_and_what_a_gate_asks_about(tmp_path: Path) -> None:
    sides = (repetitions("attempts", tuple(value * factor for value in FIVE)) for factor in (1, 9))
    found = compared(tmp_path, *sides)
    assert "attempts" not in render_table(found, [])
    text = render_table(found, judge_gates([read_gate("attempts > +50%")], found), width=200)
    assert text.splitlines()[0] == "verdict fail: 1 gate, 1 FAIL"
    assert [line for line in text.splitlines() if line.startswith("attempts") and line.endswith("attempts")]


def test_a_narrow_comparison_leaves_columns_out_and_says_where_they_are(tmp_path: Path) -> None:
    sides = (repetitions("recovery_p95", tuple(value * factor for value in FIVE)) for factor in (1, 2))
    found = compared(tmp_path, *sides)
    for width in (80, 100, 200):
        lines = render_table(found, [], width=width).splitlines()
        assert max(map(len, lines)) <= width
        (row,) = [line for line in lines if line.startswith("until 95 % are done")]
        assert "slower" in row
        assert ("recovery_p95" in row) is (width > 80)
    assert "no room for 95 % interval, p, δ: see --format json" in render_table(found, [], width=70)


def test_what_got_worse_is_red_and_what_got_better_green(tmp_path: Path) -> None:
    low, high = (repetitions("recovery_p95", tuple(value * factor for value in FIVE)) for factor in (1, 2))
    for folder, before, after, word in (("a", low, high, "\x1b[31mslower"), ("b", high, low, "\x1b[32mfaster")):
        (tmp_path / folder).mkdir()
        assert word in render_table(compared(tmp_path / folder, before, after), [], color=True)
