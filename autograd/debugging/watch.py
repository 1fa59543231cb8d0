"""Watching each operation as it executes: what `detect_anomaly` and `audit` stand on.

While nobody watches, nothing is slower: for as long as somebody does, the operators of Tensor are
exchanged for others that go through `record`, which tells the watchers.
"""

import copy
from collections.abc import Callable, Sequence
from threading import Lock, get_ident
from typing import Any, Self

import numpy as np

from autograd.base.contexts import Context
from autograd.base.modes import watching
from autograd.primitive import Primitive
from autograd.tensor import Tensor, as_operand, is_operand, raw, record

OPERATORS = {name: f for name, f in vars(Tensor).items() if hasattr(f, "op")}
_switch = Lock()


class Watcher(Context):
    """What looks at the operations of this thread, in a ``with`` block or a decorated function."""

    thread = 0

    def _recreate_cm(self) -> Self:
        return copy.copy(self)  # a decorated function may call itself, and run in several threads

    def __enter__(self) -> Self:
        self.thread = get_ident()
        with _switch:
            watching.append(self)
            for name, f in OPERATORS.items():
                setattr(Tensor, name, _told(f.op))
        return self

    def __exit__(self, *exc: object) -> None:
        with _switch:
            watching.remove(self)
            if not watching:
                for name, f in OPERATORS.items():
                    setattr(Tensor, name, f)

    def computed(self, op: Primitive, values: Sequence[Any], params: Any, y: Tensor) -> None:
        """See the result of an operation."""

    def sent(self, node: Tensor, args: Sequence[Any], g: Any, parts: Any) -> None:
        """See what an operation sends back: (which argument, its gradient)."""


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
