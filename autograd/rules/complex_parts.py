"""Derivatives of the parts of complex numbers, and functions that become complex where needed.

A gradient of a complex z = x + iy is ``df/dx - i df/dy``: the change of f along v is the real part
of ``sum(gradient * v)``. Of a holomorphic function that is its derivative, so that every other
rule holds for complex numbers as it stands; here are the functions that are not holomorphic.
"""

import numpy as np

from autograd.primitive import composite, primitive
from autograd.rules.shape import arrayed, astype


def d_imag(g, y, x):
    return g * -1j if np.iscomplexobj(x) else np.zeros_like(g)


# fmt: off
primitive(np.real,      lambda g, y, x: g,               elementwise=True, tex=r"\operatorname{{Re}}\left({0}\right)", symbol="Re")
primitive(np.imag,      d_imag,                          elementwise=True, tex=r"\operatorname{{Im}}\left({0}\right)", symbol="Im")
primitive(np.conjugate, lambda g, y, x: np.conjugate(g),                   tex=r"\overline{{{0}}}",                    symbol="conj")
# fmt: on


@composite(np.angle)
def angle(z, deg=False):
    imaginary, real = (np.imag(z), np.real(z)) if np.iscomplexobj(z) else (0, z)
    radians = np.arctan2(imaginary, real)
    return radians * (180 / np.pi) if deg else radians


@composite(np.real_if_close)
def real_if_close(a, tol=100):
    if not np.iscomplexobj(a):
        return a
    bound = tol * np.finfo(a.dtype).eps if tol > 1 else tol
    return np.real(a) if np.all(np.abs(np.imag(a)) < bound) else a


def beneath(x):
    """Return the array behind Tensors and maps, or the symbol that stands for it in a program."""
    while not isinstance(x, (np.ndarray, np.generic)) and not is_symbol(x):
        x = x.value if hasattr(x, "value") else x.data
    return x


def is_symbol(x):
    return hasattr(x, "weak")


def numbers(x):
    """Return the array behind whatever stands for it; of a mapped value, that of all examples."""
    x = beneath(x)
    return x.example if is_symbol(x) else x


def is_real_by_chance(x):
    """Tell whether complex numbers happen to be real: a program has others at each call."""
    x = beneath(x)
    return not is_symbol(x) and not np.any(x.imag)


@composite(np.sort_complex)
def sort_complex(a):
    return widened(np.sort(a), np.dtype(np.complex64 if a.dtype.char in "bBhH" else complex))


# ── np.emath: real where the result is, complex where it must be ───────────────────────────────
def widened(x, dtype=None):
    """Return x as complex numbers of its own precision, or of the one given."""
    if np.iscomplexobj(x):
        return x
    return astype(x, dtype=dtype or np.result_type(x, np.complex64))


def beyond(fn, outside):
    """Write a function of np.emath: complex where some real argument is `outside` of its domain."""

    def f(x):
        return fn(x if np.iscomplexobj(x) or not np.any(outside(x)) else widened(x))

    return f


for emath, fn, outside in (
    (np.emath.sqrt, np.sqrt, lambda x: x < 0),
    (np.emath.log, np.log, lambda x: x < 0),
    (np.emath.log2, np.log2, lambda x: x < 0),
    (np.emath.log10, np.log10, lambda x: x < 0),
    (np.emath.arcsin, np.arcsin, lambda x: abs(x) > 1),
    (np.emath.arccos, np.arccos, lambda x: abs(x) > 1),
    (np.emath.arctanh, np.arctanh, lambda x: abs(x) > 1),
):
    composite(emath)(beyond(fn, outside))


@composite(np.emath.logn)
def logn(n, x):
    return np.emath.log(x) / np.emath.log(n)


@composite(np.emath.power)
def power(x, p):
    p = arrayed(p)
    return np.power(beyond(np.positive, lambda x: x < 0)(x), p)
