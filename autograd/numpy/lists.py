"""What NumPy cannot dispatch to Tensors: functions that make arrays of lists, and of calls."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.base.errors import refusal
from autograd.interface.conversion import holds_tensors, tensor_of
from autograd.primitive import COMPOSITES

OF_LISTS = (
    "all", "allclose", "amax", "amin", "any", "append", "argmax", "argmin", "argsort", "cross",
    "cumprod", "cumsum", "diff", "dot", "einsum", "inner", "isclose", "max", "mean", "median",
    "min", "nanmean", "nansum", "outer", "prod", "ravel", "reshape", "sort", "std", "sum",
    "transpose", "var",
)  # fmt: skip
"""Functions of arrays that programs call with lists of Tensors."""

OF_SEQUENCES = "column_stack", "concatenate", "dstack", "hstack", "stack", "vstack"
"""Functions of lists of arrays that programs call with generators, maps and views of dicts."""


def array(object: Any, dtype: Any = None, *, ndmin: int = 0, **options: Any) -> Any:
    """Return an array; of a Tensor, or of nested lists with Tensors in them, a Tensor.

    Takes NumPy's options; of Tensors, `dtype` and `ndmin`.

    >>> import autograd.numpy as np
    >>> from autograd import grad
    >>> grad(lambda x: np.sum(np.array([x, [2.0, 3.0]]) ** 2))(np.array([1.0, 1.0]))
    array([2., 2.])
    """
    if not holds_tensors(object):
        return np.array(object, dtype, ndmin=ndmin, **options)
    return COMPOSITES[np.array](object, dtype, ndmin=ndmin)


def asarray(a: Any, dtype: Any = None, **options: Any) -> Any:
    """Return a as it is where it is an array or a Tensor of that dtype, else ``array(a)``."""
    return tensor_of(a, dtype) if holds_tensors(a) else np.asarray(a, dtype, **options)


def full(shape: Any, fill_value: Any, dtype: Any = None, **options: Any) -> Any:
    """Return an array filled with one value, which may be a Tensor.

    >>> import autograd.numpy as np
    >>> from autograd import grad
    >>> grad(lambda x: np.sum(np.full((2, 3), x)))(1.0)
    np.float64(6.0)
    """
    if not holds_tensors(fill_value):
        return np.full(shape, fill_value, dtype, **options)
    return COMPOSITES[np.full](shape, fill_value, dtype)


def of_lists(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Let a function of arrays take lists with Tensors in them.

    >>> import numpy as np
    >>> from autograd import grad
    >>> grad(lambda x: of_lists(np.sum)([x, x * x]))(3.0)
    np.float64(7.0)
    """

    @functools.wraps(fn)
    def call(*args: Any, **kwargs: Any) -> Any:
        for a in args:
            if type(a) is list or type(a) is tuple:
                args = tuple(asarray(b) if holds_tensors(b) else b for b in args)
                break
        return fn(*args, **kwargs)

    return call


def of_iterables(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Let a function of a sequence of arrays take any iterable of them, and of lists of Tensors.

    >>> import numpy as np
    >>> of_iterables(np.stack)(np.ones(2) * i for i in range(2))
    array([[0., 0.],
           [1., 1.]])
    """

    @functools.wraps(fn)
    def call(arrays: Any, *args: Any, **kwargs: Any) -> Any:
        if not hasattr(arrays, "dtype"):
            arrays = [asarray(a) if isinstance(a, (list, tuple)) else a for a in arrays]
        return fn(arrays, *args, **kwargs)

    return call


class Joined:
    """`np.r_` and `np.c_`: what is written in brackets, joined; with Tensors in it, a Tensor.

    >>> import autograd.numpy as np
    >>> from autograd import grad
    >>> grad(lambda x: np.sum(np.r_[x, 1.0, x] ** 2))(np.array([1.0, 2.0]))
    array([4., 8.])
    """

    def __init__(self, plain: Any, join: Callable[[list[Any]], Any]) -> None:
        self.plain, self.join = plain, join

    def __getitem__(self, parts: Any) -> Any:
        parts = parts if isinstance(parts, tuple) else (parts,)
        if not holds_tensors(parts):
            return self.plain[parts]
        whole = [np.r_[part] if isinstance(part, slice) else asarray(part) for part in parts]
        return self.join([np.atleast_1d(part) for part in whole])


def make_diagonal(D: Any, offset: int = 0, axis1: int = -1, axis2: int = -2) -> Any:
    """Return arrays with D on the diagonal of the last two axes, as HIPS's namespace has it.

    Raises NotImplementedError for another diagonal.

    >>> import numpy as np
    >>> make_diagonal(np.array([1.0, 2.0]))
    array([[1., 0.],
           [0., 2.]])
    """
    if (offset, {axis1, axis2}) != (0, {-1, -2}):
        raise refusal(
            NotImplementedError,
            "make_diagonal fills the main diagonal of the last two axes",
            f"make_diagonal(offset={offset}, axis1={axis1}, axis2={axis2})",
            "np.diag(x, offset), or np.moveaxis of the result",
        )
    return np.expand_dims(D, -1) * np.eye(np.shape(D)[-1])


r_, c_ = Joined(np.r_, np.concatenate), Joined(np.c_, np.column_stack)
