"""Linear algebra against PyTorch, differences and examples by hand; real, complex and singular.

PyTorch's gradient of a complex matrix is the conjugate of ours, which is df/dx - i df/dy.
"""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from autograd import Tensor, from_numpy, grad, hessian, jacobian, vmap
from autograd.check import check_grads
from autograd.program import capture
from autograd.program import compile as compiled

TINY = 1e-4
linalg = np.linalg


def adjoint(x):
    return np.conjugate(np.swapaxes(x, -1, -2))


def hermitian(x):
    return x @ adjoint(x) + 2 * np.eye(x.shape[-1])


def total(*parts):
    """Return a real function of arrays whose entries are defined up to a phase."""
    return sum(np.sum(np.abs(p * np.cos(np.arange(p.size)).reshape(p.shape)) ** 2) for p in parts)


def weighted(y):
    """Return a real function of all the entries of an array, of their phases too."""
    w = np.exp(1j * np.arange(y.size)).reshape(y.shape)
    return np.sum(np.real(y * w)) + np.sum(np.abs(y) ** 2)


def by_differences(f, x):
    """Return df/dx - i df/dy of a real function, entry by entry, to the order four."""
    slopes = np.zeros(x.shape, x.dtype)
    for index in np.ndindex(x.shape):
        for unit in (1.0, 1j) if x.dtype.kind == "c" else (1.0,):
            step = np.zeros_like(x)
            step[index] = unit
            ahead = f(x + TINY * step) - f(x - TINY * step)
            behind = f(x + 2 * TINY * step) - f(x - 2 * TINY * step)
            slopes[index] += np.conj(unit) * (8 * ahead - behind) / (12 * TINY)
    return slopes


def gradient(f, x):
    t = Tensor(x, requires_grad=True)
    f(t).backward()
    return t.grad.data


def drawn(*shape, kind, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=shape)
    return x + 1j * rng.normal(size=shape) if kind == "complex" else x


