"""How an operation is spelled: its template filled in, with the parentheses it needs and no others.

How tightly an operator binds stands in no table here: Python's parser reads it from the template.
"""

import ast
import functools
import inspect
import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from autograd.base.signatures import signature
from autograd.primitive import Primitive
from autograd.rules.shape import parts_of

BINDS: dict[type[ast.AST], int] = {
    ast.Compare: 1, ast.BitOr: 2, ast.BitXor: 3, ast.BitAnd: 4, ast.LShift: 5, ast.RShift: 5,
    ast.Add: 6, ast.Sub: 6, ast.Mult: 7, ast.Div: 7, ast.FloorDiv: 7, ast.Mod: 7, ast.MatMult: 7,
    ast.UnaryOp: 8, ast.Pow: 9,
}  # fmt: skip
"""How tightly Python's operators bind (the language reference, "Operator precedence")."""

LOOSE, COMPARED, UNARY, ATOM = 0, 2, 8, 10
SIGNS = "-", "−", "+"
HOLE = re.compile(r"\{(\d+|\*)\}")
COMMA = re.compile(r"(?<!\\), ")
SUPERSCRIPTS = str.maketrans("-−0123456789", "⁻⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
GLYPHS = {
    " ** ": "^", " * ": " · ", "np.linalg.": "", "np.": "", ">=": "≥", "<=": "≤", "!=": "≠",
    "-": "−", ".T": "ᵀ", "{*},)": "{*})",
}  # fmt: skip
GLYPH = re.compile(r" \*\* | \* |np\.linalg\.|np\.|>=|<=|!=|-(?!>)|\.T\b|\{\*\},\)")


class Spelled(NamedTuple):
    """A text, and how tightly it holds together: 0 (never) to 10 (always)."""

    text: str
    binds: float = ATOM


def spell(
    op: Primitive, args: Sequence[Spelled], params: Mapping[str, Any],
    notation: "Notation | None" = None,
) -> Spelled:  # fmt: skip
    """Write an operation applied to `args`.

    Parameters
    ----------
    args : the arguments, already written.
    params : the operation's parameters; those that its template does not mention become keywords.
    notation : `numpy_source` (the default), `plain_text`, or `latex` of the room `latex`.

    >>> from autograd.primitive import PRIMITIVES
    >>> a_plus_b = spell(PRIMITIVES[np.add], [Spelled("a"), Spelled("b")], {})
    >>> spell(PRIMITIVES[np.multiply], [a_plus_b, Spelled("c")], {}).text
    '(a + b) * c'
    >>> spell(PRIMITIVES[np.sum], [Spelled("x")], {"axis": 0}, plain_text).text
    'sum(x, axis=0)'
    """
    notation = notation or numpy_source
    template = notation.template(op, len(args), params)
    binds, needs = notation.grammar(template)
    if notation.raised and (power := _superscript(template, args, needs)):
        return power

    places, tightness = itertools.count(), [binds]

    def fill(hole: re.Match[str]) -> str:
        need = needs.get(str(next(places)), LOOSE)
        if hole[1] == "*":
            return notation.comma.join(a.text for a in args)
        text, tight = args[int(hole[1])]
        signed = need > COMPARED and text.startswith(SIGNS) and hole.start() > 0  # a − (−b)
        if tight < need or signed:
            return notation.brackets.format(text)
        tightness.append(tight if need > LOOSE else binds)  # -Σx binds as a sum, -x as a product
        return text

    polished = COMMA.sub(notation.comma, notation.polish(template))
    text = notation.hole.sub(fill, polished)
    return Spelled(text, min(tightness))


def _superscript(
    template: str, args: Sequence[Spelled], needs: Mapping[str, float]
) -> Spelled | None:
    """Raise to an integer power, x²."""
    if template != "{0} ** {1}" or not re.fullmatch(r"[-−]?\d{1,3}", args[1].text):
        return None
    base = args[0].text if args[0].binds >= needs["0"] else f"({args[0].text})"
    return Spelled(base + args[1].text.translate(SUPERSCRIPTS), BINDS[ast.Pow])


def _template(op: Primitive, count: int, params: Mapping[str, Any]) -> str:
    """Return the row's template for `count` arguments, its parameters filled in."""
    if op.fn is np.transpose and params.get("axes") is None:
        return "{0}.T"
    template = op.code.replace("{*},)", "{*})") if count > 1 else op.code
    mentioned = re.findall(r"\{([a-z]\w*)\}", template)
    for name in mentioned:
        template = template.replace(f"{{{name}}}", mentioned_as(name, params.get(name)))
    for i in range(count, len(op.rules)):  # optional arguments that were not given
        template = template.replace(f", {{{i}}}", "")
    rest = {name: value for name, value in params.items() if name not in mentioned}
    more = "".join(f", {argument}" for argument in keywords(op.fn, rest))
    return f"{template[:-1]}{more})" if more and template.endswith(")") else template


def keywords(fn: Callable[..., Any], params: Mapping[str, Any]) -> Iterator[str]:
    """Write parameters as the function's signature wants them: the required ones by position."""
    known = _parameters(fn)
    given = chosen(fn, params)
    required = [name for name, p in known.items() if p.default is p.empty and name in given]
    yield from (literal(given.pop(name)) for name in required)
    yield from (f"{name}={literal(value)}" for name, value in given.items())


def chosen(fn: Callable[..., Any], params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters that are not what the function takes by itself.

    >>> chosen(np.sum, {"axis": None, "keepdims": True}), chosen(np.expand_dims, {"axis": 0})
    ({'keepdims': True}, {'axis': 0})
    """
    known, given = _parameters(fn), {}
    for name, value in params.items():
        default = known[name].default if name in known else False
        required = default is inspect.Parameter.empty
        off = value is False and default is not True  # not given, or NumPy's "no value"
        if required or not (off or repr(default) == repr(value)):
            given[name] = value
    return given


def _parameters(fn: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    try:
        return signature(fn)[0].parameters
    except ValueError:  # NumPy's functions in C have one since NumPy 2.4
        return {}


def mentioned_as(name: str, value: Any) -> str:
    """Write a parameter where a template mentions it."""
    return inside(value) if name == "index" else literal(value)


def inside(index: Any) -> str:
    """Write an index as it stands between its brackets.

    >>> inside((slice(1, None), 0, ...)), inside((1, 2)), inside(())
    ('1:, 0, ...', '1, 2', '()')
    """
    return ", ".join(map(literal, parts_of(index))) or "()"


def literal(value: Any) -> str:
    """Write a parameter as Python source; an array of many entries as its shape.

    >>> literal(slice(1, None)), literal(np.dtype("float32")), literal(np.arange(3))
    ('1:', 'float32', '[0, 1, 2]')
    """
    if isinstance(value, slice):
        start, stop, step = (
            "" if v is None else str(v) for v in (value.start, value.stop, value.step)
        )
        return f"{start}:{stop}" + (f":{step}" if step else "")
    if isinstance(value, (np.ndarray, np.generic)):
        return str(value.tolist()) if value.size <= 9 else f"array{value.shape}"
    if isinstance(value, (np.dtype, type)):
        return np.dtype(value).name
    return "..." if value is ... else repr(value)


@functools.lru_cache(maxsize=512)
def _grammar(template: str) -> tuple[int, dict[str, int]]:
    """Parse a template: how tightly it binds, and how tightly the text in each hole must."""
    places = itertools.count()
    try:
        tree = ast.parse(HOLE.sub(lambda _: f"_{next(places)}", template), mode="eval").body
    except SyntaxError:  # a user's primitive, named by no Python name
        return LOOSE, {}
    needs: dict[str, int] = {}
    for node in ast.walk(tree):
        for child, need in _operands(node):
            if isinstance(child, ast.Name):
                needs[child.id.removeprefix("_")] = need
    return _binds(tree), needs


def _binds(node: ast.AST) -> int:
    return BINDS.get(type(node.op if isinstance(node, ast.BinOp) else node), ATOM)


def _operands(node: ast.AST) -> list[tuple[ast.AST, int]]:
    """List the direct operands of an operator with how tightly each must bind."""
    own = _binds(node)
    match node:
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return [(left, own + 1), (right, own)]
        case ast.BinOp(left=left, right=right):
            return [(left, own), (right, own + 1)]
        case ast.UnaryOp(operand=operand):
            return [(operand, own)]
        case ast.Compare(left=left, comparators=[right]):
            return [(left, own + 1), (right, own + 1)]
        case ast.Attribute(value=value) | ast.Subscript(value=value):
            return [(value, ATOM)]
    return []


@dataclass(frozen=True, slots=True)
class Notation:
    """A way of writing operations.

    Attributes
    ----------
    template : ``(op, how many arguments, params)`` to a text with holes.
    grammar : how tightly a template binds, and how tightly the text must in its first hole, "0",
        and so on.
    polish : what becomes of the template once its grammar was read.
    hole : what stands for an argument.
    brackets, comma : what encloses, and what separates.
    raised : whether an integer exponent is written as x².
    """

    template: Callable[[Primitive, int, Mapping[str, Any]], str] = _template
    grammar: Callable[[str], tuple[float, Mapping[str, float]]] = _grammar
    polish: Callable[[str], str] = str
    hole: re.Pattern[str] = HOLE
    brackets: str = "({})"
    comma: str = ", "
    raised: bool = False

    def beside_equals(self, spelled: Spelled) -> str:
        """Write what stands beside an equals sign: a comparison in brackets, m = (a < b)."""
        compared = spelled.binds == BINDS[ast.Compare]
        return self.brackets.format(spelled.text) if compared else spelled.text


def _glyphs(template: str) -> str:
    return GLYPH.sub(lambda found: GLYPHS[found[0]], template)


numpy_source = Notation()
"""NumPy source."""

plain_text = Notation(polish=_glyphs, raised=True)
"""Mathematics as plain text: ``·``, ``−``, ``xᵀ``, ``exp(x)``."""
