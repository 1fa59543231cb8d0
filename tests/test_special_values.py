"""One rule at the kinks: what derivatives are where a function has none, or where 0 meets infinity.

Convex kinks take the minimum-norm subgradient, removable singularities the limit, an infinite
derivative is inf, and a gradient of exactly 0 means *not used*: it stays 0. Every value is written
out. Warnings are errors here, so these rules do not warn where the function itself did not.
"""

import math
import tracemalloc

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import autograd as ag
from autograd import Tensor
from autograd.rules.elementwise import smallest

INF, NAN = np.inf, np.nan


def gradient(f, *values, dtype=np.float64):
    """Return the gradients of the sum of f."""
    xs = [Tensor(v, requires_grad=True, dtype=dtype) for v in values]
    np.sum(f(*xs)).backward()
    grads = [x.grad.data for x in xs]
    return grads[0] if len(grads) == 1 else grads


def second(f, value):
    """Return the gradient of the sum of the gradient of the sum of f."""
    x = Tensor(value, requires_grad=True)
    np.sum(f(x)).backward(create_graph=True)
    first, x.grad = x.grad, None
    if not first.requires_grad:
        return np.zeros_like(first.data)  # the first derivative is constant
    np.sum(first).backward()
    return x.grad.data


# ── the minimum-norm subgradient ──────────────────────────────────────────────────────────────
KINKS = {
    "abs": (np.abs, 0.0, 0.0),
    "fabs": (np.fabs, [0.0, -0.0], [0.0, 0.0]),
    "relu": (ag.relu, [-1.0, 0.0, 1.0], [0.0, 0.0, 1.0]),
    "sign": (np.sign, [-2.0, 0.0], [0.0, 0.0]),
    "norm": (np.linalg.norm, [0.0, 0.0], [0.0, 0.0]),
    "norm of rows": (lambda x: np.linalg.norm(x, axis=1), [[0.0, 0], [3, 4]], [[0, 0], [0.6, 0.8]]),
    "norm, ord=1": (lambda x: np.linalg.norm(x, ord=1), [0.0, -2.0], [0.0, -1.0]),
    "norm, ord=3": (lambda x: np.linalg.norm(x, ord=3), [0.0, 0.0], [0.0, 0.0]),
    "norm, ord=1.5": (lambda x: np.linalg.norm(x, ord=1.5), [0.0, 2.0], [0.0, 1.0]),
    "norm, ord=inf": (lambda x: np.linalg.norm(x, ord=INF), [2.0, -2.0, 1.0], [0.5, -0.5, 0.0]),
    "norm, ord=inf, at 0": (lambda x: np.linalg.norm(x, ord=INF), [0.0, 0.0], [0.0, 0.0]),
    "std of a constant": (np.std, [2.0, 2.0, 2.0], [0.0, 0.0, 0.0]),
    "maximum(x, 0)": (lambda x: np.maximum(x, 0), 0.0, 0.5),
    "minimum(0, x)": (lambda x: np.minimum(0, x), [0.0, -1.0], [0.5, 1.0]),
    "maximum(x, x)": (lambda x: np.maximum(x, x), [1.0, -INF], [1.0, 1.0]),
    "fmin(x, x)": (lambda x: np.fmin(x, x), [1.0, 2.0], [1.0, 1.0]),
    "ties of max": (np.max, [1.0, 3.0, 3.0, 0.0], [0.0, 0.5, 0.5, 0.0]),
    "ties of min": (lambda x: np.min(x, axis=0), [[1.0, 2], [1, 3]], [[0.5, 1], [0.5, 0]]),
    "ties of max, infinite": (np.max, [INF, INF, 1.0], [0.5, 0.5, 0.0]),
    "clip at its bounds": (lambda x: np.clip(x, 0, 1), [-1.0, 0.0, 0.5, 1.0, 2.0], [0, 0, 1, 0, 0]),
    "clip at an array": (lambda x: np.clip(x, np.zeros(2), None), [0.0, 2.0], [0.5, 1.0]),
    "clip of nan": (lambda x: np.clip(x, 0, 1), [NAN, 0.5], [0.0, 1.0]),
}  # fmt: skip


@pytest.mark.parametrize(("f", "at", "expected"), KINKS.values(), ids=KINKS)
def test_kinks(f, at, expected):
    assert_allclose(gradient(f, at), expected, rtol=1e-15)


