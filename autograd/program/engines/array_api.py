"""How each operation is spelled in the Python array API standard, on a namespace ``xp``.

Shapes and parameters are known, so whatever NumPy works out by itself is written out: axes in
full, the order of elements, indices as places. The standard: https://data-apis.org/array-api/
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd.primitive import Primitive
from autograd.program import positions
from autograd.rules.products import SUMMED


@dataclass(frozen=True)
class Site:
    """An operation that is to be spelled.

    Attributes
    ----------
    op : the operation, and its `params`.
    x : its arguments, of which only shapes and dtypes count; numbers are themselves.
    y : its result, likewise.
    hoist : gives a constant array a name.
    """

    op: Primitive
    params: Mapping[str, Any]
    x: Sequence[Any]
    y: Any
    hoist: Callable[[Any], str]

    def options(self, *names: str, **more: Any) -> str:
        """Write parameters as keywords, those without effect left out."""
        given = {k: plain(v) for k, v in ({k: self.params.get(k) for k in names} | more).items()}
        return "".join(f", {k}={v!r}" for k, v in given.items() if v is not None and v is not False)


Spelling = str | Callable[[Site], str]
"""A template, where ``{0}`` stands for the first argument and ``{*}`` for all of them."""


def plain(value: Any) -> Any:
    """Return a parameter as Python's numbers and tuples; what no engine has as an integer, a float.

    >>> plain([np.int64(1), np.arange(2), np.array(3), range(2), 10**20])
    (1, (0, 1), 3, (0, 1), 1e+20)
    """
    if isinstance(value, (np.ndarray, np.generic)):
        value = value.tolist()
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return float(value)
    return tuple(map(plain, value)) if isinstance(value, (list, tuple, range)) else value


def cast(x: str, have: np.dtype, want: np.dtype | None) -> str:
    """Write x in another dtype; the standard casts no complex numbers to others.

    >>> cast("z", np.dtype(complex), np.dtype(bool)), cast("x", np.dtype(int), np.dtype(bool))
    ('z != 0', 'xp.astype(x, xp.bool)')
    """
    if want is None or have == want:
        return x
    if have.kind == "c" and want.kind == "b":
        return f"{x} != 0"
    x = f"xp.real({x})" if have.kind == "c" and want.kind != "c" else x
    return f"xp.astype({x}, xp.{want.name})"


def comparable(dtype: np.dtype, x: Sequence[Any]) -> np.dtype:
    """Return a dtype to compare x in: NumPy compares bytes with 256 and -1, which others wrap.

    >>> comparable(np.dtype("uint8"), [np.zeros(3, "uint8"), 256])
    dtype('float64')
    """
    numbers = [v for v in x if type(v) is int] if dtype.kind in "iu" else []
    fit = all(np.iinfo(dtype).min <= v <= np.iinfo(dtype).max for v in numbers)
    return dtype if fit else np.dtype(float)


# ── of each element ───────────────────────────────────────────────────────────────────────────
def _over(at: Site) -> str:
    harmless = type(at.x[1]) in (int, float) and at.x[1] != 0
    return "{0} / {1}" if harmless else "over(xp, {0}, {1})"


def _where(at: Site) -> str:
    numbers = [k for k in (1, 2) if type(at.x[k]) in (bool, int, float, complex)]
    if len(numbers) < 2:
        return "xp.where({0}, {1}, {2})"
    a, b = (at.hoist(np.asarray(at.x[k], at.y.dtype)) for k in numbers)
    return f"xp.where({{0}}, {a}, {b})"


def _clip(at: Site) -> str:
    low, high = (plain(at.params.get(k)) for k in ("low", "high"))
    return f"xp.clip({{0}}{at.options(min=low, max=high)})"


def _round(at: Site) -> str:
    decimals = plain(at.params.get("decimals", 0))
    factor = f"{10.0 ** abs(decimals)!r}"
    if decimals == 0:
        return "xp.round({0})"
    whole = at.y.dtype.kind in "iu"
    if decimals > 0:
        return "{0}" if whole else f"xp.round({{0}} * {factor}) / {factor}"
    if whole:
        tens = f"xp.round(xp.astype({{0}}, xp.float64) / {factor}) * {factor}"
        return f"xp.astype({tens}, xp.{at.y.dtype.name})"
    return f"xp.round({{0}} / {factor}) * {factor}"


def _divided(name: str) -> Spelling:
    """Spell division with a remainder; integers, that of NumPy by 0."""

    def spell(at: Site) -> str:
        harmless = type(at.x[1]) in (int, float) and at.x[1] != 0
        return at.op.code if harmless or at.y.dtype.kind == "f" else f"{name}(xp, {{0}}, {{1}})"

    return spell


def _of_complex(name: str, real: str) -> Spelling:
    """Spell what the standard has for complex numbers only."""
    return lambda at: f"xp.{name}({{0}})" if at.x[0].dtype.kind == "c" else real


def _transform(at: Site) -> str:
    have, want = at.x[0].dtype, at.y.real.dtype  # of integers, in the result's precision
    back = at.op.name == "irfft"  # of complex numbers only
    whole = want if at.op.name == "rfft" and have.kind in "biu" else None
    x = cast("{0}", have, np.result_type(want, np.complex64) if back else whole)
    return f"xp.fft.{at.op.name}({x}{at.options('n', 'axis', 'norm')})"


# ── reductions and scans ──────────────────────────────────────────────────────────────────────
def _along(name: str) -> Spelling:
    return lambda at: f"xp.{name}({{0}}{_axes(at)})"


def _axes(at: Site, **more: Any) -> str:
    """Write the axes of a reduction; a number has none, though NumPy takes 0 and -1."""
    if np.ndim(at.x[0]):
        return at.options("axis", "keepdims", **more)
    return at.options(**more)


def _spread(name: str) -> Spelling:
    """Spell a variance, or its root; the standard has that of real numbers."""

    def spell(at: Site) -> str:
        options = _axes(at, correction=at.params.get("ddof"))
        if at.x[0].dtype.kind != "c":
            return f"xp.{name}({{0}}{options})"
        both = " + ".join(f"xp.var(xp.{part}({{0}}){options})" for part in ("real", "imag"))
        return f"xp.sqrt({both})" if name == "std" else both

    return spell


def _norm(at: Site) -> str:
    ord_, axis, keepdims = (plain(at.params.get(k)) for k in ("ord", "axis", "keepdims"))
    order = f"float('{ord_}')" if isinstance(ord_, float) and math.isinf(ord_) else repr(ord_)
    if ord_ is not None and isinstance(axis, tuple) and len(axis) == 2:
        return f"matrix_norm(xp, {{0}}, {order}, {axis}, {bool(keepdims)})"
    return f"norm(xp, {{0}}, {order}, {axis}, {bool(keepdims)})"


def _scan(name: str, axis: int | None, **more: Any) -> Spelling:
    """Spell a function along an axis, the given one unless told, or of all elements in a row."""

    def spell(at: Site) -> str:
        along = plain(at.params.get("axis", axis))
        if along is None or not np.ndim(at.x[0]):
            return f"xp.{name}(xp.reshape({{0}}, (-1,)), axis=0{at.options(**more)})"
        return f"xp.{name}({{0}}, axis={along}{at.options(**more)})"

    return spell


# ── shapes ────────────────────────────────────────────────────────────────────────────────────
def _reshape(at: Site) -> str:
    """Spell what changes nothing but the shape; Fortran's order reverses all axes."""
    shape = np.shape(at.y)
    if at.params.get("order") == "F":
        back, to = (tuple(reversed(range(np.ndim(v)))) for v in (at.x[0], at.y))
        x = f"xp.reshape(xp.permute_dims({{0}}, {back}), {shape[::-1]})"
        return f"xp.permute_dims({x}, {to})"
    return f"xp.reshape({{0}}, {shape})"


