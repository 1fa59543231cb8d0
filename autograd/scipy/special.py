"""`scipy.special`: all of it, with the functions that SciPy writes in Python made differentiable.

>>> import autograd
>>> from autograd.scipy import special
>>> special.erf(autograd.Tensor(0.5, requires_grad=True))
Tensor(0.5204998778130465, op=erf)
"""

import math
from inspect import isfunction
from typing import Any

import numpy as np
from scipy import special as scipys

from autograd.core import open_to_rules
from autograd.rules import neural
from autograd.rules.shape import arrayed
from autograd.rules.special import polygamma as polygamma_row
from autograd.rules.special import zeta as zeta_row


def __getattr__(name: str) -> Any:
    """Find SciPy's own: its ufuncs dispatch by themselves, the others once they have a rule."""
    own = getattr(scipys, name)
    return open_to_rules(own) if isfunction(own) else own


def logsumexp(
    a: Any, axis: Any = None, b: Any = None, keepdims: bool = False, return_sign: bool = False
) -> Any:
    """Return ``ln Σ b exp(a)`` without overflow.

    Parameters
    ----------
    a : array or Tensor of floats.
    axis : over which to sum; all by default.
    b : factors of the exponentials, of a shape that broadcasts with a's; of any sign.
    keepdims : keep the axes that were summed over, with length 1.
    return_sign : return ``(ln |Σ|, sign of Σ)``.

    Examples
    --------
    >>> logsumexp([1000.0, 1000.0])
    np.float64(1000.6931471805599)
    """
    a = _array(a)
    if b is None:
        y = _plain(neural.logsumexp(a, axis=axis, keepdims=keepdims))
        return (y, np.ones_like(y)) if return_sign else y
    top = neural.largest(np.where(b == 0, -np.inf, a), axis)
    shifted = b * np.exp(np.where(b == 0, 0, a - top))
    total = np.sum(shifted, axis=axis, keepdims=True)
    y = np.log(abs(total) if return_sign else total) + top
    if not keepdims:
        y, total = (_plain(np.squeeze(v, axis=axis)) for v in (y, total))
    return (y, np.sign(total)) if return_sign else y


def softmax(x: Any, axis: Any = None) -> Any:
    """Return ``exp(x) / Σ exp(x)``, over all axes by default, as SciPy does.

    >>> softmax([0.0, 0.0])
    array([0.5, 0.5])
    """
    return _plain(neural.softmax(_array(x), axis=axis))


def log_softmax(x: Any, axis: Any = None) -> Any:
    """Return ``x - ln Σ exp(x)``, over all axes by default, as SciPy does.

    >>> log_softmax([0.0, 0.0])
    array([-0.69314718, -0.69314718])
    """
    return _plain(neural.log_softmax(_array(x), axis=axis))


def polygamma(n: Any, x: Any) -> Any:
    """Return the n-th derivative of the digamma function ψ; differentiable by x.

    >>> round(polygamma(1, 1.0) * 6 / np.pi**2, 12)
    np.float64(1.0)
    """
    return polygamma_row(n, _array(x))


def zeta(x: Any, q: Any = 1.0) -> Any:
    """Return Hurwitz' ``Σ (k + q)⁻ˣ``, k = 0, 1, …; differentiable by q.

    >>> round(zeta(2.0) * 6 / np.pi**2, 12)
    np.float64(1.0)
    """
    return zeta_row(x, q)


def multigammaln(a: Any, d: int) -> Any:
    """Return the logarithm of the multivariate gamma function of dimension d.

    >>> multigammaln(3.0, 1) == np.log(2.0)
    np.True_
    """
    a = _array(a)
    terms = [scipys.gammaln(a - j / 2) for j in range(d)]
    return d * (d - 1) / 4 * math.log(math.pi) + sum(terms)


def _array(x: Any) -> Any:
    if isinstance(x, (list, tuple)):
        return np.stack(x)
    return arrayed(x)


def _plain(y: Any) -> Any:
    return y[()] if type(y) is np.ndarray else y
