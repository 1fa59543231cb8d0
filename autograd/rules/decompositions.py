"""Derivatives of decompositions: eigenvalues and eigenvectors, singular values, QR.

Where vectors are only defined up to a factor or a rotation (the sign or phase of each, any basis of
the complement in a full or complete decomposition), the derivative is that of vectors which do not
turn: it is right for every function that does not depend on the choice, as in JAX and PyTorch. Two
equal eigenvalues or singular values have no vectors of their own: a function of the values alone
has its derivative, one that uses the vectors gets inf or nan, never a wrong number.

Hermitian matrices: NumPy reads one triangle; the gradient is that of the matrix which it stands
for, and is itself Hermitian, as in JAX and PyTorch.

The formulas: M. Giles, "Collected matrix derivative results", 2008; Z.-Q. Wan and S.-X. Zhang,
"Automatic differentiation for complex valued SVD", arXiv:1909.02659, 2019; D. Roberts and
L. Roberts, "QR and LQ decomposition matrix backpropagation algorithms for square, wide, and deep
matrices", arXiv:2009.10071, 2020.
"""

import numpy as np

from autograd.base.errors import refusal
from autograd.primitive import composite, primitive
from autograd.rules.batch_axes import stacked
from autograd.rules.complex_parts import is_real_by_chance
from autograd.rules.elementwise import over
from autograd.rules.matrices import adjoint, lower_half, real, self_adjoint
from autograd.rules.packing import pack, unpack

EighResult = type(np.linalg.eigh(np.eye(1)))
EigResult = type(np.linalg.eig(np.eye(1)))
SVDResult = type(np.linalg.svd(np.eye(1)))
QRResult = type(np.linalg.qr(np.eye(1)))
ARE_REAL_IF_SO = np.linalg.eigvals(np.eye(1)).dtype.kind == "f"  # before NumPy 2.5


def diagonal(v):
    """Return diagonal matrices."""
    return v[..., None] * np.eye(v.shape[-1], dtype=v.dtype)


def by_gaps(x, w):
    """Divide the element ij by w[j] - w[i], but for the diagonal, which becomes 0."""
    one = np.eye(w.shape[-1], dtype=w.dtype)
    return over(x * (1 - one), w[..., None, :] - w[..., None] + one)


# ── eigenvalues ───────────────────────────────────────────────────────────────────────────────
def eigh(a, UPLO="L"):
    """Return eigenvalues and eigenvectors of a Hermitian matrix in one array."""
    w, v = np.linalg.eigh(a, UPLO)
    return pack(a.ndim - 2, w, v)


def d_eigh(g, y, a, UPLO="L"):
    n = a.shape[-1]
    (gw, gv), (w, v) = unpack(g, (n,), (n, n)), unpack(y, (n,), (n, n))
    inner = by_gaps(v.mT @ gv, real(w)) + diagonal(gw)
    return self_adjoint(v.conjugate() @ inner @ v.mT)


def d_eigvalsh(g, y, a, UPLO="L"):
    v = np.linalg.eigh(a, UPLO)[1]
    return (v.conjugate() * g[..., None, :]) @ v.mT


def eig(a):
    """Return eigenvalues and eigenvectors in one array: complex, whatever the numbers are."""
    w, v = np.linalg.eig(a)
    return pack(a.ndim - 2, w + 0j, v)


def d_eig(g, y, a):
    """Keep the length of the eigenvectors, which NumPy makes 1."""
    n = a.shape[-1]
    (gw, gv), (w, v) = unpack(g, (n,), (n, n)), unpack(y, (n,), (n, n))
    inner = v.mT @ gv
    length = real(np.diagonal(inner, axis1=-2, axis2=-1))
    inner = inner - (v.mT @ v.conjugate()) * length[..., None, :]
    return np.linalg.solve(v.mT, (by_gaps(inner, w) + diagonal(gw)) @ v.mT)


# ── singular values ───────────────────────────────────────────────────────────────────────────
def svd(a, full_matrices=True):
    """Return u, s and vh in one array."""
    u, s, vh = np.linalg.svd(a, full_matrices)
    return pack(a.ndim - 2, u, s, vh)


def svd_shapes(a, full_matrices):
    (m, n), k = a.shape[-2:], min(a.shape[-2:])
    return ((m, m), (k,), (n, n)) if full_matrices else ((m, k), (k,), (k, n))


def d_svd(g, y, a, full_matrices=True):
    (m, n), k = a.shape[-2:], min(a.shape[-2:])
    shapes = svd_shapes(a, full_matrices)
    (u, s, vh), (gu, gs, gvh) = unpack(y, *shapes), unpack(g, *shapes)
    u, gu = thin(u, gu, k)
    vh, gvh = (x.mT for x in thin(vh.mT, gvh.mT, k))
    s = real(s)
    inner_u, inner_v = u.mT @ gu, (vh @ gvh.mT).conjugate()
    turn_u, turn_v = (by_gaps(x, s * s) for x in (inner_u, inner_v))
    inner = (turn_u + adjoint(turn_u)) * s[..., None, :] + (turn_v + adjoint(turn_v)) * s[..., None]
    if u.dtype.kind == "c":
        gs = gs + over(1j * np.imag(np.diagonal(inner_u, axis1=-2, axis2=-1)), s)
    gx = u.conjugate() @ (inner + diagonal(gs)) @ vh.conjugate()
    if m > k:
        gx = gx + over(gu - u.conjugate() @ inner_u, s[..., None, :]) @ vh.conjugate()
    if n > k:
        gx = gx + u.conjugate() @ over(gvh - adjoint(inner_v) @ vh.conjugate(), s[..., None])
    return gx


