"""The methods of Tensor: NumPy's functions, under NumPy's and PyTorch's spellings.

Each line names the NumPy function that the method calls; NumPy's protocols lead it to its row.
What arrays have means NumPy's, unless the call is in PyTorch's words: `pytorch` has the rule. So
these differ from PyTorch's: ``x.std()`` and ``x.var(0)`` divide by n, ``x.max(0)`` returns values
alone, ``x.sort()`` sorts in place, ``x.repeat(2)`` repeats each element, ``x.size`` is a number,
though one that may be called.
"""

import math
import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn, Self

import numpy as np

from autograd.base import modes
from autograd.base.errors import describe, dtype_of, refusal
from autograd.interface import pytorch
from autograd.interface.devices import on_cpu
from autograd.interface.protocols import Protocols
from autograd.interface.pytorch import extreme, reduction, spread
from autograd.interface.pytorch_methods import PyTorchMethods
from autograd.interface.spellings import ALIASES, axis_of, dispatching, method, one, shared
from autograd.interface.values import cut_by
from autograd.mutation.versions import renew
from autograd.rules import neural
from autograd.rules.shape import astype

if TYPE_CHECKING:
    from autograd.tensor import Tensor


def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """Compute PyTorch's norm (arrays have no such method), which takes a matrix for a vector."""
    axis = axis_of(axis)
    if ord in (None, "fro", "nuc"):
        return dispatching.linalg.norm(x, ord if ord == "nuc" else None, axis, keepdims)
    return dispatching.linalg.vector_norm(x, ord=ord, axis=axis, keepdims=keepdims)


def sort(self: Any, *args: Any, **options: Any) -> None:
    """Sort in place, as arrays do."""
    self[...] = dispatching.sort(self, *args, **options)


def softmax(x: Any, axis: int = -1, dtype: Any = None) -> Any:
    """Return exp(x) / Σ exp(x) along an axis; with a `dtype`, x is converted to that before."""
    return neural.softmax(x if dtype is None else x.astype(dtype), axis)


def log_softmax(x: Any, axis: int = -1, dtype: Any = None) -> Any:
    """Return x - ln Σ exp(x) along an axis, as `softmax` does."""
    return neural.log_softmax(x if dtype is None else x.astype(dtype), axis)


