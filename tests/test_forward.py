"""Forward mode and curvature: Jv of every row, Jacobians by columns, Gauss-Newton products."""

import numpy as np
import pytest
from samples import SAMPLES
from test_rules import differentiable, like, push, title

import autograd as ag
from autograd import (
    Tensor,
    capture,
    functional,
    ggnvp,
    grad,
    hessian,
    jacfwd,
    jacobian,
    jacrev,
    jvp,
    linearize,
    primitive,
    vjp,
    vmap,
)
from autograd.base.blocks import LARGE
from autograd.transforms.traced import Traced

RNG = np.random.default_rng(5)
X = np.array([0.3, -0.7, 1.1])
A = RNG.normal(size=(7, 3))


def tall(x):
    return np.tanh(A @ x) * x[0]


def close(got, right, rtol=1e-12):
    np.testing.assert_allclose(got, right, rtol=rtol, atol=1e-13)


def floats(arrays):
    return tuple(i for i, x in enumerate(arrays) if x.dtype.kind in "fc")


# ── the laws ──────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("fn", SAMPLES, ids=title)
def test_forward_mode_of_every_row(fn):
    """Jv equals a complex step, or differences, which know no rules; columns are what rows are."""
    for case in SAMPLES[fn][:: len(SAMPLES[fn]) // 3 + 1]:
        if not differentiable(case):
            continue
        arrays = case.inputs()
        v = like(arrays, 2)
        chosen = floats(arrays)
        value, got = jvp(case.f, chosen)(*arrays)(tuple(v[i] for i in chosen))
        right = push(case.f, arrays, v, analytic=case.analytic)
        assert (got.shape, got.dtype) == (np.shape(value), value.dtype)
        np.testing.assert_array_equal(value, case.f(*[Tensor(a) for a in arrays]).data)
        tolerance = 1e-13 if case.analytic else 1e-9
        size = 1 + np.max(np.abs(right), initial=0)
        np.testing.assert_allclose(
            got, right, rtol=tolerance, atol=tolerance * size, err_msg=str(case)
        )
        if {x.dtype.kind for x in (value, *(arrays[i] for i in chosen))} == {"f"}:
            columns, rows = (way(case.f, chosen)(*arrays) for way in (jacfwd, jacrev))
            for one, other in zip(columns, rows, strict=True):
                assert (one.shape, one.dtype) == (other.shape, other.dtype)
                close(one, other)


# ── jvp and linearize ─────────────────────────────────────────────────────────────────────────
def test_linearize_runs_the_function_once():
    calls = []

    def f(x):
        calls.append(1)
        return tall(x)

    push_, value = linearize(f)(X)
    j = jacobian(tall)(X)
    for v in np.eye(3):
        close(push_(v), j @ v)
    close(push_(X), j @ X)
    assert len(calls) == 1
    np.testing.assert_array_equal(value, tall(X))


def test_products_of_containers_and_several_arguments():
    def f(p, s):
        return {"y": p["w"] * s, "z": (p["b"], np.sum(p["w"]) ** 2)}

    p = {"w": np.array([1.0, 2.0]), "b": 3.0}
    push_, value = linearize(f, (0, 1))(p, 2.0)
    got = push_(({"b": 1.0, "w": np.array([1.0, 0.0])}, 10.0))
    assert got["y"].tolist() == [12.0, 20.0]
    assert got["z"] == (1.0, 6.0)
    assert value["z"] == (3.0, 9.0)


def test_independent_results_and_results_that_are_the_argument():
    _, (same, none) = jvp(lambda x: (x, np.ones(2)))(X)(X)
    assert same.tolist() == X.tolist()
    assert none.tolist() == [0.0, 0.0]


def test_products_in_the_places_where_the_derivative_is_not_finite():
    with np.errstate(divide="ignore", invalid="ignore"):
        assert jvp(np.sqrt)(0.0)(1.0) == (0.0, np.inf)
        guarded = jvp(lambda x: np.where(x > 0, np.log(x), 0.0))(np.array([0.0, 2.0]))
        assert guarded(np.ones(2))[1].tolist() == [0.0, 0.5]


def test_forward_over_reverse_and_reverse_over_forward():
    def f(x):
        return np.sum(np.tanh(A @ x) ** 2)

    h = hessian(f)(X)
    v = np.array([1.0, -2.0, 0.5])
    close(jvp(grad(f))(X)(v)[1], h @ v)
    close(grad(lambda x: jvp(f)(x)(v)[1])(X), h @ v)
    close(jvp(lambda x: jvp(f)(x)(v)[1])(X)(v)[1], v @ h @ v)
    close(jacfwd(jacrev(f))(X), h)
    close(jacrev(jacfwd(f))(X), h)
    x = Tensor(X, requires_grad=True)
    np.sum(jvp(f)(x)(v)[1]).backward()
    close(x.grad.data, h @ v)


def test_products_of_large_arrays_are_those_of_small_ones():
    x = np.linspace(-1, 1, LARGE + 3)
    value, product = jvp(lambda x: np.exp(x) * np.sin(x))(x)(2 * x)
    close(product, 2 * x * np.exp(x) * (np.sin(x) + np.cos(x)))
    assert value.shape == x.shape


def test_a_write_at_a_mask_is_captured():
    def f(x):
        y = x * 0.5
        y[y > 1] = 2.0
        return y

    x = np.array([1.0, 4.0])
    assert capture(jacfwd(f), x)(x).tolist() == [[0.5, 0], [0, 0]]


def test_push_maps_over_a_batch_and_is_captured():
    push_, _ = linearize(tall)(X)
    close(vmap(push_)(np.eye(3)), jacobian(tall)(X).T)
    program = capture(lambda x, v: jvp(tall)(x)(v)[1], X, X)
    close(program(X + 1, X), jacobian(tall)(X + 1) @ X)


def test_a_vector_of_the_wrong_shape():
    with pytest.raises(ValueError, match=r"the vector has the shape of the argument, \(3,\)"):
        linearize(tall)(X)[0](np.ones(7))


# ── jacobian ──────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("f", "x", "ways"),
    [
        (tall, X, ["columns"]),
        (lambda x: A.T @ x, A[:, 0], ["rows"]),
        (lambda x: x**2, X, ["rows"]),
        (lambda x: {"y": x * np.ones(9)}, 2.0, ["columns"]),
    ],
)
def test_jacobian_takes_the_cheaper_way(f, x, ways, monkeypatch):
    taken = []
    for way in ("columns", "rows"):
        true = getattr(functional, f"_by_{way}")
        monkeypatch.setattr(
            functional,
            f"_by_{way}",
            lambda call, way=way, true=true: [taken.append(way), true(call)][1],
        )
    got = jacobian(f)(x)
    assert taken == ways
    right = jacrev(f)(x)
    flatten = ag.base.tree.flatten
    for mine, other in zip(flatten(got)[0], flatten(right)[0], strict=True):
        close(mine, other)


