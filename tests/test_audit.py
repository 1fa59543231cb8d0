"""The audit finds the rule that is wrong, where it is used, and no other."""

import sys

import numpy as np
import pytest

import autograd as ag
from autograd import Tensor, audit, grad, no_grad, primitive


def leaf(data, name=None):
    return Tensor(data, requires_grad=True, name=name)


def planted(rule):
    f = primitive(lambda x: x * x, name="planted")
    f.defvjp(rule)
    return f


@pytest.mark.parametrize(
    "rule",
    [
        lambda g, y, x: g * x,
        lambda g, y, x: 2 * x,
        lambda g, y, x: -2 * g * x,
        lambda g, y, x: g * y,
    ],
)
def test_the_first_wrong_rule_is_blamed_with_its_line(rule):
    f, x = planted(rule), leaf([1.5, 2.5], "x")
    with pytest.raises(AssertionError) as error, audit():  # noqa: PT012  # a program of two lines
        y = np.sin(x) * 3.0
        f(y)
    line = sys._getframe().f_lineno - 1
    told = str(error.value).split("\n")
    assert told[0] == "the rule of planted is wrong"
    assert told[1].startswith(
        f"  where: argument 0 of planted(argument 0 (2,)) at {__file__}:{line}: "
        "along a random direction "
    )
    assert (
        told[2]
        == "  instead: a rule that gives the expected derivative; check_grads tells the element"
    )


def test_right_rules_pass_in_a_whole_program():
    @audit()
    def train(w, x):
        h = np.tanh(x @ w["first"] + w["bias"])
        p = np.exp(h - np.max(h, axis=1, keepdims=True))
        p = p / np.sum(p, axis=1, keepdims=True)
        out = Tensor(np.zeros(3))
        out[1:] = np.mean(p, axis=0)[1:]
        return np.sum(out * out) + np.linalg.norm(w["first"])

    random = np.random.default_rng(1)
    w = {"first": random.standard_normal((4, 3)), "bias": random.standard_normal(3)}
    train({k: leaf(v) for k, v in w.items()}, random.standard_normal((5, 4)))


def test_a_rule_is_wrong_only_at_some_values():
    f = planted(lambda g, y, x: g * 2 * abs(x))
    with audit() as report:
        f(leaf(3.0))
    assert str(report) == "1 rule is right (planted)"
    with pytest.raises(AssertionError, match="the rule of planted is wrong"), audit():
        f(leaf(-3.0))


def test_an_argument_that_should_have_a_rule_is_blamed():
    f = primitive(lambda x, y: x * np.floor(y) + 0 * y, name="planted")
    f.defvjp(lambda g, y, a, b: g * np.floor(b), None)
    with audit() as report:
        f(leaf(3.0), leaf(2.5))
    assert report.checked == {"planted": 2}
    f = primitive(lambda x, y: x * y, name="planted")
    f.defvjp(lambda g, y, a, b: g * b, None)
    with pytest.raises(AssertionError, match="the rule of planted is wrong"), audit():
        f(leaf(3.0), leaf(2.5))


def test_kinks_constants_and_complex_numbers_are_skipped():
    with audit() as report, np.errstate(all="ignore"):
        abs(leaf([0.0, 1.0]))
        np.log(leaf(0.0))
        np.exp(Tensor([1.0]))
        with no_grad():
            np.exp(leaf([1.0]))
        np.exp(leaf(1.0 + 2.0j))
        np.fft.fft(leaf([1.0, 2.0]))
    assert report.checked.total() == 0
    assert report.skipped == {"absolute": 1, "log": 1, "exp": 1, "fft": 1}


@pytest.mark.parametrize(
    ("f", "values", "skipped"),
    [
        (abs, [[4.3e-7, 9.5e-8, 0.0]], 1),
        (abs, [[4.3e-7, 9.5e-8]], 0),
        (ag.relu, [[1e-7, 0.0]], 1),
        (np.maximum, [-1e-8, -1e-8], 2),
        (np.maximum, [-1e-8, -2e-8], 0),
        (np.divide, [0.0, 0.0], 2),
        (ag.gelu, [-6.0], 0),
        (ag.gelu, [[-7.0, -8.0]], 0),
    ],
)
def test_right_rules_at_hard_values_are_not_blamed(f, values, skipped):
    with audit() as report, np.errstate(all="ignore"):
        f(*map(leaf, values))
    assert report.skipped.total() == skipped
    assert report.checked.total() == len(values) - skipped


@pytest.mark.parametrize("value", [1e-9, 1e-3, 30.0, 1e7])
def test_a_wrong_rule_is_blamed_at_hard_values(value):
    decay = primitive(lambda x: np.exp(-x / value) * 1e-8, name="planted")
    decay.defvjp(lambda g, y, x: g * y / value)  # the minus is missing
    size = primitive(lambda x: np.abs(x), name="planted")
    size.defvjp(lambda g, y, x: -g)
    for f in (decay, size):
        with pytest.raises(AssertionError, match="the rule of planted is wrong"), audit():
            f(leaf(value))


def test_the_audit_changes_no_result():
    x = np.array([0.5, 1.5])

    def f(x):
        return np.sum(np.sin(x) * x / (1.0 + x**2))

    plain = grad(f)(x)
    with audit():
        assert grad(f)(x).tolist() == plain.tolist()


def test_float32_is_checked_in_float64():
    with audit() as report:
        np.sum(np.exp(leaf(np.linspace(0, 1, 5, dtype=np.float32))))
    assert report.checked == {"exp": 1, "sum": 1}
