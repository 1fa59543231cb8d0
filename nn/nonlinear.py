"""Nonlinear functions, under PyTorch's names: each is its formula.

In the formulas ``[c]`` is 1 where c holds, and 0 elsewhere. A kink has the derivative that is
nearest to 0. With `inplace` the result is written into the input, which is returned.
"""

from typing import Any

import numpy as np

import autograd
from autograd import default_generator, gelu, sigmoid
from nn.checks import refuse
from nn.targets import Array, Same, floating, given

__all__ = [
    "celu", "elu", "gelu", "glu", "hardshrink", "hardsigmoid", "hardswish", "hardtanh",
    "leaky_relu", "log_softmax", "logsigmoid", "mish", "prelu", "relu", "relu6", "rrelu", "selu",
    "sigmoid", "silu", "softmax", "softmin", "softplus", "softshrink", "softsign", "tanh",
    "tanhshrink", "threshold",
]  # fmt: skip

SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805  # make N(0, 1) a fixed point


def into(input: Array, y: Array, inplace: bool) -> Array:
    """Return y, or in place the input, which then holds it.

    Raises TypeError for an input of integers, which cannot hold floats.

    >>> x = np.array([-1.0, 2.0])
    >>> into(x, np.square(x), inplace=True) is x, x
    (True, array([1., 4.]))
    """
    if not inplace or y is input:
        return y
    np.copyto(input, y)
    return input


# ── with bends ────────────────────────────────────────────────────────────────────────────────
def relu(input: Same, inplace: bool = False) -> Same:
    """Return ``max(x, 0)``; `inplace` writes it into the input.

    >>> relu(np.array([-1.0, 2.0]))
    array([0., 2.])
    """
    return into(input, autograd.relu(input), inplace)


def hardtanh(
    input: Same, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False
) -> Same:
    """Return x, but at least `min_val` and at most `max_val`.

    >>> hardtanh(np.array([-3.0, 0.5]))
    array([-1. ,  0.5])
    """
    return into(input, np.clip(input, min_val, max_val), inplace)


def relu6(input: Same, inplace: bool = False) -> Same:
    """Return ``min(max(x, 0), 6)``.

    >>> relu6(np.array([-1.0, 7.0]))
    array([0., 6.])
    """
    return into(input, np.clip(input, 0.0, 6.0), inplace)


def hardsigmoid(input: Same, inplace: bool = False) -> Same:
    """Return ``relu6(x + 3) / 6``.

    >>> hardsigmoid(np.array([-4.0, 0.0]))
    array([0. , 0.5])
    """
    return into(input, relu6(input + 3.0) / 6.0, inplace)


def hardswish(input: Same, inplace: bool = False) -> Same:
    """Return ``x relu6(x + 3) / 6`` (Howard et al., "Searching for MobileNetV3", 2019).

    >>> hardswish(np.array([-4.0, 3.0])) + 0
    array([0., 3.])
    """
    return into(input, input * hardsigmoid(input), inplace)


def leaky_relu(input: Same, negative_slope: float | Array = 0.01, inplace: bool = False) -> Same:
    """Return ``max(x, 0) + negative_slope min(x, 0)`` (Maas, Hannun and Ng, 2013).

    >>> leaky_relu(np.array([-1.0, 2.0]), 0.5)
    array([-0.5,  2. ])
    """
    x = floating(input)
    return into(input, np.where(x > 0, x, negative_slope * x), inplace)


def prelu(input: Array, weight: Array) -> Array:
    """Return `leaky_relu` with a slope that is learned, one or one for each channel.

    He, Zhang, Ren and Sun, "Delving deep into rectifiers", 2015. Raises ValueError for another
    number of slopes.

    >>> prelu(np.array([-1.0, 2.0]), np.array([0.5]))
    array([-0.5,  2. ])
    """
    shape = (-1, *[1] * (input.ndim - 2)) if input.ndim else ()
    channels = input.shape[1] if input.ndim > 1 else 1
    what = f"there are {np.size(weight)} slopes, and {channels} channels"
    where = f"prelu(input {input.shape}, weight {np.shape(weight)})"
    refuse(np.size(weight) not in (1, channels), what, where, f"1 slope, or {channels}")
    return leaky_relu(input, np.reshape(weight, shape))


