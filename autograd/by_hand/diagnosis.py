"""The fewest mistakes that explain a gradient; else, where it is wrong."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import prod
from typing import Any

import numpy as np

from autograd.by_hand.graph import Graph
from autograd.tensor import raw
from autograd.view.derivation.writing import array_text
from autograd.view.graph.spelling import are, number

RTOL = 1e-3
"""Hand derivations are rounded on the way: so much relative error in an entry is no mistake."""

ATOL = 1e-5
"""Nor is so much of the largest entry, where the digits of a small one have cancelled."""

TOGETHER = 2
"""So many mistakes in one gradient are told apart."""

LISTED = 4
"""So many wrong entries are written out."""


@dataclass(frozen=True, slots=True)
class Part:
    """One mistake in words."""

    kind: str
    what: str
    instead: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A gradient that mistakes in the sweep lead to; without any, the right one."""

    array: Any
    parts: tuple[Part, ...] = ()
    cost: int = 0


Factors = Sequence[tuple[float, tuple[Part, ...]]]


# ── what is close enough ──────────────────────────────────────────────────────────────────────
def _decimals(given: np.ndarray) -> float:
    """Return how many decimals were typed, if perhaps in float32; ∞ where nobody typed so many."""
    finite = given[np.isfinite(given)]
    dust = 1e-12 * np.max(np.abs(finite), initial=0.0)
    typed = (d for d in range(9) if np.allclose(finite, finite.round(d), 2e-7, dust))
    return next(typed, np.inf)


def unit_of(given: np.ndarray) -> float:
    """Return the unit of the last decimal; of the fourth, where fewer than three were typed.

    The last ones may have been zeros. A 0 alone is no rounded number, nor is what was computed.

    >>> unit_of(np.array([0.333, 0.5])), unit_of(np.array(0.5)), unit_of(np.array(0.333333))
    (0.001, 0.0001, 1e-06)
    >>> unit_of(np.array(2.56e-15))
    0.0
    """
    decimals = _decimals(given)
    return 10.0 ** -(decimals if decimals >= 3 else 4) if np.any(given) else 0.0


def close(given: Any, expected: Any, unit: float) -> bool:
    """Tell whether a gradient is right: its shape, and each entry."""
    return np.shape(given) == np.shape(expected) and bool(np.all(_same(given, expected, unit)))


def _same(given: Any, expected: Any, unit: float) -> Any:
    size = np.abs(expected)
    largest = np.max(size, initial=0.0, where=np.isfinite(size))
    return np.isclose(given, expected, RTOL, 1.001 * unit + ATOL * largest, equal_nan=True)


# ── mistakes that need no sweep ───────────────────────────────────────────────────────────────
def factors_of(graph: Graph) -> Factors:
    """List what a gradient may be multiplied by: −1, N, exponents, and two of them together."""
    single = [(-1.0, Part("sign", "the sign is flipped", "multiply by −1"))]
    counts = sorted(set(filter(None, map(graph.averaged, graph.nodes))))
    for n in counts:
        missing = f"1/N is missing (N = {n})"
        single.append((n, Part("missing 1/N", missing, f"divide by {n}")))
    for p in sorted({p for node in graph.nodes if (p := _exponent(node)) is not None}):
        text = number(p)
        lost, more = f"the {text} of the power is missing", f"there is an extra factor {text}"
        single.append((1 / p, Part("exponent", lost, f"multiply by {text}")))
        single.append((p, Part("exponent", more, f"divide by {text}")))
    for n in counts:
        extra = f"there is an extra 1/N (N = {n})"
        single.append((1 / n, Part("extra 1/N", extra, f"multiply by {n}")))
    pairs = [(f * g, (a, b)) for (f, a), (g, b) in combinations(single, 2) if a.kind != b.kind]
    return [(1.0, ()), *((f, (part,)) for f, part in single), *pairs]


def _exponent(node: Any) -> float | None:
    """Return the constant p of a power, unless it makes no factor."""
    if node.op.fn is np.square:
        return 2.0
    p = raw(node.args[-1])
    if node.op.symbol != "xʸ" or np.ndim(p) or abs(p) in (0, 1):
        return None
    return float(p)


def _shapings(
    given: np.ndarray, wrong: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray, tuple[Part, ...]]]:
    """Yield ways to compare two arrays: as they are, or transposed, reshaped, summed."""
    have, need = given.shape, wrong.shape
    if have == need:
        yield given, wrong, ()
    if len(have) == 2 and have == need[::-1]:
        yield given.T, wrong, (Part("transposed", "it is transposed", f"take .T, of shape {need}"),)
    if have == need:
        return
    right_shape = f"a gradient has its tensor's shape, {need}"
    if given.size == wrong.size:
        reshape = f"reshape it: {right_shape}"
        part = Part("shape", f"the numbers are right, but its shape is {have}", reshape)
        yield given.reshape(need), wrong, (part,)
    for axes, keep in _sums(have):
        if given.size > wrong.size and _summed(have, axes, keep=keep) == need:
            what = f"it is not summed over {_named(axes, have)}"
            part = Part("not summed", what, f"sum over {_named(axes)}: {right_shape}")
            yield np.sum(given, axes, keepdims=keep), wrong, (part,)
    for axes, keep in _sums(need):
        if given.size < wrong.size and _summed(need, axes, keep=keep) == have:
            what = f"it is summed over {_named(axes, need)}"
            part = Part("summed", what, f"leave out this sum: {right_shape}")
            yield given, np.sum(wrong, axes, keepdims=keep), (part,)


def _sums(shape: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], bool]]:
    for n in range(1, min(len(shape), 4) + 1):
        for axes in combinations(range(len(shape)), n):
            yield axes, False
            yield axes, True


