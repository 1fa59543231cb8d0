"""Derivatives of the functions that act on each element: a page of formulas.

``g`` is the gradient that arrives, ``y`` the result, ``x`` or ``a, b`` the arguments. A rule is
written as for arrays of one shape: summing back over broadcast axes happens in the sweep.

Kinks take the minimum-norm subgradient, removable singularities the limit, and an infinite
derivative is honestly inf. A gradient of exactly 0 means *not used*: it stays 0 where a rule
would divide by zero (`over`).
"""

import functools
import math
import operator

import numpy as np

from autograd.base.errors import refusal
from autograd.primitive import composite, fused, options, primitive
from autograd.rules.masking import cast
from autograd.rules.shape import fit, unlisted

LN2, LN10 = math.log(2), math.log(10)


def over(g, d):
    """Return g / d; and 0 where g is 0 although d is 0 or nan."""
    if isinstance(d, (int, float, complex)):
        harmless = bool(d == d and d != 0)
    elif isinstance(d, np.ndarray):  # one look is cheap, and in most there is nothing to do
        harmless = d.size > 0 and bool(smallest(d) > 0 or smallest(abs(d)) > 0)
    else:  # its values are not known here
        harmless = isinstance(g, (float, np.ndarray)) and bool(np.all(g))
    return g / d if harmless else over_(g, d)


@functools.partial(fused, elementwise=True)
def over_(g, d):
    """Return g / d; and 0 where g is 0 although d is 0 or nan."""
    return g / np.where((g == 0) & ((d == 0) | (d != d)), 1, d)


def smallest(d):
    """Return the smallest element, or a nan: what min and all tell, in a third of their time."""
    flat = d.ravel("K")  # in the order of memory: argmin itself would copy a transposed array
    return flat[flat.argmin()]


def spare(x, unused, other=1):
    """Return x, with 1 or another number in the places that are not used."""
    if isinstance(unused, (bool, np.bool_)):
        return other if unused else x
    return np.where(unused, other, x)


def masked(g, keep):
    """Return g where `keep` is true, and 0 elsewhere, even where g is infinite."""
    known = isinstance(g, (np.ndarray, np.generic, float)) and np.size(g) > 0
    return g * keep if known and smallest(np.isfinite(g)) else masked_(g, keep)


@functools.partial(fused, elementwise=True)
def masked_(g, keep):
    """Return g where `keep` is true, and 0 elsewhere, even where g is infinite."""
    finite = isinstance(g, (np.ndarray, np.generic)) and np.isfinite(g).all()
    return g * keep if finite else np.where(keep, g, 0)  # the product is seven times faster


def used(d, g):
    """Return a divisor; and 1 where it is 0, but g too."""
    return spare(d, (g == 0) & (d == 0))


def d_power_base(g, y, a, b):
    constant = isinstance(b, (int, float))
    if constant and b == 0:
        return zero(g)
    if constant and b == 2:
        return g * 2 * a
    if constant and b > 0 and b % 1 == 0:
        return g * (b * a ** (b - 1))
    g = g if constant else spare(g, (a == 0) & (b == 0), 0)
    low = (b.real if isinstance(b, complex) else b) < 1
    return g * (b * spare(a, (g == 0) & (((a == 0) & low) | (y != y))) ** (b - 1))


def d_power_exponent(g, y, a, b):
    """Leave out log(0): ``0**b`` is constantly 0 for b > 0."""
    out = (a == 0) if y.dtype.kind == "c" else (a == 0) | ((g == 0) & (a < 0))
    return g * np.where(out, 0, y) * np.log(np.where(out, np.ones_like(y), a))


POWER_ON_PAPER = (
    lambda g, y, a, b: g * (b * a ** (b - 1)),
    lambda g, y, a, b: g * y * np.log(a),
)  # as derived on paper; the rules that run also know what to do where a is 0


def d_hypot(g, y, x):
    """Point along x: 0 at the origin, the smallest of the subgradients there."""
    return np.where(y == 0, 0, g * x / np.where(y == 0, 1, y))


def share(logaddexp, exp, a, b):
    """Return e^a / (e^a + e^b): of two that are inf, halves; of a sum that is 0, nothing.

    Not e^(a - y): the sum y was rounded, in float32 at a million by 0.006, and may be infinite.
    """
    alike = (a == b) & np.isinf(a)
    with np.errstate(invalid="ignore"):  # of the difference of these, and of nan
        ahead = np.where(alike & (a < 0), np.inf, np.where(alike, 0.0, b - a))
        return exp(-logaddexp(0.0, ahead))


