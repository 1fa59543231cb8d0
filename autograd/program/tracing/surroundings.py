"""What a function has from outside: the objects that it reaches, and the names that it reads.

Code tells names: of globals, of variables around it, of attributes. They are followed from what is
called to the functions that it calls, as far as these are the user's own.
"""

import functools
import inspect
import itertools
import sys
import sysconfig
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from operator import itemgetter
from types import BuiltinMethodType, CellType, CodeType, MethodType, ModuleType
from typing import Any, NamedTuple

import numpy as np

from autograd.base.errors import ROOMS
from autograd.mutation.witness import fingerprint

CONTAINERS = (list, tuple, dict, set)
NUMBERS = (int, float, complex, bool, str, bytes, np.generic)
PLAIN = {int, float, complex, bool, str, bytes, type(None), np.ndarray}
"""What reaches nothing, of which there may be a million in a list."""
FEW = 100
"""Containers of so many parts are compared part by part."""
INSTALLED = (*ROOMS, *map(sysconfig.get_path, ("stdlib", "purelib", "platlib")), "<frozen")
"""Where code lies that is not the user's own."""
MODE = "training"
"""The attribute that is part of a program's signature."""
NOTHING: Any = object()
"""What a name stands for that is not there, or not yet."""


class Read(NamedTuple):
    """A name that is read: in globals, in the attributes of an object, or a variable around.

    Where assignments are `counted`, the count tells at once that there were none.
    """

    where: Any
    name: str
    counted: list[int] | None = None

    @property
    def value(self) -> Any:
        """What the name stands for at present."""
        if type(self.where) is not CellType:
            return self.where.get(self.name, NOTHING)
        with suppress(ValueError):  # where the variable is assigned later
            return self.where.cell_contents
        return NOTHING


class Outside:
    """What stands behind the names that functions read, and whether it still does.

    A container of a few parts is the same as long as its parts are, and an array as long as its
    `fingerprint` is. What is read in other ways is not looked at.

    Parameters
    ----------
    *held : the functions, and objects that may be called.

    Examples
    --------
    >>> class Model:
    ...     scale = 1.0
    ...     def __call__(self, x):
    ...         return self.scale * x
    >>> model = Model()
    >>> outside = Outside(model)
    >>> outside.settle()
    >>> outside.change()
    >>> model.scale = 3.0
    >>> outside.change()
    'scale'
    """

    def __init__(self, *held: Any) -> None:
        found = [x for x in reached(*held) if type(x) is Read]
        reads = [r for r in found if not isinstance(r.value, ModuleType)]
        self._before = [*{(id(r.where), r.name): (r, _kept(r.value)) for r in reads}.values()]

    def settle(self) -> None:
        """Leave out what the functions themselves have changed, now that they ran."""
        self._before = [(r, x) for r, x in self._before if _is_same(x, r.value)]
        there = [r for r, x in self._before if x is not NOTHING]
        self._cells = [r.where for r in there if type(r.where) is CellType]
        self._getters = _getters(r for r in there if r.counted is None)
        self._counted = _getters(r for r in there if r.counted is not None)
        self._now = [r.value for r in there]  # so that no other object takes over an identity
        self._ids = _identities(self._getters) + [id(c.cell_contents) for c in self._cells]
        self._counted_ids = _identities(self._counted)
        self._counts = {id(r.counted): r.counted for r in there if r.counted is not None}.values()
        self._assigned = [count[0] for count in self._counts]
        self._absent = [r for r, x in self._before if x is NOTHING]
        parts = [(r.value, x) for r, x in self._before if type(x) in (list, dict, set)]
        self._parts = [(now, x) for now, x in parts if now is not x]
        self._arrays = [x for _, x in self._before if type(x) is Array]
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
            if fingerprint(array) != known_by:
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


class Array(NamedTuple):
    """An array, and what it was known by."""

    array: np.ndarray
    fingerprint: bytes


def _kept(x: Any) -> Any:
    """Return what tells later that x is the same."""
    return Array(x, fingerprint(x)) if type(x) is np.ndarray else _copied(x)


def _copied(x: Any, few: int = FEW) -> Any:
    """Return a copy of a container, down to a few parts in all; anything else as it is."""
    if type(x) not in CONTAINERS or len(x) > few:
        return x
    few //= len(x) + 1  # which ends where a container holds itself, too
    if type(x) is dict:
        return {key: _copied(part, few) for key, part in x.items()}
    return type(x)([_copied(part, few) for part in x])


