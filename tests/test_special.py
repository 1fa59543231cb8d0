"""The functions of scipy.special: derivatives against mpmath where they are hard, and the rules."""
# ruff: noqa: E501  # a table of functions, one a line

import subprocess
import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from autograd import (
    Tensor,
    check_grads,
    elementwise_grad,
    grad,
    hessian,
    holomorphic_grad,
    value_and_grad,
    vmap,
)
from autograd.primitive import PRIMITIVES
from autograd.program import CaptureError, capture

mp = pytest.importorskip("mpmath", reason="the oracle of these tests")
special = pytest.importorskip("scipy.special", reason="what these tests are about")
ours = pytest.importorskip("autograd.scipy.special", reason="needs SciPy")

HALF = mp.mpf(1) / 2
HARD = {  # the function, the same in mpmath, and places: tiny, large, beside poles and splices
    "erf": (special.erf, mp.erf, [1e-9, 0.5, 8, -5]),
    "erfc": (special.erfc, mp.erfc, [1e-9, 3, 20]),
    "erfcx": (special.erfcx, lambda x: mp.exp(x * x) * mp.erfc(x), [-3, 0, 5, 10.1, 100, 1e6]),
    "erfinv": (special.erfinv, mp.erfinv, [0.5, 0.999, -0.9999999]),
    "erfcinv": (special.erfcinv, lambda p: mp.erfinv(1 - p), [1e-6, 0.5, 1.5]),
    "ndtr": (special.ndtr, mp.ncdf, [-30, -1, 5]),
    "ndtri": (special.ndtri, lambda p: mp.sqrt(2) * mp.erfinv(2 * p - 1), [1e-10, 0.6, 0.999]),
    "log_ndtr": (special.log_ndtr, lambda x: mp.log(mp.erfc(-x / mp.sqrt(2)) / 2), [-1e4, -1, 0, 1, 8]),
    "gamma": (special.gamma, mp.gamma, [1e-5, 3, 50, -2.5]),
    "rgamma": (special.rgamma, mp.rgamma, [0, -1, -3, 1e-5, 0.5, -2.5, 50]),
    "gammaln": (special.gammaln, mp.loggamma, [1e-5, 1, 2, 1e5]),
    "psi": (special.psi, mp.digamma, [1e-5, 1.5, 100, -2.5]),
    "polygamma": (lambda x: ours.polygamma(2, x), lambda x: mp.polygamma(2, x), [1e-3, 1, 100]),
    "zeta": (lambda q: ours.zeta(2.5, q), lambda q: mp.zeta(2.5, q), [1e-3, 1, 100]),
    "gammainc": (lambda x: special.gammainc(2.5, x), lambda x: mp.gammainc(2.5, 0, x, regularized=True), [1e-9, 1, 50]),
    "betainc": (lambda x: special.betainc(2.5, 0.5, x), lambda x: mp.betainc(2.5, 0.5, 0, x, regularized=True), [1e-9, 0.5, 0.99999]),
    "logit": (special.logit, lambda p: mp.log(p / (1 - p)), [1e-9, 0.3, 0.999999]),
    "expit": (special.expit, lambda x: 1 / (1 + mp.exp(-x)), [-700, -1, 40]),
    "log_expit": (special.log_expit, lambda x: -mp.log1p(mp.exp(-x)), [-30, 0, 40]),
    "j1": (special.j1, lambda x: mp.besselj(1, x), [1e-9, 1, 20.5]),
    "jv": (lambda x: special.jv(2.5, x), lambda x: mp.besselj(2.5, x), [1e-3, 1, 30]),
    "y0": (special.y0, lambda x: mp.bessely(0, x), [1e-5, 1, 20.5]),
    "i0": (special.i0, lambda x: mp.besseli(0, x), [1e-5, 1, 300]),
    "i1e": (special.i1e, lambda x: mp.besseli(1, x) * mp.exp(-abs(x)), [1e-5, 1, -2]),
    "k0": (special.k0, lambda x: mp.besselk(0, x), [1]),
    "exp1": (special.exp1, mp.e1, [1e-9, 1, 50]),
    "expi": (special.expi, mp.ei, [-50, 1e-9, 2, 50]),
    "expn": (lambda x: special.expn(2, x), lambda x: mp.expint(2, x), [1e-9, 1, 50]),
    "exprel": (special.exprel, lambda x: mp.expm1(x) / x, [1e-9, 0.99, 1.01, -5, -700, 500]),
    "expm1": (special.expm1, mp.expm1, [-50, 1e-9, 1]),
    "Ci": (lambda x: special.sici(x)[1], mp.ci, [1e-9, 1, 50]),
    "boxcox": (lambda a: special.boxcox(2.5, a), lambda a: (mp.mpf(2.5) ** a - 1) / a, [1e-9, 0.5, 3, -2]),
    "inv_boxcox": (lambda a: special.inv_boxcox(1.5, a), lambda a: (1 + a * mp.mpf(1.5)) ** (1 / a), [1e-9, 0.06, 0.1, 3]),
    "pseudo_huber": (lambda d: special.pseudo_huber(d, 1e-3), lambda d: d * d * (mp.sqrt(1 + (mp.mpf(1e-3) / d) ** 2) - 1), [1e-6, 0.5]),
}  # fmt: skip


