r"""LaTeX: the rows' `tex` templates filled in, and everything that a user typed escaped.

The little grammar at the end reads LaTeX back. It tells how tightly a template binds, and pages
show by it what was written, without LaTeX.
"""

import ast
import functools
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from string import Formatter
from typing import Any

import numpy as np

from autograd.primitive import Primitive
from autograd.program.printers.spell import ATOM, BINDS, LOOSE, Notation, keywords, mentioned_as

GREEK = (  # noqa: SIM905  # names are easier to read without quotes
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau "
    "upsilon phi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"
).split()
LETTERS = dict(zip("αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΥΦΨΩ", GREEK, strict=True))
ACCENTS = {"hat": r"\hat", "bar": r"\bar", "tilde": r"\tilde"}
LOWERED = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
SPECIAL = {
    "\\": r"\backslash ", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%",
    "_": r"\_", "^": r"\hat{\ }", "~": r"\sim ", "<": r"\lt ", ">": r"\gt ", "|": r"\vert ",
    "…": r"\ldots ", "−": "-", "∂": r"\partial ",
}  # fmt: skip

NAME = re.compile(r"(d?)([^\W\d_]+?)_?(\d*)(?:_(hat|bar|tilde))?(′*)")
WORDS = re.compile(r"'([^']*)'|([^\W\d_]\w*(?:\.\w+)*)|(\.\.\.)|([^'\w.]+|.)")


def escape(text: str) -> str:
    r"""Write any text so that it is shown as it was typed.

    What LaTeX would take for a command stands outside of ``\text``, where every reader of LaTeX
    (TeX itself, MathJax, KaTeX) has a name for it.

    >>> print(escape("50% of {x}"))
    {\text{50}\%\text{ of }\{\text{x}\}}
    """
    special = "".join(map(re.escape, SPECIAL))
    runs = re.findall(rf"[{special}]|[^{special}]+", " ".join(re.split(r"[\r\n\t]+", text)))
    tex = "".join(SPECIAL.get(run) or rf"\text{{{run}}}" for run in runs)
    return tex if len(runs) == 1 else f"{{{tex}}}"


def symbol(name: str) -> str:
    r"""Write a variable's name as mathematics; what does not look like one as text.

    >>> for name in "a W2 dW2 theta_1 h1 y_hat W_out net.0.weight loss".split():
    ...     print(symbol(name), end="  ")
    a  W_{2}  dW_{2}  \theta_{1}  h_{1}  \hat{y}  W_{\text{out}}  \text{net.0.weight}  \text{loss}
    """
    name = name.translate(LOWERED)
    if found := NAME.fullmatch(name):
        d, letters, index, accent, primes = found.groups()
        if (base := _letter(letters)) is None and d:
            d, base = "", _letter(d + letters)
        if base is not None:
            base = rf"{ACCENTS[accent]}{{{base}}}" if accent else base
            tex = d + base + (f"_{{{index}}}" if index else "") + "'" * len(primes)
            return f"{{{tex}}}" if primes else tex
    head, _, rest = name.partition("_")
    if rest.isalnum() and (base := _letter(head)) is not None:
        return rf"{base}_{{{escape(rest)}}}"
    return escape(name)


def _letter(letters: str) -> str | None:
    if letters in GREEK:
        return "\\" + letters
    if letters in LETTERS:
        return "\\" + LETTERS[letters]
    return letters if len(letters) == 1 and letters.isascii() else None


def code(text: str) -> str:
    r"""Write a piece of Python, such as ``axis=0`` or ``(4, 1)``.

    >>> print(code("axis=(0, 1)"))
    \text{axis}=(0, 1)
    """
    parts = []
    for quoted, word, dots, rest in WORDS.findall(text):
        safe = "".join(SPECIAL.get(c, c) for c in rest)
        parts.append(escape(quoted or word) if quoted or word else r"\ldots " if dots else safe)
    return "".join(parts)


# ── filling in a row's template ───────────────────────────────────────────────────────────────
NAKED = re.compile(r"(⟦\d+⟧)(?=_)")
"""A name that has an index already takes no second one, unless it stands in braces."""

CLOSE = r"\right)"
BIG_OPERATORS = r"\sum", r"\prod", r"\bigwedge", r"\bigvee"


