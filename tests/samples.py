"""Samples: one entry for every row of the tables, from which the laws of test_rules are drawn.

An entry lists cases: a function of arrays (the row with its parameters filled in), and for each
argument a shape and a domain, a set on which the row is smooth. A law that fails names its case.
"""
# ruff: noqa: E501  # one entry per row, one line per entry where it can be

import operator
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from autograd.rules import neural
from autograd.rules.elementwise import clip_between
from autograd.rules.shape import (
    Slot,
    astype,
    gather,
    pad_constant,
    place,
    scatter,
    scatter_at,
    setitem,
)

Array = Any
Shape = tuple[int, ...]
Domain = Callable[[np.random.Generator, Shape], Array]


# ── domains ───────────────────────────────────────────────────────────────────────────────────
def real(rng, shape):
    """Draw numbers of both signs, away from 0."""
    return rng.uniform(0.2, 2, shape) * rng.choice((-1.0, 1.0), shape)


def positive(rng, shape):
    return rng.uniform(0.3, 2, shape)


def unit(rng, shape):
    """Draw numbers within (-1, 1), away from 0."""
    return real(rng, shape) * 0.45


def small(rng, shape):
    """Draw numbers around 0, where a quotient would cancel."""
    return rng.uniform(-0.4, 0.4, shape)


def above_one(rng, shape):
    return rng.uniform(1.2, 3, shape)


def between(rng, shape):
    """Draw numbers between the integers, where the steps are flat."""
    return rng.integers(-3, 3, shape) + rng.uniform(0.3, 0.45, shape)


def tenths(rng, shape):
    return between(rng, shape) / 10


def wide(rng, shape):
    """Draw numbers on which functions that saturate do so."""
    return rng.uniform(-8, 8, shape)


def integer(rng, shape):
    return rng.integers(0, 6, shape)


def truth(rng, shape):
    return rng.random(shape) < 0.5


# ── cases ─────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class Case:
    """A function of arrays, and where to evaluate it."""

    f: Callable[..., Any]
    shapes: tuple[Shape, ...]
    domains: tuple[Domain, ...]
    analytic: bool = True  # also on complex numbers, so that complex step applies
    note: str = ""

    def inputs(self, dtype: Any = np.float64, seed: int = 20) -> list[Array]:
        """Return the arguments, the same at every call: floats in `dtype`, none can be written."""
        rng = np.random.default_rng(seed)
        arrays = [np.array(d(rng, s)) for d, s in zip(self.domains, self.shapes, strict=True)]
        arrays = [a.astype(dtype) if a.dtype.kind == "f" else a for a in arrays]
        for a in arrays:
            a.flags.writeable = False
        return [a[()] for a in arrays]  # scalars are NumPy's, as in a Tensor

    def __str__(self) -> str:
        pairs = zip(self.domains, self.shapes, strict=True)
        return f"{self.note} ({', '.join(f'{d.__name__} {s}' for d, s in pairs)})"


def case(f, *shapes, domain=real, analytic=True, note=""):
    """Sample a function of arrays of these shapes, all from one domain or each from its own."""
    domains = domain if isinstance(domain, tuple) else (domain,) * len(shapes)
    return Case(f, shapes, domains, analytic, note)


def given(fn, shapes, names="", *values, part=..., domain=real, analytic=True):
    """Sample a function of one array, for each shape and for each value of the named parameters.

    Where the function returns several arrays, `part` says which one is meant.
    """
    cases = []
    for shape, value in product(shapes, values or [()]):
        params = dict(zip(names.split(), value, strict=True))
        note = ", ".join(f"{k}={v}" for k, v in params.items())
        cases.append(Case(call(fn, params, part), (shape,), (domain,), analytic, note))
    return cases


def call(fn, params, part=...):
    if part is not ...:
        return lambda *xs: fn(*xs, **params)[part]
    return (lambda *xs: fn(*xs, **params)) if params else fn


def one(fn, domain=real, *, analytic=True):
    """Sample a function of each element of one array."""
    return given(fn, ONE, domain=domain, analytic=analytic)


def two(fn, a=real, b=real, *, analytic=True):
    """Sample a function of each element of two arrays that broadcast."""
    return [case(fn, *shapes, domain=(a, b), analytic=analytic) for shapes in TWO]


