"""Random numbers inside a function: whether there were any, and which line drew them.

A program would repeat the numbers of its capture. Nobody can see a draw, but generators that are
known can be asked for their states before and after; and one that is made without a seed asks the
operating system for one, through Python's `random` module.
"""

import ctypes
import functools
import os
import random
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import numpy as np
from numpy.random import mtrand

from autograd.base.errors import line_within
from autograd.interface.generator import default_generator

MEMORY = 4 * (624 + 1)
"""The bytes of NumPy's `MT19937`: its numbers, and the place of the next one."""
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


def watch(found: Iterable[Any]) -> Callable[[], list[Any]]:
    """Return what tells the states of the global generators, and of those that were found.

    >>> states = watch([np.sin, np.random.default_rng(0)])
    >>> states() == states()
    True
    """
    known = [default_generator, *filter(_has_state, found)]
    if OLD.get_state(legacy=False)["has_gauss"]:  # one of a pair, whose bits were drawn before
        known.append(OLD)
    return functools.partial(_states, known)


def _has_state(x: Any) -> bool:
    return isinstance(x, Source) and not isinstance(x, random.SystemRandom)


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
        here: FrameType | None = frame
        if event == "return":  # to a line that goes on
            here = frame.f_back
            while here is not None and not is_users(here.f_code.co_filename):
                here = here.f_back
        if here is not None:
            last = line_within(here.f_code, here.f_lineno)
        return look

    outer = sys.gettrace()
    sys.settrace(look)
    try:
        again()
    finally:
        sys.settrace(outer)
    return found
