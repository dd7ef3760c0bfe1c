"""Which figures of a history their rows do not make: none, whatever happened."""

import math

from harness.catalogue import CATALOGUE
from harness.explaining.breakdown import Row, unfold
from harness.history.model import History
from harness.judging.evidence import Evidence
from harness.judging.metrics.figure import Absent, Figure
from harness.judging.metrics.measure import measure_all
from harness.judging.metrics.row import amount
from harness.judging.repetition import evidence_of
from harness.planning.plan import Plan

CPU_DIGITS = 5e-4
"""What rounding CPU seconds to three digits may take or add."""
MICROSECOND = 1e-6
TICKETS = ("exposed", "recovered", "unrecovered", "recovered_by_retry", "duplicate_tickets")


def evidence(made: Plan, history: History) -> Evidence:
    return evidence_of(made, history, "sync")


def texts(made: Plan, history: History, metric: str) -> list[str]:
    return [row.text for row in unfold(metric, evidence(made, history))]


def not_made(found: Evidence) -> list[str]:
    """Return every figure of the catalogue that its rows do not come to, with both."""
    figures = measure_all(found)
    assert list(figures) == list(CATALOGUE)
    rows = {name: unfold(name, found) for name in figures}
    return [f"{name} = {one}: {rows[name]}" for name, one in figures.items() if not _makes(name, one, rows[name])]


def _makes(name: str, figure: Figure, rows: list[Row]) -> bool:
    adds = [row.adds for row in rows if row.adds is not None]
    if isinstance(figure, Absent):
        return not adds
    if not all(_shows(row) for row in rows):
        return False
    if CATALOGUE[name].unit == "count":
        return sum(adds) == figure and _counts_each_once(name, rows)
    if name == "paused_cpu_seconds":
        return math.isclose(sum(adds), figure, abs_tol=CPU_DIGITS)
    return math.isclose(sum(adds), figure, abs_tol=MICROSECOND * len(adds))


def _shows(row: Row) -> bool:
    """Say whether a row shows what it adds; each that adds 1 is itself what is counted."""
    if row.adds is None or row.adds == 1:
        return True
    return ("never" if math.isinf(row.adds) else amount(row.adds)) in row.text


def _counts_each_once(name: str, rows: list[Row]) -> bool:
    """Say whether a figure that counts tickets has one row for each."""
    of_tickets = CATALOGUE[name].group == "durability" or name in TICKETS
    return not of_tickets or len({row.ticket for row in rows}) == len(rows)
