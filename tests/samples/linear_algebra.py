"""Samples of linear algebra: matrices away from those where a derivative jumps or is infinite.

What is only defined up to a sign is squared, so that the sample is a function of the matrix.
"""
# ruff: noqa: E501  # one entry per row, one line per entry where it can be

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.rules import decompositions, matrices
from samples.cases import (
    ONE_AXIS,
    PAIRS_OF_AXES,
    Case,
    call,
    case,
    given,
    many,
    real,
    reduction,
)


# ── domains ───────────────────────────────────────────────────────────────────────────────────
def regular(rng, shape):
    """Draw matrices with a large diagonal: far from singular ones."""
    return 0.4 * real(rng, shape) + 3 * np.eye(*shape[-2:])


def apart(rng, shape):
    """Draw matrices whose eigenvalues and singular values are far apart, and real."""
    steps = np.diag(1.5 ** np.arange(1, min(shape[-2:]) + 1))
    out = 0.1 * real(rng, shape)
    out[..., : len(steps), : len(steps)] += steps
    return out


def folded(rng, shape):
    """Draw a regular matrix, in another shape."""
    n = math.isqrt(math.prod(shape))
    return np.reshape(regular(rng, (n, n)), shape)


def symmetric(f):
    """Make a function of any square matrix of one of symmetric ones."""
    return lambda a: f((a + np.swapaxes(a, -1, -2)) / 2)


def square_of(f):
    return lambda a: np.square(f(a))


def real_of(f):
    """Make a function of real numbers of one whose results are complex in programs."""
    return lambda a: np.real(f(a))


def part(f, k, **params):
    return lambda *xs: f(*xs, **params)[k]


SQUARE, ONE_SQUARE = ((3, 3), (2, 2, 2)), ((3, 3),)
RECTANGLES = ((4, 2), (2, 3))


def of_matrices(f, shapes=SQUARE, domain=regular, note=""):
    """Sample a function of one matrix by differences."""
    return [case(f, s, domain=domain, analytic=False, note=note) for s in shapes]


def systems(f):
    shapes = ((3, 3), (3,)), ((2, 2, 2), (2, 3)), ((2, 2), (3, 2, 1))
    return [case(f, *s, domain=(regular, real)) for s in shapes]


