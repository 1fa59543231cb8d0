"""Batching: how each row computes a whole batch in one call.

A rule ``(run, xs, mapped, **params)`` returns the results of all rows of the batch along axis 0.
``xs`` are the arguments: where ``mapped`` says so they hold one value per row of the batch, along
axis 0, the others hold for all rows. ``run`` is the operation itself; parameters are as for one
row of the batch. What a rule does not care for it leaves: NotImplemented, and the rows are computed
one after the other, as they are for operations without a rule.

Elementwise operations share one rule, `elementwise`; the others are in the table below.
"""

import math
import operator

import numpy as np

from autograd.primitive import PRIMITIVES, fused_op
from autograd.rules import (
    batch_parts,
    batch_products,
    batch_statistics,
    interpolation,
    polynomials,
    quantiles,
    statistics,
)
from autograd.rules.batch_axes import all_mapped, alone, behind, flat, lined_up
from autograd.rules.copies import tiling
from autograd.rules.cross_entropy import d_cross_entropy, softmax_cross_entropy
from autograd.rules.fft import TRANSFORMS
from autograd.rules.neural import (
    linear,
    log_softmax,
    logsumexp,
    softmax,
)
from autograd.rules.products import SUMMED
from autograd.rules.reduce import but_one, onwards, order, share_out
from autograd.rules.shape import (
    astype,
    gather,
    pad_constant,
    place,
    scatter,
    scatter_at,
    setitem,
    widths,
)
from autograd.rules.ufuncs import running_max, running_min


# ── reductions, and functions along an axis ───────────────────────────────────────────────────
@alone
def reduction(run, x, axis=None, **params):
    every = range(x.ndim - 1)
    return run(x, axis=behind(every if axis is None else axis, x.ndim - 1), **params)


def along(default):
    """Write the rule of a function that takes None for all elements in one row."""

    @alone
    def rule(run, x, axis=default, **params):
        if axis is not None:
            return run(x, axis=behind(axis, x.ndim - 1), **params)
        y = run(flat(x), axis=1, **params)
        return np.reshape(y, (len(y),) + (1,) * (x.ndim - 1)) if params.get("keepdims") else y

    return rule


@alone
def norm(run, x, **params):
    if "ord" in params and "axis" not in params and x.ndim != 2:
        return NotImplemented  # NumPy's error: neither of vectors nor of matrices
    return along(None)(run, [x], [True], **params)


@alone
def roll(run, x, shift, axis=None):
    if axis is None:
        return np.reshape(run(flat(x), shift=shift, axis=1), x.shape)
    return run(x, shift=shift, axis=behind(axis, x.ndim - 1))


@alone
def tile(run, x, reps):
    reps, shape = tiling(x.shape[1:], reps)
    return run(np.reshape(x, (len(x), *shape)), reps=(1, *reps))


# ── the same elements in another shape ────────────────────────────────────────────────────────
@alone
def same(run, x, **params):
    return run(x, **params)


@alone
def reshape(run, x, shape=-1, order="C"):
    shape = list(shape) if np.iterable(shape) else [shape]
    if -1 in shape:
        known = -math.prod(shape)
        shape[shape.index(-1)] = math.prod(x.shape[1:]) // known if known else 0
    if order == "F":  # the other way round, forwards
        turned = np.reshape(upside_down(x), (len(x), *shape[::-1]))
        return upside_down(turned)
    return np.reshape(x, (len(x), *shape))


def upside_down(x):
    return np.transpose(x, (0, *range(x.ndim - 1, 0, -1)))


@alone
def transpose(run, x, axes=None):
    return upside_down(x) if axes is None else run(x, axes=(0, *behind(axes, x.ndim - 1)))


@alone
def squeeze(run, x, axis=None):
    ones = [i for i, n in enumerate(x.shape[1:]) if n == 1]
    return run(x, axis=behind(ones if axis is None else axis, x.ndim - 1))


@alone
def expand_dims(run, x, axis):
    return run(x, axis=behind(axis, x.ndim - 1 + np.size(axis)))


def with_axes(*names, **defaults):
    """Write the rule of a function whose parameters of these names are axes."""

    @alone
    def rule(run, x, **params):
        params = {**defaults, **params}
        return run(x, **{k: behind(v, x.ndim - 1) if k in names else v for k, v in params.items()})

    return rule


@alone
def broadcast_to(run, x, shape):
    shape = tuple(shape) if np.iterable(shape) else (shape,)
    return run(lined_up(x, len(shape)), shape=(len(x), *shape))


@alone
def triangle(run, x, k=0):
    return run(x, k=k) if x.ndim > 2 else NotImplemented


@alone
def pad(run, x, pad_width, constant_values=0):
    if np.ndim(constant_values):
        constant_values = [(0, 0), *np.broadcast_to(constant_values, (x.ndim - 1, 2))]
    return run(
        x, pad_width=[(0, 0), *widths(pad_width, x.ndim - 1)], constant_values=constant_values
    )


def concatenate(run, xs, mapped, axis=0):
    xs = all_mapped(xs, mapped)
    if axis is None:
        return run(*map(flat, xs), axis=1)
    return run(*xs, axis=behind(axis, xs[0].ndim - 1))


