"""Layers and losses as functions of Tensors or arrays, under PyTorch's names."""

import math
from typing import Any

import numpy as np

from autograd import Tensor, default_generator, linear, no_grad, refusal
from nn import criteria, nonlinear, targets, windows
from nn.checks import refuse, refuse_other_shapes
from nn.criteria import *  # noqa: F403  # the losses are functions too
from nn.nonlinear import *  # noqa: F403  # and the activations
from nn.nonlinear import into
from nn.targets import Array, Maybe, Same, class_indices, fixed, floating, raw
from nn.windows import *  # noqa: F403  # and what slides

__all__ = [
    "batch_norm", "bilinear", "dropout", "dropout1d", "dropout2d", "embedding", "group_norm",
    "layer_norm", "linear", "normalize", "one_hot", "rms_norm", "scaled_dot_product_attention",
]  # fmt: skip
__all__ += criteria.__all__ + nonlinear.__all__ + windows.__all__


# ── layers ────────────────────────────────────────────────────────────────────────────────────
def dropout(input: Same, p: float = 0.5, training: bool = True, inplace: bool = False) -> Same:
    """Set each element to 0 with probability p, and multiply the others by 1 / (1 - p).

    So the expectation is the input (Srivastava et al., 2014). When not `training`, return the
    input; `inplace` writes into it. Raises ValueError unless 0 <= p <= 1.

    >>> dropout(np.ones(3), p=0.5, training=False)
    array([1., 1., 1.])
    """
    refuse(not 0 <= p <= 1, "p is a probability", f"dropout({p=})", "a number between 0 and 1")
    if not training or p == 0:
        return input
    x = floating(input) if input.dtype.kind in "biu" else input
    keep = default_generator.random(x.shape) >= p
    scale = 1 / (1 - p) if p < 1 else 0.0
    return into(input, x * np.multiply(keep, scale, dtype=x.dtype), inplace)


def _dropout(input: Same, p: float, training: bool) -> Same:
    whole = np.ones((*input.shape[:2], *[1] * (input.ndim - 2)), input.dtype)
    return input * dropout(whole, p, training)


_dropout1d, _dropout2d = windows.over(1, _dropout), windows.over(2, _dropout)


def dropout1d(input: Same, p: float = 0.5, training: bool = True, inplace: bool = False) -> Same:
    """Return `dropout` of whole channels of (N, C, L) or (C, L) (Tompson et al., 2015).

    >>> dropout1d(np.ones((1, 3, 2)), p=1.0).max().item()
    0.0
    """
    return into(input, _dropout1d(input, p, training), inplace)


def dropout2d(input: Same, p: float = 0.5, training: bool = True, inplace: bool = False) -> Same:
    """Return `dropout` of whole channels of (N, C, H, W) or (C, H, W).

    >>> dropout2d(np.ones((1, 3, 2, 2)), p=1.0).max().item()
    0.0
    """
    return into(input, _dropout2d(input, p, training), inplace)


def bilinear(input1: Array, input2: Array, weight: Array, bias: Maybe = None) -> Array:
    """Return ``y[k] = Σ x1[i] weight[k, i, j] x2[j] + bias[k]`` over the last axes.

    Raises ValueError for other numbers of features than the weight's.

    >>> bilinear(np.array([1.0, 2.0]), np.array([3.0]), np.array([[[1.0], [1.0]]]))
    array([9.])
    """
    given, wanted = (input1.shape[-1:] + input2.shape[-1:]), weight.shape[1:]
    where = f"bilinear(input1 {input1.shape}, input2 {input2.shape}, weight {weight.shape})"
    what = f"the inputs have {given} features, and the weight is for {wanted}"
    refuse(given != wanted, what, where, f"inputs of shapes (..., {wanted[0]}), (..., {wanted[1]})")
    return _affine(np.einsum("...i,kij,...j->...k", input1, weight, input2), None, bias)


