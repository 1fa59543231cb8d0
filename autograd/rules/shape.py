"""Derivatives of functions that only move elements: each sends the gradient back the same way."""

import functools
import itertools
import math
import operator
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from autograd.base.blocks import BYTES, LARGE, share
from autograd.base.errors import refusal
from autograd.primitive import fused, fused_op, primitive


def bind_reshape(x, shape, order="C", **options):
    return (x,), {"shape": shape, **by_index(order), **options}


def bind_ravel(x, order="C"):
    return (x,), by_index(order)


def by_index(order):
    """Take the orders that indices define; the memory, which "A" and "K" ask, is not g's."""
    if order not in ("C", "F"):
        raise refusal(
            NotImplementedError,
            "a Tensor's elements have the orders 'C' and 'F' only",
            f"np.reshape or np.ravel with order={order!r}",
            "order='C' or order='F'",
        )
    return {} if order == "C" else {"order": order}


def add_up(x, axis=None, keepdims=False):
    """Compute np.sum, without its checks of arguments; short rows by columns."""
    usual = type(x) is not np.ndarray or x.size < LARGE or not short_rows(x, axis)
    if usual or not x.flags.c_contiguous:
        return np.add.reduce(x, axis, keepdims=keepdims)
    y = x[..., 0] + x[..., 1]
    for k in range(2, x.shape[-1]):
        y += x[..., k]
    return y[..., None] if keepdims else y


def short_rows(x, axis):
    """Tell whether a sum is over rows of less than 8 numbers, which NumPy adds one after the other.

    By columns, it is the same to the last bit, and up to 15 times as fast.
    """
    row = axis in (-1, x.ndim - 1, (-1,), (x.ndim - 1,)) and x.ndim > 1 and 2 <= x.shape[-1] < 8
    return row and x.dtype.kind == "f" and x.dtype.itemsize >= 4


def total(x, axis):
    """Sum arrays and Tensors alike."""
    return add_up(x, axis) if isinstance(x, np.ndarray) else x.sum(axis=axis)


def sum_to(g, shape):
    """Sum the copies that broadcasting from `shape` made: its adjoint."""
    if g.ndim and g.shape[1:] == shape:  # the bias of a layer, most often
        return g.sum(axis=0)
    lead = g.ndim - len(shape)
    axes = tuple(i for i, n in enumerate(g.shape) if i < lead or (shape[i - lead] == 1 != n))
    if axes:
        g = total(g, axes)
    return g.reshape(shape) if g.shape != shape else g


def as_rows(x):
    """Lay a stack of rows out as one matrix; a -1 would not say how many rows of length 0."""
    return np.reshape(x, (math.prod(x.shape[:-1]), x.shape[-1]))


def inverse(axes):
    """Return the permutation that undoes `axes`."""
    axes = [a % len(axes) for a in axes]
    return tuple(sorted(range(len(axes)), key=axes.__getitem__))


def d_transpose(g, y, x, axes=None):
    return np.transpose(g, None if axes is None else inverse(axes))


def d_roll(g, y, x, shift, axis=None):
    back = tuple(-s for s in shift) if np.iterable(shift) else -shift
    return np.roll(g, back, axis=axis)


def d_concatenate(g, y, *xs, axis=0):
    if axis is None:
        stops = itertools.accumulate(map(np.size, xs))  # of numbers, too
        pairs = zip(stops, xs, strict=True)
        return [np.reshape(g[i - np.size(x) : i], np.shape(x)) for i, x in pairs]
    axis %= y.ndim
    before = (slice(None),) * axis
    stops = itertools.accumulate(x.shape[axis] for x in xs)
    return [g[(*before, slice(i - x.shape[axis], i))] for i, x in zip(stops, xs, strict=True)]


def d_stack(g, y, *xs, axis=0):
    return [g[(*(slice(None),) * (axis % y.ndim), i)] for i in range(len(xs))]


for _rule in (d_concatenate, d_stack):  # which ask how many and how long the arguments are
    _rule.reads = False  # type: ignore[attr-defined]  # a function holds anything


def bind_arrays(arrays, axis=0, **options):
    return tuple(arrays), {"axis": axis, **options}


