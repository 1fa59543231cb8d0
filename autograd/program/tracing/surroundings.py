"""What a function has from outside: the objects that it reaches, and the names that it reads.

Code tells names: of globals, of variables around it, of attributes. They are followed from what is
called to the functions that it calls, as far as these are the user's own.
"""

import functools
import inspect
import itertools
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from contextlib import suppress
from types import BuiltinMethodType, CellType, CodeType, MethodType, ModuleType
from typing import Any, NamedTuple

import numpy as np

from autograd.base.errors import ROOMS

CONTAINERS = (list, tuple, dict, set)
PLAIN = {int, float, complex, bool, str, bytes, type(None), np.ndarray}
"""What reaches nothing, of which there may be a million in a list."""
INSTALLED = (*ROOMS, *map(sysconfig.get_path, ("stdlib", "purelib", "platlib")), "<frozen")
"""Where code lies that is not the user's own."""
MODE = "training"
"""The attribute that is part of a program's signature."""
NOTHING: Any = object()
"""What a name stands for that is not there, or not yet."""


class Slots:
    """What an object has in the slots of its class, read as from a dict."""

    def __init__(self, owner: Any) -> None:
        self._owner = owner

    def __contains__(self, name: str) -> bool:
        return hasattr(self._owner, name)

    def __getitem__(self, name: str) -> Any:
        return getattr(self._owner, name)

    def get(self, name: str, default: Any) -> Any:
        """Return an attribute, or the default where it is not set."""
        return getattr(self._owner, name, default)


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


def reached(*held: Any) -> Iterator[Any]:
    """Yield what is there, and what is called reads: functions, modules, objects, and `Read`s."""
    known: set[Any] = set()
    left = [*held]
    while left:
        x = left.pop()
        if type(x) is Read:
            yield x
            continue
        key = (id(x.__func__), id(x.__self__)) if isinstance(x, MethodType) else id(x)
        if key in known:
            continue
        known.add(key)
        yield x
        if isinstance(x, CONTAINERS):
            left += _parts(x)
        elif inspect.isfunction(x):
            left += [*_read_by(x), *vars(x).values()]  # also what it wraps
        elif isinstance(x, functools.partial):
            left += [x.func, *x.args, *x.keywords.values()]
        elif isinstance(x, BuiltinMethodType):
            left.append(x.__self__)
        elif isinstance(x, MethodType):
            f, owner = x.__func__, x.__self__
            left += [f, *_attributes(owner).values(), *_read_by(f, owner)]
        elif hasattr(type(x), "named_modules"):  # of nn, which nobody here knows
            for m in x.modules():
                counted = getattr(m, "_assignments", None)  # PyTorch's own does not count
                left += [Read(vars(m), name, counted) for name in vars(m) if name != MODE]
                left += [*vars(m).values(), *vars(type(m)).values()]
        elif inspect.isfunction(call := getattr(type(x), "__call__", None)):  # noqa: B004  # its code
            left += [call, *_attributes(x).values(), *_read_by(call, x)]


def _parts(x: Any) -> list[Any]:
    """Return what is in a container and may reach something."""
    return [part for part in (x.values() if isinstance(x, dict) else x) if type(part) not in PLAIN]


def _attributes(x: Any) -> Mapping[str, Any]:
    return getattr(x, "__dict__", {})


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
        if isinstance(x, CONTAINERS):
            left += _parts(x)
        attributes = _attributes(x)
        own = [Read(attributes, name) for name in names & attributes.keys()]
        parts = [(c, name) for c in type(x).__mro__ for name in names & vars(c).keys()]
        slots = Slots(x)
        own += [Read(slots, name) for c, name in parts if _is_slot(c, name)]
        left += [r.value for r in own]
        if "step" in names and "param_groups" in attributes:  # of an optimizer
            yield Read(attributes, "param_groups")
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
                yield from (Read(vars(c), name), Read(attributes, name))


def _may_change(x: Any) -> bool:
    """Tell whether attributes may be others later: not those of what is installed."""
    if not isinstance(x, ModuleType | type):
        return True
    module = x.__name__ if isinstance(x, ModuleType) else x.__module__
    file = getattr(sys.modules.get(module), "__file__", None)
    return not (file and file.startswith(INSTALLED))


def _is_slot(c: type, name: str) -> bool:
    """Tell whether a class of the user's has slots, and this name for one of them."""
    return "__slots__" in vars(c) and inspect.ismemberdescriptor(vars(c)[name]) and _may_change(c)


def _is_installed(x: Any) -> bool:
    f = x.__func__ if isinstance(x, MethodType) else x
    return inspect.isfunction(f) and f.__code__.co_filename.startswith(INSTALLED)


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _names(inner)
