"""The functions of SciPy's `scipy.special`: importing this module imports SciPy.

The tables are entered when the first of these functions meets a Tensor, or by
`import autograd.scipy`. The derivatives stand in the NIST Digital Library of Mathematical Functions
(https://dlmf.nist.gov), under the numbers beside the groups. Near places where such a formula
cancels, a series takes over.
"""

import functools
import math

import numpy as np
from scipy import special

from autograd.base.blocks import SLOW
from autograd.base.errors import refusal
from autograd.primitive import composite, primitive
from autograd.rules.elementwise import LN2, LN10, over, zero
from autograd.rules.neural import SQRT_2PI, SQRT_HALF, SQRT_PI, bell, erf
from autograd.rules.shape import astype


def unknown(name, argument):
    """Write the rule of an argument by which no closed formula of the derivative is known."""

    def rule(g, y, *xs, **params):
        raise refusal(
            NotImplementedError,
            f"the derivative of {name} by {argument} has no closed form, and no rule here",
            f"{name} with {argument} that requires a gradient",
            f"{argument}.detach(), or the derivative by the last argument alone",
        )

    return rule


def power_series(coefficients, z):
    """Return c₀ + c₁z + c₂z² + …, by Horner's rule."""
    total = 0
    for c in reversed(coefficients):
        total = total * z + c
    return total


def spliced(near, z, series, formula):
    """Return series(z) where `near`, and formula(z) elsewhere; neither sees the other's places."""
    return np.where(near, series(np.where(near, z, 0)), formula(np.where(near, 1.0, z)))


# ── errors and exponentials ───────────────────────────────────────────────────────────────────
ERFCX = [-((-0.5) ** k) * math.prod(range(1, 2 * k + 2, 2)) for k in range(15)]
"""The asymptotic series of √π x² erfcx'(x) in powers of 1/x² (DLMF 7.12.1, differentiated)."""
EXPREL = [(k + 1) / math.factorial(k + 2) for k in range(20)]
LOG1PREL = [(-1) ** (k + 1) * (k + 1) / (k + 2) for k in range(16)]


def d_erfcx(g, y, x):
    far = x > 10
    z = np.where(far, x, 10)
    tail = power_series(ERFCX, 1 / (z * z)) / (SQRT_PI * z * z)
    return g * np.where(far, tail, 2 * np.where(far, 0, x) * y - 2 / SQRT_PI)


def d_exprel(g, y, x):
    """Differentiate (eˣ - 1)/x; near 0 by its series, where the quotient would cancel."""
    series = functools.partial(power_series, EXPREL)
    far = lambda z: (np.exp(z) * (z - 1) + 1) / (z * z)
    return g * spliced(abs(x) < 1, x, series, far)


def d_log1prel(x):
    """Differentiate ln(1 + x)/x."""
    series = functools.partial(power_series, LOG1PREL)
    return spliced(abs(x) < 0.1, x, series, lambda z: (1 / (1 + z) - np.log1p(z) / z) / z)


def d_expn(g, y, n, x):
    """Go from E₀ = e⁻ˣ/x on by hand: there is no order below."""
    first = n == 0
    z = np.where(first, x, 1)
    last = np.exp(-z) * (1 + z) / (z * z)
    return -g * np.where(first, last, special.expn(n - 1 + first, x))


def d_log_ndtr(g, y, x):
    """Return φ(x)/Φ(x); below 0 by erfcx, where both vanish."""
    low = x < 0
    z = np.where(low, x, 0)
    tail = (2 / SQRT_2PI) / special.erfcx(-z * SQRT_HALF)
    z = np.where(low, 0, x)
    return g * np.where(low, tail, bell(z * SQRT_HALF) / SQRT_2PI / special.ndtr(z))


# ── the gamma function ────────────────────────────────────────────────────────────────────────
def d_rgamma(g, y, x):
    """Reflect, 1/Γ(x) = sin(πx) Γ(1 - x)/π, where Γ has its poles (DLMF 5.5.3)."""
    left = x < 0.5
    z = np.where(left, x, 0)
    turn = np.cos(math.pi * z) - np.sin(math.pi * z) * special.psi(1 - z) / math.pi
    z = np.where(left, 1, x)
    return g * np.where(left, special.gamma(np.where(left, 1 - x, 1)) * turn, -y * special.psi(z))


