"""Reading and writing tensors that a function did not make, while something stands for them.

A function that is captured, or mapped over a batch, may use tensors from outside: the parameters of
a module, what a surrounding derivative differentiates by. Meanwhile this thread reads them through
a `Reader`, which gives what stands for their data: a symbol, or a value that is the same for the
whole batch. Outside of that, `Tensor.data` is the slot that it always was, and as fast. Both have
places of their own for the gradients that the function leaves in such tensors, so that what other
threads find there is what it was.
"""

import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from autograd.base.errors import ROOMS
from autograd.base.modes import readers
from autograd.mutation.versions import birth
from autograd.rules.shape import cut_off, parts_of
from autograd.tensor import Tensor

DATA: Any = Tensor.__dict__["data"]
"""Where a Tensor's data lies, whatever `Tensor.data` is at present."""
GRAD: Any = Tensor.__dict__["grad"]
LEFT: Any = Tensor.__dict__["_grad"]
"""Where the gradient of a Tensor lies, whatever `Tensor._grad` is at present."""
_slot = DATA.__get__


class Reader:
    """What gives and takes the data of tensors, and is told what else happens meanwhile.

    Attributes
    ----------
    since : what was born later is not from outside.
    below : through whom the thread read before.
    left : the gradients that are kept here, and not in their tensors.
    retains : whether a backward pass has kept its graph for another one.
    """

    def __init__(self) -> None:
        self.since, self.below = birth(), here.reader
        self.left: dict[Tensor, Any] = {}
        self.retains = False

    def read(self, t: Tensor, data: Any) -> Any:
        """Return what stands for the data of t."""
        raise NotImplementedError

    def write(self, t: Tensor, value: Any) -> None:
        """Give t other data; without a birth number it is a tensor that is being made."""
        raise NotImplementedError

    # ── what need not interest it ──────────────────────────────────────────────────────────────
    def looked(self, t: Tensor) -> None:
        """Note that somebody reads the gradient of t."""

    def assigned(self, t: Tensor) -> None:
        """Note that somebody sets the gradient of t, or forgets it."""

    def returned(self, f: Callable[..., Any], result: Any) -> None:
        """Note what a function inside of a transform returned."""

    def pulled(self, variable: Tensor, gradient: Any) -> None:
        """Note the gradient of a variable that a transform returns."""

    def called(self, module: Any) -> None:
        """Note the call of what has a mode."""

    def refused(self, error: Exception) -> None:
        """Note an error that is raised, as a function may catch it."""


class _Here(threading.local):
    reader: Reader | None = None


here = _Here()
"""Through whom this thread reads, if through anybody."""

_lock = threading.Lock()


def _get(t: Tensor) -> Any:
    data, reader = _slot(t), here.reader
    if reader is None:
        return data
    x = reader.read(t, data)
    if not hasattr(x, "tape"):
        return x
    if sys._getframe(1).f_code.co_filename.startswith(ROOMS):
        return x
    return cut_off(x)  # the user asks for the values alone


def _set(t: Tensor, value: Any) -> None:
    if here.reader is None:
        DATA.__set__(t, value)
    else:
        here.reader.write(t, value)


def _get_grad(t: Tensor) -> Any:
    if here.reader is not None:
        here.reader.looked(t)
    return GRAD.__get__(t)


def _set_grad(t: Tensor, value: Any) -> None:
    if here.reader is not None:
        here.reader.assigned(t)
    GRAD.__set__(t, value)


def readers_here() -> Iterator[Reader]:
    """Go through those that this thread reads through, the innermost first."""
    reader = here.reader
    while reader is not None:
        yield reader
        reader = reader.below


def _places(t: Tensor) -> dict[Tensor, Any] | None:
    """Return where a reader of this thread keeps the gradient of t; None where t does."""
    return next((reader.left for reader in readers_here() if t in reader.left), None)


def _get_left(t: Tensor) -> Any:
    left = _places(t)
    return LEFT.__get__(t) if left is None else left[t]


def _set_left(t: Tensor, value: Any) -> None:
    left = _places(t)
    if left is None:
        LEFT.__set__(t, value)
    else:
        left[t] = value


@contextmanager
def reading(reader: Reader) -> Iterator[None]:
    """Let this thread read and write tensors through `reader`."""
    outer = here.reader
    try:  # from the beginning: a signal may interrupt it anywhere
        with _lock:
            readers.append(reader)
            type.__setattr__(Tensor, "data", property(_get, _set))
            type.__setattr__(Tensor, "grad", property(_get_grad, _set_grad))
            type.__setattr__(Tensor, "_grad", property(_get_left, _set_left))
        here.reader = reader
        yield
    finally:
        here.reader = outer
        with _lock:
            readers[:] = [other for other in readers if other is not reader]
            if not readers:
                type.__setattr__(Tensor, "data", DATA)
                type.__setattr__(Tensor, "grad", GRAD)
                type.__setattr__(Tensor, "_grad", LEFT)


def retain() -> None:
    """Note that a backward pass has kept its graph for another one."""
    for reader in readers_here():
        reader.retains = True


def innermost(tape: Any, values: Sequence[Any], params: Mapping[str, Any]) -> Any:
    """Return the tape (or the like) that was begun last among those of the values."""
    for v in (*values, *parts_of(params["index"])) if "index" in params else values:
        other = getattr(v, "tape", tape)
        if other is not tape and other.since > tape.since:
            tape = other
    return tape
