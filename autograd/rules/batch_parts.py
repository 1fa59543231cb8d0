"""Batching rules of indexing: by constants, and by arrays that may differ from row to row."""

import numpy as np

from autograd.rules.batch_axes import alone, everywhere, lined_up, row, size_of
from autograd.rules.shape import Slot, parts_of


def is_array(part):
    return not (part is None or part is ... or isinstance(part, slice))


def axes_before(index):
    """Return how many axes NumPy puts before the batch axis, if a slice of it leads the index.

    Arrays with a slice between them are the case: their common axes come first.
    """
    parts = parts_of(index)
    places = [i for i, part in enumerate(parts) if is_array(part)]
    arrays = [np.asarray(parts[i]) for i in places if not isinstance(parts[i], (int, np.integer))]
    if not arrays or places[-1] - places[0] == len(places) - 1:
        return 0
    return max(1 if a.dtype == bool else a.ndim for a in arrays)


def leading(index):
    return slice(None), *parts_of(index)


@alone
def getitem(run, x, index):
    y = run(x, index=leading(index))
    return np.moveaxis(y, axes_before(index), 0) if axes_before(index) else y


@alone
def scatter(run, g, index, shape):
    shape = (len(g), *shape)
    g = np.moveaxis(g, 0, axes_before(index)) if axes_before(index) else g
    return run(g, index=leading(index), shape=shape)


def setitem(run, xs, mapped, index):
    x, v = everywhere(xs[0], mapped[0], size_of(xs, mapped)), xs[1]
    target = np.broadcast_to(np.zeros(()), x.shape[1:])[index].ndim
    if mapped[1]:
        v = fitting(v, target)
        v = np.moveaxis(v, 0, axes_before(index)) if axes_before(index) else v
    elif axes_before(index) and np.ndim(v):
        v = np.reshape(v, ((1,) * target + np.shape(v))[-target:])
        v = np.expand_dims(v, axes_before(index))
    return run(x, v, index=leading(index))


def fitting(v, ndim):
    """Give rows of v exactly so many axes: axes of length 1 before the others do not count."""
    return lined_up(np.reshape(v, (len(v), *v.shape[max(1, v.ndim - ndim) :])), ndim)


def by_arrays(index, arrays, mapped, size):
    """Return the index of a batch, of arrays in front and slices behind them, and their depth.

    None for any other index. `size` is that of the batch, if each row has a place of its own.
    """
    parts = list(parts_of(index))
    n = sum(map(is_array, parts))
    whole = [arrays[i] if type(i) is Slot else i for i in parts[:n]]
    if not all(map(is_array, parts[:n])) or None in parts[n:]:
        return None
    if any(getattr(a, "dtype", None) == np.bool_ for a in whole):
        return None
    flags = [type(i) is Slot and mapped[i] for i in parts[:n]]
    depth = max(len(row(a, m)) for a, m in zip(whole, flags, strict=True))
    if size is not None:
        parts.insert(0, np.reshape(np.arange(size), (size,) + (1,) * depth))
    return tuple(parts), depth, n


def aligned(arrays, mapped, depth):
    pairs = zip(arrays, mapped, strict=True)
    return [lined_up(a, depth) if m else a for a, m in pairs]


def gather(run, xs, mapped, index):
    x, *arrays = xs
    found = by_arrays(index, arrays, mapped[1:], len(x) if mapped[0] else None)
    if found is None:
        return NotImplemented
    index, depth, _ = found
    return run(x, *aligned(arrays, mapped[1:], depth), index=index)


def place(run, xs, mapped, index):
    x, (v, *arrays) = everywhere(xs[0], mapped[0], size_of(xs, mapped)), xs[1:]
    found = by_arrays(index, arrays, mapped[2:], len(x))
    if found is None:
        return NotImplemented
    index, depth, n = found
    target = depth + x.ndim - 1 - n
    if mapped[1]:
        v = fitting(v, target)
    return run(x, v, *aligned(arrays, mapped[2:], depth), index=index)


def scatter_at(run, xs, mapped, index, shape):
    g, *arrays = xs
    size = size_of(xs, mapped)
    found = by_arrays(index, arrays, mapped[1:], size)
    if found is None:
        return NotImplemented
    index, depth, _ = found
    arrays = aligned(arrays, mapped[1:], depth)
    return run(g, *arrays, index=index, shape=(size, *shape))
