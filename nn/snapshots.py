"""Snapshots: what a module keeps beside its Tensors, as it was before a call that may change it."""

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
"""So many objects and containers are looked at, and so many parts of each: the rest is data."""

VALUES = np.ndarray, np.generic, Number, str, bytes
CHANGED = list, dict, set, deque
CONTAINERS = *CHANGED, tuple, frozenset


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
    owned: list[tuple[Any, Any]] = []
    slotted: list[tuple[Any, str, Any]] = []
    for x, own, slots in _kept(modules):
        slotted += [(x, name, value) for name, value in slots.items()]
        if isinstance(own, CHANGED):
            owned.append((own, dict(own) if isinstance(own, dict) else [*own]))
    buffers = [(b, np.array(b.data)[()]) for module in modules for _, b in module._own("buffer")]
    random = default_generator.bit_generator
    drawn = random.state

    def set_back() -> None:
        for own, was in owned:
            if _identities(own) != _identities(was):  # some refuse any change
                own.clear()
                (own.update if hasattr(own, "update") else own.extend)(was)
        for x, name, value in slotted:
            object.__setattr__(x, name, value)
        for buffer, data in buffers:
            buffer.data = data
        random.state = drawn

    context = ExitStack()
    context.callback(set_back)
    return context


def _kept(modules: Iterable[Module]) -> Iterator[tuple[Any, Any, dict[str, Any]]]:
    """Yield what modules keep: itself, the container of its parts or attributes, and its slots."""
    queue: deque[Any] = deque(modules)
    seen: set[int] = set()
    while queue and len(seen) < LOOKED_AT:
        x = queue.popleft()
        if isinstance(x, VALUES) or id(x) in seen:
            continue
        seen.add(id(x))
        own: Any = x if isinstance(x, CONTAINERS) else ()
        slots: dict[str, Any] = {}
        home = type(x).__module__.partition(".")[0]
        if own is not x and home not in ("builtins", "autograd"):
            own = getattr(x, "__dict__", {})  # of no function or type, or program
            state: Any = object.__getstate__(x)
            slots = state[1] if type(state) is tuple else {}
        yield x, own, slots
        parts = chain(slots.values(), own.values() if hasattr(own, "values") else own)
        queue.extend(islice(parts, LOOKED_AT))


def _identities(own: Any) -> list[int]:
    return [id(x) for x in (*own, *(own.values() if isinstance(own, dict) else ()))]
