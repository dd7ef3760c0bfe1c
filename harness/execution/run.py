"""A run: every system and repetition of a scenario in turn, into one folder that can be judged again for ever."""

import contextlib
import os
import secrets
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec

from harness.errors import (
    ChaosError,
    EngineUnavailable,
    EnvironmentFailure,
    Interrupted,
    RunFolderInvalid,
    TimeLimitPassed,
)
from harness.execution.assembly import Assembly
from harness.execution.environment import environment
from harness.execution.repetition import RepetitionRun
from harness.execution.time_limit import TimeLimit
from harness.judging.run import begun, conclude_looking
from harness.planning import plan as planning
from harness.planning.estimate import repetition_s
from harness.planning.plan import Plan
from harness.planning.scenario import Scenario, SystemBlock
from harness.processes.interruption import Interruption
from harness.processes.open_files import refuse_too_few
from harness.progress import Progress
from harness.report.formats import FORMATS, RECORD, ReportInput, look
from harness.runfolder.meta import Meta, write_meta
from harness.runfolder.result import Result
from harness.runfolder.seal import RESULT, digest, sealed
from harness.runfolder.whole import write_whole
from systems.exhaustion import remedy
from systems.system import ClientExhausted, SystemUnavailable


@dataclass(frozen=True, slots=True)
class Outcome:
    """A run that ended: its folder, its result, and the error that ended it early, if one did."""

    folder: Path
    result: Result
    error: ChaosError | None = None


def run(
    scenario: Scenario,
    text: str,
    out: Path,
    labels: Sequence[str],
    progress: Progress,
    *,
    limit_s: float | None = None,
    reports: tuple[str, ...] = (),
) -> Outcome:
    """Run the systems `labels` of a scenario (`text` is its file) into a new folder of `out`, and judge it.

    After `limit_s` it is interrupted; `reports` are the formats that are written beside the record.
    Raises EnvironmentFailure when not even the folder can be made; whatever happens later, the record is judged and
    comes back with the error beside it.
    """
    with Interruption() as interruption:
        return _run(scenario, text, out, labels, progress, interruption, limit_s, reports)


def _run(
    scenario: Scenario,
    text: str,
    out: Path,
    labels: Sequence[str],
    progress: Progress,
    interruption: Interruption,
    limit_s: float | None,
    reports: tuple[str, ...],
) -> Outcome:
    blocks = [block for block in scenario.systems if block.label in labels]
    plan = planning.build(scenario)
    folder, meta = new_run(scenario, text, plan, out, [block.label for block in blocks])
    error: ChaosError | None = None
    limit = TimeLimit(limit_s)
    progress.begin([block.label for block in blocks], scenario.repeat, len(plan.tickets), repetition_s(scenario))
    try:
        with limit:
            for number, block in _turns(blocks, scenario.repeat):
                _run_repetition(scenario, block, number, folder, progress, interruption)
    except KeyboardInterrupt:
        error = _early(scenario.name, limit_s if limit.is_passed else None)
    except Exception as caught:  # noqa: BLE001 - what was recorded is to be judged, whatever broke
        error = as_ground(caught, folder)
    finally:
        progress.done()
    status: Literal["complete", "interrupted", "broken"] = "complete"
    if error is not None:
        status = "interrupted" if isinstance(error, Interrupted | TimeLimitPassed) else "broken"
    with _ground(folder):
        ended = msgspec.structs.replace(meta, status=status, problem=str(error or ""))
        try:
            write_meta(folder, ended)
            interruption.rearm()  # how the run ended is written down: from here on nothing is lost
            result = conclude_record(folder, ended, reports)
        except KeyboardInterrupt:
            hint = f"interrupted while it was judged; the record is kept, and `chaos check {folder}` judges it"
            raise Interrupted(hint) from None
        except RunFolderInvalid as harm:
            # Made by this very run, and nobody's wrong word on a command line: its record was damaged meanwhile.
            before = f"{error}; " if error is not None else ""
            raise EnvironmentFailure(f"{before}the record was damaged while it ran: {harm}") from None
    return Outcome(folder, result, error)


def conclude_record(folder: Path, ended: Meta, reports: tuple[str, ...]) -> Result:
    """Seal the record of a run that ended, judge it, write its reports, and seal the result too."""
    records = sealed(folder, ended)
    write_meta(folder, msgspec.structs.replace(ended, records=records))
    result = _judged(folder, reports)
    records[RESULT] = digest(folder / RESULT)
    write_meta(folder, msgspec.structs.replace(ended, records=records))
    return result


