"""vmap: equal to a loop over the examples, for every row, nested, differentiated and captured."""

import copy
import gc
import itertools
import operator
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from samples import SAMPLES, convolution

import autograd as ag
import nn
from autograd import (
    Tensor,
    checkpoint,
    grad,
    hessian,
    hvp,
    jacfwd,
    jacobian,
    jacrev,
    jvp,
    no_grad,
    primitive,
    softmax_cross_entropy,
    vjp,
    vmap,
)
from autograd.base.errors import three_lines
from autograd.program import capture
from autograd.program import compile as compiled
from autograd.rules.matrices import lstsq
from autograd.rules.shape import gather, place, scatter_at
from autograd.transforms import pullback
from autograd.transforms.batching import Batched, Level, VmapError

RNG = np.random.default_rng(0)
W, X = RNG.normal(size=(4, 3)), RNG.normal(size=(5, 3))
I = np.array([0, 2, 1, 1, 0])  # one index per example
ROWS = list(SAMPLES)
NAMES = [getattr(fn, "__name__", str(fn)) for fn in ROWS]


def floats(fn, step=1):
    """Yield the samples of a row and the arguments that it can be differentiated by."""
    for case in SAMPLES[fn][::step]:
        xs = case.inputs()
        if np.asarray(case.f(*xs)).dtype.kind == "f":
            yield from ((case, i) for i, x in enumerate(xs) if x.dtype.kind == "f")


def plain(value):
    return value.data if isinstance(value, Tensor) else value


def loop(f, *args, axes=None):
    """Apply f to one example after the other: the oracle."""
    axes = axes or (0,) * len(args)
    size = next(len(a) for a, axis in zip(args, axes, strict=True) if axis == 0)
    rows = [
        plain(f(*[a if axis is None else a[i] for a, axis in zip(args, axes, strict=True)]))
        for i in range(size)
    ]
    return np.stack(rows)


def one_by_one(f, i=0):
    """Write a Jacobian row by row, as the definition says."""

    def rows(*xs):
        pull, y = vjp(f, i)(*xs)
        units = np.eye(y.size, dtype=y.dtype).reshape(y.size, *y.shape)
        return np.stack([pull(u[()]) for u in units]).reshape(y.shape + np.shape(xs[i]))

    return rows


def close(got, expected, rtol=1e-13):
    np.testing.assert_allclose(plain(got), plain(expected), rtol=rtol, atol=1e-14)


def u(w, x):
    return np.sum(np.tanh(w @ x) ** 2)


# ── every row ─────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("fn", ROWS, ids=NAMES)
def test_every_row_on_a_batch_is_the_loop(fn):
    for case in SAMPLES[fn]:
        rng, xs = np.random.default_rng(3), case.inputs()
        drawn = zip(xs, case.domains, case.shapes, strict=True)
        samples = [[x, *(np.array(draw(rng, shape)) for _ in range(2))] for x, draw, shape in drawn]
        n = len(xs)
        for axes in {(0,) * n, (-1,) * n, (0,) + (None,) * (n - 1), (None,) * (n - 1) + (0,)}:
            mixed = list(zip(xs, samples, axes, strict=True))
            given = [x if axis is None else np.stack(sample, axis) for x, sample, axis in mixed]
            rows = [case.f(*[x if a is None else s[k][()] for x, s, a in mixed]) for k in range(3)]
            got = vmap(case.f, axes)(*given)
            assert got.dtype == np.asarray(rows[0]).dtype
            assert got.shape == (3, *np.shape(rows[0]))
            np.testing.assert_allclose(
                got, np.stack(rows), rtol=1e-14, atol=1e-15, err_msg=str(case)
            )
            last = vmap(case.f, axes, out_axes=-1)(*given)
            np.testing.assert_array_equal(np.moveaxis(last, -1, 0), got)


@pytest.mark.parametrize("fn", ROWS, ids=NAMES)
def test_every_row_on_a_batch_has_the_dtype_of_the_row(fn):
    for case in SAMPLES[fn]:
        if xs := case.inputs(np.float32):
            got = vmap(case.f)(*[np.stack([x, x]) for x in xs])
            assert got.dtype == np.asarray(case.f(*xs)).dtype, str(case)


@pytest.mark.parametrize("fn", ROWS, ids=NAMES)
def test_a_jacobian_is_bit_for_bit_the_one_made_row_by_row(fn, monkeypatch):
    if fn is np.einsum and np.lib.NumpyVersion(np.__version__) < "2.3.0":
        pytest.skip("NumPy adds up in another order there for a batch")
    monkeypatch.setattr(pullback, "VmapError", ())  # no rule falls back to the loop
    for case, i in floats(fn):
        xs = case.inputs()
        got = jacrev(case.f, i)(*xs)
        assert got.dtype == xs[i].dtype
        if got.size:
            np.testing.assert_array_equal(got, one_by_one(case.f, i)(*xs), err_msg=str(case))


@pytest.mark.parametrize("fn", ROWS, ids=NAMES)
def test_second_derivatives_of_every_row(fn):
    for case, i in floats(fn, step=5):
        xs = case.inputs()
        y = np.asarray(case.f(*xs))
        if not (y.size and xs[i].size):
            continue
        total = weighted(case.f, np.linspace(0.5, 1.5, y.size).reshape(y.shape))
        close(jacobian(grad(total, i), i)(*xs), one_by_one(grad(total, i), i)(*xs))
        slow = grad(squared(one_by_one(case.f, i)), i)(*xs)
        close(grad(squared(jacobian(case.f, i)), i)(*xs), slow)
        axes = tuple(0 if k == i else None for k in range(len(xs)))
        twice = [np.stack([x, x]) if k == i else x for k, x in enumerate(xs)]
        one = grad(squared(grad(total, i)), i)(*xs)
        close(grad(squared(vmap(grad(total, i), axes)), i)(*twice), np.stack([one, one]))


def weighted(f, weights):
    return lambda *xs: np.sum(f(*xs) * weights)


def squared(f):
    return lambda *xs: np.sum(f(*xs) ** 2)


