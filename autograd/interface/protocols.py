"""What Python asks of a Tensor: its length and truth, a number of it, its text, what is in it."""

import operator
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.base import modes
from autograd.base.errors import refusal, warn
from autograd.base.usage import function_of_math
from autograd.interface.spellings import dispatching

if TYPE_CHECKING:
    from autograd.tensor import Tensor


class Protocols:
    """The special methods of Tensor, but for its operators."""

    __slots__ = ()
    __array_priority__ = __pandas_priority__ = 5000
    """Above those of a DataFrame: ``series * x`` is asked here, as ``x * series`` is."""

    if TYPE_CHECKING:
        data: Any
        shape: tuple[int, ...]
        ndim: int
        dtype: np.dtype[Any]
        op: Any
        requires_grad: bool
        item: Any

    def __len__(self) -> int:
        if self.ndim == 0:
            raise refusal(
                TypeError,
                "one number has no length, and no parts to go through",
                "len(x), list(x) or a loop over a Tensor of shape ()",
                "x itself; x.reshape(1) for an array of it",
            )
        return self.shape[0]

    def __iter__(self) -> Iterator["Tensor"]:
        return (operator.getitem(self, i) for i in range(len(self)))  # type: ignore[call-overload]  # Tensor defines it

    def __bool__(self) -> bool:
        if type(self.data) is np.ndarray and self.data.size != 1:
            raise refusal(
                ValueError,
                f"an array of shape {self.shape} is ambiguous where one truth value is wanted",
                "if, while, and, or, not, max(), min(), in, or bool() of a Tensor",
                "np.where(x > 0, a, b) chooses for each element; x.any() and x.all() are one",
            )
        return bool(self.data)

    def __float__(self) -> float:
        has_number = not hasattr(self.data, "tape")  # what has none says so itself
        if has_number and self.requires_grad:
            if modes.depth.value:
                raise refusal(
                    TypeError,
                    "a Python number of this value would cut the gradient in silence",
                    "float(x) inside a function that is being differentiated",
                    "NumPy's functions (np.sin, not math.sin), np.zeros(n, like=x) to store into, "
                    "or x.item() where no gradient is wanted",
                )
            # float(loss) is how losses are logged
            if modes.is_grad_enabled() and (name := function_of_math(sys._getframe(1))):
                ours = f"np.{name}" if hasattr(np, name) else "NumPy's or SciPy's function"
                warn(
                    f"math.{name} makes a Python number, which cuts the gradient: {ours} instead, "
                    "or x.item() where no gradient is wanted"
                )
        return float(self.item())

    def __complex__(self) -> complex:
        return complex(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __index__(self) -> int:
        try:
            return operator.index(self.data)
        except TypeError:
            if self.ndim:
                raise
            raise refusal(
                TypeError,
                f"a number of {self.dtype} is no integer",
                "range(x), a[x], or a size",
                "int(x) of one number; an integer dtype for counts and indices",
            ) from None

    def __round__(self, ndigits: int = 0) -> Any:
        return dispatching.round(self, ndigits)

    def __divmod__(self, other: Any) -> tuple[Any, Any]:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> tuple[Any, Any]:
        return other // self, other % self

    def __contains__(self, value: Any) -> bool:
        return bool(np.any(self == value))

    def __format__(self, spec: str) -> str:
        if spec:
            return format(self.item(), spec)
        return str(self if self.ndim else self.data)  # f"{loss}" is the number, as an array's is

    def __repr__(self) -> str:
        if hasattr(self.data, "tape"):  # the numbers are not known yet
            return f"Tensor({self.data!r})"
        text = repr(self.data.tolist()) if self.ndim == 0 else np.array2string(
            self.data, separator=", ", prefix="Tensor("
        )  # fmt: skip
        if self.dtype not in (np.float64, np.int64, np.bool_):
            text += f", dtype={self.dtype}"
        if self.op is not None:
            text += f", op={self.op.name}"
        elif self.requires_grad:
            text += ", requires_grad=True"
        return f"Tensor({text})"
