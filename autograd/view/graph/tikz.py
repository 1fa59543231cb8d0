"""A picture in TikZ: Graphviz's own layout, drawn by TeX.

Everything is read from the laid-out DOT text (JSON, https://graphviz.org/docs/outputs/json/), so
that what `dot` draws is drawn here too: colours, widths, clusters, tables.
"""

import json
import re
from typing import Any
from xml.etree import ElementTree as ET

from autograd.view.graph.renderers import render
from autograd.view.graph.tex import MACROS, is_exotic, tex

HEAD = r"""% Compile this file by itself, with lualatex, xelatex or pdflatex;
% or put \usepackage{tikz} into a document, and \input this file there.
\ifdefined\tikzpicture\else
\documentclass{article}
\usepackage{tikz}
FONTS\begin{document}
\def\graphend{\egroup
  \setbox0=\hbox{\kern6bp\vbox{\kern6bp\box0\kern6bp}\kern6bp}
  \ifdefined\pagewidth\else\let\pagewidth\pdfpagewidth\let\pageheight\pdfpageheight\fi
  \pagewidth=\wd0 \pageheight=\dimexpr\ht0+\dp0\relax
  \hoffset=-1in \voffset=-1in \shipout\box0 \end{document}}
\setbox0=\hbox\bgroup\ignorespaces
\fi
"""
"""The page is cut to the size of the picture."""

TAIL = r"\ifdefined\graphend\expandafter\graphend\fi" + "\n"
FONTS = r"""\ifdefined\Umathchar
  \usepackage{fontspec}
  \IfFontExistsTF{DejaVu Sans}{\setsansfont{DejaVu Sans}}{}
\fi
"""
PAD = 8.0
SHAPES = {"circle": "circle", "ellipse": "ellipse"}
"""What is not listed is a rectangle; TikZ draws ellipses with its library only."""

STYLES = {
    "rounded": "rounded corners=4bp",
    "dashed": "dashed",
    "dotted": "dotted",
}


def tikz(dot: str, engine: str | None = None) -> str:
    r"""Write DOT text as a tikzpicture, which a document with ``\usepackage{tikz}`` can \input.

    Raises RuntimeError where no renderer is there for the layout.

    >>> print(tikz("digraph { a [label=<x> shape=box] }").splitlines()[0])  # doctest: +SKIP
    \begin{tikzpicture}[x=1bp,y=1bp,...
    """
    return _Drawing(json.loads(render(dot, "json0", engine))).text


def document(picture: str) -> str:
    r"""Turn a tikzpicture into a file that compiles by itself, and that a document can \input."""
    return HEAD.replace("FONTS", FONTS if is_exotic(picture) else "") + picture + TAIL


