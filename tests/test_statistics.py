"""Statistics, interpolation and polynomials: numbers by hand, kinks, peers, and orders two and up.

The laws of every row are in test_rules; here is what a law does not say.
"""
# ruff: noqa: E501  # one function per line

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from samples.cases import since
from samples.statistics import METHODS

from autograd import (
    CaptureError,
    Tensor,
    capture,
    check_grads,
    elementwise_grad,
    grad,
    hessian,
    jacobian,
    vmap,
)
from autograd.rules.floats import bessel

NAN = np.nan
X = np.array([3.0, 1.0, 2.0, 5.0])


def torch_gradient(f, x):
    torch = pytest.importorskip("torch", reason="PyTorch is the oracle")
    t = torch.tensor(x, requires_grad=True)
    f(torch, t).backward()
    return t.grad.numpy()


def slope(f, x, v, h=1e-5):
    """Return the derivative of f along v by central differences."""
    return (f(x + h * v) - f(x - h * v)) / (2 * h)


# ── what HIPS autograd 1.9 lacks or gets wrong, by name ───────────────────────────────────────
TO_NUMBER = {
    "median": (np.median, X, [0.5, 0, 0.5, 0]),
    "median of an odd count": (np.median, X[:3], [0, 0, 1]),
    "quantile": (lambda x: np.quantile(x, 0.4), X, [0.2, 0, 0.8, 0]),
    "percentile": (lambda x: np.percentile(x, 90), X, [0.3, 0, 0, 0.7]),
    "nanmedian": (np.nanmedian, [NAN, 4, 1, 2, NAN], [0, 0, 0, 1, 0]),
    "nanmean": (np.nanmean, [NAN, 4, 1], [0, 0.5, 0.5]),
    "nansum": (np.nansum, [NAN, 4, 1], [0, 1, 1]),
    "nanprod": (np.nanprod, [NAN, 4, 0], [0, 0, 4]),
    "nanvar": (np.nanvar, [NAN, 4, 1], [0, 1.5, -1.5]),
    "nanstd": (np.nanstd, [NAN, 4, 1], [0, 0.5, -0.5]),
    "nanmax": (np.nanmax, [NAN, 4, 1, 4], [0, 0.5, 0, 0.5]),
    "nanmin": (np.nanmin, [NAN, 4, 1], [0, 0, 1]),
    "nancumsum": (lambda x: np.nancumsum(x)[1], [2, NAN, 1], [1, 0, 0]),
    "nancumprod": (lambda x: np.nancumprod(x)[2], [2, NAN, 3], [3, 0, 2]),
    "average": (lambda x: np.average(x, weights=[1, 2, 3, 4]), X, [0.1, 0.2, 0.3, 0.4]),
    "average, by weights": (lambda w: np.average(X, weights=w), np.ones(4), (X - X.mean()) / 4),
    "interp": (lambda x: np.interp(x, [0.0, 1, 4], [0.0, 2, 5])[0], [0.5], [2]),
    "interp, by fp": (lambda f: np.interp(2.0, [0.0, 1, 4], f), [0, 2, 5], [0, 2 / 3, 1 / 3]),
    "interp, by xp": (lambda p: np.interp(2.0, p, [0, 2, 5]), [0, 1, 4], [0, -2 / 3, -1 / 3]),
    "interp, outside": (lambda x: np.sum(np.interp(x, [0, 1], [2, 5])), [-1, 2], [0, 0]),
    "interp, left": (lambda f: np.interp(-1, [0, 1], f, left=7), [2, 5], [0, 0]),
    "trapezoid": (lambda y: np.trapezoid(y, dx=2.0), [1, 4, 2], [1, 2, 1]),
    "trapezoid, by x": (lambda x: np.trapezoid([1.0, 3, 5], x), [0, 1, 3], [-2, -2, 4]),
    "copysign": (lambda x: np.sum(np.copysign(x, [-1.0, -1.0])), [2, -3], [-1, 1]),
    "fmod": (lambda b: np.fmod(-7.0, b), 2.0, 3),
    "convolve": (lambda a: np.convolve(a, [1, 10, 100])[2], [1, 2], [100, 10]),
    "correlate": (lambda v: np.correlate([1, 2, 3], v)[1], [1, 2], [2, 3]),
    "cov": (lambda x: np.cov(x), X, 2 * (X - X.mean()) / 3),
    "corrcoef": (lambda x: np.corrcoef(x, [1.0, 2, 3])[0, 1], [1.0, 2, 3], [0, 0, 0]),
    "polyval": (lambda p: np.polyval(p, 3.0), [1, 2, 4], [9, 3, 1]),
    "polyval, by x": (lambda x: np.polyval([1.0, 2, 4], x), 3.0, 8),
    "bincount": (lambda w: np.bincount([0, 2, 0], w)[0], [1, 2, 3], [1, 0, 1]),
    "prod with zeros": (np.prod, [0, 2, 3], [6, 0, 0]),
    "prod with two zeros": (np.prod, [0, 0, 3], [0, 0, 0]),
    "cumprod with zeros": (lambda x: np.sum(np.cumprod(x)), [2, 0, 3], [1, 8, 0]),
    "take": (lambda x: np.sum(np.take(x, [1, 1, 3])), X, [0, 2, 0, 1]),
    "histogram, by weights": (lambda w: np.histogram([0.1, 0.9, 0.2], 2, weights=w)[0][0], [1, 2, 3], [1, 0, 1]),
    "heaviside": (lambda h: np.heaviside(0.0, h), 0.5, 1),
    "ldexp": (lambda x: np.ldexp(x, 3), 0.7, 8),
    "frexp": (lambda x: np.frexp(x)[0], 6.0, 1 / 8),
    "modf": (lambda x: np.modf(x)[0], -6.5, 1),
    "unwrap": (lambda p: np.unwrap(p)[1], [0, 7], [0, 1]),
    "diff": (lambda x: np.diff(x, 2)[0], [1, 2, 4], [1, -2, 1]),
    "ediff1d": (lambda x: np.ediff1d(x, to_end=9)[1], [1, 2, 4], [0, -1, 1]),
    "gradient": (lambda x: np.gradient(x, 0.5)[1], [1, 2, 4], [-1, 0, 1]),
    "linspace": (lambda a: np.linspace(a, 4.0, 5)[1], 0.0, 0.75),
    "logspace": (lambda a: np.logspace(a, 4.0, 3)[1], 0.0, 50 * np.log(10)),
    "geomspace": (lambda a: np.geomspace(a, 16.0, 3)[1], 4.0, 1),
    "vander": (lambda x: np.vander(x, 3)[0, 0], [3.0], [6]),
    "polyder": (lambda p: np.polyder(p)[0], [1, 2, 4], [2, 0, 0]),
    "polyint": (lambda p: np.polyint(p)[0], [1, 2, 4], [1 / 3, 0, 0]),
    "polydiv": (lambda u: np.polydiv(u, [2.0, 1])[0][0], [1, 2, 4], [0.5, 0, 0]),
    "poly": (lambda r: np.poly(r)[2], [2, 3], [3, 2]),
    "polyfit": (lambda y: np.polyfit([0.0, 1, 2], y, 1)[0], [1, 2, 4], [-0.5, 0, 0.5]),
    "i0": (np.i0, 0.0, 0),
    "nan_to_num": (lambda x: np.sum(np.nan_to_num(x)), [NAN, 2, np.inf], [0, 1, 0]),
    "partition": (lambda x: np.partition(x, 1)[1], X, [0, 0, 1, 0]),
    "cumulative_sum": (lambda x: np.cumulative_sum(x, include_initial=True)[2], [1, 2, 4], [1, 1, 0]),
}  # fmt: skip
if not hasattr(np, "cumulative_sum"):  # before NumPy 2.1
    del TO_NUMBER["cumulative_sum"]


