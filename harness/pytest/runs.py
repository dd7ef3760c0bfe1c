"""Every scenario run once in a session of pytest, whichever of its tests comes first, on whichever worker."""

import fcntl
import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from harness.pytest.process import Ran


class Runs:
    """The runs of a session: kept in this process, and at `meeting` shared with the workers of pytest-xdist.

    There, whoever takes a scenario's lock first runs it, and the others wait and read. The lock of a worker that dies
    is released with it; as no result lies there then, the next one runs the scenario again. `out` is where runs land.
    """

    def __init__(
        self, run: Callable[[Sequence[str]], Ran], out: Path, options: Sequence[str], meeting: Path | None
    ) -> None:
        self.out = out
        self._run = run
        self._options = options
        self._meeting = meeting
        self._known: dict[Path, Ran] = {}

    def of(self, scenario: Path) -> Ran:
        """Return a scenario's run, which may have to be made first, or waited for."""
        if scenario not in self._known:
            meeting = self._meeting
            self._known[scenario] = self._met(scenario, meeting) if meeting else self._anew(scenario)
        return self._known[scenario]

    def _anew(self, scenario: Path) -> Ran:
        return self._run([str(scenario), "--out", str(self.out), *self._options])

    def _met(self, scenario: Path, meeting: Path) -> Ran:
        meeting.mkdir(mode=0o700, parents=True, exist_ok=True)
        place = meeting / hashlib.sha256(os.fsencode(scenario)).hexdigest()
        result, fresh = place.with_suffix(".json"), place.with_suffix(".new")
        with place.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if result.exists():
                return msgspec.json.decode(result.read_bytes(), type=Ran)
            ran = self._anew(scenario)
            fresh.write_bytes(msgspec.json.encode(ran))
            fresh.replace(result)
            return ran
