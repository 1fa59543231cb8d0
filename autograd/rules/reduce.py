"""Derivatives of reductions and scans.

A reduction's gradient is spread back over the axes that it removed (`spread`).
"""

import functools
import math

import numpy as np

from autograd.base.blocks import LARGE
from autograd.primitive import composite, fused, primitive
from autograd.rules.elementwise import spare
from autograd.rules.shape import Slot, add_up, astype, cut, inverse, on_axis, scatter_at


def expand(v, x, axis, keepdims):
    """Give a reduced value back the axes that it lost, so that it broadcasts with x.

    A number has none, though NumPy takes ``axis=0`` of one.
    """
    return v if keepdims or axis is None or x.ndim == 0 else np.expand_dims(v, axis)


def spread(g, x, axis, keepdims):
    """Repeat g along the axes that were reduced: a copy where that is quicker than a view."""
    g = expand(g, x, axis, keepdims) if g.ndim else g  # a number broadcasts as it is
    plain = type(x) is np.ndarray and isinstance(g, (np.ndarray, np.generic))
    if not plain or x.size >= LARGE:
        return np.broadcast_to(g, x.shape)
    out = np.empty(x.shape, g.dtype)
    out[...] = g
    return out


def average(x, axis=None, keepdims=False):
    """Compute np.mean, without its checks of arguments."""
    if x.dtype.kind != "f" or x.itemsize < 4 or not x.size:  # NumPy's care for these
        return np.mean(x, axis=axis, keepdims=keepdims)
    return add_up(x, axis, keepdims) / count(x, axis)


def count(x, axis):
    """Return how many elements one result is made of."""
    if axis is None:
        return x.size
    axes = axis if isinstance(axis, tuple) else (axis,)
    return math.prod(x.shape[a] for a in axes)


def d_prod(g, y, x, axis=None, keepdims=False):
    """Multiply all the others."""
    if axis is None or x.ndim == 0:
        return (g * but_one(y.reshape(1), x.reshape(-1))).reshape(x.shape)
    if isinstance(axis, tuple):
        axes = sorted(a % x.ndim for a in axis)
        kept = [a for a in range(x.ndim) if a not in axes]
        last = np.transpose(x, (*kept, *axes))
        flat = np.reshape(last, (*(x.shape[a] for a in kept), count(x, tuple(axes))))
        g, y = (np.reshape(v, (*flat.shape[:-1], 1)) for v in (g, y))
        return np.transpose(np.reshape(g * but_one(y, flat), last.shape), inverse((*kept, *axes)))
    g, y = expand(g, x, axis, keepdims), np.moveaxis(expand(y, x, axis, keepdims), axis, -1)
    return g * np.moveaxis(but_one(y, np.moveaxis(x, axis, -1)), -1, axis)


@fused
def but_one(y, x):
    """Return for each element the product of the others along the last axis; that of all is y.

    It is ``y / x``, except with zeros, or where y has underflowed or overflowed.
    """
    plain = telling(y, x)
    if plain is True:
        return y / x
    return np.where(plain, y / np.where(plain, x, 1), others(x))


def telling(y, x):
    """Tell where products along the last axis can be divided by the factors; True: everywhere."""
    size, tiny = abs(y), np.finfo(x.dtype).tiny
    if isinstance(size, np.ndarray) and size.size and size.min() >= tiny and size.max() < np.inf:
        return True
    return np.all((size >= tiny) & (size < np.inf), axis=-1, keepdims=True)


def others(x):
    """Return for each element the product of the others along the last axis."""
    one = np.ones_like(x[..., :1])
    left = np.cumprod(np.concatenate((one, x[..., :-1]), axis=-1), axis=-1)
    right = np.cumprod(np.concatenate((one, x[..., :0:-1]), axis=-1), axis=-1)
    return left * right[..., ::-1]


def d_cumsum(g, y, x, axis=None):
    if axis is None:
        return np.reshape(np.flip(np.cumsum(np.flip(g))), x.shape)
    return np.flip(np.cumsum(np.flip(g, axis), axis=axis), axis)


def d_cumprod(g, y, x, axis=None):
    """Sum over j >= i of ``g[j] * prod(x[:j+1] without x[i])``."""
    if axis is None or x.ndim == 0:
        return np.reshape(d_cumprod(g, y, np.reshape(x, -1), axis=0), x.shape)
    return np.moveaxis(onwards(*(np.moveaxis(v, axis, -1) for v in (g, y, x))), -1, axis)


def cumprod_on_paper(g, y, x, axis=None):
    return d_cumsum(g * y, y, x, axis) / x


@fused
def onwards(g, y, x):
    """Compute `d_cumprod` along the last axis: by ``y / x`` as in `but_one`."""
    plain = telling(y, x)
    if plain is True:
        return d_cumsum(g * y, y, x, -1) / x
    before = np.concatenate((np.ones_like(x[..., :1]), np.cumprod(x[..., :-1], axis=-1)), axis=-1)
    exact = before * linear_recurrence(g, x[..., 1:])
    return np.where(plain, d_cumsum(g * y, y, x, -1) / np.where(plain, x, 1), exact)