@pytest.mark.parametrize("f", [np.abs, np.linalg.norm, np.std, ag.relu], ids=lambda f: f.__name__)
def test_second_derivatives_at_kinks_are_0(f):
    assert_array_equal(second(f, [0.0, 0.0]), [0.0, 0.0])


def test_hypot_at_the_origin():
    assert_array_equal(gradient(np.hypot, 0.0, 0.0), [0.0, 0.0])
    assert_array_equal(gradient(np.hypot, [0.0, 3.0], [0.0, 4.0]), [[0.0, 0.6], [0.0, 0.8]])


def test_bounds_that_are_tensors_share_with_what_they_clip():
    x, low, high = gradient(np.clip, [0.0, 0.5, 2.0], [0.0, 0.0, 0.0], [1.0, 1.0, 1.0])
    assert_array_equal([x, low, high], [[0.5, 1, 0], [0.5, 0, 0], [0, 0, 1]])


def test_nan_that_wins_gets_the_gradient():
    assert_array_equal(gradient(np.max, [1.0, NAN, 2.0]), [0.0, 1.0, 0.0])
    assert_array_equal(gradient(np.maximum, [NAN, 1.0], [1.0, NAN]), [[1.0, 0.0], [0.0, 1.0]])
    assert_array_equal(gradient(np.minimum, [NAN, 1.0], [1.0, NAN]), [[1.0, 0.0], [0.0, 1.0]])
    assert_array_equal(gradient(np.fmax, [NAN, 1.0], [1.0, NAN]), [[0.0, 1.0], [1.0, 0.0]])


# ── the limit at removable singularities ──────────────────────────────────────────────────────
def test_sinc_at_0():
    assert gradient(np.sinc, 0.0) == 0
    assert_allclose(second(np.sinc, [0.0, 1e-9]), -(math.pi**2) / 3, rtol=1e-15)
    tiny = 1e-7  # the quotient would lose half of the digits here
    assert_allclose(gradient(np.sinc, tiny), -(math.pi**2) / 3 * tiny, rtol=1e-13)


@pytest.mark.parametrize(
    ("x", "first", "hessian_row_sums"),
    [
        ([2.0, 3.0, 4.0], [12, 8, 6], [7, 6, 5]),
        ([2.0, 0.0, 3.0], [0, 6, 0], [3, 5, 2]),
        ([0.0, 0.0, 3.0], [0, 0, 0], [3, 3, 0]),
        ([0.0, 0.0, 0.0], [0, 0, 0], [0, 0, 0]),
    ],
)
def test_products_are_exact_with_zeros(x, first, hessian_row_sums):
    for f in (np.prod, lambda x: np.prod(x, axis=0), lambda x: np.cumprod(x)[-1]):
        assert_array_equal(gradient(f, x), first)
        assert_array_equal(second(f, x), hessian_row_sums)


def test_cumprod_with_zeros():
    """cumprod(a, b, c) sums to a + ab + abc."""
    assert_array_equal(gradient(np.cumprod, [2.0, 0.0, 3.0]), [1, 8, 0])
    assert_array_equal(second(np.cumprod, [2.0, 0.0, 3.0]), [4, 6, 2])


POWERS = {
    "x**0": (lambda x: x**0, 0.0, 0.0),
    "x**0.0 of an array": (lambda x: x ** np.zeros(2), [0.0, 1.0], [0.0, 0.0]),
    "x**1": (lambda x: x**1, [0.0, -1.0], [1.0, 1.0]),
    "x**2": (lambda x: x**2, [0.0, -3.0], [0.0, -6.0]),
    "x**-1": (lambda x: x**-1, [-2.0], [-0.25]),
    "0**y": (lambda y: 0.0**y, [0.0, 1.0, 2.0], [0.0, 0.0, 0.0]),
    "2**y": (lambda y: 2.0**y, [0.0, 1.0], [math.log(2), 2 * math.log(2)]),
    "x**x": (lambda x: x**x, [0.0, 1.0], [0.0, 1.0]),
}


@pytest.mark.parametrize(("f", "at", "expected"), POWERS.values(), ids=POWERS)
def test_powers(f, at, expected):
    assert_allclose(gradient(f, at), expected, rtol=1e-15)


def test_second_derivatives_of_powers_at_0():
    assert second(lambda x: x**2, 0.0) == 2
    assert second(lambda x: x**3, 0.0) == 0
    assert_array_equal(second(lambda x: x ** np.array([2.0, 3.0]), [0.0, 0.0]), [2.0, 0.0])


