"""Explanations: what they say, in three languages, and that every format shows it as it is."""

import operator
import re
import shutil
import subprocess
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from samples import SAMPLES

import autograd as ag
import nn
from autograd import Tensor, check_by_hand, draw, explain
from autograd.graph import toposort
from autograd.primitive import PRIMITIVES, primitive
from autograd.program.printers.latex import escape, latex, parse, symbol
from autograd.program.printers.spell import Spelled, spell
from autograd.sweep.steps import gradients
from autograd.view.derivation.document import Document, Equation, Section, text
from autograd.view.derivation.entries import Symbol, _symbols
from autograd.view.derivation.explain import explanation
from autograd.view.derivation.formats import latex_body, markdown, page, tex
from autograd.view.derivation.formula import Call, Entry, Leaf, Matrix
from autograd.view.derivation.languages import LANGUAGES
from autograd.view.derivation.mathml import mathml
from autograd.view.derivation.writing import LATEX, write

PRODUCT = {
    "en": """\
forward
  d = a + b = 2 + 3 = 5
  f = d · c = 5 · (−1.5) = −7.5

local derivatives
  ∂d/∂a = ∂(a + b)/∂a = 1
  ∂d/∂b = ∂(a + b)/∂b = 1
          ∂(d · c)/∂d = c = −1.5
          ∂(d · c)/∂c = d = 5

backward: the chain rule
  ∂f/∂f = 1
  ∂f/∂d = ∂f/∂f · c = 1 · (−1.5) = −1.5       d receives −1.5 from f
  ∂f/∂c = ∂f/∂f · d = 1 · 5 = 5               c receives 5 from f
  ∂f/∂a = ∂f/∂d · ∂d/∂a = (−1.5) · 1 = −1.5   a receives −1.5 from d
  ∂f/∂b = ∂f/∂d · ∂d/∂b = (−1.5) · 1 = −1.5   b receives −1.5 from d

sum over the paths
  ∂f/∂a = ∂(d · c)/∂d · ∂d/∂a = (−1.5) · 1 = −1.5   a → d → f
  ∂f/∂b = ∂(d · c)/∂d · ∂d/∂b = (−1.5) · 1 = −1.5   b → d → f
  ∂f/∂c = ∂(d · c)/∂c = 5                           c → f""",
    "pt": """\
propagação para frente
  d = a + b = 2 + 3 = 5
  f = d · c = 5 · (−1,5) = −7,5

derivadas locais
  ∂d/∂a = ∂(a + b)/∂a = 1
  ∂d/∂b = ∂(a + b)/∂b = 1
          ∂(d · c)/∂d = c = −1,5
          ∂(d · c)/∂c = d = 5

propagação para trás: regra da cadeia
  ∂f/∂f = 1
  ∂f/∂d = ∂f/∂f · c = 1 · (−1,5) = −1,5       d recebe −1,5 de f
  ∂f/∂c = ∂f/∂f · d = 1 · 5 = 5               c recebe 5 de f
  ∂f/∂a = ∂f/∂d · ∂d/∂a = (−1,5) · 1 = −1,5   a recebe −1,5 de d
  ∂f/∂b = ∂f/∂d · ∂d/∂b = (−1,5) · 1 = −1,5   b recebe −1,5 de d

soma sobre os caminhos
  ∂f/∂a = ∂(d · c)/∂d · ∂d/∂a = (−1,5) · 1 = −1,5   a → d → f
  ∂f/∂b = ∂(d · c)/∂d · ∂d/∂b = (−1,5) · 1 = −1,5   b → d → f
  ∂f/∂c = ∂(d · c)/∂c = 5                           c → f""",
    "es": """\
paso hacia adelante
  d = a + b = 2 + 3 = 5
  f = d · c = 5 · (−1,5) = −7,5

derivadas locales
  ∂d/∂a = ∂(a + b)/∂a = 1
  ∂d/∂b = ∂(a + b)/∂b = 1
          ∂(d · c)/∂d = c = −1,5
          ∂(d · c)/∂c = d = 5

paso hacia atrás: regla de la cadena
  ∂f/∂f = 1
  ∂f/∂d = ∂f/∂f · c = 1 · (−1,5) = −1,5       d recibe −1,5 de f
  ∂f/∂c = ∂f/∂f · d = 1 · 5 = 5               c recibe 5 de f
  ∂f/∂a = ∂f/∂d · ∂d/∂a = (−1,5) · 1 = −1,5   a recibe −1,5 de d
  ∂f/∂b = ∂f/∂d · ∂d/∂b = (−1,5) · 1 = −1,5   b recibe −1,5 de d

suma sobre los caminos
  ∂f/∂a = ∂(d · c)/∂d · ∂d/∂a = (−1,5) · 1 = −1,5   a → d → f
  ∂f/∂b = ∂(d · c)/∂d · ∂d/∂b = (−1,5) · 1 = −1,5   b → d → f
  ∂f/∂c = ∂(d · c)/∂c = 5                           c → f""",
}


def variables(**values):
    return [Tensor(v, requires_grad=True, name=name) for name, v in values.items()]


def product():
    a, b, c = variables(a=2, b=3, c=-1.5)
    return (a + b) * c


class Network:
    """The 2-2-3 network of the lecture notes."""

    X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    Y = np.array([[1, 0, 0], [0, 1, 0], [0, 1, 0], [0, 0, 1]])

    def __init__(self):
        theta1, beta1 = Tensor([[-0.69, 0.63], [0.36, 0.59]], True), Tensor([-0.41, -0.01], True)
        theta2 = Tensor([[-0.31, 0.02], [0.48, -0.68], [-0.41, -0.27]], True)
        beta2 = Tensor([-0.22, 0.15, -0.35], True)
        X, Y = self.X, self.Y
        s1 = X @ theta1.T + beta1
        h1 = ag.sigmoid(s1)
        W2 = theta2.T
        s2 = h1 @ W2 + beta2
        o2 = ag.softmax(s2)
        L = -np.sum(Y * np.log(o2)) / len(X)
        self.loss, self.h1, self.o2, self.theta2 = L, h1, o2, theta2
        self.explained = explain(L)


# ── what is said ──────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("lang", PRODUCT)
def test_the_product_of_a_sum(lang):
    assert str(explain(product(), lang)) == PRODUCT[lang]


def test_names_are_the_callers():
    a, b = Tensor(2.0, requires_grad=True), Tensor(3.0, requires_grad=True)
    q = a * b
    loss = q + a
    text = str(explain(loss))
    assert "  q    = a · b = 2 · 3 = 6\n  loss = q + a = 6 + 2 = 8\n" in text
    X = np.array([[1.0, 2.0]])
    s = np.sum(X @ Tensor([1.0, -1.0], True, name="w"))
    assert "= X @ w = [[1, 2]] @ [1, −1] = [−1]" in str(explain(s))
    assert "∂s/∂w = Xᵀ @ ∂s/∂x" in str(explain(s))
    same = explanation(Tensor(1.0, True, name="x") * Tensor(2.0, True, name="x"), {})
    assert "f = x · x′ = 1 · 2 = 2" in str(same)


