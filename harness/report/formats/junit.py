"""A Result as JUnit XML: a test case for each expectation and for each check of each system's repetition.

A failed expectation or an invalid check is a failure, an unknown one an error; what applied to no system is skipped,
as is a check that says that a system was overloaded: neither a failure nor valid.
"""

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from xml.etree import ElementTree as ET

from harness.catalogue import CATALOGUE
from harness.report.formats.spec import ReportInput, SuiteInput
from harness.report.sections.fault_outcomes import first_tickets
from harness.report.sections.summary_sentence import story
from harness.report.sections.verdicts import expectation_line
from harness.runfolder.result import CheckResult, ExpectationResult, Result
from harness.text import printable

LONGEST = 20_000
MOST_TICKETS = 10
"""How many tickets of a figure are named."""
OF_CHECK: dict[str, "Outcome"] = {"valid": "", "invalid": "failure", "unknown": "error", "overloaded": "skipped"}
OF_EXPECTATION: dict[str, "Outcome"] = {"pass": "", "fail": "failure", "unknown": "error", "n/a": "skipped"}
_WORDS = re.compile(r"[^\s<>=!*]+")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Outcome = Literal["", "failure", "error", "skipped"]


@dataclass(frozen=True, slots=True)
class Case:
    """A test case: empty `outcome` passed."""

    group: str
    name: str
    outcome: Outcome
    message: str
    text: str


def render(report: ReportInput) -> str:
    """Return the document; every text in it is harmless in XML and in a terminal."""
    return _document([(report.result, report.folder)], {})


def render_suite(suite: SuiteInput) -> str:
    """Return one document of several runs, a suite each; a scenario that came to no result is an error, with why.

    A run whose folder is not known is named as it is in the folder of runs.
    """
    broken = {run.name: run.said for run in suite.ended if run.result is None}
    if suite.is_interrupted:
        broken["chaos run"] = "it was interrupted; scenarios that had not ended by then are missing here"
    return _document([(run.result, run.folder) for run in suite.ended if run.result is not None], broken)


def _document(runs: Sequence[tuple[Result, str]], broken: Mapping[str, str]) -> str:
    """Return the document of runs, each with its folder, and of scenarios without a result, each with why."""
    suites = ET.Element("testsuites", {"name": "chaos"})
    for result, folder in runs:
        _suite(suites, result, folder)
    for name, why in broken.items():
        _write_suite(suites, name, [Case("run", "the run has a result", "error", "it has none", why)])
    totals = {key: sum(int(suite.get(key, "0")) for suite in suites) for key in ("tests", "failures", "errors")}
    suites.attrib |= {key: str(count) for key, count in totals.items()}
    ET.indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(suites, encoding="unicode")


def _suite(suites: ET.Element, result: Result, folder: str) -> None:
    facts = {"run_id": result.run_id, "seed": result.seed, "plan_sha256": result.plan_sha256, "verdict": result.verdict}
    suite = _write_suite(suites, result.scenario.name, list(_cases(result, folder)), facts)
    ET.SubElement(suite, "system-out").text = _safe(story(result))


def _write_suite(
    suites: ET.Element, of: str, cases: Sequence[Case], facts: Mapping[str, object] | None = None
) -> ET.Element:
    name = printable(of, 80)
    outcomes = {kind: str(sum(case.outcome == kind for case in cases)) for kind in ("failure", "error", "skipped")}
    counts = {"tests": str(len(cases)), "failures": outcomes["failure"], "errors": outcomes["error"]}
    suite = ET.SubElement(suites, "testsuite", {"name": name, **counts, "skipped": outcomes["skipped"]})
    if facts:
        properties = ET.SubElement(suite, "properties")
        for key, value in facts.items():
            ET.SubElement(properties, "property", {"name": key, "value": printable(value, 200)})
    for case in cases:
        _write(suite, name, case)
    return suite


def _write(suite: ET.Element, name: str, case: Case) -> None:
    place = {"classname": f"{name}.{case.group}", "name": _safe(case.name)}
    element = ET.SubElement(suite, "testcase", place)
    if case.outcome:
        verdict = ET.SubElement(element, case.outcome, {"type": case.outcome, "message": _safe(case.message)})
        verdict.text = _safe(case.text)


def _cases(result: Result, folder: str) -> Iterator[Case]:
    if result.status != "complete":
        yield Case("run", "the run is complete", "error", f"it was {result.status}", result.problem)
    for expectation in result.expectations:
        yield _expectation(expectation, result, folder)
    for label, system in result.systems.items():
        if not system.repetitions:
            yield Case("checks", f"{label} was run", "error", "it has no repetition", result.problem)
        for number, repetition in enumerate(system.repetitions, start=1):
            for check in repetition.checks:
                yield _check(check, label if len(system.repetitions) == 1 else f"{label} #{number}")


def _expectation(expectation: ExpectationResult, result: Result, folder: str) -> Case:
    line = expectation_line(expectation, result)
    lines = [f"{expectation.text} (line {expectation.line} of the scenario)", line]
    for label, metric in _figures(expectation, result):
        lines += [*_tickets(label, metric, result), _evidence(label, metric, result, folder)]
    return Case("expect", expectation.text, OF_EXPECTATION[expectation.verdict], line, "\n".join(lines))


def _figures(expectation: ExpectationResult, result: Result) -> list[tuple[str, str]]:
    """Return the figures, as (label, metric), that an expectation compared where it did not hold."""
    judged = dict.fromkeys(judged.system for judged in expectation.judged if judged.verdict == expectation.verdict)
    figures: list[tuple[str, str]] = []
    for word in _WORDS.findall(expectation.text):
        label, _, metric = word.rpartition(".")
        if metric in CATALOGUE:
            figures += [(system, metric) for system in ([label] if label else judged) if system in result.systems]
    return list(dict.fromkeys(figures))


def _tickets(label: str, metric: str, result: Result) -> Iterator[str]:
    """Yield the tickets that a figure counts, a line a repetition that has any."""
    repetitions = result.systems[label].repetitions
    for number, repetition in enumerate(repetitions, start=1):
        if tickets := repetition.tickets.get(metric, ()):
            where = label if len(repetitions) == 1 else f"{label} #{number}"
            yield f"{metric} on {where}: {first_tickets(tickets, MOST_TICKETS)}"


def _evidence(label: str, metric: str, result: Result, folder: str) -> str:
    where = f"evidence{'' if folder else ' (in the folder of runs)'}"
    return f"{where}: chaos explain {shlex.quote(folder or result.run_id)} {shlex.quote(f'{label}.{metric}')}"


def _check(check: CheckResult, where: str) -> Case:
    text = f"check {check.name} on {where} is {check.verdict}: {check.detail}"
    return Case("checks", f"{check.name} on {where}", OF_CHECK[check.verdict], f"{check.verdict}: {check.detail}", text)


def _safe(text: str) -> str:
    """Return text line by line without controls, and without what XML cannot hold."""
    lines = [printable(line, LONGEST) for line in text.splitlines()[:200]]
    return _NOT_XML.sub("?", "\n".join(lines))