def _template(op: Primitive, count: int, params: Mapping[str, Any]) -> str:
    """Return the row's template with its parameters: in the brackets, or else below."""
    parts, mentioned = [], {"keepdims"}
    for text, field, _, _ in Formatter().parse(op.tex):
        parts.append(text)
        if field and (field == "*" or field.isdigit()):
            parts.append(f"⟦{field}⟧")
        elif field:
            value: Any = params.get(field)
            sizes = r" \times ".join(map(str, np.atleast_1d(value))) if field == "shape" else ""
            parts.append(sizes or code(mentioned_as(field, value)))
            mentioned.add(field)
    template = NAKED.sub(r"{\1}", "".join(parts))
    for i in range(count, len(op.rules)):  # optional arguments that were not given
        template = template.replace(f", ⟦{i}⟧", "")
    rest = {name: value for name, value in params.items() if name not in mentioned}
    more = ", ".join(map(code, keywords(op.fn, rest)))
    if not more or (op.fn is np.swapaxes):
        return template
    if template.endswith(CLOSE):
        return f"{template.removesuffix(CLOSE)}, {more}{CLOSE}"
    head, _, tail = template.partition(" ")
    return f"{head}_{{{more}}} {tail}" if head in BIG_OPERATORS else f"{{{template}}}_{{{more}}}"


