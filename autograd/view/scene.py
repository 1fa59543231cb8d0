"""The scene: what a picture says, before anybody draws it.

Every exporter (DOT, the text tree) reads the same nodes and wires; nothing here knows of colours.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd.primitive import Primitive
from autograd.tensor import Tensor
from autograd.view.names import name_of
from autograd.view.passes import gradients_of, local_derivative
from autograd.view.selection import Omission, Operand, Selection
from autograd.view.spelling import (
    Rows,
    addition,
    brief,
    brief_gradient,
    gradient_table,
    number,
    spoken_gradient,
    symbol,
    table,
)
from autograd.view.words import caption_of, words_of

TERMS = 4
"""A gradient is written out as a sum of at most so many contributions."""


@dataclass(slots=True)
class Node:
    """A box or a circle.

    Attributes
    ----------
    role : "input", "parameter", "constant", "value" (an intermediate variable), "output",
        "operation", or "hidden" (what the picture leaves out).
    name : what the user calls it; an operation's symbol.
    kind : dtype and shape, on the tensor level.
    value, gradient : what is written in the box; empty where it stands on a wire, or is unknown.
    spoken : the node in words.
    value_of : the tensor that a box stands for, the result of an operation; None for the rest.
    """

    role: str
    name: str = ""
    kind: str = ""
    value: Rows = ()
    gradient: Rows = ()
    spoken: str = ""
    value_of: Tensor | None = None


@dataclass(slots=True)
class Wire:
    """A connection of two nodes (by position in the scene).

    Attributes
    ----------
    forward, backward : what flows along it either way; empty where nothing is to be written.
    local : the local derivative of the operation at the far end.
    operand : which argument of which operation it brings; None on the way to a box.
    """

    source: int
    target: int
    forward: str = ""
    backward: str = ""
    local: str = ""
    operand: Operand | None = None


@dataclass(slots=True)
class Scene:
    """Nodes before those that use them; wires in the order of the operands; and the words."""

    nodes: list[Node] = field(default_factory=list)
    wires: list[Wire] = field(default_factory=list)
    roots: list[int] = field(default_factory=list)
    title: str = ""
    description: str = ""
    caption: str = ""


def compose(roots: Sequence[Tensor], names: dict[int, str], *, local: bool) -> Scene:
    """Turn the graph behind `roots` into a scene; `names` maps identities to names.

    >>> a = Tensor(2.0, requires_grad=True, name="a")
    >>> [node.name for node in compose([a * 3.0], {}, local=False).nodes]
    ['a', '', '×', '']
    """
    return _Composer(roots, names, local).scene


class _Composer:
    def __init__(self, roots: Sequence[Tensor], names: dict[int, str], local: bool) -> None:
        self.names, self.local = names, local
        self.selection = Selection(roots, self.name)
        self.gradients = gradients_of(self.selection)
        self.scene = Scene()
        self.boxes: dict[Tensor, int] = {}  # a variable's node
        self.arrays: dict[int, int] = {}  # a plain array's node, by its identity
        self.circles: dict[Tensor, int] = {}
        operations = self.selection.operations
        operands = [o for row in operations.values() for o in row if isinstance(o, Operand)]
        self.drawn = {(o.owner, o.index) for o in operands}
        visible = {t: None for t in [*roots, *(o.value for o in operands)] if type(t) is Tensor}
        self.scalar = all(np.ndim(t.data) == 0 for t in visible)
        for t in sorted(visible, key=lambda t: t.count):
            if t in operations and t.op:
                self.operation(t, t.op)
            if t not in operations or self.selection.boxed(t):
                self.variable(t)
        self.scene.roots = [self.boxes[t] for t in dict.fromkeys(roots)]
        self.scene.title, self.scene.description = words_of(
            self.selection, self.boxes, self.gradients, self.name
        )
        self.scene.caption = caption_of(self.selection)

    def name(self, value: Any) -> str:
        return name_of(value, self.names)

    def add(self, node: Node) -> int:
        self.scene.nodes.append(node)
        return len(self.scene.nodes) - 1

    def variable(self, t: Tensor) -> None:
        """Draw a tensor as a box, and join it to the operation that computed it.

        The numbers of a scalar stand on its only wire, and in the box where there is none or more.
        """
        uses = self.selection.uses.get(t, [])
        computed = t in self.circles
        on_wire = computed if not uses else len(uses) == 1 and t not in self.selection.roots
        boxed = not (self.scalar and on_wire)
        node = Node(self.role(t), self.name(t), spoken=brief(t.data), value_of=t)
        if boxed or not node.name:
            node.value = table(t.data)
        if boxed and t in self.gradients.arrived:
            node.gradient = self.gradient(t)
        if not self.scalar:
            node.kind = f"{t.dtype} {t.shape}"
        if node.name:
            node.spoken = f"{node.name} = {node.spoken}"
        if t in self.gradients.arrived:
            node.spoken += f", gradient {spoken_gradient(self.gradients.arrived[t])}"
        self.boxes[t] = self.add(node)
        if computed:
            wire = Wire(self.circles[t], self.boxes[t])
            if not boxed and not uses:
                wire.forward = "" if node.value else number(t.data)
                wire.backward = _flow(self.gradients.arrived.get(t))
            self.scene.wires.append(wire)

    def role(self, t: Tensor) -> str:
        if t.op is None:
            if t.meta and t.meta.get("parameter"):
                return "parameter"
            return "input" if t.requires_grad else "constant"
        if t not in self.selection.operations:
            return "hidden"
        return "output" if t in self.selection.roots else "value"

    def gradient(self, t: Tensor) -> Rows:
        """Write a gradient; that of a scalar as the sum of what came over its wires."""
        uses = [use for use in self.selection.uses.get(t, []) if use in self.gradients.sent]
        if len(uses) < 2 or not self.scalar:
            return gradient_table(self.gradients.arrived[t])
        terms = [number(self.gradients.sent[use]) for use in uses if use in self.drawn][:TERMS]
        total = number(self.gradients.arrived[t])
        return ((f"∂ {addition(terms, total, more=len(terms) < len(uses))}",),)

    def operation(self, t: Tensor, op: Primitive) -> None:
        """Draw an operation as a circle, and join its operands to it."""
        operands = self.selection.operations[t]
        sources = [self.source(o) for o in operands]
        self.circles[t] = self.add(
            Node("operation", symbol(op, t.params), spoken=op.name, value_of=t)
        )
        for operand, source in zip(operands, sources, strict=True):
            wire = Wire(source, self.circles[t])
            if isinstance(operand, Operand):
                wire.operand = operand
                self.inscribe(wire, operand)
            self.scene.wires.append(wire)

    def source(self, operand: Operand | Omission) -> int:
        if isinstance(operand, Omission):
            text = f"… {operand.count:,} more"
            return self.add(Node("hidden", text, spoken=text))
        value = operand.value
        if type(value) is Tensor:
            return self.boxes[value] if value in self.boxes else self.circles[value]
        return self.constant(value)

    def constant(self, value: Any) -> int:
        """Draw a plain number or array; an array that is used twice is one box."""
        if np.ndim(value) == 0:
            return self.add(Node("constant", value=table(value), spoken=number(value)))
        if id(value) not in self.arrays:
            node = Node("constant", self.name(value), spoken=brief(value), value=table(value))
            node.kind = f"{value.dtype} {value.shape}"
            self.arrays[id(value)] = self.add(node)
        return self.arrays[id(value)]

    def inscribe(self, wire: Wire, operand: Operand) -> None:
        """Write on a wire what flows along it, unless the box says it already."""
        t = operand.value if type(operand.value) is Tensor else None
        value = operand.value if t is None else t.data
        if np.ndim(value) or not self.scene.nodes[wire.source].value:
            wire.forward = brief(value)
        wire.backward = _flow(self.gradients.sent.get((operand.owner, operand.index)))
        if self.local and self.scalar and t is not None and t.requires_grad:
            wire.local = local_derivative(operand)


def _flow(gradient: Any) -> str:
    return "" if gradient is None else brief_gradient(gradient)
