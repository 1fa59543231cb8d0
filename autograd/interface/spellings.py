"""How a function becomes a method, which takes the words of NumPy and those of PyTorch."""

import functools
from collections.abc import Callable
from importlib import import_module
from inspect import Parameter, Signature, signature
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.base.errors import refusal
from autograd.primitive import full_name, home_of

if TYPE_CHECKING:
    from autograd.tensor import Tensor

dispatching: Any = np
"""NumPy, whose stubs do not say that its functions of a Tensor return Tensors."""

ALIASES = {
    "dims": "axis", "dim": "axis", "dim1": "axis1", "dim2": "axis2", "keepdim": "keepdims",
    "correction": "ddof", "p": "ord", "diagonal": "k", "shifts": "shift",
    "interpolation": "method",
}  # fmt: skip
"""Words of PyTorch, for which NumPy has others."""

PLACES = (
    {"input"}, {"other", "exponent", "mat2", "split_size_or_sections", "tensor", "vec", "vec2"},
)  # fmt: skip
"""PyTorch's names of the first argument, and of the second: others than here, or NumPy has none."""

APART = {"out"}.union(*PLACES)
"""Words that a function may not know by itself."""

WORDS = {"dim", "keepdim", "unbiased", "descending", "start_dim", "end_dim", "other"}
"""Words by which a call of a method that arrays have, too, is PyTorch's."""

BACK = {"axis": "dim", "keepdims": "keepdim", "ddof": "correction"}
"""Words of NumPy that PyTorch's functions take, too."""

HOME = "autograd"
"""Where functions of these names are found, by users and by pickle."""

VALUES = [Parameter(name, Parameter.POSITIONAL_OR_KEYWORD) for name in ("self", "other")]


def axis_of(dim: Any) -> Any:
    """Return NumPy's axis: PyTorch takes lists, and means all axes by none of them.

    >>> axis_of([0, 1]), axis_of(())
    ((0, 1), None)
    """
    return tuple(dim) or None if isinstance(dim, (list, tuple)) else dim


def spoken(fn: Callable[..., Any], takes: Signature, args: tuple[Any, ...], words: Any) -> Any:
    """Call a function by PyTorch's names of its arguments; what it `takes` may lack an ``out=``.

    Raises TypeError where the call does not fit.
    """
    values, named, out = args, words, None
    if not APART.isdisjoint(words):
        named = dict(words)
        for place, names in enumerate(PLACES):
            if len(values) == place:
                values += tuple(named.pop(name) for name in names & named.keys())
        out = None if _fills(fn, takes) else named.pop("out", None)
    try:
        return written(fn(*values, **named), out, fn.__name__)
    except TypeError as error:
        if "\n" in str(error) or "argument" not in str(error):
            raise
        given = [*["..."] * bool(args), *(f"{k}={v!r:.40}" for k, v in words.items())]
        where = f"{fn.__name__}({', '.join(given)})".replace("\n", " ")
        plain = [p.replace(annotation=p.empty) for p in takes.parameters.values()]
        instead = f"{fn.__name__}{Signature(plain)}"
        raise refusal(TypeError, str(error), where, instead) from None


def _fills(fn: Callable[..., Any], takes: Signature) -> bool:
    """Tell whether a function takes an ``out=``: by its name, or by any."""
    anything = any(p.kind is p.VAR_KEYWORD for p in takes.parameters.values())
    return isinstance(fn, np.ufunc) or "out" in takes.parameters or anything


def written(y: Any, out: Any, name: str) -> Any:
    """Return what a function of some name has computed; or what is to hold it, ``out=``."""
    if out is None:
        return y
    if isinstance(y, tuple):
        what, where = f"{name} has several results here, and no out= for them", f"{name}(..., out=)"
        raise refusal(TypeError, what, where, "the call without out=, and a name for each result")
    # later: it needs Tensors, whose methods are made here
    return import_module("autograd.mutation.inplace").into(out, y)


@functools.cache
def method(fn: Callable[..., Any]) -> Callable[..., "Tensor"]:
    """Make a method of a function; ``dim`` and ``keepdim`` mean ``axis`` and ``keepdims``."""

    def call(*args: Any, **kwargs: Any) -> Any:
        if not kwargs:
            return fn(*args)
        words = {ALIASES.get(k, k): axis_of(v) if k == "dim" else v for k, v in kwargs.items()}
        return spoken(fn, takes, args, words)

    call.__name__ = call.__qualname__ = fn.__name__
    call.__module__ = HOME
    takes = signature_of(fn)
    theirs = {ours: theirs for theirs, ours in ALIASES.items() if ours in takes.parameters}
    words = ", ".join(f"`{theirs[ours]}` is `{ours}`" for ours in theirs)
    call.__doc__ = said(fn) + (f"\n\nIn PyTorch's words, {words}." if words else "")
    call.__signature__ = takes  # type: ignore[attr-defined]  # a function holds anything
    return call


