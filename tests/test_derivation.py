"""Derivations: the text that is printed, and the formulas behind it held against their numbers."""

import operator
import re

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from samples import SAMPLES

from autograd import Tensor, sigmoid
from autograd.graph import toposort
from autograd.primitive import PRIMITIVES, primitive
from autograd.program.printers.spell import Spelled, numpy_source, plain_text, spell
from autograd.sweep.steps import gradients
from autograd.view.derivation.derivation import letters
from autograd.view.derivation.document import Document
from autograd.view.derivation.document import text as text_of
from autograd.view.derivation.explain import explanation
from autograd.view.derivation.formula import Call, Leaf, leaves, pullback
from autograd.view.derivation.languages import LANGUAGES
from autograd.view.derivation.writing import Style, by_name, by_value, write


def variables(**values):
    return [Tensor(v, requires_grad=True, name=name) for name, v in values.items()]


def body(text):
    return "\n".join(line.strip() for line in text.splitlines())


def written_out(f, *kinds):
    """Return the text of some sections of an explanation."""
    document = explanation(f, {}).document
    chosen = [section for section in document.sections if section.kind in kinds]
    return text_of(Document(document.title, chosen, document.language))


def forward(f):
    return written_out(f, "forward")


def backward(f):
    return written_out(f, "local", "backward")


def test_the_product_of_a_sum_as_in_the_lecture_notes():
    a, b, c = variables(a=2, b=3, c=4)
    assert (
        forward((a + b) * c)
        == """\
forward
  d = a + b = 2 + 3 = 5
  f = d · c = 5 · 4 = 20"""
    )
    assert (
        backward((a + b) * c)
        == """\
local derivatives
  ∂d/∂a = ∂(a + b)/∂a = 1
  ∂d/∂b = ∂(a + b)/∂b = 1
          ∂(d · c)/∂d = c = 4
          ∂(d · c)/∂c = d = 5

backward: the chain rule
  ∂f/∂f = 1
  ∂f/∂d = ∂f/∂f · c = 1 · 4 = 4       d receives 4 from f
  ∂f/∂c = ∂f/∂f · d = 1 · 5 = 5       c receives 5 from f
  ∂f/∂a = ∂f/∂d · ∂d/∂a = 4 · 1 = 4   a receives 4 from d
  ∂f/∂b = ∂f/∂d · ∂d/∂b = 4 · 1 = 4   b receives 4 from d"""
    )


def test_the_logistic_neuron_of_the_lecture_notes():
    t0, t1, x1 = variables(t0=-3, t1=2, x1=-1)
    text = backward(1 / (1 + np.exp(-(t0 + t1 * x1))))
    assert "∂c/∂b  = ∂(−b)/∂b = −1\n" in text
    assert "∂d/∂c  = ∂exp(c)/∂c = d = 148.4\n" in text
    assert "         ∂(1 / g)/∂g = −1 / g² = −1 / 149.4² = −4.479e−5\n" in text
    assert "∂f/∂c  = ∂f/∂d · ∂d/∂c = (−4.479e−5) · 148.4 = −0.006648 " in text


def test_every_way_to_a_variable_is_shown_and_summed():
    a, b = variables(a=2, b=-3)
    text = backward(a * a + a * b)
    assert "∂c/∂a = ∂(a · a)/∂a = a + a = 2 + 2 = 4\n" in text
    assert "∂f/∂a = ∂f/∂c · ∂c/∂a + ∂f/∂d · ∂d/∂a = 1 · 4 + 1 · (−3) = 1" in text
    a, b = variables(a=2, b=5)
    text = backward(a * (a + b))
    assert "∂f/∂a = ∂f/∂c · ∂c/∂a + ∂f/∂f · c = 2 · 1 + 1 · 7 = 9" in text
    assert "∂(a · c)/∂a = c = 7\n" in text, "∂f/∂a would be taken for the gradient"


