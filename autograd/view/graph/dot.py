"""A scene as DOT text. Numbers stand on the wires: each wire runs through a small table, the value
above the line and the gradient below it, so that the layout keeps room for them.
"""

import html
import textwrap
from functools import partial

import graphviz

from autograd.provenance.names import columns
from autograd.view.graph.scene import Node, Scene, Wire
from autograd.view.graph.spelling import Rows
from autograd.view.graph.theme import Theme

SHAPES = {
    "input": {"shape": "box", "style": "rounded,filled"},
    "parameter": {"shape": "box", "style": "filled", "peripheries": "2"},
    "constant": {"shape": "box", "style": "dashed,filled"},
    "value": {"shape": "box", "style": "filled"},
    "output": {"shape": "box", "style": "filled,bold", "penwidth": "2.4"},
    "hidden": {"shape": "box", "style": "dashed,rounded"},
    "module": {"shape": "box", "style": "rounded,dashed,filled"},
    "failed": {"shape": "octagon", "style": "filled", "penwidth": "2.8"},
}
LETTERS, WORD = 3, 9
"""A symbol of so many letters fits into a small circle, and so many into one around them."""

COLUMNS = 84
"""A caption is broken after so many letters."""

STEP = 20
"""So many letters of a cluster's title have room above each of the nodes one after the other."""

REASON = 36
"""And the reason of a failure after so many."""

SIDES = {"LR": ("w", "e"), "TB": ("n", "s")}
"""Where a wire enters its label, and where it leaves it."""

WIRES = {
    "path": {"penwidth": "2.8"},
    "current": {"penwidth": "2.8"},
    "vanishing": {"style": "dashed"},
}

TABLE = '<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="{}" CELLPADDING="1"{}>{}</TABLE>'


def dot(scene: Scene, theme: Theme) -> str:
    """Write a scene as DOT text, the same for the same scene.

    Nodes are called by their position, ``n0`` …, and the table on the k-th wire into n5 ``n5_k``.
    What is not known yet keeps its room: it is written in the colour ``transparent``.
    """
    font = {"fontname": "Helvetica", "fontcolor": theme.ink}
    direction = scene.direction
    graph = graphviz.Digraph(
        graph_attr={
            **font, "bgcolor": theme.page, "rankdir": direction, "ordering": "in",
            "nodesep": "0.2", "ranksep": "0.35", "pad": "0.15", "fontsize": "11",
        },
        node_attr={
            **font, "color": theme.wire, "fontsize": "14", "height": "0.4", "penwidth": "1.4",
            "width": "0.5",
        },
        edge_attr={"color": theme.wire, "arrowsize": "0.7"},
    )  # fmt: skip
    if scene.caption:
        graph.attr(label=_html(_caption(scene, theme)), labelloc="b")
    homes: dict[int | None, list[str]] = {}
    for i, (node, wires) in enumerate(zip(scene.nodes, scene.incoming(), strict=True)):
        _node(graph, f"n{i}", node, theme)
        homes.setdefault(node.group, []).append(f"n{i}")
        for k, wire in enumerate(wires):
            _wire(graph, f"n{i}_{k}", wire, theme, direction)
            if _is_labelled(wire):
                around = _around(scene, scene.nodes[wire.source].group)
                home = next((g for g in _around(scene, node.group) if g in around), None)
                homes.setdefault(home, []).append(f"n{i}_{k}")
    _clusters(graph, scene, None, homes, theme)
    return str(graph.source)


def _around(scene: Scene, group: int | None) -> list[int]:
    """List a group and those that it is in, the innermost first."""
    found = []
    while group is not None:
        found.append(group)
        group = scene.groups[group].parent
    return found


def _clusters(
    graph: graphviz.Digraph, scene: Scene, parent: int | None, homes: dict[int | None, list[str]],
    theme: Theme,
) -> None:  # fmt: skip
    """Draw the groups in a group as clusters, around nodes that are there already."""
    for g, group in enumerate(scene.groups):
        if group.parent != parent:
            continue
        told = [_text(line, theme.muted, size=10) for line in _told(scene, g)]
        words = [_text(group.label, bold=True), *told]
        left = "".join(f'<TR><TD ALIGN="LEFT">{word}</TD></TR>' for word in words if word)
        with graph.subgraph(name=f"cluster_{g}") as cluster:
            cluster.attr(
                label=_html(TABLE.format(0, "", left)), labelloc="t", labeljust="l", margin="10",
                style="rounded,dashed", color=theme.roles["module"][1],
            )  # fmt: skip
            for key in homes.get(g, []):
                cluster.node(key)
            _clusters(cluster, scene, g, homes, theme)


