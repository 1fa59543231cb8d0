"""Layers and losses as functions of Tensors or arrays, under PyTorch's names.

A loss compares an `input` with a `target` of the same shape (or with classes) and reduces the
losses of the elements by `reduction`: "mean", "sum" or "none". All are differentiable to any order.
"""

import math
from typing import Any

import numpy as np

import autograd
from autograd import (
    Tensor,
    default_generator,
    gelu,
    linear,
    relu,
    sigmoid,
    silu,
    softmax_cross_entropy,
    softplus,
    three_lines,
)
from nn.targets import (
    Array,
    by_class,
    check_classes,
    class_axis,
    class_weight,
    constant,
    floating,
    given,
    one_hot_indices,
    pair,
    raw,
    reduce,
    warn_unless_distribution,
)

__all__ = [
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "cross_entropy", "dropout", "gelu",
    "huber_loss", "l1_loss", "layer_norm", "linear", "log_softmax", "mse_loss", "nll_loss",
    "one_hot", "relu", "sigmoid", "silu", "smooth_l1_loss", "softmax", "softplus", "tanh",
]  # fmt: skip


# ── layers ────────────────────────────────────────────────────────────────────────────────────
def tanh(input: Array) -> Array:
    """Return the hyperbolic tangent.

    >>> tanh(0.0).item()
    0.0
    """
    return np.tanh(input)


def softmax(input: Array, dim: int = -1) -> Array:
    """Return ``exp(x) / Σ exp(x)`` along `dim`.

    >>> softmax(np.log([1.0, 3.0]))
    array([0.25, 0.75])
    """
    return autograd.softmax(input, axis=dim)


def log_softmax(input: Array, dim: int = -1) -> Array:
    """Return ``x - ln Σ exp(x)`` along `dim`, finite where the logarithm of softmax is not.

    >>> log_softmax(np.array([0.0, 1e4]))
    array([-10000.,      0.])
    """
    return autograd.log_softmax(input, axis=dim)


def dropout(input: Array, p: float = 0.5, training: bool = True) -> Array:
    """Set each element to 0 with probability p, and multiply the others by 1 / (1 - p).

    So the expectation is the input (Srivastava et al., 2014). When not `training`, return the
    input. Raises ValueError unless 0 <= p <= 1.

    >>> dropout(np.ones(3), p=0.5, training=False)
    array([1., 1., 1.])
    """
    if not 0 <= p <= 1:
        raise ValueError(
            three_lines("p is a probability", f"dropout(p={p})", "a number between 0 and 1")
        )
    if not training or p == 0:
        return input
    keep = default_generator.random(input.shape) >= p
    scale = 1 / (1 - p) if p < 1 else 0.0
    return input * np.multiply(keep, scale, dtype=input.dtype)


def layer_norm(
    input: Array, normalized_shape: tuple[int, ...], weight: Array | None = None,
    bias: Array | None = None, eps: float = 1e-5,
) -> Array:  # fmt: skip
    """Return ``(x - mean) / √(variance + eps) * weight + bias`` over the last axes.

    `normalized_shape` are the lengths of those axes, and the shape of weight and bias (Ba, Kiros
    and Hinton, "Layer normalization", 2016). Raises ValueError where the input has others.

    >>> layer_norm(np.array([1.0, 3.0]), (2,), eps=0.0)
    array([-1.,  1.])
    """
    shape = tuple(normalized_shape)
    if input.shape[input.ndim - len(shape) :] != shape:
        raise ValueError(
            three_lines(
                f"an input of shape {input.shape} does not end in {shape}",
                f"layer_norm(input {input.shape}, normalized_shape {shape})",
                f"normalized_shape={input.shape[-1:]}",
            )
        )
    axes = tuple(range(-len(shape), 0))
    centred = input - np.mean(input, axis=axes, keepdims=True)
    variance = np.mean(centred * centred, axis=axes, keepdims=True)
    y = centred / np.sqrt(variance + eps)
    y = y if weight is None else y * weight
    return y if bias is None else y + bias


def one_hot(target: Array, num_classes: int = -1) -> Tensor:
    """Return a 1 at each class index and 0 elsewhere: int64, with the classes on a new last axis.

    `num_classes` -1: as many as there are in the target. Raises IndexError for a target that is
    no class.

    >>> one_hot([0, 2])
    Tensor([[1, 0, 0],
            [0, 0, 1]])
    """
    indices = raw(target)
    classes = num_classes if num_classes >= 0 else int(indices.max(initial=-1)) + 1
    check_classes("one_hot", indices, classes)
    return Tensor((indices[..., None] == np.arange(classes)).astype(np.int64))


