"""A user's text in TeX: shown as typed, whatever it holds.

Greek letters, mathematical signs and indices become TeX's own, which every engine has. For what is
left (emoji, Arabic, Chinese …) LuaLaTeX and XeLaTeX use a font that has it; pdfLaTeX knows no such
fonts, and shows the code, U+1F600.
"""

import itertools
import re
import unicodedata

ASCII = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#",
    "%": r"\%", "_": r"\_", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", '"': r"\char34{}",
    "'": r"\textquotesingle{}", "`": r"\textasciigrave{}", "-": "{-}",
}  # fmt: skip
"""Also what fonts make ligatures of (-->), and what other languages' packages redefine."""

SIGNS = {
    "∂": "partial", "−": "-", "×": "times", "·": "cdot", "÷": "div", "√": "surd", "∞": "infty",
    "‖": "Vert", "→": "rightarrow", "←": "leftarrow", "≥": "geq", "≤": "leq", "≠": "neq",
    "≈": "approx", "⟨": "langle", "⟩": "rangle", "⊗": "otimes", "⊙": "odot", "∏": "prod",
    "Σ": "Sigma", "∇": "nabla", "…": "ldots", "±": "pm", "∈": "in", "⊤": "top", "′": "'",
}  # fmt: skip

GREEK = re.compile(
    r"GREEK (?:SMALL LETTER (?!OMICRON)|CAPITAL LETTER (?=(?:GAMMA|DELTA|THETA|LAMDA|XI|PI|SIGMA|"
    r"UPSILON|PHI|PSI|OMEGA)$))([A-Z]+)"
)
RIGHT_TO_LEFT = {"R", "AL"}

MACROS = r"""\providecommand\graphtext[2]{%
  \ifdefined\Umathchar\textup{#2}\else{\ttfamily\small#1}\fi}%
\providecommand\graphrtl[2]{\graphtext{#1}{%
  \ifdefined\textdir{\textdir TRT#2}\else\TeXXeTstate=1\beginR#2\endR\fi}}%
"""
"""Show a text where the engine can, and its codes where it cannot."""


def tex(text: str) -> str:
    r"""Write one line of text.

    >>> tex("50% of θ₁"), tex("{x}"), tex("é😀")
    ('50\\% of \\ensuremath{\\theta}\\textsubscript{1}', '\\{x\\}', 'é\\graphtext{U+1F600}{😀}')
    """
    text = re.sub(r" (?= )|^ | $", "\xa0", text)
    kinds = [_kind(c) for c in text]
    for i in range(1, len(text) - 1):  # the space between two words is theirs
        if text[i] == " " and kinds[i - 1] == kinds[i + 1] == "graphrtl":
            kinds[i] = "graphrtl"
    runs = itertools.groupby(zip(kinds, text, strict=True), lambda pair: pair[0])
    return "".join(_run(kind, "".join(c for _, c in pairs)) for kind, pairs in runs)


def is_exotic(source: str) -> bool:
    """Tell whether TeX source has characters that not every engine can show."""
    return r"\graphtext{" in source or r"\graphrtl{" in source


def _kind(c: str) -> str:
    """Return how a character is written: the command around its run, or nothing."""
    if c.isascii() or c == "\xa0" or c in SIGNS or GREEK.fullmatch(unicodedata.name(c, "")):
        return ""
    if unicodedata.bidirectional(c) in RIGHT_TO_LEFT:
        return "graphrtl"
    decomposed = unicodedata.normalize("NFKD", c)
    known = decomposed[0].isascii() or decomposed[0] in SIGNS  # ⁻ is a raised −
    if known and (ord(c) < 0x180 or _script(c)):
        return ""
    return "graphtext"


def _script(c: str) -> str:
    """Tell whether a character is an index: super or sub."""
    found = re.match(r"<(super|sub)> ", unicodedata.decomposition(c))
    return found[1] if found else ""


def _run(kind: str, run: str) -> str:
    if not kind:
        return "".join(map(_character, run))
    codes = " ".join(f"U+{ord(c):04X}" for c in run if c != " ")
    return rf"\{kind}{{{codes}}}{{{run}}}"


def _character(c: str) -> str:
    if c == "\xa0":
        return r"\ "
    if c.isascii():
        return ASCII.get(c, c)
    if c in SIGNS:
        sign = SIGNS[c]
        return rf"\ensuremath{{\{sign}}}" if sign.isalpha() else rf"\ensuremath{{{sign}}}"
    if greek := GREEK.fullmatch(unicodedata.name(c, "")):
        letter = greek[1].replace("LAMDA", "LAMBDA").lower()
        return rf"\ensuremath{{\{letter.title() if c.isupper() else letter}}}"
    if script := _script(c):
        return rf"\text{script}script{{{tex(unicodedata.normalize('NFKD', c))}}}"
    return c
