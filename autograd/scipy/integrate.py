"""`scipy.integrate.odeint`, differentiated by the adjoint method.

The gradient is the solution of a second equation, backwards in time: R. Chen, Y. Rubanova,
J. Bettencourt, D. Duvenaud, "Neural ordinary differential equations" (2018), appendix B. It needs
no memory of the steps. It is made of `odeint` itself, so that it can be differentiated again.

What contracts forwards expands backwards: where the solution does not come back to where it was,
its way is halved, from a middle that is solved for forwards, as by checkpoints in J. Zhuang,
N. Dvornek, X. Li, S. Tatikonda, X. Papademetris, J. Duncan, "Adaptive checkpoint adjoint method for
gradient estimation in neural ODE" (2020).
"""

import warnings
from collections.abc import Callable
from functools import partial
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

FORWARDS = {"h0", "tcrit", "Dfun", "col_deriv", "ml", "mu"}
"""SciPy's options that concern the one equation in the one direction."""

TOLERANCE = 1.49012e-8
"""SciPy's, relative and absolute, where none is given."""

DRIFT = 1000
"""The solution backwards comes back to so many tolerances of what it was forwards."""

WAYS = 200
"""From one time to the one before, it tries so many ways at most."""


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
    **options : SciPy's, as ``rtol`` and ``atol``; they hold for the backward solution too, but for
        the first step and for what is known of the Jacobian.

    Returns
    -------
    shape (T, n).

    Raises
    ------
    RuntimeError : where func uses a tensor that requires a gradient, and is not in args; and for
        the gradient of what is so stiff that it cannot be followed backwards.

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

    def at(f: Callable[..., Any], y: Any, t: Any, *xs: Any) -> Any:
        full = list(fixed)
        for i, x in zip(real, xs, strict=True):
            full[i] = x
        return f(t, y, *rebuild(full)) if tfirst else f(y, t, *rebuild(full))

    def slope(y: Any, t: Any, *xs: Any) -> Any:
        dy = at(func, y, t, *xs)
        return np.stack(dy) if isinstance(dy, (list, tuple)) else dy

    if callable(given := options.get("Dfun")):
        options["Dfun"] = partial(at, given)

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
        known = options | {"full_output": True}
        if callable(dfun := options.get("Dfun")):
            known["Dfun"] = lambda y, t: dfun(y, t, *xs)
        with no_grad():
            y, steps = scipys.odeint(lambda y, t: np.asarray(raw(slope(y, t, *xs))), y0, t, **known)
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
    tolerances = {k: TOLERANCE if options.get(k) is None else options[k] for k in ("atol", "rtol")}
    jointly = {k: _widened(v, n, sum(sizes)) for k, v in options.items() if k not in FORWARDS}
    critical = np.ravel(options.get("tcrit", ())).tolist()
    options = {k: v for k, v in options.items() if k != "tcrit"}

    def backwards(state: Any, time: Any, *xs: Any) -> Any:
        y, a = state[:n], state[n : 2 * n]
        pull, dy = vjp(slope, (0, *range(2, 2 + len(xs))))(y, time, *xs)
        return np.concatenate([dy, *(-np.ravel(v) for v in pull(a))])

    a, sums, times = g[-1], np.zeros(sum(sizes)), []
    for i in range(len(ys) - 1, 0, -1):
        times.append(np.sum(g[i] * slope(ys[i], t[i], *xs)))
        ways, tried = [(ys[i - 1], t[i - 1], t[i], ys[i])], 0
        while ways:
            y, since, until, end = ways.pop()
            within = [c for c in critical if (c - since) * (c - until) < 0]
            middle = min(within, key=lambda c: abs(c - since), default=None)
            if middle is None:
                start, span = np.concatenate([end, a, sums]), np.stack([until, since])
                with warnings.catch_warnings(), np.errstate(all="ignore"):
                    warnings.simplefilter("ignore", scipys.ODEintWarning)  # it is tried again
                    state = odeint(backwards, start, span, xs, **jointly)[-1]
                tried += 1
                if tried < WAYS and is_astray(raw(state), raw(y), **tolerances):
                    middle = (since + until) / 2
            if middle is not None:
                halfway = odeint(slope, y, np.stack([since, middle]), xs, **options)[-1]
                ways += [(y, since, middle, halfway), (halfway, middle, until, end)]
                continue
            state = run(ARRIVED, state, y, **tolerances)
            a, sums = state[n : 2 * n], state[2 * n :]
        a = a + g[i - 1]
    first = np.sum((g[0] - a) * slope(ys[0], t[0], *xs))
    by_t = np.stack([first, *times[::-1]])
    parts = [sums[i - 2 * n : j - 2 * n] for i, j in pairwise(ends)]
    return [a, by_t, *(np.reshape(p, np.shape(x)) for p, x in zip(parts, xs, strict=True))]


def is_real(x: Any) -> bool:
    return np.result_type(x).kind == "f" if np.ndim(x) or hasattr(x, "dtype") else type(x) is float


def _widened(option: Any, n: int, others: int) -> Any:
    """Return a tolerance for each of y as one for each of the joint state."""
    if np.shape(option) != (n,):
        return option
    return np.concatenate([option, option, np.full(others, np.min(option))])


def is_astray(state: Any, y: Any, atol: Any, rtol: Any) -> bool:
    """Tell whether a solution backwards ends at another y, where there are numbers to tell.

    >>> is_astray(np.array([1.0, 0.5]), np.array([1.001]), atol=0.0, rtol=1e-3)
    False
    """
    if not (isinstance(state, np.ndarray) and isinstance(y, np.ndarray)):
        return False
    return not np.all(abs(state[: len(y)] - y) <= DRIFT * (atol + rtol * np.max(abs(y))))


def arrived(state: Any, y: Any, atol: Any, rtol: Any) -> Any:
    """Return a solution backwards; refuse one that is astray."""
    if is_astray(state, y, atol, rtol):
        raise refusal(
            RuntimeError,
            "an equation is too stiff to be followed backwards for its gradient",
            f"the gradient of odeint, of {len(y)} values",
            "more times in t: np.linspace(t[0], t[-1], 1000), for y[-1]",
        )
    return state


ARRIVED = Primitive(arrived, (lambda g, z, state, y, **_: g, None))