def assert_derivative(f, exact, places, order, rtol=2e-12):
    for _ in range(order):
        f = elementwise_grad(f)
    with mp.workdps(30):
        wanted = [float(mp.diff(exact, mp.mpf(float(x)), order)) for x in places]
    assert_allclose([f(np.float64(x)) for x in places], wanted, rtol=rtol)


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize(("f", "exact", "places"), HARD.values(), ids=HARD)
def test_derivatives_where_they_are_hard(f, exact, places, order):
    assert_derivative(f, exact, places, order)


def test_a_thirteenth_digit_is_seen(monkeypatch):
    monkeypatch.setattr(PRIMITIVES[special.j1], "rules", (lambda g, y, x: g * (special.j0(x) - y / x) * (1 + 1e-11),))  # fmt: skip
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        assert_derivative(*HARD["j1"], 1)


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (lambda x: special.stdtr(np.float32(1e4), x), 1.0),
        (lambda x: special.gammainc(np.float32(3e4), x), 3e4),
        (lambda x: special.gammaincc(np.float32(3e4), x), 3e4),
        (lambda x: special.betainc(np.float32(1e4), np.float32(1e4), x), 0.5),
        (lambda a: special.beta(a, np.float32(0.25)), 1e4),
        (lambda b: special.betaln(np.float32(0.25), b), 1e4),
        (lambda d: special.pseudo_huber(d, np.float32(1e4)), 1e-6),
        (np.i0, 88.625),
    ],
)
def test_single_precision_loses_no_digits_on_the_way(f, x):
    x = np.float32(x)
    assert_allclose(grad(f)(x), grad(f)(np.float64(x)), rtol=1e-6)


# ── limits, and places that are not used ──────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("f", "x", "expected"),
    [
        (special.exprel, 0.0, 0.5),
        (lambda a: special.boxcox(np.e, a), 0.0, 0.5),
        (lambda a: special.inv_boxcox(1.0, a), 0.0, -np.e / 2),
        (special.rgamma, 0.0, 1.0),
        (special.rgamma, -2.0, 2.0),
        (special.i0e, 0.0, 0.0),
        (special.j1, 0.0, 0.5),
        (lambda x: special.sici(x)[0], 0.0, 1.0),
        (lambda b: special.xlogy(0.0, b), 0.0, 0.0),
        (lambda b: special.xlog1py(0.0, b), -1.0, 0.0),
        (lambda q: special.rel_entr(0.0, q), 0.0, 0.0),
        (special.entr, 0.0, np.inf),
        (special.gammasgn, -0.5, 0.0),
        (lambda r: special.huber(1.0, r), 1.0, 1.0),
        (lambda d: special.huber(d, -3.0), 1.0, 2.0),
        (lambda r: special.pseudo_huber(1.0, r), -1e200, -1.0),
        (lambda r: special.pseudo_huber(2.0, r), 1e200, 2.0),
        (lambda d: special.pseudo_huber(d, 1e200), 1.0, 1e200),
        (grad(lambda x: special.gammainc(2.0, x)), 0.0, 1.0),
        (grad(lambda x: special.betainc(2.0, 2.0, x)), 0.0, 6.0),
        (grad(grad(lambda x: special.betainc(2.0, 3.0, x))), 1.0, 24.0),
        (grad(lambda x: special.betainc(1e3, 1e3, x)), 0.0, 0.0),
    ],
)
def test_limits(f, x, expected):
    assert_allclose(grad(f)(x), expected, rtol=1e-14)


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (special.entr, 0.0),
        (lambda x: special.xlogy(x, x), 0.0),
        (lambda x: special.rel_entr(x, 1.0), 0.0),
        (special.logit, 1.0),
        (special.exp1, 0.0),
        (special.expi, 0.0),
    ],
)
def test_what_is_not_used_sends_nothing_back(f, x):
    def unused(x):
        return np.where(x > 2, f(x), 0.0)

    assert grad(unused)(x) == 0


