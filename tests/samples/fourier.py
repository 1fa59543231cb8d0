"""Samples of Fourier transforms: odd and even lengths, cut, filled up with zeros, every norm."""
# ruff: noqa: E501  # one line per entry

from collections.abc import Callable
from typing import Any

import numpy as np

from samples.cases import Case, given, plane, real

NORMS = ("backward", "ortho", "forward")
LENGTHS = (
    (None, -1, None),
    *((n, -1, norm) for n, norm in zip((3, 4, 7), NORMS, strict=True)),
    (6, 0, "ortho"),
)
SEVERAL = (
    (None, None, None),
    ((3, 6), (0, 1), "ortho"),
    ((5, -1), (-1, 0), "forward"),
    (None, (1,), "backward"),
)


def along(fn, domain=plane, *, shapes=((2, 5), (4, 4))):
    """Sample a transform along one axis."""
    return given(fn, shapes, "n axis norm", *LENGTHS, domain=domain, analytic=False)


def over(fn, domain=plane, *, default=None):
    """Sample a transform over several axes."""
    axes = [(s, axes or default, norm) for s, axes, norm in SEVERAL]
    return given(fn, [(4, 5)], "s axes norm", *axes, domain=domain, analytic=False)


LAST = (-2, -1)

# fmt: off
SAMPLES: dict[Callable[..., Any], list[Case]] = {
    np.fft.fft:       along(np.fft.fft) + given(np.fft.fft, [(5,)], analytic=False),
    np.fft.ifft:      along(np.fft.ifft),
    np.fft.rfft:      along(np.fft.rfft, real) + given(np.fft.rfft, [(1,), (2,), (5,)], analytic=False),
    np.fft.irfft:     along(np.fft.irfft) + given(np.fft.irfft, [(2,), (5,)], domain=plane, analytic=False),
    np.fft.hfft:      along(np.fft.hfft),
    np.fft.ihfft:     along(np.fft.ihfft, real),
    np.fft.fftn:      over(np.fft.fftn),
    np.fft.ifftn:     over(np.fft.ifftn),
    np.fft.rfftn:     over(np.fft.rfftn, real),
    np.fft.irfftn:    over(np.fft.irfftn),
    np.fft.fft2:      over(np.fft.fft2, default=LAST),
    np.fft.ifft2:     over(np.fft.ifft2, default=LAST),
    np.fft.rfft2:     over(np.fft.rfft2, real, default=LAST),
    np.fft.irfft2:    over(np.fft.irfft2, default=LAST),
    np.fft.fftshift:  given(np.fft.fftshift, [(5,), (4, 3)], "axes", (None,), (0,), analytic=True),
    np.fft.ifftshift: given(np.fft.ifftshift, [(5,), (4, 3)], "axes", (None,), (0,), analytic=True),
}
# fmt: on