def polygamma_(n, x):
    if np.iscomplexobj(x):
        where = f"polygamma({n}, x) of {x.dtype}, as in the derivative of psi and of loggamma"
        raise refusal(TypeError, "polygamma is of real numbers in SciPy", where, "real arguments")
    return special.polygamma(n, x).astype(np.result_type(x, 1.0))


def zeta_(x, q):
    """Compute Riemann's function where q is 1: SciPy continues that beyond the series."""
    return special.zeta(x) if np.ndim(q) == 0 and q == 1 else special.zeta(x, q)


def in_double(f, sign=1):
    """Write a rule in double precision, as SciPy computes y: f takes the difference of logarithms."""

    def rule(g, y, *xs):
        wide = (astype(x, dtype=np.dtype(float)) for x in xs)
        return g * astype(sign * f(*wide), dtype=y.dtype)

    return rule


def excess(a, b):
    """Return the derivative of the logarithm of the beta function by its first argument."""
    return special.psi(a) - special.psi(a + b)


def at_ends(ends, x, powers, logs):
    """Return powers(x) at the ends, where logarithms have lost the slope, and logs(x) between."""
    return np.where(ends, powers(np.where(ends, x, 0.5)), logs(np.where(ends, 0.5, x)))


def density_gamma(a, x):
    log = -special.gammaln(a)
    powers = lambda z: z ** (a - 1) * np.exp(log - z)
    return at_ends(x == 0, x, powers, lambda z: np.exp(special.xlogy(a - 1, z) - z + log))


def density_beta(a, b, x):
    log = -special.betaln(a, b)
    scale = np.exp(np.minimum(log, 700))  # of larger ones, the powers at the ends are 0
    powers = lambda z: z ** (a - 1) * (1 - z) ** (b - 1) * scale
    logs = lambda z: np.exp(special.xlogy(a - 1, z) + special.xlog1py(b - 1, -z) + log)
    return at_ends((x == 0) | (x == 1), x, powers, logs)


def density_t(df, x):
    """Return the density of Student's distribution."""
    bell = np.exp(-(df + 1) / 2 * np.log1p(x * x / df))
    return bell / (np.sqrt(df) * special.beta(df / 2, 0.5))


# ── Bessel functions ──────────────────────────────────────────────────────────────────────────
def neighbours(f, sign):
    """Write the rule by x of a family: half its neighbours' sum or difference."""
    return lambda g, y, v, x: g * (f(v - 1, x) + sign * f(v + 1, x)) / 2


# ── integrals ─────────────────────────────────────────────────────────────────────────────────
def sine_integral_(x):
    return special.sici(np.asarray(x))[0]


def cosine_integral_(x):
    return special.sici(np.asarray(x))[1]


# ── distances ─────────────────────────────────────────────────────────────────────────────────
def d_huber(g, y, delta, r):
    return g * np.where(abs(r) <= delta, r, delta * np.sign(r))


def d_pseudo_huber_delta(g, y, delta, r):
    """Write δ(√(1 + u²) - 1)²/√(1 + u²), u = r/δ, without the difference or a high power of u."""
    u = r / delta
    s = np.hypot(1, u)
    part = u / (s + 1)
    return g * r * part * part * (u / s)


def d_boxcox_exponent(g, y, x, a):
    log = np.log(x)
    return d_exprel(g * log * log, None, a * log)


def row(fn, *rules, **columns):
    """Enter a row; in printed programs SciPy's functions stand as ``special.erf``."""
    holes = ", ".join(f"{{{i}}}" for i in range(len(rules)))
    name = columns.pop("name", fn.__name__.strip("_"))
    columns.setdefault("code", f"special.{fn.__name__.strip('_')}({holes})")
    return primitive(fn, *rules, name=name, elementwise=True, large=SLOW, **columns)