@pytest.mark.parametrize(("f", "x", "expected"), TO_NUMBER.values(), ids=TO_NUMBER)
def test_derivatives_by_hand(f, x, expected):
    assert_allclose(grad(f)(np.asarray(x, float)), expected, rtol=1e-13, atol=1e-13)


# ── kinks: ties, empty and masked ─────────────────────────────────────────────────────────────
@pytest.mark.parametrize("f", [np.median, lambda x: np.quantile(x, 0.5), np.nanmedian])
def test_equal_elements_share_what_arrives_at_a_quantile(f):
    assert_allclose(grad(f)(np.array([2.0, 1, 2, 3, 2])), [1 / 3, 0, 1 / 3, 0, 1 / 3])


def test_the_extreme_percentile_is_the_maximum():
    x = np.array([1.0, 4.0, 4.0])
    assert_allclose(grad(lambda x: np.percentile(x, 100))(x), grad(np.max)(x))


@pytest.mark.parametrize(
    "f", [np.nanmean, np.nanmax, np.nanmin, np.nanvar, np.nanstd, np.nanmedian, np.nansum, np.nanprod,
          lambda x, **axis: np.nanquantile(x, 0.3, **axis)],
)  # fmt: skip
def test_a_row_of_nan_has_numpys_value_and_no_gradient(f):
    x = np.array([[NAN, NAN, NAN], [1.0, NAN, 3.0]])
    t = Tensor(x, requires_grad=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # NumPy's own
        y = f(t, axis=1)
        assert_array_equal(y.detach().numpy(), f(x, axis=1))
        np.sum(np.where(np.isnan(y), 0, y)).backward()
        first = t.grad.numpy()
        t.grad = None
        f(t, axis=1).backward(np.ones(2))
    assert_array_equal(first[0], 0)
    assert_array_equal(t.grad.numpy(), first)
    assert_array_equal(np.isnan(first), False)


def test_a_nan_that_is_the_median_gets_the_gradient():
    assert_array_equal(grad(np.median)(np.array([1.0, NAN, 3.0])), [0, 1, 0])


def test_nanstd_of_a_constant_takes_the_smallest_subgradient():
    assert_array_equal(grad(np.nanstd)(np.array([2.0, NAN, 2.0])), [0, 0, 0])


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_the_average_of_whole_numbers_is_double(dtype):
    """Whatever the weights are: a double holds 10**8 + 1, and they cannot."""
    weights = np.array([1, 3], dtype)
    for x, average in (([10**8, 10**8 + 1], 10**8 + 0.75), ([True, False], 0.25)):
        y = np.average(Tensor(x), weights=weights)
        assert (y.dtype, y.item()) == (np.float64, average)
    y = np.average(Tensor(np.array([1, 2], np.int8)), weights=weights)
    assert (y.dtype, y.item()) == (np.float64, 1.75)
    assert np.average(Tensor([1.0, 2.0], dtype=dtype), weights=weights).dtype == dtype


def test_weights_that_sum_to_zero_are_refused():
    with pytest.raises(
        ZeroDivisionError, match=r"the weights sum to 0, .*\n  where: np.average of"
    ):
        np.average(Tensor([1.0, 2.0]), weights=[1, -1])


@pytest.mark.parametrize(
    "of", [np.average, lambda a, **options: np.quantile(a, 0.5, method="inverted_cdf", **options)]
)
def test_weights_of_another_shape_are_refused_where_numpy_refuses_them(of):
    """They would broadcast: to 8.25, for the first example of np.average's own documentation."""
    several = since("2.4.0", ((0, 1), (1, 0)))  # before, quantiles of several axes mixed weights up
    for data in (np.arange(6.0).reshape(3, 2), np.arange(8.0).reshape(2, 2, 2)):
        for axis in (None, 0, -1, *several):
            for shape in ((), (1,), (2,), (3,), (1, 2), (3, 2), (2, 2), (2, 3), (2, 2, 2)):
                weights = np.arange(1.0, 1 + np.prod(shape)).reshape(shape)
                try:
                    expected = of(data, axis=axis, weights=weights)
                except (TypeError, ValueError) as error:
                    with pytest.raises(type(error), match="\n  instead: "):
                        of(Tensor(data, requires_grad=True), axis=axis, weights=weights)
                else:
                    got = of(Tensor(data, requires_grad=True), axis=axis, weights=weights)
                    assert_allclose(got.data, expected, rtol=1e-15)
    with pytest.raises(TypeError) as caught:
        of(Tensor(np.ones((3, 2))), weights=[0.25, 0.75])
    assert str(caught.value) == (
        "weights of another shape than the values belong to an axis of theirs, or to some\n"
        "  where: weights of shape (2,) for values of shape (3, 2)\n"
        "  instead: axis=0, or the like; weights of the shape of the values"
    )
    with pytest.raises(ValueError) as caught:
        of(Tensor(np.ones((2, 2, 2))), axis=0, weights=np.ones((2, 2)))
    assert str(caught.value) == (
        "weights have the shape of the values, or that of the values along the axis\n"
        "  where: weights of shape (2, 2) for values of shape (2, 2, 2), with axis=0\n"
        "  instead: weights of shape (2,)"
    )


def test_repeated_points_of_interp_have_no_slope_between_them():
    f = lambda p: np.sum(np.interp([0.5, 1.5], p, [0.0, 1.0, 2.0, 3.0]))
    assert np.isfinite(grad(f)(np.array([0.0, 1.0, 1.0, 2.0]))).all()


# ── any order ─────────────────────────────────────────────────────────────────────────────────
def test_derivatives_of_i0_are_means_of_cosines():
    mpmath = pytest.importorskip("mpmath", reason="mpmath is the oracle")
    f = np.i0
    for order in range(1, 5):
        f = elementwise_grad(f)
        for x in (-9.0, -0.001, 0.0, 0.7, 30.0):
            exact = float(mpmath.diff(lambda t: mpmath.besseli(0, t), x, order))
            assert_allclose(f(np.array(x)), exact, rtol=1e-12, atol=1e-14)
    assert bessel(np.float32(2), order=1).dtype == np.float32


@pytest.mark.parametrize("method", METHODS)
def test_a_quantile_bends_in_q_and_x_alike(method):
    """The mixed second derivative is symmetric, and the one that differences give."""
    x, q = np.array([3.0, 1.0, 2.0, 5.0, 4.4]), 0.33

    def f(x, q):
        return np.quantile(x, q, method=method)

    by_q_then_x = grad(lambda x: grad(f, 1)(x, q))(x)
    by_x_then_q = jacobian(lambda q: grad(f)(x, q))(q)
    assert_allclose(by_q_then_x, by_x_then_q, atol=1e-13)
    assert_allclose(by_x_then_q, slope(lambda q: grad(f)(x, q), q, 1.0), atol=1e-8)


@pytest.mark.parametrize("edge_order", [1, 2])
def test_gradient_by_uneven_points(edge_order, rng):
    x, y, v = np.array([0.0, 1.0, 1.5, 3.0, 4.2]), rng.normal(size=5), rng.normal(size=5)

    def f(x):
        return np.gradient(y, x, edge_order=edge_order)

    assert_allclose(jacobian(f)(x) @ v, slope(f, x, v), atol=1e-8)
    assert_allclose(np.asarray(f(Tensor(x, requires_grad=True)).detach()), f(x), rtol=1e-14)


def test_hessian_of_a_correlation(rng):
    x, y, v = rng.normal(size=5), rng.normal(size=5), rng.normal(size=5)

    def f(x):
        return np.corrcoef(x, y)[0, 1]

    assert_allclose(hessian(f)(x) @ v, slope(grad(f), x, v), atol=1e-8)


def test_polynomial_roots_move_as_their_implicit_derivative():
    """dr/dp_k = -r**(n-k) / p'(r)."""
    p = np.array([1.0, -6.0, 11.0, -6.0])
    r = np.roots(p)
    found = jacobian(lambda p: np.real(np.roots(p)))(p)
    expected = -np.vander(np.real(r), 4) / np.polyval(np.polyder(p), np.real(r))[:, None]
    assert_allclose(found, expected, rtol=1e-9)


def test_leading_zeros_are_no_part_of_a_polynomial():
    p = np.array([0.0, 0.0, 2.0, -6.0, 3.0])
    r = np.roots(Tensor(p, requires_grad=True))
    assert_array_equal(r.data, np.roots(p))
    found = jacobian(np.roots)(p)
    assert_array_equal(found, np.hstack([np.zeros((2, 2)), jacobian(np.roots)(p[2:])]))
    assert np.roots(Tensor(np.zeros(3))).shape == (0,)
    with pytest.raises(CaptureError, match="branching on a traced value"):
        capture(np.roots, p)


def test_the_roots_of_many_polynomials_stay_complex():
    p = np.array([[1.0, 0.0, 1.0], [1.0, 0.0, 4.0], [1.0, 2.0, -3.0]])
    assert_array_equal(vmap(np.roots)(p), [np.roots(row) for row in p])


# ── dtype= ────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    "fn", [np.sum, np.prod, np.cumsum, np.cumprod, np.nansum, np.nanprod, np.nancumsum]
)
@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint8, np.int32, np.float32])
@pytest.mark.parametrize("x", [np.array([100.0, 2.0, 77.0]), np.array([0, 3])])
def test_sums_of_a_narrow_dtype_stay_narrow(fn, dtype, x):
    want, program = fn(x, dtype=dtype), capture(lambda x: fn(x, dtype=dtype), x)
    for got in (fn(Tensor(x), dtype=dtype).data, program(x)):
        assert_array_equal(got, want, strict=True)


