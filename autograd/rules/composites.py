"""NumPy functions that are written with the rows of the table, and need no rule of their own."""

import itertools

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from autograd.base.errors import refusal
from autograd.primitive import composite
from autograd.rules.shape import astype, scatter, unlisted


@composite(np.take)
def take(x, indices, axis=None, *, mode="raise"):
    x = np.ravel(x) if axis is None or x.ndim == 0 else x
    axis = normalize_axis_index(axis or 0, x.ndim)
    indices = unlisted(indices)
    if getattr(indices, "dtype", None) == np.bool_:  # numbers here, and no mask
        indices = astype(indices, dtype=np.dtype(int))
    if mode == "wrap":
        indices = indices % x.shape[axis]
    elif mode == "clip":
        indices = np.clip(indices, 0, x.shape[axis] - 1)
    else:
        np.take([0], 0, mode=mode)  # NumPy's own refusal
    return x[(*(slice(None),) * axis, indices)]


@composite(np.take_along_axis)
def take_along_axis(x, indices, axis=-1):
    first = np.zeros((1,) * np.ndim(indices), int)
    np.take_along_axis(np.zeros((1,) * x.ndim), first, axis)  # NumPy's own refusal
    if axis is None:
        return np.ravel(x)[indices]
    grid = list(np.ix_(*(np.arange(n) for n in x.shape)))
    grid[axis] = indices
    return x[tuple(grid)]


LOOKUPS = {np.take, np.take_along_axis}
"""Functions whose array may be a table of constants, looked up by an index that is computed."""


@composite(np.diag)
def diag(x, k=0):
    if x.ndim == 2:
        return np.diagonal(x, k)
    rows, n = np.arange(x.shape[0]), x.shape[0] + abs(k)
    return scatter(x, index=(rows + max(-k, 0), rows + max(k, 0)), shape=(n, n))


@composite(np.matrix_transpose)
def matrix_transpose(x):
    return np.swapaxes(x, -1, -2)


@composite(np.fliplr)
def fliplr(x):
    return np.flip(x, 1)


@composite(np.flipud)
def flipud(x):
    return np.flip(x, 0)


@composite(np.full_like)
def full_like(x, fill_value, dtype=None, order="K", subok=True, shape=None, *, device=None):
    dtype = dtype or x.dtype  # of x's alone, the value would be rounded to that before
    zeros = np.zeros_like(x, dtype, order, subok, shape, device=device)
    return astype(zeros + fill_value, dtype=dtype)


# ── joining ───────────────────────────────────────────────────────────────────────────────────
@composite(np.atleast_1d)
def atleast_1d(*xs):
    return _each(lambda x: np.reshape(x, (1,)) if np.ndim(x) == 0 else x, xs)


@composite(np.atleast_2d)
def atleast_2d(*xs):
    return _each(lambda x: x if np.ndim(x) >= 2 else np.reshape(x, (1, np.size(x))), xs)


@composite(np.atleast_3d)
def atleast_3d(*xs):
    return _each(_to_3d, xs)


def _to_3d(x):
    if np.ndim(x) >= 3:
        return x
    return np.expand_dims(x, 2) if np.ndim(x) == 2 else np.reshape(x, (1, np.size(x), 1))


def _each(f, xs):
    return f(xs[0]) if len(xs) == 1 else tuple(map(f, xs))


@composite(np.vstack)
def vstack(tup):
    return np.concatenate([np.atleast_2d(x) for x in tup], axis=0)


@composite(np.hstack)
def hstack(tup):
    xs = [np.atleast_1d(x) for x in tup]
    return np.concatenate(xs, axis=0 if xs[0].ndim == 1 else 1)


@composite(np.dstack)
def dstack(tup):
    return np.concatenate([np.atleast_3d(x) for x in tup], axis=2)


@composite(np.column_stack)
def column_stack(tup):
    columns = [np.reshape(x, (-1, 1)) if np.ndim(x) < 2 else x for x in tup]
    return np.concatenate(columns, axis=1)


# ── splitting ─────────────────────────────────────────────────────────────────────────────────
@composite(np.array_split)
def array_split(ary, indices_or_sections, axis=0):
    n = ary.shape[axis]
    if np.ndim(indices_or_sections) == 0:
        size, more = divmod(n, indices_or_sections)
        sizes = [size + (i < more) for i in range(indices_or_sections)]
        edges = [0, *itertools.accumulate(sizes)]
    else:
        edges = [0, *indices_or_sections, n]
    before = (slice(None),) * (axis % ary.ndim)
    return [ary[(*before, slice(a, b))] for a, b in itertools.pairwise(edges)]


@composite(np.split)
def split(ary, indices_or_sections, axis=0):
    if np.ndim(indices_or_sections) == 0 and ary.shape[axis] % indices_or_sections:
        raise refusal(
            ValueError,
            f"{ary.shape[axis]} elements do not split into {indices_or_sections} equal parts",
            f"np.split of shape {ary.shape}, axis={axis}",
            "np.array_split, whose parts may differ by one",
        )
    return np.array_split(ary, indices_or_sections, axis)


@composite(np.hsplit)
def hsplit(ary, indices_or_sections):
    np.hsplit(np.empty((1,) * ary.ndim), 1)  # NumPy's own refusal
    return np.split(ary, indices_or_sections, 0 if ary.ndim == 1 else 1)


@composite(np.vsplit)
def vsplit(ary, indices_or_sections):
    np.vsplit(np.empty((1,) * ary.ndim), 1)  # NumPy's own refusal
    return np.split(ary, indices_or_sections, 0)


@composite(np.dsplit)
def dsplit(ary, indices_or_sections):
    np.dsplit(np.empty((1,) * ary.ndim), 1)  # NumPy's own refusal
    return np.split(ary, indices_or_sections, 2)
