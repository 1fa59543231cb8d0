"""What a loss compares its input with: the checks that the losses share, and their reduction."""

from collections.abc import Callable
from numbers import Number
from typing import Any, TypeVar

import numpy as np

from autograd import Tensor, plain, primitive, refusal, warn
from nn.checks import refuse, refuse_other_shapes

Array = Any  # a Tensor or an array: what comes out of a function here is what came in
Same = TypeVar("Same", bound=Any)  # likewise, where it depends on one argument alone
Maybe = Array | None  # what may be left out
IGNORED = -100  # what PyTorch ignores unless told otherwise
SUM_TOLERANCE = 1e-3  # leaves room for probabilities typed by hand, or in float16


def given(value: Array) -> Array:
    """Return a Tensor as it is, and an array of anything else."""
    value = plain(value)
    return value if hasattr(value, "dtype") else np.asarray(value)


def floating(value: Array, dtype: Any = np.float64) -> Array:
    """Return a Tensor or an array of floats: integers and booleans in the given dtype.

    Raises TypeError for complex numbers, whose imaginary parts would be lost, and for None.
    """
    if value is None:
        what, instead = "there are no numbers to compare: None", "return y as the end of forward"
        raise refusal(TypeError, what, "the input of a loss", instead)
    value = given(value)
    if value.dtype.kind == "c":
        what, where = "layers and losses take real numbers", f"{value.dtype} {value.shape}"
        instead = "np.stack([z.real, z.imag]) for both parts, or np.abs(z)"
        raise refusal(TypeError, what, where, instead)
    return value if value.dtype.kind == "f" else value.astype(dtype)


def raw(value: Array) -> np.ndarray:
    """Return the values alone."""
    return given(value.data if type(value) is Tensor else value)


def fixed(value: Array) -> Array:
    """Return a value that no gradient goes through; in programs and maps, too."""
    if type(value) is Tensor:
        return value.detach()
    return value if isinstance(value, np.ndarray | np.generic) else value.data


def numbers(value: Array) -> np.ndarray:
    """Return the values to look at: in a program those of its example, in a map those of all.

    The examples of a map are along one more axis, the first.
    """
    values = raw(value)
    return values if isinstance(values, np.ndarray | np.generic) else values.known


def in_dtype_of(value: Array, like: Array) -> Array:
    """Return a value in the dtype of another, so as not to widen that; Tensors keep their history.

    >>> in_dtype_of([1, 2], np.ones(3, np.float32)).dtype
    dtype('float32')
    """
    value = given(value) if getattr(value, "requires_grad", False) else raw(value)
    return value if value.dtype == like.dtype else value.astype(like.dtype)


def factor(value: Array, like: Array, name: str = "weight") -> Array:
    """Return what to multiply with. Raises ValueError where that would change the shape.

    >>> factor([1, 2], np.ones((3, 2)))
    array([1., 2.])
    """
    value, shape = in_dtype_of(value, like), like.shape
    lengths = zip(value.shape[::-1], shape[::-1], strict=False)
    if value.ndim > len(shape) or any(n not in (1, m) for n, m in lengths):
        what = f"a {name} of shape {value.shape} does not broadcast to the shape {shape}"
        where = f"{name} {value.shape} of elements {shape}"
        raise refusal(ValueError, what, where, f"one {name} for each element")
    return value


REDUCTIONS: dict[str, Callable[[Array], Array]] = {"mean": np.mean, "sum": np.sum, "none": given}


def reduce(losses: Array, reduction: str, weight: Maybe = None, by_weight: bool = False) -> Array:
    """Weight the losses, and return them, their sum or their mean; `by_weight`: a weighted mean.

    Raises ValueError for an unknown reduction.

    >>> losses = np.array([1.0, 3.0])
    >>> [reduce(losses, "mean", [3, 1], by_weight).item() for by_weight in (False, True)]
    [3.0, 1.5]
    """
    if weight is not None:
        weight = factor(weight, losses)
        losses = losses * weight
        if by_weight and reduction == "mean":
            return np.sum(losses) / np.sum(np.broadcast_to(weight, losses.shape))
    if reduction not in REDUCTIONS:
        what = f"there is no reduction {reduction!r}"
        where = f"reduction={reduction!r} of losses {losses.shape}"
        raise refusal(ValueError, what, where, "reduction='mean', 'sum' or 'none'")
    return REDUCTIONS[reduction](losses) if losses.ndim else losses


def refuse_size_average(name: str, option: str, value: object) -> None:
    """Refuse what is no number, as True: PyTorch's losses take `size_average` in its place."""
    what = f"{name} has no size_average, which PyTorch's takes in the place of {option}"
    where, instead = f"{name}({option}={value!r})", "reduction='mean' for True, 'sum' for False"
    wrong = isinstance(value, bool) or not isinstance(value, Number)
    refuse(wrong, what, where, instead, TypeError)


# ── targets that are numbers ──────────────────────────────────────────────────────────────────
def alike(name: str, input: Array, *targets: Array) -> list[Array]:
    """Return what `name` compares element by element; integers and booleans become floats.

    Raises ValueError where the shapes differ: broadcasting (N, 1) against (N,) would compare each
    element with all the others, without a word.
    """
    x = floating(input)
    values = [x, *(floating(target, x.dtype) for target in targets)]
    for t in values[1:]:
        if x.shape != t.shape:
            what = f"{name} compares element with element, so both need the same shape"
            where = f"{name}(input {x.shape}, target {t.shape})"
            like = f"target.reshape({x.shape})" if x.size == t.size else "a target like the input"
            raise refusal(ValueError, what, where, like)
    return values


