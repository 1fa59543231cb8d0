"""Several results of one function in one array, for rows like those of `numpy.linalg.eigh`.

An operation has one value, and one gradient arrives at it. So the row of a function with several
results computes them laid end to end along the last axis, behind the axes of the stack, and the
NumPy function is a composite that takes the parts out. What nobody uses of them gets zeros.
"""

import math

import numpy as np


def pack(depth, *parts):
    """Lay the axes of each part behind the first `depth`, which all have, end to end."""
    flat = [np.reshape(p, (*p.shape[:depth], math.prod(p.shape[depth:]))) for p in parts]
    return np.concatenate(flat, axis=-1)


def unpack(packed, *shapes):
    """Return the parts, which have these shapes behind the axes of the stack.

    >>> unpack(pack(0, np.array([7.0]), np.eye(2)), (1,), (2, 2))
    [array([7.]), array([[1., 0.],
           [0., 1.]])]
    """
    parts, start = [], 0
    for shape in shapes:
        stop = start + math.prod(shape)
        part = packed[..., start:stop] if shape else packed[..., start]
        parts.append(np.reshape(part, (*part.shape[:-1], *shape)) if len(shape) > 1 else part)
        start = stop
    return parts
