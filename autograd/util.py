"""HIPS autograd's `autograd.util`: a sequence with some of its elements replaced."""

from collections.abc import Iterable, Sequence
from typing import Any


def subvals(x: Sequence[Any], replacements: Iterable[tuple[int, Any]]) -> tuple[Any, ...]:
    """Return a tuple with the elements at some positions replaced.

    >>> subvals((1, 2, 3), [(0, 10), (2, 30)])
    (10, 2, 30)
    """
    by_position = dict(replacements)
    return tuple(by_position.get(i, v) for i, v in enumerate(x))


def subval(x: Sequence[Any], i: int, v: Any) -> tuple[Any, ...]:
    """Return a tuple with one element replaced.

    >>> subval((1, 2, 3), 1, 20)
    (1, 20, 3)
    """
    return subvals(x, [(i, v)])
