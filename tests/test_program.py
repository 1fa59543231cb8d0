"""What a program tells of itself: its source, LaTeX, JavaScript, page, derivatives and costs."""

import ast
import copy
import importlib
import json
import math
import pickle
import re
import shutil
import subprocess
from collections import Counter
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose
from numpy.typing import NDArray
from test_capture import assert_captured, bits, layers, leaves, same, two_layers

import autograd as ag
from autograd import checkpoint, grad, hessian, jacobian, primitive, relu, value_and_grad
from autograd.base.tree import flatten
from autograd.program import Program, capture
from autograd.program.expansion import written_out
from autograd.program.printers.javascript import runtime
from autograd.program.printers.latex import parse
from autograd.program.printers.literals import array, wrapped
from nn import functional

NODE = shutil.which("node")
X = np.array([1.0, 2.0, 3.0])
SQUARE3 = np.arange(9.0).reshape(3, 3)
SCALE = 4.0


def halved(x):
    return x * 0.5


def ping(x, n=3):
    return pong(x / 2, n - 1) if n else x


def pong(x, n):
    return ping(x / 2, n)


def body(source):
    """Return the lines of the first function behind its docstring."""
    function = next(d for d in ast.parse(source).body if isinstance(d, ast.FunctionDef))
    lines = source.splitlines()[function.body[0].end_lineno : function.end_lineno]
    return [line.strip() for line in lines]


# ── the source ────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("f", "xs", "lines"),
    [
        (lambda a, b, c: (a + b) * c, (2.0, 3.0, 4.0), ["return (a + b) * c"]),
        (lambda a, b: a - (b - a) - b, (2.0, 3.0), ["return a - (b - a) - b"]),
        (lambda a, b: (a * b) ** 2 / -b, (2.0, 3.0), ["return (a * b) ** 2 / (-b)"]),
        (lambda x: x**2 + np.power(x, 3), (X,), ["return x ** 2 + np.power(x, 3)"]),
        (lambda x: 2 * x + np.float64(0.5), (X,), ["return 2 * x + 0.5"]),
        (lambda x: x * np.float32(0.5), (X,), ["return x * np.float32(0.5)"]),
        (lambda x: x * np.full(3, 0.5), (X,), ["return x * 0.5"]),
        (lambda x: x + np.broadcast_to(x[0], 3), (X,), ["return x + x[0]"]),
        (lambda x: x[:, None] @ x[None], (X,), ["return x[:, None] @ x[None]"]),
        (lambda x: x[[0, 2, 0]] * x[::-1][1:2], (X,), [
            "return x[np.array([0, 2, 0])] * x[::-1][1:2]"]),
        (lambda x: (x - 1).T[0], (X,), ["return (x - 1).T[0]"]),
        (lambda x: np.where(x > 1, x, 0), (X,), ["return np.where(x > 1, x, 0)"]),
        (lambda x: np.where(x, np.float32(4), 0), (X.astype("f4"),), [
            "return np.where(x, np.float32(4.0), 0)"]),
        (lambda x: np.where(x > 1, np.float64(1e300), np.float32(4)), (X,), [
            "return np.where(x > 1, np.float64(1e+300), np.float32(4.0))"]),
        (lambda x: np.where(x > 1, np.float64(0.5), np.array(2.0)), (X,), [
            "return np.where(x > 1, 0.5, 2.0)"]),
        (lambda x: np.ldexp(np.int64(3), x), (np.arange(3),), [
            "return np.ldexp(np.int64(3), x)"]),
        (lambda x: np.sum(np.stack((x, x)), axis=(0,)), (X,), [
            "return np.sum(np.stack((x, x)), axis=0)"]),
        (lambda x: np.linalg.norm(x, ord=np.inf), (X,), ["return np.linalg.norm(x, ord=np.inf)"]),
        (lambda x: (x, x + 1), (X,), ["t1 = x + 1", "return x, t1"]),
        (lambda n, m: n + (m << 2), (np.arange(3), np.arange(3)), ["return n + (m << 2)"]),
        (lambda n, m: (n >> 1 & m) ** 2, (np.arange(3), np.arange(3)), [
            "return (n >> 1 & m) ** 2"]),
    ],
)  # fmt: skip
def test_it_is_written_as_one_would(f, xs, lines):
    program = capture(f, *xs)
    assert body(program.source) == lines
    assert_captured(lambda *args: [v for v in leaves(f(*args)) if v is not None], xs)