def _is_same(x: Any, y: Any) -> bool:
    if type(x) is Array:
        return x.array is y and x.fingerprint == fingerprint(y)
    if x is y:
        return True
    with suppress(Exception):  # arrays in lists, say
        return type(x) is type(y) and isinstance(x, (*NUMBERS, *CONTAINERS)) and bool(x == y)
    return False


def reached(*held: Any) -> Iterator[Any]:
    """Yield what is there, and what is called reads: functions, modules, objects, and `Read`s."""
    known: set[Any] = set()
    left = [*held]
    while left:
        x = left.pop()
        key = (id(x.__func__), id(x.__self__)) if isinstance(x, MethodType) else id(x)
        if type(x) is Read:
            yield x
        if type(x) is Read or key in known:
            continue
        known.add(key)
        yield x
        if type(x) in CONTAINERS:
            parts = x.values() if type(x) is dict else x
            left += [part for part in parts if type(part) not in PLAIN]
        elif inspect.isfunction(x):
            left += [*_read_by(x), *vars(x).values()]  # also what it wraps
        elif isinstance(x, functools.partial):
            left += [x.func, *x.args, *x.keywords.values()]
        elif isinstance(x, BuiltinMethodType):
            left.append(x.__self__)
        elif isinstance(x, MethodType):
            left += [x.__func__, *_parts(x.__self__), *_read_by(x.__func__, x.__self__)]
        elif hasattr(type(x), "named_modules"):  # of nn, which nobody here knows
            for m in x.modules():
                counted = getattr(m, "_assignments", None)  # PyTorch's own does not count
                left += [Read(vars(m), name, counted) for name in vars(m) if name != MODE]
                left += [*vars(m).values(), *vars(type(m)).values()]
        elif inspect.isfunction(call := getattr(type(x), "__call__", None)):  # noqa: B004  # its code
            left += [call, *_parts(x), *_read_by(call, x)]


def _parts(x: Any) -> Iterable[Any]:
    return getattr(x, "__dict__", {}).values()


def _read_by(f: Any, *given: Any) -> Iterator[Any]:
    """Yield what f has from outside, and what its code takes of that by name, as ``state.rng``.

    Of the functions and the methods there, the user's own only. Ours draw from the default
    generator, which is known, and read what stays.

    Parameters
    ----------
    given : arguments that are known, as the object that a method is of.
    """
    cells = zip(f.__closure__ or (), f.__code__.co_freevars, strict=True)
    around = [r for cell, name in cells if (r := Read(cell, name)).value is not NOTHING]
    held = [*given, *(f.__defaults__ or ()), *(f.__kwdefaults__ or {}).values()]
    held += [r.value for r in around]
    yield from held
    if f.__code__.co_filename.startswith(ROOMS):
        return
    names = {*_names(f.__code__)}
    reads = [Read(f.__globals__, name) for name in names & f.__globals__.keys()]
    yield from (*around, *reads)
    left = [*held, *[r.value for r in reads]]
    known: set[int] = set()
    while left:
        x = left.pop()
        if id(x) in known or _is_installed(x):
            continue
        known.add(id(x))
        yield x
        own = [Read(x.__dict__, name) for name in names & getattr(x, "__dict__", {}).keys()]
        parts = [(c, name) for c in type(x).__mro__ for name in names & vars(c).keys()]
        left += [r.value for r in own]
        if "step" in names and "param_groups" in getattr(x, "__dict__", {}):  # of an optimizer
            yield Read(x.__dict__, "param_groups")
        if _may_change(x) and not hasattr(type(x), "named_modules"):  # which are read as a whole
            yield from own
        for c, name in parts:
            part = vars(c)[name]
            part = part.fget if isinstance(part, property) else part
            if inspect.isfunction(part):
                yield from itertools.filterfalse(_is_installed, [MethodType(part, x)])
                continue
            left.append(part)
            if not hasattr(type(part), "__get__"):  # a default, until the object has its own
                yield from (Read(vars(c), name), Read(getattr(x, "__dict__", {}), name))


def _may_change(x: Any) -> bool:
    """Tell whether attributes may be others later: not those of what is installed."""
    if not isinstance(x, ModuleType | type):
        return True
    module = x.__name__ if isinstance(x, ModuleType) else x.__module__
    file = getattr(sys.modules.get(module), "__file__", None)
    return not (file and file.startswith(INSTALLED))


def _is_installed(x: Any) -> bool:
    f = x.__func__ if isinstance(x, MethodType) else x
    return inspect.isfunction(f) and f.__code__.co_filename.startswith(INSTALLED)


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _names(inner)
