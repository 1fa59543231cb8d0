"""SciPy, differentiable: the extra ``pip install "retrograd[scipy]"``.

The functions of `scipy.special` that are ufuncs take Tensors where they stand, in SciPy. What
SciPy writes in Python or C, and what it minimizes, solves and integrates, is here under the same
names: `special`, `stats`, `linalg`, `signal`, `integrate`, `optimize`.
"""

from autograd.base.errors import refusal

try:
    import scipy  # noqa: F401  # all below needs it
except ImportError as error:
    raise refusal(
        ImportError,
        "autograd.scipy needs SciPy, which is not installed",
        "import autograd.scipy",
        'pip install "retrograd[scipy]"',
    ) from error

from autograd.scipy import integrate, linalg, misc, optimize, signal, special, stats

__all__ = ["integrate", "linalg", "misc", "optimize", "signal", "special", "stats"]