@pytest.mark.parametrize("fn", [np.var, np.std, np.nanvar, np.nanstd])
def test_a_variance_in_integers_is_refused(fn):
    with pytest.raises(TypeError) as error:
        fn(Tensor([1.0, 2.0, 4.0]), dtype=int)
    assert str(error.value).startswith("""\
a variance in integers is that of rounded deviations
  where: np.var or np.std of float64 (3,), dtype=int64
  instead: a floating dtype, and its result.astype(int)""")


# ── complex numbers ───────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("f", [np.convolve, np.correlate, np.vdot])
def test_products_of_complex_arrays(f, rng):
    """A change v of z changes a real f by Re(g·v), for each argument."""
    a, b = (rng.normal(size=3) + 1j * rng.normal(size=3) for _ in range(2))

    def real(a, b):
        return np.sum(np.real(f(a, b) * (0.3 - 0.7j)))

    for i, z in enumerate((a, b)):
        v = rng.normal(size=3) + 1j * rng.normal(size=3)
        g = grad(real, i)(a, b)
        of_z = lambda z, i=i: real(*((z, b) if i == 0 else (a, z)))
        assert_allclose(np.real(np.sum(g * v)), slope(of_z, z, v), rtol=1e-7)


# ── peers ─────────────────────────────────────────────────────────────────────────────────────
AGAINST_TORCH = {
    "quantile": (lambda x: np.quantile(x, 0.37, axis=0).sum(), lambda torch, x: torch.quantile(x, 0.37, dim=0).sum()),
    "nanquantile": (lambda x: np.nanquantile(x, 0.37, axis=0).sum(), lambda torch, x: torch.nanquantile(x, 0.37, dim=0).sum()),
    "cov": (lambda x: (np.cov(x) ** 2).sum(), lambda torch, x: (torch.cov(x) ** 2).sum()),
    "corrcoef": (lambda x: (np.corrcoef(x) ** 3).sum(), lambda torch, x: (torch.corrcoef(x) ** 3).sum()),
    "trapezoid": (lambda x: (np.trapezoid(x) ** 2).sum(), lambda torch, x: (torch.trapezoid(x) ** 2).sum()),
    "gradient": (lambda x: sum((g**2).sum() for g in np.gradient(x)), lambda torch, x: sum((g**2).sum() for g in torch.gradient(x))),
    "diff": (lambda x: (np.diff(x, 2) ** 2).sum(), lambda torch, x: (torch.diff(x, 2) ** 2).sum()),
    "i0": (lambda x: np.i0(x).sum(), lambda torch, x: torch.i0(x).sum()),
}  # fmt: skip


