"""What a page that computes shows: a scene with places for numbers, laid out once for all of them.

`Stage.model` is plain data (dicts, lists, texts, numbers): what the page's own painter reads.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from autograd.base.errors import shape_of
from autograd.graph import arguments
from autograd.provenance.names import columns
from autograd.tensor import Tensor, raw
from autograd.view.exploration.layout import Link, Size, arrange
from autograd.view.exploration.lines import Lines
from autograd.view.exploration.recording import Recording
from autograd.view.graph.scene import Composition, Node, Wire
from autograd.view.graph.spelling import PRINTED, brief, number
from autograd.view.graph.words import expression

LETTER, LINE, PAD = 7.8, 18.0, 10.0
"""The width of a letter, the height of a line, and the margin of a box, in points."""

NUMBER, CELL = 66.0, 50.0
"""The width that a number needs on a wire (−1.235e−5), and in a table."""

SUMMARY = 234.0
CIRCLE = 36.0
QUESTIONS = 8
"""A quiz asks for at most so many numbers, unless it is told which."""

TERMS = 3
"""A gradient is written out as a sum of at most so many contributions."""


class Stage:
    """Lays a recording out, and says at which step each number is known.

    Step 0 shows the inputs. Each operation is one step forward; then the gradient 1 arrives at the
    result; then each operation is one step backward; and the last step shows everything.

    Parameters
    ----------
    composition : the scene of the recording's result.
    letters : what the tensors are called in formulas.
    names : what plain arrays are called, by their identity.

    Attributes
    ----------
    named : the tensors whose values the page computes or shows; `reached`, their gradients too.
    """

    def __init__(
        self, recording: Recording, composition: Composition, letters: Mapping[Tensor, str],
        names: Mapping[int, str],
    ) -> None:  # fmt: skip
        self.recording, self.composition = recording, composition
        self.scene, self.uses = composition.scene, composition.selection.uses
        self.scalar = composition.scalar
        self.letters = letters
        self.named = [t for t in letters if t in recording.symbols]
        self.reached = [t for t in self.named if t in recording.arrived]
        self.lines = Lines(recording, letters, names)
        operations = composition.selection.operations
        self.order = sorted(operations, key=lambda t: t.count)
        self.computed = {t: k for k, t in enumerate(self.order, 1)}
        backward = [t for t in reversed(self.order) if any(self._sending(t))]
        first = len(self.order) + 1
        self.sending = {t: first + k for k, t in enumerate(backward, 1)}
        self.last = first + len(backward)
        self.owners = {o.use: t for t in operations for o in composition.selection.operands(t)}
        for (owner, _), t in self.owners.items():  # of a folded sum: known when the sum is
            self.computed.setdefault(owner, self.computed[t])
        self.constants = {
            w.source: w.operand.value for w in self.scene.wires if w.operand is not None
        }

    def model(self) -> dict[str, Any]:
        """Return everything that the page shows, but the inputs."""
        nodes = [self._node(node, i) for i, node in enumerate(self.scene.nodes)]
        wires = [self._wire(wire) for wire in self.scene.wires]
        sizes, round_ = [n["size"] for n in nodes], [n["role"] == "operation" for n in nodes]
        links = [Link(wire["source"], wire["target"], wire.pop("room")) for wire in wires]
        layout = arrange(sizes, round_, links)
        for node, at in zip(nodes, layout.nodes, strict=True):
            node["at"] = at
        for wire, path, label in zip(wires, layout.paths, layout.labels, strict=True):
            wire |= {"path": path, "at": label}
        steps, questions = self._steps(), self._questions()
        flows = [i for name, i in questions.items() if name.startswith("∂")]
        return {
            "title": self._title(), "caption": self.scene.caption, "size": layout.size,
            "nodes": nodes, "wires": wires, "steps": steps, "lines": self._timed(),
            "questions": questions, "ask": flows[:QUESTIONS], "quiz": [],
            "values": {self.letters[t]: self.lines.value(t) for t in self.named},
            "gradients": {self.letters[t]: self.lines.gradient(t) for t in self.reached},
        }  # fmt: skip

    def _title(self) -> str:
        """Write the whole formula; no result stands in it as a number, which would change."""
        root = self.recording.root

        def name(value: Any) -> str:
            if type(value) is not Tensor:
                return self.composition.name(value) or brief(value)
            if value.op is None:
                return self.letters.get(value) or brief(value.data)
            return self.letters[value] if self.composition.name(value) and value is not root else ""

        formula = expression(root, name)
        return f"{self.letters[root]} = {formula}" if formula else self.letters[root]

    def _questions(self) -> dict[str, int]:
        """Return the lines that a reader could complete: gradients backward, and then values."""
        reached = [t for t in reversed(self.reached) if t.ndim == 0]
        computed = [t for t in self.named if t.ndim == 0 and t.op is not None]
        flows = {f"∂{self.letters[t]}": self.lines.flow(t) for t in reached}
        return flows | {self.letters[t]: self.lines.result(t) for t in computed}

    def _timed(self) -> list[dict[str, Any]]:
        """Return the lines, each with the step at which its result is known."""
        for (kind, t, *_), place in self.lines.places.items():
            at = self._arrival(t) if kind == "flow" else self._known(t)
            self.lines.texts[place]["at"] = at
        return self.lines.texts

    # ── nodes and wires ───────────────────────────────────────────────────────────────────────
    def _node(self, node: Node, i: int) -> dict[str, Any]:
        t: Any = node.value_of if node.value_of is not None else self.constants.get(i)
        shape = shape_of(t)
        circle = node.role == "operation"
        # what formulas call it: a circle without a box, and a box that nobody named, show it
        letter = self.letters.get(t, "") if type(t) is Tensor else ""
        told = bool(node.value) and node.role != "hidden" and not circle
        flows = type(t) is Tensor and t in self.recording.arrived
        shown = told and flows and (not self.scalar or len(self.uses.get(t, ())) != 1)
        terms = self._terms(t) if shown else []
        result = {
            "role": node.role, "name": (node.name or letter).splitlines() or [""],
            "kind": node.kind,
            "value": self.lines.value(t) if told else None,
            "valueAt": self._known(t), "gradient": self.lines.gradient(t) if shown else None,
            "gradientAt": self._arrival(t) if flows else None, "terms": terms,
            "letter": letter if circle and t not in self.composition.boxes else "",
            "says": self._said(t, flows=flows),
            "spoken": f"{node.spoken}: {letter}" if circle else letter or node.name or "constant",
            "text": self._constant(node, t),
            "lines": self._about(t) if type(t) is Tensor and node.role != "hidden" else [],
        }  # fmt: skip
        return result | {"size": self._size(result, shape)}

    def _wire(self, wire: Wire) -> dict[str, Any]:
        t: Any = self.scene.nodes[wire.source].value_of
        result: dict[str, Any] = {
            "source": wire.source, "target": wire.target, "text": "", "value": None,
            "gradient": None, "valueAt": 0, "gradientAt": None, "lines": [],
        }  # fmt: skip
        if wire.operand is not None:
            use, t = wire.operand.use, wire.operand.value
            if use in self.recording.sent:
                result["gradient"] = self.lines.sent(*use)
                result["gradientAt"] = self.sending[self.owners[use]]
                slope = self.lines.slope(use[0], t)
                flow = self.lines.flow(t)
                result["lines"] = [flow] if slope is None else [slope, flow]
        elif type(t) is Tensor and wire.forward:  # into the box of the result
            result["gradient"], result["gradientAt"] = self.lines.gradient(t), self._arrival(t)
            result["lines"] = self._about(t)
        result["valueAt"] = self._known(t)
        if shape_of(t):
            result["text"] = wire.forward
        elif wire.forward:
            result["value"] = self.lines.value(t)
        marked = result["text"] or result["value"] is not None or result["gradient"] is not None
        wide = max(NUMBER + 12, len(result["text"]) * 7.0)
        return result | {"room": (wide, 42.0) if marked else None}

    def _size(self, node: dict[str, Any], shape: tuple[int, ...]) -> Size:
        if node["role"] == "operation":
            (name,) = node["name"]
            return (CIRCLE, CIRCLE) if len(name) < 4 else (len(name) * LETTER + 26, CIRCLE)
        widths = [columns(line) * LETTER for line in node["name"]]
        height = LINE * len(node["name"])
        if self.scalar or not node["kind"]:
            if node["value"] is not None:
                text = node["text"]  # of a constant, which never needs more room
                widths[-1] += len(text) * LETTER if text else NUMBER
                widths[-1] += LETTER * 2 if node["name"][0] else 0
            if node["gradient"] is not None:
                widths.append((len(node["terms"]) + 1) * 48.0 + 12)
                height += LINE
        elif node["value"] is not None:
            rows = int(np.prod(shape[:-1])) if np.prod(shape) <= PRINTED else 1
            grid = (shape[-1] if shape else 1) * CELL + 14
            widths += [grid if np.prod(shape) <= PRINTED else SUMMARY, len(node["kind"]) * 6.2]
            height += 15 + LINE * rows * (2 if node["gradient"] is not None else 1)
        return max(*widths, 22.0) + 2 * PAD, height + PAD

    def _said(self, t: Any, *, flows: bool) -> list[int | None]:
        """Return the slots of what is said of a node, wherever it is written."""
        known = type(t) is Tensor and t in self.recording.symbols
        return [self.lines.value(t) if known else None, self.lines.gradient(t) if flows else None]

    def _constant(self, node: Node, t: Any) -> str:
        data = raw(t)
        return number(data) if node.role == "constant" and np.ndim(data) == 0 else ""

    def _about(self, t: Tensor) -> list[int]:
        lines = [self.lines.result(t)] if t in self.letters else []
        return lines + ([self.lines.flow(t)] if t in self.recording.arrived else [])

    def _terms(self, t: Any) -> list[int]:
        """Return the contributions to a gradient, where it is a sum of a few numbers."""
        uses = self.recording.uses.get(t, [])
        few = self.scalar and 1 < len(uses) <= TERMS
        return [self.lines.sent(*use) for use in uses] if few else []

    # ── steps ─────────────────────────────────────────────────────────────────────────────────
    def _known(self, t: Any) -> int:
        return self.computed.get(t, 0) if type(t) is Tensor else 0

    def _arrival(self, t: Tensor) -> int:
        """Return the step at which all contributions to a gradient have arrived."""
        if t is self.recording.root:
            return len(self.order) + 1
        uses = self.recording.uses.get(t, [])
        return max(
            (self.sending[self.owners[u]] if u in self.owners else self.last for u in uses),
            default=0,
        )

    def _sending(self, t: Tensor) -> list[tuple[Tensor, int]]:
        operands = self.composition.selection.operands(t)
        return [o.use for o in operands if o.use in self.recording.sent]

    def _steps(self) -> list[dict[str, Any]]:
        circles, boxes = self.composition.circles, self.composition.boxes
        steps: list[dict[str, Any]] = [{"say": "start", "node": None, "lines": []}]
        steps += [
            {"say": "forward", "node": circles[t], "lines": [self.lines.result(t)]}
            for t in self.order
        ]
        root = self.recording.root
        steps.append({"say": "turn", "node": boxes[root], "lines": [self.lines.flow(root)]})
        for t in self.sending:
            reached = dict.fromkeys(arguments(o)[i] for o, i in self._sending(t))
            lines = [self.lines.flow(a) for a in reached]
            steps.append({"say": "backward", "node": circles[t], "lines": lines})
        given = [t for t in self.recording.inputs.values() if t in self.recording.arrived]
        summary = [self.lines.result(root), *map(self.lines.flow, given)]
        return [*steps, {"say": "all", "node": None, "lines": summary}]
