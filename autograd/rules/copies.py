"""Copies of an array side by side: each sends back the sum of what its copies got."""

from itertools import chain

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from autograd.primitive import primitive
from autograd.rules.shape import scatter, total


# ── each element some times ───────────────────────────────────────────────────────────────────
def around(x, axis):
    """Return the shape before an axis, its length, and the shape after; None makes x a row."""
    shape = (x.size,) if axis is None or x.ndim == 0 else x.shape
    axis = normalize_axis_index(axis or 0, len(shape))
    return shape[:axis], shape[axis], shape[axis + 1 :]


def d_repeat(g, y, x, repeats, axis=None):
    before, n, after = around(x, axis)
    if np.ndim(repeats):
        places = (*(slice(None),) * len(before), np.repeat(np.arange(n), repeats))
        return np.reshape(scatter(g, index=places, shape=(*before, n, *after)), x.shape)
    copies = g.reshape((*before, n, repeats, *after))
    return total(copies, len(before) + 1).reshape(x.shape)


def repeat(x, repeats, axis=None):
    before, n, after = around(x, axis)
    if np.ndim(repeats):
        rows = np.reshape(x, (*before, n, *after))
        return np.take(rows, np.repeat(np.arange(n), repeats), axis=len(before))
    copies = np.reshape(x, (*before, n, 1, *after))
    copies = np.broadcast_to(copies, (*before, n, repeats, *after))
    return np.reshape(copies, (*before, n * repeats, *after))


# ── the whole some times ──────────────────────────────────────────────────────────────────────
def tiling(shape, reps):
    """Return how often each axis is repeated and how long it is, for as many axes as it takes."""
    reps = tuple(reps) if np.iterable(reps) else (reps,)
    depth = max(len(shape), len(reps))
    return (1,) * (depth - len(reps)) + reps, (1,) * (depth - len(shape)) + shape


def d_tile(g, y, x, reps):
    reps, shape = tiling(x.shape, reps)
    copies = g.reshape(tuple(chain(*zip(reps, shape, strict=True))))
    return total(copies, tuple(range(0, 2 * len(reps), 2))).reshape(x.shape)


def tile(x, reps):
    reps, shape = tiling(x.shape, reps)
    copies = np.reshape(x, tuple(chain(*((1, n) for n in shape))))
    copies = np.broadcast_to(copies, tuple(chain(*zip(reps, shape, strict=True))))
    return np.reshape(copies, tuple(r * n for r, n in zip(reps, shape, strict=True)))


# fmt: off
primitive(np.repeat, d_repeat, definition=repeat)
primitive(np.tile,   d_tile,   definition=tile)
# fmt: on
