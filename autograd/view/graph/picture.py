"""`draw`: a picture of the graph behind a result."""

import hashlib
import html
import re
import sys
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from autograd.base.errors import no_tensor
from autograd.base.files import save_as
from autograd.provenance.names import names_in
from autograd.tensor import Tensor
from autograd.view.graph import numerical, overlays
from autograd.view.graph.dot import dot
from autograd.view.graph.exports import NAMED, WRITERS
from autograd.view.graph.failure import failed_result
from autograd.view.graph.json_text import json_text
from autograd.view.graph.mermaid import mermaid
from autograd.view.graph.modules import folded
from autograd.view.graph.parts import parts_of
from autograd.view.graph.renderers import INSTALL, NoRenderer, check_engine, render
from autograd.view.graph.scene import Composition, Scene
from autograd.view.graph.theme import Theme, theme_of
from autograd.view.graph.tikz import tikz
from autograd.view.graph.timeline import Timeline
from autograd.view.graph.tree import tree

INVISIBLE = re.compile(r'<text[^>]* fill="transparent"[^>]*>[^<]*</text>\n?')
"""What only keeps room for a later step: nobody is to select it, or to hear it read."""

RESPONSIVE = 'style="max-width:100%;height:auto"'
"""How a picture fits into a page, which it does not within another picture."""


class Picture:
    """A drawn graph: shows itself in Jupyter, prints as a tree of text, and saves to a file.

    Attributes
    ----------
    scene : the content: nodes, wires, title and description.
    theme : its colours.
    """

    def __init__(self, scene: Scene, theme: Theme, engine: str | None) -> None:
        self.scene, self.theme, self._engine = scene, theme, engine

    @cached_property
    def source(self) -> str:
        """The DOT text, the same for the same graph."""
        return dot(self.scene, self.theme)

    def svg(self) -> str:
        """Return the picture as SVG, with a title and a description for those who do not see it."""
        return _accessible(render(self.source, "svg", self._engine).decode(), self)

    def rendered(self, form: str) -> bytes:
        """Return the picture as svg, png or pdf; RuntimeError where nothing here can draw it."""
        if form == "svg":
            return self.svg().encode()
        return render(self.source, form, self._engine)

    def mermaid(self) -> str:
        """Return the picture as Mermaid text, which GitHub and many wikis draw."""
        return mermaid(self.scene, self.theme)

    def tikz(self) -> str:
        r"""Return the picture as a tikzpicture, for a document with ``\usepackage{tikz}``."""
        return tikz(self.source, self._engine)

    def json(self) -> str:
        """Return what the picture shows as JSON, see `autograd.view.graph.json_text`."""
        return json_text(self.scene)

    def save(self, path: str | Path) -> Path:
        """Write the picture to a file; the suffix tells the format.

        Pictures are .svg, .png and .pdf; sources that others draw .dot (or .gv), .mmd for Mermaid,
        .md for Mermaid in Markdown, and .tex for TikZ; .json is for programs, .txt for a terminal.

        Raises
        ------
        ValueError : for another suffix.
        FileNotFoundError : where there is no such folder.
        RuntimeError : where no renderer is there for the format, with the command to install one.
        """
        return save_as(self, path, WRITERS, "a picture", NAMED)

    def __repr__(self) -> str:
        return tree(self.scene)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:  # noqa: ARG002  # IPython's signature
        try:
            return {"image/svg+xml": self.svg(), "text/plain": repr(self)}
        except NoRenderer:
            return {"text/plain": f"{self!r}\n\nTo see a picture: {INSTALL}"}


