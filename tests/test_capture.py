"""Captured programs compute what the engine computes, bit by bit, whoever runs them."""

import copy
import functools
import gc
import inspect
import linecache
import math
import os
import random
import re
import subprocess
import sys
import sysconfig
import threading
import traceback
import tracemalloc
import warnings
import weakref
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_rules import law, like

import autograd as ag
import nn
from autograd import Tensor, grad, hessian, jacobian, no_grad, value_and_grad, vjp
from autograd.base.tree import flatten
from autograd.program import CaptureError, Program, capture
from autograd.program.equations import Names
from autograd.program.tracing.arguments import identifier
from autograd.program.tracing.randomness import _state, counted_seeds, watch
from autograd.program.tracing.surroundings import reached
from autograd.rules.elementwise import over_
from autograd.tensor import raw
from autograd.transforms.batching import VmapError
from autograd.transforms.outside import DATA

RNG = np.random.default_rng(5)
X = np.array([1.0, 2.0, 3.0])
LEAKY: list = []


# ── instruments ───────────────────────────────────────────────────────────────────────────────
def bits(value):
    """Return what two equal values have in common, to the last bit."""
    x = np.asarray(raw(value))
    return x.dtype.str, x.shape, x.tobytes()


def same(got, want):
    return list(map(bits, got)) == list(map(bits, want))


def leaves(tree):
    return flatten(tree)[0]


def executed(program, values):
    """Run a program's source in a namespace of its own."""
    scope = {}
    exec(program.source, scope)
    results = scope[program.identifier](*values)
    count = len(program.results)
    return results if count > 1 else (results,) if count else ()


def assert_captured(f, xs):
    """Assert that every way to run the program of f gives what f gives."""
    want = leaves(f(*xs))
    program = capture(f, *xs)
    values = [program.bind(xs)[name] for name in program.inputs]
    assert same(leaves(program(*xs)), want), f"program(*args):\n{program.source}"
    assert same(program.interpret(*values), want), f"interpret:\n{program}"
    assert same(executed(program, values), want), program.source
    return program


def floats(arrays):
    return tuple(i for i, x in enumerate(arrays) if x.dtype.kind == "f")


# ── laws over the table ───────────────────────────────────────────────────────────────────────
@law
def test_of_every_row(case):
    """The captured function and its captured vjp equal the eager ones."""
    arrays = case.inputs()
    assert_captured(case.f, arrays)
    y = np.asarray(case.f(*arrays))
    if not floats(arrays) or y.dtype.kind != "f":
        return

    def pulled(*args):
        pull, value = vjp(case.f, floats(arrays))(*args[:-1])
        return value, pull(args[-1])

    assert_captured(pulled, [*arrays, like([y], 1)[0][()]])


@pytest.mark.slow
@law
def test_gradients_of_every_row(case):
    """So does value_and_grad of a weighted sum."""
    arrays = case.inputs()
    y = np.asarray(case.f(*arrays))
    if floats(arrays) and y.dtype.kind == "f":
        weight = like([y], 2)[0]
        loss = value_and_grad(lambda *xs: np.sum(case.f(*xs) * weight), floats(arrays))
        assert_captured(loss, arrays)


STEPS = [
    lambda a, b: a + b, lambda a, b: a * b, lambda a, b: a @ b, lambda a, b: a - 2 * b,
    lambda a, b: a / (1 + b * b), lambda a, b: np.tanh(a), lambda a, b: np.sin(a) * b,
    lambda a, b: a.T, lambda a, b: np.sum(a, axis=0, keepdims=True) + b, lambda a, b: a[::-1],
    lambda a, b: np.where(a > b, a, b), lambda a, b: np.maximum(a, b), lambda a, b: a**2,
    lambda a, b: np.reshape(a, (3, 3)).T + b[0], lambda a, b: np.exp(-abs(a)), lambda a, b: -a,
    lambda a, b: ag.softmax(a, axis=-1), lambda a, b: np.stack((a[0], b[1], a[2])),
]  # fmt: skip


@given(
    steps=st.lists(st.tuples(st.sampled_from(STEPS), st.integers(), st.integers()), max_size=9),
    seed=st.integers(0, 2**32),
)
def test_random_graphs(steps, seed):
    def f(a, b):
        made = [a, b]
        for step, i, j in steps:
            made.append(step(made[i % len(made)], made[j % len(made)]))
        return np.mean(made[-1] * made[-1] + made[len(made) // 2])

    def both(*xs):  # the engine's sums leave a -0.0 where nothing else arrives, a program's do not
        value, (da, db) = value_and_grad(f, (0, 1))(*xs)
        return value, da + 0.0, db + 0.0

    xs = list(np.random.default_rng(seed).normal(size=(2, 3, 3)))
    program = assert_captured(both, xs)
    other = list(np.random.default_rng(seed + 1).normal(size=(2, 3, 3)))
    want = leaves(both(*other))
    assert same(leaves(program(*other)), want), "for other numbers"


SIGNS = [
    lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a * b, lambda a, b: a / b,
    lambda a, b: -a, lambda a, b: -b, lambda a, b: a * -1.0, lambda a, b: -0.5 * b,
    lambda a, b: over_(a, b), lambda a, b: a / -2.0,
]  # fmt: skip


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@given(steps=st.lists(st.tuples(st.sampled_from(SIGNS), st.integers(), st.integers()), max_size=12))
def test_signs_that_are_not_written_down(steps):
    """Zeros and infinities keep theirs; a nan has none that anybody should look at."""

    def f(a, b):
        made = [a, b]
        for step, i, j in steps:
            made.append(step(made[max(-len(made), -1 - i % 4)], made[max(-len(made), -1 - j % 4)]))
        return [np.where(y != y, 7.0, y) for y in made[-2:]]

    a, b = np.meshgrid([0.0, -0.0, 1.5, -2.0, np.inf], [0.0, -0.0, 0.75, -3.0, -np.inf])
    program = capture(f, a, b)
    want = f(a, b)
    assert same(program(a, b), want)
    assert same(executed(program, [a, b]), want)


OF_SIGN = {
    "a + b": lambda a, b: a - (-b),
    "a - b": lambda a, b: a + (-b),
    "b - a": lambda a, b: -a + b,
    "a * b": lambda a, b: -(-a * b),
    "b / a": lambda a, b: -(b / -a),
    "-0.5 * a * b": lambda a, b: -(0.5 * a * b),
    "b - 0.5 * a": lambda a, b: b + -0.5 * a,
    "b + 0.5 * a": lambda a, b: b + 0.5 * a,
    "2.0 / a / a": lambda a, b: over_(2.0 / a, a),
    "over(2.0 / a, b)": lambda a, b: over_(2.0 / a, b),
    "over(0.0 / a, a)": lambda a, b: over_(0.0 / a, a),
    "over(a, b)": lambda a, b: -over_(-a, b),
    "-over(a, -b)": lambda a, b: -over_(a, -b),
    "-np.sin(b)": lambda a, b: -1.0 * np.sin(b),
    "-1.0 * (a > b)": lambda a, b: -1.0 * (a > b),
    "a + (-(np.uint8(1) * (a > b)))": lambda a, b: a + -(np.uint8(1) * (a > b)),
    "-(-(a + complex(0.0, 1.0)) * (b + complex(0.0, 1.0)))": lambda a, b: -(-(a + 1j) * (b + 1j)),
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("text", "f"), OF_SIGN.items(), ids=OF_SIGN)
def test_of_signs(text, f):
    a, b = np.meshgrid([0.0, -0.0, 1.5, -2.0, np.inf], [0.0, -0.0, 0.75, -3.0, -np.inf])
    program = capture(f, a, b)
    assert f"    return {text}\n" in program.source
    want = f(a, b)
    for got in (program(a, b), *executed(program, [a, b])):
        np.testing.assert_array_equal(got, want)  # but for the sign of a nan, bit by bit
        known = ~np.isnan(want)
        assert same([got[known]], [want[known]])


def test_a_sign_of_a_name_or_a_result_stays():
    def f(a, b):
        opposite = -a
        return b + opposite, -b, -b + a

    source = capture(f, 2.0, 3.0).source
    assert "opposite = -a\n    t2 = b + opposite\n" in source
    assert "t3 = -b\n    t4 = t3 + a\n" in source


def test_a_zero_has_the_sign_that_it_has_in_the_engine():
    slope = grad(lambda x: -np.sum(ag.relu(x)))
    x = np.array([-1.0, 2.0])
    assert same([capture(slope, x)(x)], [slope(x)])  # -0.0, as of what is masked: -1 * 0


def test_of_second_order():
    def f(x):
        return np.sum(np.log(x) * x[0]) + np.prod(np.tanh(x))

    assert_captured(hessian(f), [X])
    assert_captured(jacobian(lambda x: np.sin(x) * x[1]), [X])
    assert_captured(grad(lambda x: np.sum(grad(f)(x) ** 2)), [X])


def test_of_a_loss_with_classes():
    target = np.array([0, 2, 1, 1])
    logits = RNG.normal(size=(4, 3))

    def loss(x):
        return nn.functional.cross_entropy(x, target)

    assert_captured(value_and_grad(loss), [logits])
    assert capture(hessian(loss), logits)(logits) == pytest.approx(hessian(loss)(logits), abs=1e-15)


def test_of_a_loss_with_probabilities():
    logits, target = RNG.normal(size=(4, 3)), np.eye(3)[[0, 2, 1, 1]]
    assert_captured(value_and_grad(nn.functional.cross_entropy, (0, 1)), [logits, target])


def test_parameters_are_called_as_the_outermost_function_calls_them():
    net = nn.Sequential(nn.Linear(3, 2))

    def inner(model, x):
        return np.sum(np.tanh(model(x)))

    def step(x):
        loss = inner(net, x)
        loss.backward()
        return loss

    program = capture(step, np.ones((4, 3)))
    assert [*map(str, program.parameters)] == ["net_0_weight", "net_0_bias"]
    assert "return loss, dnet_0_weight, dnet_0_bias" in program.source


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.complex128])
def test_of_other_dtypes(dtype):
    def f(x):
        return np.sum(abs(2 * x * x / 3 + x**2 + np.float16(0.1) * x) ** 2)

    assert_captured(value_and_grad(f), [np.array([1.5, -2.25], dtype)])


