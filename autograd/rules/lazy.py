"""Gradients that are 0 in most places: what indexing sends back, in time linear in the index."""

import operator
from typing import Any

import numpy as np

from autograd.primitive import PRIMITIVES
from autograd.rules.shape import is_basic, landed, setitem


class Part:
    """A gradient that is 0 but at `index`: what ``x[index]`` sends back, in O(its own size)."""

    __slots__ = ("g", "index")

    def __init__(self, g: Any, index: Any) -> None:
        self.g, self.index = g, index

    def add_to(self, buffer: np.ndarray) -> np.ndarray:
        """Add into an array; a place that an index array names twice gets both."""
        if is_basic(self.index):
            buffer[self.index] += self.g
        else:
            np.add.at(buffer, self.index, self.g)
        return buffer

    def dense(self, a: Any) -> np.ndarray:
        """Return the gradient of a tensor as an array."""
        return self.add_to(np.zeros(a.shape, a.dtype))


class Rest:
    """A gradient of which a part was set to 0, in its own buffer: the rest of ``x[index] = v``."""

    __slots__ = ("g",)

    def __init__(self, g: np.ndarray) -> None:
        self.g = g

    def add_to(self, buffer: np.ndarray) -> np.ndarray:
        buffer += self.g
        return buffer

    def dense(self, a: Any) -> np.ndarray:  # noqa: ARG002  # as Part.dense
        return self.g


LAZY = (Part, Rest)


def d_part(g, ours, index):
    return [(0, Part(g, index))]


def d_assignment(g, ours, index):
    """Send the rest to the old version, without a copy of it, and the part to the value."""
    g = g if ours else np.array(g)
    part = np.array(landed(g, index))
    g[index] = 0
    return [(0, Rest(g)), (1, part)]


for _fn, _sent in ((operator.getitem, d_part), (setitem, d_assignment)):
    PRIMITIVES[_fn].lazy = _sent
    PRIMITIVES[_fn].alone = False  # the sweep's shorter way knows arrays only
