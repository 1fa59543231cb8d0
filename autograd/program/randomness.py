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


def watch(f: Callable[..., Any]) -> Callable[[], list[Any]]:
    """Return what tells the states of the global generators, and of those that f reads.

    >>> states = watch(np.sin)
    >>> states() == states()
    True
    """
    return functools.partial(_states, [default_generator, *_generators(f)])


def _states(known: list[np.random.Generator]) -> list[Any]:
    # whoever still draws from the old generator is found too
    old = np.random.get_state(legacy=False)["state"]  # noqa: NPY002  # theirs
    new = [repr(g.bit_generator.state) for g in known]
    return [random.getstate(), old["key"].tobytes(), old["pos"], *new]


def _generators(f: Any) -> Iterator[np.random.Generator]:
    """Yield those that f reads, or a function or a module that it reads."""
    known: set[int] = set()
    left = [f]
    while left:
        x = left.pop()
        if id(x) in known:
            continue
        known.add(id(x))
        x = inspect.unwrap(x) if callable(x) else x
        if isinstance(x, np.random.Generator):
            yield x
        elif isinstance(x, MethodType):
            left += [x.__func__, *getattr(x.__self__, "__dict__", {}).values()]
        elif inspect.isfunction(x):
            left += _read_by(x)
        elif hasattr(type(x), "named_modules"):  # of nn, which nobody here knows
            left += [v for m in x.modules() for v in (*vars(m).values(), *vars(type(m)).values())]


def _read_by(f: FunctionType) -> Iterator[Any]:
    """Yield what f has from outside; of the functions there, those of its own file only."""
    for cell in f.__closure__ or ():
        with suppress(ValueError):  # where the variable is assigned later
            yield cell.cell_contents
    for x in (f.__globals__.get(name) for name in _names(f.__code__)):
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
