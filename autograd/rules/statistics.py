"""Derivatives of statistics: averages, moments, counts, and what leaves out nan."""

import builtins
from typing import Any

import numpy as np

from autograd.base.errors import refusal
from autograd.primitive import composite, options, primitive
from autograd.rules.complex_parts import numbers
from autograd.rules.elementwise import masked
from autograd.rules.masking import cast
from autograd.rules.quantiles import aligned_weights
from autograd.rules.reduce import d_cumprod, d_cumsum, d_prod, expand
from autograd.rules.shape import Slot, add_up, arrayed, astype, gather, on_axis, unlisted


# ── without the elements that are nan ─────────────────────────────────────────────────────────
def present(x, axis, dtype):
    """Count the elements that are not nan."""
    return astype(np.count_nonzero(x == x, axis=axis, keepdims=True), dtype=dtype)


def average_present(x, axis=None, keepdims=False):
    """Compute np.nanmean, without its copies."""
    if isinstance(x, np.ndarray) and x.dtype.kind == "f":
        n = np.count_nonzero(x == x, axis=axis, keepdims=keepdims)
        if np.all(n):
            return np.asarray(add_up_present(x, axis, keepdims) / n).astype(x.dtype)[()]
    return np.nanmean(x, axis=axis, keepdims=keepdims)


def add_up_present(x, axis=None, keepdims=False):
    """Compute np.nansum, without its copies."""
    return add_up(filled(x, 0), axis, keepdims)


def filled(x, neutral):
    return np.where(x == x, x, neutral)


def d_nanscan(rule, neutral):
    """Write the rule of a scan that takes nan for a neutral element, from that of all."""
    return lambda g, y, x, axis=None: masked(rule(g, y, filled(x, neutral), axis), x == x)


def d_nanprod(g, y, x, axis=None, keepdims=False):
    return masked(d_prod(g, y, filled(x, 1), axis, keepdims), x == x)


def d_nansum(g, y, x, axis=None, keepdims=False):
    return masked(expand(g, x, axis, keepdims), x == x)


def d_nanmean(g, y, x, axis=None, keepdims=False):
    share = expand(g, x, axis, keepdims) / np.maximum(present(x, axis, g.dtype), 1)
    return masked(share, x == x)


def d_nanextreme(g, y, x, axis=None, keepdims=False):
    winners = x == expand(y, x, axis, keepdims)
    ties = np.sum(astype(winners, dtype=g.dtype), axis=axis, keepdims=True)
    return masked(expand(g, x, axis, keepdims) / np.maximum(ties, 1), winners)


def centred(x, axis):
    n = np.maximum(present(x, axis, x.dtype), 1)
    x = filled(x, 0)
    return x - np.sum(x, axis=axis, keepdims=True) / n


def d_nanvar(g, y, x, axis=None, ddof=0, keepdims=False):
    dof = present(x, axis, g.dtype) - ddof
    slope = 2 * expand(g, x, axis, keepdims) / np.where(dof > 0, dof, 1)
    return masked(slope * centred(x, axis).conjugate(), (x == x) & (dof > 0))


def d_nanstd(g, y, x, axis=None, ddof=0, keepdims=False):
    y, g = expand(y, x, axis, keepdims), expand(g, x, axis, keepdims)
    size = np.where(y > 0, y, 1) * (present(x, axis, g.dtype) - ddof)
    return masked(g * centred(x, axis).conjugate() / np.where(y > 0, size, 1), (x == x) & (y > 0))


def leave_out(fn, all_of, neutral):
    """Enter the options of a function that takes nan for a neutral element."""

    @options(fn)
    def without(x, *args, **given):
        return all_of(filled(x, neutral), *args, **given)


leave_out(np.nansum, np.sum, 0)
leave_out(np.nanprod, np.prod, 1)
leave_out(np.nancumsum, np.cumsum, 0)
leave_out(np.nancumprod, np.cumprod, 1)


def mask(fn, all_of):
    """Enter the options of a function that leaves out what a mask would."""

    @options(fn)
    def masked_out(x, *args, where=True, **given):
        return all_of(x, *args, where=where & (x == x), **given)


mask(np.nanmean, np.mean)
mask(np.nanvar, np.var)
mask(np.nanstd, np.std)


# ── counts ────────────────────────────────────────────────────────────────────────────────────
def line(x, bins, range):
    """Return the coordinates of points and the edges of the bins: here along one axis."""
    return [x], [edges_along(x, bins, range)]


