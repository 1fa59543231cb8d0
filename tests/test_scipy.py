"""autograd.scipy: values against SciPy's, derivatives against differences and exact solutions."""

import math
from functools import partial

import numpy as np
import pytest
from numpy.testing import assert_allclose

from autograd import Tensor, check_grads, grad, hessian, jacobian, no_grad, value_and_grad, vmap
from autograd.base.errors import three_lines
from autograd.extend import defvjp
from autograd.primitive import PRIMITIVES

scipy = pytest.importorskip("scipy", reason="what these tests are about")
import autograd.scipy.stats.norm as norm  # noqa: E402, PLR0402  # HIPS's words
from scipy import integrate, linalg, optimize, signal, special, stats  # noqa: E402  # SciPy is there

import autograd.scipy as ours  # noqa: E402  # behind SciPy
import autograd.scipy.stats.multivariate_normal as mvn  # noqa: E402  # as HIPS's programs do
from autograd import compile as ag_compile  # noqa: E402  # not Python's
from autograd.program import Program, capture  # noqa: E402  # likewise
from autograd.rules.matrix_functions import triangular  # noqa: E402  # likewise

RNG = np.random.default_rng(0)
A = RNG.normal(size=(3, 3))
SPD = A @ A.T + np.eye(3)
B = RNG.normal(size=(3, 2))

# ── stats ─────────────────────────────────────────────────────────────────────────────────────
CONTINUOUS = {
    "norm": (), "logistic": (), "laplace": (), "cauchy": (), "t": (3.5,), "expon": (),
    "gamma": (2.5,), "chi2": (3.5,), "lognorm": (0.7,), "uniform": (), "beta": (2.0, 3.0),
}  # fmt: skip
DISCRETE = {"poisson": (2.5,), "binom": (5, 0.3)}
LOG = {"logpdf": "pdf", "logpmf": "pmf"}
PROBABILITIES = ("cdf", "sf", "logcdf", "logsf")


@pytest.mark.parametrize("name", CONTINUOUS)
def test_densities_are_scipys(name):
    mine, theirs = getattr(ours.stats, name), getattr(stats, name)
    args = (*CONTINUOUS[name], 0.1, 1.3)
    for method in ("logpdf", "pdf", *PROBABILITIES):
        for x in (0.4, np.array([-5.0, 0.05, 0.3, 0.6, 9.0]), [0.2, 1.0]):
            got, wanted = getattr(mine, method)(x, *args), getattr(theirs, method)(x, *args)
            assert_allclose(got, wanted, rtol=1e-13, err_msg=f"{name}.{method}")
            assert np.shape(got) == np.shape(wanted)
    *shapes, loc, scale = args
    assert mine.pdf(0.4, *shapes, scale=scale, loc=loc) == mine.pdf(0.4, *args)
    assert mine.pdf(0.4, *shapes) == mine.pdf(0.4, *shapes, 0.0, 1.0)


@pytest.mark.parametrize("name", DISCRETE)
def test_masses_are_scipys(name):
    mine, theirs, args = getattr(ours.stats, name), getattr(stats, name), DISCRETE[name]
    k = np.array([-2, -1, 0, 1, 1.5, 4, 5, 6])
    for method in ("logpmf", "pmf", *PROBABILITIES):
        for loc in (0, 1):
            got, wanted = (
                getattr(mine, method)(k, *args, loc),
                getattr(theirs, method)(k, *args, loc),
            )
            assert_allclose(got, wanted, rtol=1e-12, err_msg=f"{name}.{method}")
    rate = args[-1]
    check_grads(lambda p: mine.logpmf(3, *args[:-1], p), rate)
    check_grads(lambda p: mine.cdf(3, *args[:-1], p), rate)
    check_grads(lambda p: mine.logsf(1, *args[:-1], p), rate)


@pytest.mark.parametrize("name", CONTINUOUS)
def test_densities_are_differentiable_by_everything(name):
    mine, args = getattr(ours.stats, name), (*CONTINUOUS[name], 0.1, 1.3)
    x = np.array([0.35, 0.6])
    check_grads(mine.logpdf, (x, *args))
    check_grads(mine.pdf, (x, *args), order=1)
    for method in PROBABILITIES:  # by x, loc and scale: shapes have no closed derivative

        def f(x, loc, scale, method=method):
            return getattr(mine, method)(x, *args[:-2], loc, scale)

        check_grads(f, (x, 0.1, 1.3))


def test_outside_of_the_support_nothing_changes():
    for method, value in (
        ("logpdf", -np.inf),
        ("pdf", 0),
        ("cdf", 0),
        ("sf", 1),
        ("logcdf", -np.inf),
    ):
        f = getattr(ours.stats.gamma, method)
        by = (0, 1, 3) if "pdf" in method else (0, 3)
        value_, slopes = value_and_grad(f, by)(-1.0, 2.0, 0.0, 2.0)
        assert value_ == value
        assert not any(slopes)


@pytest.mark.parametrize("name", [*CONTINUOUS, *DISCRETE])
@np.errstate(all="ignore")
def test_parameters_may_be_lists_and_give_nan_where_they_make_no_distribution(name):
    """As they do in SciPy: a minimizer must not walk into them."""
    mine, theirs = getattr(ours.stats, name), getattr(stats, name)
    kind, shapes = ("pdf", CONTINUOUS[name]) if name in CONTINUOUS else ("pmf", DISCRETE[name])
    lists = ([1.0, 2.0], *([v, v] for v in shapes))
    assert_allclose(getattr(mine, kind)(*lists), getattr(theirs, kind)(*lists))
    right = dict(zip(mine.signature.parameters, (1.0, *shapes), strict=False))  # x, then shapes
    wrong = [right | {"x": np.nan}] + [right | {s: v} for s in [*right][1:] for v in (-1.5, np.nan)]
    wrong += [right | {"scale": v} for v in (-1.5, 0.0, np.nan)] if name in CONTINUOUS else []
    for args in wrong:
        x, parameters = args["x"], {k: v for k, v in args.items() if k != "x"}
        for method in (f"log{kind}", kind, "cdf", "sf"):
            assert np.isnan(getattr(theirs, method)(x, **parameters)), f"{method} {args}"
            assert np.isnan(getattr(mine, method)(x, **parameters)), f"{method} {args}"


@pytest.mark.parametrize("df", [1e-3, 3.0, 1e6, 1e10, 1e15])
def test_student_with_many_degrees_of_freedom(df):
    assert_allclose(ours.stats.t.logpdf(2.0, df), stats.t.logpdf(2.0, df), rtol=1e-9)


def test_cauchys_density_falls_to_the_largest_numbers():
    """It is 1 / (pi * z**2) there."""
    for z in (1e200, -1e300):
        wanted = -2 * math.log(abs(z)) - math.log(math.pi)
        assert_allclose(ours.stats.cauchy.logpdf(z), wanted, rtol=1e-14)
        assert_allclose(grad(ours.stats.cauchy.logpdf)(z), -2 / z, rtol=1e-14)


