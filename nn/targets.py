"""What a loss compares its input with: the checks that the losses share, and their reduction."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd import Tensor, primitive, three_lines

Array = Any  # a Tensor or an array: what comes out of a function here is what came in
SUM_TOLERANCE = 1e-3  # leaves room for probabilities typed by hand, or in float16


def given(value: Array) -> Array:
    """Return a Tensor as it is, and an array of anything else."""
    return value if hasattr(value, "dtype") else np.asarray(value)


def floating(value: Array, dtype: Any = np.float64) -> Array:
    """Return a Tensor or an array of floats: integers and booleans in the given dtype."""
    value = given(value)
    return value if value.dtype.kind == "f" else value.astype(dtype)


def raw(value: Array) -> np.ndarray:
    """Return the values alone."""
    return given(value.data if type(value) is Tensor else value)


def constant(value: Array, like: Array) -> np.ndarray:
    """Return a value without a gradient in the dtype of another, so as not to widen that."""
    return np.asarray(raw(value), like.dtype)


def reduce(losses: Array, reduction: str, weight: Array | None = None) -> Array:
    """Weight the losses, and return them, their sum or their mean.

    Raises ValueError for an unknown reduction.

    >>> reduce(np.array([1.0, 3.0]), "mean").item()
    2.0
    """
    if weight is not None:
        losses = losses * constant(weight, losses)
    if reduction == "none" or (reduction in ("mean", "sum") and not losses.ndim):
        return losses
    if reduction == "mean":
        return np.mean(losses)
    if reduction == "sum":
        return np.sum(losses)
    raise ValueError(
        three_lines(
            f"there is no reduction {reduction!r}",
            f"reduction={reduction!r} of losses {losses.shape}",
            "reduction='mean', 'sum' or 'none'",
        )
    )


# ── targets that are numbers ──────────────────────────────────────────────────────────────────
def pair(name: str, input: Array, target: Array) -> tuple[Array, Array]:
    """Return what `name` compares element by element; integers and booleans become floats.

    Raises ValueError where the shapes differ: broadcasting (N, 1) against (N,) would compare each
    element with all the others, without a word.
    """
    x = floating(input)
    t = floating(target, x.dtype)
    if x.shape != t.shape:
        raise ValueError(
            three_lines(
                f"{name} compares element with element, so both need the same shape",
                f"{name}(input {x.shape}, target {t.shape})",
                f"target.reshape({x.shape})" if x.size == t.size else "a target like the input",
            )
        )
    return x, t


# ── targets that are classes ──────────────────────────────────────────────────────────────────
def class_axis(shape: tuple[int, ...]) -> int:
    """Return the axis of the classes in (C,), (N, C) or (N, C, d1, ...)."""
    return 1 if len(shape) > 1 else 0


def class_weight(name: str, weight: Array, x: Array) -> np.ndarray:
    """Return one factor for each class. Raises ValueError for another number of them."""
    result = constant(weight, x)
    classes = x.shape[class_axis(x.shape)]
    if result.shape != (classes,):
        raise ValueError(
            three_lines(
                f"there are {classes} classes, and weights of shape {result.shape}",
                f"{name}(input {x.shape}, weight {result.shape})",
                f"weight of shape ({classes},), one factor for each class",
            )
        )
    return result


def by_class(
    name: str, losses: Callable[[Array, Array, Any], Array], x: Array, target: Array,
    weight: Array | None, ignore_index: int, reduction: str,
) -> Array:  # fmt: skip
    """Reduce ``losses(rows, class indices, weight)`` over the targets that count.

    `losses` gets (M, C) and (M,), whatever the shapes are here; the weight is its own business.
    """
    given_shape, index, keep = raw(x).shape, raw(target), None
    shape = index.shape
    check_shapes(name, given_shape, index)
    axis = class_axis(given_shape)
    classes = given_shape[axis]
    if weight is not None:
        weight = class_weight(name, weight, x)
    if len(given_shape) != 2:
        x = x if axis == 0 else np.moveaxis(x, axis, -1)
        x = np.reshape(x, (-1, classes))
        target = index = np.reshape(index, (-1,))
    if not isinstance(index, np.ndarray):  # a symbol: the program will look at the numbers
        target = index = class_indices(index, classes=classes)
    # as unsigned numbers, negative ones are huge: one pass finds whatever needs a closer look
    elif index.size and (ignore_index >= 0 or index.astype(np.uint64).max() >= classes):
        keep = index != ignore_index
        target = index = np.where(keep, index, 0)
        check_classes(name, index.reshape(shape), classes)
        x = np.where(keep[:, None], x, 0)  # so that not even a nan comes out of an ignored row
    result = losses(x, target, weight)
    if keep is not None:
        result = np.where(keep, result, 0)
    if reduction == "mean" and not (keep is None and weight is None and index.size):
        counts = np.ones(index.shape) if weight is None else weight[index]
        total = float(np.sum(counts if keep is None else counts * keep))
        if not total:
            warnings.warn(f"{name}: no target counts, so the mean is 0", stacklevel=4)
        return np.sum(result) / (total or 1.0)
    if reduction == "none" and result.shape != shape:
        result = np.reshape(result, shape)
    return reduce(result, reduction)


@primitive
def class_indices(index: np.ndarray, classes: int) -> np.ndarray:
    """Return class indices; raise IndexError where one is no class: the check of a program."""
    if index.size and (index.min() < 0 or index.max() >= classes):
        row = np.argmax((index < 0) | (index >= classes))
        raise IndexError(
            f"target[{row}] is {index[row]}, and there are {classes} classes\n"
            f"  where: class indices of a program, shape {index.shape}\n"
            f"  instead: class indices from 0 to {classes - 1}; ignored ones when it is captured"
        )
    return index


def check_shapes(name: str, shape: tuple[int, ...], target: np.ndarray) -> None:
    """Raise unless the target has one integer for each row of an input of that shape."""
    axis = class_axis(shape)
    expected = shape[:axis] + shape[axis + 1 :]
    if target.shape != expected or not shape:
        column = target.shape == (*expected[:1], 1, *expected[1:])
        raise ValueError(
            three_lines(
                f"a target of shape {target.shape} does not fit an input of shape {shape}",
                f"{name}(input {shape}, target {target.shape})",
                "an input of shape (C,), (N, C) or (N, C, d1, ...)"
                if not shape
                else "target.squeeze(1)"
                if column
                else f"class indices of shape {expected}",
            )
        )
    if target.dtype.kind not in "iu":
        raise TypeError(
            three_lines(
                f"class indices are integers, not {target.dtype}",
                f"{name}(input {shape}, target {target.shape} {target.dtype})",
                "target.astype(int)",
            )
        )


def check_classes(name: str, indices: np.ndarray, classes: int) -> None:
    """Raise IndexError for an index that is no class, and name its row."""
    wrong = (indices < 0) | (indices >= classes)
    if wrong.any():
        row = tuple(np.argwhere(wrong)[0].tolist())
        raise IndexError(
            three_lines(
                f"{_place(row)} is {indices[row]}, and there are {classes} classes",
                f"{name}(..., target {indices.shape})",
                f"class indices from 0 to {classes - 1}",
            )
        )


def one_hot_indices(name: str, target: Array, axis: int) -> Array:
    """Return the class indices that a one-hot target means; raise ValueError where it is none."""
    values = raw(target)
    wrong = (values.sum(axis) != 1) | (values < 0).any(axis)
    if wrong.any():
        row = tuple(np.argwhere(wrong)[0].tolist())
        raise ValueError(
            three_lines(
                f"an integer target of the input's shape is one-hot, and {_place(row)} is not",
                f"{name}(..., target {values.shape}), whose sum there is {values.sum(axis)[row]}",
                "class indices, or floats that are probabilities",
            )
        )
    return np.argmax(values, axis=axis)


def warn_unless_distribution(name: str, target: Array, axis: int) -> None:
    """Warn where rows do not sum to 1."""
    probabilities = raw(target)
    if not isinstance(probabilities, np.ndarray):  # a symbol: no numbers to look at yet
        return
    worst = np.max(np.abs(np.sum(probabilities, axis=axis) - 1), initial=0)
    if not worst <= SUM_TOLERANCE:
        message = f"{name}: probabilities should sum to 1; a row of the target is {worst:.3g} off"
        warnings.warn(message, stacklevel=4)


def _place(row: tuple[int, ...]) -> str:
    return f"target[{', '.join(map(str, row))}]" if row else "target"