SOLVED = lstsq, np.linalg.lstsq, np.polyfit  # NumPy's takes no stacks
ONE_BY_ONE = {gather, place, scatter_at, *SOLVED, *convolution.SAMPLES}


def test_rows_are_not_computed_example_by_example(monkeypatch):
    def once(_, f, xs, mapped, params):
        assert not any(mapped), f
        return f(*xs, **params)

    monkeypatch.setattr(Level, "rows", once)
    for fn in SAMPLES:
        for case in SAMPLES[fn] if fn not in ONE_BY_ONE else []:
            batch = [np.stack([x, x]) for x in case.inputs()]
            vmap(case.f)(*batch)


# ── transforms ────────────────────────────────────────────────────────────────────────────────
def residual(w, at=grad):
    return np.mean(vmap(lambda x: np.sum(at(u, 1)(w, x) ** 2))(X))


def slow_residual(w):
    return sum(np.sum(grad(u, 1)(w, x) ** 2) for x in X) / len(X)


TWO = np.stack([W, 2 * W])
TRANSFORMS = {
    "vmap of grad, of what is the same for all": (
        lambda: vmap(grad(u), (None, 0))(W, X),
        lambda: loop(grad(u), W, X, axes=(None, 0)),
    ),
    "grad of vmap": (
        lambda: grad(lambda w: np.sum(vmap(u, (None, 0))(w, X)))(W),
        lambda: sum(grad(u)(W, x) for x in X),
    ),
    "grad of vmap of grad, from outside": (
        lambda: grad(residual)(W),
        lambda: grad(slow_residual)(W),
    ),
    "grad of vmap of grad, as an argument": (
        lambda: grad(
            lambda w: np.mean(vmap(lambda v, x: np.sum(grad(u, 1)(v, x) ** 2), (None, 0))(w, X))
        )(W),
        lambda: grad(slow_residual)(W),
    ),
    "hessian of vmap of grad": (
        lambda: hessian(residual)(W),
        lambda: one_by_one(grad(slow_residual))(W),
    ),
    "vmap of hessian": (
        lambda: vmap(hessian(u, 1), (None, 0))(W, X),
        lambda: loop(one_by_one(grad(u, 1), 1), W, X, axes=(None, 0)),
    ),
    "vmap of jacobian": (
        lambda: vmap(jacobian(lambda x: np.tanh(W @ x) * x[0]))(X),
        lambda: loop(one_by_one(lambda x: np.tanh(W @ x) * x[0]), X),
    ),
    "vmap of jvp": (
        lambda: vmap(lambda x: jvp(lambda x: np.tanh(W @ x))(x)(np.ones(3))[1])(X),
        lambda: (1 - np.tanh(X @ W.T) ** 2) * W.sum(1),
    ),
    "vmap of hvp": (
        lambda: vmap(lambda x: hvp(u, 1)(W, x)[0](np.ones(3)))(X),
        lambda: loop(lambda x: hessian(u, 1)(W, x) @ np.ones(3), X),
    ),
    "vmap of vmap": (
        lambda: vmap(vmap(u, (None, 0)), (0, None))(TWO, X),
        lambda: [[u(w, x) for x in X] for w in TWO],
    ),
    "vmap inside, with a value of the outer one": (
        lambda: vmap(lambda w: vmap(lambda x: u(w, x) * w[0, 0])(X))(TWO),
        lambda: [[u(w, x) * w[0, 0] for x in X] for w in TWO],
    ),
    "vmap of grad of vmap of grad": (
        lambda: vmap(grad(residual))(TWO),
        lambda: loop(grad(slow_residual), TWO),
    ),
    "vmap of a checkpoint's gradient": (
        lambda: vmap(grad(checkpoint(u)), (None, 0))(W, X),
        lambda: loop(grad(u), W, X, axes=(None, 0)),
    ),
    "grad of vmap of a checkpoint's gradient": (
        lambda: grad(lambda w: residual(w, lambda f, i: grad(checkpoint(f), i)))(W),
        lambda: grad(slow_residual)(W),
    ),
    "capture of vmap": (
        lambda: capture(vmap(u, (None, 0)), W, X)(2 * W, X),
        lambda: loop(u, 2 * W, X, axes=(None, 0)),
    ),
    "capture of vmap of grad": (
        lambda: capture(vmap(grad(u), (None, 0)), W, X)(2 * W, X),
        lambda: loop(grad(u), 2 * W, X, axes=(None, 0)),
    ),
    "vmap of a program": (
        lambda: vmap(capture(grad(lambda w, x: u(w, x) * x[0], 1), W, X[0]), (None, 0))(W, X),
        lambda: loop(grad(lambda w, x: u(w, x) * x[0], 1), W, X, axes=(None, 0)),
    ),
    "grad of vmap of a program": (
        lambda: grad(lambda w: np.sum(vmap(capture(u, W, X[0]), (None, 0))(w, X)))(W),
        lambda: sum(grad(u)(W, x) for x in X),
    ),
    "compile of grad of vmap of grad": (
        lambda: compiled(grad(residual))(W),
        lambda: grad(slow_residual)(W),
    ),
    "compile of hessian of vmap of grad": (
        lambda: compiled(hessian(residual))(W),
        lambda: one_by_one(grad(slow_residual))(W),
    ),
    "vmap of compile": (
        lambda: vmap(compiled(grad(u)), (None, 0))(W, X),
        lambda: loop(grad(u), W, X, axes=(None, 0)),
    ),
}


@pytest.mark.parametrize("name", TRANSFORMS)
def test_transforms(name):
    fast, slow = TRANSFORMS[name]
    close(fast(), slow(), rtol=1e-11)


def test_a_checkpoint_takes_the_gradient_of_an_example():
    f = checkpoint(lambda x, slope: np.sin(x) * np.sum(slope))

    def loss(x):
        return np.sum(f(x, grad(lambda x: np.sum(x**3))(x)))

    got = grad(lambda batch: np.sum(vmap(loss)(batch)))(X)
    close(got, loop(grad(loss), X))


