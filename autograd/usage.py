"""How a transform is called, and what is said where something is used as in another library."""

import functools
import sys
from collections.abc import Callable
from operator import index
from typing import Any, ParamSpec, TypeVar

from autograd.errors import refusal

P = ParamSpec("P")
Function = Callable[..., Any]
Derivative = TypeVar("Derivative", bound=Function)
IN_STEPS = {
    "ggnvp": "ggnvp(model, loss)(x) returns (product, gradient)",
    "hvp": "hvp(f)(x) returns (product, gradient)",
    "jvp": "jvp(f)(x)(v) returns (value, product)",
    "linearize": "linearize(f)(x) returns (push, value)",
    "vjp": "vjp(f)(x) returns (pull, value)",
}
"""Transforms that JAX gives the point and the vector at once."""

INSTEAD_OF_ARRAYS = {
    "matplotlib": "x.detach() in a plot",
    "numpy": "autograd.numpy.vectorize for np.vectorize; x.detach() for the values",
    "scipy": "autograd.scipy, where it has the function; x.detach() for the values",
}
"""What to write where their code makes an array of a Tensor."""


def instead_of_array() -> str:
    """Say what to write instead of what asks a Tensor for an array."""
    asking = sys._getframe(2).f_globals.get("__name__", "").partition(".")[0]
    usual = (
        "np.stack([...]) to join tensors; np.zeros(n, like=x) to fill; x.detach() for the values"
    )
    return INSTEAD_OF_ARRAYS.get(asking, usual)


def transform(make: Callable[P, Derivative]) -> Callable[P, Derivative]:
    """Let a transform check its `argnum` where it is given, not where the derivative is called."""
    place = make.__code__.co_varnames.index("argnum")

    @functools.wraps(make)
    def checked(*args: Any, **kwargs: Any) -> Derivative:
        if len(args) > place or kwargs:
            kwargs["argnum"] = _positions(make.__name__, args[place:], kwargs)
        return make(*args[:place], **kwargs)

    return checked


def _positions(name: str, rest: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Return the position, or the positions, that a transform was given besides its function."""
    if "argnums" in kwargs:
        told = _told(kwargs["argnums"])
        raise refusal(
            TypeError,
            "the keyword for one position or several is argnum",
            f"{name}(f, argnums={told})",
            f"{name}(f, argnum={told})",
        )
    rest += (kwargs["argnum"],) if "argnum" in kwargs else ()
    if not rest:
        return 0
    try:
        (argnum,) = rest
        several = isinstance(argnum, (tuple, list, range))
        return tuple(map(index, argnum)) if several else index(argnum)
    except (TypeError, ValueError):
        where = f"{name}({', '.join(['f', *map(_told, rest)])})"
    raise refusal(
        TypeError,
        "argnum is the position of an argument: an integer, or a tuple of integers",
        where,
        "argnum=0 for the first argument, argnum=(0, 1) for two; the arguments come later: "
        + IN_STEPS.get(name, f"{name}(f)(x)"),
    )


def _told(value: Any) -> str:
    text = repr(value)
    return text if len(text) < 40 and text.isprintable() else f"<{type(value).__name__}>"