# ── reading LaTeX ─────────────────────────────────────────────────────────────────────────────
TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\d+(?:(?:\.|\{,\})\d+)*|⟦(?:\d+|\*)⟧|[^\S\n]+|.", re.DOTALL)
ARGUMENTS = {
    r"\frac": 2, r"\sqrt": 1, r"\hat": 1, r"\bar": 1, r"\tilde": 1, r"\overline": 1,
    r"\phantom": 1,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of LaTeX.

    Attributes
    ----------
    kind : "token", "hole", "text", "group", "macro", "root" (with its degree), "script" (base,
        below, above), "fence" (in delimiters), "table" (of rows, which are groups of groups).
    text : the token, the words, the macro's name, or the two delimiters.
    """

    kind: str
    text: str = ""
    parts: tuple["Part", ...] = ()


def parse(tex: str) -> tuple[Part, ...]:
    r"""Read a formula in the part of LaTeX that is written here.

    >>> [part.kind for part in parse(r"\frac{a}{b} + x^{2}")]
    ['macro', 'token', 'script']
    """
    return tuple(_Reader(TOKEN.findall(tex)).row())


class _Reader:
    def __init__(self, tokens: Sequence[str]) -> None:
        self.tokens, self.at = tokens, 0

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self) -> str:
        self.at += 1
        return self.tokens[self.at - 1] if self.at <= len(self.tokens) else ""

    def row(self, *ends: str) -> Iterator[Part]:
        while self.peek() and self.peek() not in ends:
            if self.peek().isspace():
                self.take()
            else:
                yield self.scripted()

    def group(self, *ends: str) -> Part:
        return Part("group", "", tuple(self.row(*ends)))

    def until(self, end: str) -> tuple[Part, ...]:
        inner = tuple(self.row(end))
        self.take()
        return inner

    def scripted(self) -> Part:
        base = self.atom()
        scripts = {"_": Part("group"), "^": Part("group")}
        while self.peek() and self.peek() in "_^'":
            mark = self.take()
            scripts["^" if mark == "'" else mark] = (
                Part("token", "′") if mark == "'" else self.atom()
            )
        if not any(s.parts or s.text for s in scripts.values()):
            return base
        return Part("script", "", (base, scripts["_"], scripts["^"]))

    def atom(self) -> Part:
        while self.peek().isspace():
            self.take()
        head = self.take()
        if head == "{":
            return Part("group", "", self.until("}"))
        if head.startswith("⟦"):
            return Part("hole", head[1:-1])
        if head in (r"\text", r"\operatorname", r"\mathbf"):
            return Part("text", head + " " + self.raw())
        if head == r"\left":
            left, inner = self.take(), self.until(r"\right")
            return Part("fence", f"{left} {self.take()}", inner)
        if head == r"\langle":
            return Part("fence", r"\langle \rangle", self.until(r"\rangle"))
        if head == r"\begin":
            return Part("table", self.raw(), tuple(self.table()))
        if head == r"\sqrt" and self.peek() == "[":
            self.take()
            degree = Part("group", "", self.until("]"))
            return Part("root", head, (self.atom(), degree))
        if head in ARGUMENTS:
            return Part("macro", head, tuple(self.atom() for _ in range(ARGUMENTS[head])))
        return Part("token", head)

    def raw(self) -> str:
        """Take a group as it stands."""
        self.take()
        inside = []
        while self.peek() not in ("", "}"):
            inside.append(self.take())
        self.take()
        return "".join(inside).replace(r"\_", "_")

    def table(self) -> Iterator[Part]:
        cells = []
        while True:
            cells.append(self.group("&", r"\\", r"\end"))
            end = self.take()
            if end != "&":
                yield Part("group", "", tuple(cells))
                cells = []
            if end in (r"\end", ""):
                self.raw()
                return


# ── how tightly it binds ──────────────────────────────────────────────────────────────────────
REMAINDER, SUM = BINDS[ast.Add] - 0.5, BINDS[ast.Add] + 0.5
"""A sum over everything behind its sign: tighter than +, looser than a product. What a mod b + c,
-a mod b and a mod b · c mean is anybody's guess: a remainder is looser, its operands are tighter.
"""
OPERANDS = {
    BINDS[ast.Compare]: (BINDS[ast.BitOr], BINDS[ast.BitOr]),
    REMAINDER: (BINDS[ast.Mult], BINDS[ast.UnaryOp]),
}
"""How tightly what stands left and right of an operator must bind, if not as in a - (b - c)."""

OPERATORS = {
    **dict.fromkeys(
        ("=", "<", ">", r"\lt", r"\gt", r"\leq", r"\geq", r"\neq"), BINDS[ast.Compare]
    ),
    r"\vee": BINDS[ast.BitOr], r"\oplus": BINDS[ast.BitXor], r"\wedge": BINDS[ast.BitAnd],
    "+": BINDS[ast.Add], "-": BINDS[ast.Sub], r"\bmod": REMAINDER,
    **dict.fromkeys((r"\cdot", r"\odot", r"\,", r"\otimes", ":"), BINDS[ast.Mult]),
}  # fmt: skip


@functools.lru_cache(maxsize=512)
def _grammar(template: str) -> tuple[float, Mapping[str, float]]:
    needs: dict[str, float] = {}
    places = itertools.count()
    numbered = latex.hole.sub(lambda _: f"⟦{next(places)}⟧", template)
    return _bind(parse(numbered), ATOM, needs), needs


def _bind(row: Sequence[Part], alone: float, needs: dict[str, float]) -> float:
    """Tell how tightly a row binds; set what its holes need, `alone` for one that stands alone."""
    commas = [i for i, part in enumerate(row) if part.text in (",", ";")]
    if commas:
        for start, stop in itertools.pairwise([-1, *commas, len(row)]):
            _bind(row[start + 1 : stop], LOOSE, needs)
        return LOOSE
    levels = {i: OPERATORS[part.text] for i, part in enumerate(row) if part.text in OPERATORS}
    sign = levels.pop(0, None)
    if levels:
        loosest = min(levels.values())
        at = max(i for i, level in levels.items() if level == loosest)
        left, right = OPERANDS.get(loosest, (loosest, loosest + 0.5))
        _bind(row[:at], left, needs)
        _bind(row[at + 1 :], right, needs)
        return loosest
    if sign:
        _bind(row[1:], SUM, needs)
        return BINDS[ast.Mult]
    if row and (row[0].parts or row)[0].text in BIG_OPERATORS:
        _bind(row[1:], BINDS[ast.Mult], needs)
        return SUM
    if len(row) == 1:
        return _bind_one(row[0], alone, needs)
    for part in row:  # one thing after the other: f(x), or a product
        _bind_one(part, BINDS[ast.UnaryOp], needs)
    return BINDS[ast.Pow] if row and row[-1].kind == "fence" else BINDS[ast.Mult]


def _bind_one(part: Part, alone: float, needs: dict[str, float]) -> float:
    if part.kind == "hole":
        needs[part.text] = alone
        return ATOM
    if part.kind == "group":
        return _bind(part.parts, alone, needs)
    if part.kind == "table":
        for cell in (cell for row in part.parts for cell in row.parts):
            _bind([p for p in cell.parts if p.kind != "text"], LOOSE, needs)  # \text{if } a = b
        return BINDS[ast.UnaryOp]
    enclosed = (part,) if part.kind == "fence" else part.parts
    if part.kind == "script":
        _bind_one(part.parts[0], ATOM, needs)
        enclosed = part.parts[1:]
    for inner in enclosed:
        _bind(inner.parts if inner.kind in ("group", "fence") else (inner,), LOOSE, needs)
    return {"script": BINDS[ast.Pow], "macro": BINDS[ast.UnaryOp]}.get(part.kind, ATOM)


latex = Notation(
    template=_template, grammar=_grammar, hole=re.compile(r"⟦(\d+|\*)⟧"),
    brackets=r"\left({}\right)",
)  # fmt: skip
r"""LaTeX: ``\frac{a}{b}``, ``W_{2}^\top``."""