def test_a_missing_shape_is_an_error():
    with pytest.raises(TypeError, match="missing a required argument: 'a'"):
        ours.stats.gamma.pdf(1.0)


def test_a_density_integrates_to_its_distribution():
    """∂cdf/∂x is the density."""
    for name, shapes in CONTINUOUS.items():
        d = getattr(ours.stats, name)
        assert_allclose(grad(d.cdf)(0.4, *shapes), d.pdf(0.4, *shapes), rtol=1e-13)
        assert_allclose(grad(d.sf)(0.4, *shapes), -d.pdf(0.4, *shapes), rtol=1e-13)


def test_the_normal_by_hand():
    """∂ ln p/∂μ = (x - μ)/σ² and ∂ ln p/∂σ = ((x - μ)²/σ² - 1)/σ."""
    assert_allclose(grad(norm.logpdf, (1, 2))(3.0, 1.0, 2.0), (0.5, 0.0), atol=1e-15)
    assert_allclose(grad(norm.logcdf)(-1e4), 1e4, rtol=1e-7)


@pytest.mark.parametrize("p", [0.0, 0.3, 1.0])
def test_the_binomial_distribution_of_what_is_certain(p):
    k = np.arange(-2.0, 8.0)
    for name in ("cdf", "sf"):
        theirs = getattr(stats.binom, name)(k, 5, p)
        assert_allclose(getattr(ours.stats.binom, name)(k, 5, p), theirs, rtol=1e-12)


@pytest.mark.parametrize(
    ("name", "x", "shapes", "tail", "slope"),
    [
        ("expon", 50.0, (), np.exp(-50), np.exp(-50)),
        ("gamma", 50.0, (1.0,), np.exp(-50), np.exp(-50)),
        ("chi2", 100.0, (2.0,), np.exp(-50), np.exp(-50) / 2),
        ("laplace", 50.0, (), np.exp(-50) / 2, np.exp(-50) / 2),
        ("cauchy", 1e30, (), 1e-30 / np.pi, 1e-60 / np.pi),
        ("t", 1e30, (1.0,), 1e-30 / np.pi, 1e-60 / np.pi),
    ],
)
def test_logarithms_of_what_is_almost_certain_keep_their_digits(name, x, shapes, tail, slope):
    own = getattr(ours.stats, name)
    assert_allclose(own.logcdf(x, *shapes), -tail, rtol=1e-12)
    assert_allclose(grad(own.logcdf)(x, *shapes), slope, rtol=1e-12)
    if own.low == -np.inf:
        assert_allclose(own.logsf(-x, *shapes), -tail, rtol=1e-12)


@pytest.mark.parametrize("mu", [0.0, 2.5])
def test_the_poisson_distribution_of_what_is_certain(mu):
    k = np.array([-np.inf, -2.0, -1.0, -0.5, 0.0, 0.5, 3.0, np.inf])
    for name in PROBABILITIES:
        for loc in (0, 1):
            theirs = getattr(stats.poisson, name)(k, mu, loc)
            assert_allclose(getattr(ours.stats.poisson, name)(k, mu, loc), theirs, rtol=1e-12)
    assert_allclose(ours.stats.poisson.pmf(k, mu), [*stats.poisson.pmf(k[:-1], mu), 0])


def test_more_successes_than_trials_are_impossible():
    for n, p in ((0, 1.0), (0, 0.5), (2, 1.0), (2, 0.3)):
        k = np.array([n + 1.0, n + 2, np.inf])
        assert_allclose(ours.stats.binom.logpmf(k, n, p), [-np.inf] * 3)
        assert_allclose(ours.stats.binom.pmf(k, n, p), [0, 0, 0])
        for by in (1, 2):
            slope = grad(lambda *xs: np.sum(ours.stats.binom.logpmf(*xs)), by)
            assert slope(k, float(n), p) == 0


def slopes(f, x, orders=3):
    found = []
    for _ in range(orders):
        f = grad(f)
        found.append(f(x))
    return found


@pytest.mark.parametrize("k", range(5))
def test_densities_have_their_slopes_where_they_begin(k):
    """The derivative m of z**k * exp(-z) / k! at 0 is binom(m, k) * (-1)**(m - k)."""
    s, zeros = ours.stats, np.zeros(2)
    want = [(-1) ** (m - k) * math.comb(m, k) for m in (1, 2, 3)]
    assert_allclose(slopes(lambda mu: s.poisson.pmf(k, mu), 0.0), want)
    assert_allclose(slopes(lambda mu: s.poisson.pmf(k + 2, mu, 2), 0.0), want)
    assert_allclose(slopes(lambda z: s.gamma.pdf(z, k + 1), 0.0), want)
    halves = [w / 2 ** (m + 1) for m, w in enumerate(want, 1)]
    assert_allclose(slopes(lambda z: s.chi2.pdf(z, 2 * k + 2), 0.0), halves)
    assert slopes(lambda z: s.lognorm.pdf(z, k + 0.5), 0.0) == [0, 0, 0]
    assert_allclose(grad(lambda mu: np.sum(s.poisson.pmf([1.0, k], mu)))(zeros), [1, want[0]])
    with np.errstate(divide="ignore"):
        steep = grad(s.gamma.pdf)(0.0, 1.5), grad(s.lognorm.logpdf)(0.0, 1.0)
    assert [*steep, s.gamma.pdf(0.0, 0.5), s.beta.pdf(0.0, 0.5, 0.5)] == [np.inf] * 4


@pytest.mark.parametrize("n", [1, 2, 3, 6])
def test_what_is_a_polynomial_has_its_slopes_at_both_ends(n):
    """binom(n, k) * p**k * (1 - p)**(n - k), up to a factor the density of a beta, too."""
    s = ours.stats
    for k in range(n + 1):
        powers = np.polynomial.Polynomial([0, 1]) ** k * np.polynomial.Polynomial([1, -1]) ** (
            n - k
        )
        for p in (0.0, 1.0):
            want = [math.comb(n, k) * powers.deriv(m)(p) for m in (1, 2, 3)]
            assert_allclose(slopes(lambda p, k=k: s.binom.pmf(k, n, p), p), want)
            found = slopes(lambda x, k=k: s.beta.pdf(x, k + 1, n - k + 1), p)
            assert_allclose(found, np.multiply(want, n + 1))
            alpha = np.array([k + 1.0, n - k + 1])
            found = slopes(lambda x, a=alpha: s.dirichlet.pdf(np.stack([x, 1 - x]), a), p)
            assert_allclose(found, np.multiply(want, n + 1))


def test_the_laplace_distribution_is_smooth_in_the_middle():
    assert grad(ours.stats.laplace.cdf)(0.0) == 0.5
    assert grad(ours.stats.laplace.logsf, 1)(0.0, 0.0) == 1.0


