"""The Dirichlet distribution, as `scipy.stats.dirichlet`."""

from typing import Any

import numpy as np
from scipy.special import gammaln, xlogy


def logpdf(x: Any, alpha: Any) -> Any:
    """Return the logarithm of the density at x.

    Parameters
    ----------
    x : shape (K,) or (K, n), n points; the K parts of each sum to 1.
    alpha : shape (K,), positive.

    Examples
    --------
    >>> import numpy as np
    >>> float(logpdf(np.array([0.5, 0.5]), np.array([1.0, 1.0])))
    0.0
    """
    log_beta = np.sum(gammaln(alpha)) - gammaln(np.sum(alpha))
    powers = xlogy(np.reshape(alpha, (-1,) + (1,) * (np.ndim(x) - 1)) - 1, x)
    return np.sum(powers, axis=0) - log_beta


def rvs(alpha: Any, size: Any = 1, random_state: Any = None) -> np.ndarray:
    """Return random points, without derivatives, as SciPy does.

    >>> rvs([1.0, 2.0], size=5).shape
    (5, 2)
    """
    from scipy.stats import dirichlet  # noqa: PLC0415  # it takes long to import

    return dirichlet.rvs(alpha, size, random_state)


def pdf(x: Any, alpha: Any) -> Any:
    """Return the density at x, see `logpdf`."""
    return np.exp(logpdf(x, alpha))
