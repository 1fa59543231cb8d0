"""Expressions as text: parsed, never run as Python.

A walk over the syntax tree computes what it knows (numbers, names, arithmetic, NumPy's functions)
and refuses everything else, with a mark under the part that it refused.
"""

import ast
import difflib
import functools
import keyword
import operator
import re
import unicodedata
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from autograd.base.errors import failed_call, refusal, shape_of
from autograd.expressions.hints import (
    DERIVATIVE,
    FALLBACK,
    explain_derivative,
    explain_refusal,
    explain_unreadable,
)
from autograd.expressions.vocabulary import CONSTANTS, OPERATORS, functions
from autograd.primitive import PRIMITIVES
from autograd.provenance.names import columns
from autograd.tensor import Tensor

SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
"""θ₁ is no name of Python's, but θ1 is."""

JOINING = {np.concatenate, np.stack, np.vstack, np.hstack, np.dstack, np.column_stack}

ARRAYS = (np.ndarray, np.generic, Tensor)

HEADER = re.compile(r"([^\W\d]\w*)\s*(?:\(([^()]*)\)\s*)?=(?!=)\s*")
"""What may stand before an expression: ``y =``, ``f(a, b) =``."""

LONGEST, DEEPEST = 10_000, 100
"""How many characters an expression may have, and how deeply it may be nested: more than anybody
reads, less than Python's parser and this walk can stand."""

SHOWN = 72
"""So many columns of an expression are shown in an error."""


class ExpressionError(ValueError):
    """The text is no expression that is understood; the message marks the part."""