def test_a_constant_of_more_digits_than_a_float_keeps_them():
    third = np.longdouble(1) / 3
    assert capture(lambda x: x * third, np.longdouble(2))(np.longdouble(2)) == 2 * third


def test_of_large_arrays_in_another_order():
    x, w = RNG.normal(size=(300, 40)), RNG.normal(size=(40, 300)).T

    def f(x, w):
        return np.sum(ag.softmax(x * w, axis=-1) * w) + np.mean((x.T @ w) * 0.5)

    assert_captured(value_and_grad(f, (0, 1)), [x, w])


def rewritten(make, use, change):
    """Use an array, write into it, and use it again."""

    def f(x):
        k = make()
        y = use(x, k)
        change(k)
        return y, use(x, k)

    return f


@pytest.mark.parametrize(
    ("make", "use", "other"),
    [
        (lambda: np.zeros(3), np.add, [0, 5, 0]),
        (lambda: np.zeros(3), np.copysign, [0, -0.0, 0]),
        (lambda: np.zeros(3), lambda x, k: np.interp(x, X, k), [1, 2, 4]),
        (lambda: Tensor(np.zeros(3)), lambda x, k: x * k.data, [0, 5, 0]),
        (lambda: X > 1, lambda x, k: np.where(k, x, 0), [True, False, True]),
        (lambda: np.arange(3), lambda x, k: x[k], [2, 1, 1]),
        (lambda: np.arange(3)[::-1], np.repeat, [1, 0, 2]),
        (lambda: [1, 3, 1], lambda x, k: x.reshape(k), [3, 1, 1]),
        (lambda: [1, 3, 1], lambda x, k: x * k, [3, 1, 1]),
        (lambda: np.arange(2), lambda x, k: np.pad(x, (k,)), [2, 0]),
    ],
)
def test_an_array_that_is_written_into_is_another_constant(make, use, other):
    def change(k):
        k = k.data if type(k) is Tensor else k
        k[:] = other

    f = rewritten(make, use, change)
    want = f(X + 1)
    assert same(capture(f, X)(X + 1), want)
    assert not same(rewritten(make, use, lambda k: None)(X + 1), want), "the example shows it"


def test_what_is_written_into_later_is_no_part_of_a_program():
    shift, scale = [1], np.ones(3)
    program = capture(lambda x: np.roll(x * scale, shift), X)
    shift[0] = scale[0] = 2
    assert program(X).tolist() == [3, 1, 2]


def test_what_a_function_itself_changes_is_as_it_was_met():
    count, weights = [0], np.zeros(3)

    def f(x):
        count[0] += 1
        weights[0] += 3
        return x * weights * count[0]

    program = capture(f, X)
    assert program(X).tolist() == program(X).tolist() == [3, 0, 0]


@pytest.mark.parametrize("transform", [lambda f: f, grad])
def test_storing_a_value_in_an_array_of_numbers_is_refused(transform):
    def f(x):
        y = np.zeros(2)
        y[0] = x[0]
        return np.sum(y)

    with pytest.raises(CaptureError) as caught:
        capture(transform(f), X)
    what, where, instead = str(caught.value).splitlines()
    assert what == "a program cannot hold reading a traced value as a number"
    assert where.endswith(", in f")
    assert instead.endswith("np.zeros(shape, like=x) for an array to write into")


def test_arrays_of_no_numbers_are_refused():
    texts = np.array(["a", "b"])
    with pytest.raises(CaptureError) as caught:
        capture(lambda x: (x, texts), X)
    assert re.fullmatch(
        r"a program cannot hold an array of <U1\n"
        r"  where: .*\n"
        "  instead: arrays of numbers",
        str(caught.value),
    )


def test_a_constant_keeps_the_order_that_it_gives_a_result():
    x = RNG.normal(size=(300, 41))
    tenth = np.full((41, 300), 0.1)  # its rows lie together, those of x.T do not
    program = assert_captured(lambda x: np.sum(x.T * np.multiply(tenth, 1)), [x])
    assert program.constants
    assert not assert_captured(lambda x: np.sum(x * np.full((300, 41), 0.1)), [x]).constants


# ── who runs it ───────────────────────────────────────────────────────────────────────────────
def two_layers(W1, b1, W2, b2, X, Y):
    h1 = np.tanh(X @ W1 + b1)
    y = h1 @ W2 + b2
    return np.mean((y - Y) ** 2)


def layers():
    shapes = (4, 6), (6,), (6, 3), (3,), (5, 4), (5, 3)
    return [np.random.default_rng(0).normal(size=s) for s in shapes]


def test_the_source_runs_alone(tmp_path):
    xs = layers()
    both = value_and_grad(two_layers, (0, 1, 2, 3))
    program = capture(both, *xs)
    np.savez(tmp_path / "given.npz", *xs)
    file = tmp_path / "program.py"
    file.write_text(
        f"{program.source}\n\n"
        "import sys\n"
        "given = np.load(sys.argv[1])\n"
        f"for y in {program.identifier}(*given.values()):\n"
        "    print(y.dtype.str, y.shape, y.tobytes().hex())\n"
        "print('autograd' in sys.modules or 'nn' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, file, tmp_path / "given.npz"],
        capture_output=True, text=True, check=True, cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(np.__file__).parents[1])},
    )  # fmt: skip
    *told, ours = done.stdout.splitlines()
    wanted = [bits(y) for y in leaves(both(*xs))]
    assert told == [f"{dtype} {shape} {data.hex()}" for dtype, shape, data in wanted]
    assert ours == "False"


def test_the_source_reads_like_the_slide():
    program = capture(value_and_grad(two_layers, (0, 1, 2, 3)), *layers())
    assert program.source == (
        "import numpy as np\n\n\n"
        "def value_and_gradient_of_two_layers(W1, b1, W2, b2, X, Y):\n"
        '    """W1 (4, 6), b1 (6,), W2 (6, 3), b2 (3,), X (5, 4), Y (5, 3) -> two_layers (), '
        "dW1 (4, 6),\n"
        "    db1 (6,), dW2 (6, 3), db2 (3,)\n"
        '    """\n'
        "    h1 = np.tanh(X @ W1 + b1)\n"
        "    y = h1 @ W2 + b2\n"
        "    t6 = y - Y\n"
        "    two_layers = np.mean(t6 ** 2)\n"
        "    # backward\n"
        "    dy = 0.13333333333333333 * t6\n"
        "    db2 = np.sum(dy, axis=0)\n"
        "    dW2 = h1.T @ dy\n"
        "    dh1 = dy @ W2.T\n"
        "    t17 = dh1 * (1 - h1 * h1)\n"
        "    db1 = np.sum(t17, axis=0)\n"
        "    dW1 = X.T @ t17\n"
        "    return two_layers, dW1, db1, dW2, db2\n"
    )


def test_the_program_of_a_program_is_the_same():
    program = capture(value_and_grad(two_layers, (0, 1)), *layers())
    again = capture(program, *layers())
    assert repr(again) == repr(program)
    assert repr(capture(lambda *xs: program(*xs), *layers())).count("\n") == repr(program).count(
        "\n"
    )
    assert (
        capture(grad(program_of(two_layers)), *layers()).source
        == program_of(two_layers).grad.source
    )


def program_of(f):
    return capture(f, *layers())


def test_unused_work_is_removed_and_common_work_shared():
    def f(x):
        np.exp(x)
        return np.sin(x) * np.sin(x) + np.sum(np.zeros(3))

    program = capture(f, X)
    assert [e.op.name for e in program.equations] == ["sin", "multiply", "add"]
    assert len(program.constants) == 0


def test_a_traceback_shows_the_line_of_the_program():
    program = capture(lambda x: np.log(x) @ x, X)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(RuntimeWarning) as caught:
            program(np.zeros(3))
    assert "return np.log(x) @ x" in "".join(traceback.format_exception(caught.value))


# ── arguments ─────────────────────────────────────────────────────────────────────────────────
def test_containers_go_in_and_come_out():
    def f(params, batch, *, scale=1.0):
        x, (y,) = batch
        total = params["w"] * x + params["b"][0] * y
        return {"loss": np.sum(total) * scale, "parts": [x + y, (params["w"],)], "none": None}

    given = {"w": X, "b": [X * 2]}, (X, [X + 1])
    program = capture(f, *given, scale=3.0)
    want = f(*given, scale=3.0)
    got = program(*given)
    assert same(leaves(got)[:-1], leaves(want)[:-1])
    assert got["none"] is None
    assert [type(v) for v in got["parts"]] == [np.ndarray, tuple]
    assert list(map(str, program.inputs)) == ["params_w", "params_b0", "batch0", "batch10"]
    other = {"b": [X * 2], "w": X}, (X, [X + 1])
    assert same(leaves(program(*other))[:-1], leaves(want)[:-1]), "keys in another order"
    with pytest.raises(TypeError, match="takes arguments of the structure"):
        program({"w": X}, (X, [X]))
    with pytest.raises(TypeError, match="takes arguments of the structure"):
        program({"w": X, "b": (X,)}, (X, [X]))


