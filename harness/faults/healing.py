"""Proving from the records that a fault was undone: each kind leaves another trace of that."""

from collections.abc import Sequence

from harness.faults.spec import FaultInstance
from harness.history.model import History, Process, Stop

NOTHING_TO_UNDO = True
"""What is over by itself as it strikes (a failure, a lost answer, a race) is healed from the start."""
SLACK_S = 0.05
"""So much shorter than planned a fault may be read to have lasted, as it is read from outside."""


def was_ended(instance: FaultInstance, history: History) -> bool:
    """Say whether the injection recorded that the fault was undone."""
    ended = history.faults_ended.get(instance.id)
    return ended is not None and ended.healed


def why_missed(instance: FaultInstance, history: History, otherwise: str) -> str:
    """Return why the fault was not injected, as was recorded then; `otherwise`, where nothing was."""
    ended = history.faults_ended.get(instance.id)
    return ended.note if ended is not None and ended.note else otherwise


def were_replaced(procs: Sequence[str], history: History, *, must_be_ready: bool) -> bool:
    """Say whether each of these processes has a later one of its role and index, which became ready."""
    return all(_was_replaced(history.processes[proc], history, must_be_ready=must_be_ready) for proc in procs)


def _was_replaced(dead: Process, history: History, *, must_be_ready: bool) -> bool:
    since = dead.spawned if dead.exited is None else dead.exited.t
    return any(
        (later.role, later.index) == (dead.role, dead.index)
        and later.proc != dead.proc
        and later.spawned >= since
        and (later.ready is not None or not must_be_ready)
        for later in history.processes.values()
    )


def went_on(process: Process, stop: Stop, history: History) -> bool:
    """Say whether a stopped process was let go on, or was ended as it stood still, before settling ended."""
    return stop.continued is not None or had_exited(process, history)


def had_exited(process: Process, history: History) -> bool:
    """Say whether a process had exited before settling ended: later, all that still live are ended anyhow."""
    settled = history.settled_at
    return process.exited is not None and (settled is None or process.exited.t <= settled)
