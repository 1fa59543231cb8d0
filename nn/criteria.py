"""Losses as functions of Tensors or arrays, under PyTorch's names: each reads like its formula.

A loss compares an `input` with a `target` of the same shape (or with classes) and reduces the
losses of the elements by `reduction`: "mean", "sum" or "none". All are differentiable to any order.

Another is as short as these; the focal loss, which spares what is learned already (Lin et al.,
"Focal loss for dense object detection", 2017):

>>> def focal_loss(input, target, gamma=2.0):
...     surprise = cross_entropy(input, target, reduction="none")
...     return np.mean((1 - np.exp(-surprise)) ** gamma * surprise)
>>> logits = np.array([[0.0, 0.0], [0.0, 5.0]])
>>> [round(loss(logits, [0, 1]).item(), 4) for loss in (cross_entropy, focal_loss)]
[0.3499, 0.0866]
"""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

# isort: off
from autograd import (
    log_softmax, logsumexp, primitive, refusal, relu, softmax_cross_entropy, softplus,
)  # fmt: skip

from nn.checks import refuse
from nn.targets import (
    IGNORED, Array, Maybe, alike, by_class, class_axis, class_indices, class_weight,
    factor, fixed, floating, given, in_dtype_of, numbers, of_each, one_hot_indices, raw,
    reduce, refuse_fractions, refuse_size_average, warn_unless_distribution,
)  # fmt: skip

__all__ = [
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "cosine_embedding_loss",
    "cosine_similarity", "cross_entropy", "ctc_loss", "gaussian_nll_loss", "hinge_embedding_loss",
    "huber_loss", "kl_div", "l1_loss", "margin_ranking_loss", "mse_loss", "multi_margin_loss",
    "multilabel_margin_loss", "multilabel_soft_margin_loss", "nll_loss", "pairwise_distance",
    "poisson_nll_loss", "smooth_l1_loss", "soft_margin_loss", "triplet_margin_loss",
    "triplet_margin_with_distance_loss",
]  # fmt: skip

FLAT = 1e-12  # PyTorch's -ln p is no steeper than where p is this
TINY = float(np.float32(1e-12))  # what PyTorch adds to squares, a float32 there


# ── losses of numbers ─────────────────────────────────────────────────────────────────────────
def mse_loss(input: Array, target: Array, reduction: str = "mean", weight: Maybe = None) -> Array:
    """Return ``(x - t)²``. Raises ValueError unless the shapes are equal, as do all losses here.

    A `weight` is a factor for each element, and the mean is a weighted one then: as in `l1_loss`,
    and (as in PyTorch) not in `huber_loss`.

    >>> mse_loss(np.array([1.0, 2.0]), np.array([0.0, 4.0])).item()
    2.5
    """
    x, t = alike("mse_loss", input, target)
    return reduce(np.square(x - t), reduction, weight, by_weight=True)


def l1_loss(input: Array, target: Array, reduction: str = "mean", weight: Maybe = None) -> Array:
    """Return ``|x - t|``.

    >>> l1_loss(np.array([1.0, 2.0]), np.array([0.0, 4.0]), reduction="sum").item()
    3.0
    """
    x, t = alike("l1_loss", input, target)
    return reduce(abs(x - t), reduction, weight, by_weight=True)


def huber_loss(
    input: Array, target: Array, reduction: str = "mean", delta: float = 1.0, weight: Maybe = None
) -> Array:
    """Return ``(x - t)² / 2`` up to an error of delta, and its tangent beyond (Huber, 1964).

    Raises ValueError unless delta is positive.

    >>> huber_loss(np.array([0.5, 3.0]), np.array([0.0, 0.0]), reduction="none").tolist()
    [0.125, 2.5]
    """
    x, t = alike("huber_loss", input, target)
    refuse(not delta > 0, "an error is small up to a positive delta", f"{delta=}", "delta=1.0")
    return reduce(_huber(abs(x - t), delta), reduction, weight)


