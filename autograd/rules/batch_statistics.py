"""Batching rules of statistics and interpolation, where NumPy's function takes one row only."""

import math
from typing import Any

import numpy as np

from autograd.rules.batch_axes import (
    all_mapped,
    alone,
    everywhere,
    flat,
    lined_up,
    row,
    size_of,
)
from autograd.rules.elementwise import masked
from autograd.rules.masking import cast
from autograd.rules.shape import pad_constant
from autograd.rules.statistics import bins_of


def quantiles(run, xs, mapped, **params):
    """Put the rows first again: NumPy puts the axes of q there.

    Where each row has a q of its own, it is one of the quantiles of all rows for all q.
    """
    x, q, *weights = xs
    if not size_of(xs, mapped):
        return NotImplemented  # NumPy's result has other axes, or there is none
    if mapped[1] and q.ndim == 3:  # as many axes of q as NumPy takes, and the rows' before them
        y = quantiles(run, [x, flat(q), *weights], mapped, **params)
        return np.reshape(y, (*q.shape, *y.shape[2:]))
    of_rows, depth = mapped[0] or any(mapped[2:]), np.ndim(q) - mapped[1]
    if weights and of_rows:
        x, *weights = all_mapped([x, *weights], [mapped[0], mapped[2]])
    y = run(x, q, *weights, **params)
    if of_rows and mapped[1]:
        return np.moveaxis(np.diagonal(y, axis1=0, axis2=1 + depth), -1, 0)
    return np.moveaxis(y, depth, 0) if of_rows else y


def searchsorted(run, xs, mapped, side="left", **sorter):
    a, v = xs
    if not mapped[0]:
        return run(a, v, side=side, **sorter)
    if sorter:
        return NotImplemented
    a = lined_up(a, np.ndim(v) - mapped[1] + 1)
    v = np.expand_dims(v, -1)
    before = (a < v) | ((v != v) & (a == a)) if side == "left" else (a <= v) | (v != v)
    return np.sum(before, axis=-1)  # nan is behind all numbers


def digitize(run, xs, mapped, **params):
    return NotImplemented if mapped[1] else run(*xs, **params)


def lines(run, xs, mapped):
    """Find the segments by counting the points before x, where rows have their own points."""
    if not any(mapped[1:]):
        return run(*xs)
    x, xp, fp = (cast(v, np.result_type(v.dtype, float)) for v in all_mapped(xs, mapped))
    shape, x = x.shape, flat(x)
    last = xp.shape[1] - 1
    left = np.sum(np.expand_dims(xp, 1) <= np.expand_dims(x, 2), axis=-1) - 1
    left = np.clip(left, 0, max(last - 1, 0))
    right = np.minimum(left + 1, last)
    (x0, f0), (x1, f1) = (
        [np.take_along_axis(v, places, axis=1) for v in (xp, fp)] for places in (left, right)
    )
    with np.errstate(invalid="ignore"):  # next to inf, as NumPy's function
        slope = (f1 - f0) / np.where(x1 == x0, 1, x1 - x0)
        y = slope * (x - x0) + f0
        back = (y != y) & (x != x0)  # which then comes from the right, where that tells more
        y = slope * (x - np.where(back, x1, x0)) + np.where(back, f1, f0)
    level = (f0 == f1) & ((x == x) | (last == 0))  # one point says the same of nan
    y = np.where((y != y) & ((x == x0) | level), f0, y)
    y = np.where(x < xp[:, :1], fp[:, :1], np.where(x >= xp[:, -1:], fp[:, -1:], y))
    return np.reshape(y, shape)


def convolve(run, xs, mapped, mode="full"):
    """Add up the shifted multiples of the longer one."""
    order = sorted(range(2), key=lambda i: row(xs[i], mapped[i]))
    short, long = (xs[i] if mapped[i] else np.expand_dims(xs[i], 0) for i in order)
    m, n = short.shape[1], long.shape[1]
    y: Any = sum(
        pad_constant(long * short[:, k : k + 1], pad_width=((0, 0), (k, m - 1 - k)))
        for k in range(m)
    )
    start = {"full": 0, "same": (m - 1) // 2, "valid": m - 1}[mode]
    size = {"full": n + m - 1, "same": n, "valid": n - m + 1}[mode]
    return y[:, start : start + size]


@alone
def vander(run, x, N=None, increasing=False):  # NumPy's name
    columns = x.shape[1] if N is None else N
    y = run(np.ravel(x), N=columns, increasing=increasing)
    return np.reshape(y, (*x.shape, columns))


@alone
def edges(run, x, bins, range=None):
    if np.ndim(bins) or range is not None or isinstance(bins, str) or not x.size:
        return NotImplemented
    x = flat(x)
    first, last = np.min(x, axis=1), np.max(x, axis=1)
    alike = first == last
    first, last = np.where(alike, first - 0.5, first), np.where(alike, last + 0.5, last)
    return np.linspace(first, last, bins + 1, axis=-1)


def bincount(run, xs, mapped, minlength=0):
    size = len(xs[0] if mapped[0] else xs[1])
    xs = [everywhere(x, m, size) for x, m in zip(xs, mapped, strict=True)]
    known = size and not hasattr(xs[0], "tape")
    if not (known and np.all((xs[0] >= 0) & (xs[0] < minlength))):
        return NotImplemented  # as many counts as the row's own numbers say
    return counts(run, xs, minlength)


def counts(run, xs, bins):
    """Count in one array for all rows, which lie in it one behind the other."""
    size = len(xs[-1])
    starts = np.reshape(np.arange(size), (-1, 1)) * bins
    y = run(*map(np.ravel, (xs[0] + starts, *xs[1:])), minlength=size * bins)
    return np.reshape(y, (size, bins))


def sums(parts, dtype=None):
    """Write the rule of sums of weights, of points that are the same for all rows."""

    def rule(run, xs, mapped, bins, range):
        if mapped[0] or xs[1].dtype.kind == "c":
            return NotImplemented
        columns, edges = parts(xs[0], bins, range)
        inside, index = bins_of(columns, edges)
        sizes, place = [len(e) - 1 for e in edges], 0
        for size, i in zip(sizes, index, strict=True):
            place = place * size + i
        weights = masked(xs[1], inside)
        y = counts(np.bincount, [np.ravel(place), flat(weights)], math.prod(sizes))
        return cast(np.reshape(y, (len(y), *sizes)), dtype or weights.dtype)

    return rule