class Expression:
    """An arithmetic expression of variables, constants and NumPy's functions.

    Parameters
    ----------
    text : in Python's notation; ``np.`` before a function may be left out. ``pi``, ``e``, ``inf``
        and ``nan`` are known. Numbers are float64. ``y =`` or ``f(a, b) =`` before it names the
        result.

    Attributes
    ----------
    names : what it takes a value of, in the order of the text.
    called : what its result is called; None where the text does not say.

    Raises
    ------
    ExpressionError : where the text cannot be read.

    Examples
    --------
    >>> f = Expression("y = (a+b)*np.exp(c)")
    >>> f.called, f.names, str(f)
    ('y', ['a', 'b', 'c'], '(a + b) * exp(c)')
    >>> f({"a": 2.0, "b": 3.0, "c": 0.0})
    np.float64(5.0)
    """

    def __init__(self, text: str) -> None:
        self.text = "".join(" " if c.isspace() else c for c in text).strip().translate(SUBSCRIPTS)
        self.called = self._header()
        self.tree: ast.expr = _WithoutModules().visit(self._parse())
        called = {n.func for n in ast.walk(self.tree) if isinstance(n, ast.Call)}
        found = [n for n in ast.walk(self.tree) if isinstance(n, ast.Name) and n not in called]
        found.sort(key=lambda n: n.col_offset)
        self.names = list(dict.fromkeys(n.id for n in found))
        if self.called in self.names:
            free = next(name for name in ("f", "y", "g", "result") if name not in self.names)
            what = f"{self.called} is what the result is called, and a variable in it"
            raise self.error(what, self.tree, f"{free} = {self}")

    def __str__(self) -> str:
        return ast.unparse(self.tree)

    def __call__(self, values: Mapping[str, Any]) -> Any:
        """Compute the expression from a value for each name; on Tensors it is recorded.

        Raises ExpressionError where a value is missing, for what is not arithmetic, and where an
        operation refuses its arguments.
        """
        if DERIVATIVE.fullmatch(self.text) and not {*self.names} <= {*values, *CONSTANTS}:
            what, instead = explain_derivative(self.text)
            raise self.error(what, self.tree, instead)
        with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
            result = _Walk(self, values).value(self.tree)
        if isinstance(result, (list, tuple)):
            raise self.error("this has several results", self.tree, f"({self})[0]")
        if self.called and type(result) is Tensor and all(result is not v for v in values.values()):
            result.name = self.called
        return result

    def error(self, what: str, part: ast.AST | int, instead: str) -> ExpressionError:
        """Make an error that marks a node, or the character at a position."""
        if isinstance(part, int):
            start, end = part, part + 1
        else:
            utf8 = self.text.encode()
            start = len(utf8[: part.col_offset].decode())  # type: ignore[attr-defined]  # of an expression
            end = len(utf8[: part.end_col_offset].decode())  # type: ignore[attr-defined]  # nodes
        shown = "".join(c if c.isprintable() else "�" for c in self.text)
        left = max(0, min(start - SHOWN // 2, len(shown) - SHOWN))
        piece, marked = shown[left : left + SHOWN], shown[start : min(end, left + SHOWN)]
        margin = " " * (len("  where: ") + columns(shown[left:start]))
        where = f"{piece}\n{margin}{'^' * max(1, columns(marked))}"
        return refusal(ExpressionError, what, where, instead)

    def _header(self) -> str | None:
        """Take the name of the result off the text, and return it."""
        match = HEADER.match(self.text)
        if not match or keyword.iskeyword(match[1]):
            return None
        for parameter in (match[2] or "a").split(","):
            if not parameter.strip().isidentifier() or keyword.iskeyword(parameter.strip()):
                rest = self.text[match.end() :]
                what = "between the brackets before = stand plain names"
                raise self.error(what, match.start(2), f"{match[1]} = {rest}")
        self.text = self.text[match.end() :]
        return unicodedata.normalize("NFKC", match[1])  # as Python reads names

    def _parse(self) -> ast.expr:
        if not self.text:
            raise refusal(ExpressionError, "the expression is empty", "''", FALLBACK)
        if len(self.text) > LONGEST:
            raise self.error(f"an expression has at most {LONGEST:,} characters", 0, "a part of it")
        too_deep = self.error(
            f"the expression is nested deeper than {DEEPEST} levels", 0, "a part of it"
        )
        try:
            with warnings.catch_warnings(action="ignore"):  # about 2if: the walk says what is wrong
                tree = ast.parse(self.text, mode="eval").body
        except SyntaxError as error:
            unreadable = self.error(*explain_unreadable(self.text, error))
            raise too_deep if "nested" in error.msg else unreadable from None
        except ValueError:
            unknown = SyntaxError("this character cannot be read")
            raise self.error(*explain_unreadable(self.text, unknown)) from None
        except (MemoryError, RecursionError):
            raise too_deep from None
        level: list[ast.AST] = [tree]
        for _ in range(DEEPEST):
            level = [child for node in level for child in ast.iter_child_nodes(node)]
        if level:
            raise too_deep
        return tree


class _WithoutModules(ast.NodeTransformer):
    """Read ``np.exp`` as ``exp``."""

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if re.fullmatch(r"(np|numpy|math)(\.linalg)?", ast.unparse(node.value)):
            return ast.copy_location(ast.Name(node.attr, ast.Load()), node)
        return self.generic_visit(node)


class _Walk:
    """Computes an expression from its syntax tree."""

    def __init__(self, source: Expression, values: Mapping[str, Any]) -> None:
        self.source, self.values = source, values
        self.error = source.error

    def value(self, node: ast.expr) -> Any:
        match node:
            case ast.Constant(value=int() | float() as constant):
                return _float(constant)
            case ast.Name():
                return self.variable(node)
            case ast.BinOp(left=a, op=op, right=b) if type(op) in OPERATORS:
                operands = self.value(a), self.value(b)
                if isinstance(op, ast.MatMult) and not all(map(shape_of, operands)):
                    raise self.error("@ multiplies arrays, not numbers", node, "a * b")
                return self.apply(node, OPERATORS[type(op)], *operands)
            case ast.UnaryOp(op=op, operand=a) if type(op) in OPERATORS:
                return self.apply(node, OPERATORS[type(op)], self.value(a))
            case ast.Compare(left=a, ops=[op], comparators=[b]) if type(op) in OPERATORS:
                return self.apply(node, OPERATORS[type(op)], self.value(a), self.value(b))
            case ast.Subscript(value=a, slice=index):
                return self.apply(node, operator.getitem, self.value(a), self.index(index))
            case ast.List(elts=parts):
                entries = [self.value(part) for part in parts]
                if len({shape_of(v) for v in entries}) > 1:
                    what = "the entries of an array have one shape"
                    raise self.error(what, node, "[1, 2, 3], [[1, 2], [3, 4]]")
                stack = np.stack if any(type(v) is Tensor for v in entries) else np.array
                return self.apply(node, stack, entries)
            case ast.Attribute(value=a, attr="T"):
                return self.apply(node, np.transpose, self.value(a))
            case ast.Call(func=ast.Name(id=name)) if name in functions():
                return self.call(node, name)
        raise self.error(*explain_refusal(node, self.source.text, self.values))

    def variable(self, node: ast.Name) -> Any:
        if node.id in self.values:
            return self.values[node.id]
        if node.id in CONSTANTS:
            return np.float64(CONSTANTS[node.id])
        if node.id in functions():
            raise self.error(f"{node.id} is a function", node, f"{node.id}(x)")
        factors = node.id.split("·")  # which Python takes for a letter
        factors = factors if len(factors) > 1 else list(node.id)
        if all(factor in self.values for factor in factors):
            raise self.error(f"no value is given for {node.id}", node, " * ".join(factors))
        near = difflib.get_close_matches(node.id, [*self.values, *functions()], 1)
        instead = f"{node.id}=1 after the expression" + (f", or {near[0]}?" if near else "")
        raise self.error(f"no value is given for {node.id}", node, instead)

    def call(self, node: ast.Call, name: str) -> Any:
        fn = functions()[name]
        params = {k.arg: self.constant(k.value) for k in node.keywords if k.arg}
        if len(params) < len(node.keywords):
            raise self.error("a keyword takes a constant, and has a name", node, "axis=0")
        if name in ("max", "min") and len(node.args) > 1:
            # max(x, 0) is Python's, and what lecture notes write
            larger = functools.partial(self.apply, node, functions()[f"{name}imum"], **params)
            return functools.reduce(larger, map(self.value, node.args))
        if isinstance(fn, np.ufunc):
            if len(node.args) != fn.nin:  # NumPy would take the next one for `out`
                wanted = "1 argument" if fn.nin == 1 else f"{fn.nin} arguments"
                letters = ", ".join("abc"[: fn.nin])
                what = f"{name} takes {wanted}, not {len(node.args)}"
                instead = f"{name}({letters})"
                if name == "log" and len(node.args) == 2:  # of another base
                    instead = " / ".join(f"log({ast.unparse(a)})" for a in node.args)
                raise self.error(what, node, instead)
            return self.apply(node, fn, *map(self.value, node.args), **params)
        args = [
            self.argument(a, first=not i, joined=fn in JOINING) for i, a in enumerate(node.args)
        ]
        row = PRIMITIVES.get(fn)
        if row and len(row.rules) == 1 and any(type(a) is Tensor for a in args[1:]):
            listed = f"{name}([{', '.join(map(ast.unparse, node.args))}])"
            raise self.error(f"{name} takes one array, and constants behind it", node, listed)
        return self.apply(node, fn, *args, **params)

    def argument(self, node: ast.expr, *, first: bool, joined: bool) -> Any:
        """Compute an argument; behind the first one, ``(2, 3)`` or 0 is a shape or an axis."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return node.value
        if first and joined and isinstance(node, (ast.List, ast.Tuple)):
            return [self.value(part) for part in node.elts]
        try:
            return self.value(node) if first else ast.literal_eval(node)
        except (ValueError, TypeError) as error:
            if first or isinstance(error, ExpressionError):
                raise
            return self.value(node)

    def constant(self, node: ast.expr) -> Any:
        try:
            return ast.literal_eval(node)
        except (ValueError, TypeError):
            raise self.error("a keyword takes a constant", node, "axis=0") from None

    def index(self, node: ast.expr) -> Any:
        match node:
            case ast.Slice(lower=lower, upper=upper, step=step):
                return slice(*(part and self.index(part) for part in (lower, upper, step)))
            case ast.Tuple(elts=parts):
                return tuple(map(self.index, parts))
        try:
            return ast.literal_eval(node)
        except (ValueError, TypeError):
            raise self.error("an index is a constant", node, "x[0], x[1:3], x[:, 0]") from None

    def apply(self, node: ast.expr, fn: Callable[..., Any], *args: Any, **params: Any) -> Any:
        """Call a function; what it says against its arguments becomes an error of this part."""
        try:
            return fn(*args, **params)
        except Exception as error:  # noqa: BLE001  # NumPy raises nearly anything
            message = str(error)
            if "instead: " not in message and all(isinstance(a, ARRAYS) for a in args):
                message = failed_call(fn.__name__, args, params, error)
            what, *rest = message.splitlines() or [type(error).__name__]
            lines = [line.partition("instead: ")[2] for line in rest if "instead: " in line]
            instead = (*lines, "arguments that NumPy's function of that name takes")[0]
            raise self.error(what, node, instead) from None


def _float(constant: float) -> np.float64:
    try:
        return np.float64(constant)
    except OverflowError:  # an integer of more than 308 digits
        return np.float64(np.inf)
