"""Concluding a run from its folder alone: what `run` does at its end, and `check` whenever it is asked."""

from pathlib import Path
from typing import Any

import msgspec

from harness import plan as planning
from harness.errors import RunFolderInvalid
from harness.judge import Cause, judge
from harness.meta import Meta, read_meta
from harness.plan import Plan
from harness.record import load, without_gc
from harness.result import Repetition, Result, ScenarioName, SystemResult
from harness.scenario import Scenario, SystemBlock
from harness.verdict import judge_expectations, overall
from systems.registry import SETTINGS


def conclude(folder: Path) -> Result:
    """Judge a run; raises RunFolderInvalid for a folder that is none."""
    meta = read_meta(folder)
    plan = read_plan(folder)
    scenario = plan.scenario
    blocks = [block for block in scenario.systems if block.label in meta.labels]
    with without_gc():
        repetitions = {block.label: _repetitions(folder, meta, plan, block) for block in blocks}
    expectations = judge_expectations(scenario, repetitions, meta.repeat)
    verdict = overall(expectations, repetitions, meta.repeat)
    if meta.status != "complete" and verdict == "pass":
        verdict = "unknown"
    return Result(
        schema=1,
        run_id=meta.run_id,
        scenario=ScenarioName(scenario.name, scenario.description),
        seed=meta.seed,
        plan_sha256=meta.plan_sha256,
        environment=meta.environment,
        systems={b.label: SystemResult(settings_of(scenario, b), repetitions[b.label]) for b in blocks},
        expectations=expectations,
        verdict=verdict,
        status="broken" if meta.status == "running" else meta.status,
        problem=meta.problem or ("the harness was killed while it ran" if meta.status == "running" else ""),
    )


def read_plan(folder: Path) -> Plan:
    """Read a run's plan."""
    try:
        return planning.decode((folder / "plan.json").read_bytes())
    except (OSError, msgspec.DecodeError) as error:
        raise RunFolderInvalid(f"{folder / 'plan.json'}: not a plan: {error}") from None


def _repetitions(folder: Path, meta: Meta, plan: Plan, block: SystemBlock) -> tuple[Repetition, ...]:
    """Judge the repetitions that were begun, in order."""
    found = []
    cause = _cause(plan.scenario, block)
    for number in range(1, meta.repeat + 1):
        place = folder / block.label / str(number)
        if not place.is_dir():
            break
        of_repetition = plan if number == 1 else planning.for_repetition(plan.scenario, number)
        found.append(judge(of_repetition, load(place, block.label, number), block.system, cause))
    return tuple(found)


def _cause(scenario: Scenario, block: SystemBlock) -> Cause:
    """Let the system say what its resuming follows from; a client that submits again is the harness's own."""
    settings = msgspec.convert(block.settings, SETTINGS[block.system])

    def cause(fault: str, step: str) -> str:
        if fault == "TERM":
            return ""  # what was under way was finished
        if block.system == "sync" and fault == "KILL" and block.resubmit.attempts:
            return f"resubmit backoff {block.resubmit.backoff:g} s"
        return settings.cause(fault, step, scenario.desk.step_time, scenario.desk.agent_timeout)

    return cause


def settings_of(scenario: Scenario, block: SystemBlock) -> dict[str, Any]:
    """Return a column's settings as they take effect, and what its recovery follows from."""
    settings = msgspec.convert(block.settings, SETTINGS[block.system])
    return {
        "system": block.system,
        **block.settings,
        "resubmit": msgspec.to_builtins(block.resubmit),
        "safeguards": msgspec.to_builtins(block.safeguards),
        "follows_from": settings.follows_from(scenario.desk.step_time, scenario.desk.agent_timeout),
    }