def test_entropy_of_a_coin():
    """The derivative of p ln p + q ln q at p = 1/4 is ln(p/q) = -ln 3."""
    assert_allclose(grad(lambda p: -special.entr(p) - special.entr(1 - p))(0.25), -np.log(3))
    assert_allclose(grad(lambda p: special.kl_div(p, 0.5))(0.25), -np.log(2))


# ── what SciPy writes in Python ───────────────────────────────────────────────────────────────
A = np.array([[0.3, -1.2, 700.0], [2.0, 0.1, 710.0]])


@pytest.mark.parametrize("axis", [None, 0, 1, (0, 1)])
@pytest.mark.parametrize("keepdims", [False, True])
def test_logsumexp_is_scipys(axis, keepdims):
    b = np.array([[1.0, -2.0, 0.5], [0.0, 3.0, 2.0]])
    got, wanted = (m.logsumexp(A, axis=axis, keepdims=keepdims) for m in (ours, special))
    assert_allclose(got, wanted, rtol=1e-14, strict=True)
    signed = [m.logsumexp(A, axis, b, keepdims, return_sign=True) for m in (ours, special)]
    for got, wanted in zip(*signed, strict=True):
        assert_allclose(got, wanted, rtol=1e-14)
    check_grads(lambda a, b: ours.logsumexp(a, axis, b, keepdims), (A[:, :2], abs(b[:, 1:])))


def test_softmax_is_scipys():
    for f, wanted in ((ours.softmax, special.softmax), (ours.log_softmax, special.log_softmax)):
        for axis in (None, 0, -1):
            assert_allclose(f(A, axis), wanted(A, axis), rtol=1e-13)
            check_grads(lambda x, f=f, axis=axis: f(x, axis), A[:, :2])
        assert_allclose(
            grad(lambda x, f=f: f(x)[0])([0.0, 0.0]),
            grad(lambda x, f=f: f(np.stack(x))[0])([0.0, 0.0]),
        )


def test_the_other_functions_of_python():
    for f in ("polygamma", "zeta", "multigammaln"):
        args = (2, 3.5) if f != "multigammaln" else (3.5, 2)
        assert_allclose(getattr(ours, f)(*args), getattr(special, f)(*args), rtol=1e-14)
    check_grads(lambda a: ours.multigammaln(a, 3), 2.5)
    assert_allclose(ours.zeta(3.0), special.zeta(3.0), rtol=1e-15)
    assert ours.ellipk is special.ellipk


@pytest.mark.parametrize("name", ["logsumexp", "softmax", "log_softmax"])
def test_numbers_and_lists_are_arrays_too(name):
    mine, theirs = (getattr(m, name) for m in (ours, special))
    for a in (1.3, 3, np.float32(1), [1, 2.5], np.array(2.0)):
        assert type(mine(a)) is type(theirs(a)), a
        assert_allclose(mine(a), theirs(a), strict=True)


def test_misc_has_logsumexp():
    misc = pytest.importorskip("autograd.scipy.misc", reason="needs SciPy")
    assert misc.logsumexp is ours.logsumexp


# ── refusals ──────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("name", "argument", "position"),
    [("jv", "v", 0), ("kn", "n", 0), ("gammainc", "a", 0), ("betainc", "b", 1), ("stdtr", "df", 0)],
)
def test_an_order_has_no_derivative(name, argument, position):
    f = getattr(special, name)
    args = (2.0, 1.0, 0.5)[-f.nin :]
    with pytest.raises(NotImplementedError, match=f"derivative of {name} by {argument} has no clo"):
        grad(f, position)(*args)


