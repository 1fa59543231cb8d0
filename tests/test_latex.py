r"""LaTeX is read back, by rules of its own: what stands in a formula is read as one thing."""

import functools
import itertools
import math
import operator
import zlib

import numpy as np
import pytest
from scipy import special

import autograd.scipy.special  # noqa: F401  # whose rows are in the table then
from autograd import Tensor, capture, explain
from autograd.primitive import PRIMITIVES, Primitive
from autograd.program.printers.latex import Part, latex, parse
from autograd.program.printers.spell import UNARY, Spelled, spell
from autograd.rules import neural
from autograd.view.derivation.formats import latex_body

RELATIONS = "=", "<", ">", r"\leq", r"\geq", r"\neq"
LOOSEST = [(",", ";"), RELATIONS, (r"\vee",), (r"\oplus",), (r"\wedge",)]
PRODUCTS = r"\cdot", r"\odot", r"\,", r"\otimes", ":", "*"
CONSTANTS = {"e", r"\pi", "1.5"}
SIGNS = {"+", "-", r"\neg"}
CONVENTIONS = {
    "a remainder is looser than a sum": [*LOOSEST, (r"\bmod",), ("+", "-"), PRODUCTS],
    "a remainder is a product": [*LOOSEST, ("+", "-"), (*PRODUCTS, r"\bmod")],
}
"""The operators from the loosest to the tightest; people differ about the remainder."""


def made_of(name, *values):
    """Return a number that tells a name and values from all others."""
    return math.sin(zlib.crc32(name.encode()) + sum((i + 1.3) * v for i, v in enumerate(values)))


class Reader:
    """Read LaTeX as a number; what a function computes does not matter, what it is given does."""

    def __init__(self, operators, values):
        self.operators, self.values = operators, values
        self.infix = set(itertools.chain(*operators))

    def read(self, tex):
        return self.row(parse(tex))

    def row(self, row):
        row = [part for part in row if part.text not in (r"\text if ", r"\text otherwise")]
        wide = next((i for i in range(len(row)) if self.reaches_far(row, i)), len(row))
        for signs in self.operators:
            reach = wide if signs[0] == PRODUCTS[0] else len(row)
            at = [
                i for i in range(1, reach) if row[i].text in signs and not self.infixed(row[i - 1])
            ]
            if at:
                assert signs != RELATIONS or len(at) == 1, "a = b = c"
                left, right = self.row(row[: at[-1]]), self.row(row[at[-1] + 1 :])
                sign = row[at[-1]].text
                known = {"+": left + right, "-": left - right}
                known |= dict.fromkeys(PRODUCTS, left * right)
                return known[sign] if sign in known else made_of(sign, left, right)
        if not row:
            return 0.0
        if row[0].text in SIGNS and len(row) > 1:
            rest = self.row(row[1:])
            return {"-": -rest, "+": rest}.get(row[0].text, made_of(row[0].text, rest))
        return self.product(row)

    def product(self, row):
        """Read one thing after the other: numbers, and functions of what follows them."""
        if not row:
            return 1
        if len(row) == 1 or not self.is_function(row[0]):
            return self.part(row[0]) * self.product(row[1:])
        end = self.end(row, 0)
        given = self.row(row[1:end]) if end else self.row(row[1:])
        return made_of("of", self.part(row[0]), given) * self.product(row[end:] if end else ())

    def infixed(self, part):
        return part.kind == "token" and part.text in self.infix

    def is_function(self, part):
        name = part.parts[0] if part.kind == "script" else part
        known = name.text in self.values.keys() | CONSTANTS | SIGNS or name.text.isdigit()
        return name.kind in ("token", "text") and not known and not self.infixed(name)

    def end(self, row, i):
        """Tell where a function ends: f (x), f g (x); nowhere before the next sum, ln a · b."""
        while i + 1 < len(row) and self.is_function(row[i]):
            i += 1
        return i + 1 if row[i].kind == "fence" else None

    def reaches_far(self, row, i):
        is_function = self.is_function(row[i]) and i + 1 < len(row) and not self.infixed(row[i + 1])
        return is_function and self.end(row, i) is None

    def part(self, part):
        if part.kind == "group":
            return self.row(part.parts)
        if part.kind == "fence":
            inner = self.row(part.parts)
            return inner if part.text == "( )" else made_of(part.text, inner)
        if part.kind in ("token", "text"):
            return self.values.get(part.text) or made_of(part.text)
        return made_of(part.kind + part.text, *(self.part(p) for p in part.parts))


