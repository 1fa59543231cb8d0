"""Writers of a document for pages: Markdown, LaTeX, and a web page that needs nothing else."""

import html
import re
import unicodedata
from collections.abc import Iterator
from functools import partial

from autograd.view.derivation.document import Document, Equation, Section, Words, spoken
from autograd.view.derivation.mathml import mathml
from autograd.view.derivation.writing import Latex
from autograd.view.graph.theme import DARK, LIGHT, Theme

WIDTH = 64
"""An equation of more columns is broken before its equals signs."""

ROOM = r"\phantom{{}={}} "
"""As much as an equals sign takes."""


def _title(section: Section) -> str:
    return section.title[:1].upper() + section.title[1:]


def _kind(section: Section) -> str:
    """Return what the colours of a section are called."""
    return "forward" if section.kind == "forward" else "gradient"


def _sign(row: Equation, section: Section) -> str:
    """Write the sign behind a left side; where only others have one, leave room for it."""
    if row.left is not None:
        return "= "
    return ROOM if any(other.left is not None for other in section.equations) else ""


def _remarks(row: Equation, style: Latex) -> Iterator[Words]:
    if shape := row.shape(style):
        yield (style.language.shape + " ", (shape,))
    if row.remark:
        yield row.remark


# ── Markdown and LaTeX ────────────────────────────────────────────────────────────────────────
def markdown(document: Document, level: int = 2) -> str:
    """Write Markdown with mathematics between dollars, as Jupyter and GitHub read it.

    The title is a heading of that level, and those of the sections are one below.
    """
    marks = "#" * level
    headings = (f"{marks} {{}}", f"{marks}# {{}}")
    return _filled(document, headings, "$$\n\\begin{{aligned}}\n{}\n\\end{{aligned}}\n$$")


def _aligned(row: Equation, sign: str, style: Latex, paint: str) -> str:
    """Write an equation in one line, or one line for each equals sign."""
    left, stages = row.start(style), row.stages(style)
    widths = [style.width(text) for text in (left, *stages)]
    if paint:
        stages[-1] = rf"{{\color{{{paint}}} {stages[-1]}}}"
    remarks = [
        spoken(words, style, r"\text{{{}}}".format, "{{{}}}".format)
        for words in _remarks(row, style)
    ]
    whole = sum(widths) + 3 * len(stages)
    together = whole < WIDTH
    glue = " = " if together else " \\\\[2pt]\n&= "
    text = f"{left} &{sign}".lstrip() + glue.join(stages)
    line = whole if together else widths[0] + widths[-1]
    for remark in remarks:
        line += style.width(remark) + 4
        apart = line > WIDTH + 10
        text += (r" \\" + "\n" + r"&\quad " if apart else r" \qquad ") + remark
    return text


def latex_body(document: Document, paint: bool = False) -> str:
    """Write sections and equations, for a LaTeX document that loads amsmath."""
    headings = (r"\section*{{{}}}", r"\subsection*{{{}}}")
    return _filled(document, headings, "\\begin{{align*}}\n{}\n\\end{{align*}}", paint=paint)


def _filled(
    document: Document, headings: tuple[str, str], equations: str, *, paint: bool = False
) -> str:
    """Fill in the headings of the title and of the sections, and the equations below these."""
    style = Latex(document.language)
    parts = [headings[0].format(spoken(document.title, style, formula="${}$".format))]
    for section in document.sections:
        color = _kind(section) if paint else ""
        rows = " \\\\[4pt]\n".join(
            _aligned(row, _sign(row, section), style, color) for row in section.equations
        )
        parts += [headings[1].format(_title(section)), equations.format(rows)]
    return "\n\n".join(parts) + "\n"


def tex(document: Document) -> str:
    """Write a whole LaTeX document, which compiles with any engine."""
    body = latex_body(document, paint=True)
    colors = "\n".join(
        rf"\definecolor{{{name}}}{{rgb}}{{{_rgb(color)}}}"
        for name, color in (("forward", LIGHT.forward), ("gradient", LIGHT.backward))
    )
    strange = sorted({c for c in body if not (c.isascii() or c == "…" or _accented(c))})
    declared = "".join(
        rf"  \DeclareUnicodeCharacter{{{ord(c):04X}}}{{\texttt{{U+{ord(c):04X}}}}}" + "\n"
        for c in strange
    )
    if declared:  # pdfTeX has no glyph for them; LuaTeX and XeTeX show what the font has
        declared = f"\\ifdefined\\DeclareUnicodeCharacter\n{declared}\\fi\n"
    return TEX.format(colors=colors, declared=declared, body=body)


