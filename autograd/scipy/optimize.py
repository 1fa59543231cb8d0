"""`scipy.optimize`, driven by exact gradients, Hessian-vector products and Jacobians."""

import functools
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
from scipy import optimize as scipys

from autograd.base.errors import function_name, refusal
from autograd.base.modes import no_grad
from autograd.base.tree import flatten
from autograd.functional import grad, hvp, jacobian, value_and_grad
from autograd.graph import strangers
from autograd.interface.conversion import tensor_of
from autograd.mutation.versions import birth
from autograd.tensor import raw

CURVED = {"newton-cg", "trust-ncg", "trust-krylov", "trust-constr", "dogleg", "trust-exact"}
"""The methods that use second derivatives; the last two want them as a matrix."""

WITHOUT = {"nelder-mead", "powell", "cobyla", "cobyqa"}
"""The methods that use no derivative."""

NEWTON = "x - np.linalg.solve(hessian(f)(x, a), grad(f)(x, a))"
"""What has, where x is the minimum, its derivatives by a."""
SQUARES = f"{NEWTON}, f the sum of the squares,"


def minimize(
    fun: Callable[..., Any], x0: Any, args: Any = (), method: Any = None, jac: Any = None,
    **options: Any,
) -> scipys.OptimizeResult:  # fmt: skip
    """Minimize a function of one number, as `scipy.optimize.minimize`, by its exact derivatives.

    Parameters
    ----------
    fun : ``(x, *args)`` to a number, written with NumPy's functions.
    x0 : where to start: a number, an array of any shape, or nested containers of them; a list of
        numbers is an array, as for SciPy.
    args : further arguments of fun, constants.
    method : SciPy's; those that use a Hessian get its products with vectors.
    jac : a function that is to compute the gradient instead; or True, where fun returns a pair of
        the value, which is differentiated, and its gradient, which is left alone.
    **options : SciPy's others, as ``tol``, ``bounds``, ``constraints``, ``callback``, and ``hess``
        or ``hessp``, which get args too. They see the elements of x0 in one line.

    Returns
    -------
    SciPy's `OptimizeResult`, with ``x`` and ``jac`` in the structure and the shapes of x0, of
    constants.

    Raises
    ------
    RuntimeError : where fun uses a tensor that requires a gradient, outside of ``no_grad()``.

    Examples
    --------
    >>> import numpy as np
    >>> def valley(p):
    ...     return (1 - p["x"]) ** 2 + 100 * (p["y"] - p["x"] ** 2) ** 2
    >>> found = minimize(valley, {"x": -1.0, "y": 2.0}, method="trust-ncg")
    >>> {name: round(float(v), 4) for name, v in found.x.items()}
    {'x': 1.0, 'y': 1.0}
    """
    flat, nest = flattened(x0)
    args = args if isinstance(args, tuple) else (args,)
    kind = method.lower() if isinstance(method, str) else ""

    def of_line(x: Any) -> Any:
        y = fun(nest(x), *args)
        return y[0] if jac is True else y

    closed(of_line, f"minimize({function_name(fun)}, ...)", NEWTON)(flat)
    if kind in WITHOUT:
        result = scipys.minimize(lambda x: number(of_line(x)), flat, method=method, **options)
    else:
        given = dict(options)
        for name in {"hess", "hessp"} & options.keys():
            if callable(second := options[name]):
                given[name] = no_grad(lambda *xs, second=second: second(*xs, *args))
        if kind in ("dogleg", "trust-exact"):
            given.setdefault("hess", no_grad(jacobian(grad(of_line))))
        elif kind in CURVED:
            given.setdefault("hessp", no_grad(curvature(of_line)))

        def both(x: np.ndarray) -> tuple[float, np.ndarray]:
            if callable(jac):
                return number(of_line(x)), flattened(jac(nest(x), *args))[0]
            value, gradient = no_grad(value_and_grad(of_line))(x)
            return number(value), gradient

        result = scipys.minimize(both, flat, method=method, jac=True, **given)
    result.x = nest(result.x)
    if isinstance(result.get("jac"), np.ndarray):
        result.jac = nest(result.jac)
    return result


