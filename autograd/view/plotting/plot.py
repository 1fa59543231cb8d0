"""Curves: a function with its derivatives, a gallery of functions, and losses over time.

Drawn with matplotlib, which is imported when a picture is asked for.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.base.errors import function_name, kind_of, refusal
from autograd.base.modes import enable_grad, no_grad
from autograd.functional import elementwise_grad
from autograd.tensor import Tensor, raw
from autograd.view.graph.spelling import brief
from autograd.view.graph.words import expression
from autograd.view.plotting.axes import colour_of, legend, panels, plain, theme_of_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

POINTS = 1001
"""How many points a curve has, before its jumps are looked for."""

HALVINGS = 32
"""How often the distance between two points is halved to see whether a jump remains."""

VISIBLE = 1e-3
"""A jump is one of more than this share of the curve's height."""

DASHES = ("-", "--", "-.", ":")
PRIMES = ("", "′", "″", "‴")

Curve = Callable[[Any], Any]


def plot(
    f: Curve | Iterable[Curve] | Mapping[str, Curve], start: float = -10.0, stop: float = 10.0, *,
    order: int = 1, ax: Any = None,
) -> Any:  # fmt: skip
    """Draw a function and its derivatives, which are exact; or a gallery of functions.

    A curve is broken where it jumps or is no number; a dot is the value at a single point inside,
    such as the derivative of ``abs`` at 0.

    Parameters
    ----------
    f : a function of an array that acts on each element; or several in a list, or in a dict by
        name: each gets a panel of its own.
    start, stop : the interval.
    order : how many derivatives to draw; 0 draws f alone.
    ax : the Axes to draw into, or for a gallery one for each function; by default, new ones.

    Returns
    -------
    The Axes; for a gallery, an array of them.

    Raises
    ------
    ImportError : where matplotlib is not installed.
    TypeError : where f is no function, or is one that does not take arrays.
    ValueError : for no functions, an empty interval, a negative order, a result of another shape,
        or another number of Axes than of functions.

    Examples
    --------
    >>> import numpy as np
    >>> from autograd import gelu, plot, relu, sigmoid
    >>> axes = plot([np.tanh, sigmoid, relu, gelu], -5, 5)  # doctest: +SKIP
    >>> ax = plot(np.tanh, -3, 3, order=2)  # doctest: +SKIP
    """
    if not (np.isfinite(start) and np.isfinite(stop) and start < stop):
        raise refusal(
            ValueError,
            "an interval goes from a smaller number to a larger one",
            f"plot(f, {start}, {stop})",
            "plot(f, -10, 10)",
        )
    if isinstance(order, bool) or not isinstance(order, int) or order < 0:
        raise refusal(
            ValueError,
            "the order counts the derivatives that are drawn beside f",
            f"plot(f, order={order!r})",
            "order=0 for f alone, order=1 for f and f′, order=2 for f″ as well",
        )
    if callable(f):
        draw_one = panels(1, ax)
        _panel(draw_one[0], f, _formula(f), (start, stop), order)
        return draw_one[0]
    named = list(f.items()) if isinstance(f, Mapping) else [(None, g) for g in _listed(f)]
    if not named:
        raise refusal(
            ValueError, "there is no function to draw", f"plot({f!r})", "plot([np.tanh, sigmoid])"
        )
    axes = panels(len(named), ax)
    for panel, (name, g) in zip(axes, named, strict=True):
        title = _formula(_function(g)) if name is None else (name, False)
        _panel(panel, g, title, (start, stop), order, legend=panel is axes[0])
    return axes


