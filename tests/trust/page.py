"""docs/trust.md, from outcomes: nothing on it is written by hand."""

import platform
from collections.abc import Callable, Mapping, Sequence

from tests.trust.part import Outcome, Part

OPENING = """\
# Why trust the judge

A tool that judges others is judged first. `make trust` tries all of this again and writes this page: systems with a
bug planted in them, the harness with a broken part, runs in which nothing is wrong, ten thousand hostile inputs, kills
of the harness itself, and mutants of the code that judges.
"""


def render(
    tried: Mapping[str, Sequence[Outcome]],
    parts: Sequence[Part],
    code: Callable[[str], str],
    earlier: Mapping[str, Mapping[str, Sequence[Outcome]]],
) -> str:
    """Return the page. `tried` has a part's outcomes by its name; a part without all of its cases says so.

    `code` returns the digest of the code that a part's outcomes are of; `earlier` has, by part and case, the outcomes
    of earlier tries with that code.
    """
    summary = [_summary_row(part, tried[part.name], code(part.name)) for part in parts]
    head = ["| part | as expected | tried | seconds | code |", "|---|---|---|---|---|"]
    sections = [_section(part, tried[part.name], earlier[part.name]) for part in parts]
    made_on = (
        f"Made with Python {platform.python_version()} on {platform.system()}. Seconds are of all cases together, of "
        "which several are tried at once; `code` is a digest of what a part's outcomes hang on."
    )
    return "\n".join([OPENING, *head, *summary, "", made_on, "", *sections])


def _summary_row(part: Part, outcomes: Sequence[Outcome], code: str) -> str:
    passed = sum(outcome.passed for outcome in outcomes)
    seconds = sum(outcome.seconds for outcome in outcomes)
    title = f"[{part.title}](#{_anchor(part.title)})"
    return f"| {title} | {passed} | {len(outcomes)} of {len(part.cases())} | {seconds:.0f} | `{code}` |"


def _anchor(title: str) -> str:
    return "".join(letter for letter in title.lower().replace(" ", "-") if letter.isalnum() or letter == "-")


def _section(part: Part, outcomes: Sequence[Outcome], earlier: Mapping[str, Sequence[Outcome]]) -> str:
    body = part.section(outcomes) if outcomes else "Not tried yet."
    failed = [_told(outcome) for outcome in outcomes if not outcome.passed]
    unexpected = ["", "Not as expected:", "", *failed] if failed else []
    repeated = [_told(outcome) for tries in earlier.values() for outcome in tries if not outcome.passed]
    before = ["", "Tried more than once, as it first came out otherwise:", "", *repeated] if repeated else []
    return "\n".join([f"## {part.title}", "", body, *unexpected, *before, ""])


def _told(outcome: Outcome) -> str:
    """Say what came out otherwise, in a line: what a run printed beside it names places of the machine."""
    return f"- {outcome.case}: {outcome.detail.partition(chr(10))[0]}"
