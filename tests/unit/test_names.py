"""Names say what a thing is, and each class has one of its own."""

from collections import Counter

from tests.support.sources import bound_names, classes, modules

PLACEHOLDERS = frozenset(
    {"one", "found", "told", "said", "seen", "some", "few", "other", "thing", "stuff", "data", "tmp"}
)
"""Words that stand for a thing without naming it."""
GOAL = 0.01
LIMIT = 0.072
"""The most of all bound names that may have such a word in them: it only ever gets less, until it is the goal."""
NAMED_TWICE = frozenset(
    {
        "Finding",
        "Row",
    }
)
"""Classes that have yet to get a name of their own: the list only ever gets shorter."""


def has_placeholder(name: str) -> bool:
    return not PLACEHOLDERS.isdisjoint(name.lower().split("_"))


def test_few_names_are_placeholders() -> None:
    names = {module: list(bound_names(module)) for module in modules()}
    counts = Counter({str(module): sum(map(has_placeholder, bound)) for module, bound in names.items()})
    share = counts.total() / sum(map(len, names.values()))
    worst = "\n".join(f"{count:4}  {module}" for module, count in counts.most_common(20))
    assert share <= LIMIT, f"{share:.2%} of bound names hold a placeholder, most of them here:\n{worst}"


def test_the_limit_on_placeholders_is_not_below_the_goal() -> None:
    assert LIMIT >= GOAL


def test_no_class_is_named_as_another() -> None:
    places: dict[str, list[str]] = {}
    for module in modules():
        for name in classes(module):
            places.setdefault(name, []).append(str(module))
    twice = {name: where for name, where in places.items() if len(where) > 1}
    assert {name: where for name, where in twice.items() if name not in NAMED_TWICE} == {}
    assert sorted(NAMED_TWICE - twice.keys()) == [], "these have a name of their own by now: take them off the list"
