"""Who turns DOT text into a picture: Graphviz, wherever this machine has it."""

import contextlib
import os
import shutil
import subprocess
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path

from autograd.base.errors import refusal
from autograd.view.graph.choices import check_choice

INSTALL = 'pip install "retrograd[viz]"'
SHARP = "dpi=192, size=30"
"""How a PNG is drawn: sharp on a slide, and shrunk to 30 inches, or a large one takes minutes."""


class NoRenderer(RuntimeError):  # noqa: N818  # says what, not that
    """Says that nothing here can draw a format, why, and what to install."""


class Unavailable(Exception):  # noqa: N818  # a reason, and no failure
    """Says why a renderer cannot draw this, here."""


def render(dot: str, form: str, engine: str | None = None) -> bytes:
    """Draw DOT text as svg, png or pdf, by the first renderer that can (or by `engine`).

    Raises
    ------
    NoRenderer : where none can; it lists why, and the command that changes it.
    ValueError : for an engine that does not exist.
    """
    check_engine(engine)
    if form == "png":
        dot = dot.replace("{", f"{{\n\tgraph [{SHARP}]", 1)
    reasons = []
    for name in [engine] if engine else RENDERERS:
        try:
            return RENDERERS[name](dot, form)
        except Unavailable as reason:
            reasons.append(f"{name}: {reason}")
    raise refusal(
        NoRenderer,
        f"nothing on this machine can draw {form.replace('json0', 'tex')}",  # which TeX draws
        "; ".join(reasons),
        f'{INSTALL}; or save("picture.dot"), which needs nothing',
    )


def check_engine(engine: str | None) -> None:
    """Raise a ValueError where there is no such renderer."""
    if engine is not None:
        check_choice("engine", engine, RENDERERS, called="renderer")


def _by_dot(dot: str, form: str) -> bytes:
    return _by_command(shutil.which("dot"), dot, form)


def _by_graphviz_pure(dot: str, form: str) -> bytes:
    command = shutil.which("graphviz-pure", path=sysconfig.get_path("scripts"))
    return _by_command(command or shutil.which("graphviz-pure"), dot, form)


def _by_command(command: str | None, dot: str, form: str) -> bytes:
    if command is None:
        raise Unavailable("not found")
    done = subprocess.run(  # noqa: S603  # the command is Graphviz, the text is data
        [command, f"-T{form}"], input=dot.encode(), capture_output=True, check=False
    )
    if not done.stdout:
        raise Unavailable(done.stderr.decode(errors="replace").strip() or "drew nothing")
    return done.stdout


def _by_pygraphviz(dot: str, form: str) -> bytes:
    with _silence():
        try:
            import pygraphviz  # noqa: PLC0415  # an optional library, imported when used

            drawn: bytes = pygraphviz.AGraph(string=dot).draw(format=form, prog="dot")
        except ImportError:
            raise Unavailable("not installed") from None
        except (OSError, ValueError, TypeError) as error:
            raise Unavailable(str(error)) from error
    return drawn


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Discard what C code writes to stderr: fontconfig complains there about the system's fonts."""
    try:
        saved = os.dup(2)
    except OSError:  # a program without a console, such as IDLE, has none
        yield
        return
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)


RENDERERS: dict[str, Callable[[str, str], bytes]] = {
    "dot": _by_dot,
    "pygraphviz": _by_pygraphviz,
    "graphviz-pure": _by_graphviz_pure,
}
"""In the order of preference."""
