"""What a function has from outside: the objects that it reaches, and the names that it reads.

Code tells names: of globals, of variables around it, of attributes. They are followed from what is
called to the functions that it calls, as far as these are the user's own.
"""

import functools
import inspect
from collections import ChainMap, UserDict, UserList, deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from types import (
    BuiltinMethodType,
    CellType,
    FunctionType,
    MappingProxyType,
    MethodType,
    ModuleType,
)
from typing import Any, NamedTuple

import numpy as np

from autograd.base.errors import ROOMS
from autograd.primitive import row_of
from autograd.program.tracing.names import handed, names_in
from autograd.program.tracing.owners import is_installed, may_change

MAPPINGS = (dict, MappingProxyType, UserDict, ChainMap)
SEQUENCES = (list, tuple, set, frozenset, deque, UserList)
CONTAINERS = (*MAPPINGS, *SEQUENCES)
PLAIN = {int, float, complex, bool, str, bytes, type(None), np.ndarray}
"""What reaches nothing, of which there may be a million in a list."""
FUNCTIONS = (FunctionType, staticmethod, classmethod)
CALLED = (*FUNCTIONS, MethodType, functools.partial)
ELSEWHERE = {
    "__init__", "__new__", "__post_init__", "__init_subclass__", "__set_name__", "__del__",
    "__repr__", "__dir__", "__copy__", "__deepcopy__", "__reduce__", "__reduce_ex__",
    "__getstate__", "__setstate__", "__setattr__", "__delattr__", "__class_getitem__",
}  # fmt: skip
"""What Python calls where objects are made, shown, copied or changed; other ``__methods__`` where
code reads ``x.name`` or ``x[i]``, computes ``2 * x``, asks ``if x`` and the like."""
MANY = 1000
"""After so many objects no more are looked up again for names that are met later."""
EVERY = {"vars", "__dict__", "astuple", "asdict", "fields"}
"""What code calls that reads all attributes of an object, and needs no name of one."""
STEPPED = "param_groups", "last_epoch"
"""What steps of optimizers and schedules read, and change."""
RULES = "rules", "each", "joint"
"""Where the row of a primitive has its derivative."""
OURS = "autograd.", "nn."
"""Of the objects of these packages it is known what is read."""
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

    None stands for the names themselves that are there, any of which may be asked for. Where
    assignments are `counted`, the count tells at once that there were none.
    """

    where: Any
    name: str | None
    counted: list[int] | None = None

    @property
    def value(self) -> Any:
        """What the name stands for at present."""
        if self.name is None:
            return [name for name in self.where if name != MODE]
        if type(self.where) is not CellType:
            return self.where.get(self.name, NOTHING)
        with suppress(ValueError):  # where the variable is assigned later
            return self.where.cell_contents
        return NOTHING


def reached(*held: Any, given: Sequence[Any] = ()) -> Iterator[Any]:
    """Yield what is held, and what can be got to from there: functions, modules, objects, `Read`s.

    What may be called is followed to what its code reads. An object may be handed on to any
    function that is met, and so what they read of their variables is looked up in it.

    Parameters
    ----------
    given : objects that are arguments.
    """
    known: set[Any] = set()
    names: set[str] = set()
    objects, looked, left = [*given], (0, 0), [*held]
    while left or (looked != (len(names), len(objects)) and len(objects) < MANY):
        if not left:
            looked, left = (len(names), len(objects)), [*_taken(objects, names)]
            continue
        x = left.pop()
        if type(x) is Read:
            yield x
            continue
        key = (id(x.__func__), id(x.__self__)) if isinstance(x, MethodType) else id(x)
        if key in known:
            continue
        known.add(key)
        yield x
        if _has_attributes(x):
            objects.append(x)
        left += _behind(x, names)


def _behind(x: Any, used: set[str]) -> Iterator[Any]:
    """Yield what can be got to from an object, and add the names that its code reads."""
    if _is_container(x):
        yield from _parts(x)
    elif inspect.isfunction(x):
        yield from (*_read_by(x, used), *vars(x).values(), *_rules(x))  # also what it wraps
    elif isinstance(x, functools.partial):
        yield from (x.func, *x.args, *x.keywords.values())
        if inspect.isfunction(x.func):
            yield from _read_by(x.func, used, *x.args, **x.keywords)
        else:
            yield from _contents(_named(x.args) | x.keywords)
    elif isinstance(x, BuiltinMethodType):
        yield x.__self__
    elif isinstance(x, MethodType):
        f, owner = x.__func__, x.__self__
        yield f
        code = inspect.isfunction(f)  # and no functools.cache, nor what Cython makes
        yield from _read_by(f, used, owner) if code else [owner]
    elif _is_read_whole(type(x)):
        for m in x.modules():
            counted = getattr(m, "_assignments", None)  # PyTorch's own does not count
            yield from (Read(vars(m), k, counted) for k in (None, *vars(m)) if k != MODE)
            yield from (*vars(m).values(), *vars(type(m)).values())
    elif inspect.isfunction(call := getattr(type(x), "__call__", None)):  # noqa: B004  # its code
        yield from (call, *_read_by(call, used, x))
        if call.__code__.co_filename.startswith(ROOMS):  # as a compiled function holds another
            yield from _attributes(x).values()


def _rules(f: Any) -> list[Any]:
    """Return the rules of a function that the user has made a primitive, and the reads of them."""
    op = row_of(f)
    if op is None or not op.foreign:
        return []
    row = Slots(op)
    reads = [Read(row, name) for name in RULES]
    return [*reads, *(r.value for r in reads)]


def _has_attributes(x: Any) -> bool:
    """Tell whether an object is no function, and has attributes that may be others later."""
    if isinstance(x, CALLED) or not may_change(x) or _is_read_whole(type(x)):
        return False
    return bool(_attributes(x)) or any(map(may_change, type(x).__mro__))


def _may_get_more(x: Any) -> bool:
    """Tell whether somebody may give an object attributes: they do not to functions and classes."""
    if isinstance(x, (ModuleType, type, np.ufunc, *CALLED)) or _is_read_whole(type(x)):
        return False
    return not str(type(x).__module__).startswith(OURS)


def _is_read_whole(kind: type) -> bool:
    """Tell whether objects are modules, all of which is read where they are met: of nn, say."""
    return hasattr(kind, "named_modules")


def _is_container(x: Any) -> bool:
    return isinstance(x, CONTAINERS) or (type(x) is np.ndarray and x.dtype == object)


def _parts(x: Any) -> list[Any]:
    """Return what is in a container and may reach something."""
    parts = x.values() if isinstance(x, MAPPINGS) else x.flat if type(x) is np.ndarray else x
    return [part for part in parts if type(part) not in PLAIN]


def _attributes(x: Any) -> Mapping[str, Any]:
    with suppress(Exception):  # of an object that stands for another, which is not there yet
        return vars(x)
    return {}


def _read_by(f: Any, used: set[str], /, *given: Any, **named: Any) -> Iterator[Any]:
    """Yield what f has from outside, and what its code takes of that by name, as ``state.rng``.

    Of the functions and the methods there, the user's own only. Ours draw from the default
    generator, which is known, and read what stays.

    Parameters
    ----------
    used : gets the names that the code reads of whatever it may be given.
    given, named : arguments that are known, as the object that a method is of.
    """
    cells = zip(f.__closure__ or (), f.__code__.co_freevars, strict=True)
    around = [r for cell, name in cells if (r := Read(cell, name)).value is not NOTHING]
    fixed = _fixed(f, given, named) if given or named or f.__defaults__ or f.__kwdefaults__ else {}
    held = [*fixed.values(), *[r.value for r in around]]
    yield from held
    if f.__code__.co_filename.startswith(ROOMS):
        return
    names = {*names_in(f.__code__)}
    reads = [Read(f.__globals__, name) for name in names & f.__globals__.keys()]
    yield from (*around, *reads, *_contents(fixed))
    used |= handed(f.__code__) | EVERY & names
    yield from _taken([*held, *[r.value for r in reads]], names)


def _taken(objects: Sequence[Any], names: set[str]) -> Iterator[Any]:
    """Yield what code with these names takes of objects, and of what it gets there."""
    left, known = [*objects], set[int]()
    while left:
        x = left.pop()
        if id(x) not in known and not is_installed(x):
            known.add(id(x))
            found, parts = _taken_of(x, names)
            yield x
            yield from found
            left += parts


def _taken_of(x: Any, names: set[str]) -> tuple[list[Any], list[Any]]:
    """Return what code with these names reads and calls of an object, and what it gets there."""
    if isinstance(x, ModuleType) and not may_change(x):  # behind which lies all that is installed
        there = (vars(x).get(name) for name in names)
        return [], [y for y in there if isinstance(y, (ModuleType, MethodType, BuiltinMethodType))]
    kind, attributes = (x, {}) if isinstance(x, type) else (type(x), _attributes(x))
    if not EVERY.isdisjoint(names):
        names = {*names, *attributes, *getattr(kind, "__dataclass_fields__", ())}
    of_class = [(c, name) for c in kind.__mro__ for name in _used(c, names) & vars(c).keys()]
    slots = Slots(x)
    own = [Read(attributes, name) for name in names & attributes.keys()]
    own += [Read(slots, name) for c, name in of_class if _is_slot(c, name)]
    found: list[Any] = [*own] if may_change(x) and not _is_read_whole(kind) else []
    if type(attributes) is dict and _may_get_more(x):
        found.append(Read(attributes, None))
    if "step" in names:  # of an optimizer, or a schedule
        found += [Read(attributes, name) for name in STEPPED if name in attributes]
    left = [r.value for r in own] + (_parts(x) if _is_container(x) else [])
    for c, name in of_class:
        part = vars(c)[name]
        part = part.fget if isinstance(part, property) else part
        called = _called(part, x)
        if called is None:
            left.append(part)
        elif not is_installed(called):
            found.append(called)
        if kind is x and may_change(c):
            found += Read(vars(c), name), Read(vars(x), name)
        elif not hasattr(type(part), "__get__"):  # a default, until the object has its own
            found += Read(vars(c), name), Read(attributes, name)
    return found, left


def _used(c: type, names: set[str]) -> set[str]:
    """Return which names of a class are read: of the user's, those that Python calls, too."""
    if not may_change(c):
        return names
    special = {k for k, part in vars(c).items() if k[:2] == "__" and isinstance(part, FUNCTIONS)}
    return names | (special - ELSEWHERE)


