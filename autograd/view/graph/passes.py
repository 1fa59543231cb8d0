"""What flows back over each edge.

`Tensor.backward` keeps only what somebody can ask for, so the picture repeats the pass.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd.graph import arguments
from autograd.sweep.steps import changed_leaves, contributions, steps
from autograd.tensor import Tensor
from autograd.view.graph.selection import Operand, Selection


@dataclass(slots=True)
class Gradients:
    """What arrived at each tensor, and what each use of it, (result, position), contributed.

    Attributes
    ----------
    seeds : the results that a pass started from, and what arrived there.
    changed : the leaves whose values are no longer those that the graph was computed from.
    """

    arrived: dict[Tensor, Any] = field(default_factory=dict)
    sent: dict[tuple[Tensor, int], Any] = field(default_factory=dict)
    seeds: dict[Tensor, Any] = field(default_factory=dict)
    changed: list[Tensor] = field(default_factory=list)

    def over(self, operand: Operand | None, result: Tensor | None) -> Any:
        """Return what flows back over a wire: from an operand, else from the box of a result."""
        if operand is not None:
            return self.sent.get(operand.use)
        return None if result is None else self.arrived.get(result)


def gradients_of(selection: Selection) -> Gradients:
    """Repeat the backward passes that have run from the results of a graph, and no others.

    A result that another one was computed from starts no pass of its own: what reached it is part
    of the other's pass.
    """
    found = Gradients()
    for root in sorted(selection.roots, key=lambda t: t.count):  # a set has no order
        seed = root.grad.data if root.grad is not None else None
        consumed = root.size == 1 and "consumed" in (root.meta or ())
        if root in selection.uses or not root.requires_grad or (seed is None and not consumed):
            continue
        found.seeds[root] = np.ones_like(root.data) if seed is None else seed
        arrived: dict[Tensor, Any] = {}
        with np.errstate(all="ignore"):
            for step in steps(root, seed, arrived):
                known = enumerate(step.sent)
                _add(found.sent, {(step.node, i): gx for i, gx in known if gx is not None})
            _add(found.arrived, arrived)
    if found.seeds:
        found.changed = changed_leaves(*selection.roots)
    return found


def _add(into: dict[Any, Any], more: dict[Any, Any]) -> None:
    """Add up gradients of several results."""
    into |= {key: into[key] + g if key in into else g for key, g in more.items()}


def local_derivative(operand: Operand) -> Any:
    """Return the derivative of a scalar operation by one operand: its rule at a gradient of 1.

    None where the operation has none.
    """
    node = operand.owner
    with np.errstate(all="ignore"):
        sent = dict(contributions(node, arguments(node), np.ones_like(node.data)[()]))
    return sent.get(operand.index)


def is_product(g: Any, local: Any, sent: Any) -> bool:
    """Tell whether what is sent is one number times another.

    It is not where a convention decides, as 0 · ∞ sends 0, nor of every complex number.
    """
    if np.ndim(g) or np.ndim(sent):
        return False
    with np.errstate(all="ignore"):
        return bool(np.isclose(g * local, sent, rtol=1e-5, atol=0, equal_nan=True))
