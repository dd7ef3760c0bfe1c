"""A session from its folder to its end: systems come up, the address is announced, and what was done is judged."""

import asyncio
import contextlib
import secrets
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from harness.decoding import UNREADABLE
from harness.errors import ChaosError, UsageInvalid
from harness.execution.run import as_ground, conclude_record, new_run
from harness.judging.run import read_plan
from harness.live.card import living, remove_card, write_card
from harness.live.deeds import Deeds, begun
from harness.live.reboot import moved
from harness.live.scribe import FOOTING, read_footing, restored
from harness.live.server import Server, listen
from harness.live.session import Session
from harness.planning.scenario import Scenario
from harness.planning.writing import write
from harness.runfolder.meta import Meta, read_meta
from systems.desk.live.identity import boot_id

PUBLISH_EVERY_S = 0.05
TOKEN_BYTES = 16


@dataclass(frozen=True, slots=True)
class Ending:
    """How a session ended: its folder, and the error that ended it early, if one did."""

    folder: Path
    error: ChaosError | None = None


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a session is started with. `keep` is a folder that is gone on with, or will be."""

    out: Path
    keep: Path | None = None
    port: int = 0
    save_to: Path | None = None
    reports: tuple[str, ...] = ("html",)


def live(scenario: Scenario, wishes: Wishes, announce: Callable[[str], None], tell: Callable[[str], None]) -> Ending:
    """Serve a session of a scenario until it is stopped; `announce` gets its address, `tell` what a person may read.

    Raises UsageInvalid for a folder that cannot be gone on with, EnvironmentFailure where not even a folder or a port
    can be had.
    """
    is_kept = wishes.keep is not None and (wishes.keep / "run.json").exists()
    error: ChaosError | None = None
    with listen(wishes.port) as listening:  # before anything else: a port that is taken costs nobody a folder
        folder, meta, deeds, began = _kept(wishes.keep) if is_kept and wishes.keep else _new(scenario, wishes)
        session = Session.begin(folder, meta, deeds, began, save_to=wishes.save_to, is_kept=is_kept)
        try:
            asyncio.run(_serve(session, listening, announce, tell))
        except Exception as caught:  # noqa: BLE001 - what was recorded is kept, whatever broke
            error = as_ground(caught, folder)
        finally:
            remove_card(folder)
            session.log.close()
    _conclude(session, wishes, error, tell)
    return Ending(folder, error)


def _new(scenario: Scenario, wishes: Wishes) -> tuple[Path, Meta, Deeds, int]:
    """Make a session's folder."""
    deeds = Deeds(begun(scenario))
    text = write(deeds.scenario())
    labels = [block.label for block in scenario.systems]
    if wishes.keep is not None and wishes.keep.exists() and any(wishes.keep.iterdir()):
        raise UsageInvalid(f"--keep {wishes.keep}: expected a session's folder or an empty one, found other files")
    folder, meta = new_run(deeds.base, text, deeds.plan(), wishes.out, labels, wishes.keep)
    return folder, meta, deeds, time.monotonic_ns()


def _kept(folder: Path) -> tuple[Path, Meta, Deeds, int]:
    """Find what a folder is gone on with; raises UsageInvalid where there is nothing."""
    if living(folder) is not None:
        raise UsageInvalid(f"--keep {folder}: a session runs there already")
    try:
        footing = read_footing(folder)
    except (OSError, *UNREADABLE):
        raise UsageInvalid(f"--keep {folder}: expected a session's folder, found a run without {FOOTING}") from None
    plan = read_plan(folder)
    if plan.scenario.desk.database != "sqlite":
        raise UsageInvalid(f"--keep {folder}: its store was on {plan.scenario.desk.database}, which does not stay")
    began = footing.began if footing.boot == boot_id() else moved(folder, plan, footing)
    meta = msgspec.structs.replace(read_meta(folder), status="running", problem="", records={})
    return folder, meta, restored(plan, footing.deeds), began


async def _serve(
    session: Session, listening: socket.socket, announce: Callable[[str], None], tell: Callable[[str], None]
) -> None:
    """Have everything up until the session is stopped, or something under it gives way."""
    loop, token = asyncio.get_running_loop(), secrets.token_urlsafe(TOKEN_BYTES)
    server = Server(session, token)
    await server.open(listening)
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, session.stopping.set)
    tasks = [asyncio.create_task(column.run()) for column in session.columns]
    try:
        tell(f"starting {', '.join(session.controls)}")
        if await _until_ready(session, tasks):
            session.start_clock()
            await session.scribe.written()
            write_card(session.folder, server.port, token)
            announce(server.address)
            await _until_stopped(session, server, tasks)
        tell("ending: what was recorded is made whole (Ctrl-C again leaves at once)")
        await _end(session, server, tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        await server.close()
        for task in tasks:
            if not task.cancelled() and (error := task.exception()) is not None:
                raise error


async def _until_ready(session: Session, tasks: list[asyncio.Task[None]]) -> bool:
    """Wait until every system serves; False where it was stopped before, or one gave way."""
    while not session.stopping.is_set() and not any(task.done() for task in tasks):
        if all(column.is_ready.is_set() for column in session.columns):
            return True
        await asyncio.sleep(PUBLISH_EVERY_S)
    return False


async def _until_stopped(session: Session, server: Server, tasks: list[asyncio.Task[None]]) -> None:
    while not session.stopping.is_set() and not any(task.done() for task in tasks):
        await server.publish()
        await asyncio.sleep(PUBLISH_EVERY_S)


async def _end(session: Session, server: Server, tasks: list[asyncio.Task[None]]) -> None:
    """Let every system end; a second Ctrl-C leaves at once."""
    session.stopping.set()
    loop, is_hurried = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, is_hurried.set)
    for column in session.columns:
        column.stop()
    while not is_hurried.is_set() and not all(task.done() for task in tasks):
        if any(task.done() and not task.cancelled() and task.exception() for task in tasks):
            break
        await server.publish()
        await asyncio.sleep(PUBLISH_EVERY_S)


def _conclude(session: Session, wishes: Wishes, error: ChaosError | None, tell: Callable[[str], None]) -> None:
    """Write how it ended, judge the record, and save what was done if that was asked for."""
    is_whole = error is None and all(column.was_quiet for column in session.columns)
    status = "broken" if error is not None else "complete" if is_whole else "interrupted"
    why = "" if is_whole else str(error or "the session ended while tickets were under way")
    session.scribe.finish(status, why)
    if wishes.save_to is not None and session.deeds.tickets:
        wishes.save_to.write_text(session.repeatable(), encoding="utf-8")
        tell(f"saved: {wishes.save_to}")
    with contextlib.suppress(KeyboardInterrupt):
        conclude_record(session.folder, read_meta(session.folder), wishes.reports)
    tell(f"evidence: {session.folder}")