def stack(run, xs, mapped, axis=0):
    xs = all_mapped(xs, mapped)
    return run(*xs, axis=behind(axis, xs[0].ndim))


# ── layers and losses ─────────────────────────────────────────────────────────────────────────
def rows_first(run, xs, mapped):
    """Join the rows of the batch with the rows that the function is of."""
    xs = all_mapped(xs, mapped)
    if any(x.ndim < 2 for x in xs):
        return NotImplemented
    size, n = xs[0].shape[:2]
    y = run(*[np.reshape(x, (size * n, *x.shape[2:])) for x in xs])
    return np.reshape(y, (size, n, *y.shape[1:]))


def beside(run, xs, mapped, **axis):
    """Do what works along one axis of several arrays of as many axes."""
    return run(*all_mapped(xs, mapped), **{k: v + 1 for k, v in axis.items()})


def behind_all(run, xs, mapped, **params):
    """Do what is about the last axes of several arrays of as many axes."""
    return run(*all_mapped(xs, mapped), **params)


def among(run, xs, mapped, axis=None):
    """Reduce the last array together with those that broadcast to its shape."""
    xs = all_mapped(xs, mapped)
    n = xs[-1].ndim - 1
    xs = [np.reshape(v, (len(v), *[1] * (n + 1 - v.ndim), *v.shape[1:])) for v in xs]
    return run(*xs, axis=behind(range(n) if axis is None else np.atleast_1d(axis), n))


BATCHING = {
    **dict.fromkeys(
        (np.sum, np.mean, np.prod, np.var, np.std, np.max, np.min, np.amax, np.amin, np.all,
         np.any, np.count_nonzero, logsumexp), reduction,
    ),
    **dict.fromkeys((np.argmax, np.argmin, np.cumsum, np.cumprod), along(None)),
    np.linalg.norm: norm,
    **dict.fromkeys((np.sort, np.argsort, softmax, log_softmax), along(-1)),
    **dict.fromkeys((running_max, running_min), along(0)),
    **dict.fromkeys((np.copy, astype), same),
    **dict.fromkeys(TRANSFORMS, with_axes("axis", axis=-1)),
    np.roll: roll,
    np.repeat: along(None),
    np.tile: tile,
    np.reshape: reshape,
    np.ravel: reshape,
    np.squeeze: squeeze,
    np.expand_dims: expand_dims,
    np.transpose: transpose,
    np.swapaxes: with_axes("axis1", "axis2"),
    np.moveaxis: with_axes("source", "destination"),
    np.flip: reduction,
    **dict.fromkeys((np.diagonal, np.trace), with_axes("axis1", "axis2", axis1=0, axis2=1)),
    np.concatenate: concatenate,
    np.stack: stack,
    np.broadcast_to: broadcast_to,
    np.tril: triangle,
    np.triu: triangle,
    pad_constant: pad,
    operator.getitem: batch_parts.getitem,
    scatter: batch_parts.scatter,
    setitem: batch_parts.setitem,
    gather: batch_parts.gather,
    place: batch_parts.place,
    scatter_at: batch_parts.scatter_at,
    np.matmul: batch_products.matmul,
    **{fn: batch_products.product(axes) for fn, axes in SUMMED.items()},
    np.vdot: batch_products.vdot,
    np.outer: batch_products.outer,
    np.einsum: batch_products.einsum,
    linear: batch_products.linear,
    softmax_cross_entropy: rows_first,
    **dict.fromkeys(
        (np.nansum, np.nanprod, np.nanmean, np.nanvar, np.nanstd, np.nanmax, np.nanmin), reduction,
    ),
    **dict.fromkeys((np.nancumsum, np.nancumprod, np.nanargmax, np.nanargmin), along(None)),
    **dict.fromkeys((np.partition, np.argpartition), along(-1)),
    **dict.fromkeys((quantiles.of_median, quantiles.of_nanmedian), same),
    **dict.fromkeys(
        (quantiles.of_quantile, quantiles.of_nanquantile, quantiles.of_weighted,
         quantiles.of_nanweighted), batch_statistics.quantiles,
    ),
    interpolation.lines: batch_statistics.lines,
    statistics.sums_in_bins: batch_statistics.sums(statistics.line),
    statistics.sums_in_boxes: batch_statistics.sums(statistics.box, float),
    np.histogram_bin_edges: batch_statistics.edges,
    np.bincount: batch_statistics.bincount,
    np.convolve: batch_statistics.convolve,
    np.digitize: batch_statistics.digitize,
    np.searchsorted: batch_statistics.searchsorted,
    **dict.fromkeys((np.diff, np.unwrap), with_axes("axis", axis=-1)),
    polynomials.vander: batch_statistics.vander,
}  # fmt: skip
for _fn, _rule in BATCHING.items():
    PRIMITIVES[_fn].batch = _rule
fused_op(d_cross_entropy).batch = rows_first
fused_op(share_out).batch = among
fused_op(order).batch = beside
for _part in (but_one, onwards, quantiles.sent_to_equals):
    fused_op(_part).batch = behind_all
