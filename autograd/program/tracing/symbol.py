"""Symbols: names for arrays, which NumPy code takes for arrays.

A symbol has a name, a shape and a dtype, and an example value, but it is no number: Python cannot
branch on it. Code that only calls NumPy does not notice the difference: the rules of the table, the
engine, the user's function. What it does is written down by the `Tape` of the symbol.
"""

import operator
import sys
import weakref
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.base.errors import ROOMS, line_within, refusal, user_frame
from autograd.mutation.versions import birth
from autograd.primitive import (
    CREATORS,
    PRIMITIVES,
    QUERIES,
    full_name,
)
from autograd.program.equations import Name
from autograd.tensor import Tensor, record
from autograd.transforms.batching import ABOUT_SHAPES
from autograd.transforms.outside import here
from autograd.transforms.standin import Standin

if TYPE_CHECKING:
    from autograd.program.tracing.tape import Tape

POWER = PRIMITIVES[operator.pow]
DEFINITE: dict[Any, Any] = {np.empty: np.zeros, np.empty_like: np.zeros_like}
"""What makes an array that is the same in each capture."""


class CaptureError(RuntimeError):
    """A function does what no program of equations can do."""


def capture_error(what: str, instead: str) -> CaptureError:
    frame, inner = user_frame(), sys._getframe(1)
    while inner.f_back and inner is not frame:
        if inner.f_globals.get("__name__", "").startswith("nn.optim"):
            instead = "the optimizer's step outside of the function, after the program"
        inner = inner.f_back
    line = line_within(frame.f_code, frame.f_lineno)
    error = refusal(CaptureError, f"a program cannot hold {what}", line, instead)
    if here.reader is not None:
        here.reader.refused(error)
    return error


class Symbol(Standin):
    """A name for an array, in the place of the array.

    Attributes
    ----------
    example : its value for the example inputs.
    weak : whether it stands for a number of Python's, which takes the dtype of what it meets.
    """

    __slots__ = ("example", "name", "weak")

    kind, outside = "traced", "a traced value into an array of numbers"
    refusal = staticmethod(capture_error)
    array_instead = (
        "NumPy's functions of the value itself, as A @ x for A.dot(x); autograd.numpy.array([...]) "
        "of lists with it; np.zeros(shape, like=x) to write into; for table[i], the table as an "
        "argument"
    )
    number_instead = (
        "NumPy's functions of the value itself: np.sin(x) for math.sin(x); "
        "functools.partial(f, n=3) in the place of f, where n counts: range(n), x[:n]; "
        "np.zeros(shape, like=x) for an array to write into"
    )

    def __init__(self, tape: "Tape", name: Name, data: Any) -> None:
        super().__init__(tape)
        self.name, self.example = name, data
        self.weak = False
        tape.handles.append(weakref.ref(self))

    @property  # type: ignore[misc]  # what isinstance asks beside the type
    def __class__(self) -> type:
        """For the user's code, that of the array: what asks isinstance(x, np.ndarray) gets it."""
        ours = sys._getframe(1).f_code.co_filename.startswith(ROOMS)
        return Symbol if ours else type(self.example)

    known = property(lambda self: self.example, doc="Its value for the example inputs.")

    def lift(self, array: np.ndarray) -> "Symbol":
        """Return the symbol of a constant."""
        return Symbol(self.tape, self.tape.argument(array), array)

    def without_row(self, fn: Any, method: str, args: Any, kwargs: Any) -> Any:
        """Answer about shapes, make arrays; refuse by name whatever else has no row."""
        if fn in CREATORS or fn in ABOUT_SHAPES:
            fn = DEFINITE.get(fn, fn)
            made = fn(*map(_given, args), **{k: _given(v) for k, v in kwargs.items()})
            may_be_written = fn in CREATORS and made.ndim and made.dtype.kind in "fc"
            return self.lift(made) if may_be_written else made
        if method:
            what = f"{full_name(fn)}.{method} with {sorted(kwargs)}"
            raise capture_error(what, "plain calls of NumPy")
        what, instead = "has no row in autograd/rules", "a rule with @autograd.primitive"
        if fn in QUERIES:
            what, instead = (
                "asks about numbers",
                "np.where(mask, x, 0) and other functions of arrays",
            )
        raise capture_error(f"{full_name(fn)}, which {what}", instead)

    @property
    def state(self) -> Name:
        """Its name: who writes into it gives it another one."""
        return self.name

    def put(self, y: "Symbol") -> None:
        """Take over another one's name and value."""
        self.name, self.example, self.written = y.name, y.example, birth()

    def __copy__(self) -> Any:
        return self if self.weak else super().__copy__()  # an array would have a dtype

    def __pow__(self, other: Any) -> Any:
        return self._power(self, other)  # x**2 is faster than np.power(x, 2), and rounds otherwise

    def __rpow__(self, other: Any) -> Any:
        return self._power(other, self)

    def _power(self, base: Any, exponent: Any) -> Any:
        if type(base) is Tensor or type(exponent) is Tensor:
            return record(POWER, (base, exponent))
        return self.tape.record(POWER, (base, exponent))

    def __repr__(self) -> str:
        return f"<{self.name}: {self.dtype} {self.shape}>"


def example(value: Any) -> Any:
    return value.example if type(value) is Symbol else value


def _given(value: Any) -> Any:
    """Return an example as the function gets it otherwise: a number of Python's is one."""
    return value.example.item() if type(value) is Symbol and value.weak else example(value)