def _rgb(color: str) -> str:
    return ",".join(f"{int(color[i : i + 2], 16) / 255:.3f}" for i in (1, 3, 5))


def _accented(c: str) -> bool:
    """Tell whether plain LaTeX has this letter: one of ours with an accent."""
    base, *marks = [*unicodedata.normalize("NFD", c)]
    return base.isascii() and len(marks) == 1 and ord(marks[0]) in ACCENTS


ACCENTS = {0x300, 0x301, 0x302, 0x303, 0x308, 0x327}
TEX = r"""\documentclass[11pt]{{article}}
\usepackage{{amsmath}}
\setcounter{{MaxMatrixCols}}{{99}}
\usepackage{{color}}
\usepackage[a4paper,margin=2cm]{{geometry}}
{colors}
\providecommand{{\lt}}{{<}}
\providecommand{{\gt}}{{>}}
{declared}\allowdisplaybreaks
\setlength{{\parindent}}{{0pt}}
\begin{{document}}

{body}
\end{{document}}
"""


# ── a web page ────────────────────────────────────────────────────────────────────────────────
def page(document: Document) -> str:
    """Write a web page: MathML, two colours, light and dark, no script and no network."""
    style = Latex(document.language)
    title = _sentence(document.title, style)
    sections = "\n".join(_section(section, style) for section in document.sections)
    plain = re.sub(r"<[^>]*>", "", title)
    return PAGE.format(
        lang=document.language.code, plain=plain, title=title, sections=sections,
        light=_variables(LIGHT), dark=_variables(DARK),
    )  # fmt: skip


def _variables(theme: Theme) -> str:
    return (
        f"--page: {theme.page}; --ink: {theme.ink}; --muted: {theme.muted}; "
        f"--forward: {theme.forward}; --gradient: {theme.backward}"
    )


def _section(section: Section, style: Latex) -> str:
    rows = "\n".join(_div(row, _sign(row, section), style) for row in section.equations)
    heading = f"<h2>{html.escape(_title(section))}</h2>"
    rows = f'<div class="equations">\n{rows}\n</div>'
    return f'<section class="{_kind(section)}">\n{heading}\n{rows}\n</section>'


def _div(row: Equation, sign: str, style: Latex) -> str:
    left, (*stages, result) = row.start(style), row.stages(style)
    cells = [mathml(("= " if i else sign) + text) for i, text in enumerate(stages)]
    cells.append(f'<span class="result">{mathml(("= " if stages else sign) + result)}</span>')
    cells += [
        f'<span class="remark">{_sentence(words, style)}</span>' for words in _remarks(row, style)
    ]
    name = mathml(left) if left else ""
    return f'<div class="left">{name}</div><div class="right">{" ".join(cells)}</div>'


def _sentence(words: Words, style: Latex) -> str:
    return spoken(words, style, html.escape, partial(mathml, block=False))


PAGE = """<!DOCTYPE html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{plain}</title>
<style>
:root {{ color-scheme: light dark; {light} }}
@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}
body {{ margin: 2rem auto; max-width: 62rem; padding: 0 1rem; background: var(--page);
  color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }}
h1 {{ font-size: 1.5rem; }}
h2 {{ font-size: 1.15rem; margin: 2rem 0 .5rem; }}
.forward h2, .forward .result {{ color: var(--forward); }}
.gradient h2, .gradient .result {{ color: var(--gradient); }}
.equations {{ display: grid; grid-template-columns: max-content 1fr; gap: .6rem .5rem;
  align-items: baseline; overflow: auto hidden; padding: .25rem 0 .5rem; }}
.left {{ text-align: right; }}
.right {{ display: flex; flex-wrap: wrap; align-items: baseline; gap: .6rem .3rem; }}
math {{ font: 1.1em "Latin Modern Math", "STIX Two Math", "Cambria Math",
  "DejaVu Math TeX Gyre", "Noto Sans Math", math; }}
.remark {{ color: var(--muted); font-size: .85rem; margin-left: 1rem; white-space: nowrap; }}
</style>
</head>
<body>
<h1>{title}</h1>
{sections}
</body>
</html>
"""
