"""The supervisor: a process of its own that owns every worker, the engine and the receiver of one repetition.

It is single-threaded, so children can be forked safely and their parent-death signal is tied to a thread that lives
as long as the process. It does what it is told over one socket, tells what happens, and judges nothing. When
that socket closes, however its harness ended, it kills every child's process group, reaps, removes the temporary
folders that it was told of, and leaves.

It is started anew for every repetition, before anything else is, so it imports little: the standard library, msgspec,
and what of the desk writes journals and names processes.
"""

import contextlib
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, Any

import msgspec

from harness.history import run_records
from harness.processes import messages
from harness.processes.folders import remove
from harness.processes.lifeline import adopt_orphans, die_with, process_control
from harness.processes.logs import bound_all
from harness.processes.procfs import children_of, task_states
from harness.processes.words import MOST_WORD_BYTES, receive, whole_words
from systems.desk.live import channel
from systems.desk.live.identity import proc_of
from systems.desk.live.journal import Journal, journal_bytes
from systems.process import ProcessSpec

# What a full service cannot take yet waits here, a whole burst of it: a refused connection would look like a fault's
# effect. The kernel cuts it to its own limit.
BACKLOG = 4096
REAP_DEADLINE_S = 3.0
REMOVE_DEADLINE_S = 1.5
LOGS_EVERY_S = 0.1

_orders = msgspec.json.Decoder(messages.Order)
_words: msgspec.json.Decoder[channel.ReadyReport | channel.PointReport] = msgspec.json.Decoder(
    channel.ReadyReport | channel.PointReport
)


@dataclass(slots=True)
class Child:
    """A live child: its name, how it was started, and the socket it reports on."""

    proc: str
    spec: ProcessSpec
    popen: subprocess.Popen[bytes]
    channel: socket.socket | None = None
    unread: bytearray = field(default_factory=bytearray)
    stopped_by: str = ""


