"""Retrograd: exact derivatives of NumPy code, and pictures of how they come about."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from numpy import concatenate as cat
from numpy import einsum, float32, float64, int64, stack, where

from autograd import backward as _backward  # noqa: F401  # gives Tensor its backward
from autograd import dispatch as _dispatch  # noqa: F401  # and NumPy's functions
from autograd import heap as _heap  # noqa: F401  # large arrays are recycled
from autograd import inplace as _inplace  # noqa: F401  # and its assignment
from autograd import steps as _steps  # noqa: F401  # and its backward_steps
from autograd.calls import call_as
from autograd.check import check_grads
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
from autograd.errors import three_lines
from autograd.functional import (
    checkpoint,
    elementwise_grad,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    value_and_grad,
    vjp,
)
from autograd.mapping import vmap
from autograd.methods import Methods
from autograd.modes import enable_grad, is_grad_enabled, no_grad, set_default_dtype
from autograd.primitive import primitive
from autograd.rules.neural import (
    erf,
    gelu,
    linear,
    relu,
    sigmoid,
    silu,
    softmax_cross_entropy,
    softplus,
)
from autograd.tensor import Tensor

softmax, log_softmax = Methods.softmax, Methods.log_softmax  # which know `dim`
logsumexp = Methods.logsumexp

if TYPE_CHECKING:
    from autograd.by_hand import check_by_hand
    from autograd.inquiry import why
    from autograd.places import record_lines
    from autograd.program import CaptureError, Program, compile  # noqa: A004  # PyTorch's name
    from autograd.program import capture as capture  # type: ignore[no-redef]  # not the module
    from autograd.view import draw
    from autograd.view.derivation.explain import explain
    from autograd.view.exercise.worksheet import worksheet
    from autograd.view.exploration.explore import explore
    from autograd.view.graph.frames import frames
    from autograd.view.plotting.descent import descent
    from autograd.view.plotting.plot import plot, plot_losses
    from autograd.view.plotting.regions import plot_regions
else:
    LATER = {  # half of all programs draw nothing
        "CaptureError": "autograd.program",
        "Program": "autograd.program",
        "capture": "autograd.program",
        "check_by_hand": "autograd.by_hand",
        "compile": "autograd.program",
        "descent": "autograd.view.plotting.descent",
        "draw": "autograd.view",
        "explain": "autograd.view.derivation.explain",
        "explore": "autograd.view.exploration.explore",
        "frames": "autograd.view.graph.frames",
        "plot": "autograd.view.plotting.plot",
        "plot_losses": "autograd.view.plotting.plot",
        "plot_regions": "autograd.view.plotting.regions",
        "record_lines": "autograd.places",
        "why": "autograd.inquiry",
        "worksheet": "autograd.view.exercise.worksheet",
    }

    def __getattr__(name: str) -> Any:
        """Find pictures when first asked for, and PyTorch's functions among the methods."""
        if name in LATER:
            return getattr(import_module(LATER[name]), name)
        if hasattr(Methods, name) and not name.startswith("_"):
            return getattr(Methods, name)  # torch.exp(x), torch.sum(x, dim=1), ...
        raise AttributeError(f"module 'autograd' has no attribute {name!r}")


__all__ = [
    "CaptureError",
    "Program",
    "Tensor",
    "arange",
    "call_as",
    "capture",
    "cat",
    "check_by_hand",
    "check_grads",
    "checkpoint",
    "compile",
    "default_generator",
    "descent",
    "draw",
    "einsum",
    "elementwise_grad",
    "enable_grad",
    "erf",
    "explain",
    "explore",
    "eye",
    "float32",
    "float64",
    "frames",
    "from_numpy",
    "full",
    "gelu",
    "grad",
    "hessian",
    "hvp",
    "int64",
    "is_grad_enabled",
    "jacobian",
    "jvp",
    "linear",
    "linspace",
    "log_softmax",
    "logsumexp",
    "manual_seed",
    "no_grad",
    "ones",
    "plot",
    "plot_losses",
    "plot_regions",
    "primitive",
    "rand",
    "randint",
    "randn",
    "record_lines",
    "relu",
    "set_default_dtype",
    "sigmoid",
    "silu",
    "softmax",
    "softmax_cross_entropy",
    "softplus",
    "stack",
    "tensor",
    "three_lines",
    "value_and_grad",
    "vjp",
    "vmap",
    "where",
    "why",
    "worksheet",
    "zeros",
]
