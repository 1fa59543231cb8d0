"""Names that are found when they are first asked for: half of all programs draw nothing."""

from importlib import import_module
from typing import Any

from autograd.interface.elsewhere import ELSEWHERE, absent
from autograd.interface.methods import Methods
from autograd.interface.spellings import HOME, function, method

PROVIDES: dict[str, tuple[str, ...]] = {
    "autograd.program": ("CaptureError", "Program", "capture", "compile"),
    "autograd.program.onnx.onnx": ("export_onnx",),
    "autograd.view": ("draw",),
    "autograd.view.derivation.explain": ("explain",),
    "autograd.view.exercise.worksheet": ("worksheet",),
    "autograd.view.exploration.explore": ("explore",),
    "autograd.view.graph.frames": ("frames",),
    "autograd.view.grid": ("Grid",),
    "autograd.view.plotting.bands": ("plot_bands", "quantiles"),
    "autograd.view.plotting.confusion": ("plot_confusion",),
    "autograd.view.plotting.descent": ("descent",),
    "autograd.view.plotting.filters": ("plot_filters",),
    "autograd.view.plotting.flow": ("plot_flow",),
    "autograd.view.plotting.plot": ("plot", "plot_losses"),
    "autograd.view.plotting.regions": ("plot_regions",),
    "autograd.by_hand": ("check_by_hand",),
    "autograd.inquiry": ("why",),
    "autograd.debugging.anomaly": ("detect_anomaly",),
    "autograd.debugging.auditor": ("audit",),
    "autograd.check": ("check_grads",),
    "autograd.debugging.comparison": ("compare_with_torch",),
    "autograd.interface.creation": ("ones_like", "zeros_like"),
    "autograd.interface.devices": ("backends", "cuda", "device"),
    "autograd.base.files": ("optional", "write_atomically"),
    "autograd.base.modes": ("set_grad_enabled",),
    "autograd.provenance.places": ("place_of", "record_lines"),
    "autograd.interface.generator": (
        "default_generator", "manual_seed", "multinomial", "normal", "rand", "rand_like", "randint",
        "randn", "randn_like", "randperm",
    ),
    # HIPS autograd's names, which are no part of __all__: some are Python's
    "autograd.builtins": ("dict", "isinstance", "list", "tuple", "type"),
    "autograd.differential_operators": (
        "deriv", "grad_and_aux", "grad_named", "hessian_tensor_product", "hessian_vector_product",
        "make_ggnvp", "make_hvp", "make_jvp", "make_jvp_reversemode", "make_vjp", "multigrad_dict",
        "tensor_jacobian_product", "vector_jacobian_product",
    ),
    # PyTorch's dtypes, some of which are Python's names, too; its functions that are NumPy's
    "numpy": (
        "bool", "complex64", "complex128", "double", "float16", "float32", "half", "int8", "int16",
        "int32", "int64", "short", "uint8",
        "absolute", "bincount", "broadcast_to", "corrcoef", "cov", "divide", "dstack", "e",
        "finfo", "full_like", "greater", "heaviside", "hstack", "hypot", "iinfo",
        "imag", "inf", "isclose", "less", "logaddexp", "multiply", "nan", "nan_to_num", "negative",
        "pi", "real", "subtract", "true_divide", "vstack",
    ),
}  # fmt: skip
"""What each room provides that nobody has asked for yet."""

LATER = {name: room for room, names in PROVIDES.items() for name in names}
RENAMED = {
    "concat": "cat", "empty": "zeros", "empty_like": "zeros_like", "float": "float32",
    "inference_mode": "no_grad", "int": "int32", "long": "int64",
}  # fmt: skip
ROOMS = (
    "autograd", "builtins", "core", "differential_operators", "extend", "misc", "numpy",
    "test_util", "tracer", "util", "wrap_util",
)  # fmt: skip


def names() -> list[str]:
    """Return what `find` finds and ``__all__`` holds, which is what editors and shells complete.

    >>> import autograd
    >>> [name for name in dir(autograd) if name.startswith(("expl", "sin"))]
    ['explain', 'explore', 'sin', 'sinh']
    """
    methods = {n for n in dir(Methods) if callable(getattr(Methods, n, None)) and n[0] != "_"}
    public, pythons = import_module("autograd").__all__, PROVIDES["autograd.builtins"]
    return sorted({*public, *methods, *LATER, *RENAMED, *ROOMS}.difference(pythons))


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
        found = getattr(import_module(LATER[name]), name)
        numpys = LATER[name] == "numpy" and callable(found) and not isinstance(found, type)
        return method(found) if numpys else found
    fn = getattr(Methods, name, None)  # torch.exp(x), torch.sum(x, dim=1), ...
    if callable(fn) and not name.startswith("_"):  # a property is none of the module
        fn = getattr(fn, "pytorchs", fn)
        return fn if fn.__module__ == HOME else function(fn)
    instead = ELSEWHERE.get(name) or (
        hasattr(import_module("numpy"), name) and f"np.{name}, in NumPy's words"
    )
    raise absent("autograd", name, None if name.startswith("_") else instead or None)
