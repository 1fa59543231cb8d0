"""Axes of matplotlib in the project's colours: what all plots share.

matplotlib is an extra, and is imported when a plot is drawn.
"""

from collections.abc import Sequence
from contextlib import suppress
from operator import index
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.base.errors import refusal
from autograd.view.graph.theme import THEMES, Theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def pyplot() -> Any:
    """Return matplotlib.pyplot; raise an ImportError that says what to install."""
    try:
        from matplotlib import pyplot as plt  # noqa: PLC0415  # an optional library
    except ImportError as error:
        raise refusal(
            ImportError,
            "plots are drawn with matplotlib, which is not installed",
            f"import matplotlib: {error}",
            'pip install "retrograd[plot]"',
        ) from None
    return plt


def theme_of_axes(ax: "Axes") -> Theme:
    """Return the theme that is readable on the background which matplotlib's style gives."""
    from matplotlib.colors import to_rgba  # noqa: PLC0415  # an optional library

    backgrounds = (to_rgba(part.get_facecolor()) for part in (ax, ax.figure))
    *colour, _ = next((b for b in backgrounds if b[3] > 0), (1, 1, 1, 1))
    light = np.dot(colour, (0.2126, 0.7152, 0.0722)) > 0.5
    return THEMES["default" if light else "dark"]


def colour_of(theme: Theme, k: int) -> str:
    """Return the colour of the k-th class or run, in an order that keeps neighbours apart."""
    borders = [theme.roles[role][1] for role in ("output", "parameter", "input")]
    return (theme.forward, theme.backward, *borders, theme.muted)[k % 6]


def painted(ax: "Axes", values: Any) -> Any:
    """Return colours, (..., 3), of numbers from -1 (orange) over 0 (the page) to 1 (blue)."""
    from matplotlib.colors import to_rgb  # noqa: PLC0415  # an optional library

    theme = theme_of_axes(ax)
    page, more, less = (np.array(to_rgb(c)) for c in (theme.page, theme.forward, theme.backward))
    values = values[..., None]
    return page + np.abs(values) * (np.where(values > 0, more, less) - page)


def ink_on(theme: Theme, colour: Any) -> str:
    """Return the ink, or the colour of the page where that can be read better on a colour."""

    def contrast(text: str) -> float:
        dim, bright = sorted([_luminance(text), _luminance(colour)])
        return (bright + 0.05) / (dim + 0.05)

    return max((theme.ink, theme.page), key=contrast)


def _luminance(colour: Any) -> float:
    """Return the relative luminance that WCAG 2 defines."""
    from matplotlib.colors import to_rgb  # noqa: PLC0415  # an optional library

    rgb = np.array(to_rgb(colour))
    linear = np.where(rgb <= 0.03928, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def plain(ax: "Axes") -> None:
    """Take away the lines of the frame that carry no scale."""
    ax.spines[["top", "right"]].set_visible(False)


def legend(ax: "Axes", handles: Sequence[Any], names: Sequence[str]) -> None:
    """Name what is drawn, as it was typed: ``$`` and a leading ``_`` are letters like others."""
    entries = ax.legend(handles, ["·"] * len(handles), frameon=False).get_texts()
    for text, name in zip(entries, names, strict=True):
        text.set_parse_math(False)
        text.set_text(name)


def integers(values: Any) -> tuple[int, ...]:
    """Return several integers, or nothing where there is anything else."""
    with suppress(TypeError):
        return tuple(map(index, values))
    return ()


def panels(count: int, ax: Any) -> Any:
    """Return an array of so many Axes: those that were given, or those of a new figure."""
    if ax is not None:
        axes = np.ravel(np.array(ax, dtype=object))
        if len(axes) != count:
            raise refusal(
                ValueError,
                f"the number of panels is {count}, and the number of Axes {len(axes)}",
                f"ax={ax!r:.60}",
                "an Axes for each panel, or no ax for a new figure",
            )
        return axes
    columns = 2 if count == 4 else min(count, 3)
    rows = -(-count // columns)
    size = None if count == 1 else (3.3 * columns, 2.6 * rows)  # None: what the style says
    _, axes = pyplot().subplots(
        rows, columns, figsize=size, sharex=True, squeeze=False, layout="constrained"
    )
    for unused in axes.flat[count:]:
        unused.remove()
    return axes.ravel()[:count]
