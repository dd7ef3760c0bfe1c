"""deploys: what each release does to open tickets under each guard, as a table: that of the README.

`CHAOS_BENCH_REPEAT` says how often each change is rolled out to each column, 10 by default; `CHAOS_BENCH_JOBS` how many
changes are tried side by side, 2 by default (most of the time is waiting). It takes about an hour.

`python -m benchmarks.deploys RUNS` makes the table of runs that are kept, one of each scenario: with CHAOS_BENCH_OUT
the scenarios and runs are left in that folder.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks.measuring import python
from harness.runfolder.result import Result
from harness.runfolder.stored import runs_in
from systems.desk.releases import FlowRelease

SCENARIO = """
name: NAME
seed: 42
load: {tickets: TICKETS, arrival: {rate: RATE}, priorities: {low: 1}, timeout: 20s}
desk:
  step_time: {default: 20ms, search_knowledge_base: 200ms, validate_resolution: 300ms, agent_resolve: 300ms}
  outcomes: {kb_miss: 0, resolution_invalid: 1}
systems:
SYSTEMS
faults:
  - {kind: deploy, when: {step: STEP, visit: VISIT, occurrence: NTH}, release: RELEASE, MORE}
settle: 20s
"""
BETWEEN: Mapping[str, tuple[str, int]] = {
    "append_step": ("validate_resolution", 1),
    "insert_step": ("validate_resolution", 1),
    "remove_step": ("notify_customer", 2),
    "swap_steps": ("notify_customer", 3),
    "swap_purposes": ("validate_resolution", 1),
    "change_result": ("validate_resolution", 1),
    "rename_step": ("validate_resolution", 1),
    "forget_step": ("search_knowledge_base", 1),
}
"""Where a ticket is (step, visit) as the release comes, so that it is between what the release tells apart."""
WEDGED, WRONG, MIXED, LOST, FAILED, REJECTED = "wedged", "wrong_results", "mixed_paths", "lost", "failed", "rejected"
UNHARMED = ""
HARM = (WEDGED, WRONG, MIXED, LOST, FAILED, REJECTED)
FINE = frozenset({"valid", "overloaded"})
WORDS: Mapping[str, str] = {WRONG: "got another call's result", MIXED: "went by two rules"}
"""What the table says of harm whose metric is no word for people."""
UNGUARDED: Mapping[str, str] = {
    "append_step": UNHARMED,
    "insert_step": WEDGED,
    "remove_step": WEDGED,
    "swap_steps": WEDGED,
    "swap_purposes": WRONG,
    "change_result": MIXED,
    "rename_step": WEDGED,
    "forget_step": LOST,
}
"""The kind of outcome that was measured of each release where nothing guards open tickets."""
IN_STEPS: Mapping[str, str] = {"change_result": MIXED, "forget_step": LOST}
"""What no guard of the flow's code sees: the steps' own."""
KINDS: Mapping[str, Mapping[str, str]] = {
    "none": UNGUARDED,
    "auto_upgrade": UNGUARDED,
    "patched": {release: IN_STEPS.get(release, UNHARMED) for release in UNGUARDED},
    "pinned": {release: LOST if release == "forget_step" else UNHARMED for release in UNGUARDED},
    "sync": {release: FAILED if release == "forget_step" else UNHARMED for release in UNGUARDED},
}
"""What is expected in each column: `sync`, or a guard of Temporal's."""


def name_of(of: str) -> str:
    """Name a release's scenario, or a guard's column, as scenarios write names."""
    return of.replace("_", "-")


def scenario(
    release: str, columns: Mapping[str, str], more: str = "grace: 6s", nth: int = 4, *, is_long: bool = False
) -> str:
    """Return a scenario that rolls one release out to columns of these blocks; `is_long`: tickets still come after."""
    step, visit = BETWEEN[release]
    # A release that is broken by itself, and pinned, is met by tickets that arrive once it is out, and by no others.
    tickets, rate = ("40", "2/s") if is_long else ("8", "4/s")
    text = SCENARIO.replace("SYSTEMS", "\n".join(f"  {label}: {{{block}}}" for label, block in columns.items()))
    text = text.replace("TICKETS", tickets).replace("RATE", rate).replace("STEP,", f"{step},").replace("NTH", str(nth))
    text = text.replace("NAME", name_of(release))
    return text.replace("VISIT", str(visit)).replace("RELEASE", release).replace("MORE", more)


def temporal(guard: str, more: str = "") -> str:
    """Return the block of a Temporal column under a guard."""
    return f"system: temporal, profile: tuned, versioning: {guard}{more}"


