"""NumPy functions that put arrays together, pick their elements, or write into them.

Two general means carry most of them. What only moves elements is applied, by NumPy itself, to the
*places* of the elements, which are integers, and the elements follow (`moved`). What writes into an
array is applied to an array of labels, which tell afterwards which value went where (`written`).
"""

import itertools

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from autograd.base.errors import refusal
from autograd.primitive import composite
from autograd.rules.masking import cast
from autograd.rules.shape import arrayed, astype


def numbered(xs):
    """Return arrays of the shapes of xs, which count their elements from the first to the last."""
    starts = itertools.accumulate((np.size(x) for x in xs), initial=0)
    return [
        np.arange(start, start + np.size(x)).reshape(np.shape(x))
        for start, x in zip(starts, xs, strict=False)
    ]


def moved(fn, *xs):
    """Return the elements of xs in the order in which `fn` puts their places."""
    flat = np.ravel(xs[0]) if len(xs) == 1 else np.concatenate([np.ravel(x) for x in xs])
    return flat[fn(*numbered(xs))]


def written(fn, x, v):
    """Write into x what ``fn(x, v)`` does: one value for each place, the last of several."""
    labels = np.full(np.shape(x), -1)
    fn(labels, *numbered([v]))
    hit = labels >= 0
    x[hit] = np.ravel(v)[labels[hit]]


def plain(index):
    """Take the values of an index, which has no derivative."""
    return index if isinstance(index, (slice, list, tuple)) else np.asarray(index)


# ── joining ───────────────────────────────────────────────────────────────────────────────────
@composite(np.append)
def append(arr, values, axis=None):
    if axis is None:
        return np.concatenate((np.ravel(arr), np.ravel(values)))
    return np.concatenate((arr, values), axis=axis)


@composite(np.insert)
def insert(arr, obj, values, axis=None):
    arr = arrayed(arr)
    values = astype(values, dtype=arr.dtype)
    return moved(lambda a, v: np.insert(a, plain(obj), v, axis), arr, values)


@composite(np.block)
def block(arrays):
    ndim = max(_depths(arrays))

    def build(tree, axis):
        if isinstance(tree, list):
            return np.concatenate([build(part, axis + 1) for part in tree], axis=axis)
        return np.reshape(tree, (1,) * (ndim - np.ndim(tree)) + np.shape(tree))

    return build(arrays, -_depth(arrays))


def _depth(tree):
    return 1 + _depth(tree[0]) if isinstance(tree, list) else 0


def _depths(tree, above=0):
    """Yield how many axes each array of a nested list needs, and how deep it lies."""
    if not isinstance(tree, list):
        yield max(np.ndim(tree), above)
    elif not tree or len({_depth(part) for part in tree}) > 1:
        raise refusal(
            ValueError,
            "the lists of np.block are nested equally deep, and none is empty",
            f"np.block of lists at depth {above}",
            "np.block([[a, b], [c, d]])",
        )
    else:
        for part in tree:
            yield from _depths(part, above + 1)


@composite(np.broadcast_arrays)
def broadcast_arrays(*args):
    shape = np.broadcast_shapes(*map(np.shape, args))
    return tuple(np.broadcast_to(x, shape) for x in args)


@composite(np.ix_)
def ix_(*args):
    xs = [np.flatnonzero(x) if x.dtype == bool else x for x in map(arrayed, args)]
    return np.meshgrid(*xs, indexing="ij", sparse=True)


@composite(np.meshgrid)
def meshgrid(*xi, copy=True, sparse=False, indexing="xy"):  # results are values
    if indexing not in ("xy", "ij"):
        raise refusal(
            ValueError,
            f"np.meshgrid has no indexing {indexing!r}",
            f"np.meshgrid of {len(xi)} arrays",
            "indexing='xy' or indexing='ij'",
        )
    axes = list(range(len(xi)))
    if indexing == "xy" and len(xi) > 1:
        axes[:2] = 1, 0
    shapes = np.where(np.eye(len(xi), dtype=bool), -1, 1)[axes]
    grids = tuple(map(np.reshape, xi, shapes.tolist()))
    return grids if sparse else np.broadcast_arrays(*grids)


# ── choosing ──────────────────────────────────────────────────────────────────────────────────
@composite(np.choose)
def choose(a, choices, mode="raise"):
    values = [v if np.isscalar(v) else arrayed(v) for v in choices]
    kind = np.result_type(*values)  # of a number beside arrays, theirs
    values = [cast(arrayed(v), kind) for v in values]
    return moved(lambda *places: np.choose(np.asarray(a), places, mode=mode), *values)


@composite(np.compress)
def compress(condition, a, axis=None):
    return moved(lambda places: np.compress(np.asarray(condition), places, axis), a)


@composite(np.extract)
def extract(condition, arr):
    return np.compress(np.ravel(condition), np.ravel(arr))


