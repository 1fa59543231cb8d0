"""Expressions: they mean what Python means by them, and nothing else is understood."""

import math
import re

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from autograd import Tensor
from autograd.expression import DEEPEST, LONGEST, Expression, ExpressionError, functions
from autograd.primitive import COMPOSITES, PRIMITIVES
from autograd.rules import neural

VALUES = {"a": 1.25, "b": -0.75, "c": 2.0}

REFUSALS = {
    "__import__('os').system('ls')": """\
only arithmetic and NumPy functions are understood, not attribute access
  where: __import__('os').system('ls')
         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  instead: exp(x), sum(x), x**2""",
    "a * b.T": """\
only arithmetic and NumPy functions are understood, not attribute access
  where: a * b.T
             ^^^
  instead: transpose(b)""",
    "1 + b.sum()": """\
only arithmetic and NumPy functions are understood, not attribute access
  where: 1 + b.sum()
             ^^^^^^^
  instead: sum(b)""",
    "a^2": """\
only arithmetic and NumPy functions are understood, not ^
  where: a^2
         ^^^
  instead: x**2 for a power""",
    "2(a + b)": """\
2 is not a function: a product needs its sign
  where: 2(a + b)
         ^^^^^^^^
  instead: 2 * (a + b)""",
    "a(b + c)": """\
a is not a function: a product needs its sign
  where: a(b + c)
         ^^^^^^^^
  instead: a * (b + c)""",
    "sinn(a)": """\
there is no function sinn
  where: sinn(a)
         ^^^^
  instead: sin(x)""",
    "a + ln(b)": """\
there is no function ln
  where: a + ln(b)
             ^^
  instead: log(x)""",
    "a * exp": """\
exp is a function
  where: a * exp
             ^^^
  instead: exp(x)""",
    "a * z": """\
no value is given for z
  where: a * z
             ^
  instead: z=1 after the expression""",
    "θ * variável": """\
no value is given for θ
  where: θ * variável
         ^
  instead: θ=1 after the expression""",
    "'θ変' * z": """\
only arithmetic and NumPy functions are understood, not text
  where: 'θ変' * z
         ^^^^^
  instead: numbers and names""",
    "a, b": """\
only arithmetic and NumPy functions are understood, not a comma here
  where: a, b
         ^^^^
  instead: 2.5 with a decimal point, or [2, 5] for an array""",
    "a if b else c": """\
only arithmetic and NumPy functions are understood, not if … else
  where: a if b else c
         ^^^^^^^^^^^^^
  instead: where(c, x, y)""",
    "a < b < c": """\
only arithmetic and NumPy functions are understood, not a chain of comparisons
  where: a < b < c
         ^^^^^^^^^
  instead: (a < b) * (b < c)""",
    "2j * a": """\
only arithmetic and NumPy functions are understood, not complex numbers
  where: 2j * a
         ^^
  instead: real numbers""",
    "{1: a}": """\
only arithmetic and NumPy functions are understood, not this
  where: {1: a}
         ^^^^^^
  instead: numbers, names, + - * / ** @, exp(x)""",
    "sum(*a)": """\
only arithmetic and NumPy functions are understood, not this
  where: sum(*a)
             ^^
  instead: numbers, names, + - * / ** @, exp(x)""",
    "sum(a, **b)": """\
a keyword takes a constant, and has a name
  where: sum(a, **b)
         ^^^^^^^^^^^
  instead: axis=0""",
    "sum(a, axis=b)": """\
a keyword takes a constant
  where: sum(a, axis=b)
                     ^
  instead: axis=0""",
    "sin(a, b)": """\
sin takes 1 argument, not 2
  where: sin(a, b)
         ^^^^^^^^^
  instead: sin(a)""",
    "maximum(a)": """\
maximum takes 2 arguments, not 1
  where: maximum(a)
         ^^^^^^^^^^
  instead: maximum(a, b)""",
    "a @ b": """\
@ multiplies arrays, not numbers
  where: a @ b
         ^^^^^
  instead: a * b""",
    "3 + [1, 2] @ [1, 2, 3]": """\
matmul cannot multiply (2,) by (3,): 2 against 3
  where: 3 + [1, 2] @ [1, 2, 3]
             ^^^^^^^^^^^^^^^^^^
  instead: make the last axis of the first equal the last but one of the second (try .T)""",
    "[1, 2] + [1, 2, 3]": """\
add cannot broadcast ([2]) and ([3]): axis -1 is 2 against 3""",
    "[[1, 2], [3]]": """\
the entries of an array have one shape
  where: [[1, 2], [3]]
         ^^^^^^^^^^^^^
  instead: [1, 2, 3], [[1, 2], [3, 4]]""",
    "[1, 2][a]": """\
an index is a constant
  where: [1, 2][a]
                ^
  instead: x[0], x[1:3], x[:, 0]""",
    "split([1, 2], 2)": """\
this has several results
  where: split([1, 2], 2)
         ^^^^^^^^^^^^^^^^
  instead: (split([1, 2], 2))[0]""",
    "lambda * a": """\
lambda is a reserved word of Python
  where: lambda * a
         ^
  instead: another name""",
    "a = 2": """\
this is not arithmetic
  where: a = 2
           ^
  instead: the values after the expression: a=2 b=3""",
    "|a|": """\
this is not arithmetic
  where: |a|
         ^
  instead: abs(x)""",
    "2a": """\
invalid decimal literal
  where: 2a
         ^
  instead: 2 * x, with the sign of the product""",
    "a²": """\
invalid character '²' (U+00B2)
  where: a²
          ^
  instead: x**2""",
    "(a + b": """\
'(' was never closed
  where: (a + b
         ^
  instead: a closing bracket for each opening one""",
    "a +": """\
the expression ends too early
  where: a +
            ^
  instead: (a + b) * c""",
    " ": """\
the expression is empty
  where: ''
  instead: (a + b) * c""",
    "a\0b": """\
this character cannot be read
  where: a�b
          ^
  instead: (a + b) * c""",
    "a + \ud800": """\
this character cannot be read
  where: a + �
             ^
  instead: (a + b) * c""",
    "1" * 5000: "a number has too many digits",
    "a + " * LONGEST: "an expression has at most 10,000 characters",
}
TOO_DEEP = {
    "brackets": "(" * 300 + "a" + ")" * 300,
    "signs": "-" * 5000 + "a",
    "sums": "+".join(["a"] * 3000),
    "powers": "a" + "**a" * 3000,
    "calls": "exp(" * 150 + "a" + ")" * 150,
}


