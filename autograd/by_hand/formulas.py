"""Wrong derivatives of one operation, as people write them by hand: one line for each."""

import operator
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from autograd.rules.neural import sigmoid

Formula = tuple[int, str, str, Callable[..., Any]]
"""Which argument, the kind of the mistake, what is wrong, and the slope ``(y, *x)`` it leads to."""

OWN = "a factor is multiplied by itself, not by the other one"
COMES_DOWN, LOWERED = "the exponent does not come down", "the exponent is not lowered by 1"

# fmt: off
POWERS: list[Formula] = [
    (0, "exponent", COMES_DOWN, lambda y, x, p: x ** (p - 1.0)),
    (0, "factor",   LOWERED,    lambda y, x, p: p * x ** p),
]
WRONG: dict[Callable[..., Any], list[Formula]] = {
    np.multiply: [
        (0, "factor", OWN, lambda y, a, b: a),
        (1, "factor", OWN, lambda y, a, b: b),
    ],
    np.divide: [
        (1, "factor", "the denominator is not squared",         lambda y, a, b: -a / b),
        (1, "factor", "the minus of the quotient rule is lost", lambda y, a, b: a / b**2.0),
    ],
    operator.pow: POWERS,
    np.power:     POWERS,
    np.square: [
        (0, "exponent", COMES_DOWN, lambda y, x: x),
        (0, "factor",   LOWERED,    lambda y, x: 2 * x**2),
    ],
    np.sqrt:  [(0, "formula", "the 2 below a square root is missing",  lambda y, x: 1 / y)],
    np.exp:   [(0, "formula", "an exponential is taken for a power",   lambda y, x: x * y / np.e)],
    np.exp2:  [(0, "formula", "ln 2 is missing",                       lambda y, x: y)],
    np.log2:  [(0, "formula", "ln 2 is missing",                       lambda y, x: 1 / x)],
    np.log10: [(0, "formula", "ln 10 is missing",                      lambda y, x: 1 / x)],
    np.cos:   [(0, "formula", "the minus of a cosine's slope is lost", lambda y, x: np.sin(x))],
    np.sin:   [(0, "formula", "a sine's slope has no minus",           lambda y, x: -np.cos(x))],
    np.tanh:  [(0, "formula", "tanh is not squared in 1 − tanh²",      lambda y, x: 1 - y)],
    sigmoid: [
        (0, "formula", "the factor 1 − σ of σ (1 − σ) is missing", lambda y, x: y),
        (0, "formula", "the factor σ of σ (1 − σ) is missing",     lambda y, x: 1 - y),
    ],
}
# fmt: on


def wrong(
    fn: Callable[..., Any], i: int, y: Any, xs: Sequence[Any]
) -> Iterator[tuple[str, str, Any]]:
    """Yield the wrong slopes of a function by its argument i: their kind, what is wrong, values.

    >>> [what for _, what, _ in wrong(np.divide, 1, 0.5, (1.0, 2.0))]
    ['the denominator is not squared', 'the minus of the quotient rule is lost']
    """
    for place, kind, what, slope in WRONG.get(fn, ()):
        if place == i:
            yield kind, what, slope(y, *xs)
