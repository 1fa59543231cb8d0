"""Item assignment and ``+=``, as values: what was computed from the old value stays right.

A Tensor is a handle: rewriting it in place moves what it was into a new object, its *old version*,
and gives the handle a younger birth number. An operation that meets an argument younger than
itself steps back to the version that it saw (`seen_by`). The old version keeps only what was
overwritten (H. Baker, "Shallow binding makes functional arrays fast", 1991), so that a loop which
fills an array takes linear time.
"""

import sys
import weakref
from collections.abc import Callable
from itertools import count
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from autograd.errors import describe, three_lines
from autograd.rules.shape import setitem

getrefcount: Callable[[object], int] = getattr(sys, "getrefcount", lambda _: sys.maxsize)


birth = count(1).__next__
"""The next birth number: every tensor, and every new version of one, is younger than the last."""

REWRITTEN: list[bool] = []
"""True once anything was rewritten in place, so that until then nobody needs to look."""


class Overwritten(NDArrayOperatorsMixin):
    """The data of an old version: the newer version, and what it replaced."""

    def __init__(self, newer: Any, index: Any, saved: Any, like: np.ndarray) -> None:
        self.newer = weakref.ref(newer)
        self.index, self.saved = index, saved
        self.shape, self.dtype, self.ndim, self.size = like.shape, like.dtype, like.ndim, like.size

    def restore(self) -> np.ndarray:
        """Return the array as it was."""
        patches: list[Overwritten] = [self]
        while isinstance(data := patches[-1].newer().data, Overwritten):  # type: ignore[union-attr]  # an old version is reachable through its newer one only
            patches.append(data)
        array = np.array(data)
        for patch in reversed(patches):
            array[patch.index] = patch.saved
        return array

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self.restore().astype(dtype or self.dtype, copy=False)

    def __array_ufunc__(self, fn: np.ufunc, method: str, *args: Any, **kwargs: Any) -> Any:
        args = tuple(a.restore() if isinstance(a, Overwritten) else a for a in args)
        return getattr(fn, method)(*args, **kwargs)

    def __getitem__(self, index: Any) -> Any:
        return self.restore()[index]

    def __getattr__(self, name: str) -> Any:
        if not hasattr(np.ndarray, name):  # no need to look
            raise AttributeError(name)
        return getattr(self.restore(), name)


def seen_by(a: Any, user: int, reached: dict[Any, Any] | None = None) -> Any:
    """Return the version of the argument `a` that the operation born as `user` saw.

    A walk that asks for ever older users keeps in `reached` where it is, and so stays linear.
    Raises RuntimeError where it is gone: a leaf was rewritten under no_grad.
    """
    if a.count <= user:
        return a
    handle, a = a, a if reached is None else reached.get(a, a)
    while a.count > user:
        if not a.args:
            raise RuntimeError(
                three_lines(
                    "a leaf was rewritten after it was used, so its old value is gone",
                    f"{describe(a, 0)}, rewritten under no_grad()",
                    "backward first, then the update; or compute the result anew",
                )
            )
        a = a.args[0]
    if reached is not None:
        reached[handle] = a
    return a


def refuse_leaf(x: Any, action: str) -> None:
    """Raise, before anything changes, where rewriting would lose a leaf that needs a gradient."""
    if x.requires_grad and x.op is None:
        raise RuntimeError(
            three_lines(
                "a leaf that requires a gradient cannot be rewritten in place",
                f"{action} of {describe(x, 0)}",
                "y = x.clone() and rewrite y; or rewrite x under no_grad()",
            )
        )


def fork(x: Any) -> Any:
    """Copy the handle x: the copy is the version that x was up to now."""
    old = object.__new__(type(x))
    old.data, old.op, old.args, old.params = x.data, x.op, x.args, x.params
    old.count, old.requires_grad, old._grad, old.meta = x.count, x.requires_grad, None, None
    return old


def become(x: Any, y: Any, old: Any) -> None:
    """Make the handle x the value y, whose first argument is the old version of x."""
    if old.args and isinstance(getattr(old.args[0], "data", None), Overwritten):
        old.args[0].data.newer = weakref.ref(old)
    REWRITTEN[:] = [True]
    x.data, x.op, x.args, x.params = y.data, y.op, y.args, y.params
    x.count, x.requires_grad, x._grad = y.count, y.requires_grad, None
    if x.meta is not None:
        x.meta = {k: v for k, v in x.meta.items() if k != "consumed"}  # this value is new


def write(x: Any, index: Any, value: Any) -> None:
    """Assign into the data of x, for good."""
    if hasattr(x.data, "tape") or hasattr(value, "tape"):  # what stands for an array
        x.data = setitem(x.data, value, index=index)
    elif type(x.data) is not np.ndarray or not x.data.flags.writeable:
        data = np.copy(x.data)
        data[index] = value
        x.data = data[()] if data.ndim == 0 else data
    else:
        x.data[index] = value
    if x.op is None and x.requires_grad:  # what was computed from it can tell
        x.count = birth()
        REWRITTEN[:] = [True]


def owned(x: Any) -> bool:
    """Tell whether nothing but x refers to the data of x."""
    return getrefcount(x.data) <= DATA_ALONE and x.data.base is None and x.data.flags.writeable


def _measure() -> tuple[int, int, int]:
    """Count the references of objects that nobody shares, on this interpreter."""

    class Probe:
        __slots__ = ("counts", "data")
        counts: list[int]
        data: np.ndarray

        def __setitem__(self, index: Any, value: Any) -> None:
            self.counts.append(getrefcount(self))

        def __iadd__(self, other: Any) -> Any:
            self.counts.append(getrefcount(self))
            return self

    probe = Probe()
    probe.counts, probe.data = [], np.empty(1)
    probe[0] = 1
    probe += 1
    item, inplace = probe.counts
    return item, inplace, getrefcount(probe.data)


SETITEM_ALONE, INPLACE_ALONE, DATA_ALONE = _measure()