@pytest.mark.parametrize("text", REFUSALS, ids=lambda text: ascii(text[:24]))
def test_what_is_refused_is_marked(text):
    with pytest.raises(ExpressionError) as caught:
        Expression(text)(VALUES)
    assert str(caught.value).startswith(REFUSALS[text])
    assert len(str(caught.value).splitlines()) in (3, 4)


@pytest.mark.parametrize("text", TOO_DEEP.values(), ids=TOO_DEEP)
def test_depth_has_a_limit(text):
    with pytest.raises(ExpressionError, match=f"nested deeper than {DEEPEST} levels"):
        Expression(text)


def test_the_mark_stays_in_sight_in_a_long_expression():
    with pytest.raises(ExpressionError) as caught:
        Expression("[" + "a, " * 60 + "b.c, " + "a, " * 30 + "]")(VALUES)
    _, where, mark, _ = str(caught.value).splitlines()
    assert len(where) < 90
    assert where[mark.index("^") : mark.rindex("^") + 1] == "b.c"


def test_wide_characters_take_two_columns():
    with pytest.raises(ExpressionError) as caught:
        Expression("変 * b.c")({"変": 1.0, "b": 2.0})
    assert str(caught.value).splitlines()[2] == " " * 9 + "   " + "  " + "^^^"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("9**9**9**9", math.inf),
        ("-9**9**9**9", -math.inf),
        ("0/0", math.nan),
        ("9" * 400 + " * 0 + 1", math.nan),
        ("(-8)**(1/3)", math.nan),
        ("2e400", math.inf),
    ],
)
def test_numbers_overflow_instead_of_growing(text, expected):
    assert Expression(text)({}) == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("np.exp(np.pi * 0) + math.sqrt(4)", 3),
        ("sum([[1, 2], [3, 4]], axis=0)", [4, 6]),
        ("sum([[1, 2], [3, 4]], 1)", [3, 7]),
        ("reshape([1, 2, 3, 4], (2, 2)) @ [1, -1]", [-1, -1]),
        ("concatenate(([1, 2], [3]))", [1, 2, 3]),
        ("einsum('i,i->', [1, 2], [3, 4])", 11),
        ("roll([1, 2, 3], -1)", [2, 3, 1]),
        ("[[1, 2], [3, 4]][:, 0]", [1, 3]),
        ("[1, 2, 3][-2:]", [2, 3]),
        ("maximum([1, 5], 3) > 3", [False, True]),
        ("where(1 < 2, 10, 20)", 10),
        ("clip([1, 5], None, 3)", [1, 3]),
        ("norm([3, 4])", 5),
        ("sigmoid(0) + relu(-3)", 0.5),
        ("split([1, 2, 3, 4], 2)[1]", [3, 4]),
        ("7 // 2 + -7 % 3", 5),
        ("softmax([0, 0])", [0.5, 0.5]),
    ],
)
def test_functions_go_by_their_numpy_names(text, expected):
    np.testing.assert_array_equal(Expression(text)({}), expected)


