"""Samples of statistics, interpolation, polynomials, and how numbers are written."""
# ruff: noqa: E501  # one entry per row, one line per entry where it can be

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.rules import floats, interpolation, quantiles, statistics
from samples.cases import (
    ONE_AXIS,
    SEVERAL,
    Case,
    between,
    call,
    case,
    given,
    integer,
    many,
    one,
    positive,
    real,
    reduction,
    two,
)


def gaps(rng, shape):
    """Draw numbers of which a few are nan, the first never."""
    x = real(rng, shape)
    some = rng.random(shape) < 0.3
    if x.ndim:
        some[:1] = False
    return np.where(some & (x.ndim > 0), np.nan, x)


def rising(rng, shape):
    """Draw points that lie apart, in order."""
    return np.cumsum(rng.uniform(0.5, 1.5, shape), axis=-1) - 2


def fraction(rng, shape):
    """Draw numbers from 0 to 1, off the places where a quantile jumps or bends."""
    return rng.choice((0.33, 0.64), shape)


def quarters(rng, shape):
    """Draw numbers that divide without rounding, so that NumPy sees which remainders are 0."""
    return rng.integers(1, 9, shape) / 4


def powers_of_two(rng, shape):
    return 2.0 ** rng.integers(-1, 2, shape)


def apart(rng, shape):
    """Draw polynomials with roots that are real and apart."""
    return np.poly(np.cumsum(rng.uniform(0.5, 1.5, shape[0] - 1)))


def exponent(rng, shape):
    return rng.integers(-2, 3, shape)


def far(rng, shape):
    """Draw numbers on both sides of 8, where I0 changes its series."""
    return rng.uniform(-12, 12, shape)


METHODS = (
    "inverted_cdf", "averaged_inverted_cdf", "closest_observation", "interpolated_inverted_cdf", "hazen",
    "weibull", "linear", "median_unbiased", "normal_unbiased", "lower", "higher", "midpoint", "nearest",
)  # fmt: skip
FEW = (((), None), ((4,), None), ((5,), 0), ((2, 3), -1), ((2, 3, 2), (-1, 0)))
PLACES = np.arange(12.0).reshape(6, 2)
FREQUENCIES, WEIGHTS = np.array([1, 3, 2, 1]), np.array([0.5, 1.5, 1.0, 2.0])


def quantile(fn, domain=real):
    """Sample the axes, the methods, and q as a second argument."""
    return [
        *(
            c
            for s, a in (((4,), None), ((3, 4), -1))
            for c in given(
                fn, [s], "q axis", ([0.33, 0.64], a), (0.33, a), domain=domain, analytic=False
            )
        ),
        *given(
            fn,
            [(3, 2, 2)],
            "q axis keepdims",
            ([0.33, 0.64], (2, 0), True),
            (0.33, None, True),
            domain=domain,
            analytic=False,
        ),
        *(
            case(
                call(fn, {"axis": 0, "method": m}),
                (5,),
                (),
                domain=(domain, fraction),
                analytic=False,
                note=m,
            )
            for m in METHODS
        ),
        *given(
            fn,
            [(4, 2)],
            "q axis method weights",
            (0.33, 0, "inverted_cdf", np.outer(WEIGHTS, [1, 2])),
            domain=domain,
            analytic=False,
        ),
    ]


def percentile(fn, domain=real):
    return given(
        fn,
        [(4,), (4, 2)],
        "q axis method",
        ([33.0, 64.0], 0, "hazen"),
        (33.0, None, "linear"),
        domain=domain,
        analytic=False,
    )


def rows(fn, method="linear", domain=real):
    return [
        case(call(fn, {"method": method}), (2, 4), s, domain=(domain, fraction), analytic=False)
        for s in ((2,),)
    ]


def weighed(fn, domain=real):
    return [
        case(
            call(fn, {"method": "inverted_cdf"}),
            (2, 4),
            (2,),
            (2, 4),
            domain=(domain, fraction, positive),
            analytic=False,
        )
    ]


def histogram(fn, *data, **options):
    """Sample the sums of weights, of points that are constants."""
    return [case(lambda w: fn(*data, weights=w, **options)[0], data[0].shape[:1], analytic=False)]