def test_of_arrays_the_rule_itself_is_the_formula():
    W, x, y = variables(W=[[1.0, 2], [3, 4]], x=[1.0, -2], y=[0.5, 0.25])
    text = body(backward(np.sum((W @ x - y) ** 2)))
    assert "∂f/∂a = ∂f/∂b · 2 · a = [1, 1] · 2 · [−3.5, −5.25] = [−7, −10.5]   shape (2,)" in text
    assert "∂f/∂y = −∂f/∂a = −[−7, −10.5] = [7, 10.5]   shape (2,)" in text
    assert "∂f/∂W = outer(∂f/∂z, x)\n" in text
    assert "∂f/∂x = Wᵀ @ ∂f/∂z\n= [[1, 2], [3, 4]]ᵀ @ [−7, −10.5]\n= [−38.5, −56]   shape" in text


def test_broadcasting_is_summed_back_in_the_open():
    X, b = variables(X=[[1.0, 2], [3, 4]], b=[0.5, -0.5])
    text = body(backward(np.sum(np.tanh(X + b))))
    assert "∂f/∂c = ∂f/∂d · (1 − d²)" in text
    assert "∂f/∂b = sum(∂f/∂c, axis=0)" in text


def test_an_exponent_may_be_a_number_of_numpy():
    (x,) = variables(x=[1.0, -2])
    text = backward(np.sum(x ** np.float64(2)))
    assert "∂f/∂x = ∂f/∂y · 2 · x = [1, 1] · 2 · [1, −2] = [2, −4]" in text


def test_a_large_matrix_is_laid_out_in_rows():
    (X,) = variables(X=np.arange(12.0).reshape(4, 3))
    text = forward(np.sum(2 * X))
    assert (
        text
        == """\
forward
  a = 2 · X
    = [[ 0,  2,  4],
       [ 6,  8, 10],
       [12, 14, 16],
       [18, 20, 22]]   shape (4×3)
  f = sum(a) = 132"""
    )
    (X,) = variables(X=np.zeros((100, 200)))
    assert len(backward(np.sum(X * X))) < 1500


@pytest.mark.parametrize(
    ("f", "expected"),
    [
        (lambda x: x**3, "3 · x²"),
        (lambda x: x**-2, "−2 · x⁻³"),
        (lambda x: x**0.5, "0.5 · x^(−0.5)"),
        (lambda x: 2.0**x, "f · log(2)"),
        (np.square, "2 · x"),
        (np.sqrt, "1 / (2 · f)"),
        (lambda x: 1 / x, "−1 / x²"),
        (lambda x: 3 - x, "−1"),
        (np.sin, "cos(x)"),
        (np.cos, "−sin(x)"),
        (np.log, "1 / x"),
        (sigmoid, "f · (1 − f)"),
        (np.tanh, "1 − f²"),
        (lambda x: np.maximum(x, 0), "1"),
        (lambda x: np.maximum(x, 9), "0"),
        (lambda x: np.maximum(x, x * 1), "0.5"),
        (np.floor, "0"),
        (lambda x: x * np.pi, "π"),
    ],
)
def test_local_derivatives_read_as_in_a_book(f, expected):
    (x,) = variables(x=0.7)
    y = f(x)
    named = {t: Leaf(name, t.data) for t, name in letters(y).items()}
    assert write(pullback(y, 1.0, named)[x][0], by_name).text == expected


def test_a_formula_does_not_depend_on_where_it_is_computed():
    a, b = variables(a=0, b=3)  # 0 in the numerator: rules take care not to divide by 0
    assert "∂(a / b)/∂b = −a / b² = −0 / 3² = 0\n" in backward(a / b)


def test_letters_follow_those_that_are_taken():
    def named(f):
        return list(letters(f).values())

    a, x, f, z = variables(a=1, x=2, f=3, z=4)
    assert named((a + x) * a) == ["a", "x", "y", "f"]
    assert named((x + 1) * z + a) == ["a", "x", "z", "b", "c", "f"]
    assert named(f * 2 + 1) == ["f", "h", "g"]
    assert "v1" in named(sum((a * k for k in range(30)), a))
    shared = a * 2
    shared.name = "twice"
    assert named(shared + 1) == ["a", "twice", "f"]


