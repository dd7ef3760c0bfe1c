"""Charts from Pictures, as the plain dicts that Plotly draws; the page lends them its own colours for ink and grid.

x is always seconds after the run's first submission, but for recoveries: seconds after a fault.
"""

import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from harness.explaining.timeline import Bar, Lane, Picture, share_recovered
from harness.report.text.figures import ABSENT, seconds
from harness.text import printable
from systems.desk.model import Step, ticket_id

Chart = dict[str, Any]

OF_SYSTEM = ("#0b7bb5", "#d9730d", "#0e9f6e", "#b5479b", "#7a6ff0", "#a38a00", "#3aa6c9", "#b0563c")
OF_STEP = dict(
    zip(
        Step,
        (
            "#9aa5b1",
            "#4c86c6",
            "#2f9e8f",
            "#7fb069",
            "#c9a227",
            "#a7a9ac",
            "#6b7a8f",
            "#8e7cc3",
            "#d98841",
            "#b8629b",
            "#c76b5a",
            "#5fa8d3",
        ),
        strict=True,
    )
)
RED = "#d6293e"
GREY = "#8a94a0"
UP = "rgba(128,140,155,0.13)"
STOPPED = "rgba(120,90,200,0.30)"
FAULT = "rgba(214,41,62,0.13)"
ROW_PX = 13
BAR_PX = 9
LANE_NAME = 20
SIGN_PX = 7
"""How wide a sign of a lane's name is, about."""
LOAD_ROWS = 5
"""How high a lane is, in rows, that shows how many steps are under way instead of each of them."""
# Plotly takes a few HTML tags and `%{…}` in every text. Look-alikes need no escaping, and stay readable.
_NO_MARKUP = str.maketrans("<>&{}", "‹›＆()")


class TimeAxis(NamedTuple):
    """The time axis that timelines share: where it ends, in seconds, and how many pixels lie left of it."""

    end: float
    left: int


def time_axis(pictures: Sequence[Picture]) -> TimeAxis:
    """Return the axis on which every one of these pictures has its place, so that the eye compares them."""
    names = [_plain(lane.name, LANE_NAME) for picture in pictures for lane in picture.lanes]
    left = 16 + SIGN_PX * max(map(len, names), default=0)
    return TimeAxis(max((picture.end for picture in pictures), default=0.0), max(70, left))


def timeline(picture: Picture, axis: TimeAxis) -> Chart:
    """Draw a lane a worker: when it was up, the steps it did, where faults struck and lost tickets stopped."""
    tops, total = _tops(picture.lanes)
    lanes = list(zip(picture.lanes, tops, strict=True))
    traces = [*_steps(lanes), *_loads(lanes), *_broken(lanes), *_stops(picture, lanes), *_faults(picture, -1.3)]
    ticks = {
        "tickmode": "array",
        "tickvals": [top + (_height(lane) - 1) / 2 for lane, top in lanes],
        "ticktext": [_plain(lane.name, LANE_NAME) for lane in picture.lanes],
    }
    layout = {
        "height": 60 + round(ROW_PX * (total + 2)),
        "margin": {"l": axis.left, "r": 12, "t": 8, "b": 44},
        "showlegend": False,
        "shapes": [*_ups(lanes), *_standstills(lanes), *_spans(picture)],
        "xaxis": {"title": {"text": "seconds after the first ticket"}, "range": [-0.3, max(axis.end, 0.1) * 1.01]},
        "yaxis": {"range": [total - 0.3, -2.2], "showgrid": False, "zeroline": False, "fixedrange": True, **ticks},
    }
    return {**_chart(traces, layout), "shares_time": True}


