"""Item assignment and ``+=``, as values: what was computed from the old value stays right.

A Tensor is a handle: rewriting it in place moves what it was into a new object, its *old version*,
and gives the handle a younger birth number. An operation that meets an argument younger than
itself steps back to the version that it saw (`seen_by`). The old version keeps only what was
overwritten (H. Baker, "Shallow binding makes functional arrays fast", 1991), so that a loop which
fills an array, and reads parts of it, takes time linear in what is written and read. Who looks at
the whole old array, as the rule of ``x * x`` does after ``x[0] = 1``, pays for a copy of it.
"""

import gc
from itertools import count
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from autograd.base.errors import describe, refusal
from autograd.base.modes import is_grad_enabled, readers
from autograd.mutation.holders import DATA_ALONE, getrefcount
from autograd.rules.shape import parts_of, setitem

birth = count(1).__next__
"""The next birth number: every tensor, and every new version of one, is younger than the last."""

REWRITTEN: list[bool] = []
"""True once anything was rewritten in place, so that until then nobody needs to look."""


class Overwritten(NDArrayOperatorsMixin):
    """The data of an old version: the newer data, and what that replaced.

    It refers to data and not to tensors, so that versions that refer to older ones close no ring.
    """

    def __init__(self, newer: np.ndarray, index: Any) -> None:
        self.newer: np.ndarray | Overwritten = newer
        self.index, self.saved = index, np.array(newer[index])
        self.shape, self.dtype, self.ndim, self.size = (
            newer.shape, newer.dtype, newer.ndim, newer.size,
        )  # fmt: skip

    def restore(self) -> np.ndarray:
        """Return the array as it was."""
        patches: list[Overwritten] = [self]
        while isinstance(data := patches[-1].newer, Overwritten):
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

    def __len__(self) -> int:
        return self.shape[0]

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
            raise gone(a)
        a = a.args[0]
    if reached is not None:
        reached[handle] = a
    return a


def gone(leaf: Any) -> RuntimeError:
    """Return the error about a leaf that is younger than an operation that used it."""
    return refusal(
        RuntimeError,
        "a tensor was rewritten after it was used, so its old value is gone",
        f"{describe(leaf)}, rewritten under no_grad() or by an optimizer's step()",
        "backward first, then the update; or compute the result anew",
    )


def refuse_leaf(x: Any, action: str, recording: bool) -> None:
    """Raise, before anything changes, where rewriting would lose a leaf that needs a gradient.

    Or where it would be lost itself: in the copy of a parameter, which is one in PyTorch.
    """
    if x.meta is not None and "copy of" in x.meta:
        raise refusal(
            RuntimeError,
            "a state_dict holds copies: what is written into one changes no parameter",
            f"{action} of state_dict()[{x.meta['copy of']!r}] {x.shape}",
            "with no_grad(): p.mul_(0.9).add_(0.1 * q), of model.parameters(); "
            "state[key] = value, then load_state_dict(state)",
        )
    if recording and x.requires_grad and x.op is None:
        raise refusal(
            RuntimeError,
            "a leaf that requires a gradient cannot be rewritten in place",
            f"{action} of {describe(x)}",
            "y = x.clone() and rewrite y; or rewrite x under no_grad()",
        )


def fork(x: Any) -> Any:
    """Copy the handle x: the copy is the version that x was up to now."""
    old = object.__new__(type(x))
    old.data, old.op, old.args, old.params = x.data, x.op, x.args, x.params
    old.count, old.requires_grad, old._grad, old.meta = x.count, x.requires_grad, None, None
    return old


def become(x: Any, y: Any, old: Any) -> None:
    """Make the handle x the value y, whose first argument is the old version of x.

    Hooks stay with the value that they were registered on, as in PyTorch.
    """
    REWRITTEN[:] = [True]
    _step_back(x, y, old)
    x.data, x.op, x.args, x.params = y.data, y.op, y.args, y.params
    x.count, x.requires_grad, x._grad = y.count, y.requires_grad, None
    if x.meta is not None:
        x.meta = {**x.meta}
        x.meta.pop("consumed", None)  # this value is new
        if "hooks" in x.meta:
            old.meta = {"hooks": x.meta.pop("hooks")}
    if x.op is None and type(x.data) is np.ndarray:
        _forget(x, old)