def _told(scene: Scene, g: int) -> list[str]:
    """Break what is said of a group where it would make the cluster wider."""
    first, *rest = scene.groups[g].note.splitlines() or [""]
    width = STEP * _length(scene, g) if scene.direction == "LR" else 0
    lines = [first]
    for text in rest:
        whole = f"{lines[-1]}, {text}"
        if columns(whole) <= width:
            lines[-1] = whole
        else:
            lines.append(text)
    return lines


def _length(scene: Scene, g: int) -> int:
    """Count the nodes in a group that stand one after the other."""
    inside = [i for i, node in enumerate(scene.nodes) if g in _around(scene, node.group)]
    depth = dict.fromkeys(inside, 1)
    for wire in sorted(scene.wires, key=lambda wire: wire.target):
        if wire.source in depth and wire.target in depth:
            depth[wire.target] = max(depth[wire.target], depth[wire.source] + 1)
    return max(depth.values(), default=0)


def _caption(scene: Scene, theme: Theme) -> str:
    """Write the caption; in a sequence, in a room that holds the largest of them."""
    text = _text(_wrapped(scene.caption), theme.muted)
    rooms = [_wrapped(caption).splitlines() for caption in scene.captions]
    if not rooms:
        return text
    width = 7 * max(columns(line) for lines in rooms for line in lines)
    height = 15 * max(map(len, rooms))
    cell = f'<TD WIDTH="{width}" HEIGHT="{height}">{text}</TD>'
    return TABLE.format(0, "", f"<TR>{cell}</TR>")