def test_arguments_must_fit():
    program = capture(lambda x, mode, n: x * n if mode == "twice" else x, X, "twice", 2)
    assert program(X, "twice", 3) == pytest.approx(X * 3)
    with pytest.raises(TypeError) as caught:
        program(X[:2], "twice", 2)
    assert str(caught.value) == (
        "the program of <lambda> takes x as float64 (3,), not float64 (2,)\n"
        "  where: <lambda>((2,), (), ())\n"
        "  instead: arguments like the examples, or capture it anew; compile does so by itself"
    )
    for other, told in (("once", "'once'"), (X, "array"), (Tensor(X), "Tensor"), (None, "")):
        with pytest.raises(TypeError, match=f"takes the constant 'twice', not {told}"):
            program(X, other, 2)
    with pytest.raises(TypeError, match="as float64"):
        program(X.astype(np.float32), "twice", 2)
    with pytest.raises(TypeError, match=r"takes n as int64 \(\), not float64 \(\)"):
        program(X, "twice", 2.5)
    for n, dtype in ((2**63, "uint64"), (2**64, "object"), ("2", "<U1")):
        with pytest.raises(TypeError, match=rf"takes n as int64 \(\), not {dtype} \(\)"):
            program(X, "twice", n)
    assert program(X, "twice", True) == pytest.approx(X), "a number for NumPy"
    program = capture(lambda mask, flag: mask * flag, X > 1, True)
    with pytest.raises(TypeError, match="takes the constant True, not 1"):
        program(X > 1, 1)  # whose product with booleans is one of integers


def test_tensors_as_arguments():
    def f(t):
        loss = (t * t).sum()
        loss.backward()
        return loss, t.grad

    t = Tensor(X, requires_grad=True)
    program = capture(f, t)
    assert t.grad is None
    loss, g = program(Tensor(X + 1))
    assert type(loss) is type(g) is Tensor
    assert same([loss, g], [np.sum((X + 1) ** 2), 2 * (X + 1)])


def test_a_program_is_differentiable():
    program = capture(lambda x, y: np.sum(np.sin(x) * y), X, X)
    t = Tensor(X, requires_grad=True)
    program(t, X).backward()
    assert same([t.grad], [np.cos(X) * X])


@pytest.mark.parametrize("captured", [lambda f: capture(f, X), ag.compile])
def test_a_tensor_from_outside_that_is_returned_is_the_one_of_the_call(captured):
    w, v, total = Tensor(X, requires_grad=True), Tensor(X), Tensor(np.zeros(3))

    def f(x):
        with no_grad():
            t = total
            t += x
        w.grad = v
        return total, {"weight": w}

    g = captured(f)
    for n in (1, 2):
        with no_grad():
            w += 1
            v += 1
        got, left = g(X)
        assert got.tolist() == total.tolist() == list(n * X)
        assert left["weight"].tolist() == w.tolist() == w.grad.tolist() == list(X + n)


def test_a_product_with_one_is_left_out_where_it_changes_nothing():
    z = np.array([complex(np.inf, 1.0), 2.0])
    with np.errstate(invalid="ignore"):
        assert_captured(lambda z: z * 1, [z])  # inf+nanj
    assert not capture(lambda x: x * 1, X).equations


def test_a_result_may_be_an_input_or_a_constant():
    constant = np.ones(3)
    program = capture(lambda x: (x, constant, 2.0, "text", None, x), X)
    got = program(X)
    assert same(got[:2], [X, constant])
    assert got[2:5] == (2.0, "text", None)
    got[1][:] = 5
    assert same(program(X)[1:2], [constant]), "the constant is the program's own"


def test_a_parameter_that_is_returned_is_connected_though_it_has_a_gradient():
    def f(x):
        return w, w * x

    w = Tensor(X, requires_grad=True)
    for g in (f, ag.compile(f), capture(f, Tensor(2.0))):
        w.grad = np.ones(3)
        one, other = g(Tensor(2.0, requires_grad=True))
        (one + other).sum().backward()
        assert w.grad.tolist() == [4, 4, 4]


# ── training ──────────────────────────────────────────────────────────────────────────────────
def network():
    ag.manual_seed(3)
    return nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 3))


BATCH = np.random.default_rng(0).normal(size=(5, 4)), np.array([0, 1, 2, 1, 0])


def gradients(net):
    return [p.grad.data.copy() for p in net.parameters()]


def test_a_training_step_leaves_gradients():
    net = network()

    def step(x, y):
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        return loss

    program = capture(step, *BATCH)
    assert all(p._grad is None for p in net.parameters()), "capturing leaves no trace"
    optimizer = nn.optim.SGD(net.parameters(), lr=0.1)
    for _ in range(3):
        optimizer.zero_grad()
        loss, found = program(*BATCH), gradients(net)
        optimizer.zero_grad()
        assert same([loss, *found], [step(*BATCH), *gradients(net)])
        program(*BATCH)
        assert same(gradients(net), [2 * g for g in found]), "gradients add up"
        optimizer.step()


def trained(net, optimizer, count, run=None):
    def step(x, y):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()
        return loss

    run = capture(step, *BATCH) if run == "captured" else step
    return [run(*BATCH).item() for _ in range(count)], [p.data.copy() for p in net.parameters()]


def test_gradient_descent_inside_of_a_program():
    eager, captured = network(), network()
    first = trained(eager, nn.optim.SGD(eager.parameters(), lr=0.5), 4)
    second = trained(captured, nn.optim.SGD(captured.parameters(), lr=0.5), 4, "captured")
    assert first[0] == second[0]
    assert same(first[1], second[1])
    assert first[0][0] > first[0][-1]


def test_parameters_are_written_in_place():
    w = Tensor(X.copy(), requires_grad=True)
    seen = w.data

    def step(x):
        loss = ((w - x) ** 2).sum()
        loss.backward()
        with no_grad():
            w.data -= 0.1 * w.grad.data
        w.grad = None
        return loss

    program = capture(step, np.zeros(3))
    assert same([w], [X]), "capturing writes nothing"
    program(np.zeros(3))
    assert w.data is seen
    assert w.grad is None
    assert seen == pytest.approx(X * 0.8)


@pytest.mark.parametrize(
    "make",
    [lambda p: nn.optim.Adam(p, lr=0.1), lambda p: nn.optim.SGD(p, lr=0.1, momentum=0.9)],
    ids=["Adam", "momentum"],
)
def test_an_optimizer_with_a_memory_is_refused(make):
    net = network()
    before = [p.data.copy() for p in net.parameters()]
    with pytest.raises(CaptureError) as caught:
        trained(net, make(net.parameters()), 1, "captured")
    lines = str(caught.value).splitlines()
    assert lines[0].startswith("a program cannot hold ")
    assert "in step" in lines[1]
    assert lines[2] == "  instead: the optimizer's step outside of the function, after the program"
    assert same([p.data for p in net.parameters()], before)


# ── what no program can hold ──────────────────────────────────────────────────────────────────
generator = np.random.default_rng(1)
dropout = nn.Dropout(0.5)


def branch(x):
    if x[0] > 0:  # here
        return x
    return -x


def loop(x):
    while np.sum(x) < 10:  # here
        x = x * 2
    return x


def swallowed(x):
    try:
        return x if x[0] > 0 else -x  # here
    except RuntimeError:
        return -x


def item(x):
    return x * x[0].item()  # here


def number(x):
    return x * float(x[0])  # here


def position(x):
    return X[int(x[0])]  # here


def sine(x):
    return math.sin(x[0])  # here


def formatted(x):
    return f"{x[0]:.3f}"  # here


def plain_array(x):
    return np.asarray(x) + 1  # here


def table(x):
    return X[x.astype(int)]  # here


def legacy_draw(x):
    y = x + 1
    return y + np.random.rand(3)  # here


def own_draw(x):
    return x + ag.rand(3)  # here


def generator_draw(x):
    return x + generator.normal(size=3)  # here


def python_draw(x):
    x = x * 2
    return x + random.random()  # noqa: S311  # here


def dropped(x):
    return dropout(Tensor(x) if type(x) is np.ndarray else x)  # here


def item_written(x):
    x[0] = 1  # here
    return x


def added_in_place(x):
    x += 1  # here
    return x


def view_written(x):
    y = x * 2
    v = np.reshape(y, (3, 1))
    v[0] = 5  # here
    return y


def stale_view(x):
    y = x * 2
    v = y[:2]
    y[0] = 5
    return v + 1  # here


def stale_view_of_its_own_shape(x):
    y = x * 2
    view = y.reshape(3)
    y += 1
    return view + 1  # here


def stale_view_times_one(x):
    y = x * 2
    v = y[:2]
    y[0] = 5
    return v * 1.0  # here


def filled(x):
    y = np.zeros(3)
    y[0] = x[0]  # here
    return y


def out_given(x):
    y = np.empty(3)
    np.multiply(x, 2, out=y)  # here
    return y


def widened(x):
    y = x * 2
    y += np.ones((2, 3))  # here
    return y


def divided_in_place(x):
    y = np.argsort(x)
    y /= 2  # here
    return y


def tensor_written(x):
    y = x * 2
    y[0] = Tensor(X, requires_grad=True)[0]  # here
    return y


def closed_over(x):
    s = x[0]

    def closed_over(a):
        return np.sum(a * s)  # here

    return ag.primitive(closed_over, lambda g, y, a: g * s)(x)


