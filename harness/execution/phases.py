"""Phases that every repetition has: canaries before its load, and the export after it."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

from harness.execution.assembly import Assembly
from harness.execution.load import Driver
from harness.execution.quiet import Quiet
from harness.execution.stage import LiveStage
from harness.history import run_records
from systems.desk.model import Ticket
from systems.system import Known

CANARY_DEADLINE_S = 30.0
EXPORT_DEADLINE_S = 120.0


async def walk_canaries(driver: Driver, canaries: Sequence[Ticket]) -> str:
    """Walk one ticket of each priority; return why the load is not worth starting, nothing where they all ended."""
    numbers = {canary.number for canary in canaries}
    sends = [asyncio.create_task(driver.submit(canary, 1, time.monotonic_ns())) for canary in canaries]
    why = ""
    try:
        async with asyncio.timeout(CANARY_DEADLINE_S):
            answers = await asyncio.gather(*sends)
            refused = next((answer for answer in answers if answer.outcome != "ok"), None)
            if refused is not None:
                why = f"not answered ok: {refused.outcome} {refused.detail}"
            else:
                await driver.watch.until(lambda: numbers <= driver.watch.terminal.keys())
    except TimeoutError:
        why = f"not terminal within {CANARY_DEADLINE_S:g} s"
    finally:
        # They count nowhere: `settled` is what progress, triggers and the figure in flight are made of.
        driver.watch.settled -= numbers
    return why


async def export(stage: LiveStage, quiet: Quiet, parts: Assembly) -> None:
    """Record what was open when settling ended, and have everything written down that is not on disk by itself."""
    unended = quiet.unended()
    is_engine_dead = stage.is_engine_gone()
    if is_engine_dead:
        await stage.reopen_engine()
    known = await quiet.ticket_status(unended) if unended else Known()
    if is_engine_dead:  # it stood in the engine's file, and would never have been worked on
        known = Known(known=known.known, failed=known.failed)
    stage.journal.write(
        run_records.LiveAtEnd,
        live=tuple(sorted(known.live)),
        known=tuple(sorted(known.known)),
        failed=tuple(sorted(known.failed)),
        wedged=tuple(sorted(known.wedged)),
        mending=tuple(sorted(known.mending)),
        stalled=tuple(sorted(known.stalled)),
        open=() if is_engine_dead else tuple(sorted(await quiet.still_open(is_all=True))),
    )
    audit = await stage.watch.last_look()
    histories = parts.histories
    async with asyncio.timeout(EXPORT_DEADLINE_S):
        await stage.system.export(histories, [*parts.canaries(), *stage.tickets.values()])
    # How much each kind of evidence came to as everything was written: a file that is cut or lost later would else
    # read as if less had happened.
    stage.journal.write(
        run_records.Totals,
        ledger=await stage.ledger_lines(),
        audit=audit,
        residencies=_lines_of(histories / "residency.jsonl"),
        wedges=_lines_of(histories / "wedges.jsonl"),
        histories=sum(1 for _ in histories.glob("*.json")),
    )


def _lines_of(file: Path) -> int:
    """Count the lines of a file that is there only where there is anything to say."""
    return file.read_bytes().count(b"\n") if file.exists() else 0
