"""Functions of vectors and matrices, most of them of np.linalg, that are written with other rows."""

import itertools
import math
import operator

import numpy as np

from autograd.primitive import composite
from autograd.rules.shape import as_rows, unlisted


@composite(np.linalg.matmul)
def matmul(x1, x2):
    return np.matmul(x1, x2)


@composite(np.linalg.tensordot)
def tensordot(x1, x2, axes=2):
    return np.tensordot(x1, x2, axes=axes)


@composite(np.linalg.outer)
def outer(x1, x2):
    np.linalg.outer(*(np.empty((0,) * np.ndim(x)) for x in (x1, x2)))  # NumPy's own refusal
    return np.outer(x1, x2)


@composite(np.linalg.matrix_transpose)
def matrix_transpose(x):
    return np.matrix_transpose(x)


@composite(np.linalg.diagonal)
def diagonal(x, offset=0):
    return np.diagonal(x, offset, axis1=-2, axis2=-1)


@composite(np.linalg.trace)
def trace_of_last(x, offset=0):
    return np.trace(x, offset, axis1=-2, axis2=-1)


@composite(np.linalg.vecdot)
def vecdot(x1, x2, axis=-1):
    return np.vecdot(np.moveaxis(x1, axis, -1), np.moveaxis(x2, axis, -1))


@composite(np.linalg.cross)
def cross_of_three(x1, x2, axis=-1):
    np.linalg.cross(*(np.zeros(x.shape[axis]) for x in (x1, x2)))  # NumPy's own refusal
    return np.cross(x1, x2, axis=axis)


@composite(np.cross)
def cross(a, b, axisa=-1, axisb=-1, axisc=-1, axis=None):
    """Compute it by components, of which a vector in the plane has no third one."""
    axisa, axisb, axisc = (axisa, axisb, axisc) if axis is None else (axis,) * 3
    (a0, a1, *a2), (b0, b1, *b2) = components(a, axisa), components(b, axisb)
    third = a0 * b1 - a1 * b0
    if a2 and b2:
        first, second = a1 * b2[0] - a2[0] * b1, a2[0] * b0 - a0 * b2[0]
    elif a2:
        first, second = -a2[0] * b1, a2[0] * b0
    elif b2:
        first, second = a1 * b2[0], -a0 * b2[0]
    else:
        return third
    return np.moveaxis(np.stack((first, second, third), axis=-1), -1, axisc)


def components(x, axis):
    x = np.moveaxis(x, axis, -1)
    return [x[..., i] for i in range(x.shape[-1])]


@composite(np.kron)
def kron(a, b):
    depth = max(np.ndim(a), np.ndim(b))
    shapes = [(1,) * (depth - np.ndim(x)) + np.shape(x) for x in (a, b)]
    a = np.reshape(a, [n for size in shapes[0] for n in (size, 1)])
    b = np.reshape(b, [n for size in shapes[1] for n in (1, size)])
    return np.reshape(a * b, tuple(map(math.prod, zip(*shapes, strict=True))))


@composite(np.linalg.matrix_power)
def matrix_power(a, n):
    """Square and multiply, in NumPy's order."""
    n = operator.index(n)
    np.linalg.matrix_power(np.broadcast_to(1.0, a.shape), 1)  # NumPy's own refusal
    if n == 0:
        return np.zeros_like(a) + np.eye(a.shape[-1], dtype=a.dtype)
    a, n = (a, n) if n > 0 else (np.linalg.inv(a), -n)
    if n == 3:
        return (a @ a) @ a
    squares = itertools.accumulate(range(n.bit_length() - 1), lambda z, _: z @ z, initial=a)
    result = None
    for bit, z in enumerate(squares):
        if n >> bit & 1:
            result = z if result is None else result @ z
    return result


@composite(np.linalg.multi_dot)
def multi_dot(arrays):
    """Multiply in the order that needs the fewest operations: Cormen et al., section 15.2."""
    first, *others = map(unlisted, arrays)
    if len(others) == 1:
        return np.dot(first, *others)
    *others, last = others
    ends = first.shape[:-1] + last.shape[1:]
    matrices = [as_rows(first), *others]
    matrices.append(np.reshape(last, (len(last), math.prod(last.shape[1:]))))
    sizes = [*(x.shape[0] for x in matrices), matrices[-1].shape[1]]
    best = {(i, i): (0, i) for i in range(len(matrices))}
    for length, i in itertools.product(range(1, len(matrices)), range(len(matrices))):
        if (j := i + length) < len(matrices):
            best[i, j] = min(
                (best[i, k][0] + best[k + 1, j][0] + sizes[i] * sizes[k + 1] * sizes[j + 1], k)
                for k in range(i, j)
            )

    def product(i, j):
        k = best[i, j][1]
        return matrices[i] if i == j else np.dot(product(i, k), product(k + 1, j))

    return np.reshape(product(0, len(matrices) - 1), ends)