# fmt: off
# ── error functions (DLMF 7) ──────────────────────────────────────────────────────────────────
row(special.erfc,     lambda g, y, x: -g * bell(x) * (2 / SQRT_PI),           tex=r"\operatorname{{erfc}}\left({0}\right)")
row(special.erfcx,    d_erfcx,                                                tex=r"\operatorname{{erfcx}}\left({0}\right)")
row(special.erfinv,   lambda g, y, x: g * np.exp(y * y) * (SQRT_PI / 2),      tex=r"\operatorname{{erf}}^{{-1}}\left({0}\right)",  symbol="erf⁻¹")
row(special.erfcinv,  lambda g, y, x: -g * np.exp(y * y) * (SQRT_PI / 2),     tex=r"\operatorname{{erfc}}^{{-1}}\left({0}\right)", symbol="erfc⁻¹")
row(special.ndtr,     lambda g, y, x: g * bell(x * SQRT_HALF) / SQRT_2PI,     tex=r"\Phi\left({0}\right)",                         symbol="Φ")
row(special.log_ndtr, d_log_ndtr,                                             tex=r"\ln \Phi\left({0}\right)",                     symbol="ln Φ")
row(special.ndtri,    lambda g, y, x: g * np.exp(y * y / 2) * SQRT_2PI,       tex=r"\Phi^{{-1}}\left({0}\right)",                  symbol="Φ⁻¹")

# ── the gamma function and its kin (DLMF 5, 8, 25.11) ─────────────────────────────────────────
row(special.gamma,    lambda g, y, x: g * y * special.psi(x),                 tex=r"\Gamma\left({0}\right)",                       symbol="Γ")
row(special.rgamma,   d_rgamma,                                               tex=r"\frac{{1}}{{\Gamma\left({0}\right)}}",         symbol="1/Γ")
row(special.gammaln,  lambda g, y, x: g * special.psi(x),                     tex=r"\ln \left|\Gamma\left({0}\right)\right|",      symbol="ln Γ")
row(special.loggamma, lambda g, y, x: g * special.psi(x),                     tex=r"\ln \Gamma\left({0}\right)",                   symbol="ln Γ")
row(special.gammasgn, zero,                                                   tex=r"\operatorname{{sign}} \Gamma\left({0}\right)")
row(special.psi,      lambda g, y, x: g * polygamma(1, x),                    tex=r"\psi\left({0}\right)",                         symbol="ψ")
polygamma = row(polygamma_, unknown("polygamma", "n"), lambda g, y, n, x: g * polygamma(n + 1, x), code="polygamma({0}, {1})", tex=r"\psi^{{\left({0}\right)}}\left({1}\right)", symbol="ψ")
zeta      = row(zeta_,      unknown("zeta", "x"),      lambda g, y, x, q: -g * x * zeta(x + 1, q), tex=r"\zeta\left({0}, {1}\right)",     symbol="ζ")
row(special.beta,      lambda g, y, a, b: in_double(excess)(g * y, y, a, b), lambda g, y, a, b: in_double(excess)(g * y, y, b, a), tex=r"B\left({0}, {1}\right)",     symbol="B")
row(special.betaln,    in_double(excess),                                    lambda g, y, a, b: in_double(excess)(g, y, b, a),     tex=r"\ln B\left({0}, {1}\right)", symbol="ln B")
row(special.gammainc,  unknown("gammainc", "a"),  in_double(density_gamma),                                   tex=r"P\left({0}, {1}\right)",       symbol="P")
row(special.gammaincc, unknown("gammaincc", "a"), in_double(density_gamma, -1),                               tex=r"Q\left({0}, {1}\right)",       symbol="Q")
row(special.betainc,   unknown("betainc", "a"),   unknown("betainc", "b"),  in_double(density_beta),     tex=r"I_{{{2}}}\left({0}, {1}\right)",     symbol="I")
row(special.betaincc,  unknown("betaincc", "a"),  unknown("betaincc", "b"), in_double(density_beta, -1), tex=r"1 - I_{{{2}}}\left({0}, {1}\right)", symbol="1−I")
row(special.stdtr,     unknown("stdtr", "df"),    in_double(density_t),                                       tex=r"F_{{{0}}}\left({1}\right)",    symbol="F")