# ── honest infinities ─────────────────────────────────────────────────────────────────────────
@pytest.mark.filterwarnings("ignore:divide by zero:RuntimeWarning")
@pytest.mark.parametrize(
    ("f", "at", "expected"),
    [
        (np.sqrt, 0.0, INF),
        (np.cbrt, 0.0, INF),
        (np.log, 0.0, INF),
        (np.log1p, -1.0, INF),
        (lambda x: x**0.5, 0.0, INF),
        (np.arcsin, 1.0, INF),
        (np.arccos, -1.0, -INF),
        (np.arccosh, 1.0, INF),
        (np.arctanh, -1.0, INF),
    ],
)
def test_infinite_derivatives_are_inf(f, at, expected):
    assert gradient(f, at) == expected
    assert_array_equal(gradient(f, [at, at]), [expected, expected])


# ── strong zeros: what is not used gets 0 ─────────────────────────────────────────────────────
def unused(f, at):
    """Differentiate where(False, f(x), 0): f is evaluated, and not used."""
    x = Tensor(at, requires_grad=True)
    with np.errstate(all="ignore"):  # the forward pass may warn
        y = f(x)
    np.sum(np.where(np.zeros(np.shape(at), bool), y, 0.0)).backward()
    return x.grad.data


@pytest.mark.parametrize("wrap", [float, np.float32, lambda v: np.array([v, v])])
@pytest.mark.parametrize(
    ("f", "at"),
    [
        (np.log, 0.0), (np.log, -1.0), (np.log2, 0.0), (np.log10, 0.0), (np.log1p, -1.0),
        (np.sqrt, 0.0), (np.sqrt, -1.0), (np.cbrt, 0.0), (np.reciprocal, 0.0),
        (lambda x: 1 / x, 0.0), (lambda x: x / x, 0.0), (lambda x: x / 0.0, 1.0),
        (lambda x: x**-1, 0.0), (lambda x: x**0.5, 0.0), (lambda x: x**0.5, -1.0),
        (lambda x: x**x, -0.5), (np.arctanh, 1.0), (np.arccosh, 1.0), (np.arcsin, 1.0),
        (lambda x: np.arctan2(x, x), 0.0), (lambda x: 5 % x, 0.0), (lambda x: np.fmod(5, x), 0.0),
    ],
)  # fmt: skip
def test_what_is_not_used_gets_0(f, at, wrap):
    assert_array_equal(unused(f, wrap(at)), 0 * np.abs(wrap(at)))