def tex_of(fn, *args, **params):
    spelled = [a if isinstance(a, Spelled) else Spelled(a) for a in args]
    return spell(PRIMITIVES[fn], spelled, params, latex)


def tex(row, *names):
    return spell(row, list(map(Spelled, names)), {}, latex).text


ONE = [
    np.negative, np.positive, np.sum, np.all, np.exp, np.sin, np.sqrt, np.square, np.transpose,
    np.invert, np.degrees, np.linalg.inv, np.mean, np.absolute, neural.logsumexp,
    neural.log_softmax, special.entr,
]  # fmt: skip
TWO = [
    np.add, np.multiply, np.divide, operator.pow, np.subtract, np.matmul, np.greater, np.equal,
    np.remainder, np.bitwise_and, np.bitwise_or, np.bitwise_xor, special.xlogy, special.kl_div,
    np.convolve, np.tensordot,
]  # fmt: skip
INNER = [
    *(tex_of(fn, "a") for fn in ONE), *(tex_of(fn, "a", "b") for fn in TWO),
    tex_of(np.where, "a", "b", "c"), Spelled("-1.5", UNARY),
]  # fmt: skip
NAMES = "abcqxyz"


@pytest.mark.parametrize("operators", CONVENTIONS.values(), ids=list(CONVENTIONS))
def test_whatever_stands_in_a_formula_is_read_as_one_thing(operators):
    values = {name: math.cos(i) for i, name in enumerate(NAMES, 1)}
    reader = Reader(operators, values)
    wrong, count = [], 0
    for op in PRIMITIVES.values():
        n = len(op.rules) or 2
        for k, inner in itertools.product(range(n), INNER):
            args = [Spelled(x) for x in ("x", "y", "z", "a", "b")[:n]]
            args[k] = Spelled("q")
            values["q"] = reader.read(inner.text)
            whole = reader.read(spell(op, args, {}, latex).text)
            args[k] = inner
            text = spell(op, args, {}, latex).text
            count += 1
            try:
                if not math.isclose(reader.read(text), whole, rel_tol=1e-9, abs_tol=1e-12):
                    wrong.append(text)
            except AssertionError as error:
                wrong.append(f"{text}: {error}")
    assert count > 5000
    assert not wrong, "\n".join(wrong)


def test_a_formula_has_the_parentheses_that_it_needs_and_no_others():
    total, minus = tex_of(np.add, "a", "b"), tex_of(np.negative, "a")
    over = tex_of(np.greater, "a", "b")
    rest = tex_of(np.remainder, "a", "b")
    written = [
        tex_of(np.negative, total), tex_of(np.multiply, minus, "b"), tex_of(np.add, "b", minus),
        tex_of(np.greater, "a", Spelled("-1.5", UNARY)), tex_of(np.equal, over, "c"),
        tex_of(np.where, over, total, minus), tex_of(operator.pow, tex_of(np.where, *"abc"), "2"),
        tex_of(special.rel_entr, total, "c"),
        tex_of(special.pseudo_huber, tex_of(np.square, "a"), "r"),
        tex_of(neural.logsumexp, "a"), tex_of(np.multiply, "a", tex_of(np.degrees, "b")),
        tex_of(np.heaviside, total, "c"), tex_of(np.remainder, total, tex_of(np.sin, "c")),
        tex_of(np.negative, rest), tex_of(np.add, rest, "c"), tex_of(np.remainder, minus, rest),
        tex_of(np.multiply, tex_of(np.negative, tex_of(np.sum, "a")), "b"),
        tex_of(np.max, "a", axis=0), tex_of(np.mean, "a", axis=0), tex_of(np.sum, "a", axis=0),
    ]  # fmt: skip
    assert [spelled.text for spelled in written] == [
        r"-\left(a + b\right)", r"-a \cdot b", r"b + \left(-a\right)",
        r"a > -1.5", r"\left(a > b\right) = c",
        r"\begin{cases} a + b & \text{if } a > b \\ -a & \text{otherwise} \end{cases}",
        r"\left(\begin{cases} b & \text{if } a \\ c & \text{otherwise} \end{cases}\right)^{2}",
        r"\left(a + b\right) \ln\left(\frac{a + b}{c}\right)",
        r"\left(a^2\right)^2 \left(\sqrt{1 + \left(\frac{r}{a^2}\right)^2} - 1\right)",
        r"\ln\left(\sum e^{a}\right)", r"a \cdot \left(\frac{180}{\pi} b\right)",
        r"H\left(a + b; c\right)", r"\left(a + b\right) \bmod \sin\left(c\right)",
        r"-\left(a \bmod b\right)", r"\left(a \bmod b\right) + c",
        r"-a \bmod \left(a \bmod b\right)",
        r"\left(-\sum a\right) \cdot b",
        r"\max\left(a, \text{axis}=0\right)", r"{\overline{a}}_{\text{axis}=0}",
        r"\sum_{\text{axis}=0} a",
    ]  # fmt: skip


