"""Descent: the path of an optimiser over the surface of a function of two numbers."""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.base.errors import refusal, refuse_uncallable
from autograd.base.modes import enable_grad, no_grad
from autograd.tensor import Tensor, raw
from autograd.view.graph.spelling import number
from autograd.view.plotting.axes import plain, pyplot, theme_of_axes

if TYPE_CHECKING:
    from matplotlib.figure import Figure

GRID = 61
"""The surface is drawn from so many points a side."""

BANDS = 16
"""The contours divide it into so many bands of equal area."""

FAR = 8
"""A path that goes further than so many times its first step is cut there, if it climbs."""


@dataclass(frozen=True)
class Descent:
    """What `descent` found and drew.

    Attributes
    ----------
    path : the points, (steps + 1, 2), the start first; nan after the last finite one.
    values : f at these points, (steps + 1,).
    figure : matplotlib's Figure: contours on the left, the surface on the right.
    note : what went wrong with the path, and what is not shown of it; empty where all is well.
    """

    path: np.ndarray[Any, Any]
    values: np.ndarray[Any, Any]
    figure: "Figure"
    note: str

    def __repr__(self) -> str:
        ends = [f"f({number(x)}, {number(y)}) = {number(v)}" for (x, y), v in self._ends()]
        steps = len(self.path) - 1
        text = f"{steps} step{'s' if steps != 1 else ''} from {ends[0]} to {ends[1]}"
        return f"{text}\n{self.note}" if self.note else text

    def _ends(self) -> list[tuple[Any, Any]]:
        return [(self.path[i], self.values[i]) for i in (0, -1)]


def descent(
    f: Callable[..., Any], start: Sequence[float], optimizer: Any = 0.1, *, steps: int = 50
) -> Descent:
    """Go downhill from `start`, and draw the path over the error surface.

    Parameters
    ----------
    f : a function of two numbers, or of one array of two; it returns one number.
    start : two numbers.
    optimizer : the learning rate of plain gradient descent, ``p -= lr * gradient``; or what makes
        an optimiser from a list of parameters, such as ``nn.optim.Adam`` or
        ``lambda params: nn.optim.SGD(params, lr=0.1, momentum=0.9)``.
    steps : how many.

    Raises
    ------
    ImportError : where matplotlib is not installed.
    TypeError : where f does not return one number that depends on its arguments, or where the
        optimizer is neither a number nor a function that makes one.
    ValueError : where the start is not two numbers, or there is no step to take.

    Examples
    --------
    >>> from autograd import descent
    >>> bowl = descent(lambda x, y: x**2 + 10 * y**2, (4, 2), 0.08)  # doctest: +SKIP
    >>> bowl  # doctest: +SKIP
    50 steps from f(4, 2) = 56 to f(0.0006547, 1.617e−11) = 4.286e−7
    """
    refuse_uncallable(f, "descent(f, start)")
    first = np.asarray(raw(start), float)
    if first.shape != (2,) or not np.isfinite(first).all():
        raise refusal(
            ValueError,
            "a path over a surface starts at two numbers",
            f"descent(f, {start!r:.40})",
            "descent(f, (4, 2), 0.1)",
        )
    if isinstance(steps, bool) or not isinstance(steps, int) or steps < 1:
        raise refusal(
            ValueError,
            "the path has at least one step",
            f"descent(..., steps={steps!r})",
            "steps=50",
        )
    plt = pyplot()
    names, make = _names(f), _maker(optimizer)
    two = "[" not in names[0]
    with np.errstate(all="ignore"):  # the note tells what became infinite
        path, values = _walk(f, _parameters(first, two=two), make, steps)
        shown, note = _shown(path, values)
        x, y = np.meshgrid(*_window(path[:shown]))
        points = zip(x.flat, y.flat, strict=True)
        with no_grad():
            z = np.array([np.asarray(raw(f(*_parameters(p, two=two)))).item() for p in points])
    figure = plt.figure(figsize=(10, 4.4), layout="constrained")
    _draw(figure, (x, y, z.reshape(x.shape)), (*path[:shown].T, values[:shown]), names)
    if note:
        figure.suptitle(note, fontsize="medium")
    return Descent(path, values, figure, note)


# ── the path ──────────────────────────────────────────────────────────────────────────────────
class _Plain:
    """Gradient descent without an option: what the optimizers of nn refine."""

    def __init__(self, params: Sequence[Tensor], lr: float) -> None:
        self.params, self.lr = params, lr

    def zero_grad(self) -> None:
        for p in self.params:
            p.grad = None

    def step(self) -> None:
        for p in self.params:
            if p.grad is not None:
                p.data = p.data - self.lr * p.grad.data


def _maker(optimizer: Any) -> Callable[[Sequence[Tensor]], Any]:
    if isinstance(optimizer, (int, float, np.number)) and not isinstance(optimizer, bool):
        return lambda params: _Plain(params, float(optimizer))
    if not callable(optimizer):
        raise refusal(
            TypeError,
            "descent makes the optimizer itself, for parameters of its own",
            f"descent(f, start, {type(optimizer).__name__}(...))",
            "a learning rate, nn.optim.Adam, or lambda params: nn.optim.SGD(params, lr=0.1)",
        )
    return optimizer


def _names(f: Callable[..., Any]) -> list[str]:
    """Return what f calls its two numbers: ``["x", "y"]``, or ``["p[0]", "p[1]"]`` of one array."""
    try:
        signature = inspect.signature(f)
    except ValueError:  # NumPy does not say, of some functions
        return ["x", "y"]
    try:
        signature.bind("an array of two")
    except TypeError:
        return list(signature.parameters)[:2]
    return [f"{next(iter(signature.parameters))}[{i}]" for i in (0, 1)]


