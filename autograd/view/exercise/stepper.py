"""The backward pass one operation at a time, and what becomes of it in another order."""

from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import groupby
from typing import Any

import numpy as np

from autograd.base.closeness import rounding
from autograd.base.errors import describe, refusal
from autograd.graph import arguments, toposort
from autograd.sweep.pull import Gradient, pull
from autograd.sweep.seeds import first_gradient
from autograd.sweep.steps import contributions, gradients, steps
from autograd.tensor import Tensor
from autograd.view.graph.passes import is_product
from autograd.view.graph.spelling import addition, bracketed, brief, brief_gradient, number
from autograd.view.graph.words import expression, operand

Turn = tuple[Tensor, tuple[int, ...]]
"""Which operation sends, and to which of its arguments."""

LISTED = 4
"""So many arguments, or wrong gradients, are listed."""

PRINTED = 40
"""So many steps are printed."""


@dataclass(frozen=True, slots=True)
class BackwardStep:
    """One operation sends its gradient on.

    Attributes
    ----------
    node, op : the result of the operation, and the operation.
    gradient : what has arrived at it; None where nothing has.
    contributions : how many have arrived, and how many there are in the end.
    arguments : the operation's arguments, as the versions that it saw.
    local : for each argument the local derivative, of the result's shape; None where it is no
        number for each element (a matrix product), or where there is none.
    sent : what each argument gets in this step; None where it gets nothing.
    before, after : what each argument has so far.
    notes : what is wrong with the order.
    tell : writes the step in one line or two.
    """

    node: Tensor
    op: Any
    gradient: Gradient | None
    contributions: tuple[int, int]
    arguments: tuple[Any, ...]
    local: tuple[Gradient | None, ...]
    sent: tuple[Gradient | None, ...]
    before: tuple[Gradient | None, ...]
    after: tuple[Gradient | None, ...]
    notes: tuple[str, ...]
    tell: Callable[[], str]

    def __repr__(self) -> str:
        return "\n  ".join([self.tell(), *self.notes])