# Why it is one thread around one selector: everything that it hears (orders, its children's words, SIGCHLD) becomes
# readable in the same `select`, so nothing needs a lock, and events are told in the order in which they are known.
# SIGCHLD's handler does nothing itself: the signal wakes the loop through a socket (`set_wakeup_fd`), which then reaps
# all that there is to reap, as several deaths may come as one signal. Of a dead child the last words are taken in
# before its death is told: they still lie in its socket, and a point that it reached just before would be lost
# otherwise.
#
# Nothing is left behind, in four ways: when the harness's socket closes, all children are killed; when this process
# dies, their life lines close; a child that reads no life line has the kernel's signal (`lifeline`); and what a child
# started itself becomes this process's own child when it is orphaned, also from another session, and is killed as one.
class Supervisor:
    """Owns children; every public action is a command of the harness or an event of a child."""

    def __init__(self, control: socket.socket, journal: Journal) -> None:
        self._control = control
        self._unread = bytearray()
        self._journal = journal
        self._children: dict[int, Child] = {}
        self._specs: dict[str, ProcessSpec] = {}
        self._folders: list[Path] = []
        self._listener: socket.socket | None = None
        self._logs: set[Path] = set()
        self._prctl = process_control()
        self._selector = selectors.DefaultSelector()
        self._leaving = False

    def run(self) -> None:
        """Serve until the control socket closes or `stop` comes; then kill what is left."""
        adopt_orphans(self._prctl)
        self._watch_children()
        self._selector.register(self._control, selectors.EVENT_READ, self._on_control)
        try:
            due = time.monotonic() + LOGS_EVERY_S
            while not self._leaving:
                for key, _ in self._selector.select(LOGS_EVERY_S):
                    key.data()
                if time.monotonic() > due:
                    bound_all(self._logs)
                    due = time.monotonic() + LOGS_EVERY_S
        except OSError as error:
            # Its log lies on the same disk as its journal: where that is full, this is the only way to say so.
            self._tell(messages.Broken(f"{type(error).__name__}: {error}"))
            raise
        finally:
            self._end_all()
            bound_all(self._logs)

    # -- children

    def _watch_children(self) -> None:
        reading, writing = socket.socketpair()
        reading.setblocking(False)  # noqa: FBT003 - the socket's own interface
        writing.setblocking(False)  # noqa: FBT003 - the socket's own interface
        # A full buffer loses nothing: one byte wakes the loop, which reaps all that there is.
        signal.set_wakeup_fd(writing.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._on_leave)
        self._wakeup = writing
        self._selector.register(reading, selectors.EVENT_READ, partial(self._on_wakeup, reading))

    def _on_leave(self, *_: object) -> None:
        self._leaving = True

    def _on_wakeup(self, reading: socket.socket) -> None:
        with contextlib.suppress(BlockingIOError):
            while reading.recv(4096):
                pass
        self._reap_all()

    def _reap_all(self) -> None:
        while True:
            try:
                # wait4, as only the one who reaps a process learns what it used; WUNTRACED, as a stop is attested by
                # the kernel's word, not by the signal having been sent.
                pid, status, usage = os.wait4(-1, os.WNOHANG | os.WUNTRACED)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if os.WIFSTOPPED(status):
                self._saw_stop(pid)
            elif (child := self._children.pop(pid, None)) is not None:
                self._reap(child, status, usage)

    def _saw_stop(self, pid: int) -> None:
        child = self._children.get(pid)
        if child is not None:
            states = task_states(pid)
            # The kernel tells of the process as a whole; that none of its threads still runs is read from each.
            is_whole = bool(states) and set(states) == {"T"}
            self._journal.write(
                run_records.Stopped, proc=child.proc, fault=child.stopped_by, tasks=len(states), is_whole=is_whole
            )
            self._tell(messages.ChildStopped(child.proc, is_whole))

    def _reap(self, child: Child, status: int, usage: Any) -> None:
        # Popen did not reap it, so it has to be told, or it would wait for a pid that may be a later child's by then.
        child.popen.returncode = os.waitstatus_to_exitcode(status)
        by = signal.Signals(os.WTERMSIG(status)).name if os.WIFSIGNALED(status) else None
        code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else None
        cpu_s = usage.ru_utime + usage.ru_stime
        self._journal.write(
            run_records.Exited,
            proc=child.proc,
            code=code,
            signal=by,
            cpu_seconds=cpu_s,
            peak_rss_bytes=usage.ru_maxrss * 1024,
            # Measured at this moment: what the journal is longer by later was written by something that should be dead.
            journal_bytes=journal_bytes(self._journal.path.parent, child.proc),
        )
        self._hear(child)  # what it managed to say before it died
        self._drop_channel(child)
        self._tell(messages.ChildExited(child.proc, code, by, cpu_s))

    def _on_channel(self, child: Child) -> None:
        if not self._hear(child):
            self._drop_channel(child)  # the child is leaving; its exit follows

    def _hear(self, child: Child) -> bool:
        """Take in what the child said so far; False once it can say no more."""
        is_open = True
        with contextlib.suppress(BlockingIOError):
            while is_open and child.channel is not None and len(child.unread) <= MOST_WORD_BYTES:
                chunk = receive(child.channel)
                child.unread += chunk
                is_open = bool(chunk)
        try:
            words = whole_words(child.unread, _words)
        except ValueError as error:
            # Nobody knows what it meant to say, or it would never end: to hang up makes it leave, and the run end.
            sys.stderr.write(f"{child.spec.role} {child.spec.index} ({child.proc}) is not understood: {error}\n")
            return False
        for word in words:
            self._pass_on(child, word)
        return is_open

    def _drop_channel(self, child: Child) -> None:
        if child.channel is not None:
            self._selector.unregister(child.channel)
            child.channel.close()
            child.channel = None

    def _pass_on(self, child: Child, word: channel.ReadyReport | channel.PointReport) -> None:
        match word:
            case channel.ReadyReport():
                self._journal.write(run_records.Ready, proc=child.proc)
                self._tell(messages.ChildReady(child.proc, word.port))
            case channel.PointReport():
                self._tell(messages.ChildAtPoint(child.proc, word.point, word.attempt))

    # -- commands

    def _on_control(self) -> None:
        chunk = receive(self._control)
        if not chunk:
            self._leaving = True
            return
        self._unread += chunk
        for order in whole_words(self._unread, _orders):
            self._obey(order)

    def _obey(self, order: messages.Order) -> None:
        answer: messages.AnyAnswer
        try:
            answer = self._do(order.command)
        except (OSError, ValueError) as error:
            answer = messages.Refused(f"{type(error).__name__}: {error}")
        if order.number is not None:
            self._tell(messages.Reply(order.number, answer))

    def _do(self, command: messages.AnyCommand) -> messages.AnyAnswer:
        match command:
            case messages.Listen():
                return self._listen()
            case messages.Spawn():
                return self._spawn(command.spec)
            case messages.Respawn():
                return self._spawn(self._specs[command.proc])
            case messages.Signal():
                return self._signal(command)
            case messages.ReleasePoint():
                self._release(command)
            case messages.RemoveAtEnd():
                self._folders.append(Path(command.folder))
            case messages.EndAll():
                self._end_all()
                self._leaving = True
        return messages.Done()

    def _listen(self) -> messages.Listening:
        # Held here and inherited by the workers: connections that wait outlive a worker's death, for its replacement to
        # take.
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", 0))
        listener.listen(BACKLOG)
        self._listener = listener
        return messages.Listening(listener.getsockname()[1])

    def _spawn(self, spec: ProcessSpec) -> messages.Started:
        inherited: list[int] = []
        wanted = {**os.environ, **spec.env}
        env = {name: value for name, value in wanted.items() if value is not None}
        ours = theirs = None
        if spec.reports:
            ours, theirs = socket.socketpair()
            ours.setblocking(False)  # noqa: FBT003 - the socket's own interface
            inherited.append(theirs.fileno())
            env["CHAOS_CHANNEL"] = str(theirs.fileno())
        if spec.listens:
            if self._listener is None:
                raise ValueError("a process wants the listening socket, but none is open")
            inherited.append(self._listener.fileno())
            env["CHAOS_LISTEN"] = str(self._listener.fileno())
        try:
            self._logs.add(Path(spec.log))
            with Path(spec.log).open("ab") as log:
                popen = self._fork(spec, env, inherited, log)
        finally:
            if theirs is not None:
                # While this copy was open, the channel would not read as closed when the child dies.
                theirs.close()
        child = Child(proc_of(popen.pid), spec, popen, ours)
        self._children[popen.pid] = child
        self._specs[child.proc] = spec
        self._journal.write(run_records.Spawned, proc=child.proc, role=spec.role, index=spec.index)
        if ours is not None:
            self._selector.register(ours, selectors.EVENT_READ, partial(self._on_channel, child))
        return messages.Started(child.proc)

    def _fork(
        self, spec: ProcessSpec, env: dict[str, str], inherited: list[int], log: IO[bytes]
    ) -> subprocess.Popen[bytes]:
        parent = os.getpid()
        prctl = self._prctl
        return subprocess.Popen(
            spec.argv,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=inherited,
            # Its own session and group: Ctrl-C reaches the harness alone, and what the child starts can be killed with
            # it.
            start_new_session=True,
            cwd=spec.folder,
            user=spec.user,
            group=spec.user,
            extra_groups=None if spec.user is None else [],
            preexec_fn=lambda: die_with(prctl, parent),  # noqa: PLW1509 - this process has one thread
        )

    def _signal(self, command: messages.Signal) -> messages.Sent:
        child = self._child(command.proc)
        if child is None:
            return messages.Sent(is_sent=False)
        # Recorded before it is sent, as what it does may be recorded elsewhere at once. The pid is the child's for
        # certain: it is not reaped, or it would not be in the table.
        self._journal.write(run_records.Signalled, proc=command.proc, signal=command.signal, fault=command.fault)
        child.stopped_by = command.fault
        os.kill(child.popen.pid, signal.Signals[command.signal])
        return messages.Sent(is_sent=True)

    def _release(self, command: messages.ReleasePoint) -> None:
        child = self._child(command.proc)
        if child is not None and child.channel is not None:
            # It may be dying at this moment: then no thread waits any more.
            with contextlib.suppress(OSError):
                child.channel.sendall(msgspec.json.encode(channel.Release(command.point)) + b"\n")

    def _child(self, proc: str) -> Child | None:
        return next((child for child in self._children.values() if child.proc == proc), None)

    # -- the end

    def _tell(self, message: messages.AnyMessage) -> None:
        try:
            # A harness that is gone may show in a word to it before its end of the socket is read as closed: either
            # ends this process.
            self._control.sendall(msgspec.json.encode(message) + b"\n")
        except OSError:
            self._leaving = True

    def _end_all(self) -> None:
        for pid in list(self._children):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)  # works on stopped processes too
        deadline = time.monotonic() + REAP_DEADLINE_S
        # Until nobody is left: who dies may leave orphans, which are children from then on.
        while (left := {*self._children, *children_of(os.getpid())}) and time.monotonic() < deadline:
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.005)
            # The loop is over, and no wake-up is read any more: the rest is asked for.
            self._reap_all()
        while self._folders:
            remove(self._folders.pop(), REMOVE_DEADLINE_S)


def main() -> None:
    """Run as `python -m harness.processes.supervisor CONTROL_FD JOURNAL_FOLDER LABEL`."""
    fd, folder, label = sys.argv[1:4]
    control = socket.socket(fileno=int(fd))
    journal = Journal.open(Path(folder), "supervisor", 0, label)
    Supervisor(control, journal).run()


if __name__ == "__main__":
    main()