def test_the_multivariate_normal():
    x, mean = RNG.normal(size=(4, 3)), RNG.normal(size=3)
    theirs = stats.multivariate_normal
    for cov in (SPD, np.diagonal(SPD), 2.0):
        assert_allclose(mvn.logpdf(x, mean, cov), theirs.logpdf(x, mean, cov), rtol=1e-13)
        assert_allclose(mvn.pdf(x[0], mean, cov), theirs.pdf(x[0], mean, cov), rtol=1e-13)
        assert_allclose(
            mvn.entropy(mean, cov), theirs.entropy(mean, cov * np.eye(3) if cov is not SPD else cov)
        )
    for args in ((x[0],), (x[0], 0.1, 2.0), (x[:, :1], 0.1, [[2.0]]), (0.3,), (x[:1], mean, SPD)):
        densities = theirs.logpdf(*args)
        assert np.shape(mvn.logpdf(*args)) == np.shape(densities)
        assert type(mvn.logpdf(*args)) is type(densities)
        assert_allclose(mvn.logpdf(*args), densities, rtol=1e-13)
    check_grads(lambda x, m, c: mvn.logpdf(x, m, c @ c.T), (x, mean, A + 2 * np.eye(3)), order=1)
    check_grads(lambda c: mvn.entropy(mean, c @ c.T), A + 2 * np.eye(3), order=1)
    by_mean = grad(mvn.logpdf, 1)(x[0], mean, SPD)
    assert_allclose(by_mean, np.linalg.solve(SPD, x[0] - mean), rtol=1e-12)
    flat = np.outer(x[0], x[0]) + np.outer(x[1], x[1])
    assert_allclose(
        mvn.logpdf(x[0], np.zeros(3), flat, allow_singular=True),
        theirs.logpdf(x[0], np.zeros(3), flat, allow_singular=True),
    )
    with pytest.raises(np.linalg.LinAlgError):
        mvn.logpdf(x, mean, -SPD)


def test_points_means_and_covariances_may_be_lists():
    cov = [[2, 1], [1, 2]]
    for args in (([1, 2], [0, 0], cov), ([[1.0, 2.0]], [0.5, 0.5], [2.0, 3.0]), ([0.3],)):
        assert_allclose(mvn.logpdf(*args), stats.multivariate_normal.logpdf(*args), rtol=1e-13)
        assert_allclose(mvn.pdf(*args), stats.multivariate_normal.pdf(*args), rtol=1e-13)
    assert_allclose(mvn.entropy([0, 0], cov), stats.multivariate_normal.entropy([0, 0], cov))


def test_a_singular_covariance_has_no_density_beside_its_subspace():
    x = np.array([[1.0, 1.0], [1.0, -1.0], [1.0, 1.0 + 1e-8], [1.0, 1.0 + 1e-6]])
    cov, theirs = np.ones((2, 2)), stats.multivariate_normal
    got = mvn.logpdf(x, np.zeros(2), cov, allow_singular=True)
    on_it = -(1 + math.log(4 * math.pi)) / 2  # the variance along (1, 1) is 2
    assert_allclose(got, [on_it, -np.inf, on_it, -np.inf])
    assert_allclose(got, theirs.logpdf(x, np.zeros(2), cov, allow_singular=True))
    assert mvn.pdf(x[1], np.zeros(2), cov, True) == 0
    slopes = grad(lambda x: np.sum(mvn.logpdf(x, np.zeros(2), cov, True)[:2]))(x)
    assert_allclose(slopes, [[-0.5, -0.5], [0, 0], [0, 0], [0, 0]], atol=1e-15)


def test_the_dirichlet():
    alpha, x = np.array([1.0, 2.0, 3.0]), np.array([[0.2, 0.3], [0.3, 0.3], [0.5, 0.4]])
    f, theirs = ours.stats.dirichlet, stats.dirichlet
    assert_allclose(f.logpdf(x, alpha), theirs.logpdf(x, alpha), rtol=1e-13)
    assert_allclose(f.pdf(x[:, 0], alpha), theirs.pdf(x[:, 0], alpha), rtol=1e-13)
    check_grads(f.logpdf, (x, alpha))


# ── linalg ────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("trans", [0, "T", 2])
@pytest.mark.parametrize("lower", [False, True])
@pytest.mark.parametrize("unit_diagonal", [False, True])
def test_solve_triangular(trans, lower, unit_diagonal):
    options = {"trans": trans, "lower": lower, "unit_diagonal": unit_diagonal}
    a = A + 2 * np.eye(3)
    for b in (B, B[:, 0]):
        assert_allclose(
            ours.linalg.solve_triangular(a, b, **options), linalg.solve_triangular(a, b, **options)
        )
        check_grads(lambda a, b: ours.linalg.solve_triangular(a, b, **options), (a, b), order=1)
    other = grad(lambda a: np.sum(ours.linalg.solve_triangular(a, B, **options)))(a)
    assert (
        not np.triu(other, 1 - unit_diagonal).any()
        if lower
        else not np.tril(other, unit_diagonal - 1).any()
    )


def test_words_about_memory_and_speed_change_nothing():
    heedless = {"overwrite_b": True, "check_finite": False}
    factor = ours.linalg.cho_factor(SPD, overwrite_a=True, check_finite=False)
    x = ours.linalg.cho_solve(factor, B, **heedless)
    assert_allclose(x, linalg.cho_solve(linalg.cho_factor(SPD), B))
    low = ours.linalg.cholesky(SPD, lower=True, check_finite=False)
    y = ours.linalg.solve_triangular(low, B, lower=True, **heedless)
    assert_allclose(y, linalg.solve_triangular(low, B, lower=True))
    assert_allclose(ours.linalg.solve(SPD, B, overwrite_a=True, **heedless), x)
    assert_allclose(ours.linalg.inv(SPD, check_finite=False) @ SPD, np.eye(len(SPD)), atol=1e-12)


def test_solve_triangular_of_complex_numbers():
    a, b = A + 2 * np.eye(3) + 1j * B[:, :1], B + 1j
    for trans in (0, 1, 2):
        got = ours.linalg.solve_triangular(a, b, trans)
        assert_allclose(got, linalg.solve_triangular(a, b, trans))
        check_grads(lambda a, b, t=trans: ours.linalg.solve_triangular(a, b, t), (a, b), order=1)


@pytest.mark.parametrize("below_and_above", [(1, 1), (2, 0), (0, 2), (1, 3)])
def test_solve_banded(below_and_above):
    lower, upper = below_and_above
    bands = RNG.normal(size=(lower + upper + 1, 6)) + 9 * np.eye(lower + upper + 1)[upper][:, None]
    whole = sum(
        np.diag(bands[upper - k, max(k, 0) : 6 + min(k, 0)], k) for k in range(-lower, upper + 1)
    )
    for b in (RNG.normal(size=(6, 2)), RNG.normal(size=6)):
        x = ours.linalg.solve_banded(below_and_above, bands, b, overwrite_ab=True, overwrite_b=True)
        assert_allclose(x, np.linalg.solve(whole, b))
        check_grads(lambda a, b: ours.linalg.solve_banded(below_and_above, a, b), (bands, b))
    unread = np.ones(bands.shape, bool)
    for k in range(-lower, upper + 1):
        unread[upper - k, max(k, 0) : 6 + min(k, 0)] = False
    by_bands = grad(lambda a: np.sum(ours.linalg.solve_banded(below_and_above, a, b)))(bands)
    assert not by_bands[unread].any()