def test_a_tall_jacobian_stays_connected():
    x = Tensor(X, requires_grad=True)
    np.sum(jacobian(tall)(x) ** 2).backward()
    right = grad(lambda x: np.sum(jacrev(tall)(x) ** 2))(X)
    close(x.grad.data, right)
    assert jacobian(tall)(np.float32(X)).dtype == np.float32


def test_a_rule_that_asks_for_numbers_is_taken_by_rows():
    @primitive
    def repeated(x):
        return np.repeat(x, 9)

    repeated.defvjp(lambda g, y, x: np.asarray(g).reshape(-1, 9).sum(1))
    np.testing.assert_array_equal(jacobian(repeated)(X), np.repeat(np.eye(3), 9, axis=0))


def test_a_real_number_that_makes_a_complex_one():
    got = jacobian(lambda x: np.exp(1j * x))(np.array([0.5, 1.0]))
    close(got, np.diag(1j * np.exp(1j * np.array([0.5, 1.0]))))


def test_the_graph_of_products_is_linear_and_small():
    def f(x):
        return np.exp(np.tanh(x))

    forward = Traced(f, 0, (X,), {}).transposed()
    ops = {t.op.name for t in ag.graph.toposort(forward.outputs[0]) if t.op}
    assert ops == {"multiply"}


