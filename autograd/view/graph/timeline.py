"""The two passes step by step: what a picture shows when it stops on the way.

First the operations forward, then the gradient of the result by itself, then the operations
backward. Every step is the whole picture with texts left blank, so that nothing moves.
"""

import math
import operator
from dataclasses import replace
from typing import Any

from autograd.base.errors import kind_of, refusal
from autograd.tensor import Tensor
from autograd.view.derivation.writing import array_text
from autograd.view.graph.scene import Composition, Node, Scene, Wire, sentence
from autograd.view.graph.words import words_of

NEVER = math.inf

TOLD = 3
"""A caption tells what so many operands receive."""


class Timeline:
    """The steps of a composition.

    Attributes
    ----------
    last : the number of the last step; step 0 knows the inputs only.
    turn : that of the step at which the results get their gradients.
    computed, sent : at which step each operation is carried out, and over which use it sends what.

    >>> import numpy as np
    >>> from autograd.view.graph.scene import Composition
    >>> a = Tensor(2.0, requires_grad=True, name="a")
    >>> f = np.exp(a * 3.0)
    >>> f.backward()
    >>> timeline = Timeline(Composition([f], {}, lettering=True))
    >>> timeline.last, timeline.at(1).caption
    (5, 'step 1 of 5: b = a · 3 = 2 · 3 = 6')
    """

    def __init__(self, composition: Composition) -> None:
        self.composition = composition
        gradients = composition.gradients
        self.forward = list(composition.circles)
        back = [
            t for t in reversed(self.forward) if any(u in gradients.sent for u in self._uses(t))
        ]
        turn = [{*gradients.seeds}] if gradients.seeds else []
        # what each step is about: an operation's result, or the results of the graph
        self.subjects = [set(), *({t} for t in self.forward), *turn, *({t} for t in back)]
        self.last, self.turn = len(self.subjects) - 1, len(self.forward) + 1
        self.computed: dict[Any, int] = {t: k for k, t in enumerate(self.forward, 1)}
        self.sent = {use: self.turn + k for k, t in enumerate(back, 1) for use in self._uses(t)}
        self.captions = [self._caption(step) for step in range(self.last + 1)]

    def step_of(self, upto: Any) -> int:
        """Return the number of a step: itself, or the one that computes a tensor.

        Raises
        ------
        ValueError : where there is no such step, or the tensor is not in the picture.
        TypeError : where it is neither a number nor a Tensor.
        """
        if isinstance(upto, Tensor):
            if upto in self.composition.circles:
                return self.computed[upto]
            if upto in self.composition.boxes:
                return 0
            what, where = "the tensor to stop at is not in the picture", f"draw(f, upto={upto!r})"
            raise refusal(ValueError, what, where, "a tensor that f was computed from")
        try:
            step = operator.index(upto)
        except TypeError:
            what = f"a pass stops at a step or at a Tensor, not at {kind_of(upto)}"
            raise refusal(TypeError, what, f"draw(f, upto={upto!r})", "upto=3, or upto=d") from None
        if not 0 <= step <= self.last:
            raise refusal(
                ValueError,
                f"there is no step {step}: the steps are 0 to {self.last}",
                f"draw(f, upto={step})",
                "frames(f) for all of them",
            )
        return step

    def at(self, step: int) -> Scene:
        """Return the scene after so many steps."""
        composition, full = self.composition, self.composition.scene
        nodes = [self._node(node, step) for node in full.nodes]
        wires = [self._wire(wire, step) for wire in full.wires]
        scene = replace(full, nodes=nodes, wires=wires, captions=self.captions)
        scene.caption = self.captions[step]
        gradients = composition.gradients.arrived
        flowing = {t: gradients[t] for t in composition.boxes if self._arrival(t) <= step}
        scene.title, told = words_of(
            composition.selection, composition.boxes, flowing, composition.called,
            lambda t: self.computed.get(t, 0) <= step,
        )  # fmt: skip
        now = f"Step {step} of {self.last}: {self._words(step)}."
        scene.description = " ".join([now, told, *map(sentence, full.remarks)])
        return scene

    def _node(self, full: Node, step: int) -> Node:
        """Leave blank what is not known of a node."""
        t, variable = full.value_of, full.role != "operation"
        valued, flows = self.computed.get(t, 0) <= step, self._arrival(t) <= step
        node = replace(full, room=full)
        if not valued:
            node.value, node.state = (), "muted"
        if not flows:
            node.gradient, node.note = (), ""
        if t is not None and variable:
            node.spoken = self.composition.spoken(full.name, t, valued=valued, flows=flows)
        if t in self.subjects[step] and (step < self.turn or variable == (step == self.turn)):
            node.state = "current"
        return node

    def _wire(self, full: Wire, step: int) -> Wire:
        """Leave blank what has not flowed along a wire."""
        t, result = (self.composition.scene.nodes[i].value_of for i in (full.source, full.target))
        operand, subject = full.operand, self.subjects[step]
        sent = (self.sent.get(operand.use, NEVER) if operand else self._arrival(t)) <= step
        chained = operand is not None and self.composition.write.is_chained(operand)
        wire = replace(full, room=full)
        if self.computed.get(t, 0) > step:
            wire.forward, wire.state = "", "muted"
        if not (sent if chained else self.computed.get(result, 0) <= step):
            wire.local = ""
        if not sent:
            wire.backward = ""
        backward = result in subject and (operand is not None) == (step > self.turn)
        if t in subject if step < self.turn else backward:
            wire.state = "current"
        return wire

    def _arrival(self, t: Tensor | None) -> float:
        """Return the step at which the whole gradient of a tensor is known."""
        if t not in self.composition.gradients.arrived:
            return NEVER
        if t in self.composition.gradients.seeds:
            return self.turn
        uses = self.composition.write.contributions(t)
        return max((self.sent[use] for use in uses if use in self.sent), default=self.last)

    def _uses(self, t: Tensor) -> list[tuple[Tensor, int]]:
        return [o.use for o in self.composition.selection.operands(t)]

    def _caption(self, step: int) -> str:
        text = f"step {step} of {self.last}: {self._words(step)}"
        return "\n".join(filter(None, [text, self.composition.scene.caption]))

    def _words(self, step: int) -> str:
        arithmetic = self.composition.write.arithmetic
        if step == 0:
            return "nothing is computed yet"
        t, *_ = self.subjects[step]
        if step < self.turn:
            stages = arithmetic.computed(t)
            name = arithmetic.named[t].name
            if t.ndim:
                return f"{name} = {stages[0]}, of shape {t.shape}"
            return " = ".join([name, *stages])
        if step == self.turn:
            seeds = self.composition.gradients.seeds.items()
            named = ((arithmetic.named[t].name, array_text(g)) for t, g in seeds)
            return ", ".join(f"∂{name}/∂{name} = {text}" for name, text in named)
        told = [
            arithmetic.sent(o)
            for o in self.composition.selection.operands(t)
            if o.use in self.composition.gradients.sent
        ]
        told = [text for text in told if text]
        more = ["…"] if len(told) > TOLD else []
        through = f"backward through {t.op.name}"  # type: ignore[union-attr]  # it was computed
        return "; ".join([*told[:TOLD], *more]) or through
