"""What is laid over a finished scene: a highlighted path, and the flow of gradients."""

import math
from collections.abc import Sequence
from itertools import pairwise

from autograd.base.errors import refusal
from autograd.tensor import Tensor
from autograd.view.graph.scene import Composition, Scene
from autograd.view.graph.spelling import norm, number

VANISHING, EXPLODING = 1e-6, 1e4
"""A gradient of a smaller norm teaches nothing, one of a larger norm tears everything apart."""

THICK = 7.0


def highlight(scene: Scene, path: Tensor | Sequence[Tensor]) -> None:
    """Emphasise every way from a tensor to the results, or the ways through several; mute the rest.

    Raises
    ------
    ValueError : where a tensor is not in the scene, or no way leads through all of them.
    """
    through = [path] if isinstance(path, Tensor) else list(path)
    places = {node.value_of: i for i, node in enumerate(scene.nodes)}
    for t in through:
        if t not in places:
            what = "the tensor to highlight is not in the picture"
            where = f"draw(f, highlight={t!r})"
            raise refusal(ValueError, what, where, "a tensor that f was computed from")
    stops = sorted(places[t] for t in through)
    wires: set[int] = set()
    for start, ends in [*((a, [b]) for a, b in pairwise(stops)), (stops[-1], scene.roots)]:
        found = _between(scene, start, set(ends))
        if not found and start not in ends:
            raise refusal(
                ValueError,
                "no path leads through all these tensors",
                f"draw(f, highlight=[{', '.join(scene.nodes[i].spoken for i in stops)}])",
                "tensors of which each was computed from the one before, or a single one",
            )
        wires |= found
    on = {i for k in wires for i in (scene.wires[k].source, scene.wires[k].target)} | set(stops)
    for k, wire in enumerate(scene.wires):
        wire.state = (wire.state or "path") if k in wires else "muted"
    for i, node in enumerate(scene.nodes):
        node.state = node.state if i in on else "muted"


def _between(scene: Scene, start: int, ends: set[int]) -> set[int]:
    """Find the wires on the ways from one node to others."""
    ahead = {start}
    for wire in scene.wires:  # the wires into a node stand before those out of it
        if wire.source in ahead:
            ahead.add(wire.target)
    behind = set(ends)
    for wire in reversed(scene.wires):
        if wire.target in behind:
            behind.add(wire.source)
    wires = enumerate(scene.wires)
    return {k for k, wire in wires if wire.source in ahead and wire.target in behind}


def flow(composition: Composition) -> None:
    """Make the wires as wide as the logarithm of the gradient's Euclidean norm."""
    scene, gradients = composition.scene, composition.gradients
    sizes: list[float] = []
    for wire in scene.wires:
        g = gradients.over(wire.operand, scene.nodes[wire.target].value_of)
        if g is None:
            continue
        size = norm(g)
        sizes.append(size)
        wire.width = width(size)
        if size < VANISHING:
            wire.state = "vanishing"
        elif not size <= EXPLODING:
            wire.state = "exploding"
    if sizes:
        scene.remark(
            f"gradient flow: the wider a wire, the larger log ‖∂‖, here {number(min(sizes))} to "
            f"{number(max(sizes))}; dashed where it vanishes (below {number(VANISHING)}), in the "
            f"warning colour where it explodes (above {number(EXPLODING)})"
        )


def width(size: float) -> float:
    """Return how wide a wire is: 3.2 points at a norm of 1, and 0.45 more for each power of 10.

    >>> width(1.0), width(1e3), width(0.0), width(float("nan"))
    (3.2, 4.55, 0.5, 7.0)
    """
    if not math.isfinite(size):
        return THICK
    return round(min(max(3.2 + 0.45 * math.log10(size), 0.5), THICK), 2) if size else 0.5
