"""Settings, as whether this thread records, and what runs at present, as captures and maps do."""

import threading
from threading import get_ident
from typing import Any, Self

import numpy as np

from autograd.base.contexts import Context, Same
from autograd.base.errors import dtype_of, refusal


class _End:
    """What goes when its thread does: its number, from the sets that hold it."""

    def __init__(self) -> None:
        self.thread = get_ident()
        self.sets: dict[int, set[int]] = {}

    def __del__(self) -> None:
        for threads in self.sets.values():
            threads.discard(self.thread)


class _Thread(threading.local):
    def __init__(self) -> None:
        self.end = _End()


_this = _Thread()


class Threads(set[int]):
    """Numbers of threads, each for as long as its thread runs: a later one may get the same."""

    def put(self) -> None:
        """Put in this thread."""
        end = _this.end
        end.sets[id(self)] = self
        self.add(end.thread)


paused = Threads()
"""The threads that do not record at present: empty almost always, so that asking is cheap."""


readers: list[Any] = []
"""The captures and maps that run at present, in any thread: while there are some, data may be what
stands for an array."""


watching: list[Any] = []
"""What looks at each operation at present, in any thread: see `autograd.debugging.watch`."""


def watchers() -> list[Any]:
    """Return what looks at the operations of this thread; others may begin and end meanwhile."""
    return [watcher for watcher in [*watching] if watcher.thread == get_ident()]


class _Depth(threading.local):
    value = 0


depth = _Depth()
"""How many transforms (`grad`, ...) this thread is inside of."""

rehearsal = _Depth()
"""How many first passes of checkpoints this thread is inside of: the second one has gradients."""

deriving: dict[Any, list[Any]] = {}
"""The transforms whose functions run at present, in any thread, and what they differentiate by."""

default: np.dtype[Any] = np.dtype(np.float64)
"""The dtype that Python floats become."""


class _Recording(Context):
    on: bool

    def _set_up(self) -> None:
        self._before: dict[int, list[bool]] = {}  # what each thread that is inside did before

    def __enter__(self) -> Self:
        thread = get_ident()
        self._before.setdefault(thread, []).append(thread not in paused)
        if self.on:
            paused.discard(thread)
        else:
            paused.put()
        return self

    def __exit__(self, *exc: object) -> None:
        thread = get_ident()
        if not self._before.get(thread):  # a generator may be closed by another thread
            thread = next(other for other, before in self._before.items() if before)
        recorded = self._before[thread].pop()
        (paused.discard if recorded else paused.add)(thread)


class no_grad(_Recording):  # noqa: N801  # PyTorch's name
    """Do not record, in this thread: as a context manager or as a decorator.

    Raises TypeError for ``no_grad(x)`` of what is no function.

    >>> from autograd import Tensor, no_grad
    >>> w = Tensor(1.0, requires_grad=True)
    >>> with no_grad():
    ...     w -= 0.5
    >>> w
    Tensor(0.5, requires_grad=True)
    >>> @no_grad
    ... def predict(x):
    ...     return w * x
    >>> predict(2.0).requires_grad
    False
    """

    on = False


class enable_grad(_Recording):  # noqa: N801  # PyTorch's name
    """Record, in this thread, inside a `no_grad`.

    >>> from autograd import enable_grad, is_grad_enabled, no_grad
    >>> with no_grad(), enable_grad():
    ...     is_grad_enabled()
    True
    """

    on = True


class set_grad_enabled(_Recording):  # noqa: N801  # PyTorch's name
    """Record, or do not, in this thread: from now on, for a block or as a decorator.

    Raises TypeError for what is neither True nor False.

    >>> from autograd import Tensor, set_grad_enabled
    >>> w = Tensor(1.0, requires_grad=True)
    >>> for training in (True, False):
    ...     with set_grad_enabled(training):
    ...         (w * 2.0).requires_grad
    True
    False
    """

    def __new__(cls, mode: bool) -> Self:  # noqa: ARG004  # which is for __init__
        return super().__new__(cls)

    def __init__(self, mode: bool) -> None:
        if not isinstance(mode, (bool, np.bool_)):
            where, instead = f"set_grad_enabled({mode!r:.40})", "set_grad_enabled(phase == 'train')"
            raise refusal(TypeError, "recording is on or off", where, instead)
        self.on = bool(mode)
        super().__enter__()

    def __enter__(self) -> Self:
        return self  # it was entered when it was made

    def __call__(self, f: Same) -> Same:
        self.__exit__()
        return super().__call__(f)

    def _recreate_cm(self) -> Self:
        return type(self)(self.on)


def is_grad_enabled() -> bool:
    """Tell whether this thread records operations.

    >>> from autograd import is_grad_enabled, no_grad
    >>> with no_grad():
    ...     is_grad_enabled()
    False
    """
    return get_ident() not in paused


def set_default_dtype(dtype: Any) -> None:
    """Let Python floats become `dtype`, a floating-point dtype; NumPy arrays keep theirs.

    Raises TypeError for any other.

    >>> from autograd import Tensor, set_default_dtype
    >>> set_default_dtype("float32")
    >>> Tensor(1.5)
    Tensor(1.5, dtype=float32)
    >>> set_default_dtype("float64")
    """
    global default  # noqa: PLW0603  # one setting for the process, as in PyTorch
    dtype = dtype if dtype is None else dtype_of(dtype)  # of None, NumPy makes float64
    if dtype is None or dtype.kind != "f":
        raise refusal(
            TypeError,
            f"the default dtype must be floating, not {dtype}",
            f"set_default_dtype({getattr(dtype, 'name', None)!r})",
            "set_default_dtype('float32') or set_default_dtype('float64')",
        )
    default = dtype
