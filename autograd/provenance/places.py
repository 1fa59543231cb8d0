"""Where in the user's program a tensor was made: noted on request, for it costs time.

A tensor knows its age by a birth number. While a thread records lines, the number itself carries
the place in the program where it was drawn: nothing is kept when the tensor is gone, and nothing
is slower while nobody asks.
"""

import linecache
from importlib import import_module
from pathlib import Path
from threading import Lock, get_ident
from typing import NamedTuple, Self

from autograd.base.errors import line_of
from autograd.base.modes import Threads
from autograd.mutation.versions import birth
from autograd.mutation.witness import Birth, born_here
from autograd.tensor import Tensor

_recorder = import_module("autograd.tensor")  # by its name autograd has a function, too
_listening = Threads()
_switch = Lock()


class Place(NamedTuple):
    """A line of a program.

    Attributes
    ----------
    file : the name of the file; of a notebook's cell, what IPython calls it.
    line : counted from 1.
    text : the line itself; empty where it cannot be read.
    part : the operation in it; empty where it fills several lines, or where the interpreter keeps
        no columns.
    """

    file: str
    line: int
    text: str
    part: str

    def __str__(self) -> str:
        return Path(line_of(self.file, self.line)).name


class record_lines:  # noqa: N801  # beside no_grad
    """Let every operation remember its line, in this thread, for good or in a ``with`` block.

    What is computed then can tell where, in `why`. Meanwhile a small operation takes about three
    times as long. (PyTorch: ``torch.autograd.set_detect_anomaly``.)

    Parameters
    ----------
    on : False stops recording.

    Examples
    --------
    >>> from autograd import Tensor
    >>> x = Tensor(2.0, requires_grad=True)
    >>> with record_lines():
    ...     y = x * x + 1.0
    >>> place = place_of(y.args[0])
    >>> place.line, place.text, place.part
    (2, 'y = x * x + 1.0', 'x * x')
    """

    def __init__(self, on: bool = True) -> None:
        self._before = get_ident() in _listening
        _listen(on)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        _listen(self._before)


def place_of(t: Tensor) -> Place | None:
    """Return the place that computed a tensor; None where lines were not recorded then."""
    if not isinstance(t.count, Birth):
        return None
    code, instruction = t.count.place
    start, stop, first, last = [*code.co_positions()][instruction // 2]
    line = linecache.getline(code.co_filename, start or 0).rstrip("\n")
    part = line.encode()[first:last].decode() if start == stop and first is not None else ""
    return Place(code.co_filename, start or 0, line.strip(), part)


def _listen(on: bool) -> None:
    with _switch:
        if on:
            _listening.put()
        else:
            _listening.discard(get_ident())
        _recorder.__dict__["birth"] = _birth_here if _listening else birth


def _birth_here() -> int:
    number = birth()
    if get_ident() not in _listening:
        return number
    return born_here(number)
