"""A page of a worksheet, with blanks or with the answers, in every format."""

import html
import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

from autograd.base.files import save_as
from autograd.graph import toposort
from autograd.provenance.names import UNPRINTABLE
from autograd.sweep.steps import gradients
from autograd.tensor import Tensor
from autograd.view.derivation.document import Equation
from autograd.view.derivation.formula import Leaf, applied, partial
from autograd.view.derivation.languages import language_of
from autograd.view.derivation.writing import Latex, Style, write
from autograd.view.exercise.blanks import BLANK, exactly, written
from autograd.view.graph.picture import RESPONSIVE, Picture
from autograd.view.graph.scene import Composition
from autograd.view.graph.tex import MACROS, is_exotic, tex
from autograd.view.graph.theme import theme_of
from autograd.view.graph.tikz import FONTS, tikz

WORDS = {
    "en": {
        "sheet": "Worksheet: {seed}, level {level}", "key": "Answer key: {seed}, level {level}",
        "name": "Name", "given": "Given", "forward": "Forward: compute every value.",
        "backward": "Backward: compute every gradient, from {f} to the variables.",
        "picture": "Fill in the blanks of the graph: values above the line, gradients below it.",
        "numbers": "All numbers are whole numbers or fractions.",
    },
    "pt": {
        "sheet": "Exercício: {seed}, nível {level}", "key": "Gabarito: {seed}, nível {level}",
        "name": "Nome", "given": "Dados", "forward": "Para frente: calcule cada valor.",
        "backward": "Para trás: calcule cada gradiente, de {f} até as variáveis.",
        "picture": "Preencha as lacunas do grafo: valores acima da linha, gradientes abaixo.",
        "numbers": "Todos os números são inteiros ou frações.",
    },
    "es": {
        "sheet": "Ejercicio: {seed}, nivel {level}", "key": "Soluciones: {seed}, nivel {level}",
        "name": "Nombre", "given": "Datos", "forward": "Hacia adelante: calcula cada valor.",
        "backward": "Hacia atrás: calcula cada gradiente, desde {f} hasta las variables.",
        "picture": "Completa los espacios del grafo: valores sobre la línea, gradientes debajo.",
        "numbers": "Todos los números son enteros o fracciones.",
    },
}  # fmt: skip


