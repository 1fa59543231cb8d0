"""A run of a function on symbols: what it reads and writes outside of itself, and what it names.

While it runs, this thread reads and writes the tensors that the function did not make through the
run: each becomes an input when it is first read.
"""

import inspect
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.program.tracing.arguments import identifier
from autograd.program.tracing.callers import Callers, is_users
from autograd.program.tracing.symbol import Symbol, capture_error
from autograd.program.tracing.tape import Tape
from autograd.provenance.names import names_in
from autograd.tensor import Tensor, raw
from autograd.transforms.outside import DATA, Reader
from autograd.transforms.pullback import owner

if TYPE_CHECKING:
    from autograd.program.equations import Name


@dataclass(slots=True)
class Met:
    """A tensor from outside that a function has met.

    Attributes
    ----------
    name : the input that it is.
    held : the array that it had.
    before : the gradient that it had.
    first : what that array holds at present.
    other : what the array is that it was given instead.
    is_anew : whether its gradient was assigned, as by zero_grad.
    is_summed : whether its gradient was read, and not assigned before.
    """

    name: "Name"
    held: Any
    before: Any
    first: Symbol
    other: Any = None
    is_anew: bool = False
    is_summed: bool = False

    @property
    def data(self) -> Any:
        """What its data is at present."""
        return self.first if self.other is None else self.other

    @property
    def is_written(self) -> bool:
        """Whether the array that it had holds other numbers now."""
        return type(self.first) is not Symbol or self.first.name != self.name


