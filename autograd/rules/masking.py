"""Reductions and scans with dtype=, initial= and where=, which their rows do not know.

What a mask leaves out is replaced by a value that changes nothing.
"""

import numpy as np

from autograd.base.errors import refusal
from autograd.primitive import options
from autograd.rules.shape import astype


def cast(x, dtype):
    return x if dtype is None or x.dtype == dtype else astype(x, dtype=np.dtype(dtype))


@options(np.concatenate)
def concatenate(*arrays, axis=0, dtype=None, casting="same_kind"):
    nothing = [np.empty(0, np.result_type(x)) for x in arrays]
    np.concatenate(nothing, dtype=dtype, casting=casting)  # NumPy's own refusal
    return cast(np.concatenate(arrays, axis=axis), dtype)


@options(np.stack)
def stack(*arrays, axis=0, **given):
    return np.concatenate([np.expand_dims(x, axis) for x in arrays], axis=axis, **given)


def lowest(dtype):
    return -np.inf if dtype.kind in "fc" else dtype.kind != "b" and np.iinfo(dtype).min


def highest(dtype):
    return np.inf if dtype.kind in "fc" else dtype.kind == "b" or np.iinfo(dtype).max


def reduction(fn, join, neutral, *, needs_initial=False):
    """Enter the options of a reduction of which `neutral` is the value of no elements."""

    @options(fn)
    def reduce(x, axis=None, dtype=None, keepdims=False, initial=None, where=True):
        x = cast(x, dtype)
        nothing = neutral(x.dtype)
        if where is not True:
            if needs_initial and initial is None:
                fn(np.ones(1), where=np.ones(1, bool))  # NumPy's own refusal
            x = np.where(where, x, nothing)
        if needs_initial and x.size == 0 and initial is not None:
            shape = np.sum(np.empty(x.shape), axis=axis, keepdims=keepdims).shape
            y = np.full_like(x, nothing, shape=shape)
        else:
            y = cast(fn(x, axis=axis, keepdims=keepdims), dtype)  # sums of bytes would be wider
        return y if initial is None else join(y, astype(initial, dtype=y.dtype))


for _fn in (np.max, np.amax):
    reduction(_fn, np.maximum, lowest, needs_initial=True)
for _fn in (np.min, np.amin):
    reduction(_fn, np.minimum, highest, needs_initial=True)
reduction(np.sum, np.add, lambda dtype: 0)
reduction(np.prod, np.multiply, lambda dtype: 1)


@options(np.mean)
def mean(x, axis=None, dtype=None, keepdims=False, where=True):
    x = cast(x, dtype)
    if where is True:
        return cast(np.mean(x, axis=axis, keepdims=keepdims), dtype)  # integers are cut off
    total = np.sum(np.where(where, x, 0), axis=axis, keepdims=keepdims)
    return cast(divided(total, counted(where, x, axis, keepdims)), dtype)


def counted(where, x, axis, keepdims):
    return np.count_nonzero(np.broadcast_to(where, x.shape), axis=axis, keepdims=keepdims)


def divided(total, n):
    """Divide sums by their counts, which are integers, in the precision of the sums."""
    y = total / n
    return y if total.dtype.kind not in "fc" else cast(y, total.dtype)


@options(np.var)
def var(
    x, axis=None, dtype=None, ddof=0, keepdims=False, where=True, mean=None,
    correction=None,
):  # fmt: skip
    if dtype is not None and np.dtype(dtype).kind not in "fc":
        raise refusal(
            TypeError,
            "a variance in integers is that of rounded deviations",
            f"np.var or np.std of {x.dtype} {x.shape}, dtype={np.dtype(dtype)}",
            "a floating dtype, and its result.astype(int)",
        )
    if correction is not None and ddof:
        np.var([0], ddof=ddof, correction=correction)  # NumPy's own refusal
    x, ddof = cast(x, dtype), ddof if correction is None else correction
    if mean is None and where is True:
        return np.var(x, axis=axis, ddof=ddof, keepdims=keepdims)
    mean = np.mean(x, axis=axis, keepdims=True, where=where) if mean is None else mean
    size = abs(np.where(where, x - mean, 0))
    total = np.sum(size * size, axis=axis, keepdims=keepdims)
    return divided(total, np.maximum(counted(where, x, axis, keepdims) - ddof, 0))


@options(np.std)
def std(x, **options):
    v = np.var(x, **options)
    flat = v == 0  # the smallest of the subgradients there
    return np.where(flat, 0, np.sqrt(np.where(flat, 1, v)))


@options(np.sort)
def sort(x, axis=-1, kind=None, order=None, *, stable=None):
    np.sort(np.empty(0, x.dtype), -1, kind, order, stable=stable)  # NumPy's own refusal
    return np.sort(x, axis=axis)  # by whatever way: equal elements are as good as each other


def in_dtype(fn):
    @options(fn)
    def computed(x, dtype=None, **options):
        return cast(fn(cast(x, dtype), **options), dtype)


in_dtype(np.cumsum)
in_dtype(np.cumprod)
in_dtype(np.trace)
