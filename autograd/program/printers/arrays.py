"""Operations on arrays as calls of the runtime ``nd.js``.

What only moves elements is written as the places that they are taken from: shapes are constants, so
NumPy itself tells the places, and one function serves for all of it.
"""

import json
from collections.abc import Callable, Container, Iterable, Mapping
from typing import Any

import numpy as np

from autograd.base.errors import refusal
from autograd.program.equations import Equation, Name
from autograd.program.positions import numbered, permutation, pointed
from autograd.program.printers.literals import LINE
from autograd.rules.products import SUMMED, as_einsum
from autograd.rules.shape import Slot, filled


class Writer:
    """Writes the arguments of operations; names the constants that are too long for a line.

    Parameters
    ----------
    like : an example of every input and every result, and the arrays that are constant, by name.
    names : what each of them is called in JavaScript.
    arrays : which of the names are constants.

    Attributes
    ----------
    constants : what a constant is called, by its text.
    """

    def __init__(
        self, like: Mapping[Name, Any], names: Mapping[Name, str], arrays: Container[Name]
    ) -> None:
        self.like, self.names, self.arrays = like, names, arrays
        self.constants: dict[str, str] = {}

    def argument(self, a: Any) -> str:
        if type(a) is not Name:
            return literal(a)
        if a not in self.arrays:
            return self.names[a]
        return self.constants.setdefault(array(self.like[a]), self.names[a])

    def hoisted(self, text: str) -> str:
        """Name a constant, and say it once."""
        taken = set(self.names.values())
        free = (f"k{i}" for i in range(1, len(taken) + len(self.constants) + 2))
        known = taken | set(self.constants.values())
        return self.constants.setdefault(text, next(n for n in free if n not in known))

    def places(self, places: Any) -> str:
        text = js_list(np.ravel(places).tolist())
        return text if len(text) <= LINE // 2 else self.hoisted(text)

    def value(self, a: Any) -> Any:
        return self.like[a] if type(a) is Name else a

    def shape(self, a: Any) -> tuple[int, ...]:
        return np.shape(self.value(a))

    def kind(self, a: Any) -> str:
        return np.asarray(self.value(a)).dtype.kind

    def size(self, a: Any) -> int:
        return int(np.size(self.value(a)))


def literal(value: Any) -> str:
    """Write a number or a text; a negative one in parentheses, to stand beside an operator.

    >>> literal(2.0), literal(-0.5), literal(np.inf), literal(True), literal(None)
    ('2', '(-0.5)', 'Infinity', 'true', 'null')
    """
    if value is None or isinstance(value, str):
        return json.dumps(value).replace(", ", r",\u0020")  # where a long line would be broken
    value = np.asarray(value).item()
    if isinstance(value, bool):
        return str(value).lower()
    if value != value:  # noqa: PLR0124  # nan
        return "NaN"
    size = "Infinity" if abs(value) == np.inf else repr(abs(value)).removesuffix(".0")
    return f"(-{size})" if str(value).startswith("-") else size


def js_list(values: Iterable[Any]) -> str:
    return f"[{', '.join(literal(v).strip('()') for v in values)}]"


def array(value: Any) -> str:
    return f"nd.array({js_list(value.ravel().tolist())}, {js_list(value.shape)})"


def call(name: str, *args: str) -> str:
    """Call a function of the runtime."""
    return f"nd.{name}({', '.join(args)})"


def reduce(name: str, x: str, *options: str) -> str:
    """Call a function that reduces, without the options that say nothing."""
    given = list(options)
    while given and given[-1] in ("null", "false"):
        given.pop()
    return call(name, x, *given)


# ── operations with parameters ────────────────────────────────────────────────────────────────
Printing = Callable[..., str]


def _reduction(p: Writer, e: Equation, axis: Any = None, keepdims: bool = False) -> str:
    return reduce(e.op.name, p.argument(e.args[0]), _axes(p, e, axis), literal(bool(keepdims)))


def _with(parameter: str) -> Printing:
    """Print a reduction that has one parameter more."""

    def printing(p: Writer, e: Equation, **params: Any) -> str:
        axes, keepdims = _axes(p, e, params.get("axis")), bool(params.get("keepdims"))
        last = literal(params.get(parameter)) if params.get(parameter) else "null"
        more = [last] if last != "null" else []
        return reduce(e.op.name, p.argument(e.args[0]), axes, literal(keepdims), *more)

    return printing


def _norm(p: Writer, e: Equation, ord: Any = None, axis: Any = None, keepdims: Any = False) -> str:
    if ord is not None and isinstance(axis, tuple) and len(axis) == 2:
        raise refusal(
            NotImplementedError,
            "norm of matrices cannot be written in JavaScript",
            f"{e.name} = norm(ord={ord!r}) of shape {p.shape(e.args[0])}",
            "ord=None (Frobenius), or a norm of vectors",
        )
    more = [] if ord is None else [literal(ord)]
    return reduce("norm", p.argument(e.args[0]), _axes(p, e, axis), literal(bool(keepdims)), *more)