class _Drawing:
    """Draws clusters first, then wires, then nodes, so that nothing is covered."""

    def __init__(self, layout: dict[str, Any]) -> None:
        self.colours: dict[str, None] = {}
        objects = layout.get("objects", [])
        below = [self.cluster(o) for o in objects if "bb" in o]
        wires = [self.wire(e) for e in layout.get("edges", [])]
        nodes = [self.node(o) for o in objects if "pos" in o]
        caption = self.caption(layout)
        body = [*filter(None, [self.page(layout), *below, *wires, *nodes, caption])]
        names = [rf"\definecolor{{c{c}}}{{HTML}}{{{c}}}" for c in self.colours]
        style = (
            "x=1bp,y=1bp,>=stealth,line cap=round,every node/.style={inner sep=0pt,align=center}"
        )
        lines = [rf"\begin{{tikzpicture}}[{style}]", r"\sffamily", *names, *body]
        self.text = "\n".join([*lines, r"\end{tikzpicture}"]) + "\n"
        if is_exotic(self.text):
            self.text = MACROS + self.text

    def colour(self, value: str) -> str:
        """Name a colour, and define it above."""
        if not value.startswith("#"):
            return "none" if value == "transparent" else value
        self.colours.setdefault(value[1:7])
        return f"c{value[1:7]}"

    def page(self, layout: dict[str, Any]) -> str:
        """Paint the background, unless it is white, as paper is and many slides are."""
        colour = layout.get("bgcolor", "transparent")
        if colour in ("transparent", "#FFFFFF"):
            return ""
        left, bottom, right, top = (float(v) for v in layout["bb"].split(","))
        corners = f"({left - PAD:g},{bottom - PAD:g}) rectangle ({right + PAD:g},{top + PAD:g})"
        return rf"\fill[{self.colour(colour)}] {corners};"

    def look(self, item: dict[str, Any]) -> list[str]:
        styles = re.split(r"\s*,\s*", item.get("style", ""))
        options = [STYLES[s] for s in styles if s in STYLES]
        options.append(f"draw={self.colour(item.get('color', 'black'))}")
        if "filled" in styles:
            options.append(f"fill={self.colour(item.get('fillcolor', 'white'))}")
        options.append(f"line width={float(item.get('penwidth', 1)):g}bp")
        return options

    def node(self, node: dict[str, Any]) -> str:
        width, height = float(node["width"]) * 72, float(node["height"]) * 72
        at, label = node["pos"], _markup(node.get("label", ""))
        size = float(node.get("fontsize", 14))
        ink = self.colour(node.get("fontcolor", "black"))
        text = self.label(label, size, ink)
        if node.get("shape") == "plain":
            return self.inscription(label, at, width, size, ink)
        shape = SHAPES.get(node.get("shape", ""), "rectangle")
        look = [shape, *self.look(node)]
        if node.get("peripheries") == "2":
            look.append("double,double distance=2bp")
        room = f"minimum width={width:g}bp,minimum height={height:g}bp"
        if shape == "ellipse":
            return (
                rf"\draw[{','.join(look[1:])}] ({at}) ellipse ({width / 2:g} and {height / 2:g});"
                rf"\node at ({at}) {{{text}}};"
            )
        return rf"\node[{','.join([*look, room])}] at ({at}) {{{text}}};"

    def inscription(self, label: ET.Element, at: str, width: float, size: float, ink: str) -> str:
        """Draw what stands on a wire: the line itself, what is above it and what is below it."""
        table = label[0]
        x, y = (float(v) for v in at.split(","))
        cells = table.findall("TR/TD")
        middle = next((i for i, cell in enumerate(cells) if cell.get("BGCOLOR")), None)
        if middle is None:
            return rf"\node at ({at}) {{{self.label(label, size, ink)}}};"
        line = cells[middle]
        above, below = (ET.Element("TABLE") for _ in range(2))
        above.extend(table[:middle])
        below.extend(table[middle + 1 :])
        back = table.get("BGCOLOR")
        ends = f"({x - width / 2:g},{y:g}) -- ({x + width / 2:g},{y:g})"
        look = f"{self.colour(line.attrib['BGCOLOR'])},line width={line.attrib['HEIGHT']}bp"
        parts = [rf"\draw[{look}] {ends};"]
        for side, half in (("south", above), ("north", below)):
            fill = f",fill={self.colour(back)}" if back else ""
            text = self.label(half, size, ink)
            parts.append(rf"\node[anchor={side},inner sep=3bp{fill}] at ({x:g},{y:g}) {{{text}}};")
        return "".join(parts)

    def wire(self, edge: dict[str, Any]) -> str:
        points = edge["pos"].split()
        tip = next((p[2:] for p in points if p.startswith("e,")), "")
        start, *bends = (p for p in points if p[1] != ",")
        curves = zip(*(bends[i::3] for i in range(3)), strict=True)
        path = "".join(f" .. controls ({a}) and ({b}) .. ({c})" for a, b, c in curves)
        arrow = ["->"] if tip and edge.get("arrowhead") != "none" else []
        end = f" -- ({tip})" if tip else ""
        return rf"\draw[{','.join([*arrow, *self.look(edge)])}] ({start}){path}{end};"

    def cluster(self, cluster: dict[str, Any]) -> str:
        left, bottom, right, top = cluster["bb"].split(",")
        look = ",".join(self.look(cluster))
        frame = rf"\draw[{look}] ({left},{bottom}) rectangle ({right},{top});"
        return frame + self.caption(cluster)

    def caption(self, item: dict[str, Any]) -> str:
        """Write the label of the whole picture, or of a cluster."""
        if not item.get("label") or "lp" not in item:
            return ""
        ink, size = self.colour(item.get("fontcolor", "black")), float(item.get("fontsize", 14))
        return rf"\node at ({item['lp']}) {{{self.label(_markup(item['label']), size, ink)}}};"

    # ── Graphviz's HTML-like labels ────────────────────────────────────────────────────────────
    def label(self, element: ET.Element, size: float, ink: str) -> str:
        text = self.block(element)
        font = rf"\fontsize{{{size:g}}}{{{size * 1.2:g}}}\selectfont\color{{{ink}}}"
        return font + text if text else ""

    def block(self, element: ET.Element) -> str:
        if element.tag == "TABLE":
            return self.table(element)
        table = element.find("TABLE")
        if table is not None:
            return self.table(table)
        lines = self.lines(element)
        text = r"\\{}".join(lines)
        return rf"\shortstack{{{text}}}" if len(lines) > 1 else text

    def table(self, table: ET.Element) -> str:
        """Write a table; its rules have the table's colour."""
        cells = [[self.block(cell) for cell in row] for row in table]  # none in a rule
        columns = max(map(len, cells), default=0)
        if len(cells) == columns == 1:
            return cells[0][0]
        align = "r" if table.find("TR/TD[@ALIGN='RIGHT']") is not None else "c"
        rows = ["{}" + " & ".join(row) + r"\\" if row else r"\hline" for row in cells]
        gap = r"@{\hspace{7bp}}".join(align * columns)
        line = table.get("COLOR")
        colour = rf"\color{{{self.colour(line)}}}" if line else ""
        return rf"{{{colour}\begin{{tabular}}{{@{{}}{gap}@{{}}}}{' '.join(rows)}\end{{tabular}}}}"

    def lines(self, element: ET.Element) -> list[str]:
        """Write text with its fonts and colours; a BR begins a new line."""
        lines = [tex(element.text or "")]
        for child in element:
            if child.tag == "BR":
                lines.append("")
            else:
                first, *more = (self.dressed(child, line) for line in self.lines(child))
                lines[-1] += first
                lines += more
            lines[-1] += tex(child.tail or "")
        return lines

    def dressed(self, element: ET.Element, text: str) -> str:
        commands = {"B": r"\textbf{%s}", "I": r"\textit{%s}", "U": r"\underline{%s}"}
        if element.tag == "FONT":
            if element.get("COLOR") == "transparent":
                return rf"\phantom{{{text}}}"
            if size := element.get("POINT-SIZE"):
                text = rf"{{\fontsize{{{size}}}{{{float(size) * 1.2:g}}}\selectfont {text}}}"
            if colour := element.get("COLOR"):
                text = rf"\textcolor{{{self.colour(colour)}}}{{{text}}}"
            return text
        return commands.get(element.tag, "%s").replace("%s", text)


def _markup(label: str) -> ET.Element:
    """Read a label; `dot` doubles backslashes, which Graphviz takes for its own escapes."""
    return ET.fromstring(f"<LABEL>{label}</LABEL>".replace("\\\\", "\\"))  # noqa: S314  # our own
