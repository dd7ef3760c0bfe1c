"""Concluding a run from its folder alone: what `run` does at its end, and `check` whenever it is asked."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from harness.comparing.aggregate import aggregates, between
from harness.decoding import UNREADABLE
from harness.errors import RunFolderInvalid
from harness.history.load import load, without_gc
from harness.judging.evidence import Evidence
from harness.judging.repetition import Cause, evidence_of, judge_evidence
from harness.judging.verdict import judge_expectations, overall
from harness.planning import plan as planning
from harness.planning.plan import Plan
from harness.planning.scenario import Scenario, SystemBlock
from harness.runfolder.meta import SCHEMA, Meta, read_meta, refuse_another_plan
from harness.runfolder.result import Repetition, Result, ScenarioName, SystemResult
from harness.runfolder.seal import changed
from systems.desk.fault_mode import FaultMode
from systems.settings import Capability

FEW_BYTES = 20_000_000
"""Up to so many bytes of records, judging takes less time than starting processes for it."""
MANY_BYTES = 200_000_000
"""So many bytes of records may be judged at once: in memory, each takes three to four times its room."""
NO_END = "the harness was killed while it ran, or could not write down how it ended"
SQLITE = b"SQLite format 3\0"

T = TypeVar("T")
Look = Callable[[Evidence], T]
Looked = dict[str, dict[int, T]]
"""What a look at each repetition's evidence came to, by label and number."""


def conclude(folder: Path, processes: int = 1) -> Result:
    """Judge a run, a large one in up to so many processes; raises RunFolderInvalid for what is no whole run.

    The processes are forked: only a program without threads of its own may ask for more than one.
    """
    return conclude_looking(folder, _nothing, processes)[0]


def conclude_looking(folder: Path, look: Look[T], processes: int = 1) -> tuple[Result, Looked[T]]:
    """Judge a run as `conclude` does, and look at each repetition's evidence while it is at hand.

    What `look` returns must pickle, as `look` itself must.
    """
    meta = _read_whole(folder)
    plan = read_plan(folder)
    scenario = plan.scenario
    blocks = [block for block in scenario.systems if block.label in meta.labels]
    numbers = {block.label: _begun(folder, meta, block.label) for block in blocks}
    judged = _judge_all(folder, plan, [(block, n) for block in blocks for n in numbers[block.label]], look, processes)
    repetitions = {label: tuple(judged[label, n][0] for n in of_label) for label, of_label in numbers.items()}
    looked = {label: {n: judged[label, n][1] for n in of_label} for label, of_label in numbers.items()}
    return _result(meta, scenario, blocks, repetitions), looked


def _nothing(_evidence: Evidence) -> None:
    """Look at nothing."""


def _result(
    meta: Meta, scenario: Scenario, blocks: list[SystemBlock], repetitions: dict[str, tuple[Repetition, ...]]
) -> Result:
    expectations = judge_expectations(scenario, repetitions, meta.repeat)
    verdict = overall(expectations, repetitions, meta.repeat)
    # All that was seen holds, and not all was seen. A failure needs no rest of the run, so it stays one.
    if meta.status != "complete" and verdict == "pass":
        verdict = "unknown"
    return Result(
        schema=1,
        run_id=meta.run_id,
        scenario=ScenarioName(scenario.name, scenario.description),
        seed=meta.seed,
        plan_sha256=meta.plan_sha256,
        environment=meta.environment,
        systems={
            b.label: SystemResult(settings_of(scenario, b), repetitions[b.label], aggregates(repetitions[b.label]))
            for b in blocks
        },
        expectations=expectations,
        verdict=verdict,
        # The card is written before the first process starts, and nobody is left to correct it after a SIGKILL of the
        # harness, nor is there room on a full disk.
        status="broken" if meta.status == "running" else meta.status,
        problem=meta.problem or (NO_END if meta.status == "running" else ""),
        between=between(repetitions),
    )


def read_plan(folder: Path) -> Plan:
    """Read a run's plan; raises RunFolderInvalid for what is none of this schema."""
    path = folder / "plan.json"
    try:
        text = path.read_bytes()
        plan = planning.decode(text)
    except (OSError, *UNREADABLE) as error:
        raise RunFolderInvalid(f"{path}: not a plan: {error}") from None
    if plan.schema != SCHEMA:
        raise RunFolderInvalid(f"{path}: expected schema {SCHEMA}, found {plan.schema}")
    meta = read_meta(folder)
    refuse_another_plan(path, text, meta)
    planned = [block.label for block in plan.scenario.systems]
    strange = next((label for label in meta.labels if label not in planned), None)
    if strange is not None:
        raise RunFolderInvalid(f"{path}: expected the systems of run.json, found no {strange!r}")
    return plan


def _read_whole(folder: Path) -> Meta:
    """Read a run's card; of one that ended, every record must be there.

    A record that has vanished cannot show a ticket that was lost: judged without it, a run would look better.
    """
    meta = read_meta(folder)
    if meta.status == "complete":
        places = [Path(label) / str(n) for label in meta.labels for n in range(1, meta.repeat + 1)]
        missing = [str(place / name) for place in places for name in _missing(folder / place)]
        if missing:
            more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
            kept = "; its result.json is enough for `chaos compare`" if (folder / "result.json").exists() else ""
            raise RunFolderInvalid(
                f"{folder}: expected the records of a whole run, found no readable {missing[0]}{more}{kept}"
            )
    return meta