def rrelu(
    input: Same, lower: float = 1 / 8, upper: float = 1 / 3, training: bool = False,
    inplace: bool = False,
) -> Same:  # fmt: skip
    """Return `leaky_relu` with random slopes from lower to upper; else with the one between.

    Xu, Wang, Chen and Li, "Empirical evaluation of rectified activations", 2015.

    >>> rrelu(np.array([-1.0, 2.0]), 0.25, 0.75)
    array([-0.5,  2. ])
    """
    if not training:
        return leaky_relu(input, (lower + upper) / 2, inplace)
    x = floating(input)
    slope = default_generator.uniform(lower, upper, x.shape)
    return into(input, leaky_relu(x, slope.astype(x.dtype)), inplace)


def hardshrink(input: Same, lambd: float = 0.5) -> Same:
    """Return ``x [|x| > lambd]``.

    >>> hardshrink(np.array([-0.4, 2.0]))
    array([0., 2.])
    """
    y: Any = np.where(abs(input) <= lambd, 0.0, input)  # so that nan stays
    return y


def softshrink(input: Same, lambd: float = 0.5) -> Same:
    """Return x moved towards 0 by `lambd`, and not beyond: ``relu(x - λ) - relu(-x - λ)``.

    >>> softshrink(np.array([-0.4, 2.0]))
    array([0. , 1.5])
    """
    input = floating(input)  # bytes would wrap
    return autograd.relu(input - lambd) - autograd.relu(-input - lambd)


def threshold(input: Same, threshold: float, value: float, inplace: bool = False) -> Same:
    """Return x where it is greater than the threshold, and else the value.

    >>> threshold(np.array([1.0, 3.0]), 2.0, 0.0)
    array([0., 3.])
    """
    return into(input, np.where(input <= threshold, value, input), inplace)  # so that nan stays


# ── with exponentials ─────────────────────────────────────────────────────────────────────────
def tanh(input: Same) -> Same:
    """Return the hyperbolic tangent.

    >>> tanh(0.0).item()
    0.0
    """
    return np.tanh(input)


def tanhshrink(input: Same) -> Same:
    """Return ``x - tanh x``.

    >>> tanhshrink(np.array([0.0, 1.0])).round(3)
    array([0.   , 0.238])
    """
    return input - np.tanh(input)


def softsign(input: Same) -> Same:
    """Return ``x / (1 + |x|)``.

    >>> softsign(np.array([-1.0, 3.0]))
    array([-0.5 ,  0.75])
    """
    return input / (1.0 + abs(input))


def elu(input: Same, alpha: float = 1.0, inplace: bool = False) -> Same:
    """Return ``max(x, 0) + alpha (exp(min(x, 0)) - 1)`` (Clevert, Unterthiner, Hochreiter, 2016).

    >>> elu(np.array([-1.0, 2.0])).round(3)
    array([-0.632,  2.   ])
    """
    y = np.where(input > 0, input, alpha * np.expm1(np.where(input > 0, 0.0, input)))
    return into(input, y, inplace)


def celu(input: Same, alpha: float = 1.0, inplace: bool = False) -> Same:
    """Return ``max(x, 0) + alpha (exp(min(x, 0) / alpha) - 1)`` (Barron, 2017).

    >>> celu(np.array([-1.0, 2.0])).round(3)
    array([-0.632,  2.   ])
    """
    y = np.where(input > 0, input, alpha * np.expm1(np.where(input > 0, 0.0, input) / alpha))
    return into(input, y, inplace)


