"""The user's functions that a capture runs through, and so the names of what they compute.

Every operation looks up who called it, and keeps the frames of the user's functions. A frame that
somebody refers to outlives its call, with the last values of its variables: no function needs to
be traced, and debuggers and coverage are left alone.
"""

import functools
import sys
import sysconfig
from collections.abc import Callable, Iterator
from types import CodeType, FrameType

from autograd.backward import sweep
from autograd.base.errors import ROOMS

SWEEP = sweep.__code__


class Callers:
    """The frames of the user's functions.

    Parameters
    ----------
    look : what to do with each of them when a backward pass begins: its variables have their
        values by then.
    outside : the function that called them all.
    """

    def __init__(self, look: Callable[[FrameType], None], outside: CodeType) -> None:
        self._look, self._outside = look, outside
        self._known: dict[FrameType, tuple[int, FrameType | None]] = {}  # its depth, and sweep
        self._ours: set[str] = set()  # the files of frames that are no user's
        self._sweep: FrameType | None = None

    def __iter__(self) -> Iterator[FrameType]:
        """Go through the frames, the outermost first: who calls knows best what it is called."""
        return iter(sorted(self._known, key=lambda f: self._known[f][0]))

    def meet(self) -> bool:
        """Note who calls, and tell whether a backward pass is on its way."""
        caller, sweeping = self._above(sys._getframe(3), self._sweep)  # the tape's caller is ours
        if caller is not None:
            sweeping = sweeping or self._note(caller)
        if sweeping is not None and sweeping is not self._sweep:
            self._sweep = sweeping
            for frame in self:
                self._look(frame)
        return sweeping is not None

    def forget(self) -> None:
        """Let go of the frames, and of all that they hold."""
        self._known.clear()
        self._sweep = None

    def _above(
        self, frame: FrameType | None, known: FrameType | None = None
    ) -> tuple[FrameType | None, FrameType | None]:
        """Return the user's frame that called this one, and the sweep on the way there.

        It does not look behind a sweep whose callers are known.
        """
        sweeping, ours = None, self._ours
        while frame is not None:
            code = frame.f_code
            if code.co_filename not in ours:  # a text knows its hash; code computes it each time
                if code is SWEEP:
                    sweeping = sweeping or frame
                    if frame is known:
                        break
                elif code is self._outside:
                    return None, sweeping
                elif is_users(code.co_filename):
                    return frame, sweeping
                elif code.co_filename not in (SWEEP.co_filename, self._outside.co_filename):
                    ours.add(code.co_filename)
            frame = frame.f_back
        return None, sweeping

    def _note(self, caller: FrameType) -> FrameType | None:
        """Keep a frame and those that called it; return the sweep that it is called from."""
        new = []
        above: FrameType | None = caller
        while above is not None and above not in self._known:
            frame = above
            above, sweeping = self._above(frame.f_back)
            new.append((frame, above, sweeping))
        for frame, above, sweeping in reversed(new):
            depth, outer = self._known[above] if above is not None else (0, None)
            self._known[frame] = depth + 1, sweeping or outer
        return self._known[caller][1]


@functools.cache
def is_users(file: str) -> bool:
    """Tell the user's code from ours, NumPy's and Python's."""
    return not file.startswith((*ROOMS, sysconfig.get_path("stdlib"), "<frozen"))