def test_gradients_flow_through_to_tensors():
    w = Tensor(W, requires_grad=True)
    right = sum(grad(u)(W, x) for x in X)
    vmap(lambda x: u(w, x))(X).sum().backward()
    close(w.grad, right)
    w.grad = None
    y = vmap(u, (None, 0))(w, Tensor(X))
    assert type(y) is Tensor
    y.sum().backward()
    close(w.grad, right)
    with ag.no_grad():
        assert type(vmap(grad(lambda x: u(w, x)))(X)) is np.ndarray


def test_derivatives_inside_are_of_one_example_and_without_a_graph():
    seen = []

    def f(w):
        return np.sum(vmap(lambda x: seen.append(grad(u, 1)(W, x)) or u(w, x))(X))

    grad(f)(W)
    assert [(type(g), g.shape) for g in seen] == [(Batched, (3,))]


def test_constants_and_what_stands_for_arrays_add_up():
    def f(v, x):
        return np.sum(v * x + (v + v))

    v, x = np.ones(3), X[0]
    close(vmap(grad(f), (None, 0))(v, X), X + 2)
    close(capture(grad(lambda x: np.sum(x * x + (x + x))), v)(x), 2 * x + 2)
    large = np.ones(2**19)
    close(capture(grad(lambda x: np.sum(large * x)), large)(large), large)


def test_tensors_in_tensors_out():
    assert type(vmap(np.sum)(Tensor(X))) is Tensor
    assert type(vmap(np.sum)(X)) is np.ndarray
    layer = nn.Linear(3, 2)
    close(vmap(layer)(Tensor(X)), layer(Tensor(X)))

    def own_backward(x):
        x = x.detach().requires_grad_()
        u(W, x).backward()
        return x.grad

    close(vmap(own_backward)(Tensor(X)), loop(grad(u, 1), W, X, axes=(None, 0)))


def test_a_whole_batch_takes_as_many_operations_as_one_example():
    for f in (vmap(grad(u), (None, 0)), grad(lambda w, x: np.sum(vmap(u, (None, 0))(w, x)))):
        few, many = (len(capture(f, W, np.ones((n, 3))).equations) for n in (2, 50))
        assert few == many
    few, many = (len(capture(hessian(np.prod), np.ones(n)).equations) for n in (8, 16))
    assert many - few <= 20  # one more doubling


def test_containers_and_axes():
    def f(p, x, scale):
        return {"y": p["w"] @ x * scale + p["b"], "same": p["w"]}

    b, columns = RNG.normal(size=(5, 4)), X.T
    got = vmap(f, ({"w": None, "b": 0}, -1, None), {"y": 1, "same": None})(
        {"w": W, "b": b}, columns, 2.0
    )
    close(got["y"], (X @ W.T * 2 + b).T)
    assert np.array_equal(got["same"], W)
    assert vmap(np.sum, in_axes=np.int64(1))(X).tolist() == X.sum(axis=0).tolist()
    value, constant = vmap(lambda x: (x[0], 3.0))(X)
    assert value.tolist() == X[:, 0].tolist()
    assert constant.tolist() == [3.0] * 5
    assert vmap(lambda x, k=1: x * k)(X, k=2).tolist() == (2 * X).tolist()


def test_an_empty_batch():
    assert vmap(u, (None, 0))(W, X[:0]).shape == (0,)
    assert vmap(grad(u), (None, 0))(W, X[:0]).shape == (0, 4, 3)
    assert vmap(np.linalg.inv)(np.zeros((0, 3, 3))).shape == (0, 3, 3)


# ── parts and writing ─────────────────────────────────────────────────────────────────────────
TABLE = Tensor(W, requires_grad=True)
INDEXING = {
    "mapped index": (lambda x, i: x[i], lambda x, i: x[i]),
    "gradient": (lambda x, i: grad(lambda x: x[i] ** 2)(x), lambda x, i: 2 * x[i] * np.eye(3)[i]),
    "row of a table": (lambda x, i: TABLE[i] * x, lambda x, i: W[i] * x),
    "column of a table": (lambda x, i: TABLE[:, i] * x[0], lambda x, i: W[:, i] * x[0]),
    "two indices": (lambda x, i: TABLE[i, i] * x, lambda x, i: W[i, i] * x),
    "none and slice": (lambda x, i: x[None, ::-1], lambda x, i: x[None, ::-1]),
    "along an axis": (
        lambda x, i: np.take_along_axis(x, np.argsort(x), axis=0),
        lambda x, i: np.sort(x),
    ),
    "number and array around a slice": (
        lambda x, i: (x * np.ones((2, 4, 3)))[1, :, [0, 2]],
        lambda x, i: (x * np.ones((2, 4, 3)))[1, :, [0, 2]],
    ),
    "function without a row": (
        lambda x, i: np.union1d(x, x),
        lambda x, i: np.sort(x),
    ),
}


def written_at(x, i):
    y = np.zeros_like(np.stack([x, x, x]))
    y[i] = x[0]
    y[i, 1] = 7
    return y


INDEXING["written at a mapped index"] = written_at, written_at


@pytest.mark.parametrize("name", INDEXING)
def test_indexing(name):
    batch, row = INDEXING[name]
    close(vmap(batch)(X, I), loop(row, X, I))


def rewritten(x):
    old = x.sum()
    kept = old
    old += 1
    x = x * 1
    x[0] = x[1] * 2
    x += 1
    x[1:] = x[1:] * x[0]
    return x * kept + old


def masked(x):
    x = x.copy()
    x[x < 0] = 0
    x[(x > 1,)] = 1
    return x


def by_parts(x):
    y = np.stack([x, x * 0.5])
    y[..., 0] += x[..., -1] ** 2
    part = y[1, 1:]
    part *= 3
    part[0] = x[0]
    picked = y[:, [0, 2]]  # a copy
    picked[0] = 7
    return np.concatenate([y, picked], axis=1)


def filled(x):
    y = np.zeros_like(x)
    y[1:] = x[:-1] ** 2
    table = np.zeros_like(np.stack([x, x]))
    table[:] = y  # of fewer axes
    table[0] = x[None]  # of more
    return table


@pytest.mark.parametrize("f", [rewritten, masked, filled, by_parts])
def test_writing_into_values(f):
    before = X.copy()
    close(vmap(f)(X), loop(f, X))
    close(vmap(f)(Tensor(X)), loop(lambda x: f(Tensor(x)), X))
    assert (before == X).all()


