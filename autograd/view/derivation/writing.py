"""Writing formulas down: by name, by value and by shape, as text for a terminal or as LaTeX."""

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import replace
from typing import Any, ClassVar, Self

import numpy as np

from autograd.primitive import PRIMITIVES, Primitive
from autograd.program.printers.latex import code, latex, symbol
from autograd.program.printers.spell import (
    ATOM,
    BINDS,
    LOOSE,
    UNARY,
    Spelled,
    inside,
    plain_text,
    spell,
)
from autograd.rules.shape import scatter_add
from autograd.view.derivation.formula import (
    GETITEM,
    MULTIPLY,
    POWER,
    SCATTER,
    Call,
    Entry,
    Formula,
    Leaf,
    Matrix,
    Partial,
    has_axes,
)
from autograd.view.derivation.languages import LANGUAGES, Language
from autograd.view.graph.spelling import EXACT, PRINTED, number

ENGLISH = LANGUAGES["en"]

TIMES = r" \times "

SUMMARIZED = 64
"""Of an array of more entries only the corners are shown."""

CORNERS = 3
"""So many rows and columns at each end of an array that is not shown in full."""

EXPAND, SQUARE = PRIMITIVES[np.expand_dims], PRIMITIVES[np.square]

LOGARITHMS = {math.log(n): Call(PRIMITIVES[np.log], (n,)) for n in (2, 10)}
"""Numbers of rules that are known by their name: ``log(2)`` and ``log(10)``."""

SIGNS = {"∞": r"\infty", "π": r"\pi"}

ENTRYWISE = {
    PRIMITIVES[np.exp]: Primitive(np.exp, (None,), tex=r"\exp\left({0}\right)"),
    MULTIPLY: Primitive(np.multiply, (None, None), tex=r"{0} \odot {1}"),
    POWER: Primitive(operator.pow, (None, None), tex=r"{0}^{{\odot {1}}}"),
}
"""What of matrices would be taken for the product, the power, the exponential of matrices."""


def write(
    formula: Formula, leaf: Callable[[Leaf], Spelled], style: "Style | None" = None
) -> Spelled:
    r"""Write a formula, every leaf as `leaf` says; as `TEXT` where no other style is asked for.

    >>> from autograd.primitive import PRIMITIVES
    >>> half = Call(PRIMITIVES[np.divide], (Leaf("a", -3.0), 2.0))
    >>> write(half, by_name).text, write(half, by_value).text
    ('a / 2', '(−3) / 2')
    >>> print(write(half, LATEX.by_value, LATEX).text)
    \frac{-3}{2}
    """
    style = style or TEXT
    if isinstance(formula, Leaf):
        return leaf(formula)
    if isinstance(formula, Matrix):
        rows = [[write(entry, leaf, style).text for entry in row] for row in formula.rows]
        return Spelled(style.matrix(rows))
    if isinstance(formula, Call) and formula.op is SQUARE:
        return write(Call(POWER, (*formula.args, 2)), leaf, style)
    if isinstance(formula, Call):
        formula = _regrouped(formula) if style.entrywise else formula
        op, args = formula.op, [write(a, leaf, style) for a in formula.args]
        if op is GETITEM:
            args[0] = style.base(args[0])
        if op is SCATTER:
            return Spelled(style.placed(args[0].text, **formula.params))
        if _is_column(formula):
            if leaf == style.by_shape:
                return leaf(Leaf("", np.expand_dims(formula.args[0].value, 1)))
            column = {"index": (slice(None), None)}
            return spell(GETITEM, [style.base(args[0])], column, style.operations)
        if op in style.entrywise and all(map(has_axes, formula.args[: 2 - (op is POWER)])):
            op = style.entrywise[op]
            if op is ENTRYWISE[MULTIPLY] and _is_scaled(formula.args[1]):
                args[1] = Spelled(args[1].text)
        return spell(op, args, formula.params, style.operations)
    if type(formula) is float and formula in LOGARITHMS:  # what was computed is NumPy's
        return write(LOGARITHMS[formula], leaf, style)
    return style.literal(formula)


def _regrouped(call: Call) -> Call:
    """Let what scales arrays stand at the second one: ``G ⊙ 2 · h`` for ``G · 2 ⊙ h``."""
    if call.op is not MULTIPLY or not isinstance(call.args[0], Call):
        return call
    scaled, array = call.args
    if scaled.op is not MULTIPLY or not has_axes(scaled.args[0]) or has_axes(scaled.args[1]):
        return call
    return Call(MULTIPLY, (scaled.args[0], Call(MULTIPLY, (scaled.args[1], array))))


def _is_scaled(formula: Formula) -> bool:
    is_product = isinstance(formula, Call) and formula.op is MULTIPLY
    return is_product and not has_axes(formula.args[0])


def _is_column(call: Call) -> bool:
    """Tell whether a vector, which is written as a row, becomes a column."""
    if call.op is not EXPAND or call.params["axis"] not in (1, -1):
        return False
    return isinstance(call.args[0], Leaf) and np.ndim(call.args[0].value) == 1


