"""Convolution and maximum pooling over any number of axes: (N, C, L), (N, C, H, W), ...

A convolution (what networks call so: the correlation) is linear in the input and in the kernel, so
the derivatives of the three operations here are the three operations again: `conv`, `conv_input`,
which sends a result back to the input, and `conv_weight`, which sends it back to the kernel. The
copies of the input that a product of matrices needs are made for a few images at a time, and the
products have the size for which BLAS is fastest, so all of it stays in the cache (Chellapilla,
Puri and Simard, "High performance convolutional neural networks for document processing", 2006,
is the origin of the copies).
"""

import functools
import math

import numpy as np

from autograd.base.blocks import LARGE, share
from autograd.primitive import primitive
from autograd.rules.elementwise import masked_

PRODUCT = 2**18  # multiplications that OpenBLAS does in the thread that asks for them
BLOCK = 2**21  # bytes of copies that stay in the cache
SENT = 2**20  # elements of products that are sent back at a time: many short sums each
HIGH, WIDE = 16, 64  # channels and pixels of a product, at least
SEEN = 2**20  # elements in windows whose maxima are found at a time
PARTS = 8  # of a sum over images, whose order must not depend on the number of threads


def by_images(count, product=lambda *_: 0):
    """Let threads share ``f(y, ...)``, which fills y; the first `count` arguments are by image.

    But not where BLAS would use threads of its own, for a `product` so large: theirs would wait
    for ours.
    """

    def share_images(f):
        @functools.wraps(f)
        def run(*args):
            def work(i, j):
                f(*[a[i:j] for a in args[:count]], *args[count:])

            images = len(args[0])
            if not images or max(map(np.size, args)) < LARGE or product(*args) > PRODUCT:
                work(0, images)
            else:
                share(work, 0, images, images)

        return run

    return share_images


def per_axis(value, kernel):
    """Return what is said of all axes at once, or of each."""
    given = [int(v) for v in (value if np.iterable(value) else [value])]
    return given * len(kernel) if len(given) == 1 else given


