"""NumPy under HIPS autograd's name: ``import autograd.numpy as np``.

Its functions of Tensors are NumPy's own; those that NumPy cannot dispatch stand in `lists`.
"""

import sys
from typing import Any

import numpy  # noqa: ICN001  # not np: this is the module that programs call np

from autograd.interface.elements import vectorize
from autograd.numpy import linalg, lists
from autograd.numpy import numpy_boxes as numpy_boxes
from autograd.numpy import numpy_vjps as numpy_vjps
from autograd.numpy.lists import array, asarray, c_, full, make_diagonal, r_

asanyarray = ascontiguousarray = asarray
__all__ = [  # noqa: PLE0604  # names all
    *numpy.__all__, "array", "asarray", "c_", "full", "linalg", "make_diagonal", "r_", "row_stack",
    "vectorize",
]  # fmt: skip

OWN = {name: lists.of_lists(getattr(numpy, name)) for name in lists.OF_LISTS}
OWN |= {name: lists.of_iterables(getattr(numpy, name)) for name in lists.OF_SEQUENCES}
OWN["row_stack"] = OWN["vstack"]
THEIRS = {name: getattr(numpy, name) for name in numpy.__all__ if name not in globals()}
globals().update(THEIRS | OWN)
for room in (numpy.fft, numpy.random):  # `import autograd.numpy.random` is NumPy's, too
    sys.modules[room.__name__.replace("numpy", __name__, 1)] = room
numpy_wrapper = sys.modules[f"{__name__}.numpy_wrapper"] = sys.modules[__name__]  # as HIPS has it


def __getattr__(name: str) -> Any:
    """Find what NumPy does not count among its public names."""
    return getattr(numpy, name)
