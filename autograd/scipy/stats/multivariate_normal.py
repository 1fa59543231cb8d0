"""The normal distribution of vectors, as `scipy.stats.multivariate_normal`."""

import math
from typing import Any

import numpy as np

from autograd.scipy.linalg import solve_triangular
from autograd.scipy.stats.distribution import number, plain


def logpdf(x: Any, mean: Any = 0.0, cov: Any = 1.0, allow_singular: bool = False) -> Any:
    """Return the logarithm of the density at x.

    Parameters
    ----------
    x : shape (..., n); of the normal distribution of numbers, n = 1, also (m,) for m of them.
    mean : shape (n,); one number for n = 1.
    cov : shape (n, n), positive definite; (n,) is a diagonal, one number a multiple of the unit.
    allow_singular : whether the covariance may be singular: the density is then that on the
        subspace on which it is not, and 0 beside it.

    Returns
    -------
    One number per point, of the shape of the points without its axes of length 1.

    Raises
    ------
    numpy.linalg.LinAlgError : where cov is not positive definite, and may not be singular.

    Examples
    --------
    >>> import numpy as np
    >>> from autograd import grad
    >>> grad(logpdf, 1)(np.ones(2), np.zeros(2), np.eye(2))
    array([1., 1.])
    """
    x, mean, cov = map(number, (x, mean, cov))
    y = x - mean
    n = max([1, *np.shape(mean)[-1:], *np.shape(cov)[-1:]])
    shape = np.shape(y)
    points = shape if n == 1 and len(shape) < 2 else shape[:-1]
    y, cov = np.reshape(y, (-1, n)), matrix(cov, n)
    if allow_singular:
        s, u = np.linalg.eigh(cov)
        least = 1e6 * np.finfo(float).eps * np.max(np.abs(s))
        kept, y = s > least, y @ u
        z = y / np.sqrt(np.where(kept, s, 1)) * kept
        outside = np.linalg.norm(np.where(kept, 0, y), axis=-1) > 1e3 * least  # as SciPy has it
        log_det, n = np.sum(np.log(np.where(kept, s, 1))), np.sum(kept)
    else:
        low = np.linalg.cholesky(cov)
        z = solve_triangular(low, y.T, lower=True).T
        log_det, outside = 2 * np.sum(np.log(np.diagonal(low))), False
    logs = -(np.sum(z * z, axis=-1) + n * math.log(2 * math.pi) + log_det) / 2
    logs = np.where(outside, -math.inf, logs)
    return plain(np.reshape(logs, [size for size in points if size != 1]))


def pdf(x: Any, mean: Any = 0.0, cov: Any = 1.0, allow_singular: bool = False) -> Any:
    """Return the density at x, see `logpdf`."""
    return np.exp(logpdf(x, mean, cov, allow_singular))


def entropy(mean: Any = 0.0, cov: Any = 1.0) -> Any:
    """Return the entropy ``n/2 (1 + ln 2π) + ln(det cov)/2``, in nats.

    >>> import numpy as np
    >>> round(entropy(np.zeros(1), 1.0), 12)
    np.float64(1.418938533205)
    """
    n = np.size(mean) if np.ndim(cov) == 0 else np.shape(cov)[0]
    return n / 2 * (1 + math.log(2 * math.pi)) + np.linalg.slogdet(matrix(cov, n))[1] / 2


def matrix(cov: Any, n: int) -> Any:
    """Write a covariance as a matrix of shape (n, n)."""
    return cov if np.ndim(cov) == 2 else cov * np.eye(n)