def test_a_comparison_stands_beside_an_equals_sign_in_brackets():
    """The chain a = b = c says another thing."""

    def f(a, b):
        same = a == b
        return same * 2 + (a < b), a > b

    program = capture(f, 1.0, 2.0)
    assert program.latex.splitlines()[1:-1] == [
        r"\text{same} &= \left(a = b\right) \\",
        r"t_{4} &= \text{same} \cdot 2 + \left(a < b\right) \\",
        r"t_{5} &= \left(a > b\right)",
    ]
    assert r"f &= \left(a > b\right)" in capture(lambda a, b: a > b, 1.0, 2.0).latex
    x, y = Tensor(2.0, True, name="x"), Tensor(-3.0, True, name="y")
    same = x == y
    explained = explain(np.where(same, x, y))
    assert "same = (x == y) = (2 == (−3)) = False" in str(explained)
    assert (
        r"\text{same} &= \left(x = y\right) = \left(2 = \left(-3\right)\right) = \text{False}"
        in latex_body(explained.document)
    )


def test_a_formula_is_read_in_parts():
    token = functools.partial(Part, "token")
    one, a, b = token("1"), token("a"), token("b")
    cell = functools.partial(Part, "group", "")
    roots = r"\frac {a} {b}^2_{1} \sqrt[1]{a} \langle a \rangle \left[b\right]"
    table = r"\begin{bmatrix} a & b \\ 1 \end{bmatrix} {a}' ⟦1⟧"
    assert parse(roots + table) == (
        Part(
            "script",
            "",
            (Part("macro", r"\frac", (cell((a,)), cell((b,)))), cell((one,)), token("2")),
        ),
        Part("root", r"\sqrt", (cell((a,)), cell((one,)))),
        Part("fence", r"\langle \rangle", (a,)),
        Part("fence", "[ ]", (b,)),
        Part("table", "bmatrix", (cell((cell((a,)), cell((b,)))), cell((cell((one,)),)))),
        Part("script", "", (cell((a,)), cell(()), token("′"))),
        Part("hole", "1"),
    )


def test_a_users_template_is_read_too():
    total = tex_of(np.add, "a", "b")
    for template, text in {
        r"\max\left({0}, {0} \cdot 2\right)": r"\max\left(a + b, \left(a + b\right) \cdot 2\right)",
        r"\log_{{2 \cdot {0}}}\left(x\right)": r"\log_{2 \cdot \left(a + b\right)}\left(x\right)",
        r"\left[{0}, \ldots \right]": r"\left[a + b, \ldots \right]",
    }.items():
        row = Primitive(np.add, (None,), tex=template)
        assert spell(row, [total], {}, latex).text == text
    pair = spell(Primitive(np.add, (None, None), tex="{0}, {1}"), [total, total], {}, latex)
    assert tex_of(np.multiply, pair, "c").text == r"\left(a + b, a + b\right) \cdot c"


def test_an_argument_that_was_not_given_leaves_nothing():
    def weighted(x, w=1.0):
        return x * w

    row = Primitive(weighted, (None, None))
    assert tex(row, "x") == r"\operatorname{weighted}\left(x\right)"
    assert tex(row, "x", "w") == r"\operatorname{weighted}\left(x, w\right)"
