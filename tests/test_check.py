"""check_grads passes what is right and blames what is wrong."""

import numpy as np
import pytest

from autograd import check_grads, elementwise_grad, primitive, softmax

RANDOM = np.random.default_rng(7)


@pytest.mark.parametrize(
    ("f", "args"),
    [
        (np.tanh, 0.3),
        (np.abs, RANDOM.normal(size=(2, 4))),  # not analytic
        (lambda a, b: a @ b, (RANDOM.normal(size=(3, 4)), RANDOM.normal(size=(4, 2)))),
        (lambda x: softmax(x), RANDOM.normal(size=(2, 4))),
        (lambda x: np.max(x, axis=1), RANDOM.normal(size=(2, 4))),
        (lambda p: p["a"] * p["b"], ({"a": 1.5, "b": np.ones(3)},)),
        (lambda x: [x[0], (x * x,)], np.array([1.0, 2.0])),
        (lambda x: np.sum(np.exp(30 * x)), np.array([0.5, 1.0])),  # large values
        (lambda x: x * 1e-8, np.array([1.0, 2.0])),  # small ones
        (np.log, np.array([1e-4, 3e-5])),  # arguments of another size than the steps
        (np.sqrt, np.array([1e-6])),
        (np.reciprocal, np.array([-1e-8, 3e-8])),
        (np.sin, np.array([1e6, 1e7])),
        (lambda x: np.linalg.norm(x) + 1e6, np.array([3.0, 4.0])),  # and not analytic
    ],
)
def test_right_derivatives_pass(f, args):
    check_grads(f, args, order=2)


SIZES = {
    "sin": (np.sin, np.cos),
    "exp(-x)": (lambda x: np.exp(-x), lambda x: -np.exp(-x)),
    "x**2": (lambda x: x**2, lambda x: 2 * x),
    "log": (np.log, lambda x: 1 / x),
    "sqrt": (np.sqrt, lambda x: 0.5 / np.sqrt(x)),
}


@pytest.mark.parametrize("size", [1e-12, 1e-6, 1.0, 1e7, 1e12])
@pytest.mark.parametrize("name", SIZES)
def test_arguments_of_all_sizes(name, size):
    f, slope = SIZES[name]
    check_grads(f, size)
    check_grads(f, size * np.array([1.0, 1.5]), order=1)
    planted = primitive(lambda x: f(x) + 0.0)
    planted.defvjp(lambda g, y, x: 1.5 * g * slope(x))
    if slope(size) != 0:  # exp(-1e7) is 0
        with pytest.raises(AssertionError, match="the derivative is wrong"):
            check_grads(planted, size)


@pytest.mark.parametrize("size", [1e7, 1e9])
@pytest.mark.parametrize("f", [np.log, np.sqrt, np.tanh, np.arctan, np.abs, lambda x: np.exp(-x)])
def test_large_elements_stand_beside_small_ones(f, size):
    check_grads(f, np.array([1e-3, 1.0, size]))
    with pytest.raises(AssertionError, match=r"element \(1,\)"):
        check_grads(planted(f, np.array([1, 1.5, 1])), np.array([1e-3, 1.0, size]), order=1)


def planted(f, factor):
    """Return f, of which the derivative is so many times too large."""
    rule = primitive(lambda x: f(x) + 0.0)
    rule.defvjp(lambda g, y, x: factor * elementwise_grad(f)(x) * g)
    return rule


@pytest.mark.parametrize("x", [1e-9, -3e-12, np.array([1e-9, 2.0])])
def test_a_kink_may_be_near(x):
    check_grads(np.abs, x)
    check_grads(lambda x: np.maximum(x, 0), x)


def test_what_overflows_by_a_second_gradient_is_not_told():
    check_grads(lambda x: x * 1e308, 1.0, order=1)


@pytest.mark.parametrize("x", [np.nan, np.array([1.0, -np.inf])])
def test_arguments_that_are_not_finite_are_told(x):
    with pytest.raises(ValueError) as error:
        check_grads(np.exp, x)
    assert str(error.value) == (
        "an argument is not finite: there is no derivative to check\n"
        f"  where: argument 0, of shape {np.shape(x)}\n"
        "  instead: finite arguments: np.isfinite(x).all()"
    )


def wrong(rule):
    f = primitive(lambda x: np.sin(x) + 0.0)
    f.defvjp(rule)
    return f


@pytest.mark.parametrize(
    "rule",
    [
        lambda g, y, x: g * np.sin(x),
        lambda g, y, x: -g * np.cos(x),
        lambda g, y, x: g * np.cos(x) * (1 + 1e-7),
        lambda g, y, x: g * np.cos(x) * np.where(np.arange(4) == 2, 1.001, 1),
    ],
)
def test_wrong_derivatives_do_not(rule):
    with pytest.raises(AssertionError, match="the derivative is wrong"):
        check_grads(wrong(rule), np.array([0.1, 0.5, 1.0, 2.0]), order=1)


@pytest.mark.parametrize("rule", [lambda g, y, x: np.cos(x), lambda g, y, x: g * g * np.cos(x)])
def test_a_rule_that_is_not_linear_in_g_is_told_where_g_is_1(rule):
    with pytest.raises(AssertionError, match="not linear"):
        check_grads(wrong(rule), np.array([0.1, 0.5]), order=1)
    with pytest.raises(AssertionError) as error:
        check_grads(lambda a, b: b * wrong(rule)(a), (0.5, 1.0), order=1)
    assert str(error.value) == (
        "the derivative is not linear in the gradient that arrives\n"
        "  where: <lambda>, argument 0, order 1: g and -2.0 g are sent, and -2.0 times the first "
        "result is not the second\n"
        "  instead: a rule with g as a factor, as lambda g, y, x: g * y"
    )


def test_the_error_names_argument_element_expected_and_got():
    f = wrong(lambda g, y, x: g * np.cos(x) * np.where(np.arange(4) == 2, 2.0, 1.0))
    with pytest.raises(AssertionError) as error:
        check_grads(lambda a, b: np.sum(b) * 0 + np.sum(f(a)), (np.zeros(4), np.ones(2)))
    what, where, instead = str(error.value).split("\n")
    assert what == "the derivative is wrong"
    assert where.startswith("  where: <lambda>, argument 0, element (2,), order 1: expected ")
    expected, got = (float(part.split()[-1]) for part in where.split(", got"))
    assert got == pytest.approx(2 * expected)
    assert instead == "  instead: a rule that gives the expected derivative"


def test_a_wrong_second_derivative_is_caught():
    first = wrong(lambda g, y, x: g * np.cos(x))
    check_grads(first, 0.7, order=2)
    hidden = primitive(lambda x: np.cos(x) + 0.0)
    hidden.defvjp(lambda g, y, x: g * np.sin(x))  # the sign is wrong
    second = wrong(lambda g, y, x: g * hidden(x))
    check_grads(second, 0.7, order=1)
    with pytest.raises(AssertionError, match="order 2"):
        check_grads(second, 0.7, order=2)


@pytest.mark.parametrize(
    ("f", "x"), [(np.abs, 0.0), (lambda x: np.maximum(x, 0), np.array([1.0, 0.0]))]
)
def test_kinks_are_told(f, x):
    with pytest.raises(ValueError) as error:
        check_grads(f, x)
    assert str(error.value) == (
        "the function has a kink here: it has no derivative to check\n"
        f"  where: argument 0, of shape {np.shape(x)}\n"
        "  instead: other arguments, away from ties, from 0 and from bounds"
    )