@pytest.mark.parametrize(("ours", "theirs"), AGAINST_TORCH.values(), ids=AGAINST_TORCH)
def test_against_torch(ours, theirs, rng):
    x = rng.normal(size=(3, 5))
    assert_allclose(grad(ours)(x), torch_gradient(theirs, x), rtol=1e-10, atol=1e-12)


# ── recorded without a derivative ─────────────────────────────────────────────────────────────
def test_places_and_counts_are_recorded():
    x = Tensor([3.0, 1.0, 2.0], requires_grad=True)
    for found, expected in (
        (np.searchsorted(np.sort(x), 2.5), 2), (np.digitize(x, [1.5, 2.5]), [2, 0, 1]),
        (np.nanargmax(x), 0), (np.argpartition(x, 0)[0], 1), (np.histogram(x, 2)[0], [1, 2]),
        (np.histogram(x, 2)[1], [1, 2, 3]),
        (np.gcd(Tensor(np.array([4, 6])), 10), [2, 2]),
    ):  # fmt: skip
        assert type(found) is Tensor
        assert not found.requires_grad
        assert_array_equal(found.numpy(), expected)


@pytest.mark.parametrize(
    "bins", ["auto", "fd", 4, Tensor(4), [0.0, 0.2, 1.0], Tensor([0.0, 0.2, 1.0])], ids=str
)
def test_bins_of_a_histogram_are_words_numbers_edges_and_tensors(bins, rng):
    x = rng.random(30)
    expected = np.histogram(x, bins.data if isinstance(bins, Tensor) else bins, density=True)
    got = np.histogram(Tensor(x, requires_grad=True), bins, density=True)
    for a, b in zip(got, expected, strict=True):
        assert_array_equal(a.data if isinstance(a, Tensor) else a, b)


