"""Densities and distribution functions of `scipy.stats`, differentiable by all that is real.

Signatures are SciPy's: ``norm.logpdf(x, loc=0, scale=1)``, ``gamma.cdf(x, a, loc=0, scale=1)``.
Every distribution is a row of `autograd.scipy.stats.table`.
"""

import sys

from autograd.scipy.stats import dirichlet as dirichlet
from autograd.scipy.stats import multivariate_normal as multivariate_normal
from autograd.scipy.stats.table import TABLE

for _name, _distribution in TABLE.items():
    globals()[_name] = _distribution
    # programs for HIPS autograd import it as a module
    sys.modules[f"{__name__}.{_name}"] = _distribution

__all__ = ["dirichlet", "multivariate_normal", *TABLE]  # noqa: PLE0604  # names all