def finished(pictures: Mapping[str, Mapping[int, Picture]], submitted: int) -> Chart:
    """Draw how many tickets were finished by when: a line a repetition, with the faults upon it."""
    traces: list[Chart] = []
    end = 0.0
    for color, (label, of_label) in zip(_colors(), pictures.items(), strict=False):
        for nth, picture in enumerate(of_label.values()):
            end = max(end, picture.end)
            traces += _curve(picture, _plain(label, 60), color, is_first=nth == 0)
    layout = {
        "height": 380,
        "xaxis": {"title": {"text": "seconds after the first ticket"}, "rangemode": "tozero"},
        "yaxis": {"title": {"text": "tickets finished"}, "rangemode": "tozero"},
        "shapes": [
            {
                "type": "line",
                "x0": 0,
                "x1": end,
                "y0": submitted,
                "y1": submitted,
                "line": {"color": GREY, "width": 1, "dash": "dot"},
            }
        ],
    }
    return _chart(traces, layout)


def recovered(pictures: Mapping[str, Mapping[int, Picture]]) -> Chart:
    """Draw what share of the tickets hit had ended so long after the fault; those that never did keep it below all."""
    traces = []
    pooled = {
        label: [value for picture in of_label.values() for value in picture.recoveries]
        for label, of_label in pictures.items()
    }
    # All curves end together, flat from their last recovery on: one that stopped early would look unfinished, not
    # stuck.
    longest = max((value for took in pooled.values() for value in took if value < math.inf), default=1.0)
    for color, (label, took) in zip(_colors(), pooled.items(), strict=False):
        if not took:
            continue
        points = share_recovered(took)
        never = sum(value == math.inf for value in took)
        name = f"{_plain(label, 60)} ({len(took) - never} of {len(took)})"
        xs = [0.0, *[at for at, _ in points], longest]
        ys = [0.0, *[share for _, share in points], points[-1][1] if points else 0.0]
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": name,
                "x": _rounded(xs),
                "y": _rounded(ys),
                "line": {"shape": "hv", "color": color, "width": 2.5},
                "hovertemplate": "%{y:.0%} within %{x:.2f} s<extra>" + _plain(label, 60) + "</extra>",
            }
        )
    layout = {
        "height": 340,
        "xaxis": {"title": {"text": "seconds from the fault to the ticket's end"}, "range": [0, longest * 1.02]},
        "yaxis": {"title": {"text": "share of the tickets hit"}, "range": [-0.02, 1.03], "tickformat": ".0%"},
    }
    return _chart(traces, layout)


def _chart(traces: list[Chart], layout: Chart) -> Chart:
    shared = {
        "margin": {"l": 70, "r": 12, "t": 36, "b": 44},
        "legend": {"orientation": "h", "y": 1.01, "yanchor": "bottom", "x": 0},
        "hovermode": "closest",
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
    }
    return {"data": traces, "layout": {**shared, **layout}}


def _colors() -> Iterator[str]:
    while True:
        yield from OF_SYSTEM


def _rounded(values: Sequence[float]) -> list[float]:
    return [round(value, 3) for value in values]


# -- lanes


def _height(lane: Lane) -> int:
    return LOAD_ROWS if lane.load else max(1, lane.rows)


def _tops(lanes: Sequence[Lane]) -> tuple[list[int], int]:
    """Return the first row of each lane, an empty one between them, and how many rows there are."""
    tops, row = [], 0
    for lane in lanes:
        tops.append(row)
        row += _height(lane) + 1
    return tops, row


def _box(lane: Lane, top: int, left: float, right: float, fill: str) -> Chart:
    height = _height(lane)
    ends = {"x0": round(left, 3), "x1": round(right, 3), "y0": top - 0.6, "y1": top + height - 0.4}
    return {"type": "rect", "layer": "below", "line": {"width": 0}, "fillcolor": fill, **ends}


def _ups(lanes: Sequence[tuple[Lane, int]]) -> list[Chart]:
    return [_box(lane, top, start, end, UP) for lane, top in lanes for start, end, _ in lane.up]


def _standstills(lanes: Sequence[tuple[Lane, int]]) -> list[Chart]:
    return [_box(lane, top, start, end, STOPPED) for lane, top in lanes for start, end in lane.stops]


