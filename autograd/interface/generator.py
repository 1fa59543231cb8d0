"""Random numbers: one generator for all of the library, and random Tensors.

Imported when it is asked for, as NumPy's generators are: they take 20 ms.
"""

import operator
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from autograd.base import modes
from autograd.base.errors import refusal
from autograd.interface.creation import explained, shape_in, tensor
from autograd.tensor import Tensor

default_generator = np.random.default_rng()
"""Where random tensors and initial weights come from; `manual_seed` restarts it."""


@explained("manual_seed(0)")
def manual_seed(seed: int) -> np.random.Generator:
    """Restart the random numbers, so that a program gives the same results again.

    Returns NumPy's generator, from which all of them come. Raises TypeError or ValueError for
    anything but an integer of at least 0.

    >>> _ = manual_seed(0)
    >>> first = rand(3)
    >>> _ = manual_seed(0)
    >>> bool(np.all(rand(3) == first))
    True
    """
    start = operator.index(seed)  # of None, NumPy begins elsewhere each time
    default_generator.bit_generator.state = np.random.default_rng(start).bit_generator.state
    return default_generator


def floats(values: Any, dtype: Any) -> np.ndarray:
    """Return random numbers in a dtype; of integers there would be nothing left."""
    dtype = np.dtype(dtype or modes.default)
    if dtype.kind not in "fc":
        raise refusal(
            TypeError,
            f"random numbers with decimals cannot be {dtype}",
            f"rand or randn, of dtype {dtype}",
            "dtype=float; randint(low, high, shape) for integers",
        )
    return np.asarray(values, dtype)


@contextmanager
def drawn_again(state: Any) -> Iterator[None]:
    """Draw the numbers that came after a state of the generator; then go on as if without."""
    now = default_generator.bit_generator.state
    default_generator.bit_generator.state = state
    try:
        yield
    finally:
        default_generator.bit_generator.state = now


@explained("rand(2, 3) or rand((2, 3)), of dtype=float or another")
def rand(
    *shape: Any, size: Any = None, dtype: Any = None, requires_grad: bool = False,
    device: Any = "cpu",
) -> Tensor:  # fmt: skip
    """Return uniform random numbers in [0, 1), of the default dtype (float64).

    Raises TypeError for a dtype of integers.

    >>> rand(2, 3).shape
    (2, 3)
    """
    values = floats(default_generator.random(shape_in(shape, size)), dtype)
    return tensor(values, requires_grad, device=device)


@explained("randn(2, 3) or randn((2, 3)), of dtype=float or another")
def randn(
    *shape: Any, size: Any = None, dtype: Any = None, requires_grad: bool = False,
    device: Any = "cpu",
) -> Tensor:  # fmt: skip
    """Return normal random numbers of mean 0 and variance 1, of the default dtype (float64).

    Raises TypeError for a dtype of integers.

    >>> randn(2, 3, dtype="float32").dtype
    dtype('float32')
    """
    values = floats(default_generator.standard_normal(shape_in(shape, size)), dtype)
    return tensor(values, requires_grad, device=device)


def rand_like(
    input: Any, dtype: Any = None, requires_grad: bool = False, device: Any = "cpu"
) -> Tensor:
    """Return uniform random numbers in [0, 1), of the shape and dtype of another.

    Raises TypeError for integers, unless another `dtype` is given.

    >>> rand_like(tensor([1.0, 2.0])).shape
    (2,)
    """
    dtype = dtype or input.dtype
    return rand(input.shape, dtype=dtype, requires_grad=requires_grad, device=device)


def randn_like(
    input: Any, dtype: Any = None, requires_grad: bool = False, device: Any = "cpu"
) -> Tensor:
    """Return normal random numbers, of the shape and dtype of another; see `rand_like`."""
    dtype = dtype or input.dtype
    return randn(input.shape, dtype=dtype, requires_grad=requires_grad, device=device)


@explained("normal(0.0, 1.0, (2, 3))")
def normal(
    mean: Any, std: Any, size: Any = None, requires_grad: bool = False, device: Any = "cpu"
) -> Tensor:
    """Return normal random numbers; without `size`, of the shape of `mean` and `std`.

    Raises ValueError for a negative `std`.

    >>> normal(np.array([10.0, 100.0]), 1e-9).round(3)
    Tensor([ 10., 100.])
    """
    if np.any(np.less(std, 0)):
        raise ValueError("a standard deviation is not negative")
    shape = np.broadcast_shapes(np.shape(mean), np.shape(std)) if size is None else size
    with modes.no_grad():
        return tensor(mean + std * randn(shape), requires_grad, device=device)


@explained("randint(2, 5, (3,)) or randint(5, (3,))")
def randint(
    low: int, high: Any = None, shape: Any = None, size: Any = None, dtype: Any = None,
    device: Any = "cpu",
) -> Tensor:  # fmt: skip
    """Return random integers in [low, high): ``randint(2, 5, (3,))``; ``randint(5, (3,))`` from 0.

    The shape may be called `size`. Raises ValueError where no integer is in the interval.

    >>> sorted(set(randint(2, 5, (100,)).tolist()))
    [2, 3, 4]
    """
    shape = shape if size is None else size
    if shape is None:
        high, shape = None, high
    return tensor(default_generator.integers(low, high, shape), dtype=dtype, device=device)


@explained("randperm(10)")
def randperm(n: int) -> Tensor:
    """Return the integers from 0 below n in random order.

    Raises TypeError or ValueError for anything but an integer of at least 0.

    >>> sorted(randperm(4).tolist())
    [0, 1, 2, 3]
    """
    if n < 0:
        raise ValueError("there are no negative numbers of things to put in order")
    return tensor(default_generator.permutation(operator.index(n)))


@explained("multinomial(softmax(x, -1), 3, replacement=True)")
def multinomial(input: Any, num_samples: int, replacement: bool = False) -> Tensor:
    """Draw that many numbers below n, with the probabilities or weights of (n,) or of rows (m, n).

    Raises ValueError for weights that are no probabilities, and for more numbers than there are,
    unless they go back (`replacement`).

    >>> multinomial(tensor([[0.0, 2.0, 0.0], [1.0, 0.0, 0.0]]), 2, replacement=True)
    Tensor([[1, 1],
            [0, 0]])
    """
    with modes.no_grad(), np.errstate(invalid="ignore"):
        weights = np.atleast_1d(np.asarray(input, float))
        p = weights / weights.sum(-1, keepdims=True)
    draw, (*rows, n) = default_generator.choice, p.shape
    drawn = [draw(n, num_samples, replacement, row) for row in p.reshape(-1, n)]
    return tensor(np.reshape(drawn, (*rows, num_samples)))