@pytest.mark.parametrize(
    ("f", "xs", "lines"),
    [
        (lambda x: np.sum((x / 2.0) ** 3), (X,), ["dx = 3 * t1 ** 2 / 2.0", "return t3, dx"]),
        (lambda x: np.sum(1 / x), (X,), ["dx = -1.0 / x / x", "return t2, dx"]),
        (lambda x: np.sum(np.log(x)), (X,), ["dx = 1.0 / x", "return t2, dx"]),
        (lambda x: np.sum(5.0 % x), (X,), ["dx = -(5.0 // x)", "return t2, dx"]),
        (lambda x: np.sum(2.0**x), (X,), ["dx = t1 * 0.6931471805599453", "return t2, dx"]),
        (lambda x: np.sum(np.exp(x * X)), (X[:, None],), [
            "dx = np.sum(t2 * X, axis=1, keepdims=True)", "return t3, dx"]),
        (lambda x: np.mean((x - 1) ** 2), (X,), ["dx = 0.6666666666666666 * t1", "return t3, dx"]),
        (lambda x: np.sum(np.tanh(x * 2.0 + x[0]) * 1.5), (X,), [
            "t9 = 1.5 * (1 - t4 * t4)",
            "dx = scatter(np.sum(t9), 0, (3,)) + t9 * 2.0",
            "return t6, dx"]),
        (lambda w: np.sum(np.tanh(w @ X)), (SQUARE3,), [
            "dw = np.outer(1 - t2 * t2, X)", "return t3, dw"]),
        (lambda w: np.sum(np.tanh(X @ w)), (SQUARE3,), [
            "dw = np.outer(X, 1 - t2 * t2)", "return t3, dw"]),
        (lambda w, v: np.sum(np.tanh(v @ w.T)), (SQUARE3, SQUARE3), [
            "dw = (v.T @ (1 - t3 * t3)).T", "return t4, dw"]),
        (lambda v, w: np.sum(np.tanh(v @ w.T)), (SQUARE3, SQUARE3), [
            "dv = (1 - t3 * t3) @ w", "return t4, dv"]),
        (lambda x: np.sum(np.exp(-x) - np.exp(x)), (X,), ["dx = -t3 - t2", "return t5, dx"]),
        (lambda x: np.sum(x**X), (X,), [
            "dx = X * x ** np.array([0.0, 1.0, 2.0])", "return t2, dx"]),
    ],
)  # fmt: skip
def test_a_gradient_is_written_without_what_is_known(f, xs, lines):
    """A gradient that is 1 is not 0: nothing asks for it, and nothing guards the division by it."""
    source = capture(value_and_grad(f), *xs).source
    backward = body(source)
    assert backward[backward.index("# backward") + 1 :] == lines


def test_a_constant_that_is_used_once_is_written_there():
    source = capture(value_and_grad(lambda x: np.sum(3 * x)), X).source
    assert '    """x (3,) -> t2 (), (3,)"""\n' in source
    assert body(source)[-1] == "return t2, np.full(3, 3.0)"
    source = capture(lambda x: (x * np.arange(3), x + np.arange(3)), X).source
    assert "\n\nk = np.arange(3)\n\n" in source


def dense(x, W, b):
    x = x @ W + b
    return np.tanh(x)


def twice(x, W1, b1, W2, b2):
    h = dense(x, W1, b1)
    return np.sum(dense(h, W2, b2))


def rebound(x, W):
    x = np.tanh(x @ W)
    x = np.tanh(x * 2)
    return np.sum(x)


SQUARE = np.ones((2, 2))


@pytest.mark.parametrize(
    ("f", "xs", "result", "others"),
    [
        (twice, (SQUARE, SQUARE, X[:2], SQUARE, X[:2]),
         "twice, dx, dW1, db1, dW2, db2", {"h", "dh"}),
        (rebound, (SQUARE, SQUARE), "rebound, dx, dW", {"x_1"}),
        (lambda p, X: np.sum(np.exp(X @ p["W"] + p["b"])), ({"W": SQUARE, "b": X[:2]}, SQUARE),
         "t4, dp_W, dp_b, dX", set()),
    ],
)  # fmt: skip
def test_a_gradient_is_called_after_what_it_is_of(f, xs, result, others):
    """After the argument, not after what a function calls it that is called twice."""
    program = capture(value_and_grad(f, tuple(range(len(xs)))), *xs)
    assert body(program.source)[-1] == f"return {result}"
    assert others <= {str(e.name) for e in program.equations}
    assert not any(name.endswith("_1") for name in (*result.split(", "),))


def test_programs_with_pooling_and_with_numbers_are_printed():
    def pooled(x):
        return np.sum(functional.max_pool2d(functional.relu(x), 2))

    image = np.arange(16.0).reshape(1, 1, 4, 4) % 5 - 2
    assert_captured(value_and_grad(pooled), [image])
    assert_captured(value_and_grad(lambda p, a: p[0] * a, (0, 1)), [X, 2.0])


def test_definitions_stand_behind_the_function_and_are_short():
    def entropy(z):
        p = 1 / (1 + np.exp(-z))
        return -np.sum(p * np.log(p)) + np.sum(relu(z) ** 2)

    source = capture(value_and_grad(entropy), X).source
    functions = [d.name for d in ast.parse(source).body if isinstance(d, ast.FunctionDef)]
    assert functions == ["value_and_gradient_of_entropy", "relu", "masked", "over"]
    assert source.endswith(
        "def relu(x):\n"
        '    """Return max(x, 0); the derivative at 0 is 0."""\n'
        "    return np.maximum(x, 0)\n\n\n"
        "def masked(g, keep):\n"
        '    """Return g where `keep` is true, and 0 elsewhere, even where g is infinite."""\n'
        "    finite = isinstance(g, (np.ndarray, np.generic)) and np.isfinite(g).all()\n"
        "    return g * keep if finite else np.where(keep, g, 0)"
        "  # the product is seven times faster\n\n\n"
        "def over(g, d):\n"
        '    """Return g / d; and 0 where g is 0 although d is 0 or nan."""\n'
        "    return g / np.where((g == 0) & ((d == 0) | (d != d)), 1, d)\n"
    )


