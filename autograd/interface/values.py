"""What a Tensor holds: numbers, in an array that nobody else writes into."""

from contextlib import suppress
from gc import get_referrers
from threading import get_ident
from typing import Any, Protocol

import numpy as np

from autograd.base import modes
from autograd.base.errors import call_of, describe, dtype_of, plain, refusal
from autograd.base.usage import SPARSE, instead_of_array
from autograd.primitive import Primitive, full_name, stranger
from autograd.rules.shape import cut_off, unlisted


class HasArray(Protocol):
    """What NumPy makes an array of: an array, a number of NumPy's, a table, a Tensor."""

    def __array__(self) -> np.ndarray: ...


Operand = HasArray | complex | list[Any] | tuple[Any, ...]
"""What an operator takes beside a Tensor."""


def is_operand(b: Any) -> bool:
    """Tell whether an operator takes b, which is no Tensor: a number, a list, an array, a table."""
    return isinstance(b, (np.generic, int, float, complex, list, tuple)) or (
        isinstance(plain(b), np.ndarray)
    )


def as_operand(b: Any) -> Any:
    """Return what `is_operand` takes as rules do: with a shape, or as Python's number."""
    return unlisted(plain(b))


def values(data: Any, requires_grad: bool, dtype: Any) -> Any:
    """Return a new array of numbers, or a NumPy scalar for one of them.

    Python's floats, and its integers if they require a gradient, get the default dtype.
    """
    stands_in = hasattr(data, "tape")  # for an array, while a function is captured or mapped
    if hasattr(data, "_record") and not stands_in:  # a Tensor, which stands above this room
        if data.op and data.requires_grad and get_ident() not in modes.paused:
            instead = "x itself; x.clone() or x.astype(dtype), which stay connected; x.detach()"
            raise cut_by("a copy of it", f"Tensor({describe(data)})", instead)
        data = data.data
        stands_in = hasattr(data, "tape")
    array = plain(data)
    typed = dtype is not None or (hasattr(array, "dtype") and not getattr(array, "weak", False))
    try:
        dtype = None if dtype is None else dtype_of(dtype)
        if stands_in:
            array = array if dtype is None else array.astype(dtype)
            array = cut_off(np.copy(array))
        else:
            array = np.array(array, dtype=dtype)
    except ValueError as error:
        raise refusal(
            ValueError,
            f"NumPy makes no array of this: {str(error).partition('. ')[0]}",
            f"Tensor({data!r:.60})",
            "nested lists of numbers of one shape; one Tensor for each row of another length",
        ) from None
    if not typed and (requires_grad or array.dtype == np.float64) and array.dtype.kind in "iuf":
        array = array.astype(modes.default)
    elif not typed and array.dtype.kind == "c":
        array = array.astype(np.result_type(modes.default, np.complex64))
    if array.dtype.kind not in "biufc":
        raise refusal(
            TypeError,
            f"a Tensor holds numbers, not {array.dtype}",
            f"Tensor({data!r})",
            "a number, an array, or nested lists of numbers of one shape",
        )
    return array[()] if array.ndim == 0 and not stands_in else array


def no_array(x: Any, home: str, name: str) -> TypeError:
    """Return the error about a Tensor that is connected to a graph, and asked for an array.

    It is asked by a function of another library, or as the data of a Tensor: ``w.data = w - g``.
    """
    if any(type(y) is type(x) and getattr(y, "_grad", None) is not x for y in get_referrers(x)):
        return refusal(
            TypeError,
            "these data are connected to a graph: an array of them would cut the gradient",
            f"x.data = {describe(x)}",
            "with no_grad(): x[...] = y; or x.data = y.detach()",
        )
    where = f"{f'{home}.{name}' if name else 'np.asarray'}({describe(x)})"
    return cut_by("an array of it", where, instead_of_array(home, name))


def cut_by(what: str, where: str, instead: str) -> TypeError:
    """Return the error about what would be made of a Tensor, and is in no graph."""
    told = f"this Tensor is connected to a graph: {what} would cut the gradient"
    return refusal(TypeError, told, where, instead)


def no_numbers(op: Primitive, given: tuple[Any, ...]) -> TypeError:
    """Return the error about a result of objects: NumPy takes a sparse matrix for one, too."""
    name = full_name(op.fn).removeprefix("_operator.")
    objects = any(getattr(v, "dtype", None) == np.dtype(object) for v in given)
    return refusal(
        TypeError,
        f"{name} made objects, not numbers",
        call_of(name, given),
        "a.astype(float), of the array of objects" if objects else SPARSE,
    )


def unnested(given: tuple[Any, ...]) -> bool:
    """Make arrays of data that are Tensors, as ``w.data = w.data - lr * w.grad`` leaves them.

    Also of what the given values came from, or a loop would nest them ever deeper. Tell whether
    there were some. Where a function is captured, data may be what stands for an array.
    """
    found = () if modes.readers else given
    ours: list[Any] = [v for v in found if hasattr(v, "_record")]  # PyTorch's always have such data
    waiting = nested = [v for v in ours if type(v.data) is type(v)]
    seen = {*waiting}
    while waiting:
        before = {a for v in waiting for a in v.args if type(a) is type(v)} - seen
        for v in waiting:
            v.data = v.detach().data
        waiting = [v for v in before if type(v.data) is type(v)]
        seen |= before
    return bool(nested)


def result_of(name: str, data: Any) -> Any:
    """Return as NumPy's what is Python's, as 1j * np.float64(2) and what users' functions return.

    Raises TypeError for what is no number, RuntimeError for a tensor with a history, which no rule
    would follow.
    """
    if getattr(data, "requires_grad", False):
        raise stranger(name)
    with suppress(ValueError):
        result = np.asarray(data)
        if result.dtype.kind in "biufc":
            return result[()]
    raise refusal(
        TypeError,
        "a primitive returns an array or a number",
        f"{name}, which returned {data!r:.40}",
        "return y, an array; a primitive for each of several results",
    )


def plain_index(index: Any) -> Any:
    """Return an index without Tensors, and with arrays that nobody will change later."""
    if type(index) is tuple:
        return tuple(plain_index(i) for i in index)
    if hasattr(index, "_record") and not hasattr(index, "tape"):
        index = index.data
    if not isinstance(index, (np.ndarray, list)):
        return index
    array = np.array(index)
    return array if array.size or type(index) is not list else array.astype(int)  # x[[]]
