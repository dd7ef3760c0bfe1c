"""The supervisor breaks: it says that it sent a signal, or that a process ended, and it is not so."""

import os
import signal
from types import SimpleNamespace

from harness.history import run_records
from harness.processes import messages, supervisor
from harness.processes.supervisor import Child, Supervisor
from systems.desk.live.journal import journal_bytes
from tests.broken.harness.broken_part import BROKEN, FAILED, SUPERVISOR, UNKNOWN, BrokenPart, put
from tests.broken.harness.loads import KILLED, PAUSED


def _os_without(*numbers: signal.Signals) -> None:
    """Let these signals go nowhere."""
    names = {name: getattr(os, name) for name in dir(os) if not name.startswith("__")}

    def kill(pid: int, number: int) -> None:
        if number not in numbers:
            os.kill(pid, number)

    put(supervisor, "os", SimpleNamespace(**{**names, "kill": kill}))


def kills_nothing() -> None:
    _os_without(signal.SIGKILL)


def stops_nothing() -> None:
    _os_without(signal.SIGSTOP)


def lets_nothing_go_on() -> None:
    _os_without(signal.SIGCONT)


def buries_the_living() -> None:
    def say_it_is_dead(self: Supervisor, command: messages.Signal) -> messages.Sent:
        child = self._child(command.proc)
        if child is None:
            return messages.Sent(is_sent=False)
        journal = self._journal
        journal.write(run_records.Signalled, proc=child.proc, signal=command.signal, fault=command.fault)
        size = journal_bytes(journal.path.parent, child.proc)
        journal.write(
            run_records.Exited,
            proc=child.proc,
            code=None,
            signal=command.signal,
            cpu_seconds=0.1,
            peak_rss_bytes=1,
            journal_bytes=size,
        )
        self._tell(messages.ChildExited(child.proc, None, command.signal, 0.1))
        return messages.Sent(is_sent=True)

    put(Supervisor, "_signal", say_it_is_dead)


def kills_another() -> None:
    children = Supervisor._child  # noqa: SLF001 - broken on purpose

    def another(self: Supervisor, proc: str) -> Child | None:
        child = children(self, proc)
        others = (other for other in self._children.values() if other.spec.role == "worker" and other is not child)
        return next(others, None)

    put(Supervisor, "_child", another)


LANDED = "faults_landed"
PARTS = (
    BrokenPart(
        "the supervisor says it killed, and did not",
        kills_nothing,
        UNKNOWN,
        {LANDED: "unknown", "healed": "unknown"},
        "",
        SUPERVISOR,
        KILLED,
    ),
    BrokenPart(
        "the supervisor says it stopped, and did not",
        stops_nothing,
        UNKNOWN,
        {LANDED: "unknown"},
        "",
        SUPERVISOR,
        PAUSED,
    ),
    BrokenPart(
        "the supervisor says it let go on, and did not",
        lets_nothing_go_on,
        UNKNOWN,
        {"quiescence": "unknown"},
        "",
        SUPERVISOR,
        PAUSED,
    ),
    BrokenPart(
        "the supervisor reports the death of one that lives",
        buries_the_living,
        FAILED,
        {LANDED: "unknown", "journal_intact": "invalid"},
        "after it was reaped",
        SUPERVISOR,
        KILLED,
    ),
    BrokenPart(
        "the supervisor kills another than it was told", kills_another, BROKEN, {}, "worker", SUPERVISOR, KILLED
    ),
)
