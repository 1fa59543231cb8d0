"""Retrograd: exact derivatives of NumPy code, and pictures of how they come about."""

from autograd.backward import sweep as _sweep  # noqa: F401  # gives Tensor its backward
from autograd.creation import (
    arange,
    default_generator,
    eye,
    from_numpy,
    full,
    linspace,
    manual_seed,
    ones,
    rand,
    randint,
    randn,
    tensor,
    zeros,
)
from autograd.modes import enable_grad, is_grad_enabled, no_grad, set_default_dtype
from autograd.primitive import primitive
from autograd.rules.neural import (
    erf,
    gelu,
    linear,
    log_softmax,
    logsumexp,
    relu,
    sigmoid,
    silu,
    softmax,
    softmax_cross_entropy,
    softplus,
)
from autograd.tensor import Tensor

__all__ = [
    "Tensor",
    "arange",
    "default_generator",
    "enable_grad",
    "erf",
    "eye",
    "from_numpy",
    "full",
    "gelu",
    "is_grad_enabled",
    "linear",
    "linspace",
    "log_softmax",
    "logsumexp",
    "manual_seed",
    "no_grad",
    "ones",
    "primitive",
    "rand",
    "randint",
    "randn",
    "relu",
    "set_default_dtype",
    "sigmoid",
    "silu",
    "softmax",
    "softmax_cross_entropy",
    "softplus",
    "tensor",
    "zeros",
]
