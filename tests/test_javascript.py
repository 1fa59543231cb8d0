"""Printed JavaScript computes what the engine computes: node runs it over every row's samples."""

import json
import re
import shutil
import subprocess
from importlib.resources import files

import numpy as np
import pytest
from samples import SAMPLES
from test_rules import like, title

import autograd as ag
from autograd import Tensor, from_numpy
from autograd.primitive import PRIMITIVES
from autograd.program.arrays import literal
from autograd.program.equations import Equation, evaluate
from autograd.program.graph_tape import Symbol, Tape
from autograd.program.javascript import identifiers, javascript, knows, runtime
from autograd.rules import neural
from autograd.rules.shape import Slot, gather
from autograd.view.spelling import number

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="node, which runs JavaScript, is not here")

PLAIN = """
const plain = (x) =>
  typeof x === "number" ? (Number.isFinite(x) ? x : String(x))
  : typeof x === "boolean" ? Number(x)
  : Array.isArray(x) ? x.map(plain) : { shape: x.shape, data: x.data.map(plain) };
"""


def written(x):
    """Write an argument as JavaScript."""
    if np.ndim(x) == 0:
        return literal(x)
    return f"{{data: [{', '.join(map(literal, np.ravel(x)))}], shape: {list(np.shape(x))}}}"


def run(programs):
    """Run (function, arguments) pairs in one process; return what each returned."""
    calls = ",\n".join(f"() => ({f})({', '.join(map(written, xs))})" for f, xs in programs)
    told = "console.log(JSON.stringify(calls.map((c) => plain(c()))));"
    script = f"{runtime()}\n{PLAIN}\nconst calls = [{calls}];\n{told}"
    done = subprocess.run([NODE, "-"], input=script, capture_output=True, text=True, check=False)
    assert not done.stderr, done.stderr[:2000]
    return [[value(y) for y in ys] for ys in json.loads(done.stdout)]


def value(y):
    if isinstance(y, dict):
        return np.array([float(v) for v in y["data"]]).reshape(y["shape"])
    return np.float64(y)


def traced(f, arrays, seed=None):
    """Return the tape of f and of its sweep, what to return, and what the engine says of each."""
    xs = [from_numpy(a).requires_grad_(a.dtype.kind == "f") for a in map(np.asarray, arrays)]
    y = f(*xs)
    names = {x: f"x{i}" for i, x in enumerate(xs) if x.requires_grad}
    tape = Tape(knows)
    if y.op is None:  # truth and integers: only forward
        y = f(*[tape.input(n, x.data) for n, x in zip(("x0", "x1", "x2"), xs, strict=False)])
        return tape, [y], [y.data], list(tape.inputs.values())
    symbols = tape.forward(y, names)
    outputs, expected = [symbols[y]], [y.data]
    if y.requires_grad:
        seed = like([y.data], 5)[0][()] if seed is None else seed
        arrived, _ = tape.backward(y, symbols, seed)
        y.backward(gradient=from_numpy(np.asarray(seed)))
        for x in xs:
            if x.grad is not None:
                outputs.append(arrived[x])
                expected.append(x.grad.data)
    return tape, outputs, expected, [x.data for x in xs if names.get(x) in tape.inputs]


def printed(tape, outputs):
    names = [y.name if type(y) is Symbol else y for y in outputs]
    return javascript(tape.inputs, tape.equations, names)


# ── laws ──────────────────────────────────────────────────────────────────────────────────────
@needs_node
def test_every_row_and_its_rule_compute_in_javascript_what_they_compute_here():
    programs, expected, titles = [], [], []
    for fn, cases in SAMPLES.items():
        for case in cases:
            tape, outputs, values, arrays = traced(case.f, case.inputs())
            try:
                programs.append((printed(tape, outputs), arrays))
            except BaseException as error:
                error.add_note(f"{title(fn)}: {case}")
                raise
            expected.append(values)
            titles.append(f"{title(fn)}: {case}")
    assert len(programs) > 900
    for name, got, values in zip(titles, run(programs), expected, strict=True):
        for y, v in zip(got, values, strict=True):
            assert np.shape(y) == np.shape(v), name
            np.testing.assert_allclose(y, v, rtol=1e-12, atol=1e-12, err_msg=name)


ELSEWHERE = [
    (lambda x, y: np.maximum(x, y) * x, (2.0, 1.0)),
    (lambda x, y: np.minimum(x, y) + ag.relu(x - y) * ag.sigmoid(y), (2.0, 1.0)),
    (lambda x, y: np.clip(x, -1, 1) * y + abs(x * y), (0.5, 2.0)),
    (lambda x, y: np.where(x > 0, np.log(abs(x)), y**2) * y, (1.0, 2.0)),
    (lambda x, y: x / y + x**3 - np.sqrt(abs(y)), (1.0, 2.0)),
    (lambda x, y: np.max(np.stack([x, y, x * y])), (1.0, 2.0)),
    (lambda x, y: np.sum(np.sort(np.stack([x, y, x * y])) * np.arange(3)), (1.0, 2.0)),
    (lambda x, y: x % 2 + np.floor(y) * x, (1.5, 2.5)),
    (lambda x, y: ag.softmax(np.stack([x, y]))[0] * y, (1.0, 2.0)),
    (lambda x, y: np.linalg.norm(np.stack([x, y])), (1.0, 2.0)),
    (lambda x, y: ag.softmax_cross_entropy(np.stack([x, y])[None], np.array([1]))[0], (1.0, 2.0)),
]  # fmt: skip
POINTS = [(2.0, 1.0), (-1.5, 0.5), (0.3, 3.0), (-2.0, -2.0), (0.0, 1.0), (1.0, 0.0), (5.0, -0.7)]


