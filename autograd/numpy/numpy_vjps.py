"""HIPS autograd's `autograd.numpy.numpy_vjps`, as far as rules of one's own use it."""

from collections.abc import Callable
from typing import Any

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
