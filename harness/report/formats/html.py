"""A Result and its Pictures as one HTML page that needs nothing but itself: no network, no other file."""

import hashlib
from base64 import b64encode
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from harness.catalogue import CATALOGUE, picked
from harness.explaining.timeline import MOST_BARS, Picture
from harness.report import page as assets
from harness.report.page import charts
from harness.report.page.ticket_sections import Pictures, anchor, tickets
from harness.report.page.unfolded import EVERYTHING_ANCHOR, counts, everything, link
from harness.report.sections.columns import limits, settings
from harness.report.sections.fault_outcomes import faults
from harness.report.sections.ranked import is_never
from harness.report.sections.repeats import legend, repeats, unseen
from harness.report.sections.reproduce import again
from harness.report.sections.rows import Footnotes, rows
from harness.report.sections.summary_sentence import story
from harness.report.sections.tradeoffs import argument, shown
from harness.report.sections.verdicts import SAID, listed_expectation, valid_checks, verdict
from harness.report.sections.warnings import doubts
from harness.report.text.figures import ABSENT, NEVER
from harness.report.text.figures import share as share_of
from harness.runfolder.meta import read_meta
from harness.runfolder.result import Result, SystemResult
from harness.text import printable

STORIES = 400
"""How many tickets' stories a page tells, over all systems and repetitions; of the others it names the numbers."""
BARS = 20_000
"""How many attempts a page draws one by one, over all systems and repetitions."""
GLANCE = {one.name: one.card for one in picked(lambda one: one.card.rank if one.card else 0) if one.card}
"""What a manager asks first."""


def room(repetitions: int) -> tuple[int, int]:
    """Return the most stories and bars that each of so many pictures may hold, all systems' repetitions counted."""
    share = max(1, repetitions)
    return max(5, STORIES // share), min(MOST_BARS, BARS // share)


def render(result: Result, pictures: Pictures, folder: Path) -> str:
    """Return the page of the run in `folder`."""
    ours = files(assets)
    script = (ours / "page.js").read_text(encoding="utf-8")
    library = _library()
    page = _environment().get_template("page.html")
    drawn = _charts(result, pictures)
    return page.render(
        **_facts(result, folder),
        **_tables(result, pictures),
        **tickets(pictures),
        title=f"{printable(result.scenario.name, 80)}: {result.verdict}",
        counts=counts(result, pictures),
        everything=everything(result),
        everything_anchor=EVERYTHING_ANCHOR,
        charts=_data(drawn),
        has_recovered="recovered" in drawn,
        timelines=_timelines(pictures),
        steps=charts.legend(pictures),
        style=(ours / "page.css").read_text(encoding="utf-8"),
        script=script,
        library=library,
        hashes=[_hash(library), _hash(script)],
    )


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader(assets.__name__, ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["plain"] = printable
    environment.filters["anchor"] = anchor
    return environment


@cache
def _library() -> str:
    from plotly.offline import get_plotlyjs  # noqa: PLC0415 - five megabytes, only where a page is written

    library: str = get_plotlyjs()
    return library


def _hash(script: str) -> str:
    """Return a script's hash as a Content-Security-Policy names it: nothing else on the page may run."""
    return f"sha256-{b64encode(hashlib.sha256(script.encode()).digest()).decode()}"


def _data(value: Any) -> Markup:
    """Return JSON that cannot leave its script element."""
    text = msgspec.json.encode(value).decode()
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))  # noqa: S704


# -- what was run


