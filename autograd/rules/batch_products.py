"""Batching rules of products: sums over axes of two arrays, of which either may be mapped."""

import math
import string
from typing import NamedTuple

import numpy as np

from autograd.rules.batch_axes import behind, elementwise, flat, row
from autograd.rules.products import SUMMED, contracted


def contract(xs, mapped, axes):
    """Sum over axes of rows of a and b, as one product of matrices where it can be."""
    a, b = xs
    shape_a, shape_b = row(a, mapped[0]), row(b, mapped[1])
    of_a, of_b = axes
    if [shape_a[i] for i in of_a] != [shape_b[i] for i in of_b]:
        return NotImplemented  # NumPy's error, of one row
    free_a = [i for i in range(len(shape_a)) if i not in of_a]
    free_b = [i for i in range(len(shape_b)) if i not in of_b]
    rows, columns = ([s[i] for i in free] for s, free in ((shape_a, free_a), (shape_b, free_b)))
    inner = math.prod(shape_a[i] for i in of_a)
    a = matrices(a, mapped[0], free_a, of_a, (math.prod(rows), inner))
    if mapped[1] and not mapped[0] and not columns:  # one product: (b aᵀ) of all rows
        b = matrices(b, True, of_b, [], (inner,))
        return np.reshape(b @ a.T, (len(b), *rows))
    b = matrices(b, mapped[1], of_b, free_b, (inner, math.prod(columns)))
    if mapped[0] and not mapped[1]:
        size = len(a)
        y = np.reshape(a, (size * math.prod(rows), inner)) @ b
        return np.reshape(y, (size, *rows, *columns))
    y = a @ b
    return np.reshape(y, (len(y), *rows, *columns))


def matrices(x, is_mapped, first, second, shape):
    order = [*first, *second]
    if order != sorted(order):
        x = np.transpose(x, (0, *behind(order, x.ndim - 1)) if is_mapped else order)
    return np.reshape(x, (len(x), *shape) if is_mapped else shape)


def product(axes):
    """Write the rule of a product that sums over ``axes(a, b)`` of rows of a and b."""

    def rule(run, xs, mapped, **params):
        a, b = (Rank(len(row(x, m))) for x, m in zip(xs, mapped, strict=True))
        if not (a.ndim and b.ndim) and axes is not contracted:
            return elementwise(np.multiply, xs, mapped)
        return contract(xs, mapped, axes(a, b, **params))

    return rule


class Rank(NamedTuple):
    ndim: int


def matmul(run, xs, mapped):
    ranks = [len(row(x, m)) for x, m in zip(xs, mapped, strict=True)]
    if 0 in ranks:
        return NotImplemented
    if max(ranks) <= 2:
        return contract(xs, mapped, SUMMED[np.dot](*map(Rank, ranks)))
    a, b = xs
    a = np.expand_dims(a, -2) if ranks[0] == 1 else a
    b = np.expand_dims(b, -1) if ranks[1] == 1 else b
    y = elementwise(np.matmul, (a, b), mapped)
    return np.squeeze(y, tuple(-2 + i for i, rank in enumerate(ranks) if rank == 1))


def flattened(rule):
    """Write the rule of a product of the elements of a and b, whatever their shapes."""

    def of_elements(run, xs, mapped, **params):
        if any(x.dtype.kind == "c" for x in xs):
            return NotImplemented  # np.vdot conjugates
        pairs = zip(xs, mapped, strict=True)
        return rule(run, [flat(x) if m else np.ravel(x) for x, m in pairs], mapped, **params)

    return of_elements


vdot = flattened(product(lambda a, b: ([0], [0])))
outer = flattened(product(lambda a, b: ([], [])))


def einsum(run, xs, mapped, subscripts, **options):
    letter = next(c for c in string.ascii_letters if c not in subscripts)
    inputs, output = subscripts.split("->")
    pairs = zip(inputs.split(","), mapped, strict=True)
    inputs = ",".join(letter + term if m else term for term, m in pairs)
    return run(*xs, subscripts=f"{inputs}->{letter}{output}", **options)


def linear(run, xs, mapped):
    if not any(mapped[1:]):
        return run(*xs)
    x, w, *bias = (v for v in xs if v is not None)
    if any(mapped[:2]):
        y = matmul(np.matmul, (x, np.swapaxes(w, -1, -2)), mapped[:2])
    else:
        y = x @ np.swapaxes(w, -1, -2)
    return elementwise(np.add, (y, *bias), (any(mapped[:2]), *mapped[2:])) if bias else y