def test_what_has_no_derivative_is_scipys_own():
    assert ours.linalg.eigh.__wrapped__ is linalg.eigh
    assert ours.linalg.LinAlgError is linalg.LinAlgError
    with pytest.raises(TypeError, match="would cut the gradient") as error:
        grad(lambda a: ours.linalg.norm(a))(A)
    assert str(error.value).endswith("instead: numpy.linalg.norm")
    points = [f.dirichlet.rvs([1.0, 2.0], size=3, random_state=1) for f in (ours.stats, stats)]
    assert_allclose(*points)


def test_scipys_own_functions_take_rules_of_ones_own():
    """As in models of state spaces, whose precision is banded: autograd.scipy has no row for it."""
    from autograd.scipy.linalg import solveh_banded  # noqa: PLC0415  # as programs do
    from autograd.scipy.special import comb  # noqa: PLC0415  # likewise

    before, bands = {*PRIMITIVES}, np.array([[4.0, 5.0, 6.0], [1.0, 2.0, 0.0]])
    solve = partial(solveh_banded, bands, lower=True)
    assert_allclose(solve(B), linalg.solveh_banded(bands, B, lower=True))
    with pytest.raises(TypeError, match="would cut the gradient"):
        grad(lambda b: np.sum(solve(b)))(B)
    defvjp(solveh_banded, None, lambda ans, a, b, **how: lambda g: solveh_banded(a, g, **how))
    check_grads(lambda b: np.sum(solveh_banded(bands, b, lower=True) ** 2), B, order=2)
    assert ours.linalg.solveh_banded is solveh_banded
    assert "solveh_banded" not in vars(ours.linalg)  # where the support table looks
    defvjp(comb, lambda ans, n, k: lambda g: g * ans / n, argnums=(0,))
    assert grad(comb)(4.0, 1) == 1
    for fn in PRIMITIVES.keys() - before:
        del PRIMITIVES[fn]  # other tests go through the table


def test_a_singular_triangle_is_an_error():
    with pytest.raises(np.linalg.LinAlgError, match="singular"):
        ours.linalg.solve_triangular(np.zeros((2, 2)), np.ones(2))


def test_the_exponential_of_a_matrix():
    assert_allclose(ours.linalg.expm(A), linalg.expm(A))
    seed = RNG.normal(size=(3, 3))
    for size in (1e-12, 1.0, 1e9):
        wanted = linalg.expm_frechet(A.T, size * seed, compute_expm=False)
        got = grad(lambda a, size=size: np.sum(ours.linalg.expm(a) * (size * seed)))(A)
        assert_allclose(got, wanted, rtol=1e-12)
    check_grads(ours.linalg.expm, A)
    assert_allclose(grad(lambda a: 0 * np.sum(ours.linalg.expm(a)))(A), np.zeros((3, 3)))


def test_square_roots_and_sylvesters_equation():
    root = ours.linalg.sqrtm(SPD)
    assert_allclose(root @ root, SPD)
    check_grads(lambda a: ours.linalg.sqrtm(a @ a.T), A + 2 * np.eye(3))
    a, b = A + 3 * np.eye(3), RNG.normal(size=(2, 2)) + 3 * np.eye(2)
    x = ours.linalg.solve_sylvester(a, b, B)
    assert_allclose(a @ x + x @ b, B)
    check_grads(ours.linalg.solve_sylvester, (a, b, B))
    turn = np.array([[1.0, 2.0], [-2.0, 1.0]])  # its eigenvalues are complex, as q is
    x = ours.linalg.solve_sylvester(a, turn, B * 1j)
    assert_allclose(a @ x + x @ turn, B * 1j, atol=1e-12)


def test_a_program_of_a_square_root_stays_real_or_complex(tmp_path):
    def f(a):
        return np.sum(np.abs(ours.linalg.sqrtm(a) + 0.3) ** 3)

    program = capture(f, -SPD)
    loaded = Program.load(program.save(tmp_path / "program.safetensors"))
    for a in (SPD, -SPD):
        assert_allclose([program(a), loaded(a)], f(a))
        assert_allclose(program.grad(a), grad(f)(a), atol=1e-12)
    program = capture(grad(f), SPD)
    assert_allclose(program(SPD), grad(f)(SPD))
    with pytest.raises(ValueError) as error:
        program(-SPD)
    assert (
        str(error.value)
        == """\
the square root of this matrix is complex, and that of the example was real
  where: a program with sqrtm of float64 (3, 3)
  instead: sqrtm(a + 0j) in its function, and np.real of what is real"""
    )


def test_factors():
    for lower in (False, True):
        factor = ours.linalg.cho_factor(SPD, lower)
        assert_allclose(ours.linalg.cholesky(SPD, lower), linalg.cholesky(SPD, lower))
        assert_allclose(ours.linalg.cho_solve(factor, B), np.linalg.solve(SPD, B))

        def solved(a, b, lower=lower):
            return ours.linalg.cho_solve(ours.linalg.cho_factor(a @ a.T, lower), b)

        check_grads(solved, (A + 2 * np.eye(3), B), order=1)


def test_matrices_made_of_parts():
    c, r = np.array([1.0, 2.0, 3.0]), np.array([7.0, 5.0])
    assert_allclose(ours.linalg.toeplitz(c), linalg.toeplitz(c))
    assert_allclose(ours.linalg.toeplitz(c, r), linalg.toeplitz(c, r))
    assert_allclose(ours.linalg.block_diag(A, r, 2.0), linalg.block_diag(A, r, 2.0))
    check_grads(ours.linalg.toeplitz, (c, r))
    check_grads(lambda a, r: ours.linalg.block_diag(a, r, 2.0), (A, r))


def test_against_torch():
    torch = pytest.importorskip("torch", reason="the oracle")
    a, b = (torch.tensor(x, requires_grad=True) for x in (A + 2 * np.eye(3), B))
    y = torch.linalg.solve_triangular(torch.tril(torch.matrix_exp(a)), b, upper=False)
    torch.sin(y).sum().backward()

    def f(a, b):
        return np.sum(np.sin(ours.linalg.solve_triangular(ours.linalg.expm(a), b, lower=True)))

    by_a, by_b = grad(f, (0, 1))(A + 2 * np.eye(3), B)
    assert_allclose(by_a, a.grad.numpy(), rtol=1e-11)
    assert_allclose(by_b, b.grad.numpy(), rtol=1e-11)


def test_a_row_takes_its_own_arguments_only():
    with pytest.raises(NotImplementedError, match="does not take"):
        triangular(Tensor(A), B, overwrite=True)


