"""Programs on other engines, against NumPy and against the engines' own derivatives.

The table of operations is proven on `array_api_strict`, which has nothing beyond the standard.
Every test of an engine runs on each one that is installed, on the GPU where it finds one.
"""

import math
import os
import re
import signal
import time
import warnings
from importlib import import_module

import array_api_strict
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from samples import SAMPLES, special
from samples.cases import since

import nn
from autograd import Tensor, grad, primitive, relu, sigmoid, value_and_grad, vjp
from autograd.primitive import PRIMITIVES
from autograd.program import capture
from autograd.program.engines.array_api import SPELLINGS
from autograd.program.engines.engines import ENGINES, Engine
from autograd.program.engines.extras import erf
from autograd.program.printers.javascript import REFUSED
from nn import functional as F  # noqa: N812  # as everybody calls it


# ── engines ───────────────────────────────────────────────────────────────────────────────────
def find(engine):
    """Return what `Program.to` takes; skip the test where the engine is not there."""
    if engine == "strict":
        return array_api_strict
    name = engine.partition(" ")[0]
    for module in ("array_api_compat", name) if name != "jax" else (name,):
        pytest.importorskip(
            module, reason=f"{name} is not installed: pip install retrograd[{name}]"
        )
    if name == "cupy" and not import_module("cupy").is_available():
        pytest.skip("CuPy finds no GPU")
    if engine == "torch cuda" and not import_module("torch").cuda.is_available():
        pytest.skip("PyTorch finds no GPU")
    return name


def own(engine, x):
    """Make an engine's own array."""
    if engine == "strict":
        return array_api_strict.asarray(x)
    if engine == "jax":
        with import_module("jax").enable_x64(True):
            return import_module("jax.numpy").asarray(x)
    if engine == "dask":
        return import_module("dask.array").from_array(np.asarray(x), chunks=2)
    if engine == "cupy":
        return import_module("cupy").asarray(x)
    return import_module("torch").asarray(np.array(x), device="cuda" if "cuda" in engine else "cpu")


def numpy(x):
    """Return an engine's array as NumPy's."""
    if hasattr(x, "get"):
        return x.get()
    return np.asarray(x.cpu() if hasattr(x, "cpu") else x)


everywhere = pytest.mark.parametrize(
    "engine", ["strict", "jax", "torch", "torch cuda", "cupy", "dask"]
)


def assert_same(got, want, tolerance=1e-12):
    """Assert that an engine's result has NumPy's shape and dtype and, nearly, its numbers."""
    got = numpy(got)
    assert got.shape == np.shape(want)
    assert got.dtype == np.asarray(want).dtype
    assert_allclose(got, want, rtol=tolerance, atol=tolerance)


def assert_each(names, got, wanted):
    """Assert that lists are the same; a failure names the entry."""
    for name, y, want in zip(names, leaves(got), leaves(wanted), strict=True):
        try:
            assert_same(y, want)
        except AssertionError as error:
            error.add_note(name)
            raise


def leaves(tree):
    return [y for part in tree for y in leaves(part)] if isinstance(tree, (list, tuple)) else [tree]


# ── the table ─────────────────────────────────────────────────────────────────────────────────
def title(fn):
    return PRIMITIVES[fn].name if fn in PRIMITIVES else fn.__name__


def with_gradient(f, xs, dtype=np.float64):
    """Return a function of `xs`, and of a direction for the result: f, and what it sends back."""
    y = np.asarray(f(*xs))
    floats = [i for i, x in enumerate(xs) if x.dtype == dtype]
    if y.dtype != dtype or not floats:
        return f, xs

    def both(u, *xs):
        pull, y = vjp(f, tuple(floats))(*xs)
        return y, pull(u)

    return both, [np.cos(np.arange(y.size, dtype=dtype)).reshape(y.shape)[()], *xs]


def standard(f, xs):
    """Return the program in the words of the standard; None for what it has none for."""
    try:
        return capture(f, *xs).to(array_api_strict)
    except NotImplementedError as error:
        what = re.match(r"the array API standard has no (\w+)\n", str(error))
        if what is None or what[1] not in NOWHERE:
            raise
        return None


NOWHERE = REFUSED - set(SPELLINGS) | {title(fn) for fn in special.SAMPLES}