def _permute(at: Site) -> str:
    axes = positions.permutation(at.op, np.ndim(at.x[0]), at.params)
    return f"xp.permute_dims({{0}}, {axes})"


def _roll(at: Site) -> str:
    shift, axis = at.params["shift"], at.params.get("axis")
    if axis is not None:
        shift, axis = (plain(v.ravel()) for v in np.broadcast_arrays(shift, axis))
    return f"xp.roll({{0}}, {plain(shift)!r}{at.options(axis=axis)})"


def _triangle(at: Site) -> str:
    """Spell half of a matrix; NumPy repeats a row."""
    x = "{0}" if np.ndim(at.x[0]) > 1 else f"xp.broadcast_to({{0}}, {np.shape(at.y)})"
    return f"xp.{at.op.name}({x}{at.options('k')})"


# ── products ──────────────────────────────────────────────────────────────────────────────────
def _contraction(at: Site) -> str:
    """Spell np.tensordot, and what it is with other axes."""
    if at.op.fn is not np.tensordot and 0 in map(np.ndim, at.x):
        return "{0} * {1}"
    a, b = SUMMED[at.op.fn](*at.x, **{name: plain(value) for name, value in at.params.items()})
    return f"xp.tensordot({{0}}, {{1}}, axes=({tuple(a)}, {tuple(b)}))"


