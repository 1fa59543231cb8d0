"""Item assignment, in-place operators and ``out=``. How old values survive: `versions`."""

import dis
import functools
import operator
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import numpy as np

from autograd.base.errors import describe, refusal
from autograd.base.modes import is_grad_enabled
from autograd.interface.values import as_operand, is_operand, plain_index
from autograd.mutation.holders import BY_ITEM, BY_METHOD, BY_OPERATOR, getrefcount, holders
from autograd.mutation.versions import (
    become,
    fork,
    overwrite,
    owned,
    refuse_leaf,
    stands_in,
    write,
)
from autograd.primitive import PRIMITIVES
from autograd.rules.shape import astype, setitem
from autograd.tensor import (
    SETITEM,
    Tensor,
    constant,
    failed,
    raw,
    record,
)

SET, POP, CACHE = (dis.opmap[name] for name in ("STORE_SUBSCR", "POP_TOP", "CACHE"))


def _setitem(self: Tensor, index: Any, value: Any) -> None:
    count = holders(getrefcount(self), self, BY_ITEM)
    if count <= _comes_from(value, self):  # there is not even a variable
        frame = sys._getframe(1)
        if frame.f_code.co_code[frame.f_lasti] == SET:  # x.__setitem__(i, value) is another
            _refuse_lost(self)
    assign(self, index, value, count <= 1)


def _comes_from(value: Any, x: Tensor) -> bool:
    """Tell whether a value refers to x because ``x[i] += 1`` has read x[i] to compute it."""
    if type(value) is not Tensor or not value.args:
        return False
    read = value.args[0]
    return type(read) is Tensor and len(read.args) > 0 and read.args[0] is x


def _refuse_lost(x: Tensor) -> None:
    """Raise where nothing that somebody holds shares the data of x: ``a[0][1] = value``.

    Under no_grad a part does, as NumPy's views do, but not those that are read-only.
    """
    view = type(x.data) is np.ndarray and x.data.flags.writeable and not owned(x)
    if not _is_shared(x) and (is_grad_enabled() or not view):
        raise refusal(
            RuntimeError,
            "what is written into a part would be lost: a part is a value, not a view",
            f"a Tensor {x.shape} that no variable holds is rewritten",
            "a[0, 1] = value for a[0][1] = value; a[0] = 0 for a[0].zero_(); no_grad() for "
            "a.detach().zero_()",
        )