def test_a_deep_copy_of_an_example_is_a_value_of_its_own():
    def f(x):
        state = copy.deepcopy({"x": x, "again": [x]})
        state["x"][0] = 7.0
        return state["again"][0] + x

    assert vmap(f)(np.array([[1.0, 2.0], [3.0, 4.0]])).tolist() == [[8, 4], [10, 8]]
    x = Tensor([[1.0, 2.0]], requires_grad=True)
    assert vmap(f)(x).tolist() == [[8, 4]]
    assert vmap(copy.deepcopy)(x).tolist() == vmap(copy.copy)(x).tolist() == [[1, 2]]


def test_a_number_is_written_into_where_the_caller_looks():
    def reciprocal(x):
        y = np.zeros_like(x)
        np.divide(1, x, out=y, where=x > 0)
        return y

    assert vmap(reciprocal)(np.array([2.0, -1.0])).tolist() == [0.5, 0]


def test_writing_is_differentiated():
    def f(x):
        return np.sum(rewritten(x) ** 2)

    close(vmap(grad(f))(X), loop(grad(f), X))
    close(hessian(f)(X[0]), one_by_one(grad(f))(X[0]))


# ── rules of one's own ────────────────────────────────────────────────────────────────────────
def test_a_row_without_a_batching_rule_is_computed_row_by_row():
    calls = []

    @primitive
    def doubled(x):
        calls.append(np.shape(x))
        return x * 2 if x.sum() > 0 else x * 0

    doubled.defvjp(lambda g, y, x: g * 2)
    close(vmap(doubled)(X), np.where(X.sum(1, keepdims=True) > 0, 2 * X, 0))
    assert calls == [(3,)] * 5
    cube = primitive(
        lambda x: x**3, lambda g, y, x: g * 3 * x * x, batch=lambda run, xs, mapped: xs[0] ** 3 + 1
    )
    close(vmap(cube)(X), X**3 + 1)


def test_an_iterator_that_ends_among_the_examples_does_not_end_the_batch():
    left = iter([1.0, 2.0])
    drawn = primitive(lambda x: x * next(left), lambda g, y, x: g)
    with pytest.raises(StopIteration):
        vmap(drawn)(np.ones((4, 2)))


def test_a_rule_that_asks_for_numbers_gives_its_jacobian_row_by_row():
    @primitive
    def f(x):
        return x * x

    f.defvjp(lambda g, y, x: 2 * x * g if np.any(np.asarray(g) != 0) else g)
    np.testing.assert_array_equal(jacobian(f)(X[0]), np.diag(2 * X[0]))
    total = grad(lambda x: np.sum(jacobian(lambda x: x**3)(x) ** 2))(X[0])
    close(total, 36 * X[0] ** 3)


def test_a_large_jacobian_is_made_in_blocks(monkeypatch):
    right = jacobian(lambda x: np.tanh(W @ x) * x[0])(X[0])
    monkeypatch.setattr(pullback, "BASIS", 100)
    np.testing.assert_array_equal(jacobian(lambda x: np.tanh(W @ x) * x[0])(X[0]), right)


def rosenbrock(x):
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # PyTorch's own
def test_agreement_with_pytorch():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    x, f = np.linspace(-1, 1, 50), torch.func

    def theirs(x):
        return torch.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)

    right = f.hessian(theirs)(torch.tensor(x)).numpy()
    close(hessian(rosenbrock)(x), right)
    close(compiled(hessian(rosenbrock))(x), right)
    w, batch = torch.tensor(W), torch.tensor(X)
    right = f.vmap(f.grad(lambda w, x: torch.sum(torch.tanh(w @ x) ** 2)), (None, 0))(w, batch)
    close(vmap(grad(u), (None, 0))(W, X), right.numpy())


def test_cross_entropy_of_a_batch_of_batches():
    x, target = RNG.normal(size=(5, 2, 6)), RNG.integers(0, 6, (5, 2))
    close(vmap(softmax_cross_entropy)(x, target), loop(softmax_cross_entropy, x, target))
    close(
        vmap(grad(lambda x, t: np.sum(softmax_cross_entropy(x, t))))(x, target),
        grad(lambda x: np.sum(softmax_cross_entropy(x.reshape(10, 6), target.reshape(10))))(x),
    )


OPTIONS = [
    {}, {"weight": [1.0, 2.0, 0.5]}, {"reduction": "sum"}, {"reduction": "none"},
    {"label_smoothing": 0.1}, {"ignore_index": 1, "weight": [1.0, 2.0, 0.5]},
]  # fmt: skip


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_cross_entropy_of_examples_with_ignored_targets(options):
    x, ignored = RNG.normal(size=(4, 5, 3)), options.get("ignore_index", -100)
    target = np.array([[0, 1, 2, 0, 2], [0, 1, ignored, 2, 0], [0, 2, 1, 1, 1], [2, 0, 2, 0, 0]])

    def f(x, t):
        return nn.functional.cross_entropy(x, t, **options)

    right = loop(f, x, target)
    close(vmap(f)(x, target), right)
    close(compiled(vmap(f))(x, target), right)
    close(vmap(vmap(f))(x[None], target[None]), right[None])
    slope = grad(lambda x, t: np.sum(f(x, t)))
    close(vmap(slope)(x, target), loop(slope, x, target))


def test_counts_of_a_map_can_be_compiled():
    f = vmap(lambda i, w: np.bincount(i, w, 6))
    i, w = np.array([[0, 1, 2], [2, 2, 5]]), RNG.random((2, 3))
    program = compiled(f)
    for rows in (i, i[::-1]):
        assert np.array_equal(program(rows, w), f(rows, w))


@pytest.mark.parametrize(
    "run",
    [lambda f: vmap(f)(X), lambda f: capture(f, X)],
    ids=["vmap", "capture"],
)
def test_a_function_of_scipy_is_named_with_what_has_a_row(run):
    special = pytest.importorskip("scipy.special")
    line = test_a_function_of_scipy_is_named_with_what_has_a_row.__code__.co_firstlineno
    with pytest.raises(RuntimeError) as error:
        run(lambda x: special.logsumexp(x))
    what, where, instead = str(error.value).splitlines()
    assert what.endswith(" value, as scipy.special.logsumexp does")
    assert f"{__file__}:{line + 9}, in <lambda>" in where
    assert instead == "  instead: autograd.scipy.special.logsumexp"


