"""What only the plan can tell is wrong: places that no ticket passes, points taken twice, waits that are too short."""

from collections.abc import Iterator

import msgspec

from harness import plan as planning
from harness.faults.fault import FaultInstance
from harness.reading.nodes import Page
from harness.reading.scenario_reader import Reader
from harness.scenario import Scenario
from systems.registry import SETTINGS

SEEDS_TRIED = 200


def crosscheck(scenario: Scenario, reader: Reader, page: Page) -> None:
    """Note every mistake that a scenario's parts make together."""
    for path, message in [*_faults(scenario), *_systems(scenario)]:
        page.wrong(*reader.place_of(path), message)
    if not page.mistakes:
        for path, message in [*_same_points(scenario), *_waits(scenario)]:
            page.wrong(*reader.place_of(path), message)


def _faults(scenario: Scenario) -> Iterator[tuple[str, str]]:
    """Each fault must be possible in every repetition's plan."""
    told: set[str] = set()
    for repetition in range(1, scenario.repeat + 1):
        seed = planning.repetition_seed(scenario.seed, repetition)
        tickets = planning.tickets(scenario, seed)
        for index, fault in enumerate(scenario.faults):
            for key, message in fault.problems(tickets):
                path = f".faults[{index + 1}].{key}"
                if path not in told:
                    told.add(path)
                    where = f" (in repetition {repetition}, seed {seed})" if repetition > 1 else ""
                    yield path, message + where + _seed_that_would_do(scenario, index, key)


def _seed_that_would_do(scenario: Scenario, index: int, key: str) -> str:
    if key not in {"when.occurrence", "when.step", "step", "when.visit"} or scenario.repeat > 1:
        return ""
    fault = scenario.faults[index]
    for seed in range(1, SEEDS_TRIED + 1):
        if not fault.problems(planning.tickets(scenario, seed)):
            return f"; seed {seed} would do"
    return ""


def _systems(scenario: Scenario) -> Iterator[tuple[str, str]]:
    for block in scenario.systems:
        settings = msgspec.convert(block.settings, SETTINGS[block.system])
        for key, message in settings.problems(scenario.desk.step_time, scenario.desk.agent_timeout):
            yield f".systems.{block.label}.{key}", f"{block.label}: {message}"
    for index, fault in enumerate(scenario.faults):
        if fault.applies_to("temporal") and not fault.applies_to("sync"):
            yield from _own_engine(scenario, index)
        if fault.needs_two():
            yield from _room_for_two(scenario, index)
        if not any(fault.applies_to(block.system) for block in scenario.systems):
            yield f".faults[{index + 1}]", "no selected system can take this fault"


def _own_engine(scenario: Scenario, index: int) -> Iterator[tuple[str, str]]:
    """Refuse to kill a server that the harness did not start."""
    for block in scenario.systems:
        if block.settings.get("server") == "external":
            where = f"{block.label} uses an external server, which the harness did not start"
            yield f".faults[{index + 1}]", f"this fault kills the engine, and {where}"


def _room_for_two(scenario: Scenario, index: int) -> Iterator[tuple[str, str]]:
    """Two can only meet where two steps can be under way at once."""
    for block in scenario.systems:
        room = block.settings["processes"] * block.settings["threads"]
        if room < 2:  # noqa: PLR2004 - it takes two
            where = f"{block.label} has 1 process with 1 thread"
            yield f".faults[{index + 1}]", f"a race needs room for two steps at once, and {where}"
    if scenario.load.arrival.concurrency == 1 and not any(
        scenario.faults[index].twins(one) for one in _first(scenario)
    ):
        yield f".faults[{index + 1}]", "a race needs two tickets at once, and load.arrival.concurrency is 1"


def _first(scenario: Scenario) -> list[FaultInstance]:
    return list(planning.build(scenario).faults)


def _same_points(scenario: Scenario) -> Iterator[tuple[str, str]]:
    """One execution of a window can be struck by one fault only."""
    for repetition in range(1, scenario.repeat + 1):
        taken: dict[tuple[int | None, str | None, str | None], list[FaultInstance]] = {}
        for one in planning.for_repetition(scenario, repetition).faults:
            if one.step is None or one.ticket is None:
                continue
            for other in taken.setdefault((one.ticket, one.step, one.window), []):
                if other.visit is None or one.visit is None or other.visit == one.visit:
                    line = scenario.faults[other.fault - 1].line
                    where = f"{one.step}, {one.window}, ticket {one.ticket}"
                    yield f".faults[{one.fault}]", f"the fault of line {line} strikes the same point: {where}"
                    return
            taken[one.ticket, one.step, one.window].append(one)


def _waits(scenario: Scenario) -> Iterator[tuple[str, str]]:
    """Settling must be long enough to see the slowest recovery that the settings promise."""
    if not scenario.faults:
        return
    longest_step = max(scenario.desk.step_time.values())
    for block in scenario.systems:
        settings = msgspec.convert(block.settings, SETTINGS[block.system])
        detection = settings.detection_s(scenario.desk.step_time, scenario.desk.agent_timeout)
        needed = detection + longest_step + max(fault.holds_s() for fault in scenario.faults)
        if scenario.settle < needed:
            facts = f"{block.label} may need {needed:g} s to notice and redo what a fault breaks"
            yield ".settle", f"settle: expected at least {needed:g} s, as {facts}; found {scenario.settle:g} s"
