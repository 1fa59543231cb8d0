"""Random exercises whose numbers stay nice: every value and every gradient is a small fraction."""

import operator
from collections.abc import Callable
from fractions import Fraction
from random import Random
from typing import Any, cast

import numpy as np

from autograd.base.errors import refusal
from autograd.graph import toposort
from autograd.rules.neural import relu, sigmoid
from autograd.sweep.steps import gradients, steps
from autograd.tensor import Tensor
from autograd.view.derivation.derivation import letters

SMALL, LARGE = 12, 100
"""The largest denominator, and the largest number, that a sheet may hold."""

TRIES = 50_000
"""So many graphs are drawn at random before the search gives up; a few hundred will do."""

NUMBERS = [n for n in range(-5, 6) if n]
Make = Callable[[Any], Any]


def exercise(seed: int | str, level: int) -> Tensor:
    """Return the result of a random graph: the same for the same seed and level.

    Every tensor of it has a name; backward has run.

    Parameters
    ----------
    level : 1 for sums, differences and products; 2 for quotients and powers too, and a variable
        that is used twice; 3 for an activation; 4 for a linear layer with its mean squared error.

    Raises
    ------
    ValueError : for another level.
    TypeError : for a seed that is neither a number nor a text.

    >>> f = exercise("Ada", 1)
    >>> f.name, [t.name for t in toposort(f)] == [t.name for t in toposort(exercise("Ada", 1))]
    ('f', True)
    """
    if not isinstance(level, int) or level not in (1, 2, 3, 4):
        raise refusal(
            ValueError,
            f"there is no level {level!r}",
            f"worksheet({seed!r}, level={level!r})",
            "level=1 (+ − ×), 2 (÷, powers), 3 (activations) or 4 (matrices)",
        )
    if not isinstance(seed, (int, str, np.integer)):
        raise refusal(
            TypeError,
            f"a worksheet is a random graph, made from a number or a text: not from a "
            f"{type(seed).__name__}",
            f"worksheet({seed!r:.40})",
            'worksheet("Ada"); draw(f) and explain(f) for a graph of your own',
        )
    random = Random(f"{seed}/{level}")  # noqa: S311  # an exercise is no secret
    activation = random.choice(ACTIVATIONS)
    with np.errstate(all="ignore"):
        for _ in range(TRIES):
            root = _layer(random) if level == 4 else _scalar(random, level, activation)
            if root is not None and _is_nice(root):
                root.backward()
                return root
    raise RuntimeError(f"no exercise found for seed {seed!r}, level {level}")


def fraction(value: Any) -> Fraction:
    """Return the small fraction that a float stands for.

    >>> fraction(0.75), fraction(-1 / 3)
    (Fraction(3, 4), Fraction(-1, 3))
    """
    return Fraction(float(value)).limit_denominator(SMALL)


# ── scalars ───────────────────────────────────────────────────────────────────────────────────
OPERATORS: list[Callable[[Any, Any], Any]] = [
    operator.add, operator.sub, operator.mul, operator.mul, operator.truediv,
]  # fmt: skip
POWERS: list[Make] = [lambda x: x**2, lambda x: x**3]
TYPICAL = {1: {"×"}, 2: {"÷", "xʸ"}, 3: {"×", "÷"}}
"""One of these is in every exercise of the level."""

ACTIVATIONS: list[Make] = [relu, relu, sigmoid, np.exp, np.log, np.tanh, np.sqrt, np.square]
"""Most of them have nice derivatives at one point only: a sheet is drawn until it hits that."""


def _scalar(random: Random, level: int, activation: Make) -> Tensor | None:
    """Join variables at random; nothing where that makes no exercise."""
    leaves = [
        Tensor(float(random.choice(NUMBERS)), requires_grad=True, name=name) for name in "abc"
    ]
    waiting: list[Any] = [*leaves, *(random.sample(leaves, 1) if level == 2 else [])]
    functions = [[], random.sample(POWERS, random.randint(0, 1)), [activation]][level - 1]
    operators = OPERATORS[: 4 if level == 1 else 5]
    while len(waiting) > 1 or functions:
        random.shuffle(waiting)
        if functions and (len(waiting) == 1 or random.random() < 0.5):
            waiting.append(functions.pop()(waiting.pop()))
        else:
            x, y = sorted((waiting.pop(), waiting.pop()), key=lambda t: t.count)
            if x is y:
                return None
            waiting.append(random.choice(operators)(x, y))
        if not _are_small(waiting[-1].data):
            return None
    root: Tensor = waiting[0]
    if not any(t.op and t.op.symbol in TYPICAL[level] for t in toposort(root)):
        return None
    for t, name in letters(root).items():
        t.name = name
    return root


# ── matrices ──────────────────────────────────────────────────────────────────────────────────
def _layer(random: Random) -> Tensor:
    n, k, m = random.choice(((2, 2, 2), (3, 2, 1), (2, 3, 1), (2, 2, 1)))

    def matrix(name: str, *shape: int, variable: bool = False) -> Tensor:
        numbers = [float(random.randint(-2, 2)) for _ in range(int(np.prod(shape)))]
        return Tensor(np.reshape(numbers, shape), requires_grad=variable, name=name)

    x, w = matrix("X", n, k), matrix("W", k, m, variable=True)
    b, t = matrix("b", m, variable=True), matrix("T", n, m)
    h = x @ w
    y = h + b
    e = y - t
    s = np.square(e)
    loss: Any = np.mean(s)
    for tensor, name in zip((h, y, e, s, loss), "HYESL", strict=True):
        tensor.name = name
    return cast("Tensor", loss)


# ── what is nice ──────────────────────────────────────────────────────────────────────────────
def _is_nice(root: Tensor) -> bool:
    """Tell whether every number is a small fraction, and no gradient of a variable is 0."""
    if not all(_are_small(t.data) for t in toposort(root)):
        return False
    if not all(_are_small(gx) for step in steps(root) for gx in step.sent if gx is not None):
        return False
    arrived = gradients(root)
    return all(_are_small(g) and (t.op or np.all(g != 0)) for t, g in arrived.items())


def _are_small(array: Any) -> bool:
    flat = np.ravel(array)
    if not np.all(np.abs(flat) <= LARGE):  # nor is NaN
        return False
    return all(abs(fraction(v) - Fraction(v)) <= abs(v) * 1e-9 for v in flat.tolist())
