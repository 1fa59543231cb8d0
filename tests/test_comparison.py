"""compare_with_torch blames each difference on the operation that makes it."""

import sys

import numpy as np
import pytest

import autograd as ag
from autograd import compare_with_torch, primitive

pytest.importorskip("torch", reason="PyTorch is not installed")
pytest.importorskip("array_api_compat", reason="array-api-compat is not installed")

RNG = np.random.default_rng(2)
X = RNG.normal(size=(4, 3))


def named(comparison):
    return {d.name: d for d in comparison}


def test_a_network_agrees_to_rounding():
    def loss(p, x):
        h = np.tanh(x @ p["w"] + p["b"])
        return ag.softmax_cross_entropy(h, np.array([0, 1, 1, 0])).mean() + h[0, 1] ** 2

    found = compare_with_torch(loss, {"w": RNG.normal(size=(3, 2)), "b": np.zeros(2)}, X)
    assert found.largest < 1e-14
    assert not [d for d in found if d.reason]
    assert {d.operation.partition("(")[0] for d in found} >= {"tanh", "matmul", "mean"}
    assert all(d.gradient is not None for d in found)


def test_a_convention_that_differs_comes_first():
    def loss(x):
        y = np.hypot(x, x)
        z = np.clip(x, 0, 1)
        return np.sum(y * y) + np.sum(z) + np.sum(y * 3)

    found = compare_with_torch(loss, np.array([0.0, 1.0]))
    assert [d.name for d in found][:2] == ["y", "z"]
    assert found[0].gradient == found.largest == np.inf
    assert found[1].gradient == 1  # 1 at both bounds
    assert found[2].largest < 1e-15
    assert repr(found).splitlines()[:3] == [
        "loss beside PyTorch: the largest difference is inf",
        "  result  operation       value    gradient",
        "  y       hypot(x, x)     0.0e+00  inf",
    ]


def test_a_wrong_rule_is_blamed_and_what_comes_after_it_is_not():
    @primitive
    def cube(x):
        return x * x * x

    cube.defvjp(lambda g, y, x: g * 2 * x * x)
    found = compare_with_torch(lambda x: np.sum(np.exp(cube(np.sin(x)))), X)
    wrong, *rest = found
    assert wrong.operation.startswith("cube(")
    assert wrong.value < 1e-15
    assert wrong.gradient > 0.01
    assert all(d.largest < 1e-14 for d in rest)


def test_an_argument_that_is_used_twice_and_one_that_is_whole():
    found = named(
        compare_with_torch(lambda x, i: np.sum(x * x) + x[i].sum(), X[0], np.array([0, 0]))
    )
    assert all(d.largest < 1e-15 and not d.reason for d in found.values())


def test_what_is_read_backwards_and_a_fit():
    found = compare_with_torch(lambda x: np.sum(x[::-1] * np.flip(x)), X[0])
    assert found.largest == 0
    found = compare_with_torch(lambda y: np.polyfit(np.arange(y.size), y, 1), X[0])
    assert found.largest < 1e-12


def test_functions_of_linalg_and_fft_and_complex_numbers():
    def f(a):
        return np.linalg.det(a) + np.linalg.norm(a - a) + np.sum(np.abs(np.fft.fft(a)) ** 2)

    found = compare_with_torch(f, X[:3])
    assert not [d for d in found if d.reason]
    assert found.largest < 1e-13
    assert compare_with_torch(lambda z: np.abs(np.exp(z) * z), np.array([1 + 2j])).largest < 1e-15


def test_an_operation_without_a_counterpart_is_named_last():
    @primitive
    def own(x):
        return np.interp(x, [0.0, 1.0], [0.0, 2.0])

    own.defvjp(lambda g, y, x: g * 2)
    found = compare_with_torch(lambda x: np.sum(own(x) * 2), np.array([0.25, 0.5]))
    assert found[-1].operation == "own(x)"
    assert found[-1].reason.startswith("PyTorch")
    assert found.largest == 0
    assert "own(x)" in repr(found).splitlines()[-1]


def test_numbers_that_pytorch_lacks_are_told_and_the_others_compared():
    x = np.array([1.0, 2.0])
    found = compare_with_torch(lambda x: np.sum(np.sin(x) * x.astype(np.longdouble)), x)
    assert (found[0].operation, found[0].value) == ("sin(x)", 0)
    (product,) = (d for d in found if d.operation.startswith("multiply"))
    assert product.reason.startswith("PyTorch: can't convert np.ndarray of type numpy.longdouble")
    nothing = compare_with_torch(np.sum, x.astype(np.longdouble))
    assert [bool(d.reason) for d in nothing] == [True]
    assert repr(nothing).startswith("sum beside PyTorch: nothing was compared\n")


def test_without_pytorch(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ImportError) as error:
        compare_with_torch(np.sin, 1.0)
    assert str(error.value) == (
        "PyTorch, which the comparison is with, is not installed\n"
        "  where: compare_with_torch(sin, ...)\n"
        '  instead: pip install "retrograd[torch]"'
    )