def diagonal(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """Return ``np.diagonal(self, ...)``; it can be written into, as in PyTorch, where self can."""
    y = dispatching.diagonal(x, offset, axis1, axis2)
    if type(y.data) is np.ndarray:
        y.data.flags.writeable = x.data.flags.writeable
    return y


class Size(int):
    """The number of elements, NumPy's; called, as in PyTorch's programs, a length or the shape.

    >>> from autograd import Tensor
    >>> x = Tensor([[1.0, 2.0, 3.0]])
    >>> x.size, x.size(1), x.size()
    (3, 3, (1, 3))
    """

    shape: tuple[int, ...]

    def __call__(self, dim: int | None = None) -> Any:
        if dim is None:
            return self.shape
        return self.shape[np.lib.array_utils.normalize_axis_index(dim, len(self.shape))]


def size(self: Any) -> Size:
    count = Size(math.prod(self.shape))
    count.shape = self.shape
    return count


def read_only(get: Callable[[Any], Any], doc: str) -> Any:
    """Return a property; what it is annotated with is what type checkers take it for."""
    return property(get, refuse_to_set, doc=doc)


def refuse_to_set(x: Any, value: Any) -> NoReturn:
    """Refuse ``x.shape = ...``."""
    raise refusal(
        AttributeError,
        "what a Tensor is follows from its data, and is not set",
        f"x.shape = ..., x.real = ... or the like, of {describe(x)}, to {value!r:.40}",
        "x = x.reshape(shape); x[...] = real + 1j * x.imag; x = x.astype(dtype)",
    )


SLOTS = {
    "__weakref__": "",
    "_grad": "",
    "args": "What the operation took, by position: Tensors, arrays and numbers.",
    "count": "When it was made, among all tensors: the order of the graph.",
    "data": "The values: an array, or np.float64 and the like for one number.",
    "meta": "What few tensors have, such as a name; None of most.",
    "op": "The operation that it came from, a row of the table; None where none was recorded.",
    "params": "What the operation took by name, such as axis.",
    "requires_grad": "Whether `backward` computes a gradient for it.",
}
"""What a Tensor holds, and what `help` says of it."""


class Methods(PyTorchMethods, Protocols):
    """What a Tensor can do, one line each."""

    __slots__ = ()

    if TYPE_CHECKING:
        count: int
        _grad: Any
        __hash__: Any

        def __eq__(self, other: object) -> "Tensor": ...  # type: ignore[override]  # no bool
        def __ne__(self, other: object) -> "Tensor": ...  # type: ignore[override]  # likewise
        def backward(  # given by the room of this name
            self: Any, gradient: Any = None, retain_graph: bool | None = None,
            create_graph: bool = False,
        ) -> None: ...  # fmt: skip

    # ── what it is ─────────────────────────────────────────────────────────────────────────────
    shape: tuple[int, ...] = read_only(lambda self: self.data.shape, "The lengths of the axes.")
    ndim: int = read_only(lambda self: self.data.ndim, "The number of axes.")
    size: Size = read_only(
        size, "The number of elements; ``x.size(0)`` is a length, as in PyTorch."
    )
    dtype: np.dtype[Any] = read_only(lambda self: self.data.dtype, "NumPy's dtype.")
    nbytes: int = read_only(lambda self: self.data.nbytes, "The bytes of the elements.")
    grad_fn: Any = read_only(
        lambda self: self.op if self.requires_grad else None, "The operation; None of a leaf."
    )
    _value: Any = read_only(lambda self: self.data, "The data, by the name that HIPS autograd has.")
    T: "Tensor" = read_only(np.transpose, "The axes reversed.")
    real: "Tensor" = read_only(np.real, "The real parts.")
    imag: "Tensor" = read_only(np.imag, "The imaginary parts; zeros of real numbers.")

    @property
    def mT(self) -> "Tensor":  # noqa: N802  # NumPy's name
        """The last two axes swapped."""
        return dispatching.swapaxes(self, -1, -2)

    @property
    def mH(self) -> "Tensor":  # noqa: N802  # PyTorch's name
        """The conjugate, with the last two axes swapped."""
        return self.conj().mT

    H = mH

    def item(self, *place: Any) -> Any:
        """Return the only element as a Python number, or that at a place: ``x.item(0, 1)``.

        Raises ValueError for several elements.

        >>> from autograd import Tensor
        >>> Tensor([[2.5]]).item()
        2.5
        """
        if self.data.size != 1 and not place:
            raise refusal(
                ValueError,
                f"an array of shape {self.shape} is no single number",
                "x.item(), float(x), int(x), or a function of Python's math",
                "x[0] or x.sum() for one number, np.exp for math.exp, print(x) for all of them",
            )
        return self.data.item(*place)

    def numel(self) -> int:
        """Return the number of elements."""
        return math.prod(self.shape)

    nelement = numel

    def tolist(self) -> Any:
        """Return nested lists of Python numbers."""
        return self.data.tolist()

    def numpy(self, *, force: bool = False) -> np.ndarray:
        """Return the values as an array: what is written into it shows in this tensor.

        What is written into the tensor shows in the array under no_grad only. An array without axes
        is a copy. Raises TypeError where the tensor is connected to a graph, unless `force`.
        """
        if not force and self.requires_grad and modes.is_grad_enabled():
            instead = "x.detach().numpy(), or x.numpy(force=True), where no gradient is wanted"
            raise cut_by("an array of it", f"x.numpy() of {describe(self)}", instead)
        return np.asarray(self.data)

    def zero_(self) -> Self:
        """Set every element to 0, in place, and return the tensor."""
        operator.setitem(self, ..., 0)  # type: ignore[call-overload]  # Tensor defines __setitem__
        return self

    def fill(self, value: Any) -> None:
        """Set every element to a value, in place."""
        operator.setitem(self, ..., value)  # type: ignore[call-overload]  # as above

    def touch_(self) -> Self:
        """Say that ``.data`` of this leaf was rewritten, as an optimizer does; return the leaf.

        What was computed from it before raises RuntimeError in `backward`, instead of a gradient
        of which one part belongs to the old values and one to the new.
        """
        renew(self)
        return self

    # ── each element ───────────────────────────────────────────────────────────────────────────
    exp, exp2, expm1 = method(np.exp), method(np.exp2), method(np.expm1)
    log, log2, log10, log1p = method(np.log), method(np.log2), method(np.log10), method(np.log1p)
    sqrt, square = method(np.sqrt), method(np.square)
    sin, cos, tan = method(np.sin), method(np.cos), method(np.tan)
    arcsin, arccos, arctan = method(np.arcsin), method(np.arccos), method(np.arctan)
    sinh, cosh, tanh = method(np.sinh), method(np.cosh), method(np.tanh)
    abs, sign, angle = method(np.absolute), method(np.sign), method(np.angle)
    floor, ceil, round = method(np.floor), method(np.ceil), method(np.round)
    clip = method(np.clip)
    maximum, minimum = method(np.maximum), method(np.minimum)
    isnan, isinf, isfinite = method(np.isnan), method(np.isinf), method(np.isfinite)
    sigmoid, relu, softplus = method(neural.sigmoid), method(neural.relu), method(neural.softplus)
    softmax, log_softmax = method(softmax), method(log_softmax)
    logsumexp = reduction(neural.logsumexp)

    def conjugate(self) -> "Tensor":
        """Return the complex conjugates; of real numbers, themselves."""
        y: Any = dispatching.conjugate(self) if self.dtype.kind == "c" else self
        return y

    conj = conjugate

    # ── reductions ─────────────────────────────────────────────────────────────────────────────
    sum, prod, mean = reduction(np.sum), reduction(np.prod), reduction(np.mean)
    var, std = spread(np.var), spread(np.std)
    max = extreme(np.max, np.argmax, np.maximum)
    min = extreme(np.min, np.argmin, np.minimum)
    amax, amin = reduction(np.amax), reduction(np.amin)
    ptp, cumsum, cumprod = method(np.ptp), method(np.cumsum), method(np.cumprod)
    norm = method(norm)
    all, any, allclose = reduction(np.all), reduction(np.any), method(np.allclose)
    argmax, argmin = reduction(np.argmax), reduction(np.argmin)
    sort = shared(sort, pytorch.sort)
    argsort: Callable[..., "Tensor"] = shared(np.argsort, pytorch.argsort)

    # ── products ───────────────────────────────────────────────────────────────────────────────
    dot, matmul = method(np.dot), method(np.matmul)
    mm = bmm = matmul
    trace, diagonal = method(np.trace), method(diagonal)

    # ── shapes ─────────────────────────────────────────────────────────────────────────────────
    ravel = method(np.ravel)
    flatten: Callable[..., "Tensor"] = shared(np.ravel, pytorch.flatten, (int,), "flatten")
    swapaxes, moveaxis = method(np.swapaxes), method(np.moveaxis)
    squeeze: Callable[..., "Tensor"] = shared(np.squeeze, pytorch.squeeze)
    unsqueeze = method(np.expand_dims)
    take, copy = method(np.take), method(np.copy)
    clone = copy

    def reshape(self, *lengths: Any, shape: Any = None, **options: Any) -> "Tensor":
        """Return the same elements in another shape: ``reshape(2, 3)`` or ``reshape((2, 3))``.

        -1 stands for what is left. Raises ValueError for a shape of more or fewer elements.
        """
        return dispatching.reshape(self, one(lengths) if shape is None else shape, **options)

    view = reshape

    def transpose(self, *axes: Any, dim0: Any = None, dim1: Any = None) -> "Tensor":
        """Permute the axes (reverse them without arguments), as NumPy does.

        Two numbers are swapped, as PyTorch does: ``x.transpose(0, 1)``.
        """
        axes = (*axes, *[dim for dim in (dim0, dim1) if dim is not None])
        if len(axes) == 2:
            return dispatching.swapaxes(self, *axes)
        return dispatching.transpose(self, one(axes) if axes else None)

    def permute(self, *axes: Any, dims: Any = None) -> "Tensor":
        """Permute the axes."""
        return dispatching.transpose(self, one(axes) if dims is None else dims)

    def expand(self, *shape: Any, size: Any = None) -> "Tensor":
        """Broadcast to a shape, in which -1 keeps an axis as it is.

        >>> from autograd import ones
        >>> ones(2, 1).expand(-1, 3).shape
        (2, 3)
        """
        lengths = one(shape) if size is None else size
        new = len(lengths) - self.ndim
        kept = [self.shape[i - new] if n == -1 and i >= new else n for i, n in enumerate(lengths)]
        return dispatching.broadcast_to(self, tuple(kept))

    def repeat(self, *repeats: Any, **options: Any) -> "Tensor":
        """Repeat each element, as NumPy does: ``repeat(2, 1)`` twice along axis 1."""
        axis = repeats[1:2]
        if len(repeats) > 2 or (axis and type(axis[0]) is int and axis[0] >= max(self.ndim, 1)):
            raise refusal(
                TypeError,
                "repeat is NumPy's, of each element: of the whole, it is tile",
                f"x.repeat{repeats}",
                f"x.tile({repeats})",
            )
        return dispatching.repeat(
            self, *repeats, **{ALIASES.get(k, k): v for k, v in options.items()}
        )

    def astype(self, dtype: Any, *, copy: bool = True) -> "Tensor":
        """Return the values in another dtype; the gradient comes back in this one's.

        As objects they stay the numbers that they are.

        >>> from autograd import Tensor
        >>> Tensor([1.5, 2.5]).astype("float32")
        Tensor([1.5, 2.5], dtype=float32)
        """
        y: Any = self
        kind = dtype_of(dtype)
        dtype = y.dtype if kind.kind == "O" else kind
        return y if not copy and y.dtype == dtype else astype(y, dtype=dtype)

    def to(self, *kinds: Any, copy: bool = False, **named: Any) -> "Tensor":
        """Return the values in a dtype, as `astype` does; on a device, which is ``"cpu"``.

        With `copy`, writing into the result leaves this tensor as it is; `non_blocking` is no
        matter. Raises ValueError for any other device.
        """
        y: Any = self.copy() if copy else self
        named.pop("non_blocking", None)
        for kind in (*kinds, *named.values()):
            if isinstance(kind, str) and not _is_dtype(kind):
                on_cpu(kind)
            elif kind is not None:
                y = y.astype(kind, copy=False)
        return y

    def cpu(self) -> Self:
        """Return the tensor itself, which is there."""
        return self

    def float(self) -> "Tensor":
        """Return the values as float32, as PyTorch's `float` does."""
        return self.astype(np.float32, copy=False)

    def double(self) -> "Tensor":
        """Return the values as float64."""
        return self.astype(np.float64, copy=False)

    def long(self) -> "Tensor":
        """Return the values as int64."""
        return self.astype(np.int64, copy=False)


def _is_dtype(kind: str) -> bool:
    try:
        np.dtype(kind)
    except TypeError:
        return False
    return True
