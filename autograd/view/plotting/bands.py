"""Bands: how the distribution of many numbers changes, as quantiles over time."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.base.errors import refusal
from autograd.tensor import raw
from autograd.view.plotting.axes import colour_of, plain, pyplot, theme_of_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEVELS = (0, 0.05, 0.15, 0.25, 0.35, 0.5, 0.65, 0.75, 0.85, 0.95, 1)
"""The quantiles that are drawn: the ends, the median, and bands in between."""


def quantiles(values: Any) -> np.ndarray[Any, Any]:
    """Return what `plot_bands` draws of numbers of any shape: a float array (11,), from min to max.

    It is nan where one of the numbers is not finite.

    >>> quantiles(np.arange(101))
    array([  0.,   5.,  15.,  25.,  35.,  50.,  65.,  75.,  85.,  95., 100.])
    """
    values = np.asarray(raw(values), float)
    finite = values.size and np.isfinite(values).all()
    return np.quantile(values, LEVELS) if finite else np.full(len(LEVELS), np.nan)


def plot_bands(columns: Mapping[str, Mapping[str, Sequence[Any]]]) -> Any:
    """Draw distributions over time, a row of panels for each thing that was watched.

    The line is the median, the innermost band holds 30 % of the numbers, the next ones half, 70 %
    and 90 %, and the thin lines are the smallest and the largest one. Where quantiles are nan, the
    band has a gap.

    Parameters
    ----------
    columns : for each column, by its title, the rows by name; a row is a sequence of `quantiles`,
        one for each epoch. All columns have the same rows.

    Returns
    -------
    The Axes, an array (rows, columns).

    Raises
    ------
    ImportError : where matplotlib is not installed.
    ValueError : where there is nothing to draw, or columns have different rows.

    Examples
    --------
    >>> import numpy as np
    >>> from autograd import plot_bands, quantiles
    >>> steps = [quantiles(np.random.randn(999) * t) for t in range(9)]
    >>> axes = plot_bands({"positions": {"walk": steps}})  # doctest: +SKIP
    """
    names = [list(rows) for rows in columns.values()]
    lengths = [len(steps) for rows in columns.values() for steps in rows.values()]
    if not lengths or 0 in lengths or any(own != names[0] for own in names):
        raise refusal(
            ValueError,
            "plot_bands needs rows of an epoch or more, the same in each column",
            f"the columns {', '.join(columns) or '(none)'} with the rows {names}",
            '{"weights": {"layer1": [quantiles(w), ...]}, "gradients": {"layer1": [...]}}',
        )
    count = len(names[0])
    figure, axes = pyplot().subplots(
        count, len(names), squeeze=False, sharex=True, layout="constrained",
        figsize=(max(3.6 * len(names), 4.5), 0.7 + 1.15 * count),
    )  # fmt: skip
    for j, (title, rows) in enumerate(columns.items()):
        axes[0, j].set_title(title, parse_math=False, fontsize="medium")
        for ax, (name, steps) in zip(axes[:, j], rows.items(), strict=True):
            _draw(ax, np.array(steps, float).T, colour_of(theme_of_axes(ax), j))
            if j == 0:
                label = {"rotation": 0, "ha": "right", "va": "center", "parse_math": False}
                ax.set_ylabel(name, **label)
    for ax in axes[-1]:
        ax.set_xlabel("epoch")
    figure.align_ylabels(axes[:, 0])
    return axes


def _draw(ax: "Axes", levels: Any, colour: str) -> None:
    steps = np.arange(1, levels.shape[1] + 1)
    marker = "o" if len(steps) == 1 else ""
    for low, high in zip(levels[1:5], levels[-2:-6:-1], strict=True):
        ax.fill_between(steps, low, high, color=colour, alpha=0.16, linewidth=0)
    for end in levels[[0, -1]]:
        ax.plot(steps, end, marker=marker, color=colour, linewidth=0.6, alpha=0.6)
    ax.plot(steps, levels[5], marker=marker, color=colour, linewidth=1.6)
    ax.axhline(0, color=theme_of_axes(ax).muted, linewidth=0.5, linestyle=":")
    ax.locator_params(axis="x", integer=True)
    ax.locator_params(axis="y", nbins=4)
    ax.ticklabel_format(axis="y", scilimits=(-2, 3))
    plain(ax)