def _axes(p: Writer, e: Equation, axis: Any) -> str:
    if axis is None:
        return "null"
    axes = axis if isinstance(axis, tuple) else (axis,)
    return js_list(a % max(len(p.shape(e.args[0])), 1) for a in axes)


def _scan(default: int | None) -> Printing:
    def printing(p: Writer, e: Equation, axis: Any = default, **_: Any) -> str:
        ndim = len(p.shape(e.args[0]))
        place = "null" if axis is None or ndim < np.ndim(e.like) else str(axis % max(ndim, 1))
        # null is said: it means all axes, as one
        return f"nd.{e.op.name}({p.argument(e.args[0])}, {place})"

    return printing


def _reshaped(p: Writer, e: Equation, **params: Any) -> str:
    if params.get("order", "C") != "C":
        return _moved(p, e, **params)
    return f"nd.reshape({p.argument(e.args[0])}, {js_list(np.shape(e.like))})"


def _transposed(p: Writer, e: Equation, **params: Any) -> str:
    ndim = len(p.shape(e.args[0]))
    axes = permutation(e.op, ndim, params)
    turned = "" if axes == tuple(range(ndim))[::-1] else f", {js_list(axes)}"
    return f"nd.transpose({p.argument(e.args[0])}{turned})"


def _from_places(p: Writer, e: Equation, places: str, *fill: str) -> str:
    """Take the elements of the argument from these places; those from -1 are `fill`, or 0."""
    return call("gather", p.argument(e.args[0]), places, js_list(np.shape(e.like)), *fill)


def _moved(p: Writer, e: Equation, **params: Any) -> str:
    """Let NumPy move the places instead of the elements."""
    return _from_places(p, e, p.places(e.op.call(numbered(p.shape(e.args[0])), **params)))


def _triangle(p: Writer, e: Equation, k: int = 0) -> str:
    return _from_places(p, e, p.places(e.op.call(numbered(p.shape(e.args[0])) + 1, k=k) - 1))


def _padded(p: Writer, e: Equation, pad_width: Any, constant_values: Any = 0) -> str:
    if np.ndim(constant_values):
        raise refusal(
            NotImplementedError,
            "padding with several constants cannot be written in JavaScript",
            f"np.pad(constant_values={constant_values!r})",
            "one constant, or np.concatenate",
        )
    places = e.op.call(numbered(p.shape(e.args[0])), pad_width=pad_width, constant_values=-1)
    fill = [] if constant_values == 0 else [literal(constant_values)]
    return _from_places(p, e, p.places(places), *fill)


def _joined(p: Writer, e: Equation, **params: Any) -> str:
    sizes = np.cumsum([0, *(p.size(a) for a in e.args)])
    parts = [numbered(p.shape(a)) + n for a, n in zip(e.args, sizes, strict=False)]
    places = e.op.call(*parts, **params)
    args = ", ".join(promoted(p, a, e.like.dtype) for a in e.args)
    return f"nd.join([{args}], {p.places(places)}, {js_list(np.shape(e.like))})"


def _taken(p: Writer, e: Equation, index: Any) -> str:
    return _from_places(p, e, _places(p, e, index, p.shape(e.args[0]), 1))


def _scattered(p: Writer, e: Equation, index: Any, shape: tuple[int, ...]) -> str:
    places = _places(p, e, index, shape, 1)
    return f"nd.scatter({p.argument(e.args[0])}, {places}, {js_list(shape)})"


def _assigned(p: Writer, e: Equation, index: Any) -> str:
    x, v, *arrays = e.args
    if type(index) is Slot and p.kind(arrays[0]) == "b" and not p.shape(v):
        shape = (*p.shape(arrays[0]), *(1,) * (len(p.shape(x)) - len(p.shape(arrays[0]))))
        chosen = f"nd.reshape({p.argument(arrays[0])}, {js_list(shape)})"
        return call("where", chosen, _as(p, v, e.like.dtype), p.argument(x))
    zeros = [np.zeros(p.shape(a), int) for a in arrays]
    written = numbered(p.shape(x))[filled(index, zeros)].shape
    value = _as(p, v, e.like.dtype)
    if p.shape(v) != written:
        value = f"nd.broadcast_to({value}, {js_list(written)})"
    return f"nd.setitem({p.argument(x)}, {value}, {_places(p, e, index, p.shape(x), 2)})"


