"""Checks of derivatives against numerical ones."""

import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from autograd.base.errors import function_name, refusal
from autograd.base.tree import flatten
from autograd.functional import vjp

STEPS = ((-8, -11, -14, -17), (-20, -26, -32, -38))
"""As powers of two, so that x + step loses nothing; the one with the smallest error counts.

The second ones are tried where the function changes, or ends, within the first.
"""
OF_LARGE = ((-45, -42, -39, -36), (-33, -30, -27, -24), STEPS[0])
"""Those of arguments from 2**20 on, in proportion; smaller ones than the first would be rounded."""
TINY = 1e-100
SECOND = -2.0  # no rounding
"""A second gradient is so many times the first: a rule may forget g where g is 1."""


def check_grads(f: Callable[..., Any], args: Any, order: int = 2) -> None:
    """Raise unless the derivatives of f agree with numerical ones, up to `order`.

    The numerical derivative is a complex step where f is analytic (exact to rounding: W. Squire
    and G. Trapp, SIAM Review 40, 1998), else a central difference of fourth order.

    Parameters
    ----------
    f : a function of arrays that returns arrays (or containers of them).
    args : its arguments: a tuple, or the only one. Checked in float64; complex ones in complex128,
        along the real and the imaginary axis, by the convention of `grad`.
    order : how often the derivative is itself differentiated and checked.

    Raises
    ------
    AssertionError : says which argument, which element, what was expected and what was got.
    ValueError : where f has a kink at these arguments, or one is not finite, so that no derivative
        can be checked.

    Examples
    --------
    >>> import numpy as np
    >>> from autograd import check_grads, primitive
    >>> check_grads(lambda a, b: np.sum(np.sin(a) * b), (np.ones(3), np.arange(3.0)))
    >>> wrong = primitive(lambda x: x * x)
    >>> wrong.defvjp(lambda g, y, x: g * x)
    >>> check_grads(wrong, 3.0)
    Traceback (most recent call last):
        ...
    AssertionError: the derivative is wrong
      where: <lambda>, argument 0, order 1: expected 6, got 3
      instead: a rule that gives the expected derivative
    """
    args = args if isinstance(args, tuple) else (args,)
    leaves, rebuild = flatten(list(args))
    xs = [np.asarray(x, np.complex128 if np.iscomplexobj(x) else np.float64)[()] for x in leaves]
    positions = [i for i, arg in enumerate(args) for _ in flatten(arg)[0]]
    random = np.random.default_rng(0)

    def flat(*leaves: Any) -> Any:
        return f(*rebuild(leaves))

    _check(flat, xs, random, function_name(f), positions, 1, order)


def _check(
    f: Callable[..., Any], xs: list[Any], random: np.random.Generator, name: str,
    positions: list[int], order: int, last: int,
) -> None:  # fmt: skip
    every = tuple(range(len(xs)))
    pull, value = vjp(f, every)(*xs)
    results, rebuild = flatten(value)
    # a real number is checked as it is, anything else as a random sum of its elements
    curved = [np.iscomplexobj(y) for y in results]
    alone = len(results) == 1 and np.ndim(results[0]) == 0 and not curved[0]
    weights = [np.ones(()) if alone else along(random, y) for y in results]
    seed = rebuild([np.asarray(w)[()] for w in weights])
    got = pull(seed)
    with np.errstate(all="ignore"):  # twice as much may be too much
        doubled = [SECOND * first for first in got]
        again = pull(rebuild([np.asarray(SECOND * w)[()] for w in weights]))
    for i, (first, second) in enumerate(zip(doubled, again, strict=True)):
        size = np.max(np.abs(second), initial=0.0, where=np.isfinite(second))
        if not np.allclose(first, second, 0, 1e-6 * size, equal_nan=True):
            raise refusal(
                AssertionError,
                "the derivative is not linear in the gradient that arrives",
                f"{name}, argument {positions[i]}, order {order}: g and {SECOND} g are sent, "
                f"and {SECOND} times the first result is not the second",
                "a rule with g as a factor, as lambda g, y, x: g * y",
            )

    def weighted(*points: Any) -> Any:
        total = sum(np.sum(w * y) for w, y in zip(weights, flatten(f(*points))[0], strict=True))
        return np.real(total) if any(curved) else total

    for i, x in enumerate(xs):
        for direction in by_size(x, along(random, x)):
            expected, error = directional(weighted, xs, i, direction, order == 1)
            if not _close(np.sum(got[i] * direction).real, expected, error, got[i], direction):
                where = f"{name}, argument {positions[i]}"
                _blame(weighted, xs, i, np.asarray(got[i]), where, order)
    if order < last:
        # the next order differentiates the pull, with respect to the arguments
        def gradient(*points: Any) -> Any:
            return vjp(f, every)(*points)[0](seed)

        _check(gradient, xs, random, name, positions, order + 1, last)


def along(random: np.random.Generator, x: Any) -> Any:
    """Return a random direction in the space of x, of a few bits: x + step loses nothing."""
    parts = random.standard_normal((1 + np.iscomplexobj(x), *np.shape(x)))
    parts = (np.floor(64 * parts) + 0.5) / 64  # never 0
    return parts[0] + 1j * parts[1] if np.iscomplexobj(x) else parts[0]


