"""Making Tensors: PyTorch's functions over NumPy's."""

import functools
from collections.abc import Callable
from inspect import isfunction
from typing import Any, ParamSpec, TypeVar

import numpy as np

from autograd.base import modes
from autograd.base.errors import function_name, plain, refusal
from autograd.interface.devices import on_cpu
from autograd.interface.spellings import one
from autograd.mutation.witness import SHARING, fingerprint
from autograd.primitive import OfTensors
from autograd.tensor import Tensor, constant

P = ParamSpec("P")
Made = TypeVar("Made")


def explained(instead: str) -> Callable[[Callable[P, Made]], Callable[P, Made]]:
    """Let NumPy's refusal of arguments say which function refused, and what to write instead.

    >>> @explained("double(2)")
    ... def double(x):
    ...     return tensor(2 * float(x))
    >>> double("two")
    Traceback (most recent call last):
        ...
    ValueError: could not convert string to float: 'two'
      where: double('two')
      instead: double(2)
    """

    def decorate(make: Callable[P, Made]) -> Callable[P, Made]:
        @functools.wraps(make)
        def checked(*args: P.args, **kwargs: P.kwargs) -> Made:
            try:
                return make(*args, **kwargs)
            except (TypeError, ValueError) as error:
                if "\n" in str(error):
                    raise
                values = [function_name(x) if isfunction(x) else repr(x) for x in args]
                given = ", ".join([*values, *(f"{k}={v!r}" for k, v in kwargs.items())])
                kind = TypeError if isinstance(error, TypeError) else ValueError
                where = f"{make.__name__}({given:.60})"
                raise refusal(kind, str(error), where, instead) from None

        return checked

    return decorate


def tensor(
    data: Any, requires_grad: bool = False, dtype: Any = None, name: str | None = None,
    device: Any = "cpu",
) -> Tensor:  # fmt: skip
    """Return ``Tensor(data, ...)``, a copy. The only device is ``"cpu"``, others raise ValueError.

    >>> tensor([1.0, 2.0], requires_grad=True)
    Tensor([1., 2.], requires_grad=True)
    """
    _refuse_elsewhere(device)
    return Tensor(data, requires_grad, dtype, name)


def from_numpy(array: np.ndarray) -> Tensor:
    """Return a Tensor that shares memory with an array: writing into one shows in the other.

    What was computed from the old values of either raises RuntimeError in `backward`. Raises
    TypeError for anything but an array of numbers, or a number of NumPy's, which it copies.

    >>> array = np.zeros(2)
    >>> x = from_numpy(array)
    >>> array[0] = 5.0
    >>> x
    Tensor([5., 0.])
    """
    dtype = getattr(plain(array), "dtype", None)
    if not isinstance(array, (np.ndarray, np.generic)) or array.dtype.kind not in "biufc":
        raise refusal(
            TypeError,
            "from_numpy shares the memory of an array of numbers",
            f"from_numpy of {type(array).__name__ if dtype is None else f'dtype {dtype}'}",
            "tensor(data) of a number or of nested lists; array.astype(float)",
        )
    if array.ndim == 0:
        return constant(array[()])  # a number, whose memory nobody shares
    result = constant(array.view(np.ndarray))  # of a memmap, too
    result.meta = {"shared": fingerprint(array)}
    SHARING[:] = [True]
    return result


def as_tensor(data: Any, dtype: Any = None, device: Any = "cpu") -> Tensor:
    """Return a Tensor as it is, an array as `from_numpy` does, anything else as `tensor` does.

    In another dtype it is a copy.

    >>> x = Tensor([1.0, 2.0])
    >>> as_tensor(x) is x, as_tensor(x, dtype="float32")
    (True, Tensor([1., 2.], dtype=float32))
    """
    if not isinstance(data, (Tensor, np.ndarray)):
        return tensor(data, dtype=dtype, device=device)
    _refuse_elsewhere(device)
    shared = data if isinstance(data, Tensor) else from_numpy(data)
    return shared if dtype in (None, shared.dtype) else shared.astype(dtype)


def is_tensor(x: Any) -> bool:
    """Tell whether something is a Tensor.

    >>> is_tensor(Tensor(1.0)), is_tensor(np.ones(2))
    (True, False)
    """
    return isinstance(x, Tensor)


@explained("zeros(2, 3) or zeros((2, 3)), of dtype=float or another")
def zeros(
    *shape: Any, size: Any = None, dtype: Any = None, requires_grad: bool = False,
    device: Any = "cpu",
) -> Tensor:  # fmt: skip
    """Return zeros of a shape, given as ``2, 3`` or ``(2, 3)``, of the default dtype (float64).

    >>> zeros(2, 3)
    Tensor([[0., 0., 0.],
            [0., 0., 0.]])
    """
    return filled(shape_in(shape, size), 0.0, dtype, requires_grad, device)


