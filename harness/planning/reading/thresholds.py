"""Thresholds as users of k6 and others know them, and how the same expectation is written here. Pure."""

import re
from collections.abc import Callable

from harness.catalogue import CATALOGUE

_OP = r"(?P<op><=|>=|===?|!==?|<|>)"
_NUMBER = r"(?P<number>\d{1,12}(?:\.\d{1,12})?)"
_UNIT = r"\s*(?P<unit>ms|s|m|h)?"


def _operator(match: re.Match[str]) -> str:
    return match["op"][:2] if len(match["op"]) > 2 else match["op"]  # noqa: PLR2004 - JavaScript's === is our ==


def _percentile(match: re.Match[str]) -> str:
    known = [name for name in CATALOGUE if re.fullmatch(r"latency_p\d+", name)]
    asked = float(match["percentile"])
    near = min(known, key=lambda name: abs(float(name.removeprefix("latency_p")) - asked))
    return f"{near} {_operator(match)} {match['number']}{match['unit'] or 'ms'}"


def _typical(match: re.Match[str]) -> str:
    return f"latency_p50 {_operator(match)} {match['number']}{match['unit'] or 'ms'}"


def _rate(match: re.Match[str]) -> str:
    share = float(match["number"]) / (100 if match["percent"] else 1)
    return f"failed {_operator(match)} submitted * {_decimal(share)}"


def _count(match: re.Match[str]) -> str:
    return f"finished {_operator(match)} {match['number']}"


def _ratio(match: re.Match[str]) -> str:
    share = float(match["number"]) / (100 if match["percent"] else 1)
    sides = match["part"], match["whole"]
    part, whole = sides if all(_is_metric(side) for side in sides) else ("failed", "submitted")
    return f"{part} {_operator(match)} {whole} * {_decimal(share)}"


def _is_metric(word: str) -> bool:
    return word.rpartition(".")[2] in CATALOGUE


def _decimal(share: float) -> str:
    return f"{share:.12f}".rstrip("0").rstrip(".")


_FORMS: tuple[tuple[str, Callable[[re.Match[str]], str]], ...] = (
    (rf"p\((?P<percentile>\d{{1,3}}(?:\.\d{{1,6}})?)\)\s*{_OP}\s*{_NUMBER}{_UNIT}", _percentile),
    (rf"(?:avg|med|mean|median)\s*{_OP}\s*{_NUMBER}{_UNIT}", _typical),
    (rf"(?:\w+[ _])?(?:rate|ratio|share)\s*{_OP}\s*{_NUMBER}\s*(?P<percent>%)?", _rate),
    (rf"count\s*{_OP}\s*{_NUMBER}", _count),
    (rf"(?P<part>[\w.-]+)\s*/\s*(?P<whole>[\w.-]+)\s*{_OP}\s*{_NUMBER}\s*(?P<percent>%)?", _ratio),
)
_LEFT = re.compile(r"\s*([\w.-]+)\s*[<>=!]")
# Not compiled here: they are asked for what is none of ours, and compiling them is a part of every start.
_WHOLE = [(rf"\s*{pattern}\s*", written) for pattern, written in _FORMS]
_WITHIN = _FORMS[:4]


def rewritten(text: str) -> str:
    """Return, as the end of a message, how a threshold is written here; nothing where it is none."""
    left = _LEFT.match(text)
    if left is not None and _is_metric(left[1]):
        return ""
    ours = next((written(match) for pattern, written in _WHOLE if (match := re.fullmatch(pattern, text))), None)
    if ours is None and text.startswith(("http_req", "iteration", "checks", "grpc_req")):  # a metric of k6 before it
        ours = next((written(match) for pattern, written in _WITHIN if (match := re.search(pattern, text))), None)
    return f'; write "{ours}"' if ours else ""
