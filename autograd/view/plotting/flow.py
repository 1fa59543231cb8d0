"""Flow: how much gradient reaches each layer, and how far a step moves it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.base.errors import kind_of, refusal
from autograd.tensor import raw
from autograd.view.graph.spelling import norm, number
from autograd.view.plotting.axes import plain, pyplot, theme_of_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

USUAL = 1e-3
"""Steps that change weights by about this share of their size are neither timid nor wild."""


def plot_flow(
    gradients: Mapping[str, Any], before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> Any:  # fmt: skip
    """Draw the norm of each layer's gradient, and beside it how much a step changed the layer.

    Norms are Euclidean, axes logarithmic. What has no place there is written: 0, ∞, NaN.

    Parameters
    ----------
    gradients : arrays or Tensors of any shapes, by name, in the order of the layers.
    before, after : by the same names, the weights before and after a step, if that is to be drawn:
        the norm of the difference, divided by that of the weights. The dashed line is 0.001, a
        usual size.

    Returns
    -------
    The Axes, an array of one or two.

    Raises
    ------
    ImportError : where matplotlib is not installed.
    ValueError : where there is no gradient to draw, or the names are different.

    Examples
    --------
    >>> from autograd import plot_flow
    >>> axes = plot_flow({"layer1": [0.02, 0.01], "layer2": [0.3]})  # doctest: +SKIP
    """
    before, after = ({} if given is None else given for given in (before, after))
    names, old, new = map(_names, (gradients, before, after))
    if not isinstance(names, list) or not names or old != new or old not in ([], names):
        raise refusal(
            ValueError,
            "plot_flow needs the gradient of each layer, and weights by the same names",
            f"gradients of {names}, weights of {old} and {new}",
            'plot_flow({"weight": w.grad}, before={"weight": w0}, after={"weight": w})',
        )
    titled = {"norm of the gradient": [norm(_array(g)) for g in gradients.values()]}
    if before:
        with np.errstate(all="ignore"):  # weights of 0 are changed by infinitely much
            pairs = zip(map(_array, before.values()), map(_array, after.values()), strict=True)
            titled["step / weights"] = [np.divide(norm(x - w), norm(w)) for w, x in pairs]
    _, axes = pyplot().subplots(
        1, len(titled), sharey=True, squeeze=False, layout="constrained",
        figsize=(2.2 + 3.2 * len(titled), 0.9 + 0.3 * len(gradients)),
    )  # fmt: skip
    theme = theme_of_axes(axes[0, 0])
    colours = (theme.backward, theme.forward)
    for ax, (title, values), colour in zip(axes[0], titled.items(), colours, strict=False):
        _draw(ax, np.array(values), colour)
        ax.set_title(title, fontsize="medium")
    if before:
        axes[0, 1].axvline(USUAL, color=theme.muted, linewidth=1, linestyle="--")
    axes[0, 0].set_yticks(np.arange(len(gradients)), list(gradients), parse_math=False)
    axes[0, 0].set_ylim(len(gradients) - 0.4, -0.6)
    return axes[0]


def _array(values: Any) -> Any:
    return np.asarray(raw(values), float)


def _names(given: Any) -> Any:
    """List the names in a dict; of anything else say what it is."""
    return list(given) if isinstance(given, Mapping) else kind_of(given)


def _draw(ax: "Axes", values: Any, colour: str) -> None:
    theme, rows = theme_of_axes(ax), np.arange(len(values))
    drawn = np.isfinite(values) & (values > 0)
    inside = values[drawn] if drawn.any() else np.ones(1)
    # a decade at the left of the smallest value lets every line be seen
    left, right = 10 ** (np.floor(np.log10(inside.min())) - 0.5), 2.5 * inside.max()
    ax.set_xscale("log")
    ax.set_xlim(left, right)
    ax.hlines(rows[drawn], left, values[drawn], color=colour, linewidth=2, alpha=0.45)
    ax.plot(values[drawn], rows[drawn], "o", color=colour, markersize=6)
    for row in rows[~drawn]:
        text = ax.annotate(number(values[row]), (left, row), (4, 0), textcoords="offset points")
        text.set(color=theme.alarm, va="center", fontweight="bold")
    ax.grid(axis="x", color=theme.faint, linewidth=0.5)
    ax.set_axisbelow(True)
    ax.tick_params(axis="y", length=0)
    ax.tick_params(axis="x", which="minor", labelbottom=False)  # a power of 10 is always there
    plain(ax)
