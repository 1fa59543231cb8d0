"""Initial weights: fill a Tensor in place, from ``autograd.default_generator``, and return it.

Random numbers raise TypeError for a tensor of integers, which would cut them.
"""

import math
from typing import Any

import numpy as np

from autograd import Tensor, default_generator, no_grad, zeros
from nn.checks import refuse
from nn.module import Parameter

GAINS = dict.fromkeys(("linear", "conv1d", "conv2d", "conv3d", "sigmoid"), 1.0)
GAINS |= {"tanh": 5 / 3, "relu": math.sqrt(2), "selu": 3 / 4}


def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0) -> Tensor:
    """Fill with numbers between a and b, each equally likely; ValueError where b < a.

    >>> from autograd import zeros
    >>> x = uniform_(zeros(100), 2.0, 3.0)
    >>> bool((x >= 2).all() & (x < 3).all())
    True
    """
    refuse(b < a, "the upper bound is below the lower", f"uniform_, {a=}, {b=}", "a=-0.1, b=0.1")
    return _fill(tensor, default_generator.uniform(a, b, _floating(tensor).shape))


def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0) -> Tensor:
    """Fill from the normal distribution N(mean, std²); ValueError where std < 0.

    >>> from autograd import zeros
    >>> normal_(zeros(2), mean=5.0, std=0.0)
    Tensor([5., 5.])
    """
    refuse(std < 0, "a standard deviation is not negative", f"normal_, {std=}", "std=0.02")
    return _fill(tensor, default_generator.normal(mean, std, _floating(tensor).shape))


def constant_(tensor: Tensor, val: float) -> Tensor:
    """Fill with one value.

    >>> from autograd import zeros
    >>> constant_(zeros(2), 3.0)
    Tensor([3., 3.])
    """
    return _fill(tensor, val)


def zeros_(tensor: Tensor) -> Tensor:
    """Fill with 0."""
    return _fill(tensor, 0.0)


def ones_(tensor: Tensor) -> Tensor:
    """Fill with 1."""
    return _fill(tensor, 1.0)


def xavier_uniform_(tensor: Tensor, gain: float = 1.0) -> Tensor:
    """Fill from U(-a, a) with ``a = gain √(6 / (fan_in + fan_out))`` (Glorot and Bengio, 2010).

    Raises ValueError for a tensor of fewer than two axes.

    >>> from autograd import zeros
    >>> w = xavier_uniform_(zeros(3, 3))
    >>> bool((abs(w) <= 1).all())
    True
    """
    a = math.sqrt(3) * _xavier_std(tensor, gain)
    return uniform_(tensor, -a, a)


def xavier_normal_(tensor: Tensor, gain: float = 1.0) -> Tensor:
    """Fill from N(0, std²) with ``std = gain √(2 / (fan_in + fan_out))``.

    It keeps the variance of signals and of gradients (Glorot and Bengio, 2010). Raises ValueError
    for a tensor of fewer than two axes.
    """
    return normal_(tensor, 0.0, _xavier_std(tensor, gain))


def kaiming_uniform_(
    tensor: Tensor, a: float = 0.0, mode: str = "fan_in", nonlinearity: str = "leaky_relu"
) -> Tensor:
    """Fill from U(-b, b) with ``b = gain √(3 / fan)``; the arguments are `kaiming_normal_`'s.

    Before a ReLU of 6 inputs, say, b is 1.

    >>> from autograd import zeros
    >>> w = kaiming_uniform_(zeros(2, 6), nonlinearity="relu")
    >>> bool((abs(w) <= 1).all())
    True
    """
    bound = math.sqrt(3) * _kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound)


def kaiming_normal_(
    tensor: Tensor, a: float = 0.0, mode: str = "fan_in", nonlinearity: str = "leaky_relu"
) -> Tensor:
    """Fill from N(0, std²) with ``std = gain / √fan``, for ReLU networks (He et al., 2015).

    Parameters
    ----------
    a : the negative slope of leaky_relu.
    mode : "fan_in" keeps the variance of signals, "fan_out" that of gradients.
    nonlinearity : the function that follows; see `calculate_gain`.

    Raises
    ------
    ValueError : for a tensor of fewer than two axes, another mode, or a nonlinearity of no gain.
    """
    return normal_(tensor, 0.0, _kaiming_std(tensor, a, mode, nonlinearity))


