"""The formats of a picture: which suffix of a file name asks for which of them."""

from typing import TYPE_CHECKING

from autograd.view.graph.choices import suffix_of
from autograd.view.graph.mermaid import fenced
from autograd.view.graph.tikz import document

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

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


def write(picture: "Picture", path: "Path") -> None:
    """Write a picture in the format of the suffix; raise a ValueError for an unknown one."""
    content = WRITERS[suffix_of(path, WRITERS, "a picture", NAMED)](picture)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