# ── signal ────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("mode", ["full", "valid", "same"])
@pytest.mark.parametrize(
    "shapes",
    [
        ((7,), (3,)),
        ((3,), (6,)),
        ((4,), (4,)),
        ((5, 6), (2, 3)),
        ((3, 4, 5), (1, 2, 3)),
        ((700,), (99,)),
    ],
)
def test_convolutions_are_scipys(mode, shapes):
    a, b = (RNG.normal(size=s) for s in shapes)
    for name in ("convolve", "fftconvolve"):
        got, wanted = (getattr(m, name)(a, b, mode) for m in (ours.signal, signal))
        assert_allclose(got, wanted, atol=1e-13, strict=True)
    check_grads(lambda a, b: ours.signal.convolve(a, b, mode=mode), (a, b), order=1)


def test_convolutions_along_some_axes_with_products_along_others():
    a, b = RNG.normal(size=(2, 3, 6, 7)), RNG.normal(size=(3, 4, 2, 3))
    axes, dots = ([2, 3], [-2, -1]), ([1], [0])
    for mode in ("full", "valid"):
        got = ours.signal.convolve(a, b, axes=axes, dot_axes=dots, mode=mode)
        for i, j in np.ndindex(2, 4):
            wanted = sum(signal.convolve(a[i, c], b[c, j], mode) for c in range(3))
            assert_allclose(got[i, j], wanted, atol=1e-12)
    check_grads(lambda a, b: ours.signal.convolve(a, b, axes, dots, "valid"), (a, b), order=1)
    scales = 10.0 ** np.arange(-20, 20)  # short lines: exact to the last digits
    got = ours.signal.convolve(scales, [1.0, 1.0])
    assert_allclose(got, signal.convolve(scales, [1.0, 1.0], method="direct"), rtol=1e-15)
    none = ours.signal.convolve(a, b, axes=([], []), dot_axes=dots)
    assert_allclose(none, np.tensordot(a, b, dots))
    assert ours.signal.convolve(B[0], B[1], dot_axes=([0], [0])) == pytest.approx(B[0] @ B[1])


@pytest.mark.parametrize("mode", ["full", "valid", "same"])
def test_fast_convolutions_along_some_axes_broadcast_along_others(mode):
    a, b = RNG.normal(size=(2, 3, 5)), RNG.normal(size=(2, 1, 3))
    for axes in (-1, [2], [0, 2]):
        got, wanted = (m.fftconvolve(a, b, mode, axes) for m in (ours.signal, signal))
        assert_allclose(got, wanted, atol=1e-13, strict=True)
    check_grads(lambda a, b: ours.signal.fftconvolve(a, b, mode, -1), (a, b), order=1)


@pytest.mark.parametrize("kinds", [(complex, complex), (complex, float), (float, complex)])
@pytest.mark.parametrize("shapes", [((5,), (3,)), ((700,), (99,)), ((4, 5), (2, 3))])
def test_convolutions_of_complex_numbers_are_scipys(shapes, kinds):
    turns = [1j if kind is complex else 0 for kind in kinds]
    a, b = (
        RNG.normal(size=s) + turn * RNG.normal(size=s) if turn else RNG.normal(size=s)
        for s, turn in zip(shapes, turns, strict=True)
    )
    for name in ("convolve", "fftconvolve"):
        mine, theirs = getattr(ours.signal, name), getattr(signal, name)
        for mode in ("full", "valid", "same"):
            assert_allclose(mine(a, b, mode), theirs(a, b, mode), atol=1e-12, strict=True)
        assert_allclose(mine(a.tolist(), b.tolist()), theirs(a, b), atol=1e-12)
        if a.size < 99:
            check_grads(lambda a, b, f=mine: f(a, b, mode="same"), (a, b), order=1)


def test_convolutions_that_cannot_be_are_refused():
    for a, b, options in (
        ((4,), (2,), {"mode": "circular"}),
        ((4, 2), (2, 4), {"mode": "valid"}),
        ((4, 2), (2,), {}),
    ):
        with pytest.raises(ValueError, match="convolve pairs the axes"):
            ours.signal.convolve(np.ones(a), np.ones(b), **options)


# ── integrate ─────────────────────────────────────────────────────────────────────────────────
TIMES = np.array([0.0, 0.3, 0.7, 1.1])
TIGHT = {"rtol": 1e-11, "atol": 1e-11}


def decay(y, t, k, c):
    return -k * y + c["shift"] * np.cos(t)


def test_an_ode_is_scipys():
    got = ours.integrate.odeint(lambda y, t, a: a @ y, B[:, 0], TIMES, (A,))
    assert_allclose(got, integrate.odeint(lambda y, t, a: a @ y, B[:, 0], TIMES, (A,)))
    assert isinstance(got, np.ndarray)


def test_a_linear_ode_has_the_derivatives_of_its_solution():
    """y' = A y is solved by expm(A t) y₀."""

    def solved(y0, t, a):
        return np.sum(np.sin(ours.integrate.odeint(lambda y, t, a: a @ y, y0, t, (a,), **TIGHT)))

    def exact(y0, t, a):
        return sum(np.sum(np.sin(ours.linalg.expm(a * (t[i] - t[0])) @ y0)) for i in range(4))

    got = grad(solved, (0, 1, 2))(B[:, 0], TIMES, A)
    for mine, wanted in zip(got, grad(exact, (0, 1, 2))(B[:, 0], TIMES, A), strict=True):
        assert_allclose(mine, wanted, rtol=1e-8, atol=1e-8)


def test_an_ode_with_time_and_nested_arguments():
    def f(y0, t, k, shift):
        y = ours.integrate.odeint(decay, y0, t, (k, {"shift": shift, "steps": 3}), **TIGHT)
        return np.sum(np.sin(y))

    args = (np.array([1.0, 2.0]), TIMES, np.array([0.5, 0.7]), 0.3)
    check_grads(f, args, order=1)
    backwards = (args[0], TIMES[::-1].copy(), *args[2:])
    check_grads(f, backwards, order=1)


def test_an_ode_can_be_differentiated_twice():
    """y = e⁻ᵏ: the second derivative by k is e⁻ᵏ too."""

    def end(k):
        return ours.integrate.odeint(
            lambda y, t, k: -k * y, np.ones(1), np.array([0.0, 1.0]), (k,), **TIGHT
        )[-1, 0]

    assert_allclose(
        [end(0.5), -grad(end)(0.5), grad(grad(end))(0.5)], np.exp([-0.5] * 3), rtol=1e-8
    )


def test_an_ode_in_other_spellings_and_for_many_examples():
    times, k = np.array([0.0, 1.0]), np.array([0.5, 2.0])

    def end(k, func, **options):
        return ours.integrate.odeint(func, np.ones(2), times, (k,), **TIGHT, **options)[-1, 0]

    spellings = {
        "list": partial(end, func=lambda y, t, k: [-k * y[0], 0.0]),
        "time first": partial(end, func=lambda t, y, k: -k * y, tfirst=True),
    }
    for f in spellings.values():
        assert_allclose(grad(grad(f))(0.5), np.exp(-0.5), rtol=1e-8)
        assert_allclose(vmap(f)(k), np.exp(-k), rtol=1e-8)
        assert_allclose(vmap(grad(f))(k), -np.exp(-k), rtol=1e-8)


