"""The harness's side of the supervisor: commands down, events up, and what is known of every owned process."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self, TypeVar

import msgspec

from harness.errors import EnvironmentFailure, ProcessDied, ProcessSilent
from harness.processes import messages, package
from systems.process import ProcessSpec

STOP_DEADLINE_S = 5.0
NEWS_DEADLINE_S = 0.5
"""How long the news of a death may take to come from the supervisor."""
DEADLY = frozenset({signal.SIGKILL, signal.SIGTERM, signal.SIGINT})
LOG_TAIL_LINES = 12
LOG_TAIL_BYTES = 65536
LOG_LINE_SIGNS = 400
NAMES = {"engine": "the engine", "database": "the database", "receiver": "the receiver", "proxy": "the proxy"}
"""What there is one of, as a message calls it."""


A = TypeVar("A", bound=messages.CommandAnswer)
_messages: msgspec.json.Decoder[messages.AnyMessage] = msgspec.json.Decoder(messages.AnyMessage)


@dataclass(slots=True)
class Owned:
    """One process: what it is, and what is known of it. `expected`: its end was ordered by a fault or the run.

    `is_relied_on`: it serves, which was seen from outside, as it has no channel to say so.
    """

    proc: str
    spec: ProcessSpec
    ready: messages.ChildReady | None = None
    exited: messages.ChildExited | None = None
    expected: bool = False
    is_relied_on: bool = False
    is_stopped: bool = False
    cpu_s: float = 0.0


# Why children belong to another process: the harness runs an event loop, threads and the clients of the load, beside
# which nothing should fork, and it is what a person interrupts and a machine kills. So what is known of a child comes
# as news, a moment after it happened, and three things follow. No pid is ever looked at: a task that waits for a child
# waits for a word of the supervisor, and looks again at each. A process is entered in `owned` as the reply that names
# it comes in, not when the task that asked goes on, or the news behind it on the same socket would be of a stranger.
# And two deaths must not be waited out: the supervisor's, and that of a process that serves and whose end was not
# ordered. Either ends the run at once, through `failure`; the rest of the run would end by some time-out, which says
# nothing of why.
@dataclass(slots=True)
class SupervisorClient:
    """Starts the supervisor process and speaks with it; an async context whose end leaves nothing alive.

    `lent`: what differs in the environment of every process started from now on; None is a variable taken away.
    """

    journal_dir: Path
    label: str
    log: Path
    owned: dict[str, Owned] = field(default_factory=dict)
    points: dict[str, messages.ChildAtPoint] = field(default_factory=dict)
    lent: dict[str, str | None] = field(default_factory=dict)
    failure: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    _answers: dict[int, asyncio.Future[messages.AnyAnswer]] = field(default_factory=dict)
    _spawning: dict[int, ProcessSpec] = field(default_factory=dict)
    _next: int = 0
    _popen: subprocess.Popen[bytes] | None = None
    _writer: asyncio.StreamWriter | None = None
    _listening: asyncio.Task[None] | None = None
    _ending: bool = False
    _broken: EnvironmentFailure | None = None

    async def __aenter__(self) -> Self:
        ours, theirs = socket.socketpair()
        argv = [
            sys.executable,
            "-m",
            f"{__package__}.supervisor",
            str(theirs.fileno()),
            str(self.journal_dir),
            self.label,
        ]
        # The supervisor's end is closed here as soon as it has it: a copy in this process would keep the socket from
        # closing with its owner, and each from noticing the other's death.
        with theirs, self.log.open("ab") as log:
            self._popen = subprocess.Popen(  # noqa: ASYNC220 - starting it takes a millisecond, once
                argv,
                env=_environment(),
                pass_fds=[theirs.fileno()],
                # Ctrl-C is for the harness, which has faults to undo first; the supervisor goes when it is told, or
                # when the socket closes.
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            reader, self._writer = await asyncio.open_connection(sock=ours)
        except BaseException:
            # Interrupted before it was entered, it is not left either: the supervisor would write on for a moment.
            ours.close()
            await asyncio.to_thread(self._reap)
            raise
        self._listening = asyncio.create_task(self._listen_to(reader))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._ending = True
        # Asked first, as its answer says that all are gone; where none comes, hanging up makes it kill what is left.
        with contextlib.suppress(EnvironmentFailure, TimeoutError, OSError):
            await asyncio.wait_for(
                asyncio.shield(asyncio.ensure_future(self._ask(messages.EndAll(), messages.Done))), STOP_DEADLINE_S
            )
        self._hang_up()
        if self._listening is not None:
            self._listening.cancel()
        await asyncio.to_thread(self._reap)
        if self.failure.done() and not self.failure.cancelled():
            self.failure.exception()  # looked at: the task that waited for it has raised it

    def _hang_up(self) -> None:
        if self._writer is not None:
            self._writer.close()

    def _reap(self) -> None:
        assert self._popen is not None  # noqa: S101 - entered before
        try:
            self._popen.wait(STOP_DEADLINE_S)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait()

    @property
    def pid(self) -> int:
        """The supervisor process's id."""
        assert self._popen is not None  # noqa: S101 - entered before
        return self._popen.pid

    def journal_bytes(self) -> int | None:
        """Return how large the supervisor's own journal is; None where it wrote none."""
        sizes = [path.stat().st_size for path in self.journal_dir.glob("supervisor-*.jsonl")]
        return sum(sizes) if sizes else None

    # -- Spawner

    async def listen(self) -> int:
        """Open the shared listening socket and return its port."""
        return (await self._ask(messages.Listen(), messages.Listening)).port

    async def spawn(self, spec: ProcessSpec) -> str:
        """Start a process; return "pid-start"."""
        whole = msgspec.structs.replace(spec, env={**self.lent, **spec.env})
        return await self._spawn(spec, messages.Spawn(whole))

    async def remove_at_end(self, folder: Path) -> None:
        """Have a folder removed once all processes are gone, also where this process ends before it can."""
        await self._ask(messages.RemoveAtEnd(str(folder)), messages.Done)

    async def respawn(self, proc: str) -> str:
        """Start the replacement of a process that ended; where that one was relied on, it is too."""
        fresh = await self._spawn(self.owned[proc].spec, messages.Respawn(proc))
        if self.owned[proc].is_relied_on:
            self.rely_on(fresh)
        return fresh

    async def ready(self, procs: Collection[str], deadline_s: float) -> None:
        """Wait until each said it is ready; raises ProcessDied or ProcessSilent with its log's last lines."""
        try:
            async with asyncio.timeout(deadline_s):
                await self._until(lambda: all(self._settled(proc) for proc in procs))
        except TimeoutError:
            late = next(proc for proc in procs if not self._settled(proc))
            message = f"{self._describe(late)} was not ready within {deadline_s:g} s{self._tail(late)}"
            raise ProcessSilent(message) from None
        for proc in procs:
            if self.owned[proc].ready is None:
                raise self._death_of(proc)

    def alive(self, proc: str) -> bool:
        """Say whether the supervisor still has that child un-reaped."""
        return proc in self.owned and self.owned[proc].exited is None

    def rely_on(self, proc: str) -> None:
        """Take a process as serving that has no channel to say so; one that ended meanwhile ends the run now."""
        self.owned[proc].is_relied_on = True
        self._miss(self.owned[proc])

    async def named_first(self, body: asyncio.Task[None]) -> None:
        """Raise the death of a process in place of what it made of `body`, which may be heard a moment sooner."""
        if body.done() and not body.cancelled() and body.exception() is not None:
            await asyncio.wait({self.failure}, timeout=NEWS_DEADLINE_S)
        if self.failure.done():
            self.failure.result()

    # -- what faults need

    async def signal(self, proc: str, number: signal.Signals, fault: str) -> bool:
        """Signal a live child, recorded as `fault`'s; False where it is not alive."""
        if proc in self.owned:
            # Before the order leaves: the news of the death may be here before the reply, and would end the run.
            self.owned[proc].expected = self.owned[proc].expected or number in DEADLY
            self.owned[proc].is_stopped = False
        return (await self._ask(messages.Signal(proc, number.name, fault), messages.Sent)).is_sent

    async def stopped(self, proc: str, within_s: float) -> bool:
        """Wait until every thread of the process was read as stopped; False if not in time, or if it died."""
        return await self._in_time(lambda: self.owned[proc].is_stopped or not self.alive(proc), within_s) and (
            self.alive(proc)
        )

    async def reaped(self, proc: str, within_s: float) -> bool:
        """Wait until the process is reaped."""
        return await self._in_time(lambda: not self.alive(proc), within_s)

    def release(self, point: str) -> None:
        """Let the thread that blocks at `point` go on."""
        reached = self.points.get(point)
        if reached is not None:
            self._send(messages.Order(messages.ReleasePoint(reached.proc, point)))

    def workers(self) -> list[str]:
        """Return the live workers by index."""
        alive = [worker for worker in self.owned.values() if worker.spec.role == "worker" and worker.exited is None]
        return [worker.proc for worker in sorted(alive, key=lambda worker: worker.spec.index)]

    async def changed(self, predicate: Callable[[], bool]) -> None:
        """Wait until `predicate()` holds; looked at whenever the supervisor says something."""
        await self._until(predicate)

    # -- the wire

    async def _spawn(self, spec: ProcessSpec, command: messages.Spawn | messages.Respawn) -> str:
        self._spawning[self._next + 1] = spec  # owned as the answer comes in, before anything it says
        return (await self._ask(command, messages.Started)).proc

    async def _ask(self, command: messages.AnyCommand, kind: type[A]) -> A:
        """Give an order and return its answer, which is a `kind`; raises at once where nobody is left to answer."""
        if self._broken is not None:
            raise EnvironmentFailure(str(self._broken))
        self._next += 1
        future: asyncio.Future[messages.AnyAnswer] = asyncio.get_running_loop().create_future()
        self._answers[self._next] = future
        self._send(messages.Order(command, self._next))
        answer = await future
        if isinstance(answer, kind):
            return answer
        why = answer.error if isinstance(answer, messages.Refused) else f"it answered {answer}"
        raise EnvironmentFailure(f"the supervisor could not {command.__struct_config__.tag}: {why}")

    def _send(self, order: messages.Order) -> None:
        assert self._writer is not None  # noqa: S101 - entered before
        self._writer.write(msgspec.json.encode(order) + b"\n")

    async def _listen_to(self, reader: asyncio.StreamReader) -> None:
        with contextlib.suppress(ConnectionError):
            async for line in reader:
                await self._take(_messages.decode(line))
        await self._lost()

    async def _take(self, message: messages.AnyMessage) -> None:
        if isinstance(message, messages.Reply):
            self._take_reply(message)
            return
        match message:
            case messages.ChildReady():
                self.owned[message.proc].ready = message
            case messages.ChildAtPoint():
                self.points[message.point] = message
            case messages.ChildStopped():
                self.owned[message.proc].is_stopped = message.is_whole
            case messages.ChildExited():
                self._take_end(message)
            case messages.Broken():
                self._broken = EnvironmentFailure(f"the supervisor of the run's processes broke: {message.error}")
                if not self._ending:
                    self._fail(self._broken)
        async with self._changed:
            self._changed.notify_all()

    def _take_reply(self, reply: messages.Reply) -> None:
        spec, answer = self._spawning.pop(reply.number, None), reply.answer
        if spec is not None and isinstance(answer, messages.Started):
            self.owned[answer.proc] = Owned(answer.proc, spec)
        future = self._answers.pop(reply.number)
        if not future.done():
            future.set_result(answer)

    def _take_end(self, message: messages.ChildExited) -> None:
        owned = self.owned[message.proc]
        owned.exited = message
        owned.cpu_s = message.cpu_s
        self._miss(owned)

    def _miss(self, owned: Owned) -> None:
        """End the run where a process is gone that should serve, and whose end was not ordered."""
        serves = owned.ready is not None or owned.is_relied_on
        if owned.exited is not None and serves and not owned.expected and not self._ending:
            self._fail(self._death_of(owned.proc))

    async def _lost(self) -> None:
        if self._broken is None:
            self._broken = EnvironmentFailure(
                "the supervisor of the run's processes died; everything it owned went with it"
            )
        # What undoes a fault gives orders still, and would wait for their answers for ever.
        for future in self._answers.values():
            if not future.done():
                future.set_exception(self._broken)
        if not self._ending:
            self._fail(self._broken)
        async with self._changed:
            self._changed.notify_all()

    def _fail(self, error: Exception) -> None:
        if not self.failure.done():
            self.failure.set_exception(error)

    async def _until(self, predicate: Callable[[], bool]) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: predicate() or self.failure.done())
        if self.failure.done() and not predicate():
            self.failure.result()

    async def _in_time(self, predicate: Callable[[], bool], within_s: float) -> bool:
        try:
            async with asyncio.timeout(within_s):
                await self._until(predicate)
        except TimeoutError:
            return False
        return True

    def _settled(self, proc: str) -> bool:
        owned = self.owned[proc]
        return owned.ready is not None or owned.exited is not None

    def _describe(self, proc: str) -> str:
        spec = self.owned[proc].spec
        name = NAMES.get(spec.role, f"{spec.role} {spec.index}")
        return f"{self.label}: {name} ({proc})"

    def _death_of(self, proc: str) -> ProcessDied:
        how = self.owned[proc].exited
        assert how is not None  # noqa: S101 - the callers have looked
        end = f"signal {how.signal}" if how.signal else f"exit code {how.code}"
        return ProcessDied(f"{self._describe(proc)} ended by itself with {end}{self._tail(proc)}")

    def _tail(self, proc: str) -> str:
        log = Path(self.owned[proc].spec.log)
        return log_tail(log)


