"""The same derivatives by others: PyTorch to second order, mpmath to sixth and to 14 digits."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import autograd as ag
from autograd import Tensor

mpmath = pytest.importorskip("mpmath", reason="mpmath is the oracle of high orders")

SHAPE = (3, 4)
TORCH = {
    # ours, PyTorch's by the same expression in t (torch) and x, the range of x
    "exp": (np.exp, "t.exp(x)", (-2, 2)),
    "expm1": (np.expm1, "t.expm1(x)", (-2, 2)),
    "log": (np.log, "t.log(x)", (0.2, 3)),
    "log1p": (np.log1p, "t.log1p(x)", (-0.8, 3)),
    "sqrt": (np.sqrt, "t.sqrt(x)", (0.2, 3)),
    "tanh": (np.tanh, "t.tanh(x)", (-2, 2)),
    "arctan": (np.arctan, "t.arctan(x)", (-2, 2)),
    "arcsin": (np.arcsin, "t.arcsin(x)", (-0.9, 0.9)),
    "arccosh": (np.arccosh, "t.arccosh(x)", (1.1, 3)),
    "arctanh": (np.arctanh, "t.arctanh(x)", (-0.9, 0.9)),
    "sinc": (np.sinc, "t.sinc(x)", (-2, 2)),
    "abs": (lambda x: np.abs(x) ** 3, "t.abs(x) ** 3", (-2, 2)),
    "remainder": (lambda x: (x % 0.7) ** 2, "t.remainder(x, 0.7) ** 2", (-2, 2)),
    "power": (lambda x: x**1.7, "x ** 1.7", (0.2, 3)),
    "x**x": (lambda x: x**x, "x ** x", (0.2, 3)),
    "clip": (lambda x: np.clip(x, -1, 1) ** 2, "t.clamp(x, -1, 1) ** 2", (-2, 2)),
    "hypot": (lambda x: np.hypot(x, 1 - x), "t.hypot(x, 1 - x)", (-2, 2)),
    "arctan2": (lambda x: np.arctan2(x, 1 - x), "t.arctan2(x, 1 - x)", (-2, 2)),
    "logaddexp": (lambda x: np.logaddexp(x, x * x), "t.logaddexp(x, x * x)", (-2, 2)),
    "maximum": (lambda x: np.maximum(x, x * x), "t.maximum(x, x * x)", (-2, 2)),
    "where": (lambda x: np.where(x > 0, x, x * x), "t.where(x > 0, x, x * x)", (-2, 2)),
    "sigmoid": (ag.sigmoid, "t.sigmoid(x)", (-9, 9)),
    "relu": (lambda x: ag.relu(x) ** 2, "t.relu(x) ** 2", (-2, 2)),
    "softplus": (ag.softplus, "F.softplus(x)", (-9, 9)),
    "silu": (ag.silu, "F.silu(x)", (-9, 9)),
    "erf": (ag.erf, "t.erf(x)", (-3, 3)),
    "gelu": (ag.gelu, "F.gelu(x)", (-4, 4)),
    "gelu, tanh": (lambda x: ag.gelu(x, "tanh"), "F.gelu(x, approximate='tanh')", (-4, 4)),
    "softmax": (ag.softmax, "t.softmax(x, -1)", (-4, 4)),
    "softmax over the first axis": (lambda x: ag.softmax(x, axis=0), "t.softmax(x, 0)", (-4, 4)),
    "log_softmax": (ag.log_softmax, "t.log_softmax(x, -1)", (-4, 4)),
    "logsumexp": (lambda x: ag.logsumexp(x, axis=1), "t.logsumexp(x, 1)", (-4, 4)),
    "cross entropy": (
        lambda x: ag.softmax_cross_entropy(x, np.array([0, 3, 1])),
        "F.cross_entropy(x, t.tensor([0, 3, 1]), reduction='none')", (-4, 4),
    ),
    "linear": (
        lambda x: ag.linear(x, x[:2] * x[:2], x[0, :2]),
        "F.linear(x, x[:2] * x[:2], x[0, :2])", (-2, 2),
    ),
    "sum": (lambda x: np.sum(x * x, axis=0), "t.sum(x * x, 0)", (-2, 2)),
    "prod": (lambda x: np.prod(x, axis=1), "t.prod(x, 1)", (-2, 2)),
    "cumprod": (lambda x: np.cumprod(x, axis=1), "t.cumprod(x, 1)", (-2, 2)),
    "cumsum": (lambda x: np.cumsum(x * x, axis=0), "t.cumsum(x * x, 0)", (-2, 2)),
    "var": (lambda x: np.var(x, axis=1, ddof=1), "t.var(x, 1)", (-2, 2)),
    "std": (lambda x: np.std(x, axis=1), "t.std(x, 1, correction=0)", (-2, 2)),
    "max": (lambda x: np.max(x, axis=1) ** 2, "t.amax(x, 1) ** 2", (-2, 2)),
    "norm": (lambda x: np.linalg.norm(x, axis=1), "t.linalg.norm(x, dim=1)", (-2, 2)),
    "norm, ord=3": (lambda x: np.linalg.norm(x, 3, axis=1), "t.linalg.norm(x, 3, dim=1)", (-2, 2)),
    "matmul": (lambda x: x @ x.T, "x @ x.T", (-2, 2)),
    "einsum": (lambda x: np.einsum("ij,kj->ik", x, x), "t.einsum('ij,kj->ik', x, x)", (-2, 2)),
    "sort": (lambda x: np.sort(x, axis=1) ** 2, "t.sort(x, 1).values ** 2", (-2, 2)),
    "index": (lambda x: x[[0, 0, 2], [1, 1, 3]] ** 2, "x[[0, 0, 2], [1, 1, 3]] ** 2", (-2, 2)),
}  # fmt: skip


@pytest.mark.parametrize(("ours", "theirs", "bounds"), TORCH.values(), ids=TORCH)
def test_pytorch_agrees_to_second_order(ours, theirs, bounds, rng):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    data, w = rng.uniform(*bounds, SHAPE), rng.normal(size=SHAPE)

    x = Tensor(data, requires_grad=True)
    y = ours(x)
    u = rng.normal(size=y.shape)
    np.sum(y * u).backward(create_graph=True)
    first, x.grad = x.grad, None
    np.sum(first * w).backward()

    tx = torch.tensor(data, requires_grad=True)
    ty = eval(theirs, {"t": torch, "F": torch.nn.functional, "x": tx})  # the table above
    (tfirst,) = torch.autograd.grad((ty * torch.tensor(u)).sum(), tx, create_graph=True)
    (tsecond,) = torch.autograd.grad((tfirst * torch.tensor(w)).sum(), tx)

    assert_allclose(y.data, ty.detach().numpy(), rtol=1e-13, atol=1e-14)
    assert_allclose(first.data, tfirst.detach().numpy(), rtol=1e-12, atol=1e-13)
    assert_allclose(x.grad.data, tsecond.numpy(), rtol=1e-11, atol=1e-12)


MPMATH = {
    "tanh": (np.tanh, mpmath.tanh, 0.4),
    "exp(sin)": (lambda x: np.exp(np.sin(x)), lambda x: mpmath.exp(mpmath.sin(x)), 0.7),
    "logistic": (ag.sigmoid, lambda x: 1 / (1 + mpmath.exp(-x)), -1.3),
    "x**x": (lambda x: x**x, lambda x: x**x, 1.2),
    "sqrt": (np.sqrt, mpmath.sqrt, 2.5),
    "arctan": (np.arctan, mpmath.atan, 0.8),
    "1 / (1 + x²)": (lambda x: 1 / (1 + x * x), lambda x: 1 / (1 + x * x), 0.5),
    "log(1 + exp)": (ag.softplus, lambda x: mpmath.log(1 + mpmath.exp(x)), 0.3),
    "sinc": (np.sinc, mpmath.sincpi, 0.05),
    "gelu": (ag.gelu, lambda x: x * mpmath.ncdf(x), 0.6),
    "hypot": (lambda x: np.hypot(x, 1.0), lambda x: mpmath.hypot(x, 1), 0.9),
    "logsumexp": (
        lambda x: ag.logsumexp(np.stack([x, x * x, -x])),
        lambda x: mpmath.log(mpmath.exp(x) + mpmath.exp(x * x) + mpmath.exp(-x)), 0.9,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("f", "exact", "at"), MPMATH.values(), ids=MPMATH)
def test_derivatives_of_order_six(f, exact, at):
    x = Tensor(at, requires_grad=True)
    y = f(x)
    for order in range(1, 7):
        y.backward(create_graph=True)
        y, x.grad = x.grad, None
        with mpmath.workdps(60):
            expected = float(mpmath.diff(exact, mpmath.mpf(at), order))
        assert_allclose(y.item(), expected, rtol=1e-14 * 4**order, err_msg=f"order {order}")


def test_the_sixth_derivative_of_tanh_to_14_digits():
    x = Tensor(0.4, requires_grad=True)
    y = np.tanh(x)
    for _ in range(6):
        y.backward(create_graph=True)
        y, x.grad = x.grad, None
    with mpmath.workdps(60):
        expected = mpmath.diff(mpmath.tanh, mpmath.mpf(0.4), 6)
    assert abs(y.item() / float(expected) - 1) < 1e-14