@pytest.mark.parametrize("wrap", [np.array, Tensor])
def test_bins_of_each_axis_may_be_of_different_lengths(wrap, rng):
    """So does the second example of np.histogram2d's own documentation."""
    edges, (x, y) = ([0.0, 0.5, 1.0], [0.0, 0.1, 0.4, 1.0]), rng.random((2, 30))
    counts, *got = np.histogram2d(Tensor(x, requires_grad=True), y, bins=tuple(map(wrap, edges)))
    assert_array_equal(counts.data, np.histogram2d(x, y, bins=edges)[0])
    for a, b in zip(got, edges, strict=True):
        assert_array_equal(np.asarray(a), b)


def test_edges_that_are_given_have_a_gradient(rng):
    x, y = rng.random((2, 30))
    edges = np.array([0.0, 0.3, 0.6, 1.0])
    check_grads(lambda e: np.histogram(x, e, density=True)[0], edges)
    check_grads(lambda e: np.histogram2d(x, y, (e, e * e), density=True)[0], edges)
    check_grads(lambda e: np.histogram(x, e)[1], edges)


def test_a_histogram_is_flat_in_its_points(rng):
    x, y = rng.normal(size=(2, 9))
    assert_array_equal(grad(lambda x: np.histogram2d(x, y, 3, density=True)[0][0, 1])(x), 0)
    assert_array_equal(grad(lambda x: np.histogram(x, 3, density=True)[0][1])(x), 0)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # NumPy's own