def _wrapped(text: str) -> str:
    """Break what is too long into lines of about one length, and keep the breaks that are there."""
    wrap = partial(textwrap.wrap, break_long_words=False)
    lines: list[str] = []
    for line in text.splitlines():
        needed = len(wrap(line, COLUMNS)) or 1
        least = min(len(line) // needed, COLUMNS) or 1
        tried = (wrap(line, width) for width in range(least, COLUMNS + 1))
        lines += next(broken for broken in tried if len(broken) <= needed)
    return "\n".join(lines)


def _node(graph: graphviz.Digraph, key: str, node: Node, theme: Theme) -> None:
    if node.state == "muted":
        theme = theme.faded()
    fill, border = theme.roles[node.role]
    look = {"fillcolor": fill, "color": border}
    if node.state == "muted":
        look["fontcolor"] = theme.ink
    elif node.state == "current":
        look |= {"fillcolor": theme.accent, "penwidth": "3.2", "style": "filled"}
    elif node.state == "alarm":
        look["color"] = theme.alarm
    if node.role != "operation":
        graph.node(key, _box(node, theme), **{**SHAPES[node.role], **look})
        return
    if len(node.name) <= LETTERS:
        small = "18" if len(node.name) < LETTERS else "13"
        form = {"shape": "circle", "fixedsize": "true", "width": "0.5", "height": "0.5"}
    else:
        small, shape = "13", "circle" if len(node.name) <= WORD else "ellipse"
        # capitals are wider than Graphviz takes them for
        form = {"shape": shape, "margin": "0.01" if node.name.islower() else "0.02"}
    attributes = {**form, "style": "filled", "fontsize": small, **look}
    graph.node(key, _html(_text(node.name)), **attributes)


def _box(node: Node, theme: Theme) -> str:
    """Label a variable: ``a``, ``a = 2``, or a table of all that is known about it."""
    full = node.room or node
    forward = theme.forward if node.value else "transparent"
    backward = theme.backward if node.gradient else "transparent"
    name = _text(node.name, italic=True)
    ink = theme.alarm if node.state == "alarm" else theme.muted
    reason = full.note
    if node.role == "failed":  # no line ends within a shape
        reason = textwrap.fill(reason.replace(", ", ",\N{NO-BREAK SPACE}"), REASON)
    note = _text(reason, ink if node.note else "transparent", size=11)
    if not node.kind:
        values = [_text(cell, forward, bold=True) for row in full.value for cell in row]
        flows = [_text(cell, backward) for row in full.gradient for cell in row]
        return _html(_stack([" = ".join(filter(None, [name, *values])), *flows, note]))
    above, below = full.value, full.gradient
    if above and below and len(below[0]) > len(above[0]):  # the column of the ∂
        above = tuple(("", *row) for row in above)
    rows = [_rows(above, forward, bold=True), _rows(below, backward)]
    line = f' COLOR="{theme.roles[node.role][1]}"'
    grid = TABLE.format(4, line, "<HR/>".join(filter(None, rows))) if any(rows) else ""
    return _html(_stack([name, _text(node.kind, theme.muted, size=10), grid, note]))


def _wire(graph: graphviz.Digraph, key: str, wire: Wire, theme: Theme, direction: str) -> None:
    source, target = f"n{wire.source}", f"n{wire.target}"
    way_in, way_out = SIDES[direction]
    look = dict(WIRES.get(wire.state, {}))
    if wire.width:
        look["penwidth"] = f"{wire.width:.2g}"
    if wire.state == "muted":
        theme = theme.faded()
    if wire.state in ("muted", "exploding"):
        look["color"] = theme.faint if wire.state == "muted" else theme.alarm
    if not _is_labelled(wire):
        graph.edge(source, target, **look)
        return
    label = _label(wire, theme, look.get("color", theme.wire), along=direction == "LR")
    graph.node(key, _html(label), shape="plain", fontsize="12")
    graph.edge(source, f"{key}:{way_in}", **{**look, "arrowhead": "none"})
    graph.edge(f"{key}:{way_out}", target, **look)


def _is_labelled(wire: Wire) -> bool:
    full = wire.room or wire
    return bool(full.forward or full.backward or full.local)


def _label(wire: Wire, theme: Theme, stroke: str, *, along: bool) -> str:
    """Write what stands on a wire: the value above the line, the gradient below.

    The line is a row of its own, as wide as the wire where it runs `along` the text: an ``<HR/>``
    is always thin. In a sequence it has room to become the current one, and no text moves. A wire
    that comes from above goes on below the label, and the line only parts what is written.
    """
    full = wire.room or wire

    def ink(text: str, colour: str) -> str:
        return colour if text else "transparent"

    above = _text(full.forward, ink(wire.forward, theme.forward), bold=True)
    flow = _text(full.backward, ink(wire.backward, theme.backward))
    local = _text(full.local, ink(wire.local, theme.muted), italic=True)
    lines = [*filter(None, [flow, local])] or [""] * along
    if full.local.startswith("["):
        lines = ["  ".join(lines)]
    heights, top, width, room = [20] * len(lines), 20, 1, 1
    if along:
        width = _thickness(wire, wire.state)
        room = _thickness(wire, "current") if wire.room else width
        heights[0] -= room // 2
        top = sum(heights)  # as much room as below, or the wire would not meet the line
    rows = [f'<TD HEIGHT="{top}" VALIGN="BOTTOM">{above}</TD>']
    if lines:
        bare = [f'<TD HEIGHT="{(room - width) // 2}" CELLPADDING="0"></TD>'] * (room > width)
        line = f'<TD HEIGHT="{width}" CELLPADDING="0" BGCOLOR="{stroke}"></TD>'
        rows += [*bare, line, *bare]
    for height, line in zip(heights, lines, strict=True):
        rows.append(f'<TD HEIGHT="{height}" VALIGN="TOP">{line}</TD>')
    back = f' BGCOLOR="{theme.accent}"' if wire.state == "current" else ""
    return TABLE.format(0, back, "".join(f"<TR>{row}</TR>" for row in rows))


def _thickness(wire: Wire, state: str) -> int:
    """Return the height of a line: odd, so that every label is as high."""
    points = wire.width or float(WIRES.get(state, {}).get("penwidth", 1))
    return 2 * round((points - 1) / 2) + 1


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