def _never_lost(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Let a method that rewrites a part refuse where nobody takes the result: ``a[0].zero_()``."""

    @functools.wraps(fn)
    def method(self: Tensor, *args: Any, **kwargs: Any) -> Any:
        if not holders(getrefcount(self), self, BY_METHOD) and is_dropped(sys._getframe(1)):
            refuse_part(self)
        return fn(self, *args, **kwargs)

    return method


def refuse_part(x: Tensor) -> None:
    """Raise where what somebody else holds does not see what is written into x, as NumPy's would.

    Nobody misses what is written into an array of one's own: ``np.exp(y, out=np.empty_like(y))``.
    """
    copied = x.meta is not None and "part" in x.meta
    if copied or type(x.data) is not np.ndarray or not owned(x):
        _refuse_lost(x)


def is_dropped(frame: FrameType) -> bool:
    """Tell whether nobody takes the result of the call that a frame is at."""
    after = frame.f_code.co_code[frame.f_lasti + 2 :: 2]
    return next(op for op in after if op != CACHE) == POP


WRITERS = {np.copyto, np.fill_diagonal, np.place, np.put, np.put_along_axis, np.putmask}
"""Functions that write into their first argument."""


def into(out: Any, y: Any, casting: Any = "same_kind") -> Any:
    """Return y; or the ``out=`` of a call, which then holds it."""
    if out is None:
        return y
    (out,) = out if isinstance(out, tuple) else (out,)
    if not hasattr(out, "dtype"):
        what, where = "a result is written into a Tensor or an array", f"out={out!r:.40}"
        raise refusal(TypeError, what, where, "keepdims=True by its name, or nothing in this place")
    if type(out) is np.ndarray and getattr(y, "requires_grad", False):
        what = "an array would cut the gradient of what is written into it"
        instead = "out=Tensor(array), or the call without out="
        raise refusal(TypeError, what, f"out= of {out.dtype} {out.shape}", instead)
    if y.shape != out.shape or not np.can_cast(y.dtype, out.dtype, casting):
        where = f"out={describe(out)}"
        raise misfit(out, y, where, "the call without out=")  # assignment would repeat and cut it
    out[...] = y if y.dtype == out.dtype else astype(y, dtype=out.dtype)  # numbers, too
    return out


def assign(self: Tensor, index: Any, value: Any, alone: bool) -> None:
    """Do ``self[index] = value``; `alone` tells that no operation can have seen the old value."""
    recording = is_grad_enabled()
    refuse_leaf(self, "item assignment", recording)
    index = plain_index(index)
    value = value if _is_value(value) else _fitting(value, self)
    grad = self.requires_grad or (type(value) is Tensor and value.requires_grad)
    if grad and self.dtype.kind not in "fc":
        raise refusal(
            TypeError,
            f"a tensor of {self.dtype} cannot hold values that need gradients",
            f"item assignment of {describe(value)} into {describe(self)}",
            "x = x.astype(float) first",
        )
    shared = _is_shared(self)
    plain = not recording or (not grad and (alone or shared))
    try:
        if plain:
            if recording and not shared and type(self.data) is np.ndarray and not owned(self):
                self.data = np.array(self.data)  # a value, not a view of somebody else's
                self.meta = {**(self.meta or {}), "filled": True}
            write(self, index, raw(value), seen=not (recording or alone))
        else:
            _record_assignment(self, index, value, grad)
    except (ValueError, TypeError, IndexError) as error:
        target = self if isinstance(error, IndexError) else raw(self)[index]
        raise failed(SETITEM, (target, value), {"index": index}, error) from None


def _fitting(value: Any, x: Tensor) -> Any:
    """Return an array as it is; numbers in the dtype of x, where NumPy refuses what overflows."""
    if isinstance(value, (np.ndarray, np.generic)):
        return value
    try:
        return np.asarray(value, x.dtype)[()]
    except (ValueError, TypeError, OverflowError) as error:
        if "\n" in str(error):  # a list of Tensors
            raise
        what = f"a tensor of {x.dtype} cannot hold {value!r:.40}: {error}"
        where = f"item assignment into {describe(x)}"
        instead = "a number that the dtype has, or x = x.astype(float) first"
        raise refusal(type(error), what, where, instead) from None


def _record_assignment(self: Tensor, index: Any, value: Any, grad: bool) -> None:
    """Assign, and record it: self becomes the result, and its old version an argument."""
    mine = type(self.data) is np.ndarray and owned(self, versions=True)
    mine = mine and not stands_in(raw(value), index)
    old = fork(self)
    whole = index is ... and type(value) is Tensor
    if whole and (value.shape, value.dtype) == (self.shape, self.dtype):
        y = constant(value.data)  # all of it, without a copy
    elif mine:
        old.data = overwrite(self, index, raw(value))
        y = constant(self.data)
    else:
        data = setitem(self.data, raw(value), index=index)
        y = constant(data if data.ndim else data[()])  # of an array, [()] would be a view
    y.args = (old,)
    if grad:
        y.op, y.params, y.requires_grad = SETITEM, {"index": index}, True
        y.args = (old, old if value is self else value)
    become(self, y, old)
    if not grad:
        self.meta = {**(self.meta or {}), "filled": True}


def _is_value(x: Any) -> bool:
    """Tell whether x is a Tensor, or what stands for an array."""
    return type(x) is Tensor or hasattr(x, "tape")


def _is_shared(x: Tensor) -> bool:
    """Tell whether x was asked to share memory with an array, by `from_numpy`."""
    return x.meta is not None and "shared" in x.meta


def _inplace(fn: Callable[..., Any]) -> Callable[[Any, Any], Any]:
    op = PRIMITIVES[fn]

    def method(x: Tensor, other: Any) -> Tensor:
        alone = holders(getrefcount(x), x, BY_OPERATOR) <= 1
        if not _is_value(other) and not is_operand(other):
            return NotImplemented
        other = as_operand(other)
        recording = is_grad_enabled()
        if recording and x.op is not None and x.shape == ():  # NumPy's operators replace numbers
            return record(op, (x, other))
        refuse_leaf(x, f"in-place {op.name}", recording)
        old = fork(x)
        y = record(op, (old, old if other is x else other))
        if not _fits(y, x):
            if x.shape == ():
                return record(op, (x, other))
            where = f"in-place {op.name} of {describe(x)} and {describe(other)}"
            raise misfit(x, y, where, "the operator without its =")
        y = y if y.dtype == x.dtype else record(PRIMITIVES[astype], (y,), {"dtype": x.dtype})
        if not recording or (_is_shared(x) and not y.requires_grad):
            write(x, ..., y.data, seen=not (recording or alone))
        elif alone and not y.requires_grad:
            x.data = y.data
        else:
            if y.op is None:  # nothing requires a gradient, but somebody may have seen the old x
                y.args = (old,)
            become(x, y, old)
        return x

    return method


def _fits(y: Tensor, x: Tensor) -> bool:
    return y.shape == x.shape and np.can_cast(y.dtype, x.dtype, "same_kind")


def misfit(x: Tensor, y: Any, where: str, otherwise: str) -> ValueError:
    """Return the error about a result that x cannot hold."""
    what = f"in place, the result must fit {x.dtype} {x.shape}, not {y.dtype} {y.shape}"
    return refusal(ValueError, what, where, f"{otherwise}, which makes a new tensor")


def _never_replaced(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Let a method that uses such an operator write into the tensor itself, even into a number."""

    @functools.wraps(fn)
    def method(x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        y = fn(x, *args, **kwargs)
        if y is not x:
            if not _fits(y, x):
                other = next(iter((*args, *kwargs.values())))
                where = f"{fn.__name__} of {describe(x)} and {describe(other)}"
                raise misfit(x, y, where, "the operator without its =")
            assign(x, ..., y, alone=False)
        return x

    return method


INPLACE: dict[str, Callable[..., Any]] = {
    "__iadd__": np.add,
    "__isub__": np.subtract,
    "__imul__": np.multiply,
    "__itruediv__": np.divide,
    "__ifloordiv__": np.floor_divide,
    "__imod__": np.remainder,
    "__ipow__": operator.pow,
    "__imatmul__": np.matmul,
    "__iand__": np.bitwise_and,
    "__ior__": np.bitwise_or,
    "__ixor__": np.bitwise_xor,
    "__ilshift__": np.left_shift,
    "__irshift__": np.right_shift,
}
for _method, _fn in INPLACE.items():
    setattr(Tensor, _method, _inplace(_fn))
for _method in ("add_", "sub_", "mul_", "div_", "pow_"):
    setattr(Tensor, _method, _never_replaced(getattr(Tensor, _method)))
for _method in {name for c in Tensor.__mro__ for name, fn in vars(c).items() if callable(fn)}:
    _rewrites = _method.endswith("_") or _method in ("fill", "sort")
    if _rewrites and _method[0] != "_" and _method not in ("requires_grad_", "touch_"):
        setattr(Tensor, _method, _never_lost(getattr(Tensor, _method)))
Tensor.__setitem__ = _setitem