# ── linear algebra ────────────────────────────────────────────────────────────────────────────
def _of_triangle(name: str) -> Spelling:
    return lambda at: f"{name}(xp, {{0}}, {at.params.get('UPLO', 'L').upper() == 'U'})"


def _pinv(at: Site) -> str:
    """Spell the pseudo-inverse with NumPy's cutoff."""
    given = {k: v for k, v in at.params.items() if k in ("rcond", "rtol") and v is not None}
    default = 1e-15 if "rtol" not in at.params else _precision(at)
    rtol, hermitian = plain(next(iter(given.values()), default)), at.params.get("hermitian", False)
    return f"pinv(xp, {{0}}, {rtol!r}, {bool(hermitian)})"


def _lstsq(at: Site) -> str:
    rcond = at.params.get("rcond")
    return f"lstsq(xp, {{0}}, {{1}}, {_precision(at) if rcond is None else plain(rcond)!r})"


def _precision(at: Site) -> float:
    return float(np.finfo(at.y.dtype).eps) * max(np.shape(at.x[0])[-2:])


def _outer(at: Site) -> str:
    n, m = map(np.size, at.x)
    return f"xp.reshape({{0}}, ({n}, 1)) * xp.reshape({{1}}, (1, {m}))"


def _by_class(call: str) -> Spelling:
    def spell(at: Site) -> str:
        classes = at.hoist(np.arange(np.shape(at.x[0])[-1], dtype=at.x[1].dtype))
        return f"{call}, {classes})"

    return spell


RADIANS, DEGREES, LN2 = repr(math.pi / 180), repr(180 / math.pi), repr(math.log(2))

