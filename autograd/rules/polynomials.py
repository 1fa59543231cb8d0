"""Polynomials, as arrays of coefficients from the highest power down.

A coefficient that happens to be 0 keeps its place, at the head of a Tensor too, where NumPy drops
it: its derivative is not 0, and a shape should not depend on values. Only `roots` drops it, as
there are fewer of them then.
"""

import numpy as np

from autograd.base.errors import refusal
from autograd.primitive import composite, primitive
from autograd.rules.complex_parts import is_real_by_chance, numbers
from autograd.rules.shape import unlisted


def d_vander(g, y, x, N=None, increasing=False):  # NumPy's name
    g, n = (g if increasing else np.flip(g, 1)), y.shape[1]
    return np.sum(g[:, 1:] * np.arange(1, n) * np.vander(x, max(n - 1, 0), increasing=True), axis=1)


vander = primitive(np.vander, d_vander)


def listed(p):
    return np.atleast_1d(unlisted(p))


def trimmed(p):
    """Return the coefficients; a constant's leading zeros go, as in NumPy."""
    p = listed(p)
    return p if hasattr(p, "requires_grad") else np.trim_zeros(p, "f") if p.any() else p[:1]


def padded(p, size):
    return np.concatenate((np.zeros(size - len(p), p.dtype), p)) if len(p) < size else p


@composite(np.polyval)
def polyval(p, x):
    """Evaluate by Horner's scheme."""
    p, x = map(unlisted, (p, x))
    y = np.zeros_like(x)
    for i in range(len(p)):
        y = y * x + p[i]
    return y


@composite(np.polyadd)
def polyadd(a1, a2):
    a, b = listed(a1), listed(a2)
    size = max(len(a), len(b))
    return padded(a, size) + padded(b, size)


@composite(np.polysub)
def polysub(a1, a2):
    a, b = listed(a1), listed(a2)
    size = max(len(a), len(b))
    return padded(a, size) - padded(b, size)


@composite(np.polymul)
def polymul(a1, a2):
    return np.convolve(trimmed(a1), trimmed(a2))


@composite(np.polydiv)
def polydiv(u, v):
    """Divide; the remainder has one coefficient less than the divisor."""
    r, v = listed(u) + 0.0, listed(v) + 0.0
    scale, n, q = 1.0 / v[0], len(v), []
    for _ in range(len(r) - n + 1):
        q.append(scale * r[0])
        r = np.concatenate((r[1:n] - q[-1] * v[1:], r[n:]))
    nothing = np.zeros(1, np.result_type(r, v))
    return np.stack(q) if q else nothing, r if len(r) else nothing


@composite(np.polyder)
def polyder(p, m=1):
    p = listed(p)
    for _ in range(m):
        p = p[:-1] * np.arange(len(p) - 1, 0, -1)
    return p


@composite(np.polyint)
def polyint(p, m=1, k=None):
    p = listed(p)
    k = np.zeros(m) if k is None else listed(k)
    for i in range(m):
        constant = k[i : i + 1] if len(k) > 1 else k[:1]
        p = np.concatenate((p / np.arange(len(p), 0, -1), constant))
    return p


@composite(np.poly)
def poly(seq_of_zeros):
    """Multiply the factors x - r; the characteristic polynomial of a real matrix is real."""
    given = listed(seq_of_zeros)
    roots = np.linalg.eigvals(given) if given.ndim == 2 else given + 0.0
    p = np.ones(1, roots.dtype)
    for i in range(len(roots)):
        p = np.convolve(p, np.concatenate((np.ones(1, roots.dtype), -roots[i : i + 1])))
    return np.real(p) if given.ndim == 2 and given.dtype.kind != "c" else p


@composite(np.roots)
def roots(p):
    """Return the eigenvalues of the companion matrix (Horn and Johnson, "Matrix Analysis", 3.3)."""
    p = listed(p)
    while len(p) and not np.any(numbers(p[0])) and p[0] == 0:  # which no program can ask
        p = p[1:]
    n = len(p) - 1
    if n < 1:
        return np.zeros(0)
    head = np.reshape(-p[1:] / p[0], (1, n))
    r = np.linalg.eigvals(np.concatenate((head, np.eye(n - 1, n, dtype=p.dtype))))
    return np.real(r) if p.dtype.kind != "c" and is_real_by_chance(r) else r


@composite(np.polyfit)
def polyfit(x, y, deg, rcond=None, full=False, w=None, cov=False):
    """Fit by least squares, in powers of x that are scaled to norm 1."""
    x, y, w = map(unlisted, (x, y, w))
    x, y = x + 0.0, y + 0.0
    rcond = len(x) * np.finfo(x.dtype).eps if rcond is None else rcond
    powers = np.vander(x, deg + 1)
    if w is not None:
        powers = powers * np.expand_dims(w, 1)
        y = y * (np.expand_dims(w, 1) if y.ndim == 2 else w)
    scale = np.sqrt(np.sum(powers * powers, axis=0))
    powers = powers / scale
    c, residuals, rank, singular = np.linalg.lstsq(powers, y, rcond)
    c = np.transpose(np.transpose(c) / scale)
    if full:
        return c, residuals, rank, singular, rcond
    if not cov:
        return c
    v = np.linalg.inv(np.dot(np.transpose(powers), powers)) / np.outer(scale, scale)
    v = v if y.ndim == 1 else np.expand_dims(v, 2)
    if cov == "unscaled":
        return c, v
    if len(x) <= deg + 1:
        raise refusal(
            ValueError,
            f"{len(x)} points leave nothing to estimate the noise from",
            f"np.polyfit of degree {deg} with cov={cov!r}",
            "more points than coefficients, or cov='unscaled'",
        )
    return c, v * (residuals / (len(x) - deg - 1))