def test_a_result_is_not_called_as_the_callers_numbers_are():
    w, b = Tensor(0.5, requires_grad=True), Tensor(0.1, requires_grad=True)
    x, y = 2.0, 2.0  # one object
    squared = (w * x + b - y) ** 2
    assert "  z       = w · 2 = 0.5 · 2 = 1\n  a       = z + b" in str(explain(squared))


def test_data_of_integers_keeps_its_name():
    X = np.array([[0, 1], [1, 1]])
    W = Tensor([[0.5], [2.0]], requires_grad=True)
    s = np.sum(X @ W)
    assert "∂s/∂W = Xᵀ @ ∂s/∂a" in str(explain(s))


def test_the_logistic_neuron_of_the_lecture_notes():
    t0, t1, t2, x1, x2 = variables(t0=-3, t1=2, t2=-3, x1=-1, x2=-2)
    text = str(explain(1 / (1 + np.exp(-(t0 + t1 * x1 + t2 * x2))), "pt"))
    assert "f = 1 / k = 1 / 1,368 = 0,7311\n" in text
    assert "∂f/∂k  = ∂f/∂f · (−1 / k²) = 1 · (−1 / 1,368²) = −0,5344   k recebe" in text
    path = (
        "  ∂f/∂t0 = ∂(1 / k)/∂k · ∂k/∂h · ∂h/∂g · ∂g/∂d · ∂d/∂b · ∂b/∂t0\n"
        "         = (−0,5344) · 1 · 0,3679 · (−1) · 1 · 1\n"
        "         = 0,1966   t0 → b → d → g → h → k → f\n"
    )
    assert path in text


def test_every_path_counts():
    a, b = variables(a=2, b=-3)
    text = str(explain(a * a + a * b))
    assert "a receives 4 from c and −3 from d" in text
    assert "= 1 · 4 + 1 · (−3) = 1\n" in text
    assert "a → c → f, a → d → f\n" in text


@pytest.mark.parametrize(
    ("lang", "words"),
    [("en", "… and 28 more paths"), ("pt", "… e mais 28 caminhos"), ("es", "… y 28 caminos más")],
)
def test_paths_beyond_the_first_few_are_counted(lang, words):
    (x,) = variables(x=1.0)
    f = x * 1.0
    for k in range(31):
        f = f + x * float(k)
    assert words in str(explanation(f, {}, lang))


def test_one_path_is_counted_as_one_and_the_shortest_are_written():
    (x,) = variables(x=1.0)
    f = x * 1.0
    for k in range(4):
        f = f + x * float(k)
    text = str(explain(f))
    lengths = [path.count("→") for path in re.findall(r"x → [^,…]*", text)]
    assert lengths == sorted(lengths) == [2, 3, 4, 5]
    assert " … and 1 more path" in text.splitlines()[-1]
    assert not text.endswith("paths")


def test_so_many_paths_that_only_their_number_is_told():
    (x,) = variables(x=1.0)
    y = x
    for _ in range(20):
        y = y + 1.0
    assert str(explain(y)).endswith("  ∂y/∂x = 1   1 path"), "of too many edges"
    y = x
    for _ in range(1200):
        y = y + y * 0.0
    assert "1 · 10³⁶¹ paths" in str(explain(y))


def test_matrix_form_with_shapes():
    net = Network()
    text = str(net.explained)
    assert "= h1ᵀ @ ∂L/∂" in text
    assert "shape (4×2)ᵀ @ (4×3) = (2×3)\n" in text
    assert "W2 receives it from " in text
    assert "∂L/∂theta1 = (∂L/∂" in text
    assert "= Xᵀ @ ∂L/∂" in text
    assert "sum((4×3), axis=0) = (3,)" in text


def test_arrays_without_a_name_stand_for_their_shapes_too():
    x, t = variables(x=np.ones((3, 2)), t=2.0)
    explained = explain(np.sum(x @ np.ones((2, 4))))
    assert "   shape (3×2) @ (2×4) = (3×4)\n" in str(explained)
    assert "   shape (3×4) @ (4×2) = (3×2)   x receives it from y" in str(explained)
    whole = r"\text{shape }{(3 \times 2) \, (2 \times 4) = (3 \times 4)}"
    assert whole in markdown(explained.document)
    sent = "∂f/∂t = sum(∂f/∂y · [1, 3], axis=0) = sum([1, 1] · [1, 3], axis=0) = 4   "
    y = t * np.array([1.0, 3.0])
    assert sent in str(explain(np.sum(y)))


def test_a_formula_too_long_to_be_read_is_left_out():
    x, y = variables(x=[1.0, 2.0], y=[[3.0, 4.0]])
    assert "concatenate((x, x, x))" in str(explain(np.concatenate([x] * 3)))
    assert "x, x" not in str(explain(np.concatenate([x] * 80)))
    for joined in (np.concatenate([y] * 7), np.concatenate([y] * 80)):
        shapes = explain(joined).document.sections[0].equations[0].shape(LATEX)
        assert shapes.endswith(rf"({joined.shape[0]} \times 2)")
        assert shapes.count("=") == (joined.shape[0] == 7)


def test_a_sum_that_keeps_its_axes_says_so_for_one_row_too():
    x, c = variables(x=[[1.0, 2.0]], c=[[3.0]])
    text = str(explain(np.sum(x * c)))
    assert "∂f/∂c = sum(∂f/∂y · x, axis=1, keepdims=True)\n" in text
    assert "   shape sum((1×2) · (1×2), axis=1, keepdims=True) = (1×1)" in text


def test_remarks_stand_in_one_column_whatever_stands_between():
    (x,) = variables(x=1.5)
    lines = str(explain(np.exp(np.sin(x**2)) / x)).splitlines()
    columns = [line.find(" receives ") for line in lines if " receives " in line]
    assert columns[:-1] == columns[:1] * 3
    assert columns[-1] < min(columns[:-1]), "below the line that is too long for it"
    assert max(map(len, lines)) <= 96


def test_no_remark_has_to_leave_the_column_for_another_ones_line():
    sizes = (10, 20), (20, 30), (60, 20), (70, 10), (5, 80)  # of the line, of the remark
    rows = [
        Equation(Leaf("x", 0.0), (Leaf("y" * n, 0.0),), 0.0, ("z" * m,), numbers=False)
        for n, m in sizes
    ]
    written = text(Document(("f",), [Section("forward", "forward", rows)], LANGUAGES["en"]))
    assert [line.find("z") for line in written.splitlines()] == [-1, 33, 33, 73, 83, -1, 7]


