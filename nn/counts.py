"""Counts: what a module keeps beside its Tensors, which shows whether its calls change it."""

from collections import deque
from collections.abc import Iterable
from itertools import islice
from numbers import Number
from typing import Any

import numpy as np

from nn.module import Module

LOOKED_AT = 10_000
"""So many attributes, and numbers of an array, are looked at for what counts: the rest is data."""


def counted(modules: Iterable[Module]) -> dict[tuple[Any, ...], Any]:
    """Return the numbers, texts and bytes of arrays in attributes, and how much is in containers.

    They are named by their paths, through containers and objects; Tensors are left out.
    """
    found: dict[tuple[Any, ...], Any] = {}
    queue: deque[tuple[tuple[Any, ...], Any]] = deque(((i,), m) for i, m in enumerate(modules))
    seen: set[int] = set()
    while queue and len(found) < LOOKED_AT:
        path, x = queue.popleft()
        parts: Iterable[tuple[Any, Any]] = ()
        if isinstance(x, (np.ndarray, np.generic)):
            found[path] = x.tobytes() if x.size <= LOOKED_AT else b""
        elif isinstance(x, (Number, str, bytes)):
            found[path] = x
        elif id(x) not in seen:
            seen.add(id(x))
            if isinstance(x, (list, tuple, dict, set, frozenset, deque)):
                found[path] = len(x)
                parts = x.items() if isinstance(x, dict) else enumerate(x)
            elif type(x).__module__.partition(".")[0] not in ("builtins", "autograd"):
                parts = getattr(x, "__dict__", {}).items()  # of no function or type, or program
        queue.extend(((*path, k), part) for k, part in islice(parts, LOOKED_AT))
    return found