def thin(q, g, k):
    """Fold the gradient of the columns behind k, which stay orthogonal to those before, into g."""
    if q.shape[-1] == k:
        return q, g
    q, rest = q[..., :k], q[..., k:]
    return q, g[..., :k] - (rest @ (g[..., k:].mT @ q)).conjugate()


def d_svdvals(g, y, a):
    u, _, vh = np.linalg.svd(a, full_matrices=False)
    return (u.conjugate() * g[..., None, :]) @ vh.conjugate()


# ── triangles ─────────────────────────────────────────────────────────────────────────────────
def qr(a, mode="reduced"):
    """Return q and r in one array."""
    q, r = np.linalg.qr(a, mode)
    return pack(a.ndim - 2, q, r)


def qr_shapes(a, mode):
    (m, n), k = a.shape[-2:], min(a.shape[-2:])
    return ((m, m), (m, n)) if mode == "complete" else ((m, k), (k, n))


def d_qr(g, y, a, mode="reduced"):
    k = min(a.shape[-2:])
    shapes = qr_shapes(a, mode)
    (q, r), (gq, gr) = unpack(y, *shapes), unpack(g, *shapes)
    q, gq = thin(q, gq, k)
    r, gr, rest = r[..., :k, :k], gr[..., :k, :k], gr[..., :k, k:]
    if rest.shape[-1]:  # the columns behind k are q times their part of r
        gq = gq + (a[..., k:] @ rest.mT).conjugate()
    inner = lower_half(r @ gr.mT - gq.mT @ q)
    gx = np.linalg.solve(r, (gq + (q @ (inner + adjoint(inner))).conjugate()).mT).mT
    return np.concatenate((gx, q.conjugate() @ rest), axis=-1) if rest.shape[-1] else gx


# fmt: off
eigh = primitive(eigh, d_eigh, batch=stacked(2), code="eigh({0})", tex=r"\operatorname{{eigh}}\left({0}\right)", symbol="VΛVᴴ")
eig  = primitive(eig,  d_eig,  batch=stacked(2), code="eig({0})",  tex=r"\operatorname{{eig}}\left({0}\right)",  symbol="VΛV⁻¹")
svd  = primitive(svd,  d_svd,  batch=stacked(2), code="svd({0})",  tex=r"\operatorname{{svd}}\left({0}\right)",  symbol="UΣVᴴ")
qr   = primitive(qr,   d_qr,   batch=stacked(2), code="qr({0})",   tex=r"\operatorname{{qr}}\left({0}\right)",   symbol="QR")
primitive(np.linalg.eigvalsh, d_eigvalsh, batch=stacked(2), code="np.linalg.eigvalsh({0})", tex=r"\lambda\left({0}\right)", symbol="λ")
primitive(np.linalg.svdvals,  d_svdvals,  batch=stacked(2), code="np.linalg.svdvals({0})",  tex=r"\sigma\left({0}\right)",  symbol="σ")
# fmt: on


# ── NumPy's functions take the parts out ──────────────────────────────────────────────────────
@composite(np.linalg.eigh)
def eigh_parts(a, UPLO="L"):
    n = a.shape[-1]
    w, v = unpack(eigh(a, UPLO=UPLO), (n,), (n, n))
    return EighResult(real(w), v)


@composite(np.linalg.eig)
def eig_parts(a):
    """Return complex ones; before NumPy 2.5, and outside of programs, real ones if they are."""
    n = a.shape[-1]
    w, v = unpack(eig(a), (n,), (n, n))
    if ARE_REAL_IF_SO and a.dtype.kind != "c" and is_real_by_chance(w):
        w, v = np.real(w), np.real(v)
    return EigResult(w, v)


@composite(np.linalg.eigvals)
def eigvals(a):
    """Take them from `eig`: alone they may come in another order than with the vectors."""
    return np.linalg.eig(a)[0]


@composite(np.linalg.svd)
def svd_parts(a, full_matrices=True, compute_uv=True, hermitian=False):
    if hermitian:
        return svd_of_hermitian(a) if compute_uv else hermitian_svdvals(a)
    if not compute_uv:
        return np.linalg.svdvals(a)
    u, s, vh = unpack(svd(a, full_matrices=full_matrices), *svd_shapes(a, full_matrices))
    return SVDResult(u, real(s), vh)


def svd_of_hermitian(a):
    w, v = np.linalg.eigh(a)
    order = np.flip(np.argsort(np.abs(w)), -1)
    sign = np.copysign(1.0, w)  # of 0, too, or rows of vh would be 0
    sign, s = (np.take_along_axis(x, order, -1) for x in (sign, np.abs(w)))
    u = np.take_along_axis(v, order[..., None, :], -1)
    return SVDResult(u, s, adjoint(u * sign[..., None, :]))


def hermitian_svdvals(a):
    return np.flip(np.sort(np.abs(np.linalg.eigvalsh(a))), -1)


@composite(np.linalg.qr)
def qr_parts(a, mode="reduced"):
    if mode not in ("reduced", "complete", "r"):
        raise refusal(
            NotImplementedError,
            f"the derivative of np.linalg.qr(mode={mode!r}) is unknown",
            f"np.linalg.qr of shape {a.shape}, mode={mode!r}",
            "mode='reduced', 'complete' or 'r'",
        )
    used = "complete" if mode == "complete" else "reduced"
    q, r = unpack(qr(a, mode=used), *qr_shapes(a, used))
    return r if mode == "r" else QRResult(q, r)
