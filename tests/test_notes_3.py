"""The third lecture note: the Jacobian of every operation, three examples, and Algorithm 1."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

import autograd as ag
import nn.functional as F  # noqa: N812  # PyTorch's custom
from autograd import grad, jacobian, vjp

D, N = 3, 4
"""The note's d and n. A column n × 1 of the note is an array (n,), a row 1 × n as well."""


@pytest.fixture
def x(rng):
    return rng.standard_normal(N)


@pytest.fixture
def y(rng):
    return rng.standard_normal(N) + 2


@pytest.fixture(name="W")
def weights(rng):
    return rng.standard_normal((D, N))


@pytest.fixture
def b(rng):
    return rng.standard_normal(D)


def same(found, expected, shape):
    assert np.shape(found) == shape
    assert_allclose(found, expected, rtol=1e-12, atol=1e-14)


def sigmoid_slope(u):
    return ag.sigmoid(u) * (1 - ag.sigmoid(u))


def by_weights(x, slope):
    """Return the array d × d × n with slope_i x_k where i = j, and 0 elsewhere."""
    return np.einsum("ij,i,k->ijk", np.eye(D), slope, x)


# ── conventions ───────────────────────────────────────────────────────────────────────────────
def test_the_definition_of_the_jacobian():
    assert_allclose(grad(lambda u: u[0] + u[1])(np.array([3.0, 5.0])), [1, 1])


def test_the_table_of_shapes(x):
    number = 2.0
    assert np.shape(jacobian(lambda x: x**2)(number)) == ()
    assert np.shape(jacobian(lambda x: np.sum(x**2))(x)) == (N,)
    assert np.shape(jacobian(lambda t: t * np.arange(D))(number)) == (D,)
    assert np.shape(jacobian(lambda x: np.ones((D, N)) @ x)(x)) == (D, N)


def test_the_gradient_as_a_column(x, W):
    """Of z = f(y), y = g(x): ∇ₓz is the transposed Jacobian of g times ∇ᵧz."""

    def g(x):
        return np.tanh(W @ x)

    def f(y):
        return np.sum(y**3)

    expected = jacobian(g)(x).T @ grad(f)(g(x))
    assert_allclose(grad(lambda x: f(g(x)))(x), expected, rtol=1e-12)
    assert_allclose(vjp(g)(x)[0](grad(f)(g(x))), expected, rtol=1e-12)


# ── basic operations ──────────────────────────────────────────────────────────────────────────
def test_vector_times_scalar(x):
    alpha = 1.7
    same(jacobian(lambda x, a: x * a, 0)(x, alpha), np.diag(np.ones(N) * alpha), (N, N))
    same(jacobian(lambda x, a: x * a, 1)(x, alpha), x, (N,))


def test_sum_of_vectors(x, y):
    for k in range(2):
        same(jacobian(lambda x, y: x + y, k)(x, y), np.eye(N), (N, N))


def test_hadamard_product(x, y):
    same(jacobian(np.multiply, 0)(x, y), np.diag(y), (N, N))
    same(jacobian(np.multiply, 1)(x, y), np.diag(x), (N, N))


@pytest.mark.parametrize(
    ("h", "slope"),
    [
        (np.exp, np.exp),
        (np.square, lambda x: 2 * x),
        (np.tanh, lambda x: 1 - np.tanh(x) ** 2),
        (ag.sigmoid, sigmoid_slope),
        (ag.relu, lambda x: (x > 0) * 1.0),
    ],
)
def test_scalar_function_of_a_vector(x, h, slope):
    same(jacobian(h)(x), np.diag(slope(x)), (N, N))


def test_reduction_by_sum(x):
    same(jacobian(np.sum)(x), np.ones(N), (N,))


def test_matrix_times_vector(x, W):
    same(jacobian(np.matmul, 1)(W, x), W, (D, N))
    same(jacobian(np.matmul, 0)(W, x), by_weights(x, np.ones(D)), (D, D, N))


# ── the chain rule ────────────────────────────────────────────────────────────────────────────
def test_the_chain_rule_of_several_scalars():
    def inner(x):
        return [np.sin(x), x**2, np.exp(x)]

    def f(u, v, w):
        return u * v + w**2

    x = 0.7
    terms = [grad(f, i)(*inner(x)) * grad(lambda x, i=i: inner(x)[i])(x) for i in range(3)]
    assert grad(lambda x: f(*inner(x)))(x) == pytest.approx(sum(terms))


