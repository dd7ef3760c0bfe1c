"""What was judged, from a Result, as lines: checks of the experiment, expectations on the systems, the verdict."""

from collections.abc import Iterator

from harness.report.figures import ABSENT, figure, unit_of
from harness.report.printable import printable
from harness.result import CheckResult, ExpectationResult, Judged, Result

SAID = {"pass": "pass", "fail": "FAIL", "unknown": "unknown", "n/a": "n/a"}
_WORD = 8
_WORST_FIRST = ("invalid", "unknown", "overloaded")
"""`overloaded` is no doubt about counts: it stands last, and leaves the verdict alone."""


def checks(result: Result) -> list[str]:
    """Return one line if every check is valid, else a line for each that is not."""
    found = list(_checks(result))
    wrong = [(where, check) for where, check in found if check.verdict != "valid"]
    if not found:
        return ["checks: none were made"]
    names = {check.name for _, check in found}
    if not wrong:
        return [f"{len(names)} checks valid"]
    invalid_first = sorted(wrong, key=lambda pair: _WORST_FIRST.index(pair[1].verdict))
    return [_check(where, check) for where, check in invalid_first]


def expectations(result: Result) -> list[str]:
    """Return a line for each expectation with the values it was judged on."""
    if not result.expectations:
        return ["nothing was judged: the scenario has no `expect`"]
    return [expectation_line(one, result) for one in result.expectations]


def verdict(result: Result) -> str:
    """Return the verdict and what it rests on, in one line."""
    said = [one.verdict for one in result.expectations]
    parts = [f"{said.count('pass')} of {len(said)} expectations hold"] if said else ["nothing was judged"]
    parts += [f"{said.count(word)} {SAID[word]}" for word in ("fail", "unknown", "n/a") if word in said]
    wrong = [check.verdict for _, check in _checks(result) if check.verdict != "valid"]
    parts += [f"{_counted(wrong.count(word), 'check')} {word}" for word in _WORST_FIRST if word in wrong]
    return f"verdict {result.verdict}: {', '.join(parts)}"


def _checks(result: Result) -> Iterator[tuple[str, CheckResult]]:
    for label, system in result.systems.items():
        for number, repetition in enumerate(system.repetitions, start=1):
            where = label if len(system.repetitions) == 1 else f"{label} #{number}"
            for check in repetition.checks:
                yield printable(where, 60), check


def _check(where: str, check: CheckResult) -> str:
    said = "INVALID" if check.verdict == "invalid" else check.verdict
    return f"{said + ' ':{_WORD}}{printable(check.name, 60)} on {where}: {printable(check.detail)}"


def expectation_line(one: ExpectationResult, result: Result) -> str:
    """Return an expectation with its verdict and the values that it was judged on."""
    values = "; ".join(_judged(judged, one.text, result) for judged in one.judged)
    return f"{SAID[one.verdict]:{_WORD}}{printable(one.text, 200)}   [{values or 'nobody it applies to'}]"


def _judged(judged: Judged, text: str, result: Result) -> str:
    system = result.systems.get(judged.system)
    is_one = system is None or len(system.repetitions) == 1
    where = printable(judged.system, 60) + ("" if is_one else f" #{judged.repetition}")
    if judged.verdict == "n/a":
        return f"n/a on {where}" + (f": {printable(judged.detail)}" if judged.detail else "")
    unit = unit_of(text)
    compared = f"{where} {_value(judged.left, unit)} {judged.op} {_value(judged.right, unit)}"
    return compared if judged.verdict == "pass" else f"{compared} {SAID[judged.verdict]}{_because(judged)}"


def _because(judged: Judged) -> str:
    return f" ({printable(judged.detail)})" if judged.detail else ""


def _value(value: float | None, unit: str) -> str:
    return ABSENT if value is None else figure(value, unit)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