def plot_losses(
    losses: Sequence[float] | Mapping[str, Sequence[float]], *, ax: "Axes | None" = None
) -> "Axes":
    """Draw the loss after each step; of several runs in a dict, by name.

    A cross marks the last finite loss of a run that ended in nan or infinity.

    Parameters
    ----------
    losses : numbers or one-element Tensors, in the order of the steps; or a dict of such.
    ax : the Axes to draw into; by default, a new one.

    Returns
    -------
    The Axes: ``ax.set_yscale("log")`` and the like are up to you.

    Raises
    ------
    ImportError : where matplotlib is not installed.
    ValueError : where there is nothing to draw, or where a loss is not one number.

    Examples
    --------
    >>> from autograd import plot_losses
    >>> ax = plot_losses({"SGD": [3.0, 2.0, 1.5], "Adam": [3.0, 1.0, 0.5]})  # doctest: +SKIP
    """
    runs = dict(losses) if isinstance(losses, Mapping) else {"": losses}
    listed = all(isinstance(run, Iterable) and getattr(run, "ndim", 1) for run in runs.values())
    values = {name: np.array([_loss(v) for v in run]) for name, run in runs.items() if listed}
    if not values or not all(map(len, values.values())):
        raise refusal(
            ValueError,
            "there is no loss to draw",
            f"plot_losses({losses!r:.40})",
            "losses.append(loss.item()) after every step",
        )
    panel: Axes = panels(1, ax)[0]
    theme = theme_of_axes(panel)
    lines = []
    for i, run in enumerate(values.values()):
        step, finite = np.arange(1, len(run) + 1), np.isfinite(run)
        colour = colour_of(theme, i)
        seen = np.where(finite, run, np.nan)
        lines += panel.plot(step, seen, color=colour, linestyle=DASHES[i % 4], linewidth=1.8)
        alone = _alone(run)
        if alone.any():
            panel.plot(step[alone], run[alone], "o", color=colour, markersize=4)
        if finite.any() and not finite[-1]:
            last = np.flatnonzero(finite)[-1]
            panel.plot(step[last], run[last], "x", color=colour, markersize=9)
    panel.locator_params(axis="x", integer=True, min_n_ticks=1)
    panel.set(xlabel="step", ylabel="loss")
    plain(panel)
    if isinstance(losses, Mapping):
        legend(panel, lines, list(values))
    return panel


def _alone(y: np.ndarray) -> np.ndarray:
    """Tell which points no line goes through."""
    finite = np.isfinite(y)
    beside = np.pad(finite, 1)
    return finite & ~beside[:-2] & ~beside[2:]


# ── one panel ─────────────────────────────────────────────────────────────────────────────────
def _panel(
    ax: "Axes", f: Curve, title: tuple[str, bool], interval: tuple[float, float], order: int, *,
    legend: bool = True,
) -> None:  # fmt: skip
    theme = theme_of_axes(ax)
    ax.axhline(0, color=theme.muted, linewidth=0.6)
    if interval[0] < 0 < interval[1]:
        ax.axvline(0, color=theme.muted, linewidth=0.6)
    derivative, bounds, poles, height = f, [0.0], False, 0.0
    for k in range(order + 1):
        x, y, unbounded = sample(_where_defined(f, derivative) if k else f, *interval)
        colour, zorder = colour_of(theme, k), 3 + k / 9
        ax.plot(
            x, y, DASHES[k % 4], color=colour, linewidth=2.2 if k == 0 else 1.6, zorder=zorder,
            label="f" + (PRIMES[k] if k < 4 else f"⁽{k}⁾".translate(SUPERSCRIPT)),
        )  # fmt: skip
        known = y[np.isfinite(y)]
        if k == 0 and known.size:
            height = 2 * np.quantile(np.abs(known), 0.9) if unbounded else np.abs(known).max()
        limit = height if unbounded else np.inf
        alone = _alone(y)
        alone[[0, -1]] = False  # the edge of the panel would cut such a dot in half
        ax.plot(x[alone], y[alone], "o", color=colour, markersize=4.5, zorder=zorder)
        bounds += [*np.clip([known.min(initial=0), known.max(initial=0)], -limit, limit)]
        poles |= unbounded
        derivative = elementwise_grad(derivative)
    ax.set_xlim(*interval)
    if poles:  # which would squeeze everything else flat
        margin = 0.05 * (max(bounds) - min(bounds))
        ax.set_ylim(min(bounds) - margin, max(bounds) + margin)
    ax.set_title(title[0], parse_math=title[1])
    plain(ax)
    if order and legend:
        ax.legend(frameon=False)


SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def sample(f: Curve, start: float, stop: float) -> tuple[Any, Any, bool]:
    """Return the points and the values of a curve, with a nan wherever it must not be joined.

    Between neighbours the larger half of the difference is followed to where they are all but
    equal: a difference that is left there is a jump, however steep a continuous curve may be.

    Returns
    -------
    points, values : float arrays of one length.
    unbounded : whether the curve goes off to infinity at its tallest point.

    >>> x, y, unbounded = sample(np.floor, 0.5, 2.5)
    >>> x[np.isnan(y)].round(6)
    array([1., 2.])
    """
    x = np.linspace(start, stop, POINTS)
    with np.errstate(all="ignore"):
        y = _values(f, x)
        left, right, low, high = x[:-1], x[1:], y[:-1], y[1:]
        for _ in range(HALVINGS):
            middle = left + (right - left) / 2
            between = _values(f, middle)
            first = np.abs(between - low) >= np.abs(high - between)
            left, low = np.where(first, left, middle), np.where(first, low, between)
            right, high = np.where(first, middle, right), np.where(first, between, high)
        finite = np.isfinite(y)
        if not finite.any():
            return x, np.full_like(x, np.nan), False
        bottom, top = y[finite].min(), y[finite].max()
        unbounded = _has_pole(f, x, np.where(finite, np.abs(y), 0))
        jumps = np.flatnonzero(np.abs(high - low) > VISIBLE * (top - bottom))
        ends = np.stack([low, np.full_like(low, np.nan), high], axis=1)[jumps]
    ends[(ends < bottom) | (ends > top)] = np.nan  # where a pole ends, nothing is to be seen
    at = np.stack([left, (left + right) / 2, right], axis=1)[jumps]
    places = np.repeat(jumps + 1, 3)
    x = np.insert(x, places, at.ravel())
    y = np.insert(np.where(finite, y, np.nan), places, ends.ravel())
    again = np.append(False, (np.diff(x) == 0) & (np.diff(y) == 0))
    return x[~again], y[~again], unbounded


