"""Literals: numbers, arrays and indices as Python that gives them back bit by bit."""

import ast
import math
import textwrap
from typing import Any

import numpy as np

from autograd.rules.shape import Slot

LISTED = 64
"""A constant of more elements is written as the bytes that it consists of."""

LINE = 100
DEFAULT = {np.dtype(t) for t in (np.float64, np.int64, np.bool_)}
"""What NumPy makes of Python's numbers in a list."""


class Source(str):
    """A text that is Python already: its own repr."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def number(value: Any) -> str:
    """Write a number, a truth value or a text.

    >>> print(number(2.0), number(-np.inf), number(np.float32(0.5)), number(complex(0, -0.0)))
    2.0 -np.inf np.float32(0.5) complex(0.0, -0.0)
    """
    if isinstance(value, np.longdouble):
        return repr(value)  # Python has no number of this precision
    if isinstance(value, np.generic):
        return f"np.{value.dtype.name}({number(value.item())})"
    if isinstance(value, complex):
        return f"complex({number(value.real)}, {number(value.imag)})"
    if isinstance(value, float) and not math.isfinite(value):
        return "np.nan" if math.isnan(value) else "np.inf" if value > 0 else "-np.inf"
    return repr(value)


def array(value: np.ndarray) -> str:
    """Write an array.

    >>> print(array(np.eye(2)), array(np.full((2, 3), 0.5, np.float32)), array(np.arange(3)))
    np.eye(2) np.full((2, 3), 0.5, np.float32) np.arange(3)
    >>> print(array(np.concatenate((np.ones(1), np.zeros(99)))))
    np.repeat(np.array([1.0, 0.0]), [1, 99])
    """
    value = value.astype(value.dtype.newbyteorder("="), copy=False)
    if not value.flags.c_contiguous and value.flags.f_contiguous:
        return f"{array(value.T)}.T"  # whoever multiplies by it goes by its order
    n = value.shape[0] if value.ndim else 0
    dtype = f"np.{value.dtype.name}"
    if value.ndim == 1 and n > 2 and _same(value, np.arange(n)):
        return f"np.arange({n})"
    if value.ndim == 2 and n > 1 and _same(value, np.eye(n)):
        return f"np.eye({n})"
    if value.size > 1 and is_repeated(value):
        shape = n if value.ndim == 1 else value.shape
        first = value.flat[0].item()
        typed = "" if value.dtype in DEFAULT else f", {dtype}"
        if value.dtype.kind == "f" and first in (0.0, 1.0) and not np.signbit(value.flat[0]):
            return f"np.{'ones' if first else 'zeros'}({shape}{typed})"
        return f"np.full({shape}, {number(first)}{typed})"
    if 0 < value.size <= LISTED and value.dtype.kind in "biuf" and np.isfinite(value).all():
        typed = "" if value.dtype in DEFAULT else f", {dtype}"
        return f"np.array({value.tolist()!r}{typed})"
    if not value.size:
        return f"np.zeros({value.shape}, {dtype})"
    if (runs := _runs(value)) is not None:
        first, lengths = runs
        shaped = "" if value.ndim == 1 else f".reshape({value.shape})"
        return f"np.repeat({array(first)}, {lengths}){shaped}"
    data = value.tobytes().hex()
    return f"np.frombuffer(bytes.fromhex({data!r}), {dtype}).reshape({value.shape})"


def is_repeated(value: np.ndarray) -> bool:
    """Tell whether all elements are the same number, bit by bit."""
    if not value.size or value.dtype.kind not in "biuf":
        return False
    first = value.flat[0]
    zeros = first != 0 or (np.signbit(value) == np.signbit(first)).all()
    return bool((value == first).all() and zeros)


def _runs(value: np.ndarray) -> tuple[np.ndarray, list[int]] | None:
    """Return the numbers of an array that repeats a few, and how often each comes in turn."""
    if value.dtype.kind not in "biuf" or value.itemsize > np.dtype(np.uint64).itemsize:
        return None
    flat = value.reshape(-1)
    bits = flat.view(f"u{value.itemsize}")
    starts = np.append(0, np.flatnonzero(bits[1:] != bits[:-1]) + 1)
    if len(starts) > min(LISTED, value.size) // 4:
        return None
    return flat[starts], np.diff(starts, append=value.size).tolist()


def index(value: Any, arrays: Any = ()) -> str:
    """Write what stands in the brackets of an index, arrays in the places of their slots.

    >>> index((slice(1, None), Slot(0), ..., None), ["rows"])
    '1:, rows, ..., None'
    """
    if type(value) is tuple:
        parts = ", ".join(index(v, arrays) for v in value)
        alone = len(value) == 1 and not isinstance(value[0], (int, np.integer, slice))
        return parts + "," * alone if value else "()"
    if type(value) is Slot:
        return str(arrays[value])
    if isinstance(value, slice):
        ends = [value.start, value.stop, *([value.step] if value.step is not None else [])]
        return ":".join("" if v is None else str(int(v)) for v in ends)
    return "..." if value is ... else repr(parameter(value))


def quoted(text: str) -> str:
    """Write an index outside of brackets.

    >>> quoted("1:, 0"), quoted("rows")
    ('np.s_[1:, 0]', 'rows')
    """
    tree = ast.parse(f"x[{text}]", mode="eval").body
    plain = isinstance(tree, ast.Subscript) and isinstance(
        tree.slice, (ast.Name, ast.Constant, ast.UnaryOp, ast.Call)
    )
    return text if plain else f"np.s_[{text}]"


def parameter(value: Any) -> Any:
    """Return a parameter so that its repr is Python with NumPy as its only import."""
    if isinstance(value, np.ndarray):
        return Source(array(value))
    if isinstance(value, (np.dtype, type)):
        return Source(f"np.{np.dtype(value).name}")
    if isinstance(value, (np.generic, float, complex)):
        return Source(number(value))
    if type(value) in (tuple, list):
        return type(value)(map(parameter, value))
    if type(value) is dict:
        return {k: parameter(v) for k, v in value.items()}
    return Source("...") if value is ... else value


def wrapped(code: str, indent: int) -> list[str]:
    """Break a statement that is longer than 100 columns behind an indentation.

    >>> for line in wrapped("total = " + " + ".join(["a_long_name"] * 8), 4):
    ...     print(line)
    total = (
        a_long_name + a_long_name + a_long_name + a_long_name + a_long_name + a_long_name +
        a_long_name + a_long_name
    )
    """
    if len(code) + indent <= LINE:
        return [code]
    head, equals, tail = code.partition(" = ")
    if not equals:
        head, equals, tail = "return", " ", code.removeprefix("return ")
    inner = [f"    {part}" for part in _parts(tail, indent + 4)]
    first, *rest = _parts(code, indent + 4)
    for lines in ([first, *(f"    {part}" for part in rest)], [f"{head}{equals}(", *inner, ")"]):
        if _is_same("\n".join(lines), code):
            return lines
    return [code]


def broken(text: str, indent: int) -> list[str]:
    """Break a text at its blanks; what follows is indented.

    >>> broken("def f(" + ", ".join(["a_long_name"] * 7) + "): pass", 8)[1]
    '        a_long_name): pass'
    """
    first, *rest = _parts(text, indent)
    return [first, *(" " * indent + part for part in rest)]


def _parts(text: str, indent: int) -> list[str]:
    return textwrap.wrap(text, LINE - indent, break_long_words=False, break_on_hyphens=False)


def _is_same(text: str, other: str) -> bool:
    """Tell whether two texts are one Python: no string and no line is broken."""
    try:
        return ast.dump(ast.parse(text)) == ast.dump(ast.parse(other))
    except SyntaxError:
        return False


def _same(a: np.ndarray, b: np.ndarray) -> bool:
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
