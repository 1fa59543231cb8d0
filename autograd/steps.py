"""The sweep in slow motion: what drawings, derivations and debuggers look at.

`Tensor.backward` keeps only what somebody can ask for; here every gradient, and every contribution
to it, is kept. The numbers are those of the sweep, bit for bit (a law in the tests).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd.backward import first_gradient
from autograd.graph import arguments, toposort
from autograd.pull import Gradient, fit, pull
from autograd.tensor import Tensor


@dataclass(frozen=True, slots=True)
class Step:
    """One operation of the backward pass.

    Attributes
    ----------
    node : the result of the operation.
    gradient : the whole gradient that has arrived at it.
    sent : for each argument (by position) the contribution it gets, None where it gets none.
    arguments : the arguments, as the versions that the operation saw.
    """

    node: Tensor
    gradient: Gradient
    sent: tuple[Gradient | None, ...]
    arguments: tuple[Any, ...]


def steps(root: Tensor, gradient: Any = None) -> Iterator[Step]:
    """Walk back from `root`, one operation at a time, youngest first.

    >>> a = Tensor(2.0, requires_grad=True, name="a")
    >>> f = (a + 3.0) * a
    >>> [(s.node.op.symbol, s.gradient.item(), [g and g.item() for g in s.sent]) for s in steps(f)]
    [('×', 1.0, [2.0, 5.0]), ('+', 2.0, [2.0, None])]
    """
    return _walk(root, {root: first_gradient(root, gradient)})


def gradients(root: Tensor, gradient: Any = None) -> dict[Tensor, np.ndarray]:
    """Return the gradient of `root` with respect to every tensor that it came from."""
    arrived = {root: first_gradient(root, gradient)}
    for _ in _walk(root, arrived):
        pass
    return arrived


def _walk(root: Tensor, arrived: dict[Tensor, Gradient]) -> Iterator[Step]:
    for node in reversed(toposort(root)):
        if node.op is None or node not in arrived:
            continue
        g, args = arrived[node], arguments(node)
        sent: list[Gradient | None] = [None] * len(args)
        for i, lazy in reversed(pull(node, args, g, recorded=False, ours=False)):
            gx = fit(lazy.dense(args[i]) if hasattr(lazy, "dense") else lazy, args[i])
            arrived[args[i]] = arrived[args[i]] + gx if args[i] in arrived else gx
            sent[i] = gx
        yield Step(node, g, tuple(sent), tuple(args))
