"""The second lecture note: three layers and binary cross-entropy, derived by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

import autograd as ag
import nn.functional as F  # noqa: N812  # PyTorch's custom
from autograd import Tensor, elementwise_grad, jacobian

sizes = st.integers(1, 5)
seeds = st.integers(0, 2**32 - 1)


class Network:
    """The forward pass of the note (`u`, `h`, `ŷ` as there), with every intermediate kept."""

    def __init__(self, rng, n, d0, d1, d2):
        def parameter(*shape):
            return Tensor(rng.standard_normal(shape), requires_grad=True)

        self.x, self.y = rng.standard_normal((n, d0)), rng.integers(0, 2, n)
        self.W1, self.b1 = parameter(d0, d1), parameter(d1)
        self.W2, self.b2 = parameter(d1, d2), parameter(d2)
        self.U, self.c = parameter(d2), parameter()
        self.u1 = self.x @ self.W1 + self.b1
        self.h1 = np.tanh(self.u1)
        self.u2 = self.h1 @ self.W2 + self.b2
        self.h2 = ag.sigmoid(self.u2)
        self.u3 = self.h2 @ self.U + self.c
        self.p = ag.sigmoid(self.u3)
        error = -(self.y * np.log(self.p) + (1 - self.y) * np.log(1 - self.p))
        self.loss = np.mean(error)


def by_hand(net):
    """Return the gradients by the eleven boxed formulas, in their order, on arrays."""
    n, x, y = len(net.y), net.x, net.y
    h1, h2, p = net.h1.numpy(force=True), net.h2.numpy(force=True), net.p.numpy(force=True)
    W2, U = net.W2.numpy(force=True), net.U.numpy(force=True)
    u3 = (p - y) / n
    found = {"u3": u3, "U": u3 @ h2, "c": np.sum(u3), "h2": np.outer(u3, U)}
    u2 = found["u2"] = found["h2"] * h2 * (1 - h2)
    found |= {"W2": h1.T @ u2, "b2": u2.sum(axis=0), "h1": u2 @ W2.T}
    u1 = found["u1"] = found["h1"] * (1 - h1 * h1)
    # the box of W1 prints (∂L/∂u¹)ᵀ · ∂L/∂u¹; the summary at the end has it right
    return found | {"W1": x.T @ u1, "b1": u1.sum(axis=0)}


@given(seeds, sizes, sizes, sizes, sizes)
def test_the_eleven_boxes_are_the_engines_gradients(seed, n, d0, d1, d2):
    net = Network(np.random.default_rng(seed), n, d0, d1, d2)
    net.loss.backward()
    boxes = by_hand(net)
    assert len(boxes) == 11
    for name, expected in boxes.items():
        grad = getattr(net, name).grad
        assert grad.shape == getattr(net, name).shape
        assert_allclose(grad.numpy(), expected, rtol=1e-8, atol=1e-12, err_msg=name)


@given(seeds, sizes)
def test_the_loss_and_its_slope_at_the_prediction(seed, n):
    net = Network(np.random.default_rng(seed), n, 3, 2, 4)
    assert F.binary_cross_entropy(net.p, net.y).item() == pytest.approx(net.loss.item())
    assert F.binary_cross_entropy_with_logits(net.u3, net.y).item() == pytest.approx(
        net.loss.item()
    )
    net.loss.backward()
    p, y = net.p.numpy(force=True), net.y
    assert_allclose(net.p.grad.numpy(), ((1 - y) / (1 - p) - y / p) / n, rtol=1e-9)


def test_the_jacobians_in_einsteins_notation(rng):
    """The note derives each box from a Jacobian of which most entries are 0."""
    N, d1, d2 = 3, 4, 2
    h1, W, b = rng.standard_normal((N, d1)), rng.standard_normal((d1, d2)), rng.standard_normal(d2)
    U, u = rng.standard_normal(d1), rng.standard_normal((N, d2))
    one, other = np.eye(N), np.eye(d2)

    def layer(h1, W, b):
        return h1 @ W + b

    by_h, by_W, by_b = (jacobian(layer, k)(h1, W, b) for k in range(3))
    assert_allclose(by_W, np.einsum("ki,lj->klij", h1, other))  # h_ki if l = j
    assert_allclose(by_b, np.einsum("k,li->kli", np.ones(N), other))  # 1_ki
    assert_allclose(by_h, np.einsum("ki,jl->klij", one, W))  # W_jl if i = k
    by_h, by_U = (jacobian(lambda h, U: h @ U, k)(h1, U) for k in range(2))
    assert_allclose(by_U, h1)  # h_ji
    assert_allclose(by_h, np.einsum("ki,j->kij", one, U))  # U_j if k = i
    for f, slope in ((ag.sigmoid, lambda h: h * (1 - h)), (np.tanh, lambda h: 1 - h * h)):
        expected = np.einsum("ki,lj,kl->klij", one, other, slope(f(u)))
        assert_allclose(jacobian(f)(u), expected, atol=1e-15)  # not 0 where k = i and l = j


def test_the_outer_product_as_a_product_of_matrices(rng):
    """PyTorch has no ⊗, says the note: (N, 1) · (1, d₂) is the same."""
    net = Network(rng, 5, 3, 2, 4)
    net.loss.backward()
    column, row = net.u3.grad.numpy()[:, None], net.U.numpy(force=True)[None]
    assert_allclose(net.h2.grad.numpy(), column @ row)


def test_the_derivative_of_the_sigmoid_line_by_line():
    u = np.linspace(-5, 5, 41)
    e = np.exp(-u)
    lines = [
        -1 / (1 + e) ** 2 * e * -1,
        e / (1 + e) * 1 / (1 + e),  # printed with a square under the first bar
        (1 + e - 1) / (1 + e) * 1 / (1 + e),
        (1 - 1 / (1 + e)) * 1 / (1 + e),
        (1 - ag.sigmoid(u)) * ag.sigmoid(u),
    ]
    for line in lines:
        assert_allclose(elementwise_grad(ag.sigmoid)(u), line, rtol=1e-13)
        assert_allclose(elementwise_grad(lambda u: 1 / (1 + np.exp(-u)))(u), line, rtol=1e-13)


def test_the_derivative_of_tanh():
    u = np.linspace(-5, 5, 41)
    plus, minus = np.exp(u) + np.exp(-u), np.exp(u) - np.exp(-u)

    def quotient(u):
        return (np.exp(u) - np.exp(-u)) / (np.exp(u) + np.exp(-u))

    for slope in (1 - minus**2 / plus**2, 1 - np.tanh(u) ** 2):
        assert_allclose(elementwise_grad(np.tanh)(u), slope, rtol=1e-9, atol=1e-15)
        assert_allclose(elementwise_grad(quotient)(u), slope, rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize(
    ("truth", "prediction", "printed"),
    [(1, 0.89, 0.117), (1, 0.32, 1.139), (0, 0.89, 2.207), (0, 0.32, 0.386)],
)
def test_the_cross_entropies_that_are_printed(truth, prediction, printed):
    p, y = np.array([prediction]), np.array([truth])
    assert F.binary_cross_entropy(p, y).item() == pytest.approx(printed, abs=5e-4)
    logit = np.log(p / (1 - p))
    assert F.binary_cross_entropy_with_logits(logit, y).item() == pytest.approx(printed, abs=5e-4)
    # -Σ P(v) log Q(v) over the two values, P being the empirical distribution
    P, Q = np.array([1 - truth, truth]), np.array([1 - prediction, prediction])
    assert -np.sum(P * np.log(Q)) == pytest.approx(printed, abs=5e-4)
    assert F.cross_entropy(np.log(Q), truth).item() == pytest.approx(printed, abs=5e-4)


def test_no_coding_is_shorter_than_that_of_the_true_distribution(rng):
    """The cross-entropy exceeds the entropy, and is equal to it where Q = P."""
    P = ag.softmax(rng.standard_normal(6))
    entropy = -np.sum(P * np.log(P))
    z = Tensor(np.log(P), requires_grad=True)
    cross = F.cross_entropy(z, P)
    cross.backward()
    assert cross.item() == pytest.approx(entropy)
    assert_allclose(z.grad.numpy(), 0, atol=1e-15)
    for _ in range(20):
        assert F.cross_entropy(rng.standard_normal(6), P).item() > entropy