def blocks() -> dict[str, str]:
    """Return all columns of the table."""
    return {name_of(guard): "system: sync" if guard == "sync" else temporal(guard) for guard in KINDS}


def expected(release: str, guard: str) -> tuple[set[str], set[str]]:
    """Return which harm must come to some ticket of a column, and which may besides."""
    kind = KINDS[guard][release]
    # Who got another call's result went a mixed path as well. Whose step was asked for by its old name, and not begun
    # when the workers left, is tried for ever like a forgotten one.
    must = {UNHARMED: set(), WRONG: {WRONG, MIXED}}.get(kind, {kind})
    return must, {LOST} if release == "rename_step" and kind == WEDGED else set()


def is_as_expected(release: str, guard: str, harm: Iterable[str]) -> bool:
    """Say whether the harm that came to a column is of the kind that was measured before."""
    must, may = expected(release, guard)
    return must <= set(harm) <= must | may


def main() -> None:
    """Roll every release out to every column, again and again, and print the table."""
    if folders := sys.argv[1:2]:
        results = [run.result for run in runs_in(Path(folders[0]))]
    else:
        with tempfile.TemporaryDirectory() as folder:
            results = rolled_out(Path(os.environ.get("CHAOS_BENCH_OUT", folder)))
    print(table(results))
    for doubt in doubts(results):
        print(doubt)


def rolled_out(folder: Path) -> list[Result]:
    """Run a scenario for each release, with all columns; return the results."""
    repeat, jobs = os.environ.get("CHAOS_BENCH_REPEAT", "10"), os.environ.get("CHAOS_BENCH_JOBS", "2")
    scenarios = folder / "scenarios"
    scenarios.mkdir(parents=True)
    for release in FlowRelease:
        text = scenario(release, blocks(), is_long=release is FlowRelease.FORGET_STEP)
        (scenarios / f"{release}.yaml").write_text(text)
    command = ("-m", "harness", "run", str(scenarios), "--jobs", jobs, "--repeat", repeat, "--report", "none")
    subprocess.run(python(*command, "--out", str(folder / "runs")), check=False)  # what fails shows in the table
    return [run.result for run in runs_in(folder / "runs")]


def table(results: Sequence[Result]) -> str:
    """Return a row for each release: how many tickets came to which harm in each column, and how often as expected."""
    lines = [f"| release | {' | '.join(KINDS)} |", f"|---|{'---|' * len(KINDS)}"]
    by_release = {result.scenario.name: result for result in results}
    lines += [_row(release, by_release[name_of(release)]) for release in FlowRelease if name_of(release) in by_release]
    return "\n".join(lines)


def _row(release: FlowRelease, result: Result) -> str:
    return f"| `{release}` | {' | '.join(_cell(release, guard, result) for guard in KINDS)} |"


def _cell(release: FlowRelease, guard: str, result: Result) -> str:
    repetitions = result.systems[name_of(guard)].repetitions
    if missing := [name for name in (*HARM, "submitted") if any(one.metrics.get(name) is None for one in repetitions)]:
        return f"unknown: no {', '.join(missing)}"  # what is not known is no 0
    harms = [{name: int(one.metrics[name] or 0) for name in HARM} for one in repetitions]
    as_expected = sum(is_as_expected(release, guard, (name for name in HARM if harm[name])) for harm in harms)
    came = [name for name in HARM if any(harm[name] for harm in harms)]
    if WRONG in came and MIXED in came:
        came.remove(MIXED)  # it is what the other comes to
    shown = ", ".join(_counted(name, [harm[name] for harm in harms]) for name in came)
    of = f" of {max(int(one.metrics['submitted'] or 0) for one in repetitions)}" if shown else ""
    often = "" if as_expected == len(harms) else f" (as expected in {as_expected} of {len(harms)})"
    return f"{shown or 'unharmed'}{of}{often}"


def _counted(name: str, counts: Sequence[int]) -> str:
    low, high = min(counts), max(counts)
    return f"{WORDS.get(name, name)} {low if low == high else f'{low}–{high}'}"


def doubts(results: Sequence[Result]) -> Iterator[str]:
    """Name each column of which a check does not hold; a busy machine spoils times, and this table has none."""
    for result in results:
        for label, system in result.systems.items():
            for number, one in enumerate(system.repetitions, start=1):
                wrong = [f"{c.name} {c.verdict}: {c.detail}" for c in one.checks if c.verdict not in FINE]
                wrong += [f"{f.landed} of {f.planned} deploys landed" for f in one.faults if f.landed != f.planned]
                yield from (f"{result.scenario.name} {label} {number}: {what}" for what in wrong)


if __name__ == "__main__":
    main()
