"""PyTorch's methods that arrays have not. Those that both have are in `methods`."""

import operator
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from autograd.base.errors import describe, refusal
from autograd.base.modes import is_grad_enabled
from autograd.interface.devices import device
from autograd.interface.elsewhere import REFUSED, Refused
from autograd.interface.pytorch import Found, argsort, axis_in, reduction
from autograd.interface.spellings import dispatching, in_place, method, one
from autograd.rules import neural

if TYPE_CHECKING:
    from autograd.tensor import Tensor


def places_in(x: Any, dim: int, index: Any) -> tuple[Any, ...]:
    """Return NumPy's index for PyTorch's: its numbers along one axis, where it stands elsewhere."""
    grid: list[Any] = list(np.indices(np.shape(index), sparse=True))
    if len(grid) != x.ndim:
        what = f"the index has as many axes as the tensor: {x.ndim}, not {len(grid)}"
        where = f"gather or scatter of {x.shape} along {dim}, with an index {np.shape(index)}"
        raise refusal(IndexError, what, where, "index[:, None], or x[index] for whole rows")
    grid[axis_in(x.shape, dim)] = index
    return tuple(grid)


def quantile(x: Any, q: Any, axis: Any = None, keepdims: bool = False, **options: Any) -> "Tensor":
    """Return ``np.quantile(x, q, axis, keepdims=keepdims, ...)``."""
    return dispatching.quantile(x, q, axis=axis, keepdims=keepdims, **options)


def add(x: Any, other: Any, alpha: Any = 1) -> "Tensor":
    """Return ``x + alpha * other``."""
    return x + (other if alpha == 1 else alpha * other)


def sub(x: Any, other: Any, alpha: Any = 1) -> "Tensor":
    """Return ``x - alpha * other``."""
    return x - (other if alpha == 1 else alpha * other)


def div(x: Any, other: Any, rounding_mode: str | None = None) -> "Tensor":
    """Return ``x / other``, or with ``"floor"`` or ``"trunc"`` whole numbers, rounded so.

    Raises ValueError for another word.
    """
    if rounding_mode not in (None, "floor", "trunc"):
        what, where = "a quotient is rounded by 'floor' or 'trunc'", f"div(..., {rounding_mode=})"
        raise refusal(ValueError, what, where, "np.round(x / y) for the nearest number")
    if rounding_mode == "floor":
        return x // other
    y = x / other
    if rounding_mode is None:
        return y
    whole = np.result_type(x, other).kind in "biu"
    return dispatching.trunc(y).astype(np.int64) if whole else dispatching.trunc(y)


def _along(x: Any, dim: int, index: Any) -> tuple[Any, ...]:
    return (*[slice(None)] * axis_in(x.shape, dim), index)


