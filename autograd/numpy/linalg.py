"""NumPy's `linalg`, whose norm takes a list of Tensors."""

from numpy import linalg
from numpy.linalg import *  # noqa: F403  # NumPy itself

from autograd.numpy.lists import of_lists

norm = of_lists(linalg.norm)

__all__ = [*linalg.__all__]  # noqa: PLE0604  # names all