# ── laws ──────────────────────────────────────────────────────────────────────────────────────
def value(formula):
    """Compute a formula with NumPy."""
    if isinstance(formula, Leaf):
        return formula.value
    if isinstance(formula, Call):
        return formula.op.call(*map(value, formula.args), **formula.params)
    return np.float64(formula) if isinstance(formula, float) else formula


@pytest.mark.parametrize("fn", SAMPLES, ids=lambda fn: getattr(fn, "__name__", str(fn)))
def test_a_formula_is_worth_what_the_rule_says(fn, rng):
    for case in SAMPLES[fn]:
        xs = [Tensor(x, x.dtype.kind == "f") for x in case.inputs()]
        y = case.f(*xs)
        if not isinstance(y, Tensor):
            continue
        named = {t: Leaf(f"x{i}", t.data) for i, t in enumerate(toposort(y))}
        for node in toposort(y):
            if node.op is None or not node.requires_grad:
                continue
            seeds = [1.0] if node.ndim == 0 else []
            for seed in [*seeds, Leaf("∂f/∂y", np.asarray(rng.standard_normal(node.shape))[()])]:
                for a, (formula, expected) in pullback(node, seed, named).items():
                    got = np.asarray(value(formula))  # axes of length 1 are left out
                    same = got.size == a.size
                    got = np.reshape(got, a.shape) if same else np.broadcast_to(got, a.shape)
                    np.testing.assert_allclose(got, expected, 1e-9, 1e-12, err_msg=str(case))
                    assert {leaf.name for leaf in leaves(formula)} <= {
                        leaf.name for leaf in named.values()
                    } | {"∂f/∂y"}


@pytest.mark.parametrize("fn", SAMPLES, ids=lambda fn: getattr(fn, "__name__", str(fn)))
def test_every_row_has_a_derivation(fn):
    for case in SAMPLES[fn]:
        xs = [Tensor(x, x.dtype.kind == "f", name=f"x{i}") for i, x in enumerate(case.inputs())]
        y = case.f(*xs)
        if not isinstance(y, Tensor) or not y.requires_grad:
            continue
        f = np.sum((np.real(y) if y.dtype.kind == "c" else y) * 1)
        text = forward(f) + "\n" + backward(f)
        assert not re.search(r"\{(\d+|\*|[a-z]\w*)\}", text), "a hole of a template was left open"
        for a in gradients(f):
            assert f"  ∂f/∂{letters(f)[a]} " in text


OPERATORS = [
    operator.add, operator.sub, operator.mul, operator.truediv, operator.pow, operator.matmul,
    operator.mod, operator.floordiv, operator.neg, operator.gt, operator.or_, np.maximum, np.exp,
    np.transpose,
]  # fmt: skip
ROWS = [row for row in PRIMITIVES.values() if row.call in OPERATORS or row.fn in OPERATORS]
trees = st.recursive(
    st.sampled_from("abc"),
    lambda parts: st.sampled_from(ROWS).flatmap(
        lambda row: st.tuples(st.just(row), *[parts] * len(row.rules))
    ),
    max_leaves=12,
)


class Shape:
    """Stands for a variable, and becomes the tree of what is done with it."""

    def __init__(self, tree):
        self.tree = tree


for _row in ROWS:
    if getattr(_row.call, "__module__", "") == "_operator":  # ufuncs tell it since NumPy 2.1
        _name = f"__{_row.call.__name__.strip('_')}__"
        setattr(Shape, _name, lambda *xs, row=_row: Shape((row, *(x.tree for x in xs))))
Shape.T = property(lambda x: Shape((PRIMITIVES[np.transpose], x.tree)))


class Functions:
    def __getattr__(self, name):
        row = PRIMITIVES[getattr(np, name)]
        return lambda *xs: Shape((row, *(x.tree for x in xs)))


