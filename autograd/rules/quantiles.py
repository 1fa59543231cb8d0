"""Derivatives of median, quantile and percentile.

A quantile lies between two neighbours of the sorted elements, at a place that depends on the method
(Hyndman and Fan, "Sample quantiles in statistical packages", 1996): it sends its gradient to these
two, by their weights. Elements that are equal share evenly what arrives at one of them.

The rows are of the last axis; the functions of NumPy bring the others there.
"""

import math

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from autograd.base.errors import refusal
from autograd.primitive import composite, fused, primitive
from autograd.rules.elementwise import masked_
from autograd.rules.shape import Slot, astype, gather, unlisted

SLOPES = {
    "linear": -1, "hazen": 0, "weibull": 1, "median_unbiased": 1 / 3, "normal_unbiased": 1 / 4,
    "interpolated_inverted_cdf": 0,
}  # fmt: skip
"""By how much the place moves as q does, less the number of elements. Other methods jump."""


def place_of(x, q, method, nan):
    """Return where in the sorted elements the quantiles are: 2.5 is halfway from the 2nd to the 3rd.

    This is the quantile of the places themselves, whatever the method is.
    """
    places = np.arange(float(x.shape[-1]))
    if not nan:
        return np.quantile(places, q, method=method)
    present = np.sum(np.logical_not(np.isnan(x)), axis=-1, keepdims=True)
    places = np.where(places < np.maximum(present, 1), places, np.nan)
    return rows(np.nanquantile(places, q, axis=-1, method=method), x)


def rows(v, x):
    """Put the axes of q, as one, behind those of x that are left."""
    of_q, kept = v.shape[: v.ndim - x.ndim + 1], v.shape[v.ndim - x.ndim + 1 :]
    return np.moveaxis(np.reshape(v, (math.prod(of_q), *kept)), 0, -1)


def neighbours(y, x, q, method, nan):
    """Return the elements below and above the quantiles y, and the weight of the upper one."""
    place = place_of(x, np.reshape(q, -1), method, nan)
    low = np.floor(place)
    ordered = np.sort(x, axis=-1)
    rest = np.ix_(*map(np.arange, x.shape[:-1]), np.arange(1))[:-1]
    if getattr(place, "ndim", 0) < x.ndim:
        low, place = (np.reshape(v, (1,) * (x.ndim - 1) + (-1,)) for v in (low, place))
    ends = [astype(end, dtype=np.dtype(int)) for end in (low, np.ceil(place))]
    pair = [np.where(y == y, gather(ordered, end, index=(*rest, Slot(0))), y) for end in ends]
    return *pair, astype(place - low, dtype=x.dtype)


def d_quantile(g, y, x, q, method="linear", nan=False):
    if x.size == 0:
        return np.zeros_like(x)
    g, y = rows(g, x), rows(y, x)
    low, high, part = neighbours(y, x, q, method, nan)
    below = sent_to_equals(g * (1 - part), low, x, nan=nan)
    return below + sent_to_equals(g * part, high, x, nan=nan)


def d_quantile_q(g, y, x, q, method="linear", nan=False):
    """Move along the line between the neighbours; beyond the first and the last there is none."""
    low, high, _ = neighbours(rows(y, x), x, q, method, nan)
    n = np.sum(astype(x == x, dtype=x.dtype), axis=-1, keepdims=True) if nan else x.shape[-1]
    slope = (n + SLOPES[method]) * (high - low) if method in SLOPES else 0 * low
    per_row = rows(g, x) * slope
    return np.reshape(np.sum(per_row, axis=tuple(range(x.ndim - 1))), np.shape(q))


def d_weighted(g, y, x, q, w, method):
    """Send all to the element that was taken."""
    return sent_to_equals(rows(g, x), rows(y, x), x)


@fused
def sent_to_equals(g, value, x, nan=False):
    """Send g to the elements of x that are the value; equal ones share evenly."""
    g, value, x = g[..., None, :], value[..., None, :], x[..., None]
    plain = nan or (isinstance(value, np.ndarray) and (value == value).all())
    winners = x == value if plain else (x == value) | ((x != x) & (value != value))
    ties = astype(np.count_nonzero(winners, axis=-2, keepdims=True), dtype=g.dtype)
    return np.sum(masked_(g / np.maximum(ties, 1), winners), axis=-1)


def flat(i):
    """Write the rule of an argument by which the result jumps: 0 almost everywhere."""
    return lambda g, y, *xs, method: np.zeros_like(xs[i])