def test_the_chain_rule_of_vectors(rng, x):
    A, B = rng.standard_normal((5, N)), rng.standard_normal((2, 5))

    def g(x):
        return np.tanh(A @ x)

    def f(g):
        return np.exp(B @ g)

    same(jacobian(lambda x: f(g(x)))(x), jacobian(f)(g(x)) @ jacobian(g)(x), (2, N))


def test_the_chain_rule_of_several_vectors(x):
    def inner(x):
        return np.sin(x), x**2, np.exp(x)

    def f(u, v, w):
        return np.stack([np.sum(u * v), np.sum(v * w)])

    total = sum(
        jacobian(f, i)(*inner(x)) @ jacobian(lambda x, i=i: inner(x)[i])(x) for i in range(3)
    )
    same(jacobian(lambda x: f(*inner(x)))(x), total, (2, N))


# ── new operations ────────────────────────────────────────────────────────────────────────────
def test_subtraction(x, y):
    same(jacobian(np.subtract, 0)(x, y), np.eye(N), (N, N))
    same(jacobian(np.subtract, 1)(x, y), np.eye(N) @ -np.eye(N), (N, N))


def test_scalar_product(x, y):
    same(jacobian(lambda x, y: x @ y, 0)(x, y), np.ones(N) @ np.diag(y), (N,))
    same(jacobian(lambda x, y: x @ y, 1)(x, y), x, (N,))


def test_affine_transformation(x, W, b):
    def u(W, x, b):
        return W @ x + b

    same(jacobian(u, 1)(W, x, b), np.eye(D) @ W, (D, N))
    same(jacobian(u, 2)(W, x, b), np.eye(D), (D, D))
    same(jacobian(u, 0)(W, x, b), by_weights(x, np.ones(D)), (D, D, N))


@pytest.mark.parametrize(
    ("h", "slope"),
    [(ag.sigmoid, sigmoid_slope), (np.tanh, lambda u: 1 - np.tanh(u) ** 2)],
    ids=["sigmoid", "tanh"],
)
def test_activation(x, W, b, h, slope):
    def u(W, x, b):
        return h(W @ x + b)

    s = slope(W @ x + b)
    same(jacobian(u, 0)(W, x, b), by_weights(x, s), (D, D, N))
    same(jacobian(u, 2)(W, x, b), np.diag(s) @ np.eye(D), (D, D))
    same(jacobian(u, 1)(W, x, b), np.diag(s) @ W, (D, N))
    same(jacobian(u, 1)(W, x, b), s[:, None] * W, (D, N))  # as the slide writes it out


def test_softmax(x):
    """As the note composes it: f = exp, g = sum, h = 1 / g, t = f h."""
    f = np.exp(x)
    g = np.sum(f)
    s = f / g
    first = np.diag(np.ones(N) / g) @ np.diag(f)  # ∂t/∂f ∂f/∂x
    second = np.outer(f * (-1 / g**2), np.ones(N)) @ np.diag(f)  # ∂t/∂h ∂h/∂x
    same(first, np.diag(s), (N, N))
    same(second, -np.outer(s, s), (N, N))
    expected = [[s[i] * (1 - s[i]) if i == j else -s[i] * s[j] for j in range(N)] for i in range(N)]
    same(first + second, expected, (N, N))
    same(jacobian(ag.softmax)(x), expected, (N, N))
    same(jacobian(lambda x: np.exp(x) * (1 / np.sum(np.exp(x))))(x), expected, (N, N))


def test_softmax_with_cross_entropy(rng, x):
    def steps(x, y):
        return -np.sum(y * np.log(ag.softmax(x)))

    p = ag.softmax(x)
    for y in (np.eye(N)[2], ag.softmax(rng.standard_normal(N))):
        product = -1 * np.ones(N) @ np.diag(y) @ np.diag(1 / p) @ jacobian(ag.softmax)(x)
        same(product, -(y / p) @ jacobian(ag.softmax)(x), (N,))
        same(product, p - y, (N,))
        same(jacobian(steps)(x, y), p - y, (N,))
        same(jacobian(F.cross_entropy)(x, y), p - y, (N,))
    # where y does not sum to 1, the last but one line holds: Σⱼ yⱼ ŷᵢ - yᵢ
    y = np.array([1.0, 2.0, 0.0, 0.5])
    same(jacobian(steps)(x, y), y.sum() * p - y, (N,))