@pytest.mark.parametrize("fn", SAMPLES, ids=title)
def test_each_operation_and_its_rule_follow_the_standard(fn):
    for case in SAMPLES[fn]:
        f, xs = with_gradient(case.f, case.inputs())
        if (port := standard(f, xs)) is not None:
            for y, want in zip(leaves(port(*xs)), leaves(f(*xs)), strict=True):
                assert_same(y, want)


@pytest.mark.parametrize("fn", SAMPLES, ids=title)
def test_each_operation_keeps_the_dtype(fn):
    case = SAMPLES[fn][-1]
    f, xs = with_gradient(case.f, case.inputs(np.float32), np.float32)
    port = standard(f, xs)
    if port is None:
        return
    got = port(*xs)
    for y, want in zip(leaves(got), leaves(f(*xs)), strict=True):
        assert_same(y, want, 2e-5)


def test_the_table_is_about_operations_that_exist():
    fused = {"over", "masked", "d_cross_entropy", "detached"}
    later = {"matvec", "vecmat"}  # NumPy has them since 2.2
    assert set(SPELLINGS) <= {op.name for op in PRIMITIVES.values()} | fused | later


@everywhere
def test_each_operation_runs(engine):
    """One program of all operations, since an engine that compiles takes long for many."""
    name = find(engine)
    cases = {
        title(fn): max(cases, key=lambda c: min(math.prod(s) for s in c.shapes))
        for fn, cases in SAMPLES.items()
        if fn in PRIMITIVES and standard(cases[0].f, cases[0].inputs()) is not None
    }
    examples = [case.inputs() for case in cases.values()]

    def run(arguments):
        return [case.f(*xs) for case, xs in zip(cases.values(), arguments, strict=True)]

    assert_each(cases, capture(run, examples).to(name)(examples), run(examples))


def test_the_extras_are_as_accurate_as_the_c_library():
    x = np.linspace(-7, 7, 1001)
    assert_allclose(erf(np, x), [math.erf(v) for v in x], rtol=1e-14)
    assert_array_equal(erf(np, np.array([-np.inf, -1e300, 6, np.nan])), [-1, -1, 1, np.nan])