# ── losses of numbers ─────────────────────────────────────────────────────────────────────────
def mse_loss(input: Array, target: Array, reduction: str = "mean") -> Array:
    """Return ``(x - t)²``. Raises ValueError unless the shapes are equal, as do all losses here.

    >>> mse_loss(np.array([1.0, 2.0]), np.array([0.0, 4.0])).item()
    2.5
    """
    x, t = pair("mse_loss", input, target)
    return reduce(np.square(x - t), reduction)


def l1_loss(input: Array, target: Array, reduction: str = "mean") -> Array:
    """Return ``|x - t|``.

    >>> l1_loss(np.array([1.0, 2.0]), np.array([0.0, 4.0]), reduction="sum").item()
    3.0
    """
    x, t = pair("l1_loss", input, target)
    return reduce(abs(x - t), reduction)


def huber_loss(input: Array, target: Array, reduction: str = "mean", delta: float = 1.0) -> Array:
    """Return ``(x - t)² / 2`` up to an error of delta, and its tangent beyond (Huber, 1964).

    >>> huber_loss(np.array([0.5, 3.0]), np.array([0.0, 0.0]), reduction="none").tolist()
    [0.125, 2.5]
    """
    x, t = pair("huber_loss", input, target)
    return reduce(_huber(abs(x - t), delta), reduction)


def smooth_l1_loss(
    input: Array, target: Array, reduction: str = "mean", beta: float = 1.0
) -> Array:
    """Return ``|x - t| - beta / 2`` beyond an error of beta, and a parabola below: Huber's / beta.

    >>> smooth_l1_loss(np.array([0.5, 3.0]), np.array([0.0, 0.0]), "none", beta=2.0).tolist()
    [0.0625, 2.0]
    """
    x, t = pair("smooth_l1_loss", input, target)
    error = abs(x - t)
    return reduce(_huber(error, beta) / beta if beta else error, reduction)


def binary_cross_entropy(
    input: Array, target: Array, weight: Array | None = None, reduction: str = "mean"
) -> Array:
    """Return ``-(t ln p + (1 - t) ln(1 - p))`` of probabilities p.

    No logarithm is less than -100, as in PyTorch (-87 in float32), so that the loss is finite; the
    gradient of what would be less is 0.

    Parameters
    ----------
    input : probabilities of class 1.
    target : 0 or 1, or a probability, in the same shape.
    weight : a factor for each element, or what broadcasts to that.

    Raises
    ------
    ValueError : for different shapes, and for an input outside [0, 1].

    Examples
    --------
    >>> binary_cross_entropy(np.array([0.9, 0.2]), np.array([1, 0]), reduction="none").round(3)
    array([0.105, 0.223])
    """
    p, t = pair("binary_cross_entropy", input, target)
    outside = ~((raw(p) >= 0) & (raw(p) <= 1))
    if outside.any():
        raise ValueError(
            three_lines(
                f"{raw(p)[outside][0]} is no probability",
                f"binary_cross_entropy(input {p.shape}, target {t.shape})",
                "binary_cross_entropy_with_logits(input, target), or sigmoid(input)",
            )
        )
    return reduce(-(t * _bounded_log(p) + (1 - t) * _bounded_log(1 - p)), reduction, weight)


def binary_cross_entropy_with_logits(
    input: Array, target: Array, weight: Array | None = None, reduction: str = "mean",
    pos_weight: Array | None = None,
) -> Array:  # fmt: skip
    """Return ``-(w t ln σ(x) + (1 - t) ln(1 - σ(x)))``, also where σ(x) rounds to 0 or 1.

    Parameters
    ----------
    input : logits of class 1.
    target : 0 or 1, or a probability, in the same shape.
    weight : a factor for each element, or what broadcasts to that.
    pos_weight : the factor w of the positives, or what broadcasts to the input.

    Raises
    ------
    ValueError : for different shapes.

    Examples
    --------
    >>> x = np.array([1e4, -1e4])
    >>> binary_cross_entropy_with_logits(x, np.array([1, 1]), reduction="none").tolist()
    [0.0, 10000.0]
    """
    x, t = pair("binary_cross_entropy_with_logits", input, target)
    surprise = softplus(-x)  # -ln σ(x), and -ln(1 - σ(x)) = x - ln σ(x)
    if pos_weight is not None:
        surprise = surprise * (1 + (constant(pos_weight, x) - 1) * t)
    return reduce((1 - t) * x + surprise, reduction, weight)


