"""Derivatives of interpolation, differences, integrals by sums, and convolution."""

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from autograd.base.errors import refusal
from autograd.primitive import composite, options, primitive
from autograd.rules.elementwise import masked
from autograd.rules.masking import cast
from autograd.rules.shape import (
    Slot,
    arrayed,
    astype,
    cut,
    gather,
    on_axis,
    pad_constant,
    scatter_at,
    unlisted,
)


# ── along the lines between given points ──────────────────────────────────────────────────────
def at(x, places):
    """Return elements of x, which may be a constant where the places are none."""
    return gather(x, places, index=Slot(0))


def segment(x, xp):
    """Return the segment that x lies in, its right end, and how far along x is, from 0 to 1."""
    last = len(xp) - 1
    left = np.clip(np.searchsorted(xp, x, side="right") - 1, 0, max(last - 1, 0))
    right = np.minimum(left + 1, last)
    start = at(xp, left)
    width = at(xp, right) - start
    part = np.clip((x - start) / np.where(width == 0, 1, width), 0, 1)
    return left, right, part, width


def slope_at(x, xp, fp):
    """Return the slope of the line at x: of the right one at a point, and 0 outside."""
    left, right, _, width = segment(x, xp)
    inside = (x >= xp[0]) & (x <= xp[-1]) & (width != 0)
    return masked((at(fp, right) - at(fp, left)) / np.where(width == 0, 1, width), inside)


def deal(g, x, xp):
    """Share g between the two points that x lies between, by how near they are."""
    left, right, part, _ = segment(x, xp)
    lower = scatter_at(g * (1 - part), left, index=Slot(0), shape=xp.shape)
    return lower + scatter_at(g * part, right, index=Slot(0), shape=xp.shape)


