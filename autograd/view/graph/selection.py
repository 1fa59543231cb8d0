"""What a picture shows of a graph: sums folded, and of a large graph what is next to the result, or
next to a tensor that one asks for.
"""

import operator
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd.base.errors import refusal
from autograd.graph import arguments, consumers, toposort
from autograd.tensor import Tensor

OPERATIONS = 60
"""So many operations can be read at once; of more, the last ones are shown."""

OPERANDS, FIRST, LAST = 12, 8, 3
"""Of an operation with more operands than 12, the first 8 and the last 3 are shown."""


@dataclass(frozen=True, slots=True)
class Operand:
    """One input of a visible operation: argument `index` of `owner`, whose value is `value`.

    The owner is the operation itself, or a sum that was folded into it.
    """

    owner: Tensor
    index: int
    value: Any

    @property
    def use(self) -> tuple[Tensor, int]:
        """What a gradient that is sent over it is found by."""
        return self.owner, self.index


@dataclass(frozen=True, slots=True)
class Omission:
    """Stands in the place of `count` operands that are not shown."""

    count: int


class Selection:
    """The visible operations of the graph behind `roots`, and how many are hidden.

    Parameters
    ----------
    called : returns what the user calls a tensor, in one line; nothing where it has no name.
    around : a tensor: what it was computed from and what was computed from it is shown, in the
        place of the end of the graph; or a pair of it and how many operations away.
    part : what an operation is part of; all of a part is shown or nothing, and it counts once.
    home : what an operation is in; sums are folded within it.

    Attributes
    ----------
    ends : the roots; of a graph `around` a tensor, the results that nothing visible uses.
    centre : the tensor to look around.
    order : the place of each tensor of the graph, after its arguments.
    uses : for each tensor of the graph its uses, hidden ones too.
    operations : each visible operation's operands, in order.
    shown, total : how many operations the picture stands for (a folded sum counts each), of all.

    Raises
    ------
    ValueError : where `around` is not in the graph.
    TypeError : where it is neither a Tensor nor such a pair.
    """

    def __init__(
        self, roots: Sequence[Tensor], called: Callable[[Any], str], *, around: Any = None,
        part: Callable[[Tensor], Any] = lambda t: t,
        home: Callable[[Tensor], Any] = lambda _: None,
    ) -> None:  # fmt: skip
        nodes = toposort(*roots)
        self.order = {t: i for i, t in enumerate(nodes)}
        self.roots = set(roots)
        self.ends = dict.fromkeys(roots)  # in order
        self.uses = consumers(nodes)
        self.called, self._part, self._home = called, part, home
        self.total = sum(t.op is not None for t in nodes)
        self.shown = 0
        self.operations: dict[Tensor, list[Operand | Omission]] = {}
        self.centre: Tensor | None = None
        if around is None:
            self._show([(t, 0, True, False) for t in self.ends])
            return
        self.centre, hops = _centre(around, set(nodes))
        self._show([(self.centre, 0, True, True)], hops)
        used = {id(o.value) for t in self.operations for o in self.operands(t)}
        ends = [t for t in self.operations if id(t) not in used]
        self.ends = dict.fromkeys(sorted(ends, key=lambda t: t.count) or [self.centre])

    def operands(self, t: Tensor) -> list[Operand]:
        """Return the operands of a visible operation that are shown."""
        return [o for o in self.operations[t] if isinstance(o, Operand)]

    def boxed(self, t: Tensor) -> bool:
        """Tell whether a tensor is a variable of its own, and no mere number on a wire."""
        return (
            t.op is None
            or t in self.ends
            or t is self.centre
            or len(self.uses.get(t, ())) > 1
            or bool(self.called(t))
        )

    def _show(self, found: list[tuple[Tensor, int, bool, bool]], hops: int | None = None) -> None:
        """Show what is nearest first: each (tensor, how far away, go back from it, go on)."""
        waiting = deque(found)
        parts: set[Any] = set()
        while waiting:
            t, away, back, on = waiting.popleft()
            if t.op is not None:
                part = self._part(t)
                full = part not in parts and len(parts) >= OPERATIONS
                if t in self.operations or full or (hops is not None and away > hops):
                    continue
                parts.add(part)
                self.operations[t] = self._operands(t)
                if back:
                    values = [o.value for o in self.operands(t)]
                    waiting += [(a, away + 1, back, False) for a in values if type(a) is Tensor]
            if on:
                users = dict.fromkeys(self._sum(user) for user, _ in self.uses.get(t, ()))
                waiting += [(user, away + 1, False, on) for user in users]

    def _folded(self, t: Any) -> bool:
        """Tell whether t is a partial sum that is only used in a further sum."""
        if type(t) is not Tensor or t.op is None or t.op.fn is not np.add or self.boxed(t):
            return False
        user = self.uses[t][0][0]
        return user.op is not None and user.op.fn is np.add and self._home(user) is self._home(t)

    def _sum(self, t: Tensor) -> Tensor:
        """Return the sum that t is folded into, or t."""
        while self._folded(t):
            t = self.uses[t][0][0]
        return t

    def _operands(self, t: Tensor) -> list[Operand | Omission]:
        found: list[Operand] = []
        stack = _backwards(t)
        self.shown += 1
        while stack:
            operand = stack.pop()
            if self._folded(operand.value):
                stack += _backwards(operand.value)
                self.shown += 1
            elif operand.value is not None:
                found.append(operand)
        return self._abridged(found) if len(found) > OPERANDS else [*found]

    def _abridged(self, found: list[Operand]) -> list[Operand | Omission]:
        """Keep both ends, and the operand over which a look around a tensor has come."""
        kept: list[Operand | Omission] = []
        hidden = 0
        for i, operand in enumerate(found):
            value, ends = operand.value, i < FIRST or i >= len(found) - LAST
            reached = self.centre is not None and type(value) is Tensor
            if ends or (reached and (value is self.centre or value in self.operations)):
                kept += [Omission(hidden), operand] if hidden else [operand]
                hidden = 0
            else:
                hidden += 1
        return kept


def _centre(around: Any, nodes: set[Tensor]) -> tuple[Tensor, int | None]:
    """Read what to look around, and how far."""
    t, hops = around if isinstance(around, tuple) and len(around) == 2 else (around, None)
    if not isinstance(t, Tensor) or not (hops is None or hasattr(hops, "__index__")):
        raise refusal(
            TypeError,
            "a picture looks around a Tensor, or so many operations around it",
            f"draw(f, around={around!r:.40})",
            "around=d, or around=(d, 2)",
        )
    if t not in nodes:
        raise refusal(
            ValueError,
            "the tensor to look around is not in this graph",
            f"draw(f, around={t!r:.40})",
            "a tensor that f was computed from",
        )
    return t, None if hops is None else operator.index(hops)


def _backwards(t: Tensor) -> list[Operand]:
    return [Operand(t, i, a) for i, a in enumerate(arguments(t))][::-1]
