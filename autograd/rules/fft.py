"""Derivatives of Fourier transforms: linear maps, whose transposes are transforms again.

The matrix of `fft` is symmetric, entries ``exp(-2πi jk/n)``, and so is that of `ifft`: each is its
own transpose, but for the zeros that it pads with or the end that it cuts. `rfft` and `irfft` keep
half of the coefficients: the other half are their conjugates, so that all but the first (and, for
even n, the last) stand for two. (C. Van Loan, "Computational Frameworks for the Fast Fourier
Transform", SIAM 1992, sections 1.1 and 4.3.)

NumPy's transforms over several axes are one-dimensional ones in turn, and so they are here.
"""

from typing import Any

import numpy as np

from autograd.primitive import composite, primitive
from autograd.rules.shape import on_axis

TRANSFORMS = np.fft.fft, np.fft.ifft, np.fft.rfft, np.fft.irfft
SWAPPED: dict[str | None, Any] = {
    None: "forward",
    "backward": "forward",
    "ortho": "ortho",
    "forward": "backward",
}
"""The norm under which the inverse transform has the factor of the direct one."""


def resized(g, n, axis):
    """Cut an axis to length n, or fill it up with zeros."""
    axis %= g.ndim
    more = n - g.shape[axis]
    if more > 0:
        return np.pad(g, [(0, more if a == axis else 0) for a in range(g.ndim)])
    return g[(*(slice(None),) * axis, slice(n))] if more else g


def paired(g, n, axis, twice):
    """Multiply by `twice` the coefficients that stand for two of the n."""
    factor = np.full(g.shape[axis], twice, np.finfo(g.dtype).dtype)
    factor[[0, n // 2] if n % 2 == 0 else 0] = 1
    return g * on_axis(factor, axis % g.ndim, g.ndim)


def d_same(transform):
    """Write the rule of a transform that is its own transpose."""

    def rule(g, y, x, n=None, axis=-1, norm=None):
        return resized(transform(g, axis=axis, norm=norm), x.shape[axis], axis)

    return rule


def d_rfft(g, y, x, n=None, axis=-1, norm=None):
    n = x.shape[axis] if n is None else n
    half = paired(np.conjugate(g), n, axis, 0.5)
    return resized(np.fft.irfft(half, n, axis, SWAPPED[norm]), x.shape[axis], axis)


def d_irfft(g, y, x, n=None, axis=-1, norm=None):
    whole = np.conjugate(np.fft.rfft(g, axis=axis, norm=SWAPPED[norm]))
    return resized(paired(whole, y.shape[axis], axis, 2), x.shape[axis], axis)


# fmt: off
primitive(np.fft.fft,   d_same(np.fft.fft),  code="np.fft.fft({0})",   tex=r"\operatorname{{fft}}\left({0}\right)",             symbol="ℱ")
primitive(np.fft.ifft,  d_same(np.fft.ifft), code="np.fft.ifft({0})",  tex=r"\operatorname{{fft}}^{{-1}}\left({0}\right)",      symbol="ℱ⁻¹")
primitive(np.fft.rfft,  d_rfft,              code="np.fft.rfft({0})",  tex=r"\operatorname{{rfft}}\left({0}\right)",       symbol="ℱᵣ")
primitive(np.fft.irfft, d_irfft,             code="np.fft.irfft({0})", tex=r"\operatorname{{rfft}}^{{-1}}\left({0}\right)", symbol="ℱᵣ⁻¹")
# fmt: on


@composite(np.fft.hfft)
def hfft(a, n=None, axis=-1, norm=None):
    n = 2 * (a.shape[axis] - 1) if n is None else n
    return np.fft.irfft(np.conjugate(a), n, axis, SWAPPED[norm])


@composite(np.fft.ihfft)
def ihfft(a, n=None, axis=-1, norm=None):
    return np.conjugate(np.fft.rfft(a, n, axis, SWAPPED[norm]))


def lengths(a, s, axes, inverse_real=False):
    """Return how long each of the axes becomes, and the axes; by default as long as it is."""
    if axes is None:
        axes = range(a.ndim) if s is None else range(-len(s), 0)
    if s is None:
        s = [a.shape[axis] for axis in axes]
        if inverse_real:
            s[-1] = 2 * (s[-1] - 1)
    return [(a.shape[axis] if n == -1 else n, axis) for n, axis in zip(s, axes, strict=True)]


def several(transform):
    """Write a transform over several axes: the last axis first, as NumPy does."""

    def of_axes(a, s=None, axes=None, norm=None):
        for n, axis in reversed(lengths(a, s, axes)):
            a = transform(a, n, axis, norm)
        return a

    return of_axes


@composite(np.fft.rfftn)
def rfftn(a, s=None, axes=None, norm=None):
    *others, (n, axis) = lengths(a, s, axes)
    a = np.fft.rfft(a, n, axis, norm)
    for n, axis in reversed(others):
        a = np.fft.fft(a, n, axis, norm)
    return a


@composite(np.fft.irfftn)
def irfftn(a, s=None, axes=None, norm=None):
    *others, (n, axis) = lengths(a, s, axes, inverse_real=True)
    for other, where in others:
        a = np.fft.ifft(a, other, where, norm)
    return np.fft.irfft(a, n, axis, norm)


composite(np.fft.fftn)(several(np.fft.fft))
composite(np.fft.ifftn)(several(np.fft.ifft))


def over_two(transform):
    """Write a transform over two axes, the last ones by default."""
    return lambda a, s=None, axes=(-2, -1), norm=None: transform(a, s, axes, norm)


composite(np.fft.fft2)(over_two(np.fft.fftn))
composite(np.fft.ifft2)(over_two(np.fft.ifftn))
composite(np.fft.rfft2)(over_two(np.fft.rfftn))
composite(np.fft.irfft2)(over_two(np.fft.irfftn))


def turned(sign):
    """Write a shift of each axis by half of its length."""

    def shift(x, axes=None):
        axes = range(x.ndim) if axes is None else np.atleast_1d(axes).tolist()
        return np.roll(x, tuple(sign * (x.shape[axis] // 2) for axis in axes), tuple(axes))

    return shift


composite(np.fft.fftshift)(turned(1))
composite(np.fft.ifftshift)(turned(-1))
