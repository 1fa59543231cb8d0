"""Whose an object is: the user's own, which may change, or that of what is installed."""

import functools
import sys
import sysconfig
from pathlib import Path
from types import FunctionType, MethodType, ModuleType
from typing import Any

from autograd.base.errors import ROOMS

PLACES = [p for p in sys.path if p and next(Path(p).glob("*.dist-info"), None)]
"""Where pip has put packages: its own folder, that of a distribution of Linux, a ``--target``."""
INSTALLED = (*ROOMS, *map(sysconfig.get_path, ("stdlib", "purelib", "platlib")), *PLACES, "<frozen")
"""Where code lies that is not the user's own."""


def may_change(x: Any) -> bool:
    """Tell whether attributes may be others later: not those of what is installed."""
    if not isinstance(x, ModuleType | type):
        return True
    return _is_of_users(x.__name__ if isinstance(x, ModuleType) else x.__module__)


@functools.cache
def _is_of_users(module: str) -> bool:
    file = getattr(sys.modules.get(module), "__file__", None)
    return module != "builtins" and not (file and file.startswith(INSTALLED))


def is_installed(x: Any) -> bool:
    """Tell whether a function, or that of a method, is not the user's own, nor wraps one."""
    f = x.__func__ if type(x) is MethodType else x  # not isinstance: x.__class__ may do anything
    if type(f) is not FunctionType or not f.__code__.co_filename.startswith(INSTALLED):
        return False
    wrapped = vars(f).get("__wrapped__")
    return wrapped is None or is_installed(wrapped)