def test_a_table_is_looked_up_at_computed_places():
    table = np.array([1.0, 2.0])

    def f(x):
        return np.sum(np.take_along_axis(table, np.argsort(x), 0) * x)

    for g in (f, grad(f)):
        program = capture(g, np.array([0.3, 0.1]))
        for x in np.array([[0.3, 0.1], [0.1, 0.3]]):
            assert same([program(x)], [g(x)])
    assert grad(f)(np.array([0.3, 0.1])).tolist() == [2, 1]
    with pytest.raises(CaptureError, match=re.escape("instead: Tensor(table)[indices]")):
        capture(lambda x: np.take(table, np.argsort(x)), X)


def masked_by_a_number(x):
    return x[x[0] > 1]  # here


def masked(x):
    return x[x > 1]  # here


def asked(x):
    return x * np.allclose(x, 1)  # here


def unknown(x):
    return np.unique(x)  # here


def kept(x):  # here
    y = x * 2
    LEAKY.append(y)
    return x


def odd(x):
    return (y for y in x)


RANDOM = "random numbers: each call would get the same ones"
DRAW = "draw them outside and pass them as an argument; module.eval() for dropout"
WHERE, NUMBER = "np.where(condition, a, b)", "reading a traced value as a number"
SINE = (
    "NumPy's functions of the value itself: np.sin(x) for math.sin(x); "
    "functools.partial(f, n=3) in the place of f, where n counts: range(n), x[:n]; "
    "np.zeros(shape, like=x) for an array to write into"
)
ARRAY = "making an array of a traced value"
MAKE_NEW = "x = x + y, which makes a new value"
TAKE = (
    "NumPy's functions of the value itself, as A @ x for A.dot(x); autograd.numpy.array([...]) of "
    "lists with it; np.zeros(shape, like=x) to write into; for table[i], the table as an argument"
)
REFUSED = {
    branch: ("branching on a traced value", WHERE),
    loop: ("branching on a traced value", WHERE),
    swallowed: ("branching on a traced value", WHERE),
    item: (NUMBER, SINE),
    number: (NUMBER, SINE),
    position: (NUMBER, SINE),
    sine: (NUMBER, SINE),
    formatted: (NUMBER, SINE),
    filled: (NUMBER, SINE),
    plain_array: (ARRAY, TAKE),
    table: (ARRAY, TAKE),
    legacy_draw: (RANDOM, DRAW),
    own_draw: (RANDOM, DRAW),
    generator_draw: (RANDOM, DRAW),
    python_draw: (RANDOM, DRAW),
    dropped: (RANDOM, DRAW),
    item_written: ("writing into x, an argument", "x = x.copy() first"),
    added_in_place: ("writing into x, an argument", "x = x.copy() first"),
    view_written: ("writing into a view that was reshaped or turned", "a copy of it"),
    **dict.fromkeys(
        [stale_view, stale_view_of_its_own_shape, stale_view_times_one],
        ("using a view of an array that was written into since", "a copy of it"),
    ),
    out_given: ("writing a traced value into an array of numbers", "x = x + y"),
    widened: ("putting float64 (2, 3) in the place of float64 (3,)", MAKE_NEW),
    divided_in_place: ("putting float64 (3,) in the place of int64 (3,)", MAKE_NEW),
    tensor_written: (
        "writing a Tensor into a value without gradients",
        "np.stack([...]) or np.where",
    ),
    closed_over: (
        "a primitive that uses a traced value which it is not given",
        "that value as an argument of the primitive",
    ),
    **dict.fromkeys(
        [masked, masked_by_a_number],
        ("an array whose size depends on values", "np.where(mask, x, 0)"),
    ),
    asked: (
        "np.allclose, which asks about numbers",
        "np.where(mask, x, 0) and other functions of arrays",
    ),
    unknown: (
        "np.unique, which has no row in autograd/rules",
        "a rule with @autograd.primitive",
    ),
    kept: ("y being kept outside, in a list or an attribute", "return y with the result"),
}


def test_a_number_that_counts_is_bound_beforehand():
    def powers(x, n):
        return sum(np.sum(x[:n] ** i) for i in range(n))

    with pytest.raises(CaptureError):
        ag.compile(powers)(X, 2)
    assert ag.compile(functools.partial(powers, n=2))(X) == powers(X, 2)


@pytest.mark.parametrize("room", [__file__, sysconfig.get_path("purelib") + "/library.py"])
def test_the_second_of_two_normal_numbers_is_seen_as_drawn(room):
    library = ModuleType("library")
    library.normal = np.random.standard_normal
    exec(compile("def draw():\n    return normal()", room, "exec"), vars(library))
    np.random.seed(0)
    np.random.standard_normal()  # they come in pairs
    with pytest.raises(CaptureError, match=RANDOM):
        capture(lambda x: x * library.draw(), 2.0)


def test_the_line_that_draws_is_found_behind_a_call_that_does_not():
    class Part:
        @functools.cached_property
        def two(self):
            return 2.0

    def twice(x):
        return 2 * x

    def f(x, part):
        y = x + 1
        return twice(y) + part.two * np.random.normal() - twice(x)

    with pytest.raises(CaptureError) as error:
        capture(lambda x: f(x, Part()), 2.0)
    here = f.__code__.co_firstlineno + 2
    assert str(error.value).splitlines()[1] == f"  where: {__file__}:{here}, in f"


def test_nothing_is_left_of_looking_for_random_numbers():
    trace = sys.gettrace()
    with counted_seeds():
        with counted_seeds():
            counting = random._urandom
        with pytest.raises(CaptureError, match=RANDOM):
            capture(lambda x: x + np.random.default_rng().normal(), X)
        assert random._urandom is counting is not os.urandom  # as another thread's may go on
        assert sys.gettrace() is trace
    assert random._urandom is os.urandom


def test_what_another_thread_draws_is_not_held_against_a_function():
    left = [1, 2]

    def f(x):
        if left:
            threads.submit(np.random.random, left.pop()).result()
        return np.sin(x)

    with ThreadPoolExecutor(1) as threads:
        threads.submit(int).result()  # now there is one
        program = capture(f, 2.0)
        with pytest.raises(CaptureError, match=RANDOM):
            capture(legacy_draw, X)
    assert [e.op.name for e in program.equations] == ["sin"]
    assert not left


old = np.random.Generator(np.random.MT19937(0))
secret = random.SystemRandom()


@pytest.mark.parametrize(
    "draw",
    [
        np.random.random,
        lambda: np.random.bytes(4),
        lambda: np.random.bytes(4 * 624),  # once around: the place of the next one is the same
        lambda: np.random.seed(1),
        lambda: old.bytes(4),
        lambda: old.bit_generator.random_raw(624),
    ],
)
@pytest.mark.parametrize("spare", [False, True])
def test_each_change_of_an_old_generator_is_seen(draw, spare):
    np.random.seed(0)
    if spare:
        np.random.standard_normal()
    states = watch([old])
    before = states()
    assert states() == before
    draw()
    assert states() != before


def test_the_memory_of_an_old_generator_is_its_state():
    bits = np.random.MT19937(0)
    for _ in range(3):
        bits.random_raw(400)
        state = bits.state["state"]
        assert _state(bits) == state["key"].tobytes() + np.int32(state["pos"]).tobytes()


@pytest.mark.parametrize("f", REFUSED, ids=lambda f: f.__name__)
def test_refused_with_the_line_and_the_remedy(f):
    lines, first = inspect.getsourcelines(f)
    here = first + next(i for i, line in enumerate(lines) if line.rstrip().endswith("# here"))
    what, instead = REFUSED[f]
    with pytest.raises(CaptureError) as caught:
        capture(f, X)
    LEAKY.clear()
    assert str(caught.value) == (
        f"a program cannot hold {what}\n"
        f"  where: {__file__}:{here}, in {f.__name__}\n"
        f"  instead: {instead}"
    )


class Skipping(nn.Module):
    """Its own generator says whether it does anything: no number shows that it was asked."""

    def __init__(self):
        super().__init__()
        self.generator = np.random.default_rng(0)

    def forward(self, x):
        return x if self.generator.random() < 2 else np.tanh(x)


skipping = nn.Sequential(nn.Tanh(), Skipping())


class Noise:
    """Not of nn, but called; or read."""

    def __init__(self):
        self.generator = np.random.RandomState(0)  # what old programs have

    def __call__(self, x):
        return x + self.generator.normal()


noise = Noise()
generators = [np.random.default_rng(0), random.Random(0)]  # noqa: S311  # no secrets
held = {"noise": generators, "bits": np.random.PCG64(0)}


helpers = ModuleType("helpers")  # another file
HELPERS = """
import numpy as np

rng = np.random.default_rng(0)

def draw():
    return rng.normal()

class Noise:
    rng = np.random.default_rng(1)

    def __init__(self):
        self.held = type("Held", (), {})()
        self.held.rng = np.random.default_rng(2)

    def of_module(self, x):
        return x + rng.normal()

    def of_class(self, x):
        return x + self.rng.normal()

    def of_part(self, x):
        return x + self.held.rng.normal()

    def of_another(self, x):
        return self.of_part(x)
"""
exec(compile(HELPERS, "helpers.py", "exec"), vars(helpers))  # our own text
draw, helping = helpers.draw, helpers.Noise()


@functools.wraps(odd)
def wrapping(x):
    return np.tanh(x) + RNG.normal()


