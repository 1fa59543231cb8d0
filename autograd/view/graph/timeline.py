"""The two passes step by step: what a picture shows when it stops on the way.

First the operations forward, then the gradient of the result by itself, then the operations
backward. Every step is the whole picture with texts left blank, so that nothing moves.
"""

import operator
from dataclasses import replace
from typing import Any

from autograd.errors import refusal
from autograd.tensor import Tensor
from autograd.view.derivation.writing import array_text
from autograd.view.graph.scene import Composition, Node, Scene, Wire, sentence
from autograd.view.graph.words import words_of

TOLD = 3
"""A caption tells what so many operands receive."""


class Timeline:
    """The steps of a composition.

    Attributes
    ----------
    last : the number of the last step; step 0 knows the inputs only.

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
        self.seeds = list(gradients.seeds)
        self.back = [
            t for t in reversed(self.forward) if any(u in gradients.sent for u in self._uses(t))
        ]
        # what each step is about: an operation's result, or the results of the graph
        forward, back = ([[t] for t in passed] for passed in (self.forward, self.back))
        self.subjects = [[], *forward, *([self.seeds] if self.seeds else []), *back]
        self.last = len(self.subjects) - 1
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
                return 1 + [t is upto for t in self.forward].index(True)
            if upto in self.composition.boxes:
                return 0
            what, where = "the tensor to stop at is not in the picture", f"draw(f, upto={upto!r})"
            raise refusal(ValueError, what, where, "a tensor that f was computed from")
        try:
            step = operator.index(upto)
        except TypeError:
            what = f"a pass stops at a step or at a Tensor, not at a {type(upto).__name__}"
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
        computed = len(self.forward)
        values = set(self.forward[:step])
        swept = self.back[: max(step - computed - bool(self.seeds), 0)]
        sent = {use for t in swept for use in self._uses(t)}
        seeded = set(self.seeds) if step > computed else set()
        subject = set(self.subjects[step])

        def valued(t: Tensor | None) -> bool:
            return t is None or t not in composition.circles or t in values

        def arrived(t: Tensor | None) -> bool:
            if t not in composition.gradients.arrived or step == self.last:
                return t in composition.gradients.arrived
            write = composition.write
            uses = [use for use in write.contributions(t) if use in write.drawn]
            return t in seeded or (bool(uses) and all(use in sent for use in uses))

        def node(each: Node) -> Node:
            t, variable = each.value_of, each.role != "operation"
            known, flows = valued(t), arrived(t)
            blank = replace(each, room=each)
            if not known:
                blank.value, blank.state = (), "muted"
            if not flows:
                blank.gradient, blank.note = (), ""
            if t is not None and variable:
                blank.spoken = composition.spoken(each.name, t, valued=known, flows=flows)
            if t in subject and (step <= computed or variable == (step == computed + 1)):
                blank.state = "current"
            return blank

        def wire(each: Wire) -> Wire:
            t = full.nodes[each.source].value_of
            result = full.nodes[each.target].value_of
            blank = replace(each, room=each)
            if not valued(t):
                blank.forward, blank.state = "", "muted"
            o = each.operand
            chained = o is not None and composition.write.is_chained(o)
            if o is not None and not (o.use in sent if chained else valued(result)):
                blank.local = ""
            if not (arrived(t) if o is None else o.use in sent):
                blank.backward = ""
            forward = step <= computed and t in subject
            backward = result in subject and (each.operand is not None) == (step > computed + 1)
            if forward or (step > computed and backward):
                blank.state = "current"
            return blank

        scene = replace(full, nodes=[*map(node, full.nodes)], wires=[*map(wire, full.wires)])
        scene.caption, scene.captions = self.captions[step], self.captions
        gradients = composition.gradients.arrived
        flowing = {t: gradients[t] for t in composition.boxes if arrived(t)}
        scene.title, told = words_of(
            composition.selection, composition.boxes, flowing, composition.called, valued
        )
        now = f"Step {step} of {self.last}: {self._words(step)}."
        scene.description = " ".join([now, told, *map(sentence, full.remarks)])
        return scene

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
        if step <= len(self.forward):
            stages = arithmetic.computed(t)
            name = arithmetic.named[t].name
            if t.ndim:
                return f"{name} = {stages[0]}, of shape {t.shape}"
            return " = ".join([name, *stages])
        if step == len(self.forward) + 1:
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