def _spans(picture: Picture) -> Iterator[Chart]:
    """Shade each fault from its moment to when it was undone; a line, where nothing had to be."""
    for mark in picture.marks:
        at, until = round(mark.at, 3), round(mark.until, 3)
        ends = {"x0": at, "x1": at, "y0": 0, "y1": 1, "yref": "paper"}
        yield {"type": "line", "line": {"color": RED, "width": 1, "dash": "dot"}, **ends}
        if until > at:
            yield {"type": "rect", "layer": "below", "line": {"width": 0}, "fillcolor": FAULT, **ends, "x1": until}


def _steps(lanes: Sequence[tuple[Lane, int]]) -> Iterator[Chart]:
    """Yield a trace a step, each attempt a thick line in its row.

    A gap (None) parts the attempts of a trace: one trace draws far sooner than one for each of thousands of attempts.
    """
    points: dict[str, tuple[list[float | None], list[float | None], list[str | None]]] = {}
    for lane, top in lanes:
        for bar in lane.bars:
            xs, ys, texts = points.setdefault(bar.step, ([], [], []))
            row, text = top + bar.row, _bar_text(bar)
            xs += [round(bar.start, 3), round(bar.end, 3), None]
            ys += [row, row, None]
            texts += [text, text, None]
    for step in (step for step in OF_STEP if step in points):
        xs, ys, texts = points[step]
        yield {
            "type": "scatter",
            "mode": "lines",
            "name": str(step).replace("_", " "),
            "x": xs,
            "y": ys,
            "text": texts,
            "line": {"color": OF_STEP[step], "width": BAR_PX},
            "hovertemplate": "%{text}<extra>%{fullData.name}</extra>",
        }


def _bar_text(bar: Bar) -> str:
    how = {"died": ", its process died", "failed": ", failed"}.get(bar.how, "")
    return f"{ticket_id(bar.ticket)}, {seconds(bar.end - bar.start)}{how}"


def _loads(lanes: Sequence[tuple[Lane, int]]) -> Iterator[Chart]:
    """Yield, for lanes with too much to draw each attempt, how many steps were under way, as an area."""
    most = max((value for lane, _ in lanes for _, value in lane.load), default=0) or 1
    for nth, (lane, top) in enumerate((lane, top) for lane, top in lanes if lane.load):
        floor, scale = top + LOAD_ROWS - 0.5, (LOAD_ROWS - 0.2) / most
        xs = [at for at, _ in lane.load]
        base = {"type": "scatter", "mode": "lines", "x": xs, "hoverinfo": "skip", "showlegend": False}
        yield {**base, "y": [floor] * len(xs), "line": {"width": 0}}
        yield {
            **base,
            "name": f"steps under way (full height: {most:.0f})",
            "y": [round(floor - value * scale, 3) for _, value in lane.load],
            "text": [f"{value:.1f} steps under way" for _, value in lane.load],
            "hoverinfo": "text",
            "fill": "tonexty",
            "line": {"color": OF_STEP[Step.AGENT_INVESTIGATE], "width": 1, "shape": "hv"},
            "showlegend": nth == 0,
        }


def _broken(lanes: Sequence[tuple[Lane, int]]) -> Iterator[Chart]:
    """Yield the ends of attempts that broke, or died with their process."""
    for how, name, symbol in (("failed", "failed", "diamond"), ("died", "died with its process", "line-ns")):
        broken = [(bar, top) for lane, top in lanes for bar in lane.bars if bar.how == how]
        if broken:
            marker = {"symbol": symbol, "color": RED, "size": 8, "line": {"color": RED, "width": 2}}
            places = [(bar.end, top + bar.row, _bar_text(bar)) for bar, top in broken]
            yield _marks(name, places, marker)


def _stops(picture: Picture, lanes: Sequence[tuple[Lane, int]]) -> Iterator[Chart]:
    """Yield the crosses where lost tickets stopped, upon their last attempt where that is drawn."""
    rows: dict[tuple[int, int], float] = {}
    for number, (lane, top) in enumerate(lanes):
        for bar in lane.bars:
            rows[number, bar.ticket] = top + bar.row
    crosses = []
    for stop in picture.stops:
        lane_at = lanes[stop.lane] if stop.lane >= 0 else None
        middle = lane_at[1] + (_height(lane_at[0]) - 1) / 2 if lane_at else -0.8
        row = rows.get((stop.lane, stop.ticket), middle)
        crosses.append((stop.at, row, f"{ticket_id(stop.ticket)} lost: {_plain(stop.text, 200)}"))
    if crosses:
        more = f" (and {picture.stops_left_out} more)" if picture.stops_left_out else ""
        marker = {"symbol": "x", "color": RED, "size": 10, "line": {"color": "#ffffff", "width": 1}}
        yield _marks(f"lost ticket{more}", crosses, marker)


