"""Counts: what a module keeps beside its Tensors, which shows whether its calls change it."""

from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import islice
from numbers import Number
from typing import Any

import numpy as np

from autograd import default_generator
from nn.module import Module

LOOKED_AT = 10_000
"""So many attributes, and numbers of an array, are looked at for what counts: the rest is data."""

VALUES = np.ndarray, np.generic, Number, str, bytes
CHANGED = list, dict, set, deque
CONTAINERS = *CHANGED, tuple, frozenset

Path = tuple[Any, ...]


def counted(modules: Iterable[Module]) -> dict[Path, Any]:
    """Return the numbers, texts and bytes of arrays in attributes, and how much is in containers.

    They are named by their paths, through containers and objects; Tensors are left out.
    """
    found: dict[Path, Any] = {}
    for path, x, _ in _kept(modules):
        if isinstance(x, (np.ndarray, np.generic)):
            found[path] = x.tobytes() if x.size <= LOOKED_AT else b""
        elif isinstance(x, VALUES):
            found[path] = x
        elif isinstance(x, CONTAINERS):
            found[path] = len(x)
    return found


def untouched(*models: Module) -> ExitStack:
    """Return a context that leaves models and the random state as they were before it.

    In the end, or by `close`, attributes, containers and buffers are set back.

    >>> module = Module()
    >>> with untouched(module):
    ...     module.calls = 1
    >>> hasattr(module, "calls")
    False
    """
    modules = [module for model in models for module in model.modules()]
    owned = [own for _, _, own in _kept(modules) if isinstance(own, CHANGED)]
    before = [(own, dict(own) if isinstance(own, dict) else [*own]) for own in owned]
    buffers = [(b, np.array(b.data)[()]) for module in modules for _, b in module._own("buffer")]
    random = default_generator.bit_generator
    drawn = random.state

    def set_back() -> None:
        for own, was in before:
            if _identities(own) != _identities(was):  # some refuse any change
                own.clear()
                (own.update if hasattr(own, "update") else own.extend)(was)
        for buffer, data in buffers:
            buffer.data = data
        random.state = drawn

    context = ExitStack()
    context.callback(set_back)
    return context


def _kept(modules: Iterable[Module]) -> Iterator[tuple[Path, Any, Any]]:
    """Yield what modules keep: its path, itself, and the container of its parts or attributes."""
    queue: deque[tuple[Path, Any]] = deque(((i,), m) for i, m in enumerate(modules))
    seen: set[int] = set()
    left = len(queue) + LOOKED_AT
    while queue and left:
        path, x = queue.popleft()
        own: Any = ()
        if not isinstance(x, VALUES):
            if id(x) in seen:
                continue
            seen.add(id(x))
            if isinstance(x, CONTAINERS):
                own = x
            elif type(x).__module__.partition(".")[0] not in ("builtins", "autograd"):
                own = getattr(x, "__dict__", {})  # of no function or type, or program
        left -= 1
        yield path, x, own
        parts = own.items() if hasattr(own, "items") else enumerate(own)
        queue.extend(((*path, k), part) for k, part in islice(parts, LOOKED_AT))


def _identities(own: Any) -> list[int]:
    return [id(x) for x in (*own, *(own.values() if isinstance(own, dict) else ()))]
