"""Samples of the functions of complex numbers that are not holomorphic, or change to complex."""
# ruff: noqa: E501  # one line per entry

from collections.abc import Callable
from typing import Any

import numpy as np

from samples.cases import Case, given, one, plane

# fmt: off
SAMPLES: dict[Callable[..., Any], list[Case]] = {
    np.real:          one(np.real, plane, analytic=False) + one(np.real, analytic=False),
    np.imag:          one(np.imag, plane, analytic=False) + one(np.imag, analytic=False),
    np.conjugate:     one(np.conjugate, plane, analytic=False) + one(np.conjugate, analytic=False),
    np.angle:         one(np.angle, plane, analytic=False) + given(np.angle, [(3,)], "deg", (True,), domain=plane, analytic=False),
    np.real_if_close: one(lambda x: 2 * np.real_if_close(x), analytic=False),
    np.sort_complex:  given(np.sort_complex, [(3,), (2, 3)], analytic=False),
    # ── np.emath, on what is complex already; where it becomes so depends on the numbers ──────
    np.emath.sqrt:    one(np.emath.sqrt, plane, analytic=False),
    np.emath.log:     one(np.emath.log, plane, analytic=False),
    np.emath.log2:    one(np.emath.log2, plane, analytic=False),
    np.emath.log10:   one(np.emath.log10, plane, analytic=False),
    np.emath.logn:    one(lambda z: np.emath.logn(2.0, z), plane, analytic=False),
    np.emath.power:   one(lambda z: np.emath.power(z, 1.5), plane, analytic=False),
    np.emath.arcsin:  one(np.emath.arcsin, plane, analytic=False),
    np.emath.arccos:  one(np.emath.arccos, plane, analytic=False),
    np.emath.arctanh: one(np.emath.arctanh, plane, analytic=False),
}
# fmt: on
