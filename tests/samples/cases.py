"""What a sample is made of: a case, the domains it draws from, and the shapes that cases share."""
# ruff: noqa: E501  # one line per list of shapes

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

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


def plane(rng, shape):
    """Draw complex numbers, away from both axes."""
    return real(rng, shape) + 1j * real(rng, shape)


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
        """Return the arguments, the same at every call: floats in `dtype` (complex numbers of two
        such), none can be written.
        """
        rng = np.random.default_rng(seed)
        arrays = [np.array(d(rng, s)) for d, s in zip(self.domains, self.shapes, strict=True)]
        dtypes = {"f": dtype, "c": np.result_type(dtype, np.complex64)}
        arrays = [a.astype(dtypes.get(a.dtype.kind, a.dtype)) for a in arrays]
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


def since(version, cases):
    """Return cases that NumPy has, or does right, since a version."""
    return cases if np.lib.NumpyVersion(np.__version__) >= version else type(cases)()


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
# fmt: on
