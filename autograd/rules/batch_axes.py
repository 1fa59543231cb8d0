"""The axes of a batch: where those of one row are when the batch axis stands before them.

In all rules of batching, ``xs`` are the arguments of an operation and ``mapped`` tells for each
whether it holds one value per row of the batch, along axis 0, or one for all rows.
"""

import math

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from autograd.base.errors import shape_of


def row(x, is_mapped):
    """Return the shape that one row of the batch sees."""
    return shape_of(x)[is_mapped:]


def behind(axis, ndim):
    """Return where an axis (or several) of a row is when the batch axis stands before it."""
    if np.iterable(axis):
        return tuple(behind(a, ndim) for a in axis)
    return normalize_axis_index(axis, ndim) + 1


def lined_up(x, ndim):
    """Put axes of length 1 behind the batch axis, so that rows of `ndim` axes broadcast."""
    missing = ndim + 1 - x.ndim
    return np.expand_dims(x, tuple(range(1, missing + 1))) if missing > 0 else x


def size_of(xs, mapped):
    """Return how many rows the batch has."""
    return next(len(x) for x, m in zip(xs, mapped, strict=True) if m)


def everywhere(x, is_mapped, size):
    """Repeat what holds for all rows."""
    return x if is_mapped else np.broadcast_to(x, (size, *np.shape(x)))


def all_mapped(xs, mapped):
    return [everywhere(x, m, size_of(xs, mapped)) for x, m in zip(xs, mapped, strict=True)]


def flat(x):
    """Lay out each row of the batch in one axis."""
    return np.reshape(x, (x.shape[0], math.prod(x.shape[1:])))


def elementwise(run, xs, mapped, **params):
    ranks = [getattr(x, "ndim", 0) - m for x, m in zip(xs, mapped, strict=True)]
    depth = max(ranks)
    triples = zip(xs, mapped, ranks, strict=True)
    xs = [lined_up(x, depth) if m and rank < depth else x for x, m, rank in triples]
    return run(*xs, **params)


def stacked(*cores):
    """Write the rule of a function of stacks; so many axes of each argument are no stack's."""

    def rule(run, xs, mapped, **params):
        ranks = [len(row(x, m)) - core for x, m, core in zip(xs, mapped, cores, strict=True)]
        depths = [max(ranks) + core for core in cores]
        triples = zip(xs, mapped, depths, strict=True)
        return run(*[lined_up(x, depth) if m else x for x, m, depth in triples], **params)

    return rule


def alone(rule):
    """Write a rule of one array, which is mapped then."""
    return lambda run, xs, mapped, **params: rule(run, *xs, **params)