def _parameters(point: Any, *, two: bool) -> list[Tensor]:
    return [Tensor(v, True) for v in point] if two else [Tensor(point, True)]


def _walk(
    f: Callable[..., Any], params: list[Tensor], make: Callable[..., Any], steps: int
) -> tuple[Any, Any]:
    """Return the points and the values, nan where the path has left the finite numbers."""
    path, values = np.full((steps + 1, 2), np.nan), np.full(steps + 1, np.nan)
    optimizer = make(params)
    if not (hasattr(optimizer, "zero_grad") and hasattr(optimizer, "step")):
        raise refusal(
            TypeError,
            "a function in the place of the learning rate makes an optimizer",
            f"descent(f, start, make), where make(params) is {optimizer!r:.40}",
            "nn.optim.Adam, or lambda params: nn.optim.SGD(params, lr=0.1)",
        )
    for i in range(steps + 1):
        with enable_grad():
            y = f(*params)
        if type(y) is not Tensor or y.size != 1 or not y.requires_grad:
            raise refusal(
                TypeError,
                "descent needs a function that computes one number from its arguments",
                f"f(start), which is {y!r:.60}",
                "lambda x, y: x**2 + y**2, or lambda p: np.sum(p**2)",
            )
        path[i], values[i] = np.concatenate([np.ravel(p.data) for p in params]), y.item()
        if i == steps or not (np.isfinite(path[i]).all() and np.isfinite(values[i])):
            break
        optimizer.zero_grad()
        y.backward()
        optimizer.step()
    return path, values


def _shown(path: Any, values: Any) -> tuple[int, str]:
    """Return how many points are worth drawing, and what is to be said about the others."""
    finite = np.isfinite(path).all(axis=1) & np.isfinite(values)
    count = len(path) if finite.all() else max(1, int(np.argmin(finite)))
    lost = count < len(path)
    if not lost and values[-1] <= values[0]:
        return count, ""
    distance = np.linalg.norm(path[:count] - path[0], axis=1)
    far = distance > FAR * distance[min(1, count - 1)]
    shown = int(np.argmax(far)) if far.any() else count
    what = f"has grown from {number(values[0])} to {number(values[-1])}"
    if lost:
        what = f"is {number(values[count])} at step {count}"
    seen = {1: "start is", 2: "first step is"}.get(shown, f"first {shown - 1} steps are")
    hidden = "" if shown == len(path) else f"; only the {seen} shown"
    return shown, f"the path diverges: f {what}{hidden}. Try a smaller learning rate."


# ── the picture ───────────────────────────────────────────────────────────────────────────────
def _window(points: Any) -> tuple[Any, Any]:
    """Return the coordinates of the grid: the path with a margin, not narrower than readable."""
    low, high = points.min(axis=0), points.max(axis=0)
    span = high - low
    half = 0.65 * np.maximum(span, 0.6 * span.max()) if span.any() else np.ones(2)
    centre = (low + high) / 2
    x, y = np.linspace(centre - half, centre + half, GRID).T
    return x, y


def _draw(
    figure: "Figure", surface: tuple[Any, Any, Any], path: tuple[Any, Any, Any], names: list[str]
) -> None:
    from matplotlib.colors import BoundaryNorm, LinearSegmentedColormap  # noqa: PLC0415  # optional
    from matplotlib.ticker import MaxNLocator  # noqa: PLC0415  # an extra

    flat = figure.add_subplot(1, 2, 1)
    deep: Any = figure.add_subplot(1, 2, 2, projection="3d", computed_zorder=False)
    theme = theme_of_axes(flat)
    x, y, z = *surface[:2], np.where(np.isfinite(surface[2]), surface[2], np.nan)
    colours = LinearSegmentedColormap.from_list("height", [theme.roles["input"][1], theme.page])
    # quantiles are bands of equal area: a valley shows even where the walls are far higher
    levels = np.unique(np.nanquantile(z, np.linspace(0, 1, BANDS + 1)))
    norm = BoundaryNorm(levels, colours.N) if len(levels) > 1 else None
    if norm:
        flat.contourf(x, y, z, levels, cmap=colours, norm=norm, alpha=0.7)
        flat.contour(x, y, z, levels, colors=theme.forward, linewidths=0.5, linestyles="-")
    deep.plot_surface(
        x, y, z, cmap=colours, norm=norm, rcount=GRID, ccount=GRID, linewidth=0, alpha=0.7
    )
    for ax, line in ((flat, path[:2]), (deep, path)):
        ax.plot(*line, "-o", color=theme.backward, linewidth=1.6, markersize=3, zorder=4)
        for end, fill in ((0, theme.page), (-1, theme.backward)):
            point = [c[end : len(c) + end + 1 or None][:1] for c in line]
            ax.plot(*point, "o", color=theme.backward, markerfacecolor=fill, markersize=7, zorder=5)
        ax.set_xlabel(names[0], parse_math=False)
        ax.set_ylabel(names[1], parse_math=False)
    away, side = (8, "left") if path[0][0] >= path[0][:2][-1] else (-8, "right")
    corner = (path[0][0], path[1][0])
    flat.annotate("start", corner, (away, 5), textcoords="offset points", ha=side)
    for axis in (deep.xaxis, deep.yaxis, deep.zaxis):
        axis.set_pane_color((0, 0, 0, 0))
        axis.set_major_locator(MaxNLocator(4))
    deep.grid(visible=False)
    deep.set_box_aspect(None, zoom=1.05)
    deep.view_init(elev=35, azim=-60)
    plain(flat)