def _called(part: Any, x: Any) -> Any:
    """Return what code calls, or is called, where it reads this part of the class of x."""
    if isinstance(part, FUNCTIONS):
        return part.__get__(None, x) if isinstance(x, type) else part.__get__(x, type(x))
    get = getattr(part, "__get__", None)  # a descriptor's
    return get if isinstance(get, MethodType) else None


def _fixed(f: Any, given: Sequence[Any], named: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of f that are known, and the defaults of the others."""
    code, defaults = f.__code__, f.__defaults__ or ()
    names = code.co_varnames[: code.co_argcount]
    fixed = dict(zip(names[len(names) - len(defaults) :], defaults, strict=True))
    fixed |= f.__kwdefaults__ or {}
    fixed |= zip(names, given, strict=False)
    return fixed | _named(given[len(names) :]) | dict(named)


def _named(args: Sequence[Any]) -> dict[str, Any]:
    return {f"args[{i}]": x for i, x in enumerate(args)}


def _contents(fixed: Mapping[str, Any]) -> list[Read]:
    """Return the reads of what stays the same object, and may be written into."""
    return [Read(fixed, k) for k, x in fixed.items() if isinstance(x, (np.ndarray, *CONTAINERS))]


def _is_slot(c: type, name: str) -> bool:
    """Tell whether a class of the user's has slots, and this name for one of them."""
    return "__slots__" in vars(c) and inspect.ismemberdescriptor(vars(c)[name]) and may_change(c)
