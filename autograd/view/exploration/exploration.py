"""An exploration: the page that `explore` makes, as a thing to show and to save."""

import html
from pathlib import Path
from typing import Any

from autograd.base.errors import refusal
from autograd.base.files import save_as
from autograd.view.exploration.page import page


class Exploration:
    """A graph to play with: drag an input, and every value and gradient follows.

    In Jupyter it is a widget, where anywidget is installed (else the page in a frame); `save`
    writes a page that needs neither a network nor Python.

    Attributes
    ----------
    values, gradients : the numbers by name; a widget's follow what is dragged.
    model : what the page shows, as plain data; `program`, what it computes, as JavaScript.
    """

    values: dict[str, Any]
    gradients: dict[str, Any]

    def __init__(self, model: dict[str, Any], program: str, numbers: dict[str, Any]) -> None:
        self.model, self.program = model, program
        self.values, self.gradients = numbers["values"], numbers["gradients"]

    def html(self) -> str:
        """Return the page as text."""
        return page(self.model, self.program)

    def save(self, path: str | Path) -> Path:
        """Write the page to a file, which computes in any browser, offline.

        Raises ValueError for a suffix other than ``.html``, FileNotFoundError where there is no
        such folder.
        """
        writers = dict.fromkeys(("html", "htm"), Exploration.html)
        return save_as(self, path, writers, "a page that computes", ["html"])

    def quiz(self, *names: str) -> "Exploration":
        """Leave numbers blank when the page opens, for its reader to fill in; return the page.

        Parameters
        ----------
        names : ``"d"`` for the value of d, ``"∂d"`` or ``"d.grad"`` for the gradient that arrives
            there; by default the gradients of all inputs, and of results on the way to them.

        Raises
        ------
        ValueError : for what is no single number of this graph.

        >>> from autograd import explore
        >>> explore("(a + b) * c", a=2, b=3, c=4).quiz("a.grad", "f").model["quiz"] != []
        True
        """
        known = self.model["questions"]
        wanted = [f"∂{n.removesuffix('.grad')}" if n.endswith(".grad") else n for n in names]
        for name, given in zip(wanted, names, strict=True):
            if name not in known:
                raise refusal(
                    ValueError,
                    f"{given!r} is no number that a reader could fill in",
                    f"quiz({', '.join(map(repr, names))})",
                    f"one of {', '.join(known)}",
                )
        self.model["quiz"] = [known[name] for name in wanted] or self.model["ask"]
        return self

    def __repr__(self) -> str:
        return f"<Exploration of {self.model['title']}>"

    def _repr_html_(self) -> str:
        height = int(self.model["size"][1] * 1.25) + 460
        framed = html.escape(self.html())
        return f'<iframe srcdoc="{framed}" width="100%" height="{height}" frameborder="0"></iframe>'