def draw(
    f: Tensor | Sequence[Tensor] | BaseException, *, detail: str = "gradients",
    upto: int | Tensor | None = None, check: bool = False,
    highlight: Tensor | Sequence[Tensor] | None = None, flow: bool = False,
    level: str | None = None, depth: int | None = None,
    around: Tensor | tuple[Tensor, int] | None = None, theme: str = "default",
    engine: str | None = None,
) -> Picture:  # fmt: skip
    """Draw the graph that computed `f`: values forward, and gradients where backward has run.

    Variables are boxes, operations circles. Numbers stand on the wires: the value above, bold; the
    gradient below, behind a ∂. Where a variable is used more than once, each wire carries its own
    contribution, and the box their sum. A gradient that was not computed is blank. Graphs of
    scalars show numbers; graphs of arrays show shapes, small matrices, ranges and norms, and where
    an operand is broadcast, ``(16,)→(32, 16)``, its gradient says ``Σ axis 0``.

    Names are those of ``Tensor(..., name=...)``, else of the caller's variables.

    Parameters
    ----------
    f : a Tensor, or several, of any shape and dtype; or the error that an operation on Tensors
        raised, to see which, and what its arguments came from.
    detail : "values"; "gradients" too; "local" for each local derivative, ``[×4]``, and for arrays
        its rule, ``∂ = G @ Wᵀ`` where G is what arrives; or "derivation" for the arithmetic with
        the numbers put in, ``∂f/∂a = 4 · 1 = 4``.
    upto : stop at a step (0 knows the inputs only; the operations forward come next, then those
        backward), or at a tensor on the way forward. What comes later is blank; nothing moves.
    check : write the numerical gradient of each leaf into its box, with the relative error. Of an
        array it is the worst of nine elements.
    highlight : a tensor: its ways to the result are emphasised; several: the ways through all.
    flow : make wires as wide as log ‖∂‖, so that vanishing and exploding gradients are seen.
    level : "scalar" for numbers on wires, "tensor" for tables and shapes, "module" for clusters
        around what each module of `nn` (or `call_as`) computed. By default the first where
        everything is a scalar, and the last where there are more than 40 nodes.
    depth : modules that so many others are around are one node each: 0 closes all. By default as
        many are opened as 40 nodes allow, and a row of alike ones is drawn once, ``×12``.
    around : a tensor to look at in a large graph: what it came from and what came from it; or a
        pair of it and how many operations away.
    theme : "default", "dark", "auto" (an SVG that follows the reader's colour scheme), "cs231n"
        (green above, red below), or "print" (black and white).
    engine : "dot", "pygraphviz" or "graphviz-pure"; by default the first of them that is there.

    Raises
    ------
    TypeError : where `f` is no Tensor, or an error that comes from no operation on Tensors.
    ValueError : for an unknown option, or a step or a tensor that is not in the picture.

    Examples
    --------
    >>> a, b, c = (Tensor(v, requires_grad=True) for v in (2.0, 3.0, 4.0))
    >>> f = (a + b) * c
    >>> f.backward()
    >>> draw(f)
    f ← ×     20   ∂ 1
    ├─ +       5   ∂ 4
    │  ├─ a    2   ∂ 4
    │  └─ b    3   ∂ 4
    └─ c       4   ∂ 5
    >>> draw(f).save("f.svg")  # doctest: +SKIP
    """
    check_engine(engine)
    painted = theme_of(theme)
    composition = prepare(
        f, names_in(sys._getframe(1)), "draw", detail=detail, check=check, highlight=highlight,
        flow=flow, level=level, depth=depth, around=around, lettering=upto is not None,
    )  # fmt: skip
    scene = composition.scene
    if upto is not None:
        timeline = Timeline(composition)
        scene = timeline.at(timeline.step_of(upto))
    return Picture(folded(scene, composition), painted, engine)


def prepare(
    f: Tensor | Sequence[Tensor] | BaseException, names: dict[int, str], asked: str, *,
    detail: str = "gradients", check: bool = False,
    highlight: Tensor | Sequence[Tensor] | None = None, flow: bool = False,
    level: str | None = None, depth: int | None = None,
    around: Tensor | tuple[Tensor, int] | None = None, lettering: bool,
) -> Composition:  # fmt: skip
    """Compose the scene that `draw`, or who else was asked, shows, with its overlays."""
    f = failed_result(f) if isinstance(f, BaseException) else f
    roots = [f] if isinstance(f, Tensor) else f
    if (
        not isinstance(roots, (list, tuple))
        or not roots
        or not all(isinstance(r, Tensor) for r in roots)
    ):
        raise no_tensor(asked, "a Tensor or a list of Tensors", f)
    composition = Composition(
        roots, names, detail=detail, level=level, around=around, lettering=lettering,
        parts=parts_of(roots, names, level, depth, alone=around is None),
    )  # fmt: skip
    if flow:
        overlays.flow(composition)
    if check:
        numerical.check(composition)
    if highlight is not None:
        overlays.highlight(composition.scene, highlight)
    return composition


def _accessible(svg: str, picture: Picture) -> str:
    """Give an SVG its words, ids of its own on a page, and sizes that every viewer understands."""
    scene = picture.scene
    svg = INVISIBLE.sub("", svg)
    prefix = "g" + hashlib.sha256(picture.source.encode()).hexdigest()[:8]
    svg = re.sub(r"<!--.*?-->\n?", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    svg = re.sub(r'\bid="', f'id="{prefix}-', svg)
    svg = re.sub(r"<title>(.*?)</title>\n?", lambda m: _spoken(scene, m[1]), svg)
    svg = re.sub(r'\b(width|height)="(\d+)pt"', lambda m: f'{m[1]}="{int(m[2]) * 4 / 3:.0f}"', svg)
    words = (
        f'<title id="{prefix}-title">{html.escape(scene.title)}</title>\n'
        f'<desc id="{prefix}-desc">{html.escape(scene.description)}</desc>\n'
    )
    labelled = f'role="img" aria-labelledby="{prefix}-title {prefix}-desc"'
    style = picture.theme.style(f"#{prefix}")
    start, end = svg.split(">", 1)
    head = start.replace("<svg", f'<svg id="{prefix}" {labelled} {RESPONSIVE}', 1)
    return head + ">\n" + words + style + end.lstrip("\n")


def _spoken(scene: Scene, title: str) -> str:
    """Put a node into words, in the place of its name in the DOT text."""
    if not re.fullmatch(r"n\d+", title):
        return ""
    return f"<title>{html.escape(scene.nodes[int(title[1:])].spoken)}</title>\n"
