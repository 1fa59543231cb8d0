"""`draw`: a picture of the graph behind a result."""

import hashlib
import html
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from autograd.errors import three_lines
from autograd.tensor import Tensor
from autograd.view.dot import dot
from autograd.view.names import names_in
from autograd.view.renderers import FORMATS, INSTALL, NoRenderer, check_engine, render
from autograd.view.scene import Scene, compose
from autograd.view.theme import theme_of
from autograd.view.tree import tree


class Picture:
    """A drawn graph: shows itself in Jupyter, prints as a tree of text, and saves to a file.

    Attributes
    ----------
    source : the DOT text, the same for the same graph.
    scene : the content: nodes, wires, title and description.
    """

    def __init__(self, scene: Scene, source: str, engine: str | None) -> None:
        self.scene, self.source, self._engine = scene, source, engine

    def svg(self) -> str:
        """Return the picture as SVG, with a title and a description for those who do not see it."""
        return _accessible(render(self.source, "svg", self._engine).decode(), self)

    def save(self, path: str | Path) -> Path:
        """Write the picture to a file; the suffix tells the format: svg, png, pdf, or dot.

        Raises
        ------
        ValueError : for another suffix.
        RuntimeError : where no renderer is there for the format, with the command to install one.
        """
        path = Path(path)
        form = path.suffix[1:].lower()
        if form == "svg":
            path.write_text(self.svg(), encoding="utf-8")
        elif form in FORMATS:
            path.write_bytes(render(self.source, form, self._engine))
        elif form in ("dot", "gv"):
            path.write_text(self.source, encoding="utf-8")
        else:
            raise ValueError(
                three_lines(
                    f"a picture cannot be saved as {path.suffix or 'a file without a suffix'}",
                    f"save({str(path)!r})",
                    ", ".join(f"save({path.stem + '.' + known!r})" for known in (*FORMATS, "dot")),
                )
            )
        return path

    def __repr__(self) -> str:
        return tree(self.scene)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:  # noqa: ARG002  # IPython's signature
        try:
            return {"image/svg+xml": self.svg(), "text/plain": repr(self)}
        except NoRenderer:
            return {"text/plain": f"{self!r}\n\nTo see a picture: {INSTALL}"}


def draw(
    f: Tensor | Sequence[Tensor], *, local: bool = False, theme: str = "default",
    engine: str | None = None,
) -> Picture:  # fmt: skip
    """Draw the graph that computed `f`: values forward, and gradients where backward has run.

    Variables are boxes, operations circles. Numbers stand on the wires: the value above, bold; the
    gradient below, behind a ∂. Where a variable is used more than once, each wire carries its own
    contribution, and the box their sum. A gradient that was not computed is blank. Graphs of
    scalars show numbers; graphs of arrays show shapes, small matrices, ranges and norms.

    Names are those of ``Tensor(..., name=...)``, else of the caller's variables.

    Parameters
    ----------
    f : a Tensor, or several, of any shape and dtype.
    local : also write each operation's local derivative, ``[×4]``, on its wires (scalars only).
    theme : "default", or "dark".
    engine : "dot", "pygraphviz" or "graphviz-pure"; by default the first of them that is there.

    Raises
    ------
    TypeError : where `f` is no Tensor.
    ValueError : for an unknown theme or engine.

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
    roots = [f] if isinstance(f, Tensor) else f
    if (
        not isinstance(roots, (list, tuple))
        or not roots
        or not all(isinstance(r, Tensor) for r in roots)
    ):
        raise TypeError(
            three_lines(
                f"draw takes a Tensor or a list of Tensors, not {type(f).__name__}",
                f"draw({f!r:.40})",
                "draw(f) where f was computed from Tensors: Tensor(2.0, requires_grad=True)",
            )
        )
    check_engine(engine)
    scene = compose(roots, names_in(sys._getframe(1)), local=local)
    return Picture(scene, dot(scene, theme_of(theme)), engine)


def _accessible(svg: str, picture: Picture) -> str:
    """Give an SVG its words, ids of its own on a page, and sizes that every viewer understands."""
    scene = picture.scene
    prefix = "g" + hashlib.sha256(picture.source.encode()).hexdigest()[:8]
    svg = re.sub(r"<!--.*?-->\n?", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    svg = re.sub(r'\bid="', f'id="{prefix}-', svg)
    svg = re.sub(r"<title>(.*?)</title>\n?", lambda m: _spoken(scene, m[1]), svg)
    svg = re.sub(r'\b(width|height)="(\d+)pt"', lambda m: f'{m[1]}="{int(m[2]) * 4 / 3:.0f}"', svg)
    words = (
        f'<title id="{prefix}-title">{html.escape(scene.title)}</title>\n'
        f'<desc id="{prefix}-desc">{html.escape(scene.description)}</desc>\n'
    )
    head = (
        f'<svg role="img" aria-labelledby="{prefix}-title {prefix}-desc" '
        'style="max-width:100%;height:auto"'
    )
    start, end = svg.split(">", 1)
    return start.replace("<svg", head, 1) + ">\n" + words + end.lstrip("\n")


def _spoken(scene: Scene, title: str) -> str:
    """Put a node into words, in the place of its name in the DOT text."""
    if not re.fullmatch(r"n\d+", title):
        return ""
    return f"<title>{html.escape(scene.nodes[int(title[1:])].spoken)}</title>\n"