def test_long_results_get_lines_of_their_own():
    def f(x):
        for _ in range(40):
            x = np.sin(x) + x * 0.1234567
        return x

    source = capture(f, X).source
    assert max(map(len, source.splitlines())) <= 100
    assert len(body(source)) > 10


def test_no_line_is_too_long():
    big = np.arange(36.0).reshape(3, 12) * 1.1
    many = {f"a_rather_long_name_{i}": X * i for i in range(12)}

    def f(arguments):
        total = sum(arguments.values())
        joined = np.concatenate(list(arguments.values()))
        return [total * i for i in range(1, 30)], joined, total @ big

    program = assert_captured(f, [many])
    assert max(map(len, program.source.splitlines())) <= 100
    assert "big = np.array([[0.0, 1.1, 2.2," in program.source


def test_shapes_on_request():
    program = capture(two_layers, *layers())
    assert body(program.annotated) == [
        "h1 = np.tanh(X @ W1 + b1)  # (5, 6)",
        "y = h1 @ W2 + b2  # (5, 3)",
        "return np.mean((y - Y) ** 2)",
    ]
    assert "W1 (4, 6), b1 (6,), W2 (6, 3), b2 (3,), X (5, 4), Y (5, 3) -> ()" in program.source


@pytest.mark.parametrize(
    "f",
    [
        grad(lambda x, y: np.sum(x * x), (0, 1)),  # by y, a view of zeros
        lambda x, y: (np.ones_like(y)[1:], np.zeros(4, like=x)[:2], np.arange(3.0)),
        grad(lambda x, y: np.sum(checkpoint(lambda u: np.sin(u))(x) ** 2), (0, 1)),
    ],
)
def test_a_result_that_is_a_view_of_a_constant_is_the_callers_own(f):
    program, wanted = capture(f, X, np.ones((2, 3))), f(X, np.ones((2, 3)))
    for _ in range(2):
        results = program(X, np.ones((2, 3)))
        assert same(results, wanted)
        for y in results:
            y[...] = 7


def test_no_result_shares_memory_with_what_came_in():
    w, x = np.ones(3), np.array([1.0, 2.0, 3.0])
    for program in (
        capture(grad(np.dot), w, x),  # it is x
        capture(lambda w, x: [1 * x, +x, x.astype(float), x[1:], x, x], w, x),
        capture(value_and_grad(lambda w, x: w @ x, argnum=(0, 1)), w, x),
    ):
        for buffer in (x, np.frombuffer(x.tobytes())):
            results = [y for y in leaves(program(w, buffer)) if y.shape]
            for i, y in enumerate(results):
                assert not any(np.shares_memory(y, z) for z in (w, buffer, *results[i + 1 :]))
    a, b = (ag.Tensor(v, requires_grad=True) for v in (w, x))
    capture(lambda: (a * b).sum().backward())()
    a.grad.data[:] = 0
    assert b.tolist() == [1, 2, 3]
    for x in (ag.Tensor(2.0), ag.Tensor([1.0, 2.0])):
        before, (y, z) = x.tolist(), capture(lambda x: (x * 1, x * 1), x)(x)
        y += 1
        assert x.tolist() == z.tolist() == before


def test_constants_are_hoisted_under_their_names():
    centre = np.array([[1.5, 2.0, 2.5]])

    def f(x):
        return np.sum((x - centre) * centre)

    program = capture(f, np.ones((2, 3)))
    assert "\ncentre = np.array([[1.5, 2.0, 2.5]])\n" in program.source
    assert body(program.source) == ["return np.sum((x - centre) * centre)"]


@pytest.mark.parametrize(
    "array",
    [
        np.array([0.0, -0.0]), np.array([np.nan, 1.0]), np.eye(3)[::-1], np.eye(4, dtype=np.int8),
        np.zeros((2, 0)), np.full((2, 2), 7, np.uint8), np.arange(5), np.arange(100.0),
        np.array([True, False]), np.array([1j, -0j]), np.ones(3, np.float32),
        np.arange(6.0).reshape(2, 3).T, np.array([1, 2], ">i4").astype(">i4"), np.full(3, -0.0),
        np.repeat([0.0, -0.0, np.nan, 1.0], 30), np.repeat(np.float32([1, 0.5]), 50).reshape(4, 25),
        np.repeat([True, False], [90, 10]),
    ],
    ids=repr,
)  # fmt: skip
def test_arrays_are_written_bit_by_bit(array):
    program = capture(lambda x: (x, array), X)
    scope = {}
    exec(program.source, scope)
    got = scope[program.identifier](X)[1]
    assert bits(got) == bits(array.astype(array.dtype.newbyteorder("=")))
    assert got.flags.f_contiguous == array.flags.f_contiguous
    assert got.flags.writeable


def test_an_array_is_listed_up_to_64_numbers():
    def listed(n):
        return array(np.arange(n) * 1.5).startswith("np.array([0.0, 1.5, 3.0, ")

    assert [listed(n) for n in (1, 64, 65)] == [False, True, False]