def undiagonal(g, y, x, offset=0, axis1=0, axis2=1):
    """Put g back on a diagonal of zeros."""
    n, m = x.shape[axis1], x.shape[axis2]
    first = offset if offset >= 0 else -offset * m  # of the places in a matrix laid out in a row
    index = (..., slice(first, first + (m + 1) * g.shape[-1], m + 1))
    rows = scatter(g, index=index, shape=(*g.shape[:-1], n * m))
    matrices = np.reshape(rows, (*g.shape[:-1], n, m))
    last = axis1 % x.ndim == x.ndim - 2 and axis2 % x.ndim == x.ndim - 1
    return matrices if last else np.moveaxis(matrices, (-2, -1), (axis1, axis2))


def widths(pad_width, ndim):
    """Return (before, after) for each axis, from any of the forms that np.pad takes."""
    if isinstance(pad_width, dict):
        given = {normalize_axis_index(axis, ndim): w for axis, w in pad_width.items()}
        return [widths(given.get(axis, 0), 1)[0] for axis in range(ndim)]
    pairs = np.empty((ndim, 2), int)
    pairs[...] = pad_width  # np.broadcast_to takes three times as long
    return pairs.tolist()


def pad(x, pad_width, constant_values=0):
    w = np.asarray(pad_width)
    pairs = widths(w, x.ndim) if w.dtype.kind in "iu" else [(-1, -1)]
    if any(min(pair) < 0 for pair in pairs) or np.ndim(constant_values):
        return np.pad(x, pad_width, constant_values=constant_values)
    shape = [before + n + after for (before, after), n in zip(pairs, x.shape, strict=True)]
    out = np.empty(shape, x.dtype, "F" if x.flags.fnc else "C")  # np.pad takes four times as long
    at = inside(pairs, x.shape)
    batch = out.size >= LARGE and at[0] == slice(0, len(out)) and x.flags.c_contiguous
    if not batch:
        out[...] = constant_values
        out[at] = x
        return out

    def fill(i, j):  # a few examples, while they are in the cache
        out[i:j] = constant_values
        out[i:j][:, *at[1:]] = x[i:j]

    share(fill, 0, len(out), max(1, BYTES // out[0].nbytes))
    return out


def d_pad(g, y, x, pad_width, constant_values=0):
    return g[inside(widths(pad_width, x.ndim), x.shape)]


def inside(pairs, shape):
    """Return the index of what was padded."""
    return tuple(slice(before, before + n) for (before, _), n in zip(pairs, shape, strict=True))


def bind_getitem(x, index):
    return (x,), {"index": index}


def getitem(x, index):
    return x[index]


def d_getitem(g, y, x, index):
    return scatter(g, index=index, shape=x.shape)


def scatter_add(g, index, shape):
    """Return zeros of `shape` to which g was added at `index`, repeated places summing up."""
    out = np.zeros(shape, np.result_type(g))
    parts = index if isinstance(index, tuple) else (index,)
    if any(isinstance(part, (np.ndarray, list)) for part in parts):
        np.add.at(out, index, g)
    else:  # ten times faster
        out[index] += g
    return out


class Slot(int):
    """Stands in an index for the k-th of the arrays that are given beside it."""

    __slots__ = ()


def arrayed(x):
    """Return an array of a number or a list; an array, and what stands for one, as it is."""
    return x if hasattr(x, "dtype") else np.asarray(x)


def unlisted(x):
    """Return an array of a list, and anything else as it is."""
    if not isinstance(x, (list, tuple)):
        return x
    try:
        return np.asarray(x)
    except ValueError:
        what, instead = "an array has rows of one length", "np.pad for the shorter rows"
        raise refusal(ValueError, what, f"the list {x!r:.60}", instead) from None


def on_axis(v, axis, ndim):
    """Return a vector whose elements lie along an axis of ndim, to be broadcast."""
    return np.reshape(v, (-1,) + (1,) * (ndim - axis - 1))


def cut(axis, start, stop):
    """Return the index of a range along an axis."""
    return (*(slice(None),) * axis, slice(start, stop))


def parts_of(index):
    return index if type(index) is tuple else (index,)


BASIC = (int, np.integer, slice, type(None), type(...))


def is_basic(index):
    """Tell whether an index names each place once, and makes a view: it holds no arrays."""
    return all(isinstance(part, BASIC) for part in parts_of(index))


def slotted(index):
    """Return an index with a slot for each traced or mapped array in it, and those arrays."""
    parts = parts_of(index)
    arrays = [part for part in parts if hasattr(part, "tape")]
    slots = map(Slot, range(len(arrays)))
    parts = tuple(next(slots) if hasattr(part, "tape") else part for part in parts)
    return parts if type(index) is tuple else parts[0], arrays


def filled(index, arrays):
    """Put arrays in the places of their slots."""
    parts = tuple(arrays[i] if type(i) is Slot else i for i in parts_of(index))
    return parts if type(index) is tuple else parts[0]


def d_gather(k, g, y, x, *arrays, index):
    return scatter_at(g, *arrays, index=index, shape=x.shape)


def d_scatter_at(k, g, y, x, *arrays, index, shape):
    return gather(g, *arrays, index=index)


def d_place(k, g, y, x, v, *arrays, index):
    if k == 0:
        return place(g, 0, *arrays, index=index)
    part = gather(g, *arrays, index=index)
    if not may_repeat(arrays):
        return part
    turns = np.arange(part.size).reshape(part.shape)
    slots = place(np.zeros(g.shape, np.intp), turns, *arrays, index=index)
    return np.where(gather(slots, *arrays, index=index) == turns, part, 0)


def may_repeat(index):
    """Tell whether an index may name a place twice: arrays of integers do."""
    kinds = (getattr(i, "dtype", np.dtype(int)).kind for i in parts_of(index) if np.ndim(i))
    return any(kind in "iu" for kind in kinds)


def part_of(g, index):
    """Return g[index], also of an array by what stands for one."""
    if isinstance(g, np.ndarray) and any(hasattr(i, "tape") for i in parts_of(index)):
        index, arrays = slotted(index)
        return gather(g, *arrays, index=index)
    return g[index]


def landed(g, index):
    """Return the part of g at an index, but 0 where a later value of the same turn took the place.

    The values write their number, as they wrote themselves: who reads it back has landed.
    """
    part = part_of(g, index)
    if not may_repeat(index):
        return part
    turns, slots = np.arange(part.size).reshape(part.shape), np.empty(g.shape, np.intp)
    if any(hasattr(i, "tape") for i in parts_of(index)):
        slots = setitem(np.zeros(g.shape, np.intp), turns, index=index)
    else:
        slots[index] = turns  # which touches no other element
    return np.where(slots[index] == turns, part, 0)


def replace(x, v, index):
    """Return a copy of x with ``x[index] = v``."""
    out = np.array(x)
    out[index] = v
    return out


def d_replaced(g, y, x, v, index):
    return setitem(g, 0, index=index)


def cast(x, dtype):
    return np.asarray(x).astype(dtype)[()]


def in_dtype(x, dtype):
    """Return x in a dtype: of complex numbers in a real one, their real parts."""
    x = np.real(x) if x.dtype.kind == "c" and dtype.kind != "c" else x
    return x if x.dtype == dtype else astype(x, dtype=dtype)


@functools.partial(fused, elementwise=True)
def detached(x):
    """Return the values of x: who differentiates a program knows by it what has no history."""
    return x.detach() if hasattr(x, "detach") else np.positive(x)


DETACHED = fused_op(detached)
DETACHED.code, DETACHED.tex = "np.positive({0})", "{0}"


def cut_off(x):
    """Return x without history, where it stands for an array in a program; any other x as it is."""
    return x.lend(detached(x)) if hasattr(x, "tape") and x.dtype.kind in "fc" else x


def fitted(x, dtype):
    """Return numbers in a dtype; NumPy refuses as of Python's what that cannot hold."""
    return np.array(np.asarray(x).tolist(), dtype)[()]


@functools.partial(fused, elementwise=True)
def fit(x, dtype):
    # where a program is written for others, it is astype
    return astype(x, dtype=dtype) if hasattr(x, "tape") else fitted(x, dtype)


FIT = fused_op(fit)
FIT.code, FIT.tex = "fit({0}, {dtype})", "{0}"


# fmt: off
# ── the same elements, in another shape or order ──────────────────────────────────────────────
primitive(np.reshape,     lambda g, y, x, shape, order="C": np.reshape(g, x.shape, order=order), tex=r"\operatorname{{reshape}}\left({0}\right)", bind=bind_reshape, call=lambda x, shape, order="C": np.reshape(x, shape, order), code="np.reshape({0}, {shape})")
primitive(np.ravel,       lambda g, y, x, order="C": np.reshape(g, x.shape, order=order),        tex=r"\operatorname{{vec}}\left({0}\right)",     bind=bind_ravel)
primitive(np.squeeze,     lambda g, y, x, axis=None: np.reshape(g, x.shape))
primitive(np.expand_dims, lambda g, y, x, axis: np.reshape(g, x.shape))
primitive(np.transpose,   d_transpose,                                                           tex=r"{0}^\top", symbol="ᵀ")
primitive(np.swapaxes,    lambda g, y, x, axis1, axis2: np.swapaxes(g, axis1, axis2),            tex=r"{0}^\top", symbol="ᵀ")
primitive(np.moveaxis,    lambda g, y, x, source, destination: np.moveaxis(g, destination, source))
primitive(np.flip,        lambda g, y, x, axis=None: np.flip(g, axis))
primitive(np.roll,        d_roll)
primitive(np.copy,        lambda g, y, x: g,                                                     tex=r"{0}")

# ── joining ───────────────────────────────────────────────────────────────────────────────────
primitive(np.concatenate, joint=d_concatenate, bind=bind_arrays, call=lambda *xs, axis: np.concatenate(xs, axis=axis), code="np.concatenate(({*},))", tex=r"\left[{*}\right]", symbol="concat")
primitive(np.stack,       joint=d_stack,       bind=bind_arrays, call=lambda *xs, axis: np.stack(xs, axis=axis),       code="np.stack(({*},))",       tex=r"\left[{*}\right]")

# ── copies, and parts ─────────────────────────────────────────────────────────────────────────
primitive(np.broadcast_to,  lambda g, y, x, shape: sum_to(g, x.shape), tex=r"{0} \cdot \mathbf{{1}}_{{{shape}}}")
primitive(np.diagonal,      undiagonal, tex=r"\operatorname{{diag}}\left({0}\right)")
primitive(np.tril,          lambda g, y, x, k=0: np.tril(g, k))
primitive(np.triu,          lambda g, y, x, k=0: np.triu(g, k))
primitive(operator.getitem, d_getitem,  tex=r"{0}_{{{index}}}", symbol="[ ]", code="{0}[{index}]", bind=bind_getitem, call=getitem)

# ── what NumPy has no function for ────────────────────────────────────────────────────────────
scatter      = primitive(scatter_add, lambda g, y, x, index, shape: part_of(g, index),                            name="scatter", code="scatter({0})")
setitem      = primitive(replace,     d_replaced,                             lambda g, y, x, v, index: landed(g, index), name="setitem", code="setitem({0}, {1})",   symbol="[ ]=")
gather       = primitive(lambda x, *arrays, index: x[filled(index, arrays)],                           each=d_gather,     name="gather",     symbol="[ ]",  code="gather({*})")
place        = primitive(lambda x, v, *arrays, index: replace(x, v, filled(index, arrays)),            each=d_place,      name="place",      symbol="[ ]=", code="place({*})")
scatter_at   = primitive(lambda g, *arrays, index, shape: scatter_add(g, filled(index, arrays), shape), each=d_scatter_at, name="scatter_at",                code="scatter_at({*})")
pad_constant = primitive(pad,          d_pad,                                                                      name="pad",     code="np.pad({0})")
astype       = primitive(cast,         lambda g, y, x, dtype: g,                                                   name="astype",  code="{0}.astype({dtype})", tex=r"{0}")
# fmt: on

VIEWS = {
    operator.getitem, np.reshape, np.ravel, np.transpose, np.swapaxes, np.moveaxis, np.squeeze,
    np.expand_dims, np.broadcast_to, np.diagonal, np.flip, np.real, np.imag,
}  # fmt: skip
"""What returns the same elements, not copies of them, where it can."""

BY_ARRAYS = {operator.getitem: gather, setitem: place, scatter: scatter_at}
"""Indexing by constants, and the same by arrays that are arguments themselves."""

FIRST_ARRAY: dict[Any, int] = {gather: 1, place: 2, scatter_at: 1}
"""From which argument on these have the arrays of their index."""
