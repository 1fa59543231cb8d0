"""What stands for an array while a function is captured, or mapped over a batch.

It is written into by becoming another value. A view knows what it is a part of, and writes there.
"""

import operator
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, NoReturn, Self

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from autograd.base.errors import plain
from autograd.base.tree import key_of
from autograd.base.usage import asking, instead_of_array
from autograd.interface.dispatch import by_method, composed, guarded
from autograd.interface.methods import Methods, read_only
from autograd.interface.values import plain_index
from autograd.mutation.holders import DATA_ALONE, getrefcount
from autograd.mutation.inplace import INPLACE, into
from autograd.primitive import COMPOSITES, PRIMITIVES, Primitive, beyond, has_row
from autograd.rules.shape import VIEWS, astype, cut_off, is_basic, setitem
from autograd.rules.ufuncs import METHODS
from autograd.tensor import GETITEM, PLAIN, Tensor


class Standin(Methods, NDArrayOperatorsMixin):
    """What NumPy and the user's code see in the place of an array.

    Attributes
    ----------
    kind, outside : how errors call it, and an array that is none.
    array_instead, number_instead : what to write instead of asking for an array, or a number.
    refusal : makes the error of what cannot be done, and what to write instead.
    tape : what does the operations on it.
    known : the numbers behind it: those of an example, or of a whole batch, along one more axis.
    written : the birth number of when it was written into without recording; 0 if it was not.
    given : why it may not be written into, and what to write instead; None where it may.
    base, of : what it is a view of, if anything, and the state of that when it was looked at.
    at : by which index it is that view, if by any.
    """

    __slots__ = ("__weakref__", "at", "base", "given", "of", "tape", "written")

    kind: ClassVar[str]
    outside: ClassVar[str]
    array_instead: ClassVar[str]
    number_instead: ClassVar[str]
    refusal: ClassVar[Callable[..., Exception]]
    op, requires_grad = None, False  # as of a Tensor without history

    def __init__(self, tape: Any) -> None:
        self.tape = tape
        self.base: Standin | None = None
        self.given: tuple[str, str] | None = None
        self.written = 0
        self.of: Any = None
        self.at: Any = None

    @property
    def state(self) -> Any:
        """An object that is another one whenever it was written into."""
        raise NotImplementedError

    def put(self, y: Any) -> None:
        """Take over another one's value."""
        raise NotImplementedError

    def lift(self, array: np.ndarray) -> Any:
        """Return the stand-in of an array, on the same tape."""
        raise NotImplementedError

    def without_row(self, fn: Any, method: str, args: Any, kwargs: Any) -> Any:
        """Do, or refuse, what no row says; `method` is that of a ufunc, or nothing."""
        raise NotImplementedError

    # ── what NumPy asks ────────────────────────────────────────────────────────────────────────
    def __array_ufunc__(self, fn: np.ufunc, method: str, *args: Any, **kwargs: Any) -> Any:
        if Tensor in map(type, args):
            return NotImplemented
        if "out" not in kwargs:
            return self._result(fn, method, args, kwargs)
        out, *more = kwargs.pop("out")
        where = kwargs.pop("where", True) if method == "__call__" else True
        args = args if where is True else guarded(fn, args, where)
        y = self._result(fn, method, args, kwargs)
        if more or type(out) is not type(self):
            raise self.refusal(f"writing {self.outside}", "x = x + y")
        return out.become(y, where)

    def _result(self, fn: np.ufunc, method: str, args: Any, kwargs: Any) -> Any:
        args = tuple(map(plain, args))
        known = has_row(fn)  # which enters SciPy's rows
        if known and method in METHODS:
            return by_method(fn, method, args, kwargs)
        if known and method == "__call__" and not kwargs:
            row = PRIMITIVES.get(fn)
            return composed(fn, args, kwargs) if row is None else self.tape.record(row, args)
        return self.without_row(fn, method, args, kwargs)

    def __array_function__(self, fn: Callable[..., Any], types: Any, args: Any, kwargs: Any) -> Any:
        if Tensor in types:
            return NotImplemented
        if not has_row(fn):
            return self.without_row(fn, "", args, kwargs)
        if "out" in kwargs:
            given = {k: v for k, v in kwargs.items() if k != "out"}
            return into(kwargs["out"], self.__array_function__(fn, types, args, given))
        if fn in COMPOSITES:
            args = tuple(map(plain, args))
            y = composed(fn, args, kwargs)
            return self._unwrapped(y) if type(y) is Tensor else y  # what is made ``like=`` this
        op = PRIMITIVES[fn]
        values, params = op.arguments(args, kwargs)
        out, definition = params.pop("out", None), beyond(op, params)
        y = definition(*values, **params) if definition else self.tape.record(op, values, params)
        return into(out, y)

    def _unwrapped(self, y: Tensor) -> Any:
        """Return what stands for the array, where there is no history."""
        if y.requires_grad:
            return y
        return y.data if hasattr(y.data, "tape") or not y.shape else self.lift(y.data)

    def __array__(self, *args: Any, **kwargs: Any) -> NoReturn:
        home, name = asking()
        does = f", as {home}.{name} does" if name else ""
        instead = instead_of_array(home, name) if home else self.array_instead
        raise self.refusal(f"making an array of a {self.kind} value{does}", instead)

    def become(self, y: Any, where: Any = True) -> Self:
        """Be another value from now on, there at least: what writing in place means."""
        if self.given is not None:
            raise self.refusal(*self.given)
        if where is not True:
            y = np.where(where, y, self)
        if type(y) is Tensor:
            raise self.refusal(
                "writing a Tensor into a value without gradients", "np.stack([...]) or np.where"
            )
        new = "x = x + y, which makes a new value"
        if y.tape is not self.tape:
            raise self.refusal("writing a mapped value into one that is the same for all", new)
        if y.shape != self.shape or not np.can_cast(y.dtype, self.dtype, "same_kind"):
            have, want = (f"{x.dtype} {x.shape}" for x in (y, self))
            raise self.refusal(f"putting {have} in the place of {want}", new)
        y = y if y.dtype == self.dtype else astype(y, dtype=self.dtype)
        if self.at is None and not self.is_stale and self._is_apart:
            self.base = None
        if self.base is not None:
            if self.at is None or self.is_stale:
                raise self.refusal(
                    "writing into a view that was reshaped or turned", "a copy of it"
                )
            self.base[self.at] = y
            self.of = self.base.state
        self.put(y)
        return self

    # ── views ──────────────────────────────────────────────────────────────────────────────────
    def look(self, base: "Standin | None", op: Primitive, params: Any) -> None:
        """Remember to be a view of another one, by such an operation."""
        self.base, self.of = base, None if base is None else base.state
        self.at = params["index"] if base is not None and op is GETITEM else None

    def lend(self, part: "Standin") -> "Standin":
        """Return a part, as the data of a tensor: who writes into it writes into this, too."""
        if self.shape:  # numbers are not written into
            part.base, part.of, part.at = self, self.state, ...
        return part

    @property
    def is_stale(self) -> bool:
        """Whether the array that it is a view of has changed since."""
        base = self.base
        return base is not None and (base.state is not self.of or base.is_stale)

    @property
    def _is_apart(self) -> bool:
        """Whether nobody else refers to what it is a view of: then it may as well be a copy."""
        x = self
        while x.base is not None and getrefcount(x.base) <= DATA_ALONE:
            x = x.base
        return x.base is None

    def refuse_stale(self) -> None:
        """Raise where it would be used, and has not what it is a view of."""
        if self.base is not None and self.is_stale:
            raise self.refusal(
                "using a view of an array that was written into since", "a copy of it"
            )

    def __getitem__(self, index: Any) -> Any:
        if type(index) is tuple and not index and self.ndim:
            return self  # so [()], which makes a number of what has no axes, leaves no trace
        return self.tape.record(GETITEM, (self,), {"index": plain_index(index)})

    def __setitem__(self, index: Any, value: Any) -> None:
        mine = isinstance(value, Standin) and value.base is self and not value.is_stale
        if mine and value.at is not None and key_of(value.at) == key_of(index):
            return  # x[i] += 1 has written into x already
        self.become(setitem(self, value, index=plain_index(index)))

    def __copy__(self) -> Any:
        return np.copy(self)

    def __deepcopy__(self, _: Any) -> Any:
        return self.__copy__()  # that of the attributes would copy the tape

    # ── what only a number can answer ──────────────────────────────────────────────────────────
    def __bool__(self) -> bool:
        raise self.refusal(f"branching on a {self.kind} value", "np.where(condition, a, b)")

    def item(self) -> Any:
        """Refuse: there is no number yet, or as many as examples."""
        raise self.refusal(f"reading a {self.kind} value as a number", self.number_instead)

    # whatever type they should return, they return nothing
    tolist = numpy = __float__ = __int__ = __index__ = __complex__ = item  # type: ignore[assignment]

    def _record(self, op: Primitive, values: Sequence[Any], params: dict[str, Any]) -> Any:
        """Let `primitive` find the tape."""
        for v in values:
            if type(v) is Tensor:
                return v._record(op, tuple(values), params)
        return self.tape.record(op, values, params)

    # ── what a Tensor has, too ─────────────────────────────────────────────────────────────────
    known: Any
    example: Any  # an array like it
    shape: tuple[int, ...] = read_only(lambda self: self.example.shape, "The lengths of the axes.")
    ndim: int = read_only(lambda self: self.example.ndim, "The number of axes.")
    dtype: np.dtype[Any] = read_only(lambda self: self.example.dtype, "NumPy's dtype.")
    nbytes: int = read_only(lambda self: self.example.nbytes, "The bytes of the elements.")

    @property
    def data(self) -> Any:
        """The values alone, as those of a Tensor: no derivative goes through them."""
        return cut_off(self)

    __hash__ = object.__hash__


