"""Making Tensors: PyTorch's functions over NumPy's."""

from typing import Any

import numpy as np

from autograd import modes
from autograd.methods import on_cpu
from autograd.tensor import Tensor, constant
from autograd.witness import SHARING, fingerprint


def tensor(
    data: Any, requires_grad: bool = False, dtype: Any = None, name: str | None = None,
    device: Any = "cpu",
) -> Tensor:  # fmt: skip
    """Return ``Tensor(data, ...)``, a copy. The only device is ``"cpu"``."""
    on_cpu(device or "cpu")
    return Tensor(data, requires_grad, dtype, name)


def from_numpy(array: np.ndarray) -> Tensor:
    """Return a Tensor that shares memory with an array: writing into one shows in the other.

    What was computed from the old values of either raises RuntimeError in `backward`.
    """
    result = constant(array.view() if array.ndim else array[()])
    result.meta = {"shared": fingerprint(array) if array.ndim else None}
    SHARING[:] = [True]
    return result


def zeros(*shape: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Return zeros: ``zeros(2, 3)`` or ``zeros((2, 3))``."""
    return full(shape_in(shape), 0.0, dtype=dtype, requires_grad=requires_grad)


def ones(*shape: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Return ones: ``ones(2, 3)`` or ``ones((2, 3))``."""
    return full(shape_in(shape), 1.0, dtype=dtype, requires_grad=requires_grad)


def full(shape: Any, value: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Return an array filled with one value."""
    return Tensor(np.full(shape, value, dtype or modes.default), requires_grad)


def eye(n: int, m: int | None = None, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Return the identity matrix."""
    return Tensor(np.eye(n, m, dtype=dtype or modes.default), requires_grad)


def arange(*bounds: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Return evenly spaced values within a half-open interval: integers stay integers."""
    return Tensor(np.arange(*bounds, dtype=dtype), requires_grad)


def linspace(
    start: float, stop: float, num: int = 50, dtype: Any = None, requires_grad: bool = False
) -> Tensor:
    """Return `num` evenly spaced values, both ends included."""
    return Tensor(np.linspace(start, stop, num, dtype=dtype or modes.default), requires_grad)


def shape_in(shape: tuple[Any, ...]) -> Any:
    """Return the shape that was given as several arguments, or as one."""
    return shape[0] if len(shape) == 1 and not isinstance(shape[0], int) else shape