def test_a_line_has_100_columns():
    whole, long = (f"x = {'a + ' * 20}{'b' * n}" for n in (12, 13))
    assert wrapped(whole, 4) == [whole]
    assert wrapped(long, 4) == ["x = (", f"    {'a + ' * 20}".rstrip(), f"    {'b' * 13}", ")"]
    text = f"x = f({'two  blanks ' * 9!r})"
    assert wrapped(text, 4) == [text], "what cannot be broken without another meaning"


def test_the_source_computes_with_pythons_numbers_too():
    """Whose comparisons are Python's truth values: ~True is -2, True + True is 2."""

    def f(a, b):
        return np.where(~(a > b), a, b) + ((a > b) + (a > 0)) * b

    program, scope = capture(f, 3.0, 2.0), {}
    exec(program.source, scope)
    for a, b in ((3.0, 2.0), (2.0, 3.0), (-1.0, -2.0)):
        assert scope[program.identifier](a, b) == program(a, b) == f(np.float64(a), np.float64(b))
    assert "~(a > 2)" in capture(lambda a: ~(a > 2), X).source


def test_a_comparison_of_a_comparison_is_no_chain():
    program = capture(lambda a, m: [(a < 2) == m, m == (a < 3), (m | m) == m], X, X > 1)
    for text in ("= (a < 2) == m", "= m == (a < 3)", "= m | m == m"):
        assert text in program.source


def test_a_parameter_that_is_false_is_written_where_true_is_the_default():
    def thin(a):
        u, s, v = np.linalg.svd(a, full_matrices=False)
        return u @ (s[:, None] * v)

    program = assert_captured(thin, [np.arange(6.0).reshape(3, 2)])
    assert "svd(a, full_matrices=False)" in program.source
    assert "keepdims" not in capture(lambda a: np.sum(a, keepdims=False), X).source


def test_a_few_numbers_in_turn_are_not_written_as_bytes():
    program = capture(grad(lambda x: np.sum(abs(np.fft.rfft(x)) ** 2)), np.ones(1000))
    assert "= np.repeat(np.array([1.0, 0.5, 1.0]), [1, 499, 1])" in program.source


def test_names_that_the_file_needs_for_itself():
    def sigmoid(relu, complex_, softmax):
        abs_ = ag.sigmoid(relu) + ag.softmax(softmax) * complex_
        k = abs_ * X
        return k @ np.array([3.0, 1.0, 2.0])

    program = assert_captured(sigmoid, [X, X, X])
    assert program.identifier == "sigmoid_"
    names = capture(lambda d: d["class"] + d["x²"] + d["np"] + d["λ"], dict.fromkeys(
        ["class", "x²", "np", "λ"], X))  # fmt: skip
    assert list(names.inputs) == ["d_class", "d_x2", "d_np", "d_λ"]
    assert same([names(dict.fromkeys(["class", "x²", "np", "λ"], X))], [4 * X])


def test_a_local_called_as_numpy():
    def f(np, lambda_):
        return np * lambda_ + ag.softmax(np)

    assert_captured(f, [X, X])


def test_helpers_are_defined_once_and_none_is_unused():
    def f(x):
        return np.sum(ag.gelu(x) + ag.relu(x) + ag.gelu(x * 2) + np.sort(x)[1:].sum())

    program = assert_captured(value_and_grad(f), [X])
    tree = ast.parse(program.source)
    functions = [n.name for n in tree.body if isinstance(n, ast.FunctionDef)]
    assert len(functions) == len(set(functions))
    used = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
    assert set(functions[1:]) <= used


@pytest.mark.parametrize(
    ("f", "part"),
    [(ag.gelu, "erf"), (lambda x: ag.gelu(x, "tanh"), "tanh"), (ag.silu, "sigmoid")],
    ids=["gelu", "tanh", "silu"],
)
def test_what_an_activation_and_its_gradient_share_is_computed_once(f, part):
    program = assert_captured(value_and_grad(lambda x: np.sum(f(x) ** 2)), [X])
    operations = [e.op.name for e in program.equations]
    assert operations.count(part) == 1
    assert not {"gelu", "gelu_tanh", "silu"} & {*operations}


def test_a_definition_comes_with_what_it_uses_and_nothing_else():
    def scaled(x):
        X = x / SCALE  # as a global is called
        return math.sqrt(SCALE) * halved(X)

    op = primitive(scaled, lambda g, y, x: g)
    source = assert_captured(lambda x: op(x) + 1, [X]).source
    assert source.startswith("import math\nimport numpy as np\n\n\ndef f(x):\n")
    assert "\n\n\nSCALE = 4.0\n\n\ndef halved(x):\n" in source
    assert "noqa" not in source
    assert "\nX = " not in source


def test_a_definition_is_printed_without_its_types():
    def powered(x: NDArray[np.float64], *, n: int = 2, rest: "dict[str, Any] | None" = None) -> Any:
        power: NDArray[np.float64] = x**n  # wherever the name of the type is from
        return power if rest is None else rest["power"]

    op = primitive(powered, lambda g, y, x, n=2: n * g * x ** (n - 1))
    source = assert_captured(lambda x: op(x) + 1, [X]).source
    assert "def powered(x, *, n=2, rest=None):\n    power = x**n  # wherever" in source
    assert "NDArray" not in source