class Style:
    """How names, numbers and arrays are written.

    Attributes
    ----------
    entries : an array of more entries is not put in the place of its name.
    entrywise : what an operation becomes where it acts on arrays.
    longest : a formula of more columns explains nothing, and is left out.
    digits : how many significant digits numbers have; or, in the place of names, so many more that
        they give the result.
    whole : whether only numbers have more than four that would look like integers.
    """

    entries = PRINTED
    entrywise: ClassVar[Mapping[Primitive, Primitive]] = {}
    longest = 200
    digits: tuple[int, ...] = (4, 6, 8, 10, 12, 14, EXACT)
    whole = False

    def __init__(self, language: Language = ENGLISH) -> None:
        self.language = language
        self.comma = ", " if language.decimal == "." else "; "
        self.operations = replace(plain_text, comma=self.comma)

    def finer(self, digits: int, whole: bool) -> Self:
        """Return the style that writes numbers, or those that look whole, with so many digits."""
        style = copy(self)
        style.digits, style.whole = (digits,), whole
        return style

    # ── leaves ────────────────────────────────────────────────────────────────────────────────
    def by_name(self, leaf: Leaf) -> Spelled:
        """Write a leaf's name; ``∂f/∂x`` is a factor, but no base of a power."""
        if isinstance(leaf, Partial):
            return self.partial(write(leaf.of, self.by_name, self), self.by_name(leaf.by))
        if isinstance(leaf, Entry):
            return Spelled(self.entry(leaf.name, leaf.index))
        return Spelled(self.name(leaf.name), UNARY if "∂" in leaf.name else ATOM)

    def by_value(self, leaf: Leaf) -> Spelled:
        """Write a leaf's value, ``(−3)`` wherever an operator stands beside it."""
        text = self.array(leaf.value)
        if text.startswith("−"):
            return Spelled(text, LOOSE)
        return Spelled(text, BINDS[ast.Pow] if re.match(r"[\d.,]+e", text) else ATOM)

    def by_shape(self, leaf: Leaf) -> Spelled:
        """Write the shape in the place of an array."""
        shape = np.shape(leaf.value)
        return Spelled(self.shape(shape)) if shape else self.by_name(leaf)

    def literal(self, value: Any) -> Spelled:
        """Write a number or an array that stands in a formula itself."""
        text = self.array(value)
        return Spelled(text, UNARY) if text.startswith("−") else Spelled(text)

    # ── pieces ────────────────────────────────────────────────────────────────────────────────
    def name(self, name: str) -> str:
        return name

    def entry(self, name: str, index: tuple[int, ...]) -> str:
        """Write ``x[2]``, ``W[1, 2]``: as it is typed, and as the forward pass writes it."""
        return f"{name}[{', '.join(map(str, index))}]"

    def base(self, array: Spelled) -> Spelled:
        """Enclose what has an index already, and would seem to have two."""
        return array

    def placed(self, arriving: str, index: Any, shape: tuple[int, ...]) -> str:
        """Write what x[i] sends back: what arrives at the places i, and 0 elsewhere."""
        where = self.operations.polish(inside(index))
        at, elsewhere = self.at(index, shape), self.language.elsewhere
        return f"{{{arriving} {at} [{where}], 0 {elsewhere}}}"

    def at(self, index: Any, shape: tuple[int, ...]) -> str:
        """Say "at"; or, where the index repeats places, that what arrives there is added up."""
        repeats = np.any(scatter_add(np.ones(()), index, shape) > 1)
        return self.language.added_up_at if repeats else self.language.at

    def path(self, names: Sequence[str]) -> str:
        return " → ".join(map(self.name, names))

    def partial(self, of: Spelled, by: Spelled) -> Spelled:
        text = of.text if of.binds == ATOM else f"({of.text})"
        return Spelled(f"∂{text}/∂{by.text}", UNARY)

    def number(self, value: Any) -> str:
        text = number(value, self.digits[0], whole=self.whole)
        return text.replace(".", self.language.decimal)

    def array(self, value: Any) -> str:
        """Write a number or an array in one line; of a large array the shape."""
        if np.ndim(value) == 0:
            return self.number(value)
        if np.size(value) > self.entries:
            return f"{self.language.array} {np.shape(value)}"
        return f"[{self.comma.join(map(self.array, value))}]"

    def shape(self, shape: tuple[int, ...]) -> str:
        """Write ``(4×3)``; an array of one axis as NumPy does."""
        return f"({'×'.join(map(str, shape))})" if len(shape) > 1 else str(shape)

    def result(self, value: Any) -> str:
        """Write a value: a matrix of more than a few entries over several lines."""
        if np.size(value) <= PRINTED:
            return self.array(value)
        whole = np.size(value) <= SUMMARIZED
        width = max(len(self.number(v)) for v in np.ravel(value)) if whole else 0
        return np.array2string(
            np.asarray(value), separator=self.comma, threshold=SUMMARIZED, max_line_width=80,
            formatter={"all": lambda v: self.number(v).rjust(width)},
        )  # fmt: skip

    def matrix(self, rows: Sequence[Sequence[str]]) -> str:
        width = max((len(entry) for row in rows for entry in row), default=0)
        lines = [f"[{self.comma.join(entry.rjust(width) for entry in row)}]" for row in rows]
        return f"[{(self.comma.rstrip() + chr(10) + ' ').join(lines)}]"

    def width(self, text: str) -> int:
        """Count the columns that a formula takes."""
        return len(text)


