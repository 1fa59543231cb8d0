"""The scene: what a picture says, before anybody draws it.

Every exporter (DOT, the text tree) reads the same nodes and wires; nothing here knows of colours.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from autograd.primitive import Primitive
from autograd.provenance.names import called, name_of
from autograd.tensor import Tensor
from autograd.view.graph.choices import check_choice
from autograd.view.graph.failure import reason_of
from autograd.view.graph.inscriptions import DETAILS, Inscriptions
from autograd.view.graph.parts import Parts
from autograd.view.graph.passes import Gradients, gradients_of
from autograd.view.graph.selection import Omission, Operand, Selection
from autograd.view.graph.spelling import Rows, brief, number, spoken_gradient, symbol, table
from autograd.view.graph.words import caption_of, changed_since, words_of

LEVELS = ("scalar", "tensor", "module")


@dataclass(slots=True)
class Node:
    """A box or a circle.

    Attributes
    ----------
    role : "input", "parameter", "constant", "value" (an intermediate variable), "output",
        "operation", "module" (all that one computed), "failed" (an operation that raised an error),
        or "hidden" (what the picture leaves out).
    name : what the user calls it; an operation's symbol.
    kind : dtype and shape, on the tensor level.
    value, gradient : what is written in the box; empty where it stands on a wire, or is unknown.
    note : a remark on the gradient.
    spoken : the node in words.
    value_of : the tensor that a box stands for, the result of an operation; None for the rest.
    state : "current" (it happens at this step, or is what one looks around), "muted" (not yet
        computed, or off the highlighted path), "alarm" (its gradient is wrong), or nothing.
    room : the same node with every text, where some are blank at this step: a layout that keeps
        room for all of them stays the same from step to step.
    group : the position of the innermost group that it is in.
    """

    role: str
    name: str = ""
    kind: str = ""
    value: Rows = ()
    gradient: Rows = ()
    note: str = ""
    spoken: str = ""
    value_of: Tensor | None = None
    state: str = ""
    room: "Node | None" = None
    group: int | None = None


@dataclass(slots=True)
class Wire:
    """A connection of two nodes (by position in the scene).

    Attributes
    ----------
    forward, backward : what flows along it either way; empty where nothing is to be written.
    local : the local derivative of the operation at the far end.
    operand : which argument of which operation it brings; None on the way to a box.
    state, room : as a node's; and "path", "vanishing" or "exploding".
    width : how thick it is, in points; 0 for as thick as any.
    """

    source: int
    target: int
    forward: str = ""
    backward: str = ""
    local: str = ""
    operand: Operand | None = None
    state: str = ""
    room: "Wire | None" = None
    width: float = 0.0


@dataclass(slots=True)
class Group:
    """A cluster of nodes: what a module computed, or a pattern that repeats itself.

    Attributes
    ----------
    label, note : what it is called; and what else is said of it, each in a line of its own: where
        wires come from above, a wide title is in their way.
    parent : the position of the group that it is in, which stands before it.
    members : the positions of the nodes that are in it, but in no group inside it.
    """

    label: str
    note: str = ""
    parent: int | None = None
    members: list[int] = field(default_factory=list)


ACROSS, NUMBERS = 8, 15
"""So many operations on arrays, and on numbers, one after the other fit across a page."""


@dataclass(slots=True)
class Scene:
    """Nodes before those that use them; wires in the order of the operands; and the words.

    Attributes
    ----------
    captions : every caption of the sequence that this scene belongs to, which the layout keeps
        room for.
    remarks : what overlays say, in the caption and in the description.
    """

    nodes: list[Node] = field(default_factory=list)
    wires: list[Wire] = field(default_factory=list)
    roots: list[int] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    title: str = ""
    description: str = ""
    caption: str = ""
    captions: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    @property
    def direction(self) -> str:
        """Say where a picture goes: right ("LR"), or, of a long row of operations, down ("TB").

        Side by side, so many numbers, or tables of arrays, would be too small to read on a page.
        """
        depth = [0] * len(self.nodes)
        for wire in sorted(self.wires, key=lambda wire: wire.target):
            step = self.nodes[wire.target].role in ("operation", "module", "failed")
            depth[wire.target] = max(depth[wire.target], depth[wire.source] + step)
        arrays = any((node.room or node).kind for node in self.nodes)
        return "TB" if max(depth, default=0) > (ACROSS if arrays else NUMBERS) else "LR"

    def incoming(self) -> list[list[Wire]]:
        """Return the wires into each node."""
        into: list[list[Wire]] = [[] for _ in self.nodes]
        for wire in self.wires:
            into[wire.target].append(wire)
        return into

    def remark(self, text: str) -> None:
        """Add to the caption, and to the description."""
        self.remarks.append(text)
        self.caption = f"{self.caption}\n{text}".lstrip()
        self.captions = [f"{caption}\n{text}" for caption in self.captions]
        self.description += f" {sentence(text)}"


def sentence(text: str) -> str:
    """Make a sentence of a remark."""
    return f"{text[0].upper()}{text[1:]}."


class Composition:
    """The graph behind `roots` as a scene, and what that was made from.

    Parameters
    ----------
    names : names by identity.
    parts : the calls that `modules.folded` will draw; None on the other levels.

    Attributes
    ----------
    selection, gradients : what is visible, and what flows back.
    write : what writes on the wires.
    called : returns what the user calls a tensor, in one line.
    boxes, circles : the positions of the variables and of the operations in the scene.

    Raises
    ------
    ValueError : for an unknown detail or level, or a tensor to look `around` that is not there.

    >>> a = Tensor(2.0, requires_grad=True, name="a")
    >>> [node.name for node in Composition([a * 3.0], {}).scene.nodes]
    ['a', '', '×', '']
    """

    def __init__(
        self, roots: Sequence[Tensor], names: dict[int, str], *, detail: str = "gradients",
        level: str | None = None, parts: Parts | None = None, around: Any = None,
        lettering: bool = False,
    ) -> None:  # fmt: skip
        check_choice("detail", detail, DETAILS)
        check_choice("level", level, (None, *LEVELS))
        self.names, self.parts = names, parts
        inside = {"part": parts.top, "home": parts.homes.__getitem__} if parts else {}
        self.called = partial(called, names=names)  # no cycle keeps the graph alive
        self.selection = Selection(roots, self.called, around=around, **inside)
        self.gradients = Gradients() if detail == "values" else gradients_of(self.selection)
        self.scene = Scene()
        self.boxes: dict[Tensor, int] = {}  # a variable's node
        self.arrays: dict[int, int] = {}  # a plain array's node, by its identity
        self.circles: dict[Tensor, int] = {}
        operations, ends = self.selection.operations, self.selection.ends
        operands = [o for t in operations for o in self.selection.operands(t)]
        visible = {t: None for t in [*ends, *(o.value for o in operands)] if type(t) is Tensor}
        self.scalar = all(np.ndim(t.data) == 0 for t in visible)
        if level in ("scalar", "tensor"):
            self.scalar = level == "scalar"
        self.write = Inscriptions(
            self.selection, self.gradients, names, detail,
            scalar=self.scalar, lettering=lettering,
        )  # fmt: skip
        for t in sorted(visible, key=self.selection.order.__getitem__):
            if t in operations and t.op:
                self.operation(t, t.op)
            if t not in operations or (self.selection.boxed(t) and not reason_of(t)):
                self.variable(t)
        self.scene.roots = [self.boxes.get(t, self.circles.get(t, 0)) for t in ends]
        self.tell()

    def tell(self) -> None:
        """Write the title, the description and the caption."""
        scene, ends = self.scene, self.selection.ends
        scene.title, scene.description = words_of(
            self.selection, self.boxes, self.gradients.arrived, self.called
        )
        for t in ends:
            if t not in self.boxes:  # it failed
                scene.title = scene.nodes[self.circles[t]].spoken
                scene.description += f" {sentence(scene.title)}"
        scene.caption = caption_of(self.selection)
        if not self.selection.total and not any(t.requires_grad for t in ends):
            scene.remark("nothing was recorded: no input requires a gradient")
        if self.gradients.changed:
            scene.remark(changed_since(self.gradients.changed, self.called))

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
        on_wire = computed if not uses else len(uses) == 1 and t not in self.selection.ends
        boxed = not (self.scalar and on_wire)
        node = Node(self.role(t), self.name(t) or self.write.letters.get(t, ""), value_of=t)
        if boxed or not node.name:
            node.value = self.write.value(t.data)
        if boxed and t in self.gradients.arrived:
            node.gradient = self.write.gradient(t)
        if not self.scalar:
            node.kind = f"{t.dtype} {t.shape}"
        node.spoken = self.spoken(node.name, t, flows=t in self.gradients.arrived)
        if t is self.selection.centre:
            node.state = "current"
        self.boxes[t] = self.add(node)
        if computed:
            self.scene.wires.append(self.outcome(t, node, boxed=boxed))

    def outcome(self, t: Tensor, node: Node, *, boxed: bool) -> Wire:
        """Join a box to the circle that computed it."""
        wire = Wire(self.circles[t], self.boxes[t])
        alone = not boxed and not self.selection.uses.get(t)
        if alone and not node.value:
            wire.forward = self.write.passing(t.data)
        if alone and t in self.gradients.arrived:
            wire.backward = self.write.arrived(t)
        if self.write.detail == "derivation":
            wire.forward = self.write.computing(t, wire.forward)
        return wire

    def spoken(self, name: str, t: Tensor, *, valued: bool = True, flows: bool) -> str:
        """Say a variable, its value and its gradient, so far as they are known."""
        if not valued:
            return f"{name} is not computed yet".lstrip()
        text = f"{name} = {brief(t.data)}" if name else brief(t.data)
        return f"{text}, gradient {spoken_gradient(self.gradients.arrived[t])}" if flows else text

    def role(self, t: Tensor) -> str:
        if t.op is None:
            if t.meta and t.meta.get("parameter"):
                return "parameter"
            return "input" if t.requires_grad else "constant"
        if t not in self.selection.operations:
            return "hidden"
        return "output" if t in self.selection.roots else "value"

    def operation(self, t: Tensor, op: Primitive) -> None:
        """Draw an operation as a circle, and join its operands to it."""
        operands = self.selection.operations[t]
        sources = [self.source(o) for o in operands]
        node = Node("operation", symbol(op, t.params), spoken=op.name, value_of=t)
        if reason := reason_of(t):
            node.role, node.state, node.note = "failed", "alarm", reason
            node.spoken += f" failed: {node.note}"
        self.circles[t] = self.add(node)
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
            node = Node("constant", self.name(value), spoken=brief(value))
            node.value = self.write.value(value)
            node.kind = "" if self.scalar else f"{value.dtype} {value.shape}"
            self.arrays[id(value)] = self.add(node)
        return self.arrays[id(value)]

    def inscribe(self, wire: Wire, operand: Operand) -> None:
        """Write on a wire what flows along it, unless the box says it already."""
        if self.parts and self.parts.homes[operand.owner].replaced():
            return  # the first of the row is drawn
        source = self.scene.nodes[wire.source]
        wire.forward = self.write.forward(
            operand, boxed=source.role != "operation", told=bool(source.value)
        )
        wire.backward = self.write.backward(operand)
        if not reason_of(operand.owner):
            wire.local = self.write.local(operand)