def test_a_primitive_without_a_definition_is_interpreted():
    scale = 3.0

    def scaled(x):
        return scale * x

    scaled = primitive(scaled, lambda g, y, x: scale * g)
    program = capture(lambda x: scaled(x) + 1, X)
    assert same([program(X)], [3 * X + 1])
    assert r"&= \operatorname{scaled}\left(x\right) + 1" in program.latex
    with pytest.raises(NotImplementedError) as caught:
        program.source  # noqa: B018  # the printer is asked
    assert str(caught.value) == (
        "the definition of scaled cannot be printed\n"
        "  where: the primitive scaled, which is no plain function made with def\n"
        "  instead: a primitive of a function made with def, of its arguments and NumPy alone"
    )


def test_definitions_that_call_each_other_and_decorators_over_several_lines():
    @np.errstate(
        all="ignore",
    )
    def bounced(x):
        return ping(x) + x

    op = primitive(bounced, lambda g, y, x: g * (1 + 1 / 64))
    source = assert_captured(lambda x: op(x) + 1, [X]).source
    assert re.findall(r"^(?:def|@)\s*(\w+)", source, re.MULTILINE)[1:4] == [
        "pong",
        "ping",
        "bounced",
    ]


def test_two_definitions_of_one_name_are_not_taken_for_each_other(tmp_path, monkeypatch):
    """A program that printed both would compute with the last one: it is interpreted."""
    (tmp_path / "elsewhere.py").write_text(
        "SCALE = 3.0\ndef halved(x):\n    return x / SCALE\ndef scaled(x):\n    return x * SCALE\n"
        "def third(x):\n    return halved(x)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    elsewhere = importlib.import_module("elsewhere")

    def scaled(x):
        return halved(x) * SCALE

    ours = primitive(scaled, lambda g, y, x: 2 * g)
    for theirs, factor in ((elsewhere.scaled, 3), (elsewhere.third, 1 / 3)):
        other = primitive(theirs, lambda g, y, x, factor=factor: g * factor)
        program = capture(lambda x, other=other: ours(x) + other(x), X)
        np.testing.assert_allclose(program(X), (2 + factor) * X)
        with pytest.raises(NotImplementedError, match="beside another definition of "):
            program.source  # noqa: B018  # the printer is asked


def test_a_definition_that_uses_what_the_program_is_called():
    def through(x):
        return halved(x)

    op = primitive(through, lambda g, y, x: g / 2)

    def program(x):
        return op(x) + 1

    program.__name__ = "halved"
    captured = capture(program, X)
    assert same([captured(X)], [X / 2 + 1])
    with pytest.raises(NotImplementedError, match="beside another definition of halved"):
        captured.source  # noqa: B018  # the printer is asked


def test_a_checkpoint_is_written_out_and_computed_twice(tmp_path):
    @checkpoint
    def slopes(x):
        return grad(lambda x: np.sum(np.sin(x[0] * x)))(x)

    f = value_and_grad(lambda x: np.sum(slopes(x) * checkpoint(np.exp)(x)))
    program = capture(f, X)
    counts = Counter(e.op.name for e in program.equations)
    assert (counts["exp"], counts["cos"], counts["sin"]) == (2, 2, 1)
    program.save(tmp_path / "program.json")
    for again in (program, program.to(np), Program.load(tmp_path / "program.json")):
        assert same(again(X), f(X))
    assert "sin" in program.source
    assert "sin" in program.javascript


def decay(k, y0):
    odeint = pytest.importorskip("autograd.scipy.integrate", reason="an extra").odeint
    times = np.linspace(0.0, 1.0, 4)
    return np.sum(odeint(lambda y, t, k: -k * y, np.atleast_1d(y0), times, (k,)) ** 2)


@pytest.mark.parametrize(
    ("f", "xs"),
    [
        (lambda x: np.sum(checkpoint(lambda u, k=1.0: np.sin(u) * k)(x, k=3.0) ** 2), (X,)),
        (checkpoint(lambda tree: np.sum(np.sin(tree["w"]) * tree["b"][0])), ({"w": X, "b": [X]},)),
        (lambda y0: decay(0.7, y0), (np.array([1.0, 2.0]),)),
        (decay, (0.7, 2.0)),
    ],
)
def test_operations_that_are_made_for_a_call_are_done_by_a_program(f, xs):
    """Not the functions that they hold: a checkpoint's, or the right-hand side of an equation."""
    value, slope = value_and_grad(f)(*xs)
    for made in (ag.compile(f), capture(f, *xs)):
        ours, again = value_and_grad(made)(*xs)
        assert_allclose(ours, value, rtol=1e-14)
        for a, b in zip(flatten(again)[0], flatten(slope)[0], strict=True):
            assert_allclose(a, b, rtol=1e-14)
    for a, b in zip(flatten(ag.compile(grad(f))(*xs))[0], flatten(slope)[0], strict=True):
        assert_allclose(a, b, rtol=1e-14)


# ── LaTeX, JavaScript, the page ───────────────────────────────────────────────────────────────
def test_latex():
    program = capture(value_and_grad(two_layers, (0, 2)), *layers())
    assert program.latex == (
        r"\begin{aligned}" "\n"
        r"h_{1} &= \tanh\left(X \, W_{1} + b_{1}\right) \\" "\n"
        r"y &= h_{1} \, W_{2} + b_{2} \\" "\n"
        r"t_{6} &= y - Y \\" "\n"
        r"{\text{two}\_\text{layers}} &= \overline{t_{6}^{2}} \\" "\n"
        r"dy &= 0.13333333333333333 \cdot t_{6} \\" "\n"
        r"dW_{2} &= h_{1}^\top \, dy \\" "\n"
        r"dh_{1} &= dy \, W_{2}^\top \\" "\n"
        r"dW_{1} &= X^\top \, \left(dh_{1} \cdot \left(1 - h_{1} \cdot h_{1}\right)\right)" "\n"
        r"\end{aligned}"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("f", "line"),
    [
        (grad(lambda x: 3 * x), r"\text{gradient}\_\text{of}\_\text{f}} &= 3"),
        (lambda x: x, "f &= x"),
        (lambda x: x * x, r"f &= x \cdot x"),
        (lambda x: (-x, np.inf, x), r"f &= \left(t_{1}, \infty, x\right)"),
    ],
)
def test_latex_of_what_is_no_equation(f, line):
    assert capture(f, 2.0).latex.splitlines()[-2].endswith(line)


def test_latex_tells_the_two_remainders_apart():
    program = capture(lambda a, b: (a % b, np.fmod(a, b)), -7.0, 2.0)
    assert [*program(-7.0, 2.0)] == [1, -1]
    assert r"&= a \bmod b" in program.latex
    assert r"&= \operatorname{fmod}\left(a, b\right)" in program.latex


def test_latex_tells_two_variables_apart():
    def f(x):
        x1 = np.sin(x)
        x = np.cos(x1)
        return np.sum(x * x1)

    assert capture(f, X).latex == (
        r"\begin{aligned}" "\n"
        r"x_{1} &= \sin\left(x\right) \\" "\n"
        r"{\text{x}\_\text{1}} &= \cos\left(x_{1}\right) \\" "\n"
        r"f &= \sum {\text{x}\_\text{1}} \cdot x_{1}" "\n"
        r"\end{aligned}"
    )  # fmt: skip


def test_latex_of_an_integer_beyond_64_bits():
    assert "x \\cdot 100000000000000000000" in capture(lambda x: x * 10**20, 2.0).latex


def test_latex_has_a_line_for_each_line_of_the_source():
    def f(x, i):
        return np.sum(x[i] * 1e-5 + np.where(x > 1, x, -np.inf)[[0, 2]]) / x[1:].sum()

    program = capture(value_and_grad(f), X, np.array([0, 1]))
    lines = program.latex.splitlines()[1:-1]
    assert len(lines) == len([line for line in body(program.source) if " = " in line])
    assert any(r"{x}_{\text{i}} \cdot 10^{-5}" in line for line in lines)
    for line in lines:
        assert parse(line)


@pytest.mark.skipif(NODE is None, reason="node, which runs JavaScript, is not here")
def test_javascript_computes_the_same():
    xs = layers()
    program = capture(value_and_grad(two_layers, (0, 1, 2, 3)), *xs)
    given = ", ".join(
        json.dumps({"data": x.ravel().tolist(), "shape": x.shape}) if x.ndim else str(x) for x in xs
    )
    script = (
        f"{runtime()}\n{program.javascript}\n"
        f"console.log(JSON.stringify({program.identifier}({given}).map((y) => y.data ?? [y])))"
    )
    done = subprocess.run([NODE, "-"], input=script, capture_output=True, text=True, check=True)
    for got, want in zip(json.loads(done.stdout), leaves(program(*xs)), strict=True):
        assert got == pytest.approx(np.ravel(want))


def test_the_page_holds_all_that_it_needs():
    def f(x, n):
        return np.sum(x / n), x

    f.__name__ = "</script><b>"
    program = capture(f, X, 2)
    page = program.html
    assert page.count("</script>") == 1
    assert not re.search(r"(src|href)=|https?://", page)
    assert "<label>x (3,)" in page
    assert "<label>n int64 ()" in page
    assert "np.sum(x / n)" in page
    assert "<title>&lt;/script&gt;&lt;b&gt;</title>" in page
    assert '<textarea rows="2" spellcheck="false">[[1.0],\n [2.0]]</textarea>' in (
        capture(np.exp, np.array([[1.0], [2.0]])).html
    )
    assert page == capture(f, X, 2).html, "the same program makes the same page"


def test_the_page_computes(tmp_path):
    api = pytest.importorskip("playwright.sync_api", reason="playwright, which drives browsers")
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("Chromium is not installed")
    path = tmp_path / "page.html"
    program = capture(lambda x, n: (np.sum(x / n), x * n, np.cumsum(x > 1), x > 1), X, 2.0)
    path.write_text(program.html, encoding="utf-8")
    trouble = []
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        page.on("console", lambda message: trouble.append(message.text))
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.goto(path.as_uri())
        shown = page.locator("output span")
        assert shown.all_inner_texts() == ["3", "[2, 4, 6]", "[0, 1, 2]", "[false, true, true]"]
        page.locator("textarea").nth(1).fill("4")
        assert shown.all_inner_texts()[:2] == ["1.5", "[4, 8, 12]"]
        for wrong in ("[1, 2]", '[1, 2, "3"]', "[1, 2, x]"):
            page.locator("textarea").nth(0).fill(wrong)
            assert page.locator("textarea").nth(0).get_attribute("aria-invalid") == "true"
            assert shown.all_inner_texts()[:2] == ["1.5", "[4, 8, 12]"]
        page.locator("textarea").nth(0).fill("[5, NaN, -Infinity]")
        assert shown.all_inner_texts() == [
            "NaN", "[20, NaN, -Infinity]", "[1, 1, 1]", "[true, false, false]"
        ]  # fmt: skip
        path.write_text(capture(np.sort, np.array([3, 1])).html, encoding="utf-8")
        page.reload()
        page.locator("textarea").fill("[1.5, 1]")
        assert page.locator("textarea").get_attribute("aria-invalid") == "true"
        assert shown.all_inner_texts() == ["[1, 3]"]
        style = "part => [getComputedStyle(part).opacity, getComputedStyle(part).outlineColor]"
        assert page.locator("output").evaluate(style)[0] == "0.4"
        assert page.locator("textarea").evaluate(style) == ["1", "rgb(192, 57, 43)"]
        path.write_text(capture(np.exp, np.array([0, np.nan, np.inf])).html, encoding="utf-8")
        page.reload()
        assert shown.all_inner_texts() == ["[1, NaN, Infinity]"]
        long = capture(lambda x, n: (n * n, x, x * n), np.array([1e6 / 3, 1e7 / 3]), 12345)
        path.write_text(long.html, encoding="utf-8")
        page.reload()
        assert shown.all_inner_texts() == [
            "152399025", "[333333, 3.33333e+6]", "[4.115e+9, 41150000000]"
        ]  # fmt: skip
        browser.close()
    assert not trouble


# ── derivatives ───────────────────────────────────────────────────────────────────────────────
def test_a_copy_goes_by_the_same_rows():
    program = capture(value_and_grad(lambda x: np.sum(np.tanh(x[[0, 2]]))), np.ones(3))
    twin = copy.deepcopy(program)
    assert [e.op for e in twin.equations] == [e.op for e in program.equations]
    assert not any(any(e.like.strides) for e in twin.equations if np.ndim(e.like)), "no room"
    with pytest.raises(TypeError) as error:
        pickle.dumps(program)
    assert str(error.value) == (
        "a program is not pickled: its operations are functions of this process\n"
        f"  where: pickle of the equation {program.equations[0].name} = getitem(...)\n"
        "  instead: program.save(path) here, Program.load(path) there"
    )


def test_derivatives_are_programs():
    def f(x, y):
        return np.sum(np.sin(x) * y) * x[0]

    program = capture(f, X, X + 1)
    for derived, want in (
        (program.grad, grad(f)), (program.jacobian, jacobian(f)), (program.hessian, hessian(f))
    ):  # fmt: skip
        assert type(derived) is Program
        assert derived(X * 2, X) == pytest.approx(want(X * 2, X), rel=1e-14)
        assert list(derived.inputs) == ["x", "y"]
    assert program.grad is program.grad, "captured once"
    assert same([program.grad.jacobian(X, X)], [program.hessian(X, X)])
    both = capture(grad(program, argnum=(0, 1)), X, X)
    assert same(both(X, X), grad(f, argnum=(0, 1))(X, X))


def test_a_program_is_equal_to_itself_only():
    program, again = (capture(lambda x: x * SQUARE3, X) for _ in range(2))
    assert program == program
    assert program != again
    assert {program: 1, again: 2}[again] == 2


@pytest.mark.parametrize("values", [(), (X,), (X, X, X)])
def test_interpreting_takes_a_value_for_each_input(values):
    program = capture(lambda x, scale: x * scale, X, X)
    with pytest.raises(TypeError) as error:
        program.interpret(*values)
    assert str(error.value).splitlines()[:2] == [
        "the program of <lambda> takes a value for each of x, scale",
        f"  where: <lambda>({', '.join(['(3,)'] * len(values))})",
    ]


def test_derivatives_keep_the_names():
    def f(x, scale):
        angle = x * scale
        wave = np.sin(angle)
        return np.sum(wave * wave)

    assert body(capture(f, X, 2.0).grad.source) == [
        "angle = x * scale",
        "wave = np.sin(angle)",
        "# backward",
        "dwave = wave + wave",
        "dangle = dwave * np.cos(angle)",
        "dx = dangle * scale",
        "return dx",
    ]


def test_derivatives_of_containers():
    def f(params, x):
        return np.sum(np.tanh(x @ params["w"] + params["b"]))

    params = {"w": np.ones((3, 2)), "b": np.zeros(2)}
    got = capture(f, params, X).grad(params, X)
    want = grad(f)(params, X)
    assert list(got) == ["w", "b"]
    assert same(got.values(), want.values())


# ── costs ─────────────────────────────────────────────────────────────────────────────────────
def test_costs_of_two_layers():
    program = capture(two_layers, *layers())
    assert program.shapes["h1"] == (5, 6)
    assert program.flops["h1"] == 30
    assert dict(program.flops) == {
        "t1": 2 * 5 * 4 * 6, "t2": 30, "h1": 30, "t4": 2 * 5 * 6 * 3, "y": 15, "t6": 15, "t7": 15,
        "t8": 15,
    }  # fmt: skip
    assert program.flops.total == sum(program.flops.values())
    assert program.memory["h1"] == 5 * 6 * 8
    assert repr(capture(lambda x: np.sum(x @ x * 2.0), np.ones((1000, 1000))).flops) == (
        "operations on numbers in <lambda>: 2,002,000,000\n"
        "  t1  matmul(x, x)       2,000,000,000\n"
        "  t2  multiply(t1, 2.0)      1,000,000\n"
        "  t3  sum(t2)                1,000,000"
    )
    assert repr(program.shapes).splitlines()[:2] == [
        "shapes of two_layers",
        "  t1  matmul(X, W1)   (5, 6)",
    ]


LATER = {"matvec": [(2, 3), (3,)], "vecmat": [(2,), (2, 3)]}  # which NumPy has since 2.2


@pytest.mark.parametrize(
    ("f", "shapes", "count"),
    [
        (np.matmul, [(7, 2, 3), (3, 4)], 2 * 7 * 2 * 3 * 4),
        (np.matmul, [(3,), (3,)], 6),
        (np.dot, [(2, 3), (3,)], 12),
        (np.inner, [(2, 3), (4, 3)], 48),
        (np.outer, [(3,), (4,)], 12),
        (np.tensordot, [(2, 3, 4), (3, 4, 5)], 2 * 2 * 5 * 12),
        (lambda a, b: np.einsum("ij,jk->ik", a, b), [(2, 3), (3, 4)], 48),
        (lambda a, b: np.einsum("...i,...i->...", a, b), [(5, 3), (5, 3)], 30),
        (lambda a: np.einsum("ii->", a), [(3, 3)], 3),
        (lambda a: a.T.reshape(-1)[2:], [(2, 3)], 0),
        (lambda a: np.concatenate((a, a)), [(3,)], 0),
        (np.exp, [(2, 3)], 6),
        (lambda a: np.sum(a, axis=0), [(4, 3)], 12),
        (np.sort, [(8,)], 24),
        (ag.softmax, [(2, 5)], 50),
        (ag.linear, [(7, 3), (4, 3), (4,)], 7 * 4 * (2 * 3 + 1)),
        (np.trace, [(4, 5)], 4), (lambda x: np.diff(x, 2), [(9,)], 8 + 7),
        (lambda x: np.repeat(x, 3), [(4,)], 0), (lambda x: np.tile(x, 2), [(4,)], 0),
        (ag.conv, [(2, 3, 8, 8), (4, 3, 3, 3), (4,)], 2 * 4 * 6 * 6 * (2 * 3 * 3 * 3 + 1)),
        (lambda x, w: ag.conv(x, w, groups=3), [(2, 3, 8), (6, 1, 3)], 2 * 6 * 6 * 2 * 3),
        (lambda x: ag.max_pool(x, (2, 3)), [(1, 4, 3, 3)], 4 * 2 * 1 * 6),
        (np.vecdot, [(5, 3), (5, 3)], 30), (np.nansum, [(8,)], 8), (np.median, [(8,)], 8),
        (lambda x: np.sort(x, axis=1), [(4, 8)], 96),
        (lambda a: np.linalg.inv(a + np.eye(4)), [(3, 4, 4)], 3 * (16 + 2 * 64)),
        (lambda a, b: np.linalg.solve(a + np.eye(3), b), [(3, 3), (3, 5)], 9 + 18 + 2 * 9 * 5),
        (lambda a: np.linalg.svd(a)[1], [(2, 6, 4)], 2 * (14 * 6 * 16 + 8 * 64)),
        (np.fft.fft, [(8,)], 5 * 8 * 3), (np.fft.rfft, [(2, 8)], 5 * 8 * 3),
        *((getattr(np, name), shapes, 12) for name, shapes in LATER.items() if hasattr(np, name)),
    ],
)  # fmt: skip
def test_flops_by_family(f, shapes, count):
    assert capture(f, *map(np.ones, shapes)).flops.total == count


def test_memory_is_what_is_there_at_once():
    def f(x):
        for _ in range(50):
            x = np.sin(x) * 0.5
        return np.sum(x)

    program = capture(f, np.ones(10_000))
    assert sum(program.memory.values()) >= 100 * 80_000
    assert program.memory.total == 80_000 + 8  # each result lies where its argument lay
    assert program.memory["t3"] == 80_000
    assert capture(lambda x: x.T, np.ones((2, 3))).memory["t1"] == 0


# ── size ──────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.slow
@pytest.mark.parametrize("column", ["source", "memory"])
def test_long_programs_are_printed_and_planned_in_linear_time(column, linear):
    def prepared(n):
        def f(x):  # n operations, and one of n arguments
            return np.sum(np.stack([np.sin(x[i]) * 2.0 for i in range(n)]))

        program = capture(value_and_grad(f), np.ones(n))
        return lambda: getattr(program, column)

    linear(prepared, 200)


def test_what_is_left_in_tensors_is_written_out_too():
    w, x = ag.Tensor([-1.0, 2.0], requires_grad=True), np.array([3.0, 5.0])

    def f(x):
        y = np.sum(ag.relu(w * x))
        y.backward()
        return y

    program = capture(f, x)
    written = written_out(program, lambda op: op.name != "relu")
    assert "maximum" in {e.op.name for e in written.equations}
    for left in (program, written):
        w.grad = None
        assert left(x).item() == 10
        assert w.grad.tolist() == [0, 5]