# ── logistic functions, entropies and distances ───────────────────────────────────────────────
row(special.logit,        lambda g, y, x: over(g, x * (1 - x)),                          tex=r"\operatorname{{logit}}\left({0}\right)")
row(special.expit,        lambda g, y, x: g * y * special.expit(-x),                     tex=r"\sigma\left({0}\right)",       symbol="σ")
row(special.log_expit,    lambda g, y, x: g * special.expit(-x),                         tex=r"\ln \sigma\left({0}\right)",   symbol="ln σ")
row(special.xlogy,        lambda g, y, a, b: special.xlogy(g, b),                        lambda g, y, a, b: over(g * a, b),       tex=r"{0} \ln\left({1}\right)")
row(special.xlog1py,      lambda g, y, a, b: special.xlog1py(g, b),                      lambda g, y, a, b: over(g * a, 1 + b),   tex=r"{0} \ln\left(1 + {1}\right)")
row(special.entr,         lambda g, y, x: -g - special.xlogy(g, x),                      tex=r"-{0} \ln\left({0}\right)")
row(special.rel_entr,     lambda g, y, p, q: g + special.xlogy(g, over(p, q)),           lambda g, y, p, q: -over(g * p, q),      tex=r"{0} \ln\left(\frac{{{0}}}{{{1}}}\right)")
row(special.kl_div,       lambda g, y, p, q: special.xlogy(g, over(p, q)),               lambda g, y, p, q: over(g * (q - p), q), tex=r"{0} \ln\left(\frac{{{0}}}{{{1}}}\right) - {0} + {1}")
row(special.huber,        lambda g, y, d, r: g * np.maximum(abs(r) - d, 0),              d_huber,                                 tex=r"H_{{{0}}}\left({1}\right)", symbol="H")
row(special.pseudo_huber, d_pseudo_huber_delta,                                          lambda g, y, d, r: g * r / np.hypot(1, r / d), tex=r"{0}^2 \left(\sqrt{{1 + \left(\frac{{{1}}}{{{0}}}\right)^2}} - 1\right)", symbol="H")
row(special.boxcox,       lambda g, y, x, a: g * x ** (a - 1),                           d_boxcox_exponent,                       tex=r"\frac{{{0}^{{{1}}} - 1}}{{{1}}}")
row(special.inv_boxcox,   lambda g, y, x, a: g * y / (1 + a * x),                        lambda g, y, x, a: g * y * x * x * d_log1prel(a * x), tex=r"\left(1 + {0} \cdot {1}\right)^{{\frac{{1}}{{{1}}}}}")

