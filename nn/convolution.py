"""Layers whose windows move over a signal or an image: convolution and pooling."""

import math
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from autograd import Tensor
from nn import init, windows
from nn.checks import refuse
from nn.function import Function
from nn.module import Module
from nn.windows import Size, around, counts, each

__all__ = [
    "AdaptiveAvgPool1d", "AdaptiveAvgPool2d", "AdaptiveMaxPool1d", "AdaptiveMaxPool2d",
    "AvgPool1d", "AvgPool2d", "Conv1d", "Conv2d", "MaxPool1d", "MaxPool2d",
]  # fmt: skip

MODES = {"zeros": "constant", **windows.BORDERS}


class Conv(Module):
    """What convolutions over any number of axes share: see `Conv2d`."""

    axes: ClassVar[int]
    convolve: ClassVar[Callable[..., Any]]

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Size, stride: Size = 1,
        padding: Size | str = 0, dilation: Size = 1, groups: int = 1, bias: bool = True,
        padding_mode: str = "zeros",
    ) -> None:  # fmt: skip
        wrong = groups < 1 or in_channels % groups or out_channels % groups
        wrong = wrong or padding_mode not in MODES
        what = "groups divide the channels, in and out, and the padding has a known mode"
        where = f"{in_channels} -> {out_channels} channels, {groups=}, {padding_mode=}"
        refuse(wrong, what, where, f"groups=1; padding_mode one of {', '.join(MODES)}")
        self.in_channels, self.out_channels, self.groups = in_channels, out_channels, groups
        sizes = {"kernel_size": kernel_size, "stride": stride, "dilation": dilation}
        self.kernel_size, self.stride, self.dilation = counts(self.axes, **sizes)
        self.padding_mode = padding_mode
        self.padding = padding if isinstance(padding, str) else each(padding, self.axes)
        shape = out_channels, in_channels // groups, *self.kernel_size
        self.weight, self.bias = init.affine(bias, *shape)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the parameters anew, in place, as at first."""
        init.spread_(math.prod(self.weight.shape[1:]), self.weight, self.bias)

    def forward(self, x: Any) -> Tensor:
        padding = self.padding
        if self.padding_mode != "zeros":
            reach = [d * (k - 1) for d, k in zip(self.dilation, self.kernel_size, strict=True)]
            pairs = [(0, 0)] * (x.ndim - self.axes) + around(padding, reach)
            x, padding = np.pad(x, pairs, mode=MODES[self.padding_mode]), "valid"
        options = self.stride, padding, self.dilation, self.groups
        return self.convolve(x, self.weight, self.bias, *options)

    def extra_repr(self) -> str:
        zero, one = each(0, self.axes), each(1, self.axes)
        usual = {"padding": zero, "dilation": one, "groups": 1, "padding_mode": "zeros"}
        more = [k for k, v in usual.items() if getattr(self, k) != v]
        named = [f"{k}={getattr(self, k)}" for k in ("kernel_size", "stride", *more)]
        named += ["bias=False"] * (self.bias is None)
        return f"{self.in_channels}, {self.out_channels}, {', '.join(named)}"


class Conv1d(Conv):
    """`nn.functional.conv1d`: (N, in_channels, L) to (N, out_channels, L'). See `Conv2d`.

    >>> Conv1d(3, 16, 5, padding="same")(np.zeros((2, 3, 10))).shape
    (2, 16, 10)
    """

    axes, convolve = 1, staticmethod(windows.conv1d)


class Conv2d(Conv):
    """`nn.functional.conv2d` of (N, in_channels, H, W), which gives (N, out_channels, H', W').

    The kernel, (out_channels, in_channels / groups, *kernel_size), and the bias are uniform in
    ±1/√fan_in at first, as PyTorch's. `padding_mode` says what stands around the input: "zeros",
    "reflect", "replicate" or "circular". Raises ValueError where groups do not divide the channels.

    >>> layer = Conv2d(3, 16, 3, stride=2, padding=1)
    >>> layer
    Conv2d(3, 16, kernel_size=(3, 3), stride=(2, 2), padding=(1, 1))
    >>> layer(np.zeros((5, 3, 32, 32))).shape
    (5, 16, 16, 16)
    """

    axes, convolve = 2, staticmethod(windows.conv2d)


class MaxPool1d(Function, function=windows.max_pool1d):
    """`nn.functional.max_pool1d`: the maximum of each window."""


class MaxPool2d(Function, function=windows.max_pool2d):
    """`nn.functional.max_pool2d`: the maximum of each window.

    >>> MaxPool2d(2)(np.arange(16.0).reshape(1, 1, 4, 4))
    array([[[[ 5.,  7.],
             [13., 15.]]]])
    """


class AvgPool1d(Function, function=windows.avg_pool1d):
    """`nn.functional.avg_pool1d`: the mean of each window."""


class AvgPool2d(Function, function=windows.avg_pool2d):
    """`nn.functional.avg_pool2d`: the mean of each window."""


class AdaptiveAvgPool1d(Function, function=windows.adaptive_avg_pool1d):
    """`nn.functional.adaptive_avg_pool1d`: means over so many windows."""


class AdaptiveAvgPool2d(Function, function=windows.adaptive_avg_pool2d):
    """`nn.functional.adaptive_avg_pool2d`: means over so many windows.

    >>> AdaptiveAvgPool2d(1)(np.ones((2, 3, 4, 5))).shape
    (2, 3, 1, 1)
    """


class AdaptiveMaxPool1d(Function, function=windows.adaptive_max_pool1d):
    """`nn.functional.adaptive_max_pool1d`: maxima over so many windows."""


class AdaptiveMaxPool2d(Function, function=windows.adaptive_max_pool2d):
    """`nn.functional.adaptive_max_pool2d`: maxima over so many windows."""