MATRICES = np.array([
    [[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [1.0, 0.0, 1.0]],
    [[2.0, 0.0, 0.0], [0.0, 3.0, 0.0], [0.0, 1.0, 4.0]],
    [[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [0.0, 0.0, 0.0]],
])  # fmt: skip
MINORS = [
    [[4.0, 4.0, -4.0], [-2.0, -2.0, 2.0], [0.0, 0.0, 0.0]],
    [[12.0, 0.0, 0.0], [0.0, 8.0, -2.0], [0.0, 0.0, 6.0]],
    [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]],
]


@everywhere
@pytest.mark.parametrize("factor", [1.0, 1j])
def test_determinants_of_singular_matrices(engine, factor):
    name = find(engine)

    def first(a):
        pull, _ = vjp(np.linalg.det)(a)
        return pull(np.ones(3, a.dtype))

    def second(a):
        pull, _ = vjp(first)(a)
        return pull(np.ones_like(a))

    a = MATRICES * factor
    expected = np.array(MINORS) * factor**2  # each is a product of two elements
    run = capture(lambda a: (first(a), second(a)), a + np.eye(3))
    ours, theirs = run(a), run.to(name)(a)
    assert_allclose(ours[0], expected, atol=1e-13)
    assert_allclose(theirs[0], expected, atol=1e-13)
    assert_allclose(theirs[1], ours[1], rtol=1e-12, atol=1e-13)


TRIANGLES = {
    "eigh": lambda a: np.linalg.eigh(a)[1] ** 2,
    "eigh of the upper one": lambda a: np.linalg.eigh(a, UPLO="U")[0],
    "eigvalsh": np.linalg.eigvalsh,
    "eigvalsh of the upper one": lambda a: np.linalg.eigvalsh(a, UPLO="u"),
    "cholesky": np.linalg.cholesky,
    "cholesky of the upper one": lambda a: np.linalg.cholesky(a, upper=True),
    "pinv": lambda a: np.linalg.pinv(a, hermitian=True),
    "svd": lambda a: np.linalg.svd(a, hermitian=True)[1],
    "no triangle": np.linalg.pinv,
}


@everywhere
@pytest.mark.parametrize("factor", [1.0, 1j])
def test_one_triangle_of_a_hermitian_matrix_is_read(engine, factor):
    """The other one may hold anything."""
    a = np.array([[[7.0, 2.0], [1.0, 8.0]], [[9.0, np.pi], [-4.0, 5.0]]]).astype(type(factor))
    a[:, [0, 1], [1, 0]] *= factor

    def run(a):
        return [f(a) for f in TRIANGLES.values()]

    assert_each(TRIANGLES, capture(run, a).to(find(engine))(a), run(a))


@pytest.mark.parametrize("f", TRIANGLES.values(), ids=TRIANGLES)
def test_jax_differentiates_a_hermitian_matrix_as_we_do(f):
    jax = import_module(find("jax"))
    a = np.array([[7.0, 2.0, 0.5], [2.0, 8.0, 1.0], [0.5, 1.0, 9.0]])

    def loss(a):
        y = f(a)
        return np.sum(y * np.arange(y.size).reshape(y.shape))

    with jax.enable_x64(True):
        assert_same(jax.grad(capture(loss, a).to("jax"))(a), grad(loss)(a))


# ── training steps ────────────────────────────────────────────────────────────────────────────
def network():
    return nn.Sequential(nn.Linear(4, 5), nn.Sigmoid(), nn.Linear(5, 5), nn.ReLU(), nn.Linear(5, 3))


def step_of(net):
    def step(x, y):
        loss = F.cross_entropy(net(x), y)
        loss.backward()
        return loss

    return step


@pytest.fixture
def batch(rng):
    return rng.normal(size=(7, 4)), rng.integers(0, 3, 7)


@everywhere
def test_a_training_step(engine, batch):
    name = find(engine)
    net = network()
    step = step_of(net)
    port = capture(step, *batch).to(name)
    loss, gradients = port(*(own(engine, v) for v in batch))
    assert all(p.grad is None for p in net.parameters())
    want = step(*batch)
    assert_same(loss, want.data)
    assert type(loss) is type(own(engine, batch[0]))
    assert list(gradients) == [f"net_{k}".replace(".", "_") for k, _ in net.named_parameters()]
    for g, p in zip(gradients.values(), net.parameters(), strict=True):
        assert_same(g, p.grad.data)


@everywhere
def test_a_step_of_an_optimizer_returns_the_new_values(engine, batch):
    name = find(engine)
    net = nn.Linear(4, 3)
    optimizer = nn.optim.SGD(net.parameters(), lr=0.1)

    def step(x, y):
        optimizer.zero_grad()
        loss = F.cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()
        return {"loss": loss}

    port = capture(step, *batch).to(name)
    before = net.weight.data.copy()
    result, left = port(*batch)
    assert_array_equal(net.weight.data, before)
    assert_same(result["loss"], step(*batch)["loss"].data)
    assert_same(left["net_weight.data"], net.weight.data)
    assert_same(left["net_bias"], net.bias.grad.data)


@everywhere
def test_parameters_are_read_at_each_call(engine):
    name = find(engine)
    w = Tensor([1.0, 2.0], requires_grad=True)
    port = capture(lambda x: (w * x, np.reshape(w, (2, 1))), np.ones(2)).to(name)
    first, column = port(np.ones(2))
    w.data[:] = 5.0
    assert_same(port(np.ones(2))[0], [5.0, 5.0])
    assert_same(first, [1.0, 2.0])
    assert_same(column, [[1.0], [2.0]])


def test_jax_differentiates_a_program_as_we_do(rng):
    jax = import_module(find("jax"))
    w, b, x = rng.normal(size=(3, 2)), rng.normal(size=2), rng.normal(size=(5, 3))

    def loss(w, b):
        return np.sum(np.tanh(sigmoid(x @ w + b) * relu(b)) ** 2)

    port = capture(loss, w, b).to("jax")
    with jax.enable_x64(True):
        theirs = jax.grad(port, (0, 1))(w, b)
        batched = jax.vmap(port, (0, None))(np.stack([w, 2 * w]), b)
    for got, want in zip(theirs, grad(loss, (0, 1))(w, b), strict=True):
        assert_same(got, want)
    assert_same(batched, [loss(w, b), loss(2 * w, b)])


def test_pytorch_differentiates_a_program_as_we_do(rng):
    torch = import_module(find("torch"))
    w = rng.normal(size=(3, 2))

    def loss(w):
        return np.sum(sigmoid(w) @ np.ones(2))

    t = torch.tensor(w, requires_grad=True)
    capture(loss, w).to("torch")(t).backward()
    assert_same(t.grad, grad(loss)(w))


@pytest.mark.parametrize("engine", ["jax", "torch"])
def test_what_has_no_history_gets_no_gradient_there_either(engine):
    module, w = import_module(find(engine)), np.array([1.0, 2.0])

    def loss(w):
        return np.sum(np.exp(w.detach()) * w)

    port = capture(loss, Tensor(w, requires_grad=True)).to(engine)
    if engine == "jax":
        with module.enable_x64(True):
            got = module.grad(port)(w)
    else:
        port(t := module.tensor(w, requires_grad=True)).backward()
        got = t.grad
    assert_same(got, grad(loss)(w))


# ── what NumPy does by itself, and the standard does not ──────────────────────────────────────
def added(x, i, values):
    x = x + values[:1].astype(x.dtype)
    np.add.at(x, i, values.astype(x.dtype))
    return x


PROMOTIONS = {
    "bool * float": lambda b, i, f, d: (f > 0) * d,
    "bool * bool": lambda b, i, f, d: (f > 0) * b + (d > 0),
    "bool < bool": lambda b, i, f, d: (f > 0) < b,
    "int / int": lambda b, i, f, d: i / (i + 1),
    "int * 0.5": lambda b, i, f, d: i * 0.5 + 2,
    "float32 * float64": lambda b, i, f, d: f * d[0],
    "float32 * float64 number": lambda b, i, f, d: f * np.float64(0.1),
    "float32 * number": lambda b, i, f, d: 0.1 * f,
    "sqrt of int": lambda b, i, f, d: np.sqrt(i),
    "mean of int": lambda b, i, f, d: np.mean(i),
    "sum of bool": lambda b, i, f, d: np.sum(b),
    "maximum with a number": lambda b, i, f, d: np.maximum(-0.5, f),
    "where of numbers": lambda b, i, f, d: np.where(d > 0, 1.0, -1.0),
    "where of a number": lambda b, i, f, d: np.where(i, f, -np.inf),
    "not of int": lambda b, i, f, d: np.logical_not(i),
    "stack with a number": lambda b, i, f, d: np.stack([f[0], 1.0]),
    "concatenate": lambda b, i, f, d: np.concatenate([i, f, d]),
    "int @ float": lambda b, i, f, d: i @ f,
    "bool @ bool": lambda b, i, f, d: b @ b | (np.outer(b, b) @ b),
    "einsum of ints": lambda b, i, f, d: np.einsum("i,j->j", i, i.astype(np.int32)),
    "float + True": lambda b, i, f, d: f + True,
    "bool and 0.5": lambda b, i, f, d: np.logical_and(b, 0.5),
    **since("2.1.0", {"floor of bool": lambda b, i, f, d: np.floor(b) ^ abs(b)}),
    "isnan, signbit of bool": lambda b, i, f, d: np.isnan(b) | np.signbit(b),
    "max, fmax, sort of bool": lambda b, i, f, d: np.max(b) & np.fmax(b, ~b) & np.sort(b),
    "reciprocal of int": lambda b, i, f, d: np.reciprocal(i * 2 - 1),
    "int // int": lambda b, i, f, d: (i - 4) // i[::-1] + (i - 4) % i[::-1] + 7 // i - 7 % i,
    "round of int": lambda b, i, f, d: np.round(i * 7, -1) + np.round(i, 1),
    "axes of a number": lambda b, i, f, d: np.sum(d[0], axis=0) + np.max(d[1], axis=-1),
    "argsort of a number": lambda b, i, f, d: np.argsort(d[0]),
    "tril of a row": lambda b, i, f, d: np.tril(f),
    "complex as bool": lambda b, i, f, d: np.where(d * 1j, d, 0) + np.logical_not(d * 1j),
    "all, any of complex": lambda b, i, f, d: np.all(d * 1j) & np.any(d * 1j) & ~np.any(d * 0j),
    "complex as float": lambda b, i, f, d: np.exp(d * 1j).astype(np.float32),
    "first of a row, by a list": lambda b, i, f, d: d[[0]],
    "irfft of real numbers": lambda b, i, f, d: np.fft.irfft(f) + np.fft.irfft(i),
    "fft of bytes": lambda b, i, f, d: np.fft.rfft(i.astype(np.int8)) + np.fft.ihfft(b),
    "irfft of bytes": lambda b, i, f, d: np.fft.irfft(i.astype(np.int8)),
    "fft of int": lambda b, i, f, d: np.fft.fft(i) + np.fft.ifft(b),
    "bytes < 256": lambda b, i, f, d: (i.astype("u1") < 256) & (i.astype("u1") != -1),
    "unsigned < negative": lambda b, i, f, d: i.astype("u1").astype("u8") < -i,
    "sums of bytes": lambda b, i, f, d: np.cumsum(i.astype("u1")),
    "products of bytes wrap": lambda b, i, f, d: (
        np.inner((i * 50).astype("i1"), i.astype("i1")) + np.einsum("i->", (i * 60).astype("i1"))
    ),
    "lstsq of ints": lambda b, i, f, d: np.linalg.lstsq(np.stack([i, i * i], 1), d)[0],
    "lstsq of two precisions": lambda b, i, f, d: np.linalg.lstsq(f[:, None], d)[0],
    "int32 added at places": lambda b, i, f, d: added(np.zeros(2, np.int32), i % 2, i),
    "spread of complex numbers": lambda b, i, f, d: np.var(f * 1j, ddof=1) + np.std(d * 1j),
}


@everywhere
def test_promotion(engine):
    name = find(engine)
    xs = (
        np.array([True, False, True]),
        np.arange(3),
        np.array([-1, 0.5, 2], np.float32),
        np.array([1.5, -2, 0.25]),
    )

    def run(*xs):
        return [f(*xs) for f in PROMOTIONS.values()]

    with np.errstate(divide="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", np.exceptions.ComplexWarning)
        assert_each(PROMOTIONS, capture(run, *xs).to(name)(*xs), run(*xs))


OPTIONS = {
    "decimals": lambda x: np.round(x, np.int64(1)),
    "ddof": lambda x: np.std(x, axis=np.int64(1), ddof=np.int64(1)),
    "axis": lambda x: np.flip(x, np.array(0)),
    "axes": lambda x: np.moveaxis(x, range(2), range(-1, -3, -1)),
}


@everywhere
def test_options_may_be_numbers_of_numpy(engine, rng):
    x = rng.normal(size=(2, 3))

    def run(x):
        return [f(x) for f in OPTIONS.values()]

    assert_each(OPTIONS, capture(run, x).to(find(engine))(x), run(x))


INDEXING = {
    "repeated rows": lambda x, i: np.sum(np.sin(x)[i] ** 2),
    "negative": lambda x, i: np.sum(x[i - 2] ** 2),
    "columns": lambda x, i: np.sum(x[:, i, None] ** 3),
    "between": lambda x, i: np.sum(np.stack([x, x])[1, :, i] ** 2),
    "apart": lambda x, i: np.sum(np.stack([x, x])[i % 2, :, i] ** 2),
    "two arrays": lambda x, i: np.sum(x[i, i[:, None]] ** 2),
    "a number": lambda x, i: np.sum(x[i[0], 1:] ** 2),
    "every second": lambda x, i: np.sum(x[::2, -1] ** 2 + x[::-2, 0]),
    "beyond the end": lambda x, i: np.sum(x[1:100, ..., None] ** 2),
}


@everywhere
def test_indexing_by_arrays(engine, rng):
    name = find(engine)
    x, i = rng.normal(size=(4, 4)), np.array([2, 0, 2, 3, 2])

    def values(x, i):
        return [f(x, i) for f in INDEXING.values()]

    def slopes(x, i):
        return [grad(f)(x, i) for f in INDEXING.values()]

    for run in (values, slopes):
        got = capture(run, x, i).to(name)(own(engine, x), own(engine, i))
        assert_each(INDEXING, got, run(x, i))


@everywhere
def test_writing_at_arrays(engine, rng):
    name = find(engine)

    def f(x, i, v):
        x = x * 1.0
        x[i] = v
        x[i[0], 2] = 7.0
        x[x < 0] = 0.0
        return x

    xs = rng.normal(size=(4, 3)), np.array([2, 0, 2]), rng.normal(size=(3, 3))
    if engine.startswith(("torch", "cupy")):
        xs[2][2] = xs[2][0]
    assert_same(capture(f, *xs).to(name)(*xs), f(*xs))


@everywhere
def test_a_target_that_is_no_class_is_seen(engine):
    name = find(engine)
    x, y = np.eye(3), np.array([0, 1, 2])
    port = capture(lambda x, y: F.cross_entropy(x, y, reduction="none"), x, y).to(name)
    want = F.cross_entropy(x, y, reduction="none")
    assert_same(port(x, y), want)
    assert_array_equal(np.isnan(numpy(port(x, np.array([0, 3, -1])))), [False, True, True])


# ── arguments, results, names ─────────────────────────────────────────────────────────────────
@everywhere
def test_containers_and_numbers(engine):
    name = find(engine)

    def f(params, n, flag):
        return {"sum": params["a"] + params["b"][0] * n, "flag": flag, "none": None}

    args = {"a": np.ones(2), "b": [np.arange(2.0)]}, 3.0, "yes"
    result = capture(f, *args).to(name)(*args)
    assert_same(result["sum"], [1.0, 4.0])
    assert (result["flag"], result["none"]) == ("yes", None)


def test_names_of_the_file_are_not_taken_by_values():
    def norm(xp, sigmoid_, float):
        rearrange = np.linalg.norm(xp) + sigmoid(sigmoid_)
        return rearrange * float

    program = capture(norm, np.array([3.0, 4.0]), np.float64(0.0), np.float64(2.0))
    assert program.to(array_api_strict)(np.array([3.0, 4.0]), 0.0, 2.0) == 11.0


def test_a_primitive_of_the_users_own_is_written_out():
    @primitive
    def exp(x):  # the name of another
        return x * x * x

    exp.defvjp(lambda g, y, x: g * 3 * x * x)
    x = np.array([1.0, 2.0])
    port = capture(value_and_grad(lambda x: np.sum(exp(x))), x).to(array_api_strict)
    assert "xp.exp" not in port.source
    assert_same(port(x)[0], 9.0)
    assert_same(port(x)[1], [3.0, 12.0])


@pytest.mark.parametrize("name", ["xp", "norm", "float", "sum", "einsum"])
def test_a_name_that_is_taken_takes_none_of_the_users(name):
    text = f"""
def {name}(x):
    {name} = np.linalg.norm(x)
    {name}_ = np.einsum("i,i->", x, x)
    return {name}_ - {name}
"""
    scope = {"np": np}
    exec(text, scope)
    x = np.array([3.0, 4.0])
    assert_same(capture(scope[name], x).to(array_api_strict)(x), 20.0)


@everywhere
def test_an_integer_beyond_64_bits(engine):
    f = lambda x: np.maximum(x / 10**20, 10**19 * x) + (x < 10**20)
    x = np.array([3.0, -4.0])
    assert_same(capture(f, x).to(find(engine))(x), f(x))


def test_the_source_is_code_of_the_standard():
    def f(x, w):
        h = np.arctan(x @ w)
        return np.sum(np.where(h > 0, h, 0) ** 2, axis=0)

    program = capture(f, np.ones((3, 2)), np.ones((2, 4)))
    assert program.to(array_api_strict).source == (
        "def f(xp, x, w):\n"
        "    t1 = x @ w\n"
        "    h = xp.atan(t1)\n"
        "    t3 = h > 0\n"
        "    t4 = xp.where(t3, h, 0)\n"
        "    t5 = t4 ** 2\n"
        "    t6 = xp.sum(t5, axis=0)\n"
        "    return (t6,)\n"
    )


# ── a cluster ─────────────────────────────────────────────────────────────────────────────────
LIMIT = 256 * 2**20  # bytes of memory of a worker, of which an empty one takes 90 MB
ROWS, COLUMNS, CHUNK = 18_000, 2_000, 1_000


@pytest.fixture
def client():
    """Two worker processes."""
    find("dask")
    distributed = pytest.importorskip("distributed", reason="pip install retrograd[dask]")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, memory_limit=LIMIT,
            dashboard_address=None, silence_logs="CRITICAL",
        ) as workers,
        distributed.Client(workers) as client,
    ):  # fmt: skip
        yield client