def _operator(name: str, fn: np.ufunc) -> Callable[[Any, Any], Any]:
    """Return an operator that goes to the tape: by way of NumPy's protocol it takes 3 µs more."""
    op, protocol = PRIMITIVES[fn], getattr(NDArrayOperatorsMixin, name)
    reflected = name.startswith("__r")

    def method(x: Any, y: Any) -> Any:
        if type(y) is type(x) or type(y) in PLAIN:
            return x.tape.record(op, (y, x) if reflected else (x, y))
        return protocol(x, y)

    return method


ARITHMETIC = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "truediv": np.divide,
    "matmul": np.matmul,
}  # fmt: skip
for _name, _fn in ARITHMETIC.items():
    for _method in (f"__{_name}__", f"__r{_name}__"):
        setattr(Standin, _method, _operator(_method, _fn))


def _in_place(name: str) -> Callable[[Any, Any], Any]:
    """Return an operator such as ``x += y``: of a number it makes another one."""
    write = getattr(NDArrayOperatorsMixin, name)
    compute = getattr(operator, name.replace("i", "", 1))
    return lambda x, y: write(x, y) if x.shape else compute(x, y)


for _name in INPLACE:
    setattr(Standin, _name, _in_place(_name))


def is_view(op: Primitive, params: Any) -> bool:
    """Tell whether an operation returns the same elements, where it can."""
    return is_basic(params["index"]) if op is GETITEM else op.fn in VIEWS
