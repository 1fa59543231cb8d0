"""HIPS autograd's `autograd.numpy.numpy_vjps`, as far as rules of one's own use it."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from autograd.rules.shape import sum_to
from autograd.tensor import raw


def unbroadcast_f(target: Any, f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return f with its result summed over the axes along which `target` was broadcast.

    >>> import numpy as np
    >>> unbroadcast_f(np.ones(2), lambda g: g)(np.ones((3, 2)))
    array([3., 3.])
    """
    shape = raw(target).shape
    return lambda g: sum_to(f(g), shape)


def repeat_to_match_shape(
    g: Any,
    shape: tuple[int, ...],
    dtype: Any,
    axis: Any,
    keepdims: bool,  # noqa: ARG001  # either
) -> tuple[Any, int]:
    """Return g of a reduction for each element that went in, and how many went into each result.

    >>> repeat_to_match_shape(np.array([1.0, 2.0]), (2, 3), float, axis=1, keepdims=False)
    (array([[1., 1., 1.],
           [2., 2., 2.]]), 3)
    """
    axes = normalize_axis_tuple(range(len(shape)) if axis is None else axis, len(shape))
    ones = [1 if i in axes else n for i, n in enumerate(shape)]
    return np.reshape(g, ones) + np.zeros(shape, dtype), math.prod(shape[i] for i in axes)


def match_complex(target: Any, x: Any) -> Any:
    """Return x as a complex number where target is one, and its real part where target is real.

    >>> match_complex(1.0, 2 + 3j), match_complex(1j, 2.0)
    (2.0, (2+0j))
    """
    if np.iscomplexobj(target):
        return x if np.iscomplexobj(x) else x + 0j
    return np.real(x)


def replace_zero(x: Any, val: Any) -> Any:
    """Return x with val in the place of zeros.

    >>> replace_zero(np.array([0.0, 2.0]), 1.0)
    array([1., 2.])
    """
    return np.where(x, x, val)
