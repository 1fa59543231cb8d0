"""Watching each operation as it executes: what `detect_anomaly` and `audit` stand on.

While nobody watches, nothing is slower: for as long as somebody does, the operators of Tensor are
exchanged for others that go through `record`, which tells the watchers.
"""

import copy
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from threading import Lock, get_ident
from typing import Any, Self

import numpy as np

from autograd.base.contexts import Context
from autograd.base.modes import watching
from autograd.interface.values import as_operand, is_operand
from autograd.primitive import Primitive
from autograd.tensor import Tensor, raw, record

OPERATORS = {name: f for name, f in vars(Tensor).items() if hasattr(f, "op")}
_switch = Lock()


class Watcher(Context):
    """What looks at the operations of this thread, in a ``with`` block or a decorated function.

    Blocks of one watcher may nest, and run in several threads: each has a copy, which shares what
    they find.
    """

    thread = 0

    def _set_up(self) -> None:
        self._open: list[tuple[Self, ExitStack]] = []

    def _recreate_cm(self) -> Self:
        return self

    def __enter__(self) -> Self:
        watcher = copy.copy(self)
        watcher.thread = get_ident()
        with ExitStack() as stack:  # all of it is undone where a signal interrupts it
            self.prepare(stack)
            stack.callback(_leave, watcher)
            with _switch:
                watching.append(watcher)
                for name, f in OPERATORS.items():
                    setattr(Tensor, name, _told(f.op))
            self._open.append((watcher, stack.pop_all()))
        return self

    def __exit__(self, *exc: object) -> None:
        entered = [*self._open]  # a generator may be closed by another thread
        mine = [block for block in entered if block[0].thread == get_ident()]
        block = (mine or entered)[-1]
        self._open.remove(block)
        block[1].close()

    def prepare(self, stack: ExitStack) -> None:
        """Enter what else is in force in a block."""

    def computed(self, op: Primitive, values: Sequence[Any], params: Any, y: Tensor) -> None:
        """See the result of an operation."""

    def sent(self, node: Tensor, args: Sequence[Any], g: Any, parts: Any) -> None:
        """See what an operation sends back: (which argument, its gradient)."""


def _leave(watcher: Watcher) -> None:
    with _switch:
        watching[:] = [other for other in watching if other is not watcher]
        if not watching:
            for name, f in OPERATORS.items():
                setattr(Tensor, name, f)


def _told(op: Primitive) -> Callable[[Any, Any], Any]:
    def method(a: Tensor, b: Any) -> Any:
        taken = type(b) is Tensor or is_operand(b)
        return record(op, (a, as_operand(b))) if taken else NotImplemented

    return method


def numbers(value: Any) -> Any:
    """Return the data of an argument if it is made of floating-point numbers, else None."""
    data = raw(value)
    is_float = isinstance(data, (np.ndarray, np.floating, np.complexfloating))
    return data if is_float and data.dtype.kind in "fc" else None


class Conditions(Watcher):
    """Keeps the history of what is computed of conditions and indices, which the engine lets go.

    No gradient goes that way, but it changes with the inputs on a page, and is a step in a text.
    """

    def computed(self, op: Primitive, values: Sequence[Any], params: Any, y: Tensor) -> None:
        steps = (type(v) is Tensor and v.op and not v.requires_grad for v in values)
        if y.op is None and any(steps):
            y.op, y.args, y.params = op, tuple(values), params
