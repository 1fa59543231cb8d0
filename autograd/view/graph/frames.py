"""`frames`: the two passes as a sequence of pictures, one for each step."""

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, overload

from autograd.base.errors import refusal
from autograd.base.files import save_as
from autograd.provenance.names import names_in
from autograd.tensor import Tensor
from autograd.view.graph.exports import WRITERS
from autograd.view.graph.modules import folded
from autograd.view.graph.pdf import join
from autograd.view.graph.picture import Picture, prepare
from autograd.view.graph.renderers import INSTALL, NoRenderer, check_engine
from autograd.view.graph.theme import Theme, theme_of
from autograd.view.graph.timeline import Timeline


class Frames(Sequence[Picture]):
    """A sequence of pictures of one graph: nothing moves, and each knows a step more."""

    def __init__(self, timeline: Timeline, theme: Theme, engine: str | None) -> None:
        self._pictures = [
            Picture(folded(timeline.at(step), timeline.composition), theme, engine)
            for step in range(timeline.last + 1)
        ]

    def __len__(self) -> int:
        return len(self._pictures)

    @overload
    def __getitem__(self, index: int) -> Picture: ...
    @overload
    def __getitem__(self, index: slice) -> list[Picture]: ...
    def __getitem__(self, index: int | slice) -> Picture | list[Picture]:
        return self._pictures[index]

    def save(self, path: str | Path) -> list[Path]:
        """Write the pages of one PDF, or a file for each step; return the paths.

        Parameters
        ----------
        path : ``"f.pdf"``, or a pattern that the number of the step is put into,
            ``"f-{:02d}.svg"``, with any suffix that `Picture.save` knows.

        Raises
        ------
        ValueError : where neither is given, or another suffix.
        FileNotFoundError : where there is no such folder.
        RuntimeError : where no renderer is there for the format, with the command to install one.
        """
        path = Path(path)
        known = path.suffix[1:].lower() in WRITERS
        try:
            names = [path.name.format(step) for step in range(len(self))]
        except (LookupError, ValueError):  # braces, but no pattern
            names = [path.name]
        if known and len(set(names)) == len(self):
            pairs = zip(self, names, strict=True)
            return [each.save(path.with_name(name)) for each, name in pairs]
        if path.suffix.lower() != ".pdf":
            suffix = path.suffix or "a file without a suffix"
            what = f"{len(self)} frames do not fit into one {suffix}"
            if not known:
                what = f"frames cannot be saved as {suffix}"
            stem = path.parent / (re.sub(r"-?\{[^}]*\}|[{}]", "", path.stem) or "f")
            pattern = f"{stem}-{{:02d}}{path.suffix if known else '.svg'}"
            instead = f"save({pattern!r}), or save({f'{stem}.pdf'!r})"
            raise refusal(ValueError, what, f"save({str(path)!r})", instead)
        whole = {"pdf": lambda pictures: join([each.rendered("pdf") for each in pictures])}
        return [save_as(self, path, whole, "frames")]

    def __repr__(self) -> str:
        return "\n".join(each.scene.caption.partition("\n")[0] for each in self)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:  # noqa: ARG002  # IPython's signature
        try:
            return {"text/html": "\n".join(each.svg() for each in self), "text/plain": repr(self)}
        except NoRenderer:
            return {"text/plain": f"{self!r}\n\nTo see pictures: {INSTALL}"}


def frames(
    f: Tensor | Sequence[Tensor], *, theme: str = "default", engine: str | None = None,
    **options: Any,
) -> Frames:  # fmt: skip
    """Draw both passes step by step: the inputs, each operation forward, then backward.

    Parameters
    ----------
    f, theme, engine : as `draw` takes them.
    **options : the other options of `draw`, but `upto`.

    Returns
    -------
    A sequence of pictures, of which each is as large as the others. The backward steps are there
    once backward has run.

    Raises
    ------
    TypeError, ValueError : as `draw` does.

    Examples
    --------
    >>> a, b, c = (Tensor(v, requires_grad=True) for v in (2.0, 3.0, 4.0))
    >>> f = (a + b) * c
    >>> f.backward()
    >>> frames(f)
    step 0 of 5: nothing is computed yet
    step 1 of 5: d = a + b = 2 + 3 = 5
    step 2 of 5: f = d · c = 5 · 4 = 20
    step 3 of 5: ∂f/∂f = 1
    step 4 of 5: ∂f/∂d = 1 · 4 = 4; ∂f/∂c = 1 · 5 = 5
    step 5 of 5: ∂f/∂a = 4 · 1 = 4; ∂f/∂b = 4 · 1 = 4
    >>> frames(f).save("f-{:02d}.svg")  # doctest: +SKIP
    """
    check_engine(engine)
    composition = prepare(f, names_in(sys._getframe(1)), "frames", lettering=True, **options)
    return Frames(Timeline(composition), theme_of(theme), engine)
