"""Where NumPy repeats an operand, and the gradient is summed over the copies."""

import numpy as np

from autograd.base.errors import shape_of
from autograd.primitive import PRIMITIVES
from autograd.rules.neural import linear
from autograd.view.graph.failure import reason_of
from autograd.view.graph.selection import Operand

LINEAR = PRIMITIVES[linear]


def stretched(operand: Operand) -> tuple[int, ...] | None:
    """Return the shape that an operand is broadcast to, None where it keeps its own.

    >>> from autograd import Tensor
    >>> b = Tensor(np.ones(16), requires_grad=True)
    >>> stretched(Operand(b + np.ones((32, 16)), 0, b))
    (32, 16)
    """
    node, shape = operand.owner, shape_of(operand.value)
    if node.op is None or reason_of(node):
        return None
    if node.op.elementwise or (node.op is LINEAR and operand.index == 2):
        target = node.shape
    elif node.op.fn is np.matmul and len(shape) > 1:
        target = node.shape[:-2] + shape[-2:]
    else:
        return None
    return target if target != shape else None


def summed(shape: tuple[int, ...], target: tuple[int, ...]) -> str:
    """Name the axes over which the gradient of a broadcast operand is summed.

    >>> summed((16,), (32, 16)), summed((1, 4, 1), (2, 3, 4, 5))
    ('Σ axis 0', 'Σ axes 0, 1, 3')
    """
    lead = len(target) - len(shape)
    axes = [i for i, n in enumerate(target) if i < lead or (shape[i - lead] == 1 != n)]
    return f"Σ {'axis' if len(axes) == 1 else 'axes'} {', '.join(map(str, axes))}"