def linear_recurrence(g, factor):
    """Solve ``r[i] = g[i] + factor[i] * r[i+1]`` along the last axis, in log2(n) steps.

    By doubling (Hillis and Steele, "Data parallel algorithms", 1986).
    """
    n = g.shape[-1]
    r, step = g, 1
    factor = np.concatenate((factor, np.zeros_like(g[..., : min(n, 1)])), axis=-1)
    while step < n:
        beyond = np.zeros_like(g[..., :step])
        r = r + factor * np.concatenate((r[..., step:], beyond), axis=-1)
        factor = factor * np.concatenate((factor[..., step:], beyond), axis=-1)
        step *= 2
    return r


def shared(g, winners, axis):
    ties = np.count_nonzero(winners, axis=axis, keepdims=axis is not None)
    part = g / (ties if isinstance(ties, int) else astype(ties, dtype=g.dtype))
    if isinstance(part, (np.ndarray, np.generic)):  # only a few win
        sent = np.zeros(winners.shape, part.dtype)
        np.copyto(sent, part, where=winners)
        return sent
    return np.where(winners, part, 0)


def d_extreme(g, y, x, axis=None, keepdims=False):
    return share_out(expand(g, x, axis, keepdims), expand(y, x, axis, keepdims), x, axis=axis)


def share_out_(g, y, x, axis=None):
    """Share the gradient evenly among the elements of x that are y; a nan that won gets it."""
    winners = (x == y) | (x != x)
    ties = np.sum(winners, axis=axis, dtype=g.dtype, keepdims=True)
    return np.where(winners, g / ties, 0)


@fused
@functools.wraps(share_out_)  # which is printed
def share_out(g, y, x, axis=None):
    plain = isinstance(y, (np.ndarray, np.generic)) and (y == y).all()
    return shared(g, x == y if plain else (x == y) | (x != x), axis)


def centred(x, axis):
    mean = average if isinstance(x, np.ndarray) else np.mean
    return x - mean(x, axis=axis, keepdims=True)


def d_var(g, y, x, axis=None, ddof=0, keepdims=False):
    return 2 * expand(g, x, axis, keepdims) * centred(x, axis).conjugate() / (count(x, axis) - ddof)


def d_std(g, y, x, axis=None, ddof=0, keepdims=False):
    y, g = expand(y, x, axis, keepdims), expand(g, x, axis, keepdims)
    size = count(x, axis) - ddof
    return np.where(y == 0, 0, g * centred(x, axis).conjugate() / np.where(y == 0, 1, y * size))


def d_sort(g, y, x, axis=-1):
    if axis is None:
        return np.reshape(d_sort(g, y, np.reshape(x, -1)), x.shape)
    axis %= x.ndim
    grid = (
        on_axis(np.arange(n), a, x.ndim) if a != axis else Slot(0) for a, n in enumerate(x.shape)
    )
    return scatter_at(g, order(x, y, axis=axis), index=tuple(grid), shape=x.shape)


@fused
def order(x, y, axis):
    """Return ``argsort(x, stable=True)``; y is x in order: without ties, all ways are stable."""
    rising = isinstance(y, np.ndarray) and y[cut(axis, 1, None)] > y[cut(axis, None, -1)]
    return np.argsort(x, axis=axis, stable=not np.all(rising))


def d_partition(g, y, x, kth, axis=-1):
    """Sort what arrives as y would be sorted, which is as x is."""
    if axis is None:
        return np.reshape(d_partition(g, y, np.reshape(x, -1), kth), x.shape)
    return d_sort(np.take_along_axis(g, np.argsort(y, axis=axis, stable=True), axis), y, x, axis)


def d_norm(g, y, x, ord=None, axis=None, keepdims=False):
    """Point along x: 0 at 0, the smallest of the subgradients there."""
    g, y = expand(g, x, axis, keepdims), expand(y, x, axis, keepdims)
    matrix = isinstance(axis, tuple) and len(axis) == 2
    if ord is None or (ord == 2 and not matrix):
        return g * x.conjugate() / spare(y, y == 0, np.inf)
    if matrix:
        return d_matrix_norm(g, x, ord, axis)
    size, direction = np.abs(x), np.sign(x).conjugate()
    if ord == 0:
        return np.zeros_like(x)
    if ord == 1:
        return g * direction
    if ord in (np.inf, -np.inf):
        return shared(g, size == y, axis) * direction
    none = (size == 0) | (y == 0)
    ratio = np.where(none, 0, np.where(none, 1, size) / np.where(y == 0, 1, y))
    used = np.where(ratio == 0, 1, ratio) ** (ord - 1)
    return g * direction * np.where(ratio == 0, 0, used)


def norm_on_paper(g, y, x, ord=None, axis=None, keepdims=False):
    if ord is not None:
        return d_norm(g, y, x, ord, axis, keepdims)
    return expand(g, x, axis, keepdims) * x.conjugate() / expand(y, x, axis, keepdims)


