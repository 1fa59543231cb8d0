"""How a transform is called, and what is said where something is used as in another library."""

import dis
import functools
import math
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from operator import index
from types import CodeType, FrameType
from typing import Any, ParamSpec, TypeVar

import numpy as np

from autograd.base.errors import LIBRARIES, refusal

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

SPARSE = "@autograd.primitive for x -> A @ x, with the rule lambda g, y, x: A.T @ g"
LISTS = "np.stack([a, b]) for a list of Tensors, autograd.numpy.array([...]) for nested lists"
RULE, VALUES = "@autograd.primitive and a rule of your own", "x.detach() for the values"

SMOOTH = {*dir(math)} - {"ceil", "floor", "isclose", "isfinite", "isinf", "isnan", "trunc"}
"""Names of `math` whose functions have a slope; a step and a question of a value lose nothing."""

_called: dict[tuple[int, int], tuple[CodeType, list[str]]] = {}
"""What instructions call; the code is kept, so that its number stays its own."""
KEPT = 1000


def function_of_math(frame: FrameType) -> str:
    """Return the name of the function of `math` that a frame is calling; else nothing.

    >>> class Asking:
    ...     def __float__(self):
    ...         print(function_of_math(sys._getframe(1)))
    ...         return 1.0
    >>> number = math.exp(Asking())
    exp
    """
    at = id(frame.f_code), frame.f_lasti
    if at not in _called:
        if len(_called) >= KEPT:
            _called.clear()
        _called[at] = frame.f_code, _callee(frame.f_code, frame.f_lasti)
    names = _called[at][1]
    if len(names) not in (1, 2) or names[-1] not in SMOOTH:
        return ""
    scope = frame.f_globals if names[0] in frame.f_globals else frame.f_locals
    theirs = math if len(names) == 2 else getattr(math, names[-1])
    return names[-1] if scope.get(names[0]) is theirs else ""


def _callee(code: CodeType, place: int) -> list[str]:
    """Return what stands before the bracket of a call, as ["math", "sin"], if it is names alone."""
    line, _, column, _ = [*code.co_positions()][place // 2]
    names: list[str] = []
    for i in dis.get_instructions(code):
        if i.offset == place or column is None:  # an interpreter that keeps no columns
            break
        if i.opname.startswith("LOAD_") and i.positions and i.positions[::2] == (line, column):
            is_part = i.opname in ("LOAD_ATTR", "LOAD_METHOD")
            names = [*names, i.argval] if is_part else [i.argval]
    return names


def asking() -> tuple[str, str]:
    """Return the module and the function of another library that ask a Tensor for an array.

    They are those that the user has called; either is nothing where there is none.
    """
    home, name, frame = "", "", sys._getframe(2)
    while frame.f_back is not None:
        public = frame.f_globals.get("__name__", "").partition("._")[0]
        if public.partition(".")[0] not in LIBRARIES:
            break
        called, outer = frame.f_code.co_qualname.partition(".")[0], public
        while outer and not hasattr(sys.modules.get(outer), called):
            outer = outer.rpartition(".")[0]
        home, name = (outer, called) if outer else (home or public, name)
        frame = frame.f_back
    return home, name


def instead_of_array(home: str, name: str) -> str:
    """Say what to write instead of giving a Tensor to such a function."""
    if home.startswith("matplotlib"):
        return "x.detach() in a plot"
    if home == "scipy.sparse":
        return SPARSE
    if home.startswith("pandas"):
        return f"df.to_numpy() @ x, of the array in place of the table; {VALUES}"
    if home == "numpy.lib":
        return f"autograd.numpy.r_ and c_ for np's, sliding_window_view for as_strided; {VALUES}"
    if (home, name) == ("numpy", "take"):  # which does not ask the indices whose they are
        return f"Tensor(table)[indices]; {VALUES}"
    theirs = getattr(sys.modules[home], name) if name else None
    for ours in (f"autograd.{home}", home.replace("scipy", "numpy")) if name else ():
        with suppress(ImportError):
            known = getattr(import_module(ours), name, None)
            if known is not None and theirs not in (known, getattr(known, "__wrapped__", None)):
                return f"{ours}.{name}"
    sizes = np.ndim, np.shape, np.size  # as operators ask of a list
    if theirs in sizes or import_module("autograd.primitive").has_row(theirs):  # of Tensors, too
        return f"{LISTS}; {VALUES}"
    if home.startswith("scipy"):
        return f"autograd.scipy, where it has the function; {RULE}; {VALUES}"
    if home:
        return f"{RULE}; {VALUES}"
    return f"{LISTS}; A @ x for A.dot(x); np.zeros(n, like=x) to fill; {VALUES}"


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