def by_size(x: Any, direction: Any) -> Iterator[Any]:
    """Yield what a direction has in the elements that are not large, and in those that are.

    Their steps differ, and so no step of both would tell anything.
    """
    large = np.abs(x) >= 2.0**20
    for part in (~large, large):
        if np.any(part):
            yield np.where(part, direction, 0)[()]


def directional(
    f: Callable[..., Any], xs: list[Any], i: int, direction: Any, analytic: bool
) -> tuple[float, float]:
    """Return the numerical derivative of f at xs[i] along a direction, and its likely error."""

    def at(t: Any) -> Any:
        return f(*xs[:i], xs[i] + t * direction, *xs[i + 1 :])

    if not np.all(np.isfinite(xs[i])):
        raise refusal(
            ValueError,
            "an argument is not finite: there is no derivative to check",
            f"argument {i}, of shape {np.shape(xs[i])}",
            "finite arguments: np.isfinite(x).all()",
        )
    with np.errstate(all="ignore"):
        here = float(at(0.0))
        for powers, unit in _steps(np.asarray(xs[i])[np.asarray(direction) != 0]):
            tried = [(*_central(at, here, 2.0**power), 2.0**power) for power in powers]
            difference, error, step = min(tried, key=lambda d: d[1] if d[1] == d[1] else np.inf)
            least = 1e-3 / max(unit, 1.0)
            if error <= 1e-4 * max(abs(difference), 1e-6 * abs(here) / unit, least):
                break
        else:
            raise refusal(
                ValueError,
                "the function has a kink here: it has no derivative to check",
                f"argument {i}, of shape {np.shape(xs[i])}",
                "other arguments, away from ties, from 0 and from bounds",
            )
        # what cancels on the way to f, as in 1 + erf(x), is rounded as x is
        moved = np.abs(xs[i])[np.asarray(direction) != 0]
        error += 4e-16 * float(np.max(moved, initial=0.0)) / step
        if not analytic or np.iscomplexobj(xs[i]):
            return difference, error
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", np.exceptions.ComplexWarning)
                exact = float(np.imag(at(1j * TINY))) / TINY
        except (TypeError, ValueError, NotImplementedError, np.exceptions.ComplexWarning):
            return difference, error  # f is not made for complex numbers
    if abs(exact - difference) <= 10 * error + 1e-6 * abs(difference):
        unit = max(unit, 1.0)
        return exact, 1e-14 * max(abs(difference), abs(here) / unit, 1e-3 / unit)
    return difference, error


def _steps(x: Any) -> list[tuple[Sequence[int], float]]:
    """Return lists of steps, to be tried in turn, each with the size that its derivatives are of.

    A function changes over lengths of its own, as a sine, or in proportion to its argument, as a
    logarithm.
    """
    usual: list[tuple[Sequence[int], float]] = [(powers, 1.0) for powers in STEPS]
    sizes = np.abs(x)[x != 0]
    if not sizes.size:
        return usual
    low, high = (int(np.frexp(size)[1]) for size in (sizes.min(), sizes.max()))
    if high > 20:
        return [([high + k for k in powers], 2.0 ** (high - 1)) for powers in OF_LARGE]
    small = [max(low + k, high - 45, -1000) for k in STEPS[0]]
    return [*usual, (small, 2.0 ** (small[0] - STEPS[0][0]))]


def _central(at: Callable[[Any], Any], here: float, step: float) -> tuple[float, float]:
    """Return the central difference of fourth order, and its likely error."""
    up, down, far_up, far_down = (float(at(t * step)) for t in (1, -1, 2, -2))
    near, far = (up - down) / (2 * step), (far_up - far_down) / (4 * step)
    sided = (up - here) / step - (here - down) / step  # goes to 0 with the step, but for a kink
    bend = (far_up - here) / (2 * step) - (here - far_down) / (2 * step)
    kink = abs(sided) if abs(sided) > 0.75 * abs(bend) else 0.0
    rounding = 4e-16 * max(map(abs, (up, down, far_up, far_down))) / step
    return (4 * near - far) / 3, abs(near - far) / 30 + rounding + (
        kink if kink > 1e3 * rounding else 0.0
    )


def _close(got: float, expected: float, error: float, gradient: Any, direction: Any) -> bool:
    size = float(np.sum(np.abs(gradient * direction)))
    return bool(abs(got - expected) <= 100 * error + 1e-10 * size)


def _blame(
    f: Callable[..., Any], xs: list[Any], i: int, got: np.ndarray, where: str, order: int
) -> None:
    """Find the element whose derivative is furthest off, and raise."""
    worst, report = -1.0, ""
    for index in np.ndindex(*got.shape):
        along = np.zeros(got.shape)
        along[index] = 1
        expected: complex = directional(f, xs, i, along, order == 1)[0]
        if np.iscomplexobj(got):  # dx - i dy
            expected -= 1j * directional(f, xs, i, 1j * along, order == 1)[0]
        off = float(abs(expected - got[index]) / max(abs(expected), 1e-12))
        if off > worst or np.isnan(off):
            element = f", element {index}" if index else ""
            worst = off
            numbers = f"expected {expected:.6g}, got {got[index]:.6g}"
            report = f"{where}{element}, order {order}: {numbers}"
    raise refusal(
        AssertionError,
        "the derivative is wrong",
        report,
        "a rule that gives the expected derivative",
    )
