"""Samples of the rows of SciPy's functions; none where SciPy is not installed."""
# ruff: noqa: E501  # one entry per row, one line per entry where it can be

from collections.abc import Callable
from typing import Any

import numpy as np

from samples.cases import Case, above_one, case, positive, real, small, unit, wide

try:
    from scipy import special

    from autograd.rules import matrix_functions
    from autograd.rules import special as ours
except ImportError:
    special = None


# ── domains ───────────────────────────────────────────────────────────────────────────────────
def within(rng, shape):
    """Draw probabilities."""
    return rng.uniform(0.1, 0.9, shape)


def far(rng, shape):
    """Draw numbers where the tails are."""
    return rng.uniform(11, 20, shape)


def dominant(rng, shape):
    """Draw matrices that are well invertible, and have a square root."""
    return rng.uniform(-0.4, 0.4, shape) + 2 * np.eye(*shape[-2:])


# ── samples ───────────────────────────────────────────────────────────────────────────────────
def of(fn, *domains):
    """Sample a function of each element of one array."""
    return [case(fn, shape, domain=d, analytic=False) for d in domains for shape in ((2, 3), ())]


def both(fn, *domains):
    """Sample a function of the elements of several arrays that broadcast."""
    n = len(domains)
    return [
        case(fn, *shapes[:n], domain=domains, analytic=False)
        for shapes in (((3,),) * 3, ((1, 3), (2, 1), (2, 3)), ((), ()))
        if len(shapes) >= n
    ]


def orders(fn, domain=positive, values=(0, 1, 2.5)):
    """Sample a family of functions of one variable."""
    return [c for v in values for c in of(lambda x, v=v: fn(v, x), domain)[: 1 + (v == 1)]]


def matrices(fn, *shapes, domain=dominant):
    return [case(fn, *shape, domain=domain, analytic=False) for shape in shapes]


def triangles():
    """Sample both triangles, both sides, and a diagonal that is not read."""
    kinds = [
        (t, low, unit) for t in (False, True) for low in (False, True) for unit in (False, True)
    ]
    return [
        case(
            lambda a, b, t=t, low=low, unit=unit: ours_solve(a, b, t, low, unit),
            *(((3, 3), (3, 2)) if i % 2 else ((2, 2, 2), (2, 2, 3))),
            domain=(dominant, real), analytic=False, note=f"transposed={t}, lower={low}, unit={unit}",
        )
        for i, (t, low, unit) in enumerate(kinds)
    ]  # fmt: skip


def ours_solve(a, b, transposed, lower, unit_diagonal):
    return matrix_functions.triangular(
        a, b, transposed=transposed, lower=lower, unit_diagonal=unit_diagonal
    )


def diagonals():
    """Sample as many diagonals below as above, more, and none on one side."""
    return [
        case(
            lambda a, b, l=low, u=up: ours_banded(a, b, l, u), (low + up + 1, 4), (4, 2),
            domain=(unit, real), analytic=False, note=f"{low} below, {up} above",
        )
        for low, up in ((1, 1), (2, 0), (0, 1), (1, 2))
    ]  # fmt: skip


def ours_banded(a, b, lower, upper):
    main = 4 * np.eye(lower + upper + 1)[upper][:, None]
    return matrix_functions.banded(a + main, b, lower=lower, upper=upper)