@pytest.mark.slow
def test_a_step_on_a_cluster_survives_the_loss_of_a_worker(client):
    da = import_module("dask.array")
    x = da.random.default_rng(0).random((ROWS, COLUMNS), chunks=(CHUNK, COLUMNS))
    y = da.from_array(np.random.default_rng(0).integers(0, 3, ROWS), chunks=CHUNK)
    assert x.nbytes > LIMIT
    net = nn.Sequential(nn.Linear(COLUMNS, 16), nn.Sigmoid(), nn.Linear(16, 3))
    step = step_of(net)
    arrays = [a.compute(scheduler="synchronous") for a in (x, y)]
    port = capture(step, *arrays).to("dask")
    want = [step(*arrays).item(), *(p.grad.data for p in net.parameters())]

    def start():
        loss, gradients = port(x, y)
        return client.compute([loss, *gradients.values()])

    def compare(futures):
        for future, expected in zip(futures, want, strict=True):
            assert_allclose(future.result(timeout=120), expected, rtol=0, atol=1e-12)

    compare(start())
    pid = next(iter(client.run(os.getpid).values()))
    futures = start()
    while client.run_on_scheduler(chunks_done) < 5:
        time.sleep(0.01)
    os.kill(pid, signal.SIGKILL)
    assert not all(f.done() for f in futures), "the step was over before"
    compare(futures)