@pytest.mark.parametrize(
    ("fn", "values", "written"),
    [
        (np.tanh, (5.5,), "1 − f² = 1 − 0.9999666² = 6.68e−5\n"),
        (np.tanh, (5.5,), "f = tanh(x) = tanh(5.5) = 1\n"),
        (ag.sigmoid, (10.0,), "f · (1 − f) = 0.999955 · (1 − 0.999955) = 4.54e−5\n"),
        (np.subtract, (1.00001, 1.0), "f = x − y = 1.00001 − 1 = 1e−5\n"),
        (np.log, (1.00137,), "f = log(x) = log(1.00137) = 0.001369\n"),
        (np.log, (1.00137,), "1 / x = 1 / 1.001 = 0.9986\n"),
        (np.sin, (2 * np.pi,), "f = sin(x) = sin(6.283185307179586) = −2.449e−16\n"),
        (np.subtract, (0.1 + 0.2, 0.3), "f = x − y = 0.30000000000000004 − 0.3 = 5.551e−17\n"),
        (np.subtract, (np.float32(1.00001), np.float32(1)), "= 1.00001 − 1 = 1.001e−5\n"),
        (np.multiply, (2.71828, 3.14159), "f = x · y = 2.718 · 3.142 = 8.54\n"),
        (np.tanh, ([0.5, 5.5],), "f = tanh(x) = tanh([0.5, 5.5]) = [0.4621, 1]"),
        (np.subtract, ([1.00001, 2.3456], 1.0), "= [1.00001, 2.346] − 1 = [1e−5, 1.346]"),
        (np.subtract, ([0.1 + 0.2, 2.34567], 0.3), "= [0.3, 2.346] − 0.3 = [5.551e−17, 2.046]"),
    ],
)
def test_the_numbers_of_a_line_give_its_result(fn, values, written):
    assert written in str(explain(fn(*variables(**dict(zip("xy", values, strict=False))))))


def test_of_an_array_only_what_would_look_whole_has_more_digits():
    x = Tensor([0.5, 12.0], requires_grad=True, name="x")
    h = ag.sigmoid(x)
    h.name = "h"
    text = str(explain(np.sum(h)))
    assert "[1, 1] · [0.6225, 0.99999386] · (1 − [0.6225, 0.99999386])" in text


def test_numbers_of_more_digits_are_on_the_page_too_and_in_no_picture():
    (x,) = variables(x=5.5)
    f = np.tanh(x)
    f.backward()
    assert r"= 1 - 0{,}9999666^{2} = 6{,}68 \cdot 10^{-5}" in markdown(explain(f, "pt").document)
    assert "<mn>0.9999666</mn>" in page(explain(f).document)
    assert "0.99996" not in draw(f, detail="derivation").source


def test_the_gradients_of_the_network_have_the_printed_numbers():
    text = str(Network().explained)
    assert "L  = " in text
    assert "= 1.064\n" in text
    assert "[[0.03161, 0.07999], [−0.02793, −0.0442], [−0.003688, −0.03578]]" in text, "∂L/∂θ²"
    for number in ("0.3989", "0.4975", "0.5548", "0.6411", "0.2497", "0.5866", "0.3846", "0.7191"):
        assert number in text, "the output of the first layer"


def test_the_numbers_are_the_engines():
    net = Network()
    document = net.explained.document
    found = gradients(net.loss)
    values = {tuple(np.ravel(v)): v for v in found.values()}
    (backward,) = (s for s in document.sections if s.kind == "backward")
    assert len(backward.equations) == len(found)
    for equation in backward.equations:
        assert tuple(np.ravel(equation.value)) in values
    (forward,) = (s for s in document.sections if s.kind == "forward")
    computed = [t for t in toposort(net.loss) if t.op is not None]
    for equation, t in zip(forward.equations, computed, strict=True):
        assert equation.value is t.data


def evaluated(formula):
    if isinstance(formula, Leaf):
        return formula.value
    if isinstance(formula, Call):
        return formula.op.call(*map(evaluated, formula.args), **formula.params)
    return formula


@pytest.mark.parametrize("fn", SAMPLES, ids=lambda fn: getattr(fn, "__name__", str(fn)))
def test_every_equation_is_true(fn):
    """All stages of all equations of every row come to the same value."""
    for case in SAMPLES[fn]:
        xs = [Tensor(x, x.dtype.kind == "f", name=f"x{i}") for i, x in enumerate(case.inputs())]
        y = case.f(*xs)
        if not isinstance(y, Tensor) or not y.requires_grad:
            continue
        f = np.sum((np.real(y) if y.dtype.kind == "c" else y) * 1)
        for section in explanation(f, {}).document.sections:
            for equation in section.equations:
                for formula in equation.formulas if section.kind != "local" else ():
                    got = np.asarray(evaluated(formula))
                    shape = np.shape(equation.value)
                    got = got.reshape(shape) if got.size == np.size(equation.value) else got
                    np.testing.assert_allclose(
                        np.broadcast_to(got, shape), equation.value, 1e-9, 1e-12
                    )


@pytest.mark.parametrize(
    ("index", "text"),
    [
        ((1, 2), "1, 2"), ((1,), "1"), ((0, slice(1, None)), "0, 1:"),
        ((np.array([0, 1]), 0), "[0, 1], 0"), ((np.arange(20) % 2, 0), "array(20,), 0"),
    ],
)  # fmt: skip
def test_an_index_is_written_as_it_is_typed(index, text):
    """In a drawing, in text and in LaTeX: no tuple within the brackets."""
    x = Tensor(np.arange(6.0).reshape(2, 3), True, name="x")
    y = x[index]
    shown = text.replace("array", r"\text{array}")
    assert f"label=<[{text}]>" in draw(y).source
    assert f" x[{text}]" in str(explain(y.sum()))
    assert f" {{x}}_{{{shown}}}" in latex_body(explain(y.sum()).document)


@pytest.mark.parametrize(
    ("index", "text", "tex"),
    [
        (1, "at [1]", r"at } \left[1\right]"),
        (slice(1, None), "at [1:]", r"at } \left[1:\right]"),
        (([-1, 0],), "at [[−1, 0]]", r"at } \left[[-1, 0]\right]"),
        (np.array([0, 0]), "added up at [[0, 0]]", r"added up at } \left[[0, 0]\right]"),
    ],
)
def test_an_index_sends_back_what_arrives_there_and_0_elsewhere(index, text, tex):
    (x,) = variables(x=[1.0, 2, 3])
    y = x[index]
    explained = explain(np.exp(y).sum())
    assert f"∂f/∂x = {{∂f/∂y {text}, 0 elsewhere}}" in str(explained)
    cases = (
        rf"\frac{{\partial f}}{{\partial y}} & \text{{{tex} \\ 0 & \text{{elsewhere}} \end{{cases}}"
    )
    assert cases in markdown(explained.document)


def test_parameters_behind_all_the_arguments_have_their_comma():
    (x,) = variables(x=[3.0, 1.0, 2.0])
    assert "stack((x, x), axis=1)" in str(explain(np.stack([x, x], axis=1).sum()))
    assert "concatenate((x, x))" in str(explain(np.concatenate([x, x]).sum()))


