"""Functions of what a window sees that moves over an image, a signal or any number of axes.

The input is (N, C, L) or (N, C, H, W), or that without N. `kernel_size`, `stride`, `padding` and
`dilation` are one number for all axes, or one for each.
"""

import functools
import itertools
import math
import operator
from collections.abc import Callable, Sequence
from inspect import signature
from typing import Any, TypeVar

import numpy as np

import autograd
from autograd import refusal
from nn.checks import refuse, refuse_other_shapes
from nn.targets import Array, Maybe, Same, floating

__all__ = [
    "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_max_pool1d", "adaptive_max_pool2d",
    "avg_pool1d", "avg_pool2d", "conv1d", "conv2d", "max_pool1d", "max_pool2d", "pad",
]  # fmt: skip

Size = int | Sequence[int]
Windowed = TypeVar("Windowed", bound=Callable[..., Any])
BORDERS: dict[str, Any] = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def each(value: Size, axes: int) -> tuple[int, ...]:
    """Return one number for each axis. Raises ValueError unless they are whole, and one or as many.

    >>> each(3, 2), each((1, 2), 2)
    ((3, 3), (1, 2))
    """
    if type(value) is int:
        return (value,) * axes
    given = np.asarray(value)
    fits = given.dtype.kind in "iu" and given.shape in ((), (1,), (axes,))
    what = "windows are told in whole numbers: one for all axes, or one for each"
    refuse(not fits, what, f"{value!r:.40} for {axes} axes", f"2, or {(2,) * axes}")
    return tuple(np.broadcast_to(given, axes).tolist())


def counts(axes: int, **sizes: Size) -> list[tuple[int, ...]]:
    """Return `each` of sizes that are 1 or more. Raises ValueError for others.

    >>> counts(2, kernel_size=3, stride=(1, 2))
    [(3, 3), (1, 2)]
    """
    found = [each(size, axes) for size in sizes.values()]
    wrong, instead = min(map(min, found)) < 1, "1, or more, along each axis"
    refuse(wrong, "a window has a size and moves on", f"{sizes}", instead)
    return found


def over(axes: int, f: Windowed) -> Windowed:
    """Return f for inputs of so many axes behind (N, C), or behind C alone.

    What f does not take is refused under the name of what is returned.

    >>> over(1, np.negative)(np.ones((3, 4))).shape
    (3, 4)
    """

    @functools.wraps(f)
    def run(input: Array, *args: Any, **options: Any) -> Array:
        if input.ndim == axes + 1:
            return run(input[None], *args, **options)[0]
        if input.ndim != axes + 2:
            what, where = f"an input {input.shape} does not fit", f"{run.__name__}(input, ...)"
            instead = f"an input of shape (N, C, {('L', 'H, W')[axes - 1]})"
            raise refusal(ValueError, what, where, instead)
        try:
            return f(input, *args, **options)
        except TypeError as error:
            _, ours, said = str(error).partition(f"{f.__name__}() ")
            takes, where = ", ".join(signature(f).parameters), f"{run.__name__}(input, ...)"
            refuse(ours, f"{run.__name__}: {said}", where, f"{run.__name__}({takes})", TypeError)
            raise

    run.__name__ = f"{f.__name__.removeprefix('_')}{axes}d"
    return run  # type: ignore[return-value]  # it takes what f does


def pad(
    input: Same, pad: Sequence[int], mode: str = "constant", value: float | None = None
) -> Same:
    """Return what has more elements before and after: (before, after) of the last axis comes first.

    `mode` is "constant", of a `value` or 0, or "reflect", "replicate" or "circular". A number below
    0 takes so many away. Raises ValueError for other modes, for a number without its partner, for
    more than there is to take away, and for a circle that is cut and goes on at once.

    >>> pad(np.ones((1, 2)), (1, 0))
    array([[0., 1., 1.]])
    """
    modes = {"constant": "constant", **BORDERS}
    pad = tuple(pad) if np.iterable(pad) else (pad,)
    sides = list(zip(pad[::2], pad[1::2], strict=False))
    whole = all(isinstance(n, int | np.integer) for n in pad)
    wrong = len(pad) % 2 or len(sides) > input.ndim or not whole or mode not in modes
    pairs = [(0, 0)] * (input.ndim - len(sides)) + sides[::-1] if not wrong else []
    less, more = ([(max(s * a, 0), max(s * b, 0)) for a, b in pairs] for s in (-1, 1))
    wrong = wrong or any(n < sum(cut) for n, cut in zip(input.shape, less, strict=True))
    wrong = wrong or (mode == "circular" and any(min(p) < 0 < max(p) for p in pairs))
    where, instead = f"pad(input {input.shape}, {pad=}, {mode=})", "pad=(left, right, top, bottom)"
    instead += f"; mode one of {', '.join(modes)}"
    refuse(wrong, "an axis is padded before and after, or loses what it has", where, instead)
    options = {"constant_values": value or 0} if mode == "constant" else {}
    y: Any = np.pad(input, more, mode=modes[mode], **options)
    kept = (slice(a, n - b) for n, (a, b) in zip(y.shape, less, strict=True))
    return y[tuple(kept)] if any(map(any, less)) else y


