"""Expectations by their grammar, right ones and ones with a slip, each as a line of a scenario."""

from dataclasses import dataclass
from pathlib import Path

from hypothesis import strategies as st

from harness.catalogue import CATALOGUE, Metric
from harness.planning.reading.expectations import OPERATORS
from tests.trust.inputs import hostile

BEFORE = "name: x\nsystems: [sync, temporal]\nexpect:\n  - "
LINE, COLUMN = 4, 5
LABELS = ("", "sync.", "temporal.")
VALUES = {
    "s": ("0s", "500ms", "2.5s", "5m", "1h", "0.001ms", "8760h"),
    "1/s": ("0", "2/s", "90/m", "7", "0.5/s"),
    "bytes": ("0", "200MB", "1.5GiB", "200000000", "12B", "3kB"),
    "ratio": ("0", "0.85", "85%", "1.", ".5", "-1"),
    "share": ("0", "0.85", "85%", "1", "100%"),
    "": ("0", "7", "+3", "-1", "0.5", "1000000000000"),
}
SLIPS = (
    *(
        "≤",
        "≥",
        "≠",
        "＝",
        "−",
        "×",
        "∞",
        "½",
        "٣",
        "１",
        "\u00a0",
        "\u200b",
        "\u2028",
        "\t",
        "  ",
        "\0",
        "\x1b[31m",
        "\u202e",
    ),
    *(
        "=",
        "==",
        "===",
        "<>",
        "=<",
        "=>",
        "!",
        "&&",
        "||",
        "and",
        "not",
        "(",
        ")",
        "%",
        "*",
        "**",
        "/",
        ".",
        "..",
        ",",
        ";",
        "#",
    ),
    *(
        "s",
        "ms",
        "sec",
        "min",
        "d",
        "days",
        "MB",
        "mb",
        "/s",
        "per second",
        "e9",
        "E400",
        "nan",
        "inf",
        "0x10",
        "1_000",
        "1,5",
    ),
    *("9" * 50, "9" * 5000, "0." + "0" * 5000 + "1", "-", "--", "p(95)<500", "avg", "rate<0.01", "count>3", "x" * 3000),
)
QUOTES = ('"', "'", "", "|\n    ", ">\n    ")


@dataclass(frozen=True)
class ExpectationLine:
    """A text, how it is quoted, and whether it was written by the grammar alone, without a slip."""

    text: str
    quote: str = '"'
    is_right: bool = False

    def put(self, folder: Path) -> Path:
        """Write a scenario that expects it, and return its path."""
        path = folder / "s.yaml"
        path.write_text(f"{BEFORE}{self.written}\n", encoding="utf-8", errors="replace")
        return path

    @property
    def written(self) -> str:
        """The text as YAML writes it."""
        if self.quote == "'":
            return "'" + self.text.replace("'", "''") + "'"
        if self.quote == '"':
            return '"' + self.text.replace("\\", "\\\\").replace('"', '\\"') + '"'
        return self.quote + self.text


def lines() -> st.SearchStrategy[ExpectationLine]:
    """Make lines of `expect:`, one in three of them right."""
    right = _right().map(lambda text: ExpectationLine(text, is_right=True))
    quotes = st.sampled_from(QUOTES)
    return right | st.builds(ExpectationLine, _slipped(), quotes) | st.builds(ExpectationLine, _slipped(), quotes)


@st.composite
def _right(draw: st.DrawFn) -> str:
    metric = CATALOGUE[draw(st.sampled_from(list(CATALOGUE)))]
    space = draw(st.sampled_from(("", " ", "  ")))
    operator = draw(st.sampled_from(OPERATORS))
    right = draw(_value(metric) | _metric_of_it(metric))
    return f"{draw(st.sampled_from(LABELS))}{metric.name}{space}{operator}{space}{right}"


def _value(metric: Metric) -> st.SearchStrategy[str]:
    return st.sampled_from(VALUES.get(metric.unit, VALUES[""]))


@st.composite
def _metric_of_it(draw: st.DrawFn, metric: Metric) -> str:
    alike = [other.name for other in CATALOGUE.values() if other.unit == metric.unit]
    times = draw(st.sampled_from(("", " * 2", " *0.5", " * .25", "*3.")))
    return f"{draw(st.sampled_from(LABELS))}{draw(st.sampled_from(alike))}{times}"


@st.composite
def _slipped(draw: st.DrawFn) -> str:
    text = draw(_right())
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(text)))
        put = draw(st.sampled_from(SLIPS) | st.sampled_from(hostile.NAMES) | hostile.TEXTS)
        match draw(st.sampled_from(("insert", "replace", "drop", "swap", "upper", "cut"))):
            case "insert":
                text = text[:at] + put + text[at:]
            case "replace":
                text = text[:at] + put + text[at + len(put) :]
            case "drop":
                text = text[:at] + text[at + 1 :]
            case "swap":
                text = text[:at] + text[at : at + 2][::-1] + text[at + 2 :]
            case "upper":
                text = text[:at] + text[at:].upper()
            case _:
                text = text[:at]
    return text
