"""A scene as text: the tree behind each result, with its numbers in columns."""

from autograd.view.graph.scene import Node, Scene, Wire

BOXES = ("value", "output")
"""What shares a line with the operation that it came from."""


def tree(scene: Scene) -> str:
    """Write a scene as lines of text: each result, and below it what it was computed from.

    What is used more than once is written out where it first appears.
    """
    incoming = scene.incoming()
    lines: list[tuple[str, str, str]] = []
    told: set[int] = set()
    # a node, the wire towards its user, and the text before its own branch and its operands'
    stack: list[tuple[int, Wire | None, str, str]] = [
        (root, None, "", "") for root in reversed(scene.roots)
    ]
    while stack:
        i, wire, branch, indent = stack.pop()
        node, into = scene.nodes[i], incoming[i]
        name = _called(node)
        if node.role in BOXES and into:  # a variable and its operation share a line
            wire = wire or into[0]
            i = into[0].source
            name, into = f"{name} ← {_called(scene.nodes[i])}", incoming[i]
        if i in told and into:
            name, into = f"{name} (above)", []
        value, gradient = _numbers(node, wire, first=i not in told)
        lines.append((branch + name, value, gradient))
        told.add(i)
        for k, operand in reversed(list(enumerate(into))):
            last = k == len(into) - 1
            arm, next_indent = ("└─ ", indent + "   ") if last else ("├─ ", indent + "│  ")
            stack.append((operand.source, operand, indent + arm, next_indent))
    widths = [max(len(line[column]) for line in lines) for column in (0, 1)]
    texts = [f"{a:<{widths[0]}}   {b:>{widths[1]}}   {c}".rstrip() for a, b, c in lines]
    return "\n".join([*texts, *([f"({scene.caption})"] if scene.caption else [])])


def _called(node: Node) -> str:
    name = f"{node.name}: {node.kind}" if node.role == "module" else node.name
    return " ".join(name.replace("\n", ", ").split()) or "·"


def _numbers(node: Node, wire: Wire | None, *, first: bool) -> tuple[str, str]:
    """Return what a line says of the value, and of the gradient."""
    value = node.value[0][0] if len(sum(node.value, ())) == 1 else node.kind
    total = node.gradient[0][0] if first and len(sum(node.gradient, ())) == 1 else ""
    sent = wire.backward if wire else ""
    if total and sent and total != sent:
        sent += f" of {total.removeprefix('∂ ')}"
    remarks = [sent or total, wire.local if wire else "", node.note if first else ""]
    return (wire and wire.forward) or value, "  ".join(filter(None, remarks))
