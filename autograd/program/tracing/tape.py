"""Tracing: what NumPy code does to a `Symbol` is written down as a list of equations."""

import functools
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import copy_context
from hashlib import blake2b
from threading import get_ident
from typing import Any

import numpy as np

from autograd.backward import sweep
from autograd.base.errors import plain
from autograd.base.modes import paused
from autograd.base.tree import kept, key_of
from autograd.functional import checkpoint
from autograd.interface.values import result_of
from autograd.mutation.versions import birth
from autograd.primitive import PRIMITIVES, Primitive
from autograd.program.equations import Equation, Name, Names, unit
from autograd.program.tracing.neutral import unchanged
from autograd.program.tracing.promotion import promoted
from autograd.program.tracing.symbol import CaptureError, Symbol, capture_error, example
from autograd.rules.neural import OPEN
from autograd.rules.shape import (
    BY_ARRAYS,
    DETACHED,
    VIEWS,
    cut_off,
    gather,
    parts_of,
    place,
    setitem,
    slotted,
)
from autograd.tensor import PLAIN, Tensor, raw
from autograd.transforms.outside import innermost
from autograd.transforms.standin import Standin


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

    def __init__(self, knows: Callable[[Primitive], bool] = lambda op: op.fn not in OPEN) -> None:
        self.knows = knows
        self.opened: set[Primitive] = set()  # what is its own definition is written all the same
        self.is_sweeping = _is_sweeping  # asked at each equation: `naming` meets the callers there
        self.since = birth()
        self._thread = get_ident()
        self.equations: list[Equation] = []
        self.inputs: dict[Name, Any] = {}
        self.constants: dict[Name, np.ndarray] = {}
        self._names = Names()
        self.wishes: dict[Name, str] = {}  # better names
        self.gradients: dict[Name, Name] = {}  # what is called after what it is the gradient of
        self.settled: set[Name] = set()  # what has the right name already
        self.handles: list[Callable[[], Symbol | None]] = []
        self._known: dict[Any, tuple[Name, Any]] = {}  # what need not be computed twice
        self._arrays: dict[int, tuple[Any, Name]] = {}  # met last as this constant; kept alive
        self._equal: dict[Any, Name] = {}
        self._asked: set[int] = set()  # whose gradients are named when they come
        self._silent = copy_context()  # NumPy does not warn of what it computes there
        self._silent.run(np.seterr, all="ignore")
        self._computing: Mapping[str, Any] | None = None  # the options of what is computed

    def input(self, name: str, data: Any) -> Symbol:
        """Return a symbol that is given."""
        symbol = Symbol(self, self.name(name), data)
        self.inputs[symbol.name] = data
        return symbol

    def wish(self, value: Any, name: str) -> None:
        """Note what a value is to be called, if nobody has called it anything yet."""
        symbol = raw(value)
        if self.is_open(symbol) and symbol.name not in self.gradients:
            self.wishes.setdefault(symbol.name, name)

    def wish_both(self, value: Any, name: str) -> None:
        """Note what a value, and its gradient when it comes, are to be called."""
        self.wish(value, name)
        symbol = raw(value)
        if type(value) is not Tensor or type(symbol) is not Symbol:
            return
        if value._grad is not None:
            self.wish_gradient(symbol.name, value._grad)
        elif value.requires_grad and value.count not in self._asked:
            self._asked.add(value.count)
            value.register_hook(functools.partial(self.wish_gradient, symbol.name))

    def wish_gradient(self, of: Name, g: Any) -> None:
        """Note what a value is the gradient of, after which it is to be called: a hook of that."""
        symbol = raw(g)
        if self.is_open(symbol) and symbol.name not in self.wishes:
            self.gradients.setdefault(symbol.name, of)

    def is_open(self, symbol: Any) -> bool:
        """Tell whether a value of ours may be called otherwise."""
        ours = type(symbol) is Symbol and symbol.tape is self
        return ours and symbol.name not in self.settled

    def name(self, wish: str) -> Name:
        """Return a name that nothing has yet: the one wished for, if possible."""
        return Name(self._names.take(wish))

    def record(
        self, op: Primitive, values: Sequence[Any], params: Mapping[str, Any] | None = None
    ) -> Any:
        """Write down one operation, and return its result: under no_grad, without history."""
        y = self._recorded(op, values, params)
        if paused and get_ident() in paused and op is not DETACHED and not self.is_sweeping():
            return cut_off(y)
        return y

    def _recorded(
        self, op: Primitive, values: Sequence[Any], params: Mapping[str, Any] | None
    ) -> Any:
        if get_ident() != self._thread:  # where tensors from outside would be constants
            raise capture_error("the work of another thread", "the same loop without threads")
        params = dict(params or {})
        weak = False
        for v in (*values, *parts_of(params["index"])) if "index" in params else values:
            if type(v) is Symbol and v.tape is self:
                weak = weak or v.weak
                v.refuse_stale()
            elif type(v) not in PLAIN:
                if (inner := innermost(self, values, params)) is not self:
                    return inner.record(op, values, params)
                self.check(v)
        if (rewound := op.fn is checkpoint) or (not self.knows(op) and op not in self.opened):
            self.opened.add(op)
            known = self._known
            if rewound:  # nothing of it waits for the backward pass, which computes it again
                self._known = {**known}
            try:
                return op.definition(*values, **params)
            except CaptureError:
                if not op.home.startswith("autograd.rules"):
                    raise
                # compiled code has no definition in NumPy: the printer will refuse it by name
            finally:
                self.opened.remove(op)
                self._known = known
        if weak and (op.elementwise or op.fn is setitem):
            values, weak = promoted(op, values)
        weak = weak and op.elementwise
        if (same := unchanged(op, values, params, weak)) is not None:
            return same
        if op.fn is setitem and _is_whole(*values, **params):
            return Symbol(self, values[1].name, values[1].example)
        if "index" in params:
            params["index"], arrays = slotted(params["index"])
            if arrays:
                op, values = PRIMITIVES[BY_ARRAYS[op.fn]], (*values, *arrays)
            if _is_selecting(op, values):
                raise capture_error("an array whose size depends on values", "np.where(mask, x, 0)")
        args = tuple([v.name if type(v) is Symbol else self.argument(v) for v in values])
        what = [a if type(a) is Name else key_of(a) for a in args]
        key = op, *what, *map(key_of, params.items())
        if key in self._known:
            return self._symbol(op, values, params, *self._known[key], weak)
        data = self._example(op, values, params)
        if complex in map(type, values) and type(data) in (bool, complex):  # as of 1j * x
            numbers = [np.complex128(v) if type(v) is complex else v for v in values]
            return self._recorded(op, numbers, params)
        data = data if hasattr(data, "dtype") else result_of(op.name, data)
        data = data[()] if type(data) is np.ndarray and data.ndim == 0 else data
        name = self.name(f"t{len(self.equations) + 1}")
        options = {k: kept(v) for k, v in params.items()}
        self.equations.append(Equation(name, op, args, options, data, self.is_sweeping()))
        self._known[key] = name, data
        return self._symbol(op, values, params, name, data, weak)

    def _example(self, op: Primitive, values: Sequence[Any], params: Mapping[str, Any]) -> Any:
        """Compute an operation of the example values."""
        if self._computing is not None:  # from inside of what runs below
            for name, option in self._computing.items():
                if type(option) is Symbol:
                    instead = f"{name} as a keyword argument of the function, which is constant"
                    raise capture_error(f"{name}= of a traced number", instead)
            raise capture_error(
                "a primitive that uses a traced value which it is not given",
                "that value as an argument of the primitive",
            )
        self._computing, data = params, [example(v) for v in values]
        try:
            return self._silent.run(op.call, *data, **params)
        except np.linalg.LinAlgError:
            if any(map(np.any, self.inputs.values())):  # those of a loaded program are zeros
                raise
            return self._silent.run(op.call, *map(unit, data), **params)
        finally:
            self._computing = None

    def _symbol(
        self,
        op: Primitive,
        values: Sequence[Any],
        params: Mapping[str, Any],
        name: Name,
        data: Any,
        weak: bool,
    ) -> Symbol:
        """Return a result, which knows what it is a view of."""
        symbol = Symbol(self, name, data)
        symbol.weak = weak and symbol.dtype.kind != "b"
        if type(data) is np.ndarray and (data.base is not None or op.fn in VIEWS):
            for v in values:
                if type(v) is Symbol and np.may_share_memory(v.example, data):
                    symbol.look(v, op, params)
                    break
        return symbol

    def argument(self, value: Any) -> Any:
        """Return what stands for a value in an equation."""
        if type(value) is Symbol:
            value.refuse_stale()
            return value.name
        if np.ndim(value) == 0:
            return value[()] if type(value) is np.ndarray else value
        (_, name), array = self._arrays.get(id(value), (None, None)), np.asarray(value)
        if name is None or not _is_same(array, self.constants[name]):  # it was written into
            if array.dtype.kind not in "biufc":
                raise capture_error(f"an array of {array.dtype}", "arrays of numbers")
            array = np.array(array)
            key = array.dtype, array.shape, blake2b(array.tobytes()).digest()
            if key not in self._equal:
                self._equal[key] = self.name("k")
                self.constants[self._equal[key]] = array
            self._arrays[id(value)] = value, (name := self._equal[key])
        return name

    def check(self, value: Any) -> None:
        """Raise for arrays of another arithmetic, and for what stands for an array elsewhere."""
        if isinstance(plain(value), Standin) and value.tape is not self:  # its name may be ours too
            what = "a value of the map or the capture around it"
            raise capture_error(what, "that value as an argument of the captured function")

    def arrays(self) -> Iterator[tuple[int, Name]]:
        """Yield the identity of each array that was met, and the constant that it is."""
        for i, (_, name) in self._arrays.items():
            yield i, name


def _is_same(x: np.ndarray, y: np.ndarray) -> bool:
    """Tell whether two arrays are one bit by bit."""
    alike = (x.shape, x.dtype) == (y.shape, y.dtype)
    return alike and np.array_equal(x.ravel().view(np.uint8), y.ravel().view(np.uint8))


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