def share_on_paper(exp):
    return lambda g, y, a, b: g * exp(a - y), lambda g, y, a, b: g * exp(b - y)


def other_leg(x):
    """Return sqrt(1 - x²). On a branch cut, 1 - x alone would lose the sign of the zero."""
    if x.dtype.kind != "c":
        return np.sqrt((1 - x) * (1 + x))
    return np.sqrt((1 - x.conjugate()).conjugate() * (1 + x))


def d_sinc(g, y, x):
    """Sum the series near 0, where the quotient would cancel: exact to 16 digits, any order."""
    near = abs(x) < 0.3
    z = np.where(near, x, 0)
    series = 0
    for k in range(10, 0, -1):
        series = series * z * z + SINC[k]
    x = np.where(near, 1, x)
    return g * np.where(near, series * z, (np.cos(np.pi * x) - y) / x)


SINC = [(-1) ** k * 2 * k * math.pi ** (2 * k) / math.factorial(2 * k + 1) for k in range(11)]
"""The coefficients of z, z**3, z**5 … in the derivative of sin(πz)/(πz)."""


def d_clip(g, y, x, low=None, high=None):
    above = True if low is None else x > low
    below = True if high is None else x < high
    return masked(g, above & below)


def chosen(i, nan=True):
    """Write the rule of the larger or smaller of two: all to the one that wins, halves in a tie."""

    def rule(g, y, *ab):
        mine, other = ab[i], ab[1 - i]
        wins = y == mine
        if isinstance(wins, np.ndarray) and wins.size and smallest(wins ^ (y == other)):
            return masked(g, wins)  # there are no ties, and no nan
        wins = wins | (mine != mine) if nan else wins
        return np.where(mine == other, g / 2, masked(g, wins))

    return rule


def chosen_on_paper(wins):
    """Write both rules in the words of a and b: one gets all, or in a tie each the half."""

    def rule(g, mine, other):
        won = wins(mine, other)
        if np.any(mine != mine):  # nan wins, and no comparison tells so
            won = won | (mine != mine)
        return np.where(won, g, np.where(mine == other, g / 2, 0))

    return lambda g, y, a, b: rule(g, a, b), lambda g, y, a, b: rule(g, b, a)


def zero(g, *_):
    """Return the derivative of a step: 0 almost everywhere."""
    return np.zeros_like(g)


def d_sign(g, y, x):
    """Turn z/|z| without changing its size; real signs are steps."""
    if x.dtype.kind != "c":
        return zero(g)
    return np.conjugate(y) * 1j * np.imag(g * y) / spare(np.abs(x), y == 0)


def bind_where(condition, *branches):
    if len(branches) == 1:
        told = "where(condition, x) lacks the value for where it is false"
        raise refusal(TypeError, told, "np.where with two arguments", "np.where(x > 0, x, 0)")
    return (condition, *branches), {} if branches else {"places": True}


@options(np.where)
def places_of(condition, places):
    """Return where the condition is true: it has no derivative, but an index may be made of it."""
    return np.nonzero(condition)