def test_losses_look_at_all_examples():
    x = RNG.normal(size=(4, 5, 3))
    p, one_hot = nn.functional.softmax(x), np.eye(3, dtype=int)[RNG.integers(0, 3, (4, 5))]
    for target in (p, one_hot):
        cross_entropy = nn.functional.cross_entropy
        close(vmap(cross_entropy)(x, target), loop(cross_entropy, x, target))
    target = np.zeros((4, 5), int)
    target[2, 1] = 3
    for loss in (nn.functional.cross_entropy, nn.functional.multi_margin_loss):
        with pytest.raises(IndexError, match=r"target\[2, 1\] is 3, and there are 3 classes"):
            vmap(loss)(x, target)
    with pytest.raises(ValueError, match=r"is one-hot, and rows \[\[2, 1\]\] are not"):
        vmap(nn.functional.cross_entropy)(x, one_hot * np.where(target, 2, 1)[..., None])
    p[2, 1] += 1
    with pytest.raises(ValueError, match=r"^1\.\d+ is no probability"):
        vmap(nn.functional.binary_cross_entropy)(p, p)
    with pytest.warns(UserWarning, match="a row of the target is 3 off"):
        vmap(nn.functional.cross_entropy)(x, p)
    target[3] = -100
    target[2, 1] = 0
    with pytest.warns(UserWarning, match="cross_entropy: no target counts, so the mean is 0"):
        assert vmap(nn.functional.cross_entropy)(x, target)[3] == 0
    variance = np.where(target[..., None] < 0, -1.0, 1.0)
    with pytest.raises(ValueError, match=r"^-1\.0 is no variance"):
        vmap(nn.functional.gaussian_nll_loss)(x, x, variance)


# ── errors ────────────────────────────────────────────────────────────────────────────────────
def first(a, *_):
    return a


ERRORS = [
    (
        lambda: vmap(first)(np.ones((2, 3)), np.ones((4, 3))),
        ValueError,
        "the mapped axes differ in length: 2, 4",
        "vmap(first) of (2, 3) along 0, (4, 3) along 0",
        "batches of one size, or None in in_axes for what is the same for all",
    ),
    (
        lambda: vmap(first, None)(np.ones(2)),
        ValueError,
        "vmap needs an argument to map",
        "vmap(first) of the same for all",
        "in_axes=0 for the first axis",
    ),
    (
        lambda: vmap(first, (0,))(np.ones(2), np.ones(2)),
        ValueError,
        "in_axes has another structure than the arguments",
        "vmap(first, in_axes=(0,)), for [(2,), (2,)]",
        "one axis for all, or the same nested structure of axes, None for the same for all",
    ),
    (
        lambda: vmap(first, 2)(np.ones((2, 3))),
        ValueError,
        "there is no axis 2 to map in (2, 3)",
        "vmap(first) of (2, 3) along 2",
        "an array with that axis, or None in in_axes for what is the same for all",
    ),
    (
        lambda: vmap(first, out_axes=None)(np.ones((2, 3))),
        ValueError,
        "out_axes=None is for a result that is the same for all examples",
        "vmap(first), of which a result has shape (3,) and is mapped",
        "the axis that shall count the examples",
    ),
    (
        lambda: vmap(first, out_axes=-3)(np.ones((2, 3))),
        ValueError,
        "there is no place -3 for the axis of the examples",
        "vmap(first, out_axes=-3), of which a result has (3,)",
        "out_axes=0 for the first axis, -1 for the last one",
    ),
    (
        lambda: vmap(lambda x: None)(np.ones(2)),
        TypeError,
        "the function returned nothing to map",
        "vmap(<lambda>), of which a result is None",
        "a return statement with arrays",
    ),
    (
        lambda: vmap(lambda x: {x})(np.ones(2)),
        TypeError,
        "the function returned nothing to map",
        "vmap(<lambda>), of which a result is a set",
        "a return statement with arrays",
    ),
    (
        lambda: vmap(lambda x: (x, (part for part in [x])))(np.ones(2)),
        TypeError,
        "the function returned nothing to map",
        "vmap(<lambda>), of which a result is a generator",
        "a return statement with arrays",
    ),
    (
        lambda: vmap(lambda x: x + np.ones(4))(np.ones((2, 3))),
        ValueError,
        "add cannot broadcast ([3]) and ([4]): axis -1 is 3 against 4",
        "add(argument 0 (3,), argument 1 (4,))",
        "make each axis equal or 1, counted from the right (reshape, or index with None)",
    ),
]


@pytest.mark.parametrize(("call", "kind", "what", "where", "instead"), ERRORS)
def test_errors(call, kind, what, where, instead):
    with pytest.raises(kind) as error:
        call()
    assert str(error.value) == three_lines(what, where, instead)


def view_written(x):
    x = x * 1
    y = x.reshape(1, 3)
    y += 1
    return x


def view_kept(x):
    x = x * 1
    y = x[1:]
    x[0] = 7
    return y + 1


def view_asked(x):
    x = x * 1.0
    part = x[1:]
    x[1] = 5.0
    return np.isclose(part, 5.0)


def stored(x):
    y = np.zeros(3)
    y[0] = x[0]
    return np.sum(y)


