from typing import Any

from autograd.scipy.stats import dirichlet as dirichlet
from autograd.scipy.stats import multivariate_normal as multivariate_normal

def __getattr__(name: str) -> Any: ...  # the distributions, as attributes and as modules
