"""Every scenario run once in a session of pytest, whichever of its tests comes first, on whichever worker."""

import asyncio
import fcntl
import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from harness.processes.child_run import run_child
from harness.runfolder.run_summary import Ended


def run(scenario: Path, out: Path, options: Sequence[str], folder: Path) -> Ended:
    """Run a scenario as `chaos run` does in `folder`; Ctrl-C ends it cleanly, and goes on to pytest."""
    return asyncio.run(run_child(str(scenario), out, options, is_beside=_is_beside(), folder=folder))


def _is_beside() -> bool:
    """Say whether pytest-xdist runs tests in several processes, so that other scenarios may run at this moment."""
    return int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")) > 1


class Runs:
    """The runs of a session: kept in this process, and at `meeting` shared with the workers of pytest-xdist.

    There, the worker that takes a scenario's lock first runs it, and the others wait and read. The lock of a worker
    that dies is released with it; as no result lies there then, the next one runs the scenario again.
    """

    def __init__(self, run: Callable[[Path], Ended], meeting: Path | None) -> None:
        self._run = run
        self._meeting = meeting
        self._known: dict[Path, Ended] = {}

    def of(self, scenario: Path) -> Ended:
        """Return a scenario's run, which may have to be made first, or waited for."""
        if scenario not in self._known:
            meeting = self._meeting
            self._known[scenario] = self._met(scenario, meeting) if meeting else self._run(scenario)
        return self._known[scenario]

    def _met(self, scenario: Path, meeting: Path) -> Ended:
        meeting.mkdir(mode=0o700, parents=True, exist_ok=True)
        # A digest, as a path may be longer than a file's name can be.
        place = meeting / hashlib.sha256(os.fsencode(scenario)).hexdigest()
        result, fresh = place.with_suffix(".json"), place.with_suffix(".new")
        with place.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if result.exists():
                return msgspec.json.decode(result.read_bytes(), type=Ended)
            ran = self._run(scenario)
            fresh.write_bytes(msgspec.json.encode(ran))
            # In one step: a worker that dies as it writes leaves no half result for the one that gets the lock next.
            fresh.replace(result)
            return ran
