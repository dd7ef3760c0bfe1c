"""A Result and its Pictures as one HTML page that needs nothing but itself: no network, no other file.

The charting library and what it draws are compressed in the page, and unpacked by the browser. The page's policy lets
only two scripts run, which it names by their hashes: the page's own, and the library as it is once unpacked.
"""

import gzip
import hashlib
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from harness.catalogue import CATALOGUE, picked
from harness.explaining.timeline import MOST_BARS, Picture
from harness.report import page as assets
from harness.report.formats.spec import ReportInput
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
from harness.report.sections.verdicts import VERDICT_WORDS, listed_expectation, valid_checks, verdict
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
GLANCE = {
    metric.name: metric.card for metric in picked(lambda metric: metric.card.rank if metric.card else 0) if metric.card
}
"""What a manager asks first."""
_CODE = re.compile(r"`([^`]+)`")
_TICKET = re.compile(r"\bT-\d{4,}\b")
_PAIRS = re.compile(r"\bof ([\d–]+)$")


def room(repetitions: int) -> tuple[int, int]:
    """Return the most stories and bars that each of so many pictures may hold, all systems' repetitions counted."""
    share = max(1, repetitions)
    return max(5, STORIES // share), min(MOST_BARS, BARS // share)


def render(report: ReportInput) -> str:
    """Return the page; a run whose folder is not known lies where it is called from, under its id."""
    result, pictures = report.result, report.drawn
    ours = files(assets)
    script = (ours / "page.js").read_text(encoding="utf-8")
    page = environment(assets.__name__).get_template("page.html")
    drawn = _charts(result, pictures)
    return page.render(
        **_facts(result, Path(report.folder or result.run_id)),
        **_tables(result, pictures),
        **tickets(pictures),
        title=f"{printable(result.scenario.name, 80)}: {result.verdict}",
        counts=counts(result, pictures),
        everything=everything(result),
        everything_anchor=EVERYTHING_ANCHOR,
        charts=_packed(msgspec.json.encode(drawn)) if drawn else "",
        height={name: chart["layout"]["height"] for name, chart in drawn.items()},
        timelines=_timelines(pictures),
        steps=charts.legend(pictures),
        style=(ours / "page.css").read_text(encoding="utf-8"),
        script=script,
        library=_packed_library() if drawn else "",
        licence=(ours / "plotly" / "LICENSE").read_text(encoding="utf-8").strip(),
        hashes=[_hash(script.encode()), *([_hash(_library())] if drawn else [])],
    )


def environment(package: str) -> Environment:
    """Return what makes pages of the templates in a package: every value is escaped, and one that lacks is an error."""
    made = Environment(
        loader=PackageLoader(package, ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["plain"] = printable
    made.filters["prose"] = prose
    made.filters["anchor"] = anchor
    return made


def prose(text: str) -> Markup:
    """Return text as HTML: what stands between backticks is code, and no ticket's number is broken by a line's end."""
    coded = _CODE.sub(r"<code>\1</code>", str(escape(text)))
    return Markup(_TICKET.sub(r'<span class="id">\g<0></span>', coded))  # noqa: S704 - escaped before it is marked up


@cache
def _library() -> bytes:
    """Return plotly.js's basic bundle: scatter charts and all around them are what a page needs of it."""
    return (files(assets) / "plotly" / "plotly-basic.min.js").read_bytes()


def _packed(content: bytes) -> str:
    """Return bytes as text for a script element, which no content can leave; the same bytes give the same text."""
    return b64encode(gzip.compress(content, mtime=0)).decode()


@cache
def _packed_library() -> str:
    return _packed(_library())


def _hash(script: bytes) -> str:
    """Return a script's hash as a Content-Security-Policy names it: nothing else on the page may run."""
    return f"sha256-{b64encode(hashlib.sha256(script).digest()).decode()}"


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
            (
                expectation.verdict,
                VERDICT_WORDS[expectation.verdict],
                printable(expectation.text, 200),
                _judged(listed_expectation(expectation, result)),
            )
            for expectation in result.expectations
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
    figures = []
    for name, (_, words, hint) in GLANCE.items():
        value, spread = _value(name, system)
        to = link(name, label, system, of_label)
        figures.append(
            {"words": words, "hint": hint, "value": value, "spread": spread, "link": to, "tone": _tone(name, system)}
        )
    return {"label": label, "kind": system.settings.get("system", ""), "figures": figures}


def _value(name: str, system: SystemResult) -> tuple[str, str]:
    """Return a figure, and how sure it is: in how many repetitions there was any, or its interval."""
    cell = shown(name, system)
    known = system.aggregates.get(name)
    if known is not None and known.share is not None:
        return cell.partition(" (")[0], share_of(known.share)
    if is_never(cell):
        return "never", _hits(name, cell.removeprefix(NEVER[:-1]).strip(", )"))
    value, _, spread = cell.partition(" (")
    return value, _hits(name, spread.removesuffix(")"))


def _hits(name: str, spread: str) -> str:
    """Name what a time's percentile ranks: the pairs of a fault and a ticket that it hit."""
    return _PAIRS.sub(r"over \1 hits", spread) if CATALOGUE[name].kind == "time" else spread


def _tone(name: str, system: SystemResult) -> str:
    """Say whether a count is bad news; times and costs are for the reader to judge."""
    values = [repetition.metrics.get(name) for repetition in system.repetitions]
    if not values or any(value is None for value in values):
        return "bad" if any(name in repetition.censored for repetition in system.repetitions) else ""
    if CATALOGUE[name].unit != "count":
        return ""
    return "bad" if any(values) else "good"


# -- pictures


def _charts(result: Result, pictures: Pictures) -> dict[str, Any]:
    """Return the charts by name; none, where there is nothing to draw."""
    known = [picture for of_label in pictures.values() for picture in of_label.values()]
    if not known:
        return {}
    sent = [
        repetition.metrics.get("submitted") or 0
        for system in result.systems.values()
        for repetition in system.repetitions
    ]
    drawn: dict[str, Any] = {"finished": charts.finished(pictures, int(max(sent, default=0)))}
    if any(picture.recoveries for picture in known):
        drawn["recovered"] = charts.recovered(pictures)
    axis = charts.time_axis(known)
    for label, of_label in pictures.items():
        for number, picture in of_label.items():
            drawn[_chart_name(label, number)] = charts.timeline(picture, axis)
    return drawn


def _chart_name(label: str, number: int) -> str:
    return f"timeline-{anchor(label)}-{number}"


def _timelines(pictures: Pictures) -> list[dict[str, Any]]:
    """Return what the page says of each system's timelines, a repetition each."""
    return [
        {
            "label": label,
            "choices": [
                (_chart_name(label, number), f"repetition {number}", charts.heading(picture))
                for number, picture in of_label.items()
            ],
        }
        for label, of_label in pictures.items()
        if of_label
    ]
