"""A scene as JSON, for programs that draw, check or store graphs in their own way.

The text is one object, in UTF-8:

- ``format``: "retrograd graph"; ``version``: 1, raised where a reader would have to change.
- ``title``, ``description``, ``caption``: the picture in words.
- ``nodes``: what is drawn, each after those that it was computed from. ``id`` is the position in
  the list; ``role`` one of input, parameter, constant, value, output, operation, module, failed,
  hidden; ``name`` what the user calls it, or an operation's symbol; ``op`` the operation that
  computed it, or null; ``dtype`` and ``shape`` of its value, or null.
- ``wires``: ``source`` and ``target`` are ids; ``argument`` says which argument of the operation it
  brings (a folded sum's are counted anew), or null.
- ``groups``: what is drawn as one part: ``label``, ``note``, ``parent`` (the position of the group
  that it is in, or null) and ``members`` (the ids of its nodes, without those of groups inside).
- ``roots``: the ids of the results.

A node and a wire have ``value`` and ``gradient`` where the picture has them: numbers and nested
lists in full precision, null where there is none, or where an array has more than 1000 entries.
Numbers that JSON lacks are the words "NaN", "Infinity" and "-Infinity", which Python's ``float``
and JavaScript's ``Number`` read; a complex number is Python's ``repr``. ``text`` holds the same as
the picture writes it: tables of a node, lines of a wire.
"""

import json
import math
from dataclasses import asdict
from typing import Any

import numpy as np

from autograd.tensor import Tensor, raw
from autograd.view.graph.passes import Gradients, gradients_of
from autograd.view.graph.scene import Node, Scene, Wire
from autograd.view.graph.selection import Selection

VERSION = 1
ENTRIES = 1000
"""An array of more entries is summarised by its text only."""


def json_text(scene: Scene) -> str:
    """Write a scene as JSON; the text may stand in a ``<script>`` of a page.

    >>> from autograd import draw
    >>> a = Tensor(2.0, requires_grad=True, name="a")
    >>> graph = json.loads(draw(a * 3.0).json())
    >>> graph["version"], [node["name"] for node in graph["nodes"]]
    (1, ['a', '', '×', ''])
    >>> graph["wires"][0]["value"], graph["wires"][0]["gradient"]
    (2.0, None)
    """
    roots = [scene.nodes[i].value_of for i in scene.roots]
    found = gradients_of(Selection([t for t in roots if t is not None], lambda _: ""))
    graph = {
        "format": "retrograd graph",
        "version": VERSION,
        "title": scene.title,
        "description": scene.description,
        "caption": scene.caption,
        "nodes": [_node(i, node, found.arrived) for i, node in enumerate(scene.nodes)],
        "wires": [_wire(wire, scene, found) for wire in scene.wires],
        "groups": [asdict(group) for group in scene.groups],
        "roots": scene.roots,
    }
    return in_script(graph, ensure_ascii=False, indent=1) + "\n"


def in_script(value: Any, **options: Any) -> str:
    """Write data as JSON that a ``<script>`` may hold: ``</script>`` would end it."""
    return json.dumps(value, allow_nan=False, **options).replace("<", r"\u003c")


def _node(i: int, node: Node, arrived: dict[Tensor, Any]) -> dict[str, Any]:
    t = node.value_of
    return {
        "id": i,
        "role": node.role,
        "name": node.name,
        "op": t.op.name if t is not None and t.op else None,
        "dtype": None if t is None else str(t.dtype),
        "shape": None if t is None else list(t.shape),
        "value": _number(t.data) if t is not None and node.value else None,
        "gradient": _number(arrived.get(t)) if t is not None and node.gradient else None,
        "text": {"value": node.value, "gradient": node.gradient, "note": node.note},
    }


def _wire(wire: Wire, scene: Scene, found: Gradients) -> dict[str, Any]:
    operand, result = wire.operand, scene.nodes[wire.target].value_of
    value = operand.value if operand else result
    return {
        "source": wire.source,
        "target": wire.target,
        "argument": operand.index if operand else None,
        "value": _number(raw(value)) if wire.forward else None,
        "gradient": _number(found.over(operand, result)) if wire.backward else None,
        "text": {"value": wire.forward, "gradient": wire.backward, "local": wire.local},
    }


def _number(value: Any) -> Any:
    """Return numbers as JSON has them; None where there are none, or too many."""
    if value is None or np.size(value) > ENTRIES:
        return None
    return plain(np.asarray(value).tolist())


def plain(value: Any) -> Any:
    """Put words in the place of numbers that JSON lacks, wherever they stand in lists and dicts.

    >>> plain({"a": [1.0, math.inf], "b": math.nan, "c": 2j})
    {'a': [1.0, 'Infinity'], 'b': 'NaN', 'c': '2j'}
    """
    if isinstance(value, dict):
        return {name: plain(v) for name, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, complex):
        return repr(value)
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else f"{'-' if value < 0 else ''}Infinity"
    return value