def test_where_guards_its_branch():
    x = Tensor([-1.0, 0.0, 2.0], requires_grad=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        y = np.where(x > 0, np.log(x), 0.0)
    np.sum(y).backward()
    assert_array_equal(x.grad.data, [0.0, 0.0, 0.5])


MASKS = {
    "relu": ag.relu,
    "maximum": lambda x: np.maximum(x, 0),
    "clip": lambda x: np.clip(x, 0, 1),
    "where": lambda x: np.where(x > 0, x, 0),
    "max": lambda x: np.max(np.stack([x, np.zeros_like(x)]), axis=0),
}


@pytest.mark.filterwarnings("ignore:divide by zero:RuntimeWarning")
@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
def test_masks_stop_infinite_gradients(mask):
    """The root of a masked 0 sends inf back; the mask makes it 0, not nan."""
    assert gradient(lambda x: np.sqrt(mask(x)), -1.0) == 0
    assert_array_equal(gradient(lambda x: np.sqrt(mask(x)), [-1.0, 0.25]), [0.0, 1.0])


def test_strong_zeros_do_not_cut_second_derivatives():
    """f = z log x at z = 0: nothing arrives at the log, but ∂²f/∂x∂z is 1/x."""
    x, z = Tensor(4.0, requires_grad=True), Tensor(0.0, requires_grad=True)
    (z * np.log(x)).backward(create_graph=True)
    assert x.grad.item() == 0
    slope, x.grad, z.grad = x.grad, None, None
    slope.backward()
    assert z.grad.item() == 0.25


@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning")
@pytest.mark.parametrize(
    ("row", "product", "running"),
    [
        ([0.0, 2.0, 3.0], [6, 0, 0], [9, 0, 0]),
        ([1e-200, 1e-200, 1.0], [1e-200, 1e-200, 0], [1, 2e-200, 0]),
        ([1e200, 1e200, 0.5], [5e199, 5e199, INF], [1.5e200, 1.5e200, INF]),
    ],
)
def test_products_are_divided_only_where_they_tell(row, product, running):
    """The first row's product is 0, underflows or overflows; the second one's is 24."""
    x = [row, [2.0, 3.0, 4.0]]
    assert_allclose(gradient(lambda x: np.prod(x, axis=1), x), [product, [12, 8, 6]])
    assert_allclose(gradient(lambda x: np.cumprod(x, axis=1), x), [running, [16, 10, 6]])


# ── indices, empty arrays ─────────────────────────────────────────────────────────────────────
def test_places_that_an_index_repeats_add_up():
    assert_array_equal(gradient(lambda x: x[[0, 0, 1]], [1.0, 2.0]), [2.0, 1.0])
    assert_array_equal(gradient(lambda x: np.take(x, [1, 1, 1]), [1.0, 2.0]), [0.0, 3.0])
    assert_array_equal(gradient(lambda x: np.repeat(x, 3), [1.0, 2.0]), [3.0, 3.0])


@pytest.mark.parametrize(
    "f", [np.sum, np.prod, ag.logsumexp, np.cumsum, np.cumprod, np.sort, ag.softmax]
)
def test_empty_arrays(f):
    assert gradient(f, np.zeros(0)).shape == (0,)


@pytest.mark.parametrize("shapes", [((2, 3, 0), (0, 4)), ((2, 3, 4), (4, 0)), ((0, 3, 4), (4, 5))])
def test_products_of_a_stack_with_an_empty_matrix(shapes):
    a, b = (Tensor(np.ones(shape), requires_grad=True) for shape in shapes)
    (a @ b).sum().backward()
    assert (a.grad.shape, b.grad.shape) == shapes


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("f", [np.mean, np.var, np.std], ids=lambda f: f.__name__)
def test_means_of_nothing_are_nan_and_have_gradients_of_nothing(f):
    x = Tensor(np.zeros(0), requires_grad=True)
    y = f(x)
    y.backward()
    assert np.isnan(y.data)
    assert x.grad.shape == (0,)


# ── large, infinite and saturated ─────────────────────────────────────────────────────────────
def test_logsumexp_and_softmax_with_infinite_entries():
    p, q = 1 / (1 + math.e), math.e / (1 + math.e)
    assert_allclose(gradient(ag.logsumexp, [-INF, 0.0, 1.0]), [0, p, q], rtol=1e-15)
    assert_allclose(ag.softmax(np.array([-INF, 0.0, 1.0])), [0, p, q], rtol=1e-15)
    assert_allclose(
        gradient(lambda x: ag.softmax(x)[1], [-INF, 0.0, 1.0]), [0, p * q, -p * q], rtol=1e-15
    )
    assert_allclose(
        gradient(lambda x: ag.log_softmax(x)[1], [-INF, 0.0, 1.0]), [0, q, -q], rtol=1e-15
    )
    assert ag.logsumexp(np.full(3, -INF)) == -INF
    assert_array_equal(gradient(ag.logsumexp, [-INF, -INF]), [0.0, 0.0])
    assert_array_equal(gradient(np.logaddexp, -INF, -INF), [0.0, 0.0])
    assert_array_equal(gradient(np.logaddexp, -INF, 0.0), [0.0, 1.0])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("at", [-3e5, 3e5])
def test_the_logarithm_of_a_sum_of_large_numbers_shares_exactly(at, dtype):
    """There float32 has steps of 1/32, so that the sum alone does not tell the parts."""
    of_stack = lambda a, b: ag.logsumexp(np.stack((a, b)))
    for f in (of_stack, np.logaddexp, np.logaddexp2):
        assert_allclose(gradient(f, at, at, dtype=dtype), [0.5, 0.5], rtol=1e-6)


@pytest.mark.parametrize("f", [np.logaddexp, np.logaddexp2])
def test_an_infinite_part_of_a_sum_has_all_of_it(f):
    for a, b, shares in (
        (INF, 3.0, [1.0, 0.0]), (3.0, INF, [0.0, 1.0]), (INF, -INF, [1.0, 0.0]),
        (INF, INF, [0.5, 0.5]), (NAN, 1.0, [NAN, NAN]), (1e30, 1e30, [0.5, 0.5]),
        (-800.0, 800.0, [0.0, 1.0]),
    ):  # fmt: skip
        with np.errstate(invalid="ignore"):  # NumPy warns of nan
            assert_array_equal(gradient(f, a, b), shares)
            assert_array_equal(gradient(f, a, b, dtype=np.float32), shares)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_cross_entropy_of_saturated_logits(dtype):
    logits = np.array([[1e4, -1e4, 0.0], [1e4, -1e4, 0.0], [1e4, 1e4, 0.0]], dtype)
    loss = ag.softmax_cross_entropy(logits, np.array([0, 1, 0]))
    assert_allclose(loss, [0.0, 2e4, math.log(2)], rtol=2e-7 if dtype is np.float32 else 1e-15)
    assert loss.dtype == dtype
    slope = gradient(
        lambda x: ag.softmax_cross_entropy(x, np.array([0, 1, 0])), logits, dtype=dtype
    )
    assert_allclose(slope, [[0, 0, 0], [1, -1, 0], [-0.5, 0.5, 0]], rtol=1e-6)


def test_cross_entropy_of_an_impossible_target():
    slope = gradient(lambda x: ag.softmax_cross_entropy(x, np.array([0])), [[-INF, 0.0, 0.0]])
    assert_array_equal(slope, [[-1.0, 0.5, 0.5]])


@pytest.mark.parametrize("height", [-1e4, 5.0, 1e4])
def test_an_impossible_target_among_possible_ones_at_any_height(height):
    """There exp of the logits overflows, or is 0 for all of a row."""
    logits = np.array([[height, -INF, height], [height, height, height - 1e4]])
    slope = gradient(lambda x: ag.softmax_cross_entropy(x, np.array([1, 0])), logits)
    assert_array_equal(slope, [[0.5, -1.0, 0.5], [-0.5, 0.5, 0.0]])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("f", "values", "slopes"),
    [
        (ag.sigmoid, [0, 0, 0.5, 1, 1], [0, 0, 0.25, 0, 0]),
        (ag.softplus, [0, 0, math.log(2), 1e4, 1e30], [0, 0, 0.5, 1, 1]),
        (ag.silu, [0, 0, 0, 1e4, 1e30], [0, 0, 0.5, 1, 1]),
        (ag.gelu, [0, 0, 0, 1e4, 1e30], [0, 0, 0.5, 1, 1]),
        (lambda x: ag.gelu(x, "tanh"), [0, 0, 0, 1e4, 1e30], [0, 0, 0.5, 1, 1]),
        (ag.erf, [-1, -1, 0, 1, 1], [0, 0, 2 / math.sqrt(math.pi), 0, 0]),
        (np.tanh, [-1, -1, 0, 1, 1], [0, 0, 1, 0, 0]),
        (ag.relu, [0, 0, 0, 1e4, 1e30], [0, 0, 0, 1, 1]),
    ],
)
def test_extreme_values_neither_warn_nor_spoil(f, values, slopes, dtype):
    x = np.array([-1e30, -1e4, 0, 1e4, 1e30], dtype)
    assert_allclose(f(x), values, rtol=1e-6, atol=1e-30)
    assert_allclose(gradient(f, x, dtype=dtype), slopes, rtol=1e-6, atol=1e-30)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint64, np.int8, np.bool_])
@pytest.mark.parametrize(
    "f", [ag.sigmoid, ag.silu, ag.softmax, ag.log_softmax, ag.logsumexp, ag.softplus]
)
def test_whole_numbers_do_not_wrap(f, dtype):
    x = np.array([0, 1, 3], dtype)
    assert_allclose(f(x), f(x.astype(float)), rtol=1e-3)  # softplus follows np.exp: 16 bits
    assert_allclose(f(Tensor(x)).data, f(x.astype(float)), rtol=1e-3)
    assert_allclose(ag.compile(f)(x), f(x.astype(float)), rtol=1e-3)


def test_whole_numbers_have_no_gradient():
    x = Tensor([1.5, 2.5], requires_grad=True)
    assert not x.astype(int).requires_grad
    assert not np.argmax(x).requires_grad
    assert not (x > 2).requires_grad


def test_a_look_at_a_transposed_array_copies_nothing():
    x = np.arange(1.0, 10001).reshape(100, 100)
    x[3, 5] = -1
    tracemalloc.start()
    found = smallest(x.T), smallest(x.T > 0)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found == (-1, False)
    assert most < x.nbytes / 2
    x[7, 2] = NAN
    assert math.isnan(smallest(x.T))
    assert smallest(np.array(2.0)) == 2
