"""NumPy's `linalg`, whose most common functions take lists of Tensors."""

from numpy import linalg
from numpy.linalg import *  # noqa: F403  # NumPy itself

from autograd.numpy.lists import of_lists

det, inv = of_lists(linalg.det), of_lists(linalg.inv)
norm, solve = of_lists(linalg.norm), of_lists(linalg.solve)

__all__ = [*linalg.__all__]  # noqa: PLE0604  # names all