# ── targets that are classes ──────────────────────────────────────────────────────────────────
def class_axis(shape: tuple[int, ...]) -> int:
    """Return the axis of the classes in (C,), (N, C) or (N, C, d1, ...)."""
    return 1 if len(shape) > 1 else 0


def class_weight(weight: Maybe, x: Array) -> Maybe:
    """Return one factor for each class, if given. Raises ValueError for another number of them."""
    refuse_other_shapes(x, (x.shape[class_axis(x.shape)],), weight=weight)
    return None if weight is None else in_dtype_of(weight, x)


def of_each(weight: Array, index: Array) -> Array:
    """Return the factor of the class of each target."""
    known = isinstance(index, np.ndarray)  # an array has no way to be indexed by a symbol
    return weight[index] if known else np.take_along_axis(weight, index, 0)


def by_class(
    name: str, losses: Callable[[Array, Array, Any], Array], x: Array, target: Array,
    weight: Maybe, ignore_index: int | None, reduction: str,
) -> Array:  # fmt: skip
    """Reduce ``losses(rows, class indices, weight)`` over the targets that count.

    `losses` gets (M, C) and (M,), whatever the shapes are here; the weight is its own business.
    A program gets masks where its example has ignored targets, or they have an index of their own.
    """
    index, keep, axis = raw(target), None, class_axis(x.shape)
    check_shapes(name, x.shape, index)
    shape, classes, weight = index.shape, x.shape[axis], class_weight(weight, x)
    # as unsigned numbers, negative ones are huge: one pass finds whatever needs a closer look
    seen = numbers(index)
    found = not seen.size or seen.astype(np.uint64).max() >= classes
    if ignore_index is not None and (found or ignore_index != IGNORED):
        keep = index != ignore_index
        index = np.where(keep, index, 0)
    if found:
        class_indices(numbers(index), classes=classes)
    if not isinstance(index, np.ndarray):  # a symbol: the program will meet other numbers
        index = class_indices(index, classes=classes)
    if x.ndim != 2:
        x = np.reshape(np.moveaxis(x, axis, -1) if axis else x, (-1, classes))
        index = np.reshape(index, (-1,))
    if keep is not None:
        keep = np.reshape(keep, (-1,))
        x = np.where(keep[:, None], x, 0)  # so that not even a nan comes out of an ignored row
    # a target that is whole as it is, as pictures know it by its name
    result = losses(x, target if index is raw(target) else index, weight)
    if keep is not None:
        result = np.where(keep, result, 0)
    if reduction == "mean" and not (keep is None and weight is None):
        kept: Any = 1 if keep is None else keep
        total = np.sum(kept if weight is None else of_each(weight, index) * kept).astype(x.dtype)
        if not np.all(numbers(total)):
            warn(f"{name}: no target counts, so the mean is 0")
        return np.sum(result) / (total + (total == 0))
    if reduction == "none" and result.shape != shape:
        return np.reshape(result, shape)
    return reduce(result, reduction)


def refuse_fractions(name: str, **values: np.ndarray) -> None:
    """Refuse class indices and lengths that are no integers; of none, any dtype will do."""
    for k, value in values.items():
        what = f"{name} takes integers as its {k}"
        where = f"{name}({k} {value.dtype} {value.shape})"
        wrong = value.size and value.dtype.kind not in "iu"
        refuse(wrong, what, where, f"{k}.astype(int)", TypeError)


# without refusal, whose definition a printed program would have to hold too
@primitive
def class_indices(index: np.ndarray, classes: int) -> np.ndarray:
    """Return class indices; raise IndexError where one is no class, in a program as well."""
    if index.size and (index.min() < 0 or index.max() >= classes):
        place = np.argwhere((index < 0) | (index >= classes))[0].tolist()
        raise IndexError(
            f"target{place or ''} is {index[tuple(place)]}, and there are {classes} classes\n"
            f"  where: class indices of shape {index.shape}\n"
            f"  instead: class indices from 0 to {classes - 1}; ignored ones: ignore_index=-1, say"
        )
    return index


def check_shapes(name: str, shape: tuple[int, ...], target: np.ndarray) -> None:
    """Raise unless the target has one integer for each row of an input of that shape."""
    axis = class_axis(shape)
    expected = shape[:axis] + shape[axis + 1 :]
    fits = bool(shape) and target.shape == expected
    if not fits or target.dtype.kind not in "iu":
        what = f"a target of {target.dtype} {target.shape} does not fit an input of shape {shape}"
        where = f"{name}(input (C,), (N, C) or (N, C, d1, ...), target without C)"
        instead = f"integers of shape {expected}, as by target.squeeze(1) or target.astype(int)"
        raise refusal(TypeError if fits else ValueError, what, where, instead)


def one_hot_indices(target: Array, axis: int) -> Array:
    """Return the class indices that a one-hot target means; raise ValueError where it is none."""
    values, classes = numbers(target), axis - target.ndim
    rows = np.argwhere((values.sum(classes) != 1) | (values < 0).any(classes)).tolist()
    what = f"an integer target of the input's shape is one-hot, and rows {rows[:4]} are not"
    where = f"cross_entropy(input, target {values.shape})"
    refuse(rows, what, where, "class indices, or floats that are probabilities")
    return np.argmax(raw(target), axis=axis)


def warn_unless_distribution(name: str, target: Array, axis: int) -> None:
    """Warn where rows do not sum to 1."""
    sums = np.sum(numbers(target), axis=axis - target.ndim)
    worst = np.max(np.abs(sums - 1), initial=0)
    if not worst <= SUM_TOLERANCE:
        warn(f"{name}: probabilities should sum to 1; a row of the target is {worst:.3g} off")
