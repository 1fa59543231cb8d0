"""Functions that NumPy lacks and neural networks need, each as stable NumPy with its derivative.

They are one operation each for accuracy and speed; their bodies are plain NumPy, which the tests
compare and the printers can expand. They work on arrays and on Tensors alike.
"""

import functools
import math
from typing import Any, TypeVar

import numpy as np

from autograd.base.blocks import SLOW, rowwise
from autograd.base.errors import refusal
from autograd.primitive import primitive
from autograd.rules.elementwise import masked, over
from autograd.rules.reduce import expand
from autograd.rules.shape import as_rows

SQRT_HALF, SQRT_2PI, SQRT_PI = math.sqrt(0.5), math.sqrt(2 * math.pi), math.sqrt(math.pi)
SQRT_2_OVER_PI, CUBIC = math.sqrt(2 / math.pi), 0.044715
STRIP = 2**15  # zeros that stay in the cache
Same = TypeVar("Same", bound=Any)  # a Tensor or an array


def sigmoid_(x):
    """Return 1 / (1 + exp(-x)), the logistic function."""
    with np.errstate(over="ignore"):  # where exp(-x) is inf, the result is rightly 0
        return 1 / (1 + np.exp(0.0 - x))  # not of -x, which of unsigned integers wraps


def relu_(x):
    """Return max(x, 0); the derivative at 0 is 0."""
    return np.maximum(x, 0)


@functools.wraps(relu_)  # which is printed
def rectified(x):
    return rectify(x, np.empty_like(x)) if vectorises(x) else np.maximum(x, 0)


def vectorises(x):
    return type(x) is np.ndarray and x.size >= 512 and x.dtype.kind == "f" and x.flags.c_contiguous


def rectify(x, out):
    """Write max(x, 0) into an array, strip by strip, and return it.

    With zeros instead of 0, NumPy's loop is vectorised: four times as fast while they are cached.
    """
    if not (vectorises(x) and out.flags.c_contiguous):
        return np.maximum(x, 0, out=out)
    zeros, given, made = zeros_of(x.dtype), x.reshape(-1), out.reshape(-1)
    for i in range(0, x.size, STRIP):
        part = given[i : i + STRIP]
        np.maximum(part, zeros[: part.size], out=made[i : i + STRIP])
    return out


@functools.cache
def zeros_of(dtype):
    return np.zeros(STRIP, dtype)


def softplus_(x):
    """Return ln(1 + exp(x)), finite where exp(x) overflows."""
    return np.maximum(x, 0) + np.log1p(np.exp(-np.fabs(x)))  # fabs, which refuses complex x


def erf_(x):
    """Return the error function; SciPy's where it is installed, else the C library's."""
    return _erf()(x)


@functools.cache
def _erf():
    try:
        from scipy.special import erf  # noqa: PLC0415  # an optional library, imported when used
    except ImportError:
        each = np.frompyfunc(math.erf, 1, 1)
        return lambda x: np.asarray(each(x), np.result_type(x, 0.0))[()]
    return erf


def silu_(x):
    """Return x / (1 + exp(-x)), which others call swish."""
    return x * sigmoid(x)


def d_silu(g, y, x):
    s = sigmoid(x)
    return g * (s + y * (1 - s))


def bell(x):
    """Return exp(-x²); where that is 0 anyway, x² must not overflow."""
    return np.exp(-np.square(np.clip(x, -40, 40)))


def gelu_(x):
    return x * (0.5 * (1 + erf(x * SQRT_HALF)))


def d_gelu(g, y, x):
    z = x * SQRT_HALF
    return g * (0.5 * (1 + erf(z)) + x * bell(z) / SQRT_2PI)


def gelu_on_paper(g, y, x):
    return g * (0.5 * (1 + erf(x * SQRT_HALF)) + x * np.exp(-np.square(x) / 2) / SQRT_2PI)


def tanh_of_cubic(x):
    """Return the tanh in the paper's approximation, and the slope of its argument."""
    x = np.clip(x, -20, 20)  # beyond, it is 1 to the last digit
    slope = SQRT_2_OVER_PI * (1 + 3 * CUBIC * x * x)
    return np.tanh(SQRT_2_OVER_PI * (x + CUBIC * x * x * x)), slope


def gelu_tanh_(x):
    return 0.5 * x * (1 + tanh_of_cubic(x)[0])


def d_gelu_tanh(g, y, x):
    t, slope = tanh_of_cubic(x)
    return g * (0.5 * (1 + t) + 0.5 * x * (1 - t * t) * slope)


def by_rows(f):
    """Run f over the last axis in cache-sized groups of rows; over any other axis at once."""
    rows = rowwise(functools.partial(f, axis=-1))

    @functools.wraps(f)
    def run(x, axis=-1):
        last = isinstance(x, np.ndarray) and axis in (-1, x.ndim - 1)
        return rows(x) if last else f(x, axis)

    return run


def largest(x, axis):
    """Return the maximum, or 0 where there is none or it is infinite: what to subtract before exp."""
    if x.size == 0:
        return 0.0
    top = np.max(x, axis=axis, keepdims=True)
    return np.where(np.isfinite(top), top, 0.0)  # a float, or x minus it would wrap if unsigned


@by_rows
def softmax_(x, axis=-1):
    """Return exp(x) / Σ exp(x) along an axis, by default the last one."""
    e = np.exp(x - largest(x, axis))
    return e / np.sum(e, axis=axis, keepdims=True)


@by_rows
def log_softmax_(x, axis=-1):
    """Return x - ln Σ exp(x) along an axis, by default the last one: ln(softmax(x)), finite."""
    x = x - largest(x, axis)
    with np.errstate(divide="ignore"):
        return x - np.log(np.sum(np.exp(x), axis=axis, keepdims=True))


