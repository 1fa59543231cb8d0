"""Complex numbers: every row that takes them, the convention of gradients, and what is refused.

The convention is that of JAX and HIPS autograd: the gradient of a real f by z = x + iy is
df/dx - i df/dy, and v moves f by the real part of ⟨gradient, v⟩. PyTorch's is the conjugate.
"""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from samples import SAMPLES, Case, linear_algebra
from test_rules import assert_dual, differentiable, frozen, like, pull, push, title

import autograd as ag
from autograd import (
    Program,
    Tensor,
    capture,
    check_grads,
    elementwise_grad,
    explain,
    grad,
    hessian,
    holomorphic_grad,
    hvp,
    jacfwd,
    jacobian,
    jacrev,
    jvp,
    primitive,
    value_and_grad,
    vjp,
    vmap,
)
from autograd.primitive import PRIMITIVES

Z = frozen([1 + 2j, -0.5 + 0.3j, 0.7 - 1.1j])
W = frozen([0.4 - 0.2j, 1.5 + 0.1j, -0.6 - 0.9j])
X = frozen([0.3, -1.2, 2.0])


# ── every row ─────────────────────────────────────────────────────────────────────────────────
def lifted(case):
    """Return a case on complex numbers whose real parts are those that it samples; or None."""

    def above(domain):
        def draw(rng, shape):
            x = domain(rng, shape)
            return x + 1j * (0.3 + 0.2 * rng.random(shape)) if np.asarray(x).dtype == float else x

        return draw

    return Case(case.f, case.shapes, tuple(map(above, case.domains)), False, case.note)


