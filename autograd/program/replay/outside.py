"""What stands behind the names that a compiled function reads: whether it is another by now."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain
from operator import is_, itemgetter
from types import CellType, ModuleType
from typing import Any, NamedTuple

import numpy as np

from autograd.base.tree import key_of
from autograd.mutation.witness import fingerprint
from autograd.program.tracing.surroundings import CONTAINERS, MAPPINGS, NOTHING, Read

EPOCH = "last_epoch"
"""A schedule's count, which is no reason to capture again, unlike the rates that it sets."""
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

    Attributes
    ----------
    changed : the names of what the functions themselves have changed, and of iterators, whose
        state does not show.

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
        """Leave out what the functions themselves have changed, now that they ran.

        But for what they have made: it is there from now on, as names in a place are.
        """
        settled = [*map(_settled, self._before)]
        self.changed = {r.name for r, x in settled if x is None or x.hides}
        there = [(r, x) for r, x in [*settled, *_made(self._before)] if x is not None]
        self._before = [(r, x) for r, x in there if r.name != EPOCH]
        named = [r for r, x in self._before if r.name is not None and x.value is not NOTHING]
        self._cells = [r.where for r in named if type(r.where) is CellType]
        self._getters = _getters(r for r in named if r.counted is None)
        self._counted = _getters(r for r in named if r.counted is not None)
        self._now = [r.value for r in named]  # so that no other object takes over an identity
        self._ids = _identities(self._getters) + [id(c.cell_contents) for c in self._cells]
        self._counted_ids = _identities(self._counted)
        reads = [r for r, _ in self._before]
        self._counts = {id(r.counted): r.counted for r in reads if r.counted is not None}.values()
        self._assigned = [count[0] for count in self._counts]
        self._absent = [r for r, x in self._before if x.value is NOTHING]
        wholes = [(r, [*r.where]) for r in reads if r.name is None]
        self._names = [(r.where, names) for r, names in wholes if r.counted is None]
        self._counted_names = [(r.where, names) for r, names in wholes if r.counted is not None]
        self._parts = [pair for r, x in self._before for pair in x.parts if r.name is not None]
        self._arrays = [pair for _, x in self._before for pair in x.arrays]
        rest = self._counts, self._absent, self._names, self._parts, self._arrays
        self._more = any(map(bool, rest))

    def change(self) -> str | None:
        """Return the name of something that is another by now."""
        try:
            now = [id(x) for where, get in self._getters for x in get(where)]
            now += [id(cell.cell_contents) for cell in self._cells]
            if now == self._ids and (not self._more or self._has_the_rest()):
                return None
        except Exception:  # noqa: BLE001, S110  # names that are gone
            pass
        for r, x in self._before:
            if not _is_same(x, r.value):
                return r.name or next(iter({*r.value} ^ {*x.value}), "the order of attributes")
        self.settle()  # equal numbers
        return None

    def _has_the_rest(self) -> bool:
        if self._counts and self._assigned != (assigned := [count[0] for count in self._counts]):
            if self._counted_ids != _identities(self._counted):
                return False
            if any([*where] != names for where, names in self._counted_names):
                return False
            self._assigned = assigned
        for where, names in self._names:
            if [*where] != names:
                return False
        for parts_of, x, before in self._parts:
            now = parts_of(x)
            if len(now) != len(before) or not all(map(is_, now, before)):
                return False
        for array, known_by in self._arrays:
            if content(array) != known_by:
                return False
        return not (self._absent and any(r.name in r.where for r in self._absent))


Getter = Callable[[Any], tuple[Any, ...]]


def _getters(reads: Iterable[Read]) -> list[tuple[Any, Getter]]:
    """Return what reads all the names of a place at once, place by place."""
    names: dict[int, tuple[Any, list[Any]]] = {}
    for r in reads:
        if type(r.where) is not CellType:
            names.setdefault(id(r.where), (r.where, []))[1].append(r.name)
    # of two names at least, since of one it would not return a tuple
    return [(where, itemgetter(found[0], *found)) for where, found in names.values()]


def _identities(getters: list[tuple[Any, Getter]]) -> list[int]:
    return [id(x) for where, get in getters for x in get(where)]


class Kept(NamedTuple):
    """What tells later that a value is the same.

    Attributes
    ----------
    value : the value itself.
    key : what it has in common with values that are the same.
    parts : what tells the parts of a container in it, the container, and its parts.
    arrays : the arrays in it, and what they are known by.
    """

    value: Any
    key: Any
    parts: list[tuple[Callable[[Any], list[Any]], Any, list[Any]]]
    arrays: list[tuple[np.ndarray, bytes]]

    @property
    def hides(self) -> bool:
        """Whether what is in it may be another without a trace."""
        within = chain([self.value], *(parts for _, _, parts in self.parts))
        return any(isinstance(x, Iterator) and not hasattr(x, "__dict__") for x in within)


def _kept(x: Any) -> Kept:
    kept = Kept(x, None, [], [])
    return kept._replace(key=_key(x, kept, FEW))


def _settled(pair: tuple[Read, Kept]) -> tuple[Read, Kept | None]:
    """Return what a name stands for after the functions ran; nothing if they have changed it."""
    r, x = pair
    if _is_same(x, now := r.value):
        return pair
    made = r.name is None or x.value is None or x.value is NOTHING
    return r, _kept(now) if made else None


def _made(pairs: Iterable[tuple[Read, Kept]]) -> Iterator[tuple[Read, Kept]]:
    """Yield the names that have come to places, and what they stand for."""
    for place, x in pairs:
        if place.name is None:
            for name in {*place.value} - {*x.value}:
                r = place._replace(name=name)
                yield r, _kept(r.value)


def _key(x: Any, kept: Kept, few: int) -> Any:
    """Return what tells a value from others: 1 and 1.0 are two, and an object is only itself.

    Containers of more than a few parts in all are objects.
    """
    if isinstance(x, NUMBERS):
        return key_of(x)
    if isinstance(x, np.ndarray):  # also that of a file, or with a mask
        array = np.asarray(x)
        kept.arrays.append((array, content(array)))
        if isinstance(x, np.ma.MaskedArray):
            mask = np.ma.getmask(x)
            kept.parts.append((_masks, x, [mask]))
            return id(x), _key(mask, kept, few)
        if x.dtype == object and x.size <= few:
            _key(array.ravel().tolist(), kept, few)  # for the arrays in it
    if not isinstance(x, CONTAINERS) or len(x) > few:
        return id(x)
    few //= len(x) + 1  # which ends where a container holds itself, too
    parts_of = _items if isinstance(x, MAPPINGS) else list
    parts = parts_of(x)
    kept.parts.append((parts_of, x, parts))
    keys = [_key(part, kept, few) for part in parts]
    return type(x), frozenset(keys) if isinstance(x, (set, frozenset)) else tuple(keys)


def _items(x: Any) -> list[Any]:
    return [*x, *x.values()]


def _masks(x: Any) -> list[Any]:
    return [np.ma.getmask(x)]


def _is_same(x: Kept, y: Any) -> bool:
    if any(content(array) != known_by for array, known_by in x.arrays):
        return False
    return bool(_kept(y).key == x.key)
