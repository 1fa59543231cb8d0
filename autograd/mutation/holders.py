"""Who holds an object: what counts of references tell about it.

A tensor that nobody else can look at may be rewritten without keeping what it was; what is written
into one that nobody holds at all is lost. The interpreter refers to an object, too, while it works
on it. How often is measured once, on objects whose holders are known.

Since Python 3.14 the interpreter may borrow what a local variable refers to, without a count of its
own (LOAD_FAST_BORROW, in the documentation of `dis`), so that a variable looks like none. Then
those of the caller are asked. One that inner functions share is never borrowed.
"""

import sys
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

getrefcount: Callable[[object], int] = getattr(sys, "getrefcount", lambda _: sys.maxsize)


def holders(references: int, x: Any, bare: int, loads: int = 1) -> int:
    """Count who refers to x besides the interpreter: a variable, or a place in a list, is one.

    Called by what the user's code calls, with the `references` that are counted there: first, since
    a call holds its arguments.

    Parameters
    ----------
    bare : the references of what only the interpreter refers to, on the same way.
    loads : how often x is an argument.
    """
    count = references - bare
    if BORROWS and count < 2:  # more need not be told apart
        caller = sys._getframe(2)
        code = caller.f_code
        names = [name for name in code.co_varnames if name not in code.co_cellvars]
        if any(caller.f_locals.get(name) is x for name in names):
            count += loads
    return count


def target(self: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, int]:
    """Return what a function of NumPy writes into, and its references but for that of `self`."""
    x = kwargs["out"] if "out" in kwargs else args[0] if args else None
    return x, getrefcount(x) - (x is self)


def _measure() -> tuple[bool, list[int]]:
    """Tell whether this interpreter borrows, and count what it refers to by itself."""
    counts = []

    class Probe:
        __slots__ = ("data",)
        data: np.ndarray

        def __setitem__(self, index: Any, value: Any) -> None:
            counts.append(getrefcount(self))

        def __iadd__(self, other: Any) -> Any:
            counts.append(getrefcount(self))
            return self

        def method(self, *args: Any, **kwargs: Any) -> None:  # noqa: ARG002  # as methods have them
            counts.append(getrefcount(self))

        def __array_function__(self, fn: Any, types: Any, args: Any, kwargs: Any) -> None:
            counts.append(target(self, args, kwargs)[1])

        def __array_ufunc__(self, fn: Any, method: str, *args: Any, **kwargs: Any) -> None:
            counts.append(target(self, args, kwargs)[1])

    held: list[Any] = [Probe()]  # by the list alone
    held[0].data = np.empty(1)
    held[0][0] = 1
    held[0] += 1
    held[0].method()
    np.copyto(held[0], 0)
    np.sum(Probe(), out=held[0])  # type: ignore[call-overload]  # which is no array
    np.add.at(held[0], 0, 1)
    variable = held[0]
    variable[0] = 1
    borrows = counts.pop() == counts[0]
    del variable
    return borrows, [getrefcount(held[0].data), *[count - 1 for count in counts]]


BORROWS, (DATA_ALONE, BY_ITEM, BY_OPERATOR, BY_METHOD, BY_FUNCTION, BY_OUT, BY_AT) = _measure()
"""Whether the interpreter borrows; the references of an array that only one attribute refers to,
and those of an object that only the interpreter refers to, while it works on it: ``x[i] = v``,
``x += v``, ``x.fill(v)``, ``np.copyto(x, v)``, ``np.sum(y, out=x)``, ``np.add.at(x, i, v)``."""


class _Out:
    def __array_ufunc__(self, fn: np.ufunc, method: str, *args: Any, **kwargs: Any) -> Any:
        (x,) = kwargs["out"]
        return getrefcount(kwargs["out"]), getrefcount(x)


@lru_cache
def by_ufunc(pattern: tuple[int, ...]) -> tuple[int, int]:
    """Count the references of the tuple of a ufunc's ``out=``, and of what nobody but it refers to.

    They depend on which arguments are other tensors (1) and which are the result itself (2).
    """
    held: list[Any] = [_Out()]
    args: list[Any] = [(1.0, _Out(), held[0])[kind] for kind in pattern]
    if len(args) == 1:
        few, references = np.negative(args[0], out=held[0])
    elif len(args) == 2:
        few, references = np.add(args[0], args[1], out=held[0])
    else:
        return 0, 0
    return few, references - 1 - pattern.count(2)  # by the two lists
