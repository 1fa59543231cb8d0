"""Regions: what a classifier answers over the plane of two features."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.base.errors import refusal
from autograd.base.modes import no_grad
from autograd.rules.neural import sigmoid, softmax
from autograd.tensor import Tensor, raw
from autograd.view.plotting.axes import colour_of, integers, legend, panels, plain, theme_of_axes
from autograd.view.plotting.confusion import has_several

if TYPE_CHECKING:
    from matplotlib.axes import Axes

GRID = 161
"""The plane is asked at so many points a side."""

MARKERS = "osD^vP*X"
BLEND = 0.35
"""How strongly a region is painted: the data stand out on it."""


def plot_regions(
    model: Callable[[Any], Any], X: Any, y: Any, *, features: tuple[int, int] | None = None,
    classes: Sequence[str] | None = None, ax: "Axes | None" = None,
) -> "Axes":  # fmt: skip
    """Draw what a classifier answers over the plane of two features, and the data upon it.

    The colours of the classes are mixed by the model's probabilities, so a blend is doubt; lines
    are drawn where the answer changes.

    Parameters
    ----------
    model : a function of a Tensor (n, d): logits or probabilities (n, C); or one number for each
        row, (n,) or (n, 1): the probability of class 1 where all lie between 0 and 1, else its
        logit. It is called as it is: ``model.eval()`` first, if it drops units.
    X : the data, (N, d).
    y : the classes, integers (N,) from 0 up; or one-hot, (N, C).
    features : the two columns of X to draw. The others are held at their mean.
    classes : the names of the classes.
    ax : the Axes to draw into; by default, a new one.

    Returns
    -------
    The Axes.

    Raises
    ------
    ImportError : where matplotlib is not installed.
    ValueError : where X has more than two features and none were chosen, or where X, y, the
        model, its results and the names do not fit each other.

    Examples
    --------
    >>> from autograd import plot_regions
    >>> ax = plot_regions(net, X, y, features=(2, 3))  # doctest: +SKIP
    """
    X, y = np.asarray(raw(X), float), np.asarray(raw(y))
    wide = y.ndim == 2 and y.shape[1] > 1
    if wide and has_several(y):
        where = f"y {y.shape}, with rows of several classes or none"
        raise _misfit(where, "integers (N,), or one-hot: a single 1 in each row")
    y = y.argmax(axis=1) if wide else y.ravel()
    if X.ndim != 2 or len(X) != len(y) or X.shape[1] < 2 or not len(X):
        raise _misfit(f"X {X.shape} and y {y.shape}", "X of shape (N, d), d >= 2, and y (N,)")
    finite = np.isfinite(X).all(axis=1)
    if not finite.all():
        where = f"X {X.shape}, with nan or infinity in {np.sum(~finite)} rows"
        raise _misfit(where, "plot_regions(model, X[finite], y[finite]), of the others")
    if not callable(model):
        raise _misfit(f"a model that is no function: {type(model).__name__}",
                      "model.predict_proba of an estimator")  # fmt: skip
    chosen = (0, 1) if features is None else integers(features)
    if (features is None and X.shape[1] != 2) or not _two_columns(chosen, X.shape[1]):
        raise _misfit(
            f"X {X.shape}, features={features}", f"features=(0, 1), two different of {X.shape[1]}"
        )
    chosen = (chosen[0] % X.shape[1], chosen[1] % X.shape[1])
    plane, extent = _plane(X, chosen)
    p = _probabilities(model, plane.reshape(-1, X.shape[1])).reshape(GRID, GRID, -1)
    if not np.isfinite(p).all():
        raise _misfit("a model that answers nan or infinity", "a model of finite answers")
    count = p.shape[-1]
    if not np.isin(y, np.arange(count)).all():
        raise _misfit(f"the classes {np.unique(y)}, of a model of {count}", f"0 to {count - 1}")
    names = [f"class {k}" for k in range(count)] if classes is None else [str(c) for c in classes]
    if len(names) != count:
        raise _misfit(f"{len(names)} names, of a model of {count} classes", f"{count} names")
    panel: Axes = panels(1, ax)[0]
    _paint(panel, p, extent)
    _scatter(panel, X[:, list(chosen)], y, names)
    panel.set(xlabel=f"feature {chosen[0]}", ylabel=f"feature {chosen[1]}")
    plain(panel)
    return panel


def _misfit(where: str, instead: str) -> ValueError:
    what = "plot_regions needs a class for each row, and two features to draw"
    return refusal(ValueError, what, where, instead)


def _two_columns(features: Sequence[int], width: int) -> bool:
    return len(features) == 2 and len({f % width for f in features if -width <= f < width}) == 2


def _plane(X: Any, features: Sequence[int]) -> tuple[Any, tuple[float, float, float, float]]:
    """Return points of all features on a grid over two of them, and the edges of the grid."""
    drawn = X[:, list(features)]
    low, high = drawn.min(axis=0), drawn.max(axis=0)
    margin = np.where(high > low, 0.08 * (high - low), 1.0)
    low, high = low - margin, high + margin
    points = np.broadcast_to(X.mean(axis=0), (GRID, GRID, X.shape[1])).copy()
    first, second = np.linspace(low, high, GRID).T
    points[..., features[0]], points[..., features[1]] = np.meshgrid(first, second)
    return points, (low[0], high[0], low[1], high[1])


def _probabilities(model: Callable[[Any], Any], rows: Any) -> Any:
    """Return what the model says, as probabilities of at least two classes."""
    with no_grad():
        out = np.asarray(raw(model(Tensor(rows))), float)
    if out.shape == (len(rows),):
        out = out[:, None]
    if out.ndim != 2 or len(out) != len(rows):
        raise _misfit(f"a model that makes {out.shape} of {rows.shape}", "(n, C) of (n, d)")
    within = ((out >= 0) & (out <= 1)).all()
    if out.shape[1] == 1:
        p = out if within else sigmoid(out)
        return np.concatenate([1 - p, p], axis=1)
    return out if within and np.allclose(out.sum(axis=1), 1) else softmax(out)


def _paint(ax: "Axes", p: Any, extent: tuple[float, float, float, float]) -> None:
    from matplotlib.colors import to_rgb  # noqa: PLC0415  # an optional library

    theme = theme_of_axes(ax)
    colours = np.array([to_rgb(colour_of(theme, k)) for k in range(p.shape[-1])])
    page = np.array(to_rgb(theme.page))
    image = np.clip(page + BLEND * (p @ colours - page), 0, 1)
    ax.imshow(image, extent=extent, origin="lower", aspect="auto", interpolation="bilinear")
    for k in range(p.shape[-1]):
        lead = p[..., k] - np.delete(p, k, axis=-1).max(axis=-1)
        if (lead > 0).any() and (lead < 0).any():
            ax.contour(lead, [0], extent=extent, colors=theme.wire, linewidths=0.8)


def _scatter(ax: "Axes", points: Any, y: Any, names: list[str]) -> None:
    theme, drawn = theme_of_axes(ax), []
    for k in range(len(names)):
        colour, marker = colour_of(theme, k), MARKERS[k % len(MARKERS)]
        first, second = points[y == k].T
        drawn += [ax.scatter(first, second, marker=marker, color=colour, edgecolor=theme.page)]
        drawn[-1].set(zorder=3, linewidth=0.6, sizes=[24])
    legend(ax, drawn, names)
