"""Ending a process by a signal and starting it again, and proving from the records that it happened."""

import signal
from collections.abc import Sequence
from typing import Literal

from harness.faults.healing import NOTHING_TO_UNDO, had_exited, was_ended, why_missed
from harness.faults.spec import Attestation, FaultInstance
from harness.faults.stage import Stage
from harness.history.model import History, Process

REAP_DEADLINE_S = 5.0
MOST_AFTER_KILL_NS = 1_000_000_000
"""So late the kernel may come to end a process on a busy machine, at most."""
SIGNALS = {"KILL": signal.SIGKILL, "TERM": signal.SIGTERM}


async def kill(
    instance: FaultInstance, stage: Stage, victims: Sequence[str], how: Literal["KILL", "TERM"], grace_s: float
) -> Sequence[str]:
    """Signal the victims, free the thread at the point, and wait until all are reaped; return those ended by force.

    A thread that blocks at a point could not drain, so the point is released as soon as the signal is delivered. A
    victim that outlives `grace_s` after TERM is ended by KILL, as a process manager does; each has its own grace.
    """
    import asyncio  # noqa: PLC0415 - validation never comes here, and it takes 40 ms

    for victim in victims:
        await stage.processes.signal(victim, SIGNALS[how], instance.id)
    stage.clock.release(instance.id)
    patience_s = grace_s if how == "TERM" else REAP_DEADLINE_S
    ended = await asyncio.gather(*(_ended(instance, stage, victim, patience_s) for victim in victims))
    return [victim for victim, by_itself in zip(victims, ended, strict=True) if not by_itself]


async def _ended(instance: FaultInstance, stage: Stage, victim: str, patience_s: float) -> bool:
    """Wait until one process is reaped, by force where it takes too long; False if it took force."""
    if await stage.processes.reaped(victim, patience_s):
        return True
    is_forced = await stage.processes.signal(victim, signal.SIGKILL, instance.id)
    await stage.processes.reaped(victim, REAP_DEADLINE_S)
    return not is_forced


def note_of(forced: Sequence[str], role: str, how: Literal["KILL", "TERM"], grace_s: float) -> str:
    """Say which processes had to be ended by force; nothing where all ended by themselves."""
    why = _outlived(grace_s) if how == "TERM" else f"was not reaped within {REAP_DEADLINE_S:g} s"
    return "; ".join(f"{role} {proc} {why}" for proc in forced)


def _outlived(grace_s: float) -> str:
    return f"outlived its grace of {grace_s:g} s and was killed, as a process manager would"


def attest_kill(instance: FaultInstance, history: History, how: Literal["KILL", "TERM"], grace_s: float) -> Attestation:
    """Landed: a live, busy child was reaped with that signal, and nothing was journaled by it afterwards.

    After TERM it may have ended by itself, or by KILL once its grace was over.
    """
    hit = [process for process in history.processes.values() if any(s.fault == instance.id for s in process.signals)]
    if not hit:
        why = why_missed(instance, history, "it was never injected")
        return Attestation(instance.id, "missed", why, healed=NOTHING_TO_UNDO)
    moment = min(s.t for process in hit for s in process.signals if s.fault == instance.id)
    doubts = [doubt for process in hit for doubt in _doubts(process, instance.id, how, history)]
    if not any(was_busy(history, process.proc, moment) for process in hit):
        doubts.append("no process that it hit was busy")
    if instance.step is not None and not _claimed(instance, history):
        doubts.append("no execution reached the point")
    procs = tuple(process.proc for process in hit)
    is_healed = was_ended(instance, history)
    if doubts:
        return Attestation(instance.id, "missed", "; ".join(doubts), moment, procs, healed=is_healed)
    detail = "; ".join(f"{_name(process)} {_end_of(process, instance.id, how, grace_s)}" for process in hit)
    return Attestation(instance.id, "landed", detail, moment, procs, healed=is_healed)


def _name(process: Process) -> str:
    return f"{process.role} {process.index} ({process.proc})"


def _doubts(process: Process, fault: str, how: str, history: History) -> list[str]:
    """Say what speaks against this process having been ended by the fault."""
    name, exited = _name(process), process.exited
    if exited is None:
        return [f"{name} was not reaped"]
    doubts = []
    sent = next(s for s in process.signals if s.fault == fault)
    if how == "KILL":
        doubts += _doubts_of_kill(process, sent.t, history)
    # After TERM the status proves nothing: a clean exit, an abort as the interpreter ends (it was seen with the SDK's
    # threads) and a KILL after the grace are all its doing. What counts is that it was there to take the signal.
    if how == "TERM" and exited.t < sent.t:
        doubts.append(f"{name} was gone before the signal")
    if process.wrote_after_end:
        doubts.append(f"{name} journaled after it was reaped")
    return doubts


def _doubts_of_kill(process: Process, sent: int, history: History) -> list[str]:
    """Say what speaks against SIGKILL having ended the process at once: it lets nobody write on, or live on."""
    name, exited = _name(process), process.exited
    if exited is not None and exited.signal != "SIGKILL":
        return [f"{name} ended with {exited.signal or exited.code}, expected SIGKILL"]
    if not had_exited(process, history):
        return [f"{name} lived until the run ended"]
    if (process.last_record or 0) > sent + MOST_AFTER_KILL_NS:
        return [f"{name} went on writing after its SIGKILL"]
    return []


def _end_of(process: Process, fault: str, how: str, grace_s: float) -> str:
    """Say how a process that the fault ended came to its end."""
    is_forced = any(s.fault == fault and s.signal == "SIGKILL" for s in process.signals)
    if how == "TERM" and is_forced and process.exited is not None and process.exited.signal == "SIGKILL":
        return _outlived(grace_s)
    return f"reaped with SIG{how}"


def _claimed(instance: FaultInstance, history: History) -> bool:
    return any(reached.point == instance.id for _, reached in history.points)


def was_busy(history: History, proc: str, moment: int) -> bool:
    """Say whether a process had an open attempt, an open request or a resident orchestration at `moment`.

    The engine is busy with every ticket that is under way.
    """
    process = history.processes.get(proc)
    if process is not None and process.role == "engine":
        return bool(history.under_way(moment))
    return (
        any(a.proc == proc and _covers(a.started, a.ended, moment) for a in history.attempts)
        or any(r.proc == proc and _covers(r.opened, r.closed, moment) for r in history.requests)
        or any(r.proc == proc and _covers(r.start, r.end, moment) for r in history.residencies)
    )


def _covers(start: int, end: int | None, moment: int) -> bool:
    return start <= moment and (end is None or end >= moment)
