"""Random numbers inside a function: whether there were any, and which line drew them.

A program would repeat the numbers of its capture. Nobody can see a draw, but generators that are
known can be asked for their states before and after; and one that is made without a seed asks the
operating system for one, through Python's `random` module.
"""

import ctypes
import functools
import inspect
import itertools
import os
import random
import sys
import sysconfig
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from types import BuiltinMethodType, CodeType, FrameType, MethodType
from typing import Any

import numpy as np
from numpy.random import mtrand

from autograd.base.errors import ROOMS, line_of
from autograd.interface.generator import default_generator

PLAIN = {int, float, complex, bool, str, bytes, type(None), np.ndarray}
"""What holds no generator, of which there may be a million in a list."""
MEMORY = 4 * (624 + 1)
"""The bytes of NumPy's `MT19937`: its numbers, and the place of the next one."""
INSTALLED = (*ROOMS, *map(sysconfig.get_path, ("stdlib", "purelib", "platlib")), "<frozen")
"""Where code lies that is not the user's own."""
OLD = mtrand._rand
"""NumPy's global generator, which ``np.random.normal()`` draws from."""
Source = np.random.Generator | np.random.RandomState | np.random.BitGenerator | random.Random


class _Seeds(threading.local):
    count = 0


_seeds, _counting, _switch = _Seeds(), [0], threading.Lock()


def _urandom(size: int) -> bytes:
    _seeds.count += size
    return os.urandom(size)


@contextmanager
def counted_seeds() -> Iterator[None]:
    """Count what the operating system gives this thread for seeds, as long as the block runs."""
    module: Any = random  # whose private name NumPy's generators reach the system by
    with _switch:
        _counting[0] += 1
        module._urandom = _urandom
    try:
        yield
    finally:
        with _switch:
            _counting[0] -= 1
            module._urandom = _urandom if _counting[0] else os.urandom


def watch(*held: Any) -> Callable[[], list[Any]]:
    """Return what tells the states of the global generators, and of those in a call: f, arguments.

    >>> states = watch(np.sin)
    >>> states() == states()
    True
    """
    known = [default_generator, *_generators(*held)]
    if OLD.get_state(legacy=False)["has_gauss"]:  # one of a pair, whose bits were drawn before
        known.append(OLD)
    return functools.partial(_states, known)


def _states(known: list[Source]) -> list[Any]:
    bits = mtrand.get_bit_generator()  # the old one's: whoever still draws from it is found too
    return [random.getstate(), _seeds.count, *map(_state, [bits, *known])]


def _state(g: Source) -> Any:
    if isinstance(g, random.Random):
        return g.getstate()
    if isinstance(g, np.random.RandomState):
        return repr(g.get_state())
    bits = g.bit_generator if isinstance(g, np.random.Generator) else g
    if isinstance(bits, np.random.MT19937):  # NumPy copies its numbers one by one, in 30 µs
        return ctypes.string_at(bits.ctypes.state_address, MEMORY)
    return repr(bits.state)


def _generators(*held: Any) -> Iterator[Source]:
    """Yield those that are there, or read by what is called: a function, a module, an object."""
    known: set[Any] = set()
    left = [*held]
    while left:
        x = left.pop()
        key = (id(x.__func__), id(x.__self__)) if isinstance(x, MethodType) else id(x)
        if key in known:
            continue
        known.add(key)
        if type(x) in (dict, list, tuple, set):
            parts = x.values() if type(x) is dict else x
            left += [part for part in parts if type(part) not in PLAIN]
        elif inspect.isfunction(x):
            left += [*_read_by(x), *vars(x).values()]  # also what it wraps
        elif isinstance(x, Source) and not isinstance(x, random.SystemRandom):  # without a state
            yield x
        elif isinstance(x, functools.partial):
            left += [x.func, *x.args, *x.keywords.values()]
        elif isinstance(x, MethodType | BuiltinMethodType) and isinstance(x.__self__, Source):
            left.append(x.__self__)
        elif isinstance(x, MethodType):
            left += [x.__func__, *_parts(x.__self__), *_read_by(x.__func__, x.__self__)]
        elif hasattr(type(x), "named_modules"):  # of nn, which nobody here knows
            left += [v for m in x.modules() for v in (*vars(m).values(), *vars(type(m)).values())]
        elif inspect.isfunction(call := getattr(type(x), "__call__", None)):  # noqa: B004  # its code
            left += [call, *_parts(x), *_read_by(call, x)]


def _parts(x: Any) -> Iterable[Any]:
    return getattr(x, "__dict__", {}).values()


def _read_by(f: Any, *given: Any) -> Iterator[Any]:
    """Yield what f has from outside, and what its code takes of that by name, as ``state.rng``.

    Of the functions and the methods there, the user's own only. Ours draw from the default
    generator, which is known.

    Parameters
    ----------
    given : arguments that are known, as the object that a method is of.
    """
    held = [*given, *(f.__defaults__ or ()), *(f.__kwdefaults__ or {}).values()]
    for cell in f.__closure__ or ():
        with suppress(ValueError):  # where the variable is assigned later
            held.append(cell.cell_contents)
    yield from held
    if f.__code__.co_filename.startswith(ROOMS):
        return
    names = {*_names(f.__code__)}
    left = [*held, *[f.__globals__[name] for name in names & f.__globals__.keys()]]
    known: set[int] = set()
    while left:
        x = left.pop()
        if id(x) in known or _is_installed(x):
            continue
        known.add(id(x))
        yield x
        left += [x.__dict__[name] for name in names & getattr(x, "__dict__", {}).keys()]
        parts = [vars(c)[name] for c in type(x).__mro__ for name in names & vars(c).keys()]
        left += [part for part in parts if not inspect.isfunction(part)]
        methods = [MethodType(part, x) for part in parts if inspect.isfunction(part)]
        yield from itertools.filterfalse(_is_installed, methods)


def _is_installed(x: Any) -> bool:
    f = x.__func__ if isinstance(x, MethodType) else x
    return inspect.isfunction(f) and f.__code__.co_filename.startswith(INSTALLED)


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _names(inner)


def drawing_line(
    again: Callable[[], Any], now: Callable[[], Any], is_users: Callable[[str], bool]
) -> str | None:
    """Run once more, line by line; return the line that changed the states.

    Parameters
    ----------
    again : what to run.
    now : returns the states.
    is_users : whether a file is the user's.
    """
    before, last, found = now(), "", None

    def look(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal last, found
        made = frame.f_globals.get("__name__", "").startswith("namedtuple_")  # from a text
        if made or not is_users(frame.f_code.co_filename):
            return None
        if found is None and last and now() != before:
            found = last
        if event == "line":
            line = line_of(frame.f_code.co_filename, frame.f_lineno)
            last = f"{line}, in {frame.f_code.co_name}"
        return look

    outer = sys.gettrace()
    sys.settrace(look)
    try:
        again()
    finally:
        sys.settrace(outer)
    return found
