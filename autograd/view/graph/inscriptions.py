"""What stands on the wires and in the boxes, at each level and in each detail."""

from typing import Any

import numpy as np

from autograd.tensor import Tensor
from autograd.view.derivation.derivation import letters
from autograd.view.derivation.writing import array_text
from autograd.view.graph.arithmetic import Arithmetic
from autograd.view.graph.broadcasting import stretched, summed
from autograd.view.graph.passes import Gradients, local_derivative
from autograd.view.graph.selection import Operand, Selection
from autograd.view.graph.spelling import (
    Rows,
    addition,
    brief,
    brief_gradient,
    gradient_table,
    number,
    table,
)

DETAILS = ("values", "gradients", "local", "derivation")

TERMS = 4
"""A gradient is written out as a sum of at most so many contributions."""


class Inscriptions:
    """Writes numbers (on the scalar level) or shapes (on the tensor level).

    Parameters
    ----------
    detail : one of `DETAILS`.
    scalar : whether the picture is on the scalar level.
    lettering : whether results without a name get a letter, which a caption can speak of.
    """

    def __init__(
        self, selection: Selection, gradients: Gradients, names: dict[int, str], detail: str,
        *, scalar: bool, lettering: bool,
    ) -> None:  # fmt: skip
        self.selection, self.gradients = selection, gradients
        self.detail, self.scalar = detail, scalar
        self.drawn = {o.use for t in selection.operations for o in selection.operands(t)}
        rules = detail == "local" and not scalar
        self.letters: dict[Tensor, str] = {}
        if lettering or rules or detail == "derivation":
            roots = sorted(selection.roots, key=lambda t: t.count)
            self.letters = letters(*roots, seen=names)
        self.arithmetic = Arithmetic(selection, gradients, self.letters, names)

    def value(self, value: Any) -> Rows:
        """Write what a box holds."""
        return ((array_text(value),),) if self.scalar and np.size(value) else table(value)

    def gradient(self, t: Tensor) -> Rows:
        """Write a gradient; that of a scalar as the sum of what came over its wires."""
        arrived = self.gradients.arrived[t]
        if t.ndim and not self.scalar:
            return gradient_table(arrived)
        uses = self.contributions(t)
        if len(uses) < 2 or t.ndim or not self.scalar:
            return ((self.arrived(t),),)
        terms = [number(self.gradients.sent[use]) for use in uses if use in self.drawn][:TERMS]
        total = number(arrived)
        return ((self.start(t) + addition(terms, total, more=len(terms) < len(uses)),),)

    def contributions(self, t: Tensor) -> list[tuple[Tensor, int]]:
        """List the uses of t that sent something back."""
        return [use for use in self.selection.uses.get(t, []) if use in self.gradients.sent]

    def forward(self, operand: Operand, *, boxed: bool, told: bool) -> str:
        """Write what flows to an operation, unless its box has `told` it.

        `boxed` says that it comes from a box, and not straight from another operation.
        """
        value = operand.value.data if type(operand.value) is Tensor else operand.value
        target = stretched(operand)
        text = "" if told and not np.ndim(value) else self.passing(value)
        if target and not self.scalar:
            text = f"{np.shape(value)}→{target}"
        if boxed or type(operand.value) is not Tensor:
            return text
        return self.result(operand.value, text)

    def passing(self, value: Any) -> str:
        """Write a value on a wire."""
        return array_text(value) if self.scalar else brief(value)

    def result(self, t: Tensor, text: str) -> str:
        """Write what an operation has come to: ``5``, ``d = 5``, ``d = 2 + 3 = 5``."""
        if not self.letters:
            return text
        if self.detail == "derivation":
            return f"{self.letters[t]} = {self.computing(t, text)}"
        return f"{self.letters[t]} = {text}" if t.ndim == 0 else f"{self.letters[t]} {text}"

    def computing(self, t: Tensor, text: str) -> str:
        """Write how a result comes about: ``2 + 3 = 5``, or ``X @ W  (32, 2)``."""
        name, *stages = self.arithmetic.computed(t)
        if t.ndim:
            return f"{name}  {text}" if text else name
        return " = ".join(stages if len(stages) > 1 else [name, *stages])

    def backward(self, operand: Operand) -> str:
        """Write what an operation sends to an operand."""
        sent = self.gradients.sent.get(operand.use)
        if sent is None:
            return ""
        if self.detail == "derivation" and self.arithmetic.is_scalar(operand):
            return self.arithmetic.sent(operand)
        text = self.flow(sent)
        target = stretched(operand)
        if target and not self.scalar:
            text += f"  {summed(np.shape(operand.value), target)}"
        return text

    def arrived(self, t: Tensor) -> str:
        """Write the whole gradient of a variable."""
        gradient = self.gradients.arrived[t]
        return self.flow(gradient) if t.ndim else self.start(t) + number(gradient)

    def start(self, t: Tensor) -> str:
        """Begin to write the gradient of a number."""
        return self.arithmetic.start(t) if self.detail == "derivation" else "∂ "

    def flow(self, gradient: Any) -> str:
        """Write a gradient on a wire."""
        return f"∂ {array_text(gradient)}" if self.scalar else brief_gradient(gradient)

    def local(self, operand: Operand) -> str:
        """Write the local derivative: a number of numbers, a rule of arrays."""
        t = operand.value
        if self.detail not in ("local", "derivation") or type(t) is not Tensor:
            return ""
        if not t.requires_grad:
            return ""
        if self.arithmetic.is_scalar(operand):
            if self.detail == "derivation":
                return self.arithmetic.local(operand)
            local = local_derivative(operand)
            return "" if local is None else f"[×{number(local)}]"
        if self.scalar:
            return ""
        if self.is_chained(operand):
            return self.arithmetic.sent(operand)
        rule = self.arithmetic.rule(operand)
        return f"∂ = {rule}" if rule else ""

    def is_chained(self, operand: Operand) -> bool:
        """Tell whether the whole gradient by name, ``∂L/∂W = Xᵀ @ ∂L/∂z``, is the local text."""
        sent = operand.use in self.gradients.sent
        return self.detail == "derivation" and sent and not self.arithmetic.is_scalar(operand)