# ── Gauss-Newton ──────────────────────────────────────────────────────────────────────────────
def half_squares(r):
    return np.sum(r * r) / 2


def test_gauss_newton_is_the_product_of_its_factors():
    def cross_entropy(z):
        return ag.logsumexp(z) - z[2]

    j, z = jacobian(tall)(X), tall(X)
    for loss in (half_squares, cross_entropy):
        product, gradient = ggnvp(tall, loss)(X)
        g = j.T @ hessian(loss)(z) @ j
        close(product(X), g @ X)
        close(vmap(product)(np.eye(3)), g)
        close(gradient, grad(lambda x, loss=loss: loss(tall(x)))(X))
        assert np.linalg.eigvalsh(g).min() > -1e-12


def test_gauss_newton_is_the_hessian_of_a_linear_model():
    product, _ = ggnvp(lambda w: A @ w, half_squares)(X)
    close(product(X), A.T @ A @ X)
    p = {"w": X, "b": 0.5}
    product, gradient = ggnvp(lambda p: A @ p["w"] + p["b"], half_squares)(p)
    close(product({"b": 1.0, "w": np.zeros(3)})["w"], A.sum(0))
    assert gradient.keys() == p.keys()


def test_a_gauss_newton_product_is_differentiable():
    def total(x):
        return np.sum(ggnvp(tall, half_squares)(x)[0](np.ones(3)))

    step = 1e-6
    differences = [(total(X + step * e) - total(X - step * e)) / (2 * step) for e in np.eye(3)]
    np.testing.assert_allclose(grad(total)(X), differences, rtol=1e-6)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # PyTorch's own
def test_agreement_with_pytorch_and_jax():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    jax = pytest.importorskip("jax", reason="JAX is not installed")
    a, x, v = (torch.tensor(t) for t in (A, X, X[::-1].copy()))

    def theirs(x):
        return torch.tanh(a @ x) * x[0]

    value, product = jvp(tall)(X)(X[::-1].copy())
    their_value, their_product = torch.func.jvp(theirs, (x,), (v,))
    close(value, their_value.numpy())
    close(product, their_product.numpy())
    close(jacobian(tall)(X), torch.func.jacfwd(theirs)(x).numpy())
    with jax.enable_x64(True):
        np_ = jax.numpy
        _, pushed = jax.linearize(lambda x: np_.tanh(A @ x) * x[0], np_.asarray(X))
        close(linearize(tall)(X)[0](X), pushed(np_.asarray(X)))


def test_vjp_and_jvp_are_dual():
    pull, _ = vjp(tall)(X)
    push_, _ = linearize(tall)(X)
    u = RNG.normal(size=7)
    close(pull(u) @ X, u @ push_(X))


def test_a_rule_that_asks_for_numbers_is_no_linear_map():
    @primitive
    def squares(x):
        return np.array([float(v) ** 2 for v in x])

    squares.defvjp(
        lambda g, y, x: np.array([float(a) * 2 * float(b) for a, b in zip(g, x, strict=True)])
    )
    x = np.arange(1.0, 4.0)
    f = lambda x: np.concatenate([squares(x)] * 4)
    np.testing.assert_array_equal(jacobian(f)(x), np.tile(np.diag(2 * x), (4, 1)))
    for forward in (lambda: jacfwd(f)(x), lambda: jvp(f)(x)(x), lambda: linearize(f)(x)):
        with pytest.raises(TypeError, match="would cut the gradient in silence"):
            forward()


def test_jacobians_of_nothing_and_by_nothing():
    for derived in (jacobian, jacrev, jacfwd):
        assert derived(lambda x: ())(np.ones(2)) == ()
        assert derived(lambda x: 1.0)({}) == {}
