"""Derivatives of functions of square matrices: inverses, systems of equations, determinants.

Every function takes stacks. For complex matrices the pairing of a gradient with a change is
bilinear, so that the rules transpose and do not conjugate, where the function itself does not.
The formulas: M. Giles, "Collected matrix derivative results for forward and reverse mode
algorithmic differentiation", 2008; K. Petersen and M. Pedersen, "The Matrix Cookbook", 2012.
"""

import math

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from autograd.primitive import composite, primitive
from autograd.rules.batch_axes import row, stacked
from autograd.rules.elementwise import over
from autograd.rules.packing import pack, unpack
from autograd.rules.reduce import others
from autograd.rules.shape import astype


def adjoint(x):
    """Return the conjugate transpose."""
    return x.mT.conjugate()


def self_adjoint(x):
    return (x + adjoint(x)) / 2


def real(x):
    return np.real(x) if x.dtype.kind == "c" else x


def identity(x):
    """Return the identity of the size and the dtype of a matrix."""
    return np.eye(x.shape[-1], dtype=x.dtype)


# ── systems of equations ──────────────────────────────────────────────────────────────────────
def d_inv(g, y, a):
    return -y.mT @ g @ y.mT


def d_solve(g, y, a, b):
    if b.ndim == 1:  # NumPy 2: one vector; else stacks of matrices
        gb = np.linalg.solve(a.mT, g[..., None])[..., 0]
        return -gb[..., None] * y[..., None, :], gb
    gb = np.linalg.solve(a.mT, g)
    return -gb @ y.mT, gb


def solve_batch(run, xs, mapped):
    """Solve for the vectors of a batch as for matrices of one column."""
    a, b = xs
    if len(row(b, mapped[1])) > 1:
        return stacked(2, 2)(run, xs, mapped)
    return stacked(2, 2)(run, (a, b[..., None]), mapped)[..., 0]


def d_pinv(g, y, a, rcond=None, hermitian=False, rtol=None):
    """Differentiate at constant rank: Golub and Pereyra, SIAM J. Numer. Anal. 10 (1973) 413."""
    rows = (identity(a.mT) - a @ y) @ g.mT @ y @ adjoint(y)
    columns = adjoint(y) @ y @ g.mT @ (identity(a) - y @ a)
    gx = (rows + columns).conjugate() - y.mT @ g @ y.mT
    return self_adjoint(gx) if hermitian else gx


def lstsq(a, b, rcond=None):
    """Return the solution of np.linalg.lstsq and its residuals, where there may be any."""
    if not np.isfinite(a).all():  # LAPACK would search for their singular values for ever
        raise np.linalg.LinAlgError("least squares of numbers that are not finite")
    x, residuals, _, _ = np.linalg.lstsq(a, b, rcond=rcond)
    if a.shape[0] <= a.shape[1]:
        return pack(0, x)
    if not residuals.size:  # of a matrix of lower rank NumPy tells none
        residuals = np.atleast_1d(np.sum(np.abs(b - a @ x) ** 2, axis=0))
    return pack(0, x, residuals)


def d_lstsq(g, y, a, b, rcond=None):
    """Differentiate pinv(a) @ b; at the minimum the residuals do not move with the solution."""
    a = a if a.dtype.kind in "fc" else astype(a, dtype=np.dtype(float))
    p, shape = np.linalg.pinv(a, rtol=rcond), b.shape
    b = np.reshape(b, (len(b), -1))
    size, columns = p.shape[0] * b.shape[1], (p.shape[0], b.shape[1])
    gx, x = np.reshape(g[:size], columns), np.reshape(y[:size], columns)
    ga, gb = d_pinv(gx @ b.mT, p, a), p.mT @ gx
    if y.size > size:
        away = 2 * (b - a @ x).conjugate() * g[size:]
        ga, gb = ga - away @ x.mT, gb + away
    return ga, np.reshape(gb, shape)


