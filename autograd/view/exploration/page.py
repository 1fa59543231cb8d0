"""The page that computes, as one text: for a file of its own, and for a notebook's widget."""

from importlib.resources import files
from typing import Any

from autograd.program.printers.javascript import runtime
from autograd.program.printers.sealed import sealed
from autograd.view.graph.json_text import in_script
from autograd.view.graph.theme import DARK, LIGHT, Theme

PARTS = ("writing.js", "painter.js", "quiz.js", "explore.js")
"""The page's own code, in the order in which its parts build on each other."""

START = """
new Explorer(document.getElementById("page"), MODEL, program, { keys: document });
"""


def module(model: dict[str, Any], program: str) -> str:
    """Return the JavaScript module: the runtime, the page's code, what it shows and computes.

    It exports ``render``, as a widget of anywidget does.
    """
    model = {**model, "css": _variables() + _read("style.css")}
    parts = [runtime(), *map(_read, PARTS), f"const MODEL = {in_script(model)};", program]
    return "\n".join([*parts, "export default { render };\n"])


def page(model: dict[str, Any], program: str) -> str:
    """Return a page of HTML that needs nothing else (see `sealed`): no network, no kernel."""
    script = module(model, program) + START
    style = (
        f":root{{color-scheme:light dark}}body{{margin:0;background:{LIGHT.page}}}"
        f"@media(prefers-color-scheme:dark){{body{{background:{DARK.page}}}}}"
    )
    title = " ".join(model["title"].split())
    return sealed(title, style, '<div id="page"></div>', script, module=True)


def _read(name: str) -> str:
    return files("autograd.view.exploration").joinpath("web", name).read_text(encoding="utf-8")


def _variables() -> str:
    """Write the two themes as CSS variables: what the reader prefers, or what the host says."""
    light, dark = _colours(LIGHT), _colours(DARK)
    return (
        f":host{{color-scheme:light;{light}}}\n"
        f"@media(prefers-color-scheme:dark){{:host{{color-scheme:dark;{dark}}}}}\n"
        f':host([data-theme="light"]){{color-scheme:light;{light}}}\n'
        f':host([data-theme="dark"]){{color-scheme:dark;{dark}}}\n'
    )


def _colours(theme: Theme) -> str:
    return "".join(f"--{name}:{colour};" for name, colour in theme.colours().items())
