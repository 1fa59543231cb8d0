"""np.pad in all of its modes, axis by axis: each continues an array beyond its two ends."""

import numpy as np

from autograd.base.tree import kept
from autograd.primitive import composite
from autograd.rules.shape import astype, on_axis, pad_constant, widths

STATISTICS = {"maximum": np.max, "minimum": np.min, "mean": np.mean, "median": np.median}


@composite(np.pad)
def pad(array, pad_width, mode="constant", **options):
    x, pad_width = array, kept(pad_width)
    if mode == "constant":
        return pad_constant(x, pad_width=pad_width, **options)
    if mode == "empty":
        return pad_constant(x, pad_width=pad_width)
    if callable(mode):
        return _by_function(x, pad_width, mode, options)
    np.pad(np.ones([min(n, 1) for n in x.shape]), pad_width, mode, **options)  # its own refusal
    odd = options.get("reflect_type") == "odd"
    for axis, width in enumerate(widths(pad_width, x.ndim)):
        if mode in STATISTICS:
            lengths = _pair(options.get("stat_length"), x.ndim, axis)
            x = _with_statistics(x, axis, width, STATISTICS[mode], lengths)
        elif mode == "linear_ramp":
            x = _with_ramps(x, axis, width, _pair(options.get("end_values", 0), x.ndim, axis))
        elif odd and x.shape[axis] > 1:
            x = _mirrored(x, axis, width, skip=mode == "reflect")
        else:
            x = np.take(x, np.pad(np.arange(x.shape[axis]), width, mode=mode), axis=axis)
    return x


def _pair(values, ndim, axis):
    """Return what an option says about the two ends of an axis."""
    return np.broadcast_to(np.array(values), (ndim, 2))[axis]


def _ends(x, axis, before, after):
    """Return the parts of these lengths at the two ends of an axis."""
    n, index = x.shape[axis], (slice(None),) * axis
    return x[(*index, slice(0, before))], x[(*index, slice(n - after, n))]


def _with_statistics(x, axis, width, statistic, lengths):
    n = x.shape[axis]
    lengths = [n if length is None else min(int(length), n) for length in lengths]
    around = []
    for part, size in zip(_ends(x, axis, *lengths), width, strict=True):
        s = statistic(part, axis=axis, keepdims=True)
        s = np.round(s) if x.dtype.kind in "iu" else s
        shape = (*x.shape[:axis], size, *x.shape[axis + 1 :])
        around.append(np.broadcast_to(astype(s, dtype=x.dtype), shape))
    return np.concatenate((around[0], x, around[1]), axis=axis)


def _with_ramps(x, axis, width, ends):
    around = []
    for edge, size, end in zip(_ends(x, axis, 1, 1), width, ends, strict=True):
        steps = on_axis(np.arange(size), axis, x.ndim)
        ramp = steps * ((edge - end) / max(size, 1)) + end
        ramp = np.floor(ramp) if x.dtype.kind in "iu" else ramp
        around.append(astype(ramp, dtype=x.dtype))
    return np.concatenate((around[0], x, np.flip(around[1], axis)), axis=axis)


def _mirrored(x, axis, width, *, skip):
    """Reflect through the points at the two ends, as often as it takes."""
    before, after = width
    while before or after:
        reach = x.shape[axis] - skip
        now = min(before, reach), min(after, reach)
        low, high = _ends(x, axis, 1, 1)
        near_low, near_high = _ends(x, axis, now[0] + skip, now[1] + skip)
        near_low = _ends(near_low, axis, 0, now[0])[1]
        near_high = _ends(near_high, axis, now[1], 0)[0]
        parts = (2 * low - np.flip(near_low, axis), x, 2 * high - np.flip(near_high, axis))
        x = np.concatenate(parts, axis=axis)
        before, after = before - now[0], after - now[1]
    return x


def _by_function(x, pad_width, function, options):
    """Let a function of the user's fill each row of zeros around x, in place."""
    x = pad_constant(x, pad_width=pad_width)
    for axis, width in enumerate(widths(pad_width, x.ndim)):

        def filled(row, axis=axis, width=width):
            row = np.copy(row)
            function(row, width, axis, options)
            return row

        x = np.apply_along_axis(filled, axis, x)
    return x
