"""NumPy's two protocols: from a call of NumPy with Tensors to the row that knows its derivative."""

import sys
from collections.abc import Callable
from inspect import signature
from typing import Any

import numpy as np

from autograd.base.errors import (
    call_of,
    describe,
    failed_call,
    plain,
    raised_by_user,
    refusal,
    shape_of,
)
from autograd.base.modes import is_grad_enabled
from autograd.base.tree import flatten, kept, locked, map_leaves
from autograd.interface.values import plain_index
from autograd.mutation.holders import (
    BY_AT,
    BY_FUNCTION,
    BY_OUT,
    by_ufunc,
    getrefcount,
    holders,
    target,
)
from autograd.mutation.inplace import WRITERS, assign, into, is_dropped, misfit, refuse_part
from autograd.primitive import (
    COMPOSITES,
    CREATORS,
    PRIMITIVES,
    QUERIES,
    beyond,
    full_name,
    has_row,
)
from autograd.rules.composites import LOOKUPS
from autograd.rules.ufuncs import METHODS
from autograd.tensor import PLAIN, Tensor, constant, raw, record

USUAL = PLAIN | {Tensor}
"""Types of values that a row takes as they are."""
CHANGING = {Tensor, np.ndarray, list}
"""Types of options that a row does not keep as they are: who has one may write into it."""


def _array_ufunc(self: Tensor, fn: np.ufunc, method: str, *args: Any, **kwargs: Any) -> Any:
    if method == "__call__" and not kwargs:
        op = PRIMITIVES.get(fn)
        if op is not None and USUAL.issuperset(map(type, args)):  # there is nothing to prepare
            return record(op, args)
        return apply(fn, args, kwargs)
    if method == "at":
        x, references = target(self, args, kwargs)
        if type(x) is Tensor and not holders(references, x, BY_AT):
            refuse_part(x)
    if method in METHODS and has_row(fn):
        return into(kwargs.pop("out", None), by_method(fn, method, args, kwargs))
    if method == "__call__" and [*map(type, kwargs.get("out", ()))] == [Tensor]:
        (x,) = kwargs["out"]
        pattern = tuple([(a is x) + (type(a) is Tensor) for a in args])
        few, bare = by_ufunc(pattern)
        references = getrefcount(x) if getrefcount(kwargs["out"]) <= few else sys.maxsize
        count = holders(references, x, bare, 1 + pattern.count(2))
        if count < 1 and is_dropped(sys._getframe(1)):
            refuse_part(x)
        return _fill(x, count <= 1, fn, args, {k: v for k, v in kwargs.items() if k != "out"})
    if not _connected((args, kwargs)):
        return _of_data(getattr(fn, method), args, **kwargs)
    refused = full_name(fn) + (f".{method}" if method != "__call__" else "")
    options = ", ".join(f"{k}=" for k in kwargs)
    raise refusal(
        NotImplementedError,
        f"{refused} of a Tensor is not differentiable here"
        + (f" with {options}" if options else ""),
        call_of(refused, args),
        ("a = a + x for a += x, or " if "out" in kwargs else "")
        + f"{full_name(fn)}(...) without it, or x.detach()",
    )


