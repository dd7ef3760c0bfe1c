"""Progress as a live view: a bar for every system over all its repetitions, and where the run is.

A thread of its own paints it, so that the clock goes on where the run has nothing to say, and a terminal that is slow
or held up (Ctrl-S) holds up nothing else.
"""

from collections.abc import Callable
from typing import TextIO, cast

from rich import live
from rich.console import Console, Group
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from harness.progress.stream import Guarded
from harness.progress.tally import RunTally, SystemProgress, in_words

PER_SECOND = 4
GAP = 2
SHORTEST_BAR, LONGEST_BAR = 5, 40
COLOR = "cyan"
"""Of a bar, finished or not: it says how far, and not yet how well."""
FIRST_TO_GO = ("in flight", "faults", "given up", "done")
"""What a narrow terminal has no room for, beginning with what is missed least."""


class Live:
    """Paints the latest tally a few times a second, and takes it away in the end: the result says all of it again."""

    def __init__(self, stream: Guarded, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._tally: RunTally | None = None
        self._live = live_on(stream, self._painted)

    def phase(self, tally: RunTally) -> None:
        """Begin to paint; later, have it painted when its time comes."""
        is_first = self._tally is None
        self._tally = tally
        if is_first:
            self._live.start(refresh=True)

    def update(self, tally: RunTally) -> None:
        """Have it painted when its time comes."""
        self._tally = tally

    def done(self) -> None:
        """Take the view away."""
        self._live.stop()

    def _painted(self) -> Group:
        return Group() if self._tally is None else painted(self._tally, self._clock(), self._live.console.width)


def live_on(stream: Guarded, painted: Callable[[], Group]) -> live.Live:
    """Return a view, not yet begun, that paints a few times a second and is gone when it stops."""
    return live.Live(
        get_renderable=painted,
        console=_Console(file=cast("TextIO", stream), force_terminal=True, force_interactive=True),
        refresh_per_second=PER_SECOND,
        transient=True,
        redirect_stdout=False,  # it may lead elsewhere
    )


class _Console(Console):
    """A console whose cursor stays: a killed process could not bring it back."""

    def show_cursor(self, show: bool = True) -> bool:  # noqa: FBT001, FBT002, ARG002 - as the library calls it
        return False


def painted(tally: RunTally, now: float, width: int) -> Group:
    """Return the view of a tally, no wider than `width` columns."""
    rows = [_row(column, tally) for column in tally.columns]
    label_width = min(max(len(column.label) for column in tally.columns), width // 3)
    shown, bar = _fitted(_widths(rows, tally), width - label_width)
    table = Table.grid(padding=(0, GAP, 0, 0), pad_edge=False)
    table.add_column(no_wrap=True, overflow="ellipsis", width=label_width)
    table.add_column(no_wrap=True)
    for room in shown.values():
        table.add_column(no_wrap=True, justify="right", overflow="ellipsis", min_width=room)
    for column, row in zip(tally.columns, rows, strict=True):
        label = Text(column.label, "bold" if column.marks else "")
        table.add_row(label, _bar(column, tally, bar), *(row[name] for name in shown))
    return Group(table, Text(_where(tally, now)))


def _row(column: SystemProgress, tally: RunTally) -> dict[str, Text]:
    counts = column.counts
    return {
        "done": Text(f"{counts.finished}/{tally.tickets * tally.repetitions}"),
        "given up": Text(f"{counts.given_up} given up" if counts.given_up else "", "yellow"),
        "faults": Text(f"{counts.landed}/{counts.planned} faults" if counts.planned else ""),
        "in flight": Text(f"{counts.in_flight} in flight" if counts.in_flight else ""),
    }


def _widths(rows: list[dict[str, Text]], tally: RunTally) -> dict[str, int]:
    """Return the width of every field, with room for what may yet come, so that nothing moves as figures grow."""
    widths = {name: max(len(row[name]) for row in rows) for name in rows[0]}
    total = tally.tickets * tally.repetitions
    widths |= {"done": len(f"{total}/{total}"), "in flight": len(f"{tally.tickets} in flight")}
    return widths | {"given up": len(f"{total} given up") if widths["given up"] else 0}


def _fitted(widths: dict[str, int], room: int) -> tuple[dict[str, int], int]:
    """Return the fields that there is something to say in and room for, and the length of the bar."""
    shown = {name: width for name, width in widths.items() if width}
    for name in FIRST_TO_GO:
        if _bar_within(room, shown) < SHORTEST_BAR:
            shown.pop(name, None)
    return shown, max(1, min(LONGEST_BAR, _bar_within(room, shown)))


def _bar_within(room: int, shown: dict[str, int]) -> int:
    return room - GAP - sum(GAP + width for width in shown.values())


def _bar(column: SystemProgress, tally: RunTally, width: int) -> ProgressBar:
    """Draw how far it has come: repetitions that ended count in full, whatever became of their tickets."""
    settled = (column.now.finished + column.now.given_up) / max(1, tally.tickets)
    come = len(column.laps) + min(1.0, settled)
    return ProgressBar(tally.repetitions, come, width, complete_style=COLOR, finished_style=COLOR)


def _where(tally: RunTally, now: float) -> str:
    minutes, seconds = divmod(int(now - tally.began), 60)
    parts = (f"{minutes}:{seconds:02}", in_words(tally.left_s(now)))
    return f"{', '.join(filter(None, parts))}  {tally.place}"
