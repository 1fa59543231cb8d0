"""`scipy.integrate.odeint`, differentiated by the adjoint method.

The gradient is the solution of a second equation, backwards in time: R. Chen, Y. Rubanova,
J. Bettencourt, D. Duvenaud, "Neural ordinary differential equations" (2018), appendix B. It needs
no memory of the steps, and its accuracy is the solver's. It is made of `odeint` itself, so that it
can be differentiated again.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
from scipy import integrate as scipys

from autograd.base.errors import function_name, refusal
from autograd.base.modes import no_grad
from autograd.base.tree import flatten
from autograd.functional import vjp
from autograd.graph import strangers
from autograd.mutation.versions import birth
from autograd.primitive import Primitive
from autograd.tensor import raw
from autograd.transforms.batching import run


def odeint(
    func: Callable[..., Any], y0: Any, t: Any, args: tuple[Any, ...] = (), *, tfirst: bool = False,
    full_output: bool = False, **options: Any,
) -> Any:  # fmt: skip
    """Solve ``dy/dt = func(y, t, *args)`` from y0 at t[0]; return y at all times.

    Differentiable by y0, by t and by args.

    Parameters
    ----------
    func : ``(y, t, *args)``, written with NumPy's functions, to an array of the shape of y, or a
        list of its elements.
    y0 : shape (n,).
    t : shape (T,), increasing or decreasing.
    args : a tuple of arrays, of numbers, or of nested containers of them.
    tfirst : func is ``(t, y, *args)``.
    full_output : whether to return what the solver tells of its steps, too: a dict.
    **options : SciPy's, as ``rtol`` and ``atol``; they hold for the backward solution too.

    Returns
    -------
    shape (T, n).

    Raises
    ------
    RuntimeError : where func uses a tensor that requires a gradient, and is not in args.

    Examples
    --------
    >>> import numpy as np
    >>> from autograd import grad
    >>> def end(rate):
    ...     y = odeint(lambda y, t, k: -k * y, np.ones(1), np.array([0.0, 1.0]), (rate,))
    ...     return y[-1, 0]
    >>> bool(abs(grad(end)(0.5) + np.exp(-0.5)) < 1e-6)
    True
    """
    leaves, rebuild = flatten(list(args))
    real = [i for i, x in enumerate(leaves) if is_real(x)]
    fixed = [None if is_real(x) else x for x in leaves]  # a program may hold no value
    told: dict[str, Any] = {}

    def slope(y: Any, t: Any, *xs: Any) -> Any:
        full = list(fixed)
        for i, x in zip(real, xs, strict=True):
            full[i] = x
        dy = func(t, y, *rebuild(full)) if tfirst else func(y, t, *rebuild(full))
        return np.stack(dy) if isinstance(dy, (list, tuple)) else dy

    def forward(y0: Any, t: Any, *xs: Any) -> np.ndarray:
        born = birth()
        dy = slope(np.atleast_1d(y0), t[0], *xs)
        if strangers(born, dy):
            raise refusal(
                RuntimeError,
                "an equation uses a tensor that is not its argument",
                f"odeint({function_name(func)}, ...)",
                "pass that tensor in args; or no_grad() where no gradient is wanted",
            )
        with no_grad():
            y, steps = scipys.odeint(
                lambda y, t: np.asarray(raw(slope(y, t, *xs))), y0, t, full_output=True, **options
            )
            told.update(steps)
            return y

    def joint(g: Any, ys: Any, _: Any, t: Any, *xs: Any) -> list[Any]:
        return adjoint(slope, g, ys, t, xs, options)

    values = (y0, t, *(leaves[i] for i in real))
    values = tuple(v if hasattr(v, "_record") else np.asarray(v, float) for v in values)
    y = run(Primitive(func, (), call=forward, joint=joint, name="odeint"), *values)
    return (y, told) if full_output else y


def adjoint(
    slope: Callable[..., Any], g: Any, ys: Any, t: Any, xs: tuple[Any, ...], options: dict[str, Any]
) -> list[Any]:
    """Return the gradients by y0, t and xs: solve for them from the last time to the first.

    The state is y, then ∂L/∂y, then what has come together of ∂L/∂x.
    """
    n, sizes = ys.shape[1], [np.size(x) for x in xs]
    ends = np.cumsum([2 * n, *sizes])

    def backwards(state: Any, time: Any, *xs: Any) -> Any:
        y, a = state[:n], state[n : 2 * n]
        pull, dy = vjp(slope, (0, *range(2, 2 + len(xs))))(y, time, *xs)
        return np.concatenate([dy, *(-np.ravel(v) for v in pull(a))])

    a, sums, times = g[-1], np.zeros(sum(sizes)), []
    for i in range(len(ys) - 1, 0, -1):
        rate = np.sum(g[i] * slope(ys[i], t[i], *xs))
        times.append(rate)
        start = np.concatenate([ys[i], a, sums])
        state = odeint(backwards, start, t[i - 1 : i + 1][::-1], xs, **options)[-1]
        a, sums = state[n : 2 * n] + g[i - 1], state[2 * n :]
    first = np.sum((g[0] - a) * slope(ys[0], t[0], *xs))
    by_t = np.stack([first, *times[::-1]])
    parts = [sums[i - 2 * n : j - 2 * n] for i, j in pairwise(ends)]
    return [a, by_t, *(np.reshape(p, np.shape(x)) for p, x in zip(parts, xs, strict=True))]


def is_real(x: Any) -> bool:
    return np.result_type(x).kind == "f" if np.ndim(x) or hasattr(x, "dtype") else type(x) is float
