"""A case for `nn.doctor`: a model and its loss, and what its checks ask of their graph."""

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

import autograd
from autograd import Tensor, gradients
from nn.module import Module
from nn.targets import raw

MOVING = {
    "astype", "broadcast_to", "copy", "expand_dims", "getitem", "moveaxis", "ravel", "reshape",
    "squeeze", "swapaxes", "transpose", "where",
}  # fmt: skip


class Case:
    """A model, its loss, and what the checks ask of their graph.

    Attributes
    ----------
    names : the parameters that are trained, with their names.
    grads : the gradient of each tensor that the loss came from.
    nodes : the results of operations among these, oldest first.
    uses : the nodes that each tensor is an argument of.
    layers : (node, weight, the other arguments) of all operations on a weight of two axes or more.
    calls : of the model: each is what is born after the first number, up to the last one.
    variables : what the caller calls its objects, by identity.
    """

    def __init__(self, model: Module, loss: Tensor, optimizer: Any, variables: Any) -> None:
        self.model, self.loss, self.optimizer, self.variables = model, loss, optimizer, variables
        self.names = {p: name for name, p in model.named_parameters() if p.requires_grad}
        self.grads = gradients(loss, np.ones_like(loss.data)) if loss.requires_grad else {}
        self.nodes = sorted((t for t in self.grads if t.op), key=lambda t: t.count)
        self.uses: dict[Tensor, list[Tensor]] = {}
        self.layers: list[tuple[Tensor, Tensor, list[Any]]] = []
        self.calls: list[tuple[int, int]] = []
        for node in self.nodes:
            call = (node.meta or {}).get("call")
            while call:
                label, first, last, call = call
                self.calls += [(first, last)] * (label is model)
            for a in tensors(node.args):
                self.uses.setdefault(a, []).append(node)
            sources = [origin(a) for a in node.args]
            weights = [s for s in tensors(sources) if s in self.names and s.ndim > 1]
            for w in weights[-1:]:
                if w in self.grads and op(node) not in MOVING:
                    self.layers.append((node, w, [s for s in sources if s is not w]))

    def of(self, *operations: str) -> list[Tensor]:
        """Return the results of some operations."""
        return [node for node in self.nodes if op(node) in operations]

    def why(self, parameter: Tensor) -> Any:
        """Say where the gradient of a parameter comes from, or why there is none."""
        return autograd.why(parameter, self.loss)

    def named(self, parameters: list[Tensor]) -> str:
        """List the names of some parameters, four at most."""
        more = f" and {len(parameters) - 4} more" if len(parameters) > 4 else ""
        return ", ".join(self.names[p] for p in parameters[:4]) + more


def op(t: Any) -> str:
    """Return the name of the operation that made this, or nothing."""
    return t.op.name if type(t) is Tensor and t.op else ""


def is_compiled(t: Tensor) -> bool:
    """Tell whether a compiled function made this, as one operation."""
    return t.op is not None and t.op.home == "autograd.program.replay.replay"


def tensors(values: Iterable[Any]) -> list[Tensor]:
    return [v for v in values if type(v) is Tensor]


def constants(values: Iterable[Any]) -> list[Any]:
    """Return the arrays and numbers that no gradient leads through."""
    return [raw(v) for v in values if not getattr(v, "requires_grad", False)]


def origin(t: Any) -> Any:
    """Go back over operations that only move numbers."""
    while op(t) in MOVING and (known := [a for a in tensors(t.args) if a.requires_grad]):
        t = known[0]
    return t


def sums_to_1(p: Any, axis: int) -> bool:
    """Tell whether all rows are distributions; a single one may be so by chance."""
    return p.size > p.shape[axis] > 1 and (p >= 0).all() and np.allclose(p.sum(axis), 1)


def inside(value: Any) -> Iterator[Any]:
    """Yield what is in nested containers, and arrays of objects; of anything else, itself."""
    objects = isinstance(value, np.ndarray) and value.dtype.kind == "O"
    if objects or isinstance(value, (list, tuple, set, dict, deque)):
        items = value.values() if isinstance(value, dict) else value.flat if objects else value
        for item in items:
            yield from inside(item)
    else:
        yield value


def rms(values: Any) -> float:
    return float(np.sqrt(np.mean(np.square(values))))
