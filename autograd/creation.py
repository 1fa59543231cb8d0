"""Making Tensors: PyTorch's functions over NumPy's."""

from typing import Any

import numpy as np

from autograd import modes
from autograd.errors import plain, three_lines
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
    dtype = getattr(plain(array), "dtype", None)
    if not isinstance(array, (np.ndarray, np.generic)) or array.dtype.kind not in "biufc":
        raise TypeError(
            three_lines(
                "from_numpy shares the memory of an array of numbers",
                f"from_numpy of {type(array).__name__ if dtype is None else f'dtype {dtype}'}",
                "tensor(data) of a number or of nested lists; array.astype(float)",
            )
        )
    result = constant(array.view(np.ndarray) if array.ndim else array[()])  # of a memmap, too
    result.meta = {"shared": fingerprint(array) if array.ndim else None}
    SHARING[:] = [True]
    return result


def as_tensor(data: Any, dtype: Any = None, device: Any = "cpu") -> Tensor:
    """Return a Tensor as it is, an array as `from_numpy` does, anything else as `tensor` does."""
    if not isinstance(data, (Tensor, np.ndarray)):
        return tensor(data, dtype=dtype, device=device)
    on_cpu(device or "cpu")
    shared = data if isinstance(data, Tensor) else from_numpy(data)
    return shared if dtype in (None, shared.dtype) else shared.astype(dtype)


def is_tensor(x: Any) -> bool:
    """Tell whether something is a Tensor."""
    return isinstance(x, Tensor)


def zeros(
    *shape: Any, size: Any = None, dtype: Any = None, requires_grad: bool = False,
    device: Any = "cpu",
) -> Tensor:  # fmt: skip
    """Return zeros: ``zeros(2, 3)`` or ``zeros((2, 3))``."""
    return full(shape_in(shape, size), 0.0, dtype, requires_grad, device)


def ones(
    *shape: Any, size: Any = None, dtype: Any = None, requires_grad: bool = False,
    device: Any = "cpu",
) -> Tensor:  # fmt: skip
    """Return ones: ``ones(2, 3)`` or ``ones((2, 3))``."""
    return full(shape_in(shape, size), 1.0, dtype, requires_grad, device)


def full(
    shape: Any, fill_value: Any, dtype: Any = None, requires_grad: bool = False,
    device: Any = "cpu",
) -> Tensor:  # fmt: skip
    """Return an array filled with one value: integers stay integers."""
    dtype = dtype or (modes.default if isinstance(fill_value, float) else None)
    return tensor(np.full(shape, fill_value, dtype), requires_grad, device=device)


def eye(
    n: int, m: int | None = None, dtype: Any = None, requires_grad: bool = False,
    device: Any = "cpu",
) -> Tensor:  # fmt: skip
    """Return the identity matrix."""
    return tensor(np.eye(n, m, dtype=dtype or modes.default), requires_grad, device=device)


def arange(
    *bounds: Any, dtype: Any = None, requires_grad: bool = False, device: Any = "cpu", **named: Any
) -> Tensor:
    """Return evenly spaced values within a half-open interval: integers stay integers.

    The bounds by position, or `start`, `end` (NumPy's `stop`) and `step`.
    """
    named = {"stop" if k == "end" else k: v for k, v in named.items()}
    return tensor(np.arange(*bounds, dtype=dtype, **named), requires_grad, device=device)


def linspace(
    start: float, stop: float, num: int = 50, dtype: Any = None, requires_grad: bool = False,
    device: Any = "cpu", steps: int | None = None,
) -> Tensor:  # fmt: skip
    """Return `num` evenly spaced values (PyTorch: `steps`), both ends included."""
    values = np.linspace(start, stop, num if steps is None else steps, dtype=dtype or modes.default)
    return tensor(values, requires_grad, device=device)


def shape_in(shape: tuple[Any, ...], size: Any = None) -> Any:
    """Return the shape that was given as several arguments, as one, or as ``size=``."""
    if size is not None:
        return size
    return shape[0] if len(shape) == 1 and not isinstance(shape[0], int) else shape