def curvature(f: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function (x, v) that multiplies the Hessian of f at x by v.

    Methods ask for several products at one point, so what was recorded there last is kept.
    """
    last: dict[bytes, Callable[..., Any]] = {}

    def product(x: np.ndarray, v: np.ndarray) -> Any:
        here = x.tobytes()
        if here not in last:
            last.clear()
            last[here] = hvp(f)(x)[0]
        return last[here](v)

    return product


def root(
    fun: Callable[..., Any], x0: Any, args: tuple[Any, ...] = (), **options: Any
) -> scipys.OptimizeResult:
    """Find where a function of arrays is 0, as `scipy.optimize.root`, by its exact Jacobian.

    >>> import numpy as np
    >>> np.round(root(lambda x: x**2 - np.array([4.0, 9.0]), np.ones(2)).x, 9)
    array([2., 3.])
    """
    step = "x - np.linalg.solve(jacobian(f)(x, a), f(x, a))"
    values = closed(fun, f"root({function_name(fun)}, ...)", step)
    return scipys.root(values, x0, args, **{"jac": no_grad(jacobian(fun)), **options})


def least_squares(
    fun: Callable[..., Any], x0: Any, args: tuple[Any, ...] = (), **options: Any
) -> scipys.OptimizeResult:
    """Minimize a sum of squares, as `scipy.optimize.least_squares`, by its exact Jacobian.

    >>> import numpy as np
    >>> t = np.array([0.0, 1.0, 2.0])
    >>> np.round(least_squares(lambda p: p[0] * np.exp(p[1] * t) - 2 * np.exp(-t), [1.0, 0.0]).x, 9)
    array([ 2., -1.])
    """
    values = closed(fun, f"least_squares({function_name(fun)}, ...)", SQUARES)
    options = {"jac": no_grad(jacobian(fun)), **options}
    return scipys.least_squares(values, x0, args=args, **options)


def curve_fit(f: Callable[..., Any], xdata: Any, ydata: Any, p0: Any = None, **options: Any) -> Any:
    """Fit a curve ``f(xdata, *parameters)``, as `scipy.optimize.curve_fit`, by its exact Jacobian.

    The covariance of the parameters is exact then, too, where differences have seven digits.

    >>> import numpy as np
    >>> t = np.array([0.0, 1.0, 2.0, 3.0])
    >>> best, covariance = curve_fit(lambda t, a, k: a * np.exp(-k * t), t, [2.1, 0.7, 0.3, 0.1])
    >>> best.round(4), np.sqrt(np.diag(covariance)).round(4)
    (array([2.0939, 1.0487]), array([0.0392, 0.0447]))
    """

    def curve(x: Any, *parameters: Any) -> Any:
        y = tensor_of(f(x, *parameters))  # SciPy takes lists, too, and a number for all points
        return y if y.ndim else np.broadcast_to(y, np.shape(x)[-1:])

    @no_grad
    def jac(x: Any, *parameters: Any) -> np.ndarray:
        by = jacobian(curve, tuple(range(1, len(parameters) + 1)))(x, *parameters)
        return np.stack(by, axis=-1)

    values = closed(f, f"curve_fit({function_name(f)}, ...)", SQUARES)
    return scipys.curve_fit(values, xdata, ydata, p0, **{"jac": jac, **options})


def closed(fun: Callable[..., Any], call: str, step: str) -> Callable[..., Any]:
    """Return fun, as a function to arrays, which refuses tensors of outside that fun uses.

    SciPy computes with arrays, so that what it finds would have no derivative by them, in silence.
    """
    born = birth()

    @functools.wraps(fun)  # whose parameters curve_fit counts
    def values(*args: Any, **kwargs: Any) -> Any:
        leaves, rebuild = flatten(fun(*args, **kwargs))
        if strangers(born, *leaves):
            raise refusal(
                RuntimeError,
                "what is found has no derivatives by the tensors that the function uses",
                call,
                f"no_grad(), or a.detach(); {step} has the first derivatives of that x by a",
            )
        return rebuild([raw(y) for y in leaves])

    return values


def flattened(x0: Any) -> tuple[np.ndarray, Callable[[Any], Any]]:
    """Return all numbers of nested arrays in a line, and the function that nests a line."""
    if isinstance(x0, (list, tuple)) and all(map(np.isscalar, x0)):
        x0 = np.asarray(x0, float)
    leaves, rebuild = flatten(x0)
    arrays = [np.asarray(raw(x), float) for x in leaves]
    ends = np.cumsum([0, *(a.size for a in arrays)])
    spans = [(slice(i, j), a.shape) for (i, j), a in zip(pairwise(ends), arrays, strict=True)]

    def nest(line: Any) -> Any:
        return rebuild([np.reshape(line[span], shape)[()] for span, shape in spans])

    return np.concatenate([np.ravel(a) for a in arrays]), nest


def number(value: Any) -> float:
    return float(np.reshape(raw(value), ()))
