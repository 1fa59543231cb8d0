"""Printed JavaScript computes what the engine computes: node runs it over every row's samples."""

import functools
import json
import re
import shutil
import subprocess
from importlib.resources import files

import numpy as np
import pytest
from samples import SAMPLES, special
from test_rules import like, title

import autograd as ag
import nn
from autograd import Tensor, from_numpy
from autograd.program.printers.arrays import literal
from autograd.program.printers.javascript import REFUSED, identifiers, javascript, runtime
from autograd.program.tracing.capture import capture
from autograd.program.tracing.symbol import CaptureError
from autograd.rules import neural
from autograd.rules.cross_entropy import softmax_cross_entropy
from autograd.view.exploration.recording import Recording
from autograd.view.graph.spelling import number

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


def captured(f, arrays, seed=None):
    """Print f and its sweep as a program that was captured; return it and what it computes."""

    def both(*xs):
        y = f(*xs)
        if not y.requires_grad:
            return [y]
        y.backward(gradient=like([y.data], 5)[0][()] if seed is None else seed)
        return [y, *(x.grad for x in xs if x.grad is not None)]

    xs = given(arrays)
    program = capture(both, *xs)
    return javascript(program), [v.data for v in both(*given(arrays))], [x.data for x in xs]


def recorded(f, arrays, seed=None):
    """Print f and its sweep as a recording of its graph does: it ends in one number."""
    xs = given(arrays)
    y = f(*xs)
    if not y.requires_grad:
        return None
    root = y if seed else (y * (like([y.data], 5)[0][()])).sum()
    inputs = {f"x{i}": x for i, x in enumerate(xs) if x.requires_grad}
    recording = Recording(root, inputs, {x: name for name, x in inputs.items()} | {root: "f"})
    root.backward()
    results = [(recording.symbols[y], y.data)]
    results += [(recording.arrived[x], x.grad.data) for x in inputs.values() if x.grad is not None]
    for i, (symbol, _) in enumerate(results):
        recording.slot(i, symbol)
    return recording.javascript(), [v for _, v in results], [x.data for x in inputs.values()]


def given(arrays):
    return [from_numpy(a).requires_grad_(a.dtype.kind == "f") for a in map(np.asarray, arrays)]


def is_complex(case):
    """Tell what JavaScript has no numbers for."""
    arrays = case.inputs()
    return any(np.iscomplexobj(a) for a in (*arrays, case.f(*arrays)))


# of norms, those of matrices
NOWHERE = {*REFUSED, "norm", *(title(fn) for fn in special.SAMPLES)}


@functools.cache
def samples(way):
    """Print every sample of every row; those without a derivative as functions only."""
    printed = {}
    for fn, cases in SAMPLES.items():
        for case in cases if not is_complex(cases[0]) else ():
            name = f"{title(fn)}: {case} ({len(printed)})"
            try:
                printed[name] = way(case.f, case.inputs())
            except NotImplementedError as error:
                if str(error).split()[0] not in NOWHERE:
                    raise
            except BaseException as error:
                error.add_note(name)
                raise
    return {name: p for name, p in printed.items() if p}


WAYS = pytest.mark.parametrize("way", [captured, recorded])


# ── laws ──────────────────────────────────────────────────────────────────────────────────────
@WAYS
@needs_node
def test_every_row_and_its_rule_compute_in_javascript_what_they_compute_here(way):
    names, programs = samples(way), samples(way).values()
    assert len(programs) > 900
    results = run([(source, arrays) for source, _, arrays in programs])
    for name, got, (_, values, _) in zip(names, results, programs, strict=True):
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


@WAYS
@needs_node
def test_what_was_written_down_at_one_point_holds_at_every_other(way):
    """Branches and masks are operations; at their kinks too, and where a logarithm has no use."""
    programs, expected = [], []
    for f, start in ELSEWHERE:
        source, *_ = way(f, start, seed=np.float64(1))
        for point in POINTS:
            xs = [Tensor(v, requires_grad=True) for v in point]
            with np.errstate(all="ignore"):
                y = f(*xs)
                y.backward()
            programs.append((source, point))
            expected.append([y.data, *(x.grad.data for x in xs)])
    for (source, point), got, values in zip(programs, run(programs), expected, strict=True):
        np.testing.assert_allclose(
            got, values, rtol=1e-12, atol=1e-14, err_msg=f"{point}\n{source}"
        )


@needs_node
def test_the_norm_of_nothing_is_0():
    x = np.zeros((0, 3))
    program = capture(lambda x: np.sum(np.tanh(np.linalg.norm(x, np.inf, axis=0)) - 1), x)
    assert run([(javascript(program), [x])]) == [[-3]]