def _summed(shape: tuple[int, ...], axes: tuple[int, ...], *, keep: bool) -> tuple[int, ...]:
    kept = (1 if a in axes else n for a, n in enumerate(shape) if keep or a not in axes)
    return tuple(kept)


def _named(axes: tuple[int, ...], shape: tuple[int, ...] = ()) -> str:
    """Write ``axis 0``, or ``axis 0 (N = 4)``."""
    text = f"ax{'i' if len(axes) == 1 else 'e'}s {', '.join(map(str, axes))}"
    return f"{text} (N = {prod(shape[a] for a in axes)})" if shape else text


# ── the diagnosis ─────────────────────────────────────────────────────────────────────────────
def diagnose(
    given: np.ndarray, candidates: Sequence[Candidate], factors: Factors, loss: str = "loss"
) -> tuple[str, str, list[tuple[str, ...]]]:
    """Say what went wrong, what to do, and of which kinds of mistakes each reading is made.

    Parameters
    ----------
    given : a gradient that is not right.
    candidates : the right one first, then those of the mistakes.
    factors : those of the operations between its tensor and the result.
    loss : what the result is called, for the advice.
    """
    readings: list[tuple[Part, ...]] = []
    best, unit = TOGETHER, unit_of(given)
    for candidate in candidates:
        for hand, wrong, shaped in _shapings(given, np.asarray(candidate.array)):
            norm = np.vdot(wrong, wrong)
            ratio = np.vdot(hand, wrong) / norm if norm else 0.0
            alone = _tells_little(hand)
            for factor, parts in factors:
                cost = candidate.cost + len(shaped) + len(parts)
                if not 0 < cost <= best or abs(ratio - factor) > abs(factor) / 4:
                    continue
                # any two mistakes explain one number: only a factor may be made of two
                if alone and cost > max(1, len(parts)):
                    continue
                if close(hand, factor * wrong, unit):
                    reading = (*candidate.parts, *shaped, *parts)
                    readings = [*readings, reading] if cost == best else [reading]
                    best = cost
    if not readings:
        what, instead, kinds = _where(given, np.asarray(candidates[0].array), unit, loss)
        return what, instead, [kinds]
    # a missing step has no formula of its own: every other reading says more
    readings = [r for r in readings if all(p.kind != "step" for p in r)] or readings
    told: dict[frozenset[str], tuple[Part, ...]] = {}
    for reading in readings:
        told.setdefault(frozenset(p.kind for p in reading), reading)
    first = readings[0][0].kind
    if first in SEEN:
        told = {kinds: reading for kinds, reading in told.items() if first in kinds}
    kept = [*told.values()][:2]
    what = "; or ".join(dict.fromkeys(" and ".join(p.what for p in r) for r in kept))
    instead = "; or ".join(dict.fromkeys("; ".join(p.instead for p in r) for r in kept))
    return what, instead, [tuple(p.kind for p in r) for r in kept]


SEEN = {"sign", "transposed", "not summed", "summed"}
"""What the numbers themselves show needs no second reading without it."""


def _tells_little(hand: np.ndarray) -> bool:
    """Tell whether an array is one number, up to signs and zeros."""
    sizes = np.abs(hand[np.isfinite(hand) & (hand != 0)])
    return bool(sizes.size < 2 or np.allclose(sizes, sizes[0], RTOL))


def _where(
    given: np.ndarray, right: np.ndarray, unit: float, loss: str
) -> tuple[str, str, tuple[str, ...]]:
    """Say which entries are wrong, where no mistake explains them all."""
    if given.shape != right.shape:
        what = f"its shape is {given.shape}, and its tensor's is {right.shape}"
        return what, "one number for each entry of the tensor", ("shape",)
    if np.isnan(given).any() and not np.isnan(right).any():
        return "it holds NaN, which is no number", "finite numbers", ("nan",)
    if not np.any(given):
        what = "it is 0, as if the loss did not depend on it"
        return what, "follow every path to the loss", ("zero",)
    off = np.abs(given - right)
    if np.all(off <= 0.5 / 10 ** _decimals(given)) and np.sum(off) < np.sum(np.abs(right)) / 4:
        return "it is rounded too far", "give four decimals, or a fraction", ("rounded",)
    norm = np.vdot(right, right)
    ratio = np.vdot(given, right) / norm if norm else 0.0
    if not _tells_little(given) and close(given, ratio * right, unit):  # zeros are right, too
        what = f"it is {number(ratio)} times the right one"
        return what, "look for a constant factor", ("factor",)
    wrong = ~_same(given, right, unit)
    places = [tuple(map(int, index)) for index in np.argwhere(wrong)]
    if len(places) == given.size:
        what = "it is wrong, and no known mistake explains it"
        instead = f"derive it again, node by node: {loss}.backward_steps() shows each"
        return what, instead, ("unknown",)
    rows = {place[0] for place in places}
    if given.ndim == 2 and len(rows) == 1:
        (row,) = rows
        for other in range(len(right)):
            if close(given[row], right[other], unit):
                what = f"row {row} holds the numbers of row {other}"
                return what, f"row {row} is {array_text(right[row])}", ("row",)
    texts = [f"{list(p)} is {number(given[p])}, not {number(right[p])}" for p in places[:LISTED]]
    if len(places) > LISTED:
        texts.append(f"and {len(places) - LISTED} more")
    rest = given.size - len(places)
    what = f"{rest} of {given.size} entries {are(rest)} right: {'; '.join(texts)}"
    flipped = close(given[wrong], -right[wrong], unit)
    these = "this" if len(places) == 1 else "these"
    return what, f"turn the sign of {these}" if flipped else f"look at {these} again", ("some",)
