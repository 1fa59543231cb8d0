"""Layers that normalise: numbers with mean 0 and variance 1, of a batch or of each example."""

from collections.abc import Iterable
from operator import index
from typing import Any, ClassVar

import numpy as np

from autograd import Tensor, no_grad, ones, refusal, zeros
from nn import functional, init
from nn.checks import refuse
from nn.function import shown
from nn.module import Module, Parameter

__all__ = ["BatchNorm1d", "BatchNorm2d", "GroupNorm", "LayerNorm", "RMSNorm"]


class Normalization(Module):
    """What normalisations share: a weight that is 1 at first and a bias that is 0, or neither."""

    weight: Tensor | None
    bias: Tensor | None

    def _add_parameters(self, shape: Any, affine: bool, bias: bool) -> None:
        self.weight = Parameter(ones(shape)) if affine else None
        self.bias = Parameter(zeros(shape)) if affine and bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set the weight to 1 and the bias to 0, in place, as at first."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)


class BatchNorm(Normalization):
    """What normalisations of a batch share: see `BatchNorm2d`."""

    ndims: ClassVar[tuple[int, ...]]
    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None
    extra_repr = shown(
        "num_features", "eps=", "momentum=", "affine=", "bias=", "track_running_stats="
    )

    def __init__(
        self, num_features: int, eps: float = 1e-5, momentum: float | None = 0.1,
        affine: bool = True, track_running_stats: bool = True, *, bias: bool = True,
    ) -> None:  # fmt: skip
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats
        self.running_mean = self.running_var = self.num_batches_tracked = None
        if track_running_stats:
            self.register_buffer("running_mean", zeros(num_features))
            self.register_buffer("running_var", ones(num_features))
            self.register_buffer("num_batches_tracked", Tensor(0))
        self._add_parameters(num_features, affine, bias)

    def reset_parameters(self) -> None:
        """Set the parameters and what was seen of batches to what they were at first, in place."""
        super().reset_parameters()
        self.reset_running_stats()

    def reset_running_stats(self) -> None:
        """Forget the batches that were seen, in place."""
        before = {"running_mean": 0.0, "running_var": 1.0, "num_batches_tracked": 0}
        for name, buffer in self._own("buffer"):
            init.constant_(buffer, before[name])

    def forward(self, x: Any) -> Any:
        if x.ndim not in self.ndims or x.shape[1] != self.num_features:
            what = f"this layer takes {self.num_features} channels, on axis 1"
            axes = " or ".join(map(str, self.ndims))
            instead = f"(N, {self.num_features}, ...), {axes} axes in all"
            raise refusal(ValueError, what, f"{self} of an input of shape {x.shape}", instead)
        momentum: Any = self.momentum
        if self.training and self.num_batches_tracked is not None:
            with no_grad():
                self.num_batches_tracked += 1  # in place: a program can hold it
            momentum = 1 / self.num_batches_tracked if momentum is None else momentum
        return functional.batch_norm(
            x, self.running_mean, self.running_var, self.weight, self.bias,
            self.training or self.running_mean is None, momentum, self.eps,
        )  # fmt: skip


class BatchNorm1d(BatchNorm):
    """`BatchNorm2d` for (N, C) and (N, C, L)."""

    ndims = 2, 3


class BatchNorm2d(BatchNorm):
    """``(x - mean) / √(variance + eps) * weight + bias`` for each channel of (N, C, H, W).

    Mean and variance are those of the batch in training (Ioffe and Szegedy, "Batch normalization",
    2015), and else those that training has seen: buffers that go from their old value to that of
    each batch by the part `momentum`; None for the mean of all batches. See
    `nn.functional.batch_norm`.

    >>> layer = BatchNorm2d(3)
    >>> layer(zeros(5, 3, 4, 4)).shape, list(layer.state_dict())[2:]
    ((5, 3, 4, 4), ['running_mean', 'running_var', 'num_batches_tracked'])
    """

    ndims = (4,)


class LayerNorm(Normalization):
    """``(x - mean) / √(variance + eps) * weight + bias`` over the last axes.

    See `nn.functional.layer_norm`; without `elementwise_affine` there is no weight and no bias.

    >>> LayerNorm(2, eps=0.0)(Tensor([1.0, 3.0])).numpy(force=True)
    array([-1.,  1.])
    """

    extra_repr = shown("normalized_shape", "eps=", "elementwise_affine=", "bias=")

    def __init__(
        self, normalized_shape: int | Iterable[int], eps: float | None = 1e-5,
        elementwise_affine: bool = True, bias: bool = True,
    ) -> None:  # fmt: skip
        shape: Any = normalized_shape
        self.normalized_shape = tuple(map(index, shape if np.iterable(shape) else (shape,)))
        self.eps: Any = eps
        self.elementwise_affine = elementwise_affine
        self._add_parameters(self.normalized_shape, elementwise_affine, bias)

    def forward(self, x: Any) -> Any:
        return functional.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)


class RMSNorm(LayerNorm):
    """``x / √(mean of x² + eps) * weight`` over the last axes, see `nn.functional.rms_norm`.

    >>> RMSNorm(2, eps=0.0)(Tensor([3.0, 3.0])).numpy(force=True)
    array([1., 1.])
    """

    extra_repr = shown("normalized_shape", "eps=", "elementwise_affine=")

    def __init__(
        self, normalized_shape: int | Iterable[int], eps: float | None = None,
        elementwise_affine: bool = True,
    ) -> None:  # fmt: skip
        super().__init__(normalized_shape, eps, elementwise_affine, bias=False)

    def forward(self, x: Any) -> Any:
        return functional.rms_norm(x, self.normalized_shape, self.weight, self.eps)


class GroupNorm(Normalization):
    """Mean 0 and variance 1 for each example and group of channels: `nn.functional.group_norm`.

    >>> GroupNorm(2, 6)(zeros(5, 6, 4)).shape
    (5, 6, 4)
    """

    extra_repr = shown("num_groups", "num_channels", "eps=", "affine=", "bias=")

    def __init__(
        self, num_groups: int, num_channels: int, eps: float = 1e-5, affine: bool = True, *,
        bias: bool = True,
    ) -> None:  # fmt: skip
        what, where = "channels are shared evenly by groups", f"{num_groups=}, {num_channels=}"
        wrong = num_groups < 1 or num_channels % num_groups
        refuse(wrong, what, where, "a divisor of the number of channels")
        self.num_groups, self.num_channels = num_groups, num_channels
        self.eps, self.affine = eps, affine
        self._add_parameters(num_channels, affine, bias)

    def forward(self, x: Any) -> Any:
        return functional.group_norm(x, self.num_groups, self.weight, self.bias, self.eps)