@pytest.mark.parametrize("fn", [np.nanvar, np.nanstd, np.var, np.std])
def test_too_few_elements_have_no_variance(fn):
    for x in (np.empty((0, 2)), np.ones((1, 2))):
        y = fn(Tensor(x), axis=0, ddof=1, where=np.array(True))
        assert_array_equal(y.numpy(), fn(x, axis=0, ddof=1, where=np.array(True)))


def test_one_observation_of_several_variables_has_columns():
    x = np.array([[1.0, 2.0, 4.0]])
    y = x * x
    for arrays in ((x,), (x.T,), (x.T, y.T), (x[0],), (x.T, x[0, :, None])):
        if arrays[0] is x and np.lib.NumpyVersion(np.__version__) < "2.2.0":
            continue  # which took them for one variable
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # NumPy's own
            found, expected = (np.cov(*of, rowvar=False) for of in (map(Tensor, arrays), arrays))
        assert_allclose(found.numpy(), expected)


@pytest.mark.parametrize("f", [np.nansum, np.nanprod, np.nanmean, np.nanvar, np.nanstd])
def test_a_mask_leaves_out_more_than_nan(f):
    x = np.array([[1.0, NAN, 3.0, 2.5], [4.0, 5.0, 6.5, NAN]])
    seen = np.array([[True, True, False, True], [True, True, True, True]])
    v = np.array([[0.3, 1.0, -0.8, 0.9], [-0.4, 0.7, 1.1, 0.2]])

    def total(x):
        return np.sum(f(x, axis=1, where=seen))

    assert_allclose(np.sum(grad(total)(x) * v), slope(total, x, v), rtol=1e-7)
