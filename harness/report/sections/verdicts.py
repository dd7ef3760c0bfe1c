"""What was judged, from a Result, as lines: checks of the experiment, expectations on the systems, the verdict."""

from collections.abc import Collection, Iterator

from harness.report.sections.fault_outcomes import where
from harness.report.text.figures import ABSENT, figure, unit_of
from harness.runfolder.result import CheckResult, ExpectationResult, Judged, Repetition, Result
from harness.text import printable

VERDICT_WORDS = {"pass": "pass", "fail": "FAIL", "unknown": "unknown", "n/a": "n/a"}
WORST_FIRST = ("fail", "unknown", "pass", "n/a")
WRONG = frozenset({"invalid", "unknown"})
"""Verdicts of a check that put the run in doubt."""
LANDED = "faults_landed"
"""The check that tells of faults that missed."""
MOST_DETAILS = 3
_WORD = 8


def checks(result: Result) -> list[str]:
    """Return one line if every check is valid, else a line for each that is not."""
    return wrong_checks(result) or [valid_checks(result)]


def wrong_checks(result: Result, *, is_beside_misses: bool = False) -> list[str]:
    """Return a line for each check of a system that is invalid or unknown, over all repetitions where it is.

    Where the faults that missed are told one by one beside it, the check that found just that needs no line.
    """
    wrong: dict[tuple[str, str, str], dict[int, str]] = {}
    for label, number, check in _checks(result):
        is_listed = is_beside_misses and is_of_misses(check, result.systems[label].repetitions[number - 1])
        if check.verdict in WRONG and not is_listed:
            wrong.setdefault((check.verdict, check.name, label), {})[number] = check.detail
    in_order = sorted(wrong.items(), key=lambda pair: pair[0][0])
    return [
        f"{'INVALID' if verdict == 'invalid' else verdict:{_WORD}}{printable(name, 60)} "
        f"on {where(label, list(details), len(result.systems[label].repetitions))}: {_distinct(details.values())}"
        for (verdict, name, label), details in in_order
    ]


def is_of_misses(check: CheckResult, repetition: Repetition) -> bool:
    """Say whether a check tells just of faults that missed, each of which a report tells by itself."""
    return (
        check.name == LANDED
        and check.verdict == "unknown"
        and any(fault.missed or fault.not_yet_due for fault in repetition.faults)
    )


def _distinct(details: Collection[str]) -> str:
    """Return what several repetitions say of one check, each thing once."""
    distinct = list(dict.fromkeys(printable(detail) for detail in details))
    rest = len(distinct) - MOST_DETAILS
    return "; ".join([*distinct[:MOST_DETAILS], *([f"and {rest} more"] if rest > 0 else [])])


def valid_checks(result: Result) -> str:
    """Return in a line how many of the checks that were made are valid everywhere."""
    verdicts: dict[str, set[str]] = {}
    for _, _, check in _checks(result):
        verdicts.setdefault(check.name, set()).add(check.verdict)
    if not verdicts:
        return "checks: none were made"
    # overload is neither valid nor wrong, so a check that says it is not counted
    judged = [of_check for of_check in verdicts.values() if of_check & WRONG or of_check == {"valid"}]
    valid = judged.count({"valid"})
    if valid == len(judged):
        return f"{valid} checks valid"
    return f"{valid} of {len(judged)} checks valid, the others as said above"


def expectations(result: Result) -> list[str]:
    """Return a line for each expectation with the values it was judged on, those that fail first.

    Of an unknown one the values stand with the doubts.
    """
    if not result.expectations:
        return ["nothing was judged: the scenario has no `expect`"]
    in_order = sorted(result.expectations, key=lambda expectation: WORST_FIRST.index(expectation.verdict))
    return [listed_expectation(expectation, result) for expectation in in_order]


def listed_expectation(expectation: ExpectationResult, result: Result) -> str:
    """Return an expectation as a report lists it that has told what is unknown, unless the run ended early."""
    if expectation.verdict == "unknown" and result.status == "complete":
        return f"{VERDICT_WORDS['unknown']:{_WORD}}{printable(expectation.text, 200)}   [as said above]"
    return expectation_line(expectation, result)


def verdict(result: Result) -> str:
    """Return the verdict and what it rests on, in one line."""
    verdicts = [expectation.verdict for expectation in result.expectations]
    parts = [f"{verdicts.count('pass')} of {len(verdicts)} expectations hold"] if verdicts else ["nothing was judged"]
    parts += [
        f"{verdicts.count(word)} {VERDICT_WORDS[word]}" for word in ("fail", "unknown", "n/a") if word in verdicts
    ]
    wrong = {(check.verdict, check.name) for _, _, check in _checks(result)}
    counts = {word: sum(verdict == word for verdict, _ in wrong) for word in ("invalid", "unknown")}
    parts += [f"{_counted(count, 'check')} {word}" for word, count in counts.items() if count]
    return f"verdict {result.verdict}: {', '.join(parts)}"


def _checks(result: Result) -> Iterator[tuple[str, int, CheckResult]]:
    for label, system in result.systems.items():
        for number, repetition in enumerate(system.repetitions, start=1):
            for check in repetition.checks:
                yield label, number, check


def expectation_line(expectation: ExpectationResult, result: Result) -> str:
    """Return an expectation with its verdict and the values that it was judged on, the same ones once."""
    repetitions: dict[tuple[str, str, str], list[int]] = {}
    for judged in expectation.judged:
        before, after = _judged(judged, expectation.text)
        repetitions.setdefault((before, judged.system, after), []).append(judged.repetition)
    values = "; ".join(
        f"{before}{where(label, numbers, _count(label, result))}{after}"
        for (before, label, after), numbers in repetitions.items()
    )
    head = f"{VERDICT_WORDS[expectation.verdict]:{_WORD}}{printable(expectation.text, 200)}"
    return f"{head}   [{values or 'it applies to no system'}]"


def _count(label: str, result: Result) -> int:
    """Return how many repetitions a system has; one that was not run, or is not there, is named as one."""
    return max(1, len(result.systems[label].repetitions)) if label in result.systems else 1


def _judged(judged: Judged, text: str) -> tuple[str, str]:
    """Return what stands before and after the system's name."""
    if judged.verdict == "n/a":
        return "n/a on ", f": {printable(judged.detail)}" if judged.detail else ""
    unit = unit_of(text)
    compared = f" {_value(judged.left, unit)} {judged.op} {_value(judged.right, unit)}"
    return "", compared if judged.verdict == "pass" else f"{compared} {VERDICT_WORDS[judged.verdict]}{_because(judged)}"


def _because(judged: Judged) -> str:
    return f" ({printable(judged.detail)})" if judged.detail else ""


def _value(value: float | None, unit: str) -> str:
    return ABSENT if value is None else figure(value, unit)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
