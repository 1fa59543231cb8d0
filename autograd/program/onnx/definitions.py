"""What ONNX has no operator for, in NumPy of what it has: read as the program's own text is."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.base.errors import refusal
from autograd.rules.neural import log_softmax, softmax
from autograd.rules.products import SUMMED, as_einsum
from autograd.rules.reduce import shared


def _expm1(x: Any) -> Any:
    return (np.exp(x) + 1) * np.tanh(x / 2)


def _log1p(x: Any) -> Any:
    """Divide by what rounding made of x: Kahan; Goldberg, ACM Computing Surveys 23 (1991) 5."""
    y = 1 + x
    return np.where((y == 1) | (y == math.inf), x, np.log(y) * (x / np.where(y == 1, 1, y - 1)))


def _cosh(x: Any) -> Any:
    root = np.exp(np.abs(x) / 2)  # whose square may overflow where the half of it does not
    return root / 2 * root + 0.5 / root / root


def _arcsinh(x: Any) -> Any:
    size = np.abs(x)
    inverse = 1 / size  # the square of size may overflow
    return np.sign(x) * _log1p(size + size / (inverse + np.sqrt(1 + inverse * inverse)))


def _arctanh(x: Any) -> Any:
    size = np.abs(x)
    return np.sign(x) * _log1p(size / (1 - size) * 2) / 2


def _arctan2(b: Any, a: Any) -> Any:
    turned = np.where(b < 0, -math.pi, math.pi)
    return np.where(
        a == 0, np.sign(b) * (math.pi / 2),
        np.arctan(b / np.where(a == 0, 1, a)) + np.where(a < 0, turned, 0),
    )  # fmt: skip


def _logaddexp(a: Any, b: Any) -> Any:
    top = np.maximum(a, b)
    finite = np.where(np.isinf(top), 0, top)
    return finite + np.log(np.exp(a - finite) + np.exp(b - finite))


def _sinc(x: Any) -> Any:
    z = np.where(x == 0, 1, math.pi * x)
    return np.where(x == 0, 1, np.sin(z) / z)


def _variance(x: Any, axis: Any = None, ddof: float = 0, keepdims: bool = False) -> Any:
    squares = np.square(x - np.mean(x, axis=axis, keepdims=True))
    y = np.mean(squares, axis=axis, keepdims=keepdims)
    n = x.size / max(y.size, 1)
    return y * (n / (n - ddof) if n > ddof else math.inf) if ddof else y


def _norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    if isinstance(axis, tuple) and len(axis) == 2 and ord not in (None, "fro"):
        raise refusal(
            NotImplementedError,
            "norm of matrices cannot be written in ONNX",
            f"norm(ord={ord!r}) of shape {x.shape}",
            "ord=None (Frobenius), or a norm of vectors",
        )
    size = np.abs(x)
    if ord == math.inf:
        return np.max(size, axis=axis, keepdims=keepdims, initial=0)  # the norm of nothing
    if ord == -math.inf:
        return np.min(size, axis=axis, keepdims=keepdims)
    if ord == 0:
        return np.sum((x != 0) * 1.0, axis=axis, keepdims=keepdims)
    if ord in (None, 2, "fro"):  # the names of one norm
        return np.sqrt(np.sum(size * size, axis=axis, keepdims=keepdims))
    return np.sum(size**ord, axis=axis, keepdims=keepdims) ** (1 / ord)


def _contraction(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Write np.tensordot, np.dot or np.inner as the sum over indices that it is."""

    def product(a: Any, b: Any, **params: Any) -> Any:
        if fn is not np.tensordot and 0 in (np.ndim(a), np.ndim(b)):
            return a * b
        return np.einsum(as_einsum((a.ndim, b.ndim), *SUMMED[fn](a, b, **params)), a, b)

    return product


def _cross_entropy(x: Any, target: Any) -> Any:
    return -np.take_along_axis(log_softmax(x), target[:, None], 1)[:, 0]


def _error(x: Any, target: Any, g: Any) -> Any:
    classes = np.arange(x.shape[-1])
    return (softmax(x) - np.where(target[:, None] == classes, 1.0, 0.0)) * np.reshape(g, (-1, 1))


DEFINITIONS: dict[str, Callable[..., Any]] = {
    "square": lambda x: x * x,
    "expm1": _expm1, "log1p": _log1p, "tan": lambda x: np.sin(x) / np.cos(x),
    "sinh": lambda x: np.tanh(x) * _cosh(x), "cosh": _cosh,
    "arcsin": lambda x: np.arctan(x / np.sqrt((1 - x) * (1 + x))),
    "arccos": lambda x: 2 * np.arctan(np.sqrt((1 - x) / (1 + x))),
    "arcsinh": _arcsinh, "arctanh": _arctanh,
    "arccosh": lambda x: 2 * _arcsinh(np.sqrt((x - 1) / 2)),
    "exp2": lambda x: np.exp(x * math.log(2)), "log2": lambda x: np.log(x) / math.log(2),
    "log10": lambda x: np.log(x) / math.log(10),
    "cbrt": lambda x: np.sign(x) * np.abs(x) ** (1 / 3), "sinc": _sinc,
    **dict.fromkeys(("deg2rad", "radians"), lambda x: x * (math.pi / 180)),
    **dict.fromkeys(("rad2deg", "degrees"), lambda x: x * (180 / math.pi)),
    "hypot": lambda a, b: np.sqrt(a * a + b * b), "arctan2": _arctan2, "logaddexp": _logaddexp,
    "logaddexp2": lambda a, b: _logaddexp(a * math.log(2), b * math.log(2)) / math.log(2),
    "fmax": lambda a, b: np.where(np.isnan(a), b, np.where(np.isnan(b), a, np.maximum(a, b))),
    "fmin": lambda a, b: np.where(np.isnan(a), b, np.where(np.isnan(b), a, np.minimum(a, b))),
    "trunc": lambda x: np.where(x < 0, np.ceil(x), np.floor(x)),
    "round": lambda x, decimals=0: np.rint(x * 10.0**decimals) / 10.0**decimals,
    "isfinite": lambda x: ~(np.isnan(x) | np.isinf(x)), "signbit": lambda x: (x < 0) | (1 / x < 0),
    "over": lambda g, d: np.where(g == 0, 0, g / np.where((g == 0) & ~(abs(d) > 0), 1, d)),
    "masked": lambda g, keep: np.where(keep, g, 0),
    "share_out": lambda g, y, x, axis=None: shared(g, (x == y) | np.isnan(x), axis),
    "order": lambda x, y, axis: np.argsort(x, axis=axis, stable=True),
    "count_nonzero": lambda x, axis=None, keepdims=False: np.sum(
        x != 0, axis=axis, keepdims=keepdims
    ),
    "var": _variance, "std": lambda x, **given: np.sqrt(_variance(x, **given)), "norm": _norm,
    **{fn.__name__: _contraction(fn) for fn in SUMMED},
    "vdot": lambda a, b: np.sum(np.ravel(a) * np.ravel(b)),
    "outer": lambda a, b: np.reshape(a, (-1, 1)) * np.reshape(b, (1, -1)),
    "vecdot": lambda a, b: np.sum(a * b, axis=-1),
    "matvec": lambda a, b: np.squeeze(a @ b[..., None], axis=-1),
    "vecmat": lambda a, b: np.squeeze(a[..., None, :] @ b, axis=-2),
    "softmax_cross_entropy": _cross_entropy, "d_cross_entropy": _error,
}  # fmt: skip
"""The definitions, by the names of the rows. Their dtypes are cast to the rows' own."""