def selu(input: Same, inplace: bool = False) -> Same:
    """Return `elu` scaled so that signals keep mean 0 and variance 1 (Klambauer et al., 2017).

    >>> selu(np.array([-1.0, 2.0])).round(3)
    array([-1.111,  2.101])
    """
    return into(input, SELU_SCALE * elu(input, SELU_ALPHA), inplace)


def softplus(input: Same, beta: float = 1.0, threshold: float = 20.0) -> Same:
    """Return ``ln(1 + exp(beta x)) / beta``, and x where ``beta x`` is above the threshold.

    >>> softplus(np.array([0.0, 100.0])).round(3)
    array([  0.693, 100.   ])
    """
    y = autograd.softplus(input) if beta == 1 else autograd.softplus(beta * input) / beta
    return np.where(beta * input > threshold, input, y)


def logsigmoid(input: Same) -> Same:
    """Return ``ln σ(x)``, finite where σ(x) rounds to 0.

    >>> logsigmoid(np.array([0.0, -1000.0])).round(3).tolist()
    [-0.693, -1000.0]
    """
    return -autograd.softplus(-floating(input))  # bytes would wrap


def mish(input: Same, inplace: bool = False) -> Same:
    """Return ``x tanh(ln(1 + exp x))`` (Misra, 2019).

    >>> mish(np.array([0.0, 1.0])).round(3)
    array([0.   , 0.865])
    """
    return into(input, input * np.tanh(autograd.softplus(input)), inplace)


def silu(input: Same, inplace: bool = False) -> Same:
    """Return ``x σ(x)`` (Hendrycks and Gimpel, "Gaussian error linear units", 2016).

    >>> silu(np.array([0.0, 1.0])).round(3)
    array([0.   , 0.731])
    """
    return into(input, autograd.silu(input), inplace)


# ── along an axis ─────────────────────────────────────────────────────────────────────────────
def _along(dim: int) -> int:
    what, where = "a softmax is along one axis", "dim=None"
    refuse(dim is None, what, where, "dim=-1 for the last; np.ravel(x) for all", TypeError)
    return dim


def softmax(input: Same, dim: int = -1, *, dtype: Any = None) -> Same:
    """Return ``exp(x) / Σ exp(x)`` along `dim`; with a `dtype`, x is converted to that before.

    TypeError for no axis: None, as for that of `softmin` and `log_softmax`.

    >>> softmax(np.log([1.0, 3.0]))
    array([0.25, 0.75])
    """
    return autograd.softmax(given(input), axis=_along(dim), dtype=dtype)


def softmin(input: Same, dim: int = -1, *, dtype: Any = None) -> Same:
    """Return ``exp(-x) / Σ exp(-x)`` along `dim`, as `softmax` does.

    >>> softmin(np.log([1.0, 3.0]))
    array([0.75, 0.25])
    """
    return softmax(-floating(input), dim, dtype=dtype)


def log_softmax(input: Same, dim: int = -1, *, dtype: Any = None) -> Same:
    """Return ``x - ln Σ exp(x)`` along `dim`, finite where the logarithm of `softmax` is not.

    >>> log_softmax(np.array([0.0, 1e4]))
    array([-10000.,      0.])
    """
    return autograd.log_softmax(given(input), axis=_along(dim), dtype=dtype)


def glu(input: Same, dim: int = -1) -> Same:
    """Return ``a σ(b)`` of the two halves along `dim` (Dauphin et al., 2017).

    Raises ValueError where they would differ in length.

    >>> glu(np.array([3.0, 0.0]))
    array([1.5])
    """
    odd = -input.ndim <= dim < input.ndim and input.shape[dim] % 2
    what, where = "an odd number of elements has no two halves", f"glu(input {input.shape}, {dim=})"
    refuse(odd, what, where, "an even number along that axis: as many values as gates")
    a, b = np.split(input, 2, axis=dim)
    return a * sigmoid(b)