REFUSALS = [
    (lambda x: x if x[0] > 0 else -x, "branching on a mapped value", "np.where(condition, a, b)"),
    (
        lambda x: x * x[0].item(),
        "reading a mapped value as a number",
        "the value itself, which NumPy takes; np.zeros(n, like=x) to store into",
    ),
    (
        stored,  # NumPy puts an error of its own before it
        "reading a mapped value as a number",
        "the value itself, which NumPy takes; np.zeros(n, like=x) to store into",
    ),
    (
        lambda x: x[x > 0],
        "a mask in an index: each example would have another size",
        "np.where(mask, x, 0)",
    ),
    (
        lambda x: np.asarray(x),
        "making an array of a mapped value",
        (
            "NumPy's functions of the value itself, as A @ x for A.dot(x); "
            "autograd.numpy.array([...]) of lists with it; Tensor(a)[i] for a[i]"
        ),
    ),
    (
        lambda x: np.add(x, x, out=np.ones(3)),
        "writing into an array that holds one example",
        "x = x + y",
    ),
    (
        lambda x: vmap(lambda y, z: operator.iadd(z, y), in_axes=(0, None))(x, 2 * x),
        "writing a mapped value into one that is the same for all",
        "x = x + y, which makes a new value",
    ),
    (
        view_written,
        "writing into a view that was reshaped or turned",
        "a copy of it",
    ),
    (
        view_kept,
        "using a view of an array that was written into since",
        "a copy of it",
    ),
    (
        view_asked,
        "using a view of an array that was written into since",
        "a copy of it",
    ),
]


@pytest.mark.parametrize(("f", "what", "instead"), REFUSALS)
def test_refusals_name_the_line_and_the_remedy(f, what, instead):
    with pytest.raises(VmapError) as error:
        vmap(f)(X)
    code = f.__code__
    lines = range(code.co_firstlineno, code.co_firstlineno + 5)
    wheres = [f"{__file__}:{line}, in {code.co_name}" for line in lines]
    said = [three_lines(f"vmap cannot do {what}", where, instead) for where in wheres]
    assert str(error.value) in said


def test_storing_in_an_array_is_refused_in_a_derivative_too():
    with pytest.raises(VmapError, match="reading a mapped value as a number"):
        vmap(grad(stored))(X)


def test_backward_to_the_outside_is_refused_and_leaves_nothing():
    w = Tensor(W, requires_grad=True, name="w")
    w.grad = np.ones((4, 3))

    def f(x):
        y = u(w, x)
        y.backward()
        return y

    with pytest.raises(VmapError, match=r"backward to a tensor from outside, w \(4, 3\)"):
        vmap(f)(Tensor(X))
    assert w.grad.tolist() == np.ones((4, 3)).tolist()


@pytest.mark.parametrize("error", [VmapError, ZeroDivisionError])
def test_no_tensor_outside_is_left_with_gradients_of_examples(error):
    tensors = [Tensor(np.ones(3), requires_grad=True) for _ in range(2)]

    def f(x):
        y = np.sum(tensors[0] * tensors[1] * x)
        y.backward()
        return y if error is VmapError else 1 / 0

    with pytest.raises(error):
        vmap(f)(Tensor(X))
    assert [t.grad for t in tensors] == [None, None]


def test_what_stands_for_an_array_is_printed():
    shown = []

    def f(x):
        y = w * x
        shown.append(f"{w} {y} {y.sum()!r} {y.sum()}")
        return y

    w = Tensor(np.ones(3), requires_grad=True)
    vmap(f)(np.ones((2, 3)))
    capture(f, np.ones(3))
    many, one = "Tensor(<one float64 (3,)>) Tensor(<2 × float64 (3,)>)", "<2 × float64 ()>"
    traced, number = "Tensor(<p: float64 (3,)>) Tensor(<t1: float64 (3,)>)", "<t2: float64 ()>"
    assert shown == [f"{many} Tensor({one}) {one}", f"{traced} Tensor({number}) {number}"]


def test_other_threads_see_no_gradients_of_examples():
    w, gone, seen = Tensor(np.ones(3), requires_grad=True), threading.Event(), threading.Event()
    w.grad = np.full(3, 2.0)

    def f(x):
        np.sum(w * x).backward()
        gone.set()
        seen.wait(20)

    def mapped():
        with pytest.raises(VmapError):
            vmap(f)(X)

    with ThreadPoolExecutor() as threads:
        done = threads.submit(mapped)
        gone.wait(20)
        found, w.grad = w.grad, None
        seen.set()
        done.result()
    assert (found.tolist(), w.grad) == ([2, 2, 2], None)


def test_a_gradient_that_a_map_sets_is_left():
    w = Tensor(np.ones(3), requires_grad=True)

    def f(x):
        y = w * x
        before, w.grad = w.grad, np.full(3, 5.0)
        return y * before * w.grad

    for gradient in (2.0, 5.0):
        w.grad = np.full(3, gradient)
        assert vmap(f)(X).tolist() == (X * gradient * 5).tolist()
        assert w.grad.tolist() == [5, 5, 5]


def test_a_shape_is_not_written_into():
    def f(x):
        y = x * 2
        y.shape = (3, 1)
        return y

    with pytest.raises(AttributeError, match="'shape' of 'Batched' object has no setter"):
        vmap(f)(X)


def test_results_are_not_the_memory_of_arguments():
    x = np.ones((3, 2))
    for f in (lambda a: a, lambda a: a[::-1], lambda a: (a, 2 * a)):
        y = vmap(f)(x)
        first = y[0] if type(y) is tuple else y
        assert not np.shares_memory(first, x)


def test_a_function_is_let_go_without_the_garbage_collector():
    x = np.ones((3, 2))

    def once():
        def f(a):
            return grad(lambda v: np.sum(v * v))(a)

        vmap(f)(x)
        return weakref.ref(f)

    gc.disable()
    try:
        assert once()() is None
    finally:
        gc.enable()


@pytest.mark.parametrize(
    "transform", [jacobian, jacrev, jacfwd, lambda f: hessian(lambda x: np.sum(f(x)))]
)
def test_gradients_flow_through_the_jacobian_of_an_example(transform):
    """The penalty of a contractive autoencoder."""

    def penalty(w, x):
        return np.sum(transform(lambda x: np.tanh(w @ x))(x) ** 2)

    def total(w):
        return np.sum(vmap(lambda x: penalty(w, x))(X))

    close(grad(total)(W), sum(grad(penalty)(W, x) for x in X))


def detached(w, x):
    return np.sum((w * x).detach() * w)


def the_data(w, x):
    return np.sum((w * x).data * w) + np.sum(w.data * x * w)


def copied(w, x):
    return np.sum(Tensor((w * x).detach()) * w)


