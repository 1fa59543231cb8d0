"""`explain`: the worked example behind a result."""

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from autograd.base.errors import describe, no_tensor, refusal
from autograd.base.files import save_as
from autograd.provenance.names import name_of, names_in
from autograd.sweep.steps import refuse_changed
from autograd.tensor import Tensor
from autograd.view.derivation.derivation import Derivation, letters
from autograd.view.derivation.document import Document, sentence, text
from autograd.view.derivation.entries import jacobian_section
from autograd.view.derivation.formats import latex_body, markdown, page, tex
from autograd.view.derivation.languages import language_of

WRITERS: dict[str, Callable[[Document], str]] = {
    "html": page, "tex": tex, "md": markdown, "txt": lambda d: text(d) + "\n",
}  # fmt: skip


IN_A_NOTEBOOK = 4
"""The level of a title there: below the headings of the notebook itself."""


class Explanation:
    """A derivation with its numbers: prints as text, shows itself as mathematics in Jupyter.

    Attributes
    ----------
    document : the content: sections of equations.
    """

    def __init__(self, document: Document) -> None:
        self.document = document

    def save(self, path: str | Path) -> Path:
        """Write a web page (.html), a LaTeX document (.tex), Markdown (.md) or text (.txt).

        The page is complete in itself: MathML, in light and dark, no script and no network.

        Raises ValueError for another suffix, FileNotFoundError where there is no such folder.
        """
        return save_as(self.document, path, WRITERS, "an explanation")

    def __repr__(self) -> str:
        return text(self.document)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:  # noqa: ARG002  # IPython's signature
        return {
            "text/markdown": markdown(self.document, IN_A_NOTEBOOK),
            "text/latex": latex_body(self.document),
            "text/plain": repr(self),
        }


def explain(
    f: Tensor, lang: str = "en", *, jacobian: Tensor | Sequence[Tensor] = ()
) -> Explanation:
    """Write out how `f` and its gradient come about: formulas, numbers, results.

    Every operation forward; the local derivatives; the chain rule backward, with who receives what
    from whom; and where all is scalar, each gradient once more as the sum over the paths. Gradients
    of arrays show how the shapes fit together. Of an `f` that is no real scalar only the forward
    pass is written, for each of its entries has a gradient of its own.

    Nothing is computed by hand here: the formulas are what the rules record, and the numbers are
    the engine's. Names are those of ``Tensor(..., name=...)``, else of the caller's variables.

    Parameters
    ----------
    f : a Tensor that was computed from others, of any shape.
    lang : "en", "pt" or "es"; it decides on the words and on the decimal sign.
    jacobian : results on the way whose full Jacobians are printed, up to 64 rows each.

    Returns
    -------
    What prints as text and shows as mathematics in Jupyter; its ``save(path)`` writes a web page
    (.html), a LaTeX document (.tex), Markdown (.md) or text (.txt).

    Raises
    ------
    TypeError : where `f` is no Tensor.
    ValueError : for an unknown language, for a Jacobian that is not to be had, for an array that
        is no result, and where no input requires a gradient, so that nothing was recorded.
    RuntimeError : where an optimizer has changed what `f` was computed from.

    Examples
    --------
    >>> a, b, c = (Tensor(v, requires_grad=True) for v in (2.0, 3.0, 4.0))
    >>> f = (a + b) * c
    >>> explain(f, lang="es")
    paso hacia adelante
      d = a + b = 2 + 3 = 5
      f = d · c = 5 · 4 = 20
    <BLANKLINE>
    derivadas locales
      ∂d/∂a = ∂(a + b)/∂a = 1
      ∂d/∂b = ∂(a + b)/∂b = 1
              ∂(d · c)/∂d = c = 4
              ∂(d · c)/∂c = d = 5
    <BLANKLINE>
    paso hacia atrás: regla de la cadena
      ∂f/∂f = 1
      ∂f/∂d = ∂f/∂f · c = 1 · 4 = 4       d recibe 4 de f
      ∂f/∂c = ∂f/∂f · d = 1 · 5 = 5       c recibe 5 de f
      ∂f/∂a = ∂f/∂d · ∂d/∂a = 4 · 1 = 4   a recibe 4 de d
      ∂f/∂b = ∂f/∂d · ∂d/∂b = 4 · 1 = 4   b recibe 4 de d
    <BLANKLINE>
    suma sobre los caminos
      ∂f/∂a = ∂(d · c)/∂d · ∂d/∂a = 4 · 1 = 4   a → d → f
      ∂f/∂b = ∂(d · c)/∂d · ∂d/∂b = 4 · 1 = 4   b → d → f
      ∂f/∂c = ∂(d · c)/∂c = 5                   c → f
    """
    is_one = isinstance(jacobian, Tensor) or not np.iterable(jacobian)
    wanted: list[Any] = [jacobian] if is_one else list(jacobian)
    if not isinstance(f, Tensor):
        raise no_tensor("explain", "a Tensor", f)
    if f.op is None and not f.requires_grad:
        raise refusal(
            ValueError,
            "nothing was recorded of how this Tensor was computed",
            f"explain({f!r:.40})",
            "Tensor(2.0, requires_grad=True) for the inputs, and no detach() or no_grad()",
        )
    if f.op is None and f.size != 1:
        raise refusal(
            ValueError,
            "this Tensor was not computed from others: there is nothing to explain",
            f"explain({describe(f)})",
            "a result of it, such as explain(np.sum(x * x))",
        )
    names = names_in(sys._getframe(1))
    refuse_changed(f, "explain(f)", lambda t: name_of(t, names))
    return explanation(f, names, lang, wanted)


def explanation(
    f: Tensor, seen: Mapping[int, str], lang: str = "en", jacobian: Sequence[Tensor] = ()
) -> Explanation:
    """Explain, with names by identity: what `explain` does for a caller whose names it knows."""
    language = language_of(lang)
    derivation = Derivation(f, letters(f, seen=seen), language, seen)
    sections, title = [derivation.forward()], language.title_forward
    if f.size == 1 and f.requires_grad and f.dtype.kind != "c":
        with np.errstate(all="ignore"):
            sections += derivation.backward()
        title = language.title
    if jacobian:
        sections.append(jacobian_section(jacobian, derivation.nodes, language))
    told = [section for section in sections if section.equations]
    return Explanation(Document(sentence(title, f=derivation.nodes[f]), told, language))
