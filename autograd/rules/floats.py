"""Derivatives of the functions that look at how a number is written: sign, remainder, digits, nan.

Most are steps, flat wherever they are smooth; the last table is of whole numbers.
"""

import operator

import numpy as np

from autograd.primitive import composite, options, primitive
from autograd.rules.elementwise import masked, used, zero


def d_nan_to_num(g, y, x, nan=0.0, posinf=None, neginf=None):
    """Stop where a number was replaced: of a complex one, each of its parts by itself."""
    if x.dtype.kind != "c":
        return masked(g, np.isfinite(x))
    parts = (masked(part(g), np.isfinite(part(x))) for part in (np.real, np.imag))
    return next(parts) + next(parts) * 1j


def bessel_(x, order):
    """Return the derivative of this order of the modified Bessel function I0.

    It is the mean of cos(t)**k exp(x cos(t)) over a period (Abramowitz and Stegun, "Handbook of
    Mathematical Functions", 9.6.16). Equally spaced points find it to the last digit, as the error
    falls faster than any power (Trefethen and Weideman, "The exponentially convergent trapezoidal
    rule", 2014); taken together with their opposites, the terms are all of one sign.
    """
    part = np.sinh if order % 2 else np.cosh
    nodes = np.cos(np.pi * (np.arange(64) + 0.5) / 128).tolist()
    return sum(part(x * c) * (c**order / 64) for c in nodes)


# fmt: off
bessel = primitive(bessel_, lambda g, y, x, order: g * bessel(x, order=order + 1), name="bessel", elementwise=True, code="bessel({0})", tex=r"I_0^{{({order})}}\left({0}\right)")
primitive(np.i0,         lambda g, y, x: g * bessel(x, order=1),                                         elementwise=True, tex=r"I_0\left({0}\right)", symbol="I₀")

# ── sign and remainder ────────────────────────────────────────────────────────────────────────
primitive(np.copysign,   lambda g, y, a, b: g * np.sign(a) * np.copysign(1, b), zero,                                              tex=r"\left|{0}\right| \operatorname{{sign}}\left({1}\right)")
primitive(np.fmod,       lambda g, y, a, b: g,                                  lambda g, y, a, b: -g * np.trunc(a / used(b, g)), paper=(lambda g, y, a, b: g, lambda g, y, a, b: -g * np.trunc(a / b)))
primitive(np.heaviside,  zero,                                                  lambda g, y, a, b: masked(g, a == 0),              tex=r"H\left({0}; {1}\right)", symbol="H")

# ── digits ────────────────────────────────────────────────────────────────────────────────────
primitive(np.ldexp,      lambda g, y, x, e: np.ldexp(g, e),                     None,                                              tex=r"{0} \cdot 2^{{{1}}}")
primitive(np.nextafter,  lambda g, y, a, b: g,                                  zero)
primitive(np.spacing,    zero)
fraction     = primitive(lambda x: np.modf(x)[0],  lambda g, y, x: g,                               name="fraction",     elementwise=True, code="np.modf({0})[0]",  tex=r"\operatorname{{frac}}\left({0}\right)")
mantissa     = primitive(lambda x: np.frexp(x)[0], lambda g, y, x: np.ldexp(g, -np.frexp(x)[1]), name="mantissa",     elementwise=True, code="np.frexp({0})[0]")
power_of_two = primitive(lambda x: np.frexp(x)[1], None,                                         name="power_of_two", elementwise=True, code="np.frexp({0})[1]")
primitive(np.nan_to_num, d_nan_to_num, elementwise=True, tex=r"{0}")

# ── whole numbers, recorded without a derivative ──────────────────────────────────────────────
primitive(np.gcd,           None, None, tex=r"\operatorname{{gcd}}\left({0}, {1}\right)")
primitive(np.lcm,           None, None)
primitive(np.left_shift,    None, None, call=operator.lshift, code="{0} << {1}", tex=r"{0} \cdot 2^{{{1}}}", symbol="<<")
primitive(np.right_shift,   None, None, call=operator.rshift, code="{0} >> {1}", tex=r"\left\lfloor {0} \cdot 2^{{-{1}}} \right\rfloor", symbol=">>")
primitive(np.bitwise_count, None)
# fmt: on


@options(np.nan_to_num)
def nan_to_num(x, copy=True, **numbers):
    y = np.nan_to_num(x, **numbers)
    if copy or not x.shape:
        return y
    x[...] = y
    return x


@composite(np.fix)
def fix(x):
    return np.trunc(x)


@composite(np.modf)
def modf(x):
    return fraction(x), np.trunc(x)


@composite(np.frexp)
def frexp(x):
    return mantissa(x), power_of_two(x)