def smooth_l1_loss(input: Array, target: Array, reduction: str = "mean", beta: float = 1) -> Array:
    """Return ``|x - t| - beta / 2`` beyond an error of beta, and a parabola below: Huber's / beta.

    Raises ValueError for a beta below 0.

    >>> smooth_l1_loss(np.array([0.5, 3.0]), np.array([0.0, 0.0]), "none", beta=2.0).tolist()
    [0.0625, 2.0]
    """
    x, t = alike("smooth_l1_loss", input, target)
    refuse(not beta >= 0, "an error is small up to a beta of 0 or more", f"{beta=}", "beta=1.0")
    error = abs(x - t)
    return reduce(_huber(error, beta) / beta if beta else error, reduction)


def bounded_log_(p: Array) -> Array:
    """Return ln p, but no less than -100, so that the loss of a wrong 0 is finite."""
    with np.errstate(divide="ignore"):
        return np.maximum(np.log(p), -100.0)


bounded_log = primitive(
    bounded_log_, lambda g, y, p: g / np.maximum(p, FLAT), name="bounded_log", elementwise=True,
    tex=r"\ln\left({0}\right)", symbol="ln",
)  # fmt: skip


def binary_cross_entropy(
    input: Array, target: Array, weight: Maybe = None, reduction: str = "mean"
) -> Array:
    """Return ``-(t ln p + (1 - t) ln(1 - p))`` of probabilities p.

    No logarithm is less than -100, so that the loss is finite, and no slope of one is more than
    10¹², PyTorch's bound, so that what is surely wrong is unlearned.

    Parameters
    ----------
    input : probabilities of class 1.
    target : 0 or 1, or a probability, in the same shape.
    weight : a factor for each element, or what broadcasts to that.

    Raises
    ------
    ValueError : for different shapes, and for an input or a target outside [0, 1].

    Examples
    --------
    >>> binary_cross_entropy(np.array([0.9, 0.2]), np.array([1, 0]), reduction="none").round(3)
    array([0.105, 0.223])
    """
    p, t = alike("binary_cross_entropy", input, target)
    logits = "binary_cross_entropy_with_logits(input, target), or sigmoid(input)"
    for value, instead in ((p, logits), (t, "a target of 0 and 1: (target > 0) of -1 and 1")):
        values = numbers(value)
        outside = values[~((values >= 0) & (values <= 1))]
        if outside.size:
            where = f"binary_cross_entropy(input {p.shape}, target {t.shape})"
            raise refusal(ValueError, f"{outside[0]} is no probability", where, instead)
    return reduce(-(t * bounded_log(p) + (1 - t) * bounded_log(1 - p)), reduction, weight)


