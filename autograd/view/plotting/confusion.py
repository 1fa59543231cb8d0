"""Confusion: which classes a classifier takes for which."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.base.errors import refusal
from autograd.tensor import raw
from autograd.view.graph.spelling import are
from autograd.view.plotting.axes import ink_on, painted, panels, theme_of_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_confusion(
    prediction: Any, target: Any, *, classes: Sequence[str] | None = None,
    ax: "Axes | None" = None,
) -> "Axes":  # fmt: skip
    """Draw how many rows of each class (from top to bottom) got which answer (left to right).

    The colour is the share of the row, so that rare classes show as well: blue on the diagonal,
    where the answer is right, and orange elsewhere. Its strength is the root of the share, so that
    a few mistakes show beside many right answers. An empty cell is 0.

    Parameters
    ----------
    prediction : scores of classes, (N, C); or classes, integers (N,) from 0 up.
    target : classes, integers (N,); or one-hot, (N, C).
    classes : their names; by default, their numbers.
    ax : the Axes to draw into; by default, a new one.

    Returns
    -------
    The Axes.

    Raises
    ------
    ImportError : where matplotlib is not installed.
    ValueError : where predictions, targets and names do not fit each other, where a row has several
        classes, or none because its scores are nan.

    Examples
    --------
    >>> from autograd import plot_confusion
    >>> ax = plot_confusion(model(X), y, classes=["cat", "dog"])  # doctest: +SKIP
    """
    given = [np.asarray(raw(x)) for x in (prediction, target)]
    answer, truth = map(_classes, given)
    shapes = [x.shape for x in given]
    widths = [shape[1] for shape in shapes if len(shape) == 2]
    used = 1 + max((int(x.max(initial=-1)) for x in (answer, truth) if x.dtype == int), default=-1)
    names = [str(c) for c in (range(max([used, *widths])) if classes is None else classes)]
    fits = answer.shape == truth.shape == (answer.size,) and all(w == len(names) for w in widths)
    integers = answer.dtype == truth.dtype == int
    nan = any(x.dtype.kind == "f" and bool(np.isnan(x).any()) for x in given)
    fits = fits and integers and not (nan or has_several(given[1]))
    if not (fits and used and used <= len(names) and min(*answer, *truth, 0) == 0):
        raise refusal(
            ValueError,
            "plot_confusion needs a class for each row, from 0 up, and a name for each class",
            f"prediction {shapes[0]}, target {shapes[1]}, {len(names)} classes"
            + ", nan among them" * nan,
            "scores (N, C) or integers (N,), and integers (N,)",
        )
    counts = np.zeros((len(names), len(names)), int)
    np.add.at(counts, (truth, answer), 1)
    panel: Axes = panels(1, ax)[0]
    _draw(panel, counts)
    ticks = np.arange(len(names))
    crowded = sum(map(len, names)) > 30
    for put, turn in ((panel.set_xticks, 60 if crowded else 0), (panel.set_yticks, 0)):
        put(ticks, names, rotation=turn, parse_math=False, fontsize=min(10, 280 / len(names)))
    panel.set(xlabel="answer", ylabel="truth")
    right = np.trace(counts)
    panel.set_title(f"{right} of {counts.sum()} {are(right)} right", fontsize="medium")
    return panel


def _classes(values: Any) -> Any:
    """Return the class of each row, as int whatever integers they are."""
    if values.ndim == 2 and values.shape[1]:
        return values.argmax(axis=1)
    return values.astype(int) if values.dtype.kind in "iub" else values


def has_several(target: Any) -> bool:
    """Tell whether one-hot rows are none, but say several classes or no class."""
    return bool(target.ndim == 2 and not np.allclose(target.sum(axis=1), 1))


def _draw(ax: "Axes", counts: Any) -> None:
    theme = theme_of_axes(ax)
    strength = np.sqrt(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1))
    cells = painted(ax, np.where(np.eye(len(counts)), strength, -strength))
    ax.imshow(cells)
    size = min(10, 110 / len(counts))
    for i, j in np.argwhere(counts):
        ink = ink_on(theme, cells[i, j])
        ax.text(j, i, str(counts[i, j]), ha="center", va="center", color=ink, fontsize=size)
    ax.set_xticks(np.arange(len(counts) + 1) - 0.5, minor=True)
    ax.set_yticks(np.arange(len(counts) + 1) - 0.5, minor=True)
    ax.grid(which="minor", color=theme.faint, linewidth=0.5)
    ax.tick_params(which="both", length=0)
    ax.spines[:].set_visible(False)