# fmt: off
# ── operators ─────────────────────────────────────────────────────────────────────────────────
primitive(np.add,          lambda g, y, a, b: g,           lambda g, y, a, b: g,                        call=operator.add,      code="{0} + {1}",  tex=r"{0} + {1}",                                      symbol="+")
primitive(np.subtract,     lambda g, y, a, b: g,           lambda g, y, a, b: -g,                       call=operator.sub,      code="{0} - {1}",  tex=r"{0} - {1}",                                      symbol="−")
primitive(np.multiply,     lambda g, y, a, b: g * b,       lambda g, y, a, b: g * a,                    call=operator.mul,      code="{0} * {1}",  tex=r"{0} \cdot {1}",                                  symbol="×")
primitive(np.divide,       lambda g, y, a, b: over(g, b),  lambda g, y, a, b: -over(over(g, b) * a, b), call=operator.truediv,  code="{0} / {1}",  tex=r"\frac{{{0}}}{{{1}}}",                            symbol="÷")
primitive(np.floor_divide, zero,                           zero,                                        call=operator.floordiv, code="{0} // {1}", tex=r"\left\lfloor \frac{{{0}}}{{{1}}} \right\rfloor", symbol="//")
primitive(np.remainder,    lambda g, y, a, b: g,           lambda g, y, a, b: -g * (a // used(b, g)),   call=operator.mod,      code="{0} % {1}",  tex=r"{0} \bmod {1}",                                  symbol="mod", paper=(lambda g, y, a, b: g, lambda g, y, a, b: -g * (a // b)))
primitive(operator.pow,    d_power_base,                   d_power_exponent,                            elementwise=True,       code="{0} ** {1}", tex=r"{0}^{{{1}}}",                                    symbol="xʸ", paper=POWER_ON_PAPER)
primitive(np.negative,     lambda g, y, x: -g,                                                          call=operator.neg,      code="-{0}",       tex=r"-{0}",                                           symbol="−")
primitive(np.positive,     lambda g, y, x: g,                                                           call=operator.pos,      code="+{0}",       tex=r"+{0}",                                           symbol="+")
primitive(np.absolute,     lambda g, y, x: g * np.sign(x).conjugate(),                                  call=operator.abs,      code="abs({0})",   tex=r"\left|{0}\right|",                               symbol="|x|")

# ── roots, exponentials and logarithms ────────────────────────────────────────────────────────
primitive(np.fabs,       lambda g, y, x: g * np.sign(x),       tex=r"\left|{0}\right|",            symbol="|x|")
primitive(np.reciprocal, lambda g, y, x: -over(g, x * x),      tex=r"\frac{{1}}{{{0}}}",           symbol="1/x")
primitive(np.square,     lambda g, y, x: g * 2 * x,            tex=r"{0}^2",                       symbol="x²")
primitive(np.sqrt,       lambda g, y, x: over(g, 2 * y),       tex=r"\sqrt{{{0}}}",                symbol="√")
primitive(np.cbrt,       lambda g, y, x: over(g, 3 * y * y),   tex=r"\sqrt[3]{{{0}}}",             symbol="∛")
primitive(np.exp,        lambda g, y, x: g * y,                tex=r"e^{{{0}}}")
primitive(np.exp2,       lambda g, y, x: g * y * LN2,          tex=r"2^{{{0}}}",                   symbol="2ˣ")
primitive(np.expm1,      lambda g, y, x: g * (y + 1),          tex=r"e^{{{0}}} - 1")
primitive(np.log,        lambda g, y, x: over(g, x),           tex=r"\ln\left({0}\right)",         symbol="ln")
primitive(np.log2,       lambda g, y, x: over(g, x * LN2),     tex=r"\log_2\left({0}\right)",      symbol="log₂")
primitive(np.log10,      lambda g, y, x: over(g, x * LN10),    tex=r"\log_{{10}}\left({0}\right)", symbol="log₁₀")
primitive(np.log1p,      lambda g, y, x: over(g, 1 + x),       tex=r"\ln\left(1 + {0}\right)")

# ── trigonometry ──────────────────────────────────────────────────────────────────────────────
primitive(np.sin,     lambda g, y, x: g * np.cos(x),                        tex=r"\sin\left({0}\right)")
primitive(np.cos,     lambda g, y, x: -g * np.sin(x),                       tex=r"\cos\left({0}\right)")
primitive(np.tan,     lambda g, y, x: g * (1 + y * y),                      tex=r"\tan\left({0}\right)")
primitive(np.arcsin,  lambda g, y, x: over(g, other_leg(x)),                tex=r"\arcsin\left({0}\right)")
primitive(np.arccos,  lambda g, y, x: -over(g, other_leg(x)),               tex=r"\arccos\left({0}\right)")
primitive(np.arctan,  lambda g, y, x: g / (1 + x * x),                      tex=r"\arctan\left({0}\right)")
primitive(np.sinc,    d_sinc,                                               tex=r"\operatorname{{sinc}}\left({0}\right)", elementwise=True, paper=(lambda g, y, x: g * (np.cos(np.pi * x) - y) / x,))
primitive(np.deg2rad, lambda g, y, x: g * (math.pi / 180),                  tex=r"\frac{{\pi}}{{180}} {0}")
primitive(np.radians, lambda g, y, x: g * (math.pi / 180),                  tex=r"\frac{{\pi}}{{180}} {0}")
primitive(np.rad2deg, lambda g, y, x: g * (180 / math.pi),                  tex=r"\frac{{180}}{{\pi}} {0}")
primitive(np.degrees, lambda g, y, x: g * (180 / math.pi),                  tex=r"\frac{{180}}{{\pi}} {0}")

# ── hyperbolic functions ──────────────────────────────────────────────────────────────────────
primitive(np.sinh,    lambda g, y, x: g * np.cosh(x),                           tex=r"\sinh\left({0}\right)")
primitive(np.cosh,    lambda g, y, x: g * np.sinh(x),                           tex=r"\cosh\left({0}\right)")
primitive(np.tanh,    lambda g, y, x: g * (1 - y * y),                          tex=r"\tanh\left({0}\right)")
primitive(np.arcsinh, lambda g, y, x: g / np.sqrt(1 + x * x),                   tex=r"\operatorname{{arsinh}}\left({0}\right)")
primitive(np.arccosh, lambda g, y, x: over(g, np.sqrt(x - 1) * np.sqrt(x + 1)), tex=r"\operatorname{{arcosh}}\left({0}\right)")
primitive(np.arctanh, lambda g, y, x: over(g, (1 - x) * (1 + x)),               tex=r"\operatorname{{artanh}}\left({0}\right)")

# ── two variables ─────────────────────────────────────────────────────────────────────────────
primitive(np.power,       d_power_base,                                  d_power_exponent,                               tex=r"{0}^{{{1}}}",               symbol="xʸ", paper=POWER_ON_PAPER)
primitive(np.float_power, d_power_base,                                  d_power_exponent,                               tex=r"{0}^{{{1}}}",               symbol="xʸ", paper=POWER_ON_PAPER)
primitive(np.hypot,       lambda g, y, a, b: d_hypot(g, y, a),           lambda g, y, a, b: d_hypot(g, y, b),            tex=r"\sqrt{{{0}^2 + {1}^2}}")
primitive(np.arctan2,     lambda g, y, a, b: over(g, a * a + b * b) * b, lambda g, y, a, b: -over(g, a * a + b * b) * a, tex=r"\operatorname{{atan2}}\left({0}, {1}\right)")
primitive(np.logaddexp,   lambda g, y, a, b: g * share(np.logaddexp, np.exp, a, b),   lambda g, y, a, b: g * share(np.logaddexp, np.exp, b, a),   tex=r"\ln\left(e^{{{0}}} + e^{{{1}}}\right)",    paper=share_on_paper(np.exp))
primitive(np.logaddexp2,  lambda g, y, a, b: g * share(np.logaddexp2, np.exp2, a, b), lambda g, y, a, b: g * share(np.logaddexp2, np.exp2, b, a), tex=r"\log_2\left(2^{{{0}}} + 2^{{{1}}}\right)", paper=share_on_paper(np.exp2))
primitive(np.maximum,     chosen(0),                                     chosen(1),                                      tex=r"\max\left({0}, {1}\right)", symbol="max", paper=chosen_on_paper(operator.gt))
primitive(np.minimum,     chosen(0),                                     chosen(1),                                      tex=r"\min\left({0}, {1}\right)", symbol="min", paper=chosen_on_paper(operator.lt))
primitive(np.fmax,        chosen(0, nan=False),                          chosen(1, nan=False),                           tex=r"\max\left({0}, {1}\right)")
primitive(np.fmin,        chosen(0, nan=False),                          chosen(1, nan=False),                           tex=r"\min\left({0}, {1}\right)")

# ── and a condition ───────────────────────────────────────────────────────────────────────────
primitive(np.where, None, lambda g, y, c, a, b: np.where(c, g, 0), lambda g, y, c, a, b: np.where(c, 0, g), bind=bind_where, elementwise=True,
          tex=r"\begin{{cases}} {1} & \text{{if }} {0} \\ {2} & \text{{otherwise}} \end{{cases}}")

# ── steps: flat wherever they are smooth ──────────────────────────────────────────────────────
primitive(np.sign,  d_sign,                              tex=r"\operatorname{{sign}}\left({0}\right)")
primitive(np.floor, zero,                                tex=r"\left\lfloor {0} \right\rfloor")
primitive(np.ceil,  zero,                                tex=r"\left\lceil {0} \right\rceil")
primitive(np.trunc, zero,                                tex=r"\operatorname{{trunc}}\left({0}\right)")
primitive(np.rint,  zero,                                tex=r"\operatorname{{round}}\left({0}\right)", symbol="round")
primitive(np.round, lambda g, y, x, decimals=0: zero(g), tex=r"\operatorname{{round}}\left({0}\right)", elementwise=True)

# ── recorded without a derivative: truth and bits ─────────────────────────────────────────────
primitive(np.greater,       None, None, call=operator.gt,     code="{0} > {1}",  tex=r"{0} > {1}",      symbol=">")
primitive(np.greater_equal, None, None, call=operator.ge,     code="{0} >= {1}", tex=r"{0} \geq {1}",   symbol="≥")
primitive(np.less,          None, None, call=operator.lt,     code="{0} < {1}",  tex=r"{0} < {1}",      symbol="<")
primitive(np.less_equal,    None, None, call=operator.le,     code="{0} <= {1}", tex=r"{0} \leq {1}",   symbol="≤")
primitive(np.equal,         None, None, call=operator.eq,     code="{0} == {1}", tex=r"{0} = {1}",      symbol="=")
primitive(np.not_equal,     None, None, call=operator.ne,     code="{0} != {1}", tex=r"{0} \neq {1}",   symbol="≠")
primitive(np.bitwise_and,   None, None, call=operator.and_,   code="{0} & {1}",  tex=r"{0} \wedge {1}", symbol="and")
primitive(np.bitwise_or,    None, None, call=operator.or_,    code="{0} | {1}",  tex=r"{0} \vee {1}",   symbol="or")
primitive(np.bitwise_xor,   None, None, call=operator.xor,    code="{0} ^ {1}",  tex=r"{0} \oplus {1}", symbol="xor")
primitive(np.invert,        None,       call=operator.invert, code="~{0}",       tex=r"\neg {0}",       symbol="not")
primitive(np.logical_and,   None, None,                                          tex=r"{0} \wedge {1}", symbol="and")
primitive(np.logical_or,    None, None,                                          tex=r"{0} \vee {1}",   symbol="or")
primitive(np.logical_xor,   None, None,                                          tex=r"{0} \oplus {1}", symbol="xor")
primitive(np.logical_not,   None,                                                tex=r"\neg {0}",       symbol="not")
primitive(np.isfinite,      None)
primitive(np.isinf,         None)
primitive(np.isnan,         None)
primitive(np.signbit,       None)
# fmt: on


clip_between = primitive(
    lambda x, low=None, high=None: np.clip(x, low, high),
    d_clip, name="clip", elementwise=True, code="np.clip({0}, {low}, {high})",
    tex=r"\operatorname{{clip}}\left({0}\right)",
)  # fmt: skip


NUMBERS = {type(None), int, float}


@composite(np.clip)
def clip(x, a_min=None, a_max=None, *, min=None, max=None):  # NumPy's names
    """Clip at constants by one row; at arrays as maximum and minimum, which share ties."""
    low = a_min if min is None else min
    high = a_max if max is None else max
    if {type(low), type(high)} <= NUMBERS:
        return clip_between(x, low=low, high=high)
    traced = [hasattr(bound, "tape") and bound.shape == () for bound in (low, high)]
    if all(b is None or np.isscalar(b) or t for b, t in zip((low, high), traced, strict=True)):
        if not any(traced):
            return clip_between(x, low=low, high=high)
        if x.dtype.kind in "iu":
            low, high = _reached(low, np.maximum, x.dtype), _reached(high, np.minimum, x.dtype)
        # the derivative of the row; of a bound that is nan, the value of np.maximum
        x = x if low is None else np.where(x <= low, low, np.maximum(x, low))
        return x if high is None else np.where(x >= high, high, np.minimum(x, high))
    if x.dtype.kind in "bui":  # of all at once: -1 is no byte
        bounds = [unlisted(bound) for bound in (low, high) if bound is not None]
        x = cast(x, np.result_type(x, *bounds))
    x = x if low is None else np.maximum(x, low)
    return x if high is None else np.minimum(x, high)


def _reached(bound, join, dtype):
    """Return a bound in a dtype, if it is a whole number of Python's: none where that ends before.

    On the other side, nothing could be within it, which NumPy refuses.
    """
    if type(bound) is int or (getattr(bound, "weak", False) and bound.dtype.kind == "i"):
        ends = np.iinfo(dtype)
        end = ends.min if join is np.maximum else min(ends.max, np.iinfo(np.int64).max)
        return fit(join(bound, end), dtype=dtype)
    return bound


@composite(np.around)
def around(x, decimals=0):
    return np.round(x, decimals)


@composite(np.divmod)
def divmod_(a, b):
    return a // b, a % b
