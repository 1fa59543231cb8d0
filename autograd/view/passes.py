"""What flows back over each edge.

`Tensor.backward` keeps only what somebody can ask for, so the picture repeats the pass.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd.graph import arguments
from autograd.steps import steps
from autograd.tensor import Tensor
from autograd.view.selection import Operand, Selection
from autograd.view.spelling import number


@dataclass(slots=True)
class Gradients:
    """What arrived at each tensor, and what each use of it, (result, position), contributed."""

    arrived: dict[Tensor, Any] = field(default_factory=dict)
    sent: dict[tuple[Tensor, int], Any] = field(default_factory=dict)


def gradients_of(selection: Selection) -> Gradients:
    """Repeat the backward passes that have run from the results of a graph, and no others.

    A result that another one was computed from starts no pass of its own: what reached it is part
    of the other's pass.
    """
    found = Gradients()
    for root in selection.roots:
        seed = root.grad.data if root.grad is not None else None
        consumed = root.size == 1 and "consumed" in (root.meta or ())
        if root in selection.uses or not root.requires_grad or (seed is None and not consumed):
            continue
        _add(found.arrived, root, np.ones_like(root.data) if seed is None else seed)
        with np.errstate(all="ignore"):
            for step in steps(root, seed):
                for i, gx in enumerate(step.sent):
                    if gx is not None:
                        _add(found.sent, (step.node, i), gx)
                        _add(found.arrived, step.arguments[i], gx)
    return found


def _add(into: dict[Any, Any], key: Any, value: Any) -> None:
    into[key] = into[key] + value if key in into else value


def local_derivative(operand: Operand) -> str:
    """Write the derivative of a scalar operation by one operand: its rule at a gradient of 1.

    Empty where the operation has none.
    """
    node = operand.owner
    rule = node.op.rule(operand.index) if node.op else None
    if rule is None:
        return ""
    xs = [a.data if type(a) is Tensor else a for a in arguments(node)]
    with np.errstate(all="ignore"):
        slope = rule(np.ones_like(node.data), node.data, *xs, **node.params)
    return f"[×{number(slope)}]"