def box(x, bins, range):
    """Return them for each axis, of points that are the rows of x."""
    every = bins if several(bins) else [bins] * x.shape[1]
    ranges = [None] * x.shape[1] if range is None else range
    pairs = enumerate(zip(every, ranges, strict=True))
    edges = [edges_along(x[:, i], b, r) for i, (b, r) in pairs]
    return [x[:, i] for i in builtins.range(x.shape[1])], edges


def edges_along(x, bins, range):
    """Return the edges of the bins: those that are given, with their history."""
    plain = constant(bins)
    edges = np.histogram_bin_edges(x, plain, range)
    return bins if bins is not plain and np.ndim(bins) else edges


def several(bins):
    """Tell whether bins are of each axis, and not a number of bins for all."""
    return isinstance(bins, (list, tuple)) or np.ndim(bins) > 0


def constant(bins):
    """Return bins without history: by their edges, counts jump. What stands for them stays."""
    return bins.data if hasattr(bins, "backward") else bins


def bins_of(columns, edges):
    """Tell which points lie in a bin, and in which; the last bin holds its upper edge too."""
    inside, index = True, []
    for x, e in zip(columns, edges, strict=True):
        index.append(np.clip(np.searchsorted(e, x, side="right") - 1, 0, len(e) - 2))
        inside = inside & (x >= e[0]) & (x <= e[-1])
    return inside, index


def flat(g, y, x, weights, bins, range):
    """Return the derivative by the places: counts are steps, 0 almost everywhere."""
    return np.zeros_like(x)


def d_weights(parts):
    def rule(g, y, x, weights, bins, range):
        inside, index = bins_of(*parts(x, bins, range))
        slots = tuple(map(Slot, builtins.range(len(index))))
        return masked(gather(g, *index, index=slots), inside)

    return rule


def sums(x, weights, bins, range):
    return np.histogram(x, bins, range, weights=weights)[0]


def sums_dd(x, weights, bins, range):
    return np.histogramdd(x, bins, range, weights=weights)[0]


def bind_edges(a, bins=10, range=None):
    return (a,), {"bins": bins, "range": range}


def bind_bincount(x, weights=None, minlength=0):
    values = (x,) if weights is None else (x, weights)
    return values, {"minlength": minlength} if minlength else {}


# fmt: off
primitive(np.nansum,     d_nansum,    call=add_up_present,         tex=r"\sum {0}",                                symbol="Σ")
primitive(np.nanprod,    d_nanprod,                                tex=r"\prod {0}",                               symbol="∏")
primitive(np.nanmean,    d_nanmean,   call=average_present,        tex=r"\overline{{{0}}}",                        symbol="mean")
primitive(np.nanvar,     d_nanvar,                                 tex=r"\operatorname{{Var}}\left({0}\right)")
primitive(np.nanstd,     d_nanstd,                                 tex=r"\operatorname{{Std}}\left({0}\right)")
primitive(np.nanmax,     d_nanextreme,                             tex=r"\max\left({0}\right)",                    symbol="max")
primitive(np.nanmin,     d_nanextreme,                             tex=r"\min\left({0}\right)",                    symbol="min")
primitive(np.nancumsum,  d_nanscan(d_cumsum, 0))
primitive(np.nancumprod, d_nanscan(d_cumprod, 1))
primitive(np.nanargmax,  None,                                     tex=r"\arg\max\left({0}\right)")
primitive(np.nanargmin,  None,                                     tex=r"\arg\min\left({0}\right)")

primitive(np.bincount,   None, lambda g, y, x, w, minlength=0: gather(g, x, index=Slot(0)), bind=bind_bincount, code="np.bincount({*})", tex=r"\operatorname{{bincount}}\left({*}\right)")
primitive(np.histogram_bin_edges, None, code="np.histogram_bin_edges({0}, {bins}, {range})", bind=bind_edges)
sums_in_bins  = primitive(sums,    flat, d_weights(line), name="histogram",   code="np.histogram({0}, {bins}, {range}, weights={1})[0]")
sums_in_boxes = primitive(sums_dd, flat, d_weights(box),  name="histogramdd", code="np.histogramdd({0}, {bins}, {range}, weights={1})[0]")
# fmt: on


@composite(np.histogram)
def histogram(a, bins=10, range=None, density=None, weights=None):
    """Sum weights, by which the sums are differentiable; by the places they jump."""
    edges = edges_along(a, bins, range)
    bins = constant(edges if isinstance(bins, str) else bins)
    y = sums_in_bins(a, weighing(weights, a), bins=bins, range=range)
    return (y / np.diff(edges) / np.sum(y) if density else y), edges


def weighing(weights, a):
    return np.ones(np.shape(a), int) if weights is None else weights


