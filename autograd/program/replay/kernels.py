"""Kernels: how operations write their results into a given array.

Each kernel gets a way to name objects, the equation, and its arguments: examples of them and what
they are called. It returns the lines that compute the equation into ``$OUT``, or None where only a
call that makes a new array will do.
"""

# ruff: noqa: ARG001  # every kernel gets (refer, e, x, args), whether it needs them or not

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.base.blocks import LARGE
from autograd.primitive import PRIMITIVES, Primitive, fused_op
from autograd.program.equations import Equation
from autograd.program.replay.fusing import ADD_PART, COPY_PART, TURNED
from autograd.rules.elementwise import masked_, over_, smallest, spare
from autograd.rules.neural import rectify, relu, sigmoid
from autograd.rules.shape import is_basic, scatter, setitem, short_rows

Refer = Callable[[Any], str]  # gives an object a name that the lines can use
Kernel = Callable[[Refer, Equation, Sequence[Any], Sequence[str]], list[str] | None]


def kernel_of(op: Primitive) -> Kernel | None:
    """Return how an operation writes into a given array, if it can."""
    return KERNELS.get(op.fn, ufunc if isinstance(op.fn, np.ufunc) else None)


def ufunc(refer: Refer, e: Equation, x: Sequence[Any], args: Sequence[str]) -> list[str] | None:
    """Call a universal function."""
    return None if e.params else [f"{refer(e.op.fn)}({', '.join(args)}, out=$OUT)"]


def power(refer: Refer, e: Equation, x: Sequence[Any], args: Sequence[str]) -> list[str] | None:
    """Square, where that is meant."""
    if isinstance(x[1], (int, float)) and x[1] == 2 and x[0].dtype == e.like.dtype:
        return [f"{refer(np.square)}({args[0]}, out=$OUT)"]
    return [f"{refer(np.power)}({', '.join(args)}, out=$OUT)"]


def matmul(refer: Refer, e: Equation, x: Sequence[Any], args: Sequence[str]) -> list[str] | None:
    """Multiply matrices: np.dot has less to check than np.matmul, but fills its result with 0.

    It also takes 0 · NaN for 0, if the 0 is the only number of its matrix.
    """
    usual = all(np.ndim(v) == 2 and v.size > 1 for v in x)
    flat = usual and e.like.size < 4096
    return [f"{refer(np.dot if flat else np.matmul)}({', '.join(args)}, out=$OUT)"]


def total(refer: Refer, e: Equation, x: Sequence[Any], args: Sequence[str]) -> list[str] | None:
    """Sum along axes."""
    if set(e.params) - {"axis", "keepdims"}:
        return None
    axis, keepdims = e.params.get("axis"), e.params.get("keepdims", False)
    if x[0].size >= LARGE and short_rows(x[0], axis) and not keepdims:
        columns = [f"{args[0]}[..., {k}]" for k in range(x[0].shape[-1])]
        add = refer(np.add)
        first = f"{add}({columns[0]}, {columns[1]}, out=$OUT)"
        return [first, *[f"{add}($OUT, {column}, out=$OUT)" for column in columns[2:]]]
    rows = np.ndim(x[0]) == 2 and axis in (0, (0,)) and not keepdims
    if rows and x[0].dtype == e.like.dtype and e.like.dtype.char in "fd":
        ones = np.ones(len(x[0]), e.like.dtype)  # BLAS takes half of the time, and rounds less
        return [f"{refer(np.dot)}({refer(ones)}, {args[0]}, $OUT)"]
    return [f"{refer(np.add.reduce)}({args[0]}, {refer(axis)}, None, $OUT, {refer(keepdims)})"]


def logistic(refer: Refer, e: Equation, x: Sequence[Any], args: Sequence[str]) -> list[str]:
    """Compute 1 / (1 + exp(-x))."""
    return [f"{refer(_logistic)}({args[0]}, $OUT)"]


def _logistic(x: Any, out: np.ndarray) -> None:
    np.subtract(0.0, x, out)  # not -x, which of integers may wrap
    with np.errstate(over="ignore"):  # as the row itself
        np.exp(out, out)
    np.add(out, 1, out)
    np.divide(1, out, out)


