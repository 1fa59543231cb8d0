"""`scipy.signal`: convolution, by the theorem that makes it a product of Fourier transforms."""

import string
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index
from scipy.fft import next_fast_len

from autograd.base.errors import refusal, shape_of

MODES = ("full", "valid", "same")
Axes = Sequence[Sequence[int]]
SHORT = 2**16
"""So many products take less time than the Fourier transforms of two lines."""


def convolve(
    in1: Any, in2: Any, axes: Any = None, dot_axes: Axes = ((), ()), mode: str = "full",
    method: str = "auto",  # noqa: ARG001  # which changes no number
) -> Any:  # fmt: skip
    """Convolve two arrays, real or complex.

    Takes the arguments of `scipy.signal.convolve`, ``(in1, in2, mode="full")``, of which `method`
    changes nothing here, and those of HIPS autograd. Short lines are multiplied and summed; all
    else is done by Fast Fourier Transforms, whose error is relative to the largest element of the
    result.

    Parameters
    ----------
    in1, in2 : arrays or Tensors of real or complex numbers.
    axes : along which axes of each, two sequences of one length; all of both by default.
    dot_axes : which axes of each are multiplied and summed over, as by `numpy.tensordot`.
    mode : "full" for all sums with at least one term; "valid" for those with all terms; "same" for
        the middle of the full ones, of the shape of `in1`.

    Returns
    -------
    array of the shape: axes of in1 that neither `axes` nor `dot_axes` name, then those of in2, then
    the convolved axes.

    Raises
    ------
    ValueError : for another mode, axes that do not pair, or "valid" where neither array is at least
        as long as the other along all axes.
    numpy.exceptions.AxisError : for axes that an array lacks.

    Examples
    --------
    >>> import numpy as np
    >>> np.round(convolve([1.0, 2.0, 3.0], [1.0, 1.0], mode="valid"), 12)
    array([3., 5.])
    """
    if isinstance(axes, str):  # SciPy's third argument
        axes, mode = None, axes
    pair = [numbers(in1), numbers(in2)]
    summed = [positive(own, x) for own, x in zip(dot_axes, pair, strict=True)]
    if axes is None:
        axes = [[i for i in range(x.ndim) if i not in s] for s, x in zip(summed, pair, strict=True)]
    along = [positive(own, x) for own, x in zip(axes, pair, strict=True)]
    sizes = [[x.shape[i] for i in own] for x, own in zip(pair, along, strict=True)]
    check(pair, along, sizes, mode)
    if not sizes[0]:  # which FFTs refuse
        return np.einsum(subscripts(pair, along, summed), *pair)
    if [x.ndim for x in pair] == [1, 1] and 0 < np.prod(sizes) <= SHORT:
        (m,), (n,) = sizes
        return np.convolve(pair[0], pair[1])[window(mode, m, n)]
    full = [max(m + n - 1, 0) for m, n in zip(*sizes, strict=True)]
    fast, transform, inverse = transforms(pair, full)
    spectra = [transform(x, fast, own) for x, own in zip(pair, along, strict=True)]
    product = np.einsum(subscripts(spectra, along, summed), *spectra)
    y = inverse(product, fast, tuple(range(-len(full), 0)))
    kept: list[Any] = [window(mode, m, n) for m, n in zip(*sizes, strict=True)]
    return y[(..., *kept)]


def transforms(pair: list[Any], full: list[int]) -> tuple[list[int], Any, Any]:
    """Return to which lengths to fill up, and the Fourier transform: half of it, of real arrays."""
    real = not any(map(np.iscomplexobj, pair))
    both = (np.fft.rfftn, np.fft.irfftn) if real else (np.fft.fftn, np.fft.ifftn)
    return [next_fast_len(n, real=real) for n in full], *both


def subscripts(spectra: list[Any], along: list[list[int]], summed: list[list[int]]) -> str:
    """Write the product of two spectra: elementwise along some axes, summed over others."""
    letters = iter(string.ascii_letters)
    common, dots = ("".join(next(letters) for _ in part[0]) for part in (along, summed))
    terms, free = [], ""
    for x, own, dot in zip(spectra, along, summed, strict=True):
        known = dict(zip([*own, *dot], common + dots, strict=True))
        term = "".join(known.get(i) or next(letters) for i in range(x.ndim))
        free += "".join(c for i, c in enumerate(term) if i not in known)
        terms.append(term)
    return f"{','.join(terms)}->{free}{common}"


def numbers(x: Any) -> Any:
    """Return an array as it is, a list as an array of real or complex numbers."""
    return x if hasattr(x, "ndim") else np.asarray(x) * 1.0


def positive(axes: Sequence[int], x: Any) -> list[int]:
    return [normalize_axis_index(i, x.ndim) for i in axes]


def check(pair: list[Any], along: list[list[int]], sizes: list[list[int]], mode: str) -> None:
    """Refuse axes that do not pair, another mode, and "valid" where neither array is the longer."""
    paired = len(along[0]) == len(along[1])
    a, b = np.array(sizes) if paired else (np.zeros(1), np.zeros(1))
    inside = bool((a <= b).all() or (a >= b).all())
    if mode not in MODES or not paired or (mode == "valid" and not inside):
        raise refusal(
            ValueError,
            "convolve pairs the axes of two arrays, in the modes full, valid (one array must be"
            " the longer along all axes) and same",
            f"convolve of {shape_of(pair[0])} and {shape_of(pair[1])}, axes={along}, {mode=}",
            "as many axes of the one as of the other, and one of these modes",
        )


def window(mode: str, m: int, n: int) -> slice:
    """Return which of the m + n - 1 sums of two lines of these lengths a mode keeps."""
    short = min(m, n)
    if mode == "valid":
        return slice(short - 1, max(m, n))
    start = (n - 1) // 2
    return slice(start, start + m) if mode == "same" else slice(m + n - 1)


def fftconvolve(in1: Any, in2: Any, mode: str = "full", axes: Any = None) -> Any:
    """Convolve two arrays of one rank, as `scipy.signal.fftconvolve`; see `convolve`.

    Along axes that are not convolved the arrays broadcast.

    >>> import numpy as np
    >>> np.round(fftconvolve([1.0, 2.0], [1.0, 3.0]), 12)
    array([1., 5., 6.])
    """
    pair = [numbers(in1), numbers(in2)]
    own = positive(range(pair[0].ndim) if axes is None else np.atleast_1d(axes).tolist(), pair[0])
    sizes = [[x.shape[i] for i in own] for x in pair]
    check(pair, [own, own], sizes, mode)
    full = [max(m + n - 1, 0) for m, n in zip(*sizes, strict=True)]
    fast, transform, inverse = transforms(pair, full)
    product = np.multiply(*(transform(x, fast, own) for x in pair))
    kept: list[Any] = [slice(None)] * product.ndim
    for i, m, n in zip(own, *sizes, strict=True):
        kept[i] = window(mode, m, n)
    return inverse(product, fast, own)[tuple(kept)]
