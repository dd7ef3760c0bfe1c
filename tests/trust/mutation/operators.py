"""What is changed in a syntax tree: for each node, the operators that apply to it and what they make of it."""

import ast
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

Change = tuple[str, ast.AST]
"""An operator's name, and what stands in the node's place."""

COMPARISONS: dict[type[ast.cmpop], tuple[tuple[str, type[ast.cmpop]], ...]] = {
    ast.Lt: (("boundary", ast.LtE), ("negated", ast.GtE)),
    ast.LtE: (("boundary", ast.Lt), ("negated", ast.Gt)),
    ast.Gt: (("boundary", ast.GtE), ("negated", ast.LtE)),
    ast.GtE: (("boundary", ast.Gt), ("negated", ast.Lt)),
    ast.Eq: (("negated", ast.NotEq),),
    ast.NotEq: (("negated", ast.Eq),),
    ast.Is: (("negated", ast.IsNot),),
    ast.IsNot: (("negated", ast.Is),),
    ast.In: (("negated", ast.NotIn),),
    ast.NotIn: (("negated", ast.In),),
}
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
CALLS = {"min": "max", "max": "min", "any": "all", "all": "any", "sorted": "list", "bisect_left": "bisect_right"}
CALLS |= {"bisect_right": "bisect_left", "nlargest": "nsmallest"}
WORDS = {
    "pass": "fail",
    "fail": "unknown",
    "unknown": "pass",
    "n/a": "pass",
    "valid": "invalid",
    "invalid": "unknown",
    "overloaded": "valid",
    "landed": "missed",
    "missed": "landed",
}
"""Words of a verdict, each with one that says something else; any other word of the code becomes none at all."""
_WORD = re.compile(r"[A-Za-z][\w./<>=-]*")


def changes(node: ast.AST) -> Iterator[Change]:
    """Yield every change of one node by itself."""
    for of_type, change in OPERATORS:
        if isinstance(node, of_type):
            yield from change(node)


def _with(node: ast.AST, **fields: object) -> ast.AST:
    """Return a copy of a node with some of its fields replaced."""
    copied = deepcopy(node)
    for name, value in fields.items():
        setattr(copied, name, value)
    return copied


def _of_comparison(node: ast.Compare) -> Iterator[Change]:
    for nth, operator in enumerate(node.ops):
        for name, other in COMPARISONS[type(operator)]:
            yield name, _with(node, ops=[*node.ops[:nth], other(), *node.ops[nth + 1 :]])


def _of_condition(node: ast.BoolOp) -> Iterator[Change]:
    yield "and/or", _with(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())
    for nth in range(len(node.values)):
        rest = [*node.values[:nth], *node.values[nth + 1 :]]
        yield "condition dropped", rest[0] if len(rest) == 1 else _with(node, values=rest)


def _of_sign(node: ast.UnaryOp) -> Iterator[Change]:
    if isinstance(node.op, ast.Not | ast.USub):
        yield "sign dropped", node.operand


def _of_arithmetic(node: ast.BinOp | ast.AugAssign) -> Iterator[Change]:
    if type(node.op) in ARITHMETIC:
        yield "arithmetic", _with(node, op=ARITHMETIC[type(node.op)]())


def _of_slice(node: ast.Subscript) -> Iterator[Change]:
    if isinstance(node.slice, ast.Slice) and isinstance(node.ctx, ast.Load):
        yield "slice dropped", node.value


def _of_constant(node: ast.Constant) -> Iterator[Change]:
    value = node.value
    if isinstance(value, bool):
        yield "constant", ast.Constant(not value)
    elif isinstance(value, int | float):
        yield "constant", ast.Constant(value + 1)
        yield "constant", ast.Constant(value - 1)
    elif isinstance(value, str) and _WORD.fullmatch(value):
        yield "word", ast.Constant(WORDS.get(value, f"no {value}"))


def _of_call(node: ast.Call) -> Iterator[Change]:
    match node.func:
        case ast.Name(id=name) if name in CALLS:
            keywords = [] if name == "sorted" else node.keywords
            yield "call", _with(node, func=ast.Name(CALLS[name], ast.Load()), keywords=keywords)
        case ast.Name(id="valid" | "invalid" | "unknown" as name):
            yield "word", _with(node, func=ast.Name(WORDS[name].replace("pass", "valid"), ast.Load()))


def _of_filters(node: ast.comprehension) -> Iterator[Change]:
    for nth, test in enumerate(node.ifs):
        yield "filter dropped", _with(node, ifs=[*node.ifs[:nth], *node.ifs[nth + 1 :]])
        if not isinstance(test, ast.Compare | ast.BoolOp | ast.UnaryOp):
            negated = ast.UnaryOp(ast.Not(), test)
            yield "negated", _with(node, ifs=[*node.ifs[:nth], negated, *node.ifs[nth + 1 :]])


def _of_statement(node: ast.stmt) -> Iterator[Change]:
    match node:
        case ast.Return(value=value) if value is not None and not _is_none(value):
            yield "returns None", ast.Return(ast.Constant(None))
        case ast.Expr(value=ast.Constant()):
            return  # a docstring
        case ast.Expr() | ast.Raise() | ast.AugAssign():
            yield "statement dropped", ast.Pass()
        case ast.Continue():
            yield "loop", ast.Break()
        case ast.Break():
            yield "loop", ast.Continue()


def _is_none(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None


def _of_test(node: ast.If | ast.IfExp | ast.While) -> Iterator[Change]:
    """Negate what a branch hangs on, where no comparison or condition in it is changed anyway."""
    if not isinstance(node.test, ast.Compare | ast.BoolOp | ast.UnaryOp):
        yield "negated", _with(node, test=ast.UnaryOp(ast.Not(), node.test))


OPERATORS: tuple[tuple[type[ast.AST] | tuple[type[ast.AST], ...], Callable[[Any], Iterator[Change]]], ...] = (
    (ast.Compare, _of_comparison),
    (ast.BoolOp, _of_condition),
    (ast.UnaryOp, _of_sign),
    ((ast.BinOp, ast.AugAssign), _of_arithmetic),
    (ast.Constant, _of_constant),
    (ast.Call, _of_call),
    (ast.Subscript, _of_slice),
    (ast.comprehension, _of_filters),
    (ast.stmt, _of_statement),
    ((ast.If, ast.IfExp, ast.While), _of_test),
)
