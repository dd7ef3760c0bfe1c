"""Names say what a thing is, and each class has one of its own."""

from collections import Counter

from tests.support.sources import bound_names, classes, modules

PLACEHOLDERS = frozenset(
    {"one", "found", "told", "said", "seen", "some", "few", "other", "thing", "stuff", "data", "tmp"}
)
"""Words that stand for a thing without naming it."""
LIMIT = 0.01
"""The most of all bound names that may have such a word in them; well-kept projects have under 0.003."""


def has_placeholder(name: str) -> bool:
    return not PLACEHOLDERS.isdisjoint(name.lower().split("_"))


def test_few_names_are_placeholders() -> None:
    names = {module: list(bound_names(module)) for module in modules()}
    counts = Counter({str(module): sum(map(has_placeholder, bound)) for module, bound in names.items()})
    share = counts.total() / sum(map(len, names.values()))
    worst = "\n".join(f"{count:4}  {module}" for module, count in counts.most_common(20))
    assert share <= LIMIT, f"{share:.2%} of bound names hold a placeholder, most of them here:\n{worst}"


def test_no_class_is_named_as_another() -> None:
    places: dict[str, list[str]] = {}
    for module in modules():
        for name in classes(module):
            places.setdefault(name, []).append(str(module))
    assert {name: where for name, where in places.items() if len(where) > 1} == {}
