"""HIPS autograd's `autograd.builtins`: Python's containers of Tensors are traced as they are."""

import builtins
from builtins import dict, list, tuple  # noqa: A004, UP029  # to be imported from here
from typing import Any

from autograd.tracer import getval

__all__ = ["DictBox", "SequenceBox", "dict", "isinstance", "list", "tuple", "type"]

DictBox, SequenceBox = dict, list | tuple  # what HIPS traces containers in


def isinstance(value: Any, kind: Any) -> bool:
    """Tell whether a value, or what stands behind it where it is traced, is of a type.

    >>> import numpy as np
    >>> from autograd import Tensor
    >>> isinstance(Tensor([1.0]), np.ndarray), isinstance(Tensor([1.0]), Tensor)
    (True, True)
    """
    return builtins.isinstance(value, kind) or builtins.isinstance(getval(value), kind)


def type(value: Any) -> Any:
    """Return the type of a value, or of what stands behind it where it is traced.

    >>> from autograd import Tensor
    >>> type(Tensor([1.0]))
    <class 'numpy.ndarray'>
    """
    return builtins.type(getval(value))
