"""Filters: what the units of a first layer look for, as images."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.base.errors import refusal
from autograd.tensor import raw
from autograd.view.graph.spelling import number
from autograd.view.plotting.axes import integers, painted, panels

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHOWN = 64
"""So many images are drawn at most."""


def plot_filters(
    weight: Any, shape: tuple[int, ...] | None = None, *, ax: "Axes | None" = None
) -> "Axes":
    """Draw the weights of each unit of a layer as a small image, all on one scale.

    Blue is positive, orange negative, and the page's colour 0. Kernels over three channels are
    drawn in these colours, red, green and blue, around grey; of other numbers of channels, each
    has an image of its own. There are 64 images at most; the title says of how many.

    Parameters
    ----------
    weight : that of a linear layer, (units, pixels), or the kernels of a convolution,
        (units, channels, height, width).
    shape : the images that a linear layer sees, (height, width) or (channels, height, width); by
        default, they are squares.
    ax : the Axes to draw into; by default, a new one.

    Returns
    -------
    The Axes.

    Raises
    ------
    ImportError : where matplotlib is not installed.
    ValueError : where the weights are no images, or none of this shape.

    Examples
    --------
    >>> from autograd import plot_filters
    >>> ax = plot_filters(model[0].weight, (28, 28))  # doctest: +SKIP
    """
    images = _images(np.asarray(raw(weight), float), shape)
    colourful = images.ndim == 4
    count = len(images)
    images = images[:SHOWN]
    largest = np.abs(images).max()
    scaled = images / (largest or 1)
    panel: Axes = panels(1, ax)[0]
    pixels = (scaled + 1) / 2 if colourful else painted(panel, scaled)
    panel.imshow(_mosaic(pixels), interpolation="nearest")
    panel.set_axis_off()
    many = f"{SHOWN} of {count} filters, " * (count > SHOWN)
    bound = float(f"{largest:.2g}")
    panel.set_title(f"{many}from {number(-bound)} to {number(bound)}", fontsize="medium")
    return panel


def _images(weight: Any, shape: tuple[int, ...] | None) -> Any:
    """Return (N, height, width), or (N, height, width, 3) of kernels over three channels."""
    if weight.ndim == 2:
        side = math.isqrt(weight.shape[1])
        wanted = (side, side) if shape is None else integers(shape)
        channels = (1, *wanted)[-3:]
        fits = len(wanted) in (2, 3) and math.prod(wanted) == weight.shape[1] and min(wanted) > 0
    else:
        channels = weight.shape[1:]
        fits = weight.ndim == 4 and (shape is None or integers(shape) in (channels, channels[1:]))
    if not fits or not weight.size:
        raise refusal(
            ValueError,
            "plot_filters needs the weights of images, one for each unit",
            f"weight {weight.shape}, shape={shape}",
            "a weight (units, height · width) and shape=(height, width), or a Conv2d's weight",
        )
    kernels = weight.reshape(-1, *channels)
    return np.moveaxis(kernels, 1, -1) if channels[0] == 3 else kernels.reshape(-1, *channels[1:])


def _mosaic(images: Any) -> Any:
    """Return one image of all, in rows, with transparent lines between them."""
    count, height, width, _ = images.shape
    columns = math.ceil(math.sqrt(count * height / width))
    rows = math.ceil(count / columns)
    gap = max(1, round(min(height, width) / 12))
    whole = np.zeros((rows * (height + gap) - gap, columns * (width + gap) - gap, 4))
    for k, image in enumerate(images):
        i, j = k // columns * (height + gap), k % columns * (width + gap)
        whole[i : i + height, j : j + width] = np.dstack([image, np.ones((height, width))])
    return whole