def _places(p: Writer, e: Equation, index: Any, shape: tuple[int, ...], first: int) -> str:
    """Write the places that an index points to; arrays in it are arguments from `first` on."""
    arrays = e.args[first:]
    if not arrays:
        return p.places(numbered(shape)[index])
    known, pointers = pointed(e.op, index, shape, list(map(p.value, arrays)))
    text = p.hoisted(array(known)) if known.ndim else literal(known)
    for pointer in pointers:
        a = arrays[pointer.slot]
        places = f"nd.remainder({p.argument(a)}, {pointer.length})"
        if pointer.stride != 1:
            places = f"nd.multiply({places}, {pointer.stride})"
        if pointer.shape != p.shape(a):
            places = f"nd.reshape({places}, {js_list(pointer.shape)})"
        text = f"nd.add({text}, {places})"
    return text


def _contraction(p: Writer, e: Equation, **params: Any) -> str:
    """Print a product of arrays as the sum over indices that it is."""
    a, b = e.args
    left, right = np.empty(p.shape(a)), np.empty(p.shape(b))
    name, args = e.op.name, [p.argument(a), p.argument(b)]
    if name in ("vdot", "outer"):
        flat = [f"nd.reshape({x}, [{p.size(y)}])" for x, y in zip(args, e.args, strict=True)]
        return _einsum("i,i->" if name == "vdot" else "i,j->ij", *flat)
    if name != "tensordot" and not (left.ndim and right.ndim):
        return call("multiply", *args)
    summed = SUMMED[e.op.fn](left, right, **params)
    return _einsum(as_einsum((left.ndim, right.ndim), *summed), *args)


def _einsum(subscripts: str, *args: str) -> str:
    return f'nd.einsum("{subscripts}", {", ".join(args)})'


def _function(p: Writer, e: Equation, **params: Any) -> str:
    """Print a call with the arguments, and then the parameters, in their order."""
    return call(e.op.name, *map(p.argument, e.args), *map(literal, params.values()))


def _as(p: Writer, x: Any, dtype: np.dtype) -> str:
    """Print x, as a number of another kind if it is one."""
    if p.kind(x) == dtype.kind:
        return p.argument(x)
    if dtype.kind == "b":
        return call("not_equal", p.argument(x), "0")
    return call("astype", p.argument(x), "Number" if dtype.kind == "f" else "Math.trunc")


def promoted(p: Writer, x: Any, dtype: np.dtype) -> str:
    """Print x; truth values that stand among numbers as numbers."""
    return _as(p, x, dtype) if p.kind(x) == "b" else p.argument(x)


def _of_real(p: Writer, e: Equation) -> str:
    """Print a part of real numbers."""
    x = p.argument(e.args[0])
    return x if e.op.name != "imag" else call("where", "true", "0", x)


PRINTERS: dict[str, Printing] = {
    "class_indices": lambda printer, e, classes: printer.argument(e.args[0]),
    **dict.fromkeys(
        ("sum", "mean", "prod", "all", "any", "count_nonzero", "argmax", "argmin", "logsumexp",
         "max", "min", "amax", "amin"),
        _reduction,
    ),
    "var": _with("ddof"), "std": _with("ddof"), "norm": _norm,
    **dict.fromkeys(("softmax", "log_softmax", "sort", "argsort"), _scan(-1)),
    **dict.fromkeys(("cumsum", "cumprod"), _scan(None)),
    **dict.fromkeys(("reshape", "ravel", "squeeze", "expand_dims"), _reshaped),
    **dict.fromkeys(("transpose", "swapaxes", "moveaxis"), _transposed),
    **dict.fromkeys(("flip", "roll", "diagonal", "copy"), _moved),
    **dict.fromkeys(("getitem", "gather"), _taken),
    **dict.fromkeys(("scatter", "scatter_at"), _scattered),
    **dict.fromkeys(("setitem", "place"), _assigned),
    **dict.fromkeys(("tril", "triu"), _triangle),
    **dict.fromkeys(("concatenate", "stack"), _joined),
    **dict.fromkeys(("dot", "inner", "vdot", "outer", "tensordot"), _contraction),
    **dict.fromkeys(("softmax_cross_entropy", "d_cross_entropy"), _function),
    **dict.fromkeys(("real", "imag", "conjugate"), _of_real),
    "matmul": _function, "pad": _padded,
    "einsum": lambda p, e, subscripts, **_: _einsum(subscripts, *map(p.argument, e.args)),
    "broadcast_to": lambda p, e, **_: call(
        "broadcast_to", p.argument(e.args[0]), js_list(np.shape(e.like))
    ),
    "clip": lambda p, e, low=None, high=None: call(
        "clip", p.argument(e.args[0]), literal(low), literal(high)
    ),
    "round": lambda p, e, decimals=0: call("round", p.argument(e.args[0]), str(decimals)),
    "astype": lambda p, e, dtype: _as(p, e.args[0], np.dtype(dtype)),
}  # fmt: skip
"""How the operations with parameters are written, by the names of their rows."""
