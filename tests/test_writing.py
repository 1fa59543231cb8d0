r"""Formulas, numbers and arrays are written down as on paper, in text and in LaTeX."""

import numpy as np
import pytest

from autograd import Tensor, explain
from autograd.primitive import PRIMITIVES
from autograd.view.derivation.formats import latex_body
from autograd.view.derivation.formula import MULTIPLY, Call, Leaf
from autograd.view.derivation.writing import EXPAND, LATEX, TEXT, write


def nested(*rows):
    return r"\begin{bmatrix} " + r" \\ ".join(rows) + r" \end{bmatrix}"


def matrix(*rows):
    return nested(*(" & ".join(row.split()) for row in rows))


def counted(*shape):
    return np.arange(float(np.prod(shape))).reshape(shape)


CORNERS = matrix(
    r"0 1 2 \cdots 6 7 8", r"9 10 11 \cdots 15 16 17", r"18 19 20 \cdots 24 25 26",
    r"\vdots \vdots \vdots \ddots \vdots \vdots \vdots",
    r"54 55 56 \cdots 60 61 62", r"63 64 65 \cdots 69 70 71", r"72 73 74 \cdots 78 79 80",
)  # fmt: skip
EDGES = matrix(
    "0 1 2 3 4 5", "6 7 8 9 10 11", "12 13 14 15 16 17", r"\vdots " * 6,
    "54 55 56 57 58 59", "60 61 62 63 64 65", "66 67 68 69 70 71",
)  # fmt: skip


@pytest.mark.parametrize(
    ("value", "tex"),
    [
        (counted(), "0"), (counted(3), matrix("0 1 2")), (counted(2, 2), matrix("0 1", "2 3")),
        (counted(8, 8), matrix(*(" ".join(map(str, range(8 * i, 8 * i + 8))) for i in range(8)))),
        (counted(65), matrix(r"0 1 2 \cdots 62 63 64")), (counted(9, 9), CORNERS),
        (counted(12, 6), EDGES),
        (counted(2, 1, 2), nested(matrix("0 1"), matrix("2 3"))),
        (counted(5, 5, 5), r"\text{array }(5 \times 5 \times 5)"),
        (np.zeros((1, 8, 8)), nested(matrix(*["0 " * 8] * 8))),
    ],
    ids=lambda v: str(np.shape(v)) if isinstance(v, np.ndarray) else "",
)  # fmt: skip
def test_a_large_array_shows_its_corners(value, tex):
    assert LATEX.result(value) == tex


def test_in_text_an_array_has_columns():
    assert TEXT.result(counted(3, 3)) == "[[0, 1, 2], [3, 4, 5], [6, 7, 8]]"
    assert TEXT.result(counted(2, 6)) == "[[ 0,  1,  2,  3,  4,  5],\n [ 6,  7,  8,  9, 10, 11]]"
    first, *_, last = TEXT.result(counted(64)).splitlines()
    assert (len(first), first[:5], last) == (80, "[ 0, ", " 60, 61, 62, 63]")
    assert TEXT.result(counted(65)) == "[0, 1, 2, ..., 62, 63, 64]"
    assert TEXT.array(counted(9)) == "[0, 1, 2, 3, 4, 5, 6, 7, 8]"
    assert TEXT.array(counted(2, 5)) == "array (2, 5)"
    assert LATEX.array(counted(2, 8)) == matrix("0 1 2 3 4 5 6 7", "8 9 10 11 12 13 14 15")
    assert LATEX.array(counted(17)) == r"\text{array }(17)"
    assert TEXT.matrix([]) == "[]"


@pytest.mark.parametrize(("lang", "when"), [("pt", "se"), ("es", "si")])
def test_a_decimal_comma_leaves_the_semicolon_to_the_arguments(lang, when):
    x, y = Tensor(0.5, True, name="x"), Tensor(2.0, name="y")
    explained = explain(np.where(x > y, x, np.maximum(x, y)), lang)
    assert "maximum(x; y) = maximum(0,5; 2) = 2" in str(explained)
    body = latex_body(explained.document)
    assert r"\max\left(x; y\right) = \max\left(0{,}5; 2\right)" in body
    assert rf"& \text{{{when} }}" in body


def test_what_scales_an_array_stands_beside_the_second_one():
    G, h, s = Leaf("G", np.ones(2)), Leaf("h", np.ones(2)), Leaf("s", 2.0)

    def tex(formula):
        return write(formula, LATEX.by_name, LATEX).text

    def times(a, b):
        return Call(MULTIPLY, (a, b))

    assert tex(times(times(G, s), h)) == r"G \odot s \cdot h"
    assert tex(times(times(G, h), h)) == r"G \odot h \odot h"
    assert tex(times(times(s, G), h)) == r"s \cdot G \odot h"
    assert tex(times(times(s, s), h)) == r"s \cdot s \cdot h"
    assert tex(times(G, times(h, h))) == r"G \odot \left(h \odot h\right)"
    assert tex(times(G, times(s, h))) == r"G \odot s \cdot h"
    assert tex(times(G, Call(PRIMITIVES[np.divide], (s, h)))) == r"G \odot \frac{s}{h}"
    assert tex(times(G, Call(PRIMITIVES[np.add], (s, h)))) == r"G \odot \left(s + h\right)"


def test_only_a_vector_becomes_a_column():
    def text(shape, axis):
        return write(Call(EXPAND, (Leaf("x", np.ones(shape)),), {"axis": axis}), TEXT.by_name).text

    assert text((2,), 1) == text((2,), -1) == "x[:, None]"
    assert text((2, 2), -1) == "expand_dims(x, −1)"
    assert text((2,), 0) == "expand_dims(x, 0)"


def test_a_number_among_shapes_keeps_its_name():
    h, s = Leaf("h", np.ones(2)), Leaf("s", 2.0)
    assert write(Call(MULTIPLY, (h, s)), TEXT.by_shape).text == "(2,) · s"
    assert write(Call(MULTIPLY, (h, s)), LATEX.by_shape, LATEX).text == r"(2) \cdot s"


def test_of_a_matrix_the_widest_row_counts():
    assert LATEX.width(matrix("1 22", "333 4")) == LATEX.width("[[333&4]]") == 9
    assert TEXT.width("[[333 4]]") == 9


def test_a_text_stands_as_it_is():
    assert LATEX.literal("a_b").text == r"{\text{a}\_\text{b}}"
    assert TEXT.literal("a_b").text == "a_b"