@pytest.mark.parametrize(
    "f",
    [
        skipping,
        skipping.forward,
        lambda x: skipping(x),
        value_and_grad(lambda x: np.sum(skipping(x))),
        lambda x: generator_draw(x),
        ag.compile(generator_draw),
        noise,
        lambda x: noise(x),
        lambda x: x + noise.generator.normal(),
        lambda x, generator=noise.generator: x + generator.normal(),
        lambda x, draw=generators[0].normal: x + draw(),
        lambda x, draw=generators[1].random: x + draw(),
        functools.partial(lambda generator, x: x + generator.normal(), noise.generator),
        functools.partial(noise),
        wrapping,
        ag.vmap(wrapping),
        lambda x: x + held["noise"][0].normal(),
        lambda x, noise=(generator,): x + noise[0].normal(),
        functools.partial(lambda held, x: x + held["noise"][1].random(), held),
        lambda x: x + np.random.Generator(held["bits"]).normal(),
        lambda x: x + np.random.default_rng().normal(),
        lambda x: x + np.random.RandomState().normal(),
        lambda x: x + random.SystemRandom().random(),
        lambda x: x + secret.random(),
        lambda x: x + helpers.draw(),
        lambda x: x + draw(),
        helping.of_module,
        lambda x: helping.of_class(x),
        helping.of_part,
        lambda x: helping.of_another(x),
    ],
)
def test_generators_of_modules_and_of_functions_are_looked_at_too(f):
    with pytest.raises(CaptureError, match=RANDOM):
        capture(f, X)


def test_generators_among_the_arguments_are_looked_at_too():
    def f(x, noise):
        return x + (noise[0] if type(noise) is list else noise).normal()

    for among in (generator, [generator]):
        for make in (capture, lambda f, *args, **options: ag.compile(f)(*args, **options)):
            with pytest.raises(CaptureError, match=RANDOM):
                make(f, X, among)
            with pytest.raises(CaptureError, match=RANDOM):
                make(f, X, noise=among)


def test_numbers_in_a_list_are_no_place_for_a_generator():
    """A data set that a function reads may have millions of them."""
    held = [*map(float, range(10**5)), generator]
    tracemalloc.start()
    states = watch(reached(held))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 10**5
    before = states()
    generator.normal()
    assert states() != before


def test_a_generator_with_a_seed_gives_the_same_numbers_at_each_call():
    def f(x):
        return x + np.random.default_rng(3).normal()

    assert same(capture(f, X)(2 * X), f(2 * X))


def test_an_argument_by_position_is_not_called_as_one_by_name():
    def f(*xs, scale=2.0):
        return xs[0] * xs[1] * scale

    assert capture(f, X, X).arguments == ["x0", "x1"]


@pytest.mark.parametrize("catches", [False, True])
def test_what_a_refused_capture_met_is_freed_at_once(catches):
    def f(x):
        if not catches:
            return x if x.sum() > 0 else -x
        with suppress(CaptureError):
            bool(x.sum())
        return x

    x = np.ones(3)
    known = weakref.ref(x)
    gc.disable()
    try:
        with pytest.raises(CaptureError):
            capture(f, x)
        del x
        assert known() is None
    finally:
        gc.enable()


@pytest.mark.parametrize("name", ["x", "ﬁ", "lambda", "ｌａｍｂｄａ", "1a", "a.b", "été", "", "x²"])
def test_an_identifier_is_what_python_makes_of_it(name):
    found, scope = identifier(name), {}
    exec(f"{found} = 1", {}, scope)
    assert [*scope] == [found]
    assert identifier(found) == found


def test_arguments_are_called_without_a_signature_and_in_tuples():
    assert capture(dict, [("a", X)]).arguments == ["a", "x001"]
    program = capture(lambda pair: pair[0] * pair[1], (X, X))
    assert program.arguments == ["pair0", "pair1"]

    @functools.wraps(program)
    def squared(x):
        return program((x, x))

    assert same(capture(squared, X)(X), X * X)


def test_arguments_are_called_as_the_signature_says():
    @functools.wraps(odd)
    def other(*args):
        return args[0]

    assert capture(np.dot, X, X).arguments == ["a", "b"]  # of which only NumPy knows what it takes
    assert capture(Tensor.softmax, Tensor(X)).arguments == ["x"]
    assert capture(other, X).arguments == ["x"]


def test_a_function_may_name_what_is_defined_later():
    def f(x, other=False):
        return later(x) if other else x * 2

    assert same(capture(f, X)(X), 2 * X)
    later = np.sin


def test_a_result_that_is_no_array_is_refused():
    with pytest.raises(CaptureError, match="a program cannot return a generator"):
        capture(odd, X)


@pytest.mark.parametrize("write", [dict.update, lambda d, new: d["list"].append(new), dict.pop])
@pytest.mark.parametrize("make", [capture, lambda f, x: ag.compile(f)(x)])
def test_putting_something_into_a_container_that_is_an_argument_is_refused(make, write):
    """Whoever called would not find it there."""

    def f(given):
        new = given["w"] - 0.1
        write(given, "w" if write is dict.pop else {"w": new})
        return new

    with pytest.raises(CaptureError) as caught:
        make(f, {"w": X, "list": []})
    lines = str(caught.value).split("\n")
    assert lines[0] == (
        "a program cannot hold putting something into a list or a dict that it is given"
    )
    assert lines[1].endswith(", in f")
    assert lines[2] == ("  instead: a new one, which is returned: {**params, 'w': w}; [*values, y]")


@pytest.mark.parametrize("x", [X, 2.0])
@pytest.mark.parametrize("set_grad", [ag.enable_grad, no_grad])
def test_writing_into_a_tensor_that_is_an_argument_is_refused(x, set_grad):
    def f(t):
        with set_grad():
            t += 1
        return t

    def g(t):
        with set_grad():
            t[...] = 1.0
        return np.sum(X)

    for h in (f, g):
        with pytest.raises(CaptureError) as error:
            capture(h, Tensor(x))
        lines = str(error.value).splitlines()
        assert lines[0] == "a program cannot hold writing into t, a tensor that it is given"
        assert lines[2] == "  instead: t = t + 1 for t += 1; or a tensor from outside"


def test_what_only_holds_itself_is_not_kept():
    def f(x):
        ring = [x * 2]
        ring.append(ring)
        return ring[0] + 1

    gc.disable()  # so that it is there in the end
    try:
        assert same(capture(f, X)(X), f(X))
    finally:
        gc.enable()


def test_a_gradient_that_would_be_left_in_an_argument_is_refused():
    def f(t):
        loss = np.sum(t * t)
        loss.backward()
        return loss

    def looked(t):
        f(t)
        return t.grad.shape

    def descent(t):
        f(t)
        return t - 0.25 * t.grad

    t = Tensor(X, requires_grad=True)
    for make in (lambda: capture(f, t), lambda: ag.compile(f)(t), lambda: capture(looked, t)):
        with pytest.raises(CaptureError) as caught:
            make()
        lines = str(caught.value).splitlines()
        assert lines[0] == "a program cannot leave a gradient in t, a tensor that it is given"
        assert lines[1].endswith((", in f", ", in looked"))
        assert lines[2] == "  instead: value_and_grad, or return t.grad; or a tensor from outside"
    assert same([capture(descent, t)(t)], [X / 2])


@pytest.mark.parametrize("k", [X, Tensor(X), Tensor(X, requires_grad=True)])
def test_a_gradient_that_is_what_something_else_is_would_be_lost_as_well(k):
    def f(t):
        assert t.grad is None
        np.sum(t * k).backward()  # the gradient is k, which the result reads
        return t.detach() * k

    with pytest.raises(CaptureError, match="cannot leave a gradient in t"):
        capture(f, Tensor(X, requires_grad=True))


def test_a_gradient_of_an_argument_may_go_into_a_tensor_from_outside():
    kept = Tensor(np.zeros_like(X))

    def written(t):
        np.sum(t * t).backward()
        with ag.no_grad():
            kept[...] = t.grad

    def replaced(t):
        np.sum(t * t).backward()
        kept.data = t.grad.data

    for f in (written, replaced):
        compiled = ag.compile(f)
        for x in (X, X + 1):
            compiled(Tensor(x, requires_grad=True))
            assert same([kept], [2 * x])


def written(x):
    y = x.copy()
    y[0] = x[1]
    y *= x
    return y


OF_ARRAYS = {
    "an operation": np.sin,
    "parts": lambda x: np.concatenate([np.sort(x)[1:], x[:1]]),
    "a write": written,
    "a value": lambda x: value_and_grad(lambda x: np.sum(x**3))(x)[0],
    "grad": grad(lambda x: np.sum(x**3)),
    "grad of grad": grad(lambda x: np.sum(grad(lambda x: np.sum(x**3))(x) ** 2)),
    "vjp": lambda x: vjp(np.sin)(x)[0](np.ones(3)),
    "jvp": lambda x: ag.jvp(np.sin)(x)(np.ones(3))[1],
    "linearize": lambda x: ag.linearize(np.sin)(x)[0](np.ones(3)),
    "hvp": lambda x: ag.hvp(lambda x: np.sum(x**3))(x)[0](np.ones(3)),
    "jacobian": jacobian(np.sin),
    "jacfwd": ag.jacfwd(np.sin),
    "hessian": hessian(lambda x: np.sum(x**3)),
    "vmap": ag.vmap(lambda x: x * np.sin(x)),
    "vmap of grad": ag.vmap(grad(lambda x: x * np.sin(x))),
    "a program": lambda x: capture(np.sin, x)(x),
    "compiled": ag.compile(grad(lambda x: np.sum(x**3))),
}