def counts(x, kernel, stride, dilation):
    """Return how many windows fit along each axis."""
    steps, apart = per_axis(stride, kernel), per_axis(dilation, kernel)
    sizes = zip(x.shape[2:], kernel, steps, apart, strict=True)
    return [(n - d * (k - 1) - 1) // s + 1 for n, k, s, d in sizes]


def windows(x, kernel, stride, dilation):
    """View what each window sees, place by place: (N, C, *kernel, *windows)."""
    x = np.asarray(x)  # refuses what stands for an array: it has no memory to look at
    image, channel, *pixel = x.strides
    moves = [s * t for s, t in zip(per_axis(stride, kernel), pixel, strict=True)]
    taps = [d * t for d, t in zip(per_axis(dilation, kernel), pixel, strict=True)]
    shape = *x.shape[:2], *kernel, *counts(x, kernel, stride, dilation)
    return np.lib.stride_tricks.as_strided(x, shape, (image, channel, *taps, *moves))


# ── convolution ───────────────────────────────────────────────────────────────────────────────
def part(n, product, least):
    """Return the largest divisor of n of which so many multiplications each are a small product.

    Where it would be less than `least`, BLAS does better with all of n, in threads of its own.
    """
    divisors = [d for d in range(1, n + 1) if n % d == 0 and d * product <= PRODUCT]
    return divisors[-1] if divisors and divisors[-1] >= min(n, least) else n


def cut(kernel, channels, lines, pixels, each):
    """Return how many channels and lines of pixels are in a product that BLAS is fast at.

    Each pixel of a channel takes `each` multiplications. All are in one where small products would
    be too narrow, and for a kernel of one place, which needs no copies that threads could share.
    """
    if math.prod(kernel) > 1:
        rows = part(lines, min(channels, HIGH) * pixels * each, -(-WIDE // max(1, pixels)))
        some = part(channels, rows * pixels * each, HIGH)
        if some * rows * pixels * each <= PRODUCT:
            return some, rows
    return channels, lines


def patches(x, kernel, stride, dilation, groups, rows=None):
    """View the windows as (N, tiles, groups, C / groups, *kernel, *tile).

    A tile is so many rows of the result, all if not told.
    """
    seen, split = windows(x, kernel, stride, dilation), 2 + len(kernel)
    (n, c), (first, *others) = seen.shape[:2], seen.shape[split:]
    rows = rows or first
    shape = n, groups, c // groups, *kernel, first // rows, rows, *others
    return np.moveaxis(seen.reshape(shape), split + 1, 1)


def as_matrices(p):
    """Copy patches into matrices (N, tiles, groups, C / groups · kernel, pixels)."""
    split = p.ndim // 2 + 2
    return p.reshape(*p.shape[:3], math.prod(p.shape[3:split]), math.prod(p.shape[split:]))


@by_images(2, product=lambda y, p, *_: y.shape[4] * math.prod(p.shape[3:]))
def multiply(y, p, w, bias):
    """Fill y, (N, tiles, groups, parts, O / groups / parts, pixels): kernel times patches."""
    step = max(1, BLOCK // max(1, p[:1].nbytes))
    for i in range(0, len(p), step):
        z = w @ as_matrices(p[i : i + step])[:, :, :, None]
        y[i : i + step] = z if bias is None else np.add(z, bias, out=z)


@by_images(2, product=lambda parts, _, p, g: parts.shape[3] * math.prod(g.shape[4:]))
def multiply_back(parts, index, p, g):
    """Fill each part of the kernel's gradient with the sum over its share of the images."""
    size = -(-len(p) // PARTS)
    step = max(1, BLOCK // max(1, p[:1].nbytes))
    for row, k in enumerate(index):
        stop = min((k + 1) * size, len(p))
        for i in range(k * size, stop, step):
            j = min(i + step, stop)
            seen = as_matrices(p[i:j])[:, 0]
            tiles = seen.reshape(len(seen), *parts.shape[1:4], g.shape[1], -1)
            parts[row] += np.sum(tiles.transpose(0, 4, 1, 2, 3, 5) @ g[i:j], axis=(0, 1))


@by_images(2, product=lambda _, g, w, k, lines, rows: w[0, 0].size * rows * math.prod(lines[1:]))
def send_back(seen, g, w, kernel, lines, rows):
    """Add what the kernel makes of each pixel of g to what its window sees: (N, C, *kernel, ...).

    With more pixels in `lines` than g has, those are 0, and lines lie end to end in `seen`. So many
    rows of them are in a product.
    """
    step = max(1, min(len(g), SENT // max(1, w[..., 0].size * math.prod(lines))))
    wide = np.zeros((step, *g.shape[1:2], *lines), w.dtype)
    given = wide[(slice(None), slice(None), *map(slice, g.shape[2:]))]
    split = lines[0] // rows, rows * math.prod(lines[1:])
    z = np.empty((step, *w.shape[:3], *split), w.dtype)
    tiles = (0, 4, 1, 2, 3, 5)
    pieces = wide.reshape(step, len(w), 1, w.shape[-1], *split).transpose(tiles)
    into = z.transpose(tiles)
    pixels = lines if seen.ndim == 2 + 2 * len(kernel) else [-1]
    made = z.reshape(step, seen.shape[1], *kernel, *pixels)[..., : seen.shape[-1]]
    for i in range(0, len(g), step):
        n = min(step, len(g) - i)
        given[:n] = g[i : i + n]
        np.matmul(w, pieces[:n], out=into[:n])
        here = seen[i : i + n]
        for place in np.ndindex(*kernel):
            np.add(here[:, :, *place], made[:n, :, *place], out=here[:, :, *place])


def bind_conv(x, weight, bias=None, **options):
    return (x, weight) if bias is None else (x, weight, bias), options


def conv_(x, weight, bias=None, stride=1, dilation=1, groups=1):
    """Convolve (N, C, ...) with a kernel (O, C / groups, ...): `nn.functional.conv2d`, unpadded."""
    o, _, *kernel = weight.shape
    w = weight.reshape(groups, o // groups, -1)
    dtype = np.result_type(x, weight) if bias is None else np.result_type(x, weight, bias)
    y = np.empty((len(x), o, *counts(x, kernel, stride, dilation)), dtype)
    pixels = math.prod(y.shape[3:])  # in a line
    some, rows = cut(kernel, o // groups, y.shape[2], pixels, w.shape[-1])
    p = patches(x, kernel, stride, dilation, groups, rows)
    b = None if bias is None else bias.reshape(groups, -1, some, 1)
    split = o // groups // some, some, p.shape[1], rows * pixels
    tiles = y.reshape(len(y), groups, *split)
    w = w.reshape(groups, -1, some, w.shape[-1]).astype(dtype, copy=False)
    multiply(tiles.transpose(0, 4, 1, 2, 3, 5), p, w, b)
    return y


def conv_input_(g, weight, size, stride=1, dilation=1, groups=1):
    """Return the gradient of the input, of this size: what was summed goes back where it came from.

    With stride 1, windows stand side by side, so the lines of the input can lie end to end: a few
    long sums are faster than many short ones. Where windows would cross the end of a line, g is 0.
    """
    o, c, *kernel = weight.shape
    axes, lines = len(kernel), g.shape[2:]
    gx = np.zeros((len(g), groups * c, *size), np.result_type(g, weight))
    seen = windows(gx, kernel, stride, dilation)
    if set(per_axis(stride, kernel)) == {1}:
        lines = g.shape[2], *size[1:]
        last = sum((n - 1) * step for n, step in zip(g.shape[2:], gx.strides[2:], strict=True))
        shape, strides = seen.shape[:-axes], seen.strides[:-axes]
        seen = np.lib.stride_tricks.as_strided(
            gx, (*shape, last // gx.itemsize + 1), (*strides, gx.itemsize)
        )
    w = weight.reshape(groups, o // groups, -1).swapaxes(-1, -2).astype(gx.dtype)
    some, rows = cut(kernel, w.shape[1], lines[0], math.prod(lines[1:]), o // groups)
    send_back(seen, g, w.reshape(groups, -1, some, o // groups), kernel, lines, rows)
    return gx


def conv_weight_(g, x, kernel, stride=1, dilation=1, groups=1):
    """Return the gradient of the kernel, of this size: sums of products over all images."""
    o, c = g.shape[1] // groups, x.shape[1] // groups
    seen = c * math.prod(kernel)
    pixels = math.prod(g.shape[3:])  # in a line
    some, rows = cut(kernel, seen, g.shape[2], pixels, o)
    parts = np.zeros((PARTS, groups, seen // some, some, o), np.result_type(g, x))
    tiles = g.reshape(len(g), groups, 1, o, g.shape[2] // rows, rows * pixels)
    p = patches(x, kernel, stride, dilation, groups)
    multiply_back(parts, np.arange(PARTS), p, tiles.transpose(0, 4, 1, 2, 5, 3))
    total = np.sum(parts, axis=0).reshape(groups, seen, o)
    return total.swapaxes(-1, -2).reshape(groups * o, c, *kernel)


def d_bias(g, y, x, weight, bias, **p):
    return np.sum(g, axis=(0, *range(2, g.ndim)))


# ── maximum pooling ───────────────────────────────────────────────────────────────────────────
def by_place(x, kernel, *sizes):
    """View what the windows see, one place in them after the other: each (N, C, *windows)."""
    seen = windows(x, kernel, *sizes)
    return [seen[:, :, *place] for place in np.ndindex(*kernel)]


def maxima(seen, y):
    """Return where each place in the windows holds their maximum, and how many places do so."""
    chosen = [x == y for x in seen]
    if np.isnan(y).any():
        chosen = [c | np.isnan(x) for c, x in zip(chosen, seen, strict=True)]
    count = chosen[0].astype(np.uint8 if len(seen) < 256 else np.int32)
    for c in chosen[1:]:
        count += c.view(np.uint8)
    return chosen, np.maximum(count, 1)


def few(kernel, y, *others):
    """Yield the parts of arrays by as many images as have windows that stay in the cache."""
    step = max(1, SEEN // max(1, math.prod((*kernel, *y.shape[1:]))))
    for i in range(0, len(y), step):
        yield [a[i : i + step] for a in (y, *others)]


@by_images(2)
def fill_maximum(y, x, kernel, *sizes):
    for part_y, part_x in few(kernel, y, x):
        first, *others = by_place(part_x, kernel, *sizes)
        part_y[...] = first
        for seen in others:
            np.maximum(part_y, seen, out=part_y)


@by_images(4)
def fill_spread(gx, x, y, g, kernel, stride, dilation):
    steps, apart = per_axis(stride, kernel), per_axis(dilation, kernel)
    disjoint = all(d * (k - 1) < s for k, s, d in zip(kernel, steps, apart, strict=True))
    for part_y, part_x, part_g, part_gx in few(kernel, y, x, g, gx):
        chosen, count = maxima(by_place(part_x, kernel, stride, dilation), part_y)
        sent = part_g / count.astype(g.dtype)
        for here, c in zip(by_place(part_gx, kernel, stride, dilation), chosen, strict=True):
            each = masked_(sent, c)
            here[...] = each if disjoint else here + each


def max_pool_(x, kernel, stride=1, dilation=1):
    """Return the maximum of each window of (N, C, ...): `nn.functional.max_pool2d`, unpadded."""
    y = np.empty((*x.shape[:2], *counts(x, kernel, stride, dilation)), x.dtype)
    fill_maximum(y, x, kernel, stride, dilation)
    return y


def pool_spread_(g, x, y, kernel, stride=1, dilation=1):
    """Send what arrives at each window to its maximum; several share it evenly."""
    gx = np.zeros(x.shape, g.dtype)
    fill_spread(gx, x, y, g, kernel, stride, dilation)
    return gx


def pool_select_(h, x, y, kernel, stride=1, dilation=1):
    """Return what h has where x has the maximum of each window: the mean, if there are several."""
    chosen, count = maxima(by_place(x, kernel, stride, dilation), y)
    parts = zip(chosen, by_place(h, kernel, stride, dilation), strict=True)
    return sum(np.where(c, part, 0) for c, part in parts) / count.astype(h.dtype)


# fmt: off
# ── a triangle of linear operations: the derivatives of each are the two others ───────────────
conv = primitive(
    conv_,
    lambda g, y, x, w, b=None, **p: conv_input(g, w, size=x.shape[2:], **p),
    lambda g, y, x, w, b=None, **p: conv_weight(g, x, kernel=w.shape[2:], **p),
    d_bias, name="conv", bind=bind_conv, code="conv({*})", tex=r"\operatorname{{conv}}\left({*}\right)",
)
conv_input = primitive(
    conv_input_,
    lambda h, y, g, w, size, **p: conv(h, w, **p),
    lambda h, y, g, w, size, **p: conv_weight(g, h, kernel=w.shape[2:], **p),
    name="conv_input", code="conv_input({*})", symbol="convᵀ",
)
conv_weight = primitive(
    conv_weight_,
    lambda h, y, g, x, kernel, **p: conv(x, h, **p),
    lambda h, y, g, x, kernel, **p: conv_input(g, h, size=x.shape[2:], **p),
    name="conv_weight", code="conv_weight({*})", symbol="convᵀ",
)

# ── and a pair: where the maximum stands is constant ──────────────────────────────────────────
max_pool    = primitive(max_pool_,    lambda g, y, x, **p: pool_spread(g, x, y, **p),                   name="max_pool",    code="max_pool({0})", symbol="max")
pool_spread = primitive(pool_spread_, lambda h, _, g, x, y, **p: pool_select(h, x, y, **p), None, None, name="pool_spread", code="pool_spread({*})", symbol="maxᵀ")
pool_select = primitive(pool_select_, lambda g, _, h, x, y, **p: pool_spread(g, x, y, **p), None, None, name="pool_select", code="pool_select({*})", symbol="max")
# fmt: on
