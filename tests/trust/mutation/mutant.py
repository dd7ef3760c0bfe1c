"""A Mutant: one change of a module's source, with a name that stays when lines move."""

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

from tests.trust.mutation.operators import changes

TELLING = 24
"""So many characters of source tell a person which expression is meant."""
_UNJUDGED = ("annotation", "returns", "decorator_list", "bases", "keywords", "type_comment")
"""What of a definition decides nothing at run time, or is no part of what is judged."""


@dataclass(frozen=True, slots=True)
class Key:
    """What names a mutant in its module; `nth` counts the mutants of a function that would read the same."""

    function: str
    before: str
    after: str
    nth: int = 1


@dataclass(frozen=True, slots=True)
class Mutant:
    """A change: which node (the `slot`-th of the tree) by which of its changes, and the lines that have to be run.

    `in_function`: a function's code alone changes, so that it can be exchanged in the module as it is loaded.
    """

    key: Key
    operator: str
    slot: int
    change: int
    lines: range
    in_function: bool


@dataclass(frozen=True, slots=True)
class _Slot:
    """A place in the tree: the node, what holds it, and the definition and the statement that it is in."""

    parents: tuple[ast.AST, ...]
    field: str
    place: int | None
    node: ast.AST

    def put(self, node: ast.AST) -> None:
        """Put another node in this place."""
        held = getattr(self.parents[-1], self.field)
        if self.place is None:
            setattr(self.parents[-1], self.field, node)
        else:
            held[self.place] = node


def _slots(node: ast.AST, parents: tuple[ast.AST, ...] = ()) -> Iterator[_Slot]:
    """Yield every place whose node is judged, in the order of the source."""
    inner = (*parents, node)
    for field, value in ast.iter_fields(node):
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AnnAssign | ast.arg) and field in _UNJUDGED:
            continue
        for place, child in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(child, ast.AST) and not _is_type_or_text(child, inner):
                yield _Slot(inner, field, place if isinstance(value, list) else None, child)
                yield from _slots(child, inner)


def _is_type_or_text(node: ast.AST, parents: tuple[ast.AST, ...]) -> bool:
    """Say whether a node is a type or a sentence: a type checker judges the one, a reader the other."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        return True
    is_global = len(parents) == 1
    match node:
        case ast.Assign(value=ast.Subscript() | ast.Call(func=ast.Name(id="TypeVar"))) if is_global:
            return True
        case ast.Assign(value=ast.BinOp(op=ast.BitOr())) if is_global:
            return True
        case ast.Constant(value=str()):
            return isinstance(parents[-1], ast.JoinedStr) or not _function_of(parents)
    return False


def _function_of(parents: tuple[ast.AST, ...]) -> str:
    """Return the qualified name of the definition that a node is in, empty outside of any function."""
    names = [node.name for node in parents if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    return ".".join(names) if any(isinstance(node, ast.FunctionDef) for node in parents) else ""


class Source:
    """A module's source, of which mutants are made."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def mutants(self) -> list[Mutant]:
        """All mutants, in the order of the source."""
        made = [
            _mutant(slot, number, nth, operator, changed)
            for number, slot in enumerate(_slots(ast.parse(self.text)))
            for nth, (operator, changed) in enumerate(changes(slot.node))
        ]
        return list(_numbered(made))

    def tree(self, mutant: Mutant) -> ast.Module:
        """Return the syntax tree of a mutant, with the lines of the original."""
        tree = ast.parse(self.text)
        slot = next(slot for number, slot in enumerate(_slots(tree)) if number == mutant.slot)
        _, changed = list(changes(slot.node))[mutant.change]
        slot.put(ast.copy_location(changed, slot.node) if hasattr(slot.node, "lineno") else changed)
        return ast.fix_missing_locations(tree)


def _numbered(mutants: list[Mutant]) -> Iterator[Mutant]:
    known: Counter[Key] = Counter()
    for mutant in mutants:
        known[mutant.key] += 1
        yield replace(mutant, key=replace(mutant.key, nth=known[mutant.key]))


def _mutant(slot: _Slot, number: int, nth: int, operator: str, changed: ast.AST) -> Mutant:
    before, after = _texts(slot, changed)
    name = _function_of(slot.parents) or "(module)"
    return Mutant(Key(name, before, after), operator, number, nth, _lines(slot), _runs_in_function(slot))


def _texts(slot: _Slot, changed: ast.AST) -> tuple[str, str]:
    """Return the source of the change, before and after, with so much around it that one sees what it is."""
    around = [slot.node]
    for parent in reversed(slot.parents):
        if len(_text(around[-1])) >= TELLING or isinstance(around[-1], ast.stmt):
            break
        around.append(parent)
    outer = around[-1]
    before = _text(outer)
    if outer is slot.node:
        return before, _text(changed)
    slot.put(changed)
    after = _text(outer)
    slot.put(slot.node)
    return before, after


def _text(node: ast.AST) -> str:
    """Return source on one line; of a compound statement, or a loop of a comprehension, its head alone."""
    if isinstance(node, ast.comprehension):
        filters = "".join(f" if {ast.unparse(test)}" for test in node.ifs)
        return f"for {ast.unparse(node.target)} in {ast.unparse(node.iter)}{filters}"
    text = ast.unparse(node)
    return text.splitlines()[0] if isinstance(node, ast.stmt) and hasattr(node, "body") else " ".join(text.split())


def _lines(slot: _Slot) -> range:
    """Return the lines of the statement that a node is in; of a compound statement, those of its head."""
    statement = next(node for node in (slot.node, *reversed(slot.parents)) if isinstance(node, ast.stmt | ast.Module))
    if isinstance(statement, ast.Module):
        return range(1)
    body = getattr(statement, "body", None)
    last = body[0].lineno - 1 if body else statement.end_lineno or statement.lineno
    return range(statement.lineno, max(last, statement.lineno) + 1)


def _runs_in_function(slot: _Slot) -> bool:
    """Say whether a node is in the body of a function or a lambda, not in what runs when the module is loaded."""
    chain = (*slot.parents, slot.node)
    for outer, inner in pairwise(chain):
        if isinstance(outer, ast.FunctionDef) and inner in outer.body:
            return True
        if isinstance(outer, ast.Lambda) and inner is outer.body:
            return True
    return False
