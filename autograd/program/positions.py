"""Indexing for namespaces that know little of it: elements by their places in one long row.

The array API standard indexes by numbers and slices. Shapes are known, so NumPy itself tells where
every other index points, and taking from one row serves for all of it; only the places that depend
on arrays are computed when the program runs.
"""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from autograd.base.errors import refusal
from autograd.primitive import Primitive
from autograd.rules.shape import Slot, parts_of

if TYPE_CHECKING:
    from autograd.program.engines.array_api import Site


def basic(at: "Site") -> str:
    """Spell indexing by numbers and slices; slices end within the array."""
    shape, texts, axis = np.shape(at.x[0]), [], 0
    for part in expanded(at.params["index"], len(shape)):
        if isinstance(part, slice) and (part.step or 1) > 0:
            start, stop, step = part.indices(shape[axis])
            texts.append(f"{start}:{max(start, stop)}:{step}".removesuffix(":1"))
        elif isinstance(part, (int, np.integer)) and not isinstance(part, bool):
            texts.append(repr(int(part) % shape[axis]))
        elif part is None:
            texts.append("None")
            continue
        else:
            return rearranged(at)
        axis += 1
    return f"{{0}}[{', '.join(texts) or '...'}]"


def rearranged(at: "Site") -> str:
    """Spell what only moves elements: NumPy moves the places that they come from."""
    places = at.op.call(numbered(np.shape(at.x[0])), **at.params)
    return f"rearrange(xp, {at.hoist(places)}, {{0}})"


def padded(at: "Site") -> str:
    """Spell np.pad with constants, of which there are as many as have different values."""
    x, width = at.x[0], at.params["pad_width"]
    inside = np.pad(np.ones(x.shape, bool), width)
    constants, which = np.unique(
        np.pad(np.zeros(x.shape, x.dtype), **at.params), return_inverse=True
    )
    outside = x.size + which.reshape(inside.shape)
    places = np.where(inside, np.pad(numbered(x.shape), width), outside)
    return f"rearrange(xp, {at.hoist(places)}, {{0}}, {at.hoist(constants)})"


def replaced(at: "Site") -> str:
    """Spell a copy of x with ``x[index] = v``: elements of x, and of v where that was written."""
    x, v = at.x
    places = numbered(np.shape(x))
    places[at.params["index"]] = np.size(x) + numbered(np.shape(v))
    return f"rearrange(xp, {at.hoist(places)}, {{0}}, {{1}})"


def scattered(at: "Site") -> str:
    """Spell adding at constant places to zeros: without repetition, it is but a rearrangement."""
    shape, g = at.params["shape"], at.x[0]
    to = numbered(shape)[at.params["index"]]
    if np.unique(to).size < to.size:
        return _added(at, at.hoist(to), shape)
    places = np.full(shape, np.size(g))
    places[at.params["index"]] = numbered(np.shape(g))
    return f"rearrange(xp, {at.hoist(places)}, {{0}}, {at.hoist(np.zeros(1, at.y.dtype))})"


def gathered(at: "Site") -> str:
    """Spell indexing by arrays that are arguments."""
    return f"rearrange(xp, {_places(at, 1, np.shape(at.x[0]))}, {{0}})"


def scattered_at(at: "Site") -> str:
    """Spell adding to zeros at places that are arguments."""
    return _added(at, _places(at, 1, at.params["shape"]), at.params["shape"])


def replaced_at(at: "Site") -> str:
    """Spell writing at places that are arguments, or where a condition holds."""
    x, v, *slots = at.x
    if type(at.params["index"]) is Slot and slots[0].dtype == bool and np.ndim(v) == 0:
        shape = (*slots[0].shape, *(1,) * (np.ndim(x) - slots[0].ndim))
        return f"xp.where(xp.reshape({{2}}, {shape}), {{1}}, {{0}})"
    line = at.hoist(np.arange(np.size(x)))
    return f"replace_at(xp, {{0}}, {{1}}, {_places(at, 2, np.shape(x))}, {line})"


def numbered(shape: Sequence[int]) -> Any:
    """Return an array of the places of its elements, counted from the first to the last."""
    return np.arange(math.prod(shape)).reshape(shape)