def orthogonal_(tensor: Tensor, gain: float = 1.0) -> Tensor:
    """Fill with `gain` times a random matrix of orthonormal rows or columns, whichever are fewer.

    Axes after the first count as one. Signs are chosen so that every orthogonal matrix is equally
    likely (F. Mezzadri, "How to generate random matrices from the classical compact groups", 2007).
    Raises ValueError for a tensor of fewer than two axes.

    >>> from autograd import zeros
    >>> q = orthogonal_(zeros(3, 2)).numpy()
    >>> bool(np.allclose(q.T @ q, np.eye(2)))
    True
    """
    _fans(_floating(tensor))
    rows = tensor.shape[0]
    flat = default_generator.standard_normal((rows, math.prod(tensor.shape[1:])))
    wide = rows < flat.shape[1]
    q, r = np.linalg.qr(flat.T if wide else flat)
    q *= np.sign(np.diag(r))
    return _fill(tensor, gain * np.reshape(q.T if wide else q, tensor.shape))


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """Return the factor by which weights before a nonlinearity are larger than before none.

    `param` is the negative slope of leaky_relu, 0.01 by default. Raises ValueError for a name that
    is none of leaky_relu, linear, conv1d, conv2d, conv3d, sigmoid, tanh, relu and selu.

    >>> calculate_gain("tanh"), calculate_gain("leaky_relu", 1.0)
    (1.6666666666666667, 1.0)
    """
    if nonlinearity == "leaky_relu":
        return math.sqrt(2 / (1 + (0.01 if param is None else param) ** 2))
    what = f"no gain is known for the nonlinearity {nonlinearity!r}"
    where, instead = f"calculate_gain({nonlinearity!r})", f"leaky_relu, {', '.join(GAINS)}"
    refuse(nonlinearity not in GAINS, what, where, instead)
    return GAINS[nonlinearity]


def affine(bias: bool, *shape: int) -> tuple[Tensor, Tensor | None]:
    """Return a weight of a shape, and a bias for each of its rows: zeros, for `spread_`.

    Raises ValueError for sizes that are no integers of at least 0.

    >>> [p.shape for p in affine(True, 3, 4)]
    [(3, 4), (3,)]
    """
    whole = all(isinstance(n, int | np.integer) and n >= 0 for n in shape)
    what, where = "the sizes of a layer are whole numbers", f"parameters of shape {shape}"
    refuse(not whole, what, where, "nn.Linear(4, 3)")
    return Parameter(zeros(*shape)), Parameter(zeros(shape[0])) if bias else None


def spread_(fan_in: int, *parameters: Tensor | None) -> None:
    """Draw parameters, of those that there are, uniformly from ±1/√fan_in, in place.

    >>> w = Parameter(zeros(5, 4))
    >>> spread_(4, w, None)
    >>> 0 < np.abs(w.data).max() <= 0.5
    np.True_
    """
    bound = max(fan_in, 1) ** -0.5
    for p in parameters:
        if p is not None:
            uniform_(p, -bound, bound)


def _fill(tensor: Tensor, values: Any) -> Tensor:
    with no_grad():
        tensor[...] = values
    return tensor


def _floating(tensor: Tensor) -> Tensor:
    """Return a tensor that may hold any numbers; integers would cut those that are drawn."""
    what, where = "random numbers are floating-point", f"a tensor of {tensor.dtype} {tensor.shape}"
    instead = "zeros(2, 3); randint for integers"
    refuse(tensor.dtype.kind not in "fc", what, where, instead, TypeError)
    return tensor


def _xavier_std(tensor: Tensor, gain: float) -> float:
    return gain * math.sqrt(2 / sum(_fans(tensor)))


def _kaiming_std(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    what, instead = f"unknown mode {mode!r}", "fan_in or fan_out"
    refuse(mode not in ("fan_in", "fan_out"), what, f"kaiming, {mode=}", instead)
    return calculate_gain(nonlinearity, a) / math.sqrt(_fans(tensor)[mode == "fan_out"])


def _fans(tensor: Tensor) -> tuple[int, int]:
    """Return how many numbers one output sums, and how many outputs one input reaches; 1 for 0."""
    what = "fans are those of a weight (out, in, ...): at least two axes are needed"
    instead = "normal_ or zeros_ for a vector such as a bias"
    refuse(tensor.ndim < 2, what, f"a tensor of shape {tensor.shape}", instead)
    field = math.prod(tensor.shape[2:])
    return max(tensor.shape[1] * field, 1), max(tensor.shape[0] * field, 1)