class Latex(Style):
    """The style of a page: fractions, indices, matrices in brackets."""

    entries = 16
    longest = 84
    entrywise = ENTRYWISE

    def __init__(self, language: Language = ENGLISH) -> None:
        super().__init__(language)
        self.operations = replace(latex, comma=self.comma, polish=self._translated)

    def _translated(self, template: str) -> str:
        template = template.replace(r"\text{if }", rf"\text{{{self.language.when} }}")
        return template.replace(r"\text{otherwise}", rf"\text{{{self.language.otherwise}}}")

    def by_value(self, leaf: Leaf) -> Spelled:
        text = self.array(leaf.value)
        power = BINDS[ast.Mult] if r"\cdot" in text and np.ndim(leaf.value) == 0 else ATOM
        return Spelled(text, LOOSE if text.startswith("-") else power)

    def literal(self, value: Any) -> Spelled:
        return self.by_value(Leaf("", value))

    def name(self, name: str) -> str:
        return symbol(name)

    def entry(self, name: str, index: tuple[int, ...]) -> str:
        return f"{self.base(Spelled(symbol(name))).text}_{{{','.join(map(str, index))}}}"

    def base(self, array: Spelled) -> Spelled:
        if not re.search("[_']", array.text):
            return array
        return Spelled(rf"\left[{array.text}\right]")

    def placed(self, arriving: str, index: Any, shape: tuple[int, ...]) -> str:
        there = rf"\text{{{self.at(index, shape)} }} \left[{code(inside(index))}\right]"
        elsewhere = rf"\text{{{self.language.elsewhere}}}"
        return rf"\begin{{cases}} {arriving} & {there} \\ 0 & {elsewhere} \end{{cases}}"

    def path(self, names: Sequence[str]) -> str:
        return r" \to ".join(map(self.name, names))

    def partial(self, of: Spelled, by: Spelled) -> Spelled:
        text = of.text if of.binds == ATOM else rf"\left({of.text}\right)"
        return Spelled(rf"\frac{{\partial {text}}}{{\partial {by.text}}}", UNARY)

    def number(self, value: Any) -> str:
        text = number(value, self.digits[0], whole=self.whole).replace("−", "-")
        digits, e, exponent = text.partition("e")
        if (sign := text.lstrip("-")) in SIGNS:
            return text.replace(sign, SIGNS[sign])
        if not re.fullmatch(r"-?\d+(\.\d+)?", digits):
            return code(text)
        digits = digits if self.language.decimal == "." else digits.replace(".", "{,}")
        return rf"{digits} \cdot 10^{{{exponent}}}" if e else digits

    def array(self, value: Any) -> str:
        if np.size(value) > self.entries:
            return rf"\text{{{self.language.array} }}{self.shape(np.shape(value))}"
        return self.result(value)

    def shape(self, shape: tuple[int, ...]) -> str:
        return f"({TIMES.join(map(str, shape))})"

    def result(self, value: Any) -> str:
        value = np.asarray(value)
        if value.ndim == 0:
            return self.number(value[()])
        if value.ndim > 2 and value.size > SUMMARIZED:
            return rf"\text{{{self.language.array} }}{self.shape(value.shape)}"
        if value.ndim > 2:
            return self.matrix([[self.result(part)] for part in value])
        table = value.reshape(1, -1) if value.ndim == 1 else value
        if value.size <= SUMMARIZED:
            return self.matrix([[self.number(v) for v in row] for row in table])
        rows = _ends(list(table), None)
        dots = r"\vdots"
        return self.matrix(
            [
                _ends([self.number(v) for v in row], r"\cdots") if row is not None
                else _ends([dots] * table.shape[1], r"\ddots")
                for row in rows
            ]
        )  # fmt: skip

    def matrix(self, rows: Sequence[Sequence[str]]) -> str:
        lines = r" \\ ".join(" & ".join(row) for row in rows)
        return rf"\begin{{bmatrix}} {lines} \end{{bmatrix}}"

    def width(self, text: str) -> int:
        """Count what is seen: of a matrix one row, and no commands."""
        return len(HIDDEN.sub("", MATRIX.sub(_widest, text)))


MATRIX = re.compile(r"\\begin\{bmatrix\}(.*?)\\end\{bmatrix\}")
HIDDEN = re.compile(r"\\(?:text|left|right|frac|operatorname|partial|begin|end|cdot|odot)|[{} ]")


def _widest(matrix: re.Match[str]) -> str:
    return f"[[{max(matrix[1].split(CUT), key=len)}]]"


CUT = r"\\"


def _ends(items: list[Any], dots: Any) -> list[Any]:
    """Leave out the middle of a long list."""
    return items if len(items) <= 2 * CORNERS else [*items[:CORNERS], dots, *items[-CORNERS:]]


TEXT, LATEX = Style(), Latex()
by_name, by_value, array_text = TEXT.by_name, TEXT.by_value, TEXT.array