@needs_node
def test_the_runtime_holds_nothing_that_no_program_calls():
    known = subprocess.run(
        [NODE, "-"], input=f"{runtime()}\nconsole.log(JSON.stringify(Object.keys(nd)))",
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    printed = [p[0] for p in samples(captured).values()] + [javascript(kinds_program())]
    called = set(re.findall(r"nd\.(\w+)", "".join(printed)))
    rest = set(json.loads(known.stdout)) - called
    assert rest == set()


@needs_node
def test_a_page_spells_numbers_as_python_does():
    rng = np.random.default_rng(5)
    values = [*(10.0 ** rng.uniform(-12, 12, 300) * rng.choice((-1, 1), 300)), 0.0, -0.0, 20.0, 1e7]
    values += [9999999.0, 0.1, 1e-5, 123456.7, 99999.5, 0.00012345, np.inf, -np.inf, np.nan, 5e-324]
    values += [np.pi, -np.pi]
    writing = (
        files("autograd.view.exploration").joinpath("web", "writing.js").read_text(encoding="utf-8")
    )
    numbers = f"[{', '.join(literal(v) for v in values)}]"
    done = subprocess.run(
        [NODE, "-"], input=f"{writing}\nconsole.log(JSON.stringify({numbers}.map(number)))",
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert json.loads(done.stdout) == [number(v) for v in values]


# ── what it looks like ────────────────────────────────────────────────────────────────────────
def test_scalars_are_written_as_a_person_would():
    program = ag.explore("(a + b) * c**2", a=2, b=3, c=4).program
    assert program.splitlines()[:-2] == [
        "function program(a, b, c) {",
        "  const d = a + b;",
        "  const g = c ** 2;",
        "  const f = d * g;",
        "  const t4 = d * 2;",
        "  const df_dc = t4 * c;",
        "  const t6 = 2 * c;",
    ]


def test_what_javascript_has_itself_is_called_there():
    program = capture(lambda x: [np.sin(x), x**2, x**-1.0, x**0.5, x**np.nan], 2.0)
    assert program.javascript.splitlines()[1:] == [
        "  const t1 = Math.sin(x);",
        "  const t2 = x ** 2;",
        "  const t3 = x ** (-1);",
        "  const t4 = nd.pow(x, 0.5);",
        "  const t5 = nd.pow(x, NaN);",
        "  return [t1, t2, t3, t4, t5];",
        "}",
    ]


def test_many_results_are_returned_on_several_lines():
    program = capture(lambda x: [x + i for i in range(1, 40)], 2.0)
    first, second = (", ".join(f"t{i}" for i in range(*ends)) for ends in ((1, 21), (21, 40)))
    assert program.javascript.splitlines()[-3:-1] == [f"  return [{first},", f"    {second}];"]


@needs_node
def test_a_loss_of_classes_is_written():
    def loss(scores, classes):
        return nn.functional.cross_entropy(scores, classes)

    xs = np.array([[1.0, 2.0, 0.5], [0.0, -1.0, 3.0]]), np.array([0, 2])
    program = capture(ag.value_and_grad(loss), *xs)
    assert "nd.d_cross_entropy" in program.html
    ((value, slopes),) = run([(program.javascript, xs)])
    wanted, gradient = program(*xs)
    np.testing.assert_allclose(value, wanted, rtol=1e-15)
    np.testing.assert_allclose(slopes, gradient, rtol=1e-14)


def test_a_captured_program_keeps_its_names():
    def loss(x, w):
        prediction = x @ w
        loss = np.sum(np.square(prediction))
        loss.backward()
        return w.grad

    program = capture(loss, np.ones((1, 2)), Tensor(np.ones(2), requires_grad=True))
    assert program.javascript == (
        "function loss(x, w) {\n"
        "  const prediction = nd.matmul(x, w);\n"
        "  const dprediction = nd.multiply(2, prediction);\n"
        "  const t3 = nd.transpose(x);\n"
        "  const dw = nd.matmul(t3, dprediction);\n"
        "  return [dw];\n"
        "}"
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3, "3"), (-2.5, "(-2.5)"), (1e-7, "1e-07"), (-0.0, "(-0)"), (np.float32(0.5), "0.5"),
        (np.nan, "NaN"), (-np.inf, "(-Infinity)"), (np.True_, "true"), (None, "null"),
        ('"\u2028', '"\\"\\u2028"'), ("a, b", '"a,\\u0020b"'),
    ],
)  # fmt: skip
def test_numbers_are_written_so_that_they_stand_beside_operators(value, text):
    assert literal(value) == text


