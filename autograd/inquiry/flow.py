"""What becomes of a gradient on its way back to one tensor: the slow sweep, and searches in it."""

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from autograd.graph import arguments, consumers, toposort
from autograd.sweep.steps import Step, steps
from autograd.tensor import Tensor, raw
from autograd.view.graph.spelling import norm

Edge = tuple[Tensor, int]
"""One use of a tensor: the operation's result, and which argument."""


class Link(NamedTuple):
    """One operation on the way back.

    Attributes
    ----------
    node, argument : its result, and the argument on the way.
    factor : what it multiplies ‖∂‖ by, on the way to the next link; their product is the whole.
    norm : the Euclidean norm of the gradient that it leaves behind.
    """

    node: Tensor
    argument: int
    factor: float
    norm: float


class Dead(NamedTuple):
    """Where a gradient came to its end.

    Attributes
    ----------
    at : the result of the operation that sends 0, or the tensor where contributions cancel.
    argument : which argument gets 0; None where contributions cancel.
    """

    at: Tensor
    argument: int | None


class Flow:
    """The backward pass from a result, kept in full, so that one can ask what became of whom.

    Attributes
    ----------
    nodes : the graph behind f, oldest first.
    steps : the operations of the pass, by their results.
    arrived : the whole gradient of each tensor.
    uses : over which uses each tensor gets a gradient.
    """

    def __init__(self, f: Tensor) -> None:
        self.f = f
        self.nodes = dict.fromkeys(toposort(f))
        self.steps: dict[Tensor, Step] = {}
        self.arrived: dict[Tensor, Any] = {}
        self._links: dict[Tensor, Link] = {}
        if f.requires_grad:
            seed = np.ones_like(f.data) if f.grad is None else f.grad.data
            with np.errstate(all="ignore"):
                self.steps = {step.node: step for step in steps(f, seed, self.arrived)}
        self.uses = {
            t: [use for use in uses if use[0] in self.steps and self.sent(use) is not None]
            for t, uses in consumers(self.nodes).items()
        }

    @cached_property
    def changed(self) -> list[Tensor]:
        """The leaves that got other values after the result was computed."""
        return [t for t in self.nodes if t.op is None and t.count > self.f.count]

    def sent(self, use: Edge) -> Any:
        """Return what an argument gets over one of its uses; None where it gets nothing."""
        return self.steps[use[0]].sent[use[1]]

    def between(self, x: Tensor) -> set[Tensor]:
        """Return x and the tensors from there to f over which a derivative flows."""
        found = {x}
        for t in self.nodes:
            if t in found:
                found.update(node for node, _ in self.uses.get(t, ()))
        return found

    def blocked(self, x: Tensor) -> Edge | None:
        """Find the first operation behind x that has no derivative; None where there is none."""
        reached = {x}
        for node in self.nodes:
            for i, _ in _among(reached, arguments(node)):
                op: Any = node.op
                if not node.requires_grad or (op.joint is None and op.rule(i) is None):
                    return node, i
                reached.add(node)
        return None

    def dead(self, x: Tensor) -> Dead | None:
        """Find what ends the gradient of x, of several the first on the way back.

        None where nothing arrives at f itself.
        """
        found, stack, seen = [], [x], {x}
        while stack:
            t = stack.pop()
            if any(np.any(self.sent(use)) for use in self.uses.get(t, ())):
                found.append(Dead(t, None))
                continue
            for node, i in self.uses.get(t, ()):
                if np.any(self.arrived[node]):
                    found.append(Dead(node, i))
                elif node not in seen:
                    seen.add(node)
                    stack.append(node)
        return max(found, key=lambda dead: dead.at.count, default=None)

    def cancels(self, t: Tensor) -> bool:
        """Tell whether the contributions to a tensor leave next to nothing."""
        sizes = [norm(self.sent(use)) for use in self.uses.get(t, ())]
        return norm(self.arrived[t]) < 1e-6 * sum(sizes)

    def thinned(self, x: Tensor) -> tuple[Edge, int] | None:
        """Find the first use on the way back that loses entries, and how many it loses."""
        for step, i in self._sends(x):
            gx, g = step.sent[i], np.asarray(step.gradient)
            if gx is None or not np.ndim(gx):
                continue
            zero = gx == 0
            if np.shape(gx) == g.shape:
                lost = int(np.count_nonzero(zero & (g != 0)))
            else:
                lost = int(np.count_nonzero(zero)) * bool(zero.mean() > (g == 0).mean())
            if lost:
                return (step.node, i), lost
        return None

    def not_finite(self, x: Tensor) -> Edge | None:
        """Find the first use on the way back that sends inf or NaN although finite arrived."""
        for step, i in self._sends(x):
            if finite(step.gradient) and not finite(step.sent[i]):
                return step.node, i
        return None

    def _sends(self, x: Tensor) -> Iterator[tuple[Step, int]]:
        """Yield the steps on the way back to x, each with the arguments that lie on it."""
        between = self.between(x)
        return ((s, i) for s in self.steps.values() for i, _ in _among(between, s.arguments))

    def origin(self, t: Tensor) -> Tensor | None:
        """Return the oldest tensor behind t (or t) whose value is not finite; None if all are."""
        return next((n for n in toposort(t) if not finite(n.data)), None)

    def chain(self, end: Tensor) -> tuple[Link, ...]:
        """Follow the largest contributions from f back to `end`."""
        links, t = [], end
        while t is not self.f and self.uses.get(t):
            links.append(self._link(t))
            t = links[-1].node
        return tuple(reversed(links))

    def _link(self, t: Tensor) -> Link:
        if t not in self._links:
            node, i = max(self.uses[t], key=lambda use: (norm(self.sent(use)), use[0].count))
            size, before = norm(self.arrived[t]), norm(self.arrived[node])
            self._links[t] = Link(node, i, size / before if before else 0.0, size)
        return self._links[t]


def _among(tensors: set[Tensor], args: Iterable[Any]) -> Iterator[tuple[int, Tensor]]:
    return ((i, a) for i, a in enumerate(args) if type(a) is Tensor and a in tensors)


def finite(value: Any) -> bool:
    """Tell whether all numbers are finite; what is no number, is."""
    array = np.asarray(raw(value))
    return array.dtype.kind not in "fc" or bool(np.isfinite(array).all())