def layer_norm(
    input: Array, normalized_shape: int | tuple[int, ...], weight: Maybe = None,
    bias: Maybe = None, eps: float = 1e-5,
) -> Array:  # fmt: skip
    """Return ``(x - mean) / √(variance + eps) * weight + bias`` over the last axes.

    `normalized_shape` are the lengths of those axes, and the shape of weight and bias (Ba, Kiros
    and Hinton, "Layer normalization", 2016). Raises ValueError where these have others.

    >>> layer_norm(np.array([1.0, 3.0]), (2,), eps=0.0)
    array([-1.,  1.])
    """
    axes = _last("layer_norm", input, normalized_shape)
    refuse_other_shapes(input, input.shape[axes[0] :], weight=weight, bias=bias)
    return _affine(_standard(input, axes, eps)[0], weight, bias)


def rms_norm(
    input: Array, normalized_shape: int | tuple[int, ...], weight: Maybe = None,
    eps: float | None = None,
) -> Array:  # fmt: skip
    """Return ``x / √(mean of x² + eps) * weight`` over the last axes, as `layer_norm` does.

    `eps` is the precision of the input's dtype unless told (Zhang and Sennrich, "Root mean square
    layer normalization", 2019).

    >>> rms_norm(np.array([3.0, 4.0]), (2,), eps=0.0) * np.sqrt(12.5)
    array([3., 4.])
    """
    axes, input = _last("rms_norm", input, normalized_shape), floating(input)
    refuse_other_shapes(input, input.shape[axes[0] :], weight=weight)
    eps = float(np.finfo(input.dtype).eps) if eps is None else eps
    y = input / np.sqrt(np.mean(input * input, axis=axes, keepdims=True) + eps)
    return _affine(y, weight, None)


def group_norm(
    input: Array, num_groups: int, weight: Maybe = None, bias: Maybe = None, eps: float = 1e-5
) -> Array:
    """Return `layer_norm` over each group of channels of (N, C, ...); weight and bias are (C,).

    Wu and He, "Group normalization", 2018. Raises ValueError where groups do not divide C.

    >>> group_norm(np.array([[1.0, 3.0, 5.0, 9.0]]), 2, eps=0.0)
    array([[-1.,  1., -1.,  1.]])
    """
    _has_channels("group_norm", input)
    if num_groups < 1 or input.shape[1] % num_groups:
        what = f"{input.shape[1]} channels do not divide into {num_groups} groups"
        where = f"group_norm(input {input.shape}, num_groups={num_groups})"
        raise refusal(ValueError, what, where, "a number of groups that divides the channels")
    each = math.prod(input.shape[1:]) // num_groups  # a -1 says nothing of a batch of 0 rows
    groups = np.reshape(input, (len(input), num_groups, each))
    y = np.reshape(_standard(groups, (-1,), eps)[0], input.shape)
    refuse_other_shapes(input, input.shape[1:2], weight=weight, bias=bias)
    return _affine(y, _by_channel(weight, input), _by_channel(bias, input))


def batch_norm(
    input: Array, running_mean: Tensor | None, running_var: Tensor | None,
    weight: Maybe = None, bias: Maybe = None, training: bool = False, momentum: float = 0.1,
    eps: float = 1e-5,
) -> Array:  # fmt: skip
    """Return ``(x - mean) / √(variance + eps) * weight + bias`` for each channel of (N, C, ...).

    Parameters
    ----------
    running_mean, running_var : (C,), what is subtracted and divided by. In training it is the
        batch's mean and variance instead, and these go towards them (towards the unbiased
        variance), in place.
    momentum : the part of the way that they go.

    Raises
    ------
    ValueError : in training, for one number for each channel only; else for nothing to subtract
        and to divide by; for these, a weight or a bias that are not (C,).

    Examples
    --------
    >>> batch_norm(np.array([[1.0], [3.0]]), None, None, training=True, eps=0.0).tolist()
    [[-1.0], [1.0]]
    """
    _has_channels("batch_norm", input)
    axes, count = (0, *range(2, input.ndim)), input.size // max(input.shape[1], 1)
    what, where = "one number for each channel has no variance", f"batch_norm(input {input.shape})"
    refuse(training and count == 1, what, where, "a larger batch, or model.eval()")
    lacks = not training and (running_mean is None or running_var is None)
    what = "without training there is a mean to subtract, and a variance to divide by"
    refuse(lacks, what, where, "running_mean and running_var, or training=True")
    refuse_other_shapes(input, input.shape[1:2], running_mean=running_mean, running_var=running_var)
    refuse_other_shapes(input, input.shape[1:2], weight=weight, bias=bias)
    if not training:
        centred = input - _by_channel(running_mean, input)
        y = centred / np.sqrt(_by_channel(running_var, input) + eps)
    else:
        y, mean, variance = _standard(input, axes, eps)
        if running_mean is not None and running_var is not None and count:  # nothing to learn of 0
            with no_grad():
                unbiased = np.reshape(variance, (-1,)) * (count / (count - 1))
                running_mean[...] += momentum * (np.reshape(mean, (-1,)) - running_mean)
                running_var[...] += momentum * (unbiased - running_var)
    return _affine(y, _by_channel(weight, input), _by_channel(bias, input))


