"""How fast the derivative of each common NumPy function is, beside one written by hand.

    python tests/functions.py                print the table
    python tests/functions.py -k sort -n 9   some rows, more rounds

Each row is a function of NumPy, summed, with its value and gradient by hand beside it: what somebody
writes who derives it on paper, for this function alone, and returns new arrays. It runs at 10 and at
a million elements; matrices are 3×3 and 1000×1000. Libraries, turns and ratios are those of
`speed.py`, but that a library runs all the rows in one process.
"""
# ruff: noqa: E501  # a row is a line of the table, however long

import argparse
import itertools
import json
import math
import os
import platform
import statistics
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from speed import (
    LIBRARIES,
    OURS,
    Library,
    Row,
    Step,
    Worker,
    close,
    interpreter,
    print_table,
    quantity,
    ratios,
    spread,
)  # fmt: skip

SIZES = 10, 10**6
LIMIT, LIMIT_HIPS = 1.3, 0.5  # the goals: of the time by hand; of HIPS's, at 10 elements
HIPS = "hips"


class Function(Row):
    """A function ``f(np, *arrays)`` that returns a scalar, and by hand ``(value, *gradients)``."""

    def __init__(
        self, name: str, f: Callable[..., Any], by_hand: Callable[..., Any],
        data: Callable[[int], Sequence[np.ndarray]] = lambda n: [uniform(n)],
    ) -> None:  # fmt: skip
        super().__init__(name)
        self.f, self.by_hand, self.arrays = f, by_hand, data

    def at(self, size: int) -> "Function":
        """Return the row with arrays of this size."""
        self.size = size
        return self

    def step_of(self, library: Library) -> Step:
        arrays = self.arrays(self.size)
        if library.package == "numpy":
            return lambda: self.by_hand(*arrays)
        from autograd import value_and_grad  # noqa: PLC0415  # ours or that of HIPS

        namespace = getattr(library, "anp", np)
        each = 0 if len(arrays) == 1 else tuple(range(len(arrays)))
        both = value_and_grad(lambda *xs: self.f(namespace, *xs), each)
        if type(library) is LIBRARIES["compiled"]:
            from autograd import compile as compiled  # noqa: PLC0415  # HIPS has none

            both = compiled(both)

        def step() -> Any:
            value, gradients = both(*arrays)
            return (value, gradients) if each == 0 else (value, *gradients)

        return step


# ── what the rows are run on ──────────────────────────────────────────────────────────────────
def uniform(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0.1, 0.9, shape)


def two(n: int) -> list[np.ndarray]:
    return [uniform(n), uniform(n, seed=1)]


def near_one(n: int) -> list[np.ndarray]:
    return [1 + 1e-4 * (uniform(n) - 0.5)]


def with_nan(n: int) -> list[np.ndarray]:
    return [np.where(np.arange(n) % 7, uniform(n), np.nan)]


def matrix(n: int) -> list[np.ndarray]:
    return [uniform(math.isqrt(n), math.isqrt(n))]


def two_matrices(n: int) -> list[np.ndarray]:
    return [*matrix(n), uniform(math.isqrt(n), math.isqrt(n), seed=1)]


def matrix_and_vector(n: int) -> list[np.ndarray]:
    return [*matrix(n), uniform(math.isqrt(n), seed=1)]


def two_sides(n: int) -> list[np.ndarray]:
    return two(math.isqrt(n))


def signal(n: int) -> list[np.ndarray]:
    return [uniform(n), uniform(9, seed=1)]


# ── by hand, where it takes more than a line ──────────────────────────────────────────────────
def softplus(x: Any) -> Any:
    y = np.logaddexp(0, x)
    return y.sum(), np.exp(x - y)


def power_half(x: Any) -> Any:
    y = x**-0.5
    return y.sum(), -0.5 * y / x


def logaddexp(x: Any, w: Any) -> Any:
    y = np.logaddexp(x, w)
    return y.sum(), np.exp(x - y), np.exp(w - y)


