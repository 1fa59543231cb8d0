"""A case: the gradient of one tensor of one result, and the words to speak of it."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.graph import arguments
from autograd.inquiry.answers import Answer
from autograd.inquiry.flow import Flow
from autograd.inquiry.reasons import Reason, Use
from autograd.mutation.versions import seen_by
from autograd.provenance.names import called
from autograd.provenance.places import place_of
from autograd.tensor import Tensor
from autograd.view.graph.spelling import number
from autograd.view.graph.words import expression, operand

SHORT = 30
"""A longer formula is not repeated."""


class Case:
    """What is asked about, and how it is called.

    Attributes
    ----------
    x : the tensor, as the result saw it.
    flow : the pass from the result; None where no result is known.
    held : the tensors that the asker can name, the youngest first.
    name, result : what x and the result are called.
    """

    def __init__(
        self, x: Tensor, flow: Flow | None, names: dict[int, str], held: Sequence[Tensor]
    ) -> None:
        self.names, self.held, self.flow = names, held, flow
        self.x = seen_by(x, flow.f.count) if flow is not None and x.args else x
        self.name = self.called(x) or "this tensor"
        self.result = (self.called(flow.f) if flow is not None else "") or "the result"

    def blame(
        self, what: str, cause: str, node: Tensor | None, reason: Reason, **more: Any
    ) -> Answer:
        """Make an answer that names the operation behind `node`."""
        if node is None:
            return Answer(what, cause, *reason, **more)
        op = node.op.name if node.op else ""
        formula = self.formula(node)
        return Answer(what, cause, *reason, node, op, place_of(node), formula=formula, **more)

    def use(self, flow: Flow, node: Tensor, i: int) -> Use:
        """Name the arguments of an operation on the way."""
        args = arguments(node)
        return Use(node, args, i, [self.word(a) for a in args], flow.arrived[node])

    # ── names ──────────────────────────────────────────────────────────────────────────────────
    def called(self, value: Any) -> str:
        """Return the name that the user gave, in one line; or nothing."""
        return called(value, self.names)

    def word(self, value: Any) -> str:
        """Name an argument: by its name, by its formula, by its value."""
        if type(value) is not Tensor or value.op is None:
            return self.label(value)
        formula = expression(value, self.label)
        short = formula if len(formula) <= SHORT else ""
        return self.called(value) or short or "its argument"

    def label(self, value: Any) -> str:
        """Return the name, or the value of what was not computed; nothing for what was."""
        return operand(value, self.names, _plain)

    def formula(self, node: Tensor) -> str:
        """Write how a tensor was computed: ``h = relu(w * 2)``."""
        if node.op is None:
            return self.word(node)
        text = expression(node, lambda a: "" if a is node else self.label(a))
        text = text or expression(node, lambda a: "" if a is node else self.label(a) or "…")
        return " = ".join(filter(None, [self.called(node), text]))


def _plain(value: Any) -> str:
    return number(value) if np.ndim(value) == 0 else f"array {np.shape(value)}"