@pytest.mark.parametrize("of", OF_ARRAYS.values(), ids=OF_ARRAYS)
def test_what_arrays_become_under_no_grad_has_no_derivative_in_a_program(of):
    def f(x):
        with no_grad():
            y = of(x)
        return np.sum(y * np.sum(x**2))

    y = of(X)
    assert np.allclose(capture(f, X).grad(X), 2 * X * np.sum(y), rtol=1e-14)
    assert np.array_equal(capture(f, X)(X), f(X))


def test_a_history_is_cut_off_where_it_ends_alone():
    def f(x):
        with no_grad():
            y = np.sin(x) * 2.0
            return y + np.ones(3) * 3.0

    assert [e.op.name for e in capture(f, X).equations] == ["sin", "detached", "multiply", "add"]
    with no_grad():
        assert [e.op.name for e in capture(f, X).equations] == ["sin", "multiply", "add"]


@pytest.mark.parametrize("trace", [lambda f: capture(f, X), lambda f: ag.vmap(f)(X[None])])
def test_the_data_of_a_tensor_that_is_written_into_later_is_refused(trace):
    def f(x):
        t = Tensor(x)
        old = t.data
        with no_grad():
            t *= 2
        return old, t.data  # which are one array, outside

    with pytest.raises(RuntimeError, match="using a view of an array that was written into since"):
        trace(f)
    trace(lambda x: f(x)[1])


def test_a_tensor_that_shares_memory_with_one_that_was_written_is_refused():
    """For a program they are two, of which one was written into."""
    w = Tensor([1.0, 2.0, 3.0], requires_grad=True, name="w")
    with no_grad():
        old, part, apart = w.detach(), w[:2], w.detach().clone()

    def written(read):
        with no_grad():
            w[0] = 5.0
        return np.sum(read)

    def written_last(read):
        y = np.sum(read)
        with no_grad():
            w.add_(1)
        return y

    def replaced(read):
        w.data = w.data + 1
        return np.sum(read)

    for read in (old, part):
        with pytest.raises(CaptureError) as error:
            capture(lambda read=read: written(read))
        lines = str(error.value).splitlines()
        assert lines[0] == (
            "a program cannot hold reading a tensor whose memory another one was written into"
        )
        assert lines[2] == "  instead: old.clone() in the place of old.detach(), or of another view"
    for f in (written_last, replaced):
        for read in (old, part, apart):
            compiled = ag.compile(lambda f=f, read=read: f(read))
            for _ in range(2):
                before = w.data, w.data.copy(), read.data.copy()
                wanted = f(read)
                after = w.data.copy()
                w.data, w.data[...] = before[0], before[1]
                assert same([compiled(), w], [wanted, after])
    assert same([capture(lambda: written(apart))()], [np.sum(apart)])


def test_writing_a_mapped_value_into_what_is_not_mapped_is_refused():
    def f(x, y):
        z = y * 2
        z += x
        return z

    with pytest.raises(CaptureError, match="writing a mapped value into one that is the same"):
        capture(ag.vmap(f, in_axes=(0, None)), np.ones((2, 3)), X)


def test_the_remedies_work():
    rows = np.arange(12.0).reshape(4, 3)
    assert_captured(lambda x: np.where(x > 1, x, 0), [X])
    assert_captured(lambda x: np.sin(x[0]), [X])
    assert_captured(lambda i, rows: rows[i], [np.array([0, 2]), rows])
    assert_captured(lambda x, noise: x + noise, [X, generator.normal(size=3)])
    dropout.eval()
    assert_captured(lambda x: dropout(Tensor(x) if type(x) is np.ndarray else x), [X])
    dropout.train()

    def copied(x):
        x = x.copy()
        x[0] = 1
        x += 1
        x[1:] *= 2
        return x, x * 1.0

    assert_captured(copied, [X])


def test_a_model_that_draws_is_named_by_who_calls_it():
    net = nn.Sequential(nn.Linear(4, 2), nn.Dropout(0.5))
    with pytest.raises(CaptureError) as error:
        capture(net, np.ones((3, 4)))
    where = str(error.value).splitlines()[1]
    assert re.fullmatch(r"  where: Sequential, at \S*test_capture.py:\d+", where)


def test_writing_into_new_arrays_like_one_that_is_traced():
    def f(x):
        y, z, u = np.zeros_like(x), np.empty_like(x), np.ones((2, 3), like=x)
        even = np.zeros_like(x, dtype=bool)
        even[::2] = True  # numbers of the program's own: a mask may be an index
        y[1:-1] = x[2:] - x[:-2]
        z[0], z[1:] = x[1], 0
        u[1] *= x
        row = u[np.int64(0)]
        row += y
        return y, z, u, x[even]

    program = assert_captured(f, [X])
    assert all(np.all(k == k.astype(int)) for k in program.constants.values()), "of empty_like"


def test_indices_that_only_the_shape_decides_are_the_program_s_own():
    def f(x):
        K = np.outer(x, x)
        K[np.diag_indices_from(K)] += 1
        return K, K[np.tril_indices_from(K, -1)], K[np.triu_indices_from(K)]

    assert_captured(f, [X])
    rows = np.array([X, X[::-1]])
    for i, mapped in enumerate(ag.vmap(f)(rows)):
        assert np.array_equal(mapped, [f(row)[i] for row in rows])


def test_writing_into_a_view_of_what_nobody_else_sees():
    def f(x):
        y = np.reshape(np.outer(x, x), (9,))
        y[0] = x[1]
        y = y.reshape(3, 3).T
        y[1] += x
        row = y[::2][1].reshape(3, 1)
        z = np.fft.ifft(x).real[:2]
        z /= z[0]
        return y, z, row

    assert_captured(f, [X])
    rows = np.array([X, X[::-1]])
    for i, mapped in enumerate(ag.vmap(f)(rows)):
        assert np.allclose(mapped, [f(row)[i] for row in rows], rtol=1e-14)


def test_writing_into_what_the_function_made():
    def f(x):
        y = x * 1.0  # the same numbers, and another array
        z = y
        y[0] = x[1]
        y[1:] += x[:2]
        v = z[:2]
        v[1] = 7
        w = v[::-1]
        w *= x[1]
        picked = y[[0, 2]]  # a copy
        picked += 100
        return y, z, x, v * 1, w, picked

    assert_captured(f, [X])

    def added(x):
        y = x * 2.0
        y[1:] += 1
        return y

    program = assert_captured(added, [X])
    assert [e.op.name for e in program.equations] == ["multiply", "getitem", "add", "setitem"]


def sorted_in_place(x):
    y = x * -2.0
    z = y.copy()
    y.sort()
    z[::-1].sort()
    return y, z


def filled_in_place(x):
    y = np.where(x > 1.5, np.nan, x)
    np.nan_to_num(y, copy=False, nan=9.0)
    y.astype(float, copy=False)[0] = 4
    return y


def written_by_masks(x):
    y = np.zeros_like(x)
    np.divide(1, x, out=y, where=x > 1.5)
    np.exp(y, out=y, where=np.array([True, False, True]))
    np.copyto(y, x, where=x > 2.5)
    np.putmask(y, x < 1.5, [7.0, 8.0])
    z = -y
    np.put_along_axis(z, np.argmax(x, keepdims=True), y[:1], axis=0)
    return y * z


def added_by_places(x):
    places = np.floor(x).astype(int) % 2
    y = np.zeros_like(x)
    np.add.at(y, places, x * x)
    table = np.outer(x, x)
    np.subtract.at(table, (places, places[::-1]), 1.0)
    np.add.at(table, (slice(None), places), x)
    return y @ table


IN_PLACE = [sorted_in_place, filled_in_place, written_by_masks, added_by_places]


@pytest.mark.parametrize("f", IN_PLACE, ids=lambda f: f.__name__)
def test_what_works_in_place_on_arrays_does_so_on_what_stands_for_them(f):
    program = capture(f, X)
    rows = np.array([X, X[::-1], [3.0, 1.0, 2.0]])
    assert np.array_equal([program(row) for row in rows], [f(row) for row in rows])
    mapped = ag.vmap(f)(rows)
    mapped = np.stack(mapped, axis=1) if f is sorted_in_place else mapped
    assert np.array_equal(mapped, [f(row) for row in rows])


def histogram(x):
    counts = np.zeros_like(x)
    np.add.at(counts, np.floor(x).astype(int), x)
    return counts


def test_what_is_added_at_computed_places_has_the_slope_of_its_place():
    x = np.array([0.5, 2.25, 0.75])  # two of the place 0
    want = [2.5, 4.5, 2.5]
    slope = grad(lambda x: np.sum(histogram(x) ** 2))
    assert slope(x).tolist() == capture(slope, x[::-1].copy())(x).tolist() == want
    assert ag.vmap(slope)(np.array([x, x[::-1]])).tolist() == [want, want[::-1]]


@pytest.mark.parametrize(
    ("write", "told"),
    [
        (lambda x, i: np.multiply.at(x, i, 2.0), "np.multiply(x[i], b)"),
        (lambda x, i: np.sqrt.at(x, (i,)), "np.sqrt(x[i])"),
    ],
)
def test_what_is_written_at_computed_places_in_turn_is_refused(write, told):
    def f(x):
        y = x * 1
        write(y, np.floor(x).astype(int))
        return y

    place = f"instead: x[i] = {told} for one that does not; np.add.at adds up"
    for run in (lambda: capture(f, X), lambda: ag.vmap(f)(X[None])):
        with pytest.raises(RuntimeError, match="at with a computed index, which may") as refused:
            run()
        assert str(refused.value).endswith(place)


