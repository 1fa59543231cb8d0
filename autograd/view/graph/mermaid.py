"""A scene as Mermaid text, which GitHub, GitLab, Jupyter and many wikis draw by themselves.

A wire carries its numbers in one label: the value, and the gradient in the line below it.
"""

import re
from collections.abc import Iterator

from autograd.view.graph.scene import Node, Scene, Wire
from autograd.view.graph.theme import Theme

SHAPES = {
    "input": '("{}")',
    "parameter": '[["{}"]]',
    "operation": '(("{}"))',
}
"""What is not listed is a rectangle."""

NO_BREAK = "\xa0"

STYLES = {
    "constant": "stroke-dasharray:4 3",
    "hidden": "stroke-dasharray:4 3",
    "output": "stroke-width:3px",
}

SPECIAL = re.compile(r"^\d+[.)](?=\s|$)|[!-'*+:-@\[-`{-~-]| (?= )")
"""Syntax of Mermaid, of Markdown (``1.`` starts a list) and of HTML (two spaces are one)."""


def mermaid(scene: Scene, theme: Theme) -> str:
    """Write a scene as a Mermaid flowchart, the same for the same scene.

    The grammar is that of https://mermaid.js.org/syntax/flowchart.html.

    >>> from autograd import Tensor, draw
    >>> a = Tensor(2.0, requires_grad=True, name="a")
    >>> print(draw(a * 3.0).mermaid())
    flowchart LR
      n0("a"):::input
      n1["3"]:::constant
      n2(("×")):::operation
      n3["6"]:::output
      n0 -->|"2"| n2
      n1 --> n2
      n2 --> n3
      classDef input fill:#E3EEF9,stroke:#2F6DA8,color:#1B1F24
      ...
    """
    lines = [f"flowchart {scene.direction}"]
    lines += _nodes(scene, None)
    lines += [f"  n{wire.source} -->{_label(wire)} n{wire.target}" for wire in scene.wires]
    if scene.caption:
        lines.append(f'  caption["{_text(scene.caption)}"]:::caption')
    for role in dict.fromkeys(node.role for node in scene.nodes):
        fill, border = theme.roles[role]
        style = [f"fill:{fill}", f"stroke:{border}", f"color:{theme.ink}"]
        lines.append(f"  classDef {role} {','.join([*style, *filter(None, [STYLES.get(role)])])}")
    if scene.caption:
        lines.append(f"  classDef caption fill:none,stroke:none,color:{theme.muted}")
    return "\n".join(lines) + "\n"


def _nodes(scene: Scene, parent: int | None, indent: str = "  ") -> Iterator[str]:
    """Write the nodes in a group, then the groups inside it; a picture nests few."""
    for i, node in enumerate(scene.nodes):
        if node.group == parent:
            yield f"{indent}n{i}{_node(node)}:::{node.role}"
    for g, group in enumerate(scene.groups):
        if group.parent == parent:
            label = "<br/>".join(map(_text, filter(None, [group.label, group.note])))
            yield f'{indent}subgraph g{g}["{label}"]'
            yield from _nodes(scene, g, indent + "  ")
            yield f"{indent}end"


def fenced(source: str) -> str:
    """Put Mermaid text into a block that Markdown draws."""
    return f"```mermaid\n{source}```\n"


def _node(node: Node) -> str:
    value = ["  ".join(row).strip() for row in node.value]
    gradient = ["  ".join(row).strip() for row in node.gradient]
    if not node.kind:  # a scalar: a = 2
        head = [" = ".join(filter(None, [node.name, *value]))]
    else:
        head = [node.name, node.kind, *value]
    text = "<br/>".join(map(_text, filter(None, [*head, *gradient])))
    return SHAPES.get(node.role, '["{}"]').format(text or " ")


def _label(wire: Wire) -> str:
    below = "  ".join(filter(None, [wire.backward, wire.local]))
    text = "<br/>".join(map(_text, filter(None, [wire.forward, below])))
    return f'|"{text}"|' if text else ""


def _text(text: str) -> str:
    """Escape a text of the user's, whatever it holds, by Mermaid's character codes."""
    return "<br/>".join(SPECIAL.sub(_coded, line) for line in text.splitlines())


def _coded(found: re.Match[str]) -> str:
    return "".join(c if c.isdigit() else f"#{ord(c.replace(' ', NO_BREAK))};" for c in found[0])