# ── Bessel functions (DLMF 10) ────────────────────────────────────────────────────────────────
row(special.j0,  lambda g, y, x: -g * special.j1(x),                                      tex=r"J_0\left({0}\right)", symbol="J₀")
row(special.j1,  lambda g, y, x: g * (special.j0(x) - special.jv(2, x)) / 2,              tex=r"J_1\left({0}\right)", symbol="J₁")
row(special.y0,  lambda g, y, x: -g * special.y1(x),                                      tex=r"Y_0\left({0}\right)", symbol="Y₀")
row(special.y1,  lambda g, y, x: g * (special.y0(x) - special.yv(2, x)) / 2,              tex=r"Y_1\left({0}\right)", symbol="Y₁")
row(special.i0,  lambda g, y, x: g * special.i1(x),                                       tex=r"I_0\left({0}\right)", symbol="I₀", name="special_i0")
row(special.i1,  lambda g, y, x: g * (special.i0(x) + special.iv(2, x)) / 2,              tex=r"I_1\left({0}\right)", symbol="I₁")
row(special.i0e, lambda g, y, x: g * (special.i1e(x) - np.sign(x) * y),                   tex=r"e^{{-\left|{0}\right|}} I_0\left({0}\right)", symbol="I₀")
row(special.i1e, lambda g, y, x: g * ((special.i0e(x) + special.ive(2, x)) / 2 - np.sign(x) * y), tex=r"e^{{-\left|{0}\right|}} I_1\left({0}\right)", symbol="I₁")
row(special.k0,  lambda g, y, x: -g * special.k1(x),                                      tex=r"K_0\left({0}\right)", symbol="K₀")
row(special.k1,  lambda g, y, x: -g * (special.k0(x) + special.kv(2, x)) / 2,             tex=r"K_1\left({0}\right)", symbol="K₁")
row(special.k0e, lambda g, y, x: g * (y - special.k1e(x)),                                tex=r"e^{{{0}}} K_0\left({0}\right)", symbol="K₀")
row(special.k1e, lambda g, y, x: g * (y - (special.k0e(x) + special.kve(2, x)) / 2),      tex=r"e^{{{0}}} K_1\left({0}\right)", symbol="K₁")
row(special.jv,  unknown("jv", "v"),  neighbours(special.jv, -1),                         tex=r"J_{{{0}}}\left({1}\right)", symbol="J")
row(special.yv,  unknown("yv", "v"),  neighbours(special.yv, -1),                         tex=r"Y_{{{0}}}\left({1}\right)", symbol="Y")
row(special.yn,  unknown("yn", "n"),  neighbours(special.yn, -1),                         tex=r"Y_{{{0}}}\left({1}\right)", symbol="Y")
row(special.iv,  unknown("iv", "v"),  neighbours(special.iv, 1),                          tex=r"I_{{{0}}}\left({1}\right)", symbol="I")
row(special.kv,  unknown("kv", "v"),  lambda g, y, v, x: -neighbours(special.kv, 1)(g, y, v, x), tex=r"K_{{{0}}}\left({1}\right)", symbol="K")
row(special.kn,  unknown("kn", "n"),  lambda g, y, n, x: -neighbours(special.kn, 1)(g, y, n, x), tex=r"K_{{{0}}}\left({1}\right)", symbol="K")
row(special.ive, unknown("ive", "v"), lambda g, y, v, x: neighbours(special.ive, 1)(g, y, v, x) - np.sign(np.real(x)) * np.real(g * y), tex=r"e^{{-\left|{1}\right|}} I_{{{0}}}\left({1}\right)", symbol="I")
row(special.kve, unknown("kve", "v"), lambda g, y, v, x: g * y - neighbours(special.kve, 1)(g, y, v, x), tex=r"e^{{{1}}} K_{{{0}}}\left({1}\right)", symbol="K")

# ── exponentials, roots and integrals of them (DLMF 6, 8.19) ──────────────────────────────────
row(special.exp1,   lambda g, y, x: -over(g * np.exp(-x), x),      tex=r"E_1\left({0}\right)",                     symbol="E₁")
row(special.expi,   lambda g, y, x: over(g * np.exp(x), x),        tex=r"\operatorname{{Ei}}\left({0}\right)",     symbol="Ei")
row(special.expn,   unknown("expn", "n"), d_expn,                  tex=r"E_{{{0}}}\left({1}\right)",               symbol="E")
row(special.exprel, d_exprel,                                      tex=r"\frac{{e^{{{0}}} - 1}}{{{0}}}")
row(special.exp10,  lambda g, y, x: g * y * LN10,                  tex=r"10^{{{0}}}",                              symbol="10ˣ")
row(special.exp2,   lambda g, y, x: g * y * LN2,                   tex=r"2^{{{0}}}",                  name="special_exp2",  symbol="2ˣ")
row(special.expm1,  lambda g, y, x: g * np.exp(x),                 tex=r"e^{{{0}}} - 1",              name="special_expm1", symbol="expm1")
row(special.log1p,  lambda g, y, x: over(g, 1 + x),                tex=r"\ln\left(1 + {0}\right)",    name="special_log1p", symbol="log1p")
row(special.cbrt,   lambda g, y, x: over(g, 3 * y * y),            tex=r"\sqrt[3]{{{0}}}",            name="special_cbrt",  symbol="∛")
sine_integral   = row(sine_integral_,   lambda g, y, x: g * np.sinc(x / math.pi),  code="special.sici({0})[0]", tex=r"\operatorname{{Si}}\left({0}\right)", symbol="Si")
cosine_integral = row(cosine_integral_, lambda g, y, x: over(g * np.cos(x), x),    code="special.sici({0})[1]", tex=r"\operatorname{{Ci}}\left({0}\right)", symbol="Ci")
# fmt: on


composite(special.erf)(erf)


@composite(special.sici)
def sici(x):
    return sine_integral(x), cosine_integral(x)
