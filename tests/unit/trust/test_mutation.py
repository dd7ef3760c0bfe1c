"""Mutants: what is changed, how a mutant is named, put in place, and accounted for."""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.trust.mutation.account import MOST_SURVIVING, Survivors, account, read_survivors
from tests.trust.mutation.exchange import Loaded, NotExchangeable
from tests.trust.mutation.lines import AT_IMPORT, TestLines, covering, runs_at_import
from tests.trust.mutation.mutant import Key, Mutant, Source
from tests.trust.mutation.scope import MODULES
from tests.trust.mutation.tried import Fate, Tried
from tests.trust.part import Outcome
from tests.trust.parts import mutants as part
from tests.trust.record import ROOT

MODULE = '''\
"""A module."""

MOST = 3


def verdict(values: list[int], most: int = MOST) -> str:
    """Judge values."""
    if not values:
        return "unknown"
    late = [value for value in values if value > most and value]
    return "fail" if late else "pass"


def counter(start):
    def count(step):
        return start + step

    return count


by_two = counter(2)
'''


def of(text: str) -> list[tuple[str, str]]:
    """Return the changes of a function with this body, as the operator and what it makes."""
    lines = "".join(f"    {line}\n" for line in text.splitlines())
    return [(mutant.operator, mutant.key.after) for mutant in Source(f"def f(a, b, c):\n{lines}").mutants]


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ("a < b", [("statement dropped", "pass"), ("boundary", "a <= b"), ("negated", "a >= b")]),
        ("c = a == b", [("negated", "c = a != b")]),
        ("c = a not in b", [("negated", "c = a in b")]),
        ("c = a and b", [("and/or", "c = a or b"), ("condition dropped", "c = b"), ("condition dropped", "c = a")]),
        ("c = not a", [("sign dropped", "c = a")]),
        ("c = a - b", [("arithmetic", "c = a + b")]),
        ("c += a", [("arithmetic", "c -= a"), ("statement dropped", "pass")]),
        ("c = 3", [("constant", "c = 4"), ("constant", "c = 2")]),
        ("c = True", [("constant", "c = False")]),
        ("c = 'fail'", [("word", "c = 'unknown'")]),
        ("c = 'its own words'", []),
        ("c = a[1:]", [("slice dropped", "c = a"), ("constant", "c = a[2:]"), ("constant", "c = a[0:]")]),
        ("c = max(a)", [("call", "c = min(a)")]),
        ("c = invalid(a)", [("word", "c = unknown(a)")]),
        ("return a", [("returns None", "return None")]),
        ("raise a", [("statement dropped", "pass")]),
        ("c = a if b else f'{a}'", [("negated", "c = a if not b else f'{a}'")]),
        ("while a:\n    break", [("negated", "while not a:"), ("loop", "continue")]),
        (
            "c = {x for x in a if b}",
            [("filter dropped", "c = {x for x in a}"), ("negated", "c = {x for x in a if not b}")],
        ),
        ("c: Literal['fail'] = a", []),
    ],
)
def test_every_operator_changes_what_it_is_for(text: str, changes: list[tuple[str, str]]) -> None:
    assert of(text) == changes


def test_a_mutant_keeps_its_name_when_code_moves_and_is_formatted_otherwise() -> None:
    moved = MODULE.replace("MOST = 3", "# moved\n\nMOST    =   3").replace("value > most", "(value\n    > most)")
    assert [mutant.key for mutant in Source(moved).mutants] == [mutant.key for mutant in Source(MODULE).mutants]
    keys = [mutant.key for mutant in Source("def f(a):\n    return a > 1 or a > 1\n").mutants]
    assert len(set(keys)) == len(keys)
    assert Key("f", "return a > 1 or a > 1", "return a > 1", 2) in keys


def module(tmp_path: Path) -> tuple[ModuleType, Loaded, Source]:
    path = tmp_path / "judge.py"
    path.write_text(MODULE)
    spec = importlib.util.spec_from_file_location("judge", path)
    assert spec is not None
    assert spec.loader is not None
    judge = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(judge)
    return judge, Loaded(path), Source(MODULE)


def named(source: Source, after: str) -> Mutant:
    (mutant,) = [mutant for mutant in source.mutants if mutant.key.after == after]
    return mutant


def test_a_mutant_stands_in_the_loaded_function_wherever_that_is_held(tmp_path: Path) -> None:
    judge, loaded, source = module(tmp_path)
    held: Any = judge.verdict
    assert held([3]) == "pass"
    loaded.exchange(source.tree(named(source, "for value in values if value >= most and value")))
    assert held([3]) == "fail"
    loaded.exchange(source.tree(named(source, "return start - step")))
    assert judge.by_two(5) == -3


