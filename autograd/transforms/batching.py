"""A whole batch in the place of one example: what a function sees inside of `vmap`.

A `Batched` value has the shape of one example and holds all of them. What NumPy does to it is done
to all examples at once, by the batching rule of the row (`autograd.rules.batching`). A Tensor's
data may be such a value, so derivatives inside of `vmap` are those of one example; and it may hold
a Tensor of outside, so gradients flow through.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np

from autograd.base.errors import line_within, plain, refusal, shape_of, user_frame
from autograd.base.modes import depth
from autograd.base.tree import flatten, map_leaves
from autograd.primitive import (
    CREATORS,
    Primitive,
    Rule,
)
from autograd.rules.batch_axes import elementwise
from autograd.rules.shape import BY_ARRAYS, arrayed, astype, parts_of, slotted
from autograd.tensor import SETITEM, Tensor, constant, failed, raw
from autograd.transforms.outside import DATA, Reader, here, innermost, reading
from autograd.transforms.standin import Standin, is_view

NONE: dict[str, Any] = {}
REWRITING = "rewriting a tensor from outside", "a new tensor, which f returns"
ABOUT_SHAPES = {
    np.shape, np.ndim, np.size, np.result_type, np.can_cast, np.iscomplexobj, np.isrealobj,
    np.diag_indices_from, np.tril_indices_from, np.triu_indices_from,
}  # fmt: skip


class VmapError(RuntimeError):
    """A function asks for what is not the same in all examples of a batch."""


def vmap_error(what: str, instead: str) -> VmapError:
    """Return the error, with the line of the user's."""
    frame = user_frame()
    line = line_within(frame.f_code, frame.f_lineno)
    return refusal(VmapError, f"vmap cannot do {what}", line, instead)


class Batched(Standin):
    """One example, in the place of the array: what holds the whole batch.

    Attributes
    ----------
    tape : the level of `vmap` that it belongs to.
    value : an array, a Tensor or a symbol, or a value of a surrounding `vmap`.
    mapped : whether the first axis of the value counts the examples. Where it does not, the value
        is the same for all of them.
    """

    __slots__ = ("_shape", "dtype", "mapped", "value")

    kind, outside = "mapped", "into an array that holds one example"
    refusal = staticmethod(vmap_error)
    array_instead = (
        "NumPy's functions of the value itself, as A @ x for A.dot(x); autograd.numpy.array([...]) "
        "of lists with it; Tensor(a)[i] for a[i]"
    )
    number_instead = "the value itself, which NumPy takes; np.zeros(n, like=x) to store into"

    shape = property(lambda self: self._shape, doc="That of one example.")  # nobody sets it

    def __init__(self, tape: "Level", value: Any, mapped: bool, like: Any = None) -> None:
        super().__init__(tape)
        self.value, self.mapped = value, mapped
        like = value if like is None else like
        self._shape, self.dtype = like.shape[mapped:], like.dtype

    ndim = property(lambda self: len(self.shape))
    size = property(lambda self: math.prod(self.shape))

    @property
    def example(self) -> Any:
        """An array like one example, of zeros that take no room."""
        return np.broadcast_to(np.zeros((), self.dtype), self.shape)

    @property
    def known(self) -> Any:
        """The numbers of all examples."""
        outer, here.reader = here.reader, self.tape.below  # or a tensor would stand for itself
        try:
            data = raw(self.value)
            return data.known if hasattr(data, "tape") else data
        finally:
            here.reader = outer

    def lift(self, array: np.ndarray) -> "Batched":
        """Return an array that is the same for all examples."""
        return Batched(self.tape, array, False)

    def without_row(self, fn: Any, method: str, args: Any, kwargs: Any) -> Any:
        """Do it for one example after the other, unless it asks for nothing but shapes."""
        if fn not in ABOUT_SHAPES and fn not in CREATORS:
            return self.tape.each(getattr(fn, method) if method else fn, args, kwargs)
        made = fn(*map(_like, args), **{k: _like(v) for k, v in kwargs.items()})
        return self.lift(made) if fn in CREATORS else made  # which may be written into

    @property
    def state(self) -> Any:
        """The array of the whole batch: who writes into it puts another in its place."""
        return self.value

    def put(self, y: "Batched") -> None:
        """Take over another one's value."""
        self.value, self.mapped = y.value, y.mapped

    def __repr__(self) -> str:
        times = f"{self.tape.size} ×" if self.mapped else "one"
        return f"<{times} {self.dtype} {self.shape}>"


