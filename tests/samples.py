"""Samples: one entry for every row of the tables, from which the laws of test_rules are drawn.

An entry lists cases: a function of arrays (the row with its parameters filled in), and for each
argument a shape and a domain, the set on which the row is smooth. A law that fails names its case.
"""

import operator
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from autograd.rules import neural
from autograd.rules.elementwise import clip_between
from autograd.rules.shape import astype, pad_constant, scatter, setitem

Array = Any
Shape = tuple[int, ...]
Domain = Callable[[np.random.Generator, Shape], np.ndarray]


# ── domains ───────────────────────────────────────────────────────────────────────────────────
def real(rng, shape):
    """Numbers of both signs, away from 0."""
    return rng.uniform(0.2, 2, shape) * rng.choice((-1.0, 1.0), shape)


def positive(rng, shape):
    return rng.uniform(0.3, 2, shape)


def unit(rng, shape):
    """Numbers within (-1, 1), away from 0."""
    return real(rng, shape) * 0.45


def small(rng, shape):
    """Numbers around 0, where a quotient would cancel."""
    return rng.uniform(-0.4, 0.4, shape)


def above_one(rng, shape):
    return rng.uniform(1.2, 3, shape)


def between(rng, shape):
    """Numbers between the integers, where the steps are flat."""
    return rng.integers(-3, 3, shape) + rng.uniform(0.3, 0.45, shape)


def tenths(rng, shape):
    return between(rng, shape) / 10


def wide(rng, shape):
    """Numbers on which functions that saturate do so."""
    return rng.uniform(-8, 8, shape)


def integer(rng, shape):
    return np.asarray(rng.integers(0, 6, shape))


def truth(rng, shape):
    return np.asarray(rng.random(shape) < 0.5)


@dataclass(frozen=True)
class Case:
    """A function of arrays, and where to evaluate it."""

    f: Callable[..., Any]
    shapes: tuple[Shape, ...]
    domains: tuple[Domain, ...]
    analytic: bool = True  # also on complex numbers, so that complex step applies
    note: str = ""

    def inputs(self, dtype: Any = np.float64) -> list[Array]:
        """Return the arguments, the same at every call: floats in `dtype`, none can be written."""
        rng = np.random.default_rng(20)
        arrays = [np.array(d(rng, s)) for d, s in zip(self.domains, self.shapes, strict=True)]
        arrays = [a.astype(dtype) if a.dtype.kind == "f" else a for a in arrays]
        for a in arrays:
            a.flags.writeable = False
        return [a[()] for a in arrays]  # scalars are NumPy's, as in a Tensor

    def __str__(self) -> str:
        domains = ", ".join(f"{d.__name__} {s}" for d, s in zip(self.domains, self.shapes))
        return f"{self.note}({domains})"


ONE: tuple[Shape, ...] = ((), (3,), (2, 3), (0,))
TWO: tuple[tuple[Shape, Shape], ...] = (
    ((), ()), ((3,), (3,)), ((1, 3), (2, 3)), ((2, 1), (3,)), ((), (2, 3)), ((2, 3), ()),
    ((0,), (0,)), ((0, 3), (3,)),
)  # fmt: skip
AXES: tuple[tuple[Shape, Any], ...] = (
    ((), None), ((3,), None), ((3,), 0), ((2, 3), None), ((2, 3), 0), ((2, 3), -1),
    ((2, 3, 2), (0, 2)), ((2, 3, 2), (-1, 0)), ((0, 3), 1),
)  # fmt: skip


def one(fn, domain=real, *, analytic=True, **params):
    """Sample a function of each element of one array."""
    return [Case(with_params(fn, params), (s,), (domain,), analytic, text(params)) for s in ONE]


def two(fn, a=real, b=real, *, analytic=True):
    """Sample a function of each element of two arrays that broadcast."""
    return [Case(fn, shapes, (a, b), analytic) for shapes in TWO]


def reduction(fn, domain=real, *, analytic=True, axes=AXES, keep=(False, True), **params):
    """Sample every kind of axis, with and without keepdims."""
    grid = [dict(axis=axis, keepdims=k, **params) for (_, axis), k in product(axes, keep)]
    shapes = [s for (s, _), _ in product(axes, keep)]
    return [
        Case(with_params(fn, p), (s,), (domain,), analytic, text(p))
        for s, p in zip(shapes, grid, strict=True)
    ]