def d_matrix_norm(g, x, ord, axis):
    """Follow the largest or smallest sum, or singular value; all of them for the nuclear norm."""
    if not x.size:
        return x
    largest = np.max if ord in (1, 2, np.inf) else np.min
    if ord in (1, -1, np.inf, -np.inf):
        summed, others = axis if abs(ord) == 1 else axis[::-1]
        sums = np.sum(np.abs(x), axis=summed, keepdims=True)
        wins = sums == largest(sums, axis=others, keepdims=True)
        return shared(g, wins, others) * np.sign(x).conjugate()
    u, s, vh = np.linalg.svd(np.moveaxis(x, axis, (-2, -1)), full_matrices=False)
    g = np.moveaxis(g, axis, (-2, -1))[..., 0]
    if ord != "nuc":
        g = shared(g, s == largest(s, axis=-1, keepdims=True), -1)
    g = g * np.sign(s)
    return np.moveaxis((u.conjugate() * g[..., None, :]) @ vh.conjugate(), (-2, -1), axis)


def bind_norm(x, ord=None, axis=None, keepdims=False):
    """Say Frobenius' norm in one way, and of which axes the norm of a matrix is."""
    if ord is not None and (np.ndim(x) if axis is None else np.size(axis)) == 2:
        ord = None if ord in ("fro", "f") else ord
        axis = (0, 1) if axis is None and ord is not None else axis
    given = {"ord": ord, "axis": axis, "keepdims": keepdims}
    return (x,), {name: v for name, v in given.items() if v is not None and v is not False}


def d_trace(g, y, x, offset=0, axis1=0, axis2=1):
    g = g[..., None, None] if g.ndim else g
    g = np.where(np.eye(x.shape[axis1], x.shape[axis2], offset, bool), g, 0)
    last = x.ndim == 2 and axis1 % 2 < axis2 % 2
    return g if last else np.moveaxis(g, (-2, -1), (axis1, axis2))


def trace_on_paper(g, y, x, offset=0, axis1=0, axis2=1):
    if (x.ndim, axis1, axis2) != (2, 0, 1):
        return d_trace(g, y, x, offset, axis1, axis2)
    return g * np.eye(x.shape[0], x.shape[1], offset)


def trace(x, offset=0, axis1=0, axis2=1):
    return np.sum(np.diagonal(x, offset, axis1, axis2), axis=-1)


# fmt: off
primitive(np.sum,         lambda g, y, x, axis=None, keepdims=False: spread(g, x, axis, keepdims), call=add_up,             tex=r"\sum {0}",             symbol="Σ")
primitive(np.mean,        lambda g, y, x, axis=None, keepdims=False: spread(g / max(count(x, axis), 1), x, axis, keepdims), call=average, tex=r"\overline{{{0}}}",     symbol="mean")
primitive(np.prod,        d_prod,                                                                                           tex=r"\prod {0}",            symbol="∏")
primitive(np.var,         d_var,                                                                                            tex=r"\operatorname{{Var}}\left({0}\right)")
primitive(np.std,         d_std,                                                                                            tex=r"\operatorname{{Std}}\left({0}\right)")
primitive(np.max,         d_extreme,                                                                                        tex=r"\max\left({0}\right)")
primitive(np.min,         d_extreme,                                                                                        tex=r"\min\left({0}\right)")
primitive(np.amax,        d_extreme,                                                                                        tex=r"\max\left({0}\right)", symbol="max")
primitive(np.amin,        d_extreme,                                                                                        tex=r"\min\left({0}\right)", symbol="min")
primitive(np.trace,       d_trace,                                                                                          tex=r"\operatorname{{tr}}\left({0}\right)", symbol="tr", definition=trace, paper=(trace_on_paper,))
primitive(np.linalg.norm, d_norm,                                                                                           tex=r"\left\| {0} \right\|", symbol="‖x‖", bind=bind_norm, code="np.linalg.norm({0})", paper=(norm_on_paper,))
primitive(np.cumsum,      d_cumsum)
primitive(np.cumprod,     d_cumprod,                                                                                        paper=(cumprod_on_paper,))
primitive(np.sort,        d_sort)
primitive(np.partition,   d_partition)

# ── recorded without a derivative ─────────────────────────────────────────────────────────────
primitive(np.all,           None, tex=r"\bigwedge {0}")
primitive(np.any,           None, tex=r"\bigvee {0}")
primitive(np.argmax,        None, tex=r"\arg\max\left({0}\right)")
primitive(np.argmin,        None, tex=r"\arg\min\left({0}\right)")
primitive(np.argsort,       None)
primitive(np.argpartition,  None)
primitive(np.count_nonzero, None, call=lambda x, axis=None, keepdims=False: np.intp(np.count_nonzero(x, axis, keepdims=keepdims)), tex=r"\left|\left\{{ i : {0}_i \neq 0 \right\}}\right|", symbol="count")
# fmt: on


@composite(np.ptp)
def ptp(x, axis=None, keepdims=False):
    return np.max(x, axis=axis, keepdims=keepdims) - np.min(x, axis=axis, keepdims=keepdims)
