"""The supervisor with real processes: it owns, tells, kills, and leaves nothing behind."""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import psutil
import pytest

from harness.errors import EnvironmentFailure, ProcessDied, ProcessSilent
from harness.history.run_records import AnyRecord, Exited, Signalled, Stopped
from harness.processes.supervisor_client import SupervisorClient
from systems.process import ProcessSpec
from tests.support.chaos import alive, wait_for

READY = "import os,socket;s=socket.socket(fileno=int(os.environ['CHAOS_CHANNEL']));s.sendall(b'{\"say\":\"ready\"}\\n')"
SERVE = READY + ";s.recv(1)"
STUBBORN = "import signal;signal.signal(signal.SIGTERM,signal.SIG_IGN);" + SERVE
POINT = '{"say":"point","point":"1.1","attempt":"a.1"}'
TELL = READY + f";s.sendall(b'{POINT}\\n');print(s.recv(100).decode(),flush=True);s.recv(1)"


def python(folder: Path, code: str, index: int = 0) -> ProcessSpec:
    return ProcessSpec(role="worker", index=index, argv=(sys.executable, "-c", code), log=str(folder / f"{index}.log"))


def supervised(folder: Path, body: Callable[[SupervisorClient], Awaitable[None]]) -> None:
    (folder / "journal").mkdir()

    async def run() -> None:
        async with SupervisorClient(folder / "journal", "one", folder / "supervisor.log") as supervisor:
            await body(supervisor)

    asyncio.run(run())


def journal(folder: Path) -> list[AnyRecord]:
    (path,) = (folder / "journal").glob("supervisor-*.jsonl")
    return msgspec.json.Decoder(AnyRecord).decode_lines(path.read_bytes())


def pid_of(proc: str) -> int:
    return int(proc.partition("-")[0])


def test_a_kill_is_recorded_before_and_after_and_a_replacement_starts(tmp_path: Path) -> None:
    async def body(supervisor: SupervisorClient) -> None:
        first = await supervisor.spawn(python(tmp_path, SERVE))
        await supervisor.ready([first], 10)
        assert await supervisor.signal(first, signal.SIGKILL, "1.1")
        assert await supervisor.reaped(first, 5)
        assert not await supervisor.signal(first, signal.SIGKILL, "1.1")
        second = await supervisor.respawn(first)
        await supervisor.ready([second], 10)
        assert supervisor.workers() == [second]

    supervised(tmp_path, body)
    told = [one for one in journal(tmp_path) if isinstance(one, Signalled | Exited)]
    assert [type(one).__name__ for one in told] == ["Signalled", "Exited", "Exited"]
    sent, died = told[0], told[1]
    assert isinstance(sent, Signalled)
    assert isinstance(died, Exited)
    assert (sent.proc, sent.signal, sent.fault) == (died.proc, "SIGKILL", "1.1")
    assert (died.signal, died.code) == ("SIGKILL", None)
    assert sent.t <= died.t
    assert died.cpu_seconds > 0
    assert died.peak_rss_bytes > 1_000_000


def test_a_worker_at_a_point_waits_for_its_release(tmp_path: Path) -> None:
    async def body(supervisor: SupervisorClient) -> None:
        worker = await supervisor.spawn(python(tmp_path, TELL))
        await asyncio.wait_for(supervisor.changed(lambda: "1.1" in supervisor.points), 10)
        assert supervisor.points["1.1"].proc == worker
        supervisor.release("1.1")
        await asyncio.to_thread(wait_for, lambda: "release" in (tmp_path / "0.log").read_text(), "the release arrives")

    supervised(tmp_path, body)
    assert '{"release":"1.1"}' in (tmp_path / "0.log").read_text()


def test_a_death_that_nobody_ordered_fails_the_run_with_the_log(tmp_path: Path) -> None:
    async def body(supervisor: SupervisorClient) -> None:
        await supervisor.ready([await supervisor.spawn(python(tmp_path, READY + ";print('last words');exit(9)"))], 10)
        with pytest.raises(ProcessDied, match=r"(?s)exit code 9.*last words"):
            await asyncio.wait_for(asyncio.shield(supervisor.failure), 10)

    supervised(tmp_path, body)