def many(fn, *shapes, analytic=True):
    """Sample a function of several arrays, whose shapes are given together."""
    return [case(fn, *s, analytic=analytic) for s in shapes]


def reduction(fn, domain=real, *, axes=None, analytic=True, **params):
    """Sample every kind of axis, with and without keepdims."""
    return [
        c
        for shape, axis in axes or AXES
        for keep in (False, True)
        for c in given(
            fn, [shape], " ".join(["axis keepdims", *params]), (axis, keep, *params.values()),
            domain=domain, analytic=analytic,
        )
    ]  # fmt: skip


def scan(fn, domain=real):
    """Sample the axes of a function that keeps the shape."""
    return [c for shape, axis in SCANS for c in given(fn, [shape], "axis", (axis,), domain=domain)]


def powers(fn):
    """Sample constant exponents: whole ones, with negative bases too; and constant bases."""
    return [
        *(c for b in (0, 1, 2, 3.0, -1.0, -2.0) for c in one(lambda x, b=b: fn(x, b))),
        *(c for b in (0.5, -1.5) for c in one(lambda x, b=b: fn(x, b), positive)),
        case(lambda x: fn(x, np.array([2.0, 0.5, -1.0])), (2, 3), domain=positive),
        *one(lambda x: fn(2.0, x)),
    ]


def joined(fn, *shapes, **params):
    """Sample a function of a sequence of arrays."""
    return many(lambda *xs: fn(xs, **params), *shapes)


def contraction(subscripts, *shapes):
    return case(lambda *xs: np.einsum(subscripts, *xs), *shapes, note=subscripts)


# fmt: off
ONE = ((), (3,), (2, 3), (0,))
TWO = (
    ((), ()), ((3,), (3,)), ((1, 3), (2, 3)), ((2, 1), (3,)), ((), (2, 3)), ((2, 3), ()), ((0,), (0,)), ((0, 3), (3,)),
)
AXES = (
    ((), None), ((3,), None), ((3,), 0), ((2, 3), None), ((2, 3), 0), ((2, 3), -1), ((2, 3, 2), (0, 2)),
    ((2, 3, 2), (-1, 0)), ((0, 3), 1),
)
EMPTY = (((0,), None), ((0, 3), 0))
ONE_AXIS = (((3,), None), ((3,), 0), ((2, 3), 0), ((2, 3), -1), ((0, 3), 1))
SEVERAL = (((3,), None), ((2, 3), 0), ((2, 3), -1), ((2, 3, 2), (0, 2)))  # two elements or more
PAIRS_OF_AXES = (((2, 3, 2), (0, 2)), ((2, 3, 2), (-1, 0)))
SCANS = (((3,), 0), ((2, 3), 0), ((2, 3), -1), ((0,), 0), ((5,), 0), ((1,), 0))
SQUARE_OR_NOT = ((3, 3), (2, 3), (3, 2), (2, 3, 4))
BOUNDS = ((-0.5, 0.7), (None, 0.7), (-0.5, None))
REPEATED = ([0, 1, 0],)
INDICES = (
    ((3,), 1), ((3,), -1), ((3,), slice(None, None, -1)), ((2, 3), (0, 2)), ((2, 3), (slice(None), 1)), ((2, 3), ...),
    ((2, 3), (None, 1, ..., None)), ((2, 3), ([1, 0], [2, 2])), ((4, 3), REPEATED),
    ((2, 3), np.array([[True, False, True], [False, False, True]])), ((3,), np.array([False, True, True])),
    ((3, 2, 4), ([2, 0], slice(None), [1, 3])), ((3, 2, 4), (slice(1, 1), 0)), ((2, 3), (slice(None), np.array(1))),
)

