"""Random numbers inside a function: whether there were any, and which line drew them.

A program would repeat the numbers of its capture. Nobody can see a draw, but generators that are
known can be asked for their states before and after.
"""

import functools
import inspect
import random
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import CodeType, FrameType, FunctionType, MethodType
from typing import Any

import numpy as np

from autograd.errors import line_of
from autograd.generator import default_generator

Source = np.random.Generator | np.random.RandomState


def watch(f: Callable[..., Any]) -> Callable[[], list[Any]]:
    """Return what tells the states of the global generators, and of those that f reads.

    >>> states = watch(np.sin)
    >>> states() == states()
    True
    """
    return functools.partial(_states, [default_generator, *_generators(f)])


def _states(known: list[Source]) -> list[Any]:
    # whoever still draws from the old generator is found too
    old = np.random.get_state(legacy=False)["state"]  # noqa: NPY002  # theirs
    new = [
        repr(g.bit_generator.state if isinstance(g, np.random.Generator) else g.get_state())
        for g in known
    ]
    return [random.getstate(), old["key"].tobytes(), old["pos"], *new]


def _generators(f: Any) -> Iterator[Source]:
    """Yield those that f reads, or what it calls: a function, a module, an object."""
    known: set[int] = set()
    left = [f]
    while left:
        x = left.pop()
        if id(x) in known:
            continue
        known.add(id(x))
        if isinstance(x, Source):
            yield x
        elif isinstance(x, functools.partial):
            left += [x.func, *x.args, *x.keywords.values()]
        elif isinstance(x, MethodType):
            left += [x.__func__, *getattr(x.__self__, "__dict__", {}).values()]
        elif inspect.isfunction(x):
            left += [*_read_by(x), *vars(x).values()]  # also what it wraps
        elif hasattr(type(x), "named_modules"):  # of nn, which nobody here knows
            left += [v for m in x.modules() for v in (*vars(m).values(), *vars(type(m)).values())]
        elif inspect.isfunction(call := getattr(type(x), "__call__", None)):  # noqa: B004  # its code
            left += [call, *getattr(x, "__dict__", {}).values()]


def _read_by(f: FunctionType) -> Iterator[Any]:
    """Yield what f has from outside, and what its code takes of that by name, as ``state.rng``.

    Of the functions there, those of its own file only.
    """
    held = [*(f.__defaults__ or ()), *(f.__kwdefaults__ or {}).values()]
    for cell in f.__closure__ or ():
        with suppress(ValueError):  # where the variable is assigned later
            held.append(cell.cell_contents)
    yield from held
    names = {*_names(f.__code__)}
    read = [f.__globals__[name] for name in names if name in f.__globals__]
    parts = [getattr(x, "__dict__", {}) for x in (*held, *read)]
    for x in (*read, *(part[name] for part in parts for name in names if name in part)):
        if getattr(x, "__globals__", f.__globals__) is f.__globals__:
            yield x


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
        if not is_users(frame.f_code.co_filename):
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
