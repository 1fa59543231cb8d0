"""Retrograd: exact derivatives of NumPy code, and pictures of how they come about."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from numpy import einsum, float32, float64, int64, where

from autograd import backward as _backward  # noqa: F401  # gives Tensor its backward
from autograd import conversion as _conversion  # noqa: F401  # arrays like= a Tensor
from autograd import dispatch as _dispatch  # noqa: F401  # and NumPy's functions
from autograd import heap as _heap  # noqa: F401  # large arrays are recycled
from autograd import inplace as _inplace  # noqa: F401  # and its assignment
from autograd import steps as _steps  # noqa: F401  # and its backward_steps
from autograd.calls import call_as
from autograd.creation import (
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
from autograd.errors import three_lines
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
from autograd.mapping import vmap
from autograd.methods import Methods
from autograd.modes import enable_grad, is_grad_enabled, no_grad, set_default_dtype
from autograd.primitive import primitive
from autograd.pytorch import REFUSED, cat, meshgrid, stack
from autograd.rules.convolution import conv, max_pool
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
from autograd.steps import gradients
from autograd.tensor import Tensor

softmax, log_softmax = Methods.softmax, Methods.log_softmax  # which know `dim`
logsumexp = Methods.logsumexp

if TYPE_CHECKING:
    from autograd.anomaly import detect_anomaly
    from autograd.auditor import audit
    from autograd.by_hand import check_by_hand
    from autograd.check import check_grads
    from autograd.comparison import compare_with_torch
    from autograd.files import optional, write_atomically
    from autograd.generator import (
        default_generator,
        manual_seed,
        normal,
        rand,
        rand_like,
        randint,
        randn,
        randn_like,
        randperm,
    )
    from autograd.inquiry import why
    from autograd.places import place_of, record_lines
    from autograd.program import CaptureError, Program, compile  # noqa: A004  # PyTorch's name
    from autograd.program import capture as capture  # type: ignore[no-redef]  # not the module
    from autograd.program.onnx import export_onnx
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
else:
    LATER = {  # half of all programs draw nothing
        "CaptureError": "autograd.program",
        "Grid": "autograd.view.grid",
        "Program": "autograd.program",
        "capture": "autograd.program",
        "audit": "autograd.auditor",
        "check_by_hand": "autograd.by_hand",
        "check_grads": "autograd.check",
        "compare_with_torch": "autograd.comparison",
        "compile": "autograd.program",
        "default_generator": "autograd.generator",
        "descent": "autograd.view.plotting.descent",
        "detect_anomaly": "autograd.anomaly",
        "draw": "autograd.view",
        "explain": "autograd.view.derivation.explain",
        "export_onnx": "autograd.program.onnx",
        "explore": "autograd.view.exploration.explore",
        "frames": "autograd.view.graph.frames",
        "manual_seed": "autograd.generator",
        "normal": "autograd.generator",
        "optional": "autograd.files",
        "place_of": "autograd.places",
        "plot": "autograd.view.plotting.plot",
        "plot_bands": "autograd.view.plotting.bands",
        "plot_confusion": "autograd.view.plotting.confusion",
        "plot_filters": "autograd.view.plotting.filters",
        "plot_flow": "autograd.view.plotting.flow",
        "plot_losses": "autograd.view.plotting.plot",
        "plot_regions": "autograd.view.plotting.regions",
        "quantiles": "autograd.view.plotting.bands",
        "rand": "autograd.generator",
        "rand_like": "autograd.generator",
        "randint": "autograd.generator",
        "randn": "autograd.generator",
        "randn_like": "autograd.generator",
        "randperm": "autograd.generator",
        "record_lines": "autograd.places",
        "why": "autograd.inquiry",
        "worksheet": "autograd.view.exercise.worksheet",
        "write_atomically": "autograd.files",
    }

    # HIPS autograd's names, which are no part of __all__: some are Python's
    OPERATORS = (
        "deriv", "grad_and_aux", "grad_named", "hessian_tensor_product",
        "hessian_vector_product", "make_ggnvp", "make_hvp", "make_jvp", "make_jvp_reversemode",
        "make_vjp", "multigrad_dict", "tensor_jacobian_product", "vector_jacobian_product",
    )  # fmt: skip
    LATER |= dict.fromkeys(OPERATORS, "autograd.differential_operators")
    CONTAINERS = "dict", "isinstance", "list", "tuple", "type"
    LATER |= dict.fromkeys(CONTAINERS, "autograd.builtins")
    # PyTorch's dtypes, some of which are Python's names, too
    NUMPYS = (
        "bool", "complex64", "complex128", "double", "float16", "float32", "half", "int8", "int16",
        "int32", "int64", "short", "uint8",
    )  # fmt: skip
    LATER |= dict.fromkeys(NUMPYS, "numpy")
    # PyTorch's functions that are NumPy's of the same name
    SAME = (
        "absolute", "bincount", "broadcast_to", "corrcoef", "cov", "divide", "dstack", "e",
        "empty_like", "finfo", "full_like", "greater", "heaviside", "hstack", "hypot", "iinfo",
        "inf", "isclose", "less", "logaddexp", "multiply", "nan", "nan_to_num", "negative",
        "ones_like", "pi", "subtract", "true_divide", "vstack", "zeros_like",
    )  # fmt: skip
    LATER |= dict.fromkeys(SAME, "numpy")
    RENAMED = {
        "concat": "cat", "empty": "zeros", "float": "float32", "inference_mode": "no_grad",
        "int": "int32", "long": "int64",
    }  # fmt: skip
    ELSEWHERE = REFUSED | {
        "autograd": "gradients(y)[x] for autograd.grad(y, x); jacobian(f)(x), hessian(f)(x), "
        "check_grads(f, args)",
        "device": "'cpu', which is the only device",
        "func": "autograd.grad(f), vmap(f), jacrev(f), hessian(f)",
        "load": "import nn; nn.load(model, path); np.load for arrays",
        "nn": "import nn; nn.Linear(4, 2)",
        "optim": "import nn; nn.optim.SGD(model.parameters(), lr=0.1)",
        "save": "import nn; nn.save(model, path); np.savez for arrays",
        "set_grad_enabled": "with no_grad(): ..., with enable_grad(): ...",
        "utils": "import nn; nn.data.Batches((x, y), batch_size=32); nn.utils",
    }
    ROOMS = (
        "builtins", "core", "differential_operators", "extend", "misc", "numpy", "test_util",
        "tracer",
    )  # fmt: skip

    def __getattr__(name: str) -> Any:
        """Find pictures when first asked for, and PyTorch's functions among the methods."""
        if name in ROOMS:
            return import_module(f"autograd.{name}")
        name = RENAMED.get(name, name)
        if name in globals():
            return globals()[name]
        if name in LATER:
            return getattr(import_module(LATER[name]), name)
        if hasattr(Methods, name) and not name.startswith("_"):
            fn = getattr(Methods, name)  # torch.exp(x), torch.sum(x, dim=1), ...
            return getattr(fn, "pytorchs", fn)
        what = f"module 'autograd' has no attribute {name!r}"
        instead = ELSEWHERE.get(name) or (
            hasattr(import_module("numpy"), name) and f"np.{name}, in NumPy's words"
        )
        if instead and not name.startswith("_"):
            raise AttributeError(three_lines(what, f"autograd.{name}", instead))
        raise AttributeError(what)