def test_names_that_javascript_does_not_take_get_others():
    names = ["x", "class", "nd", "v1", "a b", "∂", "</script>", "ñ", "名"]
    given = identifiers(names)
    assert [given[n] for n in names] == ["x", "v2", "v3", "v1", "v4", "v5", "v6", "ñ", "v7"]


# ── what is not in the table ──────────────────────────────────────────────────────────────────
@WAYS
@needs_node
def test_a_primitive_of_the_users_own_is_written_out_by_its_definition(way):
    @ag.primitive
    def cube(x):
        return x * np.exp(x) ** 2

    cube.defvjp(lambda g, y, x: g * (np.exp(x) ** 2 + 2 * y))
    source, expected, arrays = way(lambda x: cube(x) + 1, [np.array([0.5, -1.0])])
    (got,) = run([(source, arrays)])
    np.testing.assert_allclose(got[0], expected[0], rtol=1e-14)
    np.testing.assert_allclose(got[1], expected[1], rtol=1e-14)


def test_a_primitive_of_no_module_is_none_of_numpys():
    space = {}
    exec("def exp(x): return x + x", space)  # a script's text, where functions tell no module
    double = ag.primitive(space["exp"], lambda g, y, x: 2 * g, elementwise=True)
    assert "x + x" in javascript(capture(lambda x: double(x), 2.0))
    assert double.row.code == "exp({0})"


@WAYS
def test_what_cannot_be_written_down_is_named(way):
    @ag.primitive
    def strange(x):
        return np.float64(float(x) * 2)

    strange.defvjp(lambda g, y, x: g * 2)
    with pytest.raises(CaptureError) as caught:
        way(lambda x: strange(x) * 2, [1.0])
    what, where, _ = str(caught.value).splitlines()
    assert what == "a program cannot hold reading a traced value as a number"
    assert where.endswith("in strange")


@pytest.mark.parametrize("write", [javascript, lambda program: program.html])
def test_complex_numbers_have_no_javascript(write):
    with pytest.raises(NotImplementedError) as caught:
        write(capture(lambda x: x * 1j, 2.0))
    assert str(caught.value).splitlines() == [
        "multiply cannot be written in JavaScript",
        "  where: t1 = multiply((), ())",
        "  instead: NumPy's functions of real numbers, or keep to Python: draw(f), explain(f)",
    ]
    with pytest.raises(NotImplementedError) as caught:
        write(capture(lambda z: 3.0, 1j))
    assert str(caught.value).splitlines() == [
        "z, complex numbers, cannot be written in JavaScript",
        "  where: z = complex128 (), an argument",
        "  instead: the real and the imaginary part as two arguments, or draw(f), explain(f)",
    ]


A34, ROWS, COLUMNS = np.arange(12.0).reshape(3, 4), np.array([2, -3, 2]), np.array([[1], [-1]])
INDEXED = [
    (lambda x, i: x[i], (A34, ROWS)),
    (lambda x, i: x[i], (A34[0], np.int64(-2))),
    (lambda x, i: x[:, i], (A34, COLUMNS)),
    (lambda x, i, j: x[i, j], (A34, ROWS, COLUMNS)),
    (lambda x, i: x[i, :, None, 1:3], (A34.reshape(3, 2, 2), ROWS)),
    (lambda x, i: x[i, ::-1, np.array([0, 1, 1])], (A34.reshape(3, 2, 2), ROWS)),
    (lambda x, i: np.take_along_axis(x, i, axis=1), (A34, np.argsort(-A34))),
    (lambda x, i: np.sort(x, axis=0) * i, (A34[::-1], ROWS[:, None])),
]  # fmt: skip


@needs_node
def test_an_index_may_be_computed():
    """Read, added to and written: by indices that the program gets, other ones than at first."""
    programs, expected = [], []
    for f, (x, *indices) in INDEXED:

        def both(x, *indices, f=f):
            y = f(x, *indices)
            np.sum(y * y).backward()
            return y, x.grad

        program = capture(both, Tensor(x, requires_grad=True), *[np.zeros_like(i) for i in indices])
        programs.append((javascript(program), [x, *indices]))
        expected.append([v.data for v in both(Tensor(x, requires_grad=True), *indices)])

    def written(x, v, i):
        y = x.copy()
        y[i, 1:] = v
        return [y]

    xs = A34, np.array([7.0, 8.0, 9.0]), ROWS
    programs.append((javascript(capture(written, *xs[:2], np.zeros_like(ROWS))), xs))
    expected.append(written(*xs))

    def cut(x):
        y = x.copy()
        y[x > 5] = 5
        return [y]

    programs.append((javascript(capture(cut, np.zeros_like(A34))), [A34]))
    expected.append(cut(A34))
    for (source, _), got, values in zip(programs, run(programs), expected, strict=True):
        for y, v in zip(got, values, strict=True):
            assert np.shape(y) == np.shape(v), source
            np.testing.assert_allclose(y, v, rtol=1e-14, err_msg=source)


