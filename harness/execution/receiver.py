"""The receiver: the outside world, one process that takes every effect and writes the ledger.

One place decides whether an effect is applied or a repeat, and writes that down before it answers: an effect
that was answered has a line in the ledger. It is never a fault's target.
"""

import argparse
import asyncio
import os
import sys
import time
from http import HTTPStatus
from pathlib import Path
from typing import NoReturn

import msgspec

from harness.decoding import UNREADABLE
from harness.execution.serving import Answer, Routes, serve
from harness.history import run_records
from systems.desk.live.channel import Channel
from systems.desk.live.journal import Journal
from systems.desk.rows import LedgerEntry

_lines = msgspec.json.Decoder(LedgerEntry)


class Arriving(msgspec.Struct, frozen=True):
    """An effect as the desk sends it; (ticket, step, purpose, nth) is its identity."""

    ticket: int
    step: str
    purpose: str
    nth: int
    attempt: str


class Ledger:
    """Decides and records effects, one after the other; one that is there already is gone on with."""

    def __init__(self, path: Path, *, is_idempotent: bool) -> None:
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        self._is_idempotent = is_idempotent
        before = _lines.decode_lines(path.read_bytes()) if path.is_file() else []
        self._keys = {(entry.ticket, entry.step, entry.purpose, entry.nth) for entry in before}
        self.lines = len(before)

    def take(self, effect: Arriving) -> bool:
        """Record an effect; True if it is applied, False if it is dropped as a repeat."""
        key = (effect.ticket, effect.step, effect.purpose, effect.nth)
        is_applied = not (self._is_idempotent and key in self._keys)
        entry = LedgerEntry(self.lines, time.monotonic_ns(), *key, effect.attempt, is_applied)
        line = msgspec.json.encode(entry) + b"\n"
        if os.write(self._fd, line) != len(line):
            raise OSError("the disk is full, a ledger entry was cut")
        self._keys.add(key)
        self.lines += 1
        return is_applied


class TroubleOrder(msgspec.Struct, frozen=True):
    """What the harness tells the receiver to do with effects: nothing special where `fault` is empty."""

    fault: str = ""
    delay_s: float = 0.0


class Trouble:
    """The receiver's bad hour: it refuses effects, or takes them late, as long as the harness orders it.

    `pending` counts the effects that came and are not decided yet.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.order = TroubleOrder()
        self.pending = 0

    async def intercept(self, effect: Arriving) -> bool:
        """Say whether an effect is refused; wait first where the receiver is only slow."""
        # The order that held as the effect came holds for it to its end: it keeps its delay even if the trouble is over
        # sooner, and is recorded as the fault's.
        order = self.order
        if not order.fault:
            return False
        self._journal.write(
            run_records.Troubled, fault=order.fault, ticket=effect.ticket, attempt=effect.attempt, delay_s=order.delay_s
        )
        self.pending += 1
        try:
            await asyncio.sleep(order.delay_s)
        finally:
            self.pending -= 1
        return not order.delay_s


def routes(ledger: Ledger, trouble: Trouble) -> Routes:
    """Make the HTTP service: POST /effects answers {"applied": bool}; the rest is the harness's own.

    POST /trouble orders what to do with effects; GET /ledger answers {"lines": written, "pending": not yet decided}.
    """
    decoder = msgspec.json.Decoder(Arriving)

    async def effects(body: bytes) -> Answer:
        try:
            effect = decoder.decode(body)
        except UNREADABLE as error:
            return HTTPStatus.BAD_REQUEST, {"error": str(error)}
        try:
            if await trouble.intercept(effect):
                return HTTPStatus.SERVICE_UNAVAILABLE, {"error": "out of order"}
            is_applied = ledger.take(effect)
        except OSError as error:
            # A refused effect would look like the desk's failure: the process ends, and the run with it.
            _end(f"ledger or journal cannot be written: {error}")
        return HTTPStatus.OK, {"applied": is_applied}

    async def order(body: bytes) -> Answer:
        trouble.order = msgspec.json.decode(body, type=TroubleOrder)
        return HTTPStatus.OK, {}

    async def count(_: bytes) -> Answer:
        return HTTPStatus.OK, {"lines": ledger.lines, "pending": trouble.pending}

    return {("POST", "/effects"): effects, ("POST", "/trouble"): order, ("GET", "/ledger"): count}


def _end(reason: str) -> NoReturn:
    """End the process at this very moment, and say why as the last that is in its log."""
    sys.stderr.write(f"{reason}\n")
    sys.stderr.flush()
    os._exit(1)


def main() -> None:
    """Run as a process of its own; says its port on the channel."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ledger", type=Path, required=True)
    parser.add_argument("--journal", type=Path, required=True)
    parser.add_argument("--label", required=True)
    parser.add_argument("--idempotency", action="store_true")
    arguments = parser.parse_args()
    trouble = Trouble(Journal.open(arguments.journal, "receiver", 0, arguments.label))
    ledger = Ledger(arguments.ledger, is_idempotent=arguments.idempotency)
    # There is nothing to finish when it is killed: what was answered is in the ledger.
    asyncio.run(serve(routes(ledger, trouble), Channel.from_environment()))
