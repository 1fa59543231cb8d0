"""Derivatives written out as numbers, with nothing between the test and the library."""

import math
import sys

import numpy as np
import pytest

import autograd as ag
from autograd import Tensor
from autograd.rules import neural


def test_the_first_example():
    a = Tensor(2, requires_grad=True)
    b = Tensor(3, requires_grad=True)
    c = Tensor(4, requires_grad=True)
    f = (a + b) * c
    f.backward()
    assert f.item() == 20
    assert a.grad.item() == 4
    assert b.grad.item() == 4
    assert c.grad.item() == 5


def test_subtraction_knows_its_sides():
    x = Tensor(3.0, requires_grad=True)
    (10.0 - x).backward()
    assert x.grad.item() == -1
    x.grad = None
    (np.array([10.0, 20.0]) - x).sum().backward()
    assert x.grad.item() == -2
    x.grad = None
    (np.float64(10.0) - x).backward()
    assert x.grad.item() == -1
    x.grad = None
    (x - 10.0).backward()
    assert x.grad.item() == 1


def test_division_knows_its_sides():
    x = Tensor(2.0, requires_grad=True)
    (1.0 / x).backward()
    assert x.grad.item() == -0.25
    x.grad = None
    (x / 4.0).backward()
    assert x.grad.item() == 0.25


def test_a_variable_used_twice_gets_both():
    x = Tensor(3.0, requires_grad=True)
    (x * x + x).backward()
    assert x.grad.item() == 7


def test_broadcasting_sums_back():
    row = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    column = Tensor([[10.0], [20.0]], requires_grad=True)
    (row * column).sum().backward()
    assert row.grad.tolist() == [30, 30, 30]
    assert column.grad.tolist() == [[6], [6]]


def test_matrix_product():
    a = Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    b = Tensor([[5.0, 6.0], [7.0, 8.0]], requires_grad=True)
    (a @ b).sum().backward()
    assert a.grad.tolist() == [[11, 15], [11, 15]]
    assert b.grad.tolist() == [[4, 4], [6, 6]]


def test_derivatives_of_a_cube():
    x = Tensor(2.0, requires_grad=True)
    (x**3).backward(create_graph=True)
    first = x.grad
    assert first.item() == 12
    x.grad = None
    first.backward(create_graph=True)
    second = x.grad
    assert second.item() == 12
    x.grad = None
    second.backward()
    assert x.grad.item() == 6


def test_the_logistic_neuron():
    """σ(1·2 − 1·3 + 0.5): σ(−0.5) = 0.37754, σ' = 0.23500."""
    w0 = Tensor(0.5, requires_grad=True)
    w1 = Tensor(1.0, requires_grad=True)
    w2 = Tensor(-1.0, requires_grad=True)
    y = 1 / (1 + np.exp(-(w0 + 2 * w1 + 3 * w2)))
    y.backward()
    assert round(y.item(), 5) == 0.37754
    assert round(w0.grad.item(), 5) == 0.235
    assert round(w1.grad.item(), 5) == 0.47001
    assert round(w2.grad.item(), 5) == 0.70501


def test_softmax_minus_onehot():
    x = Tensor([[0.0, 0.0, 0.0, 0.0]], requires_grad=True)
    ag.softmax_cross_entropy(x, np.array([2])).sum().backward()
    assert x.grad.tolist() == [[0.25, 0.25, -0.75, 0.25]]


def test_reductions():
    x = Tensor([[1.0, 5.0], [3.0, 3.0]], requires_grad=True)
    x.max().backward()
    assert x.grad.tolist() == [[0, 1], [0, 0]]
    x.grad = None
    x.mean().backward()
    assert x.grad.tolist() == [[0.25, 0.25], [0.25, 0.25]]
    x.grad = None
    x.var().backward()
    assert x.grad.tolist() == [[-1, 1], [0, 0]]
    x.grad = None
    x.prod(axis=1).sum().backward()
    assert x.grad.tolist() == [[5, 1], [3, 3]]


def test_moving_elements():
    x = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    (x[::-1] * np.array([10.0, 20.0, 30.0])).sum().backward()
    assert x.grad.tolist() == [30, 20, 10]
    x.grad = None
    (np.concatenate([x, x[:1]]) * np.array([1.0, 2.0, 3.0, 4.0])).sum().backward()
    assert x.grad.tolist() == [5, 2, 3]
    x.grad = None
    (np.sort(np.array([0.0, -9.0, 4.0]) + x) * np.array([1.0, 2.0, 3.0])).sum().backward()
    assert x.grad.tolist() == [2, 1, 3]


def test_linear():
    x = Tensor([[1.0, 2.0]], requires_grad=True)
    w = Tensor([[3.0, 4.0], [5.0, 6.0]], requires_grad=True)
    b = Tensor([7.0, 8.0], requires_grad=True)
    y = ag.linear(x, w, b)
    assert y.tolist() == [[18, 25]]
    assert ag.linear(x, w).tolist() == [[11, 17]]
    y.sum().backward()
    assert x.grad.tolist() == [[8, 10]]
    assert w.grad.tolist() == [[1, 2], [1, 2]]
    assert b.grad.tolist() == [1, 1]


def test_linear_promotes_as_numpy_does():
    x, w = np.ones((1, 2), np.float32), np.ones((1, 2), np.float32)
    assert ag.linear(x, w, np.ones(1, np.float32)).dtype == np.float32
    assert ag.linear(x, w, np.ones(1)).dtype == np.float64
    assert ag.linear(x[0], w, np.ones(1)).tolist() == [3.0]


def test_orders_of_the_memory_are_refused():
    with pytest.raises(NotImplementedError, match="orders 'C' and 'F' only"):
        np.ravel(Tensor([[1.0, 2.0]]), order="K")


def test_gelu_knows_two_forms():
    assert round(float(ag.gelu(1.0)), 6) == 0.841345
    assert round(float(ag.gelu(1.0, approximate="tanh")), 6) == 0.841192
    with pytest.raises(ValueError, match="gelu knows no approximation 'sigmoid'"):
        ag.gelu(1.0, approximate="sigmoid")


def test_erf_without_scipy(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.special", None)
    neural._erf.cache_clear()
    x = np.array([-1.0, 0.0, 0.5])
    assert ag.erf(x).tolist() == [math.erf(-1), 0, math.erf(0.5)]
    assert ag.erf(x.astype(np.float32)).dtype == np.float32
    assert ag.erf(0.5).item() == math.erf(0.5)
    slope = Tensor(0.0, requires_grad=True)
    ag.erf(slope).backward()
    assert slope.grad.item() == 2 / math.sqrt(math.pi)
    neural._erf.cache_clear()


# ── what a row refuses, it refuses by name ────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda x: np.linalg.qr(x, "raw"), r"the derivative of np.linalg.qr\(mode='raw'\)"),
        (
            lambda x: np.partition(x, 1, kind="introselect"),
            r"partition of a Tensor does not take \['kind'\]",
        ),
        (
            lambda x: np.exp(x, where=x.data > 0),
            "np.exp of a Tensor is not differentiable here with where=",
        ),
    ],
)
def test_refusals(call, says):
    with pytest.raises(NotImplementedError, match=says) as caught:
        call(Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True))
    lines = str(caught.value).splitlines()
    assert len(lines) == 3
    assert lines[1].startswith("  where: ")
    assert lines[2].startswith("  instead: ")


def test_split_needs_equal_parts():
    with pytest.raises(ValueError, match="3 elements do not split into 2 equal parts"):
        np.split(Tensor([1.0, 2.0, 3.0]), 2)