@composite(np.select)
def select(condlist, choicelist, default=0):
    if len(condlist) != len(choicelist):
        told = f"there are {len(condlist)} conditions and {len(choicelist)} choices"
        raise refusal(ValueError, told, "np.select", "a choice for each; default= for the rest")
    first = [np.zeros(1, arrayed(c).dtype) for c in condlist]
    np.select(first, first)  # NumPy's own refusal
    values = [v if np.isscalar(v) else arrayed(v) for v in (*choicelist, default)]
    kind = np.result_type(*values)
    *choices, chosen = (v if hasattr(v, "dtype") else kind.type(v) for v in values)
    for condition, choice in [*zip(condlist, choices, strict=True)][::-1]:
        chosen = np.where(condition, choice, chosen)
    return chosen


@composite(np.piecewise)
def piecewise(x, condlist, funclist, *args, **kw):
    x = arrayed(x)
    if not isinstance(condlist, (list, tuple)) or (np.ndim(condlist[0]) == 0 and np.ndim(x)):
        condlist = [condlist]
    conditions = [np.not_equal(c, 0) for c in condlist]
    if len(conditions) == len(funclist) - 1:
        conditions.append(np.logical_not(np.any(np.stack(conditions), axis=0)))
    y = np.where(np.zeros(x.shape, bool), x, 0)  # not zeros_like: x may stand for an array
    for condition, f in zip(conditions, funclist, strict=True):
        y[condition] = f(x[condition], *args, **kw) if callable(f) else f
    return y


@composite(np.delete)
def delete(arr, obj, axis=None):
    return moved(lambda places: np.delete(places, plain(obj), axis), arr)


# ── the same elements in another order ────────────────────────────────────────────────────────
@composite(np.resize)
def resize(a, new_shape):
    if np.size(a) == 0:
        return np.zeros_like(a, shape=new_shape)
    return moved(lambda places: np.resize(places, new_shape), a)


@composite(np.rot90)
def rot90(m, k=1, axes=(0, 1)):
    axes = normalize_axis_tuple(axes, m.ndim)
    if k % 2 == 0:
        return np.flip(m, axes) if k % 4 else m
    return np.flip(np.swapaxes(m, *axes), axes[k % 4 // 2])


@composite(np.rollaxis)
def rollaxis(a, axis, start=0):
    return np.transpose(a, np.rollaxis(np.empty(range(a.ndim)), axis, start).shape)


if hasattr(np, "unstack"):  # since NumPy 2.1

    @composite(np.unstack)
    def unstack(x, axis=0):
        return tuple(np.moveaxis(x, axis, 0))


@composite(np.lib.stride_tricks.sliding_window_view)
def sliding_window_view(x, window_shape, axis=None):
    view = np.lib.stride_tricks.sliding_window_view
    return moved(lambda places: view(places, window_shape, axis), x)


@composite(np.diagflat)
def diagflat(v, k=0):
    return np.diag(np.ravel(v), k)


@composite(np.astype)
def astype_(x, dtype, copy=True):  # a value has no other copy
    return astype(x, dtype=np.dtype(dtype))


# ── a function of each part ───────────────────────────────────────────────────────────────────
@composite(np.apply_along_axis)
def apply_along_axis(func1d, axis, arr, *args, **kwargs):
    rows = np.moveaxis(arr, axis, -1)
    results = [func1d(rows[i], *args, **kwargs) for i in np.ndindex(rows.shape[:-1])]
    y = np.stack(results)
    y = np.reshape(y, rows.shape[:-1] + y.shape[1:])
    made = y.ndim - arr.ndim + 1
    return np.moveaxis(y, list(range(-made, 0)), [axis % arr.ndim + k for k in range(made)])


@composite(np.apply_over_axes)
def apply_over_axes(func, a, axes):
    for axis in np.ravel(axes).tolist():
        y = func(a, axis)
        a = y if y.ndim == a.ndim else np.expand_dims(y, axis)
    return a


# ── in place: item assignment ─────────────────────────────────────────────────────────────────
@composite(np.copyto)
def copyto(dst, src, casting="same_kind", where=True):
    if hasattr(src, "dtype"):  # NumPy's own refusal
        to, v, truths = (np.empty(0, arrayed(x).dtype) for x in (dst, src, where))
        np.copyto(to, v, casting=casting, where=truths)
    dst[...] = src if where is True else np.where(where, src, dst)


@composite(np.put)
def put(a, ind, v, mode="raise"):
    written(lambda to, v: np.put(to, np.asarray(ind), v, mode), a, v)


@composite(np.place)
def place(arr, mask, vals):
    written(lambda to, v: np.place(to, np.asarray(mask), v), arr, vals)


@composite(np.putmask)
def putmask(a, mask, values):
    if np.size(values):
        a[...] = np.where(np.reshape(mask, a.shape), np.resize(values, a.shape), a)


@composite(np.put_along_axis)
def put_along_axis(arr, indices, values, axis=-1):
    if axis is None:
        written(lambda to, v: np.put_along_axis(to, np.asarray(indices), v, None), arr, values)
    else:
        first = np.zeros(np.shape(indices), arrayed(indices).dtype)
        np.put_along_axis(np.empty(arr.shape), first, 0, axis)  # NumPy's own refusal
        places = list(np.ix_(*map(np.arange, arr.shape)))
        places[axis] = indices
        arr[tuple(places)] = values


@composite(np.fill_diagonal)
def fill_diagonal(a, val, wrap=False):
    written(lambda to, v: np.fill_diagonal(to, v, wrap), a, val)