def test_an_ode_refuses_a_closure():
    """Its gradient would be 0 in silence. A gradient that its own function takes is no closure."""
    times, k = np.array([0.0, 1.0]), Tensor(0.5, requires_grad=True)

    def end(k, func):
        return ours.integrate.odeint(func, k * np.ones(2), times, **TIGHT)[-1, 0]

    for f in (lambda k: end(k, lambda y, t: -k * y), lambda _: end(1.0, lambda y, t: -k * y)):
        with pytest.raises(RuntimeError) as error:
            grad(f)(0.5)
        assert str(error.value) == three_lines(
            "an equation uses a tensor that is not its argument",
            "odeint(<lambda>, ...)",
            "pass that tensor in args; or no_grad() where no gradient is wanted",
        )
    with no_grad():
        assert_allclose(end(1.0, lambda y, t: -k * y), np.exp(-0.5))
    slope = grad(lambda y: -np.sum(y * y) / 2)
    assert_allclose(grad(lambda k: end(k, lambda y, t: slope(y)))(0.5), np.exp(-1), rtol=1e-8)


def van_der_pol(y, _, mu):
    return [y[1], mu * (1 - y[0] ** 2) * y[1] - y[0]]


@pytest.mark.parametrize("mu", [3.0, 5.0, 10.0])
def test_an_ode_that_contracts_is_followed_backwards(mu):
    """Beside the equation of its sensitivity, which is solved forwards."""

    def end(mu, *between, **options):
        times = np.array([0.0, *between, 2.0])
        start = np.array([2.0, 0.0])
        return ours.integrate.odeint(van_der_pol, start, times, (mu,), **options)[-1, 0]

    def with_sensitivity(y, t):
        jacobian = np.array([[0.0, 1.0], [-2 * mu * y[0] * y[1] - 1, mu * (1 - y[0] ** 2)]])
        by_mu = np.array([0.0, (1 - y[0] ** 2) * y[1]])
        return np.concatenate([van_der_pol(y[:2], t, mu), jacobian @ y[2:] + by_mu])

    wanted = integrate.odeint(with_sensitivity, [2.0, 0.0, 0.0, 0.0], [0.0, 2.0], **TIGHT)[-1, 2]
    assert_allclose(grad(end)(mu), wanted, rtol=1e-4)
    assert_allclose(grad(end)(mu, rtol=1e-9, atol=1e-9), wanted, rtol=1e-5)
    many = ag_compile(grad(lambda mu: end(mu, *np.arange(0.02, 2, 0.02), rtol=1e-9, atol=1e-9)))
    assert_allclose(many(mu), wanted, rtol=1e-5)  # in a program no times are added


def test_an_ode_that_is_too_stiff_is_refused(monkeypatch):
    def end(mu):
        return ours.integrate.odeint(van_der_pol, np.array([2.0, 0.0]), [0.0, 2.0], (mu,))[-1, 0]

    monkeypatch.setattr(ours.integrate, "WAYS", 3)
    for gradient in (grad(end), ag_compile(grad(end))):
        with pytest.raises(RuntimeError) as error:
            gradient(5.0)
        assert str(error.value) == three_lines(
            "an equation is too stiff to be followed backwards for its gradient",
            "the gradient of odeint, of 2 values",
            "more times in t: np.linspace(t[0], t[-1], 1000), for y[-1]",
        )


@pytest.mark.parametrize(
    "options",
    [
        {"h0": 1e-3},
        {"tcrit": [0.5]},
        {"tcrit": np.array([2.0])},
        {"atol": [1e-8, 1e-9]},
        {"ml": 0, "mu": 0},
        {"Dfun": lambda y, t, k: -k * np.eye(2)},
        {"Dfun": lambda t, y, k: -k * np.eye(2), "tfirst": True},
    ],
    ids=lambda options: "-".join(options),
)
def test_options_of_an_ode_are_those_of_its_own_direction_and_size(options):
    def slope(y, t, k):
        return -k * (t if options.get("tfirst") else y)

    def end(k):
        return ours.integrate.odeint(slope, np.ones(2), [0.0, 1.0], (k,), **options)[-1, 0]

    assert_allclose([end(1.0), grad(end)(1.0)], [np.exp(-1), -np.exp(-1)], rtol=1e-6)


def test_an_ode_tells_of_its_steps():
    def end(k):
        slope, start = (lambda y, t, k: -k * y), [1.0]
        y, told = ours.integrate.odeint(slope, start, TIMES, (k,), full_output=True)
        assert told["message"] == "Integration successful."
        return y[-1, 0]

    assert_allclose(grad(end)(0.5), -TIMES[-1] * np.exp(-0.5 * TIMES[-1]), rtol=1e-5)


def test_the_tolerance_is_passed_on():
    calls = []

    def slope(y, t, k):
        calls.append(t)
        return -k * y

    counts = []
    for options in ({"rtol": 1e-3, "atol": 1e-3}, TIGHT):
        calls.clear()
        grad(
            lambda k, options=options: np.sum(
                ours.integrate.odeint(slope, np.ones(2), TIMES, (k,), **options)
            )
        )(0.5)
        counts.append(len(calls))
    assert counts[1] > 2 * counts[0]