@needs_node
def test_what_was_recorded_at_one_point_holds_at_every_other():
    """Branches and masks are operations; at their kinks too, and where a logarithm has no use."""
    programs, expected = [], []
    for f, start in ELSEWHERE:
        tape, outputs, *_ = traced(f, start, seed=np.float64(1))
        for point in POINTS:
            xs = [Tensor(v, requires_grad=True) for v in point]
            with np.errstate(all="ignore"):
                y = f(*xs)
                y.backward()
            programs.append((printed(tape, outputs), point))
            expected.append([y.data, *(x.grad.data for x in xs)])
    for (source, point), got, values in zip(programs, run(programs), expected, strict=True):
        np.testing.assert_allclose(
            got, values, rtol=1e-12, atol=1e-14, err_msg=f"{point}\n{source}"
        )


@needs_node
def test_the_runtime_holds_nothing_that_no_program_calls():
    known = subprocess.run(
        [NODE, "-"], input=f"{runtime()}\nconsole.log(JSON.stringify(Object.keys(nd)))",
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    called = set()
    for cases in SAMPLES.values():
        for case in cases:
            tape, outputs, *_ = traced(case.f, case.inputs())
            called |= set(re.findall(r"nd\.(\w+)", printed(tape, outputs)))
    rest = set(json.loads(known.stdout)) - called
    assert rest == set()


@needs_node
def test_a_page_spells_numbers_as_python_does():
    rng = np.random.default_rng(5)
    values = [*(10.0 ** rng.uniform(-12, 12, 300) * rng.choice((-1, 1), 300)), 0.0, -0.0, 20.0, 1e7]
    values += [9999999.0, 0.1, 1e-5, 123456.7, 99999.5, 0.00012345, np.inf, -np.inf, np.nan, 5e-324]
    writing = files("autograd.view").joinpath("web", "writing.js").read_text(encoding="utf-8")
    numbers = f"[{', '.join(literal(v) for v in values)}]"
    done = subprocess.run(
        [NODE, "-"], input=f"{writing}\nconsole.log(JSON.stringify({numbers}.map(number)))",
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert json.loads(done.stdout) == [number(v) for v in values]


# ── what it looks like ────────────────────────────────────────────────────────────────────────
def test_scalars_are_written_as_a_person_would():
    tape, outputs, *_ = traced(lambda a, b, c: (a + b) * c, (2.0, 3.0, 4.0), seed=np.float64(1))
    assert printed(tape, outputs) == (
        "function program(x0, x1, x2) {\n"
        "  const t1 = x0 + x1;\n"
        "  const t2 = t1 * x2;\n"
        "  return [t2, x2, x2, t1];\n"
        "}"
    )


def test_a_program_evaluates_in_python_too():
    tape, outputs, expected, arrays = traced(
        lambda a, b: np.tanh(a @ b).sum(), ([[1.0, 2]], [3.0, -1])
    )
    known = evaluate(tape.equations, dict(zip(tape.inputs, arrays, strict=True)))
    assert known[outputs[0].name] == expected[0]
    np.testing.assert_array_equal(known[outputs[1].name], expected[1])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3, "3"), (-2.5, "(-2.5)"), (1e-7, "1e-07"), (-0.0, "(-0)"), (np.float32(0.5), "0.5"),
        (np.nan, "NaN"), (-np.inf, "(-Infinity)"), (np.True_, "true"), (None, "null"),
    ],
)  # fmt: skip
def test_numbers_are_written_so_that_they_stand_beside_operators(value, text):
    assert literal(value) == text


def test_names_that_javascript_does_not_take_get_others():
    names = ["x", "class", "nd", "v1", "a b", "∂", "</script>", "ñ", "名"]
    given = identifiers(names)
    assert [given[n] for n in names] == ["x", "v2", "v3", "v1", "v4", "v5", "v6", "ñ", "v7"]


# ── what is not in the table ──────────────────────────────────────────────────────────────────
@needs_node
def test_a_primitive_of_the_users_own_is_written_out_by_its_definition():
    @ag.primitive
    def cube(x):
        return x * np.exp(x) ** 2

    cube.defvjp(lambda g, y, x: g * (np.exp(x) ** 2 + 2 * y))
    tape, outputs, expected, arrays = traced(lambda x: cube(x) + 1, [np.array([0.5, -1.0])])
    (got,) = run([(printed(tape, outputs), arrays)])
    np.testing.assert_allclose(got[0], expected[0], rtol=1e-14)
    np.testing.assert_allclose(got[1], expected[1], rtol=1e-14)