# ── determinants ──────────────────────────────────────────────────────────────────────────────
def cofactors(a):
    """Return the derivative of the determinant, of singular matrices too.

    With a = u s v, it is that of u times that of s times that of v: products of singular values.
    """
    det = np.linalg.det(a)[..., None, None]
    one, regular = np.eye(a.shape[-1], dtype=a.dtype), det != 0
    if np.all(regular):
        return det * np.linalg.inv(a).mT
    u, s, vh = np.linalg.svd(np.where(regular, one, a))
    sign = (np.linalg.det(u) * np.linalg.det(vh))[..., None, None]
    singular = sign * (u.conj() * others(s)[..., None, :]) @ vh.conj()
    return np.where(regular, det * np.linalg.inv(np.where(regular, a, one)).mT, singular)


def second_cofactors(h, a):
    """Return the derivative of ``sum(h * cofactors(a))``, of singular matrices too."""
    u, s, vh = np.linalg.svd(a)
    one = np.eye(a.shape[-1], dtype=s.dtype)
    sign = (np.linalg.det(u) * np.linalg.det(vh))[..., None, None]
    pairs = others(np.where(one == 1, one, s[..., None, :])) * (1 - one)
    h = u.conj().mT @ h @ vh.conj().mT
    diagonal = pairs @ np.diagonal(h, axis1=-2, axis2=-1)[..., None]
    return sign * (u.conj() @ (one * diagonal - pairs * h.mT) @ vh.conj())


def d_second_cofactors(g, y, h, a):
    """Differentiate the third time, of regular matrices."""
    b, det = np.linalg.inv(a), np.linalg.det(a)[..., None, None]
    x, z = b @ g, b @ h
    tx, tz, txz = (np.trace(m, axis1=-2, axis2=-1)[..., None, None] for m in (x, z, x @ z))
    return det * ((tx * tz - txz) * b - tx * (z @ b) - tz * (x @ b) + x @ z @ b + z @ x @ b).mT


def slogdet(a):
    """Return the sign and the logarithm of the determinant in one array."""
    sign, logabsdet = np.linalg.slogdet(a)
    return np.stack((sign, logabsdet), axis=-1)


def d_slogdet(g, y, a):
    """Take the infinite derivative at a singular matrix for inf, and for 0 if it is not used."""
    (g_sign, g_log), (sign, _) = unpack(g, (), ()), unpack(y, (), ())
    g = g_log if a.dtype.kind != "c" else np.real(g_log) + 1j * np.imag(g_sign * sign)
    g, size = g[..., None, None], np.abs(sign)[..., None, None]
    inverse = np.linalg.inv(np.where(size == 0, identity(a), a)).mT
    return over(g, size) * np.where(size == 0, 1, inverse)


# ── factors ───────────────────────────────────────────────────────────────────────────────────
def lower_half(x):
    """Return the lower triangle with half of the diagonal, which plus its adjoint is Hermitian."""
    return np.tril(x) * (1 - np.eye(x.shape[-1], dtype=x.dtype) / 2)


def d_cholesky(g, y, a, upper=False):
    """Take a for the Hermitian matrix that it stands for: I. Murray, arXiv:1602.07527, 2016."""
    g, y = (adjoint(g), adjoint(y)) if upper else (g, y)
    inverse = np.linalg.inv(y)
    return self_adjoint(inverse.mT @ lower_half(y.mT @ g) @ inverse.conjugate())


# fmt: off
primitive(np.linalg.inv,      d_inv,                                                batch=stacked(2), code="np.linalg.inv({0})",        tex=r"{0}^{{-1}}",                                  symbol="X⁻¹")
primitive(np.linalg.solve,    joint=d_solve,                                        batch=solve_batch, code="np.linalg.solve({*})",     tex=r"\operatorname{{solve}}\left({*}\right)",      symbol="A⁻¹b")
primitive(np.linalg.pinv,     d_pinv,                                               batch=stacked(2), code="np.linalg.pinv({0})",       tex=r"{0}^{{+}}",                                   symbol="X⁺")
primitive(np.linalg.det,      lambda g, y, a: g[..., None, None] * cofactors(a),    batch=stacked(2), code="np.linalg.det({0})",        tex=r"\operatorname{{det}}\left({0}\right)")
primitive(np.linalg.cholesky, d_cholesky,                                           batch=stacked(2), code="np.linalg.cholesky({0})",   tex=r"\operatorname{{chol}}\left({0}\right)",       symbol="chol")
# ── what NumPy has no function for, or several results of ─────────────────────────────────────
cofactors        = primitive(cofactors, lambda g, y, a: second_cofactors(g, a),                                             batch=stacked(2),    code="cofactors({0})", tex=r"\operatorname{{cof}}\left({0}\right)")
second_cofactors = primitive(second_cofactors, lambda g, y, h, a: second_cofactors(g, a), d_second_cofactors,               batch=stacked(2, 2), code="second_cofactors({0}, {1})")
slogdet          = primitive(slogdet,   d_slogdet,                                                                          batch=stacked(2),    code="slogdet({0})", tex=r"\operatorname{{slogdet}}\left({0}\right)")
lstsq            = primitive(lstsq,     joint=d_lstsq, code="lstsq({*})", tex=r"\operatorname{{lstsq}}\left({*}\right)")
# fmt: on