def choose(refer: Refer, e: Equation, x: Sequence[Any], args: Sequence[str]) -> list[str] | None:
    """Compute np.where: by two copies, or without branches."""
    condition, a, b = args
    if getattr(x[0], "dtype", np.dtype(bool)).kind != "b":
        condition = f"{condition} != 0"
    if e.like.size >= 2048 and e.like.dtype.char in "fd":
        return [f"{refer(_choose)}({condition}, {a}, {b}, $OUT)"]
    copy = refer(np.copyto)
    return [f"{copy}($OUT, {b})", f"{copy}($OUT, {a}, where={condition})"]


def _choose(condition: Any, a: Any, b: Any, out: np.ndarray) -> None:
    """Combine the bits of a and b: a copy that asks for each element guesses half of them wrongly.

    Of random conditions that takes five times as long; of long runs, half as long.
    """
    bits = np.dtype(f"i{out.itemsize}")
    a, b = (np.asarray(v, out.dtype).view(bits) for v in (a, b))
    out = out.view(bits)
    np.bitwise_xor(a, b, out)
    np.multiply(out, condition, out)
    np.bitwise_xor(out, b, out)


def called(fill: Callable[..., None]) -> Kernel:
    """Call a function of the arguments and of the array that it fills."""
    return lambda refer, e, x, args: [f"{refer(fill)}({', '.join(args)}, $OUT)"]


def _mask(g: Any, keep: Any, out: np.ndarray) -> None:
    """Keep a gradient where a condition holds."""
    np.multiply(g, keep, out)
    if _has_nan(out):  # 0 · inf, perhaps
        np.copyto(out, np.where(keep, g, 0))  # also if out is g


def _has_nan(x: np.ndarray) -> bool:
    least = smallest(x) if x.size else 0
    return bool(np.isnan(least))


def _over(g: Any, d: Any, out: np.ndarray) -> None:
    """Divide a gradient."""
    with np.errstate(invalid="ignore"):
        np.divide(g, d, out)
        if _has_nan(out):  # 0 / 0, perhaps
            np.divide(g, spare(d, (g == 0) & ((d == 0) | np.isnan(d))), out)


def turned(refer: Refer, e: Equation, x: Sequence[Any], args: Sequence[str]) -> list[str] | None:
    """Multiply matrices into an array that is looked at turned: a copy would take as long."""
    return [f"{refer(np.matmul)}({', '.join(args)}, out=$OUT.T)"]


def part_of_zeros(
    refer: Refer, e: Equation, x: Sequence[Any], args: Sequence[str]
) -> list[str] | None:
    """Write what an index sends back into zeros."""
    if not is_basic(e.params["index"]) or x[0].dtype != e.like.dtype:
        return None
    return ["$OUT[...] = 0", f"{_part(refer, e)} += {args[0]}"]


def part_added(refer: Refer, e: Equation, x: Sequence[Any], args: Sequence[str]) -> list[str]:
    """Add to a part of what was there."""
    return [f"{_part(refer, e)} += {args[1]}"]


def part_copied(refer: Refer, e: Equation, x: Sequence[Any], args: Sequence[str]) -> list[str]:
    """Copy a part."""
    return [f"{refer(np.copyto)}($OUT, {_part(refer, e, args[0])})"]


def part_set(refer: Refer, e: Equation, x: Sequence[Any], args: Sequence[str]) -> list[str]:
    """Set a part of what was there."""
    return [f"{_part(refer, e)} = {args[1]}"]


def _part(refer: Refer, e: Equation, of: str = "$OUT") -> str:
    return f"{of}[{refer(e.params['index'])}]"


rectified, mask = called(rectify), called(_mask)
KERNELS: dict[Any, Kernel] = {
    TURNED.fn: turned, ADD_PART.fn: part_added, COPY_PART.fn: part_copied,
    scatter: part_of_zeros, setitem: part_set, np.matmul: matmul, np.sum: total,
    sigmoid: logistic, relu: rectified, np.power: power, np.where: choose,
    fused_op(masked_).fn: mask, fused_op(over_).fn: called(_over),
    **{op.fn: power for op in PRIMITIVES.values() if op.name == "pow"},
}  # fmt: skip


IN_PLACE = frozenset({ufunc, power, logistic, rectified, mask})
"""Kernels that may write over what they read."""

PARTIAL = frozenset({part_added, part_set})
"""Kernels that write over a part of their first argument, which is copied if it is needed later."""