def test_places_that_were_computed_are_written_as_numbers():
    x, w = variables(x=[3.0, 1.0, 2.0], w=[[3.0, 1.0], [2.0, 5.0]])
    s = np.sort(x)
    sent = "∂f/∂x = {∂f/∂s at [[1, 2, 0]], 0 elsewhere}\n"
    assert sent in str(explain(np.dot(s, [1.0, 2.0, 3.0])))
    s = np.sort(w)
    sent = "∂f/∂w = {∂f/∂s at [[[0], [1]], [[1, 0], [0, 1]]], 0 elsewhere}\n"
    assert sent in str(explain(np.sum(s * s)))
    y = np.bincount([0, 1, 1], weights=x)
    assert "∂f/∂x = (∂f/∂y)[[0, 1, 1]] = " in str(explain(np.sum(y * y)))


@pytest.mark.parametrize(
    ("lang", "sum_of_both"),
    [
        ("en", "{3 at [0], 0 elsewhere} + {1 at [2], 0 elsewhere} = [3, 0, 1]"),
        ("pt", "{3 em [0], 0 nas demais posições} + {1 em [2], 0 nas demais posições} = [3; 0; 1]"),
        ("es", "{3 en [0], 0 en las demás posiciones} + {1 en [2], 0 en las demás posiciones}"),
    ],
)
def test_two_entries_send_back_a_sum(lang, sum_of_both):
    (x,) = variables(x=[1.0, 2, 3])
    text = str(explain(x[0] * x[2], lang))
    assert sum_of_both in " ".join(text.split())


def test_an_array_has_brackets_of_its_own_around_powers_of_ten():
    (x,) = variables(x=[1e-9, 2])
    assert "= [1e−9, 2] · 3 = [3e−9, 6]" in str(explain(x * 3))
    (x,) = variables(x=1e-9)
    assert "= (1e−9)³ = 1e−27" in str(explain(x**3))


def test_complex_numbers_have_four_digits_too():
    z = Tensor(np.array([1 / 3 - 2j, 3j]), requires_grad=True, name="z")
    assert "z · 2 = [(0.3333−2j), 3j] · 2 = [(0.6667−4j), 6j]" in str(explain(z * 2))


def test_what_is_no_product_of_complex_numbers_is_not_written_as_one():
    (t,) = variables(t=0.5)
    f = np.imag(np.conj(np.exp(1j * t)))
    text = str(explain(f))
    assert "  ∂f/∂t = real(∂f/∂u · 1j) = real((−0.4794+0.8776j) · 1j) = −0.8776   " in text
    assert "  ∂f/∂v = conjugate(∂f/∂w) = conjugate(−1j) = 1j   " in text
    assert "  ∂f/∂u = ∂f/∂v · ∂v/∂u = 1j · (0.8776+0.4794j) = (−0.4794+0.8776j)\n" in text
    assert "∂u/∂t" not in text, "it is 1j, but of the product the real part is sent"
    assert "paths" not in text


def test_the_larger_of_two_is_written_as_a_comparison():
    (z,) = variables(z=[1.0, -2.0, 0.0])
    tie = "where([1, −2, 0] == 0, [1, 1, 1] / 2, 0)"
    assert f"where([1, −2, 0] > 0, [1, 1, 1], {tie})\n" in str(explain(np.maximum(z, 0).sum()))
    (z,) = variables(z=[1.0, -2.0, 3.0])
    text = str(explain(np.maximum(z, 0).sum()))
    assert "  ∂f/∂z = where(z > 0, ∂f/∂a, 0) = " in text, "and not an array of truth values"
    assert "= where(z < 0.5, ∂f/∂a, 0)\n" in str(explain(np.minimum(z, 0.5).sum()))


def test_of_two_of_which_one_is_nan_it_is_the_chosen_one():
    x, y, z = variables(x=1.0, y=np.nan, z=[1.0, np.nan, 3.0])
    text = str(explain(np.maximum(x, y)))
    assert "  ∂maximum(x, y)/∂x = 0\n  ∂maximum(x, y)/∂y = 1\n" in text, "and not 0 = 1"
    assert "  ∂minimum(y, y)/∂y = 1 + 1 = 2\n" in str(explain(np.minimum(y, y)))
    assert "where([False, True, True], [1, 1, 1], 0)\n" in str(explain(np.maximum(z, 2).sum()))


def test_a_branch_that_was_chosen_keeps_its_shape():
    (x,) = variables(x=[2.0, 2.0])
    text = str(explain(np.max(x) ** 2))
    assert "∂f/∂x = broadcast_to(∂f/∂y / 2, (2,)) = broadcast_to(4 / 2, (2,)) = [2, 2]   " in text
    k, c = variables(k=[[2.0, 3.0]], c=[[1.0, 2.0], [3.0, 4.0]])
    assert "= sum(−∂f/∂m · c / k², axis=0, keepdims=True)\n" in str(explain(np.sum(c / k))), (
        "nothing was chosen but what keeps 0 / 0 from it, and it broadcasts"
    )


@pytest.mark.parametrize(
    ("lang", "note"),
    [
        ("en", "0 is taken by convention where the formula has no value"),
        ("pt", "toma-se 0 por convenção onde a fórmula não tem valor"),
        ("es", "se toma 0 por convención donde la fórmula no tiene valor"),
    ],
)
def test_the_formula_of_a_power_is_right_where_a_convention_gives_its_value(lang, note):
    (x,) = variables(x=0.0)
    text = str(explain(x**x, lang))
    slope = "x · x^(x − 1) + f · log(x) = 0 · 0^(0 − 1) + 1 · log(0) = 0"
    assert f"  ∂(x^x)/∂x = {slope}\n       {note}\n" in text
    assert "∂f/∂x = ∂f/∂f · (x · x^(x − 1) + f · log(x)) = 1 · (0 · 0^(0 − 1) + " in text
    assert note.partition("0")[2] in latex_body(explain(x**x, lang).document)
    x, y = variables(x=0.0, y=2.0)
    assert str(explain(x**y, lang)).count(note) == 1  # where log(0) stands, not 2 · 0¹
    x, y = variables(x=2.0, y=0.0)
    assert note not in str(explain(x**y, lang))
    (x,) = variables(x=0.0)
    assert note not in str(explain(np.sqrt(x) + x**0.5, lang))  # both give ∞
    z, y = variables(z=[0.0, 1.0, 2.0], y=[0.0, 0.0, 2.0])
    text = str(explain(np.sum(z**y), lang))
    assert text.count(note) == 2, "0 · 0 · 0⁻¹ and 1 · 1 · log(0), of entries of arrays"
    with np.errstate(divide="ignore"):  # z · ∂z/∂x is 0 · ∞
        unused = " ".join(str(explain(np.where(x > 0, np.log(x), 2 * x), lang)).split())
    assert "= 0 · ∞ + 1 · 2 = 2 x " in unused
    assert unused.count(f"; {note}") == 2, "once in the chain rule, and once along the path"


