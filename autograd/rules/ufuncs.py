"""The methods of ufuncs: reduce, accumulate, reduceat, outer and at, of every ufunc with a row.

The general way is what the words mean: a chain of calls on slices. The common ones have their own
rows, which are faster.
"""

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from autograd.primitive import full_name, primitive
from autograd.rules.masking import cast
from autograd.rules.neural import logsumexp
from autograd.rules.reduce import linear_recurrence
from autograd.rules.shape import arrayed, astype, parts_of, scatter

WHOLE: dict[np.ufunc, Callable[..., Any]] = {
    np.add: np.sum, np.multiply: np.prod, np.maximum: np.max, np.minimum: np.min,
    np.logical_and: np.all, np.logical_or: np.any,
}  # fmt: skip


def d_running(g, y, x, axis):
    """Share what arrives at each place evenly among the ties that have won so far."""
    g, y, x = (np.moveaxis(a, axis, -1) for a in (g, y, x))
    wins = astype((x == y) | (x != x), dtype=g.dtype)
    a, b = y[..., 1:], y[..., :-1]
    same = astype((a == b) | ((a != a) & (b != b)), dtype=g.dtype)
    ties = linear_recurrence(wins[..., ::-1], same[..., ::-1])[..., ::-1]
    return np.moveaxis(wins * linear_recurrence(g / ties, same), -1, axis)


def running(fn):
    def scan(x, axis):
        if not hasattr(x, "tape"):
            return fn.accumulate(x, axis)
        x, step = np.moveaxis(x, axis, 0), 1
        while step < x.shape[0]:
            x = np.concatenate((x[:step], fn(x[step:], x[:-step])))
            step *= 2
        return np.moveaxis(x, 0, axis)

    return scan


# fmt: off
running_max = primitive(running(np.maximum), d_running, name="running_max", code="np.maximum.accumulate({0})")
running_min = primitive(running(np.minimum), d_running, name="running_min", code="np.minimum.accumulate({0})")
# fmt: on
RUNNING: dict[Any, Any] = {
    np.add: np.cumsum,
    np.multiply: np.cumprod,
    np.maximum: running_max,
    np.minimum: running_min,
}  # fmt: skip


def best_of(extreme, worst):
    """Write fmax and fmin of many: nan only where there is nothing else; ties share evenly."""

    def reduce_together(x, axis):
        if x.dtype.kind not in "fc":
            return extreme(x, axis=axis)
        missing = np.isnan(x)
        y = extreme(np.where(missing, worst, x), axis=axis)
        return np.where(np.all(missing, axis=axis), np.nan, y)

    return reduce_together


TOGETHER: dict[np.ufunc, Callable[..., Any]] = {
    np.fmax: best_of(np.max, -np.inf), np.fmin: best_of(np.min, np.inf),
    np.logaddexp: lambda x, axis: logsumexp(x, axis=axis),
}  # fmt: skip


def reduce(fn, x, axis=0, dtype=None, keepdims=False, initial=None, where=True):
    if type(x) is np.ndarray and where is not True:  # for the mask alone, nothing would come back
        x = np.where(where, x, x)
    if fn in WHOLE:
        truth = WHOLE[fn] in (np.all, np.any)  # which know neither
        given = {} if truth else {"dtype": dtype, "initial": initial}
        given = {k: v for k, v in given.items() if v is not None}
        given |= {} if where is True else {"where": where}
        given |= {"keepdims": True} if keepdims else {}
        y = WHOLE[fn](x, axis=axis, **given)
        return fn(y, initial) if truth and initial is not None else y
    x = cast(x, dtype)
    every = axis is None or x.ndim == 0
    axes = sorted(range(x.ndim) if every else normalize_axis_tuple(axis, x.ndim))
    rest = [a for a in range(x.ndim) if a not in axes]
    _refuse_as_numpy(fn, [x.shape[a] for a in axes], x.dtype, initial, where)
    if where is True and initial is None and fn in TOGETHER:
        y = TOGETHER[fn](x, tuple(axes))
    else:
        y = _fold(fn, _rows(x, axes, rest), initial, where)
    return np.expand_dims(y, axes) if keepdims else y


def _refuse_as_numpy(fn, lengths, dtype, initial, where):
    """Let NumPy say what it refuses: some ufuncs have no value of no elements, or no order."""
    ones = np.ones([min(n, 1) for n in lengths], dtype)
    given = {} if initial is None else {"initial": 1}
    given |= {} if where is True else {"where": ones == 1}
    fn.reduce(ones, axis=tuple(range(len(lengths))), **given)


