"""Samples of what puts arrays together, picks elements, or writes into arrays."""
# ruff: noqa: E501  # one entry per row, one line per entry where it can be

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.rules.ufuncs import running_max, running_min
from samples.cases import SCANS, Case, call, case, given, many, since

window = np.lib.stride_tricks.sliding_window_view


def product_of(fn):
    """Let one result depend on all that `fn` returns."""
    return lambda *xs: math.prod(fn(*xs))


def writes(write, *shapes):
    """Sample ``write(y, v)``, which changes y in place, at a copy of the first of two arrays."""

    def f(x, v):
        y = x + 0 * np.sum(v)
        write(y, v)
        return y

    return case(f, *shapes)


def pads(*modes):
    """Sample each mode of np.pad on one axis and on two, with each value of its option."""
    return [
        c
        for mode, option, *values in modes
        for value in values or [()]
        for c in given(np.pad, [(4,), (2, 3)], f"pad_width mode {option}", (2, mode, *value))
    ]


MASK = np.array([[True, False, True], [False, False, True]])
EVEN = np.array([True, False, True])
PLACES = np.array([[1], [0]])

# fmt: off
SAMPLES: dict[Callable[..., Any], list[Case]] = {
    # ── joining ───────────────────────────────────────────────────────────────────────────────
    np.append:           many(np.append, ((2, 3), (2,)), ((), ()), ((0,), (3,))) + many(call(np.append, {"axis": 1}), ((2, 3), (2, 1))),
    np.insert: [
        case(lambda x, v: np.insert(x, 1, v), (2, 3), ()), case(lambda x, v: np.insert(x, [1, 1, -1], v), (4,), (3,)),
        case(lambda x, v: np.insert(x, 1, v, axis=1), (2, 3), (2,)), case(lambda x, v: np.insert(x, [0, 2], v, axis=1), (2, 3), (2, 2)),
        case(lambda x, v: np.insert(x, slice(0, 2), v, axis=0), (2, 3), (3,)), *since("2.2.0", [case(lambda x, v: np.insert(x, EVEN, v), (3,), ())]),
    ],
    np.block: [
        case(lambda a, b, c, d: np.block([[a, b], [c, d]]), (2, 2), (2, 1), (1, 2), (1, 1)), case(lambda a, b: np.block([a, b]), (3,), ()),
        case(np.block, (2, 3)), case(lambda a, b: np.block([[a], [b]]), (3,), (2, 3)),
    ],
    np.broadcast_arrays: [case(product_of(np.broadcast_arrays), *shapes) for shapes in (((2, 1), (3,)), ((), (2,), (1, 1)), ((3,),))],
    np.meshgrid:         [case(product_of(call(np.meshgrid, params)), *shapes) for shapes in (((2,),), ((2,), (3,)), ((2,), (3,), ())) for params in ({}, {"indexing": "ij"}, {"sparse": True})],
    np.ix_:              [case(product_of(np.ix_), (2,), (3,))],
    # ── choosing ──────────────────────────────────────────────────────────────────────────────
    np.choose:           [case(lambda a, b: np.choose([[0, 1, 1]], [a, b]), (3,), (2, 1)), case(lambda a: np.choose([0, 3, -1], a, mode="wrap"), (2, 3))],
    np.compress:         [case(lambda x: np.compress([True, False, True], x), (2, 3)), case(lambda x: np.compress([False, True], x, axis=1), (2, 3))],
    np.extract:          [case(lambda x: np.extract(MASK, x), (2, 3))],
    np.select:           [case(lambda a, b: np.select([MASK, EVEN], [a, b]), (2, 3), (3,)), case(lambda a, b: np.select([MASK, EVEN], [a, b], 7), (), (3,))],
    np.piecewise:        [case(lambda x: np.piecewise(x, [EVEN], [lambda v: v * v, 3.0]), (3,)), case(lambda x: np.piecewise(x, [MASK, MASK ^ EVEN], [np.sin, 2.0, np.cos]), (2, 3))],
    np.delete: [
        *given(np.delete, [(4,), (2, 4)], "obj axis", (1, None), ([0, -1, 0], -1), (slice(0, 2), -1)),
        *given(np.delete, [(2, 3)], "obj axis", (EVEN, 1), (0, 0)),
    ],
    # ── the same elements in another order ────────────────────────────────────────────────────
    np.resize:           given(np.resize, [(2, 3), ()], "new_shape", (4,), ((2, 5),)) + given(np.resize, [(0,)], "new_shape", (0,)),
    np.rot90:            given(np.rot90, [(2, 3)], "k", (0,), (1,), (2,), (3,), (-5,)) + given(np.rot90, [(2, 3, 2)], "k axes", (1, (0, 2)), (3, (2, 1))),
    np.rollaxis:         given(np.rollaxis, [(2, 3, 4)], "axis start", (2, 0), (0, 3), (-1, 1), (0, -1)),
    window:              given(window, [(5,)], "window_shape", (2,)) + given(window, [(3, 4)], "window_shape axis", (2, 0), ((2, 3), None), ((2, 2), (1, 1))),
    np.diagflat:         given(np.diagflat, [(3,), (2, 2)], "k", (0,), (-1,), (2,)),
    np.astype:           [case(lambda x: np.astype(x, x.dtype), s) for s in ((3,), (2, 3))],
    np.pad: [
        *given(np.pad, [(3,), (2, 3)], "pad_width", (1,), ((1, 2),)),
        *given(np.pad, [(3, 4)], "pad_width mode", *((((1, 2), (2, 0)), mode) for mode in ("edge", "reflect", "symmetric", "wrap"))),
        *given(np.pad, [(2, 3)], "pad_width constant_values", (1, 7.0)), *since("2.4.0", given(np.pad, [(2, 3)], "pad_width", ({-1: (2, 0)},))),
        *pads(
            ("mean", "stat_length", (None,), (((1, 2),),)), ("maximum", "stat_length", (None,), (2,)), ("minimum", "stat_length", (1,)),
            ("median", "stat_length", (None,)), ("linear_ramp", "end_values", (0,), ((1.5, -2.0),)),
            ("reflect", "reflect_type", ("odd",)), ("symmetric", "reflect_type", ("odd",)),
        ),
    ],
    # ── a function of each part ───────────────────────────────────────────────────────────────
    np.apply_along_axis: [case(lambda x, f=f, axis=axis: np.apply_along_axis(f, axis, x), (2, 3, 2)) for axis in (0, -1) for f in (np.sum, np.cumsum, lambda r: np.stack((r, r * r)))],
    np.apply_over_axes:  given(lambda x, axes: np.apply_over_axes(np.sum, x, axes), [(2, 3, 2)], "axes", (0,), ([0, -1],)) + given(lambda x: np.apply_over_axes(np.cumsum, x, [0, 1]), [(2, 3)]),
    # ── in place ──────────────────────────────────────────────────────────────────────────────
    np.copyto:           [writes(np.copyto, (2, 3), (3,)), writes(lambda y, v: np.copyto(y, v, where=MASK), (2, 3), (2, 1))],
    np.put:              [writes(lambda y, v: np.put(y, [0, 4, 0, -1], v), (2, 3), (3,)), writes(lambda y, v: np.put(y, [7, -7], v, mode="wrap"), (2, 3), (2,))],
    np.place:            [writes(lambda y, v: np.place(y, MASK, v), (2, 3), (2,))],
    np.putmask:          [writes(lambda y, v: np.putmask(y, MASK, v), (2, 3), (4,))],
    np.put_along_axis:   [writes(lambda y, v: np.put_along_axis(y, PLACES, v, axis=1), (2, 3), (2, 1))],
    np.fill_diagonal:    [writes(np.fill_diagonal, (3, 3), ()), writes(lambda y, v: np.fill_diagonal(y, v, wrap=True), (5, 2), (3,))],
    # ── scans ─────────────────────────────────────────────────────────────────────────────────
    running_max:         [c for s, axis in SCANS for c in given(running_max, [s], "axis", (axis,))],
    running_min:         [c for s, axis in SCANS for c in given(running_min, [s], "axis", (axis,))],
    # ── arrays like= a Tensor ─────────────────────────────────────────────────────────────────
    **{fn: [case(lambda x, fn=fn: fn(x, like=x), (2, 3))] for fn in (np.array, np.asarray, np.asanyarray, np.require, np.ascontiguousarray, np.asfortranarray)},
    np.full:             [case(lambda x: np.full((2, 3), x, like=x), (3,))],
    np.fromfunction:     [case(lambda x: np.fromfunction(lambda i: (i * x).astype(x.dtype), (3,), dtype=x.real.dtype, like=x), (3,))],
}
if hasattr(np, "unstack"):  # since NumPy 2.1
    SAMPLES |= {
        np.unstack: given(np.unstack, [(2, 3)], "axis", (0,), (-1,), part=1),
    }
# fmt: on