@composite(np.histogramdd)
def histogramdd(sample, bins=10, range=None, density=None, weights=None):
    x = np.stack(sample, axis=-1) if isinstance(sample, (list, tuple)) else sample
    edges = box(x, bins, range)[1]
    bins = [*map(constant, bins)] if several(bins) else constant(bins)
    y = sums_in_boxes(x, weighing(weights, x[:, 0]), bins=bins, range=range)
    if density:
        total = np.sum(y)
        for axis, e in enumerate(edges):
            y = y / on_axis(np.diff(e), axis, y.ndim)
        y = y / total
    return y, edges


@composite(np.histogram2d)
def histogram2d(x, y, bins=10, range=None, density=None, weights=None):
    bins = [np.asarray(bins)] * 2 if several(bins) and len(bins) not in (1, 2) else bins
    counts, (edges_x, edges_y) = histogramdd([x, y], bins, range, density, weights)
    return counts, edges_x, edges_y


@composite(np.average)
def average(a, axis=None, weights=None, returned=False, *, keepdims=False):
    if weights is None:
        y = np.mean(a, axis=axis, keepdims=keepdims)
        total = astype(np.full(y.shape, a.size / max(y.size, 1)), dtype=y.dtype)
        return (y, total) if returned else y
    a, weights = map(unlisted, (a, weights))
    weights = aligned_weights(weights, a, axis)
    least = np.float64 if a.dtype.kind in "biu" else a.dtype
    weights = astype(weights, dtype=np.result_type(a, weights, least))
    total = np.sum(weights, axis=axis, keepdims=keepdims)
    if not hasattr(weights, "requires_grad") and np.any(total == 0):
        raise refusal(
            ZeroDivisionError,
            "the weights sum to 0, and the average is divided by their sum",
            f"np.average of shape {a.shape} with weights of shape {weights.shape}",
            "weights with another sum, or np.sum(weights * a)",
        )
    y = np.sum(a * weights, axis=axis, keepdims=keepdims) / total
    return (y, np.broadcast_to(total, y.shape)) if returned else y


@composite(np.cov)
def cov(m, y=None, rowvar=True, bias=False, ddof=None, fweights=None, aweights=None, *, dtype=None):
    x = observed(m, rowvar or np.ndim(m) < 2, dtype)
    if y is not None:
        rows = rowvar or np.ndim(y) < 2 or len(y) == 1
        x = np.concatenate((x, observed(y, rows, dtype)), axis=0)
    ddof = ddof if ddof is not None else 1 - bool(bias)
    for name, w in (("fweights", fweights), ("aweights", aweights)):
        if w is not None:
            column = np.reshape(numbers(arrayed(w)), (-1,) + (1,) * (np.ndim(w) - 1))
            given: dict[str, Any] = {name: column}
            np.cov(np.ones((1, len(column))), ddof=0, **given)  # NumPy's own refusal
    weights, fweights, aweights = product(fweights, aweights)
    mean, total = np.average(x, axis=1, weights=weights, returned=True)
    x = x - np.reshape(mean, (-1, 1))
    if weights is None:
        size = max(x.shape[1] - ddof, 0)
    elif ddof == 0 or aweights is None:
        size = total[0] - ddof
    else:
        size = total[0] - ddof * np.cumsum(weights * aweights)[-1] / total[0]
    other = np.transpose(x if weights is None else x * weights)
    other = np.conjugate(other) if other.dtype.kind == "c" else other
    return np.squeeze(cast(np.dot(x, other) * np.true_divide(1, size), x.dtype))


def observed(x, rows, dtype):
    """Return x with a row for each variable, of floats with double precision or better."""
    x = np.atleast_2d(unlisted(x))
    x = x if rows else np.transpose(x)
    return astype(x, dtype=np.dtype(dtype) if dtype else np.result_type(x, np.float64))


def product(*weights):
    """Return the product of those that are given, and all of them as floats."""
    floats = [None if w is None else astype(w, dtype=np.dtype(float)) for w in weights]
    some = [w for w in floats if w is not None]
    return (some[0] * some[1] if len(some) == 2 else some[0] if some else None), *floats


@composite(np.corrcoef)
def corrcoef(x, y=None, rowvar=True, *, dtype=None):
    c = np.cov(x, y, rowvar, dtype=dtype)
    if c.ndim == 0:
        return c / c
    variances = np.diagonal(c)
    spread = np.sqrt(np.real(variances) if c.dtype.kind == "c" else variances)
    c = c / np.expand_dims(spread, 1) / np.expand_dims(spread, 0)
    if c.dtype.kind == "c":  # each part for itself
        return np.clip(np.real(c), -1, 1) + 1j * np.clip(np.imag(c), -1, 1)
    return np.clip(c, -1, 1)