def said(fn: Callable[..., Any]) -> str:
    """Return what `help` says of a method: which function of NumPy it is, or what ours says.

    >>> import operator
    >>> said(np.maximum), said(np.clip), said(operator.sub)
    ('Return ``np.maximum(self, other)``.', 'Return ``np.clip(self, ...)``.', 'Same as a - b.')
    """
    values = ", ".join(signature_of(fn).parameters) if isinstance(fn, np.ufunc) else "self, ..."
    numpys = home_of(fn).startswith("numpy")
    return f"Return ``{full_name(fn)}({values})``." if numpys else fn.__doc__ or ""


def signature_of(fn: Callable[..., Any]) -> Signature:
    """Return what `help` shows of a method: what its function takes.

    >>> signature_of(np.maximum), signature_of(np.diagonal)
    (<Signature (self, other)>, <Signature (a, offset=0, axis1=0, axis2=1)>)
    """
    if isinstance(fn, np.ufunc):
        return Signature(VALUES[: fn.nin])
    inner = getattr(fn, "__wrapped__", fn)
    return signature(inner) if hasattr(inner, "__code__") else Signature(VALUES)


def shared(
    fn: Callable[..., Any], pytorchs: Callable[..., Any], refused: tuple[type, ...] = (bool, list),
    name: str = "",
) -> Callable[..., Any]:  # fmt: skip
    """Make a method that NumPy and PyTorch both have, with two meanings.

    `refused` are the types that NumPy would refuse as one of the first two arguments, as it would
    an array as the first; a number there is no axis either, if it is a Tensor. `name` is the
    method's, if the function has another.
    """

    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        foreign = kwargs and not WORDS.isdisjoint(kwargs)
        if foreign or (args and any(type(x) in refused for x in args[:2])):
            return called(self, *args, **kwargs)
        if args and (getattr(args[0], "shape", ()) or hasattr(args[0], "requires_grad")):
            return called(self, *args, **kwargs)  # x.max(y)
        return fn(self, *args, **kwargs)

    def called(*args: Any, **kwargs: Any) -> Any:
        if not kwargs:
            return pytorchs(*args)
        return spoken(pytorchs, takes, args, {BACK.get(k, k): v for k, v in kwargs.items()})

    name = name or fn.__name__
    for f in (call, called, pytorchs):
        f.__name__ = f.__qualname__ = name
    called.__module__ = HOME
    takes = signature(pytorchs)
    words = ", ".join(f"`{word}`" for word in takes.parameters if word in WORDS)
    call.__doc__ = f"{said(fn)}\n\nWith {words} it is PyTorch's: {pytorchs.__doc__}"
    call.__signature__ = signature_of(fn)  # type: ignore[attr-defined]  # a function holds anything
    called.__doc__ = f"Return what PyTorch's ``{name}`` does. {pytorchs.__doc__}"
    called.__signature__ = takes  # type: ignore[attr-defined]  # likewise
    call.pytorchs = called  # type: ignore[attr-defined]  # a function holds anything
    return call


@functools.cache
def function(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Make a function of the module of a method that is written by hand."""
    takes = signature(fn)

    @functools.wraps(fn)
    def call(*args: Any, **kwargs: Any) -> Any:
        return spoken(fn, takes, args, kwargs) if kwargs else fn(*args)

    call.__module__, call.__qualname__ = HOME, fn.__name__
    return call


def in_place(fn: Callable[..., Any]) -> Callable[..., "Tensor"]:
    """Return the method that rewrites the tensor by what a function makes of it."""

    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        y = fn(self, *args, **kwargs)
        if not np.can_cast(y.dtype, self.dtype, "same_kind"):  # which assignment would cut
            what = f"in place, the result must fit {self.dtype}, not {y.dtype}"
            where = f"{call.__name__} of a Tensor {self.shape}"
            instead = f"x.{call.__name__[:-1]}(), which makes a new tensor"
            raise refusal(ValueError, what, where, instead)
        self[...] = y
        return self

    call.__name__ = call.__qualname__ = f"{fn.__name__}_"
    call.__doc__ = f"{said(fn)} In place: the tensor is changed, and returned."
    call.__signature__ = signature_of(fn)  # type: ignore[attr-defined]  # a function holds anything
    return call


def one(args: tuple[Any, ...]) -> Any:
    """Let a tuple be given as one argument or as several."""
    return args[0] if len(args) == 1 and not isinstance(args[0], (int, np.integer)) else args