def logsumexp_(x, axis=None, keepdims=False):
    """Return ln Σ exp(x) along an axis, or over all of them, also where exp(x) overflows."""
    top = largest(np.real(x) if x.dtype.kind == "c" else x, axis)  # angles stay what they are
    with np.errstate(divide="ignore"):  # log(0) = -inf is the answer where nothing is left
        y = np.log(np.sum(np.exp(x - top), axis=axis, keepdims=True)) + top
    return y if keepdims else np.squeeze(y, axis=axis)


def d_logsumexp(g, y, x, axis=None, keepdims=False):
    g, y = expand(g, x, axis, keepdims), expand(y, x, axis, keepdims)
    part = np.exp(x - np.where(np.isfinite(y), y, 0))
    return over(g * part, np.sum(part, axis=axis, keepdims=True))  # y was rounded: norm anew


def logsumexp_on_paper(g, y, x, axis=None, keepdims=False):
    return expand(g, x, axis, keepdims) * np.exp(x - expand(y, x, axis, keepdims))


def linear_(x, weight, bias=None):
    """Return ``x Wᵀ + b`` of x (..., in), the weight (out, in) and the bias (out,)."""
    if weight.ndim != 2:
        raise ValueError(f"a weight of shape {weight.shape}")
    if x.ndim > 2:  # one product, where NumPy would make one for each matrix of a stack
        y = linear_(as_rows(x), weight, bias)
        return np.reshape(y, (*x.shape[:-1], weight.shape[0]))
    y = x @ weight.T
    if bias is None:
        return y
    return np.add(y, bias, out=y) if y.dtype == bias.dtype and y.ndim else y + bias


def d_linear_weight(g, y, x, weight, bias=None):
    if x.ndim != 2:
        g, x = as_rows(g), as_rows(x)
    return g.T @ x


# fmt: off
# ── of each element ───────────────────────────────────────────────────────────────────────────
sigmoid     = primitive(sigmoid_,                   lambda g, y, x: g * y * (1 - y),             name="sigmoid",   elementwise=True, tex=r"\sigma\left({0}\right)",                symbol="σ")
relu        = primitive(rectified,                  lambda g, y, x: masked(g, y > 0),            name="relu",      elementwise=True, tex=r"\operatorname{{ReLU}}\left({0}\right)", symbol="ReLU", paper=(lambda g, y, x: masked(g, x > 0),))
softplus    = primitive(softplus_,                  lambda g, y, x: g * sigmoid(x),              name="softplus",  elementwise=True, tex=r"\ln\left(1 + e^{{{0}}}\right)")
silu        = primitive(silu_,                      d_silu,                                      name="silu",      elementwise=True, tex=r"\operatorname{{SiLU}}\left({0}\right)", symbol="SiLU")
erf         = primitive(erf_,                       lambda g, y, x: g * bell(x) * (2 / SQRT_PI), name="erf",       elementwise=True, large=SLOW, tex=r"\operatorname{{erf}}\left({0}\right)", paper=(lambda g, y, x: g * np.exp(-np.square(x)) * (2 / SQRT_PI),))
gelu_exact  = primitive(gelu_,                      d_gelu,                                      name="gelu",      elementwise=True, large=SLOW, tex=r"\operatorname{{GELU}}\left({0}\right)", symbol="GELU", paper=(gelu_on_paper,))
gelu_tanh   = primitive(gelu_tanh_,                 d_gelu_tanh,                                 name="gelu_tanh", elementwise=True, tex=r"\operatorname{{GELU}}\left({0}\right)", symbol="GELU")

# ── along an axis ─────────────────────────────────────────────────────────────────────────────
softmax     = primitive(softmax_,     lambda g, y, x, axis=-1: y * (g - np.sum(g * y, axis=axis, keepdims=True)),   name="softmax",     tex=r"\operatorname{{softmax}}\left({0}\right)")
log_softmax = primitive(log_softmax_, lambda g, y, x, axis=-1: g - np.exp(y) * np.sum(g, axis=axis, keepdims=True), name="log_softmax", tex=r"\ln \operatorname{{softmax}}\left({0}\right)", symbol="log softmax")
logsumexp   = primitive(logsumexp_,   d_logsumexp,                                                                  name="logsumexp",   tex=r"\ln\left(\sum e^{{{0}}}\right)",               symbol="log Σ exp", paper=(logsumexp_on_paper,))

# ── layers ─────────────────────────────────────────────────────────────────────────
linear = primitive(linear_, lambda g, y, x, w, b=None: g @ w if g.ndim <= 2 else linear(g, w.T), d_linear_weight, lambda g, y, x, w, b: g, name="linear", code="linear({*})", tex=r"\operatorname{{linear}}\left({*}\right)")
# fmt: on

OPEN = {linear, silu, gelu_exact, gelu_tanh}
"""What programs write out, so that the forward pass and its gradient share parts."""


def gelu(input: Same, approximate: str = "none") -> Same:
    """Return ``x Φ(x)``, Φ being the normal distribution (Hendrycks and Gimpel, 2016).

    Parameters
    ----------
    input : array or Tensor of floats.
    approximate : "none", or "tanh" for the paper's approximation.
    """
    if approximate not in ("none", "tanh"):
        raise refusal(
            ValueError,
            f"gelu knows no approximation {approximate!r}",
            f"gelu(approximate={approximate!r})",
            "approximate='none' or approximate='tanh'",
        )
    return gelu_tanh(input) if approximate == "tanh" else gelu_exact(input)