def normalize(input: Same, p: float = 2.0, dim: int = 1, eps: float = 1e-12) -> Same:
    """Return ``x / ‖x‖ₚ`` along `dim`, no norm counting as less than eps.

    >>> normalize(np.array([[3.0, 4.0]]))
    array([[0.6, 0.8]])
    """
    x = floating(input)
    return x / np.maximum(np.linalg.norm(x, ord=p, axis=dim, keepdims=True), eps)


def _last(name: str, input: Array, normalized_shape: int | tuple[int, ...]) -> tuple[int, ...]:
    shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
    if not shape or input.shape[input.ndim - len(shape) :] != shape:
        what = f"an input of shape {input.shape} does not end in {shape}"
        where = f"{name}(input {input.shape}, normalized_shape {shape})"
        raise refusal(ValueError, what, where, f"normalized_shape={input.shape[-1:]}")
    return tuple(range(-len(shape), 0))


def _has_channels(name: str, input: Array) -> None:
    where = f"{name}(input {input.shape})"
    refuse(input.ndim < 2, "an input has rows and channels, (N, C, ...)", where, "x[None]")


def _standard(x: Array, axes: tuple[int, ...], eps: float) -> tuple[Array, Array, Array]:
    """Return what has mean 0 and variance 1 over the axes, and the mean and variance of x."""
    mean = np.mean(x, axis=axes, keepdims=True)
    centred = x - mean
    variance = np.mean(centred * centred, axis=axes, keepdims=True)
    return centred / np.sqrt(variance + eps), mean, variance


def _affine(y: Array, weight: Maybe, bias: Maybe) -> Array:
    y = y if weight is None else y * weight
    return y if bias is None else y + bias


def _by_channel(value: Maybe, x: Array) -> Array:
    return None if value is None else np.reshape(value, (-1, *[1] * (x.ndim - 2)))


def embedding(input: Array, weight: Array, padding_idx: int | None = None) -> Array:
    """Return the rows of `weight` at the indices of `input`, of any shape: (..., embedding_dim).

    The row `padding_idx` gets no gradient. Raises TypeError unless the indices are integers, and
    IndexError for one that is no row (in a program, as NumPy does: negative ones count back), as
    for a `padding_idx` that is none.

    >>> embedding(np.array([1, 1, 0]), np.array([[1.0, 2.0], [3.0, 4.0]]))
    array([[3., 4.],
           [3., 4.],
           [1., 2.]])
    """
    index, n = raw(input), len(weight)
    where = f"embedding(input {index.shape} {index.dtype}, weight {weight.shape})"
    whole = index.dtype.kind in "iu"
    refuse(not whole, "an index is an integer", where, "input.astype(int)", TypeError)
    if isinstance(index, np.ndarray) and (wrong := (index < 0) | (index >= n)).any():
        what = f"there is no row {index[wrong][0]} among {n}"
        raise refusal(IndexError, what, where, f"indices from 0 to {n - 1}")
    rows = weight[index]
    if padding_idx is None:
        return rows
    none = not -n <= padding_idx < n
    refuse(none, f"there is no row {padding_idx} among {n}", where, "padding_idx=0", IndexError)
    padded = np.expand_dims(np.equal(index, padding_idx % n), -1)
    return np.where(padded, fixed(rows), rows)