def hypot(x: Any, w: Any) -> Any:
    y = np.hypot(x, w)
    return y.sum(), x / y, w / y


def arctan2(x: Any, w: Any) -> Any:
    r = x * x + w * w
    return np.arctan2(x, w).sum(), w / r, -x / r


def var(x: Any) -> Any:
    d = x - x.mean()
    return (d * d).mean(), 2 / x.size * d


def std(x: Any) -> Any:
    d = x - x.mean()
    s = np.sqrt((d * d).mean())
    return s, d / (x.size * s)


def extreme(which: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def by_hand(x: Any) -> Any:
        i = which(x)
        g = np.zeros_like(x)
        g[i] = 1
        return x[i], g

    return by_hand


def logsumexp(x: Any) -> Any:
    m = x.max()
    e = np.exp(x - m)
    s = e.sum()
    return m + np.log(s), e / s


def norm(x: Any) -> Any:
    y = np.sqrt(x @ x)
    return y, x / y


def cumprod(x: Any) -> Any:
    y = np.cumprod(x)
    return y.sum(), np.cumsum(y[::-1])[::-1] / x


def at_places(q: float) -> Callable[[Any], Any]:
    def by_hand(x: Any) -> Any:
        place = q * (x.size - 1)
        low = int(place)
        order = np.argpartition(x, [low, low + 1])
        i, j, part = order[low], order[low + 1], place - low
        g = np.zeros_like(x)
        g[i], g[j] = 1 - part, part
        return (1 - part) * x[i] + part * x[j], g

    return by_hand


def nansum(x: Any) -> Any:
    present = ~np.isnan(x)
    return np.where(present, x, 0).sum(), present.astype(float)


def nanmean(x: Any) -> Any:
    present = ~np.isnan(x)
    n = present.sum()
    return np.where(present, x, 0).sum() / n, present / n


def average(x: Any, w: Any) -> Any:
    s = w.sum()
    y = (x * w).sum() / s
    return y, w / s, (x - y) / s


def weighted(f: Callable[[Any], Any], back: Callable[[Any], Any]) -> Callable[..., Any]:
    """Return f(x) weighted by a sequence, so that moving elements around matters."""

    def by_hand(x: Any, w: Any) -> Any:
        y = f(x)
        return (y * w).sum(), back(w), y

    return by_hand


def sort(x: Any, w: Any) -> Any:
    order = np.argsort(x)
    y, g = x[order], np.empty_like(x)
    g[order] = w
    return (y * w).sum(), g, y


def diff(x: Any) -> Any:
    d = x[1:] - x[:-1]
    g = np.zeros_like(x)
    g[1:] = 2 * d
    g[:-1] -= 2 * d
    return (d * d).sum(), g


def take(x: Any) -> Any:
    i = places(x)
    return x[i].sum(), np.bincount(i, minlength=x.size).astype(float)


def places(x: Any) -> np.ndarray:
    return np.arange(x.size) * 7 % x.size


def part(x: Any) -> Any:
    g = np.zeros_like(x)
    g[2:-2] = 1
    return x[2:-2].sum(), g


def rows_of(x: Any) -> Any:
    i = places(x)
    g = np.zeros_like(x)
    np.add.at(g, i, 1)
    return x[i].sum(), g


def interp(x: Any) -> Any:
    grid = np.linspace(0, 1, 20)
    values = np.sin(grid)
    i = np.searchsorted(grid, x) - 1
    slopes = np.diff(values) / np.diff(grid)
    return np.interp(x, grid, values).sum(), slopes[i]


def trapezoid(y: Any, x: Any) -> Any:
    d = np.diff(x)
    s = (y[1:] + y[:-1]) / 2
    gy, gx = np.zeros_like(y), np.zeros_like(x)
    gy[1:] = d / 2
    gy[:-1] += d / 2
    gx[1:] = s
    gx[:-1] -= s
    return (d * s).sum(), gy, gx


def convolve(x: Any, w: Any) -> Any:
    y = np.convolve(x, w)
    g = np.ones_like(y)
    return y.sum(), np.correlate(g, w, "valid"), np.correlate(g, x, "valid")


def fft(x: Any) -> Any:
    y = np.fft.rfft(x)
    g = 2 * y
    g[0] *= 2
    if x.size % 2 == 0:
        g[-1] *= 2
    return (y.real**2 + y.imag**2).sum(), np.fft.irfft(g, x.size) * x.size / 2


def matmul(a: Any, b: Any) -> Any:
    y = a @ b
    g = np.ones_like(y)
    return y.sum(), g @ b.T, a.T @ g


def outer(x: Any, w: Any) -> Any:
    y = np.outer(x, w)
    return (y**2).sum(), 2 * y @ w, x @ (2 * y)


def trace(x: Any) -> Any:
    return np.trace(x), np.eye(len(x))


def row_sums(x: Any, w: Any) -> Any:
    y = x.sum(axis=1)
    return (y * w).sum(), np.outer(w, np.ones(len(w))), y


def both_ways(a: Any, b: Any) -> Any:
    return (a * b).sum(), b.copy(), a.copy()


# fmt: off
ROWS = [
    # ── element by element ────────────────────────────────────────────────────────────────────
    Function("exp",        lambda np, x: np.exp(x).sum(),                 lambda x: ((y := np.exp(x)).sum(), y)),
    Function("expm1",      lambda np, x: np.expm1(x).sum(),               lambda x: ((y := np.expm1(x)).sum(), y + 1)),
    Function("log",        lambda np, x: np.log(x).sum(),                 lambda x: (np.log(x).sum(), 1 / x)),
    Function("log1p",      lambda np, x: np.log1p(x).sum(),               lambda x: (np.log1p(x).sum(), 1 / (1 + x))),
    Function("sqrt",       lambda np, x: np.sqrt(x).sum(),                lambda x: ((y := np.sqrt(x)).sum(), 0.5 / y)),
    Function("sin",        lambda np, x: np.sin(x).sum(),                 lambda x: (np.sin(x).sum(), np.cos(x))),
    Function("cos",        lambda np, x: np.cos(x).sum(),                 lambda x: (np.cos(x).sum(), -np.sin(x))),
    Function("tan",        lambda np, x: np.tan(x).sum(),                 lambda x: ((y := np.tan(x)).sum(), 1 + y * y)),
    Function("arcsin",     lambda np, x: np.arcsin(x).sum(),              lambda x: (np.arcsin(x).sum(), 1 / np.sqrt(1 - x * x))),
    Function("arctan",     lambda np, x: np.arctan(x).sum(),              lambda x: (np.arctan(x).sum(), 1 / (1 + x * x))),
    Function("sinh",       lambda np, x: np.sinh(x).sum(),                lambda x: (np.sinh(x).sum(), np.cosh(x))),
    Function("cosh",       lambda np, x: np.cosh(x).sum(),                lambda x: (np.cosh(x).sum(), np.sinh(x))),
    Function("tanh",       lambda np, x: np.tanh(x).sum(),                lambda x: ((y := np.tanh(x)).sum(), 1 - y * y)),
    Function("square",     lambda np, x: np.square(x).sum(),              lambda x: (np.square(x).sum(), 2 * x)),
    Function("reciprocal", lambda np, x: np.reciprocal(x).sum(),          lambda x: ((y := np.reciprocal(x)).sum(), -y * y)),
    Function("abs",        lambda np, x: np.abs(x).sum(),                 lambda x: (np.abs(x).sum(), np.sign(x))),
    Function("maximum",    lambda np, x: np.maximum(x, 0.5).sum(),        lambda x: (np.maximum(x, 0.5).sum(), (x > 0.5).astype(float))),
    Function("clip",       lambda np, x: np.clip(x, 0.3, 0.6).sum(),      lambda x: (np.clip(x, 0.3, 0.6).sum(), ((x > 0.3) & (x < 0.6)).astype(float))),
    Function("x ** 3",     lambda np, x: (x**3).sum(),                    lambda x: ((s := x * x, (s * x).sum())[1], 3 * s)),
    Function("x ** -0.5",  lambda np, x: (x**-0.5).sum(),                 power_half),
    Function("sigmoid",    lambda np, x: (1 / (1 + np.exp(-x))).sum(),    lambda x: ((y := 1 / (1 + np.exp(-x))).sum(), y * (1 - y))),
    Function("softplus",   lambda np, x: np.logaddexp(0, x).sum(),        softplus),
    Function("x + w",      lambda np, x, w: (x + w).sum(),                lambda x, w: ((x + w).sum(), np.ones_like(x), np.ones_like(w)), two),
    Function("x - w",      lambda np, x, w: (x - w).sum(),                lambda x, w: ((x - w).sum(), np.ones_like(x), np.full_like(w, -1)), two),
    Function("x * w",      lambda np, x, w: (x * w).sum(),                both_ways, two),
    Function("x / w",      lambda np, x, w: (x / w).sum(),                lambda x, w: ((y := x / w).sum(), 1 / w, -y / w), two),
    Function("logaddexp",  lambda np, x, w: np.logaddexp(x, w).sum(),     logaddexp, two),
    Function("hypot",      lambda np, x, w: np.sqrt(x * x + w * w).sum(), hypot, two),
    Function("arctan2",    lambda np, x, w: np.arctan2(x, w).sum(),       arctan2, two),
    Function("where",      lambda np, x, w: np.where(x > w, x, w).sum(),  lambda x, w: (np.where(c := x > w, x, w).sum(), c.astype(float), (~c).astype(float)), two),
    # ── reductions and scans ──────────────────────────────────────────────────────────────────
    Function("sum",        lambda np, x: np.sum(x),                       lambda x: (x.sum(), np.ones_like(x))),
    Function("mean",       lambda np, x: np.mean(x),                      lambda x: (x.mean(), np.full_like(x, 1 / x.size))),
    Function("var",        lambda np, x: np.var(x),                       var),
    Function("std",        lambda np, x: np.std(x),                       std),
    Function("prod",       lambda np, x: np.prod(x),                      lambda x: (y := x.prod(), y / x), near_one),
    Function("max",        lambda np, x: np.max(x),                       extreme(np.argmax)),
    Function("min",        lambda np, x: np.min(x),                       extreme(np.argmin)),
    Function("logsumexp",  lambda np, x: (m := np.max(x)) + np.log(np.sum(np.exp(x - m))), logsumexp),
    Function("norm",       lambda np, x: np.linalg.norm(x),               norm),
    Function("average",    lambda np, x, w: np.average(x, weights=w),     average, two),
    Function("cumsum",     lambda np, x: np.cumsum(x).sum(),              lambda x: (np.cumsum(x).sum(), np.arange(x.size, 0.0, -1))),
    Function("cumprod",    lambda np, x: np.cumprod(x).sum(),             cumprod, near_one),
    Function("median",     lambda np, x: np.median(x),                    at_places(0.5)),
    Function("quantile",   lambda np, x: np.quantile(x, 0.3),             at_places(0.3)),
    Function("nansum",     lambda np, x: np.nansum(x),                    nansum, with_nan),
    Function("nanmean",    lambda np, x: np.nanmean(x),                   nanmean, with_nan),
    # ── shapes and places ─────────────────────────────────────────────────────────────────────
    Function("reshape",    lambda np, x, w: (np.reshape(x, -1) * np.reshape(w, -1)).sum(),            both_ways, two_matrices),
    Function("transpose",  lambda np, x, w: (np.transpose(x) * w).sum(),  lambda x, w: ((x.T * w).sum(), w.T.copy(), x.T.copy()), two_matrices),
    Function("concatenate", lambda np, x, w: (np.concatenate((x, w)) ** 2).sum(),                     lambda x, w: ((np.concatenate((x, w)) ** 2).sum(), 2 * x, 2 * w), two),
    Function("stack",      lambda np, x, w: (np.stack((x, w)) ** 2).sum(), lambda x, w: ((np.stack((x, w)) ** 2).sum(), 2 * x, 2 * w), two),
    Function("x[2:-2]",    lambda np, x: x[2:-2].sum(),                   part),
    Function("x[i]",       lambda np, x: x[places(x)].sum(),              rows_of),
    Function("take",       lambda np, x: np.take(x, places(x)).sum(),     take),
    Function("flip",       lambda np, x, w: (np.flip(x) * w).sum(),       weighted(np.flip, lambda w: np.flip(w).copy()), two),
    Function("roll",       lambda np, x, w: (np.roll(x, 3) * w).sum(),    weighted(lambda x: np.roll(x, 3), lambda w: np.roll(w, -3)), two),
    Function("repeat",     lambda np, x: (np.repeat(x, 3) ** 2).sum(),    lambda x: ((np.repeat(x, 3) ** 2).sum(), 6 * x)),
    Function("tile",       lambda np, x: (np.tile(x, 3) ** 2).sum(),      lambda x: ((np.tile(x, 3) ** 2).sum(), 6 * x)),
    Function("pad",        lambda np, x: (np.pad(x, 2, "constant") ** 2).sum(),                       lambda x: ((np.pad(x, 2) ** 2).sum(), 2 * x)),
    Function("sort",       lambda np, x, w: (np.sort(x) * w).sum(),       sort, two),
    Function("diff",       lambda np, x: (np.diff(x) ** 2).sum(),         diff),
    Function("broadcast",  lambda np, x, w: (x * w).sum(),                lambda x, w: ((x * w).sum(), np.ones((len(x), 1)) * w, x.sum(axis=0)), matrix_and_vector),
    # ── products ──────────────────────────────────────────────────────────────────────────────
    Function("dot",        lambda np, x, w: np.dot(x, w),                 lambda x, w: (x @ w, w.copy(), x.copy()), two),
    Function("inner",      lambda np, x, w: np.inner(x, w),               lambda x, w: (x @ w, w.copy(), x.copy()), two),
    Function("outer",      lambda np, x, w: (np.outer(x, w) ** 2).sum(),  outer, two_sides),
    Function("matmul",     lambda np, a, b: (a @ b).sum(),                matmul, two_matrices),
    Function("A @ x",      lambda np, a, b: (a @ b).sum(),                lambda a, b: ((a @ b).sum(), np.ones((len(a), 1)) * b, a.sum(axis=0)), matrix_and_vector),
    Function("tensordot",  lambda np, a, b: np.tensordot(a, b, 1).sum(),  matmul, two_matrices),
    Function("einsum",     lambda np, x, w: (np.einsum("ij->i", x) * w).sum(), row_sums, matrix_and_vector),
    Function("trace",      lambda np, x: np.trace(x),                     trace, matrix),
    # ── curves and signals ────────────────────────────────────────────────────────────────────
    Function("interp",     lambda np, x: np.interp(x, np.linspace(0, 1, 20), np.sin(np.linspace(0, 1, 20))).sum(), interp),
    Function("trapezoid",  lambda np, y, x: np.trapezoid(y, x),           trapezoid, lambda n: [uniform(n), np.sort(uniform(n, seed=1))]),
    Function("convolve",   lambda np, x, w: np.convolve(x, w).sum(),      convolve, signal),
    Function("fft",        lambda np, x: (np.abs(np.fft.rfft(x)) ** 2).sum(), fft),
]
# fmt: on


# ── the processes ─────────────────────────────────────────────────────────────────────────────
class Runner(Worker):
    """The process in which a library runs the rows that it is told."""

    def take(self, row: int, size: int) -> Any:
        """Return what all libraries must agree on; None where the library lacks the function."""
        return self.ask(f"{row} {size}")


def work(library: str) -> None:
    """Be a worker: take up the row that comes in; measure it at each empty line."""
    subject, row = LIBRARIES[library](), ROWS[0]
    for line in sys.stdin:
        if not line.strip():
            print(row.measure(), flush=True)
            continue
        i, size = map(int, line.split())
        row = ROWS[i].at(size)
        try:
            told = row.prepare(subject)
        except (AttributeError, NotImplementedError, TypeError, ValueError):
            if library != HIPS:
                raise
            told = None
        print(json.dumps(told), flush=True)


def compare(i: int, size: int, runners: dict[str, Runner], rounds: int) -> dict[str, list[float]]:
    """Let the libraries take turns. Raises AssertionError where their gradients differ."""
    asked = {n: runner for n, runner in runners.items() if n != HIPS or size == SIZES[0]}
    told = {name: runner.take(i, size) for name, runner in asked.items()}
    some = {name: numbers for name, numbers in told.items() if numbers is not None}
    for (one, expected), (other, got) in itertools.pairwise(some.items()):
        assert all(map(close, got, expected)), f"{ROWS[i].name}: {one} {expected}, {other} {got}"
    figures: dict[str, list[float]] = {name: [] for name in some}
    for _ in range(rounds):
        for name in some:
            figures[name].append(runners[name].measure())
    return figures


def cell(figures: dict[str, list[float]], who: str, than: str, limit: float) -> str:
    """Return a ratio, and what is too much about it."""
    if than not in figures:
        return ""
    found = ratios(figures[who], figures[than])
    return spread(found) + (" ✗" if statistics.median(found) > limit else "")


def line(i: int, runners: dict[str, Runner], rounds: int) -> list[str]:
    """Measure one row at each size: our figure, then the ratios."""
    print(ROWS[i].name, file=sys.stderr)
    cells = [ROWS[i].name]
    for size in SIZES:
        figures = compare(i, size, runners, rounds)
        cells.append(quantity(statistics.median(figures["numpy"]), "s"))
        cells += [cell(figures, who, "numpy", LIMIT) for who in OURS]
        if size == SIZES[0]:
            cells += [cell(figures, who, HIPS, LIMIT_HIPS) for who in OURS]
    return cells


def main() -> None:
    parser = argparse.ArgumentParser(description="Time the derivatives of NumPy's functions.")
    folder = Path.home() / ".cache" / "retrograd-peers"
    parser.add_argument("--peers", type=Path, default=folder, help="folder of their environments")
    parser.add_argument("-k", metavar="TEXT", default="", help="only rows whose name contains it")
    parser.add_argument("-n", metavar="ROUNDS", type=int, default=5, help="5 unless told")
    parser.add_argument("--worker", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        work(options.worker[0])
        return
    pythons = {name: interpreter(options.peers, name) for name in ("numpy", *OURS, HIPS)}
    runners = {n: Runner(n, python, 0) for n, python in pythons.items() if Path(python).exists()}
    chosen = [i for i, row in enumerate(ROWS) if options.k in row.name]
    lines = [line(i, runners, options.n) for i in chosen]
    head = ["function", "10: NumPy", "eager ÷", "compiled ÷", "eager ÷ HIPS", "compiled ÷ HIPS"]
    print_table([[*head, "10⁶: NumPy", "eager ÷", "compiled ÷"], *lines])
    for runner in runners.values():
        runner.stop()
    cores = f"{os.cpu_count()} cores, Python {platform.python_version()}"
    print(f"\n{cores}; medians of {options.n} rounds (smallest–largest).")
    print(f"✗: more than {LIMIT} × NumPy, or more than {LIMIT_HIPS} × HIPS at {SIZES[0]} elements.")


if __name__ == "__main__":
    main()
