"""Counts: what a module keeps beside its Tensors, which shows whether its calls change it."""

from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import chain, islice
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

    They are named by their paths, through containers and objects; Tensors are left out. What an
    iterator gives next does not show, so that its entry equals no other.
    """
    found: dict[Path, Any] = {}
    for path, x, _, _ in _kept(modules):
        if isinstance(x, (np.ndarray, np.generic)):
            found[path] = x.tobytes() if x.size <= LOOKED_AT else b""
        elif isinstance(x, VALUES):
            found[path] = x
        elif isinstance(x, CONTAINERS):
            found[path] = len(x)
        elif isinstance(x, Iterator) and not hasattr(x, "__dict__"):  # whose place does not show
            found[path] = object()
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
    kept = [*_kept(modules)]
    owned = [own for _, _, own, _ in kept if isinstance(own, CHANGED)]
    before = [(own, dict(own) if isinstance(own, dict) else [*own]) for own in owned]
    slots = [(x, name, value) for _, x, _, slots in kept for name, value in slots.items()]
    buffers = [(b, np.array(b.data)[()]) for module in modules for _, b in module._own("buffer")]
    random = default_generator.bit_generator
    drawn = random.state

    def set_back() -> None:
        for own, was in before:
            if _identities(own) != _identities(was):  # some refuse any change
                own.clear()
                (own.update if hasattr(own, "update") else own.extend)(was)
        for x, name, value in slots:
            object.__setattr__(x, name, value)
        for buffer, data in buffers:
            buffer.data = data
        random.state = drawn

    context = ExitStack()
    context.callback(set_back)
    return context


def _kept(modules: Iterable[Module]) -> Iterator[tuple[Path, Any, Any, dict[str, Any]]]:
    """Yield what modules keep: path, itself, container of its parts or attributes, and slots."""
    queue: deque[tuple[Path, Any]] = deque(((i,), m) for i, m in enumerate(modules))
    seen: set[int] = set()
    left = len(queue) + LOOKED_AT
    while queue and left:
        path, x = queue.popleft()
        own: Any = ()
        slots: dict[str, Any] = {}
        if not isinstance(x, VALUES):
            if id(x) in seen:
                continue
            seen.add(id(x))
            if isinstance(x, CONTAINERS):
                own = x
            elif type(x).__module__.partition(".")[0] not in ("builtins", "autograd"):
                own = getattr(x, "__dict__", {})  # of no function or type, or program
                state: Any = object.__getstate__(x)
                slots = state[1] if type(state) is tuple else {}
        left -= 1
        yield path, x, own, slots
        parts = chain(slots.items(), own.items() if hasattr(own, "items") else enumerate(own))
        queue.extend(((*path, k), part) for k, part in islice(parts, LOOKED_AT))


def _identities(own: Any) -> list[int]:
    return [id(x) for x in (*own, *(own.values() if isinstance(own, dict) else ()))]
