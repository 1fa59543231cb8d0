"""Cross-entropy: the losses of rows of logits, and what they send back.

Both need exp(x - max), which takes most of the time. The forward pass leaves it for the backward
pass, which turns it into the gradient in its place: in a plan of a program, and for one cross-entropy
of each thread, the latest. Without it the backward pass computes the same, bit for bit.
"""

import functools
import threading
import weakref
from typing import Any

import numpy as np

from autograd.base.blocks import BYTES, LARGE, rowwise, share
from autograd.base.modes import is_grad_enabled
from autograd.primitive import fused, primitive
from autograd.rules.neural import softmax


# ── in words of NumPy ─────────────────────────────────────────────────────────────────────────
def layout(x):
    """Return the order of what is reduced: of short rows, by columns it takes a third to a half."""
    return "F" if x.shape[1] <= 32 else "C"


def by_columns(x):
    """Lay short rows out column by column, and long ones row by row."""
    is_real = type(x) is np.ndarray and x.dtype.kind == "f"
    return np.asarray(x, order=layout(x)) if is_real else x


def row_sums(x):
    """Add up each row. BLAS takes a third of NumPy's time; in long rows it would round more."""
    if x.dtype.char in "fd" and 32 < x.shape[1] <= 2048:
        return np.vecdot(x, np.ones(x.shape[1], x.dtype))
    return np.add.reduce(x, axis=-1)


@rowwise
def cross_entropy_(x, target):
    """Return ``logsumexp(x) - x[target]`` for each row of x."""
    picked = x[np.arange(len(target)), target]
    x = by_columns(x)
    top = np.maximum.reduce(x, axis=-1)
    e = np.subtract(x, top[:, None], dtype=np.result_type(x, 0.0))  # unsigned bytes would wrap
    return np.log(row_sums(np.exp(e, e))) + (top - picked)


@fused
@rowwise
def d_cross_entropy(x, target, g):
    """Return ``g * (softmax(x) - onehot(target))`` for each row of x."""
    x = by_columns(x)
    e = x - np.max(x, axis=-1)[:, None]
    np.exp(e, e)
    e *= (g / row_sums(e))[:, None]
    e[np.arange(len(target)), target] -= g
    return e


# ── into arrays that are there ────────────────────────────────────────────────────────────────
def fill_cross_entropy(rows, x, target, e, loss, g=None):
    """Leave the losses, and in e what they send back; without g, exp(x - max)."""
    if not e.flags.c_contiguous:
        np.copyto(e, x)
        x = e
    np.subtract(x, np.maximum.reduce(x, -1)[:, None], e)
    wanted = rows, target
    picked = e[wanted]
    np.exp(e, e)
    sums = row_sums(e)
    if loss is not None:
        np.log(sums, loss)
        np.subtract(loss, picked, loss)
    if g is not None:
        e *= (g / sums)[:, None]
        e[wanted] -= g


def to_gradient(rows, e, target, g):
    """Turn exp(x - max) into what the losses send back, ``g * (softmax(x) - onehot(target))``."""
    e *= (g / row_sums(e))[:, None]
    e[rows, target] -= g


def by_rows(f, x):
    """Let a function of row numbers and arrays work on a few rows at a time, if x is large."""
    if x.size < LARGE:
        return f

    @functools.wraps(f)
    def over(rows, x, *args):
        def work(start, stop):
            parts = [a[start:stop] if np.ndim(a) else a for a in (x, *args)]
            f(rows[: stop - start], *parts)

        share(work, 0, len(rows), max(1, BYTES // x[0].nbytes))

    return over


# ── from the forward pass to the backward pass ────────────────────────────────────────────────
class _Latest(threading.local):
    """The latest losses of a thread, while they live, and exp(x - max), which is taken once."""

    def __init__(self):
        self.losses: Any = None
        self.left: list[np.ndarray] = []

    def leave(self, losses, e):
        self.left = left = [e]
        self.losses = weakref.ref(losses, lambda _: left.clear())  # by whichever thread

    def take(self, losses):
        return self.left.pop() if self.left and self.losses() is losses else None


_latest = _Latest()


@functools.wraps(cross_entropy_)
def forward(x, target):
    if x.dtype.kind != "f" or not is_grad_enabled():
        return cross_entropy_(x, target)
    e, losses = np.empty(x.shape, x.dtype, layout(x)), np.empty(len(x), x.dtype)
    by_rows(fill_cross_entropy, x)(np.arange(len(target)), x, target, e, losses)
    _latest.leave(losses, e)
    return losses


def backward(g, y, x, target):
    """Return the gradient of the logits: the rule."""
    e = _latest.take(y) if type(g) is np.ndarray else None
    if e is None:
        return d_cross_entropy(x, target, g)
    by_rows(to_gradient, e)(np.arange(len(target)), e, target, g)
    return e


def error_of_softmax(g, y, x, target):
    return np.expand_dims(g, -1) * (softmax(x) - np.eye(x.shape[-1])[np.asarray(target)])


# fmt: off
softmax_cross_entropy = primitive(forward, backward, None, paper=(error_of_softmax, None), name="softmax_cross_entropy", tex=r"\operatorname{{CE}}\left({0}, {1}\right)", symbol="CE")
# fmt: on