MASKED = {
    "log": (lambda x: np.log(x, out=np.zeros_like(x), where=x > 0), [2.0, -1.0], [0.5, 0]),
    "arcsin": (lambda x: np.arcsin(x, out=np.zeros_like(x), where=x < 1), [0.6, 2.0], [1.25, 0]),
    "arccosh": (
        lambda x: np.arccosh(x, out=np.zeros_like(x), where=x > 1), [1.25, 0.0], [4 / 3, 0]
    ),
    "divide": (
        lambda x: np.divide(x, 4 * x, out=np.ones_like(x), where=x != 0), [2.0, 0.0], [0, 0]
    ),
    "by a constant": (
        lambda x: np.divide(x, np.array([4.0, 0.0]), out=x * 1, where=np.array([True, False])),
        [2.0, 3.0],
        [0.25, 1],
    ),
    "of integers": (
        lambda x: np.floor_divide(7, np.arange(2), out=x * 1, where=np.arange(2) * x > 0),
        [2.0, 3.0],
        [1, 0],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("f", "x", "slope"), MASKED.values(), ids=MASKED)
@pytest.mark.parametrize("bits_of", ["float32", "float64"])
def test_a_function_is_not_computed_where_a_mask_says_no(f, x, slope, bits_of):
    x = np.array(x, bits_of)
    total = grad(lambda x: np.sum(f(x)))
    with np.errstate(all="raise"):
        assert same([capture(f, x)(x), ag.compile(f)(x), ag.vmap(f)(x[None])[0]], [f(x)] * 3)
        for slopes in (capture(total, x)(x), ag.compile(total)(x), ag.vmap(total)(x[None])[0]):
            np.testing.assert_allclose(slopes, slope, rtol=1e-6)


def test_a_mask_leaves_a_number_of_pythons_the_dtype_of_what_it_meets():
    def f(x, n):
        return np.divide(n, x, out=np.zeros_like(x), where=x > 0)

    x = np.array([3.0, 0.0], np.float32)
    assert same([capture(f, x, 2.0)(x, 0.9)], [f(x, 0.9)])


def test_writing_in_place_keeps_the_dtype():
    def f(x):
        y, z = x * 2, np.argsort(x)
        y += X  # of float64, rounded to float32
        y[1:] *= np.pi * np.ones(2)
        z += 1
        return y, z, np.multiply(y, X, out=y)

    assert_captured(f, [X.astype(np.float32)])


def test_a_value_may_be_printed_and_asked_for_its_shape(capsys):
    def f(x):
        print("x is", x)
        assert isinstance(x, np.ndarray)
        return x / x.shape[0] + len(x) + x.size + x.ndim

    assert_captured(f, [X])
    assert capsys.readouterr().out.startswith("x is [1. 2. 3.]\nx is <x: float64 (3,)>\n")


@pytest.mark.parametrize("parts", [len, list])
def test_a_number_has_no_parts(parts):
    for x in (2.0, Tensor(2.0)):
        with pytest.raises(TypeError, match="one number has no length, and no parts") as told:
            capture(parts, x)
        assert "instead: x itself" in str(told.value)


# ── nothing is left behind ────────────────────────────────────────────────────────────────────
def test_state_is_restored():
    w = Tensor(X, requires_grad=True)
    w.grad = Tensor(X * 7)
    before = w.grad

    def f(x, fails):
        loss = (w * x).sum()
        loss.backward()
        w.requires_grad_(True)
        if fails:
            raise KeyError("from f")
        return loss

    for fails in (False, True):
        try:
            capture(f, X, fails)
        except KeyError:
            assert fails
        assert w.grad is before
        assert type(w.data) is np.ndarray
        assert w.requires_grad
        assert Tensor.__dict__["data"] is DATA
        assert sys.gettrace() is None or "naming" not in repr(sys.gettrace())


def test_threads_capture_at_once():
    w = Tensor(X, requires_grad=True)
    found, errors = {}, []

    def work(k):
        def loss(x):
            return np.sum(np.sin(w * x) * k)

        try:
            for _ in range(15):
                found[k] = raw(capture(loss, X)(X))
        except Exception as error:  # noqa: BLE001  # whatever it is, the test tells
            errors.append(error)

    threads = [threading.Thread(target=work, args=(k,)) for k in (1.0, 2.0)]
    for thread in threads:
        thread.start()
    for _ in range(30):  # meanwhile this one goes on as ever
        assert (w * 2).sum().data == 12.0
    for thread in threads:
        thread.join()
    assert not errors
    want = np.sum(np.sin(X * X))
    assert {k: float(v) for k, v in found.items()} == {1.0: want, 2.0: pytest.approx(2 * want)}


def test_threads_find_the_gradients_that_a_capture_does_not_see():
    w = Tensor(X, requires_grad=True)
    (w * w).sum().backward()
    before, inside, ended = w.grad, threading.Event(), threading.Event()
    found = []

    def f(x):
        y = np.sum(w * x)
        inside.set()
        ended.wait(5)
        y.backward()
        return y

    with ThreadPoolExecutor(2) as threads:

        def g(x):
            y = np.sum(np.sin(w * x))
            y.backward()
            found.append(threads.submit(capture, f, X))
            inside.wait(5)
            found.append(threads.submit(lambda: w.grad).result())
            return y

        for overlapping in (capture(g, X), ended.set() or found[0].result()):
            assert w.grad is before
            assert [e.attribute for e in overlapping.effects] == ["grad"]
    assert found[1] is before
    assert type(Tensor.__dict__["_grad"]) is type(Tensor.__dict__["meta"]), "the slots are back"


def test_the_modules_that_another_thread_calls_are_its_own():
    net, other = nn.Linear(3, 2), nn.Linear(3, 2)

    def f(x):
        with ThreadPoolExecutor(1) as threads:
            threads.submit(other, np.ones(3)).result()
        return net(x)

    assert capture(f, np.ones(3)).modules == [net]


def test_the_work_of_another_thread_is_refused():
    """It would read `w` as a constant, and miss what an optimizer does to it."""
    w = Tensor(X, requires_grad=True)

    def f(x):
        with ThreadPoolExecutor(1) as threads:
            return threads.submit(lambda: np.sum(w * x)).result()  # here

    with pytest.raises(CaptureError) as error:
        capture(f, X)
    first, where, instead = str(error.value).splitlines()
    assert first == "a program cannot hold the work of another thread"
    assert linecache.getline(__file__, int(where.split(":")[-1].split(",")[0])).endswith("# here\n")
    assert instead == "  instead: the same loop without threads"


def test_compiled_functions_and_programs_nest():
    inner = capture(lambda x: np.sin(x) * 2, X)
    assert_captured(lambda x: inner(x) + inner(x * 2), [X])
    assert isinstance(capture(inner, X), Program)


def test_a_mapped_value_is_an_example():
    def f(x):
        return np.sum(np.sin(x) * x)

    rows = np.stack([X, X + 1])
    for g in (f, grad(f)):
        mapped = ag.vmap(lambda x, g=g: capture(g, x)(x))(rows)
        np.testing.assert_array_equal(mapped, [g(row) for row in rows])


@pytest.mark.parametrize("around", [ag.vmap, lambda f: lambda x: capture(f, x[0])])
def test_a_value_of_what_is_around_a_capture_is_to_be_an_argument(around):
    """Its name may be one of this program too: it would be another value."""

    def f(x):
        outer = x
        return capture(lambda x: x * outer, 1.0)(3.0)  # here

    with pytest.raises(CaptureError) as error:
        around(f)(X)
    first, where, instead = str(error.value).splitlines()
    assert first == "a program cannot hold a value of the map or the capture around it"
    assert linecache.getline(__file__, int(where.split(":")[-1].split(",")[0])).endswith("# here\n")
    assert instead == "  instead: that value as an argument of the captured function"


def test_where_a_program_is_given_what_requires_a_gradient_its_parameters_get_theirs():
    w, x = (Tensor(v, requires_grad=True) for v in (3.0, 2.0))
    capture(lambda x: x * w, 1.0)(x).backward()
    assert (w.grad.item(), x.grad.item()) == (2.0, 3.0)
    slope = grad(lambda x: capture(lambda y: y * x, 1.0)(x + 1))
    assert slope(2.0) == 5.0
    assert grad(lambda x: capture(lambda y: y * x, 1.0)(3.0))(2.0) == 3.0


def test_a_gradient_of_before_that_was_looked_at_is_no_input():
    layer = nn.Linear(3, 2)
    layer(np.ones((4, 3))).sum().backward()
    assert layer.weight.grad is not None  # which makes a Tensor of it
    program = capture(lambda x: layer(x).sum(), np.ones((4, 3)))
    assert len(program.inputs) == 3
    assert program(X[None] * np.ones((4, 1))) == layer(X[None] * np.ones((4, 1))).sum().data


# ── what an operation may not be given ────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    "f", [lambda x, e: np.histogram(x, e)[0], lambda x, e: np.histogram(x, e, weights=x)[0]]
)
def test_edges_of_bins_are_no_constants_of_a_program(f):
    """They are parameters of its rows, so those of the capture would be those of all calls."""
    with pytest.raises(CaptureError, match="bins= of a traced number"):
        capture(f, np.ones(3), np.array([0.0, 1.0, 2.0]))


@pytest.mark.parametrize(
    ("f", "x", "name"),
    [
        (lambda x, n: np.fft.fft(x, n=n), np.ones(3), "n"),
        (lambda x, n: np.std(x, ddof=n), np.ones(3), "ddof"),
    ],
)
def test_a_number_that_an_option_needs_is_to_be_a_keyword(f, x, name):
    with pytest.raises(CaptureError) as error:
        capture(f, x, 1)
    lines = str(error.value).split("\n")
    assert lines[0] == f"a program cannot hold {name}= of a traced number"
    assert lines[2] == (
        f"  instead: {name} as a keyword argument of the function, which is constant"
    )
    np.testing.assert_array_equal(capture(f, x, n=1)(x), f(x, 1))