def test_a_function_without_a_row_is_refused_by_name():
    x = Tensor(0.5, requires_grad=True)
    with pytest.raises(NotImplementedError, match=r"derivative of scipy\.special\.ellipk is unkn"):
        special.ellipk(x)
    assert special.ellipk(x.detach()) == special.ellipk(0.5)
    with pytest.raises(CaptureError, match=r"cannot hold scipy\.special\.ellipk\.__call__ with"):
        capture(special.ellipk, 0.5)
    with pytest.raises(NotImplementedError, match=r"scipy\.special\.erfc\(\.\.\.\) without it"):
        special.erfc(x, where=True)


# ── programs, batches and the rest of the library ─────────────────────────────────────────────
def surprise(x):
    return np.sum(special.gammaln(x) * special.jv(2, x) + special.psi(x) + special.expit(x))


def test_a_program_prints_scipys_functions():
    x = np.array([0.5, 1.0, 2.5])
    program = capture(value_and_grad(surprise), x)
    text = program.source
    assert text.count("import scipy.special as special") == 1
    assert "special.gammaln(x)" in text
    space = {}
    exec(text, space)  # our own source
    for got, wanted in zip(space[program.identifier](x), value_and_grad(surprise)(x), strict=True):
        assert_array_equal(got, wanted)


def test_programs_for_elsewhere_refuse_by_name():
    program = capture(special.j0, np.ones(3))
    with pytest.raises(NotImplementedError, match="j0 cannot be written in JavaScript"):
        _ = program.javascript
    strict = pytest.importorskip("array_api_strict", reason="the standard's own engine")
    with pytest.raises((NotImplementedError, CaptureError), match="j0"):
        program.to(strict)


def test_batches_and_hessians():
    x = np.array([0.5, 1.0, 2.5])
    assert_allclose(vmap(special.gamma)(x), special.gamma(x))
    wanted = np.diag([grad(grad(surprise))(v) for v in x])
    assert_allclose(hessian(surprise)(x), wanted, rtol=1e-13)


# ── SciPy is an extra ─────────────────────────────────────────────────────────────────────────
def python(code):
    run = [sys.executable, "-c", code]
    return subprocess.run(run, capture_output=True, text=True, check=False)


def test_rows_are_entered_when_first_met():
    done = python(
        "import sys, autograd\n"
        "assert 'scipy' not in sys.modules\n"
        "from scipy import special\n"
        "assert 'autograd.rules.special' not in sys.modules\n"
        "print(autograd.grad(special.gamma)(1.0))\n"
        "assert 'autograd.scipy' not in sys.modules\n"
    )
    assert float(done.stdout) == pytest.approx(-np.euler_gamma, rel=1e-15), done.stderr


@pytest.mark.parametrize("transform", ["capture(special.gamma, x)(x)", "vmap(special.gamma)(x)"])
def test_programs_and_maps_meet_rows_first_too(transform):
    done = python(
        "import numpy as np\n"
        "from scipy import special\n"
        "from autograd import capture, vmap\n"
        "from autograd.transforms.batching import Level\n"
        "Level.each = None\n"
        "x = np.array([5.0])\n"
        f"print(*{transform})\n"
    )
    assert done.stdout == "24.0\n", done.stderr


def test_without_scipy():
    done = python(
        "import sys\n"
        "class Gone:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] == 'scipy':\n"
        "            raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Gone())\n"
        "import autograd\n"
        "print(autograd.erf(0.5))\n"
        "try:\n"
        "    import autograd.scipy\n"
        "except ImportError as error:\n"
        "    print(error)\n"
    )
    assert done.stdout.splitlines() == [
        "0.5204998778130465",
        "autograd.scipy needs SciPy, which is not installed",
        "  where: import autograd.scipy",
        '  instead: pip install "retrograd[scipy]"',
    ], done.stderr


@pytest.mark.parametrize("f", [ours.psi, lambda z: holomorphic_grad(ours.loggamma)(z)])
def test_polygamma_of_complex_numbers_is_refused(f):
    with pytest.raises(TypeError) as error:
        holomorphic_grad(f)(1 + 1j)
    assert str(error.value) == (
        "polygamma is of real numbers in SciPy\n"
        "  where: polygamma(1, x) of complex128, as in the derivative of psi and of loggamma\n"
        "  instead: real arguments"
    )