linalg = np.linalg
# fmt: off
SAMPLES: dict[Callable[..., Any], list[Case]] = {
    # ── inverses, systems, determinants ───────────────────────────────────────────────────────
    linalg.inv:       [case(linalg.inv, s, domain=regular) for s in (*SQUARE, (1, 1))],
    linalg.solve:     systems(linalg.solve),
    linalg.det:       [case(linalg.det, s, domain=d) for s, d in (((3, 3), regular), ((2, 2, 2), real), ((1, 1), real))],
    matrices.cofactors: of_matrices(matrices.cofactors, domain=real),
    matrices.second_cofactors: [case(matrices.second_cofactors, s, s, domain=(real, regular), analytic=False) for s in SQUARE],
    matrices.slogdet: of_matrices(matrices.slogdet),
    linalg.slogdet:   of_matrices(part(linalg.slogdet, 1)) + of_matrices(part(linalg.slogdet, 0), ONE_SQUARE),
    linalg.pinv:      of_matrices(linalg.pinv, ((4, 2), (2, 2, 3), (3, 3)), apart) + of_matrices(symmetric(call(linalg.pinv, {"hermitian": True})), ONE_SQUARE, apart),
    matrices.lstsq:   [case(matrices.lstsq, *s, domain=(apart, real), analytic=False) for s in (((4, 2), (4,)), ((4, 2), (4, 3)), ((2, 3), (2,)))],
    linalg.lstsq:     [case(part(linalg.lstsq, k), (4, 2), (4,), domain=(apart, real), analytic=False) for k in (0, 1)],
    linalg.cholesky:  of_matrices(symmetric(linalg.cholesky)) + of_matrices(symmetric(call(linalg.cholesky, {"upper": True})), ONE_SQUARE),
    linalg.tensorsolve: [case(linalg.tensorsolve, (2, 2, 4), (2, 2), domain=(folded, real)), case(call(linalg.tensorsolve, {"axes": (0,)}), (4, 2, 2), (2, 2), domain=(folded, real))],
    linalg.tensorinv: [case(call(linalg.tensorinv, {"ind": 1}), (4, 2, 2), domain=folded)],
    linalg.cond:      [c for p in (None, -2, 1, "fro") for c in of_matrices(call(linalg.cond, {"p": p}), ONE_SQUARE, apart, f"p={p}")],
    # ── decompositions ────────────────────────────────────────────────────────────────────────
    decompositions.eigh: of_matrices(symmetric(square_of(decompositions.eigh)), domain=apart),
    linalg.eigh:      of_matrices(symmetric(square_of(part(linalg.eigh, 1))), domain=apart) + of_matrices(symmetric(part(linalg.eigh, 0, UPLO="U")), ONE_SQUARE, apart),
    linalg.eigvalsh:  of_matrices(symmetric(linalg.eigvalsh), domain=apart) + of_matrices(symmetric(call(linalg.eigvalsh, {"UPLO": "U"})), ONE_SQUARE, apart),
    decompositions.eig: of_matrices(real_of(square_of(decompositions.eig)), domain=apart),
    linalg.eig:       of_matrices(real_of(square_of(part(linalg.eig, 1))), domain=apart),
    linalg.eigvals:   of_matrices(real_of(linalg.eigvals), domain=apart),
    decompositions.svd: of_matrices(square_of(call(decompositions.svd, {"full_matrices": False})), ((4, 2), (2, 2, 3)), apart),
    linalg.svd: [
        *of_matrices(square_of(part(linalg.svd, 0)), ONE_SQUARE, apart),
        *of_matrices(square_of(part(linalg.svd, 2, full_matrices=False)), RECTANGLES, apart),
        *of_matrices(call(linalg.svd, {"compute_uv": False}), RECTANGLES, apart),
        *of_matrices(symmetric(square_of(part(linalg.svd, 2, hermitian=True))), ONE_SQUARE, apart),
    ],
    linalg.svdvals:   of_matrices(linalg.svdvals, ((4, 2), (2, 2, 3)), apart),
    decompositions.qr: [c for mode in ("reduced", "complete") for c in of_matrices(call(decompositions.qr, {"mode": mode}), ((3, 3), (2, 2, 3)), apart, mode)] + of_matrices(decompositions.qr, ((4, 2),), apart),
    linalg.qr:        of_matrices(part(linalg.qr, 0), RECTANGLES, apart) + of_matrices(call(linalg.qr, {"mode": "r"}), RECTANGLES, apart),
    # ── norms ─────────────────────────────────────────────────────────────────────────────────
    linalg.norm: [
        *reduction(linalg.norm, analytic=False, axes=(((2, 3), None), *ONE_AXIS)),
        *reduction(linalg.norm, analytic=False, axes=PAIRS_OF_AXES, ord="fro"),
        *(c for p in (0, 1, 2, 3, 1.5, -1.5, np.inf, -np.inf) for c in reduction(linalg.norm, analytic=False, axes=(((3,), None), ((2, 3), -1)), ord=p)),
        *(c for p in ("nuc", 1, -1, 2, -2, np.inf, -np.inf) for c in given(linalg.norm, [(2, 3, 2)], "axis keepdims ord", ((0, 1), False, p), ((-1, 0), True, p), analytic=False)),
        *given(linalg.norm, [(2, 3)], "ord", ("nuc",), (2,), analytic=False),
    ],
    linalg.matrix_norm: given(linalg.matrix_norm, [(2, 2, 3)], "ord keepdims", ("fro", True), ("nuc", False), analytic=False),
    linalg.vector_norm: given(linalg.vector_norm, [(2, 3)], "ord axis keepdims", (2, None, True), (3, 0, False), (1, (1, 0), True), analytic=False),
    # ── products ──────────────────────────────────────────────────────────────────────────────
    linalg.matmul:    many(linalg.matmul, ((2, 3), (3, 2))),
    linalg.tensordot: [case(call(linalg.tensordot, {"axes": 1}), (2, 3), (3, 4))],
    linalg.outer:     many(linalg.outer, ((3,), (2,))),
    linalg.vecdot:    [case(linalg.vecdot, (2, 3), (3,), analytic=False), case(call(linalg.vecdot, {"axis": 0}), (3, 2), (3, 2), analytic=False)],
    linalg.cross:     [*many(linalg.cross, ((3,), (2, 3))), case(call(linalg.cross, {"axis": 0}), (3, 2), (3, 2))],
    linalg.matrix_transpose: given(linalg.matrix_transpose, [(2, 3, 4)]),
    linalg.diagonal:  given(linalg.diagonal, [(2, 3, 4)], "offset", (0,), (1,)),
    linalg.trace:     given(linalg.trace, [(2, 3, 4)], "offset", (0,), (-1,)),
    linalg.matrix_power: [c for n in (0, 1, 2, 3, 5, -1, np.int64(-2)) for c in given(linalg.matrix_power, ONE_SQUARE, "n", (n,), domain=regular)],
    linalg.multi_dot: [case(lambda *xs: linalg.multi_dot(xs), *s) for s in (((2, 3), (3, 2)), ((3,), (3, 2), (2,)), ((2, 3), (3, 4), (4, 1), (1, 2)), ((2, 3), (3, 2), (2, 4), (4, 3)))],
    np.vecdot:        [case(np.vecdot, *s, analytic=False) for s in (((3,), (3,)), ((2, 3), (3,)), ((3,), (4, 2, 3)))],
    np.cross:         many(np.cross, ((3,), (3,)), ((2, 3), (3,))) + given(lambda x, **k: np.cross(x, x * x, **k), [(3, 2)], "axisa axisb axisc", (0, 0, 0)),
    np.kron:          many(np.kron, ((2,), (3,)), ((2, 3), (3, 2)), ((2,), (2, 3)), ((2, 1, 2), (2, 2)), ((), (3,))),
}
if hasattr(np, "matvec"):  # since NumPy 2.2
    SAMPLES |= {
        np.matvec: many(np.matvec, ((2, 3), (3,)), ((2, 3), (4, 3)), ((4, 2, 3), (3,))),
        np.vecmat: [case(np.vecmat, *s, analytic=False) for s in (((3,), (3, 2)), ((4, 3), (3, 2)), ((3,), (4, 3, 2)))],
    }
# fmt: on
