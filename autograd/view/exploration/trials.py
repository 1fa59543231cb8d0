"""Trials: whether a formula, read at one point, is worth what the rule sends at others, too."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autograd.view.derivation.formula import WHERE, Call, Formula, Leaf, worth

TRIALS = (-1e3, -1.5, -0.5, 0.0, 0.5, 1.5, 1e3)
"""Where a derivative with branches is looked at, to find them."""

ENTRIES = tuple(v for v in TRIALS if v)
"""The entries of arrays there."""

TIES = (0.0, 0.5, -0.5, 1.5, -1.5)
"""The entries of arrays of which some are equal."""

ARRIVING = (0.7, -1.3, 2.1, 0.4, -0.6)
"""The gradient that arrives there."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A rule that was read at a point.

    Attributes
    ----------
    formula : how it reads there.
    sent : what it sends there.
    values : what the names in the formula stand for there.
    """

    formula: Formula
    sent: Any
    values: Mapping[str, Any]


def elsewhere(own: Sequence[Any]) -> Iterator[list[Any]]:
    """Yield other numbers for the arguments of an operation, no two of them equal.

    >>> next(elsewhere([np.zeros(2), np.arange(2)]))
    [array([-1000. ,    -1.5]), array([0, 1])]
    """
    for k in range(len(ENTRIES)):
        yield [_like(x, np.roll(ENTRIES, k * (j + 1)) * 1.125**j) for j, x in enumerate(own)]


def in_ties(own: Sequence[Any]) -> Iterator[list[Any]]:
    """Yield other numbers for the arguments, of which every second entry is the same.

    >>> next(in_ties([np.zeros(3), np.zeros(3)]))
    [array([ 0. ,  0.5, -0.5]), array([ 0. , -0.5, -0.5])]
    """
    for sign in (1, -1):
        signs = (np.resize((sign, sign * (-1) ** j), len(TIES)) for j in range(len(own)))
        yield [_like(x, s * np.array(TIES)) for x, s in zip(own, signs, strict=True)]


def _like(x: Any, entries: Any) -> Any:
    """Repeat entries in the shape of an array; integers, and all else, stay as they are."""
    kind = np.asarray(x).dtype.kind
    if kind not in "fb":
        return x
    return np.resize(entries if kind == "f" else entries > 0, np.shape(x))[()]


def holding(readings: Sequence[Reading | None]) -> list[Formula]:
    """Return the formulas that come to what is sent at all the points."""
    known = [reading for reading in readings if reading]
    return [r.formula for r in known if all(_is_worth(r.formula, there) for there in known)]


def _is_worth(formula: Formula, there: Reading) -> bool:
    def moved(part: Formula) -> Formula:
        if isinstance(part, Call):
            return replace(part, args=tuple(map(moved, part.args)))
        return Leaf(part.name, there.values[part.name]) if isinstance(part, Leaf) else part

    with np.errstate(all="ignore"):
        value = worth(moved(formula))
    alike = np.size(value) == np.size(there.sent)  # ravel makes a row of a number
    try:
        value = (np.reshape if alike else np.broadcast_to)(value, np.shape(there.sent))
    except ValueError:
        return False
    return np.allclose(value, there.sent, rtol=1e-6, atol=1e-9, equal_nan=True)


def has_condition(formula: Formula) -> bool:
    """Tell whether one of two branches is chosen in a formula."""
    if not isinstance(formula, Call):
        return False
    return formula.op is WHERE or any(map(has_condition, formula.args))