class BackwardSteps:
    """The steps of a backward pass: iterate over them, or print them all.

    Parameters
    ----------
    root : a scalar Tensor.
    order : see `Tensor.backward_steps`.
    names : the name of each tensor, by its identity.
    """

    def __init__(self, root: Tensor, order: Any, names: dict[int, str]) -> None:
        self._seed = first_gradient(root, None)
        self._root, self._operand = root, partial(operand, names=names)
        self._turns = list(_turns(root, order))

    @cached_property
    def right(self) -> dict[Tensor, Any]:
        """The gradients in a right order."""
        return gradients(self._root)

    @cached_property
    def _due(self) -> Counter[Tensor]:
        """Count the contributions that each tensor gets in a right order."""
        return Counter(
            a
            for step in steps(self._root)
            for a, gx in zip(step.arguments, step.sent, strict=True)
            if gx is not None
        )

    @cached_property
    def gradients(self) -> dict[Tensor, Any]:
        """The gradients in this order."""
        arrived = {self._root: self._seed}
        for _ in self._walk(arrived):
            pass
        return arrived

    def __iter__(self) -> Iterator[BackwardStep]:
        return self._walk({self._root: self._seed})

    def __len__(self) -> int:
        return len(self._turns)

    def __repr__(self) -> str:
        told = [repr(step) for step in self]
        hidden = len(told) - PRINTED
        if hidden > 0:
            told[PRINTED // 2 : -PRINTED // 2] = [f"… {hidden:,} more steps …"]
        return "\n".join(told)

    def _walk(self, arrived: dict[Tensor, Any]) -> Iterator[BackwardStep]:
        due = self._due
        have: Counter[Tensor] = Counter()
        done: set[Tensor] = set()
        wrong = False
        for k, (node, positions) in enumerate(self._turns):
            args = tuple(arguments(node))
            before = [arrived.get(a) if type(a) is Tensor else None for a in args]
            sent: list[Any] = [None] * len(args)
            got: list[tuple[Any, ...]] = []
            g, notes = arrived.get(node), []
            reached = have[node], due[node]
            if have[node] < due[node] and node not in done:
                notes.append(self._incomplete(node, *reached))
            done.add(node)
            local = _local(node, args) if g is not None else (None,) * len(args)
            for i, gx in contributions(node, args, g) if g is not None else ():
                if i not in positions:
                    continue
                a, so_far = args[i], arrived.get(args[i])
                arrived[a] = gx if so_far is None else so_far + gx
                sent[i] = gx
                have[a] += 1
                got.append((a, g, local[i], gx, so_far, f"{have[a]} of {due[a]}"))
                if a in done:
                    notes.append(f"too late: {self._name(a)} has sent its gradient on already")
            wrong = wrong or bool(notes)
            if k == len(self._turns) - 1 and (wrong or have != due):
                notes += self._outcome(arrived)
            after = tuple(arrived.get(a) if type(a) is Tensor else None for a in args)
            yield BackwardStep(
                node, node.op, g, reached, args, local, tuple(sent), tuple(before), after,
                tuple(dict.fromkeys(notes)), partial(self._text, node, g, got),
            )  # fmt: skip

    # ── words ─────────────────────────────────────────────────────────────────────────────────
    def _name(self, t: Tensor) -> str:
        if name := self._operand(t):
            return name
        return f"({formula})" if (formula := expression(t, self._operand)) else brief(t.data)

    def _slope(self, t: Tensor) -> str:
        root = self._operand(self._root) or "f"
        return f"∂{root}/∂{root if t is self._root else self._name(t)}"

    def _text(self, node: Tensor, g: Any, got: Sequence[tuple[Any, ...]]) -> str:
        formula = expression(node, self._operand)
        called = [self._operand(node), formula or getattr(node.op, "name", "")]
        line = f"{' = '.join(filter(None, called))}:  {self._slope(node)} = "
        if g is None:
            return f"{line}nothing yet, so that nothing is sent"
        told = [self._gets(*each) for each in got[:LISTED]]
        if len(got) > LISTED:
            told.append(f"{len(got) - LISTED} more")
        return f"{line}{_number(g)}\n  {'; '.join(told)}"

    def _gets(self, a: Tensor, g: Any, slope: Any, gx: Any, so_far: Any, count: str) -> str:
        """Tell what an argument gets, and what it has."""
        text = f"{self._name(a)} gets "
        if slope is not None and is_product(g, slope, gx):
            text += f"{number(g)} · {bracketed(number(slope))} = "
        text += _number(gx)
        if so_far is not None and np.ndim(gx) == 0:
            text += f", now {addition([number(so_far), number(gx)], number(so_far + gx))}"
        return text if count == "1 of 1" else f"{text} ({count})"

    def _incomplete(self, node: Tensor, have: int, due: int) -> str:
        whole = f", and the whole is {_number(self.right[node])}" if have else ""
        return f"incomplete: {have} of {due} contributions had arrived{whole}"

    def _outcome(self, arrived: dict[Tensor, Any]) -> Iterator[str]:
        """Tell where the gradients of this order are wrong."""
        leaves = [t for t in self.right if t.op is None and t.requires_grad]
        size = max(np.max(np.abs(g), initial=0) for g in self.right.values())
        off = [t for t in leaves if not _is_rounded(arrived.get(t, 0.0), self.right[t], size)]
        for t in off[:LISTED]:
            got = _number(arrived[t]) if t in arrived else "0"
            yield f"so {self._slope(t)} = {got}, which is wrong: it is {_number(self.right[t])}"
        if len(off) > LISTED:
            yield f"and {len(off) - LISTED} more are wrong"


def _is_rounded(got: Any, right: Gradient, size: float) -> bool:
    """Tell whether two sums differ by no more than the order of their terms."""
    near, size = rounding(right.dtype), size if np.isfinite(size) else 0.0
    return np.allclose(got, right, rtol=near, atol=near * size, equal_nan=True)


def _number(value: Any) -> str:
    return number(value) if np.ndim(value) == 0 else f"{brief(value)}, {brief_gradient(value)}"


def _local(node: Tensor, args: Sequence[Any]) -> tuple[Gradient | None, ...]:
    """Return the local derivatives that are one number for each element."""
    local: list[Gradient | None] = [None] * len(args)
    scalar = node.ndim == 0 and all(np.ndim(a.data) == 0 for a in args if type(a) is Tensor)
    if scalar or (node.op and node.op.elementwise):
        with np.errstate(all="ignore"):  # it may be infinite, where nothing is sent through it
            ones = np.ones_like(node.data)[()]
            for i, slope in pull(node, args, ones, recorded=False, ours=False):
                local[i] = slope
    return tuple(local)


# ── orders ────────────────────────────────────────────────────────────────────────────────────
def _turns(root: Tensor, order: Any) -> Iterator[Turn]:
    nodes = toposort(root)
    if order is None:
        return ((t, _wanting(t)) for t in reversed(nodes) if t.op is not None and t.requires_grad)
    if isinstance(order, str) and order in WALKS:
        return WALKS[order](root)
    known = set(nodes)
    listed = list(order) if isinstance(order, (list, tuple)) else [order]
    strange = [t for t in listed if type(t) is not Tensor or t not in known]
    if strange:
        what = strange[0]
        raise refusal(
            ValueError,
            "the order of a backward pass is a list of results in the graph",
            f"backward_steps of {describe(root)}, order with {what!r:.40}",
            "order=[f, d], order='depth-first', or order='breadth-first'",
        )
    return ((node, _wanting(node)) for node in listed if node.op is not None)


def _wanting(node: Tensor) -> tuple[int, ...]:
    args = enumerate(arguments(node))
    return tuple(i for i, a in args if type(a) is Tensor and a.requires_grad)


def _depth_first(root: Tensor) -> Iterator[Turn]:
    """Follow each contribution at once, as a function that calls itself would.

    What goes to leaves, or to nodes that were seen, leaves the turn where it is.
    """
    for _, sends in groupby(_followed(root), key=lambda send: id(send[0])):
        nodes, positions = zip(*sends, strict=True)
        yield nodes[0], positions


def _followed(root: Tensor) -> Iterator[tuple[Tensor, int]]:
    """Yield one contribution after the other."""
    seen, stack = {root}, [(root, iter(_wanting(root)))]
    while stack:
        node, positions = stack[-1]
        i = next(positions, None)
        if i is None:
            stack.pop()
            continue
        yield node, i
        a = arguments(node)[i]
        if a.op is not None and a not in seen:
            seen.add(a)
            stack.append((a, iter(_wanting(a))))


def _breadth_first(root: Tensor) -> Iterator[Turn]:
    """Visit the nodes by their distance from the result."""
    seen, queue = {root}, deque([root] if root.op is not None else [])
    while queue:
        node = queue.popleft()
        yield node, _wanting(node)
        for i in _wanting(node):
            a = arguments(node)[i]
            if a.op is not None and a not in seen:
                seen.add(a)
                queue.append(a)


WALKS = {"depth-first": _depth_first, "breadth-first": _breadth_first}
