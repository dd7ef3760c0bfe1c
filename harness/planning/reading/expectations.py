"""Expectations: `[label.]metric OP value` or `[label.]metric OP [label.]metric [* number]`."""

import math
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import cast

from harness.catalogue import CATALOGUE, Metric
from harness.planning.reading.decode import UNITS, meant, read_quantity, respelt, unknown
from harness.planning.reading.nodes import Node, Page, ScalarNode, described, place
from harness.planning.reading.thresholds import rewritten
from harness.planning.scenario import Expectation, Operand
from systems import registry

_WHOLE = re.compile(
    r"\s*(?P<left>[^\s<>=!]+)\s*(?P<op><=|>=|==|!=|<|>|=|[<>=!]+)\s*(?P<right>[^\s*]+)\s*(?P<rest>.*)$", re.DOTALL
)
_DIGITS = r"(?:\d+(?:\.\d*)?|\.\d+)"
_TIMES = re.compile(rf"\*\s*(?P<factor>{_DIGITS})\s*$")
_NUMBER = re.compile(rf"[-+]?{_DIGITS}")
_PERCENT = re.compile(rf"({_DIGITS})%")
_BYTES = re.compile(r"(\d+(?:\.\d+)?)(B|kB|MB|GB|KiB|MiB|GiB)")
_FACTORS = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
LONGEST_WORD = 60
MILLISECONDS_FROM = 50
"""From here on a bare number of time is taken as milliseconds, as k6 and others measure; below as seconds."""
_PLAIN = {"share": "ratio"}
OPERATORS = ("<", "<=", "==", "!=", ">=", ">")


@dataclass(slots=True)
class _Text:
    """An expectation's text and where it stands, so that a mistake points at its word."""

    page: Page
    node: ScalarNode
    labels: Collection[str]
    is_right: bool = True

    def wrong(self, offset: int, message: str) -> None:
        self.is_right = False
        line, column = place(self.node)
        # The mark is at the opening quote, the text begins behind it.
        if self.node.style in {"'", '"'}:
            column += 1
        # In a block, lines were folded or indented: an offset into the text is no column of the file any more.
        is_block = self.node.style in {"|", ">"} or "\n" in self.node.value
        self.page.wrong(line, column if is_block else column + offset, message)


def read_expectation(node: Node, page: Page, labels: Collection[str]) -> Expectation | None:
    """Read one expectation; None, with every mistake noted at its word, where it is none."""
    if not isinstance(node, ScalarNode) or not node.tag.endswith(":str"):
        hint = rewritten(" ".join(_texts(node)))
        page.wrong_at(
            node, f'expected an expectation such as "{registry.example()}.lost == 0", found {described(node)}{hint}'
        )
        return None
    text = _Text(page, node, labels)
    if hint := rewritten(node.value):
        text.wrong(0, f'expected "[label.]metric OP value", found {node.value!r}{hint}')
        return None
    match = _WHOLE.match(node.value)
    if match is None:
        text.wrong(
            0, f'expected "[label.]metric OP value", such as "{registry.example()}.lost == 0", found {node.value!r}'
        )
        return None
    left = _operand(text, match["left"], match.start("left"))
    if match["op"] not in OPERATORS:
        text.wrong(match.start("op"), f"expected one of {' '.join(OPERATORS)}, found {match['op']!r}")
    right, factor = _right(text, match, left)
    if not text.is_right or left is None or right is None:
        return None
    op = cast("str", match["op"])
    return Expectation(node.value.strip(), place(node)[0], left, op, right, factor)  # type: ignore[arg-type]


def _texts(node: Node) -> Iterator[str]:
    """Yield what stands in a node, however deep."""
    if isinstance(node, ScalarNode):
        yield node.value
    for child in () if isinstance(node, ScalarNode) else node.value:
        for part in child if isinstance(child, tuple) else (child,):
            yield from _texts(part)


