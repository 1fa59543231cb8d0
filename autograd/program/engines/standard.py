"""The printer of the Python array API standard: a program as a function of a namespace ``xp``.

NumPy's promotion is written out as casts, since the standard promotes within a kind of number only.
"""

import builtins
import functools
import inspect
import keyword
import operator
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.base.errors import refusal
from autograd.primitive import Primitive
from autograd.program.engines import extras
from autograd.program.engines.array_api import SPELLINGS, Site, cast, comparable, plain
from autograd.program.equations import Equation, Name
from autograd.program.printers.spell import HOLE
from autograd.rules.shape import FIRST_ARRAY

if TYPE_CHECKING:
    from autograd.program.program import Program

DTYPES = frozenset({
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
    "float32", "float64", "complex64", "complex128",
})  # fmt: skip
EXTRAS = {name: fn for name, fn in vars(extras).items() if inspect.isfunction(fn)}
RESERVED = frozenset({"xp", *keyword.kwlist, *dir(builtins), *EXTRAS})
OURS = ("numpy", "_operator", "autograd.", "nn.")
NUMBERS = (bool, int, float, complex)
TRUTH = np.dtype(bool)

TRUTHS = {
    "add": "|", "maximum": "|", "fmax": "|", "multiply": "&", "minimum": "&", "fmin": "&",
}  # fmt: skip
"""NumPy's arithmetic on booleans, which the standard does not have."""

ORDERS = ("greater", "greater_equal", "less", "less_equal")
COMPARISONS = (*ORDERS, "equal", "not_equal")
QUESTIONS = (*ORDERS, "isnan", "isinf", "isfinite")
ORDERING = frozenset({
    *ORDERS, "maximum", "minimum", "fmax", "fmin", "max", "min", "amax", "amin", "argmax", "argmin",
    "sort", "argsort", "clip", "sigmoid", "erf",
})  # fmt: skip
"""What the standard, or `extras`, has of real numbers alone; NumPy orders complex ones like words.
"""

COUNTED = frozenset({
    "floor", "ceil", "trunc", "absolute", "max", "min", "amax", "amin", "sort", "matmul", "dot",
    "inner", "outer", "tensordot", "vdot", "vecdot", "matvec", "vecmat", "einsum",
})  # fmt: skip
"""Functions of numbers alone, which NumPy has of booleans, too: 0 is False, all else is True."""

SUMMING = frozenset({
    "sum", "prod", "cumsum", "cumprod", "matmul", "dot", "inner", "tensordot", "vdot", "vecdot",
    "matvec", "vecmat", "einsum",
})  # fmt: skip
"""What some engines compute of all integers in int64, which would not wrap as NumPy's does."""


APART = frozenset({
    ("masked", 1), ("softmax_cross_entropy", 1), ("d_cross_entropy", 1), ("class_indices", 0),
    ("astype", 0), ("rfft", 0),
})  # fmt: skip
"""Arguments whose dtype has nothing to do with that of the result."""


def standard(program: "Program") -> tuple[str, dict[str, np.ndarray]]:
    """Print a program as a function ``(xp, *inputs, **constants)``; return the constants, too.

    The function returns a tuple: what is computed of the outputs, then of what is left in tensors.

    Parameters
    ----------
    program : a program whose operations are all spelled (see `is_spelled`).

    Raises
    ------
    NotImplementedError : for what the standard cannot do: a dtype that it lacks, selection by a
        condition.

    Examples
    --------
    >>> from autograd.program import capture
    >>> print(standard(capture(lambda x: np.sum(np.arctan(x) * 2), np.ones(3)))[0])
    def program(xp, x):
        t1 = xp.atan(x)
        t2 = t1 * 2
        t3 = xp.sum(t2)
        return (t3,)
    """
    printer = _Printer(program)
    return printer.text(), printer.constants


def is_spelled(op: Primitive) -> bool:
    """Tell whether the standard has the operation, or `extras` makes up for it."""
    return op.name in SPELLINGS and op.home.startswith(OURS)


