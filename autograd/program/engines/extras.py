"""What the array API standard lacks, written with the functions that it has.

Each takes the namespace `xp` first. A program that needs one prints it before itself; an engine
that has a faster function of its own uses that in its place (`autograd.program.engines.engines`).
"""


# ── of each element ───────────────────────────────────────────────────────────────────────────
def detached(xp, x):
    """Return x, which an engine that differentiates takes for a constant."""
    return xp.asarray(x)


def sigmoid(xp, x):
    """Return 1 / (1 + exp(-x)); exp never overflows."""
    small = xp.exp(-xp.abs(x))
    return xp.where(x >= 0, 1.0, small) / (1.0 + small)


def over(xp, g, d):
    """Return g / d; and 0 where g is 0 although d is 0 or nan."""
    return g / xp.where((g == 0) & ((d == 0) | (d != d)), 1.0, d)


def quotient(xp, a, b):
    """Return a // b of integers; and 0 where b is 0."""
    return xp.where(b == 0, 0, a // xp.where(b == 0, 1, b))


def rest(xp, a, b):
    """Return a % b of integers; and 0 where b is 0."""
    return xp.where(b == 0, 0, a % xp.where(b == 0, 1, b))


def cbrt(xp, x):
    """Return the real cube root."""
    return xp.sign(x) * xp.abs(x) ** (1 / 3)


def sinc(xp, x):
    """Return sin(πx) / (πx), and 1 at 0."""
    z = 3.141592653589793 * xp.where(x == 0, 1.0, x)
    return xp.where(x == 0, 1.0, xp.sin(z) / z)


def fmax(xp, a, b):
    """Return the larger of two; the other one if one is nan."""
    return xp.where(a != a, b, xp.where(b != b, a, xp.maximum(a, b)))


def fmin(xp, a, b):
    """Return the smaller of two; the other one if one is nan."""
    return xp.where(a != a, b, xp.where(b != b, a, xp.minimum(a, b)))


def erf(xp, x):
    """Return the error function by a series whose terms are all of one sign.

    2/√π exp(-x²) Σ 2ⁿ x²ⁿ⁺¹ / (1·3·…·(2n+1)): Abramowitz and Stegun, formula 7.1.6. From 6 on the
    result is ±1 in float64, to the last bit: 1 + erf(x) is multiplied by huge numbers.
    """
    z = xp.clip(x, -6.0, 6.0)
    term = total = z
    for n in range(1, 128):
        term = term * z * z * (2 / (2 * n + 1))
        total = total + term
    return xp.where(xp.abs(x) < 6.0, total * xp.exp(-z * z) * 1.1283791670955126, xp.sign(x))


# ── reductions and products ───────────────────────────────────────────────────────────────────
def norm(xp, x, ord, axis, keepdims):
    """Return the norm of vectors along an axis, or Frobenius' where ord is None."""
    size = xp.abs(x)
    if ord == 0:
        return xp.sum(xp.astype(size != 0, size.dtype), axis=axis, keepdims=keepdims)
    if ord is None or ord == 2:
        return xp.sqrt(xp.sum(size * size, axis=axis, keepdims=keepdims))
    if ord == float("inf"):
        return xp.max(size, axis=axis, keepdims=keepdims)
    if ord == -float("inf"):
        return xp.min(size, axis=axis, keepdims=keepdims)
    return xp.sum(size**ord, axis=axis, keepdims=keepdims) ** (1 / ord)


def matrix_norm(xp, x, ord, axis, keepdims):
    """Return the norm of the matrices that two axes hold."""
    rest = [i for i in range(x.ndim) if i not in (axis[0] % x.ndim, axis[1] % x.ndim)]
    x = xp.permute_dims(x, (*rest, axis[0] % x.ndim, axis[1] % x.ndim))
    y = xp.linalg.matrix_norm(x, ord=ord)
    for i in sorted(i % (y.ndim + 2) for i in axis) if keepdims else ():
        y = xp.expand_dims(y, axis=i)
    return y


def einsum(xp, subscripts, *xs):
    """Multiply over the grid of all letters, and sum over those that the output lacks."""
    inputs, output = subscripts.split("->")
    letters = output + "".join(sorted(set(inputs) - set(output) - {","}))
    terms = zip(inputs.split(","), xs, strict=True)
    product, *factors = (on_grid(xp, x, term, letters) for term, x in terms)
    for factor in factors:
        product = product * factor
    summed = tuple(range(len(output), len(letters)))
    return xp.sum(product, axis=summed, dtype=product.dtype) if summed else product


def on_grid(xp, x, term, letters):
    """Return x with one axis for each letter; the diagonal, where its term has a letter twice."""
    while twice := next((c for c in term if term.count(c) > 1), ""):
        i, j = term.index(twice), term.rindex(twice)
        rest = [k for k in range(len(term)) if k not in (i, j)]
        x = xp.permute_dims(x, (*rest, i, j))
        x = xp.reshape(x, (*x.shape[:-2], x.shape[-1] ** 2))[..., :: x.shape[-1] + 1]
        term = "".join(term[k] for k in rest) + twice
    x = xp.permute_dims(x, tuple(sorted(range(x.ndim), key=lambda k: letters.index(term[k]))))
    sizes = iter(x.shape)
    return xp.reshape(x, tuple(next(sizes) if c in term else 1 for c in letters))


# ── matrices: several results are laid end to end ─────────────────────────────────────────────
def pack(xp, depth, *parts):
    """Lay the axes of each part behind the first `depth` end to end, in the widest dtype."""
    wide = xp.result_type(*parts)
    flat = [xp.reshape(xp.astype(p, wide), (*p.shape[:depth], -1)) for p in parts]
    return xp.concat(flat, axis=-1)


def linalg(xp, name, *args):
    """Call a function of the extension for linear algebra."""
    return getattr(xp.linalg, name)(*args)


def mirrored(xp, a, upper):
    """Return the Hermitian matrices of one triangle, as NumPy reads them; some engines read both.

    The halves share the derivative of what is Hermitian already.
    """
    one, other = xp.ones_like(a), adjoint(xp, a)
    read = (xp.triu(one) if upper else xp.tril(one)) == 1
    whole = xp.where(read | (a == other), a, other)
    return (whole + adjoint(xp, whole)) / 2


def adjoint(xp, a):
    return xp.matrix_transpose(xp.conj(a) if xp.isdtype(a.dtype, "complex floating") else a)


def cholesky(xp, a, upper):
    return xp.linalg.cholesky(mirrored(xp, a, upper), upper=upper)


def eigh(xp, a, upper):
    return pack(xp, a.ndim - 2, *xp.linalg.eigh(mirrored(xp, a, upper)))


def eigvalsh(xp, a, upper):
    return xp.linalg.eigvalsh(mirrored(xp, a, upper))


def pinv(xp, a, rtol, hermitian):
    return xp.linalg.pinv(mirrored(xp, a, False) if hermitian else a, rtol=rtol)


def eig(xp, a):
    w, v = xp.linalg.eig(a)
    return pack(xp, a.ndim - 2, w + 0j, v)


def svd(xp, a, full_matrices):
    return pack(xp, a.ndim - 2, *xp.linalg.svd(a, full_matrices=full_matrices))


def qr(xp, a, mode):
    return pack(xp, a.ndim - 2, *xp.linalg.qr(a, mode=mode))


def slogdet(xp, a):
    sign, logabsdet = xp.linalg.slogdet(a)
    logabsdet = xp.astype(xp.asarray(logabsdet), sign.dtype)  # NumPy 2.0 casts no number
    return xp.stack((sign, logabsdet), axis=-1)


def lstsq(xp, a, b, rtol):
    x = xp.linalg.pinv(a, rtol=rtol) @ b
    if a.shape[0] <= a.shape[1]:
        return pack(xp, 0, x)
    size = xp.abs(b - a @ x)
    return pack(xp, 0, x, xp.reshape(xp.sum(size * size, axis=0), (-1,)))


def others(xp, x):
    """Return for each element the product of the others along the last axis."""
    one = xp.ones_like(x[..., :1])
    left = xp.cumulative_prod(xp.concat((one, x[..., :-1]), axis=-1), axis=-1)
    right = xp.cumulative_prod(xp.concat((one, xp.flip(x[..., 1:], axis=-1)), axis=-1), axis=-1)
    return left * xp.flip(right, axis=-1)


def dual_svd(xp, a):
    """Return the conjugates of u and vh, s, det(u vh), and the identity, in the dtype of s."""
    u, s, vh = xp.linalg.svd(a)
    sign = (xp.linalg.det(u) * xp.linalg.det(vh))[..., None, None]
    one = xp.tril(xp.triu(xp.ones_like(xp.abs(u))))
    if xp.isdtype(u.dtype, "complex floating"):
        u, vh = xp.conj(u), xp.conj(vh)
    return u, s, vh, sign, one


def cofactors(xp, a):
    """Return the derivative of the determinant, of singular matrices too.

    With a = u s v, it is that of u times that of s times that of v: products of singular values.
    """
    det = xp.linalg.det(a)[..., None, None]
    one = xp.tril(xp.triu(xp.ones_like(a)))
    u, s, vh, sign, _ = dual_svd(xp, xp.where(det == 0, a, one))
    singular = sign * (u * others(xp, s)[..., None, :]) @ vh
    regular = det * xp.matrix_transpose(xp.linalg.inv(xp.where(det == 0, one, a)))
    return xp.where(det == 0, singular, regular)


def second_cofactors(xp, h, a):
    """Return the derivative of ``sum(h * cofactors(a))``, of singular matrices too."""
    u, s, vh, sign, one = dual_svd(xp, a)
    pairs = others(xp, xp.where(one == 1, one, s[..., None, :])) * (1 - one)
    h = xp.matrix_transpose(u) @ h @ xp.matrix_transpose(vh)
    parts = xp.astype(pairs, h.dtype) @ xp.linalg.diagonal(h)[..., None]
    return sign * (u @ (one * parts - pairs * xp.matrix_transpose(h)) @ vh)


# ── elements by their places ──────────────────────────────────────────────────────────────────
def rearrange(xp, places, *xs):
    """Return, in the shape of `places`, the elements there of arrays laid end to end."""
    flat = [xp.reshape(x, (-1,)) for x in xs]
    line = flat[0] if len(flat) == 1 else xp.concat(flat)
    return xp.reshape(xp.take(line, xp.reshape(places, (-1,)), axis=0), places.shape)


def wrap(xp, index, n):
    """Count negative indices from the end."""
    return xp.where(index < 0, index + n, index)


def add_at(xp, values, places, line):
    """Return zeros like the line 0, 1, 2 …, with values added at these places."""
    here = line[:, None] == xp.reshape(places, (1, -1))
    return xp.sum(xp.where(here, xp.reshape(values, (1, -1)), 0), axis=1, dtype=values.dtype)


def replace_at(xp, x, v, places, line):
    """Return x with its elements at these places replaced by v; the last one counts.

    Sorting tells in time n log n which element of v comes to each place of the line 0, 1, 2 ….
    """
    v = xp.broadcast_to(v, places.shape)
    places = xp.reshape(places, (-1,))
    order = xp.argsort(places, stable=True)
    places = xp.take(places, order, axis=0)
    last = xp.searchsorted(places, line, side="right") - 1
    last = xp.where(last < 0, 0, last)
    new = line.shape[0] + xp.take(order, last, axis=0)
    source = xp.where(xp.take(places, last, axis=0) == line, new, line)
    return rearrange(xp, xp.reshape(source, x.shape), x, v)


# ── losses ────────────────────────────────────────────────────────────────────────────────────
def softmax_cross_entropy(xp, x, target, classes):
    """Return ln Σ exp(x) - x[target] for each row of x; nan where the target is no class."""
    mine = target[:, None] == classes
    picked = xp.sum(xp.where(mine, x, 0.0), axis=-1)
    top = xp.max(x, axis=-1)
    loss = xp.log(xp.sum(xp.exp(x - top[:, None]), axis=-1)) + (top - picked)
    return xp.where(xp.any(mine, axis=-1), loss, float("nan"))


def d_cross_entropy(xp, x, target, g, classes):
    """Return g * (softmax(x) - onehot(target))."""
    e = xp.exp(x - xp.max(x, axis=-1, keepdims=True))
    p = e / xp.sum(e, axis=-1, keepdims=True)
    return g[..., None] * xp.where(target[:, None] == classes, p - 1.0, p)