def by_method(fn: np.ufunc, method: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call a method of a ufunc; the places that `at` is given are no Tensors."""
    if method == "at":
        args = (args[0], plain_index(args[1]), *args[2:])
    return METHODS[method](fn, *args, **kwargs)


def _of_data(fn: Callable[..., Any], args: Any, out: Any = (), **kwargs: Any) -> Any:
    """Compute a ufunc without a row, or with several results, where nothing needs a gradient."""
    args, kwargs = map_leaves(raw, (args, kwargs))
    if Tensor not in map(type, out):
        return fn(*args, **kwargs, **({"out": out} if out else {}))
    arrays = tuple([np.array(x.data) if type(x) is Tensor else x for x in out])
    y = fn(*args, **kwargs, out=arrays)
    results = zip(out, y if isinstance(y, tuple) else (y,), strict=True)
    written = tuple([into(x, v) if type(x) is Tensor else v for x, v in results])
    return written if len(written) > 1 else written[0]


def _fill(
    x: Tensor, alone: bool, fn: np.ufunc, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Tensor:
    """Let x become the result of a ufunc: where a mask says so, if there is one."""
    where: Any = kwargs.pop("where", True)
    index: Any = ...
    if hasattr(raw(where), "tape"):  # a symbol cannot say how many elements there are
        y = np.where(where, fn(*guarded(fn, args, where), **kwargs), x)
    elif where is True:
        y = fn(*args, **kwargs)
    else:  # nothing is computed in the other places, where the function may not be defined
        index = np.broadcast_to(np.asarray(raw(where), bool), x.shape)  # a list would be places
        args = tuple(a if shape_of(a) == () else np.broadcast_to(a, x.shape)[index] for a in args)
        y = fn(*args, **kwargs)
    lead, sizes = x.ndim - y.ndim, zip(y.shape[::-1], x.shape[::-1], strict=False)
    fits = index is not ... or (lead >= 0 and all(n in (1, size) for n, size in sizes))
    if not fits or not np.can_cast(y.dtype, x.dtype, "same_kind"):
        call = f"{full_name(fn)} with out={describe(x)}"
        raise misfit(x, y, call, "the call without out=")
    assign(x, index, y, alone)
    return x


def guarded(fn: np.ufunc, args: tuple[Any, ...], where: Any) -> tuple[Any, ...]:
    """Put a number of the domain where a mask says no: what is computed there warns of nothing."""
    inside = 2.0 if fn is np.arccosh else 0.5

    def put(a: Any) -> Any:
        if not hasattr(a, "dtype") or getattr(raw(a), "weak", False):
            return a  # in an array, a number of Python's would choose the dtype
        return np.where(where, a, a.dtype.type(inside if a.dtype.kind in "fc" else 1))

    return tuple(map(put, args))


def _array_function(self: Tensor, fn: Any, types: Any, args: Any, kwargs: Any) -> Any:  # noqa: ARG001  # NumPy's signature
    if "out" in kwargs or fn in WRITERS:  # is it np.fill_diagonal(a[0], 1), for nobody?
        x, references = target(self, args, kwargs)
        held = holders(references, x, BY_OUT if "out" in kwargs else BY_FUNCTION)
        if not held and type(x) is Tensor and is_dropped(sys._getframe(1)):
            refuse_part(x)
    return apply(fn, args, kwargs)


def apply(fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Find the row of a NumPy function, and record the call."""
    if "out" in kwargs:
        given = {k: v for k, v in kwargs.items() if k != "out"}
        return into(kwargs["out"], apply(fn, args, given), kwargs.get("casting", "same_kind"))
    if fn in COMPOSITES:
        if not USUAL.issuperset(map(type, args)):
            args = tuple(map(plain, args))
        return composed(fn, args, kwargs)
    op = PRIMITIVES.get(fn)
    if op is None:
        return _without_row(fn, args, kwargs)
    values, params = op.arguments(args, kwargs)
    out = params.pop("out", None) if params else None  # one that was given by position
    if params and (definition := beyond(op, params)):
        return into(out, definition(*values, **params))
    if not USUAL.issuperset(map(type, values)):
        values = tuple([_prepared(v) for v in values])
    if not params or CHANGING.isdisjoint(map(type, params.values())):
        y = record(op, values, params)
    else:  # as in sorter=np.argsort(x), or a list of shifts, which somebody may write into
        y = record(op, values, {name: kept(raw(option)) for name, option in params.items()})
        for name, option in params.items():
            if type(option) is Tensor and _connected(option):
                raise op.no_rule(name)
    return y if out is None else into(out, y)


def composed(fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call what a NumPy function is over other rows; say which call it was that fails."""
    if fn in LOOKUPS and args and type(args[0]) is np.ndarray:
        args = constant(args[0]), *args[1:]
    try:
        return COMPOSITES[fn](*args, **kwargs)
    except TypeError:
        _refuse_unknown(fn, args, kwargs)
        raise
    except IndexError as error:  # mostly of an axis
        if raised_by_user(error):
            raise
        tensors = [a for a in args if type(a) is Tensor or hasattr(a, "tape")]
        raise IndexError(failed_call(fn.__name__, tensors, kwargs, error)) from None


def _refuse_unknown(fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Raise where a call has an option of NumPy's that the definition here does not have."""
    try:
        signature(COMPOSITES[fn]).bind(*args, **kwargs)
    except TypeError as error:
        raise refusal(
            NotImplementedError,
            f"{full_name(fn)} of a Tensor: {error}",
            call_of(full_name(fn), args),
            "the call without it, or x.detach() if no gradient is wanted",
        ) from None


def _prepared(v: Any) -> Any:
    return np.asarray(v) if type(v) in (list, tuple, range) else plain(v)


def _without_row(fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Answer about the data where no gradient would be lost; refuse by name where one would."""
    if has_row(fn):  # now: SciPy's rows are entered when somebody asks
        return apply(fn, args, kwargs)
    if fn in CREATORS or fn in QUERIES or not _connected((args, kwargs)):
        answer = fn(*map_leaves(_view, args), **map_leaves(_view, kwargs))
        return constant(answer[()] if answer.ndim == 0 else answer) if fn in CREATORS else answer
    name = full_name(fn)
    raise refusal(
        NotImplementedError,
        f"the derivative of {name} is unknown: it has no row in autograd/rules",
        call_of(name, args),
        "x.detach() for the value alone, or a rule of your own with @autograd.primitive",
    )


def _connected(tree: Any) -> bool:
    tensors = [a for a in flatten(tree)[0] if type(a) is Tensor]
    return is_grad_enabled() and any(t.requires_grad for t in tensors)


def _view(a: Any) -> Any:
    """Return the data of a Tensor, as an array that NumPy cannot write into."""
    if type(a) is not Tensor or type(a.data) is not np.ndarray:
        return raw(a)
    return locked(a.data)


Tensor.__array_ufunc__ = _array_ufunc
Tensor.__array_function__ = _array_function