def test_a_question_to_which_python_answers_is_an_equation():
    program = capture(lambda x: np.not_equal(1j, x), 2.0)
    assert program(2.0) is np.True_


def test_a_number_is_written_into_only_where_an_array_without_axes_is():
    def f(x):
        y = np.copy(x)
        z = y.copy()
        np.multiply(z, 0.5, out=z)
        np.add(z, 1, out=z, where=x > 0)
        total = x
        total += 1
        total **= 2
        return y, z, total, x

    program = capture(f, 2.0)
    for x in (3.0, -3.0):
        assert same(program(x), f(x))


def test_a_copy_of_an_argument_is_written_into():
    def f(x, n):
        alone, state = copy.copy(x), copy.deepcopy({"x": x, "again": [x], "n": n})
        alone[0], state["x"][0] = 5.0, 7.0
        return alone, state["again"][0] * state["n"] + x * copy.copy(n)

    x = np.array([1.0, 2.0], np.float32)
    program = capture(f, x, 3.0)
    for n in (3.0, 4.0):
        assert same(program(x, n), f(x, n))
        assert same(ag.compile(f)(x, n), f(x, n))
    assert [y.tolist() for y in program(x, 3.0)] == [[5, 2], [24, 12]]
    assert x.tolist() == [1, 2]


WRITTEN = {
    "a part": lambda t, x: t[:1].__iadd__(x[0]),
    "a detached tensor": lambda t, x: t.detach().__iadd__(x),
    "a part of one": lambda t, x: t.detach().__setitem__(0, x[1]),
    "its data": lambda t, x: t.data.__imul__(x),
    "a part of its data": lambda t, x: t.detach().data[1:].__imul__(x[1]),
}


@pytest.mark.parametrize("write", WRITTEN.values(), ids=WRITTEN)
@pytest.mark.parametrize("values", [[1.0, 2.0], [1, 2]])
def test_what_is_written_into_a_part_without_recording_is_written_into_the_tensor(write, values):
    def f(x):
        kept = t.copy()
        with no_grad():
            write(t, x)
        return kept * x + t

    x = np.array([3.0, 5.0]).astype(type(values[0]))
    t = Tensor(values, requires_grad=type(values[0]) is float)
    program, mapped = capture(f, x), ag.vmap(lambda x: f(x * 1))
    with pytest.raises(VmapError, match="rewriting a tensor from outside"):
        mapped(np.stack([x, x]))
    assert t.tolist() == values
    for k in (1, 2):
        before = t.tolist()
        result, after = program(x * k).tolist(), t.tolist()
        t.data = np.array(before)
        assert (f(x * k).tolist(), t.tolist()) == (result, after) != (result, before)


@pytest.mark.parametrize("look", [lambda t: t[:1], Tensor.detach, lambda t: t.data])
def test_a_view_that_was_taken_before_a_write_is_refused(look):
    def f(x):
        with no_grad():
            view = look(t)
            t.__iadd__(x)
        return view * x

    def number(x):
        before = count.detach()
        with no_grad():
            count.__iadd__(x)
        return before * x

    t, count = Tensor([1.0, 2.0], requires_grad=True), Tensor(1.0, requires_grad=True)
    with pytest.raises(CaptureError, match="a view of an array that was written into since"):
        capture(f, np.ones(2))
    assert (capture(number, 2.0)(2.0).item(), count.item()) == (2, 3)  # a number is a value


@pytest.mark.parametrize("write", [*WRITTEN.values(), lambda t, x: t.__iadd__(x)])
def test_a_result_that_was_written_into_waits_for_no_gradient(write):
    def f(x):
        y = t * x
        with no_grad():
            write(y, x)
        return y

    def number(x):
        y = t * x
        with no_grad():
            y += x
        return y

    t, x = Tensor([1.0, 2.0], requires_grad=True), np.array([3.0, 5.0])
    with pytest.raises(CaptureError) as error:
        capture(f, x)
    lines = str(error.value).splitlines()
    assert lines[0] == (
        "a program cannot hold writing under no_grad into a tensor on the way to a result"
    )
    assert lines[1].endswith(", in f")
    assert lines[2] == (
        "  instead: y = y + 1 for y += 1; y.detach() as the result if no gradient is wanted"
    )
    with no_grad():
        assert capture(f, x)(x).tolist() == f(x).tolist()
    detached = capture(lambda x: f(x).detach(), x)
    assert detached(x).tolist() == f(x).tolist()
    t, x = Tensor(2.0, requires_grad=True), 3.0
    with pytest.raises(CaptureError, match="writing under no_grad into a tensor on the way"):
        capture(number, x)


SHARED = {
    "data": lambda t, u, x: u.data,
    "a part": lambda t, u, x: u.data[::-1],
    "what is detached": lambda t, u, x: u.detach().data,
    "an argument": lambda t, u, x: x,
}
APART = {
    "a copy": lambda t, u, x: u.data.copy(),
    "a result": lambda t, u, x: u.data * 1.0,
    "a part of its own": lambda t, u, x: t.data[::-1],
}


@pytest.mark.parametrize("of", SHARED.values(), ids=SHARED)
def test_no_tensor_is_given_the_memory_of_another(of):
    t, u = Tensor([1.0, 2.0], name="old"), Tensor([3.0, 4.0])
    with pytest.raises(CaptureError) as error:
        capture(lambda x: setattr(t, "data", of(t, u, x)), np.ones(2))
    lines = str(error.value).splitlines()
    assert lines[0] == "a program cannot hold giving old the memory of another tensor or array"
    assert lines[1].endswith(", in <lambda>")
    assert lines[2] == "  instead: old.data = u.data.copy(); or old.data[...] = u.data"


@pytest.mark.parametrize("of", APART.values(), ids=APART)
def test_a_tensor_is_given_memory_of_its_own(of):
    (t, u), x = (Tensor([1.0, 2.0]), Tensor([3.0, 4.0])), np.ones(2)
    program = capture(lambda x: setattr(t, "data", of(t, u, x)), x)
    for _ in range(2):
        expected = of(t, u, x).tolist()
        program(x)
        assert (t.tolist(), u.tolist()) == (expected, [3.0, 4.0])
        t.data += 1


def test_two_tensors_swap_their_memory():
    t, u, number = Tensor([1.0, 2.0]), Tensor([3.0, 4.0]), Tensor(1.0)

    def swap():
        t.data, u.data = u.data, t.data
        number.data = t.data[0]

    capture(swap)()
    assert (t.tolist(), u.tolist(), number.item()) == ([3.0, 4.0], [1.0, 2.0], 3.0)


def test_names_are_taken_once():
    wishes = ["x", "x", "x_1", "x", "x_2", "x_1_1", "x_1", "x_1", "x", "x_4"]
    for shift in range(len(wishes)):
        names = Names(["x_3"])
        taken = [names.take(wish) for wish in wishes[shift:] + wishes[:shift]]
        assert len({*taken, "x_3"}) == len(wishes) + 1
        assert all(name.startswith(wish) for name, wish in zip(taken, wishes[shift:], strict=False))


@pytest.mark.parametrize("shape", [(2, 2), (3, 2, 2)])
def test_zeros_are_an_example_for_matrices_that_must_not_be_singular(shape):
    """As those of a loaded program are."""
    a = np.broadcast_to([[2.0, 1.0], [0.0, 4.0]], shape).copy()
    inverse = capture(np.linalg.inv, np.zeros(shape))
    assert same(inverse(a), np.linalg.inv(a))
    assert inverse.equations[-1].like.shape == shape
    b = np.array([3.0, 5.0])
    if len(shape) == 2:
        solve = capture(np.linalg.solve, np.zeros(shape), np.zeros(2))
        assert same(solve(a, b), np.linalg.solve(a, b))
        assert solve.equations[-1].like.shape == (2,)


def test_the_rules_of_the_users_belong_to_the_backward_pass():
    def triple(x):
        return 3 * x

    @ag.primitive
    def cube(x):
        return x * x * x

    def rule(g, _, x):
        slope = triple(x)
        return g * slope * x

    cube.defvjp(rule)
    program = capture(value_and_grad(lambda x: np.sin(cube(x))), 2.0)
    marks = [(e.op.name, e.backward) for e in program.equations]
    assert marks[:2] == [("cube", False), ("sin", False)]
    assert {is_so for _, is_so in marks[2:]} == {True}
    assert len(marks) > 4


def test_each_backward_pass_looks_at_the_variables_of_its_time():
    def f(x):
        first = x * w
        np.sum(first * first).backward()
        second = x - w
        np.sum(second * second).backward()

    w = Tensor(X, requires_grad=True)
    names = {e.name for e in capture(f, X).equations}
    assert {"first", "dfirst", "second", "dsecond"} <= names


@pytest.mark.parametrize(("made_by_pip", "may_change"), [(True, "False"), (False, "True")])
def test_packages_in_a_folder_of_their_own_are_installed(made_by_pip, may_change, tmp_path):
    """As by pip install --target, which the README's test command uses."""
    tmp_path.joinpath("other.py").write_text("rate = 1.0\n")
    if made_by_pip:
        tmp_path.joinpath("other-1.0.dist-info").mkdir()
    asked = "import other; from autograd.program.tracing import owners"
    done = subprocess.run(
        [sys.executable, "-c", f"{asked}; print(owners.may_change(other))"],
        capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])},
    )  # fmt: skip
    assert done.stdout.strip() == may_change