SPELLINGS: dict[str, Spelling] = {
    **{name: lambda at: at.op.code for name in (
        "add", "subtract", "multiply", "divide", "pow", "negative", "positive", "matmul", "greater",
        "greater_equal", "less", "less_equal", "equal", "not_equal", "bitwise_and", "bitwise_or",
        "bitwise_xor", "invert",
    )},
    **{name: f"xp.{name}({{*}})" for name in (
        "square", "sqrt", "exp", "expm1", "log", "log2", "log10", "log1p", "sin", "cos", "tan",
        "sinh", "cosh", "tanh", "hypot", "logaddexp", "maximum", "minimum", "sign", "signbit",
        "floor", "ceil", "trunc", "logical_and", "logical_or", "logical_xor", "logical_not",
        "isfinite", "isinf", "isnan",
    )},
    **{f"arc{name}": f"xp.a{name}({{*}})" for name in (
        "sin", "cos", "tan", "tan2", "sinh", "cosh", "tanh",
    )},
    **{name: f"{name}(xp, {{*}})" for name in (
        "cbrt", "sinc", "fmax", "fmin", "erf", "sigmoid", "detached",
    )},
    **{name: _along(name) for name in (
        "sum", "mean", "prod", "max", "min", "all", "any", "argmax", "argmin",
    )},
    **dict.fromkeys(("reshape", "ravel", "squeeze", "expand_dims"), _reshape),
    **dict.fromkeys(("transpose", "swapaxes", "moveaxis"), _permute),
    # of each element
    "power": "{0} ** {1}", "float_power": "{0} ** {1}", "exp2": "2.0 ** {0}",
    "real": _of_complex("real", "{0}"), "conjugate": _of_complex("conj", "{0}"),
    "imag": _of_complex("imag", "xp.zeros_like({0})"),
    **dict.fromkeys(("fft", "ifft", "rfft", "irfft"), _transform),
    "floor_divide": _divided("quotient"), "remainder": _divided("rest"),
    "reciprocal": lambda at: "1 / {0}" if at.y.dtype.kind in "fc" else (
        "xp.where(xp.abs({0}) == 1, {0}, 0)"
    ), "absolute": "xp.abs({0})", "fabs": "xp.abs({0})",
    "rint": "xp.round({0})", "round": _round, "over": _over, "masked": "xp.where({1}, {0}, 0)",
    "deg2rad": f"{{0}} * {RADIANS}", "radians": f"{{0}} * {RADIANS}",
    "rad2deg": f"{{0}} * {DEGREES}", "degrees": f"{{0}} * {DEGREES}",
    "logaddexp2": f"xp.logaddexp({{0}} * {LN2}, {{1}} * {LN2}) / {LN2}",
    "where": _where, "clip": _clip, "copy": "xp.asarray({0}, copy=True)",
    "astype": lambda at: cast("{0}", at.x[0].dtype, at.y.dtype),
    # reductions, scans and products
    "amax": _along("max"), "amin": _along("min"), "var": _spread("var"), "std": _spread("std"),
    "count_nonzero": lambda at: f"xp.sum(xp.astype({{0}} != 0, xp.int64){_axes(at)})",
    "cumsum": _scan("cumulative_sum", None), "cumprod": _scan("cumulative_prod", None),
    "sort": _scan("sort", -1), "argsort": _scan("argsort", -1, stable=True), "norm": _norm,
    **dict.fromkeys(("dot", "inner", "tensordot"), _contraction), "outer": _outer,
    "vdot": "xp.vecdot(xp.reshape({0}, (-1,)), xp.reshape({1}, (-1,)))",
    "einsum": lambda at: f"einsum(xp, {at.params['subscripts']!r}, {{*}})",
    "vecdot": "xp.vecdot({0}, {1})", "matvec": "xp.matmul({0}, {1}[..., None])[..., 0]",
    "vecmat": "xp.matmul(xp.conj({0})[..., None, :], {1})[..., 0, :]",
    # linear algebra
    **{name: f"linalg(xp, {name!r}, {{*}})" for name in (
        "inv", "det", "solve", "svdvals",
    )},
    **{name: _of_triangle(name) for name in ("eigh", "eigvalsh")},
    **{name: f"{name}(xp, {{*}})" for name in ("cofactors", "second_cofactors", "slogdet")},
    "eig": "eig(xp, {0})", "pinv": _pinv, "lstsq": _lstsq,
    "cholesky": lambda at: f"cholesky(xp, {{0}}, {bool(at.params.get('upper'))})",
    "svd": lambda at: f"svd(xp, {{0}}, {at.params.get('full_matrices', True)})",
    "qr": lambda at: f"qr(xp, {{0}}, {at.params.get('mode', 'reduced')!r})",
    # shapes, and elements by their places
    "broadcast_to": lambda at: f"xp.broadcast_to({{0}}, {np.shape(at.y)})",
    "concatenate": lambda at: f"xp.concat(({{*}},), axis={at.params['axis']})",
    "stack": lambda at: f"xp.stack(({{*}},), axis={at.params['axis']})",
    "flip": lambda at: f"xp.flip({{0}}{at.options('axis')})", "roll": _roll,
    "tril": _triangle, "triu": _triangle,
    "getitem": positions.basic, "diagonal": positions.rearranged, "pad": positions.padded,
    "setitem": positions.replaced, "scatter": positions.scattered,
    "gather": positions.gathered, "place": positions.replaced_at,
    "scatter_at": positions.scattered_at,
    # losses
    "softmax_cross_entropy": _by_class("softmax_cross_entropy(xp, {0}, {1}"),
    "d_cross_entropy": _by_class("d_cross_entropy(xp, {0}, {1}, {2}"),
    "class_indices": "{0}",
}  # fmt: skip
"""What is not here is written out by its definition, which is NumPy."""
