"""The arithmetic on a picture: ``d = 2 + 3 = 5`` forward, ``∂f/∂a = 4 · 1 = 4`` backward.

Of scalars the numbers are put in; of arrays the rule is written by name, ``∂L/∂W = Xᵀ @ ∂L/∂z``.
Neither is known here: the formulas are read from the rows, by `formula.pullback`.
"""

from typing import Any

import numpy as np

from autograd.graph import arguments
from autograd.sweep.steps import multiplies
from autograd.tensor import Tensor
from autograd.view.derivation.derivation import named
from autograd.view.derivation.document import Equation
from autograd.view.derivation.formula import (
    ADD,
    MULTIPLY,
    Call,
    Formula,
    Leaf,
    applied,
    joined,
    partial,
    pullback,
)
from autograd.view.derivation.writing import Style, by_name, by_value, write
from autograd.view.graph.passes import Gradients, is_product, local_derivative
from autograd.view.graph.selection import Omission, Operand, Selection
from autograd.view.graph.spelling import number

ARRIVING = "G"
"""What the gradient of a result is called where only the rule is shown."""


class Short(Style):
    """The style of a picture, which longer formulas and numbers would tear apart."""

    longest = 64
    digits = (4,)


SHORT = Short()


class Arithmetic:
    """Writes the steps of both passes.

    Parameters
    ----------
    names : what each tensor is called.
    seen : the names of plain arrays, by identity.
    """

    def __init__(
        self, selection: Selection, gradients: Gradients, names: dict[Tensor, str],
        seen: dict[int, str],
    ) -> None:  # fmt: skip
        self.selection, self.gradients = selection, gradients
        self.named = named(names, seen)
        # a folded sum speaks in the name of the sum that is seen
        self.seen = {o.owner: t for t in selection.operations for o in selection.operands(t)}
        self._known: dict[tuple[Tensor, str], dict[Any, tuple[Formula, Any]]] = {}
        seeds = list(gradients.seeds)
        self.target = names.get(seeds[0], "") if len(seeds) == 1 else ""

    def derivative(self, t: Tensor) -> str:
        """Return what the gradient of t is called; of several results only ``∂``."""
        return f"∂{self.target}/∂{self.named[t].name}" if self.target and t in self.named else "∂"

    def start(self, t: Tensor) -> str:
        """Begin to write the gradient of t: ``∂f/∂a = ``; of several results ``∂ ``."""
        name = self.derivative(t)
        return "∂ " if name == "∂" else f"{name} = "

    def computed(self, t: Tensor) -> list[str]:
        """Return the stages of a forward step: by name, by value, and the result.

        ``['a + b', '2 + 3', '5']``; of arrays ``['X @ W', '(32, 2)']``.
        """
        formula = self._operation(t)
        if t.ndim:
            return [write(formula, by_name).text, str(t.shape)]
        return Equation(None, (formula,), t.data).stages(SHORT)

    def _operation(self, t: Tensor) -> Formula:
        """Return a visible operation as a formula; a folded sum as the sum of all its terms."""
        operands = self.selection.operations[t]
        if all(isinstance(o, Operand) and o.owner is t for o in operands):
            return applied(t, self.named)
        terms = [Leaf("…", "…") if isinstance(o, Omission) else self._term(o) for o in operands]
        return joined(ADD, terms)

    def _term(self, operand: Operand) -> Formula:
        t = operand.value
        return self.named.get(t, t.data) if type(t) is Tensor else t

    def sent(self, operand: Operand) -> str:
        """Write what an operation sends to one operand: ``∂f/∂a = 4 · 1 = 4``.

        Of a variable that is used again it is only one term: ``∂ 4 · 1 = 4``.
        """
        g, t = self.gradients.arrived[operand.owner], operand.value
        arrived = self.gradients.sent[operand.use]
        start = self.start(t) if len(self.selection.uses[t]) == 1 else "∂ "
        if not self.is_scalar(operand):
            formula = self.rule(operand, self.derivative(self.seen[operand.owner]))
            return start + formula if formula else ""
        local = local_derivative(operand)
        if not is_product(g, local, arrived):
            return f"{start}{number(arrived)}"
        product = Call(MULTIPLY, (Leaf("", g), Leaf("", local)))
        return f"{start}{write(product, by_value).text} = {number(arrived)}"

    def local(self, operand: Operand) -> str:
        """Write a local derivative with its formula: ``∂d/∂a = b = 3``."""
        node, x = operand.owner, operand.value
        local = local_derivative(operand)
        if local is None or self._twice(operand):
            return "" if local is None else f"[×{number(local)}]"
        seen = self.seen[node]
        root = seen in self.selection.roots  # ∂f/∂a is the gradient, over all ways
        of = self._operation(seen) if root else self.named[seen]
        formula, _ = self._rules(node, 1.0)[x]
        row = Equation(partial(of, self.named[x], local), (formula,), local, numbers=False)
        return " = ".join([row.start(SHORT), *row.stages(SHORT)])

    def rule(self, operand: Operand, arriving: str = ARRIVING) -> str:
        """Write what an operation on arrays sends to one operand, by name: ``Xᵀ @ G``.

        Nothing where it is too long, or sends nothing.
        """
        if self._twice(operand):
            return ""
        node = operand.owner
        g = self.gradients.arrived.get(node, np.ones_like(node.data)[()])
        sent = self._rules(node, Leaf(arriving, g))
        if operand.value not in sent:
            return ""
        text = write(sent[operand.value][0], by_name).text
        return text if len(text) <= SHORT.longest else ""

    def _rules(self, node: Tensor, arriving: Formula) -> dict[Any, tuple[Formula, Any]]:
        """Read the rules of an operation; once, for it costs as much as its backward pass."""
        key = node, getattr(arriving, "name", "")
        if key not in self._known:
            with np.errstate(all="ignore"):
                self._known[key] = pullback(node, arriving, self.named)
        return self._known[key]

    def is_scalar(self, operand: Operand) -> bool:
        """Tell whether an operation made a number of a number, with one local derivative."""
        node = operand.owner
        if node.ndim or operand.value.ndim:
            return False
        return multiplies(node, arguments(node), operand.index)

    def _twice(self, operand: Operand) -> bool:
        """Tell whether an operation takes the same tensor twice: a · a."""
        return sum(a is operand.value for a in arguments(operand.owner)) > 1
