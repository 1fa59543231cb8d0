"""NumPy's functions that make arrays ``like=`` a Tensor: what they make is a Tensor.

Where they are given Tensors, alone or within lists, the gradient goes through.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.base.tree import flatten
from autograd.interface.spellings import dispatching
from autograd.primitive import composite
from autograd.rules.shape import astype
from autograd.tensor import Tensor, constant


def holds_tensors(value: Any) -> bool:
    """Tell whether there is a Tensor, or what stands for one in programs, in nested lists."""
    return any(hasattr(leaf, "_record") for leaf in flatten(value)[0])


def tensor_of(a: Any, dtype: Any = None) -> Tensor:
    """Return a Tensor of a number, an array, a Tensor, or nested lists of these."""
    if isinstance(a, (list, tuple)) and holds_tensors(a):
        a = dispatching.stack([tensor_of(x) if holds_tensors(x) else np.asarray(x) for x in a])
    if not hasattr(a, "_record"):
        return constant(np.asarray(a, dtype)[()])
    kept = dtype is None or np.dtype(dtype) in (a.dtype, object)  # as objects, what they are
    return a if kept else astype(a, dtype=np.dtype(dtype))


def _conversion(fn: Callable[..., Any]) -> None:
    @composite(fn)
    def convert(a: Any, dtype: Any = None, *args: Any, ndmin: int = 0, **kwargs: Any) -> Any:  # noqa: ARG001  # layouts
        x = tensor_of(a, dtype)
        x = dispatching.copy(x) if fn is np.array and x is a else x
        return dispatching.reshape(x, (1,) * (ndmin - x.ndim) + x.shape) if x.ndim < ndmin else x


CONVERSIONS = (np.array, np.asarray, np.asanyarray, np.require)
for _fn in CONVERSIONS:
    _conversion(_fn)


@composite(np.ascontiguousarray)
def ascontiguousarray(a: Any, dtype: Any = None) -> Any:
    """Return a Tensor of one axis or more, as NumPy does."""
    return dispatching.atleast_1d(tensor_of(a, dtype))


@composite(np.asfortranarray)
def asfortranarray(a: Any, dtype: Any = None) -> Any:
    """Return the Tensor itself: the order of the memory is not a Tensor's affair."""
    return tensor_of(a, dtype)


@composite(np.full)
def full(shape: Any, fill_value: Any, dtype: Any = None, **options: Any) -> Any:  # noqa: ARG001  # layouts
    """Return copies of a number, or of what broadcasts to the shape."""
    return dispatching.broadcast_to(tensor_of(fill_value, dtype), shape)


@composite(np.fromfunction)
def fromfunction(function: Any, shape: Any, *, dtype: Any = float, **kwargs: Any) -> Any:
    """Return a function of the indices of each place."""
    return tensor_of(function(*np.indices(shape, dtype=dtype), **kwargs))