def without_recording(w, x):
    with no_grad():
        t = w * x
        g = grad(lambda v: np.sum(v**3 * x))(w)
    return np.sum(t * g * w)


@pytest.mark.parametrize("f", [detached, the_data, copied, without_recording])
def test_what_has_no_history_gets_no_gradient_through_a_map(f):
    w, rows = np.array([1.0, 2.0]), np.arange(6.0).reshape(3, 2)
    mapped = grad(lambda w: np.sum(vmap(lambda x: f(w, x))(rows)))(w)
    np.testing.assert_allclose(mapped, grad(lambda w: sum(f(w, x) for x in rows))(w), rtol=1e-13)


@pytest.mark.parametrize("f", [detached, the_data, copied, without_recording])
def test_what_has_no_history_gets_none_where_it_is_of_an_example(f):
    """The gradient is that of outside: in the map, nothing requires one."""
    rows, x = np.arange(1.0, 7.0).reshape(3, 2), np.array([1.0, 2.0])
    wanted = [grad(f)(w, x) for w in rows]
    for map_ in (vmap, lambda g: compiled(vmap(g)), lambda g: vmap(compiled(g))):
        mapped = map_(lambda w: f(w, x))
        close(grad(lambda W, mapped=mapped: np.sum(mapped(W)))(rows), wanted)
    close(vmap(grad(f), in_axes=(0, None))(rows, x), wanted)


@pytest.mark.parametrize(
    "f", [lambda x: x[(np.argsort(x * x),)], lambda x: np.take_along_axis(x, np.argsort(x), axis=0)]
)
def test_products_with_a_vector_for_all_where_each_example_has_its_order(f):
    weights, v = np.arange(3.0), np.ones(3)

    def product(x):
        return hvp(lambda x: np.sum(f(x) ** 3 * weights))(x)[0](v)

    for map_ in (vmap(product), compiled(vmap(product)), vmap(compiled(product))):
        close(map_(X), [product(x) for x in X])


EDGES = np.array(
    [[-1.0, 0.0, 2.0], [-2.0, 0.5, 1.0], [0.0, 1.0, 3.0], [-1.0, 1.0, 2.0], [0.0, 2, 3]]
)


@pytest.mark.parametrize("wrap", [np.asarray, Tensor])
@pytest.mark.parametrize(
    ("f", "args"),
    [
        (lambda x, e: np.histogram(x, e)[0], (X, EDGES)),
        (lambda x, e: np.histogram(X[0], e)[0], (X, EDGES)),
        (lambda x, e: np.histogram(x, e, density=True)[0], (X, EDGES)),
        (lambda x, e: np.histogram2d(x, x, [e, e])[0], (X, EDGES)),
        (lambda x: np.histogram(x, "sqrt")[0], (X,)),
    ],
)
def test_examples_have_bins_of_their_own(f, args, wrap):
    close(vmap(f)(*map(wrap, args)), loop(f, *args))


def test_weights_have_gradients_where_examples_have_bins_of_their_own():
    def u(w, x, e):
        return np.sum(np.histogram(x, e, weights=w)[0] ** 2)

    close(vmap(grad(u))(X, X, EDGES), loop(grad(u), X, X, EDGES))
    W = Tensor(X, requires_grad=True)
    vmap(u)(W, X, EDGES).sum().backward()
    close(W.grad, loop(grad(u), X, X, EDGES))


INF = np.inf
AT = np.array([0.0, 0.5, 1.0, 1.5, 2.0, -1.0, 3.0, np.nan])
POINTS = np.array([[0.0, 1.0, 2.0]] * 5 + [[0.0, 1.0, np.nan]])
HEIGHTS = np.array(
    [[0, INF, 1], [INF, INF, 1], [0, -INF, INF], [0, np.nan, 1], [1, 1, 2], [5, 6, 7]]
)
Q = np.linspace(0.1, 0.9, 12).reshape(3, 2, 2)
GAPS = np.array([[-np.inf, 0.0, np.nan], [-1.0, 0.0, 2.0], [1.0, np.nan, np.nan]])


@pytest.mark.parametrize(
    ("f", "args"),
    [
        (np.searchsorted, (GAPS, GAPS[::-1])),
        (lambda a, v: np.searchsorted(a, v, side="right"), (GAPS, GAPS[::-1])),
        (lambda x: np.histogram_bin_edges(x, 4), (np.ones((2, 3)),)),
        (lambda x: np.histogram_bin_edges(x, 4), (np.array([[1, 1, 1], [1, 2, 5]]),)),
        (lambda x: np.histogram_bin_edges(x, 4), (np.zeros((2, 0)),)),
        (lambda x: np.bincount(x, minlength=3), (np.zeros((2, 0), int),)),
        (lambda xp, fp: np.interp(AT, xp, fp), (POINTS, HEIGHTS)),
        (lambda xp, fp: np.interp(AT, xp, fp), (GAPS[:, :1], np.array([[5.0], [INF], [np.nan]]))),
        (np.convolve, (np.array([[INF, 1.0]]), np.array([[1.0, 2.0, 3.0]]))),
        (lambda w: np.histogram(X[0], 3, weights=w)[0], (GAPS,)),
        (lambda w: np.histogram(X[:3], 2, weights=w)[0], (np.arange(18).reshape(2, 3, 3),)),
        (lambda q: np.quantile(X[0], q), (Q,)),
        (lambda x, q: np.quantile(x, q, axis=1), (X[:3, None] * Q[..., :1], Q)),
    ],
)
def test_rows_of_a_batch_with_nan_or_one_value_or_none_are_the_loop(f, args):
    np.testing.assert_array_equal(vmap(f)(*args), loop(f, *args))


def test_a_negative_number_of_one_example_is_not_counted_among_another_ones():
    with pytest.raises(ValueError, match="negative"):
        vmap(lambda x: np.bincount(x, minlength=5))(np.array([[0, 1], [-1, 2]]))