def _huber(error: Array, delta: float) -> Array:
    bounded = np.minimum(error, delta)
    return bounded * (error - 0.5 * bounded)


def _bounded_log(p: Array) -> Array:
    # not so small that the derivative, its reciprocal, could overflow
    floor = max(math.exp(-100), float(np.finfo(p.dtype).tiny))
    return np.log(np.maximum(p, floor))


# ── losses of classes ─────────────────────────────────────────────────────────────────────────
def cross_entropy(
    input: Array, target: Array, weight: Array | None = None, ignore_index: int = -100,
    reduction: str = "mean", label_smoothing: float = 0.0,
) -> Array:  # fmt: skip
    """Return ``-Σ qᵢ ln softmax(x)ᵢ`` for logits x and the distribution q that the target gives.

    The gradient with respect to a row of logits is ``softmax(x) - q``.

    Parameters
    ----------
    input : logits, not probabilities: (C,), (N, C) or (N, C, d1, ...).
    target : class indices, in the input's shape without C; or, in the input's shape, one-hot
        integers or booleans, or floats that are probabilities.
    weight : a factor for each class, (C,). The mean is a weighted one then, except (as in
        PyTorch) for probabilities.
    ignore_index : the class index of rows that do not count.
    label_smoothing : the share of q that is spread evenly over the classes (Szegedy et al., 2016).

    Raises
    ------
    ValueError : for shapes that do not fit, for integers that are not one-hot.
    IndexError : for an index that is no class.
    TypeError : for class indices that are not integers.

    Warns where probabilities do not sum to 1, and where no row counts: the mean is 0 then.

    Examples
    --------
    >>> x = Tensor([[1.0, 2.0, 3.0], [3.0, 1.0, 0.0]], requires_grad=True)
    >>> loss = cross_entropy(x, [0, 1])
    >>> round(loss.item(), 6)
    2.288726
    >>> loss.backward()
    >>> x.grad.numpy().round(3)
    array([[-0.455,  0.122,  0.333],
           [ 0.422, -0.443,  0.021]])
    """
    x, target = floating(input), given(target)
    if x.shape == target.shape != ():
        if target.dtype.kind == "f":
            warn_unless_distribution("cross_entropy", target, class_axis(x.shape))
            weight = None if weight is None else class_weight("cross_entropy", weight, x)
            return reduce(_soft_losses(x, target, weight, label_smoothing), reduction)
        target = one_hot_indices("cross_entropy", target, class_axis(x.shape))

    def smoothed(x: Array, target: Array, weight: Any) -> Array:
        return _soft_losses(x, constant(one_hot(target, x.shape[1]), x), weight, label_smoothing)

    losses = smoothed if label_smoothing else _hard_losses
    return by_class("cross_entropy", losses, x, target, weight, ignore_index, reduction)


def nll_loss(
    input: Array, target: Array, weight: Array | None = None, ignore_index: int = -100,
    reduction: str = "mean",
) -> Array:  # fmt: skip
    """Return ``-x[target]`` for each row x of log-probabilities: cross-entropy after log_softmax.

    Parameters and errors are those of `cross_entropy` with class indices.

    >>> round(nll_loss(np.log([[0.25, 0.75]]), [1]).item(), 4)
    0.2877
    """
    x, target = floating(input), given(target)
    return by_class("nll_loss", _picked, x, target, weight, ignore_index, reduction)


def _hard_losses(x: Array, target: Array, weight: Any) -> Array:
    loss = softmax_cross_entropy(x, target)
    return loss if weight is None else loss * weight[raw(target)]


def _picked(x: Array, target: Array, weight: Any) -> Array:
    index = raw(target)
    loss = -x[np.arange(len(index)), index]
    return loss if weight is None else loss * weight[index]


def _soft_losses(x: Array, q: Array, weight: Any, label_smoothing: float) -> Array:
    axis = class_axis(x.shape)
    if label_smoothing:
        q = (1 - label_smoothing) * q + label_smoothing / x.shape[axis]
    if weight is not None:
        q = q * np.reshape(weight, (-1, *[1] * (x.ndim - axis - 1)))
    return -np.sum(q * log_softmax(x, axis), axis=axis)
