"""Expressions: they mean what Python means by them, and nothing else is understood."""

import ast
import math
import re

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from autograd import Tensor, explain
from autograd.expressions.expression import DEEPEST, LONGEST, Expression, ExpressionError
from autograd.expressions.hints import LONG, meant
from autograd.expressions.vocabulary import LOSSES, functions
from autograd.primitive import COMPOSITES, PRIMITIVES
from autograd.rules import neural

VALUES = {"a": 1.25, "b": -0.75, "c": 2.0}

REFUSALS = {
    "__import__('os').system('ls')": """\
only arithmetic and NumPy functions are understood, not attribute access
  where: __import__('os').system('ls')
         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  instead: exp(x), sum(x), x**2""",
    "[[a]].mT": """\
only arithmetic and NumPy functions are understood, not attribute access
  where: [[a]].mT
         ^^^^^^^^
  instead: matrix_transpose([[a]])""",
    "a * torch.sigmoid(2 ^ b)": """\
only arithmetic and NumPy functions are understood, not attribute access
  where: a * torch.sigmoid(2 ^ b)
             ^^^^^^^^^^^^^^^^^^^^
  instead: sigmoid(2 ** b)""",
    "torch.pi * a": """\
only arithmetic and NumPy functions are understood, not attribute access
  where: torch.pi * a
         ^^^^^^^^
  instead: pi""",
    "a.dot(b)": """\
only arithmetic and NumPy functions are understood, not attribute access
  where: a.dot(b)
         ^^^^^^^^
  instead: dot(a, b)""",
    "1 + b.sum()": """\
only arithmetic and NumPy functions are understood, not attribute access
  where: 1 + b.sum()
             ^^^^^^^
  instead: sum(b)""",
    "a^2": """\
only arithmetic and NumPy functions are understood, not ^
  where: a^2
         ^^^
  instead: a ** 2""",
    "a^2 + b": """\
only arithmetic and NumPy functions are understood, not ^
  where: a^2 + b
         ^^^^^^^
  instead: a ** 2 + b""",
    "1 + 2(a + b)": """\
2 is not a function: a product needs its sign
  where: 1 + 2(a + b)
             ^^^^^^^^
  instead: 1 + 2 * (a + b)""",
    "a(a+1)(b)": """\
a(a + 1) is not a function: a product needs its sign
  where: a(a+1)(b)
         ^^^^^^^^^
  instead: a * (a + 1) * b""",
    "ab": """\
no value is given for ab
  where: ab
         ^^
  instead: a * b""",
    "a·b": """\
no value is given for a·b
  where: a·b
         ^^^
  instead: a * b""",
    "a(b + c)": """\
a is not a function: a product needs its sign
  where: a(b + c)
         ^^^^^^^^
  instead: a * (b + c)""",
    "sinn(a)": """\
there is no function sinn
  where: sinn(a)
         ^^^^
  instead: sin(a)""",
    "a + ln(b)": """\
there is no function ln
  where: a + ln(b)
             ^^
  instead: log(b)""",
    "tg(2^a)": """\
there is no function tg
  where: tg(2^a)
         ^^
  instead: tan(2 ** a)""",
    "xyzzy(a)": """\
there is no function xyzzy
  where: xyzzy(a)
         ^^^^^
  instead: exp(x), sin(x), sum(x)""",
    "zeros(3) * a": """\
there is no function zeros
  where: zeros(3) * a
         ^^^^^
  instead: [0, 0, 0]""",
    "Tensor([1, 2]) * a": """\
there is no function Tensor
  where: Tensor([1, 2]) * a
         ^^^^^^
  instead: [1, 2, 3]""",
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
  instead: numbers, and names without quotes""",
    "σ(a)": """\
there is no function σ
  where: σ(a)
         ^
  instead: sigmoid(a)""",
    "Σ([a, b])": """\
there is no function Σ
  where: Σ([a, b])
         ^
  instead: sum([a, b])""",
    "sin(30°)": """\
invalid character '°' (U+00B0)
  where: sin(30°)
               ^
  instead: sin(30 * pi / 180)""",
    "max(a,b)*0,5": """\
only arithmetic and NumPy functions are understood, not a comma here
  where: max(a,b)*0,5
         ^^^^^^^^^^^^
  instead: max(a, b) * 0.5, [max(a, b) * 0, 5]""",
    "a * 0,05": """\
a decimal comma is not understood
  where: a * 0,05
               ^
  instead: a * 0.05""",
    "007 * a": """\
a number begins with a zero
  where: 007 * a
         ^
  instead: 7 * a""",
    "(2, 3) * a": """\
only arithmetic and NumPy functions are understood, not a comma here
  where: (2, 3) * a
         ^^^^^^
  instead: 2.5 with a decimal point, or [2, 5] for an array""",
    "a, b": """\
only arithmetic and NumPy functions are understood, not a comma here
  where: a, b
         ^^^^
  instead: 2.5 with a decimal point, or [2, 5] for an array""",
    "a if b else c": """\
only arithmetic and NumPy functions are understood, not if … else
  where: a if b else c
         ^^^^^^^^^^^^^
  instead: where(b, a, c)""",
    "lambda a: a^2": """\
only arithmetic and NumPy functions are understood, not lambda
  where: lambda a: a^2
         ^^^^^^^^^^^^^
  instead: a ** 2""",
    "a > 0 and b > 0": """\
only arithmetic and NumPy functions are understood, not and, or
  where: a > 0 and b > 0
         ^^^^^^^^^^^^^^^
  instead: (a > 0) * (b > 0)""",
    "a and b + 1": """\
only arithmetic and NumPy functions are understood, not and, or
  where: a and b + 1
         ^^^^^^^^^^^
  instead: (a != 0) * (b + 1 != 0)""",
    "(a > 0 or b > 0) and a": """\
only arithmetic and NumPy functions are understood, not and, or
  where: (a > 0 or b > 0) and a
         ^^^^^^^^^^^^^^^^^^^^^^
  instead: (a > 0) * (b > 0), maximum(a, b)""",
    "a > 0 or b > 0 or c > 0": """\
only arithmetic and NumPy functions are understood, not and, or
  where: a > 0 or b > 0 or c > 0
         ^^^^^^^^^^^^^^^^^^^^^^^
  instead: maximum(maximum(a > 0, b > 0), c > 0)""",
    "(a > 0) & (b > 0)": """\
only arithmetic and NumPy functions are understood, not &
  where: (a > 0) & (b > 0)
         ^^^^^^^^^^^^^^^^^
  instead: (a > 0) * (b > 0)""",
    "(a > 0) | (b > 0)": """\
only arithmetic and NumPy functions are understood, not |
  where: (a > 0) | (b > 0)
         ^^^^^^^^^^^^^^^^^
  instead: maximum(a > 0, b > 0)""",
    "not a > 0": """\
only arithmetic and NumPy functions are understood, not not
  where: not a > 0
         ^^^^^^^^^
  instead: (a > 0) == 0""",
    "~{1: a}": """\
only arithmetic and NumPy functions are understood, not ~
  where: ~{1: a}
         ^^^^^^^
  instead: c == 0""",
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
    "log(a + 1, 2)": """\
log takes 1 argument, not 2
  where: log(a + 1, 2)
         ^^^^^^^^^^^^^
  instead: log(a + 1) / log(2)""",
    "sum(a) / len(a)": """\
there is no function len
  where: sum(a) / len(a)
                  ^^^
  instead: mean(x)""",
    "import os": """\
nothing is imported: functions go by their names
  where: import os
         ^
  instead: (a + b) * c""",
    "from math import sin": """\
nothing is imported: functions go by their names
  where: from math import sin
                   ^
  instead: (a + b) * c""",
    "maximum(a)": """\
maximum takes 2 arguments, not 1
  where: maximum(a)
         ^^^^^^^^^^
  instead: maximum(a, b)""",
    "dot([a, b])": """\
dot failed: dot() missing 1 required positional argument: 'b'
  where: dot([a, b])
         ^^^^^^^^^^^
  instead: arguments that NumPy's function of that name takes""",
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
  instead: lambda_ * a""",
    "for a": """\
for is a reserved word of Python
  where: for a
         ^
  instead: for_ * a""",
    "for a in": """\
for is a reserved word of Python
  where: for a in
         ^
  instead: another name""",
    "b = a = 2": """\
this is not arithmetic
  where: a = 2
           ^
  instead: the values after the expression: a=2 b=3""",
    "a = a + 1": """\
a is what the result is called, and a variable in it
  where: a + 1
         ^^^^^
  instead: f = a + 1""",
    "f = f * y": """\
f is what the result is called, and a variable in it
  where: f * y
         ^^^^^
  instead: g = f * y""",
    "y(2) = a": """\
between the brackets before = stand plain names
  where: y(2) = a
           ^
  instead: y = a""",
    "y(a, exp()) = a": "this is not arithmetic",
    "y(a, if) = a": """\
between the brackets before = stand plain names
  where: y(a, if) = a
           ^
  instead: y = a""",
    "dx/da": """\
the derivatives are what is computed: write the function itself
  where: dx/da
         ^^^^^
  instead: f = x**2""",
    "d /da": """\
the derivatives are what is computed: write the function itself
  where: d /da
         ^^^^^
  instead: f = x**2""",
    "da/dc": """\
the derivatives are what is computed: write the function itself
  where: da/dc
         ^^^^^
  instead: a = x**2""",
    "d(a^2)/da": """\
the derivatives are what is computed: write the function itself
  where: d(a^2)/da
         ^^^^^^^^^
  instead: a ** 2""",
    "d/da a^2": """\
the derivatives are what is computed: write the function itself
  where: d/da a^2
         ^
  instead: a ** 2""",
    "∂f/∂a": """\
the derivatives are what is computed: write the function itself
  where: ∂f/∂a
         ^
  instead: f = x**2""",
    "y'(a)": """\
a quote is not arithmetic, nor is the prime of a derivative
  where: y'(a)
          ^
  instead: f = x**2""",
    "f'(a)": "a quote is not arithmetic, nor is the prime of a derivative",
    "|a| - b": """\
this is not arithmetic
  where: |a| - b
         ^
  instead: abs(a) - b""",
    "2a": """\
a product needs its sign
  where: 2a
         ^
  instead: 2 * a""",
    "sin a": """\
this is not arithmetic
  where: sin a
             ^
  instead: sin(a)""",
    "(a+1)b": """\
this is not arithmetic
  where: (a+1)b
              ^
  instead: (a + 1) * b""",
    "a!": """\
the derivative of a factorial is not known
  where: a!
          ^
  instead: 3 * 2 * 1""",
    "if a>0: a": """\
this is not arithmetic
  where: if a>0: a
         ^
  instead: where(a > 0, a, 0)""",
    "a if a > 0": """\
expected 'else' after 'if' expression
  where: a if a > 0
         ^
  instead: where(a > 0, a, 0)""",
    "softmax_cross_entropy([1, 2], a)": """\
cross entropy takes a class, 0 to n - 1, or n probabilities for each row of n numbers
  where: softmax_cross_entropy([1, 2], a)
         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  instead: cross_entropy([1, 2, 3], 0), cross_entropy([1, 2, 3], [1, 0, 0]), \
cross_entropy([[1, 2], [3, 4]], [0, 1])""",
    "a²": """\
invalid character '²' (U+00B2)
  where: a²
          ^
  instead: a ** 2""",
    "c * (a + b": """\
'(' was never closed
  where: c * (a + b
             ^
  instead: c * (a + b)""",
    "(a + b, (": """\
'(' was never closed
  where: (a + b, (
                 ^
  instead: a closing bracket for each opening one""",
    "a + b)": """\
unmatched ')'
  where: a + b)
              ^
  instead: an opening bracket for each closing one""",
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
PROSE = {
    "z=1 after the expression", "θ=1 after the expression", "real numbers", "another name",
    "numbers, and names without quotes", "numbers, names, + - * / ** @, exp(x)", "axis=0",
    "2.5 with a decimal point, or [2, 5] for an array", "an opening bracket for each closing one",
    "make the last axis of the first equal the last but one of the second (try .T)",
    "make each axis equal or 1, counted from the right (reshape, or index with None)",
    "the values after the expression: a=2 b=3", "a closing bracket for each opening one",
    "a part of it", "arguments that NumPy's function of that name takes",
}  # fmt: skip
"""What to write instead, in words: everything else is an expression, or several."""

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


@pytest.mark.parametrize("text", REFUSALS, ids=lambda text: ascii(text[:24]))
def test_what_to_write_instead_is_accepted(text):
    with pytest.raises(ExpressionError) as caught:
        Expression(text)(VALUES)
    instead = str(caught.value).rpartition("\n  instead: ")[2]
    if instead in PROSE:
        return
    for part in alternatives(instead):
        expression = Expression(part)
        x = np.ones((2, 2)) if "[" in part else 3.0
        expression(dict.fromkeys(expression.names, 1.0) | VALUES | {"x": x})


def alternatives(instead):
    """Take a line of expressions with commas between them apart."""
    try:
        tree = ast.parse(instead, mode="eval").body
    except SyntaxError:  # f = x**2
        return [instead]
    return [ast.unparse(part) for part in tree.elts] if type(tree) is ast.Tuple else [instead]


def test_what_takes_one_array_is_not_given_two():
    a, b = Tensor(1.0, requires_grad=True), Tensor([2.0], requires_grad=True)
    told = """\
sum takes one array, and constants behind it
  where: 1 + sum(a, b, 2)
             ^^^^^^^^^^^^
  instead: sum([a, b, 2])"""
    with pytest.raises(ExpressionError) as caught:
        Expression("1 + sum(a, b, 2)")({"a": a, "b": b})
    assert str(caught.value) == told


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
        ("concatenate([[1, 2], [3, 4]].T)", [1, 3, 2, 4]),
        ("einsum('i,i->', [1, 2], [3, 4])", 11),
        ("roll([1, 2, 3], -1)", [2, 3, 1]),
        ("[[1, 2], [3, 4]][:, 0]", [1, 3]),
        ("[1, 2, 3][-2:]", [2, 3]),
        ("maximum([1, 5], 3) > 3", [False, True]),
        ("[max(1, 0), max(1, 3, 2), min(1, 3, -2), min([1, 3])]", [1, 3, -2, 1]),
        ("where(1 < 2, 10, 20)", 10),
        ("clip([1, 5], None, 3)", [1, 3]),
        ("norm([3, 4])", 5),
        ("sigmoid(0) + relu(-3)", 0.5),
        ("split([1, 2, 3, 4], 2)[1]", [3, 4]),
        ("7 // 2 + -7 % 3", 5),
        ("softmax([0, 0])", [0.5, 0.5]),
        ("[[1, 2], [3, 4]].T @ ([1, 1] + [0, 1]).T", [7, 10]),
        ("exp(cross_entropy([0, 0], 1))", 2),
        ("exp(cross_entropy([[0, 0], [1, 1]], [0, 1]))", 2),
        ("exp(softmax_cross_entropy([[0, 0], [1, 1]], [0, 1]))", [2, 2]),
        ("exp(cross_entropy([0, 0], [0, 1]))", 2),
        ("exp(cross_entropy([[0, 0], [1, 1]], [[0, 1], [0.5, 0.5]]))", 2),
        ("exp(softmax_cross_entropy([[0, 0], [1, 1]], [[0, 1], [1, 0]]))", [2, 2]),
    ],
)
def test_functions_go_by_their_numpy_names(text, expected):
    np.testing.assert_array_equal(Expression(text)({}), expected)


@pytest.mark.parametrize(
    ("text", "called", "rest"),
    [
        ("y = m*x + b", "y", "m * x + b"),
        ("f(x, ÿ)=x == ÿ", "f", "x == ÿ"),
        ("x == y", None, "x == y"),
        ("ﬁ = 2", "fi", "2"),
    ],
)
def test_a_header_names_the_result(text, called, rest):
    expression = Expression(text)
    assert (expression.called, str(expression)) == (called, rest)


def test_an_index_of_lecture_notes_is_part_of_the_name():
    neuron = Expression("σ₁ = θ₀ + θ₁*x₁")
    assert (neuron.called, neuron.names) == ("σ1", ["θ0", "θ1", "x1"])


def test_a_power_of_a_number_is_recorded_as_it_is_typed():
    f = Expression("2**x")({"x": Tensor(3.0, requires_grad=True, name="x")})
    assert str(explain(f)).splitlines()[1] == "  f = 2^x = 2³ = 8"


def test_the_result_bears_its_name_and_a_variable_keeps_its_own():
    x = Tensor(2.0, requires_grad=True, name="x")
    assert Expression("y = x * x")({"x": x}).name == "y"
    assert Expression("y = x")({"x": x}).name == "x"


@pytest.mark.parametrize(
    ("text", "python"),
    [
        ("2x sin x cos 2y", "2 * x * sin(x) * cos(2 * y)"),
        ("sin cos x + 1", "sin(cos(x)) + 1"),
        ("tg x**2 / sen x", "tan(x ** 2) / sin(x)"),
        ("√2 · x²", "sqrt(2) * x ** 2"),
        ("sen²(x+1) + cos^2 x", "sin(x + 1) ** 2 + cos(x) ** 2"),
        ("sin²(2(x+1)) + x", "sin(2 * (x + 1)) ** 2 + x"),
        ("tg⁻¹(x) + sin^-1 x", "arctan(x) + arcsin(x)"),
        ("exp^-1(x)", ""),
        ("2 exp -x", ""),
        ("x²(y)", "x ** 2 * y"),
        ("(a+b)(a−b)", "(a + b) * (a - b)"),
        ("a–b", "a - b"),
        ("2 f(x)", ""),
        ("2x if x ≥ 0 else 0", "where(x >= 0, 2 * x, 0)"),
        ("if x>0: 2x else: x", "where(x > 0, 2 * x, x)"),
        ("def f(x): return 2x", "2 * x"),
        ("F.relu(2x)", "relu(2 * x)"),
        ("7//2x", "7 // 2 * x"),
        ("[2x, (y", "[2 * x, y]"),
        ("1.2.3", ""),
        ("x.real", ""),
        ("2, 5x", ""),
        ("'2x'", ""),
        ("2 exp(", ""),
        ("2 [", ""),
        ("exp(2x, **y)", ""),
        ("x" * (LONG + 1), ""),
    ],
)
def test_other_notation_is_understood_where_it_is_clear(text, python):
    assert meant(text) == python


def test_a_variable_is_no_function_and_no_module():
    assert meant("x(x + 1)", {"x"}) == "x * (x + 1)"
    assert meant("exp(x + 1)", {"exp"}) == "exp * (x + 1)"
    assert meant("F.sum(x)", {"F"}) == ""


def test_a_derivative_is_a_quotient_where_its_parts_have_values():
    assert Expression("dx/dt")({"dx": 6.0, "dt": 2.0}) == 3


def test_a_quotient_of_long_names_is_no_derivative():
    with pytest.raises(ExpressionError, match="no value is given for duration"):
        Expression("distance/duration")({"distance": 3.0})


@pytest.mark.parametrize("classes", ["2", "-1", "0.5", "nan", "inf", "[0, 1, 0]"])
def test_a_class_is_a_whole_number_below_the_length_of_the_row(classes):
    with pytest.raises(ExpressionError, match="takes a class, 0 to n - 1, or n probabilities"):
        Expression(f"cross_entropy([1, 2], {classes})")({})


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
    ours = {neural.gelu, neural.linear, *LOSSES.values()}
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


@given(st.one_of(st.text(), st.text("ab12+-*/()[]{}.,:=<>!@^|&~'\"\\ \nθ_exp²∂dfi")))
def test_any_text_is_computed_or_refused(text):
    message = ""
    try:
        Expression(text)(VALUES)
    except ExpressionError as error:
        message = str(error)
    assert not message or re.search("\n  where: .*\n( +\\^+\n)?  instead: .", message)