@pytest.mark.parametrize(
    ("fn", "value", "written"),
    [
        (ag.erf, 0.5, "exp(−x²) · 1.128"),
        (nn.functional.gelu, 0.5, "0.5 · (1 + erf(x · 0.7071)) + x · exp(−x² / 2) / 2.507"),
        (np.sinc, 0.1, "(cos(π · x) − f) / x"),
        (np.linalg.norm, [0.0, 0.0], "∂f/∂f · x / f = 1 · [0, 0] / 0 = [0, 0]"),
        (ag.logsumexp, [1.0, 2.0], "∂f/∂f · exp(x − f) = 1 · exp([1, 2] − 2.313)"),
        (lambda x: np.sum(np.cumprod(x)), [3.0, 2.0], "flip(cumsum(flip(∂f/∂y · y))) / x"),
    ],
    ids=["erf", "gelu", "sinc", "norm", "logsumexp", "cumprod"],
)
def test_what_serves_accuracy_stands_in_no_formula(fn, value, written):
    (x,) = variables(x=value)
    f = fn(x)
    assert f" = {written}" in str(explain(f))


@pytest.mark.parametrize(
    ("fn", "slopes"),
    [
        (np.median, "[0.5, 0, 0.5, 0]"),
        (lambda x: np.quantile(x, 0.3), "[0, 0.1, 0.9, 0]"),
    ],
    ids=["median", "quantile"],
)
def test_what_is_found_by_sorting_has_slopes_in_the_place_of_a_formula(fn, slopes):
    (x,) = variables(x=[3.0, 1, 2, 5])
    text = str(explain(2 * fn(x)))
    assert f"∂f/∂x = ∂f/∂y · {slopes} = 2 · {slopes} = [" in text


def test_cross_entropy_is_derived_as_on_paper():
    (s,) = variables(s=[[1.0, 2, 3], [0, 1, 5]])
    explained = explain(ag.softmax_cross_entropy(s, [0, 2]).mean())
    formula = "∂f/∂s = (∂f/∂t)[:, None] · (softmax(s) − one_hot([0, 2], 3))"
    assert formula in str(explained)
    (S,), Y = variables(S=np.ones((4, 3))), np.array([0, 1, 2, 1])
    explained = explain(nn.functional.cross_entropy(S, Y))
    assert "∂f/∂S = (∂f/∂a)[:, None] · (softmax(S) − one_hot(Y, 3))\n" in str(explained)
    assert "shape (4×1) · (softmax((4×3)) − one_hot((4,), 3)) = (4×3)\n" in str(explained)
    error = r"\operatorname{softmax}\left(S\right) - \operatorname{one\_hot}\left(Y, 3\right)"
    column = r"{\left(\frac{\partial f}{\partial a}\right)}_{:, \text{None}}"
    assert rf"{column} \odot \left({error}\right)" in markdown(explained.document)
    typed = np.full(4, 0.25)[:, None] * (ag.softmax(S.data) - nn.functional.one_hot(Y, 3).data)
    nn.functional.cross_entropy(S, Y).backward()
    np.testing.assert_allclose(typed, S.grad.data, 1e-12)


def test_titles_say_what_is_derived_and_fit_below_those_of_a_notebook():
    (x,) = variables(x=[1.0, 2])
    for f, title in ((x * x, "Derivation of $f$, step"), ((x * x).sum(), "and its gradient, step")):
        explained = explain(f)
        assert markdown(explained.document).startswith("## Derivation of $f$")
        text = explained._repr_mimebundle_()["text/markdown"]
        assert text.startswith("#### ")
        assert title in text.partition("\n")[0]
        assert "\n##### Forward\n" in text


def test_nothing_to_say_has_no_heading():
    (x,) = variables(x=2.0)
    assert str(explain(x)) == "backward: the chain rule\n  ∂x/∂x = 1"
    assert "{align*}\n\n" not in latex_body(explain(x).document)


def test_of_a_complex_number_only_the_forward_pass():
    (z,) = variables(z=1 + 2j)
    assert str(explain(z * z)) == "forward\n  f = z · z = (1+2j) · (1+2j) = (−3+4j)"


def test_of_an_array_only_the_forward_pass():
    (x,) = variables(x=[1.0, 2])
    assert str(explain(x * x)) == "forward\n  f = x · x = [1, 2] · [1, 2] = [1, 4]   shape (2,)"


@pytest.mark.parametrize("ask", [explain, lambda f: check_by_hand(f, {})])
def test_numbers_of_before_and_after_a_step_make_no_equation(ask):
    w, x = Tensor(2.0, True, name="w"), Tensor(3.0, name="x")
    f = w * x
    ask(f)
    w.data -= 1.0
    with pytest.raises(RuntimeError, match="values have changed since this") as error:
        ask(f)
    _, where, instead = str(error.value).splitlines()
    assert where.endswith(", of w")
    assert instead.endswith(" before optimizer.step(), or with a result that is computed anew")


def test_what_was_not_recorded_cannot_be_explained():
    with pytest.raises(ValueError, match="nothing was recorded of how") as error:
        explain(Tensor(1.0) + 1.0)
    assert str(error.value).splitlines()[1:] == [
        "  where: explain(Tensor(2.0))",
        "  instead: Tensor(2.0, requires_grad=True) for the inputs, and no detach() or no_grad()",
    ]


def test_an_array_that_is_no_result_cannot_be_explained():
    x = Tensor([1.0, 2.0], True, name="x")
    with pytest.raises(ValueError, match="this Tensor was not computed from others") as error:
        explain(x)
    assert str(error.value).splitlines()[1:] == [
        "  where: explain(x (2,))",
        "  instead: a result of it, such as explain(np.sum(x * x))",
    ]
    assert "∂f/∂x" in str(explain(np.sum(x * x)))
    assert str(explain(Tensor(1.0, True, name="a"))).endswith("∂a/∂a = 1")


# ── Jacobians ─────────────────────────────────────────────────────────────────────────────────
def jacobian_of(node, f=None):
    text = str(explanation(node if f is None else f, {}, "en", [node]))
    return text[text.index("Jacobian") :]


def test_the_jacobian_of_softmax_as_in_the_lecture_notes():
    (x,) = variables(x=[0.1, 0.8, 0.9])
    s = ag.softmax(x)
    s.name = "s"
    assert (
        jacobian_of(s)
        == """\
Jacobian, entries counted from 0
  ∂s/∂x = [[s[0] · (1 − s[0]),      −s[1] · s[0],      −s[2] · s[0]],
           [     −s[0] · s[1], s[1] · (1 − s[1]),      −s[2] · s[1]],
           [     −s[0] · s[2],      −s[1] · s[2], s[2] · (1 − s[2])]]
        = [[0.1544, −0.07336, −0.08108], [−0.07336, 0.2366, −0.1633], [−0.08108, −0.1633, \
0.2443]]   shape (3×3)"""
    )


def test_the_jacobian_by_a_matrix_is_cut_into_matrices():
    W, x = variables(W=[[1.0, 2, 3], [4, 5, 6]], x=[7.0, 8, 9])
    u = W @ x
    u.name = "u"
    text = jacobian_of(u)
    assert "∂u[0]/∂W = [[x[0], x[1], x[2]],\n              [   0,    0,    0]]\n" in text
    by_x = "[[W[0, 0], W[0, 1], W[0, 2]],\n              [W[1, 0], W[1, 1], W[1, 2]]]\n"
    assert f"∂u/∂x    = {by_x}" in text
    h = np.tanh(u * 0.01)
    h.name = "h"
    assert "[[1 − h[0]²,         0],\n" in jacobian_of(h)


