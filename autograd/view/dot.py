"""A scene as DOT text. Numbers stand on the wires: each wire runs through a small table, the value
above the line and the gradient below it, so that the layout keeps room for them.
"""

import html

import graphviz

from autograd.view.scene import Node, Scene, Wire
from autograd.view.spelling import Rows
from autograd.view.theme import Theme

SHAPES = {
    "input": {"shape": "box", "style": "rounded,filled"},
    "parameter": {"shape": "box", "style": "filled", "peripheries": "2"},
    "constant": {"shape": "box", "style": "dashed,filled"},
    "value": {"shape": "box", "style": "filled"},
    "output": {"shape": "box", "style": "filled,bold", "penwidth": "2.4"},
    "hidden": {"shape": "box", "style": "dashed,rounded"},
}
LETTERS = 3
"""A symbol of so many letters fits into a circle."""

TABLE = '<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="{}" CELLPADDING="1"{}>{}</TABLE>'


def dot(scene: Scene, theme: Theme) -> str:
    """Write a scene as DOT text, the same for the same scene.

    Nodes are called by their position, ``n0`` …, and the table on the k-th wire into n5 ``n5_k``.
    """
    font = {"fontname": "Helvetica", "fontcolor": theme.ink}
    graph = graphviz.Digraph(
        graph_attr={
            **font, "bgcolor": theme.page, "rankdir": "LR", "ordering": "in", "nodesep": "0.2",
            "ranksep": "0.35", "pad": "0.15", "fontsize": "11",
        },
        node_attr={
            **font, "color": theme.wire, "fontsize": "14", "height": "0.4", "penwidth": "1.4",
            "width": "0.5",
        },
        edge_attr={"color": theme.wire, "arrowsize": "0.7"},
    )  # fmt: skip
    if scene.caption:
        graph.attr(label=_html(_text(scene.caption, theme.muted)), labelloc="b")
    incoming: dict[int, list[Wire]] = {}
    for wire in scene.wires:
        incoming.setdefault(wire.target, []).append(wire)
    for i, node in enumerate(scene.nodes):
        _node(graph, f"n{i}", node, theme)
        for k, wire in enumerate(incoming.get(i, [])):
            _wire(graph, f"n{i}_{k}", wire, theme)
    return str(graph.source)


def _node(graph: graphviz.Digraph, key: str, node: Node, theme: Theme) -> None:
    fill, border = theme.roles[node.role]
    colours = {"fillcolor": fill, "color": border}
    if node.role != "operation":
        graph.node(key, _box(node, theme), **SHAPES[node.role], **colours)
    elif len(node.name) <= LETTERS:
        size = {"fixedsize": "true", "width": "0.5", "height": "0.5"}
        small = "18" if len(node.name) < LETTERS else "13"
        label = _html(_text(node.name))
        graph.node(key, label, shape="circle", style="filled", fontsize=small, **size, **colours)
    else:
        graph.node(key, _html(_text(node.name)), shape="ellipse", style="filled", **colours)


def _box(node: Node, theme: Theme) -> str:
    """Label a variable: ``a``, ``a = 2``, or a table of all that is known about it."""
    name = _text(node.name, italic=True)
    if not node.kind:
        values = [_text(cell, theme.forward, bold=True) for row in node.value for cell in row]
        flows = [_text(cell, theme.backward) for row in node.gradient for cell in row]
        return _html(_stack([" = ".join(filter(None, [name, *values])), *flows]))
    above, below = node.value, node.gradient
    if above and below and len(below[0]) > len(above[0]):  # the column of the ∂
        above = tuple(("", *row) for row in above)
    rows = [_rows(above, theme.forward, bold=True), _rows(below, theme.backward)]
    line = f' COLOR="{theme.roles[node.role][1]}"'
    grid = TABLE.format(4, line, "<HR/>".join(filter(None, rows))) if any(rows) else ""
    return _html(_stack([name, _text(node.kind, theme.muted, size=10), grid]))


def _wire(graph: graphviz.Digraph, key: str, wire: Wire, theme: Theme) -> None:
    source, target = f"n{wire.source}", f"n{wire.target}"
    if not (wire.forward or wire.backward or wire.local):
        graph.edge(source, target)
        return
    above = _text(wire.forward, theme.forward, bold=True)
    below = [_text(wire.backward, theme.backward), _text(wire.local, theme.muted, italic=True)]
    rows = (
        f'<TR><TD HEIGHT="20" VALIGN="BOTTOM">{above}</TD></TR><HR/>'
        f'<TR><TD HEIGHT="20" VALIGN="TOP">{"  ".join(filter(None, below))}</TD></TR>'
    )
    label = _html(TABLE.format(0, f' COLOR="{theme.wire}"', rows))
    graph.node(key, label, shape="plain", fontsize="12")
    graph.edge(source, f"{key}:w", arrowhead="none")
    graph.edge(f"{key}:e", target)


def _rows(rows: Rows, colour: str, *, bold: bool = False) -> str:
    """Write the rows of a table, numbers under each other."""
    align = ' ALIGN="RIGHT"' if rows and len(rows[0]) > 1 else ""
    cells = (
        "".join(f"<TD{align}>{_text(cell, colour, bold=bold, size=12)}</TD>" for cell in row)
        for row in rows
    )
    return "".join(f"<TR>{row}</TR>" for row in cells)


def _stack(parts: list[str]) -> str:
    """Put the parts that are there below each other."""
    parts = [part for part in parts if part]
    if len(parts) < 2:
        return "".join(parts)
    return TABLE.format(0, "", "".join(f"<TR><TD>{part}</TD></TR>" for part in parts))


def _html(markup: str) -> str:
    return f"<{markup}>" if markup else ""


def _text(
    text: str, colour: str = "", *, bold: bool = False, italic: bool = False, size: int = 0
) -> str:
    """Escape a text of the user's, whatever it holds, and dress it."""
    if not text.strip():
        return ""
    # Graphviz would take a backslash for its own escape, in HTML too
    markup = "<BR/>".join(html.escape(line).replace("\\", "\\\\") for line in text.splitlines())
    markup = f"<B>{markup}</B>" if bold else f"<I>{markup}</I>" if italic else markup
    attributes = {"COLOR": colour, "POINT-SIZE": size}
    listed = "".join(f' {k}="{v}"' for k, v in attributes.items() if v)
    return f"<FONT{listed}>{markup}</FONT>" if listed else markup
