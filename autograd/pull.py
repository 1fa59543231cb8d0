"""One operation of the sweep: from the gradient of a result to the gradients of its arguments."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from autograd.blocks import LARGE, in_pieces
from autograd.rules.shape import astype
from autograd.tensor import GETITEM, SETITEM, Tensor

Gradient = Any  # an array or a NumPy scalar; a Tensor in a recorded sweep


class Part:
    """A gradient that is 0 but at `index`: what ``x[index]`` sends back, in O(its own size)."""

    __slots__ = ("g", "index")

    def __init__(self, g: Gradient, index: Any) -> None:
        self.g, self.index = g, index

    def add_to(self, buffer: np.ndarray) -> np.ndarray:
        """Add into an array; a place that an index array names twice gets both."""
        basic = self.index if type(self.index) is tuple else (self.index,)
        if all(isinstance(i, BASIC) for i in basic):
            buffer[self.index] += self.g
        else:
            np.add.at(buffer, self.index, self.g)
        return buffer

    def dense(self, a: Tensor) -> np.ndarray:
        return self.add_to(np.zeros(a.shape, a.dtype))


class Rest:
    """A gradient of which a part was set to 0, in its own buffer: the rest of ``x[index] = v``."""

    __slots__ = ("g",)

    def __init__(self, g: np.ndarray) -> None:
        self.g = g

    def add_to(self, buffer: np.ndarray) -> np.ndarray:
        buffer += self.g
        return buffer

    def dense(self, a: Tensor) -> np.ndarray:  # noqa: ARG002  # as Part.dense
        return self.g


LAZY = (Part, Rest)
BASIC = (int, np.integer, slice, type(None), type(...))


def pull(
    node: Tensor, args: Sequence[Any], g: Gradient, recorded: bool, ours: bool
) -> list[tuple[int, Gradient]]:
    """Apply the rules of one operation: (which argument, its gradient), the last argument first."""
    op: Any = node.op
    params = node.params
    y: Any = node if recorded else node.data
    xs = args if recorded else [a.data if type(a) is Tensor else a for a in args]
    wanted = [i for i, a in reversed([*enumerate(args)]) if type(a) is Tensor and a.requires_grad]
    if op is GETITEM and not recorded:
        return [(0, Part(g, params["index"]))]
    if op is SETITEM and not recorded:
        part, rest = _pull_setitem(g if ours else np.array(g), params["index"])
        return [(i, part if i else rest) for i in wanted]
    if op.joint is not None:
        pulled = op.joint(g, y, *xs, **params)
        return [(i, pulled[i]) for i in wanted]
    cut = op.elementwise and not recorded and node.data.size >= LARGE
    sent = []
    for i in wanted:
        rule = op.rule(i)
        if rule is not None:
            rule = partial(rule, **params) if params else rule
            sent.append((i, in_pieces(rule, g, y, *xs) if cut else rule(g, y, *xs)))
    return sent


def _pull_setitem(g: np.ndarray, index: Any) -> tuple[np.ndarray, Rest]:
    """Send the part to the value and the rest to the old version, without a copy of the rest."""
    part = np.array(g[index])
    g[index] = 0
    return part, Rest(g)


def add(
    before: Gradient, gx: Gradient, birth: int, buffers: set[int], uses: dict[int, int]
) -> Gradient:
    """Return the sum, in place where the array is the sweep's own; count one more way."""
    uses[birth] = uses.get(birth, 1) + 1
    if type(gx) in LAZY:
        if birth not in buffers:
            before = np.array(before)
            buffers.add(birth)
        return gx.add_to(before)
    if birth in buffers:
        before += gx
        return before
    total = before + gx
    if type(total) is np.ndarray:
        buffers.add(birth)
    return total


def fit(gx: Gradient, a: Tensor) -> Gradient:
    """Give a gradient the shape and the dtype of its tensor."""
    if type(gx) in LAZY:
        return gx
    shape = a.data.shape
    if gx.shape != shape:
        lead = gx.ndim - len(shape)
        axes = tuple(
            i for i, n in enumerate(gx.shape) if i < lead or (shape[i - lead] == 1 and n != 1)
        )
        gx = gx.sum(axis=axes) if axes else gx
        gx = gx.reshape(shape) if gx.shape != shape else gx
    if gx.dtype != a.data.dtype:
        gx = astype(gx, dtype=a.data.dtype)
    return gx[()] if type(gx) is np.ndarray and gx.ndim == 0 else gx