def test_what_cannot_be_written_down_is_named():
    @ag.primitive
    def strange(x):
        return np.float64(float(x) * 2)

    strange.defvjp(lambda g, y, x: g * 2)
    with pytest.raises(NotImplementedError) as caught:
        traced(lambda x: strange(x) * 2, [1.0])
    assert str(caught.value).splitlines() == [
        "what Python does with a number itself cannot be written down",
        "  where: bool, float, item() or np.array of x0, of shape ()",
        "  instead: np.where(condition, x, y) instead of if; NumPy's functions instead of math's",
    ]


def test_complex_numbers_have_no_javascript():
    square = Equation("y", PRIMITIVES[np.square], ("z",), {}, 1j)
    with pytest.raises(NotImplementedError) as caught:
        javascript({"z": 1j}, [square], ["y"])
    assert str(caught.value).splitlines() == [
        "square cannot be written in JavaScript",
        "  where: y = square(())",
        "  instead: NumPy's functions of real numbers, or keep to Python: draw(f), explain(f)",
    ]


def test_an_index_that_is_computed_is_refused():
    taken = Equation("y", PRIMITIVES[gather], ("x", "i"), {"index": Slot(0)}, np.zeros(2))
    with pytest.raises(NotImplementedError, match="an index that is computed from the inputs"):
        javascript({"x": np.zeros(3), "i": np.zeros(2, int)}, [taken], ["y"])


INF, NAN = np.inf, np.nan
SPECIAL = [
    (np.rint, [0.5, 1.5, 2.5, -0.5, -1.5, 2.4, -2.6, INF, NAN]),
    (lambda x: np.round(x, 1), [0.25, 0.35, -0.25, 1e20]),
    (neural.erf, [2.4, 2.6, -3.0, 4.5, 5.9, 6.1, -30.0, INF, NAN, 0.0, 1e-300]),
    (neural.gelu_exact, [-3.0, 2.7, 8.0]),
    (neural.sigmoid, [-1000.0, 1000.0, NAN]),
    (neural.softplus, [-1000.0, 1000.0]),
    (np.argmax, [1.0, NAN, 3.0, NAN]),
    (np.argmin, [1.0, 0.5, 0.5]),
    (np.max, [1.0, NAN, 3.0]),
    (np.sort, [2.0, NAN, -INF, 1.0]),
    (np.argsort, [2.0, NAN, -INF, 1.0]),
    (np.sign, [-2.0, -0.0, NAN]),
    (lambda x: 1.0**x, [NAN, INF]),
    (lambda x: (-1.0) ** x, [INF, 2.0, 0.5]),
    (lambda x: x**0, [NAN, 0.0]),
    (lambda x: x % 3, [-1.0, 7.5, -7.5, INF]),
    (lambda x: x % -3, [-1.0, 7.5, 3.0]),
    (lambda x: x // 0.1, [1.0, -0.3, 0.25]),
    (lambda x: x // 0.0, [1.0, -1.0, 0.0]),
    (lambda x: np.fmax(x, 1.0), [NAN, 0.0, 2.0]),
    (lambda x: np.fmin(x, NAN), [NAN, 0.0]),
    (lambda x: np.maximum(x, 1.0), [NAN, 0.0]),
    (lambda x: np.logaddexp(x, -INF), [-INF, 0.0, INF, NAN]),
    (neural.logsumexp, [-INF, -INF]),
    (neural.logsumexp, [INF, 1.0]),
    (neural.softmax, [-INF, 0.0, 700.0]),
    (neural.log_softmax, [-INF, 0.0, 1.0]),
    (np.sinc, [0.0, 1.0, 1e-9]),
    (lambda x: x != x, [NAN, 1.0]),
    (lambda x: ~(x > 1) & (x < 5) | (x == 7), [0.0, 2.0, 7.0]),
    (lambda x: (x > 1) + (x < 5), [0.0, 2.0, 7.0]),
    (lambda x: (x > 1) * (x < 5), [0.0, 2.0, 7.0]),
    (np.prod, [0.0, INF]),
    (np.sqrt, [-1.0, 4.0]),
    (np.log, [-1.0, 0.0]),
]


@needs_node
def test_special_values_are_those_of_numpy():
    programs, expected = [], []
    with np.errstate(all="ignore"):
        for f, values in SPECIAL:
            tape, xs = Tape(knows), np.array(values)
            programs.append((printed(tape, [f(tape.input("x", xs))]), [xs]))
            expected.append(f(xs))
    for (source, (xs,)), (got,), values in zip(programs, run(programs), expected, strict=True):
        np.testing.assert_allclose(got, values, rtol=1e-13, atol=1e-300, err_msg=f"{xs}\n{source}")
