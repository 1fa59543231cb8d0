"""How each operation is spelled with the operators of ONNX.

An operator takes arguments of one dtype, so each is cast first; axes, shapes and bounds are arrays.
The operators: https://onnx.ai/onnx/operators/
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.primitive import Primitive
from autograd.program.engines.array_api import comparable
from autograd.program.onnx.positions import (
    gathered,
    rearranged,
    replaced,
    replaced_at,
    scattered,
    scattered_at,
    sliced,
)
from autograd.program.positions import permutation
from autograd.rules.convolution import per_axis
from autograd.rules.shape import widths

if TYPE_CHECKING:
    from autograd.program.onnx.onnx import Graph


@dataclass(frozen=True)
class Site:
    """An operation that is to be spelled.

    Attributes
    ----------
    op : the operation, and its `params`.
    args : names of arguments in the graph; numbers are themselves.
    x : the arguments, of which only shapes and dtypes count.
    y : the result, likewise.
    graph : where operators are added.
    """

    op: Primitive
    params: Mapping[str, Any]
    args: Sequence[Any]
    x: Sequence[Any]
    y: Any
    graph: "Graph"

    def __call__(self, operator: str, *inputs: Any, **attributes: Any) -> str:
        """Add an operator; numbers and arrays among its inputs become constants of int64."""
        return self.graph.add(operator, *map(self.known, inputs), **attributes)

    def known(self, value: Any) -> str:
        return value if isinstance(value, str) else self.graph.constant(np.asarray(value, np.int64))

    def cast(self, name: str) -> str:
        """Return a value in the dtype of the result."""
        return self.graph.cast(name, self.y.dtype)

    def constant(self, value: Any) -> str:
        """Return numbers in the dtype of the result."""
        return self.graph.constant(np.asarray(value, self.y.dtype))

    def arg(self, i: int, dtype: Any = None) -> str:
        """Return an argument, in the dtype of the result unless another is told."""
        dtype, a = np.dtype(dtype or self.y.dtype), self.args[i]
        if isinstance(a, str):
            return self.graph.cast(a, dtype)
        return self.graph.constant(np.asarray(a).astype(dtype))

    def all(self, dtype: Any = None) -> list[str]:
        return [self.arg(i, dtype) for i in range(len(self.x))]

    def own(self, i: int = 0) -> str:
        """Return an argument in its own dtype."""
        return self.arg(i, np.asarray(self.x[i]).dtype)

    def flat(self, i: int, dtype: Any = None) -> str:
        return self("Reshape", self.arg(i, dtype or np.asarray(self.x[i]).dtype), [-1])

    def shaped(self, name: str) -> str:
        """Give a value the shape of the result; a 0 is a size, where there is one."""
        shape = np.shape(self.y)
        return self("Reshape", name, shape, **({"allowzero": 1} if 0 in shape else {}))


Spelling = str | Callable[..., str]
"""The operator of arguments that have the dtype of the result, or what adds operators."""


# ── of each element ───────────────────────────────────────────────────────────────────────────
def _or_of_truths(number: str, truth: str) -> Spelling:
    return lambda at: at(truth if at.y.dtype == bool else number, *at.all())


def _in(dtype: Any, operator: str) -> Spelling:
    return lambda at: at(operator, *at.all(dtype), dtype=at.y.dtype)


def _compared(operator: str, *, negated: bool = False) -> Spelling:
    def spell(at: Site) -> str:
        common = comparable(np.result_type(*at.x), at.x)
        xs = at.all(np.int64 if common.kind == "b" else common)
        truth = at(operator, *xs, dtype=bool)
        return at("Not", truth) if negated else truth

    return spell


def _stepped(operator: str) -> Spelling:
    return lambda at: at(operator if at.y.dtype.kind == "f" else "Identity", at.arg(0))


def _arctan(at: Site) -> str:
    """Correct what is computed in single precision by the angle that it lacks."""
    most = np.finfo(at.y.dtype).max  # as inf / inf is no angle
    x = at("Max", at("Min", at.arg(0), at.constant(most)), at.constant(-most))
    y = at("Atan", x)
    sin, cos = at("Sin", y), at("Cos", y)
    rest = at("Sub", at("Mul", x, cos), sin)
    return at("Add", y, at("Div", rest, at("Add", cos, at("Mul", x, sin))))


def _rectified(at: Site) -> str:
    if at.y.dtype.kind == "f":
        return at("Relu", at.arg(0))
    return at("Max", at.arg(0), at.constant(0))


def _floor_divided(at: Site) -> str:
    if at.y.dtype.kind != "f":
        by, used = _divisor(at)
        return at("Mul", at("Div", at("Sub", at.arg(0), at("Mod", at.arg(0), by)), by), used)
    a, b, rest, crosses = _cut(at)
    whole = at("Round", at("Div", at("Sub", a, rest), b))
    y = at("Sub", whole, at.cast(crosses))
    nothing = at("Equal", b, at.constant(0), dtype=bool)
    return at("Where", nothing, at("Div", a, b), y, dtype=at.y.dtype)


def _cut(at: Site) -> tuple[str, str, str, str]:
    """Return a, b, what is left of a by C, and whether that is on the other side of 0 than b.

    Whole parts come from there: 1 // 0.1 is 9, as 0.1 is more than a tenth, though 1 / 0.1 is 10.
    """
    a, b = at.all()
    rest = at("Mod", a, b, fmod=1)
    sides = at("Mul", at("Sign", rest), at("Sign", b))
    return a, b, rest, at("Less", sides, at.constant(0), dtype=bool)


def _divisor(at: Site) -> tuple[str, str]:
    """Return what to divide integers by, and 0 where NumPy says 0, as division by 0 is no more."""
    unused = at.cast(at("Equal", at.arg(1), at.constant(0), dtype=bool))
    return at("Add", at.arg(1), unused), at("Sub", at.constant(1), unused)


def _remainder(at: Site) -> str:
    if at.y.dtype.kind != "f":
        by, used = _divisor(at)
        return at("Mul", at("Mod", at.arg(0), by), used)
    _, b, rest, crosses = _cut(at)
    return at("Where", crosses, at("Add", rest, b), rest, dtype=at.y.dtype)


def _multiplied(at: Site) -> str:
    a, b = at.all()
    if np.ndim(at.x[1]) != 1:
        return at("MatMul", a, b)
    # a column: onnxruntime 1.31 forgets that a matrix is transposed beside a vector
    return at("Squeeze", at("MatMul", a, at("Unsqueeze", b, [-1])), [-1])


def _einsum(at: Site) -> str:
    terms = at.params["subscripts"].partition("->")[0].split(",")
    pairs = {p for t, x in zip(terms, at.x, strict=True) for p in zip(t, np.shape(x), strict=True)}
    if len(pairs) > len(dict(pairs)):  # NumPy stretches axes of length 1
        raise NotImplementedError
    return at("Einsum", *at.all(), equation=at.params["subscripts"])


def _where(at: Site) -> str:
    condition = at.arg(0, bool)
    if at.y.dtype != bool:
        return at("Where", condition, at.arg(1), at.arg(2), dtype=at.y.dtype)
    yes, no = at("And", condition, at.arg(1)), at("And", at("Not", condition), at.arg(2))
    return at("Or", yes, no)


def _clipped(at: Site) -> str:
    bounds = {"Max": at.params.get("low"), "Min": at.params.get("high")}
    y = at.arg(0)
    for operator, bound in bounds.items():
        if bound is not None:
            y = at(operator, y, at.constant(bound))
    return y


# ── reductions and scans ──────────────────────────────────────────────────────────────────────
def _axes(at: Site) -> list[int]:
    axis, ndim = at.params.get("axis"), np.ndim(at.x[0])
    axes = range(ndim) if axis is None else axis if isinstance(axis, (tuple, list)) else [axis]
    return [int(a) % ndim for a in axes if ndim]  # NumPy gives a number the axes 0 and -1, too


def _reduced(operator: str, dtype: Any = None) -> Spelling:
    def spell(at: Site) -> str:
        x, axes = at.arg(0, dtype), _axes(at)
        if not axes:
            return at.cast(x)
        y = at(f"Reduce{operator}", x, axes, keepdims=int(bool(at.params.get("keepdims"))))
        return at.cast(y)

    return spell


def _is_flat(at: Site, default: int | None) -> bool:
    """Tell whether to go along all elements in a row: no axis is told, or there is none."""
    return at.params.get("axis", default) is None or not np.ndim(at.x[0])


def _line(at: Site, dtype: Any, default: int | None = None) -> tuple[str, int]:
    """Return the argument and the axis to go along, all elements in a row where none is told."""
    if _is_flat(at, default):
        return at.flat(0, dtype), 0
    return at.arg(0, dtype), int(at.params.get("axis", default)) % np.ndim(at.x[0])


def _placed(operator: str) -> Spelling:
    def spell(at: Site) -> str:
        x, axis = _line(at, at.x[0].dtype if at.x[0].dtype != bool else np.int64)
        return at.shaped(at(operator, x, dtype=np.int64, axis=axis, keepdims=1))

    return spell


def _summed_up(at: Site) -> str:
    x, axis = _line(at, at.y.dtype)
    return at("CumSum", x, axis)


def _sorted(part: int) -> Spelling:
    def spell(at: Site) -> str:
        x, axis = _line(at, at.x[0].dtype, -1)
        count = at.x[0].size if _is_flat(at, -1) else at.x[0].shape[axis]
        return at("TopK", x, [count], dtype=at.y.dtype, part=part, axis=axis, largest=0)

    return spell


def _along(operator: str) -> Spelling:
    def spell(at: Site) -> str:
        x, axis = _line(at, at.y.dtype, -1)
        y = at(operator, x, axis=axis)
        return at.shaped(y) if _is_flat(at, -1) else y  # which would fix the size of a batch

    return spell


# ── windows ───────────────────────────────────────────────────────────────────────────────────
def _windows(at: Site, kernel: Sequence[int]) -> dict[str, Any]:
    given = {name: per_axis(at.params.get(name, 1), kernel) for name in ("stride", "dilation")}
    return {"kernel_shape": [*map(int, kernel)]} | {f"{name}s": v for name, v in given.items()}


def _convolved(at: Site) -> str:
    windows = _windows(at, at.x[1].shape[2:])
    return at("Conv", *at.all(), group=int(at.params.get("groups", 1)), **windows)


def _convolved_back(at: Site) -> str:
    windows = _windows(at, at.x[1].shape[2:])
    rows = zip(at.params["size"], at.x[0].shape[2:], *windows.values(), strict=True)
    more = [int(size - (n - 1) * s - d * (k - 1) - 1) for size, n, k, s, d in rows]
    groups = int(at.params.get("groups", 1))
    return at("ConvTranspose", *at.all(), group=groups, output_padding=more, **windows)


def _pooled(at: Site) -> str:
    x = at.arg(0, at.y.dtype if at.y.dtype.kind == "f" else np.float64)
    return at.cast(at("MaxPool", x, **_windows(at, at.params["kernel"])))


def _refused(_: Site) -> str:
    raise NotImplementedError


# ── shapes, and elements by their places ──────────────────────────────────────────────────────
def _reshaped(at: Site) -> str:
    if at.params.get("order", "C") != "C":
        return rearranged(at)
    return at.shaped(at.own())


def _permuted(at: Site) -> str:
    axes = permutation(at.op, np.ndim(at.x[0]), at.params)
    return at("Transpose", at.own(), perm=axes) if axes else at.own()


def _expanded(at: Site) -> str:
    if not np.size(at.y):  # onnxruntime 1.31 keeps the 1 of an axis that is to have no elements
        return at.constant(np.zeros(np.shape(at.y)))
    return at("Expand", at.own(), np.shape(at.y))


def _joined(at: Site) -> str:
    axis = at.params["axis"]
    if axis is None:
        return at("Concat", *(at.flat(i, at.y.dtype) for i in range(len(at.x))), axis=0)
    return at("Concat", *at.all(), axis=int(axis) % np.ndim(at.y))


def _stacked(at: Site) -> str:
    axis = int(at.params["axis"]) % np.ndim(at.y)
    return at("Concat", *(at("Unsqueeze", x, [axis]) for x in at.all()), axis=axis)


def _padded(at: Site) -> str:
    if not np.ndim(at.x[0]):
        return at.own()
    pairs = np.array(widths(at.params["pad_width"], np.ndim(at.x[0])))
    values = at.params.get("constant_values", 0)
    if not np.ndim(values):
        return at("Pad", at.arg(0), [*pairs.T.ravel()], at.constant(values), mode="constant")
    x = at.arg(0)
    for end, value in np.ndenumerate(np.broadcast_to(values, pairs.shape)):
        here = np.zeros_like(pairs)
        here[end] = pairs[end]
        x = at("Pad", x, [*here.T.ravel()], at.constant(value), mode="constant")
    return x


def _triangle(upper: int) -> Spelling:
    def spell(at: Site) -> str:
        x = at.own() if np.ndim(at.x[0]) > 1 else at("Expand", at.own(), np.shape(at.y))
        return at("Trilu", x, int(at.params.get("k", 0)), upper=upper)

    return spell


# ── the tables ────────────────────────────────────────────────────────────────────────────────
SPELLINGS: dict[str, Spelling] = {
    "add": _or_of_truths("Add", "Or"), "multiply": _or_of_truths("Mul", "And"),
    "maximum": _or_of_truths("Max", "Or"), "minimum": _or_of_truths("Min", "And"),
    "bitwise_and": _or_of_truths("BitwiseAnd", "And"),
    "bitwise_or": _or_of_truths("BitwiseOr", "Or"),
    "bitwise_xor": _or_of_truths("BitwiseXor", "Xor"),
    "invert": _or_of_truths("BitwiseNot", "Not"),
    "subtract": "Sub", "divide": "Div", "negative": "Neg", "positive": "Identity",
    "absolute": "Abs", "fabs": "Abs", "reciprocal": "Reciprocal", "sqrt": "Sqrt", "exp": "Exp",
    "log": "Log", "sin": "Sin", "cos": "Cos", "arctan": _arctan, "tanh": "Tanh",
    "sign": "Sign", "erf": "Erf", "sigmoid": "Sigmoid",
    "softplus": "Softplus", "matmul": _multiplied, "copy": "Identity",
    "real": "Identity", "conjugate": "Identity",
    "relu": _rectified,
    **dict.fromkeys(("pow", "power", "float_power"), "Pow"),
    "floor": _stepped("Floor"), "ceil": _stepped("Ceil"), "rint": _stepped("Round"),
    "floor_divide": _floor_divided, "remainder": _remainder, "where": _where, "clip": _clipped,
    "greater": _compared("Greater"), "greater_equal": _compared("GreaterOrEqual"),
    "less": _compared("Less"), "less_equal": _compared("LessOrEqual"),
    "equal": _compared("Equal"), "not_equal": _compared("Equal", negated=True),
    "logical_and": _in(bool, "And"), "logical_or": _in(bool, "Or"),
    "logical_xor": _in(bool, "Xor"), "logical_not": _in(bool, "Not"),
    "isnan": _in(np.float64, "IsNaN"), "isinf": _in(np.float64, "IsInf"),
    "astype": lambda at: at.arg(0), "class_indices": lambda at: at.arg(0),
    # reductions, scans and products
    "sum": _reduced("Sum"), "mean": _reduced("Mean"), "prod": _reduced("Prod"),
    **dict.fromkeys(("max", "amax"), _reduced("Max")),
    **dict.fromkeys(("min", "amin"), _reduced("Min")),
    "all": _reduced("Min", bool), "any": _reduced("Max", bool),
    "argmax": _placed("ArgMax"), "argmin": _placed("ArgMin"), "cumsum": _summed_up,
    "sort": _sorted(0), "argsort": _sorted(1),
    "softmax": _along("Softmax"), "log_softmax": _along("LogSoftmax"),
    "einsum": _einsum, "conv": _convolved, "conv_input": _convolved_back, "max_pool": _pooled,
    "conv_weight": _refused,
    # shapes, and elements by their places
    **dict.fromkeys(("reshape", "ravel", "squeeze", "expand_dims"), _reshaped),
    **dict.fromkeys(("transpose", "swapaxes", "moveaxis"), _permuted),
    **dict.fromkeys(("flip", "roll", "diagonal"), rearranged),
    "broadcast_to": _expanded,
    "concatenate": _joined, "stack": _stacked, "pad": _padded,
    "tril": _triangle(0), "triu": _triangle(1), "getitem": sliced, "gather": gathered,
    "setitem": replaced, "place": replaced_at, "scatter": scattered,
    "scatter_at": scattered_at,
}  # fmt: skip
"""How operations are spelled, by the names of their rows."""

SINGLE = {"Atan", "Erf", "Softplus", "Conv", "ConvTranspose", "AveragePool"}
"""What onnxruntime computes in single precision only: arguments of float64 are rounded there."""
