"""What a run leaves behind: processes, listening ports, temporary files; known by a mark that its processes inherit."""

import contextlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

MARK = "CHAOS_MARK"
TEMPORARY = "TMPDIR"


@dataclass
class Traces:
    """What belongs to one run: `mark` is in its environment, `temporary` is its folder for temporary files.

    `family` are processes seen to be its own, known by id and start time; `ports` those that they listened on.
    """

    mark: str
    temporary: Path
    kept: frozenset[str]
    family: set[psutil.Process] = field(default_factory=set)
    ports: set[int] = field(default_factory=set)

    @property
    def environment(self) -> dict[str, str]:
        """What the run's processes are to inherit."""
        return {MARK: self.mark, TEMPORARY: str(self.temporary)}

    def look(self, pid: int) -> None:
        """Take in what the run with that id consists of at this moment."""
        with contextlib.suppress(psutil.NoSuchProcess):
            self.family |= set(psutil.Process(pid).children(recursive=True))
        for process in self.family:
            with contextlib.suppress(psutil.Error):
                self.ports |= set(map(_port, _listening(process.net_connections("tcp"))))

    def left(self) -> list[str]:
        """Name all that is still there of it."""
        living = {process for process in {*self.family, *self._marked()} if _lives(process)}
        pids = {process.pid for process in living}
        files = {path.name for path in self.temporary.iterdir()} - self.kept
        processes = [_described(process) for process in sorted(living, key=lambda process: process.pid)]
        return [*processes, *self._ports_left(pids), *(f"temporary {name}" for name in sorted(files))]

    def _ports_left(self, pids: set[int]) -> list[str]:
        # The number may be another run's by now: then a process that is none of these listens there.
        return [
            f"port {_port(connection)}"
            for connection in _listening(psutil.net_connections("tcp"))
            if _port(connection) in self.ports and (connection.pid is None or connection.pid in pids)
        ]

    def _marked(self) -> set[psutil.Process]:
        """Return what inherited the mark, or, as PostgreSQL writes over it, works inside of the temporary folder."""
        marked = set()
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                is_inside = Path(process.cwd()).is_relative_to(self.temporary)
                if is_inside or process.environ().get(MARK) == self.mark:
                    marked.add(process)
        return marked


def _listening(connections: list[Any]) -> list[Any]:
    return [connection for connection in connections if connection.status == psutil.CONN_LISTEN]


def _port(connection: Any) -> int:
    port: int = connection.laddr.port
    return port


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _described(process: psutil.Process) -> str:
    try:
        return f"process {process.pid} {' '.join(process.cmdline()[:5])} ({process.status()})"
    except psutil.NoSuchProcess:
        return f"process {process.pid}"
