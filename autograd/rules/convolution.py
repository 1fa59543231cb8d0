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
import itertools
import math

import numpy as np

from autograd.blocks import LARGE, share
from autograd.primitive import primitive

PRODUCT = 2**18  # multiplications that OpenBLAS does in the thread that asks for them
BLOCK = 2**17  # elements of copies that stay in the cache
IMAGES = 2**15  # elements of images that stay there with all that their maximum needs
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
            if max(map(np.size, args)) < LARGE or product(*args) > PRODUCT:
                work(0, images)
            else:
                share(work, 0, images, images)

        return run

    return share_images


def spread(value, kernel):
    """Return what is said of all axes at once, or of each."""
    return [int(v) for v in np.broadcast_to(value, len(kernel))]


def counts(x, kernel, stride, dilation):
    """Return how many windows fit along each axis."""
    sizes = zip(x.shape[2:], kernel, spread(stride, kernel), spread(dilation, kernel), strict=True)
    return [(n - d * (k - 1) - 1) // s + 1 for n, k, s, d in sizes]


# ── convolution ───────────────────────────────────────────────────────────────────────────────
def patches(x, kernel, stride, dilation, groups, outputs):
    """Return a view of what the kernel sees: (N, tiles, groups, C / groups, *kernel, *tile).

    A tile is some rows of the result, so many that its product with the kernel is small, but one
    at least. `outputs` are the channels of the result.
    """
    limit = PRODUCT * groups * groups // max(1, outputs * x.shape[1] * math.prod(kernel))
    first, *others = counts(x, kernel, stride, dilation)
    fitting = [r for r in range(1, first + 1) if first % r == 0 and r * math.prod(others) <= limit]
    rows = max(fitting, default=1)
    n, c = x.shape[:2]
    x = np.asarray(x)  # refuses what stands for an array: it has no memory to look at
    image, channel, *pixel = x.strides
    moves = [s * t for s, t in zip(spread(stride, kernel), pixel, strict=True)]
    taps = [d * t for d, t in zip(spread(dilation, kernel), pixel, strict=True)]
    shape = n, first // rows, groups, c // groups, *kernel, rows, *others
    strides = image, rows * moves[0], c // groups * channel, channel, *taps, *moves
    return np.lib.stride_tricks.as_strided(x, shape, strides, writeable=False)


def as_matrices(p):
    """Copy patches into matrices (N, tiles, groups, C / groups · kernel, pixels)."""
    split = p.ndim // 2 + 2
    return p.reshape(*p.shape[:3], math.prod(p.shape[3:split]), math.prod(p.shape[split:]))


def in_tiles(y, p, groups):
    """View a result (N, O, ...) as (N, tiles, groups, O / groups, pixels)."""
    shape = (
        y.shape[0],
        groups,
        y.shape[1] // groups,
        p.shape[1],
        math.prod(p.shape[p.ndim // 2 + 2 :]),
    )
    return y.reshape(shape).transpose(0, 3, 1, 2, 4)


@by_images(2, product=lambda y, p, *_: y.shape[3] * math.prod(p.shape[3:]))
def multiply(y, p, w, bias):
    """Fill y with products of the kernel and the patches of a few images."""
    step = max(1, BLOCK // max(1, p[:1].size))
    for i in range(0, len(p), step):
        z = w @ as_matrices(p[i : i + step])
        y[i : i + step] = z if bias is None else np.add(z, bias, out=z)


@by_images(2, product=lambda parts, _, p, g: parts.shape[3] * math.prod(p.shape[3:]))
def multiply_back(parts, index, p, g):
    """Fill each part of the kernel's gradient with the sum over its share of the images."""
    size = -(-len(p) // PARTS)
    step = max(1, BLOCK // max(1, p[:1].size))
    for row, k in enumerate(index):
        stop = min((k + 1) * size, len(p))
        for i in range(k * size, stop, step):
            j = min(i + step, stop)
            parts[row] += np.sum(as_matrices(p[i:j]) @ g[i:j], axis=(0, 1))


def bind_conv(x, weight, bias=None, **options):
    return (x, weight) if bias is None else (x, weight, bias), options


def conv_(x, weight, bias=None, stride=1, dilation=1, groups=1):
    o, _, *kernel = weight.shape
    p = patches(x, kernel, stride, dilation, groups, o)
    w = weight.reshape(groups, o // groups, -1)
    dtype = np.result_type(x, weight) if bias is None else np.result_type(x, weight, bias)
    y = np.empty((len(x), o, *counts(x, kernel, stride, dilation)), dtype)
    b = None if bias is None else bias.reshape(groups, -1, 1)
    multiply(in_tiles(y, p, groups), p, w.astype(dtype, copy=False), b)
    return y


def conv_input_(g, weight, size, stride=1, dilation=1, groups=1):
    """Return the gradient of the input, of this size: what was summed goes back where it came from.

    It is the convolution of g, stretched by the stride within a border of zeros, with the kernel
    turned round.
    """
    o, c, *kernel = weight.shape
    reach = [d * (k - 1) for d, k in zip(spread(dilation, kernel), kernel, strict=True)]
    stretched = np.zeros(
        (*g.shape[:2], *[n + r for n, r in zip(size, reach, strict=True)]), g.dtype
    )
    places = zip(reach, g.shape[2:], spread(stride, kernel), strict=True)
    middle = [slice(r, r + s * n, s) for r, n, s in places]
    stretched[(slice(None), slice(None), *middle)] = g
    turned = np.flip(weight, tuple(range(2, weight.ndim)))
    turned = turned.reshape(groups, o // groups, c, *kernel).swapaxes(1, 2)
    return conv_(
        stretched, turned.reshape(groups * c, o // groups, *kernel), None, 1, dilation, groups
    )


def conv_weight_(g, x, kernel, stride=1, dilation=1, groups=1):
    """Return the gradient of the kernel, of this size: sums of products over all images."""
    o, c = g.shape[1], x.shape[1]
    p = patches(x, kernel, stride, dilation, groups, o)
    dtype = np.result_type(g, x)
    parts = np.zeros((PARTS, groups, math.prod((c // groups, *kernel)), o // groups), dtype)
    multiply_back(parts, np.arange(PARTS), p, in_tiles(g, p, groups).swapaxes(-1, -2))
    return np.sum(parts, axis=0).swapaxes(-1, -2).reshape(o, c // groups, *kernel)


def d_bias(g, y, x, weight, bias, **p):
    return np.sum(g, axis=(0, *range(2, g.ndim)))


# ── maximum pooling ───────────────────────────────────────────────────────────────────────────
def taps(x, y, kernel, stride, dilation):
    """Yield, for each place in a window, the elements of x that the windows of y have there."""
    axes = [*zip(y.shape[2:], spread(stride, kernel), spread(dilation, kernel), strict=True)]
    for place in itertools.product(*map(range, kernel)):
        starts = [k * d for k, (_, _, d) in zip(place, axes, strict=True)]
        parts = zip(starts, axes, strict=True)
        yield x[(..., *[slice(i, i + s * n, s) for i, (n, s, _) in parts])]


def maxima(x, y, kernel, stride, dilation):
    """Return which elements of x are the maximum of each window, by place, and how many are."""
    chosen = [part == y for part in taps(x, y, kernel, stride, dilation)]
    return chosen, np.maximum(sum(c.astype(np.int32) for c in chosen), 1)


def few(*arrays):
    """Yield the parts of these arrays by as many images as stay in the cache, at least one."""
    step = max(1, IMAGES // max(1, math.prod(arrays[0].shape[1:])))
    for i in range(0, len(arrays[0]), step):
        yield [a[i : i + step] for a in arrays]


@by_images(2)
def fill_maximum(y, x, *sizes):
    for part_x, part_y in few(x, y):
        first, *others = taps(part_x, part_y, *sizes)
        part_y[...] = first
        for other in others:
            np.maximum(part_y, other, out=part_y)


@by_images(4)
def fill_spread(gx, x, y, g, *sizes):
    for part_x, part_y, part_g, part_gx in few(x, y, g, gx):
        chosen, count = maxima(part_x, part_y, *sizes)
        share = part_g / count.astype(g.dtype)
        for c, place in zip(chosen, taps(part_gx, part_y, *sizes), strict=True):
            np.add(place, np.where(c, share, 0), out=place)


def max_pool_(x, kernel, stride=1, dilation=1):
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
    chosen, count = maxima(x, y, kernel, stride, dilation)
    parts = zip(chosen, taps(h, y, kernel, stride, dilation), strict=True)
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
