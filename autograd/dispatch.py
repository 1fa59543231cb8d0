"""NumPy's two protocols: from a call of NumPy with Tensors to the row that knows its derivative."""

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.errors import describe, three_lines
from autograd.modes import is_grad_enabled
from autograd.primitive import COMPOSITES, CREATORS, PRIMITIVES, QUERIES
from autograd.tensor import Tensor, constant, raw, record
from autograd.tree import flatten, map_leaves


def _array_ufunc(self: Tensor, fn: np.ufunc, method: str, *args: Any, **kwargs: Any) -> Any:  # noqa: ARG001  # NumPy's signature
    if (method != "__call__" or kwargs) and not _connected((args, kwargs)):
        plain = map_leaves(raw, (args, kwargs))
        return getattr(fn, method)(*plain[0], **plain[1])
    if method != "__call__" or kwargs:
        refused = f"np.{fn.__name__}" + (f".{method}" if method != "__call__" else "")
        options = ", ".join(f"{k}=" for k in kwargs)
        raise NotImplementedError(
            three_lines(
                f"{refused} of a Tensor is not differentiable here"
                + (f" with {options}" if options else ""),
                f"{refused}({', '.join(describe(a, i) for i, a in enumerate(args))})",
                f"np.{fn.__name__}(...) without it, or x.detach()",
            )
        )
    return apply(fn, args, kwargs)


def _array_function(self: Tensor, fn: Any, types: Any, args: Any, kwargs: Any) -> Any:  # noqa: ARG001  # NumPy's signature
    return apply(fn, args, kwargs)


def apply(fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Find the row of a NumPy function, and record the call."""
    if fn in COMPOSITES:
        return COMPOSITES[fn](*args, **kwargs)
    op = PRIMITIVES.get(fn)
    if op is None:
        return _without_row(fn, args, kwargs)
    values, params = op.arguments(args, kwargs)
    values = tuple(np.asarray(v) if type(v) in (list, tuple) else v for v in values)
    return record(op, values, params)


def _without_row(fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Answer about the data where no gradient would be lost; refuse by name where one would."""
    if fn in CREATORS or fn in QUERIES or not _connected((args, kwargs)):
        answer = fn(*map_leaves(_view, args), **map_leaves(_view, kwargs))
        return constant(answer[()] if answer.ndim == 0 else answer) if fn in CREATORS else answer
    module = getattr(fn, "__module__", None) or "numpy"  # some ufuncs tell none
    name = f"{module}.{fn.__name__}".replace("numpy.", "np.", 1)
    raise NotImplementedError(
        three_lines(
            f"the derivative of {name} is unknown: it has no row in autograd/rules",
            f"{name}({', '.join(describe(a, i) for i, a in enumerate(args))})",
            "x.detach() for the value alone, or a rule of your own with @autograd.primitive",
        )
    )


def _connected(tree: Any) -> bool:
    tensors = [a for a in flatten(tree)[0] if type(a) is Tensor]
    return is_grad_enabled() and any(t.requires_grad for t in tensors)


def _view(a: Any) -> Any:
    """Return the data of a Tensor, as an array that NumPy cannot write into."""
    if type(a) is not Tensor or type(a.data) is not np.ndarray:
        return raw(a)
    view = a.data.view()
    view.flags.writeable = False
    return view


Tensor.__array_ufunc__ = _array_ufunc
Tensor.__array_function__ = _array_function
