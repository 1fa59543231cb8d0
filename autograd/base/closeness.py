"""Equality up to rounding: of what was computed twice, in another order or in other pieces."""

from typing import Any

import numpy as np


def is_close(x: Any, y: Any, near: float, part: float | None = None) -> bool:
    """Tell whether two arrays have one shape, and differ by no more than rounding does.

    So much is `near` of each number; or, where the digits of a small one have cancelled, `part` of
    the largest: by default as much. What is no number is equal to its like.

    >>> is_close(np.array([1e-9, 3.0]), np.array([0.0, 3.0]), 1e-6)
    True
    """
    if np.array_equal(x, y):  # as ever, but for nan and threads: rounding takes a dozen looks
        return True
    largest = np.max(np.abs(y), where=np.isfinite(y), initial=0)
    least = (near if part is None else part) * largest
    return np.shape(x) == np.shape(y) and np.allclose(x, y, near, least, equal_nan=True)


def rounding(dtype: np.dtype[Any]) -> float:
    """Return how near sums of a few terms are: more for float32 and smaller."""
    return 1e-5 if dtype.itemsize < np.dtype(float).itemsize else 1e-10
