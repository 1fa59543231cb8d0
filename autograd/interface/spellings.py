"""How a function becomes a method, which takes the words of NumPy and those of PyTorch."""

import functools
from collections.abc import Callable
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

WORDS = {"dim", "keepdim", "unbiased", "descending", "start_dim", "end_dim"}
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


@functools.cache
def method(fn: Callable[..., Any]) -> Callable[..., "Tensor"]:
    """Make a method of a function; ``dim`` and ``keepdim`` mean ``axis`` and ``keepdims``."""

    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not kwargs:
            return fn(self, *args)
        try:
            given = {ALIASES.get(k, k): axis_of(v) if k == "dim" else v for k, v in kwargs.items()}
            return fn(self, *args, **given)
        except TypeError as error:
            if "\n" in str(error) or "keyword argument" not in str(error):
                raise
            where = f"{fn.__name__}(..., {', '.join(f'{k}={v!r:.40}' for k, v in kwargs.items())})"
            raise refusal(TypeError, str(error), where, f"{fn.__name__}{takes}") from None

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

    def called(x: Any, *args: Any, **kwargs: Any) -> Any:
        return pytorchs(x, *args, **{BACK.get(k, k): v for k, v in kwargs.items()})

    name = name or fn.__name__
    call.__name__ = call.__qualname__ = called.__name__ = called.__qualname__ = name
    called.__module__ = HOME
    takes = signature(pytorchs)
    words = ", ".join(f"`{word}`" for word in takes.parameters if word in WORDS)
    call.__doc__ = f"{said(fn)}\n\nWith {words} it is PyTorch's: {pytorchs.__doc__}"
    call.__signature__ = signature_of(fn)  # type: ignore[attr-defined]  # a function holds anything
    called.__doc__ = f"Return what PyTorch's ``{name}`` does. {pytorchs.__doc__}"
    called.__signature__ = takes  # type: ignore[attr-defined]  # likewise
    call.pytorchs = called  # type: ignore[attr-defined]  # a function holds anything
    return call


def in_place(fn: Callable[..., Any]) -> Callable[..., "Tensor"]:
    """Return the method that rewrites the tensor by what a function makes of it."""

    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        self[...] = fn(self, *args, **kwargs)
        return self

    call.__name__ = call.__qualname__ = f"{fn.__name__}_"
    call.__doc__ = f"{said(fn)} In place: the tensor is changed, and returned."
    call.__signature__ = signature_of(fn)  # type: ignore[attr-defined]  # a function holds anything
    return call


def one(args: tuple[Any, ...]) -> Any:
    """Let a tuple be given as one argument or as several."""
    return args[0] if len(args) == 1 and not isinstance(args[0], (int, np.integer)) else args
