"""The fifth lecture note: activations, surprise, entropy, softmax, and digits classified by it."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import autograd as ag
import nn
import nn.functional as F  # noqa: N812  # PyTorch's custom
from autograd import Tensor, elementwise_grad, grad, jacobian


# ── activations ───────────────────────────────────────────────────────────────────────────────
def test_relu_and_its_piecewise_derivative():
    x = np.array([-3.0, -0.5, 0.0, 0.5, 3.0])
    assert_allclose(ag.relu(x), np.maximum(x, 0))
    assert_allclose(elementwise_grad(ag.relu)(x), [0, 0, 0, 1, 1])  # 0 at 0, as in the note


def test_tanh_as_the_note_writes_it():
    def quotient(x):
        return (1 - np.exp(-2 * x)) / (1 + np.exp(-2 * x))

    x = np.linspace(-8, 8, 65)
    assert_allclose(np.tanh(x), quotient(x), rtol=1e-12)
    assert_allclose(elementwise_grad(np.tanh)(x), elementwise_grad(quotient)(x), atol=1e-14)
    assert (abs(np.tanh(x)) < 1).all()


def test_softmax_keeps_the_order(rng):
    x = rng.standard_normal((20, 6))
    p = ag.softmax(x)
    assert_allclose(p.sum(axis=1), 1)
    assert (p.argsort(axis=1) == x.argsort(axis=1)).all()


def test_the_forward_pass_of_the_note(rng):
    W1, b1, W2, b2 = (rng.standard_normal(s) for s in ((5, 3), 5, (4, 5), 4))
    x = rng.standard_normal(3)
    net = nn.Sequential(nn.Linear(3, 5), nn.Sigmoid(), nn.Linear(5, 4), nn.Softmax(dim=-1))
    net.load_state_dict({"0.weight": W1, "0.bias": b1, "2.weight": W2, "2.bias": b2})
    a1 = W1 @ x + b1
    z1 = 1 / (1 + np.exp(-a1))
    a2 = W2 @ z1 + b2
    assert_allclose(net(x).numpy(force=True), np.exp(a2) / np.exp(a2).sum(), rtol=1e-13)


# ── surprise and entropy ──────────────────────────────────────────────────────────────────────
def surprise(p):
    return np.log2(1 / p)


def entropy(p):
    return np.sum(p * surprise(p))


def test_the_unfair_coin():
    p = np.array([0.9, 0.1])  # heads, tails
    assert_allclose(surprise(p), [0.15, 3.32], atol=5e-3)
    assert surprise(0.9 * 0.9 * 0.1) == pytest.approx(2 * surprise(0.9) + surprise(0.1))
    assert surprise(0.9 * 0.9 * 0.1) == pytest.approx(3.63, abs=5e-3)  # the note leaves it open
    total = (0.9 * 100) * 0.15 + (0.1 * 100) * 3.32
    assert total / 100 == pytest.approx(0.467)
    assert entropy(p) == pytest.approx(total / 100, abs=5e-3)


@pytest.mark.parametrize(
    ("crosses", "circles", "printed"), [(6, 1, 0.59), (1, 10, 0.44), (7, 7, 1.0)]
)
def test_the_entropy_of_the_groups(crosses, circles, printed):
    p = np.array([crosses, circles]) / (crosses + circles)
    assert entropy(p) == pytest.approx(printed, abs=5e-3)
    # the cross-entropy of a distribution with itself, in bits
    assert F.cross_entropy(np.log(p), p).item() / np.log(2) == pytest.approx(entropy(p))


def test_the_numbers_beside_the_groups():
    """The probabilities and surprises that the note writes under the two sums."""
    assert_allclose([6 / 7, 1 / 7], [0.86, 0.14], atol=5e-3)
    assert_allclose(surprise(np.array([6 / 7, 1 / 7])), [0.22, 2.81], atol=5e-3)
    assert_allclose([1 / 11, 10 / 11], [0.09, 0.91], atol=5e-3)
    # log₂(11/10) is printed as 0.11; with 0.14 the sum is the printed 0.44, without it is 0.41
    assert_allclose(surprise(np.array([1 / 11, 10 / 11])), [3.46, 0.14], atol=5e-3)
    assert_allclose(0.09 * 3.46 + 0.91 * 0.14, 0.44, atol=5e-3)


def test_entropy_is_greatest_where_both_are_as_likely():
    def of(p):
        return -(p * np.log2(p) + (1 - p) * np.log2(1 - p))

    assert grad(of)(0.5) == pytest.approx(0, abs=1e-15)
    assert grad(grad(of))(0.5) < 0
    assert grad(of)(0.1) == pytest.approx(np.log2(9))


# ── cross-entropy ─────────────────────────────────────────────────────────────────────────────
def test_binary_cross_entropy_is_the_categorical_one_of_two_classes(rng):
    p, q = rng.integers(0, 2, 10).astype(float), rng.uniform(0.1, 0.9, 10)
    two = F.cross_entropy(np.log(np.stack([q, 1 - q], axis=1)), np.stack([p, 1 - p], axis=1))
    assert F.binary_cross_entropy(q, p).item() == pytest.approx(two.item())


@pytest.mark.parametrize(
    ("logits", "prediction", "loss", "unit"),
    [
        # printed with logits (0.1, 0.8, 0.9, 0.1), of which this is not the softmax
        ([0.1, 1.4, 0.0, 0.3], [0.147, 0.540, 0.133, 0.180], 2.9, np.log(2)),
        ([0.1, 0.4, 2.2, 0.0], [0.088, 0.118, 0.715, 0.079], 0.3, 1.0),
    ],
    ids=["unlikely, in bits", "likely, in nats"],
)
def test_the_examples_of_four_classes(logits, prediction, loss, unit):
    y = np.array([0, 0, 1, 0])
    assert_allclose(ag.softmax(np.array(logits)), prediction, atol=6e-4)
    for found in (F.cross_entropy(np.array(logits), y), F.cross_entropy(np.array(logits), 2)):
        assert found.item() / unit == pytest.approx(loss, abs=0.05)
    assert -np.sum(y * np.log(prediction)) / unit == pytest.approx(loss, abs=0.05)


def test_red_and_blue():
    """The better estimate makes the sequence more likely, and its cross-entropy smaller."""
    p = np.array([2, 3]) / 5
    bad, good = np.array([4, 1]) / 5, np.array([2.5, 2.5]) / 5
    likelihoods = [np.prod(q ** [2, 3]) for q in (bad, good)]
    assert_allclose(likelihoods, [16 / 25 * 1 / 125, 1 / 32], rtol=1e-14)
    for q, likelihood in zip((bad, good), likelihoods, strict=True):
        assert np.log(likelihood) / 5 == pytest.approx(np.sum(p * np.log(q)))
        assert np.log(likelihood) / 5 == pytest.approx(-F.cross_entropy(np.log(q), p).item())
    best = Tensor(np.log(p), requires_grad=True)
    F.cross_entropy(best, p).backward()
    assert_allclose(best.grad.numpy(), 0, atol=1e-15)


# ── gradients ─────────────────────────────────────────────────────────────────────────────────
def test_the_gradient_of_the_logarithm_of_softmax(rng):
    a = rng.standard_normal(5)
    s = ag.softmax(a)
    expected = np.eye(5) - s  # δᵢₖ - sₖ
    assert_allclose(jacobian(lambda a: np.log(ag.softmax(a)))(a), expected, atol=1e-14)
    assert_allclose(jacobian(ag.log_softmax)(a), expected, atol=1e-14)
    assert_allclose(grad(ag.logsumexp)(a), s, rtol=1e-14)  # d₂ of the note


def test_the_gradient_of_softmax_is_a_matrix(rng):
    a = rng.standard_normal(5)
    s = ag.softmax(a)
    found = jacobian(ag.softmax)(a)
    assert_allclose(found, np.diag(s) - np.outer(s, s), atol=1e-15)
    assert (found != 0).all()  # every output depends on every input
    assert_allclose(found.sum(axis=0), 0, atol=1e-15)


def test_the_gradient_of_the_loss(rng):
    a, y = rng.standard_normal(5), np.eye(5)[3]
    s = ag.softmax(a)
    chain = -np.sum((y / s)[:, None] * jacobian(ag.softmax)(a), axis=0)
    for found in (
        chain,
        grad(lambda a: -np.sum(y * np.log(ag.softmax(a))))(a),
        grad(F.cross_entropy)(a, y),
    ):
        assert_allclose(found, s - y, rtol=1e-12, atol=1e-15)


# ── digits ────────────────────────────────────────────────────────────────────────────────────
def test_digits_are_told_apart_by_softmax():
    datasets = pytest.importorskip("sklearn.datasets", reason="scikit-learn is not installed")
    images, labels = datasets.load_digits(return_X_y=True)
    images = images / 16
    train, held_out = slice(0, 1400), slice(1400, None)
    net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    optimizer = nn.optim.Adam(net.parameters(), lr=0.02)
    losses = []
    for _ in range(120):
        optimizer.zero_grad()
        loss = F.cross_entropy(net(images[train]), labels[train])
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[0] == pytest.approx(np.log(10), abs=0.2)  # knows nothing
    assert losses[-1] < 0.05
    probabilities = ag.softmax(net(images[held_out])).numpy(force=True)
    assert_allclose(probabilities.sum(axis=1), 1)
    assert (probabilities.argmax(axis=1) == labels[held_out]).mean() > 0.9