class _Printer:
    def __init__(self, program: "Program") -> None:
        self.program = program
        self.like = program.like
        taken = {name.text for name in self.like}
        self.names = {name: _free(name.text, taken) for name in self.like}
        self.constants = {self.names[n]: np.asarray(x) for n, x in program.constants.items()}
        self.hoisted: dict[Any, str] = {}

    def text(self) -> str:
        program = self.program
        lines = [f"{self.names[e.name]} = {self.write(e)}" for e in program.equations]
        results = [self.names[y] for y in program.results if type(y) is Name]
        lines.append(f"return ({', '.join(results)}{',' * (len(results) == 1)})")
        given = ["xp", *(self.names[n] for n in program.inputs)]
        given += ["*", *self.constants] if self.constants else []
        name = _free(program.name, set()) if program.name.isidentifier() else "program"
        function = "\n    ".join([f"def {name}({', '.join(given)}):", *lines])
        return "\n\n\n".join([*sources(function).values(), function]) + "\n"

    def write(self, e: Equation) -> str:
        """Write one operation."""
        x = [self.like[a] if type(a) is Name else a for a in e.args]
        for value in (*x, e.like):
            if type(value) not in NUMBERS and value.dtype.name not in DTYPES:
                _refuse(e, value.dtype)
        dtypes = promoted(e.op, x, e.like)
        disordered = e.op.name in ORDERING and np.result_type(*x).kind == "c"
        numbers = " of complex numbers" if disordered else ""
        if disordered or not is_spelled(e.op):
            raise refusal(
                NotImplementedError,
                f"the array API standard has no {e.op.name}{numbers}",
                f"{e.name} = {e.op.name}, of shape {np.shape(e.like)}",
                "functions that it has, or keep to NumPy: program(*args)",
            )
        spelling = SPELLINGS[e.op.name]
        site = Site(e.op, e.params, x, e.like, self.hoist)
        template = spelling if isinstance(spelling, str) else spelling(site)
        if dtypes[0] == TRUTH and e.op.name in TRUTHS:
            template = f"{{0}} {TRUTHS[e.op.name]} {{1}}"
        elif dtypes[0] == TRUTH and e.op.name in COUNTED:
            dtypes = [np.dtype(np.int64)] * len(dtypes)
            template = f"xp.astype({template}, xp.bool)"
        elif e.op.name in SUMMING and e.like.dtype.kind in "iu" and e.like.dtype != np.int64:
            template = f"xp.astype({template}, xp.{e.like.dtype.name})"
        # a function of the standard takes numbers where an operator does; ours take arrays only
        loose = e.op.elementwise and "(xp, " not in template
        args = [self.operand(a, d, loose) for a, d in zip(e.args, dtypes, strict=True)]
        return HOLE.sub(lambda h: ", ".join(args) if h[1] == "*" else args[int(h[1])], template)

    def operand(self, a: Any, dtype: np.dtype | None, loose: bool = False) -> str:
        """Write an argument in a dtype; where it must be an array, a number becomes one."""
        if type(a) is Name:
            return cast(self.names[a], self.like[a].dtype, dtype)
        if not loose or type(a) not in NUMBERS:
            return self.hoist(np.asarray(a, dtype))
        if TRUTH in (dtype, np.result_type(a)):  # booleans do not mix with numbers
            a = bool(a) if dtype == TRUTH else int(a)
        a = plain(a)
        text = repr(a) if np.isfinite(a) else f"float('{a}')"
        return f"({text})" if text.startswith("-") else text

    def hoist(self, array: np.ndarray) -> str:
        """Give a constant a name; the same one if it comes again."""
        key = array.dtype, array.shape, array.tobytes()
        if key not in self.hoisted:
            taken = {*self.names.values(), *self.constants}
            k = len(self.hoisted) + 1
            while f"k{k}" in taken:
                k += 1
            self.hoisted[key] = f"k{k}"
            self.constants[f"k{k}"] = array
        return self.hoisted[key]


def _free(text: str, taken: set[str]) -> str:
    """Return a name that means nothing here; one with more underscores than any other like it."""
    if text in RESERVED:
        text += "_"
        while text in taken:
            text += "_"
    return text


def promoted(op: Primitive, x: Sequence[Any], y: Any) -> list[np.dtype | None]:
    """Return the dtypes in which NumPy computes: those of a ufunc's loop, else the result's.

    >>> from autograd.primitive import PRIMITIVES
    >>> promoted(PRIMITIVES[np.divide], [np.arange(3), 2], np.ones(3))
    [dtype('float64'), dtype('float64')]
    """
    fn = np.power if op.fn is operator.pow else op.fn
    if op.name.startswith("logical_") or op.name in ("all", "any"):  # JAX asks real parts alone
        return [TRUTH] * len(x)
    if isinstance(fn, np.ufunc):
        weak = (int, float, complex)
        given = [type(v) if type(v) in weak else np.result_type(v) for v in x]
        loop = fn.resolve_dtypes((*given, *[None] * fn.nout))
        if op.name in QUESTIONS and loop[0] == TRUTH:
            return [np.dtype(np.int8)] * len(x)
        if op.name in COMPARISONS:
            return [comparable(np.result_type(*loop[:2]), x)] * len(x)  # one may have a sign
        half = {np.dtype(np.float16): np.dtype(np.float32)}  # signbit's loop of booleans
        return [half.get(dtype, dtype) for dtype in loop[: len(x)]]
    return [_beside(op, i, v, y.dtype) for i, v in enumerate(x)]


def _beside(op: Primitive, i: int, v: Any, dtype: np.dtype) -> np.dtype | None:
    if (op.name, i) in APART:
        return None
    if op.name == "where" and i == 0:
        return TRUTH
    if i >= FIRST_ARRAY.get(op.fn, i + 1):
        return TRUTH if v.dtype == TRUTH else np.dtype(np.int64)
    written = op.name in ("setitem", "place")  # whatever is written becomes what was there
    if written or type(v) in NUMBERS or np.can_cast(v.dtype, dtype, "safe"):
        return dtype
    return None


def _refuse(e: Equation, dtype: np.dtype) -> None:
    raise refusal(
        NotImplementedError,
        f"the array API standard has no numbers of dtype {dtype}",
        f"{e.name} = {e.op.name}, of shape {np.shape(e.like)}",
        "x.astype(np.float32) before the function is captured",
    )


@functools.cache
def _source(name: str) -> str:
    return inspect.getsource(EXTRAS[name]).rstrip()


def sources(text: str) -> dict[str, str]:
    """Return the source of each function of `extras` that a text calls, and of those it calls."""
    found: dict[str, str] = {}
    for name in EXTRAS:
        if re.search(rf"\b{name}\(xp, ", text):
            found |= {**sources(_source(name).partition(":\n")[2]), name: _source(name)}
    return found
