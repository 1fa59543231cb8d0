"""A run of a function on symbols: what it reads and writes outside of itself, and what it names.

While it runs, this thread reads and writes the tensors that the function did not make through the
run: each becomes an input when it is first read.
"""

import inspect
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.program.tracing.arguments import identifier
from autograd.program.tracing.callers import Callers, is_users
from autograd.program.tracing.symbol import Symbol, capture_error
from autograd.program.tracing.tape import Tape
from autograd.provenance.names import names_in
from autograd.tensor import Tensor
from autograd.transforms.outside import DATA, Reader
from autograd.transforms.pullback import owner

if TYPE_CHECKING:
    from autograd.program.equations import Name


class Run(Reader):
    """One run of a function on symbols.

    Attributes
    ----------
    names : the input that is each tensor from outside that the function has read.
    data : what such a tensor's data is at present; in `left` are their gradients, None at first.
    refusals : the errors that were raised; a function may have caught them.
    """

    def __init__(self, f: Callable[..., Any]) -> None:
        super().__init__()
        inner = inspect.unwrap(f)
        self.inner = inner if inner is not f and hasattr(inner, "__name__") else None
        self.refusals: list[Exception] = []
        self.tape = Tape()
        self.modules: list[Any] = []
        self.names: dict[Tensor, Name] = {}
        self.data: dict[Tensor, Any] = {}
        self.held: dict[Tensor, Any] = {}  # what it was at first
        self.memory: dict[int, list[Tensor]] = {}  # by the arrays that they are views of
        self.before: dict[Tensor, Any] = {}  # its gradient before the call
        self.replaced: dict[Tensor, Any] = {}  # the data of those which got another array
        self.anew: set[Tensor] = set()  # those whose gradients were assigned, as by zero_grad
        self.summed: set[Tensor] = set()  # those whose gradients were read, and not assigned before

    def read(self, t: Tensor, data: Any) -> Any:
        """Make an input of a tensor from outside, when it is first read."""
        if type(data) is Symbol or (t.count > self.since and t not in self.names):
            return data
        if t not in self.names:
            self.data[t] = self.tape.input("p", np.asarray(data)[()])
            self.names[t] = self.data[t].name
            self.before[t], self.left[t] = t._grad, None
            self.memory.setdefault(id(owner(data)), []).append(t)
            self.held[t] = data
        alike = self.memory[id(owner(self.held[t]))]
        if len(alike) > 1:
            self._refuse_written(t, alike)
        return self.data[t]

    def _refuse_written(self, t: Tensor, alike: Sequence[Tensor]) -> None:
        """Refuse to read a tensor when another one that shares its memory was written into."""
        mine = self.held[t]
        for u in alike if t not in self.replaced else ():
            if u is not t and self._is_written(u) and np.shares_memory(mine, self.held[u]):
                name = t.name or "old"
                raise capture_error(
                    "reading a tensor whose memory another one was written into",
                    f"{name}.clone() in the place of {name}.detach(), or of another view",
                )

    def write(self, t: Tensor, value: Any) -> None:
        """Keep what a tensor from outside becomes for when the program runs."""
        if t in self.names or getattr(t, "count", self.since) < self.since:
            before = t.data  # an input, even if it is only written
            part = getattr(value, "base", None) is before and value.at is ...
            same = part or value is before  # t.data -= 1
            if not same and is_users(sys._getframe(2).f_code.co_filename):  # no t -= 1
                self.replaced.setdefault(t, before)
            self.data[t] = value
        else:
            DATA.__set__(t, value)

    def assigned(self, t: Tensor) -> None:
        """Note that the function forgets the gradient of a tensor, or sets it."""
        if self._hides_gradient(t):
            self.anew.add(t)

    def looked(self, t: Tensor) -> None:
        """Note that the function reads a gradient; refuse to miss the one of before."""
        if self._hides_gradient(t) and t not in self.anew:
            self.summed.add(t)
            if self.left[t] is None and self.before[t] is not None:
                what, name = "reading a gradient that was there before the call", t.name or "w"
                instead = f"{name}.grad as an argument; {name}.grad = None in the function, first"
                raise capture_error(what, instead)

    def _hides_gradient(self, t: Tensor) -> bool:
        """Keep the gradient of a tensor from outside for later; tell whether it is one."""
        outside = t in self.names or t.count < self.since
        if outside:
            t.data  # noqa: B018  # an input
        return outside

    def changed(self) -> Iterator[tuple[Tensor, str, Any]]:
        """Yield what the function writes into tensors from outside, and what it replaces there."""
        for t, y in self.data.items():
            if self._is_written(t):
                yield t, "data", self.replaced.get(t, y)
            if t in self.replaced:
                yield t, "new data", y

    def shared(self) -> Iterator[Tensor]:
        """Yield what has an array now that is an argument's, or that of another such tensor."""
        for t in self.replaced:
            y = owner(self.data[t])
            if y.shape and (
                getattr(y, "given", None) or any(y is x for u, x in self.data.items() if u is not t)
            ):
                yield t

    def _is_written(self, t: Tensor) -> bool:
        """Tell whether the array that a tensor had at first holds other numbers now."""
        y = self.replaced.get(t, self.data[t])
        return type(y) is not Symbol or y.name != self.names[t]

    def look(self, frame: FrameType) -> None:
        """See what a function of the user's calls its values."""
        for name, value in list(frame.f_locals.items()):
            if type(value) is Symbol or (type(value) is Tensor and value not in self.names):
                self.tape.wish_both(value, name)

    def look_outside(self, frame: FrameType) -> None:
        """See what it calls the tensors and the arrays from outside."""
        arrays = [*self.tape.arrays()]
        called = names_in(frame) if self.names or arrays else {}
        for t, known in self.names.items():
            if name := called.get(id(t)):  # of the outermost: net.fc1.weight, not self.fc1.weight
                self.tape.wishes[known] = identifier(name)
        for key, constant_name in arrays:
            if key in called:
                self.tape.wishes.setdefault(constant_name, identifier(called[key]))

    def name_gradients(self) -> None:
        """Call the gradients of tensors from outside after them, where they have no name yet."""
        for t, known in self.names.items():
            if known in self.tape.wishes and t._grad is not None:
                self.tape.wish(t._grad, f"d{self.tape.wishes[known]}")

    def returned(self, f: Callable[..., Any], result: Any) -> None:
        """Call what the function inside of a transform returned by the function's name."""
        if f is self.inner and f.__name__.isidentifier():
            self.tape.wish(result, f.__name__)

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
            run.look_outside(frame)
            run.look(frame)
        run.name_gradients()
    finally:
        run.tape.is_sweeping = alone
        callers.forget()