def _facts(result: Result, folder: Path) -> dict[str, Any]:
    meta = read_meta(folder)
    count = max((len(system.repetitions) for system in result.systems.values()), default=0)
    return {
        "result": result,
        "verdict": verdict(result).partition(": ")[2],
        "story": story(result),
        "doubts": doubts(result),
        "repetitions": count,
        "started": datetime.fromtimestamp(meta.started, UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "environment": list(_environment_rows(result.environment)),
        "again": again(result, meta, folder),
    }


def _environment_rows(environment: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in environment.items():
        if isinstance(value, Mapping):
            yield from _environment_rows(value, f"{key} ")
        elif key == "memory_bytes" and isinstance(value, int):
            yield "memory", f"{value / 1e9:.1f} GB"
        else:
            yield prefix + printable(key.replace("_", " "), 60), ABSENT if value is None else printable(value, 120)


# -- tables


def _tables(result: Result, pictures: Pictures) -> dict[str, Any]:
    notes = Footnotes()
    return {
        "glance": [_glance(name, system, pictures.get(name, {})) for name, system in result.systems.items()],
        "expectations": [
            (one.verdict, SAID[one.verdict], printable(one.text, 200), _judged(listed_expectation(one, result)))
            for one in result.expectations
        ],
        "check_lines": [valid_checks(result)],
        "comparison": rows(result, notes),
        "notes": [*notes.lines(), *limits(result)],
        "legend": legend(result),
        "repeats": list(repeats(result)),
        "unseen": unseen(result),
        "faults": faults(result),
        "settings": settings(result),
        "argument": argument(result),
        "metrics": CATALOGUE,
        "links": {
            name: [link(name, label, system, pictures.get(label, {})) for label, system in result.systems.items()]
            for name in CATALOGUE
        },
    }


def _judged(line: str) -> str:
    return line.partition("   [")[2].removesuffix("]")


def _glance(label: str, system: SystemResult, of_label: Mapping[int, Picture]) -> dict[str, Any]:
    """Return one column of the summary: its figures with their words, and where each is told in full."""
    told = []
    for name, (_, words, hint) in GLANCE.items():
        value, spread = _value(name, system)
        to = link(name, label, system, of_label)
        told.append(
            {"words": words, "hint": hint, "value": value, "spread": spread, "link": to, "tone": _tone(name, system)}
        )
    return {"label": label, "kind": system.settings.get("system", ""), "figures": told}


def _value(name: str, system: SystemResult) -> tuple[str, str]:
    """Return a figure, and how sure it is: in how many repetitions there was any, or its interval."""
    cell = shown(name, system)
    known = system.aggregates.get(name)
    if known is not None and known.share is not None:
        return cell.partition(" (")[0], share_of(known.share)
    if is_never(cell):
        return "never", cell.removeprefix(NEVER[:-1]).strip(", )")
    value, _, spread = cell.partition(" (")
    return value, spread.removesuffix(")")


def _tone(name: str, system: SystemResult) -> str:
    """Say whether a count is bad news; times and costs are judged by who reads them."""
    values = [one.metrics.get(name) for one in system.repetitions]
    if not values or any(value is None for value in values):
        return "bad" if any(name in one.censored for one in system.repetitions) else ""
    if CATALOGUE[name].unit != "count":
        return ""
    return "bad" if any(values) else "good"


# -- pictures


def _charts(result: Result, pictures: Pictures) -> dict[str, Any]:
    sent = [one.metrics.get("submitted") or 0 for system in result.systems.values() for one in system.repetitions]
    drawn: dict[str, Any] = {"finished": charts.finished(pictures, int(max(sent, default=0)))}
    if any(picture.recoveries for of_label in pictures.values() for picture in of_label.values()):
        drawn["recovered"] = charts.recovered(pictures)
    for label, of_label in pictures.items():
        for number, picture in of_label.items():
            drawn[_chart_name(label, number)] = charts.timeline(picture)
    return drawn


def _chart_name(label: str, number: int) -> str:
    return f"timeline-{anchor(label)}-{number}"


def _timelines(pictures: Pictures) -> list[dict[str, Any]]:
    """Return what the page says of each system's timelines, a repetition each."""
    return [
        {
            "label": label,
            "choices": [
                (_chart_name(label, number), f"repetition {number}", charts.heading(one))
                for number, one in of_label.items()
            ],
        }
        for label, of_label in pictures.items()
        if of_label
    ]
