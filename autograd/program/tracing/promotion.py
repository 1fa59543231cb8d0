"""The dtypes that numbers of Python's take beside arrays, as NumPy's rules of promotion say."""

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.primitive import Primitive
from autograd.program.tracing.symbol import Symbol
from autograd.rules.shape import astype, fit, setitem

WRAPPING = {np.where} if np.lib.NumpyVersion(np.__version__) < "2.5.0" else set()
COMPARISONS = {np.less, np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal}


def promoted(op: Primitive, values: Sequence[Any]) -> tuple[list[Any], bool]:
    """Give Python's numbers the dtype of what they meet; tell whether the result is one, too."""
    numbers = [v.example.item() if type(v) is Symbol and v.weak else v for v in values]
    strong = [v.dtype for v in numbers if hasattr(v, "dtype")]
    if not strong:
        return [*values], getattr(op.call, "__module__", None) == operator.add.__module__
    dtypes = _computed_in(op, numbers)
    whole = dtypes[0].kind in "iu"
    if op.fn in COMPARISONS and whole:
        return [*values], False  # of any size: no byte is 300, and all are less
    rule: Any = "same_kind" if op.fn is setitem and not whole else "safe"  # it rounds what is alike
    return [
        v if v is number or np.can_cast(v.dtype, dtype, rule) else _cast(op, v, dtype)
        for v, number, dtype in zip(values, numbers, dtypes, strict=True)
    ], False


def _cast(op: Primitive, number: Symbol, dtype: np.dtype) -> Any:
    """Do with a number of Python's what NumPy does, which refuses what is too large."""
    is_checked = op.fn is setitem or (dtype.kind in "iu" and op.fn not in WRAPPING)
    return (fit if is_checked else astype)(number, dtype=dtype)


def _computed_in(op: Primitive, values: Sequence[Any]) -> list[np.dtype]:
    """Return the dtypes that an operation gives its arguments: integers are divided as floats."""
    if op.fn is setitem:
        return [values[0].dtype] * 2
    if not isinstance(op.fn, np.ufunc):
        return [np.result_type(*[getattr(v, "dtype", v) for v in values])] * len(values)
    kinds = [v.dtype if hasattr(v, "dtype") else _weak_kind(v) for v in values]
    return [*op.fn.resolve_dtypes((*kinds, None))[:-1]]


def _weak_kind(number: Any) -> Any:
    """Return what NumPy calls the dtype of a number of Python's."""
    kinds = {bool: np.dtype(bool), int: int, float: float, complex: complex}
    return next(kind for python, kind in kinds.items() if isinstance(number, python))