def binary_cross_entropy_with_logits(
    input: Array, target: Array, weight: Maybe = None, reduction: str = "mean",
    pos_weight: Maybe = None,
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
    x, t = alike("binary_cross_entropy_with_logits", input, target)
    surprise = softplus(-x)  # -ln σ(x), and -ln(1 - σ(x)) = x - ln σ(x)
    if pos_weight is not None:
        surprise = surprise * (1 + (factor(pos_weight, x, "pos_weight") - 1) * t)
    return reduce((1 - t) * x + surprise, reduction, weight)


# ── losses of distributions ───────────────────────────────────────────────────────────────────
def kl_div(input: Array, target: Array, reduction: str = "mean", log_target: bool = False) -> Array:
    """Return ``q (ln q - x)`` of log-probabilities x: Σ is the divergence of q from exp(x).

    0 where q is 0, whatever x is (Kullback and Leibler, 1951).

    Parameters
    ----------
    input : log-probabilities.
    target : probabilities q, or with `log_target` their logarithms, in the same shape.
    reduction : also "batchmean", the sum over the length of the first axis. It is the mean of the
        divergences; "mean" divides by the number of classes too.

    Raises
    ------
    ValueError : for different shapes.

    Examples
    --------
    >>> q = np.array([[0.5, 0.5], [0.0, 1.0]])
    >>> kl_div(np.log([[0.5, 0.5], [0.75, 0.25]]), q, reduction="batchmean").round(6).item()
    0.693147
    """
    x, t = alike("kl_div", input, target)
    q = np.exp(t) if log_target else t
    some = q != 0
    log_q = t if log_target else np.log(np.where(some, q, 1))
    losses = q * (np.where(some, log_q, 0) - np.where(some, x, 0))
    if reduction == "batchmean":
        return np.sum(losses) / math.prod(x.shape[:1])
    return reduce(losses, reduction)


def poisson_nll_loss(
    input: Array, target: Array, log_input: bool = True, full: bool = False, eps: float = 1e-8,
    reduction: str = "mean",
) -> Array:  # fmt: skip
    """Return ``λ - t ln λ`` for counts t and rates λ: -ln of Poisson's probability, but for ln t!.

    Parameters
    ----------
    input : ln λ; or λ, when not `log_input`, and then ``ln(λ + eps)`` is taken.
    target : counts, in the same shape.
    full : whether to add Stirling's ``t ln t - t + ln(2πt) / 2`` for the ln t! of counts above 1.

    Raises
    ------
    ValueError : for different shapes.

    Examples
    --------
    >>> poisson_nll_loss(np.array([0.0, 1.0]), np.array([2, 3]), reduction="none").round(4)
    array([ 1.    , -0.2817])
    """
    refuse_size_average("poisson_nll_loss", "eps", eps)
    x, t = alike("poisson_nll_loss", input, target)
    losses = np.exp(x) - t * x if log_input else x - t * np.log(x + eps)
    if full:
        n = np.where(t > 1, t, 1)
        stirling = n * np.log(n) - n + 0.5 * np.log(2 * math.pi * n)
        losses = losses + np.where(t > 1, stirling, 0)
    return reduce(losses, reduction)


def gaussian_nll_loss(
    input: Array, target: Array, var: Array, full: bool = False, eps: float = 1e-6,
    reduction: str = "mean",
) -> Array:  # fmt: skip
    """Return ``(ln v + (x - t)² / v) / 2``: -ln of the normal density (Nix and Weigend, 1994).

    Parameters
    ----------
    input : means x.
    target : numbers, in the same shape.
    var : variances v: a number, or in the input's shape, where the last axis may be 1 or missing.
    full : whether to add the constant ``ln(2π) / 2``.
    eps : what a lesser variance counts as; its gradient is that at eps, so that it can grow.

    Raises
    ------
    ValueError : for shapes that do not fit, and for a negative variance.

    Examples
    --------
    >>> x, t = np.array([1.0, 2.0]), np.array([3.0, 2.0])
    >>> gaussian_nll_loss(x, t, np.array([4.0, 1.0]), reduction="none").round(4)
    array([1.1931, 0.    ])
    """
    x, t = alike("gaussian_nll_loss", input, target)
    v = floating(var) if hasattr(var, "dtype") else in_dtype_of(var, x)
    v = v[..., None] if v.ndim and v.shape == x.shape[:-1] else v
    what = f"a variance of shape {v.shape} is not for elements {x.shape}"
    where = f"gaussian_nll_loss(input {x.shape}, var {v.shape})"
    wrong = v.shape not in ((), x.shape, (*x.shape[:-1], 1))
    refuse(wrong, what, where, "one for each element, one for each row, or one number")
    if np.any(numbers(v) < 0):
        what = f"{np.min(numbers(v))} is no variance"
        raise refusal(ValueError, what, where, "softplus(var), or np.exp of its logarithm")
    v = v + (np.maximum(fixed(v), eps) - fixed(v))
    losses = 0.5 * (np.log(v) + np.square(x - t) / v)
    return reduce(losses + 0.5 * math.log(2 * math.pi) if full else losses, reduction)


# ── losses of similarity and of order ─────────────────────────────────────────────────────────
def cosine_similarity(x1: Array, x2: Array, dim: int = 1, eps: float = 1e-8) -> Array:
    """Return ``x₁·x₂ / (‖x₁‖ ‖x₂‖)`` along `dim`, no norm counting as less than eps.

    The shapes broadcast.

    >>> cosine_similarity(np.array([[3.0, 4.0], [0.0, 0.0]]), np.array([1.0, 0.0]))
    array([0.6, 0. ])
    """
    both = np.broadcast_arrays(floating(x1), floating(x2))
    x1, x2 = (x / np.maximum(np.linalg.norm(x, axis=dim, keepdims=True), eps) for x in both)
    return np.sum(x1 * x2, axis=dim)


def pairwise_distance(
    x1: Array, x2: Array, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> Array:
    """Return ``‖x₁ - x₂ + eps‖ₚ`` along the last axis. The shapes broadcast.

    >>> pairwise_distance(np.array([[3.0, 4.0]]), np.zeros(2), eps=0.0)
    array([5.])
    """
    return np.linalg.norm(floating(x1) - floating(x2) + eps, ord=p, axis=-1, keepdims=keepdim)


def cosine_embedding_loss(
    input1: Array, input2: Array, target: Array, margin: float = 0.0, reduction: str = "mean"
) -> Array:
    """Return ``1 - cos`` where the target is 1, and ``max(0, cos - margin)`` where it is -1.

    The inputs are (N, D), the target is (N,); or (D,) and ().

    >>> x = np.array([[3.0, 4.0], [3.0, 4.0]])
    >>> cosine_embedding_loss(x, [[1.0, 0.0]] * 2, [1, -1], reduction="none").round(6)
    array([0.4, 0.6])
    """
    x1, x2 = alike("cosine_embedding_loss", input1, input2)
    dot, square1, square2 = (np.sum(a * b, axis=-1) for a, b in ((x1, x2), (x1, x1), (x2, x2)))
    cos = dot / np.sqrt((square1 + TINY) * (square2 + TINY))
    cos, t = alike("cosine_embedding_loss", cos, target)
    losses = np.where(t == 1, 1 - cos, 0) + np.where(t == -1, relu(cos - margin), 0)
    return reduce(losses, reduction)


def triplet_margin_loss(
    anchor: Array, positive: Array, negative: Array, margin: float = 1.0, p: float = 2.0,
    eps: float = 1e-6, swap: bool = False, reduction: str = "mean",
) -> Array:  # fmt: skip
    """Return ``max(0, margin + d(a, p) - d(a, n))``, d being `pairwise_distance`.

    Parameters
    ----------
    anchor, positive, negative : (N, D) or (D,); the positive should be the nearer one.
    swap : whether d(p, n) counts where it is less than d(a, n) (Balntas et al., 2016).

    Raises
    ------
    ValueError : for different shapes.

    Examples
    --------
    >>> triplet_margin_loss([[0.0]], [[2.0]], [[2.5]], eps=0.0).item()
    0.5
    """
    return triplet_margin_with_distance_loss(
        anchor, positive, negative, distance_function=partial(pairwise_distance, p=p, eps=eps),
        margin=margin, swap=swap, reduction=reduction,
    )  # fmt: skip


def triplet_margin_with_distance_loss(
    anchor: Array, positive: Array, negative: Array, *,
    distance_function: Callable[[Array, Array], Array] | None = None, margin: float = 1.0,
    swap: bool = False, reduction: str = "mean",
) -> Array:  # fmt: skip
    """Return `triplet_margin_loss` with any distance; without one, `pairwise_distance`.

    >>> def city_block(x1, x2):
    ...     return np.sum(abs(x1 - x2), axis=-1)
    >>> triplet_margin_with_distance_loss(
    ...     [[0.0, 0.0]], [[1.0, 1.0]], [[2.0, 0.5]], distance_function=city_block
    ... ).item()
    0.5
    """
    distance = distance_function or pairwise_distance
    a, p, n = alike("triplet_margin_loss", anchor, positive, negative)
    far = np.minimum(distance(a, n), distance(p, n)) if swap else distance(a, n)
    return reduce(relu(margin + distance(a, p) - far), reduction)


def margin_ranking_loss(
    input1: Array, input2: Array, target: Array, margin: float = 0.0, reduction: str = "mean"
) -> Array:
    """Return ``max(0, margin - t (x₁ - x₂))``: the first should be the larger for t = 1.

    >>> margin_ranking_loss([1.0, 1.0], [3.0, 3.0], [1, -1], reduction="none")
    array([2., 0.])
    """
    x1, x2, t = alike("margin_ranking_loss", input1, input2, target)
    return reduce(relu(margin - t * (x1 - x2)), reduction)


def hinge_embedding_loss(
    input: Array, target: Array, margin: float = 1.0, reduction: str = "mean"
) -> Array:
    """Return the distance x where the target is 1, and ``max(0, margin - x)`` where it is -1.

    >>> hinge_embedding_loss(np.array([0.25, 0.25]), [1, -1], reduction="none")
    array([0.25, 0.75])
    """
    x, t = alike("hinge_embedding_loss", input, target)
    return reduce(np.where(t != -1, x, 0) + np.where(t != 1, relu(margin - x), 0), reduction)


def soft_margin_loss(input: Array, target: Array, reduction: str = "mean") -> Array:
    """Return ``ln(1 + exp(-t x))`` for targets 1 and -1, also where the exponential overflows.

    >>> soft_margin_loss(np.array([1e4, 1e4]), [1, -1], reduction="none").tolist()
    [0.0, 10000.0]
    """
    x, t = alike("soft_margin_loss", input, target)
    return reduce(softplus(-t * x), reduction)


# ── losses of classes ─────────────────────────────────────────────────────────────────────────
def cross_entropy(
    input: Array, target: Array, weight: Maybe = None, ignore_index: int = IGNORED,
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
    ignore_index : the class index of rows that do not count. A compiled program knows of such rows
        where its first example has some, or where this is not -100.
    label_smoothing : the share of q that is spread evenly over the classes (Szegedy et al., 2016).

    Raises
    ------
    ValueError : for shapes that do not fit, for integers that are not one-hot, for a
        label_smoothing outside [0, 1], and for an ignore_index from 0 on with probabilities.
    IndexError : for an index that is no class.
    TypeError : for class indices that are not integers.

    Warns where probabilities do not sum to 1, and where no row counts: the mean is 0 then.

    Examples
    --------
    >>> from autograd import Tensor
    >>> x = Tensor([[1.0, 2.0, 3.0], [3.0, 1.0, 0.0]], requires_grad=True)
    >>> loss = cross_entropy(x, [0, 1])
    >>> round(loss.item(), 6)
    2.288726
    >>> loss.backward()
    >>> x.grad.numpy().round(3)
    array([[-0.455,  0.122,  0.333],
           [ 0.422, -0.443,  0.021]])
    """
    refuse_size_average("cross_entropy", "ignore_index", ignore_index)
    x, target = floating(input), given(target)
    what, where = "label_smoothing is a share, from 0 to 1", f"cross_entropy({label_smoothing=})"
    refuse(not 0 <= label_smoothing <= 1, what, where, "label_smoothing=0.1")
    if x.shape == target.shape != ():
        if target.dtype.kind == "f":
            what = "probabilities have no class index that could be ignored"
            where = f"cross_entropy({ignore_index=}) of a target of floats"
            instead = "reduction='none', and the mean of the losses that count"
            refuse(ignore_index >= 0, what, where, instead)
            warn_unless_distribution("cross_entropy", target, class_axis(x.shape))
            weight = class_weight(weight, x)
            return reduce(_soft_losses(x, target, weight, label_smoothing), reduction)
        target = one_hot_indices(target, class_axis(x.shape))

    def losses(x: Array, target: Array, weight: Any) -> Array:
        if not label_smoothing:
            return _weighted(softmax_cross_entropy(x, target), weight, target)
        q = (raw(target)[:, None] == np.arange(x.shape[1])).astype(x.dtype)
        return _soft_losses(x, q, weight, label_smoothing)

    return by_class("cross_entropy", losses, x, target, weight, ignore_index, reduction)


def nll_loss(
    input: Array, target: Array, weight: Maybe = None, ignore_index: int = IGNORED,
    reduction: str = "mean",
) -> Array:  # fmt: skip
    """Return ``-x[target]`` for each row x of log-probabilities: cross-entropy after log_softmax.

    Parameters and errors are those of `cross_entropy` with class indices.

    >>> round(nll_loss(np.log([[0.25, 0.75]]), [1]).item(), 4)
    0.2877
    """
    refuse_size_average("nll_loss", "ignore_index", ignore_index)
    return by_class("nll_loss", _picked, floating(input), target, weight, ignore_index, reduction)


def multi_margin_loss(
    input: Array, target: Array, p: float = 1, margin: float = 1.0, weight: Maybe = None,
    reduction: str = "mean",
) -> Array:  # fmt: skip
    """Return ``Σᵢ max(0, margin - x[t] + xᵢ)ᵖ / C`` over the classes i that are not t.

    Parameters and errors are those of `cross_entropy` with class indices, but the mean is a plain
    one with a `weight` too, and no target is ignored (Crammer and Singer, 2001).

    >>> multi_margin_loss(np.array([[0.0, 1.0, 0.5]]), [1]).round(4).item()
    0.1667
    """

    def losses(x: Array, target: Array, weight: Any) -> Array:
        others = raw(target)[:, None] != np.arange(x.shape[1])
        slack = relu(margin + _picked(x, target, None)[:, None] + x) * others
        return _weighted(np.mean(slack**p, axis=1), weight, target)

    each = by_class("multi_margin_loss", losses, floating(input), target, weight, None, "none")
    return reduce(each, reduction)


def multilabel_margin_loss(input: Array, target: Array, reduction: str = "mean") -> Array:
    """Return ``Σⱼ Σᵢ max(0, 1 - xⱼ + xᵢ) / C`` over the classes j of the target and i of the rest.

    The input is (N, C) or (C,); the target, in the same shape, lists classes and ends at the first
    -1. Raises ValueError for different shapes, IndexError for what is no class, TypeError for a
    target of floats.

    >>> multilabel_margin_loss(np.array([[0.1, 0.2, 0.4, 0.8]]), [[3, 0, -1, 1]]).round(4).item()
    0.85
    """
    x, _ = alike("multilabel_margin_loss", input, target)
    classes, index = np.arange(x.shape[-1]), raw(target)
    refuse_fractions("multilabel_margin_loss", target=index)
    listed = np.cumprod(index != -1, axis=-1)
    class_indices(numbers(index * listed), classes=len(classes))
    found = (index[..., None] == classes) * listed[..., None]
    times = np.sum(found, axis=-2).astype(x.dtype)
    slack = relu(1 - x[..., :, None] + x[..., None, :])
    terms = slack * times[..., :, None] * (times == 0)[..., None, :]
    return reduce(np.sum(terms, axis=(-2, -1)) / len(classes), reduction)


def multilabel_soft_margin_loss(
    input: Array, target: Array, weight: Maybe = None, reduction: str = "mean"
) -> Array:
    """Return the mean of `binary_cross_entropy_with_logits` over the classes, the last axis.

    >>> multilabel_soft_margin_loss(np.zeros((1, 2)), [[0, 1]]).round(6).item()
    0.693147
    """
    losses = binary_cross_entropy_with_logits(input, target, weight, "none")
    return reduce(np.mean(losses, axis=-1), reduction)


def ctc_loss(
    log_probs: Array, targets: Array, input_lengths: Array, target_lengths: Array, blank: int = 0,
    reduction: str = "mean", zero_infinity: bool = False,
) -> Array:  # fmt: skip
    """Return -ln of the probability of a sequence, however it is spread over the time steps.

    Each step says a class; repeated ones are one, and blanks are left out (Graves et al.,
    "Connectionist temporal classification", 2006, equations 6 to 8, here in logarithms).

    Parameters
    ----------
    log_probs : log-probabilities of the classes in each step, (T, N, C) or (T, C).
    targets : sequences of classes, (N, S), of any numbers beyond their lengths; or one after the
        other, (sum of lengths,).
    input_lengths, target_lengths : how many steps and classes count, (N,) each.
    reduction : "mean" divides each loss by the length of its target before.
    zero_infinity : whether sequences that do not fit into their steps cost 0, not infinity.

    Raises
    ------
    ValueError : for shapes or lengths that do not fit, and for no steps or no sequences.
    IndexError : for a target, or a blank, that is no class.
    TypeError : for targets or lengths of floats.

    Examples
    --------
    >>> uniform = np.log(np.full((2, 1, 3), 1 / 3))  # 1 is said as "1 1", "1 _" or "_ 1"
    >>> np.exp(-ctc_loss(uniform, [[1]], [2], [1])).round(6).item()
    0.333333
    """
    x, y = floating(log_probs), raw(targets)
    single, x = x.ndim == 2, x[:, None] if x.ndim == 2 else x
    what, where = "no steps, or no sequences, have no loss", f"ctc_loss(log_probs {x.shape})"
    refuse(0 in x.shape[:2], what, where, "log_probs of one step and one sequence, or more")
    steps, sizes = (np.atleast_1d(raw(n)) for n in (input_lengths, target_lengths))
    refuse_fractions("ctc_loss", targets=y, input_lengths=steps, target_lengths=sizes)
    counted = np.arange(np.max(sizes, initial=0)) < sizes[:, None]
    fits = x.ndim == 3 and steps.shape == sizes.shape == x.shape[1:2] and (steps <= len(x)).all()
    fits = fits and min(steps.min(), sizes.min()) >= 0
    if not fits or (y.shape[0] != counted.sum() if y.ndim == 1 else y.shape[-1] < sizes.max()):
        what = "the lengths do not fit the log-probabilities (T, N, C) or the targets"
        where = f"ctc_loss(log_probs {x.shape}, targets {y.shape}, lengths {steps}, {sizes})"
        instead = "N lengths of at most T steps, and N lengths of the targets"
        raise refusal(ValueError, what, where, instead)
    classes = x.shape[2]
    what, where = "the blank is one of the classes", f"ctc_loss({blank=}) of {classes} classes"
    refuse(not 0 <= blank < classes, what, where, "blank=0", IndexError)
    y = y if y.ndim == 1 else y[:, : counted.shape[1]][counted]
    class_indices(y, classes=classes)
    labels = np.full((len(sizes), 2 * counted.shape[1] + 1), blank)
    labels[:, 1::2][counted] = y
    place = np.arange(labels.shape[1])
    leaps = np.pad(labels[:, 2:] != labels[:, :-2], ((0, 0), (2, 0)))[:, : len(place)]
    said = x[:, np.arange(len(sizes))[:, None], labels]
    alpha = np.tile(np.where(place > 0, -np.inf, 0.0).astype(x.dtype), (len(sizes), 1))
    for t in range(len(x)):  # before the first, nothing is said
        before = np.pad(alpha, ((0, 0), (2, 0)), constant_values=-np.inf)
        ways = [alpha, before[:, 1:-1], np.where(leaps, before[:, :-2], -np.inf)]
        alpha = np.where((t < steps)[:, None], logsumexp(np.stack(ways), axis=0) + said[t], alpha)
    ends = np.isin(place - 2 * sizes[:, None], (-1, 0))
    losses: Any = -logsumexp(np.where(ends, alpha, -np.inf), axis=1)
    losses = np.where(np.isinf(losses), 0, losses) if zero_infinity else losses
    if reduction == "mean":
        losses = losses / np.maximum(sizes, 1).astype(x.dtype)
    return reduce(losses[0] if single else losses, reduction)


# ── parts ─────────────────────────────────────────────────────────────────────────────────────
def _huber(error: Array, delta: float) -> Array:
    bounded = np.minimum(error, delta)
    return bounded * (error - 0.5 * bounded)


def _picked(x: Array, target: Array, weight: Any) -> Array:
    index = raw(target)
    return _weighted(-x[np.arange(len(index)), index], weight, target)


def _weighted(losses: Array, weight: Any, target: Array) -> Array:
    return losses if weight is None else losses * of_each(weight, raw(target))


def _soft_losses(x: Array, q: Array, weight: Any, label_smoothing: float) -> Array:
    axis = class_axis(x.shape)
    if label_smoothing:
        q = (1 - label_smoothing) * q + label_smoothing / x.shape[axis]
    if weight is not None:
        q = q * np.reshape(weight, (-1, *[1] * (x.ndim - axis - 1)))
    return -np.sum(q * log_softmax(x, axis), axis=axis)
