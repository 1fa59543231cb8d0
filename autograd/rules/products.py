"""Products of arrays: matmul, dot and their kin, einsum.

Matrix products over stacks broadcast; the sweep sums the gradient back over the stack.
"""

import functools
import operator
import string
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from autograd.base.errors import refusal
from autograd.primitive import primitive
from autograd.rules.batch_axes import stacked
from autograd.rules.shape import as_rows, inverse, scatter


def d_matmul_left(g, y, a, b):
    if b.ndim == 2:
        return g @ b.T
    if b.ndim == 1:
        if a.ndim <= 2:
            return np.outer(g, b) if a.ndim == 2 else g * b
        return np.expand_dims(g, -1) * b
    if a.ndim == 1:  # one vector for the whole stack: sum over the stack
        g = np.expand_dims(g, -2) @ np.swapaxes(b, -1, -2)
        return np.sum(np.reshape(g, (-1, a.size)), axis=0)
    return g @ np.swapaxes(b, -1, -2)


def d_matmul_right(g, y, a, b):
    if a.ndim == 2 and b.ndim <= 2:
        return a.T @ g
    if a.ndim == 1 and b.ndim <= 2:
        return np.outer(a, g) if b.ndim == 2 else g * a
    if a.ndim == 1:
        return np.expand_dims(a, -1) * np.expand_dims(g, -2)
    g = np.expand_dims(g, -1) if b.ndim == 1 else g
    if b.ndim <= 2:  # one b for the whole stack: sum over the stack inside one product
        return np.reshape(as_rows(a).T @ as_rows(g), b.shape)
    return np.swapaxes(a, -1, -2) @ g


def d_dot(side):
    """np.dot is a matrix product of the last axis of a with the last but one of b."""

    def rule(g, y, a, b):
        if np.ndim(a) == 0 or np.ndim(b) == 0:
            return g * (b if side == 0 else a)
        if a.ndim <= 2 and b.ndim <= 2:
            return (d_matmul_right if side else d_matmul_left)(g, y, a, b)
        return d_tensordot(side, g, a, b, SUMMED[np.dot](a, b))

    return rule


def d_inner(side):
    def rule(g, y, a, b):
        ranks = np.ndim(a), np.ndim(b)
        if 0 in ranks or ranks == (1, 1):
            return g * (b if side == 0 else a)
        return d_tensordot(side, g, a, b, SUMMED[np.inner](a, b))

    return rule


def contracted(a, b, axes=2):
    """Return the two lists of axes that np.tensordot sums over."""
    if np.ndim(axes) == 0:
        return list(range(np.ndim(a) - axes, np.ndim(a))), list(range(axes))
    return tuple(
        list(normalize_axis_tuple(side, x.ndim)) for side, x in zip(axes, (a, b), strict=True)
    )


SUMMED: dict[Any, Callable[..., Any]] = {
    np.tensordot: contracted,
    np.dot: lambda a, b: ([a.ndim - 1], [max(b.ndim - 2, 0)]),
    np.inner: lambda a, b: ([a.ndim - 1], [b.ndim - 1]),
}
"""The axes of a and of b that a product sums over, where neither is a number."""


def as_einsum(ndims, of_a, of_b):
    """Write a sum over axes of a and b as np.einsum does.

    >>> as_einsum((2, 2), [1], [0])
    'ab,bd->ad'
    """
    letters = iter(string.ascii_letters)
    first, second = ([next(letters) for _ in range(n)] for n in ndims)
    for i, j in zip(of_a, of_b, strict=True):
        second[j] = first[i]
    kept = [c for i, c in enumerate(first) if i not in of_a]
    kept += [c for j, c in enumerate(second) if j not in of_b]
    return f"{''.join(first)},{''.join(second)}->{''.join(kept)}"


def d_tensordot(side, g, a, b, axes):
    """Contract g with the other argument, then put the axes where x has them."""
    of_a, of_b = contracted(a, b, axes)
    if (of_a, of_b) == ([1], [0]) and a.ndim == b.ndim == 2:  # NumPy's tensordot does it by this
        return a.T @ g if side else g @ b.T
    free_a = [i for i in range(np.ndim(a)) if i not in of_a]
    free_b = [i for i in range(np.ndim(b)) if i not in of_b]
    if side == 0:
        order = free_a + [i for _, i in sorted(zip(of_b, of_a, strict=True))]
        out = np.tensordot(g, b, (list(range(len(free_a), g.ndim)), free_b))
    else:
        order = [j for _, j in sorted(zip(of_a, of_b, strict=True))] + free_b
        out = np.tensordot(a, g, (free_a, list(range(len(free_a)))))
    return np.transpose(out, inverse(order))


def bind_dot(a, b, out=None):
    """Take an `out` by position, which signatures of C functions tell since NumPy 2.4 only."""
    return (a, b), {} if out is None else {"out": out}


def bind_einsum(subscripts, *operands, **options):
    if not isinstance(subscripts, str):  # operands and lists of axes in turn
        subscripts, operands = as_letters(subscripts, *operands)
    ndims = [x.ndim if hasattr(x, "ndim") else np.ndim(x) for x in operands]
    subscripts = full_subscripts(subscripts, tuple(ndims))
    return operands, {"subscripts": subscripts, **options}