def takes_complex(case):
    """Tell whether NumPy computes the function of complex numbers at all, and smoothly."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("error", np.exceptions.ComplexWarning)
        try:
            y = np.asarray(case.f(*case.inputs()))
        except (TypeError, ValueError, NotImplementedError, np.exceptions.ComplexWarning):
            return False
    return y.dtype.kind in "fc"


REAL = {"psi", "polygamma"}
"""SciPy has them, or their derivatives, for real numbers only, and says so."""
ROWS = [fn for fn in SAMPLES if title(fn) not in REAL and fn not in linear_algebra.SAMPLES]


@pytest.mark.parametrize("fn", ROWS, ids=title)
def test_every_row_holds_for_complex_numbers_or_numpy_refuses_them(fn):
    """Re⟨Jᵀu, v⟩ = Re⟨u, Jv⟩ for complex v and u, so along both axes of the plane; and bitwise."""
    for case in map(lifted, SAMPLES[fn][:: 1 + len(SAMPLES[fn]) // 6]):
        arrays = case.inputs()
        if not any(a.dtype.kind == "c" for a in arrays) or not takes_complex(case):
            continue
        if not differentiable(case):
            continue
        (u,), v = like([np.asarray(case.f(*arrays))], 1), like(arrays, 2)
        jv = push(case.f, arrays, v, analytic=False)
        gradients = pull(case.f, arrays, u)
        try:
            assert_dual(gradients, v, [u], [jv], 1e-9)
            for one, other in zip(gradients, pull(case.f, arrays, u, recorded=True), strict=True):
                if np.ndim(one):
                    assert_array_equal(one, other, strict=True)
                elif one is not None:  # NumPy multiplies scalars and arrays of () differently
                    assert_allclose(one, other, rtol=1e-13, atol=1e-15, strict=True)
        except AssertionError as error:
            error.add_note(f"{title(fn)}: {case}")
            raise


def test_a_row_that_forgets_to_conjugate_is_caught(monkeypatch):
    test_every_row_holds_for_complex_numbers_or_numpy_refuses_them(np.absolute)
    monkeypatch.setattr(PRIMITIVES[np.absolute], "rules", (lambda g, y, x: g * np.sign(x),))
    with pytest.raises(AssertionError, match="⟨Jᵀu, v⟩"):
        test_every_row_holds_for_complex_numbers_or_numpy_refuses_them(np.absolute)


# ── the convention ────────────────────────────────────────────────────────────────────────────
def test_numbers_that_jax_and_hips_autograd_give():
    """As HIPS autograd 1.9.1 prints them, and JAX; torch keeps the conjugates."""
    assert_allclose(grad(np.abs)(3 + 4j), 0.6 - 0.8j, rtol=1e-15)
    assert_allclose(grad(lambda z: np.real(z**2))(1 + 2j), 2 + 4j, rtol=1e-15)
    assert_allclose(grad(lambda z: np.imag(z**2))(1 + 2j), 4 - 2j, rtol=1e-15)
    assert_allclose(grad(np.angle)(1 + 1j), -0.5 - 0.5j, rtol=1e-15)
    assert_allclose(grad(lambda z: np.real(z * np.conj(z)))(1 + 2j), 2 - 4j, rtol=1e-15)
    assert_allclose(grad(lambda x: abs(np.exp(1j * x) + 2))(1.0), -0.628892, atol=1e-6)


def real_functions():
    return [
        lambda z: np.sum(np.abs(z) ** 3),
        lambda z: np.std(z) * np.var(z),
        lambda z: np.real(np.vdot(z, z * W) + np.dot(z, W) + np.inner(W, z) + np.prod(z)),
        lambda z: np.sum(np.angle(z) * np.imag(np.conj(z) ** 2)),
        lambda z: np.real(np.sum(np.cumprod(z) * np.where(X > 0, z, W))),
        lambda z: np.imag(np.einsum("i,j,ij->", z, z, np.outer(W, z))),
        lambda z: np.sum(abs(np.concatenate([z, W * z])) * abs(np.pad(z, (1, 2)))),
        lambda z: np.real(np.sum(np.exp(z) / (2 + z) + np.sqrt(z) * np.log(z) + z**W + W**z)),
    ]


@pytest.mark.parametrize("f", real_functions())
def test_torch_gives_the_conjugate_and_differences_the_same(f):
    gradient = grad(f)(Z)
    assert gradient.dtype == complex
    step = 1e-6
    for i in range(3):
        e = np.eye(3)[i] * step
        along = [(f(Z + d * e) - f(Z - d * e)) / (2 * step) for d in (1, 1j)]
        assert_allclose(gradient[i], along[0] - 1j * along[1], rtol=1e-7, atol=1e-7)
    check_grads(f, Z)


def test_the_engine_agrees_with_torch():
    torch = pytest.importorskip("torch", reason="compares with PyTorch")
    z = torch.tensor(np.array(Z), requires_grad=True)
    w = torch.fft.fft(z**3) * torch.sgn(z) + torch.conj(z) * torch.angle(z)
    (w.abs() ** 2).sum().backward()
    ours = grad(
        lambda z: np.sum(abs(np.fft.fft(z**3) * np.sign(z) + np.conj(z) * np.angle(z)) ** 2)
    )
    assert_allclose(ours(Z), np.conj(z.grad.numpy()), rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.complex64, np.complex128])
def test_a_gradient_is_real_where_its_tensor_is(dtype):
    real = np.finfo(dtype).dtype
    x = Tensor(X, dtype=real, requires_grad=True)
    z = Tensor(Z, dtype=dtype, requires_grad=True)
    row = Tensor([[1.0], [2.0]], dtype=real, requires_grad=True)
    for create_graph in (False, True):
        x.grad = z.grad = row.grad = None
        w = row * x * z + x
        np.sum(abs(w)).backward(create_graph=create_graph)
        assert [t.grad.dtype for t in (x, z, row)] == [real, dtype, real]
    slope = np.conj(np.sign(w.data))
    assert_allclose(x.grad.data, np.sum(slope * (row.data * Z + 1), 0).real, rtol=1e-5)
    assert_allclose(row.grad.data, np.sum((slope * X * Z).real, 1, keepdims=True), rtol=1e-5)


def test_gradients_that_meet_in_real_numbers_are_real_at_once():
    x = Tensor(X, requires_grad=True)
    y = 2 * x
    np.sum(np.real(y * W) + np.imag(1j * y)).backward()
    assert y.grad.dtype == float
    assert_allclose(x.grad.data, 2 * (np.real(W) + 1))


def test_numbers_of_python_stay_numbers_of_numpy():
    for y in (1j * Tensor(2.0), Tensor(2.0) + 1j, 1j ** Tensor(2.0), 1j - Tensor(0.5)):
        assert type(y.data) is np.complex128
    assert (1j * Tensor(X, dtype=np.float32)).dtype == np.complex64


def test_the_default_dtype_is_that_of_the_parts():
    ag.set_default_dtype(np.float32)
    try:
        assert Tensor(1j).dtype == np.complex64
        assert Tensor(Z).dtype == np.complex128
    finally:
        ag.set_default_dtype(np.float64)


# ── points where NumPy and mathematics take care ──────────────────────────────────────────────
def test_absolute_and_sign_at_zero():
    assert grad(abs)(0j) == 0
    assert_array_equal(grad(lambda z: np.sum(np.real(np.sign(z))))(np.array([0j, 2.0])), [0, 0])
    assert grad(np.std)(np.array([1j, 1j])).tolist() == [0, 0]
    assert grad(np.linalg.norm)(np.zeros(2, complex)).tolist() == [0, 0]


def test_powers_with_complex_exponents():
    check_grads(lambda z, w: z**w, (Z, W))
    check_grads(lambda x: (x + 0j) ** (0.5 + 1j), (-abs(X),))
    for b in (2, 0.5, 2 - 1j, np.complex64(1 + 1j)):
        check_grads(lambda z, b=b: z**b, (Z,))
    assert grad(lambda z: np.real(z**2))(0j) == 0


# ── transforms ────────────────────────────────────────────────────────────────────────────────
def test_holomorphic_grad_is_the_complex_derivative():
    assert_allclose(holomorphic_grad(np.sin)(Z), np.cos(Z), rtol=1e-14)
    assert_allclose(holomorphic_grad(lambda z: np.sum(z**3))(Z), 3 * Z**2, rtol=1e-14)
    assert_allclose(holomorphic_grad(holomorphic_grad(np.log))(1 + 1j), -1 / (1 + 1j) ** 2)


def test_jacobians():
    assert_allclose(jacobian(np.exp)(Z), np.diag(np.exp(Z)))
    assert_allclose(jacobian(lambda x: np.exp(1j * x))(X), np.diag(1j * np.exp(1j * X)))
    assert_allclose(jacobian(np.abs)(Z), np.diag(np.conj(np.sign(Z))))
    mixed = jacobian(lambda x, z: np.exp(1j * x) * z, (0, 1))(X, Z)
    assert_allclose(mixed[0], np.diag(1j * np.exp(1j * X) * Z))
    assert_allclose(mixed[1], np.diag(np.exp(1j * X)))
    assert_allclose(hessian(lambda z: np.sum(z**3))(Z), np.diag(6 * Z))


def test_products():
    f = lambda z: np.abs(z) ** 2
    assert_allclose(jvp(f)(Z)(W)[1], 2 * np.real(np.conj(Z) * W), atol=1e-15)
    pull, _ = vjp(f)(Z)
    assert_allclose(pull(X), 2 * X * np.conj(Z))
    assert_allclose(jvp(lambda x: x * Z)(X)(X)[1], X * Z)
    product, _ = hvp(lambda z: np.sum(f(z)))(Z)
    assert_allclose(product(W), 2 * np.conj(W))  # as the gradient moves along W


def test_vmap():
    f = lambda z: np.sum(np.abs(np.fft.fft(z * np.conj(z[::-1]))))
    batch = np.stack([Z, W])
    assert_allclose(vmap(f)(batch), [f(Z), f(W)])
    assert_allclose(vmap(grad(f))(batch), [grad(f)(Z), grad(f)(W)])


def test_check_grads_says_what_is_wrong():
    wrong = primitive(lambda z: z * np.conj(z))
    wrong.defvjp(lambda g, y, z: g * 2 * z)
    with pytest.raises(AssertionError, match=r"order 1: expected .*j, got .*j"):
        check_grads(wrong, Z)
    part = primitive(lambda x: x * (1 + 2j))
    part.defvjp(lambda g, y, x: g)
    with pytest.raises(AssertionError, match="the derivative is wrong"):
        check_grads(part, X)


REFUSED = {
    "grad": (lambda: grad(np.sin)(1j), TypeError, "holomorphic_grad"),
    "value_and_grad": (lambda: value_and_grad(np.sin)(1j), TypeError, "returns real numbers"),
    "elementwise_grad": (lambda: elementwise_grad(np.sin)(Z), TypeError, "holomorphic_grad"),
    "a real argument": (lambda: holomorphic_grad(np.sin)(1.0), TypeError, "argument of float64"),
    "a real result": (lambda: holomorphic_grad(np.abs)(1j), TypeError, "result of float64"),
    "hessian": (lambda: hessian(np.abs)(1j), TypeError, "four second derivatives"),
    "rows": (lambda: jacrev(lambda x: x * 1j)(X), TypeError, "chooses the other way"),
    "columns": (lambda: jacfwd(np.abs)(Z), TypeError, "chooses the other way"),
    "a complex vector": (lambda: vjp(np.sin)(X)[0](Z), TypeError, "complex vector"),
    "a complex root": (
        lambda: Tensor(1j, requires_grad=True).backward(), RuntimeError, "from a real number",
    ),
    "a complex gradient": (
        lambda: (2 * Tensor(X, requires_grad=True)).backward(Z), TypeError, "is real",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("call", "kind", "words"), REFUSED.values(), ids=REFUSED)
def test_what_has_no_one_answer_is_refused_in_three_lines(call, kind, words):
    with pytest.raises(kind, match=words) as caught:
        call()
    assert [line.split(":")[0].strip() for line in str(caught.value).splitlines()[1:]] == [
        "where", "instead",
    ]  # fmt: skip


def test_backward_from_a_complex_number_takes_a_gradient():
    z = Tensor(1 + 2j, requires_grad=True)
    (z * z).backward(gradient=1.0)
    assert z.grad.data == 2 + 4j


# ── parts, methods and np.emath ───────────────────────────────────────────────────────────────
def test_methods():
    z, x = Tensor(Z, requires_grad=True), Tensor(X, requires_grad=True)
    assert_array_equal(z.real.data, Z.real)
    assert_array_equal(z.imag.data, Z.imag)
    assert_array_equal(z.conj().data, Z.conj())
    assert_array_equal(z.conjugate().data, Z.conj())
    assert_array_equal(z.angle().data, np.angle(Z))
    assert_array_equal(np.angle(x, deg=True).data, np.angle(X, deg=True))
    assert np.angle(Tensor([True])).dtype == np.angle([True]).dtype == np.float64
    assert x.conj() is x
    assert_array_equal(x.imag.data, np.zeros(3))
    assert complex(z[0]) == Z[0]
    assert "1. +2.j" in repr(z)


@pytest.mark.parametrize(
    ("fn", "inside", "outside"),
    [
        (np.emath.sqrt, 0.5, -0.5), (np.emath.log, 0.5, -0.5), (np.emath.log2, 0.5, -0.5),
        (np.emath.log10, 0.5, -0.5), (np.emath.arcsin, 0.5, 1.5), (np.emath.arccos, 0.5, -1.5),
        (np.emath.arcsin, 0.5, -1.5), (np.emath.arccos, 0.5, 1.5), (np.emath.arctanh, 0.5, -1.5),
        (np.emath.arctanh, 0.5, 1.5), (lambda x: np.emath.power(x, 1.5), 0.5, -0.5),
        (lambda x: np.emath.logn(3.0, x), 0.5, -0.5),
    ],
)  # fmt: skip
def test_emath_becomes_complex_where_it_must(fn, inside, outside):
    for x in (inside, outside, np.array([inside, outside]), np.float32(outside)):
        y = fn(Tensor(x, requires_grad=True))
        assert_array_equal(np.asarray(y.data), np.asarray(fn(x)), strict=True)
    check_grads(fn, (np.array(inside),))
    check_grads(fn, (np.array([inside, outside]),))


def test_real_if_close():
    z = np.array([1 + 1e-15j, 2.0])
    assert np.real_if_close(Tensor(z)).dtype == float
    assert np.real_if_close(Tensor(Z)).dtype == complex
    assert_allclose(grad(lambda z: np.sum(np.real_if_close(z) ** 2))(z), 2 * z.real)
    assert_array_equal(np.sort_complex(Tensor(Z)).data, np.sort_complex(Z))


# ── programs and pictures ─────────────────────────────────────────────────────────────────────
def signal(x, z):
    w = np.exp(1j * x) * z
    return np.sum(np.abs(np.fft.fft(w, 8)) ** 2) + np.sum(np.real(z * z))


@pytest.mark.parametrize("x", [np.float64(1.5), X])
def test_programs_hold_complex_numbers(x, tmp_path):
    f = value_and_grad(signal, (0, 1))
    program = capture(f, x, Z)
    program.save(tmp_path / "signal.json")
    names = {}
    exec(program.source, names)
    run = names["value_and_gradient_of_signal"]
    (value, gradients), loaded = f(x, Z), Program.load(tmp_path / "signal.json")
    for got in (program(x, Z), loaded(x, Z), ag.compile(f)(x, Z)):
        assert_array_equal(got[0], value, strict=True)
        for one, other in zip(got[1], gradients, strict=True):
            assert_array_equal(one, other, strict=True)
    assert_array_equal(run(x, Z)[1], gradients[0], strict=True)


def test_latex_writes_complex_numbers():
    program = capture(lambda x: x * 1j + (2 - 3j) * x - 0.5j, 1.5)
    assert r"x \cdot i" in program.latex
    assert r"\left(2 - 3 \, i\right) \cdot x" in program.latex
    assert r"0.5 \, i" in program.latex


def test_javascript_has_no_complex_numbers():
    with pytest.raises(NotImplementedError, match="cannot be written in JavaScript"):
        capture(np.fft.fft, Z).javascript()


def test_the_logarithm_of_a_sum_is_the_principal_one():
    z = np.array([3 + 4j, 2 - 9j, 1e3 + 7j])
    for n in (2, 3):
        expected = np.log(np.sum(np.exp(z[:n] - z[n - 1].real))) + z[n - 1].real
        assert_allclose(ag.logsumexp(z[:n]), expected, rtol=1e-14)
        assert abs(ag.logsumexp(Tensor(z[:n])).data.imag) <= np.pi
    check_grads(lambda x, y: np.imag(ag.logsumexp(x + 1j * y)), (z.real[:2], z.imag[:2]), order=2)


def test_derivations_and_drawings_show_them():
    z = Tensor(1 + 2j, requires_grad=True, name="z")
    y = abs(z * z)
    text = str(explain(y))
    assert "(−3+4j)" in text
    assert "∂y/∂z" in text
    y.backward()
    assert z.grad.data == holomorphic_grad(np.square)(1 + 2j) * np.conj(np.sign(-3 + 4j))
