"""Progress as plain lines: one as each phase begins, and one every few seconds."""

from collections.abc import Callable

from harness.progress.stream import Guarded
from harness.progress.tally import Counts, RunTally, in_words

EVERY_S = 5.0


class Plain:
    """Writes whole lines, for logs and terminals that can do no more."""

    def __init__(self, stream: Guarded, clock: Callable[[], float]) -> None:
        self._stream = stream
        self._clock = clock
        self._shown_at: float | None = None

    def phase(self, tally: RunTally) -> None:
        """Write a line."""
        column = tally.column(tally.running)
        self._show(tally, column.now if column is not None and column.phase == "settle" else Counts())

    def update(self, tally: RunTally) -> None:
        """Write a line if the last one is old."""
        if self._shown_at is None or self._clock() - self._shown_at >= EVERY_S:
            column = tally.column(tally.running)
            self._show(tally, column.now if column is not None else Counts())

    def done(self) -> None:
        """Leave the lines as they are."""

    def _show(self, tally: RunTally, counts: Counts) -> None:
        self._shown_at = self._clock()
        parts = [tally.place, *_counted(counts), in_words(tally.left_s(self._shown_at))]
        self._stream.write(f"[{self._shown_at - tally.began:4.0f} s] {', '.join(filter(None, parts))}\n")
        self._stream.flush()


def _counted(counts: Counts) -> list[str]:
    if not counts.total:
        return []
    parts = [f"{counts.finished}/{counts.total} tickets done"]
    if counts.given_up:
        parts.append(f"{counts.given_up} given up")
    parts += [f"{counts.submitted} sent", f"{counts.in_flight} in flight"]
    if counts.planned:
        parts.append(f"{counts.landed}/{counts.planned} faults landed")
    return parts
