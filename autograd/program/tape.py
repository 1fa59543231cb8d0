"""Tracing: what NumPy code does to a `Symbol` is written down as a list of equations.

A symbol has a name, a shape and a dtype, and an example value, but it is no number: Python cannot
branch on it. Code that only calls NumPy does not notice the difference: the rules of the table, the
engine, the user's function.
"""

import functools
import operator
import sys
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Any, NoReturn

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from autograd.backward import sweep
from autograd.batching import ABOUT_SHAPES, fitted
from autograd.errors import ROOMS, line_of, three_lines, user_frame
from autograd.methods import Methods
from autograd.outside import here, innermost
from autograd.primitive import (
    COMPOSITES,
    CREATORS,
    PRIMITIVES,
    QUERIES,
    Primitive,
    beyond,
    full_name,
)
from autograd.program.equations import Equation, Name, key_of
from autograd.rules.composites import LOOKUPS
from autograd.rules.neural import linear
from autograd.rules.shape import BY_ARRAYS, VIEWS, Slot, astype, gather, place, setitem
from autograd.rules.ufuncs import METHODS
from autograd.tensor import GETITEM, Tensor, plain_index, raw
from autograd.versions import birth

LINEAR, POWER = PRIMITIVES[linear], PRIMITIVES[operator.pow]
NUMBERS = "NumPy's functions of the value itself: np.sin(x) for math.sin(x)"


class CaptureError(RuntimeError):
    """A function does what no program of equations can do."""


