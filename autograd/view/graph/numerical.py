"""The numerical gradient beside the analytic one: the recorded graph, run again on other leaves."""

import warnings
from typing import Any

import numpy as np

from autograd.check import directional
from autograd.graph import arguments, toposort
from autograd.tensor import Tensor
from autograd.view.graph.passes import Gradients
from autograd.view.graph.scene import Composition
from autograd.view.graph.spelling import PRINTED, number

WORK = 2_000_000
"""So many numbers are computed anew to check one leaf, times the evaluations of a difference."""


class Replay:
    """Computes the results of a graph again, where one leaf has another value.

    What does not depend on the leaf is not computed again.
    """

    def __init__(self, gradients: Gradients, leaf: Tensor) -> None:
        self.seeds, self.leaf = gradients.seeds, leaf
        depends = {leaf}
        self.nodes: list[tuple[Tensor, list[Any]]] = []
        for t in toposort(*gradients.seeds):
            args = arguments(t)
            if any(type(a) is Tensor and a in depends for a in args):
                depends.add(t)
                self.nodes.append((t, args))
        self.size = sum(t.size for t, _ in self.nodes) or 1

    def __call__(self, x: Any) -> Any:
        """Return the sum of the results, each weighted as its gradient was seeded."""
        now: dict[Tensor, Any] = {self.leaf: x}
        for t, args in self.nodes:
            values = [now.get(a, a.data) if type(a) is Tensor else a for a in args]
            now[t] = t.op.call(*values, **t.params)  # type: ignore[union-attr]  # it has arguments
        return sum(np.sum(g * now.get(t, t.data)) for t, g in self.seeds.items())


def check(composition: Composition) -> None:
    """Write the numerical gradient into the box of every leaf, with its relative error."""
    scene, gradients = composition.scene, composition.gradients
    errors: list[float] = []
    wrong: list[str] = []
    for node in scene.nodes:
        t = node.value_of
        if t is None or t.op is not None or t not in gradients.arrived:
            continue
        if not t.size or t.dtype.kind != "f":
            continue
        replay = Replay(gradients, t)
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
                index, numerical, error = _worst(replay, t, np.asarray(gradients.arrived[t]))
        except ValueError:
            node.note = "no numerical gradient: a kink"
            continue
        errors.append(error)
        right = error <= (1e-6 if t.dtype.itemsize >= np.dtype(float).itemsize else 1e-3)
        if not right:
            wrong.append(node.name or "a leaf")
            node.state = "alarm"
        place = f" at {list(index)}" if index else ""
        amount = number(float(f"{error:.1g}"))
        node.note = f"{'≈' if right else '≠'} {number(numerical)}{place}  (error {amount})"
        node.spoken += f", numerically {number(numerical)}{place}"
    if errors:
        worst = number(float(f"{max(errors):.1g}"))
        verdict = (
            f"{len(wrong)} of {len(errors)} wrong: {', '.join(wrong)}" if wrong else "all agree"
        )
        scene.remark(f"numerical gradients (≈): {verdict}; relative error up to {worst}")


def _worst(replay: Replay, t: Tensor, analytic: Any) -> tuple[tuple[int, ...], float, float]:
    """Return the element that is furthest off, its numerical derivative and its relative error.

    Of an array of many elements as many as a picture prints are looked at, or fewer where the
    graph is large: the one with the largest gradient, and others evenly spread.
    """
    x = np.asarray(t.data, np.float64)[()]
    size = float(np.max(np.abs(analytic), initial=0))
    few = int(min(max(WORK // replay.size, 1), PRINTED, t.size))
    places = [int(np.argmax(np.abs(analytic))), *np.linspace(0, t.size - 1, few).astype(int)]
    found: tuple[tuple[int, ...], float, float] = ((), 0.0, -1.0)
    for k in [*dict.fromkeys(places)][:few]:
        index = tuple(int(i) for i in np.unravel_index(k, t.shape))
        along = np.zeros(t.shape)
        along[index] = 1
        numerical, _ = directional(replay, [x], 0, along[()], analytic=True)
        difference = abs(numerical - float(analytic[index]))
        error = difference / max(abs(numerical), abs(float(analytic[index])), 1e-6 * size, 1e-300)
        if not error <= found[2]:
            found = index, numerical, error
    return found