def test_an_equation_without_a_left_side_begins_below_the_right_sides():
    a, b, c = variables(a=2.0, b=3.0, c=4.0)
    d = a + b
    explained = explain(d * c)
    assert r"&\phantom{{}={}} \frac{\partial \left(d \cdot c\right)}" in latex_body(
        explained.document
    )
    room = '<div class="left"></div><div class="right"><math displaystyle="true"><mphantom>'
    assert page(explained.document).count(room) == 2
    alone = explain(a * b).document
    assert "phantom" not in latex_body(alone) + page(alone), "nothing stands above it"


def test_one_page_counts_entries_from_zero_throughout():
    z, x1 = variables(z=[1.0, 2.0, 3.0], x1=[1.0, 2.0])
    p, h1 = ag.softmax(z), np.tanh(x1)
    explained = explain(-np.log(p[2]), jacobian=p)
    assert "a = p[2] = " in str(explained)
    assert "p[2] · (1 − p[2])]]" in str(explained)
    assert "a &= {p}_{2} = " in latex_body(explained.document)
    assert r"p_{2} \cdot \left(1 - p_{2}\right) \end{bmatrix}" in latex_body(explained.document)
    explained = explain(h1[1], "pt", jacobian=h1)
    assert "jacobiano, entradas contadas a partir de 0\n" in str(explained)
    assert "1 − 0,7616²" not in str(explained), "formulas of a Jacobian stand for themselves"
    assert "∂h1/∂x1 = [[1 − h1[0]²;" in str(explained)
    page = latex_body(explained.document)  # not h₁₁, which may be read as the entry 11
    assert r"f &= {\left[h_{1}\right]}_{1} = " in page
    assert r"1 - \left[h_{1}\right]_{0}^{2}" in page


def test_what_is_zero_is_left_out_of_a_jacobian():
    x, c = variables(x=[1.0, 2.0], c=4.0)
    y = x / c
    y.name = "y"
    assert "∂y/∂c = [[−x[0] / c²],\n           [−x[1] / c²]]\n" in jacobian_of(y)
    assert "∂y/∂x = [[1 / c,     0],\n           [    0, 1 / c]]\n" in jacobian_of(y)


def test_the_logarithms_of_rules_are_known_by_name():
    (x,) = variables(x=2.0)
    assert "= 1 / (x · log(2)) = 1 / (2 · log(2)) = 0.7213\n" in str(explain(np.log2(x)))
    assert "= 1 / (x · log(10)) = " in str(explain(np.log10(x)))
    explained = explain(np.exp2(x))
    assert "= f · log(2) = 4 · log(2) = 2.773\n" in str(explained)
    assert r"f \cdot \ln\left(2\right)" in latex_body(explained.document)
    assert str(explain(np.log(x))).startswith("forward\n  f = log(x) = log(2) = 0.6931\n")
    (x,) = variables(x=0.0)
    text = str(explain(2**x * 3))
    assert "∂y/∂x = 3 · 0.6931 = 2.079   x receives 2.079 from y\n" in text
    assert "x receives 0.6931 from f" in str(explain(2**x)), "as on the left"


def test_pi_is_known_by_its_name_whatever_its_sign():
    a, b = variables(a=-np.pi, b=np.pi)
    explained = explain(a / b)
    assert "  f = a / b = (−π) / π = −1\n" in str(explained)
    assert r"f &= \frac{a}{b} = \frac{-\pi}{\pi} = -1" in latex_body(explained.document)
    (z,) = variables(z=1j * np.pi)
    assert str(explain(z * 1)) == "forward\n  f = z · 1 = 3.142j · 1 = 3.142j"


def test_rows_of_a_batch_have_a_jacobian_each():
    net = Network()
    text = str(explain(net.loss, jacobian=net.o2))
    for number in ("0.2174", "−0.1429", "0.2472", "0.1789", "0.2262", "0.1874", "0.2424", "0.1818"):
        assert number in text, "∂o/∂s, printed in the notes"
    assert "and 0 between different rows" in text
    assert re.search(r"∂.\[3\]/∂.\[3\] = ", text)


@pytest.mark.parametrize("fn", SAMPLES, ids=lambda fn: getattr(fn, "__name__", str(fn)))
def test_the_symbols_of_a_jacobian_are_worth_its_numbers(fn):
    for case in SAMPLES[fn]:
        xs = [Tensor(x, x.dtype.kind == "f") for x in case.inputs()]
        y = case.f(*xs)
        if not isinstance(y, Tensor) or y.op is None or not y.requires_grad or y.size > 12:
            continue
        nodes = {t: Leaf(f"x{i}", t.data) for i, t in enumerate(toposort(y))}
        for a in {t: None for t in y.args if type(t) is Tensor and t.requires_grad}:
            symbols = _symbols(y, a, nodes)
            if symbols is None or "c" in (a.dtype.kind, y.dtype.kind):  # one part tells not all
                continue
            for i, index in enumerate(np.ndindex(y.shape)):
                seed = np.zeros(y.shape)
                seed.flat[i] = 1
                expected = gradients(y, seed).get(a, np.zeros(a.shape))
                parts = np.ravel(np.asarray(symbols[index], object))
                got = [p.value if isinstance(p, Symbol) else p for p in parts]
                worth = [evaluated(p.formula) if isinstance(p, Symbol) else p for p in parts]
                np.testing.assert_allclose(got, np.ravel(expected), 1e-9, 1e-12)
                np.testing.assert_allclose(worth, np.ravel(expected), 1e-9, 1e-12)


# ── errors ────────────────────────────────────────────────────────────────────────────────────
def test_what_cannot_be_explained_is_said_in_three_lines(tmp_path):
    f = product()
    (x,) = variables(x=np.ones(100))
    cases = [
        (
            lambda: explain(f, "de"),
            "there are no words in the language 'de'",
            "lang='de'",
            "lang='en' or lang='pt' or lang='es'",
        ),
        (
            lambda: explain(f).save(tmp_path / "f.doc"),
            "an explanation cannot be saved as .doc",
            f"save({str(tmp_path / 'f.doc')!r})",
            "save('f.html'), save('f.tex'), save('f.md'), save('f.txt')",
        ),
        (
            lambda: explain(x * 2, jacobian=x * 2),
            "the Jacobian of more than 64 rows is not written out",
            "explain(..., jacobian=a Tensor (100,))",
            "autograd.jacobian(f)(x), or a small result on the way to the one explained",
        ),
    ]
    for call, what, where, instead in cases:
        with pytest.raises(ValueError) as caught:
            call()
        assert str(caught.value) == f"{what}\n  where: {where}\n  instead: {instead}"
    with pytest.raises(TypeError, match="explain takes a Tensor, not float\n"):
        explain(2.0)
    for strange in (Tensor(1.0, True), "h", [f, "h"], 3):
        with pytest.raises(ValueError, match="of what was not computed"):
            explain(f, jacobian=strange)


