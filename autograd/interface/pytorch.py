"""PyTorch's names: functions that NumPy has not, or that mean something else there.

The methods that arrays have not are in `pytorch_methods`.

The rule: where arrays have a method, ``x.std()`` means NumPy's. A call in PyTorch's words (`dim`,
`unbiased`, ...), or one that NumPy would refuse (``x.sum(1, True)``), means PyTorch's, and so do
the functions of the module, ``torch.std(x)``: NumPy's are ``np.std(x)``.
"""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, overload

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from autograd.base.errors import OTHER_AXIS, refusal
from autograd.interface.spellings import axis_of, dispatching, shared, written

if TYPE_CHECKING:
    from autograd.tensor import Tensor


class Found(NamedTuple):
    """What ``max(dim=...)``, ``sort(dim=...)`` and ``topk`` return, as PyTorch does."""

    values: "Tensor"
    indices: "Tensor"


class Reduction(Protocol):
    """The method ``sum`` and its like, in NumPy's words and in PyTorch's."""

    def __call__(
        self, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False,
        initial: Any = None, where: Any = True, *, dim: Any = None, keepdim: bool = False,
    ) -> "Tensor": ...  # fmt: skip


class Extreme(Protocol):
    """The method ``max`` or ``min``: along an axis, PyTorch's words find places, too."""

    @overload
    def __call__(self, *, dim: int, keepdim: bool = False) -> Found: ...
    @overload
    def __call__(self, axis: Any = None, *, keepdims: bool = False, **options: Any) -> "Tensor": ...
    @overload
    def __call__(self, dim: int, keepdim: bool) -> Found: ...


def axis_in(lengths: tuple[int, ...], dim: int) -> int:
    """Return the number of an axis, from 0 on. Raises IndexError where there is none.

    >>> axis_in((2, 3), -1)
    1
    """
    try:
        return normalize_axis_index(dim, len(lengths))
    except np.exceptions.AxisError as error:
        what, where = str(error), f"{dim=} of a tensor of shape {lengths}"
        raise refusal(IndexError, what, where, OTHER_AXIS) from None


# ── names that arrays have, too ───────────────────────────────────────────────────────────────
def reduction(fn: Callable[..., Any]) -> Reduction:
    """Return the method ``sum(dim=None, keepdim=False)`` over NumPy's function."""

    def pytorchs(x: Any, dim: Any = None, keepdim: bool = False, **options: Any) -> Any:
        """Return one number of all elements, or of those along an axis or a list of axes."""
        return fn(x, axis=axis_of(dim), keepdims=keepdim, **options)

    return shared(fn, pytorchs)


def spread(fn: Callable[..., Any]) -> Callable[..., "Tensor"]:
    """Return the method ``std`` or ``var``, which PyTorch divides by n - 1."""

    def pytorchs(
        x: Any, dim: Any = None, unbiased: bool = True, keepdim: bool = False,
        correction: Any = None, **options: Any,
    ) -> Any:  # fmt: skip
        """Divide by n - 1, or n - `correction`; by n if not `unbiased`. NumPy divides by n."""
        if isinstance(dim, bool):
            dim, unbiased = None, dim
        ddof = int(unbiased) if correction is None else correction
        return fn(x, axis=axis_of(dim), ddof=ddof, keepdims=keepdim, **options)

    return shared(fn, pytorchs)


def extreme(fn: Any, where: Any, of_two: Any) -> Extreme:
    """Return the method ``max`` or ``min``, which finds places, too, along one axis."""

    def pytorchs(x: Any, dim: Any = None, keepdim: bool = False) -> Any:
        """Return (values, indices) along an axis, the one of all, or compare with a tensor."""
        if hasattr(dim, "__array__") and not isinstance(dim, np.integer):
            return of_two(x, dim)
        y = fn(x, axis=dim, keepdims=keepdim)
        return y if dim is None else Found(y, where(x, axis=dim, keepdims=keepdim))

    return shared(fn, pytorchs)


def argsort(x: Any, dim: int = -1, descending: bool = False, stable: bool = True) -> "Tensor":  # noqa: ARG001  # always
    """Return the places in order; among equals the first comes first, either way."""
    if not descending:
        return dispatching.argsort(x, axis=dim, kind="stable")
    places = dispatching.argsort(dispatching.flip(x, dim), axis=dim, kind="stable")
    return x.shape[dim] - 1 - dispatching.flip(places, dim)