# fmt: off
LEFT_RIGHT = ({}, {"left": -1.0, "right": 2.0}, {"period": 2.3})
THREE = ((4,), (5,), (5,))
SAMPLES: dict[Callable[..., Any], list[Case]] = {
    # ── order ─────────────────────────────────────────────────────────────────────────────────
    np.median:           reduction(np.median, axes=FEW, analytic=False),
    np.nanmedian:        reduction(np.nanmedian, gaps, axes=FEW, analytic=False),
    np.quantile:         quantile(np.quantile),
    np.percentile:       percentile(np.percentile),
    np.nanquantile:      quantile(np.nanquantile, gaps),
    np.nanpercentile:    percentile(np.nanpercentile, gaps),
    quantiles.of_median:      given(quantiles.of_median, [(4,), (2, 3)], analytic=False),
    quantiles.of_nanmedian:   given(quantiles.of_nanmedian, [(4,), (3, 3)], domain=gaps, analytic=False),
    quantiles.of_quantile:    rows(quantiles.of_quantile) + rows(quantiles.of_quantile, "lower"),
    quantiles.of_nanquantile: rows(quantiles.of_nanquantile, domain=gaps),
    quantiles.of_weighted:    weighed(quantiles.of_weighted),
    quantiles.of_nanweighted: weighed(quantiles.of_nanweighted, gaps),
    np.partition:        given(np.partition, [(5,), (2, 5)], "kth axis", (2, -1), ([1, 3], -1), (1, None), analytic=False),
    np.argpartition:     given(np.argpartition, [(5,)], "kth", (2,)),
    np.searchsorted:     [case(np.searchsorted, (5,), (4,), domain=(rising, real)), case(call(np.searchsorted, {"side": "right"}), (5,), (), domain=(rising, real))],
    np.digitize:         given(lambda x: np.digitize(x, np.array([-1.0, 0.1, 1.0])), [(4,)]) + given(lambda x: np.digitize(x, np.array([1.0, -1.0]), right=True), [(4,)]),
    # ── moments ───────────────────────────────────────────────────────────────────────────────
    np.average: [
        *reduction(np.average, axes=FEW),
        *many(lambda a, w: np.average(a, weights=w), ((3,), (3,)), ((2, 3), (2, 3))),
        *(case(lambda a, w, axis=axis: np.average(a, axis, w, keepdims=True), a, w, domain=(real, positive), note=f"axis={axis}") for a, w, axis in (((2, 3), (3,), 1), ((2, 3), (2,), 0), ((2, 3, 4), (4, 2), (2, 0)), ((2, 3, 4), (2, 3, 4), (0, 1)))),
        case(lambda a, w: np.average(a, 0, w, returned=True)[0], (3, 2), (3,), domain=(real, positive)),
        *given(lambda w: np.average(np.ones((3, 2)), 0, w, returned=True)[1], [(3,)]),
    ],
    np.cov: [
        *given(np.cov, [(4,), (3, 4)], "rowvar bias ddof", (True, False, None), (False, True, None), (True, False, 2), analytic=False),
        *many(np.cov, ((4,), (4,)), ((2, 4), (4,)), analytic=False),
        *given(np.cov, [(2, 4)], "fweights aweights ddof", (FREQUENCIES, None, None), (None, WEIGHTS, None), (FREQUENCIES, WEIGHTS, None), (FREQUENCIES, WEIGHTS, 0), analytic=False),
        case(lambda x, w: np.cov(x, aweights=w), (2, 4), (4,), domain=(real, positive), analytic=False),
    ],
    np.corrcoef:         given(np.corrcoef, [(3, 5)], "rowvar", (True,), analytic=False) + given(np.corrcoef, [(5, 2)], "rowvar", (False,), analytic=False) + many(np.corrcoef, ((5,), (5,)), analytic=False),
    # ── without nan ───────────────────────────────────────────────────────────────────────────
    **{fn: reduction(fn, gaps, axes=FEW, analytic=False) for fn in (np.nansum, np.nanprod, np.nanmean, np.nanmax, np.nanmin)},
    np.nanvar:           reduction(np.nanvar, gaps, axes=SEVERAL, analytic=False) + reduction(np.nanvar, gaps, axes=(((4,), None), ((4, 2), 0)), analytic=False, ddof=1),
    np.nanstd:           reduction(np.nanstd, gaps, axes=(((4,), None), ((2, 5), -1), ((3, 4, 2), (0, 1))), analytic=False),
    np.nanargmax:        reduction(np.nanargmax, gaps, axes=ONE_AXIS[:3]),
    np.nanargmin:        reduction(np.nanargmin, gaps, axes=ONE_AXIS[:3]),
    np.nancumsum:        [c for s, a in (((4,), 0), ((3, 4), 1), ((2, 3), None)) for c in given(np.nancumsum, [s], "axis", (a,), domain=gaps, analytic=False)],
    np.nancumprod:       [c for s, a in (((4,), 0), ((3, 4), 1), ((2, 3), None)) for c in given(np.nancumprod, [s], "axis", (a,), domain=gaps, analytic=False)],
    np.nan_to_num:       one(np.nan_to_num, gaps, analytic=False) + given(np.nan_to_num, [(5,)], "nan posinf", (2.5, 9.0), domain=gaps, analytic=False),
    # ── counts ────────────────────────────────────────────────────────────────────────────────
    np.bincount:         [case(lambda x, w: np.bincount(x, w, minlength=8), (5,), (5,), domain=(integer, real), analytic=False), case(lambda x: np.bincount(x, minlength=6), (4,), domain=integer)],
    np.histogram_bin_edges: given(np.histogram_bin_edges, [(5,)], "bins", (3,)),
    np.histogram:        histogram(np.histogram, np.arange(6.0), bins=3) + histogram(np.histogram, np.arange(6.0), bins=[0, 2.5, 4]) + histogram(np.histogram, np.arange(6.0), bins=2, range=(1, 3), density=True),
    np.histogram2d:      histogram(np.histogram2d, np.arange(6.0), np.arange(6.0) % 3, bins=2) + histogram(np.histogram2d, np.arange(6.0), np.arange(6.0) % 3, bins=[0, 1, 5]),
    np.histogramdd:      histogram(np.histogramdd, PLACES, bins=(2, 3), density=True),
    statistics.sums_in_bins:  given(lambda w: statistics.sums_in_bins(np.arange(6.0), w, bins=3, range=None), [(6,)], analytic=False),
    statistics.sums_in_boxes: given(lambda w: statistics.sums_in_boxes(PLACES, w, bins=3, range=None), [(6,)], analytic=False),
    # ── interpolation ─────────────────────────────────────────────────────────────────────────
    interpolation.lines: [case(interpolation.lines, s, (5,), (5,), domain=(real, rising, real), analytic=False) for s in ((), (4,), (2, 3))],
    np.interp:           [case(call(np.interp, p), *THREE, domain=(real, rising, real), analytic=False, note=str(p)) for p in LEFT_RIGHT] + [case(np.interp, (3,), (1,), (1,), analytic=False)],
    np.trapezoid:        given(np.trapezoid, [(4,), (3, 2)], "axis dx", (0, 0.5), (-1, 1.0)) + many(np.trapezoid, ((4,), (4,)), ((2, 4), (4,)), ((2, 4), (2, 4))) + [case(call(np.trapezoid, {"axis": 0}), (4, 2), (4,))],
    np.gradient: [
        *given(np.gradient, [(5,), (3, 4)], "axis edge_order", (0, 1), (-1, 2)),
        *given(lambda x, part: np.gradient(x)[part], [(3, 4)], "part", (0,), (1,)),
        *given(lambda x, part: np.gradient(x, 0.5, np.arange(4.0), edge_order=2)[part], [(3, 4)], "part", (0,), (1,)),
        *(case(lambda f, h, k=k: np.gradient(f, h, axis=0, edge_order=k), (5, 2), s, domain=(real, d), note=f"edge_order={k}") for k, s, d in ((2, (), positive), (1, (5,), rising))),
        *given(lambda f: np.gradient(f, np.array([0, 1, 3, 4, 7])), [(5,)]),
    ],
    np.diff:             given(np.diff, [(4,), (3, 4)], "n axis", (1, -1), (2, 0), (0, 0)) + given(np.diff, [(2, 3)], "prepend append", (0.0, 1.5)) + [case(f, (2, 3), s) for s in ((), (2, 3)) for f in (lambda a, b: np.diff(a, axis=0, append=b), lambda a, b: np.diff(a, 1, 0, b))],
    np.ediff1d:          given(np.ediff1d, [(4,), (2, 3)]) + given(np.ediff1d, [(3,)], "to_end to_begin", ([1.0, 2.0], 5.0)) + [case(lambda x, e: np.ediff1d(x, to_end=e), (3,), (2,))],
    np.convolve:         [c for mode in ("full", "same", "valid") for c in many(call(np.convolve, {"mode": mode}), ((4,), (3,)), ((4,), (2,)), ((2,), (5,)), ((3,), (3,)), ((1,), (3,)))] + many(np.convolve, ((), (3,))),
    np.correlate:        [c for mode in ("full", "same", "valid") for c in many(call(np.correlate, {"mode": mode}), ((4,), (3,)), ((4,), (2,)), ((2,), (5,)), ((3,), (3,)), ((1,), (3,)), analytic=False)],
    np.unwrap:           given(np.unwrap, [(4,), (2, 3)], "axis", (-1,), domain=far, analytic=False) + given(np.unwrap, [(4,)], "period", (3.0,), domain=far, analytic=False),
    np.linspace:         [case(call(np.linspace, {"num": 4, **p}), *s, note=str(p)) for p in ({}, {"endpoint": False}, {"axis": -1}) for s in (((), ()), ((2,), ()), ((2, 3), (3,)))] + many(lambda a, b: np.linspace(a, b, 5, retstep=True)[1], ((), ())) + many(lambda a, b: np.linspace(a, b, 1), ((), ())),
    np.logspace:         [*many(lambda a, b: np.logspace(a, b, 4), ((), ()), ((2,), ())), case(lambda a, b, c: np.logspace(a, b, 4, base=c), (), (2,), (2,), domain=(real, real, positive)), case(lambda a, b: np.logspace(0.1, a, 4, base=b), (), (), domain=positive)],
    np.geomspace:        [case(call(np.geomspace, {"num": 4, **p}), *s, domain=d, analytic=False, note=str(p)) for p in ({}, {"endpoint": False}, {"axis": -1}) for s, d in ((((), ()), positive), (((2,), ()), positive), (((), ()), lambda *a: -positive(*a)))],
    # ── polynomials ───────────────────────────────────────────────────────────────────────────
    np.vander:           given(np.vander, [(3,), (0,)], "increasing", (False,), (True,)) + given(np.vander, [(3,)], "N", (2,), (1,), (5,), (0,)),
    np.polyval:          many(np.polyval, ((3,), ()), ((4,), (2, 3)), ((1,), (2,))),
    np.polyadd:          many(np.polyadd, ((3,), (2,)), ((2,), (3,)), ((), (2,))),
    np.polysub:          many(np.polysub, ((3,), (2,)), ((2,), (3,)), ((), (2,))),
    np.polymul:          many(np.polymul, ((3,), (2,)), ((2,), (3,)), ((), (2,))),
    np.polydiv:          [case(lambda u, v, part=part: np.polydiv(u, v)[part][-1], *s, domain=(quarters, powers_of_two)) for s in (((4,), (2,)), ((3,), (3,)), ((5,), (3,))) for part in (0, 1)] + many(lambda u, v: np.polydiv(u, v)[0], ((3,), (1,))),
    np.polyder:          given(np.polyder, [(4,)], "m", (0,), (1,), (2,)),
    np.polyint:          given(np.polyint, [(3,)], "m k", (0, None), (1, None), (2, None), (2, 1.5)) + given(lambda x: np.polyint(x[:3], 2, x[3:]), [(5,), (4,)]),
    np.poly:             given(np.poly, [(3,), (1,)]),
    np.roots:            given(lambda p: np.real(np.roots(p)), [(3,)], domain=apart, analytic=False),
    np.polyfit: [
        *(case(call(np.polyfit, {"deg": 2}), (5,), s, domain=(rising, real), analytic=False) for s in ((5,), (5, 2))),
        case(lambda x, y, w: np.polyfit(x, y, 1, w=w), (4,), (4,), (4,), domain=(rising, real, positive), analytic=False),
        case(lambda x, y: np.polyfit(x, y, 1, cov=True)[1], (5,), (5,), domain=(rising, real), analytic=False),
        *given(lambda x: np.polyfit(x, np.ones(5), 1, cov="unscaled")[1], [(5,)], domain=rising, analytic=False),
    ],
    # ── how a number is written ───────────────────────────────────────────────────────────────
    floats.bessel:       given(floats.bessel, [(), (3,)], "order", (1,), (2,), domain=far, analytic=False),
    np.i0:               one(np.i0, far, analytic=False),
    np.copysign:         two(np.copysign, analytic=False),
    np.fmod:             two(np.fmod, analytic=False),
    np.heaviside:        [*two(np.heaviside, analytic=False), case(lambda b: np.heaviside(0.0, b), (3,), analytic=False)],
    np.ldexp:            two(np.ldexp, real, exponent, analytic=False),
    np.nextafter:        two(np.nextafter, analytic=False),
    np.spacing:          one(np.spacing, analytic=False),
    floats.fraction:     one(floats.fraction, between, analytic=False),
    floats.mantissa:     one(floats.mantissa, analytic=False),
    floats.power_of_two: one(floats.power_of_two),
    np.modf:             one(lambda x: np.modf(x)[0], between, analytic=False) + one(lambda x: np.modf(x)[1], between, analytic=False),
    np.frexp:            one(lambda x: np.frexp(x)[0], analytic=False) + one(lambda x: np.frexp(x)[1]),
    np.fix:              one(np.fix, between, analytic=False),
    **{fn: two(fn, integer, integer) for fn in (np.gcd, np.lcm, np.left_shift, np.right_shift)},
    np.bitwise_count:    one(np.bitwise_count, integer),
}
if hasattr(np, "cumulative_sum"):  # since NumPy 2.1
    SAMPLES |= {
        np.cumulative_sum: given(np.cumulative_sum, [(3,)]) + given(np.cumulative_sum, [(2, 3)], "axis include_initial", (1, True), (0, False)),
        np.cumulative_prod: given(np.cumulative_prod, [(3,)]) + given(np.cumulative_prod, [(2, 3)], "axis include_initial", (1, True), (0, False)),
    }
# fmt: on