def scan(fn, domain=real, *, analytic=True):
    """Sample the axes of a function that keeps the shape."""
    axes = (((3,), 0), ((2, 3), 0), ((2, 3), -1), ((0,), 0), ((5,), 0), ((1,), 0))
    return [Case(with_params(fn, {"axis": a}), (s,), (domain,), analytic, text({"axis": a})) for s, a in axes]


def case(f, *shapes, domain=real, analytic=True, note=""):
    """Sample a function of arrays of these shapes, all from one domain or each from its own."""
    domains = domain if isinstance(domain, tuple) else (domain,) * len(shapes)
    return Case(f, shapes, domains, analytic, note)


def with_params(fn, params):
    return (lambda *xs: fn(*xs, **params)) if params else fn


def text(params):
    return ", ".join(f"{k}={v}" for k, v in params.items())


# fmt: off
BOUNDS = ((-0.5, 0.7), (None, 0.7), (-0.5, None))
ONE_AXIS = (((), None), ((3,), None), ((3,), 0), ((2, 3), 0), ((2, 3), -1), ((0, 3), 1))
SEVERAL = (((3,), None), ((2, 3), 0), ((2, 3), -1), ((2, 3, 2), (0, 2)))  # two values or more
EMPTY = (((0,), None), ((0, 3), 0))
REPEATED = ([0, 1, 0],)
INDICES = (
    ((3,), 1), ((3,), -1), ((3,), slice(None, None, -1)), ((2, 3), (0, 2)), ((2, 3), (slice(None), 1)),
    ((2, 3), ...), ((2, 3), (None, 1, ..., None)), ((2, 3), ([1, 0], [2, 2])), ((4, 3), REPEATED),
    ((2, 3), np.array([[True, False, True], [False, False, True]])), ((3,), np.array([False, True, True])),
    ((3, 2, 4), ([2, 0], slice(None), [1, 3])), ((3, 2, 4), (slice(1, 1), 0)), ((2, 3), (slice(None), np.array(1))),
)  # fmt: skip
EINSUMS = (
    ("ij,jk->ik", (2, 3), (3, 4)), ("ij,jk", (2, 3), (3, 4)), ("ij->", (2, 3)), ("ij->j", (2, 3)), ("ii->i", (3, 3)),
    ("ii", (3, 3)), ("i,i->", (3,), (3,)), ("i,j,k->kij", (2,), (3,), (4,)), ("...ij,...jk->...ik", (5, 2, 3), (3, 4)),
    ("ij,ij->ij", (1, 3), (2, 3)), ("iij,j->i", (2, 2, 3), (3,)), ("...i->...", (2, 3)), ("ij,kl->il", (2, 3), (4, 2)),
    ("i...->...", (3, 2)), ("a,a,a", (3,), (3,), (3,)), (",i->i", (), (3,)), ("ba", (2, 3)),
)  # fmt: skip


def powers(power):
    """Sample constant exponents, with which negative bases are fine."""
    return [c for b in (0, 1, 2, 3.0, -1.0, -2.0) for c in one(lambda x, b=b: power(x, b))] + [
        c for b in (0.5, -1.5, np.array([2.0, 0.5, -1.0])) for c in one(lambda x, b=b: power(x, b), positive)[1:]
        if c.shapes[0] != (0,)
    ] + one(lambda x: power(2.0, x))  # fmt: skip


def part(fn, i, **params):
    """Return one of the results of fn; all of it where i is an ellipsis."""
    return (lambda *xs: fn(*xs, **params)) if i is ... else (lambda *xs: fn(*xs, **params)[i])


def joined(fn, **params):
    """Give the arrays as one sequence."""
    return lambda *xs: fn(xs, **params)


def at(index):
    return lambda x: operator.getitem(x, index)


def einsum(subscripts):
    return lambda *xs: np.einsum(subscripts, *xs)


