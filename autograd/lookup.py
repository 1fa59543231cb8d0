"""Names that are found when they are first asked for: half of all programs draw nothing."""

from importlib import import_module
from typing import Any

from autograd.errors import three_lines
from autograd.methods import Methods
from autograd.pytorch import REFUSED

LATER = {
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
    "imag", "inf", "isclose", "less", "logaddexp", "multiply", "nan", "nan_to_num", "negative",
    "ones_like", "pi", "real", "subtract", "true_divide", "vstack", "zeros_like",
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
    "tracer", "util", "wrap_util",
)  # fmt: skip


def names() -> list[str]:
    """Return what `find` finds and ``__all__`` holds, which is what editors and shells complete.

    >>> import autograd
    >>> [name for name in dir(autograd) if name.startswith(("expl", "sin"))]
    ['explain', 'explore', 'sin', 'sinh']
    """
    methods = {n for n in dir(Methods) if callable(getattr(Methods, n, None)) and n[0] != "_"}
    public = import_module("autograd").__all__
    return sorted({*public, *methods, *LATER, *RENAMED, *ROOMS}.difference(CONTAINERS))


def find(name: str) -> Any:
    """Return what ``autograd.name`` is, where the package has not imported it yet.

    PyTorch's functions are found among the methods. Raises AttributeError, and says what to write
    for names of PyTorch and NumPy that are not here.
    """
    if name in ROOMS:
        return import_module(f"autograd.{name}")
    if name in RENAMED:
        return getattr(import_module("autograd"), RENAMED[name])
    if name in LATER:
        return getattr(import_module(LATER[name]), name)
    fn = getattr(Methods, name, None)  # torch.exp(x), torch.sum(x, dim=1), ...
    if callable(fn) and not name.startswith("_"):  # a property is none of the module
        return getattr(fn, "pytorchs", fn)
    what = f"module 'autograd' has no attribute {name!r}"
    instead = ELSEWHERE.get(name) or (
        hasattr(import_module("numpy"), name) and f"np.{name}, in NumPy's words"
    )
    if instead and not name.startswith("_"):
        raise AttributeError(three_lines(what, f"autograd.{name}", instead))
    raise AttributeError(what)
