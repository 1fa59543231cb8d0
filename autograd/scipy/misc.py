"""Where HIPS autograd, as old versions of SciPy, has `logsumexp`."""

from autograd.scipy.special import logsumexp

__all__ = ["logsumexp"]