class Level(Reader):
    """One `vmap` that is running.

    Attributes
    ----------
    size : how many examples there are.
    connected : whether gradients can flow to tensors from outside. Without, they are their data.
    """

    def __init__(self, size: int, connected: bool = True) -> None:
        super().__init__()
        self.size, self.connected = size, connected
        self._before: dict[Tensor, Any] = {}  # the gradients of tensors from outside, at first

    @contextmanager
    def running(self) -> Iterator[None]:
        """Let this thread compute for all examples; a derivative inside is of one of them."""
        outer, depth.value = depth.value, 0
        try:
            with reading(self):
                yield
        finally:
            depth.value = outer

    # ── tensors from outside are the same for all examples ─────────────────────────────────────
    def read(self, t: Tensor, data: Any) -> Any:
        """Let a tensor from outside stand for itself, so that gradients can flow to it."""
        if not self.connected:
            return data if self.below is None else self.below.read(t, data)
        if t.count > self.since:
            return data
        if t not in self.left:
            self.left[t] = self._before[t] = t._grad
        x = Batched(self, t, False, data)
        x.given = REWRITING
        return x

    def write(self, t: Tensor, value: Any) -> None:
        """Refuse to rewrite a tensor from outside."""
        if getattr(t, "count", self.since) < self.since:
            raise vmap_error(*REWRITING)
        DATA.__set__(t, value)

    def leave_gradients(self) -> list[Tensor]:
        """Leave in the tensors from outside what f has set; return those with another gradient.

        One of single examples is none of theirs.
        """
        left, self.left, found = self.left, {}, []
        for t, g in left.items():
            if type(raw(g)) is Batched and raw(g).tape is self:
                found.append(t)
            elif raw(g) is not raw(self._before[t]):
                t._grad = g
        return found

    # ── operations ─────────────────────────────────────────────────────────────────────────────
    def unwrapped(self, values: Sequence[Any]) -> tuple[list[Any], list[bool]]:
        """Return what values are outside of the level, and which of them count the examples."""
        xs, mapped = [], []
        for v in values:
            own = type(v) is Batched and v.tape is self
            if own:
                v.refuse_stale()
            xs.append(v.value if own else np.asarray(v) if type(v) in (list, tuple) else plain(v))
            mapped.append(own and v.mapped)
        return xs, mapped

    def record(self, op: Primitive, values: Sequence[Any], params: dict[str, Any] = NONE) -> Any:
        """Compute one operation for all examples."""
        level = innermost(self, values, params)
        if level is not self:
            return level.record(op, values, params)
        if "index" in params and any(hasattr(i, "tape") for i in parts_of(params["index"])):
            return _by_arrays(op, values, params)
        if params and any(map(_is_mapped, params.values())):  # as edges of bins may be
            return self.each(partial(_run_plainly, op), values, params)
        xs, mapped = self.unwrapped(values)
        some = any(mapped)
        batch = op.batch or (elementwise if op.elementwise else None)
        rule: Rule | None = batch if some else None
        outer, here.reader = here.reader, self.below
        try:
            try:
                y = rule(partial(run, op), xs, mapped, **params) if rule else NotImplemented
            except np.exceptions.AxisError:  # the axis -1 of a number, which NumPy may take
                y = NotImplemented
            if y is NotImplemented:
                y = self.rows(partial(run, op), xs, mapped, params)
            result = Batched(self, y, some)
        except (ValueError, TypeError, IndexError) as error:
            raise failed(op, values, params, error) from None
        finally:
            here.reader = outer
        if result.shape and is_view(op, params):
            result.look(values[0], op, params)
        return result

    def rows(self, f: Callable[..., Any], xs: Any, mapped: Any, params: dict[str, Any]) -> Any:
        """Compute one example after the other; once, if nothing is mapped."""

        def at(i: Any) -> Any:
            return f(*[x[i] if m else x for x, m in zip(xs, mapped, strict=True)], **params)

        if not any(mapped):
            return at(0)
        if self.size:
            made = [at(i) for i in range(self.size)]  # map would end at a StopIteration of f
            return map_leaves(lambda *parts: np.stack(parts), *made)
        xs = [_an_example(x) if m else x for x, m in zip(xs, mapped, strict=True)]
        return map_leaves(lambda y: np.zeros((0, *shape_of(y)), y.dtype), f(*xs, **params))

    def each(self, fn: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """Compute a function that has no row, for one example after the other."""
        leaves, rebuild = flatten([list(args), kwargs])
        level = innermost(self, leaves, NONE)
        if level is not self:
            return level.each(fn, args, kwargs)
        xs, mapped = self.unwrapped(leaves)

        def call(*xs: Any) -> Any:
            args, kwargs = rebuild(xs)
            return fn(*args, **kwargs)

        outer, here.reader = here.reader, self.below
        try:
            y = self.rows(call, xs, mapped, NONE)
            return map_leaves(lambda part: Batched(self, arrayed(part), any(mapped)), y)
        finally:
            here.reader = outer

    # ── into the level, and out of it ──────────────────────────────────────────────────────────
    def batch(self, x: Any, axis: int = 0) -> Any:
        """Return what the function gets: one example, a Tensor in the place of a Tensor."""
        y = Batched(self, np.moveaxis(x, axis, 0) if axis else plain(x), True)
        return constant(y) if type(x) is Tensor else y

    def whole(self, y: Any, axis: int | None = 0) -> Any:
        """Return a value for all examples, along an axis; None for one that is the same for all."""
        (value,), (mapped,) = self.unwrapped([y])
        if axis is None:
            return value
        if not mapped:
            value = np.broadcast_to(value, (self.size, *shape_of(value)))
            value = value.copy() if type(value) is np.ndarray else value  # to write into
        return np.moveaxis(value, 0, axis) if axis else value


def run(op: Primitive, *values: Any, **params: Any) -> Any:
    """Do an operation on arrays, Tensors, symbols or the values of a surrounding `vmap`."""
    if not (op.rules or op.each or op.joint) and any(type(v) is Tensor for v in values):
        return op.fn(*values, **params)  # the fused part of a rule: of Tensors, what it consists of
    for v in values:
        record = getattr(v, "_record", None)
        if record is not None:
            return record(op, values, params)
    return op.call(*values, **params)


def _run_plainly(op: Primitive, *values: Any, **params: Any) -> Any:
    """Do an operation whose parameters were mapped: they have no history."""
    return run(op, *values, **map_leaves(raw, params))


def _is_mapped(param: Any) -> bool:
    return Batched in map(type, param if type(param) is list else (param,))


def _by_arrays(op: Primitive, values: Sequence[Any], params: dict[str, Any]) -> Any:
    """Index by values that are mapped or traced: they become arguments."""
    index, arrays = slotted(params["index"])
    if any(a.dtype == bool for a in arrays):
        if op is SETITEM and len(parts_of(index)) == 1 and not shape_of(values[1]):
            (mask,) = arrays
            mask = np.expand_dims(mask, tuple(range(mask.ndim, values[0].ndim)))
            return astype(np.where(mask, values[1], values[0]), dtype=values[0].dtype)
        raise vmap_error(
            "a mask in an index: each example would have another size", "np.where(mask, x, 0)"
        )
    return BY_ARRAYS[op.fn](*values, *arrays, **{**params, "index": index})


def _an_example(x: Any) -> Any:
    """Return an example of an empty batch, with which most functions can do something."""
    size = math.prod(x.shape[1:])
    return np.sqrt(np.arange(1, 1 + size) / size).reshape(x.shape[1:]).astype(x.dtype)


def _like(v: Any) -> Any:
    return v.example if type(v) is Batched else v