class Run(Reader):
    """One run of a function on symbols.

    Attributes
    ----------
    met : the tensors from outside that the function has read or written.
    refusals : the errors that were raised; a function may have caught them.
    """

    def __init__(self, f: Callable[..., Any]) -> None:
        super().__init__()
        inner = inspect.unwrap(f)
        self.inner = inner if inner is not f and hasattr(inner, "__name__") else None
        self.refusals: list[Exception] = []
        self.tape = Tape()
        self.given: dict[Name, Name] = {}  # the gradients of arguments, that a transform returns
        self.modules: list[Any] = []
        self.met: dict[Tensor, Met] = {}
        self.memory: dict[int, list[Tensor]] = {}  # by the arrays that they are views of

    def read(self, t: Tensor, data: Any) -> Any:
        """Make an input of a tensor from outside, when it is first read."""
        known = self.met.get(t)
        if type(data) is Symbol or (known is None and t.count > self.since):
            return data
        if known is None:
            symbol = self.tape.input("p", np.asarray(data)[()])
            known = self.met[t] = Met(symbol.name, held=data, before=t._grad, first=symbol)
            self.left[t] = None
            self.memory.setdefault(id(owner(data)), []).append(t)
        alike = self.memory[id(owner(known.held))]
        if len(alike) > 1 and known.other is None:
            self._refuse_written(t, alike)
        return known.data

    def _refuse_written(self, t: Tensor, alike: Sequence[Tensor]) -> None:
        """Refuse to read a tensor when another one that shares its memory was written into."""
        mine = self.met[t].held
        for u in alike:
            other = self.met[u]
            if u is not t and other.is_written and np.shares_memory(mine, other.held):
                name = t.name or "old"
                raise capture_error(
                    "reading a tensor whose memory another one was written into",
                    f"{name}.clone() in the place of {name}.detach(), or of another view",
                )

    def write(self, t: Tensor, value: Any) -> None:
        """Keep what a tensor from outside becomes for when the program runs."""
        if t not in self.met and getattr(t, "count", self.since) >= self.since:
            DATA.__set__(t, value)
            return
        before = t.data  # an input, even if it is only written
        known = self.met[t]
        part = getattr(value, "base", None) is before and value.at is ...
        same = part or value is before  # t.data -= 1
        replaces = not same and is_users(sys._getframe(2).f_code.co_filename)  # no t -= 1
        if replaces or known.other is not None:
            known.other = value
        else:
            known.first = value

    def assigned(self, t: Tensor) -> None:
        """Note that the function forgets the gradient of a tensor, or sets it."""
        if known := self._known(t):
            known.is_anew = True

    def looked(self, t: Tensor) -> None:
        """Note that the function reads a gradient; refuse to miss the one of before."""
        if (known := self._known(t)) and not known.is_anew:
            known.is_summed = True
            if self.left[t] is None and known.before is not None:
                what, name = "reading a gradient that was there before the call", t.name or "w"
                instead = f"{name}.grad as an argument; {name}.grad = None in the function, first"
                raise capture_error(what, instead)

    def _known(self, t: Tensor) -> Met | None:
        """Keep the gradient of a tensor from outside for later; return what is known of one."""
        if t in self.met or t.count < self.since:
            t.data  # noqa: B018  # an input
        return self.met.get(t)

    def changed(self) -> Iterator[tuple[Tensor, str, Any]]:
        """Yield what the function writes into tensors from outside, and what it replaces there."""
        for t, known in self.met.items():
            if known.is_written:
                yield t, "data", known.first
            if known.other is not None:
                yield t, "new data", known.other

    def shared(self) -> Iterator[Tensor]:
        """Yield what has an array now that is an argument's, or that of another such tensor."""
        for t, known in self.met.items():
            if known.other is not None and (y := owner(known.other)).shape:
                others = [x.data for u, x in self.met.items() if u is not t]
                if getattr(y, "given", None) or any(y is x for x in others):
                    yield t

    def look(self, frame: FrameType) -> None:
        """See what a function of the user's calls its values."""
        for name, value in list(frame.f_locals.items()):
            if type(value) is Symbol or (type(value) is Tensor and value not in self.met):
                self.tape.wish_both(value, name)

    def look_outside(self, frame: FrameType) -> None:
        """See what it calls the tensors and the arrays from outside."""
        arrays = [*self.tape.arrays()]
        called = names_in(frame) if self.met or arrays else {}
        for t, known in self.met.items():
            if name := called.get(id(t)):  # of the outermost: net.fc1.weight, not self.fc1.weight
                self.tape.wishes[known.name] = identifier(name)
        for key, constant_name in arrays:
            if key in called:
                self.tape.wishes.setdefault(constant_name, identifier(called[key]))

    def name_gradients(self) -> None:
        """Call the gradients of tensors from outside after them, where they have no name yet."""
        for t, known in self.met.items():
            if known.name in self.tape.wishes and t._grad is not None:
                self.tape.wish_gradient(known.name, t._grad)
        self.tape.gradients |= {g: x for g, x in self.given.items() if g not in self.tape.wishes}

    def returned(self, f: Callable[..., Any], result: Any) -> None:
        """Call what the function inside of a transform returned by the function's name."""
        if f is self.inner and f.__name__.isidentifier():
            self.tape.wish(result, f.__name__)

    def pulled(self, variable: Tensor, gradient: Any) -> None:
        """Call the gradient of an argument after that, whatever else it is the gradient of."""
        x, g = raw(variable), raw(gradient)
        if self.tape.is_open(g) and type(x) is Symbol and x.name in self.tape.inputs:
            self.given.setdefault(g.name, x.name)

    def called(self, module: Any) -> None:
        """Remember what was called that has a mode."""
        self.modules.append(module)

    def refused(self, error: Exception) -> None:
        """Remember an error, which counts even if the function catches it."""
        self.refusals.append(error)


@contextmanager
def naming(run: Run, outside: CodeType) -> Iterator[None]:
    """Find out what the user's functions, which the code `outside` called, call their values."""
    callers = Callers(run.look, outside)
    alone, run.tape.is_sweeping = run.tape.is_sweeping, callers.meet
    try:
        yield
        for frame in callers:
            run.look(frame)
        for frame in reversed([*callers]):
            run.look_outside(frame)
        run.name_gradients()
    finally:
        run.tape.is_sweeping = alone
        callers.forget()
