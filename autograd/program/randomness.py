"""Random numbers inside a function: whether there were any, and which line drew them.

A program would repeat the numbers of its capture. Nobody can see a draw, but generators that are
known can be asked for their states before and after.
"""

import functools
import inspect
import random
import sys
from collections.abc import Callable, Iterator
from types import CodeType, FrameType
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
    old = np.random.get_state(legacy=False)["state"]  # noqa: NPY002
    new = [repr(g.bit_generator.state) for g in known]
    return [random.getstate(), old["key"].tobytes(), old["pos"], *new]


def _generators(f: Any) -> Iterator[np.random.Generator]:
    f = inspect.unwrap(f)
    f = getattr(f, "__func__", f)
    if not inspect.isfunction(f):
        return
    cells = [c.cell_contents for c in f.__closure__ or () if c.cell_contents is not f]
    known = [*cells, *(f.__globals__.get(name) for name in _names(f.__code__))]
    yield from (g for g in known if isinstance(g, np.random.Generator))
    for inner in cells:  # the user's function, inside of ours
        if inspect.isfunction(inner):
            yield from _generators(inner)


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