SAMPLES: dict[Callable[..., Any], list[Case]] = {
    # ── arithmetic ────────────────────────────────────────────────────────────────────────────
    np.add:           two(np.add),
    np.subtract:      two(np.subtract),
    np.multiply:      two(np.multiply),
    np.divide:        two(np.divide),
    np.floor_divide:  two(np.floor_divide, between, above_one, analytic=False),
    np.remainder:     two(np.remainder, analytic=False),
    operator.pow:     [*two(operator.pow, positive), *powers(operator.pow)],
    np.power:         [*two(np.power, positive), *powers(np.power)],
    np.float_power:   two(np.float_power, positive),
    np.negative:      one(np.negative),
    np.positive:      one(np.positive),
    np.absolute:      one(np.absolute, analytic=False),
    np.fabs:          one(np.fabs, analytic=False),
    np.square:        one(np.square),
    np.reciprocal:    one(np.reciprocal),
    np.sqrt:          one(np.sqrt, positive),
    np.cbrt:          one(np.cbrt, analytic=False),
    np.divmod:        [c for i in (0, 1) for c in two(part(np.divmod, i), between, above_one, analytic=False)],
    # ── exponentials and logarithms ───────────────────────────────────────────────────────────
    np.exp:           one(np.exp),
    np.exp2:          one(np.exp2),
    np.expm1:         one(np.expm1),
    np.log:           one(np.log, positive),
    np.log2:          one(np.log2, positive),
    np.log10:         one(np.log10, positive),
    np.log1p:         one(np.log1p, unit),
    np.logaddexp:     two(np.logaddexp, analytic=False),
    np.logaddexp2:    two(np.logaddexp2, analytic=False),
    # ── trigonometry and hyperbolic functions ─────────────────────────────────────────────────
    np.sin:           one(np.sin),
    np.cos:           one(np.cos),
    np.tan:           one(np.tan, unit),
    np.arcsin:        one(np.arcsin, unit),
    np.arccos:        one(np.arccos, unit),
    np.arctan:        one(np.arctan),
    np.arctan2:       two(np.arctan2, analytic=False),
    np.hypot:         two(np.hypot, analytic=False),
    np.sinc:          [*one(np.sinc), *one(np.sinc, small)],
    np.deg2rad:       one(np.deg2rad, analytic=False),
    np.rad2deg:       one(np.rad2deg, analytic=False),
    np.radians:       one(np.radians, analytic=False),
    np.degrees:       one(np.degrees, analytic=False),
    np.sinh:          one(np.sinh),
    np.cosh:          one(np.cosh),
    np.tanh:          one(np.tanh),
    np.arcsinh:       one(np.arcsinh),
    np.arccosh:       one(np.arccosh, above_one),
    np.arctanh:       one(np.arctanh, unit),
    # ── choices and steps ─────────────────────────────────────────────────────────────────────
    np.where: [
        case(np.where, c, a, b, domain=(truth, real, real))
        for c, a, b in (((), (), ()), ((3,), (3,), ()), ((2, 3), (3,), (2, 1)), ((0,), (0,), ()))
    ],
    np.maximum:       two(np.maximum),
    np.minimum:       two(np.minimum),
    np.fmax:          two(np.fmax),
    np.fmin:          two(np.fmin),
    clip_between:     [c for low, high in BOUNDS for c in one(clip_between, low=low, high=high)],
    np.clip: [
        *(c for low, high in BOUNDS for c in one(np.clip, a_min=low, a_max=high)),
        *one(np.clip, min=-0.5, max=0.7),
        case(np.clip, (2, 3), (3,), (2, 1), domain=(wide, real, above_one)),
    ],
    np.sign:          one(np.sign, analytic=False),
    np.floor:         one(np.floor, between, analytic=False),
    np.ceil:          one(np.ceil, between, analytic=False),
    np.trunc:         one(np.trunc, between, analytic=False),
    np.rint:          one(np.rint, between, analytic=False),
    np.round:         [*one(np.round, between, analytic=False), *one(np.round, tenths, analytic=False, decimals=1)],
    np.around:        one(np.around, between, analytic=False),
    # ── recorded without a derivative ─────────────────────────────────────────────────────────
    **{fn: two(fn) for fn in (np.greater, np.greater_equal, np.less, np.less_equal, np.equal, np.not_equal)},
    **{fn: two(fn, truth, truth) for fn in (np.logical_and, np.logical_or, np.logical_xor)},
    **{fn: [*two(fn, truth, truth), *two(fn, integer, integer)] for fn in (np.bitwise_and, np.bitwise_or, np.bitwise_xor)},
    **{fn: one(fn) for fn in (np.isfinite, np.isinf, np.isnan, np.signbit, np.logical_not)},
    np.invert:        [*one(np.invert, truth), *one(np.invert, integer)],
    np.all:           reduction(np.all, truth),
    np.any:           reduction(np.any, truth),
    np.argmax:        reduction(np.argmax, axes=ONE_AXIS),
    np.argmin:        reduction(np.argmin, axes=ONE_AXIS),
    np.argsort:       scan(np.argsort),
    np.count_nonzero: reduction(np.count_nonzero, truth),
    # ── reductions ────────────────────────────────────────────────────────────────────────────
    np.sum:           reduction(np.sum, axes=(*AXES, *EMPTY)),
    np.mean:          reduction(np.mean),
    np.prod:          reduction(np.prod, axes=(*AXES, *EMPTY)),
    np.var:           [*reduction(np.var, analytic=False), *reduction(np.var, analytic=False, axes=SEVERAL, ddof=1)],
    np.std:           [*reduction(np.std, analytic=False, axes=SEVERAL), *reduction(np.std, analytic=False, axes=SEVERAL, ddof=1)],
    np.max:           reduction(np.max),
    np.min:           reduction(np.min),
    np.amax:          reduction(np.amax),
    np.amin:          reduction(np.amin),
    np.ptp:           reduction(np.ptp),
    np.cumsum:        [*scan(np.cumsum), case(np.cumsum, (2, 3))],
    np.cumprod:       [*scan(np.cumprod), case(np.cumprod, (2, 3))],
    np.sort:          [*scan(np.sort), case(part(np.sort, ..., axis=None), (2, 3))],
    np.linalg.norm: [
        *reduction(np.linalg.norm, analytic=False, axes=(((3,), None), ((2, 3), None), *ONE_AXIS[2:])),
        *reduction(np.linalg.norm, analytic=False, axes=(((2, 3, 2), (0, 2)), ((2, 3, 2), (-1, 0))), ord="fro"),
        *(c for p in (1, 2, 3, 1.5, np.inf, -np.inf) for c in reduction(np.linalg.norm, analytic=False, axes=(((3,), None), ((2, 3), 0), ((2, 3), -1)), ord=p)),
    ],
    # ── shapes ────────────────────────────────────────────────────────────────────────────────
    np.reshape:       [case(part(np.reshape, ..., shape=s, order=o), (2, 3)) for s, o in (((3, 2), "C"), ((3, 2), "F"), (-1, "C"), ((1, 6, 1), "F"))] + [case(part(np.reshape, ..., shape=(1,)), ()), case(part(np.reshape, ..., shape=(3, 0)), (0,))],
    np.ravel:         [case(part(np.ravel, ..., order=o), s) for s in ONE for o in "CF"],
    np.transpose:     [case(np.transpose, s) for s in ONE] + [case(part(np.transpose, ..., axes=a), (2, 3, 4)) for a in ((1, 2, 0), (-1, 0, 1), [2, 0, 1])],
    np.matrix_transpose: [case(np.matrix_transpose, s) for s in ((2, 3), (2, 3, 4))],
    np.swapaxes:      [case(part(np.swapaxes, ..., axis1=0, axis2=-1), s) for s in ((2, 3), (2, 3, 4))],
    np.moveaxis:      [case(part(np.moveaxis, ..., source=a, destination=b), (2, 3, 4)) for a, b in ((0, -1), ((0, 1), (2, 0)), (-1, 0))],
    np.squeeze:       [case(part(np.squeeze, ..., axis=a), (1, 3, 1)) for a in (None, 0, -1, (0, 2))],
    np.expand_dims:   [case(part(np.expand_dims, ..., axis=a), (2, 3)) for a in (0, -1, (0, 3))] + [case(part(np.expand_dims, ..., axis=0), ())],
    np.broadcast_to:  [case(part(np.broadcast_to, ..., shape=t), s) for s, t in (((), (3,)), ((3,), (2, 3)), ((2, 1), (2, 3)), ((1, 1), (4, 2, 3)), ((2, 3), (2, 3)), ((1,), (0,)))],
    np.flip:          [case(part(np.flip, ..., axis=a), (2, 3)) for a in (None, 0, -1, (0, 1))],
    np.fliplr:        [case(np.fliplr, (2, 3))],
    np.flipud:        [case(np.flipud, (2, 3)), case(np.flipud, (3,))],
    np.roll:          [case(part(np.roll, ..., shift=k, axis=a), (2, 3)) for k, a in ((1, None), (-2, 1), ((1, 2), (0, 1)), (1, (0, 1)), ([1, 2], [0, 1]))],
    np.copy:          one(np.copy),
    np.full_like:     [case(lambda x: np.full_like(x, x), s) for s in ONE],
    astype:           [case(part(astype, ..., dtype=np.dtype(float)), s, analytic=False) for s in ONE],
    np.diagonal:      [case(part(np.diagonal, ..., offset=k), s) for k in (0, 1, -1, 2) for s in ((3, 3), (2, 3), (3, 2), (2, 3, 4))] + [case(part(np.diagonal, ..., offset=1, axis1=2, axis2=0), (2, 3, 4)), case(part(np.diagonal, ..., axis1=-1, axis2=-2), (2, 3, 4))],
    np.diag:          [case(part(np.diag, ..., k=k), s) for k in (0, 1, -1) for s in ((3,), (3, 3), (2, 3))],
    np.trace:         [case(part(np.trace, ..., offset=k), s) for k in (0, 1, -1) for s in ((3, 3), (2, 3), (2, 3, 4))] + [case(part(np.trace, ..., axis1=1, axis2=2), (2, 3, 4))],
    np.tril:          [case(part(np.tril, ..., k=k), s) for k in (0, 1, -1) for s in ((3, 3), (2, 3), (2, 2, 3))],
    np.triu:          [case(part(np.triu, ..., k=k), s) for k in (0, 1, -1) for s in ((3, 3), (2, 3), (2, 2, 3))],
    np.repeat:        [case(part(np.repeat, ..., repeats=n, axis=a), (2, 3)) for n, a in ((2, None), (2, 1), ([1, 0, 2], 1), (3, -2))],
    np.tile:          [case(part(np.tile, ..., reps=r), s) for r in (2, (2, 1), (2, 1, 3)) for s in ((), (3,), (2, 3))],
    pad_constant:     [case(part(pad_constant, ..., pad_width=w), (2, 3)) for w in (1, (1, 2), ((1, 0), (0, 2)), {-1: (1, 2)})],
    np.pad:           [case(part(np.pad, ..., pad_width=w), s) for w, s in ((1, (3,)), ((1, 2), (2, 3)), (((1, 0), (0, 2)), (2, 3)))] + [case(part(np.pad, ..., pad_width=((1, 2), (2, 0)), mode=m), (3, 4)) for m in ("edge", "reflect", "symmetric", "wrap")] + [case(part(np.pad, ..., pad_width=1, constant_values=7.0), (2, 3))],
    # ── joining and splitting ─────────────────────────────────────────────────────────────────
    np.concatenate:   [case(joined(np.concatenate, axis=a), *s) for a, *s in ((0, (3,), (2,)), (0, (2, 3), (1, 3), (0, 3)), (-1, (2, 3), (2, 1)), (None, (2, 3), (2,)))],
    np.stack:         [case(joined(np.stack, axis=a), s, s, s) for a, s in ((0, ()), (0, (3,)), (-1, (2, 3)), (1, (2, 3)))],
    np.vstack:        [case(joined(np.vstack), *s) for s in (((), ()), ((3,), (2, 3)), ((1, 2), (2, 2)))],
    np.hstack:        [case(joined(np.hstack), *s) for s in (((), (2,)), ((3,), (2,)), ((2, 1), (2, 3)))],
    np.dstack:        [case(joined(np.dstack), *s) for s in (((), ()), ((3,), (3,)), ((2, 3), (2, 3)), ((2, 3, 1), (2, 3)))],
    np.column_stack:  [case(joined(np.column_stack), *s) for s in (((3,), (3,)), ((3,), (3, 2)))],
    np.atleast_1d:    [case(np.atleast_1d, s) for s in ONE] + [case(lambda *xs: np.add(*np.atleast_1d(*xs)), (), (2, 3))],
    np.atleast_2d:    [case(np.atleast_2d, s) for s in ONE],
    np.atleast_3d:    [case(np.atleast_3d, s) for s in (*ONE, (1, 2, 3))],
    np.split:         [case(part(np.split, i, indices_or_sections=n, axis=a), (2, 6)) for i, n, a in ((0, 2, 0), (2, 3, 1), (1, [1, 4], -1), (2, [1, 4], 1))],
    np.array_split:   [case(part(np.array_split, i, indices_or_sections=n, axis=a), (2, 5)) for i, n, a in ((0, 2, 1), (2, 3, -1), (1, [1, 4], 1))],
    np.hsplit:        [case(part(np.hsplit, 1, indices_or_sections=2), s) for s in ((4,), (2, 4))],
    np.vsplit:        [case(part(np.vsplit, 1, indices_or_sections=2), (4, 3))],
    np.dsplit:        [case(part(np.dsplit, 1, indices_or_sections=2), (2, 3, 4))],
    # ── indexing ──────────────────────────────────────────────────────────────────────────────
    operator.getitem: [case(at(i), s, note=str(i)) for s, i in INDICES],
    scatter:          [case(part(scatter, ..., index=i, shape=s), np.empty(s)[i].shape, note=str(i)) for s, i in INDICES],
    setitem:          [case(part(setitem, ..., index=i), s, np.empty(s)[i].shape, note=str(i)) for s, i in INDICES if i is not REPEATED],
    np.take:          [case(part(np.take, ..., indices=i, axis=a), (2, 3)) for i, a in ((4, None), ([0, 0, 5], None), (1, 0), ([[2, 0], [1, 1]], 1), (-1, -1))],
    np.take_along_axis: [case(part(np.take_along_axis, ..., indices=np.array(i), axis=a), (2, 3)) for i, a in (([[2, 0], [1, 1]], 1), ([[1, 0, 0]], 0), ([[2, 2]], -1), ([4, 0, 0], None))],
    # ── products ──────────────────────────────────────────────────────────────────────────────
    np.matmul:        [case(np.matmul, *s) for s in (((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4)), ((5, 2, 3), (3, 4)), ((2, 3), (5, 3, 4)), ((5, 1, 2, 3), (4, 3, 2)), ((3,), (4, 3, 2)), ((4, 2, 3), (3,)), ((5, 2, 3, 4), (4,)), ((2, 0), (0, 3)), ((0, 3), (3, 2)))],
    np.dot:           [case(np.dot, *s) for s in (((), ()), ((), (3,)), ((2, 3), ()), ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4)), ((2, 2, 3), (4, 3, 2)))],
    np.inner:         [case(np.inner, *s) for s in (((), ()), ((), (3,)), ((3,), (3,)), ((2, 3), (3,)), ((2, 3), (4, 3)), ((2, 2, 3), (4, 3)))],
    np.vdot:          [case(np.vdot, *s, analytic=False) for s in (((), ()), ((3,), (3,)), ((2, 3), (3, 2)), ((2, 3), (6,)))],
    np.outer:         [case(np.outer, *s) for s in (((), ()), ((3,), (2,)), ((2, 3), (2,)), ((), (3,)))],
    np.tensordot:     [case(part(np.tensordot, ..., axes=a), *s) for a, *s in ((0, (2,), (3,)), (1, (2, 3), (3, 4)), (2, (2, 3, 4), (3, 4)), (([0, 1], [1, 0]), (2, 3, 4), (3, 2)), ((-1, 0), (2, 3), (3, 4)), (([1, 2], [2, 0]), (2, 3, 4), (4, 2, 3)))],
    np.einsum:        [case(einsum(subscripts), *s, note=subscripts) for subscripts, *s in EINSUMS],
    # ── neural ────────────────────────────────────────────────────────────────────────────────
    neural.sigmoid:     one(neural.sigmoid, wide, analytic=False),
    neural.relu:        one(neural.relu),
    neural.softplus:    one(neural.softplus, wide, analytic=False),
    neural.silu:        one(neural.silu, wide, analytic=False),
    neural.erf:         one(neural.erf, analytic=False),
    neural.gelu_exact:  one(neural.gelu_exact, analytic=False),
    neural.gelu_tanh:   one(neural.gelu_tanh),
    neural.softmax:     [*scan(neural.softmax), case(neural.softmax, (2, 4), domain=wide)],
    neural.log_softmax: [*scan(neural.log_softmax), case(neural.log_softmax, (2, 4), domain=wide)],
    neural.logsumexp:   reduction(neural.logsumexp),
    neural.affine:      [case(neural.affine, *s, (2, 3), (2,)) for s in (((3,),), ((4, 3),), ((5, 4, 3),), ((0, 3),))],
    neural.softmax_cross_entropy: [case(neural.softmax_cross_entropy, (n, 6), (n,), domain=(wide, integer)) for n in (1, 4, 0)],
}
# fmt: on