def chunks_done(dask_scheduler):
    return sum(t.state == "memory" for t in dask_scheduler.tasks.values())


# ── what is refused ───────────────────────────────────────────────────────────────────────────
def refusal(error, call):
    with pytest.raises(error) as caught:
        call()
    return str(caught.value)


def test_an_unknown_engine():
    program = capture(np.sin, 1.0)
    assert refusal(ValueError, lambda: program.to("jaxx")) == (
        "there is no engine 'jaxx'\n"
        "  where: program.to('jaxx')\n"
        "  instead: 'jax', 'torch', 'cupy', 'dask', or a namespace that follows the array API"
    )


def test_an_engine_that_is_not_installed(monkeypatch):
    monkeypatch.setitem(ENGINES, "tpu", Engine("no_such_library"))
    assert refusal(ImportError, lambda: capture(np.sin, 1.0).to("tpu")) == (
        "the engine 'tpu' needs no_such_library, which is not installed\n"
        "  where: program.to('tpu')\n"
        '  instead: pip install "retrograd[tpu]"'
    )


def test_arguments_unlike_the_examples():
    port = capture(np.sin, np.ones(3)).to(array_api_strict)
    for x in (np.ones(4), np.ones(3, np.float32), own("strict", np.ones(3, np.float32))):
        assert "float64 (3,), not float" in refusal(TypeError, lambda x=x: port(x))


def test_numbers_that_the_standard_lacks():
    x = np.ones(3, np.float16)
    assert refusal(NotImplementedError, lambda: capture(np.sin, x).to(array_api_strict)) == (
        "the array API standard has no numbers of dtype float16\n"
        "  where: t1 = sin, of shape (3,)\n"
        "  instead: x.astype(np.float32) before the function is captured"
    )


def test_complex_numbers_have_no_order_in_the_standard():
    z = np.ones(3, complex)
    for f in (np.max, np.sort, np.argmax, sigmoid, lambda z: np.clip(z, 0, 1), lambda z: z > 1j):
        told = refusal(NotImplementedError, lambda f=f: capture(f, z).to(array_api_strict))
        assert " of complex numbers\n" in told
    assert told == (
        "the array API standard has no greater of complex numbers\n"
        "  where: t1 = greater, of shape (3,)\n"
        "  instead: functions that it has, or keep to NumPy: program(*args)"
    )
