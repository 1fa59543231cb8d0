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
import string
from typing import NamedTuple

import numpy as np

from autograd.primitive import PRIMITIVES, fused_op
from autograd.rules import batch_statistics, interpolation, polynomials, quantiles, statistics
from autograd.rules.batch_axes import all_mapped, alone, behind, elementwise, flat, lined_up, row
from autograd.rules.batch_parts import (
    gather_batch,
    getitem_batch,
    place_batch,
    scatter_at_batch,
    scatter_batch,
    setitem_batch,
)
from autograd.rules.copies import tiling
from autograd.rules.fft import TRANSFORMS
from autograd.rules.neural import (
    d_cross_entropy,
    linear,
    log_softmax,
    logsumexp,
    softmax,
    softmax_cross_entropy,
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


# ── products ──────────────────────────────────────────────────────────────────────────────────
def contract(xs, mapped, axes):
    """Sum over axes of rows of a and b, as one product of matrices where it can be."""
    a, b = xs
    shape_a, shape_b = row(a, mapped[0]), row(b, mapped[1])
    of_a, of_b = axes
    if [shape_a[i] for i in of_a] != [shape_b[i] for i in of_b]:
        return NotImplemented  # NumPy's error, of one row
    free_a = [i for i in range(len(shape_a)) if i not in of_a]
    free_b = [i for i in range(len(shape_b)) if i not in of_b]
    rows, columns = ([s[i] for i in free] for s, free in ((shape_a, free_a), (shape_b, free_b)))
    inner = math.prod(shape_a[i] for i in of_a)
    a = matrices(a, mapped[0], free_a, of_a, (math.prod(rows), inner))
    if mapped[1] and not mapped[0] and not columns:  # one product: (b aᵀ) of all rows
        b = matrices(b, True, of_b, [], (inner,))
        return np.reshape(b @ a.T, (len(b), *rows))
    b = matrices(b, mapped[1], of_b, free_b, (inner, math.prod(columns)))
    if mapped[0] and not mapped[1]:
        size = len(a)
        y = np.reshape(a, (size * math.prod(rows), inner)) @ b
        return np.reshape(y, (size, *rows, *columns))
    y = a @ b
    return np.reshape(y, (len(y), *rows, *columns))


def matrices(x, is_mapped, first, second, shape):
    order = [*first, *second]
    if order != sorted(order):
        x = np.transpose(x, (0, *behind(order, x.ndim - 1)) if is_mapped else order)
    return np.reshape(x, (len(x), *shape) if is_mapped else shape)


def product(axes):
    """Write the rule of a product that sums over ``axes(a, b)`` of rows of a and b."""

    def rule(run, xs, mapped, **params):
        a, b = (Rank(len(row(x, m))) for x, m in zip(xs, mapped, strict=True))
        if not (a.ndim and b.ndim):
            return elementwise(np.multiply, xs, mapped)
        return contract(xs, mapped, axes(a, b, **params))

    return rule


class Rank(NamedTuple):
    ndim: int


def matmul(run, xs, mapped):
    ranks = [len(row(x, m)) for x, m in zip(xs, mapped, strict=True)]
    if 0 in ranks:
        return NotImplemented
    if max(ranks) <= 2:
        return contract(xs, mapped, SUMMED[np.dot](*map(Rank, ranks)))
    a, b = xs
    a = np.expand_dims(a, -2) if ranks[0] == 1 else a
    b = np.expand_dims(b, -1) if ranks[1] == 1 else b
    y = elementwise(np.matmul, (a, b), mapped)
    return np.squeeze(y, tuple(-2 + i for i, rank in enumerate(ranks) if rank == 1))


def flattened(rule):
    """Write the rule of a product of the elements of a and b, whatever their shapes."""

    def of_elements(run, xs, mapped, **params):
        if any(x.dtype.kind == "c" for x in xs):
            return NotImplemented  # np.vdot conjugates
        pairs = zip(xs, mapped, strict=True)
        return rule(run, [flat(x) if m else np.ravel(x) for x, m in pairs], mapped, **params)

    return of_elements


def einsum(run, xs, mapped, subscripts, **options):
    letter = next(c for c in string.ascii_letters if c not in subscripts)
    inputs, output = subscripts.split("->")
    pairs = zip(inputs.split(","), mapped, strict=True)
    inputs = ",".join(letter + term if m else term for term, m in pairs)
    return run(*xs, subscripts=f"{inputs}->{letter}{output}", **options)


# ── layers and losses ─────────────────────────────────────────────────────────────────────────
def linear_batch(run, xs, mapped):
    if not any(mapped[1:]):
        return run(*xs)
    x, w, *bias = xs
    if any(mapped[:2]):
        y = matmul(np.matmul, (x, np.swapaxes(w, -1, -2)), mapped[:2])
    else:
        y = x @ np.swapaxes(w, -1, -2)
    return elementwise(np.add, (y, *bias), (any(mapped[:2]), *mapped[2:])) if bias else y


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
    **dict.fromkeys((np.argmax, np.argmin, np.cumsum, np.cumprod, np.linalg.norm), along(None)),
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
    operator.getitem: getitem_batch,
    scatter: scatter_batch,
    setitem: setitem_batch,
    gather: gather_batch,
    place: place_batch,
    scatter_at: scatter_at_batch,
    np.matmul: matmul,
    **{fn: product(axes) for fn, axes in SUMMED.items()},
    np.vdot: flattened(product(lambda a, b: ([0], [0]))),
    np.outer: flattened(product(lambda a, b: ([], []))),
    np.einsum: einsum,
    linear: linear_batch,
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