SAMPLES: dict[Callable[..., Any], list[Case]] = {
    # ── arithmetic ────────────────────────────────────────────────────────────────────────────
    np.add:              two(np.add),
    np.subtract:         two(np.subtract),
    np.multiply:         two(np.multiply),
    np.divide:           two(np.divide) + one(lambda x: x / 2) + one(lambda x: 2 / x),
    np.floor_divide:     two(np.floor_divide, between, above_one, analytic=False),
    np.remainder:        two(np.remainder, analytic=False),
    np.divmod:           two(call(np.divmod, {}, 0), between, above_one, analytic=False) + two(call(np.divmod, {}, 1), between, above_one, analytic=False),
    operator.pow:        two(operator.pow, positive) + powers(operator.pow),
    np.power:            two(np.power, positive) + powers(np.power),
    np.float_power:      two(np.float_power, positive),
    np.negative:         one(np.negative),
    np.positive:         one(np.positive),
    np.absolute:         one(np.absolute, analytic=False),
    np.fabs:             one(np.fabs, analytic=False),
    np.square:           one(np.square),
    np.reciprocal:       one(np.reciprocal),
    np.sqrt:             one(np.sqrt, positive),
    np.cbrt:             one(np.cbrt, analytic=False),
    # ── exponentials and logarithms ───────────────────────────────────────────────────────────
    np.exp:              one(np.exp),
    np.exp2:             one(np.exp2),
    np.expm1:            one(np.expm1),
    np.log:              one(np.log, positive),
    np.log2:             one(np.log2, positive),
    np.log10:            one(np.log10, positive),
    np.log1p:            one(np.log1p, unit),
    np.logaddexp:        two(np.logaddexp, analytic=False),
    np.logaddexp2:       two(np.logaddexp2, analytic=False),
    # ── trigonometry and hyperbolic functions ─────────────────────────────────────────────────
    np.sin:              one(np.sin),
    np.cos:              one(np.cos),
    np.tan:              one(np.tan, unit),
    np.arcsin:           one(np.arcsin, unit),
    np.arccos:           one(np.arccos, unit),
    np.arctan:           one(np.arctan),
    np.arctan2:          two(np.arctan2, analytic=False),
    np.hypot:            two(np.hypot, analytic=False),
    np.sinc:             one(np.sinc) + one(np.sinc, small),
    np.deg2rad:          one(np.deg2rad, analytic=False),
    np.rad2deg:          one(np.rad2deg, analytic=False),
    np.radians:          one(np.radians, analytic=False),
    np.degrees:          one(np.degrees, analytic=False),
    np.sinh:             one(np.sinh),
    np.cosh:             one(np.cosh),
    np.tanh:             one(np.tanh),
    np.arcsinh:          one(np.arcsinh),
    np.arccosh:          one(np.arccosh, above_one),
    np.arctanh:          one(np.arctanh, unit),
    # ── choices and steps ─────────────────────────────────────────────────────────────────────
    np.where:            [case(np.where, *s, domain=(truth, real, real)) for s in (((), (), ()), ((3,), (3,), ()), ((2, 3), (3,), (2, 1)), ((0,), (0,), ()))],
    np.maximum:          two(np.maximum),
    np.minimum:          two(np.minimum),
    np.fmax:             two(np.fmax),
    np.fmin:             two(np.fmin),
    clip_between:        given(clip_between, ONE, "low high", *BOUNDS),
    np.clip:             given(np.clip, ONE, "a_min a_max", *BOUNDS) + given(np.clip, ONE, "min max", *BOUNDS) + [case(np.clip, (2, 3), (3,), (2, 1), domain=(wide, real, above_one))],
    np.sign:             one(np.sign, analytic=False),
    np.floor:            one(np.floor, between, analytic=False),
    np.ceil:             one(np.ceil, between, analytic=False),
    np.trunc:            one(np.trunc, between, analytic=False),
    np.rint:             one(np.rint, between, analytic=False),
    np.round:            one(np.round, between, analytic=False) + given(np.round, ONE, "decimals", (1,), domain=tenths, analytic=False),
    np.around:           one(np.around, between, analytic=False),
    # ── recorded without a derivative ─────────────────────────────────────────────────────────
    **{fn: two(fn) for fn in (np.greater, np.greater_equal, np.less, np.less_equal, np.equal, np.not_equal)},
    **{fn: two(fn, truth, truth) for fn in (np.logical_and, np.logical_or, np.logical_xor)},
    **{fn: two(fn, truth, truth) + two(fn, integer, integer) for fn in (np.bitwise_and, np.bitwise_or, np.bitwise_xor)},
    **{fn: one(fn) for fn in (np.isfinite, np.isinf, np.isnan, np.signbit, np.logical_not)},
    np.invert:           one(np.invert, truth) + one(np.invert, integer),
    np.all:              reduction(np.all, truth),
    np.any:              reduction(np.any, truth),
    np.count_nonzero:    reduction(np.count_nonzero, truth),
    np.argmax:           reduction(np.argmax, axes=ONE_AXIS),
    np.argmin:           reduction(np.argmin, axes=ONE_AXIS),
    np.argsort:          scan(np.argsort),
    # ── reductions ────────────────────────────────────────────────────────────────────────────
    np.sum:              reduction(np.sum, axes=AXES + EMPTY),
    np.mean:             reduction(np.mean),
    np.prod:             reduction(np.prod, axes=AXES + EMPTY),
    np.var:              reduction(np.var, analytic=False) + reduction(np.var, analytic=False, axes=SEVERAL, ddof=1),
    np.std:              reduction(np.std, analytic=False, axes=SEVERAL) + reduction(np.std, analytic=False, axes=SEVERAL, ddof=1),
    np.max:              reduction(np.max),
    np.min:              reduction(np.min),
    np.amax:             reduction(np.amax),
    np.amin:             reduction(np.amin),
    np.ptp:              reduction(np.ptp),
    np.cumsum:           scan(np.cumsum) + many(np.cumsum, ((2, 3),)),
    np.cumprod:          scan(np.cumprod) + many(np.cumprod, ((2, 3),)),
    np.sort:             scan(np.sort) + given(np.sort, [(2, 3)], "axis", (None,)),
    np.linalg.norm: [
        *reduction(np.linalg.norm, analytic=False, axes=(((2, 3), None), *ONE_AXIS)),
        *reduction(np.linalg.norm, analytic=False, axes=PAIRS_OF_AXES, ord="fro"),
        *(c for p in (1, 2, 3, 1.5, np.inf, -np.inf) for c in reduction(np.linalg.norm, analytic=False, axes=SEVERAL[:3], ord=p)),
    ],
    # ── shapes ────────────────────────────────────────────────────────────────────────────────
    np.reshape:          given(np.reshape, [(2, 3)], "shape order", ((3, 2), "C"), ((3, 2), "F"), (-1, "C"), ((1, 6, 1), "F")) + given(np.reshape, [()], "shape", ((1,),)),
    np.ravel:            given(np.ravel, ONE, "order", "C", "F"),
    np.transpose:        one(np.transpose) + given(np.transpose, [(2, 3, 4)], "axes", ((1, 2, 0),), ((-1, 0, 1),), ([2, 0, 1],)),
    np.matrix_transpose: given(np.matrix_transpose, [(2, 3), (2, 3, 4)]),
    np.swapaxes:         given(np.swapaxes, [(2, 3), (2, 3, 4)], "axis1 axis2", (0, -1)),
    np.moveaxis:         given(np.moveaxis, [(2, 3, 4)], "source destination", (0, -1), ((0, 1), (2, 0)), (-1, 0)),
    np.squeeze:          given(np.squeeze, [(1, 3, 1)], "axis", (None,), (0,), (-1,), ((0, 2),)),
    np.expand_dims:      given(np.expand_dims, [(), (2, 3)], "axis", (0,), (-1,), ((0, 1),)),
    np.broadcast_to:     given(np.broadcast_to, [(), (3,), (1, 3), (2, 3), (1, 1)], "shape", ((2, 3),), ((4, 2, 3),)) + given(np.broadcast_to, [(1,)], "shape", ((0,),)),
    np.flip:             given(np.flip, [(2, 3)], "axis", (None,), (0,), (-1,), ((0, 1),)),
    np.fliplr:           given(np.fliplr, [(2, 3)]),
    np.flipud:           given(np.flipud, [(2, 3), (3,)]),
    np.roll:             given(np.roll, [(2, 3)], "shift axis", (1, None), (-2, 1), ((1, 2), (0, 1)), (1, (0, 1)), ([1, 2], [0, 1])),
    np.copy:             one(np.copy),
    np.full_like:        one(lambda x: np.full_like(x, x)),
    astype:              given(astype, ONE, "dtype", (np.dtype(float),), analytic=False),
    np.diagonal:         given(np.diagonal, SQUARE_OR_NOT, "offset", (0,), (1,), (-1,), (2,)) + given(np.diagonal, [(2, 3, 4)], "offset axis1 axis2", (1, 2, 0), (0, -1, -2)),
    np.diag:             given(np.diag, [(3,), (3, 3), (2, 3)], "k", (0,), (1,), (-1,)),
    np.trace:            given(np.trace, SQUARE_OR_NOT, "offset", (0,), (1,), (-1,)) + given(np.trace, [(2, 3, 4)], "axis1 axis2", (1, 2)),
    np.tril:             given(np.tril, SQUARE_OR_NOT, "k", (0,), (1,), (-1,)),
    np.triu:             given(np.triu, SQUARE_OR_NOT, "k", (0,), (1,), (-1,)),
    np.repeat:           given(np.repeat, [(2, 3)], "repeats axis", (2, None), (2, 1), ([1, 0, 2], 1), (3, -2)),
    np.tile:             given(np.tile, [(), (3,), (2, 3)], "reps", (2,), ((2, 1),), ((2, 1, 3),)),
    pad_constant:        given(pad_constant, [(2, 3)], "pad_width", (1,), ((1, 2),), (((1, 0), (0, 2)),), ({-1: (1, 2)},)),
    np.pad: [
        *given(np.pad, [(3,), (2, 3)], "pad_width", (1,), ((1, 2),)),
        *given(np.pad, [(3, 4)], "pad_width mode", *((((1, 2), (2, 0)), mode) for mode in ("edge", "reflect", "symmetric", "wrap"))),
        *given(np.pad, [(2, 3)], "pad_width constant_values", (1, 7.0)),
    ],
    # ── joining and splitting ─────────────────────────────────────────────────────────────────
    np.concatenate:      joined(np.concatenate, ((3,), (2,)), ((2, 3), (1, 3), (0, 3))) + joined(np.concatenate, ((2, 3), (2, 1)), axis=-1) + joined(np.concatenate, ((2, 3), (2,)), axis=None),
    np.stack:            joined(np.stack, ((), (), ()), ((3,), (3,))) + joined(np.stack, ((2, 3), (2, 3)), axis=-1) + joined(np.stack, ((2, 3), (2, 3)), axis=1),
    np.vstack:           joined(np.vstack, ((), ()), ((3,), (2, 3)), ((1, 2), (2, 2))),
    np.hstack:           joined(np.hstack, ((), (2,)), ((3,), (2,)), ((2, 1), (2, 3))),
    np.dstack:           joined(np.dstack, ((), ()), ((3,), (3,)), ((2, 3), (2, 3)), ((2, 3, 1), (2, 3))),
    np.column_stack:     joined(np.column_stack, ((3,), (3,)), ((3,), (3, 2))),
    np.atleast_1d:       one(np.atleast_1d) + many(lambda *xs: np.add(*np.atleast_1d(*xs)), ((), (2, 3))),
    np.atleast_2d:       one(np.atleast_2d),
    np.atleast_3d:       one(np.atleast_3d) + given(np.atleast_3d, [(1, 2, 3)]),
    np.split:            given(np.split, [(2, 6)], "indices_or_sections axis", (2, 0), (3, 1), ([1, 4], -1), part=1),
    np.array_split:      given(np.array_split, [(2, 5)], "indices_or_sections axis", (2, 1), (3, -1), ([1, 4], 1), part=1),
    np.hsplit:           given(np.hsplit, [(4,), (2, 4)], "indices_or_sections", (2,), part=1),
    np.vsplit:           given(np.vsplit, [(4, 3)], "indices_or_sections", (2,), part=1),
    np.dsplit:           given(np.dsplit, [(2, 3, 4)], "indices_or_sections", (2,), part=1),
    # ── indexing ──────────────────────────────────────────────────────────────────────────────
    operator.getitem:    [case(lambda x, i=i: operator.getitem(x, i), s, note=str(i)) for s, i in INDICES],
    scatter:             [case(call(scatter, {"index": i, "shape": s}), np.empty(s)[i].shape, note=str(i)) for s, i in INDICES],
    setitem:             [case(call(setitem, {"index": i}), s, np.empty(s)[i].shape, note=str(i)) for s, i in INDICES if i is not REPEATED],
    gather:              [case(call(gather, {"index": (slice(None), Slot(0))}), (2, 6), (4,), domain=(real, integer)), case(call(gather, {"index": Slot(0)}), (6, 2), (3,), domain=(real, integer))],
    place:               [case(call(place, {"index": (0, Slot(0))}), (2, 6), (1,), (1,), domain=(real, real, integer))],
    scatter_at:          [case(call(scatter_at, {"index": (Slot(0), 1), "shape": (6, 2)}), (4,), (4,), domain=(real, integer))],
    np.take:             given(np.take, [(2, 3)], "indices axis", (4, None), ([0, 0, 5], None), (1, 0), ([[2, 0], [1, 1]], 1), (-1, -1)),
    np.take_along_axis:  given(np.take_along_axis, [(2, 3)], "indices axis", *((np.array(i), axis) for i, axis in (([[2, 0], [1, 1]], 1), ([[1, 0, 0]], 0), ([[2, 2]], -1), ([4, 0, 0], None)))),
    # ── products ──────────────────────────────────────────────────────────────────────────────
    np.matmul: many(
        np.matmul, ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4)), ((5, 2, 3), (3, 4)), ((2, 3), (5, 3, 4)),
        ((5, 1, 2, 3), (4, 3, 2)), ((3,), (4, 3, 2)), ((4, 2, 3), (3,)), ((5, 2, 3, 4), (4,)), ((2, 0), (0, 3)), ((0, 3), (3, 2)),
    ),
    np.dot:              many(np.dot, ((), ()), ((), (3,)), ((2, 3), ()), ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4)), ((2, 2, 3), (4, 3, 2))),
    np.inner:            many(np.inner, ((), ()), ((), (3,)), ((3,), (3,)), ((2, 3), (3,)), ((2, 3), (4, 3)), ((2, 2, 3), (4, 3))),
    np.vdot:             many(np.vdot, ((), ()), ((3,), (3,)), ((2, 3), (3, 2)), ((2, 3), (6,)), analytic=False),
    np.outer:            many(np.outer, ((), ()), ((3,), (2,)), ((2, 3), (2,)), ((), (3,))),
    np.tensordot: [
        case(call(np.tensordot, {"axes": axes}), a, b, note=f"axes={axes}")
        for axes, a, b in (
            (0, (2,), (3,)), (1, (2, 3), (3, 4)), (2, (2, 3, 4), (3, 4)), (([0, 1], [1, 0]), (2, 3, 4), (3, 2)),
            ((-1, 0), (2, 3), (3, 4)), (([1, 2], [2, 0]), (2, 3, 4), (4, 2, 3)),
        )
    ],
    np.einsum: [
        contraction("ij,jk->ik", (2, 3), (3, 4)), contraction("ij,jk", (2, 3), (3, 4)), contraction("ba", (2, 3)),
        contraction("ij->", (2, 3)), contraction("ij->j", (2, 3)), contraction("ii", (3, 3)), contraction("ii->i", (3, 3)),
        contraction("i,i->", (3,), (3,)), contraction("i,j,k->kij", (2,), (3,), (4,)), contraction("a,a,a", (3,), (3,), (3,)),
        contraction("...ij,...jk->...ik", (5, 2, 3), (3, 4)), contraction("...i->...", (2, 3)), contraction("i...->...", (3, 2)),
        contraction("ij,ij->ij", (1, 3), (2, 3)), contraction("iij,j->i", (2, 2, 3), (3,)), contraction(",i->i", (), (3,)),
        contraction("ij,kl->il", (2, 3), (4, 2)),
    ],
    # ── neural ────────────────────────────────────────────────────────────────────────────────
    neural.sigmoid:      one(neural.sigmoid, wide, analytic=False),
    neural.relu:         one(neural.relu),
    neural.softplus:     one(neural.softplus, wide, analytic=False),
    neural.silu:         one(neural.silu, wide, analytic=False),
    neural.erf:          one(neural.erf, analytic=False),
    neural.gelu_exact:   one(neural.gelu_exact, analytic=False),
    neural.gelu_tanh:    one(neural.gelu_tanh),
    neural.softmax:      scan(neural.softmax) + given(neural.softmax, [(2, 4)], domain=wide),
    neural.log_softmax:  scan(neural.log_softmax) + given(neural.log_softmax, [(2, 4)], domain=wide),
    neural.logsumexp:    reduction(neural.logsumexp),
    neural.linear:       many(neural.linear, ((4, 3), (2, 3)), *((s, (2, 3), (2,)) for s in ((3,), (4, 3), (5, 4, 3), (0, 3)))),
    neural.softmax_cross_entropy: [case(neural.softmax_cross_entropy, (n, 6), (n,), domain=(wide, integer)) for n in (1, 4, 0)],
}
# fmt: on
