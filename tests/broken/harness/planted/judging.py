"""Judging breaks: what judges raises instead of answering."""

from dataclasses import replace

from harness.judging import run as judging
from harness.judging.checks import CHECKS
from harness.judging.evidence import Evidence
from harness.judging.metrics.measure import MEASURES
from tests.broken.harness.broken_part import BROKEN, UNKNOWN, BrokenPart, put


def check_raises() -> None:
    def conservation(evidence: Evidence) -> None:
        raise ZeroDivisionError(f"by the {len(evidence.submitted)} tickets")

    put(CHECKS, "conservation", conservation)


def metric_raises() -> None:
    def figure(evidence: Evidence) -> float:
        raise KeyError(f"of the {len(evidence.submitted)} tickets")

    put(MEASURES, "agents_leaked", replace(MEASURES["agents_leaked"], figure=figure))


def repetition_is_left_out() -> None:
    put(judging, "_begun", lambda *_: [])


PARTS = (
    BrokenPart("a check raises", check_raises, UNKNOWN, {"conservation": "unknown"}, "the check itself broke"),
    BrokenPart("a metric raises", metric_raises, BROKEN, says="agents_leaked"),
    BrokenPart("a repetition is not judged", repetition_is_left_out, UNKNOWN),
)