def _operand(text: _Text, word: str, offset: int) -> Operand | None:
    label, dot, metric = word.rpartition(".")
    if dot and label not in text.labels:
        text.wrong(offset, unknown("system", label, text.labels))
    if metric not in CATALOGUE:
        unlisted = f"unknown metric {metric!r}{meant(metric, CATALOGUE)}: expected one that `chaos metrics` lists"
        text.wrong(offset + len(label) + len(dot), f"{unlisted}, found {metric!r}")
        return None
    return Operand(metric, label or None)


def _right(text: _Text, match: re.Match[str], left: Operand | None) -> tuple[Operand | float | None, float]:
    word, offset = match["right"], match.start("right")
    is_value = word[0].isdigit() or word[0] in "+-."
    factor = 1.0
    if match["rest"]:
        times = _TIMES.fullmatch(match["rest"])
        if times is None or is_value:
            expected = "nothing after the value" if is_value else "`* number` or nothing"
            text.wrong(match.start("rest"), f"expected {expected}, found {match['rest']!r}")
        else:
            factor = float(times["factor"])
            if math.isinf(factor):
                text.wrong(match.start("rest"), f"expected `* number`, found one of {len(times['factor'])} digits")
    if not is_value:
        right = _operand(text, word, offset)
        if left is not None and right is not None:
            _compare_units(text, offset, CATALOGUE[left.metric], CATALOGUE[right.metric])
        return right, factor
    return (None if left is None else _value(text, word, offset, CATALOGUE[left.metric])), factor


def _compare_units(text: _Text, offset: int, left: Metric, right: Metric) -> None:
    """Refuse to compare seconds with tickets; a share is a ratio."""
    if _PLAIN.get(left.unit, left.unit) != _PLAIN.get(right.unit, right.unit):
        expected = f"{left.name} is measured in {left.unit}: expected a metric of the same unit"
        text.wrong(offset, f"{expected}, found {right.name}, in {right.unit}")


def _value(text: _Text, word: str, offset: int, metric: Metric) -> float | None:
    value, expected = in_unit_of(metric, word)
    if value is None:
        hint = respelt(word, {"s": "duration", "1/s": "rate"}.get(metric.unit, ""))
        if metric.unit == "s" and _NUMBER.fullmatch(word):
            hint = f"; write {word}{_unit_meant(word)}"
        shown = word if len(word) <= LONGEST_WORD else f"{word[:LONGEST_WORD]}…"
        text.wrong(offset, f"{metric.name} is measured in {metric.unit}: expected {expected}, found {shown!r}{hint}")
    return value


def _unit_meant(word: str) -> str:
    """Guess the unit of a bare number of time: where it is left out, milliseconds are mostly meant."""
    return "ms" if abs(float(word)) >= MILLISECONDS_FROM else "s"


def in_unit_of(metric: Metric, word: str) -> tuple[float | None, str]:
    """Read a value in the metric's SI unit; return it, or None, and what is expected."""
    value, expected = _in_unit_of(metric, word)
    if value is not None and math.isinf(value):
        return None, f"{expected}, of fewer digits"
    return value, expected


def _in_unit_of(metric: Metric, word: str) -> tuple[float | None, str]:
    if metric.unit == "s":
        return read_quantity(word, "duration"), UNITS["duration"]
    number = float(word) if _NUMBER.fullmatch(word) else None
    if metric.unit == "bytes":
        match = _BYTES.fullmatch(word)
        return float(match[1]) * _FACTORS[match[2]] if match else number, "bytes, such as 200MB or 200000000"
    if metric.unit == "1/s":
        value = read_quantity(word, "rate")
        return number if value is None else value, UNITS["rate"]
    if metric.unit in {"ratio", "share"}:
        percent = _PERCENT.fullmatch(word)
        return (float(percent[1]) / 100 if percent else number), "a number or a share, such as 0.85 or 85%"
    return number, "a number"