def _missing(place: Path) -> list[str]:
    """Return which records a repetition that was run to its end has lost."""
    if not place.is_dir():
        return [""]
    there = {
        "journal": any(place.glob("journal/*.jsonl")),
        "ledger.jsonl": (place / "ledger.jsonl").exists(),
        # By its first bytes: SQLite makes a new, empty database of a file that is not there or has no content, and an
        # empty store has lost nothing.
        "store.sqlite": (place / "audit.jsonl").exists() or _is_database(place / "store.sqlite"),
    }
    return [name for name, is_there in there.items() if not is_there]


def _is_database(path: Path) -> bool:
    """Say whether a file begins as SQLite's do."""
    try:
        with path.open("rb") as file:
            return file.read(len(SQLITE)) == SQLITE
    except OSError:
        return False


def _begun(folder: Path, meta: Meta, label: str) -> list[int]:
    """Return the numbers of the repetitions that a system began."""
    return [n for n in range(1, meta.repeat + 1) if (folder / label / str(n)).is_dir()]


def _judge_all(
    folder: Path, plan: Plan, repetitions: list[tuple[SystemBlock, int]], look: Look[T], processes: int
) -> dict[tuple[str, int], tuple[Repetition, T]]:
    """Judge repetitions, by (label, number): each alone, so they can be judged side by side.

    They are forked rather than spawned, as a fork has the modules and the plan already and need not read them. How
    many run at once follows from the largest of them, since memory is what they compete for.
    """
    sizes = [_size(folder / block.label / str(n)) for block, n in repetitions]
    # The largest repetition sets the pace for all: any of them may be at work when it is, and memory gives no warning.
    at_once = min(processes, len(repetitions), MANY_BYTES // max([1, *sizes]))
    if at_once < 2 or sum(sizes) <= FEW_BYTES:  # noqa: PLR2004 - side by side takes two
        return {(block.label, n): _judge(folder, plan, block.label, n, look) for block, n in repetitions}
    from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415 - small runs never need it
    from multiprocessing import get_context  # noqa: PLC0415 - small runs never need it

    with ProcessPoolExecutor(at_once, get_context("fork"), initializer=_inherit, initargs=(plan,)) as pool:
        orders = [(folder, block.label, n, look) for block, n in repetitions]
        judged = pool.map(_judge_again, *zip(*orders, strict=True))
        return {(block.label, n): outcome for (block, n), outcome in zip(repetitions, judged, strict=True)}


def _size(place: Path) -> int:
    """Return how many bytes of records a repetition left."""
    records = (*place.glob("journal/*.jsonl"), *place.glob("*.jsonl"), *place.glob("*.sqlite"))
    # A link that leads nowhere has no size; reading it says so.
    return sum(file.stat().st_size for file in records if file.exists())


_inherited: list[Plan] = []
"""The plan of a forked process: nothing is sent, and nothing read again."""


def _inherit(plan: Plan) -> None:
    _inherited[:] = [plan]


def _judge_again(folder: Path, label: str, number: int, look: Look[T]) -> tuple[Repetition, T]:
    """Judge one repetition in a forked process, by the plan that it inherited."""
    return _judge(folder, _inherited[0], label, number, look)


def _judge(folder: Path, plan: Plan, label: str, number: int, look: Look[T]) -> tuple[Repetition, T]:
    block = next(block for block in plan.scenario.systems if block.label == label)
    with without_gc():
        evidence = recorded(folder, plan, label, number)
        return judge_evidence(evidence, cause_for(plan.scenario, block)), look(evidence)


def recorded(folder: Path, plan: Plan, label: str, number: int) -> Evidence:
    """Return the evidence of one repetition; `plan` is the run's. Raises RunFolderInvalid where there is none."""
    if not (folder / label / str(number)).is_dir():
        raise RunFolderInvalid(f"{folder}: {label} has no repetition {number}")
    block = next(block for block in plan.scenario.systems if block.label == label)
    of_repetition = plan if number == 1 else planning.for_repetition(plan.scenario, number)
    with without_gc():
        history = load(folder / label / str(number), label, number)
        history.problems += changed(folder, read_meta(folder), label, number)
        return evidence_of(planning.of_system(of_repetition, label), history, block.system)


def begun(folder: Path) -> dict[str, list[int]]:
    """Return the repetitions that each system of a run began, by label."""
    meta = _read_whole(folder)
    return {label: _begun(folder, meta, label) for label in meta.labels}


def cause_for(scenario: Scenario, block: SystemBlock) -> Cause:
    """Let the system say what its resuming follows from; a client that submits again is the harness's own."""
    settings, times = block.own, scenario.desk.times()

    def cause(fault: FaultMode, step: str) -> str:
        if fault in {FaultMode.TERM, FaultMode.OTHER}:
            return ""  # what was under way was finished, or nothing says what it waits for
        reason = settings.cause(fault, step, times)
        if Capability.RESUMPTION not in settings.capabilities and fault in {FaultMode.KILL, FaultMode.PAUSED_WORKER}:
            # Such a system takes no walk up by itself: nothing goes on until the client submits the ticket again.
            backoff = f"resubmit backoff {block.resubmit.backoff:g} s"
            return f"{backoff} + {reason}" if reason and block.resubmit.attempts else ""
        return reason

    return cause


def settings_of(scenario: Scenario, block: SystemBlock) -> dict[str, Any]:
    """Return a column's settings as they take effect, and what its recovery follows from."""
    return {
        "system": block.system,
        **block.settings,
        "resubmit": msgspec.to_builtins(block.resubmit),
        "safeguards": msgspec.to_builtins(block.safeguards),
        **block.own.implied(),
        "follows_from": block.own.follows_from(scenario.desk.times()),
    }