class PyTorchMethods:
    """Methods that arrays have not."""

    __slots__ = ()

    def __dir__(self) -> list[str]:
        return sorted({*object.__dir__(self)}.difference(REFUSED))

    if TYPE_CHECKING:
        shape: tuple[int, ...]
        ndim: int
        astype: Any

    # ── each element ───────────────────────────────────────────────────────────────────────────
    add, sub, div, mul = add, sub, div, method(operator.mul)
    neg, pow, remainder = method(np.negative), method(operator.pow), method(np.remainder)
    eq, ne, lt = method(operator.eq), method(operator.ne), method(operator.lt)
    le, gt, ge = method(operator.le), method(operator.gt), method(operator.ge)
    asin, acos, atan = method(np.arcsin), method(np.arccos), method(np.arctan)
    atan2, fmod, trunc = method(np.arctan2), method(np.fmod), method(np.trunc)
    logical_and, logical_or = method(np.logical_and), method(np.logical_or)
    logical_not, logical_xor = method(np.logical_not), method(np.logical_xor)
    erf = method(neural.erf)
    clamp = method(np.clip)

    def reciprocal(self: Any) -> "Tensor":
        """Return ``1 / self``; of integers, too, of which NumPy's is 0."""
        return 1 / self

    def rsqrt(self) -> "Tensor":
        """Return ``1 / np.sqrt(self)``."""
        return 1 / dispatching.sqrt(self)

    def masked_fill(self, mask: Any, value: Any) -> "Tensor":
        """Return the tensor with a value where the mask is true."""
        return dispatching.where(mask, value, self)

    def masked_fill_(self: Any, mask: Any, value: Any) -> "Tensor":
        """Set the elements where the mask is true, in place, and return the tensor.

        Raises ValueError or OverflowError for a number that the dtype has not.

        >>> from autograd import tensor
        >>> x = tensor([1.0, 2.0])
        >>> x.masked_fill_(x > 1, 0.0)
        Tensor([1., 0.])
        """
        fitting = dispatching.zeros_like(self, shape=())
        try:
            with np.errstate(over="raise"):
                fitting[...] = value  # which refuses, where `where` would make it a float
        except FloatingPointError:
            what = f"a tensor of {self.dtype} cannot hold {value!r:.40}"
            where, instead = f"masked_fill_ of {describe(self)}", "np.inf, or x.double() first"
            raise refusal(OverflowError, what, where, instead) from None
        self[...] = dispatching.where(mask, fitting, self)
        return self

    # ── order and statistics ───────────────────────────────────────────────────────────────────
    quantile, diff, nanmean = method(quantile), method(np.diff), reduction(np.nanmean)
    count_nonzero = method(np.count_nonzero)

    def median(self, dim: Any = None, keepdim: bool = False) -> Any:
        """Return the median, of an even number the lower one; along an axis, where it is, too.

        NumPy's is the mean of both: ``np.median(x)``.

        >>> from autograd import tensor
        >>> tensor([1.0, 4.0, 2.0, 3.0]).median()
        Tensor(2.0)
        """
        y = dispatching.quantile(self, 0.5, axis=dim, method="lower", keepdims=dim is not None)
        if dim is None:
            return y
        there = dispatching.logical_or(self == y, dispatching.isnan(self))
        places = dispatching.argmax(there, axis=dim, keepdims=keepdim)
        return Found(y if keepdim else dispatching.squeeze(y, dim), places)

    def topk(self, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Found:  # noqa: ARG002  # always
        """Return the k largest values along an axis, or the smallest, and where they are.

        Raises IndexError for more than there are, and for fewer than none.

        >>> from autograd import tensor
        >>> tensor([3.0, 1.0, 2.0]).topk(2)
        Found(values=Tensor([3., 2.]), indices=Tensor([0, 2]))
        """
        lengths = self.shape or (1,)
        n = lengths[axis_in(lengths, dim)]
        if not 0 <= k <= n:
            where = f"topk({k}, {dim}) of a tensor of shape {self.shape}"
            raise refusal(IndexError, f"there are no {k} values among {n}", where, f"topk({n})")
        places = dispatching.take(argsort(self, dim, largest), np.arange(k), axis=dim)
        return Found(dispatching.take_along_axis(self, places, dim), places)

    # ── parts ──────────────────────────────────────────────────────────────────────────────────
    def split(self: Any, split_size: Any, dim: int = 0) -> tuple["Tensor", ...]:
        """Return parts of one size, the last maybe smaller; or of the sizes of a list.

        Raises ValueError for sizes that do not sum to the axis.

        >>> from autograd import arange
        >>> arange(3).split(2), arange(3).split([1, 2])
        ((Tensor([0, 1]), Tensor([2])), (Tensor([0]), Tensor([1, 2])))
        """
        length, sizes = self.shape[axis_in(self.shape, dim)], split_size
        if isinstance(sizes, (int, np.integer)):
            if sizes < 1:
                where = f"split({sizes}, dim={dim})"
                raise refusal(ValueError, "a part has at least one row", where, "x.split(2)")
            return tuple(dispatching.split(self, range(int(sizes), length, int(sizes)), axis=dim))
        if sum(sizes) != length:
            what = f"sizes of {sum(sizes)} in all, of an axis of {length}"
            raise refusal(
                ValueError, what, f"split({sizes}, dim={dim})", "sizes that sum to the axis"
            )
        return tuple(dispatching.split(self, np.cumsum(sizes)[:-1], axis=dim))

    def chunk(self: Any, chunks: int, dim: int = 0) -> tuple["Tensor", ...]:
        """Return that many parts, or fewer: all of one size but the last."""
        if chunks < 1:
            where = f"chunk({chunks}, dim={dim})"
            raise refusal(ValueError, "there is at least one part", where, "x.chunk(2)")
        length = self.shape[axis_in(self.shape, dim)]
        return PyTorchMethods.split(self, max(1, -(-length // chunks)), dim)

    def unbind(self, dim: int = 0) -> tuple["Tensor", ...]:
        """Return the parts along an axis."""
        return tuple(dispatching.moveaxis(self, dim, 0))

    def narrow(self: Any, dim: int, start: int, length: int) -> "Tensor":
        """Return that many parts along an axis, from one on. Raises IndexError beyond its end."""
        size = self.shape[axis_in(self.shape, dim)]
        first = start + size if start < 0 else start
        if not 0 <= first <= first + length <= size:
            what = f"an axis of {size} has no {length} parts from {start} on"
            where = f"narrow({dim}, {start}, {length}) of {self.shape}"
            raise refusal(IndexError, what, where, "a start + length that is no more than the axis")
        return self[_along(self, dim, slice(first, first + length))]

    def select(self: Any, dim: int, index: int) -> "Tensor":
        """Return the part along an axis that has this number."""
        return self[_along(self, dim, index)]

    def index_select(self, dim: int, index: Any) -> "Tensor":
        """Return the parts along an axis that have these numbers."""
        return dispatching.take(self, index, axis=dim)

    def gather(self: Any, dim: int, index: Any) -> "Tensor":
        """Return, of each place of `index`, the element with that number along an axis.

        >>> from autograd import tensor
        >>> tensor([[1, 2], [3, 4]]).gather(1, tensor([[1], [0]]))
        Tensor([[2],
                [3]])
        """
        return self[places_in(self, dim, index)]

    def scatter_(
        self: Any, dim: int, index: Any, src: Any = None, *, value: Any = None
    ) -> "Tensor":
        """Set the elements that `gather` returns, in place; return the tensor.

        Of a `src` that is longer than the index, the rest is left out. Raises TypeError for
        neither `src` nor `value`, or both, and ValueError for a `src` that is shorter.

        >>> from autograd import tensor, zeros
        >>> zeros(2, 2).scatter_(1, tensor([[1], [0]]), tensor([[3.0], [4.0]]))
        Tensor([[0., 3.],
                [4., 0.]])
        """
        where = f"scatter_({dim}, index, src) of {self.shape}"
        if (src is None) == (value is None):
            what = "scatter_ sets either a src or one value"
            raise refusal(TypeError, what, where, f"x.scatter_({dim}, index, value=1.0)")
        new = value if src is None else src
        lengths, given = np.shape(index), np.shape(new)
        if given:
            if len(given) != len(lengths) or any(map(operator.lt, given, lengths)):
                what = f"a src is as long as the index {lengths} along each axis, not {given}"
                raise refusal(ValueError, what, where, "np.broadcast_to(src, index.shape)")
            new = new[tuple(map(slice, lengths))]
        self[places_in(self, dim, index)] = new
        return self

    # ── shapes and products ────────────────────────────────────────────────────────────────────
    roll, movedim = method(np.roll), method(np.moveaxis)
    repeat_interleave = method(np.repeat)
    tril, triu, diag = method(np.tril), method(np.triu), method(np.diag)
    outer = ger = method(np.outer)
    inner, kron, mv = method(np.inner), method(np.kron), method(np.matmul)
    t = method(np.transpose)

    def dim(self) -> int:
        """Return the number of axes."""
        return self.ndim

    def flip(self, *axes: Any, dims: Any = None) -> "Tensor":
        """Reverse the order along axes."""
        y = dispatching.flip(self, tuple(one(axes) if dims is None else dims))
        return y if is_grad_enabled() else y.copy()  # PyTorch's is no view to write through

    def tile(self, *repeats: Any, dims: Any = None) -> "Tensor":
        """Return the whole, repeated along each axis: PyTorch's ``repeat``."""
        return dispatching.tile(self, one(repeats) if dims is None else dims)

    def expand_as(self, other: Any) -> "Tensor":
        """Broadcast to the shape of another."""
        return dispatching.broadcast_to(self, other.shape)

    def view_as(self, other: Any) -> "Tensor":
        """Return the same elements in the shape of another."""
        return dispatching.reshape(self, other.shape)

    reshape_as = view_as

    def contiguous(self) -> Self:
        """Return the tensor itself: the order in memory is no matter here."""
        return self

    # ── in place ───────────────────────────────────────────────────────────────────────────────
    mul_, div_, pow_ = method(operator.imul), method(operator.itruediv), method(operator.ipow)
    exp_, sqrt_, tanh_ = in_place(np.exp), in_place(np.sqrt), in_place(np.tanh)
    neg_, abs_, round_ = in_place(np.negative), in_place(np.abs), in_place(np.round)
    relu_, sigmoid_ = in_place(neural.relu), in_place(neural.sigmoid)
    clamp_ = in_place(np.clip)

    def copy_(self: Any, src: Any) -> "Tensor":
        """Set every element to another's, in place, and return the tensor."""
        self[...] = src
        return self

    def fill_(self: Any, value: Any) -> "Tensor":
        """Set every element to a value, in place, and return the tensor."""
        self[...] = value
        return self

    def add_(self: Any, other: Any, alpha: Any = 1) -> "Tensor":
        """Add ``alpha * other`` in place, and return the tensor."""
        self += other if alpha == 1 else alpha * other
        return self

    def sub_(self: Any, other: Any, alpha: Any = 1) -> "Tensor":
        """Subtract ``alpha * other`` in place, and return the tensor."""
        self -= other if alpha == 1 else alpha * other
        return self

    # ── dtypes, and what there is only one of ──────────────────────────────────────────────────
    @property
    def device(self) -> device:
        """Where the values are: ``"cpu"``."""
        return device()

    def type_as(self, other: Any) -> "Tensor":
        """Return the values in the dtype of another."""
        return self.astype(other.dtype, copy=False)

    def half(self) -> "Tensor":
        """Return the values as float16."""
        return self.astype(np.float16, copy=False)

    def int(self) -> "Tensor":
        """Return the values as int32."""
        return self.astype(np.int32, copy=False)

    def bool(self) -> "Tensor":
        """Return whether each value is other than 0."""
        return self.astype(np.bool_, copy=False)


for _name, _instead in REFUSED.items():
    setattr(PyTorchMethods, _name, Refused(_name, _instead))
