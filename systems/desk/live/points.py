"""Points in a worker: where planned faults act inside a step."""

import os
import time
from collections import defaultdict
from pathlib import Path

from systems.desk import records
from systems.desk.live.channel import Channel
from systems.desk.live.journal import Journal
from systems.desk.model import Permanent, StepCall, Transient, Window
from systems.desk.points import PointSpec


class Points:
    """Strikes an execution that passes a planned point, as long as the point has tokens left in `folder`."""

    def __init__(self, specs: tuple[PointSpec, ...], folder: Path, journal: Journal, channel: Channel) -> None:
        self._planned: dict[tuple[int, str, str], list[PointSpec]] = defaultdict(list)
        for spec in specs:
            self._planned[spec.ticket, spec.step, spec.window].append(spec)
        self._folder = folder
        self._journal = journal
        self._channel = channel

    def touch(self, call: StepCall, window: Window, attempt: str) -> None:
        """Pass a window; may block, hold, or raise Transient or Permanent."""
        for spec in self._planned.get((call.ticket.number, call.step, window), ()):
            if spec.visit in {None, call.visit}:
                token = self._take_token(spec)
                if token is not None:
                    self._act(spec, token, call, attempt)

    def _take_token(self, spec: PointSpec) -> int | None:
        """Claim one firing of the point among all processes; None when it is spent."""
        for token in range(1, spec.tokens + 1):
            try:
                os.close(os.open(self._folder / f"{spec.id}.{token}", os.O_CREAT | os.O_EXCL | os.O_WRONLY))
            except FileExistsError:
                continue
            return token
        return None

    def _act(self, spec: PointSpec, token: int, call: StepCall, attempt: str) -> None:
        place = {
            "ticket": call.ticket.number,
            "step": call.step.value,
            "visit": call.visit,
            "window": spec.window.value,
        }
        if spec.act == "report":
            self._journal.write(records.PointReached, point=spec.id, attempt=attempt, **place)
            is_released = self._channel.reach(spec.id, attempt)
            self._journal.write(records.PointReleased, point=spec.id, attempt=attempt, by_deadline=not is_released)
            return
        self._journal.write(records.Struck, point=spec.id, token=token, attempt=attempt, act=spec.act, **place)
        if spec.act == "hang":
            time.sleep(spec.duration_s)
            self._journal.write(records.HangOver, point=spec.id, attempt=attempt)
            return
        error = Transient if spec.act == "transient" else Permanent
        raise error(f"injected: execution {token} of {call.step} for {call.ticket.id} in {spec.window}")
