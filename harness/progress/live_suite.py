"""Progress of a suite as a live line: a bar over its scenarios, and where it is; lines that stay stand above it."""

from collections.abc import Callable

from rich.console import Group
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from harness.progress.live import COLOR, GAP, live_on
from harness.progress.stream import Guarded
from harness.progress.suite import SuiteTally

BAR = 20
WIDE = 60
"""From so many columns on there is room for a bar."""


class LiveSuite:
    """Paints the latest tally a few times a second, and takes it away in the end: the result says all of it again."""

    def __init__(self, stream: Guarded, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._tally: SuiteTally | None = None
        self._live = live_on(stream, self._painted)

    def show(self, tally: SuiteTally) -> None:
        """Begin to paint; later, have it painted when its time comes."""
        is_first = self._tally is None
        self._tally = tally
        if is_first:
            self._live.start(refresh=True)

    def say(self, line: str) -> None:
        """Write a line above the view."""
        self._live.console.print(Text(line), soft_wrap=True)

    def done(self) -> None:
        """Take the view away."""
        self._live.stop()

    def _painted(self) -> Group:
        return Group() if self._tally is None else painted(self._tally, self._clock(), self._live.console.width)


def painted(tally: SuiteTally, now: float, width: int) -> Group:
    """Return the view of a tally, one line no wider than `width` columns."""
    minutes, seconds = divmod(int(now - tally.began), 60)
    table = Table.grid(padding=(0, GAP, 0, 0), pad_edge=False)
    bar = ProgressBar(tally.total, tally.ended, BAR, complete_style=COLOR, finished_style=COLOR)
    where = Text(f"{minutes}:{seconds:02}  {tally.summary_line(now)}")
    cells = (bar, where) if width >= WIDE else (where,)
    for _ in cells:
        table.add_column(no_wrap=True, overflow="ellipsis")
    table.add_row(*cells)
    return Group(table)
