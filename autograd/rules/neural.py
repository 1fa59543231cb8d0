"""Functions that NumPy lacks and neural networks need, each as stable NumPy with its derivative.

They are one operation each for accuracy and speed; their bodies are plain NumPy, which the tests
compare and the printers can expand. They work on arrays and on Tensors alike.
"""

import functools
import math

import numpy as np

from autograd.blocks import blockwise, rowwise
from autograd.primitive import primitive
from autograd.rules.reduce import expand

SQRT_HALF, SQRT_2_OVER_PI, SQRT_2PI = math.sqrt(0.5), math.sqrt(2 / math.pi), math.sqrt(2 * math.pi)


def sigmoid_(x):
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, small) / (1 + small)


def softplus_(x):
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def erf_(x):
    """Return the error function; SciPy's where it is installed, else the C library's."""
    return _erf()(x)


@functools.cache
def _erf():
    try:
        from scipy.special import erf  # noqa: PLC0415  # an optional library, imported when used
    except ImportError:
        each = np.frompyfunc(math.erf, 1, 1)
        return lambda x: np.asarray(each(x), np.result_type(x, np.float16))[()]
    return erf


def d_silu(g, y, x):
    s = sigmoid(x)
    return g * (s + y * (1 - s))


def gelu_(x):
    return x * (0.5 * (1 + erf(x * SQRT_HALF)))


def d_gelu(g, y, x):
    return g * (0.5 * (1 + erf(x * SQRT_HALF)) + x * np.exp(-0.5 * x * x) / SQRT_2PI)


def gelu_tanh_(x):
    return 0.5 * x * (1 + np.tanh(SQRT_2_OVER_PI * (x + 0.044715 * x * x * x)))


def d_gelu_tanh(g, y, x):
    t = np.tanh(SQRT_2_OVER_PI * (x + 0.044715 * x * x * x))
    slope = SQRT_2_OVER_PI * (1 + 3 * 0.044715 * x * x)
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
    """Return the maximum, or 0 where it is infinite: what to subtract before exp."""
    top = np.max(x, axis=axis, keepdims=True)
    return np.where(np.isfinite(top), top, 0)


@by_rows
def softmax_(x, axis=-1):
    e = np.exp(x - largest(x, axis))
    return e / np.sum(e, axis=axis, keepdims=True)


@by_rows
def log_softmax_(x, axis=-1):
    x = x - largest(x, axis)
    return x - np.log(np.sum(np.exp(x), axis=axis, keepdims=True))


def logsumexp_(x, axis=None, keepdims=False):
    top = largest(x, axis)
    y = np.log(np.sum(np.exp(x - top), axis=axis, keepdims=True)) + top
    return y if keepdims else np.squeeze(y, axis=axis)


def d_logsumexp(g, y, x, axis=None, keepdims=False):
    g, y = expand(g, x, axis, keepdims), expand(y, x, axis, keepdims)
    return g * np.exp(x - np.where(np.isfinite(y), y, 0))


def linear_(x, weight, bias=None):
    y = x @ weight.T
    if bias is not None:
        y += bias
    return y


def d_linear_weight(g, y, x, weight, bias=None):
    if x.ndim != 2:
        x, g = np.reshape(x, (-1, x.shape[-1])), np.reshape(g, (-1, g.shape[-1]))
    return g.T @ x


@rowwise
def cross_entropy_(x, target):
    """Return ``logsumexp(x) - x[target]`` for each row of x."""
    rows = np.arange(len(target))
    top = np.max(x, axis=-1)
    return np.log(np.sum(np.exp(x - top[:, None]), axis=-1)) + (top - x[rows, target])


@rowwise
def d_cross_entropy(x, target, y, g):
    """Return ``g * (softmax(x) - onehot(target))``; the softmax follows from the loss y."""
    rows = np.arange(len(target))
    top = np.max(x, axis=-1)
    shift = y - (top - x[rows, target])
    p = np.exp((x - top[:, None]) - shift[:, None]) * g[:, None]
    p[rows, target] -= g
    return p


# fmt: off
sigmoid      = primitive(blockwise(sigmoid_),  lambda g, y, x: g * y * (1 - y),                 name="sigmoid",  elementwise=True, tex=r"\sigma\left({0}\right)", symbol="σ")
relu         = primitive(lambda x: np.maximum(x, 0), lambda g, y, x: np.where(x > 0, g, 0),     name="relu",     elementwise=True, tex=r"\operatorname{{ReLU}}\left({0}\right)")
softplus     = primitive(blockwise(softplus_), lambda g, y, x: g * sigmoid(x),                  name="softplus", elementwise=True, tex=r"\ln\left(1 + e^{{{0}}}\right)")
silu         = primitive(blockwise(lambda x: x * sigmoid_(x)), d_silu,                          name="silu",     elementwise=True)
erf          = primitive(erf_,                 lambda g, y, x: g * (2 / math.sqrt(math.pi)) * np.exp(-x * x), name="erf", elementwise=True)
gelu_exact   = primitive(gelu_,                d_gelu,                                          name="gelu",     elementwise=True)
gelu_tanh    = primitive(blockwise(gelu_tanh_), d_gelu_tanh,                                    name="gelu_tanh", elementwise=True)
softmax      = primitive(softmax_,     lambda g, y, x, axis=-1: y * (g - np.sum(g * y, axis=axis, keepdims=True)),        name="softmax")
log_softmax  = primitive(log_softmax_, lambda g, y, x, axis=-1: g - np.exp(y) * np.sum(g, axis=axis, keepdims=True),      name="log_softmax", symbol="log softmax")
logsumexp    = primitive(logsumexp_,   d_logsumexp,                                             name="logsumexp")
softmax_cross_entropy = primitive(cross_entropy_, lambda g, y, x, t: d_cross_entropy(x, t, y, g), None, name="softmax_cross_entropy", symbol="CE")
linear       = primitive(linear_,      lambda g, y, x, w, b=None: g @ w, d_linear_weight, lambda g, y, x, w, b: g,        name="linear", tex=r"{0} {1}^\top + {2}")
# fmt: on


def gelu(x, approximate="none"):
    """Return x * Φ(x), Φ being the normal distribution (Hendrycks and Gimpel, 2016).

    Parameters
    ----------
    x : array or Tensor of floats.
    approximate : "none", or "tanh" for the paper's approximation.
    """
    if approximate not in ("none", "tanh"):
        raise ValueError(
            f"gelu knows no approximation {approximate!r}\n"
            f"  gelu: approximate={approximate!r}\n"
            "  instead: approximate='none' or approximate='tanh'"
        )
    return gelu_tanh(x) if approximate == "tanh" else gelu_exact(x)