def as_letters(*given):
    """Write lists of axes as a string; the order of the letters is that of the numbers."""
    alphabet = string.ascii_uppercase + string.ascii_lowercase
    lists = [*given[1::2], *given[-1:]] if len(given) % 2 else given[1::2]
    terms = ["".join("..." if i is ... else alphabet[i] for i in axes) for axes in lists]
    operands = given[: len(given) // 2 * 2 : 2]
    n = len(operands)
    return "->".join([",".join(terms[:n]), *terms[n:]]), operands


@functools.lru_cache(maxsize=512)
def full_subscripts(subscripts, ndims):
    """Write out an ellipsis and the implicit output, so that the rule sees plain letters."""
    inputs, arrow, output = subscripts.replace(" ", "").partition("->")
    terms = inputs.split(",")
    if len(terms) != len(ndims):
        what = f"einsum takes an array for each term: {len(terms)}, not {len(ndims)}"
        where, instead = f"np.einsum({subscripts!r}, ...)", "np.einsum('ij,jk->ik', a, b) of two"
        raise refusal(ValueError, what, where, instead)
    spare = [c for c in string.ascii_letters if c not in subscripts]
    extra = [n - len(t.replace("...", "")) for t, n in zip(terms, ndims, strict=True)]
    letters = "".join(spare[: max([0, *extra])])
    terms = [
        t.replace("...", letters[len(letters) - n :] if n else "")
        for t, n in zip(terms, extra, strict=True)
    ]
    if arrow:
        output = output.replace("...", letters)
    else:
        every = "".join(terms)
        output = letters + "".join(
            sorted(c for c in set(every) if every.count(c) == 1 and c not in letters)
        )
    return ",".join(terms) + "->" + output


def d_einsum(i, g, y, *xs, subscripts, optimize=False):
    """Contract g with all the other operands over the subscripts that x does not have.

    A letter that only x has was summed, so g is spread along it, and so it is along one that the
    others have with length 1; where x has length 1 itself, what it met is summed. A letter twice in
    x is a diagonal.
    """
    inputs, output = subscripts.split("->")
    terms = inputs.split(",")
    mine = terms.pop(i)
    x, others = xs[i], xs[:i] + xs[i + 1 :]
    sizes = dict(zip(mine, x.shape, strict=True))
    letters = "".join(sizes)
    known = "".join(c for c in letters if sizes[c] != 1 and any(c in t for t in (output, *terms)))
    spec = ",".join([output, *terms]) + "->" + known
    out = np.einsum(spec, g, *others, optimize=optimize)
    if known != letters or out.shape != tuple(sizes.values()):
        found = dict(zip(known, out.shape, strict=True))
        out = np.reshape(out, tuple(found.get(c, 1) for c in letters))
        out = np.broadcast_to(out, tuple(sizes.values()))
    if letters == mine:
        return out
    grid = np.ix_(*(np.arange(sizes[c]) for c in letters))
    return scatter(out, index=tuple(grid[letters.index(c)] for c in mine), shape=x.shape)


# fmt: off
primitive(np.matmul,    d_matmul_left,                                            d_matmul_right,                                                                call=operator.matmul, code="{0} @ {1}", tex=r"{0} \, {1}",               symbol="@")
primitive(np.dot,       d_dot(0),                                                 d_dot(1),                                                                      bind=bind_dot,                          tex=r"{0} \cdot {1}",            symbol="·")
primitive(np.inner,     d_inner(0),                                               d_inner(1),                                                                                                            tex=r"\langle {0}, {1} \rangle", symbol="⟨,⟩")
primitive(np.vdot,      lambda g, y, a, b: (g * np.reshape(b, a.shape)).conjugate(), lambda g, y, a, b: g * np.reshape(a, b.shape).conjugate(),                                                          tex=r"\langle {0}, {1} \rangle", symbol="⟨,⟩")
primitive(np.vecdot,    lambda g, y, a, b: (g[..., None] * b).conjugate(), lambda g, y, a, b: g[..., None] * a.conjugate(), batch=stacked(1, 1), tex=r"\langle {0}, {1} \rangle", symbol="⟨,⟩")
primitive(np.outer,     lambda g, y, a, b: np.reshape(g @ np.ravel(b), a.shape),  lambda g, y, a, b: np.reshape(np.ravel(a) @ g, b.shape),                                                               tex=r"{0} \otimes {1}",          symbol="⊗")
primitive(np.tensordot, lambda g, y, a, b, axes=2: d_tensordot(0, g, a, b, axes), lambda g, y, a, b, axes=2: d_tensordot(1, g, a, b, axes),                                                              tex=r"{0} : {1}")
primitive(np.einsum,    each=d_einsum, bind=bind_einsum,                          call=lambda *xs, subscripts, **options: np.einsum(subscripts, *xs, **options), code="np.einsum({subscripts}, {*})",    tex=r"\operatorname{{einsum}}\left({*}\right)")
if hasattr(np, "matvec"):  # since NumPy 2.2
    primitive(np.matvec,    lambda g, y, a, b: g[..., None] * b[..., None, :], lambda g, y, a, b: np.matvec(a.mT, g), batch=stacked(2, 1), tex=r"{0} \, {1}", symbol="@")
    primitive(np.vecmat,    lambda g, y, a, b: np.matvec(b, g).conjugate(), lambda g, y, a, b: a.conjugate()[..., None] * g[..., None, :], batch=stacked(1, 2), tex=r"{0}^* {1}", symbol="@")
# fmt: on
