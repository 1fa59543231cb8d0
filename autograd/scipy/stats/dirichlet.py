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


def pdf(x: Any, alpha: Any) -> Any:
    """Return the density at x, see `logpdf`."""
    return np.exp(logpdf(x, alpha))
