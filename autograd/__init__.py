"""Retrograd: exact derivatives of NumPy code, and pictures of how they come about."""

from typing import TYPE_CHECKING, Any

from numpy import float32, float64, int64

from autograd import backward as _backward  # noqa: F401  # gives Tensor its backward
from autograd.base import heap as _heap  # noqa: F401  # large arrays are recycled
from autograd.base.errors import kind_of, plain, refusal, three_lines, warn
from autograd.base.modes import enable_grad, is_grad_enabled, no_grad, set_default_dtype
from autograd.functional import (
    checkpoint,
    elementwise_grad,
    ggnvp,
    grad,
    hessian,
    holomorphic_grad,
    hvp,
    jacfwd,
    jacobian,
    jacrev,
    jvp,
    linearize,
    value_and_grad,
    vjp,
)
from autograd.interface import conversion as _conversion  # noqa: F401  # arrays like= a Tensor
from autograd.interface import dispatch as _dispatch  # noqa: F401  # and NumPy's functions
from autograd.interface.creation import (
    arange,
    as_tensor,
    eye,
    from_numpy,
    full,
    is_tensor,
    linspace,
    ones,
    tensor,
    zeros,
)
from autograd.interface.methods import Methods
from autograd.interface.pytorch import cat, einsum, meshgrid, stack, where
from autograd.mutation import inplace as _inplace  # noqa: F401  # and its assignment
from autograd.primitive import OfTensors, primitive
from autograd.provenance.calls import call_as
from autograd.rules.convolution import conv, max_pool
from autograd.rules.cross_entropy import softmax_cross_entropy
from autograd.rules.neural import (
    erf,
    gelu,
    linear,
    relu,
    sigmoid,
    silu,
    softplus,
)
from autograd.sweep import steps as _steps  # noqa: F401  # and its backward_steps
from autograd.sweep.steps import gradients
from autograd.tensor import Tensor
from autograd.transforms.mapping import vmap

softmax: OfTensors = Methods.softmax  # type: ignore[assignment]  # which knows `dim`
log_softmax: OfTensors = Methods.log_softmax  # type: ignore[assignment]  # likewise

if TYPE_CHECKING:
    from autograd.base.files import optional, write_atomically
    from autograd.base.modes import set_grad_enabled as set_grad_enabled
    from autograd.by_hand import check_by_hand
    from autograd.check import check_grads
    from autograd.debugging.anomaly import detect_anomaly
    from autograd.debugging.auditor import audit
    from autograd.debugging.comparison import compare_with_torch
    from autograd.inquiry import why
    from autograd.interface.creation import ones_like as ones_like
    from autograd.interface.creation import zeros_like as zeros_like
    from autograd.interface.devices import device as device
    from autograd.interface.generator import (
        default_generator,
        manual_seed,
        multinomial,
        normal,
        rand,
        rand_like,
        randint,
        randn,
        randn_like,
        randperm,
    )
    from autograd.program import CaptureError, Program, compile  # noqa: A004  # PyTorch's name
    from autograd.program.onnx.onnx import export_onnx
    from autograd.program.tracing.capture import capture
    from autograd.provenance.places import place_of, record_lines
    from autograd.view import draw
    from autograd.view.derivation.explain import explain
    from autograd.view.exercise.worksheet import worksheet
    from autograd.view.exploration.explore import explore
    from autograd.view.graph.frames import frames
    from autograd.view.grid import Grid
    from autograd.view.plotting.bands import plot_bands, quantiles
    from autograd.view.plotting.confusion import plot_confusion
    from autograd.view.plotting.descent import descent
    from autograd.view.plotting.filters import plot_filters
    from autograd.view.plotting.flow import plot_flow
    from autograd.view.plotting.plot import plot, plot_losses
    from autograd.view.plotting.regions import plot_regions

    inference_mode = no_grad

    def __getattr__(name: str) -> Any: ...  # PyTorch's functions, which are found later, too
else:
    from autograd.interface.lookup import find as __getattr__  # noqa: F401  # Python asks it for them
    from autograd.interface.lookup import names as __dir__  # noqa: F401  # and this for what to complete

__all__ = [
    "CaptureError", "Grid", "Program", "Tensor", "arange", "as_tensor", "audit", "call_as",
    "capture", "cat", "check_by_hand", "check_grads", "checkpoint", "compare_with_torch", "compile",
    "conv", "default_generator", "descent", "detect_anomaly", "draw", "einsum", "elementwise_grad",
    "enable_grad", "erf", "explain", "explore", "export_onnx", "eye", "float32", "float64",
    "frames", "from_numpy", "full", "gelu", "ggnvp", "grad", "gradients", "hessian",
    "holomorphic_grad", "hvp", "int64", "is_grad_enabled", "is_tensor", "jacfwd", "jacobian",
    "jacrev", "jvp", "kind_of", "linear", "linearize", "linspace", "log_softmax", "logsumexp",
    "manual_seed", "max_pool", "meshgrid", "multinomial", "no_grad", "normal", "ones", "optional",
    "place_of", "plain", "plot", "plot_bands", "plot_confusion", "plot_filters", "plot_flow",
    "plot_losses", "plot_regions", "primitive", "quantiles", "rand", "rand_like", "randint",
    "randn", "randn_like", "randperm", "record_lines", "refusal", "relu", "set_default_dtype",
    "sigmoid", "silu", "softmax", "softmax_cross_entropy", "softplus", "stack", "tensor",
    "three_lines", "value_and_grad", "vjp", "vmap", "warn", "where", "why", "worksheet",
    "write_atomically", "zeros",
]  # fmt: skip