def _loss(value: Any) -> float:
    array = np.asarray(raw(value))
    if array.size != 1 or array.dtype.kind not in "biuf":
        raise refusal(
            ValueError,
            "each loss is one number",
            f"plot_losses of {type(value).__name__} {array.shape} {array.dtype}",
            'loss.item(), or a dict of several runs: {"SGD": [...], "Adam": [...]}',
        )
    return float(array.item())


def _where_defined(f: Curve, derivative: Curve) -> Curve:
    """Return the derivative where f has a value: that of the logarithm has one below 0 as well."""
    return lambda x: np.where(np.isnan(_values(f, x)), np.nan, _values(derivative, x))


def _has_pole(f: Curve, x: Any, size: Any) -> bool:
    """Tell whether the tallest point grows without end as its surroundings are searched."""
    peak = int(np.argmax(size))
    left, right = x[max(peak - 1, 0)], x[min(peak + 1, len(x) - 1)]
    tallest = size[peak]
    for _ in range(2 * HALVINGS):
        thirds = left + (right - left) * np.array([1, 2]) / 3
        first, second = np.abs(_values(f, thirds))
        left, right = (left, thirds[1]) if first >= second else (thirds[0], right)
        tallest = max(tallest, first, second)
    return bool(tallest > 1000 * size[peak])


def _values(f: Curve, x: Any) -> Any:
    """Return f at an array of points, in the shape of the points."""
    try:
        with no_grad():
            y = np.asarray(raw(f(Tensor(x))), float)
    except (TypeError, ValueError) as error:
        first, *_ = str(error).splitlines() or [type(error).__name__]
        raise refusal(
            TypeError,
            f"plot calls a function with an array of points, and this one failed: {first}",
            f"{function_name(f)}(x), x of shape {x.shape}",
            "NumPy's functions instead of math's, np.where(x > 0, a, b) instead of if",
        ) from error
    if y.shape not in ((), x.shape):
        raise refusal(
            ValueError,
            "plot needs a function that gives one number for each point",
            f"{function_name(f)}(x) of shape {y.shape}, for x of shape {x.shape}",
            "a function of each element, such as lambda x: np.exp(-x * x)",
        )
    return np.broadcast_to(y, x.shape)


def _listed(f: Any) -> list[Curve]:
    if not isinstance(f, Iterable) or isinstance(f, (str, bytes, Tensor, np.ndarray)):
        _function(f)
    return list(f)


def _function(f: Any) -> Curve:
    if not callable(f):
        raise refusal(
            TypeError,
            f"plot draws functions, not {kind_of(f)}",
            f"plot({f!r:.40})",
            "plot(np.tanh, -10, 10), or plot([np.tanh, sigmoid], -10, 10)",
        )
    return f


def _formula(f: Curve) -> tuple[str, bool]:
    """Return what f is called, and whether that is LaTeX: by its row, by what it computes.

    What depends on x without a derivative, as a condition does, is written as its number: f has no
    formula where there is another one at another point.
    """
    found = {_formula_at(f, x) for x in (0.5, -1.25)}
    return found.pop() if len(found) == 1 else ("f", False)


def _formula_at(f: Curve, point: float) -> tuple[str, bool]:
    x = Tensor(point, requires_grad=True)

    def called(a: Any) -> str:
        return "x" if a is x else "" if type(a) is Tensor and a.args else brief(raw(a))

    try:
        with enable_grad(), np.errstate(all="ignore"):
            y = f(x)
    except Exception:  # noqa: BLE001  # drawing it will tell, and better
        return function_name(f), False
    if type(y) is Tensor and y.op is not None and y.args == (x,) and not y.params:
        return f"${y.op.tex.format('x')}$", True
    known = type(y) is Tensor and function_name(f) == "<lambda>"
    return expression(y, called) if known else function_name(f), False
