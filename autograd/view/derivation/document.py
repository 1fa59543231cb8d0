"""A worked example, before anybody writes it: sections of equations, and the text of them."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from string import Formatter
from typing import Any

import numpy as np

from autograd.view.derivation.formula import Call, Formula, Leaf, Matrix, has_axes, leaves, worth
from autograd.view.derivation.languages import Language
from autograd.view.derivation.writing import LOGARITHMS, SUMMARIZED, Style, write
from autograd.view.graph.spelling import as_written

WIDTH = 96
"""An equation of more columns is broken before its equals signs."""

Words = tuple[Any, ...]
"""A sentence: its words as text, what it speaks of as `Formula`, and chains of names as lists."""


@dataclass(frozen=True, slots=True)
class Equation:
    """``left = formula = another = numbers = value``.

    Attributes
    ----------
    left : nothing for a chain that has no name.
    formulas : the last of them is also written with its numbers, if `numbers`.
    remark : what is said beside it.
    """

    left: Formula | None
    formulas: tuple[Formula, ...]
    value: Any
    remark: Words = ()
    numbers: bool = True

    def start(self, style: Style) -> str:
        """Write what stands before the first equals sign; nothing where there is nothing."""
        return "" if self.left is None else write(self.left, style.by_name, style).text

    def stages(self, style: Style) -> list[str]:
        """Write what stands between the equals signs, without repetitions."""
        beside_equals = style.operations.beside_equals
        texts = [beside_equals(write(f, style.by_name, style)) for f in self.formulas]
        if self.formulas and self.numbers:
            last = self.formulas[-1]
            if all(np.size(leaf.value) <= style.entries for leaf in leaves(last)):
                finer = style.finer(*_digits(last, self.value, style.digits))
                texts.append(beside_equals(write(last, finer.by_value, finer)))
        texts = [text for text in dict.fromkeys(texts) if style.width(text) <= style.longest]
        result = style.result(self.value)
        return [*(text for text in texts if text != result), result]

    def shape(self, style: Style) -> str:
        """Write the shape of an array; where arrays of other shapes meet, how they fit together."""
        shape = np.shape(self.value)
        if not shape:
            return ""
        total = style.shape(shape)
        last = self.formulas[-1] if self.formulas else None
        shapes = {np.shape(leaf.value) for leaf in leaves(last) if np.ndim(leaf.value)}
        if shapes <= {shape}:
            return total
        text = write(_arrays_named(last), style.by_shape, style).text
        return f"{text} = {total}" if style.width(text) <= style.longest else total


@dataclass(frozen=True, slots=True)
class Section:
    """Equations under a heading; `kind` is "forward", "local", "backward", "paths", "jacobian"."""

    kind: str
    title: str
    equations: Sequence[Equation]


@dataclass(frozen=True, slots=True)
class Document:
    """The whole: what it is called, and its sections."""

    title: Words
    sections: Sequence[Section]
    language: Language


def sentence(template: str, **parts: Any) -> Words:
    """Fill in a sentence; a part may be a formula, or words that were filled in before.

    >>> sentence("{a} of {b}", a=Leaf("x", 1.0), b=("y", "z"))
    (Leaf(name='x', ...), ' of ', 'y', 'z')
    """
    words: list[Any] = []
    for text, name, _, _ in Formatter().parse(template):
        words += [text] if text else []
        if name:
            words += parts[name] if isinstance(parts[name], tuple) else [parts[name]]
    return tuple(words)


def _arrays_named(formula: Formula) -> Formula:
    """Put a leaf in the place of every plain array, so that its shape can be written."""
    if isinstance(formula, Call):
        return replace(formula, args=tuple(map(_arrays_named, formula.args)))
    plain = not isinstance(formula, (Leaf, Matrix)) and has_axes(formula)
    return Leaf("", formula) if plain else formula


def _digits(formula: Formula, value: Any, choices: Sequence[int]) -> tuple[int, bool]:
    """Return how many digits the numbers of a formula need to give its value; or the least.

    Also whether only those need them that would look like integers. To one percent, and of an
    array without the entries that are nothing but rounding errors.
    """
    kinds = {np.asarray(leaf.value).dtype.kind for leaf in leaves(formula)}
    if not kinds <= {*"biuf"} or not _is_elementwise(formula):
        return choices[0], False
    sizes = np.abs(value)
    idle = sizes <= 1e-12 * np.max(sizes, initial=0)
    for whole, digits in (False, choices[0]), *product((True, False), choices[1:]):
        with np.errstate(all="ignore"):
            found = worth(_as_read(formula, digits, whole=whole))
        if np.all(idle | np.isclose(found, value, rtol=0.01, atol=0, equal_nan=True)):
            return digits, whole
    return choices[0], False


def _is_elementwise(formula: Formula) -> bool:
    if not isinstance(formula, Call):
        return True
    ours = formula.op.elementwise and not formula.op.foreign
    return ours and all(map(_is_elementwise, formula.args))


def _as_read(formula: Formula, digits: int, *, whole: bool) -> Formula:
    """Put in the place of every number what a reader takes it for."""
    if isinstance(formula, Call):
        args = tuple(_as_read(a, digits, whole=whole) for a in formula.args)
        return replace(formula, args=args)
    value = np.asarray(formula.value if isinstance(formula, Leaf) else formula)
    named = value.ndim == 0 and value.item() in LOGARITHMS
    if value.dtype.kind != "f" or value.size > SUMMARIZED or named:  # no digits are shown
        return value[()]
    read = [as_written(v, digits, whole=whole) for v in value.flat]
    return np.reshape(np.array(read, value.dtype), value.shape)[()]


# ── as text ───────────────────────────────────────────────────────────────────────────────────
def spoken(
    words: Words, style: Style, word: Callable[[str], str] = str,
    formula: Callable[[str], str] = str,
) -> str:  # fmt: skip
    """Write a sentence: its words, and what it speaks of, each as a format marks them."""
    parts = []
    for part in words:
        if isinstance(part, str):
            parts.append(word(part))
        elif isinstance(part, tuple):  # written already
            parts.append(formula(*part))
        elif isinstance(part, list):
            parts.append(formula(style.path(part)))
        else:
            parts.append(formula(write(part, style.by_name, style).text))
    return "".join(parts)


def text(document: Document) -> str:
    """Write a document for a terminal."""
    style = Style(document.language)
    return "\n\n".join(_section(section, style) for section in document.sections)


def _section(section: Section, style: Style) -> str:
    """Align the equals signs and the remarks; break what is too wide for one line."""
    lefts = [row.start(style) for row in section.equations]
    margin = max(map(len, lefts), default=0)
    again = "\n" + " " * max(margin + 3, 4) + "= "
    lines = []
    for left, row in zip(lefts, section.equations, strict=True):
        start = f"  {left:<{margin}} {'=' if left else ' '} " if margin else "  "
        stages, shape = row.stages(style), row.shape(style)
        end = f"   {style.language.shape} {shape}" if shape else ""
        line = start + " = ".join(stages) + end
        if len(line) > WIDTH or "\n" in line:
            hanging = "\n" + " " * len(start)
            line = start + again.join(s.replace("\n", hanging) for s in stages) + end
        lines.append(re.sub(r" +(?=\n)", "", line))
    remarks = [spoken(row.remark, style) for row in section.equations]
    beside = sorted(
        (len(line), len(remark)) for line, remark in zip(lines, remarks, strict=True)
        if remark and "\n" not in line and len(line) + 3 + len(remark) <= WIDTH
    )  # fmt: skip
    while beside and beside[-1][0] + 3 + max(length for _, length in beside) > WIDTH:
        beside.pop()  # or a longer remark, of a shorter line, would have to leave the column
    column = beside[-1][0] if beside else 0
    for i, remark in enumerate(remarks):
        if not remark:
            continue
        if column + 3 + len(remark) <= WIDTH and len(lines[i]) <= column:
            lines[i] = f"{lines[i]:<{column}}   {remark}"
        else:
            fits = len(lines[i].rpartition("\n")[2]) + 3 + len(remark) <= WIDTH
            lines[i] += ("   " if fits else "\n" + " " * len(again)) + remark
    return "\n".join([section.title, *lines])
