"""Random numbers: one generator for all of the library, and random Tensors.

Imported when it is asked for, as NumPy's generators are: they take 20 ms.
"""

from typing import Any

import numpy as np

from autograd import modes
from autograd.creation import shape_in
from autograd.tensor import Tensor

default_generator = np.random.default_rng()
"""Where random tensors and initial weights come from; `manual_seed` restarts it."""


def manual_seed(seed: int) -> np.random.Generator:
    """Restart the random numbers, so that a program gives the same results again."""
    default_generator.bit_generator.state = np.random.default_rng(seed).bit_generator.state
    return default_generator


def rand(*shape: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Return uniform random numbers in [0, 1)."""
    values = default_generator.random(shape_in(shape))
    return Tensor(np.asarray(values, dtype or modes.default), requires_grad)


def randn(*shape: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Return normal random numbers of mean 0 and variance 1."""
    values = default_generator.standard_normal(shape_in(shape))
    return Tensor(np.asarray(values, dtype or modes.default), requires_grad)


def randint(low: int, high: int, shape: Any) -> Tensor:
    """Return random integers in [low, high)."""
    return Tensor(default_generator.integers(low, high, shape))
