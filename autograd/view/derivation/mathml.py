"""MathML from LaTeX: every current browser shows it, without a library."""

import html
import re
from collections.abc import Sequence

from autograd.program.printers.latex import GREEK, LETTERS, Part, parse

GLYPHS = {
    "-": "−", r"\cdot": "⋅", r"\odot": "⊙", r"\otimes": "⊗", r"\times": "×", r"\partial": "∂",
    r"\sum": "∑", r"\prod": "∏", r"\bigwedge": "⋀", r"\bigvee": "⋁", r"\to": "→", r"\leq": "≤",
    r"\geq": "≥", r"\neq": "≠", r"\lt": "<", r"\gt": ">", r"\wedge": "∧", r"\vee": "∨",
    r"\oplus": "⊕", r"\neg": "¬", r"\bmod": "mod", r"\infty": "∞", r"\top": "⊤", r"\vert": "|",
    r"\|": "‖", r"\langle": "⟨", r"\rangle": "⟩", r"\lfloor": "⌊", r"\rfloor": "⌋",
    r"\lceil": "⌈", r"\rceil": "⌉", r"\backslash": "\\", r"\sim": "~", r"\ldots": "…",
    r"\cdots": "⋯", r"\vdots": "⋮", r"\ddots": "⋱", r"\{": "{", r"\}": "}", r"\$": "$", r"\&": "&",
    r"\#": "#", r"\%": "%", r"\_": "_", r"\ ": "\xa0", "*": "∗",
    **{f"\\{name}": letter for letter, name in LETTERS.items()},
}  # fmt: skip
NAMES = {
    r"\sin", r"\cos", r"\tan", r"\sinh", r"\cosh", r"\tanh", r"\arcsin", r"\arccos", r"\arctan",
    r"\ln", r"\log", r"\exp", r"\max", r"\min", r"\arg",
}  # fmt: skip
IDENTIFIERS = {
    r"\infty", r"\top", r"\ldots", r"\cdots", r"\vdots", r"\ddots", *(f"\\{n}" for n in GREEK),
}  # fmt: skip
ACCENTS = {r"\hat": "^", r"\bar": "¯", r"\tilde": "~"}
SPACES = {r"\,": "0.17em", r"\quad": "1em", r"\qquad": "2em"}
BIG = {r"\sum", r"\prod", r"\bigwedge", r"\bigvee"}


def mathml(tex: str, *, block: bool = True) -> str:
    r"""Turn a formula into MathML; what is no known command is shown as its own name.

    >>> mathml(r"\frac{1}{x}")
    '<math displaystyle="true"><mfrac><mn>1</mn><mi>x</mi></mfrac></math>'
    """
    style = ' displaystyle="true"' if block else ""
    return f"<math{style}>{_row(parse(tex))}</math>"


def _row(parts: Sequence[Part]) -> str:
    return "".join(
        _one(part, prefix=i == 0 or parts[i - 1].text in ("=", ",")) for i, part in enumerate(parts)
    )


def _group(part: Part) -> str:
    """Write exactly one element."""
    if part.kind == "group":
        inner = _row(part.parts)
        return inner if len(part.parts) == 1 else f"<mrow>{inner}</mrow>"
    return _one(part)


def _one(part: Part, *, prefix: bool = False) -> str:
    match part.kind:
        case "group":
            return _group(part)
        case "text":
            return _words(*part.text.split(" ", 1))
        case "script":
            return _script(*part.parts)
        case "fence":
            tall = _is_tall(part.parts)
            left, right = (_delimiter(d, tall=tall) for d in part.text.split(" "))
            return f"<mrow>{left}{_row(part.parts)}{right}</mrow>"
        case "table":
            return _table(part)
        case "root":
            return f"<mroot>{''.join(map(_group, part.parts))}</mroot>"
        case "macro":
            return _macro(part.text, "".join(map(_group, part.parts)))
    return _token(part.text, prefix=prefix)


def _words(command: str, words: str) -> str:
    words = html.escape(words)
    if command == r"\operatorname":
        return f"<mi>{words}</mi>"
    bold = ' style="font-weight: bold"' if command == r"\mathbf" else ""
    kept = re.sub(r"^ | $", "\xa0", words)  # spaces at the ends, which MathML would drop
    return f"<mtext{bold}>{kept}</mtext>"


def _macro(command: str, inner: str) -> str:
    if command == r"\overline":  # a bar over it would be as wide as the font has one
        return f'<mrow style="border-top: 1px solid; padding-top: 2px">{inner}</mrow>'
    if command in ACCENTS:
        mark = f'<mo stretchy="false">{ACCENTS[command]}</mo>'
        return f'<mover accent="true">{inner}{mark}</mover>'
    return f"<m{command[1:]}>{inner}</m{command[1:]}>"


def _token(sign: str, *, prefix: bool) -> str:
    if re.match(r"\d", sign):
        return f"<mn>{sign.replace('{,}', ',')}</mn>"
    if sign in SPACES:
        return f'<mspace width="{SPACES[sign]}"></mspace>'
    if sign in NAMES:
        return f"<mi>{sign[1:]}</mi><mo>&#8289;</mo>"
    if sign in IDENTIFIERS or re.fullmatch(r"[^\W\d_]", sign):
        return f"<mi>{html.escape(GLYPHS.get(sign, sign))}</mi>"
    form = ' form="prefix"' if prefix and sign in "+-" else ""
    form = ' stretchy="false"' if sign in "()[]|" else form
    if sign in GLYPHS or len(sign) == 1:
        return f"<mo{form}>{html.escape(GLYPHS.get(sign, sign))}</mo>"
    return f"<mtext>{html.escape(sign)}</mtext>"


def _is_tall(parts: Sequence[Part]) -> bool:
    return any(p.kind in ("macro", "root", "table") or _is_tall(p.parts) for p in parts)


def _delimiter(sign: str, *, tall: bool = True) -> str:
    if sign == ".":
        return ""
    return f'<mo stretchy="{str(tall).lower()}">{html.escape(GLYPHS.get(sign, sign))}</mo>'


def _script(base: Part, below: Part, above: Part) -> str:
    over = base.text in BIG
    tag, inner = "m", _group(base)
    for name, part in (("under" if over else "sub", below), ("over" if over else "sup", above)):
        if part.parts or part.text:
            tag, inner = tag + name, inner + _group(part)
    return f"<{tag}>{inner}</{tag}>"


def _table(part: Part) -> str:
    rows = "".join(
        "<mtr>" + "".join(f"<mtd>{_row(cell.parts)}</mtd>" for cell in row.parts) + "</mtr>"
        for row in part.parts
    )
    left, right = ("[", "]") if part.text == "bmatrix" else ("{", ".")
    align = ' columnalign="left"' if part.text == "cases" else ""
    table = f"<mtable{align}>{rows}</mtable>"
    return f"<mrow>{_delimiter(left)}{table}{_delimiter(right)}</mrow>"