@pytest.mark.parametrize(
    ("f", "what"),
    [
        (lambda x: np.linalg.norm(x, 2), "norm failed: Improper number of dimensions to norm"),
        (lambda x: np.linalg.norm(x, "fro"), "norm failed: Improper number of dimensions to norm"),
        (lambda x: np.linalg.norm(x[0, 0], "fro"), "Invalid norm order 'fro' for vectors"),
        (lambda x: np.tensordot(x, x[0, 0, 0], 1), "tensordot failed: tuple index out of range"),
    ],
)
def test_what_numpy_refuses_of_one_example_is_refused_of_all(f, what):
    x = np.ones((2, 3, 3, 3))
    for wrap in (vmap(f), lambda x: f(Tensor(x[0], requires_grad=True))):
        with pytest.raises((ValueError, IndexError), match=what):
            wrap(x)


@pytest.mark.parametrize("shape", [(), (3,), (2, 1), (2, 3), (1, 2, 3)])
def test_what_is_written_behind_a_leading_axis_of_an_index_may_have_axes_of_length_1(shape):
    def f(x):
        x = x.copy()
        x[[0, 2], :, [1, 3]] = np.full(shape, 7.0)
        return x

    x = RNG.normal(size=(5, 3, 3, 4))
    close(vmap(f)(x), loop(f, x))


@pytest.mark.parametrize(
    "f",
    [lambda x, i, j: x[i, j[:, None]], lambda x, i, j: x[i[0], j], lambda x, i, j: x[j, 1, i[1]]],
)
def test_gradients_of_what_indices_of_two_ranks_pick_are_those_of_the_loop(f):
    x, i, j = RNG.normal(size=(5, 3, 3, 3)), *RNG.integers(0, 3, (2, 5, 2))

    def g(x, i, j):
        return grad(lambda x: np.sum(np.sin(f(x, i, j))))(x)

    close(vmap(g)(x, i, j), loop(g, x, i, j))
    close(vmap(g, (None, 0, 0))(x[0], i, j), loop(g, x[0], i, j, axes=(None, 0, 0)))


GRID, STACK, MASK = RNG.normal(size=(4, 3)), RNG.normal(size=(5, 2, 4)), np.eye(2, 4, dtype=bool)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.tril(x[0]),
        lambda x: np.triu(x[0], 1),
        lambda x: np.broadcast_to(x[0, 0], 3),
        lambda x: np.pad(x[0], 2, constant_values=(1, 2)),
        lambda x: np.pad(x, ((1, 0), (0, 2)), constant_values=((1, 2), (3, 4))),
        lambda x: (x[..., None, None] * np.ones((2, 3)))[MASK, :, [0, 2]],
        lambda x: np.tensordot(GRID, x, ([0], [1])),
        lambda x: np.tensordot(x, GRID.T, ([1], [1])),
        lambda x: grad(lambda x: np.sum(np.sort(x, axis=0) ** 2 * GRID[:2, :1]))(x),
        lambda x: grad(lambda x: np.sum(np.max(x, axis=0) ** 2))(x),
        lambda x: grad(lambda x: np.max(x) ** 2)(x),
    ],
)
def test_options_and_shapes_of_an_example_are_those_of_the_loop(f):
    close(vmap(f)(STACK), loop(f, STACK))


@pytest.mark.parametrize(
    ("f", "shape"),
    [
        (lambda x: np.reshape(x, (-1, 2)), (4, 2)),
        (np.ravel, (8,)),
        (lambda x: np.union1d(x, x), (8,)),
        (lambda x: np.linalg.lstsq(x.T, x[0])[0], (2,)),
        (lambda x: np.nanquantile(x, [0.1, 0.5, 0.9], axis=1), (3, 2)),
        (grad(lambda x: np.sum(np.nanmedian(x, axis=1))), (2, 4)),
        (grad(lambda q: np.sum(np.quantile(W, q))), (2, 4)),
        (lambda w: np.bincount(I[:4], w[0], minlength=3), (3,)),
    ],
)
def test_an_empty_batch_has_the_shape_and_the_dtype_of_an_example(f, shape):
    y = vmap(f)(STACK[:0])
    assert (y.shape, y.dtype) == ((0, *shape), float)


def test_a_jacobian_in_a_program_reads_the_tensors_of_a_rule_when_it_runs():
    w = Tensor(2.0, requires_grad=True)
    scaled = primitive(lambda x: x * 1, lambda g, y, x: g * w.data)
    program = capture(jacobian(scaled), np.ones(2))
    w.data = np.float64(5.0)
    close(program(np.ones(2)), 5 * np.eye(2))


@pytest.mark.parametrize("f", [lambda x: x * (x.data > 0), lambda x: x * x.data])
def test_the_data_of_an_example_are_its_values_without_history(f):
    """Neither zeros, nor those of the example that a function was captured with."""
    x, other = np.array([[1.0, -2.0]]), np.array([-3.0, 0.5])
    tensor = Tensor(other, requires_grad=True)
    y = f(tensor)
    y.sum().backward()
    assert vmap(f)(x).tolist() == [f(Tensor(x[0])).tolist()]
    for made in (capture(f, x[0]), compiled(f)):
        assert made(other).tolist() == y.tolist()
        assert ag.grad(lambda x, made=made: np.sum(made(x)))(other).tolist() == tensor.grad.tolist()


def test_a_checkpoint_takes_parts_for_values_as_its_function_does():
    def f(x):
        v = x * 1.0
        part = v[0]
        part += 1.0
        return np.sum(v * v)

    x = np.ones((2, 2))
    for run in (
        lambda: ag.value_and_grad(checkpoint(f))(x),
        lambda: ag.compile(ag.value_and_grad(checkpoint(f)))(x),
        lambda: [part[0] for part in vmap(ag.value_and_grad(checkpoint(f)))(x[None])],
    ):
        value, slope = run()
        assert value == 4
        assert np.array_equal(slope, [[2.0, 2.0], [2.0, 2.0]])


def test_results_are_arrays_of_their_own():
    x, w = np.ones((2, 2)), np.ones(2)
    for f, axes in (
        (lambda x: (x, x[:1]), 0), (lambda x: [2 * x] * 2, 0), (lambda x: (x, w), (0, None)),
    ):  # fmt: skip
        results = vmap(f, out_axes=axes)(x)
        for y, other in itertools.combinations([*results, x, w], 2):
            assert not np.shares_memory(y, other)
