"""Values and texts that programs trip over, gathered in one place for every kind of input."""

from typing import Any

from hypothesis import strategies as st

NAMES = (
    "../..",
    "../../../etc/passwd",
    "/etc/passwd",
    "a\nb",
    "\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07",
    "a|b|c",
    "`rm -rf`",
    "$(id)",
    "<script>alert(1)</script>",
    "]]><!--",
    "::error::injected",
    "%s%n{0}{}",
    "\u202eevil",
    "lоst",
    "temporаl",
    "ﬁnished",
    "\u200b",
    "\x7f",
    "'; DROP TABLE tickets; --",
    "a" * 300,
    "NaN",
    "-",
    "--help",
    "null",
    "__class__",
    "🙂",
)
NUMBERS = (0, -1, 1, 2**31, 2**63 - 1, 2**63, 2**64, -(2**63) - 1, 10**18, 10**40, 10**400, 1.5, -0.0, 1e308, 5e-324)
ODD: tuple[Any, ...] = (
    None,
    True,
    False,
    "",
    float("nan"),
    float("inf"),
    float("-inf"),
    [],
    {},
    [[]],
    {"a": {"b": []}},
    "1e999",
    "0x10",
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


def values() -> st.SearchStrategy[Any]:
    """Make a value of the wrong type, size or sign, or a text that does harm where it is printed as it is."""
    return (
        st.sampled_from((*ODD, *NUMBERS, *NAMES))
        | TEXTS
        | st.integers()
        | st.floats()
        | st.sampled_from((49, 51, 100)).map(nested)
    )


def nested(depth: int) -> Any:
    """Return lists in lists."""
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


def paths(tree: Any, so_far: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return where everything in a tree stands, itself first."""
    inner: list[tuple[Any, Any]] = []
    if isinstance(tree, dict):
        inner = list(tree.items())
    elif isinstance(tree, list):
        inner = list(enumerate(tree))
    return [so_far, *(path for key, value in inner for path in paths(value, (*so_far, key)))]


def replaced(tree: Any, path: tuple[Any, ...], act: str, value: Any) -> Any:
    """Return a tree in which what stands at a path is set, deleted, renamed, put in a list or given a neighbour."""
    if not path:
        return value if act == "set" else [tree]
    key, *rest = path
    if rest:
        return _with(tree, key, replaced(tree[key], tuple(rest), act, value))
    if act == "delete":
        return _without(tree, key)
    if act == "rename" and isinstance(tree, dict):
        return {
            value if isinstance(value, str | int | float) and name == key else name: it for name, it in tree.items()
        }
    if act == "add" and isinstance(tree, dict):
        return {**tree, str(value)[:400]: value}
    return _with(tree, key, [tree[key]] if act == "wrap" else value)


ACTS = ("set", "delete", "rename", "add", "wrap")


def _with(tree: Any, key: Any, value: Any) -> Any:
    if isinstance(tree, dict):
        return {**tree, key: value}
    return [value if at == key else item for at, item in enumerate(tree)]


def _without(tree: Any, key: Any) -> Any:
    if isinstance(tree, dict):
        return {name: value for name, value in tree.items() if name != key}
    return [item for at, item in enumerate(tree) if at != key]