def _padded(input: Array, pairs: Sequence[tuple[int, int]], value: float = 0.0) -> Array:
    if not any(map(any, pairs)):
        return input
    return np.pad(input, ((0, 0), (0, 0), *pairs), constant_values=value)


# ── convolution ───────────────────────────────────────────────────────────────────────────────
def around(padding: Size | str, reach: Sequence[int]) -> list[tuple[int, int]]:
    """Return how many zeros come before and after each axis; "same" keeps the size.

    Raises ValueError for another word, and for less than none.

    >>> around("same", (2, 3)), around(1, (2, 3))
    ([(1, 1), (1, 2)], [(1, 1), (1, 1)])
    """
    if padding == "same":
        return [(r // 2, r - r // 2) for r in reach]
    given = {"valid": 0}.get(padding, -1) if isinstance(padding, str) else padding
    margins = each(given, len(reach))
    what = "padding is 0 or more at both ends of an axis, or 'same' or 'valid'"
    refuse(min(margins) < 0, what, f"{padding=}", "padding=1; x[..., 1:-1] for less than there is")
    return [(p, p) for p in margins]


def _conv(
    input: Array, weight: Array, bias: Maybe = None, stride: Size = 1,
    padding: Size | str = 0, dilation: Size = 1, groups: int = 1,
) -> Array:  # fmt: skip
    """Return ``y[n, o, i] = b[o] + Σ w[o, c, k] x[n, c, stride i + dilation k - padding]``.

    The sum is over the channels c of the group that o is in, and over the places k of the kernel.

    Parameters
    ----------
    input : (N, C, L) or (N, C, H, W).
    weight : (out channels, C / groups, *kernel).
    bias : (out channels,).
    padding : zeros at both ends of each axis; "valid" for none; "same" for a result of the
        input's size, with stride 1.
    dilation : the distance between the places of the kernel on the input.
    groups : into how many groups the channels, in and out, are divided.

    Raises
    ------
    ValueError : where channels or the bias do not fit, and for an input smaller than the kernel.

    Examples
    --------
    >>> conv1d(np.array([[1.0, 2.0, 4.0]]), np.array([[[1.0, 1.0]]]), stride=1)
    array([[3., 6.]])
    """
    what = f"the kernels have as many axes as the input: {input.ndim}, not {weight.ndim}"
    where = f"convolution of an input {input.shape} by kernels {weight.shape}"
    refuse(weight.ndim != input.ndim, what, where, "kernels of shape (out, in / groups, ...)")
    kernel = weight.shape[2:]
    steps, gaps = counts(len(kernel), stride=stride, dilation=dilation)
    reach = [d * (k - 1) for d, k in zip(gaps, kernel, strict=True)]
    given, taken = input.shape[1], weight.shape[1] * groups
    where = f"convolution of an input {input.shape}"
    what = f"the kernels take {taken} channels, on axis 1, and the input has {given}"
    instead = f"an input of shape (N, {taken}, ...), or in_channels={given}"
    refuse(given != taken, what, where, instead)
    what = f"{len(weight)} channels out do not divide into {groups=}"
    refuse(len(weight) % groups, what, where, "groups that divide the channels, in and out")
    moves = padding == "same" and max(steps) > 1
    refuse(moves, "only stride 1 keeps the size", where, "padding=1, or other numbers")
    x = _padded(input, around(padding, reach))
    small = any(n <= r for n, r in zip(x.shape[2:], reach, strict=True))
    what = f"a kernel that covers {tuple(r + 1 for r in reach)} does not fit into the input"
    refuse(small, what, where, "more padding, or a smaller kernel")
    refuse_other_shapes(input, weight.shape[:1], bias=bias)
    return autograd.conv(x, weight, bias, stride=stride, dilation=dilation, groups=groups)


conv1d, conv2d = over(1, _conv), over(2, _conv)


# ── pooling ───────────────────────────────────────────────────────────────────────────────────
def _cover(
    input: Array, size: Size, stride: Size | None, padding: Size, dilation: Size, ceil_mode: bool
) -> tuple[Any, Any, list[tuple[int, int]]]:
    """Return kernel and stride, and what to add before and after each axis, to have it covered."""
    axes = input.ndim - 2
    stride = size if stride is None else stride
    sizes, steps, gaps = counts(axes, kernel_size=size, stride=stride, dilation=dilation)
    pairs, margins = [], each(padding, axes)
    for n, k, s, p, d in zip(input.shape[2:], sizes, steps, margins, gaps, strict=True):
        r = d * (k - 1)
        last = -(-(n + 2 * p - r - 1) // s) * s if ceil_mode else n + 2 * p - r - 1
        if not 0 <= 2 * p <= k or last < 0:
            what = f"a window of {k} with a padding of {p} does not fit into the input"
            instead = "a padding of half the kernel, or less; a kernel not larger than the input"
            raise refusal(ValueError, what, f"pooling of an input {input.shape}", instead)
        last -= s * (last >= n + p)  # no window stands on the padding alone
        pairs.append((p, max(p, last + r + 1 - n - p)))
    return sizes, steps, pairs


def _max_pool(
    input: Same, kernel_size: Size, stride: Size | None = None, padding: Size = 0,
    dilation: Size = 1, ceil_mode: bool = False,
) -> Same:  # fmt: skip
    """Return the maximum of each window; the stride is the window's size unless told.

    `ceil_mode` also takes the last windows that are not full. Where several elements are the
    maximum, they share the gradient evenly. Raises ValueError for windows on the padding alone.

    >>> max_pool1d(np.array([[1.0, 3.0, 2.0, 0.0]]), 2)
    array([[3., 2.]])
    """
    kernel, steps, ends = _cover(input, kernel_size, stride, padding, dilation, ceil_mode)
    x = _padded(input, ends, _least(input.dtype))
    y: Any = autograd.max_pool(x, kernel=kernel, stride=steps, dilation=dilation)
    return y


def _least(dtype: Any) -> float:
    if dtype.kind == "b":
        return False
    return -math.inf if dtype.kind == "f" else np.iinfo(dtype).min


def _avg_pool(
    input: Same, kernel_size: Size, stride: Size | None = None, padding: Size = 0,
    ceil_mode: bool = False, count_include_pad: bool = True, divisor_override: float | None = None,
) -> Same:  # fmt: skip
    """Return the mean of each window; zeros of the padding count, if `count_include_pad`.

    `divisor_override`, which is not 0, divides the sums instead of the number of elements. The rest
    as in `max_pool2d`.

    >>> avg_pool1d(np.array([[1.0, 3.0, 2.0, 0.0]]), 2)
    array([[2., 1.]])
    """
    what, instead = "a sum is not divided by 0", "None, for the number of elements"
    refuse(divisor_override == 0, what, f"{divisor_override=}", instead)
    kernel, steps, ends = _cover(input, kernel_size, stride, padding, 1, ceil_mode)
    total = _sums(_padded(floating(input), ends), kernel, steps)  # bytes would overflow
    if divisor_override or not any(map(any, ends)):
        return total / (divisor_override or math.prod(kernel))
    inside = around(padding, kernel)
    counted = _padded(np.ones((1, 1, *input.shape[2:]), total.dtype), inside, count_include_pad)
    excess = [(0, after - p) for (_, after), (_, p) in zip(ends, inside, strict=True)]
    return total / _sums(_padded(counted, excess), kernel, steps)


def _sums(x: Array, kernel: Sequence[int], stride: Sequence[int]) -> Array:
    """Return the sum of each window, as one of arrays: those of each place in it."""
    axes = zip(x.shape[2:], kernel, stride, strict=True)
    places = [[slice(i, n - k + i + 1, s) for i in range(k)] for n, k, s in axes]
    return functools.reduce(operator.add, (x[(..., *at)] for at in itertools.product(*places)))


def _adaptive_avg_pool(input: Same, output_size: Size | Sequence[int | None] | None) -> Same:
    """Return means over `output_size` windows along each axis, as equal as they can be.

    Window i goes from ``i n // size`` to ``(i + 1) n / size``, rounded up; None keeps an axis.
    Raises ValueError for sizes below 1, or of another number than there are axes.

    >>> adaptive_avg_pool1d(np.array([[1.0, 3.0, 2.0]]), 2)
    array([[2. , 2.5]])
    """
    return _adaptive(np.mean, input, output_size)


def _adaptive_max_pool(input: Same, output_size: Size | Sequence[int | None] | None) -> Same:
    """Return maxima over `output_size` windows along each axis, see `adaptive_avg_pool2d`.

    >>> adaptive_max_pool1d(np.array([[1.0, 3.0, 2.0]]), 1)
    array([[3.]])
    """
    return _adaptive(np.max, input, output_size)


def _adaptive(reduce: Callable[..., Array], x: Array, size: Any) -> Array:
    axes = range(2, x.ndim)
    sizes = list(size) if np.iterable(size) else [size] * len(axes)
    counts(len(axes), output_size=[1 if m is None else m for m in sizes])
    for axis, m in zip(axes, sizes, strict=True):
        n, before = x.shape[axis], (slice(None),) * axis
        if m == 1:
            x = reduce(x, axis=axis, keepdims=True)
        elif m not in (None, n):
            parts = [x[(*before, slice(i * n // m, -(-(i + 1) * n // m)))] for i in range(m)]
            x = np.stack([reduce(part, axis=axis) for part in parts], axis=axis)
    return x


max_pool1d, max_pool2d = over(1, _max_pool), over(2, _max_pool)
avg_pool1d, avg_pool2d = over(1, _avg_pool), over(2, _avg_pool)
adaptive_avg_pool1d, adaptive_avg_pool2d = over(1, _adaptive_avg_pool), over(2, _adaptive_avg_pool)
adaptive_max_pool1d, adaptive_max_pool2d = over(1, _adaptive_max_pool), over(2, _adaptive_max_pool)