def _early(name: str, limit_s: float | None) -> ChaosError:
    """Say why a run ended early: it passed its limit, or was interrupted."""
    kept = "faults are undone, processes are gone, the record is kept"
    if limit_s is None:
        return Interrupted(f"interrupted; {kept}")
    return TimeLimitPassed(f"{name} hit its time limit of {limit_s:g} s and was interrupted; {kept}")


def _judged(folder: Path, reports: tuple[str, ...]) -> Result:
    """Judge a run from its folder, and write the result and its reports there; the evidence is looked at once."""
    result, pictures = conclude_looking(folder, look(reports, sum(map(len, begun(folder).values()))))
    report = ReportInput(result, pictures, str(folder), is_full=True)
    for name in (RECORD, *reports):
        write_whole(folder / FORMATS[name].file, FORMATS[name].render(report).encode())
    return result


def _turns(blocks: Sequence[SystemBlock], repeat: int) -> Iterator[tuple[int, SystemBlock]]:
    """Let systems take turns in rotated order (A B, B A, …), so that the machine's drift hits all alike."""
    for number in range(1, repeat + 1):
        shift = (number - 1) % len(blocks)
        for block in [*blocks[shift:], *blocks[:shift]]:
            yield number, block


def _run_repetition(
    scenario: Scenario, block: SystemBlock, number: int, folder: Path, progress: Progress, interruption: Interruption
) -> None:
    refuse_too_few(scenario, block)
    plan = planning.of_system(planning.for_repetition(scenario, number), block.label)
    assembly = Assembly(plan, block, folder / block.label / str(number))
    # A loop for each repetition: no task, handler or socket of one reaches into the next.
    interruption.run(RepetitionRun(assembly, number, progress).run())


def as_ground(error: BaseException, folder: Path) -> ChaosError:
    """Name what broke as one error of the harness; a group of errors is named by its first."""
    outermost = error
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, ChaosError):
        return error
    if isinstance(error, SystemUnavailable):
        return EngineUnavailable(str(error))
    if isinstance(error, ClientExhausted):
        return EnvironmentFailure(str(error))
    if isinstance(error, OSError | TimeoutError):
        return EnvironmentFailure(f"{type(error).__name__}: {error}{remedy(error)}")
    with contextlib.suppress(OSError):
        (folder / "traceback.txt").write_text("".join(traceback.format_exception(outermost)))
    where = f"the traceback is in {folder / 'traceback.txt'}"
    return EnvironmentFailure(f"the harness itself broke: {type(error).__name__}: {error}; {where}")


@contextlib.contextmanager
def _ground(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise EnvironmentFailure(f"cannot write the run's folder {folder}: {error}") from error


def new_run(
    scenario: Scenario, text: str, plan: Plan, out: Path, labels: list[str], folder: Path | None = None
) -> tuple[Path, Meta]:
    """Make a run's folder, a new one in `out` unless it is named, with its card, its scenario and its plan."""
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    # Several scenarios of a suite may begin in the same second.
    run_id = f"{stamp}-{scenario.name}-{secrets.token_hex(2)}"
    is_named, folder = folder is not None, folder or out / run_id
    meta = Meta(
        schema=1,
        run_id=run_id,
        seed=scenario.seed,
        repeat=scenario.repeat,
        labels=tuple(labels),
        plan_sha256=planning.sha256(plan),
        environment=environment(),
        started=time.time(),
        selected=tuple(labels) if len(labels) < len(scenario.systems) else (),
    )
    with _ground(folder):
        folder.mkdir(parents=True, exist_ok=is_named)
        (folder / "scenario.yaml").write_text(text, encoding="utf-8")
        (folder / "plan.json").write_bytes(planning.encode(plan))
        write_meta(folder, meta)
        if not is_named:
            _point_latest(out, run_id)
    return folder, meta


def _point_latest(out: Path, run_id: str) -> None:
    """Replace the link `latest` in one step, so that it is never found missing."""
    fresh = out / f".latest-{run_id}"
    fresh.symlink_to(run_id)
    os.replace(fresh, out / "latest")  # noqa: PTH105 - rename over a link, exactly