def permutation(op: Primitive, ndim: int, params: Mapping[str, Any]) -> tuple[int, ...]:
    """Return the axes in their new order, which NumPy tells of an array of shape (0, 1, 2 …).

    >>> from autograd.primitive import PRIMITIVES
    >>> permutation(PRIMITIVES[np.moveaxis], 3, {"source": 0, "destination": -1})
    (1, 2, 0)
    """
    moved: tuple[int, ...] = op.call(np.empty(range(ndim)), **params).shape
    return moved


def _added(at: "Site", places: str, shape: tuple[int, ...]) -> str:
    line = at.hoist(np.arange(math.prod(shape)))
    return f"xp.reshape(add_at(xp, {{0}}, {places}, {line}), {shape})"


def _places(at: "Site", first: int, shape: tuple[int, ...]) -> str:
    """Write the places that an index points to: a constant, and a term for each array in it."""
    known, pointers = pointed(at.op, at.params["index"], shape, at.x[first:])
    terms = [at.hoist(known)]
    for pointer in pointers:
        term = f"wrap(xp, {{{first + pointer.slot}}}, {pointer.length})"
        if pointer.shape != np.shape(at.x[first + pointer.slot]):
            term = f"xp.reshape({term}, {pointer.shape})"
        terms.append(term if pointer.stride == 1 else f"{term} * {pointer.stride}")
    return " + ".join(terms)


class Pointer(NamedTuple):
    """An array of an index: each element k of it adds ``k % length * stride`` to the place."""

    slot: int
    length: int
    stride: int
    shape: tuple[int, ...]  # that it takes in the result


def pointed(
    op: Primitive, index: Any, shape: tuple[int, ...], arrays: Sequence[Any]
) -> tuple[Any, list[Pointer]]:
    """Return the places that an index points to: what is constant, and what its arrays add.

    An array's axes stand in the result before those of the slices behind the arrays (all slices,
    where one stands between arrays): it gets an axis of length 1 for each of them.

    Parameters
    ----------
    index : with a `Slot` for each of `arrays`.
    shape : of what is indexed.

    Examples
    --------
    >>> from autograd.primitive import PRIMITIVES
    >>> from autograd.rules.shape import gather
    >>> pointed(PRIMITIVES[gather], (Slot(0), 1), (3, 4), [np.array([2, 0])])
    (array([1, 1]), [Pointer(slot=0, length=3, stride=4, shape=(2,))])
    """
    parts = expanded(index, len(shape))
    slots = {i: arrays[part] for i, part in enumerate(parts) if type(part) is Slot}
    if any(slot.dtype == bool for slot in slots.values()):
        raise refusal(
            NotImplementedError,
            "an engine cannot select by a condition: the result would have any size",
            f"{op.name} of shape {shape} with a condition as index",
            "np.where(condition, x, 0)",
        )
    known = tuple(np.zeros(slots[i].shape, int) if i in slots else p for i, p in enumerate(parts))
    indices = [i for i, part in enumerate(parts) if not _is_slice(part)]
    neighbours = indices[-1] - indices[0] + 1 == len(indices)
    behind = sum(map(_is_slice, parts[indices[-1] + 1 :] if neighbours else parts))
    pointers, axis = [], 0
    for i, part in enumerate(parts):
        if i in slots:
            stretched = (*slots[i].shape, *(1,) * behind)
            pointers.append(Pointer(part, shape[axis], math.prod(shape[axis + 1 :]), stretched))
        axis += _axes(part)
    return numbered(shape)[known], pointers


def expanded(index: Any, ndim: int) -> list[Any]:
    """Return the parts of an index, with slices in the place of an ellipsis.

    >>> expanded((..., 0), 3)
    [slice(None, None, None), slice(None, None, None), 0]
    """
    parts = [np.asarray(part) if isinstance(part, list) else part for part in parts_of(index)]
    if not any(part is ... for part in parts):
        parts.append(...)
    i = next(i for i, part in enumerate(parts) if part is ...)
    parts[i : i + 1] = [slice(None)] * (ndim - sum(map(_axes, parts)))
    return parts


def _axes(part: Any) -> int:
    """Return how many axes of the array a part of an index is about."""
    if part is None or part is ...:
        return 0
    return part.ndim if isinstance(part, np.ndarray) and part.dtype == bool else 1


def _is_slice(part: Any) -> bool:
    return part is None or isinstance(part, slice)