def scaled_dot_product_attention(
    query: Array, key: Array, value: Array, attn_mask: Maybe = None,
    dropout_p: float = 0.0, is_causal: bool = False, scale: float | None = None,
) -> Array:  # fmt: skip
    """Return ``softmax(scale Q Kᵀ + mask) V`` of (..., L, E), (..., S, E) and (..., S, D).

    Vaswani et al., "Attention is all you need", 2017. `attn_mask` broadcasts to (..., L, S) and is
    added, or is True where a query may attend to a key; `is_causal` allows no key after the query.
    `scale` is 1 / √E unless told. A query that may attend to nothing gets 0. `dropout_p` acts
    whether or not a module trains. Raises TypeError for a mask of integers.

    >>> x = np.array([[1.0, 0.0], [0.0, 1.0]])
    >>> scaled_dot_product_attention(x, x, x, is_causal=True)[0]
    array([1., 0.])
    """
    if attn_mask is not None and attn_mask.dtype == bool:
        attn_mask = np.logical_not(attn_mask)
    return attend(query, key, value, [attn_mask], dropout_p, is_causal, scale)[0]


def attend(
    query: Array, key: Array, value: Array, masks: list[Maybe], dropout_p: float, is_causal: bool,
    scale: float | None = None,
) -> tuple[Array, Array]:  # fmt: skip
    """Return the attention of `scaled_dot_product_attention`, and its weights (..., L, S).

    Here a mask is added, or is True where a query may not attend to a key.
    """
    # the products of bytes would wrap
    scores = floating(query) @ np.swapaxes(key, -1, -2)
    scores = scores / math.sqrt(query.shape[-1]) if scale is None else scores * scale
    causal = np.tri(*scores.shape[-2:]) == 0 if is_causal else None
    added = [_exclude(mask, scores.dtype) for mask in (*masks, causal) if mask is not None]
    if added:
        mask = sum(added[1:], added[0])
        # softmax of nothing is 0 / 0, and one nan in a padded row would reach every gradient
        nothing = np.max(mask, axis=-1, keepdims=True) == -np.inf
        weights = np.where(nothing, 0, nonlinear.softmax(scores + np.where(nothing, 0, mask)))
    else:
        weights = nonlinear.softmax(scores)
    weights = dropout(weights, dropout_p)
    return weights @ value, weights


def _exclude(mask: Array, dtype: Any) -> Array:
    what = f"a mask is booleans, or floats that are added, not {mask.dtype}"
    where = f"attention with a mask {mask.shape} {mask.dtype}"
    instead = "mask.astype(bool): True allows in scaled_dot_product_attention, hides in layers"
    refuse(mask.dtype.kind not in "bf", what, where, instead, TypeError)
    return np.where(mask, -np.inf, 0).astype(dtype) if mask.dtype == bool else mask


def one_hot(input: Array, num_classes: int = -1) -> Tensor:
    """Return a 1 at each class index and 0 elsewhere: int64, with the classes on a new last axis.

    `num_classes` -1: as many as there are in the input. Raises IndexError for an input that is
    no class, TypeError for one of floats, ValueError for another number of classes that is none.

    >>> one_hot([0, 2])
    Tensor([[1, 0, 0],
            [0, 0, 1]])
    """
    indices = raw(input)
    targets.refuse_fractions("one_hot", input=indices)
    none = not hasattr(num_classes, "__index__") or num_classes < -1
    refuse(none, "classes are counted", f"one_hot({num_classes=})", "num_classes=10; -1 for all")
    classes = num_classes if num_classes >= 0 else int(indices.max(initial=-1)) + 1
    class_indices(indices, classes=classes)
    return Tensor((indices[..., None] == np.arange(classes)).astype(np.int64))


def __dir__() -> list[str]:
    return sorted(__all__)
