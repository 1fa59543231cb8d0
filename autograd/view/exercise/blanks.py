"""Exact numbers, and blanks in their places, in lines of text and in pictures."""

import re
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from autograd.view.exercise.exercises import fraction
from autograd.view.graph.scene import Node, Scene, Wire

BLANK = "____"
NUMBER = re.compile(r"\(?−?(?:\d[\d.]*(?:e−?\d+)?|∞)\)?")
DECIMAL = re.compile(r"−?\d+\.\d+")


def written(value: Any, *, blank: bool, latex: bool) -> str:
    r"""Write a number or a matrix exactly, or blanks in its shape.

    >>> written(np.array([0.5, -2.0]), blank=False, latex=False)
    '[1/2, −2]'
    >>> print(written(-0.75, blank=False, latex=True))
    -\frac{3}{4}
    """
    if np.ndim(value):
        rows = np.reshape(value, (-1, np.shape(value)[-1]))
        cells = [[written(v, blank=blank, latex=latex) for v in row] for row in rows]
        if latex:
            lines = r" \\[0.6ex] ".join(" & ".join(row) for row in cells)
            return rf"\begin{{bmatrix}} {lines} \end{{bmatrix}}"
        texts = [f"[{', '.join(row)}]" for row in cells]
        return texts[0] if np.ndim(value) == 1 else f"[{', '.join(texts)}]"
    if blank:
        return r"\underline{\hspace{2em}}" if latex else BLANK
    return _fraction(fraction(value), latex=latex)


def _fraction(value: Fraction, *, latex: bool = False) -> str:
    """Write a fraction: ``−3/4``."""
    sign = ("-" if latex else "−") if value < 0 else ""
    over, under = abs(value.numerator), value.denominator
    if under == 1:
        return f"{sign}{over}"
    return rf"{sign}\frac{{{over}}}{{{under}}}" if latex else f"{sign}{over}/{under}"


def exactly(scene: Scene, *, blank: bool) -> Scene:
    """Put fractions in the place of decimals, and blanks in the place of what is asked.

    Nothing of the answers is left in what `blank` returns, not even in the words for those who do
    not see the picture. Shapes and norms, which nobody is asked for, are left out.
    """

    def write(text: str, *, asked: bool) -> str:
        if text.startswith("(") or "‖" in text:
            return ""
        return NUMBER.sub(BLANK, text) if asked and blank else DECIMAL.sub(_as_fraction, text)

    def rows(table: Any, *, asked: bool) -> Any:
        return tuple(tuple(write(cell, asked=asked) for cell in row) for row in table)

    def computed(node: Node) -> bool:
        return node.value_of is not None and node.value_of.op is not None

    def node(each: Node) -> Node:
        asked = computed(each)
        known = each.name if asked and blank else each.spoken.partition(", gradient")[0]
        return replace(
            each, value=rows(each.value, asked=asked), spoken=DECIMAL.sub(_as_fraction, known),
            kind=each.kind.partition(" ")[2].removeprefix("()"),
            gradient=rows(each.gradient, asked=each.role != "output"),
        )  # fmt: skip

    def wire(each: Wire) -> Wire:
        seed = scene.nodes[each.target].role == "output"
        return replace(
            each, forward=write(each.forward, asked=computed(scene.nodes[each.source])),
            backward=write(each.backward, asked=not seed),
        )  # fmt: skip

    return replace(scene, nodes=[*map(node, scene.nodes)], wires=[*map(wire, scene.wires)])


def _as_fraction(found: re.Match[str]) -> str:
    return _fraction(fraction(found[0].replace("−", "-")))