SlogdetResult = type(np.linalg.slogdet(np.eye(1)))


@composite(np.linalg.slogdet)
def sign_and_logarithm(a):
    sign, logabsdet = unpack(slogdet(a), (), ())
    return SlogdetResult(sign, real(logabsdet))


@composite(np.linalg.lstsq)
def least_squares(a, b, rcond=None):
    """Return as NumPy the solution, the residuals (of any rank), the rank and singular values."""
    shape = (a.shape[-1], *b.shape[1:])
    packed, s = lstsq(a, b, rcond=rcond), np.linalg.svdvals(a)
    x, residuals = unpack(packed, shape, (packed.size - math.prod(shape),))
    cutoff = np.finfo(s.dtype).eps * max(a.shape) if rcond is None else rcond
    return x, real(residuals), np.count_nonzero(s > cutoff * s[0]), s


@composite(np.linalg.tensorsolve)
def tensorsolve(a, b, axes=None):
    for k in axes or ():
        a = np.moveaxis(a, k, -1)
    shape = a.shape[b.ndim :]
    a = np.reshape(a, (math.prod(shape), -1))
    return np.reshape(np.linalg.solve(a, np.ravel(b)), shape)


@composite(np.linalg.tensorinv)
def tensorinv(a, ind=2):
    np.linalg.tensorinv(np.ones((1,) * a.ndim), ind)  # NumPy's own refusal
    shape = a.shape[ind:] + a.shape[:ind]
    return np.reshape(np.linalg.inv(np.reshape(a, (math.prod(a.shape[ind:]), -1))), shape)


@composite(np.linalg.matrix_norm)
def matrix_norm(x, keepdims=False, ord="fro"):
    return np.linalg.norm(x, ord, axis=(-2, -1), keepdims=keepdims)


@composite(np.linalg.vector_norm)
def vector_norm(x, axis=None, keepdims=False, ord=2):
    """Take the norm of all elements in the given axes, laid out in one."""
    axes = range(x.ndim) if axis is None else normalize_axis_tuple(axis, x.ndim)
    rest = [i for i in range(x.ndim) if i not in axes]
    flat = np.transpose(x, (*axes, *rest))
    flat = np.reshape(flat, (math.prod(flat.shape[: len(axes)]), *flat.shape[len(axes) :]))
    y = np.linalg.norm(flat, ord, axis=0)
    return np.expand_dims(y, tuple(axes)) if keepdims else y


@composite(np.linalg.cond)
def cond(x, p=None):
    if 0 in x.shape[-2:]:
        np.linalg.cond(np.empty(x.shape))  # NumPy's own refusal
    if p is None or p in (2, -2):
        s = np.linalg.svdvals(x)
        largest, least = s[..., 0], s[..., -1]
        a, b = (least, largest) if p == -2 else (largest, least)
        return np.where(largest == 0, np.inf, a / np.where(largest == 0, 1, b))
    wide = astype(x, dtype=np.result_type(x.dtype, np.float64))
    singular = np.linalg.slogdet(wide)[0] == 0
    inverse = np.linalg.inv(np.where(singular[..., None, None], identity(wide), wide))
    norm, other = (np.linalg.norm(m, p, axis=(-2, -1)) for m in (x, inverse))
    infinite = singular & (norm == norm)  # PyTorch's sign is 0 of nan, too
    return astype(np.where(infinite, np.inf, norm * other), dtype=norm.dtype)
