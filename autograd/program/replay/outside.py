"""What stands behind the names that a compiled function reads: whether it is another by now."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from operator import itemgetter
from types import CellType, ModuleType
from typing import Any, NamedTuple

import numpy as np

from autograd.mutation.witness import fingerprint
from autograd.program.tracing.surroundings import CONTAINERS, MAPPINGS, NOTHING, SEQUENCES, Read

NUMBERS = (int, float, complex, bool, str, bytes, np.generic)
FEW = 100
"""Containers of so many parts are compared part by part."""
content = partial(fingerprint, whole=2**16)
"""What an array is known by: up to so many bytes all of them, in 5 µs, then samples, in 0.5."""


class Outside:
    """What stands behind the names that functions read, and whether it still does.

    A container of a few parts is the same as long as its parts are, and an array, also one in such
    a container, as long as its `fingerprint` is: a write of a few elements into an array of more
    than 64 kB may escape. What is read in other ways is not looked at.

    Parameters
    ----------
    found : what functions and their arguments reach.

    Examples
    --------
    >>> from autograd.program.tracing.surroundings import reached
    >>> class Model:
    ...     scale = 1.0
    ...     def __call__(self, x):
    ...         return self.scale * x
    >>> model = Model()
    >>> outside = Outside(reached(model))
    >>> outside.settle()
    >>> outside.change()
    >>> model.scale = 3.0
    >>> outside.change()
    'scale'
    """

    def __init__(self, found: Iterable[Any]) -> None:
        reads = [x for x in found if type(x) is Read and not isinstance(x.value, ModuleType)]
        self._before = [*{(id(r.where), r.name): (r, _kept(r.value)) for r in reads}.values()]

    def settle(self) -> None:
        """Leave out what the functions themselves have changed, now that they ran."""
        self._before = [(r, x) for r, x in self._before if _is_same(x, r.value)]
        there = [r for r, x in self._before if x.value is not NOTHING]
        self._cells = [r.where for r in there if type(r.where) is CellType]
        self._getters = _getters(r for r in there if r.counted is None)
        self._counted = _getters(r for r in there if r.counted is not None)
        self._now = [r.value for r in there]  # so that no other object takes over an identity
        self._ids = _identities(self._getters) + [id(c.cell_contents) for c in self._cells]
        self._counted_ids = _identities(self._counted)
        self._counts = {id(r.counted): r.counted for r in there if r.counted is not None}.values()
        self._assigned = [count[0] for count in self._counts]
        self._absent = [r for r, x in self._before if x.value is NOTHING]
        parts = [(r.value, x.value) for r, x in self._before if isinstance(x.value, CONTAINERS)]
        self._parts = [(now, x) for now, x in parts if now is not x]
        self._arrays = [pair for _, x in self._before for pair in x.arrays]
        self._more = bool(self._counts or self._absent or self._parts or self._arrays)

    def change(self) -> str | None:
        """Return the name of something that is another by now."""
        try:
            now = [id(x) for where, get in self._getters for x in get(where)]
            now += [id(cell.cell_contents) for cell in self._cells]
            if now == self._ids and (not self._more or self._has_the_rest()):
                return None
        except Exception:  # noqa: BLE001, S110  # names that are gone; a comparison of arrays
            pass
        for r, x in self._before:
            if not _is_same(x, r.value):
                return r.name
        self.settle()  # equal numbers
        return None

    def _has_the_rest(self) -> bool:
        if self._counts and self._assigned != (assigned := [count[0] for count in self._counts]):
            if self._counted_ids != _identities(self._counted):
                return False
            self._assigned = assigned
        for x, before in self._parts:
            if x != before:
                return False
        for array, known_by in self._arrays:
            if content(array) != known_by:
                return False
        return not (self._absent and any(r.name in r.where for r in self._absent))


Getter = Callable[[Any], tuple[Any, ...]]


def _getters(reads: Iterable[Read]) -> list[tuple[Any, Getter]]:
    """Return what reads all the names of a place at once, place by place."""
    names: dict[int, tuple[Any, list[str]]] = {}
    for r in reads:
        if type(r.where) is not CellType:
            names.setdefault(id(r.where), (r.where, []))[1].append(r.name)
    # of two names at least, since of one it would not return a tuple
    return [(where, itemgetter(found[0], *found)) for where, found in names.values()]


def _identities(getters: list[tuple[Any, Getter]]) -> list[int]:
    return [id(x) for where, get in getters for x in get(where)]


class Kept(NamedTuple):
    """What tells later that a value is the same: a copy of containers, and the arrays there."""

    value: Any
    arrays: list[tuple[np.ndarray, bytes]]


def _kept(x: Any) -> Kept:
    arrays: list[tuple[np.ndarray, bytes]] = []
    return Kept(_copied(x, arrays), arrays)


def _copied(x: Any, arrays: list[tuple[np.ndarray, bytes]], few: int = FEW) -> Any:
    """Return a copy of a container, down to a few parts in all; anything else as it is.

    Of an OrderedDict it is a dict, and of a named tuple a tuple: they are equal.
    """
    if type(x) is np.ndarray:
        arrays.append((x, content(x)))
        if x.dtype == object and x.size <= few:
            _copied(x.ravel().tolist(), arrays, few)  # for the arrays in it
    if not isinstance(x, CONTAINERS) or len(x) > few:
        return x
    few //= len(x) + 1  # which ends where a container holds itself, too
    if isinstance(x, MAPPINGS):
        return {key: _copied(part, arrays, few) for key, part in x.items()}
    parts = [_copied(part, arrays, few) for part in x]
    return next(kind(parts) for kind in SEQUENCES if isinstance(x, kind))


def _is_same(x: Kept, y: Any) -> bool:
    if any(content(array) != known_by for array, known_by in x.arrays):
        return False
    if x.value is y:
        return True
    with suppress(Exception):  # arrays in lists, say
        number = type(x.value) is type(y) and isinstance(y, NUMBERS)
        return (number or isinstance(y, CONTAINERS)) and bool(x.value == y)
    return False