def sort(x: Any, dim: int = -1, descending: bool = False, stable: bool = True) -> Found:  # noqa: ARG001  # always
    """Return the values in order, and where they were."""
    places = argsort(x, dim, descending)
    return Found(dispatching.take_along_axis(x, places, dim), places)


def flatten(x: Any, start_dim: int = 0, end_dim: int = -1) -> "Tensor":
    """Make one axis of several. Raises ValueError where the last one comes before the first.

    >>> from autograd import ones
    >>> flatten(ones(2, 3, 4), 1).shape
    (2, 12)
    """
    lengths = x.shape or (1,)
    start, stop = axis_in(lengths, start_dim), axis_in(lengths, end_dim) + 1
    if stop <= start:
        what = f"the first axis to join, {start}, comes after the last, {stop - 1}"
        where = f"flatten({start_dim}, {end_dim}) of a tensor of shape {lengths}"
        raise refusal(ValueError, what, where, f"x.flatten({stop - 1}, {start})")
    between = math.prod(lengths[start:stop])
    return dispatching.reshape(x, (*lengths[:start], between, *lengths[stop:]))


def squeeze(x: Any, dim: Any = None) -> "Tensor":
    """Remove axes of length 1; another length stays."""
    dims = range(x.ndim) if dim is None else np.atleast_1d(dim).tolist()
    lengths = x.shape or (0,)  # to PyTorch, a number has an axis to name, which it does not lose
    return dispatching.squeeze(x, tuple(d for d in dims if lengths[axis_in(lengths, d)] == 1))


# ── names that only PyTorch has ───────────────────────────────────────────────────────────────
def cat(tensors: Any, dim: int = 0, **options: Any) -> "Tensor":
    """Join along an axis, as ``np.concatenate`` does.

    Raises ValueError where the shapes differ along another.

    >>> from autograd import cat, ones, zeros
    >>> cat([zeros(2, 1), ones(2, 2)], dim=1)
    Tensor([[0., 1., 1.],
            [0., 1., 1.]])
    """
    return dispatching.concatenate(tensors, **{"axis": dim} | options)


def stack(tensors: Any, dim: int = 0, **options: Any) -> "Tensor":
    """Join along a new axis, as ``np.stack`` does.

    Raises ValueError where the shapes differ.

    >>> from autograd import ones, stack, zeros
    >>> stack([zeros(2), ones(2)], dim=1)
    Tensor([[0., 1.],
            [0., 1.]])
    """
    return dispatching.stack(tensors, **{"axis": dim} | options)


def einsum(equation: Any, *operands: Any, **options: Any) -> "Tensor":
    """Return ``np.einsum(equation, *operands)``; the operands may also be one list, as in PyTorch.

    >>> from autograd import einsum, ones
    >>> einsum("ij,j->i", [ones(2, 3), ones(3)])
    Tensor([3., 3.])
    """
    if len(operands) == 1 and isinstance(operands[0], (list, tuple)):
        (given,) = operands
        operands = given if all(hasattr(x, "shape") for x in given) else operands  # [[1, 2]] is one
    return dispatching.einsum(equation, *operands, **options)


@overload
def where(condition: "Tensor", input: Any, other: Any, *, out: Any = None) -> "Tensor": ...
@overload
def where(condition: Any, input: Any = None, other: Any = None, *, out: Any = None) -> Any: ...
def where(condition: Any, input: Any = None, other: Any = None, *, out: Any = None) -> Any:
    """Return ``np.where(condition, input, other)``, or the places where the condition is true.

    >>> from autograd import tensor, where
    >>> where(tensor([True, False]), input=1.0, other=2.0)
    Tensor([1., 2.])
    """
    values = () if input is None and other is None else (input, other)
    return written(dispatching.where(condition, *values), out, "where")


def meshgrid(*tensors: Any, indexing: str = "ij") -> Any:
    """Return coordinates, by rows and columns: NumPy's default is ``"xy"``.

    >>> from autograd import arange, meshgrid
    >>> rows, columns = meshgrid(arange(2), arange(3))
    >>> columns
    Tensor([[0, 1, 2],
            [0, 1, 2]])
    """
    listed = len(tensors) == 1 and isinstance(tensors[0], (list, tuple))
    return dispatching.meshgrid(*(tensors[0] if listed else tensors), indexing=indexing)
