"""Random numbers: one generator for all of the library, and random Tensors.

Imported when it is asked for, as NumPy's generators are: they take 20 ms.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from autograd import modes
from autograd.creation import shape_in, tensor
from autograd.tensor import Tensor

default_generator = np.random.default_rng()
"""Where random tensors and initial weights come from; `manual_seed` restarts it."""


def manual_seed(seed: int) -> np.random.Generator:
    """Restart the random numbers, so that a program gives the same results again."""
    default_generator.bit_generator.state = np.random.default_rng(seed).bit_generator.state
    return default_generator


@contextmanager
def drawn_again(state: Any) -> Iterator[None]:
    """Draw the numbers that came after a state of the generator; then go on as if without."""
    now = default_generator.bit_generator.state
    default_generator.bit_generator.state = state
    try:
        yield
    finally:
        default_generator.bit_generator.state = now


def rand(
    *shape: Any, size: Any = None, dtype: Any = None, requires_grad: bool = False,
    device: Any = "cpu",
) -> Tensor:  # fmt: skip
    """Return uniform random numbers in [0, 1)."""
    values = np.asarray(default_generator.random(shape_in(shape, size)), dtype or modes.default)
    return tensor(values, requires_grad, device=device)


def randn(
    *shape: Any, size: Any = None, dtype: Any = None, requires_grad: bool = False,
    device: Any = "cpu",
) -> Tensor:  # fmt: skip
    """Return normal random numbers of mean 0 and variance 1."""
    values = default_generator.standard_normal(shape_in(shape, size))
    return tensor(np.asarray(values, dtype or modes.default), requires_grad, device=device)


def rand_like(x: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Return uniform random numbers in [0, 1), of the shape and dtype of another."""
    return rand(x.shape, dtype=dtype or x.dtype, requires_grad=requires_grad)


def randn_like(x: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Return normal random numbers, of the shape and dtype of another."""
    return randn(x.shape, dtype=dtype or x.dtype, requires_grad=requires_grad)


def normal(mean: Any, std: Any, size: Any = None) -> Tensor:
    """Return normal random numbers; without `size`, of the shape of `mean` and `std`."""
    shape = np.broadcast_shapes(np.shape(mean), np.shape(std)) if size is None else size
    with modes.no_grad():
        return mean + std * randn(shape)


def randint(
    low: int, high: Any = None, shape: Any = None, size: Any = None, device: Any = "cpu"
) -> Tensor:
    """Return random integers in [low, high): ``randint(2, 5, (3,))``; ``randint(5, (3,))`` from 0.

    The shape may be called `size`.
    """
    shape = shape if size is None else size
    if shape is None:
        high, shape = None, high
    return tensor(default_generator.integers(low, high, shape), device=device)


def randperm(n: int) -> Tensor:
    """Return the numbers below n in random order."""
    return tensor(default_generator.permutation(n))