# ── a page ────────────────────────────────────────────────────────────────────────────────────
class Sheet:
    """One page: with blanks, or with the answers.

    Attributes
    ----------
    root : the result of the graph.
    given, forward, backward : what stands on the page, as equations.
    """

    def __init__(self, root: Tensor, seed: int | str, level: int, lang: str, *, key: bool) -> None:
        self.root, self._key = root, key
        self._words, language = WORDS[lang], language_of(lang)
        self._text, self._latex = Style(language), Latex(language)
        called = " ".join(UNPRINTABLE.sub("\ufffd", " ".join(str(seed).split())).split())
        self._title = self._words["key" if key else "sheet"].format(seed=called, level=level)
        leaves = {t: Leaf(str(t.name), t.data) for t in toposort(root) if t.name}
        arrived = gradients(root)
        given = [t for t in leaves if t.op is None]
        computed = [t for t in leaves if t.op is not None]
        asked = [t for t in (*reversed(computed[:-1]), *given) if t in arrived]
        slopes = [partial(leaves[root], leaves[t], arrived[t]) for t in asked]
        self.given = [Equation(leaves[t], (), t.data) for t in given]
        self.forward = [Equation(leaves[t], (applied(t, leaves),), t.data) for t in computed]
        self.backward = [Equation(slope, (), slope.value) for slope in slopes]

    @cached_property
    def picture(self) -> Picture:
        """The graph."""
        scene = exactly(Composition([self.root], {}).scene, blank=not self._key)
        scene.title, scene.description = self._title, self._spoken()
        return Picture(scene, theme_of("default"), None)

    # ── words ─────────────────────────────────────────────────────────────────────────────────
    def _parts(self) -> Iterator[tuple[str, list[Equation], bool]]:
        """Yield the tasks: what to do, the rows, and whether their values are blank."""
        f = str(self.root.name)
        yield self._words["given"], self.given, False
        yield self._words["forward"], self.forward, not self._key
        yield self._words["backward"].format(f=f), self.backward, not self._key

    def _spoken(self) -> str:
        return " ".join(
            f"{task.rstrip('.')}: {'; '.join(self._line(row, blank=blank) for row in rows)}."
            for task, rows, blank in self._parts()
        )

    def _line(self, row: Equation, *, blank: bool, latex: bool = False) -> str:
        """Write a row as text, or as LaTeX: ``name = formula = value``."""
        style: Style = self._latex if latex else self._text
        formulas = [write(formula, style.by_name, style).text for formula in row.formulas]
        value = written(row.value, blank=blank, latex=latex)
        return " = ".join([row.start(style), *formulas, value])

    def __str__(self) -> str:
        lines = [self._title, *([] if self._key else [f"{self._words['name']}: {BLANK * 5}"])]
        for task, rows, blank in self._parts():
            lines += ["", task, *(f"  {self._line(row, blank=blank)}" for row in rows)]
        return "\n".join([*lines, "", self._words["numbers"]])

    __repr__ = __str__

    # ── files ─────────────────────────────────────────────────────────────────────────────────
    def save(self, path: str | Path) -> Path:
        """Write the page to a file: svg, html, md or tex; see `Worksheet.save`."""
        path = Path(path)

        def markdown(sheet: Sheet) -> str:
            picture = path.with_name(f"{path.stem}-picture.svg")
            return sheet.markdown(sheet.picture.save(picture).name)

        writers = {"svg": Sheet.svg, "html": Sheet.html, "tex": Sheet.tex, "md": markdown}
        return save_as(self, path, writers, "a worksheet")

    def _head(self) -> list[str]:
        """Return the lines below the title: the name of the student, and what to do."""
        if self._key:
            return []
        return [f"{self._words['name']}: {BLANK * 10}", self._words["picture"]]

    def svg(self) -> str:
        """Return the picture under its title, with a line for the name."""
        theme, lines = self.picture.theme, [self._title, *self._head()]
        top = 16 + 24 * len(lines)
        inner = self.picture.svg().replace(RESPONSIVE, f'x="0" y="{top}"', 1)
        sizes = re.search(r'width="(\d+)" height="(\d+)"', inner)
        width, height = map(int, sizes.groups()) if sizes else (800, 400)
        width, height = max(width, 9 * max(map(len, lines))), height + top
        texts = "".join(
            f'<text x="12" y="{28 + 24 * i}" font-size="{14 if i else 18}" fill="{theme.ink}" '
            f'font-family="Helvetica,Arial,sans-serif">{html.escape(line)}</text>\n'
            for i, line in enumerate(lines)
        )
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" {RESPONSIVE}>\n'
            f'<rect width="100%" height="100%" fill="{theme.page}"/>\n{texts}{inner}</svg>\n'
        )

    def body(self) -> str:
        """Return the page as HTML, to be put into another one."""
        parts = [f"<h1>{html.escape(self._title)}</h1>"]
        parts += [f"<p>{html.escape(line)}</p>" for line in self._head()]
        picture = f'<div class="picture">{self.picture.svg()}</div>'
        parts += [f"<p>{self._words['numbers']}</p>", picture]
        for task, rows, blank in self._parts():
            items = (f"<li>{html.escape(self._line(row, blank=blank))}</li>" for row in rows)
            parts += [f"<h2>{html.escape(task)}</h2>", f"<ul>{''.join(items)}</ul>"]
        return f'<div class="worksheet">{STYLE}{"".join(parts)}</div>'

    def html(self) -> str:
        """Return a page of its own."""
        head = (
            '<meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>{html.escape(self._title)}</title>"
        )
        start = f'<!doctype html>\n<html lang="{self._text.language.code}">{head}'
        return f"{start}<body>{self.body()}</body></html>\n"

    def markdown(self, picture: str) -> str:
        """Return the page in Markdown, with formulas in LaTeX; `picture` is a file."""
        title = re.sub(r"([\\`*_{}\[\]<>#|$&~])", r"\\\1", self._title)
        head = [line.replace("_", "&#95;") for line in self._head()]
        lines = [f"# {title}", *head, self._words["numbers"], f"![]({quote(picture)})"]
        for task, rows, blank in self._parts():
            items = [f"- ${self._line(row, blank=blank, latex=True)}$" for row in rows]
            lines += [f"## {task}", "\n".join(items)]
        return "\n\n".join(lines) + "\n"

    def tex(self) -> str:
        """Return a LaTeX document that compiles by itself."""
        head = [tex(line).replace(tex(BLANK * 10), r"\rule{8cm}{0.4pt}") for line in self._head()]
        parts = [rf"\section*{{{tex(self._title)}}}", *head, tex(self._words["numbers"])]
        parts.append(PICTURE.replace("PICTURE", tikz(self.picture.source)))
        for task, rows, blank in self._parts():
            lines = [
                rf"$\displaystyle {self._line(row, blank=blank, latex=True)}$\par" for row in rows
            ]
            columns = "\n".join([r"\begin{multicols}{2}", *lines, r"\end{multicols}"])
            parts.append(rf"\subsection*{{{tex(task)}}}" + "\n" + columns)
        content = "\n\n".join(parts)
        preamble = FONTS + MACROS if is_exotic(content) else ""
        return DOCUMENT.replace("PREAMBLE", preamble).replace("CONTENT", content)


STYLE = """<style>
.worksheet{font-family:Helvetica,Arial,sans-serif;max-width:60em;margin:2em auto;
background:#fff;color:#1b1f24;padding:0 1em}
.worksheet h1{font-size:1.4em;overflow-wrap:anywhere}
.worksheet h2{font-size:1.05em;margin-top:1.4em}
.worksheet p{overflow:hidden}
.worksheet ul{list-style:none;padding-left:1em;display:grid;gap:.9em 2em;
grid-template-columns:repeat(auto-fill,minmax(min(17em,100%),1fr))}
.worksheet .picture{overflow-x:auto}
@media screen and (max-width:45em){.worksheet svg{max-width:none!important}}
</style>"""

DOCUMENT = r"""\documentclass{article}
\usepackage[a4paper,margin=2cm]{geometry}
\usepackage{amsmath,graphicx,multicol,tikz}
PREAMBLE\pagestyle{empty}
\setlength{\parindent}{0pt}
\setlength{\parskip}{1.2ex}
\begin{document}
CONTENT
\end{document}
"""

PICTURE = r"""\begin{center}
\sbox0{PICTURE}%
\ifdim\wd0>\linewidth\resizebox{\linewidth}{!}{\usebox0}\else\usebox0\fi
\end{center}"""