# ── examples ──────────────────────────────────────────────────────────────────────────────────
def test_example_1_linear_regression(rng, x):
    w, target = rng.standard_normal(N), 0.3
    same(grad(lambda w: (w @ x - target) ** 2)(w), 2 * (w @ x - target) * x, (N,))


def test_example_2_logistic_regression(x, W, b):
    y = np.eye(D)[1]

    def loss(W, x, b):
        return F.cross_entropy(W @ x + b, y)

    error = ag.softmax(W @ x + b) - y
    same(grad(loss, 2)(W, x, b), error @ np.eye(D), (D,))
    same(grad(loss, 0)(W, x, b), np.outer(error, x), (D, N))  # (1 ×) d × n on the slide
    same(grad(loss, 0)(W, x, b), np.einsum("i,ijk->jk", error, by_weights(x, np.ones(D))), (D, N))
    same(grad(loss, 1)(W, x, b), error @ W, (N,))


@given(st.integers(0, 2**32 - 1), st.integers(1, 5), st.integers(1, 5), st.integers(2, 5))
def test_example_3_one_hidden_layer(seed, n, k, d):
    rng = np.random.default_rng(seed)
    x, y = rng.standard_normal(n), np.eye(d)[rng.integers(d)]
    W1, b1 = rng.standard_normal((k, n)), rng.standard_normal(k)
    W2, b2 = rng.standard_normal((d, k)), rng.standard_normal(d)

    def loss(W1, b1, W2, b2):
        return F.cross_entropy(W2 @ np.tanh(W1 @ x + b1) + b2, y)

    h1 = np.tanh(W1 @ x + b1)
    delta = ag.softmax(W2 @ h1 + b2) - y
    by_hand = {3: delta, 2: np.outer(delta, h1)}
    delta = delta @ W2 @ np.diag(1 - h1**2)
    by_hand |= {1: delta, 0: np.outer(delta, x)}
    for i, expected in by_hand.items():
        assert_allclose(grad(loss, i)(W1, b1, W2, b2), expected, rtol=1e-8, atol=1e-12)


# ── Algorithm 1 ───────────────────────────────────────────────────────────────────────────────
def back_propagation(layers, x, y):
    """Return ∂L/∂W⁽ⁱ⁾ and ∂L/∂b⁽ⁱ⁾ for i = K … 1, by the note's loop over full Jacobians."""
    h = [x]
    for activation, W, b in layers:
        h.append(activation(W @ h[-1] + b))
    delta = jacobian(F.cross_entropy)(h[-1], y)
    found = []
    for i in reversed(range(len(layers))):
        activation, W, b = layers[i]

        def layer(W, b, below, activation=activation):
            return activation(W @ below + b)

        to_W, to_b, below = (jacobian(layer, k)(W, b, h[i]) for k in range(3))
        found.append((np.tensordot(delta, to_W, 1), delta @ to_b))
        delta = delta @ below
    return found


@pytest.mark.parametrize("K", [1, 2, 4])
def test_algorithm_1(rng, K):
    widths = [*rng.integers(2, 6, K), D]
    x, y = rng.standard_normal(widths[0]), np.eye(D)[0]
    activations = [*[np.tanh, ag.sigmoid, ag.relu][: K - 1], np.positive]
    layers = [
        (activation, rng.standard_normal((m, n)), rng.standard_normal(m))
        for activation, (n, m) in zip(activations, pairwise(widths), strict=True)
    ]

    def loss(parameters):
        h = x
        for (activation, *_), (W, b) in zip(layers, parameters, strict=True):
            h = activation(W @ h + b)
        return F.cross_entropy(h, y)

    engine = grad(loss)([(W, b) for _, W, b in layers])
    for (dW, db), (W, b) in zip(back_propagation(layers, x, y), reversed(engine), strict=True):
        assert_allclose(dW, W, rtol=1e-10, atol=1e-13)
        assert_allclose(db, b, rtol=1e-10, atol=1e-13)