def _environment() -> dict[str, str]:
    """Let every child import what this process runs, and write its log as it goes."""
    return {**package.environment(), "PYTHONUNBUFFERED": "1"}


def log_tail(log: Path, lines: int = LOG_TAIL_LINES) -> str:
    """Quote a log's last lines, for the end of a message."""
    # What dies of a full disk cannot say so: its log lies there as well.
    full = f"; the disk is full that {log} lies on" if _is_full(log.parent) else ""
    try:
        text = _end_of(log).decode(errors="replace").splitlines()[-lines:]
    except OSError:
        return f"{full}; no log at {log}"
    quoted = "".join(f"\n    | {_in_short(line)}" for line in text)
    return f"{full}; last lines of {log}:{quoted}" if quoted else f"{full}; {log} is empty"


def _is_full(folder: Path) -> bool:
    """Say whether nothing more can be written into a folder for want of room."""
    try:
        return os.statvfs(folder).f_bavail == 0
    except OSError:
        return False


def _end_of(log: Path) -> bytes:
    """Read the last part of a log, which may be large."""
    with log.open("rb") as file:
        file.seek(-min(LOG_TAIL_BYTES, file.seek(0, os.SEEK_END)), os.SEEK_END)
        return file.read(LOG_TAIL_BYTES)


def _in_short(line: str) -> str:
    """Cut a line that is a page: it begins with what failed, and ends with why."""
    return line if len(line) <= LOG_LINE_SIGNS else f"{line[:100]} … {line[103 - LOG_LINE_SIGNS :]}"