# ── every function, real and complex, on stacks ───────────────────────────────────────────────
B = drawn(3, 2, kind="complex", seed=1)
FUNCTIONS = {
    "inv": (lambda a: weighted(linalg.inv(a)), (2, 3, 3)),
    "solve": (lambda a: weighted(linalg.solve(a, B)), (2, 3, 3)),
    "solve, vector": (lambda a: weighted(linalg.solve(a, B[:, 0])), (2, 3, 3)),
    "solve for b": (lambda b: weighted(linalg.solve(np.eye(3) + B @ adjoint(B), b)), (2, 3, 2)),
    "det": (lambda a: weighted(linalg.det(a)), (2, 3, 3)),
    "slogdet": (lambda a: np.sum(linalg.slogdet(a)[1]), (2, 3, 3)),
    "sign of slogdet": (lambda a: weighted(linalg.slogdet(a).sign), (2, 3, 3)),
    "cholesky": (lambda a: weighted(linalg.cholesky(hermitian(a))), (2, 3, 3)),
    "cholesky, upper": (lambda a: weighted(linalg.cholesky(hermitian(a), upper=True)), (3, 3)),
    "qr, square": (lambda a: total(*linalg.qr(a)) + weighted(linalg.qr(a)[0]), (2, 3, 3)),
    "qr, deep": (lambda a: weighted(linalg.qr(a)[0]) + weighted(linalg.qr(a).R), (2, 4, 2)),
    "qr, wide": (lambda a: weighted(linalg.qr(a)[0]) + weighted(linalg.qr(a)[1]), (2, 2, 4)),
    "qr, complete": (lambda a: complement(linalg.qr(a, "complete").Q, 2), (4, 2)),
    "qr, r": (lambda a: weighted(linalg.qr(a, mode="r")), (2, 3, 3)),
    "eigh": (lambda a: total(*linalg.eigh(hermitian(a))), (2, 3, 3)),
    "eigh, upper": (lambda a: total(*linalg.eigh(hermitian(a), UPLO="U")), (3, 3)),
    "eigvalsh": (lambda a: total(linalg.eigvalsh(hermitian(a))), (2, 3, 3)),
    "eig": (lambda a: total(*linalg.eig(a)), (2, 3, 3)),
    "eigvals": (lambda a: np.sum(np.abs(linalg.eigvals(a) + 0.3j) ** 3), (2, 3, 3)),
    "svd": (lambda a: singular(*linalg.svd(a)), (2, 3, 3)),
    "svd, deep": (lambda a: singular(*linalg.svd(a, full_matrices=False)), (2, 4, 2)),
    "svd, wide": (lambda a: singular(*linalg.svd(a, full_matrices=False)), (2, 2, 4)),
    "svd, full": (lambda a: complement(linalg.svd(a).U, 2), (4, 2)),
    "svd, full and wide": (lambda a: complement(adjoint(linalg.svd(a).Vh), 2), (2, 4)),
    "svd, hermitian": (lambda a: singular(*linalg.svd(hermitian(a), hermitian=True)), (3, 3)),
    "svdvals": (lambda a: total(linalg.svdvals(a)), (2, 4, 2)),
    "pinv, deep": (lambda a: weighted(linalg.pinv(a)), (2, 4, 2)),
    "pinv, wide": (lambda a: weighted(linalg.pinv(a)), (2, 2, 4)),
    "pinv, low rank": (lambda a: weighted(linalg.pinv(a[:, :2] @ a[:2], rtol=1e-9)), (3, 3)),
    "pinv, hermitian": (lambda a: weighted(linalg.pinv(hermitian(a), hermitian=True)), (3, 3)),
    "matrix_power": (lambda a: weighted(linalg.matrix_power(a, 5)), (2, 3, 3)),
    "matrix_power, -2": (lambda a: weighted(linalg.matrix_power(a, -2)), (2, 3, 3)),
    "lstsq": (lambda a: weighted(linalg.lstsq(a, B)[0]) + np.sum(linalg.lstsq(a, B)[1]), (3, 1)),
    "lstsq, wide": (lambda a: weighted(linalg.lstsq(a, B)[0]), (3, 5)),
    "cond": (lambda a: np.sum(linalg.cond(a)), (2, 3, 3)),
    "cond, inf": (lambda a: linalg.cond(a, np.inf), (3, 3)),
    "tensorsolve": (lambda a: weighted(linalg.tensorsolve(a, B)), (3, 2, 6)),
    "tensorinv": (lambda a: weighted(linalg.tensorinv(a)), (3, 2, 6)),
    **{
        f"norm, {p}": (lambda a, p=p: np.sum(linalg.norm(a, p, axis=(-2, -1)) ** 2), (2, 3, 2))
        for p in ("fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf)
    },
    **{
        f"norm of vectors, {p}": (lambda a, p=p: np.sum(linalg.norm(a, p, axis=0) ** 2), (3, 2))
        for p in (0, 1, -1, 2, 0.5, 3, np.inf, -np.inf)
    },
    "vdot": (lambda a: weighted(np.vdot(a, B)) + weighted(np.vdot(B, a)), (3, 2)),
    "vecdot": (lambda a: weighted(np.vecdot(a, B)) + weighted(np.vecdot(B, a)), (4, 3, 2)),
    "linalg.vecdot": (lambda a: weighted(linalg.vecdot(a, B, axis=0)), (3, 2)),
    "matvec": (lambda a: weighted(np.matvec(a, B[:, 0])) + weighted(np.matvec(a, a[0])), (3, 3)),
    "vecmat": (lambda a: weighted(np.vecmat(B[:, 0], a)) + weighted(np.vecmat(a[0], a)), (3, 3)),
    "multi_dot, lists": (
        lambda a: weighted(linalg.multi_dot([[1.0, 2.0], a, B.tolist(), a])), (2, 3)
    ),
    "multi_dot": (lambda a: weighted(linalg.multi_dot([a, B, a, B[:, 0]])), (2, 3)),
    "cross": (lambda a: weighted(np.cross(a, B.T)), (2, 3)),
    "kron": (lambda a: weighted(np.kron(a, B)), (2, 3)),
}  # fmt: skip
if not hasattr(np, "matvec"):  # before NumPy 2.2
    del FUNCTIONS["matvec"], FUNCTIONS["vecmat"]


def singular(u, s, vh):
    """Return what does not depend on the phase that each u has together with its v."""
    return total(u, s, vh) + weighted((u * s[..., None, :] ** 2) @ vh)


def complement(q, k):
    """Return a function of the space of the columns behind k."""
    return weighted(q[..., k:] @ adjoint(q[..., k:]))


@pytest.mark.parametrize("kind", ["real", "complex"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_gradients_are_the_differences(name, kind):
    f, shape = FUNCTIONS[name]
    x = drawn(*shape, kind=kind, seed=3)
    assert_allclose(gradient(f, x), by_differences(f, x), rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("kind", ["real", "complex"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_second_derivatives_are_the_differences_of_the_first(name, kind):
    f, shape = FUNCTIONS[name]
    x, v = (drawn(*shape, kind=kind, seed=k) for k in (3, 4))

    def slope(x):
        return np.sum(np.real(gradient(f, x) * v))

    t = Tensor(x, requires_grad=True)
    f(t).backward(create_graph=True)
    along = np.sum(np.real(t.grad * v))
    t.grad = None
    if not along.requires_grad:
        return
    along.backward()
    w = drawn(*shape, kind=kind, seed=5)
    ahead = slope(x + TINY * w) - slope(x - TINY * w)
    behind = slope(x + 2 * TINY * w) - slope(x - 2 * TINY * w)
    expected = (8 * ahead - behind) / (12 * TINY)
    got = np.sum(np.real(t.grad.data * w)) if t.grad is not None else 0.0
    assert_allclose(got, expected, rtol=1e-6, atol=1e-6)


# ── against PyTorch ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", ["real", "complex"])
@pytest.mark.parametrize(
    "name", ["inv", "det", "slogdet", "cholesky", "eigvalsh", "svdvals", "pinv"]
)
def test_gradients_are_those_of_pytorch(name, kind):
    torch = pytest.importorskip("torch", reason="PyTorch is the oracle")
    x = drawn(2, 3, 3, kind=kind)
    definite = name in ("cholesky", "eigvalsh")

    def result(module, x, adjoint, eye):
        x = x @ adjoint(x) + eye if definite else x
        y = getattr(module.linalg, name)(x)
        return y[1] if name == "slogdet" else y

    w = drawn(*np.shape(result(np, x, adjoint, np.eye(3))), kind=kind, seed=7)

    def ours(x):
        return np.sum(np.real(result(np, x, adjoint, np.eye(3)) * w))

    t = torch.tensor(x, requires_grad=True)
    y = result(torch, t, lambda t: t.mH, torch.eye(3, dtype=t.dtype))
    (y * torch.tensor(w)).real.sum().backward()
    assert_allclose(gradient(ours, x), t.grad.numpy().conj(), rtol=1e-9, atol=1e-9)


# ── by hand ───────────────────────────────────────────────────────────────────────────────────
def test_literal_numbers():
    a = np.array([[2.0, 1.0], [5.0, 3.0]])  # of determinant 1
    assert_allclose(grad(linalg.det)(a), [[3, -5], [-1, 2]])
    assert_allclose(grad(lambda a: linalg.slogdet(a)[1])(2 * a), [[1.5, -2.5], [-0.5, 1]])
    assert_allclose(grad(lambda a: linalg.inv(a)[0, 0])(a), [[-9, 15], [3, -5]])
    assert_allclose(grad(lambda a: linalg.solve(a, [1.0, 0.0])[0])(a), [[-9, 15], [3, -5]])
    assert_allclose(grad(lambda a: linalg.eigvalsh(a)[0])(np.diag([2.0, 7.0])), [[1, 0], [0, 0]])
    assert_allclose(
        grad(lambda a: linalg.cholesky(a)[0, 0])(np.diag([4.0, 9.0])), [[0.25, 0], [0, 0]]
    )
    assert_allclose(
        grad(lambda a: linalg.matrix_power(a, 3)[0, 0])(np.diag([2.0, 1.0])), [[12, 0], [0, 0]]
    )
    assert_allclose(grad(lambda a: linalg.norm(a, "nuc"))(np.diag([2.0, -3.0])), [[1, 0], [0, -1]])
    assert_allclose(
        grad(lambda a: linalg.norm(a, 2))(np.diag([2.0, -3.0])), [[0, 0], [0, -1]], atol=1e-15
    )
    assert_allclose(grad(lambda a: linalg.norm(a, 1))(a), [[1, 0], [1, 0]])
    assert_allclose(grad(linalg.cond)(np.diag([6.0, 2.0])), [[0.5, 0], [0, -1.5]])
    several = np.stack([np.zeros((2, 2)), np.eye(2)])
    for p in (None, 2, -2):
        assert_allclose(linalg.cond(Tensor(several), p).data, linalg.cond(several, p))


# ── singular matrices ─────────────────────────────────────────────────────────────────────────
SINGULAR = {
    "rank 2": [[1.0, 2, 3], [4, 5, 6], [7, 8, 9]],
    "rank 2, exactly": [[1.0, 0, 0], [0, 1, 0], [0, 0, 0]],
    "rank 1": [[1.0, 2, 3], [2, 4, 6], [3, 6, 9]],
    "rank 0": np.zeros((3, 3)),
}


@pytest.mark.parametrize("name", SINGULAR)
def test_the_determinant_of_singular_matrices_to_second_order(name):
    """Cofactors and their derivative are polynomials: finite, and those of the definition."""
    a = np.array(SINGULAR[name])

    def leibniz(a):
        """Return the determinant by Sarrus' rule."""
        return sum(
            a[0, i] * a[1, (i + 1) % 3] * a[2, (i + 2) % 3]
            - a[0, i] * a[1, (i - 1) % 3] * a[2, (i - 2) % 3]
            for i in range(3)
        )

    assert_allclose(grad(linalg.det)(a), grad(leibniz)(a), atol=1e-12)
    assert_allclose(hessian(linalg.det)(a), hessian(leibniz)(a), atol=1e-12)


def test_the_third_derivative_of_a_determinant():
    def third(f):
        return grad(lambda a: np.sum(hessian(f)(a)[0, 0, 1, 1]))

    assert_allclose(third(linalg.det)(2 * np.eye(3) + 0.1), np.diag([0.0, 0, 1]), atol=1e-12)


def test_a_stack_with_a_singular_matrix_is_not_spoilt_by_it():
    a = np.stack([np.eye(2), np.zeros((2, 2))])
    assert_allclose(grad(lambda a: linalg.slogdet(a)[1][0])(a), [np.eye(2), np.zeros((2, 2))])
    assert_allclose(grad(lambda a: np.sum(linalg.det(a)))(a), [np.eye(2), np.zeros((2, 2))])
    with np.errstate(divide="ignore"):
        assert np.all(grad(lambda a: np.sum(linalg.slogdet(a)[1]))(a)[1] == np.inf)


# ── equal eigenvalues and singular values ─────────────────────────────────────────────────────
@pytest.mark.parametrize(
    "f",
    [
        lambda a: np.sum(linalg.eigvalsh(a) ** 3),
        lambda a: np.sum(linalg.eigh(a)[0] ** 3),
        lambda a: np.sum(linalg.svd(a)[1] ** 3),
        lambda a: np.sum(linalg.svdvals(a) ** 3),
        lambda a: np.sum(np.real(linalg.eigvals(a)) ** 3),
    ],
)
def test_functions_of_equal_values_alone_have_their_derivatives(f):
    assert_allclose(grad(f)(2 * np.eye(3)), 12 * np.eye(3), atol=1e-12)


def test_vectors_of_equal_values_are_not_given_wrong_derivatives():
    """exp of a multiple of 1 by its eigenvectors: 0 / 0 where the limit is what one wants."""

    def exponential(a):
        w, v = linalg.eigh(a)
        return ((v * np.exp(w)) @ v.T)[0, 1]

    with np.errstate(all="ignore"):
        assert np.isnan(grad(exponential)(np.eye(2))[0, 1])


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0), (2, 0, 0)])
@pytest.mark.parametrize("p", [None, 1, "fro"])
def test_a_matrix_without_elements_has_no_condition(shape, p):
    for x in (np.zeros(shape), Tensor(np.zeros(shape), requires_grad=True)):
        with pytest.raises(linalg.LinAlgError, match=r"^cond is not defined on empty arrays$"):
            linalg.cond(x, p)
    assert linalg.cond(Tensor(np.zeros((0, 3, 3))), p).shape == (0,)


@pytest.mark.parametrize("p", [1, -1, np.inf, -np.inf, "fro"])
@pytest.mark.parametrize("make", [capture, lambda f, _: compiled(f), lambda f, _: f])
def test_the_condition_of_a_singular_matrix_is_infinite(p, make):
    a = np.array([[[1.0, 2.0], [2.0, 4.0]], [[0.0, 0.0], [0.0, 0.0]], [[1.0, 2.0], [0.5, 3.0]]])

    def f(a):
        return linalg.cond(a, p)

    assert_allclose(make(f, a)(Tensor(a)).data, linalg.cond(a, p))
    slopes = make(grad(lambda a: np.sum(f(a)[2:])), a)(a)
    assert_allclose(slopes[2], grad(lambda a: linalg.cond(a, p))(a[2]))


# ── numbers that decide a dtype ───────────────────────────────────────────────────────────────
SPREAD = np.array([[2.0, 0.5], [0.5, 1.0]])
TURNED = np.array([[0.0, 1.0], [-2.0, 0.3]])


@pytest.mark.parametrize("first", [SPREAD, TURNED])
@pytest.mark.parametrize("make", [capture, lambda f, _: compiled(f)])
def test_a_program_of_eigenvalues_holds_where_they_become_complex_or_real(make, first):
    def f(a):
        w, v = linalg.eig(a)
        return np.sum(np.abs(linalg.eigvals(a) + 0.3) ** 3) + np.sum(np.abs(v[0] * w) ** 2)

    program = make(grad(f), first)
    for a in (SPREAD, TURNED):
        assert_allclose(program(a), grad(f)(a), rtol=1e-12)
        assert program(a).dtype == a.dtype


def test_a_program_of_roots_holds_where_they_become_complex_or_real():
    def f(p):
        return np.real(np.roots(p))

    program = compiled(jacobian(f))
    for p in ([1.0, 0.0, -1.0], [1.0, 0.5, 1.0]):
        assert_allclose(program(np.array(p)), jacobian(f)(np.array(p)), rtol=1e-12)


@pytest.mark.parametrize("fn", [linalg.eigvals, lambda a: linalg.eig(a)[1]])
@pytest.mark.parametrize("a", [SPREAD, TURNED, SPREAD + 0j])
def test_eigenvalues_of_tensors_have_the_dtype_that_numpy_gives_them(fn, a):
    assert fn(Tensor(a)).dtype == fn(a).dtype
    assert np.roots(Tensor(a[0])).dtype == np.roots(a[0]).dtype


def test_the_characteristic_polynomial_of_a_real_matrix_is_real():
    assert_allclose(np.poly(Tensor(TURNED)).data, np.poly(TURNED), atol=1e-15)
    want = np.array([[-1.0, 0.0], [0.0, -1.0]])  # of its trace
    assert_allclose(grad(lambda a: np.poly(a)[1])(TURNED), want, atol=1e-15)


# ── norms at the kinks ────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("p", [None, "fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf])
def test_the_gradient_of_a_norm_of_matrices_is_0_at_0(p):
    zeros = np.zeros((2, 3))
    assert_allclose(grad(lambda x: linalg.norm(x, p))(zeros), zeros)


@pytest.mark.parametrize("p", [None, 0, 0.5, 1, -1, 2, 3, np.inf, -np.inf])
def test_the_gradient_of_a_norm_of_vectors_is_0_at_0(p):
    with np.errstate(divide="ignore"):  # NumPy's own, of 0 ** -1
        assert_allclose(grad(lambda x: linalg.norm(x, p))(np.zeros(3)), np.zeros(3))


def test_ties_of_norms_share_evenly():
    assert_allclose(grad(lambda x: linalg.norm(x, np.inf))(np.ones((2, 2))), np.full((2, 2), 0.5))
    assert_allclose(grad(lambda x: linalg.norm(x, 2))(np.eye(2)), np.eye(2) / 2)


# ── results, programs and refusals ────────────────────────────────────────────────────────────
def test_the_method_norm_is_that_of_pytorch():
    x = Tensor([[3.0, -4.0], [0.0, 12.0]])
    assert x.norm().item() == x.norm("fro").item() == x.norm(2).item() == 13
    assert x.norm(1).item() == 19
    assert x.norm(np.inf).item() == 12
    assert x.norm(p=1, dim=0, keepdim=True).tolist() == [[3, 16]]
    assert x.norm(dim=1).tolist() == [5, 12]
    assert_allclose(x.norm("nuc").item(), np.linalg.norm(x.data, "nuc"))
    assert np.linalg.vector_norm(Tensor(np.ones((0, 0, 2))), axis=0).shape == (0, 2)


def test_several_results_have_numpys_names():
    a = Tensor(hermitian(drawn(2, 3, 3, kind="complex")), requires_grad=True)
    for name, fields in (
        ("eigh", ("eigenvalues", "eigenvectors")), ("eig", ("eigenvalues", "eigenvectors")),
        ("svd", ("U", "S", "Vh")), ("qr", ("Q", "R")), ("slogdet", ("sign", "logabsdet")),
    ):  # fmt: skip
        got, expected = getattr(linalg, name)(a), getattr(linalg, name)(a.data)
        assert type(got) is type(expected)
        for field in fields:
            one, other = getattr(got, field), getattr(expected, field)
            assert (one.shape, one.dtype) == (other.shape, other.dtype)
            np.testing.assert_array_equal(one.data, other)


def test_least_squares_returns_what_numpy_does():
    a, b = drawn(4, 2, kind="real"), drawn(4, 3, kind="real", seed=1)
    for got, expected in zip(linalg.lstsq(from_numpy(a), b), linalg.lstsq(a, b), strict=True):
        assert_allclose(got.data, expected, rtol=1e-13)


def spread(a):
    eigenvalues, eigenvectors = np.linalg.eigh(a @ a.T)
    return np.sum(np.log(eigenvalues)) + np.sum(eigenvectors[0] ** 2 * np.arange(3))


def test_programs_of_several_results():
    a = drawn(3, 3, kind="real")
    program = capture(spread, a)
    assert "eigenvalues = " in program.source
    assert "def eigh(" in program.source
    assert program(a) == spread(a)
    both = compiled(grad(spread))
    assert_allclose(both(a), grad(spread)(a), rtol=1e-13)
    assert_allclose(
        vmap(grad(spread))(np.stack([a, 2 * a])), [grad(spread)(a), grad(spread)(2 * a)]
    )


def test_einsum_of_lists_of_axes():
    a, b = drawn(2, 3, kind="real"), drawn(3, 3, kind="real", seed=1)
    f = grad(lambda a, b: np.sum(np.einsum(a, [0, 1], b, [1, 1]) ** 2))
    assert_allclose(f(a, b), grad(lambda a, b: np.sum(np.einsum("ij,jj", a, b) ** 2))(a, b))
    t = from_numpy(a)
    np.testing.assert_array_equal(np.einsum(t, [26, 1]).data, np.einsum(a, [26, 1]))
    np.testing.assert_array_equal(
        np.einsum(t, [..., 0], b, [0, 1], [..., 1]).data, np.einsum("...i,ij->...j", a, b)
    )


@pytest.mark.parametrize(
    ("subscripts", "shapes"),
    [
        ("i,i->", [(3,), (1,)]), ("ij,jk->ik", [(2, 3), (1, 4)]),
        ("...i,...i->...", [(2, 1), (1, 3)]), ("aab,b->a", [(2, 2, 3), (1,)]),
        ("aab,ab->b", [(2, 2, 1), (1, 3)]), ("ii,i->i", [(1, 1), (3,)]),
        ("ij,jk,ki->", [(2, 1), (3, 2), (2, 1)]),
    ],
)  # fmt: skip
def test_einsum_repeats_what_has_length_1(subscripts, shapes):
    xs = [drawn(*shape, kind="real", seed=i) for i, shape in enumerate(shapes)]
    check_grads(lambda *xs: np.einsum(subscripts, *xs) ** 2, tuple(xs), order=2)


def test_tensordot_takes_axes_as_numpy_does():
    a = np.arange(6.0).reshape(2, 3)
    want = grad(lambda x: np.sum(np.tensordot(x, x.T, 1) ** 2))(a)
    for axes in (np.int64(1), (1, 0), [[-1], [0]], np.array([[1], [0]])):
        got = grad(lambda x, axes=axes: np.sum(np.tensordot(x, x.T, axes) ** 2))(a)
        assert_allclose(got, want)


def test_tensordot_with_a_number():
    a = drawn(2, 3, kind="real")
    assert_allclose(grad(lambda a: np.sum(np.tensordot(a, 2, 0)))(a), np.full((2, 3), 2.0))
    assert_allclose(grad(lambda a: np.sum(np.tensordot(2, a, 0)))(a), np.full((2, 3), 2.0))


def test_what_has_no_derivative_is_refused_by_name():
    a = Tensor(np.eye(2), requires_grad=True)
    with pytest.raises(NotImplementedError) as caught:
        linalg.qr(a, mode="raw")
    assert str(caught.value) == (
        "the derivative of np.linalg.qr(mode='raw') is unknown\n"
        "  where: np.linalg.qr of shape (2, 2), mode='raw'\n"
        "  instead: mode='reduced', 'complete' or 'r'"
    )
    assert linalg.matrix_rank(a) == 2
