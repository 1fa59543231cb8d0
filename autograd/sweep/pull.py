"""One operation of the sweep: from the gradient of a result to the gradients of its arguments."""

from collections.abc import Sequence
from functools import lru_cache, partial
from itertools import zip_longest
from typing import Any

import numpy as np

from autograd.base.blocks import in_pieces
from autograd.base.errors import kind_of, no_float, refusal
from autograd.mutation.versions import Overwritten
from autograd.mutation.witness import SHARING, check
from autograd.rules.lazy import LAZY
from autograd.rules.shape import in_dtype, sum_to
from autograd.tensor import Tensor, constant

Gradient = Any  # an array or a NumPy scalar; a Tensor in a recorded sweep


def pull(
    node: Tensor, args: Sequence[Any], g: Gradient, recorded: bool, ours: bool
) -> list[tuple[int, Gradient]]:
    """Apply the rules of one operation: (which argument, its gradient), the last argument first.

    `ours` tells that g is an array that may be written into.
    """
    op: Any = node.op
    params = node.params
    if type(node.count) is not int or SHARING:
        check(node, args)
    y: Any = node if recorded else node.data
    xs = args if recorded else [a.data if type(a) is Tensor else a for a in args]
    if type(g) is Tensor and not recorded:  # the gradient is recorded, and all else is constant
        y, xs = constant(y), [constant(a.data) if type(a) is Tensor else a for a in args]
    cut = op.elementwise and not recorded and y.size >= op.large
    lazy = op.lazy is not None and not recorded
    if (cut or lazy) and (hasattr(y, "tape") or not isinstance(g, (np.ndarray, np.generic))):
        cut = lazy = False  # a symbol has no memory to look at
    if lazy or op.joint is not None:
        sent = op.lazy(g, ours, **params) if lazy else [*enumerate(op.joint(g, y, *xs, **params))]
        if len(args) == 1:
            return sent
        asks = [type(a) is Tensor and a.requires_grad for a in args]
        return [(i, gx) for i, gx in sent[::-1] if asks[i] and gx is not None]
    if cut:  # an old version of an argument becomes an array again
        xs = [x.restore() if isinstance(x, Overwritten) else x for x in xs]
    result = []
    for i in range(len(args) - 1, -1, -1):
        a = args[i]
        if type(a) is not Tensor or not a.requires_grad:
            continue
        rule = op.rules[i] if op.each is None else partial(op.each, i)
        if rule is not None:
            if cut:
                rule = partial(rule, **params) if params else rule
                result.append((i, in_pieces(rule, g, y, *xs)))
            else:
                result.append((i, rule(g, y, *xs, **params)))
    return result


def add(
    before: Gradient, gx: Gradient, birth: int, buffers: set[int], uses: dict[int, int]
) -> Gradient:
    """Return the sum, in place where the array is the sweep's own; count one more way."""
    uses[birth] = uses.get(birth, 1) + 1
    if type(gx) in LAZY and not isinstance(before, (np.ndarray, np.generic)):
        gx = gx.dense(before)  # a symbol cannot be written into
    if type(gx) in LAZY:
        if birth not in buffers:
            before = np.array(before)
            buffers.add(birth)
        return gx.add_to(before)
    if birth in buffers:
        if type(gx) is np.ndarray:
            before += gx
            return before
        buffers.discard(birth)  # what stands for an array cannot be added in place
    total = before + gx
    if type(total) is np.ndarray:
        buffers.add(birth)
    return total


def fit(gx: Gradient, a: Tensor) -> Gradient:
    """Give a gradient the shape and the dtype of its tensor."""
    x = a.data
    shape = x.shape
    if type(gx) in LAZY:
        return gx
    if not hasattr(gx, "shape"):
        gx = _number(gx)
    if gx.shape != shape:
        _check_copies(gx.shape, shape)
        gx = sum_to(gx, shape)
    if gx.dtype != x.dtype:
        if x.dtype.kind in "biu":
            raise no_float(a, "the gradient")
        gx = in_dtype(gx, x.dtype)  # the real part: moving x moves the result along 1 only
    return gx[()] if type(gx) is np.ndarray and gx.ndim == 0 else gx


@lru_cache(maxsize=1024)  # the shapes of one step come again at the next
def _check_copies(given: tuple[int, ...], shape: tuple[int, ...]) -> None:
    """Refuse a gradient of which no sum fits: reshaped, its elements would be in other places."""
    lengths = zip_longest(given[::-1], shape[::-1], fillvalue=1)
    if any(own not in (1, length) for length, own in lengths):
        raise refusal(
            ValueError,
            f"the rule of an operation returned a gradient of shape {given}",
            f"its argument has shape {shape}",
            f"a rule that returns shape {shape}, or one that broadcasting made of it",
        )


def _number(gx: Any) -> Gradient:
    if isinstance(gx, (int, float, complex)):
        return np.asarray(gx, np.result_type(float, type(gx)))[()]
    raise refusal(
        TypeError,
        f"the rule of an operation returned {kind_of(gx)}",
        f"its gradient is {gx!r}",
        "an array or a number, g * ...; None in the place of a rule: no derivative",
    )