# ── convolution ───────────────────────────────────────────────────────────────────────────────
def d_convolve(side):
    """Convolve all sums of products with the other argument, turned round."""

    def rule(g, y, *av, mode="full"):
        size, short = sum(map(len, av)) - 1, min(map(len, av))
        before = {"full": 0, "same": (short - 1) // 2, "valid": short - 1}[mode]
        g = pad_constant(g, pad_width=(before, size - before - len(y)))
        return np.convolve(g, np.flip(av[1 - side]), "valid")

    return rule


def bind_convolve(a, v, mode="full"):
    a, v = map(unlisted, (a, v))
    mode = {0: "valid", 1: "same", 2: "full"}.get(mode, mode)  # NumPy's numbers for them
    return (np.atleast_1d(a), np.atleast_1d(v)), {} if mode == "full" else {"mode": mode}


# ── differences ───────────────────────────────────────────────────────────────────────────────
def d_diff(g, y, a, n=1, axis=-1):
    axis %= a.ndim
    width = 1 if a.ndim == 1 else tuple((int(i == axis),) * 2 for i in range(a.ndim))
    for _ in range(min(n, a.shape[axis])):  # of more steps, too, nothing is left
        g = pad_constant(g, pad_width=width)
        g = g[cut(axis, None, -1)] - g[cut(axis, 1, None)]
    return g


def diff_on_paper(g, y, a, n=1, axis=-1):
    if (a.ndim, n) != (1, 1):
        return d_diff(g, y, a, n, axis)
    return -np.diff(pad_constant(g, pad_width=1))


def diff(a, n=1, axis=-1):
    axis = normalize_axis_index(axis, a.ndim)
    step = np.not_equal if a.dtype == np.bool_ else np.subtract
    for _ in range(n):
        a = step(a[cut(axis, 1, None)], a[cut(axis, None, -1)])
    return a


def lines_at(x, xp, fp):
    return np.interp(x, xp, fp)


# fmt: off
lines = primitive(lines_at, lambda g, y, x, xp, fp: g * slope_at(x, xp, fp), lambda g, y, x, xp, fp: deal(-g * slope_at(x, xp, fp), x, xp), lambda g, y, x, xp, fp: deal(g, x, xp), name="interp", code="np.interp({0}, {1}, {2})", tex=r"\operatorname{{interp}}\left({0}; {1}, {2}\right)")
primitive(np.convolve,     d_convolve(0), d_convolve(1), bind=bind_convolve, tex=r"{0} * {1}", symbol="∗")
primitive(np.diff,         d_diff, definition=diff, paper=(diff_on_paper,), symbol="Δ")
primitive(np.unwrap,       lambda g, y, p, **_: g)
primitive(np.searchsorted, None, None)
primitive(np.digitize,     None, None)
# fmt: on


@composite(np.interp)
def interp(x, xp, fp, left=None, right=None, period=None):
    x, xp, fp = map(unlisted, (x, xp, fp))
    if period is not None:
        period = np.abs(period)
        x, xp = x % period, xp % period
        order = np.argsort(xp)
        xp, fp = xp[order], fp[order]
        xp = np.concatenate((xp[-1:] - period, xp, xp[:1] + period))
        return lines(x, xp, np.concatenate((fp[-1:], fp, fp[:1])))
    y = lines(x, xp, fp)
    y = y if left is None else np.where(x < xp[0], left, y)
    return y if right is None else np.where(x > xp[-1], right, y)


@composite(np.correlate)
def correlate(a, v, mode="valid"):
    """Convolve with v turned round; the longer one comes first, as it does in NumPy."""
    (a, v), _ = bind_convolve(a, v)
    v = np.conjugate(v) if v.dtype.kind == "c" else v
    if len(v) > len(a):
        return np.flip(np.convolve(v, np.flip(a), mode))
    return np.convolve(a, np.flip(v), mode)


# ── differences and sums ──────────────────────────────────────────────────────────────────────
@options(np.diff)
def diff_with_ends(a, n=1, axis=-1, *, prepend=None, append=None):
    a = unlisted(a)
    axis = normalize_axis_index(axis, a.ndim)
    edge = (*a.shape[:axis], 1, *a.shape[axis + 1 :])
    parts = [p for p in (prepend, a, append) if p is not None]
    parts = [np.broadcast_to(p, edge) if np.ndim(p) == 0 else p for p in parts]
    return np.diff(np.concatenate(parts, axis=axis), n, axis) if n else a


@composite(np.ediff1d)
def ediff1d(ary, to_end=None, to_begin=None):
    x = np.ravel(ary)
    ends = [None if p is None else np.ones(1, arrayed(p).dtype) for p in (to_end, to_begin)]
    np.ediff1d(np.ones(1, x.dtype), *ends)  # NumPy's own refusal
    parts = [np.ravel(p) for p in (to_begin, x[1:] - x[:-1], to_end) if p is not None]
    return astype(np.concatenate(parts), dtype=x.dtype) if len(parts) > 1 else parts[0]


@composite(np.trapezoid)
def trapezoid(y, x=None, dx=1.0, axis=-1):
    y, x = map(unlisted, (y, x))
    axis = normalize_axis_index(axis, y.ndim)
    if x is not None:
        dx = np.diff(x, axis=axis if x.ndim > 1 else -1)
        dx = on_axis(dx, axis, y.ndim) if x.ndim == 1 else dx
    sums = y[cut(axis, 1, None)] + y[cut(axis, None, -1)]
    return np.sum(dx * sums / 2.0, axis=axis)


@composite(np.gradient)
def gradient(f, *varargs, axis=None, edge_order=1):
    f = unlisted(f)
    f = f if f.dtype.kind in "fc" else astype(f, dtype=np.dtype(float))
    axes = range(f.ndim) if axis is None else normalize_axis_tuple(axis, f.ndim)
    steps = varargs or (1.0,)
    if len(steps) == 1 and np.ndim(steps[0]) == 0:
        steps = (*steps,) * len(axes)
    if len(steps) != len(axes):
        raise refusal(
            TypeError,
            f"{len(steps)} spacings are given for {len(axes)} axes",
            f"np.gradient of shape {f.shape}, axis={axis}",
            "one spacing for all, or one for each axis",
        )
    pairs = [*zip(steps, axes, strict=True)]
    parts = [slopes(f, spaces(h, f.shape[a]), a, edge_order) for h, a in pairs]
    return parts[0] if len(parts) == 1 else tuple(parts)


def spaces(step, n):
    """Return the distances between n points; one number where they are known to be equal."""
    if np.ndim(step) == 0:
        return step
    if np.shape(step) != (n,):
        raise refusal(
            ValueError,
            f"{n} points have {n} coordinates, not an array of shape {np.shape(step)}",
            f"np.gradient along an axis of {n} elements",
            "a number, or a coordinate for each element along the axis",
        )
    h = np.diff(step if arrayed(step).dtype.kind in "fc" else astype(step, dtype=np.dtype(float)))
    return h[0] if isinstance(h, np.ndarray) and (h == h[0]).all() else h


def slopes(f, h, axis, edge_order):
    """Return the slopes of the parabolas through three neighbours (Fornberg, 1988).

    At the ends it is that of the line through two for `edge_order` 1.
    """
    n = f.shape[axis]
    if n < edge_order + 1:
        raise refusal(
            ValueError,
            f"{n} points are too few for slopes at ends of order {edge_order}",
            f"np.gradient of shape {f.shape}, axis={axis}",
            f"at least {edge_order + 1} points along the axis",
        )

    def at(start, stop):
        return f[cut(axis, start, stop)]

    if np.ndim(h) == 0:
        inner = (at(2, None) - at(None, -2)) / (2.0 * h)
        first, last, ends = h, h, ((-1.5 / h, 2.0 / h, -0.5 / h), (0.5 / h, -2.0 / h, 1.5 / h))
    else:
        a, b = h[:-1], h[1:]
        weights = -b / (a * (a + b)), (b - a) / (a * b), a / (b * (a + b))
        low, mid, high = (on_axis(v, axis, f.ndim) for v in weights)
        inner = low * at(None, -2) + mid * at(1, -1) + high * at(2, None)
        first, last, ends = h[0], h[-1], None
    if edge_order == 1:
        start, stop = (at(1, 2) - at(0, 1)) / first, (at(n - 1, n) - at(n - 2, n - 1)) / last
    else:
        ends = ends or (end_weights(h[0], h[1]), end_weights(-h[-1], -h[-2])[::-1])
        (a, b, c), (p, q, r) = ends
        start = a * at(0, 1) + b * at(1, 2) + c * at(2, 3)
        stop = p * at(n - 3, n - 2) + q * at(n - 2, n - 1) + r * at(n - 1, n)
    y = np.concatenate((start, inner, stop), axis=axis)
    return y if y.dtype == f.dtype else astype(y, dtype=f.dtype)


def end_weights(a, b):
    """Return the weights of three points, a and b apart, in the slope at the first."""
    return -(2.0 * a + b) / (a * (a + b)), (a + b) / (a * b), -a / (b * (a + b))


# ── evenly spaced numbers ─────────────────────────────────────────────────────────────────────
@composite(np.linspace)
def linspace(start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0):
    start, stop = map(unlisted, (start, stop))
    kind = np.result_type(start, stop, 1.0)
    start, stop = (  # of bytes, the difference would wrap
        cast(v, kind) if getattr(v, "dtype", kind).kind in "biu" else v for v in (start, stop)
    )
    delta = stop - start
    parts = num - 1 if endpoint else num
    step = delta / parts if parts > 0 else np.nan
    places = on_axis(np.arange(num, dtype=kind), 0, 1 + np.ndim(delta))
    y = places * (step if parts > 0 else delta) + start
    if endpoint and num > 1:
        last = cast(stop, kind) if hasattr(stop, "dtype") else kind.type(stop)
        y = np.concatenate((y[:-1], np.broadcast_to(last, (1, *y.shape[1:]))))
    y = y if axis == 0 else np.moveaxis(y, 0, axis)
    whole = dtype is not None and np.issubdtype(dtype, np.integer)
    y = cast(np.floor(y) if whole else y, dtype)  # NumPy rounds down, not towards 0
    return (y, step) if retstep else y


@composite(np.logspace)
def logspace(start, stop, num=50, endpoint=True, base=10.0, dtype=None, axis=0):
    if np.ndim(base):
        ndim = max(map(np.ndim, (start, stop, base)))
        start, stop, base = (
            np.reshape(v, (1,) * (ndim - np.ndim(v)) + np.shape(v)) for v in (start, stop, base)
        )
        base = np.expand_dims(base, axis)
    y = np.power(base, np.linspace(start, stop, num, endpoint, axis=axis))
    return cast(y, dtype)


@composite(np.geomspace)
def geomspace(start, stop, num=50, endpoint=True, dtype=None, axis=0):
    kind = np.result_type(start, stop, np.float64)
    start, stop = (astype(v, dtype=kind) for v in (start, stop))
    sign = np.sign(start)
    start, stop = start / sign, stop / sign
    y = np.logspace(np.log10(start), np.log10(stop), num, endpoint)
    if num > 0:
        last = num > 1 and endpoint
        ends = [np.broadcast_to(v, (1, *y.shape[1:])) for v in (start, stop)]
        y = np.concatenate((ends[0], y[1 : num - last], *ends[1 : 1 + last]))
    y = y * sign
    y = y if axis == 0 else np.moveaxis(y, 0, axis)
    return cast(y, dtype)


# ── running sums ──────────────────────────────────────────────────────────────────────────────
def running(fn, first):
    """Write a scan that can start with `first`, what it gives for no elements."""

    def scan(x, /, *, axis=None, dtype=None, include_initial=False):
        x = np.atleast_1d(x)
        if axis is None and x.ndim > 1:
            raise refusal(
                ValueError,
                "a scan of several axes needs to know along which",
                f"a cumulative function of shape {x.shape} without axis",
                "axis=0, or np.cumsum and np.cumprod for all elements in a row",
            )
        axis = normalize_axis_index(axis or 0, x.ndim)
        y = fn(cast(x, dtype), axis=axis)
        if not include_initial:
            return y
        start = np.full((*y.shape[:axis], 1, *y.shape[axis + 1 :]), first, y.dtype)
        return np.concatenate((start, y), axis=axis)

    return scan


if hasattr(np, "cumulative_sum"):  # since NumPy 2.1
    composite(np.cumulative_sum)(running(np.cumsum, 0))
    composite(np.cumulative_prod)(running(np.cumprod, 1))