LOOK, NODE = 1 << 24, 300
"""How many bytes of old versions a constant has before somebody looks who needs them; how many a
version has besides its array."""


def _forget(x: Any, old: Any) -> None:
    """Drop the old versions of a constant that no operation has seen, as those of a running mean.

    To look takes as long as there are objects, and so is seldom done.
    """
    kept = NODE + getattr(old.data, "saved", old.data).nbytes
    kept += x.meta.get("kept", 0) if x.meta is not None else 0
    if kept > LOOK:
        kept = 0
        tuples = [t for t in gc.get_referrers(x) if type(t) is tuple]
        users = [node for node in gc.get_referrers(*tuples) if type(node) is type(x)]
        if not any(node.args is t for node in users for t in tuples):
            x.args = ()
    x.meta = {**(x.meta or {}), "kept": kept}


REACH = 100
"""How many operations `_step_back` looks at: a constant, so that assignments stay linear."""


def _step_back(x: Any, y: Any, old: Any) -> None:
    """Let what y was computed from refer to the version of x that it saw, before x becomes y.

    It refers to the handle, so that ``x[i + 1] = f(x[i])`` would close a ring, which only the
    garbage collector frees. What lies out of reach is stepped back by the sweep.
    """
    nodes, tensor, before = [y], type(x), old.count
    for node in nodes:
        for a in node.args:
            if a is x:
                node.args = tuple([old if b is x else b for b in node.args])
            elif type(a) is tensor and a.count > before and len(nodes) < REACH:
                nodes.append(a)


def overwrite(x: Any, index: Any, value: Any) -> Overwritten:
    """Assign into the array of x; return what it was."""
    patch = Overwritten(x.data, index)
    x.data[index] = value
    if (before := _patch(x)) is not None:
        before.newer = patch
    return patch


def _patch(x: Any) -> Overwritten | None:
    """Return the data of the version before x, where it is written as a change of x's array."""
    data = getattr(x.args[0], "data", None) if x.args else None
    return data if isinstance(data, Overwritten) and data.newer is x.data else None


def stands_in(value: Any, index: Any) -> bool:
    """Tell whether a value stands for an array, or any part of an index does."""
    if hasattr(value, "tape"):
        return True
    return bool(readers) and any(hasattr(part, "tape") for part in parts_of(index))


def write(x: Any, index: Any, value: Any, *, seen: bool) -> None:
    """Assign into the data of x, for good; operations may have `seen` a constant, and read it."""
    if hasattr(x.data, "tape") or stands_in(value, index):
        data = x.data
        if is_grad_enabled() or not hasattr(data, "tape") or not data.shape:
            data = setitem(data, value, index=index)
            data.written = 0 if is_grad_enabled() else birth()
        else:
            data[index] = value  # views of it and what it is a view of see that, too
        x.data = data
    elif type(x.data) is not np.ndarray or not x.data.flags.writeable:
        data = np.copy(x.data)
        data[index] = value
        x.data = data[()] if data.ndim == 0 else data
    else:
        x.data[index] = value
    mark(x, seen=seen)


def mark(x: Any, *, seen: bool) -> None:
    """Let those that saw x before find out that it has other data now."""
    if x.op is None and x.requires_grad:
        x.args = ()  # what it was while it was a constant
        renew(x)
    elif x.op is None and not x.args and seen:
        renew(x)
        REWRITTEN[:] = [True]  # a sweep does not come to it
    elif seen:
        x.meta = {**(x.meta or {}), "rewritten": birth()}
        REWRITTEN[:] = [True]


def is_rewritten(a: Any, user: int) -> bool:
    """Tell whether a computed tensor was rewritten under no_grad after the operation `user`."""
    return a.meta is not None and bool(a.meta.get("rewritten", 0) > user)


def renew(x: Any) -> None:
    """Give a leaf whose data was rewritten a younger birth number: what saw it before can tell."""
    x.count = birth()


def owned(x: Any, versions: bool = False) -> bool:
    """Tell whether nothing but x (and the version before it, if allowed) refers to its data."""
    allowed = DATA_ALONE + (versions and _patch(x) is not None)
    return getrefcount(x.data) <= allowed and x.data.base is None and x.data.flags.writeable
