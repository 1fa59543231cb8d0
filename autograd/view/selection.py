"""What a picture shows of a graph: sums folded, and of a large graph what is next to the result."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd.graph import arguments, consumers, toposort
from autograd.tensor import Tensor

OPERATIONS = 60
"""So many operations can be read at once; of more, the last ones are shown."""

OPERANDS = 12
"""Of an operation with more operands than this, the first and the last few are shown."""


@dataclass(frozen=True, slots=True)
class Operand:
    """One input of a visible operation: argument `index` of `owner`, whose value is `value`.

    The owner is the operation itself, or a sum that was folded into it.
    """

    owner: Tensor
    index: int
    value: Any


@dataclass(frozen=True, slots=True)
class Omission:
    """Stands in the place of `count` operands that are not shown."""

    count: int


class Selection:
    """The visible operations of the graph behind `roots`, and how many are hidden.

    Attributes
    ----------
    uses : for each tensor of the graph its uses, hidden ones too.
    operations : each visible operation's operands, in order.
    shown, total : how many operations the picture stands for (a folded sum counts each), of all.
    """

    def __init__(self, roots: Sequence[Tensor], named: Callable[[Any], Any]) -> None:
        nodes = toposort(*roots)
        self.roots = set(roots)
        self.uses = consumers(nodes)
        self._named = named
        self.total = sum(t.op is not None for t in nodes)
        self.shown = 0
        self.operations: dict[Tensor, list[Operand | Omission]] = {}
        waiting = deque(dict.fromkeys(roots))
        while waiting and len(self.operations) < OPERATIONS:
            t = waiting.popleft()
            if t.op is None or t in self.operations:
                continue
            operands = self._operands(t)
            self.operations[t] = operands
            waiting.extend(
                o.value for o in operands if isinstance(o, Operand) and type(o.value) is Tensor
            )

    def boxed(self, t: Tensor) -> bool:
        """Tell whether a tensor is a variable of its own, and no mere number on a wire."""
        return (
            t.op is None or t in self.roots or len(self.uses.get(t, ())) > 1 or bool(self._named(t))
        )

    def _folded(self, t: Any) -> bool:
        """Tell whether t is a partial sum that is only used in a further sum."""
        if type(t) is not Tensor or t.op is None or t.op.fn is not np.add or self.boxed(t):
            return False
        consumer = self.uses[t][0][0].op
        return consumer is not None and consumer.fn is np.add

    def _operands(self, t: Tensor) -> list[Operand | Omission]:
        found: list[Operand | Omission] = []
        stack = _backwards(t)
        self.shown += 1
        while stack:
            operand = stack.pop()
            if self._folded(operand.value):
                stack += _backwards(operand.value)
                self.shown += 1
            elif operand.value is not None:
                found.append(operand)
        if len(found) > OPERANDS:
            found[8:-3] = [Omission(len(found) - 11)]
        return found


def _backwards(t: Tensor) -> list[Operand]:
    return [Operand(t, i, a) for i, a in enumerate(arguments(t))][::-1]
