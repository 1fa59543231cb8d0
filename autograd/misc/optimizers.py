"""Descent on nested parameters: sgd, rmsprop and adam, by ``grad(params, i)``.

All three call ``callback(params, i, gradient)`` before each of `num_iters` steps.
"""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.misc.flatten import flatten

Gradient = Callable[[Any, int], Any]
Callback = Callable[[Any, int, Any], Any] | None


def unflatten_optimizer(optimize: Callable[..., Any]) -> Callable[..., Any]:
    """Let an optimizer of flat arrays, ``optimize(grad, x0, callback, ...)``, work on nested ones.

    >>> @unflatten_optimizer
    ... def step(grad, x, callback=None, size=0.5):
    ...     return x - size * grad(x, 0)
    >>> step(lambda params, i: {"a": 2 * params["a"]}, {"a": 3.0})
    {'a': np.float64(0.0)}
    """

    @functools.wraps(optimize)
    def nested(grad: Gradient, x0: Any, callback: Callback = None, *args: Any, **kw: Any) -> Any:
        flat, unflatten = flatten(x0)

        def flat_grad(x: Any, i: int) -> Any:
            return flatten(grad(unflatten(x), i))[0]

        def flat_callback(x: Any, i: int, g: Any) -> None:
            if callback:
                callback(unflatten(x), i, unflatten(g))

        return unflatten(optimize(flat_grad, flat, flat_callback, *args, **kw))

    return nested


@unflatten_optimizer
def sgd(
    grad: Gradient, x: Any, callback: Any, num_iters: int = 200, step_size: float = 0.1,
    mass: float = 0.9,
) -> Any:  # fmt: skip
    """Return the minimum that gradient descent with momentum finds.

    The velocity is a running mean of the gradients: v ← m·v − (1 − m)·g, x ← x + s·v.

    >>> round(float(sgd(lambda x, i: 2 * (x - 1), 0.0)), 3)
    1.0
    """
    velocity = np.zeros(len(x))
    for i in range(num_iters):
        g = grad(x, i)
        callback(x, i, g)
        velocity = mass * velocity - (1.0 - mass) * g
        x = x + step_size * velocity
    return x


@unflatten_optimizer
def rmsprop(
    grad: Gradient, x: Any, callback: Any, num_iters: int = 100, step_size: float = 0.1,
    gamma: float = 0.9, eps: float = 1e-8,
) -> Any:  # fmt: skip
    """Return the minimum found with steps divided by the running size of the gradient.

    (T. Tieleman and G. Hinton, Coursera lecture 6.5, 2012; the mean square starts at 1.)

    >>> round(float(rmsprop(lambda x, i: 2 * (x - 1), 0.0)), 1)
    1.0
    """
    square = np.ones(len(x))
    for i in range(num_iters):
        g = grad(x, i)
        callback(x, i, g)
        square = gamma * square + (1 - gamma) * g**2
        x = x - step_size * g / (np.sqrt(square) + eps)
    return x


@unflatten_optimizer
def adam(
    grad: Gradient, x: Any, callback: Any, num_iters: int = 100, step_size: float = 0.001,
    b1: float = 0.9, b2: float = 0.999, eps: float = 1e-8,
) -> Any:  # fmt: skip
    """Return the minimum that Adam finds (D. Kingma and J. Ba, ICLR 2015, algorithm 1).

    >>> round(float(adam(lambda x, i: 2 * (x - 1), 0.0, step_size=0.1)), 1)
    1.0
    """
    mean, square = np.zeros(len(x)), np.zeros(len(x))
    for i in range(num_iters):
        g = grad(x, i)
        callback(x, i, g)
        mean = b1 * mean + (1 - b1) * g
        square = b2 * square + (1 - b2) * g**2
        ahead = mean / (1 - b1 ** (i + 1)), square / (1 - b2 ** (i + 1))
        x = x - step_size * ahead[0] / (np.sqrt(ahead[1]) + eps)
    return x
