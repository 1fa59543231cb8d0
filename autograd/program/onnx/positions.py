"""Indexing in operators of ONNX: by slices, or by the places of elements in one long row.

What `autograd.program.positions` does for engines of the array API standard.
"""

import math
from typing import TYPE_CHECKING

import numpy as np

from autograd.program.positions import expanded, numbered, pointed
from autograd.rules.shape import Slot

if TYPE_CHECKING:
    from autograd.program.onnx.operators import Site

END = np.iinfo(np.int64).max


def sliced(at: "Site") -> str:
    """Spell indexing by numbers and slices; anything else by places."""
    shape, parts = np.shape(at.x[0]), expanded(at.params["index"], np.ndim(at.x[0]))
    plain = [p for p in parts if p is not None]
    if not all(isinstance(p, (slice, int, np.integer)) and not isinstance(p, bool) for p in plain):
        return rearranged(at)
    rows = []
    for axis, (part, n) in enumerate(zip(plain, shape, strict=True)):
        if isinstance(part, slice):
            start, stop, step = part.indices(n)
            stop = -END if stop < 0 else END if stop == n and step > 0 else stop
            if (start, stop, step) != (0, END, 1):
                rows.append((start, stop, axis, step))
        else:
            rows.append((int(part) % n, int(part) % n + 1, axis, 1))
    x = at("Slice", at.own(), *zip(*rows, strict=True)) if rows else at.own()
    return at.shaped(x) if len(plain) < len(parts) or np.ndim(at.y) < len(plain) else x


def gathered(at: "Site") -> str:
    """Spell indexing by arrays: along one axis where there is one such, else by places."""
    parts = expanded(at.params["index"], np.ndim(at.x[0]))
    if sum(type(p) is Slot for p in parts) == 1 and at.x[1].dtype.kind in "iu":
        rest = [p for p in parts if type(p) is not Slot]
        if all(isinstance(p, slice) and p == slice(None) for p in rest):
            axis = next(i for i, p in enumerate(parts) if type(p) is Slot)
            return at("Gather", at.own(), at.arg(1, np.int64), axis=axis)
    return at("Gather", at.flat(0), _places(at, 1, np.shape(at.x[0])))


def rearranged(at: "Site") -> str:
    """Spell what only moves elements: NumPy moves the places that they come from."""
    return at("Gather", at.flat(0), at.op.call(numbered(np.shape(at.x[0])), **at.params))


def replaced(at: "Site") -> str:
    """Spell a copy of x with ``x[index] = v``: elements of x, and of v where that was written."""
    places = numbered(np.shape(at.x[0]))
    places[at.params["index"]] = np.size(at.x[0]) + numbered(np.shape(at.x[1]))
    return at("Gather", at("Concat", at.flat(0), at.flat(1, at.y.dtype), axis=0), places)


def replaced_at(at: "Site") -> str:
    """Spell writing at places that are arguments, or where a condition holds."""
    x, v, *slots = at.x
    if type(at.params["index"]) is Slot and slots[0].dtype == bool and np.ndim(v) == 0:
        shape = (*slots[0].shape, *(1,) * (np.ndim(x) - slots[0].ndim))
        condition = at("Reshape", at.own(2), shape)
        return at("Where", condition, at.arg(1), at.arg(0), dtype=at.y.dtype)
    places = _places(at, 2, np.shape(x))
    values = at("Expand", at.arg(1), at("Shape", places))
    flat = [at("Reshape", name, [-1]) for name in (places, values)]
    return at.shaped(at("ScatterElements", at.flat(0), *flat, axis=0))


def scattered(at: "Site") -> str:
    """Spell adding at constant places to zeros."""
    return _added(at, at.known(numbered(at.params["shape"])[at.params["index"]]))


def scattered_at(at: "Site") -> str:
    """Spell adding to zeros at places that are arguments."""
    return _added(at, _places(at, 1, at.params["shape"]))


def _added(at: "Site", places: str) -> str:
    shape = at.params["shape"]
    zeros = at.constant(np.zeros(math.prod(shape)))
    flat = at("Reshape", places, [-1])
    return at.shaped(at("ScatterElements", zeros, flat, at.flat(0), axis=0, reduction="add"))


def _places(at: "Site", first: int, shape: tuple[int, ...]) -> str:
    """Add up the places that an index points to: a constant, and a term for each array in it."""
    known, pointers = pointed(at.op, at.params["index"], shape, at.x[first:])
    total = at.known(known)
    for pointer in pointers:
        term = at("Mod", at.arg(first + pointer.slot, np.int64), pointer.length)
        if pointer.stride != 1:
            term = at("Mul", term, pointer.stride)
        if pointer.shape != np.shape(at.x[first + pointer.slot]):
            term = at("Reshape", term, pointer.shape)
        total = at("Add", total, term)
    return total