def _rows(x, axes, rest):
    """Return x with the axes that are reduced as its first one."""
    rows = np.transpose(x, (*axes, *rest))
    return np.reshape(rows, (math.prod(x.shape[a] for a in axes), *(x.shape[a] for a in rest)))


def _fold(fn, rows, start, keep):
    if start is None and fn.identity is not None:
        start = np.asarray(fn.identity).astype(rows.dtype)[()]  # -1 of bytes: all bits
    y = None if start is None else np.full_like(rows, start, shape=rows.shape[1:])
    for i in range(len(rows)):
        longer = rows[i] if y is None else fn(y, rows[i])
        y = longer if keep is True else np.where(keep[i], longer, y)
    return y


def accumulate(fn, x, axis=0, dtype=None):
    x = cast(x, dtype)
    if fn in RUNNING:
        return cast(RUNNING[fn](x, axis=axis), dtype)  # sums of bytes would be wider
    rows = np.moveaxis(x, axis, 0)
    dtype = fn.accumulate(np.ones(1, x.dtype)).dtype  # a truth, of logical_and
    results = [cast(row, dtype) for row in rows[:1]]
    for row in rows[1:]:
        results.append(fn(results[-1], row))
    return np.stack(results, axis=axis) if results else x


def reduceat(fn, x, starts, axis=0, dtype=None, indices=None):
    # NumPy passes a keyword `indices` by position too
    np.add.reduceat(np.ones((1,) * x.ndim), [0], axis)  # NumPy's own refusal
    axis = 0 if axis is None else axis
    starts, before = np.asarray(starts), (slice(None),) * (axis % x.ndim)
    if not starts.size:
        dtype = fn.reduceat(np.ones(1, x.dtype), [0], dtype=dtype).dtype
        return cast(x[(*before, slice(0))], dtype)
    np.add.reduceat(np.empty(x.shape[axis]), starts)  # NumPy's own refusal
    parts = []
    for start, stop in itertools.pairwise([*starts.tolist(), x.shape[axis]]):
        part = x[(*before, slice(start, max(stop, start + 1)))]
        parts.append(reduce(fn, part, axis=axis, dtype=dtype, keepdims=True))
    return np.concatenate(parts, axis=axis)


def outer(fn, a, b, **options):
    b = arrayed(b)  # numbers have a dtype here
    return fn(np.reshape(a, np.shape(a) + (1,) * np.ndim(b)), b, **options)


def at(fn, x, indices, *operands):
    """Write ``fn(x[i], b)`` into x for each i in turn: repeated places in rounds, or summed up."""
    if any(hasattr(part, "tape") for part in parts_of(indices)):
        _at_computed(fn, x, indices, *operands)
        return
    places = np.arange(x.size).reshape(x.shape)[indices]
    others = [np.ravel(np.broadcast_to(b, places.shape)) for b in operands]
    places = np.ravel(places)
    once, which = np.unique(places, return_inverse=True)
    if fn in (np.add, np.subtract):
        rounds = [(once, [_summed(x, others[0], which, once.shape)])]
    else:
        rounds = [(places[turn], [b[turn] for b in others]) for turn in _turns(which)]
    for now, values in rounds:
        index = np.unravel_index(now, x.shape)
        x[index] = fn(x[index], *values)


def _at_computed(fn, x, indices, *operands):
    """Do it by an index without numbers: which places it names twice is not known."""
    if fn not in (np.add, np.subtract):
        index, name = next(i for i in parts_of(indices) if hasattr(i, "tape")), full_name(fn)
        call = f"x[i] = {name}(x[i]{', b' * len(operands)})"
        raise index.refusal(
            f"{name}.at with a computed index, which may name a place twice",
            f"{call} for one that does not; np.add.at adds up",
        )
    values = np.broadcast_to(operands[0], x[indices].shape)
    x[...] = fn(x, _summed(x, values, indices, x.shape))


def _summed(x, values, index, shape):
    """Add up values at places in the dtype that they have in x: bytes and truths would wrap."""
    return scatter(cast(values, np.result_type(x.dtype, values.dtype)), index=index, shape=shape)


def _turns(which):
    """Split places into rounds that name none of them twice, the first time of each first."""
    order = np.argsort(which, stable=True)
    ranked = which[order]
    rank = np.empty_like(which)
    rank[order] = np.arange(len(which)) - np.searchsorted(ranked, ranked)
    return [np.flatnonzero(rank == k) for k in range(rank.max(initial=-1) + 1)]


METHODS: dict[str, Callable[..., Any]] = {
    "reduce": reduce, "accumulate": accumulate, "reduceat": reduceat, "outer": outer, "at": at,
}  # fmt: skip