# ── optimize ──────────────────────────────────────────────────────────────────────────────────
def valley(x, scale=100.0):
    return np.sum(scale * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


METHODS = (
    None, "CG", "BFGS", "L-BFGS-B", "TNC", "SLSQP", "Newton-CG", "trust-ncg", "trust-krylov",
    "trust-exact", "dogleg", "trust-constr", "Nelder-Mead", "Powell",
)  # fmt: skip


@pytest.mark.parametrize("method", METHODS)
def test_minimize(method):
    start = np.array([0.9, 0.7])
    bowl = method == "dogleg"  # which wants a positive definite Hessian everywhere
    f = (lambda x: np.sum((x - 1) ** 4 + (x - 1) ** 2)) if bowl else valley
    found = ours.optimize.minimize(f, start, method=method, tol=1e-8)
    assert_allclose(found.x, [1, 1], atol=1e-3)
    assert isinstance(found, optimize.OptimizeResult)


def test_minimize_gives_scipy_exact_derivatives(monkeypatch):
    seen = {}
    real = optimize.minimize

    def spy(*args, **options):
        seen.update(options)
        return real(*args, **options)

    monkeypatch.setattr(optimize, "minimize", spy)
    ours.optimize.minimize(valley, np.zeros(3), method="Newton-CG")
    x, v = RNG.normal(size=3), RNG.normal(size=3)
    assert_allclose(seen["hessp"](x, v), hessian(valley)(x) @ v, rtol=1e-12)
    assert seen["jac"] is True
    seen.clear()
    ours.optimize.minimize(valley, np.zeros(3), method="Powell")
    assert "jac" not in seen


def test_products_at_one_point_record_the_function_once():
    calls = []

    def f(x):
        calls.append(x)
        return valley(x)

    product, (x, v, w) = ours.optimize.curvature(f), RNG.normal(size=(3, 3))
    H = hessian(valley)(x)
    for vector in (v, w, v):
        assert_allclose(product(x, vector), H @ vector, rtol=1e-12)
    assert len(calls) == 1
    x += 1  # in place, as SciPy may do it
    assert_allclose(product(x, v), hessian(valley)(x) @ v, rtol=1e-12)


def test_minimize_keeps_structure_and_passes_arguments():
    def fit(p, target, weight):
        size = np.sum(p["w"] ** 2) + np.sum(p["v"][0] ** 2)
        return weight * (np.sum((p["w"] @ p["v"][0] - target) ** 2) + 0.1 * size)

    start = {"w": np.ones((2, 3)), "v": [np.ones(3), 0.5]}
    found = ours.optimize.minimize(fit, start, (np.array([1.0, 2.0]), 2.0), method="BFGS", tol=1e-9)
    assert found.x["w"].shape == found.jac["w"].shape == (2, 3)
    assert np.ndim(found.x["v"][1]) == 0
    assert found.x["v"][1] == 0.5
    assert np.abs(found.jac["w"]).max() < 1e-5
    assert ours.optimize.minimize(lambda x: (x - 2.0) ** 2, 0.0).x == pytest.approx(2)
    assert ours.optimize.minimize(lambda x, a: (x - a) ** 2, 0.0, 3.0).x == pytest.approx(3)


@pytest.mark.parametrize("start", [[-1.2, 1], (-1.2, 1)])
@pytest.mark.parametrize("method", ["BFGS", "Nelder-Mead"])
def test_minimize_takes_a_list_of_numbers_for_an_array(start, method):
    found = ours.optimize.minimize(
        lambda x: np.sum((2 * x - [3.0, 4.0]) ** 2), start, method=method
    )
    assert_allclose(found.x, [1.5, 2], atol=1e-4)


def test_scipys_own_minimize_takes_our_derivatives():
    start = np.array([-1.2, 1.0])
    found = optimize.minimize(
        valley, start, jac=grad(valley), hess=hessian(valley), method="trust-exact"
    )
    assert_allclose(found.x, [1, 1], atol=1e-6)
    found = optimize.minimize(value_and_grad(valley), start, jac=True, method="L-BFGS-B")
    assert_allclose(found.x, [1, 1], atol=1e-4)


def test_a_gradient_or_a_method_may_be_given():
    start, calls = np.array([-1.2, 1.0]), []

    def slope(x):
        calls.append(x)
        return grad(valley)(x)

    def still(fun, x0, args, jac, **_):
        return optimize.OptimizeResult(x=x0, fun=fun(x0, *args), jac=jac(x0, *args))

    for f, jac in [(valley, slope), (lambda x: (valley(x), None), True)]:
        assert_allclose(ours.optimize.minimize(f, start, jac=jac).x, [1, 1], atol=1e-4)
    assert calls
    found = ours.optimize.minimize(valley, start, method=still)
    assert_allclose(found.jac, grad(valley)(start))
    squares = ours.optimize.root(lambda x: x**2 - 4, np.ones(2), jac=lambda x: np.diag(2 * x))
    assert_allclose(squares.x, [2, 2])
    found = ours.optimize.least_squares(lambda x: x - 1, start, jac=lambda x: np.eye(2))
    assert_allclose(found.x, [1, 1])


@pytest.mark.parametrize("method", ["Newton-CG", "trust-ncg", "trust-exact", "trust-constr"])
def test_second_derivatives_that_are_given_get_the_arguments(method):
    calls = []

    def bowl(x, a, b):
        return np.sum(b * (x - a) ** 2 + (x - a) ** 4)

    def hess(x, a, b):
        calls.append(x)
        return np.diag(2 * b + 12 * (x - a) ** 2)

    given = [{"hess": hess}]
    if method != "trust-exact":
        given.append({"hessp": lambda x, v, a, b: hess(x, a, b) @ v})
    for options in given:
        calls.clear()
        found = ours.optimize.minimize(bowl, np.zeros(2), (2.0, 3.0), method, tol=1e-8, **options)
        assert_allclose(found.x, [2, 2], atol=1e-4)
        assert calls
    found = ours.optimize.minimize(valley, np.zeros(2), 2.0, "trust-constr", hess=optimize.BFGS())
    assert_allclose(found.x, [1, 1], atol=1e-4)


@pytest.mark.parametrize(
    "options",
    [
        {}, {"p0": [1, 1, 1]}, {"bounds": (0, [3, 2, 1])}, {"nan_policy": "omit"},
        {"sigma": np.linspace(0.1, 0.2, 20), "absolute_sigma": True},
    ],
)  # fmt: skip
def test_curves_are_fitted_by_exact_jacobians(options):
    def decay(t, a, b, c):
        return a * np.exp(-b * t) + c

    t = np.linspace(0, 4, 20)
    y = decay(t, 2.5, 1.3, 0.5) + 0.05 * np.sin(9 * t)
    y[3] = np.nan if "nan_policy" in options else y[3]
    best, covariance, told, *_ = ours.optimize.curve_fit(decay, t, y, full_output=True, **options)
    expected, theirs, more, *_ = optimize.curve_fit(decay, t, y, full_output=True, **options)
    assert_allclose(best, expected, rtol=1e-6)
    assert_allclose(covariance, theirs, rtol=1e-5)
    assert told["nfev"] <= more["nfev"]  # no difference is taken
    xy = np.array([[1.0, 0, 1], [0, 1, 1]])
    for plane in (
        lambda xy, a, b: a * xy[0] + b * xy[1],
        lambda xy, a, b: [*(a * xy[0] + b * xy[1])],
    ):
        assert_allclose(
            ours.optimize.curve_fit(plane, xy, [2, 3, 5.1])[0], [2 + 1 / 30, 3 + 1 / 30]
        )


def test_a_constant_is_fitted_as_a_curve():
    """The variance of a mean is that of the data by their number."""
    y = np.array([1.0, 2.0, 4.0, 5.0])
    for x in (np.arange(4.0), [0, 1, 2, 3], np.ones((2, 4))):
        best, covariance = ours.optimize.curve_fit(lambda _, a: a, x, y)
        assert_allclose(best, [3])
        assert_allclose(covariance, [[10 / 3 / 4]])


def test_roots_and_least_squares():
    def circle_and_line(x, radius):
        return np.stack([x[0] ** 2 + x[1] ** 2 - radius**2, x[0] - x[1]])

    found = ours.optimize.root(circle_and_line, np.array([1.0, 0.5]), (2.0,))
    assert_allclose(found.x, [2**0.5] * 2)
    t = np.linspace(0, 2, 9)

    def residuals(p, rate):
        return p[0] * np.exp(-p[1] * t) - 3 * np.exp(-rate * t)

    found = ours.optimize.least_squares(residuals, np.array([1.0, 1.0]), (0.5,))
    assert_allclose(found.x, [3, 0.5], rtol=1e-7)
    assert_allclose(found.jac, jacobian(residuals)(found.x, 0.5), rtol=1e-6)


STEP = "x - np.linalg.solve(hessian(f)(x, a), grad(f)(x, a))"


@pytest.mark.parametrize(
    ("name", "solve", "step"),
    [
        (
            "minimize",
            lambda f: ours.optimize.minimize(lambda x: np.sum(f(x) ** 2), np.ones(1)),
            STEP,
        ),
        (
            "root",
            lambda f: ours.optimize.root(lambda x: f(x), np.ones(1)),
            "x - np.linalg.solve(jacobian(f)(x, a), f(x, a))",
        ),
        (
            "least_squares",
            lambda f: ours.optimize.least_squares(lambda x: f(x), np.ones(1)),
            f"{STEP}, f the sum of the squares,",
        ),
        (
            "curve_fit",
            lambda f: ours.optimize.curve_fit(lambda t, x: f(t * x), [1.0, 1.0], [0.0, 0.0]),
            f"{STEP}, f the sum of the squares,",
        ),
    ],
)
def test_what_is_found_has_no_derivatives_by_what_the_function_uses(name, solve, step):
    """None is cut in silence."""
    a = Tensor(2.0, requires_grad=True)

    def use(a):
        return solve(lambda x: x - a)

    for call in (lambda: use(a), lambda: grad(use)(2.0), lambda: grad(lambda _: use(a))(2.0)):
        with pytest.raises(RuntimeError) as error:
            call()
        assert str(error.value) == three_lines(
            "what is found has no derivatives by the tensors that the function uses",
            f"{name}(<lambda>, ...)",
            f"no_grad(), or a.detach(); {step} has the first derivatives of that x by a",
        )
    use(a.detach())
    with no_grad():
        use(a)


def test_newtons_step_has_the_derivatives_of_a_minimum_and_of_a_root():
    """Of 2 * (x - a) + 4 * x**3 = 0: ∂x/∂a = 1 / (1 + 6 * x**2)."""

    def f(x, a):
        return np.sum((x - a) ** 2 + x**4)

    def g(x, a):
        return 2 * (x - a) + 4 * x**3

    def lowest(a):
        x = ours.optimize.minimize(f, np.ones(1), (a.detach(),), tol=1e-10).x
        return (x - np.linalg.solve(hessian(f)(x, a), grad(f)(x, a)))[0]

    def zero(a):
        x = ours.optimize.root(g, np.ones(1), (a.detach(),)).x
        return (x - np.linalg.solve(jacobian(g)(x, a), g(x, a)))[0]

    for found in (lowest, zero):
        assert_allclose(value_and_grad(found)(3.0), (1, 1 / 7), rtol=1e-9)


@pytest.mark.parametrize("method", METHODS)
def test_a_minimum_may_be_sought_inside_of_what_is_differentiated(method):
    def scaled(a):
        x = ours.optimize.minimize(
            lambda x: np.sum((x - 1) ** 2 + (x - 1) ** 4), 0.5, method=method
        )
        return a * x.x

    assert grad(scaled)(2.0) == pytest.approx(1, abs=1e-3)


def test_roots_and_fits_may_be_sought_inside_of_what_is_differentiated():
    def scaled(a):
        square, o = (lambda x: grad(lambda x: x**3 / 3)(x) - 4.0), ours.optimize
        found = [o.root(square, 1.0).x, o.least_squares(square, 1.0).x]
        found.append(o.curve_fit(lambda t, p: t * p**2, [1.0, 2.0], [4.0, 8.0])[0])
        return a * np.stack(found)

    assert_allclose(jacobian(scaled)(3.0), [[2], [2], [2]], rtol=1e-7)


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("lower", [False, True])
@pytest.mark.parametrize("kind", [None, "gen", "sym", "her", "pos"])
def test_what_is_assumed_of_a_matrix_is_what_scipy_reads_of_it(kind, lower, transposed, rng):
    a = rng.random((3, 3)) + 3 * np.eye(3)  # whose triangles differ
    options = {"assume_a": kind, "lower": lower, "transposed": transposed}
    for b in (rng.random(3), rng.random((3, 2))):
        got = ours.linalg.solve(a, b, **options)
        assert_allclose(got, linalg.solve(a, b, **options), rtol=1e-13)
        check_grads(lambda a, b: ours.linalg.solve(a, b, **options), (a, b))
    with pytest.raises(np.linalg.LinAlgError):
        ours.linalg.solve(-a, b, assume_a="pos")
    with pytest.raises(ValueError) as caught:
        ours.linalg.solve(a, b, assume_a="diagonal")
    assert str(caught.value) == (
        "a matrix is assumed to be 'gen', 'her', 'pos' or 'sym'\n"
        "  where: solve(a, b, assume_a='diagonal')\n"
        "  instead: solve_triangular(a, b), solve_banded((l, u), a, b), or solve(a, b)"
    )


def test_what_distributions_lack_is_said():
    with pytest.raises(AttributeError) as caught:
        norm.ppf(0.5)
    assert str(caught.value) == (
        "a distribution of autograd.scipy.stats has no 'ppf'\n  where: distribution.ppf\n"
        "  instead: scipy.stats's own ppf, which has no derivative, with x.detach()"
    )
    with pytest.raises(TypeError) as caught:
        norm(0, scale=2)
    assert str(caught.value) == (
        "the parameters of a distribution are arguments of its methods, here\n"
        "  where: a distribution(0, scale=2)\n  instead: cdf(x, loc=0.0, scale=1.0)"
    )


def test_the_words_and_lists_of_scipys_examples_are_taken():
    matrix = [[4.0, 1.0], [1.0, 3.0]]
    for got, expected in (
        (ours.linalg.sqrtm(matrix), linalg.sqrtm(matrix)),
        (ours.linalg.solve_sylvester(matrix, matrix, matrix), np.eye(2) / 2),
        (ours.special.polygamma(1, [2, 3, 25.5]), special.polygamma(1, [2, 3, 25.5])),
        (ours.special.multigammaln([2.0, 3.0], 2), special.multigammaln([2.0, 3.0], 2)),
        (ours.special.zeta([-1.0, 0.0, 0.5]), [-1 / 12, -0.5, special.zeta(0.5)]),
        (ours.special.zeta(0.5 + 14j), special.zeta(0.5 + 14j)),
        (ours.signal.convolve([1.0, 2.0], [0.0, 1.0], method="direct"), [0, 1, 2]),
    ):
        assert_allclose(got, expected, rtol=1e-13, atol=1e-15)