def written(tree, notation):
    if isinstance(tree, str):
        return Spelled(tree)
    row, *parts = tree
    return spell(row, [written(part, notation) for part in parts], {}, notation)


@given(trees)
@example((PRIMITIVES[np.transpose], (PRIMITIVES[np.add], "a", "b")))
@example((PRIMITIVES[operator.pow], (PRIMITIVES[np.negative], "a"), (PRIMITIVES[np.add], "b", "c")))
def test_python_reads_back_the_tree_that_was_written(tree):
    text = written(tree, numpy_source).text
    scope = {"np": Functions(), **{name: Shape(name) for name in "abc"}}
    assert eval(text, scope).tree == tree
    if "((" not in text:  # and no pair of parentheses could have been left out
        for pair in re.finditer(r"(?<!\w)\(([^()]*)\)", text):
            less = text[: pair.start()] + " " + pair[1] + " " + text[pair.end() :]
            signed = pair[1].startswith("-")
            assert signed or _tree(less, scope) != tree, f"{text}: needless {pair[0]}"


def _tree(text, scope):
    try:
        return eval(text.strip(), scope).tree
    except (SyntaxError, TypeError, AttributeError):
        return None


def test_a_number_below_zero_stands_in_parentheses():
    a, b = Leaf("a", -2.0), Leaf("b", -0.5)
    add, sub, power, exp = (PRIMITIVES[f] for f in (np.add, np.subtract, operator.pow, np.exp))
    assert write(Call(sub, (a, b)), by_value).text == "(−2) − (−0.5)"
    assert write(Call(power, (a, 2)), by_value).text == "(−2)²"
    assert write(Call(exp, (a,)), by_value).text == "exp(−2)"
    assert write(Call(add, (a, -3.0)), by_name).text == "a + (−3)"


def test_a_very_large_number_stands_in_parentheses_only_as_the_base_of_a_power():
    a, b = Leaf("a", 2e9), Leaf("b", 1.5e-9)
    add, multiply, power = (PRIMITIVES[f] for f in (np.add, np.multiply, operator.pow))
    assert write(Call(add, (Call(multiply, (a, b)), b)), by_value).text == "2e9 · 1.5e−9 + 1.5e−9"
    assert write(Call(power, (a, 2)), by_value).text == "(2e9)²"
    assert write(Call(power, (b, a)), Style(LANGUAGES["es"]).by_value).text == "(1,5e−9)^2e9"


def test_parameters_become_keywords():
    def text(fn, *args, **params):
        return spell(PRIMITIVES[fn], [Spelled(a) for a in args], params, plain_text).text

    assert text(np.sum, "x", axis=None, keepdims=False) == "sum(x)"
    assert text(np.sum, "x", axis=0, keepdims=True) == "sum(x, axis=0, keepdims=True)"
    assert text(np.swapaxes, "x", axis2=1, axis1=0) == "swapaxes(x, 0, 1)"
    assert text(operator.getitem, "x", index=(slice(None, 2), 0, None)) == "x[:2, 0, None]"
    assert text(np.concatenate, "x", "y", axis=1) == "concatenate((x, y), axis=1)"
    assert text(np.linalg.norm, "x", axis=1) == "norm(x, axis=1)"
    assert text(np.hypot, "x") == "hypot(x)", "an optional argument may be left out"
    assert text(np.einsum, "x", "y", subscripts="ij,j->i") == "einsum('ij,j->i', x, y)"


def test_a_primitive_of_the_user_explains_itself():
    @primitive
    def cube(x):
        return x * x * x

    cube.defvjp(lambda g, y, x: g * 3 * x * x)
    (x,) = variables(x=2.0)
    text = backward(cube(x))
    assert "∂cube(x)/∂x = 3 · x² = 3 · 2² = 12\n" in text
    cube.defvjp(lambda g, y, x: np.float64(7))  # wrong, and no formula of x
    assert "∂cube(x)/∂x = 7\n" in backward(cube(x))