def test_who_asks_for_the_jacobian_by_an_input_is_led_to_the_result():
    W, big = variables(W=np.ones((2, 3)), big=np.ones(100))
    h, H = W @ np.ones(3), W * 2
    h.name, H.name = "h", "H"
    cases = [
        (lambda: explain(h, jacobian=W), "jacobian=h, which has ∂h/∂W"),
        (lambda: explain(h, jacobian=[h, W]), "jacobian=h, which has ∂h/∂W"),
        (lambda: explain(H, jacobian=W), "jacobian=H, which has ∂H/∂W"),
        (lambda: explain(big.sum(), jacobian=big), "jacobian=f, which has ∂f/∂big"),
    ]
    for call, instead in cases:
        with pytest.raises(ValueError, match="of what was not computed") as caught:
            call()
        assert str(caught.value).endswith(f"\n  instead: {instead}")
    assert "  ∂h[0]/∂W = [[1, 1, 1], [0, 0, 0]]" in str(explain(h, jacobian=h))
    assert "  ∂H[0]/∂W[0] = [[2, 0, 0], [0, 2, 0], [0, 0, 2]]" in str(explain(H, jacobian=H))
    for f in (H + 1, big * 2):  # of a matrix only by its arguments; and too many rows
        with pytest.raises(ValueError, match=r"instead: autograd\.jacobian"):
            explain(f, jacobian=W if f.ndim == 2 else big)


# ── LaTeX ─────────────────────────────────────────────────────────────────────────────────────
EVIL = ['<b>"x"|{y}</b>', "</script>", "two\nlines", "😀 日本", "שלום", "a\\b", "$x_1$ 50%", "#&~^"]


def tex_of(fn, *args, **params):
    spelled = [a if isinstance(a, Spelled) else Spelled(a) for a in args]
    return spell(PRIMITIVES[fn], spelled, params, latex)


def test_parentheses_stand_where_latex_needs_them():
    total, minus = tex_of(np.add, "a", "b"), tex_of(np.negative, "a")
    cases = {
        r"\left(a + b\right) \cdot c": tex_of(np.multiply, total, "c"),
        r"\frac{a + b}{c}": tex_of(np.divide, total, "c"),
        r"\left(\frac{a}{b}\right)^{2}": tex_of(operator.pow, tex_of(np.divide, "a", "b"), "2"),
        r"\left(e^{a + b}\right)^{c}": tex_of(operator.pow, tex_of(np.exp, total), "c"),
        r"b - \left(a + b\right)": tex_of(np.subtract, "b", total),
        r"b - \left(-a\right)": tex_of(np.subtract, "b", minus),
        r"-a \cdot b": tex_of(np.multiply, minus, "b"),
        r"b \cdot \left(-a\right)": tex_of(np.multiply, "b", minus),
        r"\left(a + b\right)^\top": tex_of(np.transpose, total),
        r"-\sum a \cdot b": tex_of(np.negative, tex_of(np.sum, tex_of(np.multiply, "a", "b"))),
        r"\left(\sum a\right) \cdot b": tex_of(np.multiply, tex_of(np.sum, "a"), "b"),
        r"\sum_{\text{axis}=0} \left(a + b\right)": tex_of(np.sum, total, axis=0),
        r"\ln\left(1 + \left(a + b\right)\right)": tex_of(np.log1p, total),
        r"\sqrt{a + b}": tex_of(np.sqrt, total),
        r"{\left(a + b\right)}_{1:, 0}": tex_of(operator.getitem, total, index=(slice(1, None), 0)),
        r"W_{2} \cdot \mathbf{1}_{4 \times 3}": tex_of(np.broadcast_to, "W_{2}", shape=(4, 3)),
    }
    assert {text: spelled.text for text, spelled in cases.items()} == {t: t for t in cases}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a", "a"), ("W2", "W_{2}"), ("dW2", "dW_{2}"), ("theta_1", r"\theta_{1}"),
        ("θ1", r"\theta_{1}"),
        ("h1", "h_{1}"), ("y_hat", r"\hat{y}"), ("W_out", r"W_{\text{out}}"), ("delta", r"\delta"),
        ("net.0.weight", r"\text{net.0.weight}"), ("loss", r"\text{loss}"), ("x₂", "x_{2}"),
        ("a_b_c", r"{\text{a}\_\text{b}\_\text{c}}"), ("x′", "{x'}"), ("d", "d"),
    ],
)  # fmt: skip
def test_names_become_mathematics(name, expected):
    assert symbol(name) == expected


def balanced(text):
    text = re.sub(r"\\[{}\\]", "", text)
    depth = 0
    for c in re.findall(r"[{}]", text):
        depth += 1 if c == "{" else -1
        assert depth >= 0
    pairs = [(r"\\left(?![a-z])", r"\\right(?![a-z])"), (r"\\begin\{", r"\\end\{")]
    return depth == 0 and all(
        len(re.findall(a, text)) == len(re.findall(b, text)) for a, b in pairs
    )


def explained_rows():
    for cases in SAMPLES.values():
        case = cases[-1]
        xs = [Tensor(x, x.dtype.kind == "f", name=f"x_{i}") for i, x in enumerate(case.inputs())]
        y = case.f(*xs)
        if isinstance(y, Tensor) and y.op is not None:
            root = np.real(np.sum(y * 1)) if y.dtype.kind == "c" else np.sum(y * 1)
            yield explanation(root if y.requires_grad else y, {}, "es")


def test_every_row_is_well_formed_in_every_format():
    for explained in explained_rows():
        document = explained.document
        assert balanced(latex_body(document))
        assert markdown(document).count("$$") == 2 * len(document.sections)
        for formula in re.findall(r"<math.*?</math>", page(document)):
            ET.fromstring(formula)  # noqa: S314  # our own
            assert "\\" not in formula, "a command that MathML does not know"
            assert "⟦" not in formula


def test_every_row_has_a_template_that_can_be_read():
    for row in PRIMITIVES.values():
        names = [Spelled("x")] * (len(row.rules) or 2)
        text = spell(row, names, {}, latex).text
        assert balanced(text), row
        assert "\\" not in mathml(text), row


PDFLATEX = shutil.which("pdflatex")


