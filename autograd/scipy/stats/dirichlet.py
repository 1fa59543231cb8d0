"""The Dirichlet distribution, as `scipy.stats.dirichlet`."""

from typing import Any

import numpy as np
from scipy.special import gammaln, xlogy

from autograd.scipy.stats.distribution import factors, number


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
    c, log_beta = _powers(x, alpha)
    return np.sum(xlogy(c, x), axis=0) - log_beta


def _powers(x: Any, alpha: Any) -> tuple[Any, Any]:
    """Return to which powers the parts of x are taken, and the logarithm of what divides them."""
    log_beta = np.sum(gammaln(alpha)) - gammaln(np.sum(alpha))
    return np.reshape(alpha, (-1,) + (1,) * (np.ndim(x) - 1)) - 1, log_beta


def rvs(alpha: Any, size: Any = 1, random_state: Any = None) -> np.ndarray:
    """Return random points, without derivatives, as SciPy does.

    >>> rvs([1.0, 2.0], size=5).shape
    (5, 2)
    """
    from scipy.stats import dirichlet  # noqa: PLC0415  # it takes long to import

    return dirichlet.rvs(alpha, size, random_state)


def pdf(x: Any, alpha: Any) -> Any:
    """Return the density at x, see `logpdf`."""
    c, log_beta = _powers(x, alpha)
    y, logs = factors(xlogy, c, number(x))
    return np.prod(y, axis=0) * np.exp(np.sum(logs, axis=0) - log_beta)