class Symbol(Methods, NDArrayOperatorsMixin):
    """A name for an array, in the place of the array.

    Attributes
    ----------
    data : its value for the example inputs.
    base, of : the symbol that it is a view of, if any, and what that was called then.
    at : by which index it is that view, if by any.
    given : whether it is an argument, which only the caller may change.
    """

    __slots__ = ("__weakref__", "at", "base", "data", "given", "name", "of", "tape")

    op, requires_grad = None, False  # as of a Tensor without history

    def __init__(self, tape: "Tape", name: Name, data: Any, base: "Symbol | None" = None) -> None:
        self.tape, self.name, self.data, self.base = tape, name, data, base
        self.of, self.at, self.given = None if base is None else base.name, None, False
        tape.handles.append(weakref.ref(self))

    @property  # type: ignore[misc]  # what isinstance asks beside the type
    def __class__(self) -> type:
        """For the user's code, that of the array: what asks isinstance(x, np.ndarray) gets it."""
        ours = sys._getframe(1).f_code.co_filename.startswith(ROOMS)
        return Symbol if ours else type(self.data)

    # ── what NumPy asks ────────────────────────────────────────────────────────────────────────
    def __array_ufunc__(self, fn: np.ufunc, method: str, *args: Any, **kwargs: Any) -> Any:
        if any(type(a) is Tensor for a in args):
            return NotImplemented
        out, *more = kwargs.pop("out", (None,))
        if method in METHODS and (fn in PRIMITIVES or fn in COMPOSITES) and not more:
            y = METHODS[method](fn, *args, **kwargs)
        elif method == "__call__" and fn in COMPOSITES:
            y = COMPOSITES[fn](*args, **kwargs)
        elif method == "__call__" and fn in PRIMITIVES and not kwargs and not more:
            y = self.tape.record(PRIMITIVES[fn], args)
        else:
            raise _refusal(
                f"{full_name(fn)}.{method} with {sorted(kwargs)}", "plain calls of NumPy"
            )
        if out is None or (type(out) is Symbol and type(out.data) is not np.ndarray):
            return y  # x += 1 of a number makes another one
        if type(out) is not Symbol:
            raise _refusal("writing a traced value into an array of numbers", "x = x + y")
        return out.become(y)

    def __array_function__(self, fn: Callable[..., Any], types: Any, args: Any, kwargs: Any) -> Any:
        if Tensor in types:
            return NotImplemented
        if fn in COMPOSITES:
            if fn in LOOKUPS and type(args[0]) is np.ndarray:  # the index is traced
                args = (Symbol(self.tape, self.tape.argument(args[0]), args[0]), *args[1:])
            return COMPOSITES[fn](*args, **kwargs)
        if fn in PRIMITIVES:
            values, params = PRIMITIVES[fn].arguments(args, kwargs)
            if definition := beyond(PRIMITIVES[fn], params):
                return definition(*values, **params)
            return self.tape.record(PRIMITIVES[fn], values, params)
        if fn in CREATORS or fn in ABOUT_SHAPES:
            return fn(*map(_plain, args), **{k: _plain(v) for k, v in kwargs.items()})
        what, instead = "has no row in autograd/rules", "a rule with @autograd.primitive"
        if fn in QUERIES:
            what, instead = "asks about numbers", "np.where and other functions of arrays"
        raise _refusal(f"{full_name(fn)}, which {what}", instead)

    def __array__(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise _refusal(
            "making an array of a traced value",
            "NumPy's functions of the value itself; for table[i], the table as an argument",
        )

    def _record(self, op: Primitive, values: tuple[Any, ...], params: dict[str, Any]) -> Any:
        """Let `primitive` find the tape."""
        for v in values:
            if type(v) is Tensor:
                return v._record(op, values, params)
        return self.tape.record(op, values, params)

    def __getitem__(self, index: Any) -> Any:
        return self.tape.record(GETITEM, (self,), {"index": plain_index(index)})

    def __setitem__(self, index: Any, value: Any) -> None:
        mine = type(value) is Symbol and value.base is self and value.of == self.name
        if mine and value.at is not None and key_of(value.at) == key_of(index):
            return  # x[i] += 1 has written into x already
        self.become(setitem(self, value, index=plain_index(index)))

    def become(self, y: "Symbol") -> "Symbol":
        """Be another value from now on: what writing in place means."""
        if self.given:
            raise _refusal(f"writing into {self.name}, an argument", "x = x.copy() first")
        y = fitted(self, y, _refusal)
        if self.base is not None:
            if self.at is None or self.is_stale:
                raise _refusal("writing into a view that was reshaped or turned", "a copy of it")
            self.base[self.at] = y
            self.of = self.base.name
        self.name, self.data = y.name, y.data
        return self

    def __pow__(self, other: Any) -> Any:
        return self._power(self, other)  # x**2 is faster than np.power(x, 2), and rounds otherwise

    def __rpow__(self, other: Any) -> Any:
        return self._power(other, self)

    def _power(self, base: Any, exponent: Any) -> Any:
        if type(base) is Tensor or type(exponent) is Tensor:
            return NotImplemented
        return self.tape.record(POWER, (base, exponent))

    @property
    def is_stale(self) -> bool:
        """Whether the array that it is a view of has changed since."""
        base = self.base
        return base is not None and (base.name != self.of or base.is_stale)

    # ── what only a number can answer ──────────────────────────────────────────────────────────
    def __bool__(self) -> bool:
        raise _refusal("branching on a traced value", "np.where(condition, a, b)")

    def item(self) -> Any:
        """Refuse: there is no number yet."""
        raise _refusal("reading a traced value as a number", NUMBERS)

    tolist = numpy = __float__ = __int__ = __index__ = __complex__ = item  # type: ignore[assignment]

    def __iter__(self) -> Any:
        return (self[i] for i in range(len(self)))

    def __len__(self) -> int:
        return len(self.data)

    def __repr__(self) -> str:
        return f"<{self.name}: {self.dtype} {self.shape}>"

    __hash__ = object.__hash__


def _refusal(what: str, instead: str) -> CaptureError:
    frame, inner = user_frame(), sys._getframe(1)
    while inner.f_back and inner is not frame:
        if inner.f_globals.get("__name__", "").startswith("nn.optim"):
            instead = "the optimizer's step outside of the function, after the program"
        inner = inner.f_back
    line = f"{line_of(frame.f_code.co_filename, frame.f_lineno)}, in {frame.f_code.co_name}"
    error = CaptureError(three_lines(f"a program cannot hold {what}", line, instead))
    reader: Any = here.reader
    if hasattr(reader, "refusals"):
        reader.refusals.append(error)
    return error


class Tape:
    """Writes down equations.

    Parameters
    ----------
    knows : whether an operation is to be written as such; the others are written out by their
        definitions in NumPy.

    Examples
    --------
    >>> tape = Tape()
    >>> x = tape.input("x", np.float64(3.0))
    >>> y = np.exp(x) * 2.0
    >>> [(str(e.name), e.op.name, [str(a) for a in e.args]) for e in tape.equations]
    [('t1', 'exp', ['x']), ('t2', 'multiply', ['t1', '2.0'])]
    """

    def __init__(self, knows: Callable[[Primitive], bool] = lambda op: op is not LINEAR) -> None:
        self.knows = knows
        self.opened: set[Primitive] = set()  # what is its own definition is written all the same
        self.is_sweeping = _is_sweeping
        self.since = birth()
        self.equations: list[Equation] = []
        self.inputs: dict[Name, Any] = {}
        self.constants: dict[Name, np.ndarray] = {}
        self.taken: set[str] = set()
        self.wishes: dict[Name, str] = {}  # better names
        self.settled: set[Name] = set()  # what has the right name already
        self.handles: list[weakref.ref[Symbol]] = []
        self._known: dict[Any, tuple[Name, Any]] = {}  # what need not be computed twice
        self._arrays: dict[int, tuple[Any, Name]] = {}  # constants by identity, kept alive
        self._equal: dict[Any, Name] = {}
        self._asked: set[int] = set()  # whose gradients are named when they come

    def input(self, name: str, data: Any) -> Symbol:
        """Return a symbol that is given."""
        symbol = Symbol(self, self.name(name), data)
        self.inputs[symbol.name] = data
        return symbol

    def wish(self, value: Any, name: str) -> None:
        """Note what a value is to be called, if nobody has called it anything yet."""
        symbol = raw(value)
        if type(symbol) is Symbol and symbol.tape is self and symbol.name not in self.settled:
            self.wishes.setdefault(symbol.name, name)

    def call(self, value: Any, name: str) -> None:
        """Note what a value, and its gradient when it comes, are to be called."""
        self.wish(value, name)
        if type(value) is Tensor and value._grad is not None:
            self.wish(value._grad, f"d{name}")
        elif type(value) is Tensor and value.requires_grad and value.count not in self._asked:
            self._asked.add(value.count)
            value.register_hook(functools.partial(self._call_gradient, name))

    def _call_gradient(self, name: str, g: Any) -> None:
        self.wish(g, f"d{name}")

    def name(self, wish: str) -> Name:
        """Return a name that nothing has yet: the one wished for, if possible."""
        text, k = wish, 1
        while text in self.taken:
            text, k = f"{wish}_{k}", k + 1
        self.taken.add(text)
        return Name(text)

    def record(
        self, op: Primitive, values: Sequence[Any], params: Mapping[str, Any] | None = None
    ) -> Any:
        """Write down one operation, and return its result."""
        params = dict(params or {})
        if (inner := innermost(self, values, params)) is not self:
            return inner.record(op, values, params)
        if not self.knows(op) and op not in self.opened:
            self.opened.add(op)
            try:
                return op.call(*values, **params)
            except CaptureError:
                if not op.home.startswith("autograd.rules"):
                    raise
                # compiled code has no definition in NumPy: the printer will refuse it by name
            finally:
                self.opened.remove(op)
        if (same := _unchanged(op, values, params)) is not None:
            return same
        if op.fn is setitem and _is_whole(*values, **params):
            return Symbol(self, values[1].name, values[1].data)
        if "index" in params:
            op, values, params = _with_slots(op, values, params)
            if _is_selecting(op, values):
                raise _refusal("an array whose size depends on values", "np.where(mask, x, 0)")
        args = tuple(self.argument(v) for v in values)
        key = (op, *map(key_of, args), *((k, key_of(v)) for k, v in params.items()))
        if key in self._known:
            return self._symbol(op, values, params, *self._known[key])
        with np.errstate(all="ignore"):
            data = op.call(*map(_plain, values), **params)
        if type(data) is complex:  # Python's, which 1j * np.float64(2) is
            numbers = [np.complex128(v) if type(v) is complex else v for v in values]
            return self.record(op, numbers, params)
        data = data[()] if type(data) is np.ndarray and data.ndim == 0 else data
        name = self.name(f"t{len(self.equations) + 1}")
        self.equations.append(Equation(name, op, args, params, data, self.is_sweeping()))
        self._known[key] = name, data
        return self._symbol(op, values, params, name, data)

    def _symbol(
        self, op: Primitive, values: Sequence[Any], params: Mapping[str, Any], name: Name, data: Any
    ) -> Symbol:
        """Return a result, which knows what it is a view of."""
        base = None
        if type(data) is np.ndarray and (data.base is not None or op.fn in VIEWS):
            symbols = [v for v in values if type(v) is Symbol]
            base = next((s for s in symbols if np.may_share_memory(s.data, data)), None)
        symbol = Symbol(self, name, data, base)
        symbol.at = params["index"] if base is not None and op is GETITEM else None
        return symbol

    def argument(self, value: Any) -> Any:
        """Return what stands for a value in an equation."""
        if type(value) is Symbol:
            if value.is_stale:
                raise _refusal("a view of an array that was written into since", "a copy of it")
            return value.name
        if np.ndim(value) == 0:
            return value[()] if type(value) is np.ndarray else value
        if id(value) not in self._arrays:
            array = np.array(value)
            key = array.dtype, array.shape, blake2b(array.tobytes()).digest()
            if key not in self._equal:
                self._equal[key] = self.name("k")
                self.constants[self._equal[key]] = array
            self._arrays[id(value)] = value, self._equal[key]
        return self._arrays[id(value)][1]

    def arrays(self) -> Iterator[tuple[int, Name]]:
        """Yield the identity of each array that was met, and the constant that it is."""
        for i, (_, name) in self._arrays.items():
            yield i, name


def _with_slots(op: Primitive, values: Any, params: dict[str, Any]) -> Any:
    """Make arguments of the symbols in an index."""
    index = params["index"]
    parts = index if type(index) is tuple else (index,)
    symbols = [i for i in parts if type(i) is Symbol]
    if not symbols:
        return op, values, params
    slots = iter(map(Slot, range(len(symbols))))
    parts = tuple(next(slots) if type(i) is Symbol else i for i in parts)
    index = parts if type(index) is tuple else parts[0]
    return PRIMITIVES[BY_ARRAYS[op.fn]], (*values, *symbols), {**params, "index": index}


NEUTRAL: dict[Any, Any] = {
    np.positive: None, np.copy: None, np.broadcast_to: None, np.reshape: None, np.expand_dims: None,
    astype: None, np.multiply: 1, np.divide: 1, np.power: 1, operator.pow: 1,
}  # fmt: skip
"""The operations that change nothing if the result is like the argument, beside such a number."""


def _unchanged(op: Primitive, values: Sequence[Any], params: Mapping[str, Any]) -> Any:
    """Return what an operation would only repeat, bit by bit."""
    if op.fn is np.bitwise_and and any(v is np.False_ for v in values):
        return None if any(np.ndim(_plain(v)) for v in values) else np.False_
    if op.fn not in NEUTRAL:
        return None
    x = next(v for v in values if type(v) is Symbol)
    if op.fn is np.copy and x.shape:
        return None
    rest, neutral = [v for v in values if v is not x], NEUTRAL[op.fn]
    if any(type(v) is Symbol for v in rest) or len(values) != 1 + (neutral is not None):
        return None
    if neutral is not None and (
        len(rest) != 1
        or not np.all(rest[0] == neutral)
        or (op.fn is not np.multiply and x is not values[0])
    ):
        return None
    like = op.call(*map(_plain, values), **params)
    same = (like.shape, like.dtype) == (x.shape, x.dtype)
    base = x if op.fn in VIEWS else None
    return Symbol(x.tape, x.name, x.data, base) if same else None


def _is_selecting(op: Primitive, values: Sequence[Any]) -> bool:
    """Tell whether a traced mask says how many elements there are: not where one fills them."""
    arrays = values[1:] if op.fn is gather else values[2:] if op.fn is place else ()
    masks = [v for v in arrays if type(v) is Symbol and v.dtype.kind == "b"]
    return bool(masks) and (op.fn is gather or np.ndim(values[1]) > 0)


def _is_whole(x: Any, v: Any, index: Any) -> bool:
    """Tell whether all of x becomes v."""
    return index is ... and type(v) is Symbol and (v.shape, v.dtype) == (x.shape, x.dtype)


def _is_sweeping() -> bool:
    """Tell whether a backward pass is on its way."""
    frame = sys._getframe(1)
    while frame.f_back and frame.f_code is not sweep.__code__:
        frame = frame.f_back
    return frame.f_code is sweep.__code__


def _plain(value: Any) -> Any:
    return value.data if type(value) is Symbol else value