@explained("ones(2, 3) or ones((2, 3)), of dtype=float or another")
def ones(
    *shape: Any, size: Any = None, dtype: Any = None, requires_grad: bool = False,
    device: Any = "cpu",
) -> Tensor:  # fmt: skip
    """Return ones of a shape, given as ``2, 3`` or ``(2, 3)``, of the default dtype (float64).

    >>> ones(2, dtype=int)
    Tensor([1, 1])
    """
    return filled(shape_in(shape, size), 1.0, dtype, requires_grad, device)


@explained("full((2, 3), 7.0)")
def full(
    shape: Any, fill_value: Any, dtype: Any = None, requires_grad: bool = False,
    device: Any = "cpu",
) -> Tensor:  # fmt: skip
    """Return a Tensor of a shape, filled with one value: integers stay integers.

    >>> full((2,), 7), full((2,), 7.0)
    (Tensor([7, 7]), Tensor([7., 7.]))
    """
    return filled(shape, fill_value, dtype, requires_grad, device)


def filled(shape: Any, value: Any, dtype: Any, requires_grad: bool, device: Any) -> Tensor:
    dtype = dtype or (modes.default if isinstance(value, float) else None)
    return tensor(np.full(shape, value, dtype), requires_grad, device=device)


def alike(make: Callable[..., Any]) -> OfTensors:
    """Return PyTorch's function over NumPy's: what it makes may require a gradient."""

    def made(
        input: Any, dtype: Any = None, requires_grad: bool = False, device: Any = "cpu"
    ) -> Any:
        _refuse_elsewhere(device)
        y = make(input, dtype)
        return tensor(y, requires_grad) if requires_grad else y

    made.__name__ = made.__qualname__ = make.__name__
    made.__doc__ = f"Return ``np.{make.__name__}(input, dtype)``, which may require a gradient."
    return made


zeros_like, ones_like = alike(np.zeros_like), alike(np.ones_like)


@explained("eye(3), eye(2, 3)")
def eye(
    n: int, m: int | None = None, dtype: Any = None, requires_grad: bool = False,
    device: Any = "cpu",
) -> Tensor:  # fmt: skip
    """Return the identity matrix (n, n), or (n, m), of the default dtype (float64).

    >>> eye(2)
    Tensor([[1., 0.],
            [0., 1.]])
    """
    return tensor(np.eye(n, m, dtype=dtype or modes.default), requires_grad, device=device)


@explained("arange(5), arange(2, 5), arange(0, 1, 0.1)")
def arange(
    *bounds: Any, dtype: Any = None, requires_grad: bool = False, device: Any = "cpu", **named: Any
) -> Tensor:
    """Return evenly spaced values within a half-open interval: integers stay integers.

    The bounds by position, or `start`, `end` (NumPy's `stop`) and `step`; Python's floats give the
    default dtype.

    >>> arange(3), arange(0, 1, 0.5)
    (Tensor([0, 1, 2]), Tensor([0. , 0.5]))
    """
    named = {"stop" if k == "end" else k: v for k, v in named.items()}
    if dtype is None and any(type(bound) is float for bound in (*bounds, *named.values())):
        dtype = modes.default
    values = np.arange(*bounds, **named)  # which may count wrongly in a narrow dtype
    return tensor(values, requires_grad, dtype, device=device)


@explained("linspace(0, 1, 11)")
def linspace(
    start: float, stop: float, num: int | None = None, dtype: Any = None,
    requires_grad: bool = False, device: Any = "cpu", steps: int | None = None,
) -> Tensor:  # fmt: skip
    """Return `num` evenly spaced values (PyTorch: `steps`), both ends included; 50 by default.

    >>> linspace(0, 1, 3)
    Tensor([0. , 0.5, 1. ])
    """
    if None not in (num, steps):
        raise TypeError("the number of values is given twice, as num and as steps=")
    given = num if steps is None else steps
    count = 50 if given is None else given
    values = np.linspace(start, stop, count, dtype=dtype or modes.default)
    return tensor(values, requires_grad, device=device)


def shape_in(shape: tuple[Any, ...], size: Any = None) -> Any:
    """Return the shape that was given as several arguments, as one, or as ``size=``."""
    if size is not None and shape:
        raise TypeError("the shape is given twice, by position and as size=")
    return one(shape) if size is None else size


def _refuse_elsewhere(device: Any) -> None:
    """Refuse any device but the CPU; None is the usual one."""
    on_cpu("cpu" if device is None else device)
