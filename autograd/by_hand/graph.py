"""What lies between a result and the tensors whose gradients were derived, with its names."""

from collections.abc import Iterable
from functools import partial
from typing import Any

import numpy as np

from autograd.graph import arguments, consumers, toposort
from autograd.program.printers.spell import ATOM, Spelled, numpy_source
from autograd.provenance.names import called
from autograd.tensor import Tensor, raw
from autograd.view.derivation.formula import Leaf, key_of, pullback
from autograd.view.derivation.writing import write
from autograd.view.graph.spelling import brief
from autograd.view.graph.words import expression, operand


class Graph:
    """The operations between a result and some tensors, with their names.

    Parameters
    ----------
    root : the result.
    below : the tensors whose gradients are asked for.
    names : the name of each tensor, by its identity.
    """

    def __init__(self, root: Tensor, below: Iterable[Tensor], names: dict[int, str]) -> None:
        self.root, self.names, self.on = root, names, set(below)
        self._formulas: dict[Tensor, str] = {}
        self.scalar = all(t.ndim == 0 for t in self.on)
        everything = toposort(root)
        self.nodes = []
        for t in everything:
            if t.requires_grad and self.wanting(t):
                self.on.add(t)
                self.nodes.append(t)
        self.nodes.reverse()  # the youngest first
        sums = (t for t in self.nodes if t.op and t.op.fn is np.sum)
        summed = [raw(arguments(t)[0]) for t in sums]
        self._lengths = {n for x in summed for n in (*np.shape(x), np.size(x))}
        self.uses = {
            t: [(node, i) for node, i in uses if node.requires_grad]
            for t, uses in consumers(everything).items()
        }

    def wanting(self, node: Tensor) -> list[int]:
        """Return which arguments an operation sends gradients to, on the way to those below."""
        op: Any = node.op
        args = enumerate(arguments(node))
        on = [i for i, a in args if type(a) is Tensor and a in self.on]
        return [i for i in on if op.joint is not None or op.rule(i) is not None]

    def averaged(self, node: Tensor) -> int | None:
        """Return the N that an operation divides by: of a mean, or of a sum that is divided by N.

        >>> x = Tensor([[1.0, 2.0, 4.0]], requires_grad=True)
        >>> graph = Graph(np.sum(x) / 3, [x], {})
        >>> [graph.averaged(node) for node in graph.nodes]
        [3, None]
        """
        op: Any = node.op
        x, *rest = arguments(node)
        n = 0
        if op.fn in (np.mean, np.var, np.std):
            n = np.size(raw(x)) // max(node.size, 1)
        elif op.fn is np.divide and not getattr(rest[0], "requires_grad", False):
            n = next((n for n in self._lengths if np.all(raw(rest[0]) == n)), 0)
        return n if n > 1 else None

    def called(self, value: Any) -> str:
        """Return what the user calls a tensor, on one line; nothing where it has no name."""
        return called(value, self.names)

    def name(self, t: Tensor) -> str:
        """Return a name, or how the tensor was computed.

        >>> x = Tensor(2.0, requires_grad=True, name="x")
        >>> Graph(x * 3.0, [x], {}).name(x * 3.0)
        'x * 3'
        """
        return self.called(t) or self._formula(t) or (t.op.name if t.op else brief(t.data))

    def shown(self, t: Tensor) -> str:
        """Return the name of a result, and how it was computed: ``h = tanh(u)``."""
        return " = ".join(dict.fromkeys(filter(None, (self.name(t), self._formula(t)))))

    def _formula(self, t: Tensor) -> str:
        if t not in self._formulas:
            self._formulas[t] = expression(t, partial(operand, names=self.names))
        return self._formulas[t]

    def gradient(self, t: Tensor) -> str:
        """Return what the gradient of a tensor is called: ``∂L/∂x``."""
        name = self.name(t)
        return f"∂{self.called(self.root) or 'L'}/∂{name if name.isidentifier() else f'({name})'}"

    def slope(self, node: Tensor, i: int) -> str:
        """Return the formula of an operation's local derivative, in the names of its arguments.

        >>> a, b = (Tensor(v, requires_grad=True, name=n) for v, n in ((2.0, "a"), (5.0, "b")))
        >>> y = a / (a + b)
        >>> Graph(y, [b], {}).slope(y, 1)
        '−a / (a + b)²'
        """
        x = arguments(node)[i]
        told = [a for a in (node, *arguments(node)) if a is node or a is x or self.called(a)]
        leaves = {key_of(a): Leaf(self.name(a), raw(a)) for a in told}
        names = {*map(self.called, told)}

        def spelled(leaf: Leaf) -> Spelled:
            known = leaf.name in names  # else it is a formula, which Python's parser can read
            return Spelled(leaf.name, ATOM if known else numpy_source.grammar(leaf.name)[0])

        return write(pullback(node, 1.0, leaves)[x][0], spelled).text
