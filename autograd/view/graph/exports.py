"""The formats of a picture: which suffix of a file name asks for which of them."""

from typing import TYPE_CHECKING

from autograd.view.graph.mermaid import fenced
from autograd.view.graph.tikz import document

if TYPE_CHECKING:
    from collections.abc import Callable

    from autograd.view.graph.picture import Picture

WRITERS: "dict[str, Callable[[Picture], str | bytes]]" = {
    "svg": lambda picture: picture.rendered("svg"),
    "png": lambda picture: picture.rendered("png"),
    "pdf": lambda picture: picture.rendered("pdf"),
    "dot": lambda picture: picture.source,
    "gv": lambda picture: picture.source,
    "mmd": lambda picture: picture.mermaid(),
    "md": lambda picture: fenced(picture.mermaid()),
    "tex": lambda picture: document(picture.tikz()),
    "json": lambda picture: picture.json(),
    "txt": lambda picture: f"{picture!r}\n",
}
"""What a file of each suffix holds."""

NAMED = [suffix for suffix in WRITERS if suffix != "gv"]
"""The suffixes that messages name: gv is dot's other one."""