def test_a_list_of_variables_is_an_array():
    a, b = Tensor(2.0, requires_grad=True), Tensor(3.0, requires_grad=True)
    f = Expression("sum([a, b * a] * [1, 10])")({"a": a, "b": b})
    f.backward()
    assert (f.item(), a.grad.item(), b.grad.item()) == (62, 31, 20)


def test_names_are_read_as_python_reads_them():
    assert Expression("(b + ﬁ) * sin(x1) + b").names == ["b", "fi", "x1"]
    assert str(Expression("(a+b)\n*\tc**2")) == "(a + b) * c ** 2"


def test_every_function_is_one_of_the_table():
    assert {"exp", "tanh", "max", "norm", "softmax", "relu", "gelu", "where"} <= set(functions())
    ours = {neural.gelu, neural.linear}
    assert set(functions().values()) <= {*PRIMITIVES, *COMPOSITES, *ours}
    assert not {"eval", "exec", "open", "load", "save", "fromfile"} & set(functions())


# ── laws ──────────────────────────────────────────────────────────────────────────────────────
numbers = st.one_of(
    st.sampled_from(["a", "b", "c"]),
    st.integers(0, 9).map(str),
    st.floats(0.1, 9, allow_nan=False).map(repr),
)


def _grown(parts):
    binary = st.tuples(parts, st.sampled_from(["+", "-", "*", "/", "**", "//", "%"]), parts)
    return st.one_of(
        binary.map(" ".join),
        parts.map("({})".format),
        parts.map("-{}".format),
        st.tuples(st.sampled_from(["exp", "sin", "tanh", "abs"]), parts).map(
            "{0[0]}({0[1]})".format
        ),
    )


arithmetic = st.recursive(numbers, _grown, max_leaves=10)
smooth = st.recursive(
    numbers,
    lambda parts: st.one_of(
        st.tuples(parts, st.sampled_from(["+", "-", "*"]), parts).map(
            "({0[0]} {0[1]} {0[2]})".format
        ),
        st.tuples(st.sampled_from(["sin", "tanh", "arctan", "sigmoid"]), parts).map(
            "{0[0]}({0[1]})".format
        ),
        parts.map("{}**2".format),
        parts.map("-({})".format),
    ),
    max_leaves=8,
)


@given(arithmetic)
def test_it_means_what_python_means(text):
    names = {k: np.float64(v) for k, v in VALUES.items()}
    scope = {"__builtins__": {}, "exp": np.exp, "sin": np.sin, "tanh": np.tanh, "abs": np.abs}
    with np.errstate(all="ignore"):
        expected = eval(_float64(text), scope | names | {"F": np.float64})
    np.testing.assert_array_equal(Expression(text)(names), expected)


def _float64(text):
    """Wrap every number, so that Python computes in float64 too."""
    return re.sub(r"(?<![\w.])(\d[\d.]*(?:e-?\d+)?)", r"F(\1)", text)


@given(smooth)
def test_its_gradients_are_those_of_differences(text):
    expression = Expression(text)
    variables = {k: Tensor(v, requires_grad=True) for k, v in VALUES.items()}
    f = expression(variables)
    if not isinstance(f, Tensor) or abs(f.item()) > 1e4:
        return
    f.backward()
    for name, x in variables.items():
        slopes = [_slope(expression, name, step) for step in (1e-4, 1e-5)]
        assume(slopes[0] == pytest.approx(slopes[1], rel=1e-4, abs=1e-4))
        got = x.grad.item() if x.grad is not None else 0.0
        assert got == pytest.approx(slopes[1], rel=1e-3, abs=1e-3)


def _slope(expression, name, step):
    high, low = (expression(VALUES | {name: VALUES[name] + d}) for d in (step, -step))
    return (high - low) / (2 * step)


@given(st.one_of(st.text(), st.text("ab12+-*/()[]{}.,:=<>!@^|&~'\"\\ \nθ_exp")))
def test_any_text_is_computed_or_refused(text):
    message = ""
    try:
        Expression(text)(VALUES)
    except ExpressionError as error:
        message = str(error)
    assert not message or re.search("\n  where: .*\n( +\\^+\n)?  instead: .", message)
