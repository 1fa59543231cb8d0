"""One long array of nested parameters, and back."""

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.base import tree
from autograd.tensor import raw


def flatten(value: Any) -> tuple[Any, Callable[[Any], Any]]:
    """Return one long array of all numbers in a nesting of containers, and the way back.

    The entries of a dict come in the order of their sorted keys.

    >>> import numpy as np
    >>> flat, unflatten = flatten({"w": np.ones((2, 2)), "b": 3.0})
    >>> flat
    array([3., 1., 1., 1., 1.])
    >>> unflatten(2 * flat)["w"]
    array([[2., 2.],
           [2., 2.]])
    """
    leaves, rebuild = tree.flatten(_in_order(value))
    shapes = [np.shape(raw(leaf)) for leaf in leaves]
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes])

    def unflatten(flat: Any) -> Any:
        parts = np.split(flat, ends[:-1]) if leaves else []
        pairs = zip(parts, shapes, strict=True)
        nested = rebuild([np.reshape(part, shape)[()] for part, shape in pairs])
        return tree.map_leaves(lambda _, part: part, value, nested)

    flat = [np.ravel(leaf) for leaf in leaves]
    return np.concatenate(flat) if flat else np.array([]), unflatten


def _in_order(value: Any) -> Any:
    """Sort the keys of the dicts in a tree."""
    if isinstance(value, dict):
        return {k: _in_order(value[k]) for k in sorted(value)}
    if isinstance(value, (list, tuple)):
        return [_in_order(part) for part in value]
    return value


def flatten_func(
    func: Callable[..., Any], example: Any
) -> tuple[Callable[..., Any], Callable[[Any], Any], Any]:
    """Return func over flat arrays, the way back from flat, and the flat example.

    >>> flat_func, unflatten, flat = flatten_func(lambda p: [2 * x for x in p], [1.0, 2.0])
    >>> flat_func(flat)
    array([2., 4.])
    """
    flat, unflatten = flatten(example)
    return lambda x, *args: flatten(func(unflatten(x), *args))[0], unflatten, flat
