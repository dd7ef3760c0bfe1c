"""A Result as CSV for a spreadsheet: a row a system, repetition and metric."""

import csv
import io

from harness.catalogue import CATALOGUE
from harness.report.formats.spec import ReportInput
from harness.text import printable

HEADING = ("run_id", "scenario", "seed", "system", "repetition", "group", "metric", "unit", "value", "state", "note")


def render(report: ReportInput) -> str:
    """Return the table; `state` is known, censored (it never came: no value) or absent (no value, `note` says why)."""
    result, page = report.result, io.StringIO()
    writer = csv.writer(page, lineterminator="\n")
    writer.writerow(HEADING)
    for label, system in result.systems.items():
        for number, repetition in enumerate(system.repetitions, start=1):
            for name, metric in CATALOGUE.items():
                value, state = repetition.metrics.get(name), "known"
                if name in repetition.censored:
                    state = "censored"
                elif name not in repetition.metrics:
                    state = "absent"
                note = _text(repetition.absent.get(name) or repetition.notes.get(name, ""))
                row = (result.run_id, _text(result.scenario.name), result.seed, _text(label), number)
                writer.writerow((*row, metric.group, name, metric.unit, "" if value is None else value, state, note))
    return page.getvalue()


def _text(value: str) -> str:
    """Return text that no spreadsheet takes for a formula."""
    safe = printable(value)
    return f"'{safe}" if safe[:1] in {"=", "+", "-", "@"} else safe