__all__ = [
    "CaptureError",
    "Grid",
    "Program",
    "Tensor",
    "arange",
    "as_tensor",
    "audit",
    "call_as",
    "capture",
    "cat",
    "check_by_hand",
    "check_grads",
    "checkpoint",
    "compare_with_torch",
    "compile",
    "conv",
    "default_generator",
    "descent",
    "detect_anomaly",
    "draw",
    "einsum",
    "elementwise_grad",
    "enable_grad",
    "erf",
    "explain",
    "explore",
    "export_onnx",
    "eye",
    "float32",
    "float64",
    "frames",
    "from_numpy",
    "full",
    "gelu",
    "ggnvp",
    "grad",
    "gradients",
    "hessian",
    "holomorphic_grad",
    "hvp",
    "int64",
    "is_grad_enabled",
    "is_tensor",
    "jacfwd",
    "jacobian",
    "jacrev",
    "jvp",
    "linear",
    "linearize",
    "linspace",
    "log_softmax",
    "logsumexp",
    "manual_seed",
    "max_pool",
    "meshgrid",
    "no_grad",
    "normal",
    "ones",
    "optional",
    "place_of",
    "plot",
    "plot_bands",
    "plot_confusion",
    "plot_filters",
    "plot_flow",
    "plot_losses",
    "plot_regions",
    "primitive",
    "quantiles",
    "rand",
    "rand_like",
    "randint",
    "randn",
    "randn_like",
    "randperm",
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
    "write_atomically",
    "zeros",
]
