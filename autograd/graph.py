"""Walks over the graph: iterative, linear, in the order of birth."""

from collections.abc import Iterable
from typing import Any

from autograd.mutation.versions import seen_by
from autograd.tensor import Tensor


def arguments(node: Tensor) -> list[Any]:
    """Return a node's arguments, each as the version that the node saw.

    A leaf that an optimizer has updated since stands for itself. Constants have none: what they
    have in their place are the versions of before they were rewritten.
    """
    if node.op is None:
        return []
    return [seen_by(a, node.count) if type(a) is Tensor and a.args else a for a in node.args]


def toposort(*roots: Tensor) -> list[Tensor]:
    """Return every tensor that the roots came from, arguments before results.

    A birth number is younger than those of its arguments, so sorting by it is a topological order.
    A leaf that was rewritten since stands before the operation that used it first.

    >>> a = Tensor(1.0, requires_grad=True, name="a")
    >>> b = a * a
    >>> [t is s for t, s in zip(toposort(b), [a, b])]
    [True, True]
    """
    order: dict[Tensor, float] = {t: t.count for t in roots}
    stack = list(order)
    while stack:
        node = stack.pop()
        for a in arguments(node):
            if type(a) is Tensor:
                if a not in order:
                    stack.append(a)
                order[a] = min(order.get(a, a.count), node.count - 0.5)
    return sorted(order, key=order.__getitem__)


def leaves(*roots: Tensor) -> list[Tensor]:
    """Return the tensors without history that the roots came from, oldest first."""
    return [t for t in toposort(*roots) if t.op is None]


def strangers(born: int, *values: Any) -> list[Tensor]:
    """Return the tensors that values came from, that require a gradient and are older than `born`.

    >>> a = Tensor(1.0, requires_grad=True)
    >>> b = Tensor(2.0, requires_grad=True)
    >>> strangers(b.count, a * b, 3.0) == [a]
    True
    """
    results = [v for v in values if type(v) is Tensor]
    return [t for t in toposort(*results) if t.requires_grad and t.count < born]


def consumers(nodes: Iterable[Tensor]) -> dict[Tensor, list[tuple[Tensor, int]]]:
    """Map each tensor to its uses: (the operation's result, which argument). ``a * a`` has two."""
    uses: dict[Tensor, list[tuple[Tensor, int]]] = {}
    for node in nodes:
        for i, a in enumerate(arguments(node)):
            if type(a) is Tensor:
                uses.setdefault(a, []).append((node, i))
    return uses