@pytest.mark.skipif(PDFLATEX is None, reason="pdflatex is not installed")
def test_what_is_saved_compiles(tmp_path):
    parts = [tex(explained.document) for explained in explained_rows()]
    bodies = [
        part.partition(r"\begin{document}")[2].partition(r"\end{document}")[0] for part in parts
    ]
    f = Tensor(2.5, True, name=EVIL[0])
    for name in EVIL[1:]:
        f = f * Tensor(1.5, True, name=name)
    explain(f, "pt").save(tmp_path / "evil.tex")
    head = explain(product()).save(tmp_path / "f.tex").read_text(encoding="utf-8")
    head = head.partition(r"\begin{document}")[0]
    whole = head + r"\begin{document}" + "".join(bodies) + r"\end{document}"
    (tmp_path / "rows.tex").write_text(whole, encoding="utf-8")
    for name in ("f", "evil", "rows"):
        done = subprocess.run(
            [PDFLATEX, "-interaction=nonstopmode", "-halt-on-error", f"{name}.tex"],
            cwd=tmp_path, capture_output=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout.decode(errors="replace")[-1500:]


# ── escaping ──────────────────────────────────────────────────────────────────────────────────
class Seen(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.text = set(), ""

    def handle_starttag(self, tag, attrs):  # noqa: ARG002  # its signature
        self.tags.add(tag)

    def handle_data(self, data):
        self.text += data


@pytest.mark.parametrize("name", EVIL)
def test_a_name_is_shown_as_it_was_typed(name):
    x = Tensor(2.0, True, name=name)
    explained = explain(x * x, "pt")
    seen = Seen()
    seen.feed(page(explained.document))
    shown = " ".join(name.split())
    assert shown.replace(" ", "") in re.sub(r"[\s\xa0]", "", seen.text)
    assert not seen.tags & {"b", "script"}
    assert shown in str(explained)
    typed = re.sub(r"\\text\{([^}]*)\}", r"\1", symbol(shown))
    for c, macro in (("\\", r"\backslash "), ("<", r"\lt "), (">", r"\gt "), ("|", r"\vert "),
                     ("^", r"\hat{\ }"), ("~", r"\sim ")):  # fmt: skip
        typed = typed.replace(macro, f"\0{ord(c)}\0")
    typed = (
        re.sub(r"\\([{}$&#%_])", lambda m: f"\0{ord(m[1])}\0", typed)
        .replace("{", "")
        .replace("}", "")
    )
    assert re.sub("\0(\\d+)\0", lambda m: chr(int(m[1])), typed) == shown
    for line in markdown(explained.document).splitlines():
        assert line == "$$" or "$" not in re.sub(r"\\\$", "", line.replace("$f$", ""))


def test_a_users_primitive_explains_itself_in_latex():
    @primitive
    def my_cube(x):
        return x * x * x

    my_cube.defvjp(lambda g, y, x: g * 3 * x * x)
    (x,) = variables(x=2.0)
    document = explain(my_cube(x)).document
    assert r"\operatorname{my\_cube}\left(x\right)" in latex_body(document)
    assert "<mi>my_cube</mi>" in page(document)


# ── formats ───────────────────────────────────────────────────────────────────────────────────
def test_numbers_have_the_decimal_sign_of_the_language_in_every_format():
    document = explain(product(), "es").document
    assert r"5 \cdot \left(-1{,}5\right) = -7{,}5" in latex_body(document)
    assert r"\text{ recibe }{-1{,}5}\text{ de }" in latex_body(document)  # no binary minus
    assert "<mn>1,5</mn>" in page(document)
    assert "1.5" not in page(document).partition("</style>")[2]
    (x,) = variables(x=[0.5, 1.5])
    text = str(explain(np.sum(np.maximum(x, 1.0)), "pt"))
    assert "max" in text
    assert "maximum(x; 1) = maximum([0,5; 1,5]; 1) = [1; 1,5]" in text


def test_matrices_of_entries_are_told_from_matrix_products():
    A, B = variables(A=np.eye(2), B=np.ones((2, 2)))
    body = latex_body(explain(np.sum(np.exp(A * B) @ (A / B**2))).document)
    assert r"A \odot B" in body
    assert r"\exp\left(" in body
    assert r"B^{\odot 2}" in body
    assert r"\sum " in body


@pytest.mark.parametrize(
    ("f", "derivative"),
    [
        (lambda x: x**3, r"\odot 3 \cdot x^{\odot 2} = "),
        (lambda x: x**-2, r"\odot \left(-2\right) \cdot x^{\odot \left(-3\right)} = "),
        (np.square, r"\odot 2 \cdot x = \begin{bmatrix} 1 & 1 \end{bmatrix} \odot 2 \cdot \begin"),
    ],
)
def test_a_scalar_stands_before_the_array_that_it_scales(f, derivative):
    (x,) = variables(x=[1.0, 2.0])
    y = f(x)
    body = latex_body(explain(np.sum(y)).document)
    assert (
        rf"\frac{{\partial f}}{{\partial x}} &= \frac{{\partial f}}{{\partial y}} {derivative}"
        in body
    )


def test_a_large_array_is_summarized():
    (x,) = variables(x=np.arange(1000.0).reshape(20, 50))
    document = explain(np.sum(x * x)).document
    assert r"\ddots" in latex_body(document)
    assert len(page(document)) < 12_000


def test_jupyter_gets_mathematics():
    bundle = explain(product())._repr_mimebundle_()
    assert set(bundle) == {"text/markdown", "text/latex", "text/plain"}
    assert bundle["text/plain"] == PRODUCT["en"]
    assert r"\frac{\partial f}{\partial a} &= " in bundle["text/markdown"]
    assert r"\begin{align*}" in bundle["text/latex"]


def test_every_format_is_saved(tmp_path):
    explained = explain(product(), "pt")
    for suffix in ("html", "tex", "md", "txt"):
        text = explained.save(tmp_path / f"f.{suffix}").read_text(encoding="utf-8")
        assert "ropagação para trás" in text
    saved = (tmp_path / "f.html").read_text(encoding="utf-8")
    assert '<html lang="pt">' in saved
    assert re.search(r'math { font: [^}]*"DejaVu Math TeX Gyre"[^}]* math; }', saved)
    assert "prefers-color-scheme: dark" in saved
    assert not re.search(r"https?:|src=|@import|<script|<link", saved), "nothing is fetched"


def test_latex_is_read_back_as_it_was_written():
    kinds = [
        part.kind
        for part in parse(r"\left(a + b\right)^{2} \cdot \begin{bmatrix} 1 & 2 \end{bmatrix}")
    ]
    assert kinds == ["script", "token", "table"]
    assert mathml(escape("a < b")).count("<mtext>") == 2
    assert mathml(r"\text{a<b}") == '<math displaystyle="true"><mtext>a&lt;b</mtext></math>'
    mean = mathml(r"\overline{\begin{bmatrix} 1 & 2 \end{bmatrix}}")
    assert '<mrow style="border-top' in mean, "a line over all of it"
    assert mathml(r"\hat{y}").count('<mover accent="true">') == 1
    assert write(Leaf("x", -2.0), LATEX.by_value).text == "-2"
    entry = Entry("W1", 1.0, (1, 2))
    assert write(entry, LATEX.by_name, LATEX).text == r"\left[W_{1}\right]_{1,2}"
    rows = Matrix([[1.0, Leaf("x", 2.0)]])
    assert write(rows, LATEX.by_name, LATEX).text == r"\begin{bmatrix} 1 & x \end{bmatrix}"
    assert Equation(None, (), 1.0).stages(LATEX) == ["1"]


def test_a_thousand_operations_stay_readable():
    x, b = variables(x=0.5, b=0.1)
    for _ in range(500):
        x = np.tanh(x * b)
    text = str(explain(x))
    assert len(text) < 600_000
    assert max(map(len, text.splitlines())) < 250
