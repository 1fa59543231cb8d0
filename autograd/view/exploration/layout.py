"""Where things stand: positions from Graphviz, or in columns where there is none."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import graphviz

from autograd.view.graph.renderers import NoRenderer, render

Size = tuple[float, float]
Point = tuple[float, float]

INCH = 72
GAP, LANE = 30, 18
"""Between columns, and within one, where this module itself lays out."""


@dataclass(frozen=True, slots=True)
class Link:
    """A wire from one node to another, with the size of the label that it runs through."""

    source: int
    target: int
    label: Size | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """Positions in points, y downwards.

    Attributes
    ----------
    nodes : the centre of each node.
    labels : the centre of each link's label; None where it has none.
    paths : each link as an SVG path.
    """

    size: Size
    nodes: list[Point]
    labels: list[Point | None]
    paths: list[str]


def arrange(nodes: Sequence[Size], round_: Sequence[bool], links: Sequence[Link]) -> Layout:
    """Lay out a graph from left to right.

    Parameters
    ----------
    nodes : the size of each node; `round_` tells which are circles.
    links : from nodes to later nodes.

    >>> layout = arrange([(20, 20), (40, 20)], [True, False], [Link(0, 1, (50, 30))])
    >>> [x for x, _ in layout.nodes] == sorted(x for x, _ in layout.nodes)
    True
    """
    try:
        return _read(render(_dot(nodes, round_, links), "plain").decode(), links)
    except NoRenderer:
        return in_columns(nodes, links)


def _dot(nodes: Sequence[Size], round_: Sequence[bool], links: Sequence[Link]) -> str:
    graph = graphviz.Digraph(
        graph_attr={"rankdir": "LR", "ordering": "in", "nodesep": "0.2", "ranksep": "0.2"},
        node_attr={"label": "", "fixedsize": "true", "shape": "box"},
        edge_attr={"dir": "none"},
    )

    def place(name: str, size: Size, **more: str) -> None:
        width, height = (f"{length / INCH:.4f}" for length in size)
        graph.node(name, width=width, height=height, **more)

    for i, (size, circle) in enumerate(zip(nodes, round_, strict=True)):
        place(f"n{i}", size, **({"shape": "ellipse"} if circle else {}))
    for k, link in enumerate(links):
        source, target = f"n{link.source}", f"n{link.target}"
        label = f"w{k}"
        place(label, link.label or (1, 1))
        graph.edge(source, f"{label}:w")
        graph.edge(f"{label}:e", target)
    return str(graph.source)


def _read(plain: str, links: Sequence[Link]) -> Layout:
    """Read Graphviz's plain format: https://graphviz.org/docs/outputs/plain/."""
    rows = [shlex.split(line) for line in plain.splitlines() if line]
    width, height = (float(v) * INCH for v in rows[0][2:4])

    def point(x: str, y: str) -> Point:
        return round(float(x) * INCH, 1), round(height - float(y) * INCH, 1)

    at = {row[1]: point(*row[2:4]) for row in rows if row[0] == "node"}
    curves: dict[tuple[str, str], list[Point]] = {}
    for row in rows:
        if row[0] == "edge":
            numbers = row[4 : 4 + 2 * int(row[3])]
            pairs = zip(numbers[::2], numbers[1::2], strict=True)
            curves[row[1], row[2]] = [point(*pair) for pair in pairs]
    paths = [
        _path(curves[f"n{link.source}", f"w{k}"], curves[f"w{k}", f"n{link.target}"])
        for k, link in enumerate(links)
    ]
    return Layout(
        (width, height),
        [at[f"n{i}"] for i in range(sum(name.startswith("n") for name in at))],
        [at[f"w{k}"] if link.label else None for k, link in enumerate(links)],
        paths,
    )


def _path(first: Sequence[Point], second: Sequence[Point]) -> str:
    """Write two curves, joined by the line that runs through the label."""

    def curve(begin: str, points: Sequence[Point]) -> str:
        start, *bends = (f"{x:g},{y:g}" for x, y in points)
        return f"{begin}{start}C{' '.join(bends)}"

    return curve("M", first) + curve("L", second)


def in_columns(nodes: Sequence[Size], links: Sequence[Link]) -> Layout:
    """Lay out without Graphviz: everything stands one column behind the last that it needs."""
    sizes = [*nodes, *(link.label or (1.0, 1.0) for link in links)]
    label = {k: len(nodes) + k for k in range(len(links))}
    column = [0] * len(sizes)
    for k, link in sorted(enumerate(links), key=lambda pair: pair[1].target):
        column[label[k]] = column[link.source] + 1
        column[link.target] = max(column[link.target], column[label[k]] + 1)
    for k, link in enumerate(links):  # a number stands before its user, and so does a leaf
        column[label[k]] = column[link.target] - 1
    for i in set(range(len(nodes))) - {link.target for link in links}:
        column[i] = (
            min((column[k] for j, k in label.items() if links[j].source == i), default=1) - 1
        )
    members = [[i for i, c in enumerate(column) if c == k] for k in range(max(column) + 1)]
    stacks = [sum(sizes[i][1] + LANE for i in each) for each in members]
    at: dict[int, Point] = {}
    x = 0.0
    for each, stack in zip(members, stacks, strict=True):
        width, y = max((sizes[i][0] for i in each), default=0.0), (max(stacks) - stack) / 2
        for i in each:
            at[i] = x + width / 2, y + (sizes[i][1] + LANE) / 2
            y += sizes[i][1] + LANE
        x += width + GAP
    paths = [
        _path(_curve(at, sizes, link.source, label[k]), _curve(at, sizes, label[k], link.target))
        for k, link in enumerate(links)
    ]
    labels = [at[label[k]] if link.label else None for k, link in enumerate(links)]
    return Layout((x - GAP, max(stacks)), [at[i] for i in range(len(nodes))], labels, paths)


def _curve(at: Mapping[int, Point], sizes: Sequence[Size], source: int, target: int) -> list[Point]:
    """Lead from the right side of one thing to the left side of another."""
    (x0, y0), (x1, y1) = at[source], at[target]
    x0, x1 = x0 + sizes[source][0] / 2, x1 - sizes[target][0] / 2
    middle = (x0 + x1) / 2
    return [(x0, y0), (middle, y0), (middle, y1), (x1, y1)]