def test_what_runs_at_import_cannot_be_exchanged(tmp_path: Path) -> None:
    _, loaded, source = module(tmp_path)
    mutant = named(source, "MOST = 4")
    assert not mutant.in_function
    with pytest.raises(NotExchangeable):
        loaded.exchange(source.tree(mutant))


def test_a_mutant_meets_the_tests_that_run_its_lines_those_first_that_run_little_else() -> None:
    coverage = {
        AT_IMPORT: TestLines(0, {"a.py": [1]}),
        "broad": TestLines(1, {"a.py": [1, 2], "b.py": [1, 2]}),
        "near": TestLines(9, {"a.py": [2, 3]}),
        "elsewhere": TestLines(1, {"b.py": [2]}),
    }
    assert covering(coverage, "a.py", [2]) == ["near", "broad"]
    assert covering(coverage, "a.py", [1]) == ["broad"]
    assert covering(coverage, "a.py", [7]) == ["near", "broad"]
    assert [runs_at_import(coverage, "a.py", [line]) for line in (1, 2, 7)] == [True, False, True]


def tried(fates: dict[str, Fate]) -> list[Tried]:
    return [Tried(Key("f", "a", name), "negated", 1, fate, 1) for name, fate in fates.items()]


def listed(tmp_path: Path, *names: str) -> Path:
    path = tmp_path / "survivors.toml"
    pairs = ", ".join(f'["a", "{name}"]' for name in names)
    path.write_text(f'[[survivors]]\nmodule = "m.py"\nfunction = "f"\nwhy = "no difference"\nmutants = [{pairs}]\n')
    return path


def test_a_module_is_accounted_for_where_just_the_listed_mutants_survive(tmp_path: Path) -> None:
    of_module = tried({"b": "killed", "c": "timed out", "d": "survived"})
    right = account(of_module, "m.py", read_survivors(listed(tmp_path, "d")))
    assert (right.mutants, right.killed, right.timed_out, right.survived) == (3, 1, 1, 1)
    assert right.objections() == []
    better = account(of_module, "m.py", read_survivors(listed(tmp_path, "d", "b")))
    assert better.objections() == []
    assert better.remarks() == ["f: 'a' → 'b' is listed as a survivor, and was killed"]
    assert account(of_module, "m.py", []).objections() == ["line 1, f: 'a' → 'd' survived and is not listed"]


def test_a_module_of_which_too_many_survive_is_not_accounted_for_whatever_is_listed(tmp_path: Path) -> None:
    alive = {f"s{number}": "survived" for number in range(4)}
    killed = {f"k{number}": "killed" for number in range(15)}
    of_module = tried(alive | killed)  # type: ignore[arg-type]
    survivors = read_survivors(listed(tmp_path, *alive))
    assert account(of_module, "m.py", survivors).objections() == ["only 78.9% of 19 mutants were killed"]
    assert account(of_module[1:], "m.py", read_survivors(listed(tmp_path, "s1", "s2", "s3"))).objections() == []


def test_every_listed_survivor_is_a_mutant_of_the_code_as_it_is_and_they_are_no_more_than_a_tenth() -> None:
    survivors = read_survivors()
    keys = {
        name: {mutant.key for mutant in Source((ROOT / name).read_text(encoding="utf-8")).mutants} for name in MODULES
    }
    named = [(group.module, key) for group in survivors for key in group.named()]
    assert [(module, key) for module, key in named if key not in keys[module]] == []
    assert len(set(named)) == len(named)
    assert len(named) <= MOST_SURVIVING * sum(map(len, keys.values()))
    assert all(len(group.why) > 20 for group in survivors)


def test_the_page_has_a_row_a_module_their_sum_and_why_survivors_live(monkeypatch: pytest.MonkeyPatch) -> None:
    group = Survivors("m.py", "f", "no ticket has the number 0", (("a > 0", "a >= 0"),))
    monkeypatch.setattr(part, "read_survivors", lambda: [group])
    figures: dict[str, float | str] = {"mutants": 10, "killed": 9, "late": 1}
    outcomes = [Outcome("m.py", passed=True, figures=figures), Outcome("broken.py", passed=False)]
    assert part.Mutants().section(outcomes).splitlines()[-9:] == [
        "| module | mutants | killed | of these by time-out | share |",
        "|---|---|---|---|---|",
        "| `m.py` | 10 | 9 | 1 | 90.0% |",
        "| **all** | 10 | 9 | 1 | 90.0% |",
        "",
        "Survivors (1), and why:",
        "",
        "- `m.py`, `f`: no ticket has the number 0",
        "    - `a > 0` → `a >= 0`",
    ]
