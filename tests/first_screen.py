"""What the README shows first: the graph of (a + b) * c, as a picture and as a page that computes.

python tests/first_screen.py            write notebooks/abc.svg and notebooks/abc.html
"""

import re
from pathlib import Path

from autograd import Tensor, draw, explore

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
PLACES = re.compile(r'"(?:path|at|size)": (?:"[^"]*"|\[[^]]*\]|null)')
SEAL = re.compile(r"script-src 'sha256-[^']*'")


def made() -> tuple[str, str]:
    """Return the picture and the page."""
    a, b, c = (Tensor(x, requires_grad=True) for x in (2.0, 3.0, 4.0))
    d = a + b
    f = d * c
    f.backward()
    picture = draw(f, detail="local").svg()
    f = (a + b) * c  # on the page d gets its letter without a name, and the title is the formula
    return picture, explore(f).html()


def words(svg: str) -> list[str]:
    """Return what a picture says, wherever it stands: fonts and Graphviz differ by machine."""
    return [text for text in re.findall(r">([^<]+)<", svg) if text.strip()]


def unplaced(html: str) -> str:
    """Return a page without the positions, which are Graphviz's, and the seal of the whole."""
    return PLACES.sub("", SEAL.sub("", html))


if __name__ == "__main__":
    picture, page = made()
    (NOTEBOOKS / "abc.svg").write_text(picture, encoding="utf-8")
    (NOTEBOOKS / "abc.html").write_text(page, encoding="utf-8")