SAMPLES: dict[Callable[..., Any], list[Case]] = {}
# fmt: off
if special is not None:
    SAMPLES = {
        # ── error functions ───────────────────────────────────────────────────────────────────
        special.erf:          of(special.erf, real),
        special.erfc:         of(special.erfc, real),
        special.erfcx:        of(special.erfcx, real, far),
        special.erfinv:       of(special.erfinv, unit),
        special.erfcinv:      of(special.erfcinv, within),
        special.ndtr:         of(special.ndtr, real),
        special.log_ndtr:     of(special.log_ndtr, real, wide),
        special.ndtri:        of(special.ndtri, within),
        # ── the gamma function and its kin ────────────────────────────────────────────────────
        special.gamma:        of(special.gamma, positive),
        special.rgamma:       of(special.rgamma, positive, small),
        special.gammaln:      of(special.gammaln, positive),
        special.loggamma:     of(special.loggamma, positive),
        special.gammasgn:     of(special.gammasgn, positive),
        special.psi:          of(special.psi, above_one),
        ours.polygamma:       orders(ours.polygamma, above_one, (0, 1, 2)),
        ours.zeta:            orders(ours.zeta, above_one, (2, 3.5)),
        special.beta:         both(special.beta, positive, positive),
        special.betaln:       both(special.betaln, positive, positive),
        special.gammainc:     orders(special.gammainc, positive, (0.5, 3)),
        special.gammaincc:    orders(special.gammaincc, positive, (0.5, 3)),
        special.betainc:      of(lambda x: special.betainc(2, 1.5, x), within),
        special.betaincc:     of(lambda x: special.betaincc(2, 1.5, x), within),
        special.stdtr:        orders(special.stdtr, real, (1, 4.5)),
        # ── logistic functions, entropies and distances ───────────────────────────────────────
        special.logit:        of(special.logit, within),
        special.expit:        of(special.expit, wide),
        special.log_expit:    of(special.log_expit, wide),
        special.xlogy:        both(special.xlogy, real, positive),
        special.xlog1py:      both(special.xlog1py, real, positive),
        special.entr:         of(special.entr, positive),
        special.rel_entr:     both(special.rel_entr, positive, positive),
        special.kl_div:       both(special.kl_div, positive, positive),
        special.huber:        both(special.huber, above_one, unit) + both(special.huber, within, above_one),
        special.pseudo_huber: both(special.pseudo_huber, positive, real),
        special.boxcox:       both(special.boxcox, positive, small) + both(special.boxcox, positive, positive),
        special.inv_boxcox:   both(special.inv_boxcox, positive, small) + both(special.inv_boxcox, positive, positive),
        # ── Bessel functions ──────────────────────────────────────────────────────────────────
        special.j0:           of(special.j0, real),
        special.j1:           of(special.j1, real),
        special.y0:           of(special.y0, positive),
        special.y1:           of(special.y1, positive),
        special.i0:           of(special.i0, real),
        special.i1:           of(special.i1, real),
        special.i0e:          of(special.i0e, real),
        special.i1e:          of(special.i1e, real),
        special.k0:           of(special.k0, positive),
        special.k1:           of(special.k1, positive),
        special.k0e:          of(special.k0e, positive),
        special.k1e:          of(special.k1e, positive),
        special.jv:           orders(special.jv),
        special.yv:           orders(special.yv, above_one),
        special.yn:           orders(special.yn, above_one, (0, 1, 3)),
        special.iv:           orders(special.iv),
        special.ive:          orders(special.ive),
        special.kv:           orders(special.kv, above_one),
        special.kn:           orders(special.kn, above_one, (0, 1, 3)),
        special.kve:          orders(special.kve, above_one),
        # ── exponentials, roots and integrals of them ─────────────────────────────────────────
        special.exp1:         of(special.exp1, positive),
        special.expi:         of(special.expi, real),
        special.expn:         orders(special.expn, positive, (0, 1, 3)),
        special.exprel:       of(special.exprel, small, real),
        special.exp10:        of(special.exp10, unit),
        special.exp2:         of(special.exp2, real),
        special.expm1:        of(special.expm1, real),
        special.log1p:        of(special.log1p, positive),
        special.cbrt:         of(special.cbrt, real),
        special.sici:         of(lambda x: special.sici(x)[0], positive) + of(lambda x: special.sici(x)[1], positive),
        ours.sine_integral:   of(ours.sine_integral, real),
        ours.cosine_integral: of(ours.cosine_integral, positive),
        # ── matrices ──────────────────────────────────────────────────────────────────────────
        matrix_functions.triangular: triangles(),
        matrix_functions.banded:     diagonals(),
        matrix_functions.sylvester:  matrices(matrix_functions.sylvester, ((3, 3), (2, 2), (3, 2)), ((2, 2, 2),) * 3),
        matrix_functions.expm:       matrices(matrix_functions.expm, ((3, 3),), ((2, 2, 2),)),
        matrix_functions.sqrtm:      matrices(matrix_functions.sqrtm, ((3, 3),), ((2, 2, 2),)),
    }
# fmt: on
