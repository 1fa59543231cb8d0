"""numpy.fft: the values and the transposes of every transform, against NumPy, PyTorch and sums."""

from itertools import product

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from test_rules import frozen

from autograd import Tensor, capture, check_grads, grad, jacobian, jvp, vjp

ALONG = ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")
OVER = ("fft2", "ifft2", "rfft2", "irfft2", "fftn", "ifftn", "rfftn", "irfftn")
OF_REAL = ("rfft", "ihfft", "rfft2", "rfftn")
NORMS = (None, "backward", "ortho", "forward")


def sample(name, shape, rng):
    x = rng.normal(size=shape)
    return frozen(x if name in OF_REAL else x + 1j * rng.normal(size=shape))


def torch_gradient(name, x, u, *args, **kwargs):
    torch = pytest.importorskip("torch", reason="compares with PyTorch")
    z = torch.tensor(np.array(x), requires_grad=True)
    getattr(torch.fft, name)(z, *args, **kwargs).backward(torch.tensor(np.conj(u)))
    return np.conj(z.grad.resolve_conj().numpy())


@pytest.mark.parametrize(("n", "norm"), [*product((None, 3, 4, 8), NORMS)])
@pytest.mark.parametrize("name", ALONG)
def test_transforms_along_an_axis_agree_with_torch(name, n, norm, rng):
    fn = getattr(np.fft, name)
    for axis in (0, -1):
        x = sample(name, (4, 5), rng)
        pull, y = vjp(lambda x, a=axis: fn(x, n, a, norm))(x)
        assert_array_equal(y, fn(x, n, axis, norm), strict=True)
        u = sample("rfft" if y.dtype == float else "fft", y.shape, rng)
        got = pull(u)
        assert (got.shape, got.dtype) == (x.shape, x.dtype)
        assert_allclose(got, torch_gradient(name, x, u, n, axis, norm), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("name", OVER)
def test_transforms_over_axes_agree_with_torch(name, norm, rng):
    fn = getattr(np.fft, name)
    for s, axes in (((3, 6), (0, 1)), ((5, 4), (-1, 0)), (None, (1, 2)), ((2, 2), (2, 1))):
        x = sample(name, (4, 5, 3), rng)
        pull, y = vjp(lambda x, s=s, axes=axes: fn(x, s, axes, norm))(x)
        assert_array_equal(y, fn(x, s, axes, norm), strict=True)
        u = sample("rfft" if y.dtype == float else "fft", y.shape, rng)
        expected = torch_gradient(name, x, u, s, axes, norm)
        assert_allclose(pull(u), expected, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("name", OVER)
def test_axes_and_lengths_left_out_are_numpy_s(name, rng):
    x, fn = sample(name, (4, 3), rng), getattr(np.fft, name)
    assert_array_equal(fn(Tensor(x)).data, fn(x), strict=True)
    for s in ((3, -1), [5, 2]):
        assert_array_equal(fn(Tensor(x), s, axes=(0, 1)).data, fn(x, s, axes=(0, 1)), strict=True)


@pytest.mark.parametrize("name", ALONG)
def test_jvp_of_a_linear_map_is_the_map(name, rng):
    x, v = sample(name, (3, 5), rng), sample(name, (3, 5), rng)
    for n in (4, 5, 8):
        fn = lambda x, n=n: getattr(np.fft, name)(x, n)
        assert_allclose(jvp(fn)(x)(v)[1], fn(v), rtol=1e-12, atol=1e-14)


def test_the_matrix_of_the_transform(rng):
    n = 5
    matrix = np.exp(-2j * np.pi * np.outer(range(n), range(n)) / n)
    assert_allclose(jacobian(np.fft.fft)(sample("fft", n, rng)), matrix, atol=1e-14)
    assert_allclose(jacobian(np.fft.fft)(sample("rfft", n, rng)), matrix, atol=1e-14)
    assert_allclose(jacobian(np.fft.rfft)(sample("rfft", n, rng)), matrix[:3], atol=1e-14)


def test_parseval_by_hand():
    """The energy of a spectrum is n times that of the signal, so its gradient is 2 n conj(x)."""
    x = np.array([1.0, -2.0, 0.5])
    assert_allclose(grad(lambda x: np.sum(abs(np.fft.fft(x)) ** 2))(x), [6, -12, 3], rtol=1e-14)
    assert_allclose(grad(lambda x: np.sum(abs(np.fft.fft(x * 1j)) ** 2))(x), [6, -12, 3])


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 6])
def test_real_transforms_undo_each_other_at_any_length(n, rng):
    x = rng.normal(size=n)
    back = lambda x: np.fft.irfft(np.fft.rfft(x), n)
    assert_allclose(jacobian(back)(x), np.eye(n), atol=1e-14)
    check_grads(lambda x: np.fft.rfft(x) ** 3, x)
    check_grads(lambda z: np.fft.irfft(z**2, n), x[: n // 2 + 1] + 0.5j)


@pytest.mark.parametrize("axes", [None, 0, (0, 1), [1]])
@pytest.mark.parametrize("shift", [np.fft.fftshift, np.fft.ifftshift])
def test_shifts(shift, axes, rng):
    x = rng.normal(size=(4, 5))
    assert_array_equal(shift(Tensor(x), axes).data, shift(x, axes))
    other = np.fft.ifftshift if shift is np.fft.fftshift else np.fft.fftshift
    assert_array_equal(vjp(lambda x: shift(x, axes))(x)[0](x), other(x, axes))


def test_single_precision_stays_single():
    x = np.ones((2, 6), np.float32)
    for name in (*ALONG, *OVER):
        z = Tensor(x if name in OF_REAL else x * np.complex64(1j), requires_grad=True)
        y = getattr(np.fft, name)(z)
        y.backward(np.ones_like(y.data))
        assert y.dtype == getattr(np.fft, name)(z.data).dtype
        assert z.grad.dtype == z.dtype


def test_a_convolution_theorem_prints_as_numpy(rng):
    def smooth(x, kernel):
        return np.fft.irfft(np.fft.rfft(x, 8) * np.fft.rfft(kernel, 8), 8)

    x, kernel = rng.normal(size=5), rng.normal(size=4)
    assert_allclose(smooth(x, kernel), np.convolve(x, kernel))
    check_grads(smooth, (x, kernel))
    source = capture(smooth, x, kernel).source
    assert "np.fft.irfft(np.fft.rfft(x, n=8) * np.fft.rfft(kernel, n=8), n=8)" in source


def test_what_is_refused():
    with pytest.raises(TypeError, match=r"cut the gradient .*\n  where: out= of complex128 \(2,\)"):
        np.fft.fft(Tensor([1.0, 2.0], requires_grad=True), out=np.zeros(2, complex))
    with pytest.raises((ValueError, TypeError), match="rfft"):
        np.fft.rfft(Tensor([1j, 2.0], requires_grad=True))