# fmt: off
of_median      = primitive(lambda x: np.median(x, axis=-1),    lambda g, y, x: d_quantile(g, y, x, 0.5),           name="median",    code="np.median({0}, axis=-1)",    tex=r"\operatorname{{median}}\left({0}\right)")
of_nanmedian   = primitive(lambda x: np.nanmedian(x, axis=-1), lambda g, y, x: d_quantile(g, y, x, 0.5, nan=True), name="nanmedian", code="np.nanmedian({0}, axis=-1)", tex=r"\operatorname{{median}}\left({0}\right)")
of_quantile    = primitive(lambda x, q, method: np.quantile(x, q, axis=-1, method=method),    d_quantile,                                                          d_quantile_q,                                                          name="quantile",    code="np.quantile({0}, {1}, axis=-1, method={method})",    tex=r"Q_{{{1}}}\left({0}\right)", symbol="Q")
of_nanquantile = primitive(lambda x, q, method: np.nanquantile(x, q, axis=-1, method=method), lambda g, y, x, q, method: d_quantile(g, y, x, q, method, nan=True), lambda g, y, x, q, method: d_quantile_q(g, y, x, q, method, nan=True), name="nanquantile", code="np.nanquantile({0}, {1}, axis=-1, method={method})", tex=r"Q_{{{1}}}\left({0}\right)", symbol="Q")
of_weighted    = primitive(lambda x, q, w, method: np.quantile(x, q, axis=-1, method=method, weights=w),    d_weighted, flat(1), flat(2), name="weighted_quantile",    code="np.quantile({0}, {1}, axis=-1, method={method}, weights={2})",    tex=r"Q_{{{1}}}\left({0}; {2}\right)", symbol="Q")
of_nanweighted = primitive(lambda x, q, w, method: np.nanquantile(x, q, axis=-1, method=method, weights=w), d_weighted, flat(1), flat(2), name="weighted_nanquantile", code="np.nanquantile({0}, {1}, axis=-1, method={method}, weights={2})", tex=r"Q_{{{1}}}\left({0}; {2}\right)", symbol="Q")
# fmt: on


def together(x, axis):
    """Return x with the axes that a result is made of as one, the last; and what keepdims gives."""
    x = np.asarray(x) if isinstance(x, (list, tuple, float, int)) else x
    axes = range(x.ndim) if axis is None else sorted(normalize_axis_tuple(axis, x.ndim))
    kept = [a for a in range(x.ndim) if a not in axes]
    ones = tuple(n if a in kept else 1 for a, n in enumerate(x.shape))
    if [*kept, *axes] != list(range(x.ndim)):
        x = np.transpose(x, (*kept, *axes))
    if len(axes) != 1:
        x = np.reshape(x, (*x.shape[: len(kept)], math.prod(x.shape[len(kept) :])))
    return x, ones


def middle(row):
    def median(a, axis=None, keepdims=False):
        last, ones = together(a, axis)
        y = row(last)
        return np.reshape(y, ones) if keepdims else y

    return median


def quantiles(row, weighted, scale=1):
    """Write NumPy's function of a, of any axes, and of q from 0 to `scale`."""

    def quantile(a, q, axis=None, *, method="linear", keepdims=False, weights=None):
        last, ones = together(a, axis)
        q = unlisted(q)
        q = q if scale == 1 else q / scale
        if weights is None:
            y = row(last, q, method=method)
        else:
            y = weighted(last, q, together(along(weights, a, axis), axis)[0], method=method)
        return np.reshape(y, (*np.shape(q), *ones)) if keepdims else y

    return quantile


def along(weights, x, axis):
    """Repeat weights that are given for the reduced axes only."""
    return np.broadcast_to(aligned_weights(unlisted(weights), unlisted(x), axis), np.shape(x))


def aligned_weights(weights, x, axis):
    """Give weights of the axes, in their order, the axes of x, with length 1 for the others."""
    shape = np.shape(weights)
    if shape == x.shape:
        return weights
    if axis is None:
        raise refusal(
            TypeError,
            "weights of another shape than the values belong to an axis of theirs, or to some",
            f"weights of shape {shape} for values of shape {x.shape}",
            "axis=0, or the like; weights of the shape of the values",
        )
    axes = normalize_axis_tuple(axis, x.ndim)
    if shape != (wanted := tuple(x.shape[a] for a in axes)):
        raise refusal(
            ValueError,
            "weights have the shape of the values, or that of the values along the axis",
            f"weights of shape {shape} for values of shape {x.shape}, with axis={axis}",
            f"weights of shape {wanted}",
        )
    weights = np.transpose(weights, tuple(int(i) for i in np.argsort(axes)))
    return np.reshape(weights, tuple(n if a in axes else 1 for a, n in enumerate(x.shape)))


composite(np.median)(middle(of_median))
composite(np.nanmedian)(middle(of_nanmedian))
composite(np.quantile)(quantiles(of_quantile, of_weighted))
composite(np.nanquantile)(quantiles(of_nanquantile, of_nanweighted))
composite(np.percentile)(quantiles(of_quantile, of_weighted, 100))
composite(np.nanpercentile)(quantiles(of_nanquantile, of_nanweighted, 100))