def test_a_selection_by_a_condition_is_refused():
    def cut(x):
        y = x.copy()
        y[x[:, 0] > 5, 0] = 5
        return y

    with pytest.raises(NotImplementedError, match="select by a condition"):
        javascript(capture(cut, A34))


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
    (lambda x: 1 / np.sign(x), [-2.0, -0.0]),
    (lambda x: 1.0**x, [NAN, INF]),
    (lambda x: (-1.0) ** x, [INF, 2.0, 0.5]),
    (lambda x: x**0, [NAN, 0.0]),
    (lambda x: x % 3, [-1.0, 7.5, -7.5, INF]),
    (lambda x: x % -3, [-1.0, 7.5, 3.0]),
    (lambda x: x // 0.1, [1.0, -0.3, 0.25]),
    (lambda x: x // 0.0, [1.0, -1.0, 0.0]),
    (lambda x: x // INF, [1.0, -1.0, 0.0, INF, NAN]),
    (lambda x: x // -INF, [1.0, -1.0, 0.0]),
    (lambda x: 1 / (x % 2), [-2.0, -0.0, 0.0, 4.0, INF]),
    (lambda x: 1 / (x % -2), [-2.0, -0.0, 0.0, 4.0, INF]),
    (lambda x: 1 / (x // 3), [-0.0, 0.0, 1.0, -1.0, 5e-324]),
    (lambda x: -1.4 // (x // -0.8897), [0.876, -0.876, 0.0, -0.0]),
    (np.deg2rad, [1e308, -180.0]),
    (np.degrees, [1e306, INF]),
    (lambda x: np.fmax(x, 1.0), [NAN, 0.0, 2.0]),
    (lambda x: np.fmin(x, NAN), [NAN, 0.0]),
    (lambda x: np.maximum(x, 1.0), [NAN, 0.0]),
    (lambda x: np.logaddexp(x, -INF), [-INF, 0.0, INF, NAN]),
    (neural.logsumexp, [-INF, -INF]),
    (neural.logsumexp, [INF, 1.0]),
    (neural.softmax, [-INF, 0.0, 700.0]),
    (neural.log_softmax, [-INF, 0.0, 1.0]),
    (neural.log_softmax, [1e17, 1e17, 5.0]),
    (lambda x: neural.softmax(x, axis=None), [[0.0, 1.0], [2.0, 700.0]]),
    (lambda x: neural.log_softmax(x, axis=None), [[0.0, 1.0], [2.0, -INF]]),
    (lambda x: softmax_cross_entropy(x[None], np.array([0])), [1e17, 1e17]),
    (np.sinc, [0.0, 1.0, 1e-9]),
    (lambda x: x != x, [NAN, 1.0]),
    (lambda x: ~(x > 1) & (x < 5) | (x == 7), [0.0, 2.0, 7.0]),
    (lambda x: (x > 1) + (x < 5), [0.0, 2.0, 7.0]),
    (lambda x: (x > 1) * (x < 5), [0.0, 2.0, 7.0]),
    (np.prod, [0.0, INF]),
    (np.sqrt, [-1.0, 4.0]),
    (np.log, [-1.0, 0.0]),
]


def overflowing(dtype, i, *_):
    x = (i * i * 12345).astype(dtype)
    return np.stack([x + x, -x, ~x, x[0] ** 2 + x, (x @ x) * (x > 0), x.astype(np.int8) * x])


INTS, TRUTHS, FLOATS = np.array([-7, 0, 5]), np.array([True, False, True]), np.array([1.5, NAN, 0])
KINDS = [
    lambda i, b, f: i // (i - 5) + i % i[::-1] + np.reciprocal(i - 6) + i[1] % i[1],
    lambda i, b, f: 1 / (i % -5) + 1 / (i // -9),
    lambda i, b, f: (i * 2**33 & 7 * 2**33) + (i * 2**33 | 1) + (i ^ 2**40) + ~i,
    lambda i, b, f: np.logical_and(f, f) * 1 + np.logical_not(f) * 2 + np.where(f, i, 0),
    lambda i, b, f: np.where(f[1], i, 0) + f.astype(bool) + np.all(f[:2]) + np.count_nonzero(f),
    lambda i, b, f: (b == False) * 1 + np.where(b, b, False),  # noqa: E712  # trailing, as options
    lambda i, b, f: (b @ b) + (np.outer(b, b) @ b) * 1 + np.einsum("i,i->", b, b),
    lambda i, b, f: np.real(f) + np.imag(f) + np.conj(f) + np.real(f[0]) * np.imag(f[0]),
    lambda i, b, f: np.argsort(f[0]) + np.cumsum(f[0]),
    lambda i, b, f: np.sinc(b) + f // b + 1.0 / np.sinc(b[1]),
    lambda i, b, f: put(i, 2.7) + put(b, f[0]) + put(i, 2.7, b),
    *[functools.partial(overflowing, dtype) for dtype in ("i1", "i2", "i4", "u1", "u2", "u4")],
]


def put(x, v, index=0):
    y = x.copy()
    y[index] = v
    return y


def kinds_program():
    return capture(lambda *xs: [f(*xs) for f in KINDS], INTS, TRUTHS, FLOATS)


@needs_node
def test_kinds_of_numbers_mean_what_they_mean_to_numpy():
    """JavaScript has one kind: no integers, and nan counts as false."""
    (got,) = run([(kinds_program().javascript, (INTS, TRUTHS, FLOATS))])
    with np.errstate(all="ignore"):
        expected = [f(INTS, TRUTHS, FLOATS) for f in KINDS]
    for i, (y, want) in enumerate(zip(got, expected, strict=True)):
        assert np.shape(y) == np.shape(want), i
        np.testing.assert_allclose(y, want, rtol=1e-14, err_msg=str(i))


@needs_node
def test_truth_values_stay_apart_from_numbers():
    """Where they were mixed, one scalar === another was false: true is not 1."""
    fs = [
        lambda b, x: np.where(b[0], b[1], x[0]) == 0,
        lambda b, x: np.concatenate([b, x])[1] == 0,
        lambda b, x: np.where(b, b, x),
        lambda b, x: np.stack([x, b]),
        lambda b, x: np.where(b[0], b[1], False),
        *(lambda b, x, f=f: f(b) for f in (np.max, np.floor, np.abs, np.imag, np.tril, np.diff)),
        lambda b, x: np.pad(b, 1),
        lambda b, x: np.fmax(b, ~b),
        lambda b, x: np.fmin(b, ~b),
        lambda b, x: np.fmax(b, x * np.nan),
        lambda b, x: np.fmin(x[0] * np.nan, b[0]) == 1,
        lambda b, x: b @ b,
    ]
    truths, numbers = np.array([True, False]), np.array([2.0, 3.0])
    source = capture(lambda *xs: [f(*xs) for f in fs], truths, numbers).javascript
    kinds = f"""(...xs) => ({source})(...xs).map((y) => [y.data ?? y].flat()).map(
      (values) => ({{ data: values.map((v) => v === !!v), shape: [values.length] }}))"""
    got, are_truths = run([(source, (truths, numbers)), (kinds, (truths, numbers))])
    for i, (y, told, f) in enumerate(zip(got, are_truths, fs, strict=True)):
        want = np.asarray(f(truths, numbers))
        assert np.array_equal(y, want), i
        assert (told == (want.dtype == bool)).all(), i


@needs_node
def test_powers_of_one_are_one():
    """Of -1 as well, if the exponent is infinite; what JavaScript says of both is NaN."""
    fs = [lambda x: x**NAN, lambda x: x**INF, lambda x: x**-INF, lambda x: x ** (x * INF)]
    programs = [(javascript(capture(f, 2.0)), [x]) for f in fs for x in (1.0, -1.0, 2.0)]
    got = [y for (y,) in run(programs)]
    assert np.array_equal(got, [1, NAN, NAN, 1, 1, INF, 1, 1, 0, 1, 1, INF], equal_nan=True)


@needs_node
def test_special_values_are_those_of_numpy():
    programs, expected = [], []
    with np.errstate(all="ignore"):
        for f, values in SPECIAL:
            xs = np.array(values)
            programs.append((javascript(capture(f, xs)), [xs]))
            expected.append(f(xs))
    for (source, (xs,)), (got,), values in zip(programs, run(programs), expected, strict=True):
        np.testing.assert_allclose(got, values, rtol=1e-13, atol=1e-300, err_msg=f"{xs}\n{source}")