def test_a_process_that_dies_before_it_is_ready_is_quoted(tmp_path: Path) -> None:
    async def body(supervisor: SupervisorClient) -> None:
        with pytest.raises(ProcessDied, match="no such thing"):
            await supervisor.ready([await supervisor.spawn(python(tmp_path, "exit('no such thing')"))], 10)

    supervised(tmp_path, body)


def test_a_process_that_stays_silent_is_named(tmp_path: Path) -> None:
    async def body(supervisor: SupervisorClient) -> None:
        silent = await supervisor.spawn(python(tmp_path, "import signal;signal.pause()", 3))
        with pytest.raises(ProcessSilent, match=r"worker 3 .* not ready within 0.2 s"):
            await supervisor.ready([silent], 0.2)

    supervised(tmp_path, body)


def test_stopped_and_stubborn_children_are_gone_when_it_ends(tmp_path: Path) -> None:
    seen: list[psutil.Process] = []

    async def body(supervisor: SupervisorClient) -> None:
        procs = [await supervisor.spawn(python(tmp_path, code, i)) for i, code in enumerate((SERVE, STUBBORN))]
        await supervisor.ready(procs, 10)
        seen.extend(psutil.Process(pid_of(proc)) for proc in procs)
        seen[0].suspend()

    supervised(tmp_path, body)
    assert alive(seen) == []


def test_its_own_death_takes_its_children_along_and_fails_the_run(tmp_path: Path) -> None:
    async def body(supervisor: SupervisorClient) -> None:
        worker = await supervisor.spawn(python(tmp_path, "import signal;signal.pause()"))
        child = psutil.Process(pid_of(worker))
        psutil.Process(child.ppid()).kill()
        with pytest.raises(EnvironmentFailure, match="supervisor"):
            await asyncio.wait_for(asyncio.shield(supervisor.failure), 10)
        await asyncio.to_thread(wait_for, lambda: not alive([child]), "the child is gone", 5)

    supervised(tmp_path, body)


def test_a_listening_socket_outlives_the_worker_that_served_it(tmp_path: Path) -> None:
    async def body(supervisor: SupervisorClient) -> None:
        port = await supervisor.listen()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)  # waits in the backlog: nobody serves yet
        answer = (
            "import os,socket;l=socket.socket(fileno=int(os.environ['CHAOS_LISTEN']));c,_=l.accept();c.sendall(b'hi')"
        )
        spec = python(tmp_path, answer)
        await supervisor.spawn(msgspec.structs.replace(spec, listens=True, reports=False))
        assert await asyncio.wait_for(reader.read(2), 10) == b"hi"
        writer.close()

    supervised(tmp_path, body)


def test_a_stop_is_seen_in_every_thread_and_going_on_is_recorded(tmp_path: Path) -> None:
    threads = (
        "import threading,time;[threading.Thread(target=time.sleep,args=(60,),daemon=True).start() for _ in 'ab'];"
    )

    async def body(supervisor: SupervisorClient) -> None:
        worker = await supervisor.spawn(python(tmp_path, threads + SERVE))
        await supervisor.ready([worker], 10)
        assert await supervisor.signal(worker, signal.SIGSTOP, "1.1")
        assert await supervisor.stopped(worker, 5)
        assert psutil.Process(pid_of(worker)).status() == psutil.STATUS_STOPPED
        assert await supervisor.signal(worker, signal.SIGCONT, "1.1")
        await asyncio.to_thread(
            wait_for, lambda: psutil.Process(pid_of(worker)).status() != psutil.STATUS_STOPPED, "it goes on"
        )
        await supervisor.signal(worker, signal.SIGSTOP, "1.2")
        assert await supervisor.stopped(worker, 5)  # and a stopped one goes with the supervisor

    supervised(tmp_path, body)
    stops = [one for one in journal(tmp_path) if isinstance(one, Stopped)]
    assert [(one.fault, one.tasks, one.is_whole) for one in stops] == [("1.1", 3, True), ("1.2", 3, True)]