def _faults(picture: Picture, row: float) -> Iterator[Chart]:
    if picture.marks:
        places = [(mark.at, row, f"{_plain(mark.name, 60)}<br>{_plain(mark.text, 200)}") for mark in picture.marks]
        more = f" (and {picture.marks_left_out} more)" if picture.marks_left_out else ""
        yield _marks(f"fault{more}", places, {"symbol": "triangle-down", "color": RED, "size": 11})


def _marks(name: str, places: Sequence[tuple[float, float, str]], marker: Chart) -> Chart:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": _rounded([at for at, _, _ in places]),
        "y": _rounded([row for _, row, _ in places]),
        "text": [text for _, _, text in places],
        "marker": marker,
        "hovertemplate": "%{text}<extra></extra>",
    }


def _plain(text: str, longest: int) -> str:
    """Return text from outside in which Plotly finds no mark-up and no place for a value."""
    return printable(text, longest).translate(_NO_MARKUP)


# -- curves


def _curve(picture: Picture, name: str, color: str, *, is_first: bool) -> Iterator[Chart]:
    """Yield a repetition's line, and its faults where they struck it."""
    xs = [0.0, *[at for at, _ in picture.finished], picture.end]
    counts = [count for _, count in picture.finished]
    ys = [0, *counts, counts[-1] if counts else 0]
    shared = {"legendgroup": name, "type": "scatter"}
    yield {
        **shared,
        "mode": "lines",
        "name": name,
        "showlegend": is_first,
        "x": _rounded(xs),
        "y": ys,
        "opacity": 1 if is_first else 0.45,
        "line": {"shape": "hv", "color": color, "width": 2.5 if is_first else 1.2},
        "hovertemplate": f"%{{y}} finished at %{{x:.2f}} s<extra>{name} #{picture.repetition}</extra>",
    }
    if picture.marks:
        at = [bisect_right(xs[:-1], mark.at) - 1 for mark in picture.marks]
        places = [
            (mark.at, ys[max(0, place)], f"{_plain(mark.name, 60)}<br>{_plain(mark.text, 200)}")
            for mark, place in zip(picture.marks, at, strict=True)
        ]
        marker = {"symbol": "triangle-down", "color": color, "size": 9 if is_first else 6}
        yield {**_marks("fault", places, marker), **shared, "showlegend": False, "opacity": 1 if is_first else 0.6}


def legend(pictures: Mapping[str, Mapping[int, Picture]]) -> list[tuple[str, str]]:
    """Return the steps that are drawn one by one, each with its colour."""
    drawn = {
        bar.step
        for of_label in pictures.values()
        for picture in of_label.values()
        for lane in picture.lanes
        for bar in lane.bars
    }
    return [(str(step).replace("_", " "), color) for step, color in OF_STEP.items() if step in drawn]


def heading(picture: Picture) -> str:
    """Say in a line what a timeline shows, for readers who cannot see it."""
    steps: dict[str, int] = defaultdict(int)
    for lane in picture.lanes:
        for bar in lane.bars:
            steps[bar.how] += 1
    facts = [f"{len(picture.lanes)} lanes over {seconds(picture.end)}"]
    facts += [f"{len(picture.marks) + picture.marks_left_out} faults"] if picture.marks else []
    facts += [f"{steps['died']} steps died with their process"] if steps["died"] else []
    facts += [f"{steps['failed']} steps failed"] if steps["failed"] else []
    lost = len(picture.stops) + picture.stops_left_out
    facts += [f"{lost} lost tickets"] if lost else []
    return ", ".join(facts) or ABSENT
