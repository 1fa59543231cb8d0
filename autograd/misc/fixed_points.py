"""Fixed points, differentiable without remembering the iterations."""

from collections.abc import Callable
from typing import Any

from autograd.core import defvjp, vspace
from autograd.functional import vjp
from autograd.tracer import primitive


@primitive
def fixed_point(
    f: Callable[[Any], Callable[[Any], Any]],
    a: Any,
    x0: Any,
    distance: Callable[[Any, Any], Any],
    tol: float,
) -> Any:
    """Return x = f(a)(x), iterated from x0 until two in a row are within `tol`.

    By the implicit function theorem the gradient by a is Aᵀw with w = g + Xᵀw, itself a fixed
    point (B. Christianson, "Reverse accumulation and attractive fixed points", 1994); A and X are
    the derivatives of f by a and by x.

    >>> from autograd import grad
    >>> def newton(a):
    ...     return lambda x: 0.5 * (x + a / x)
    >>> def root(a):
    ...     return fixed_point(newton, a, 1.0, lambda x, y: abs(x - y), 1e-12)
    >>> root(4.0), grad(root)(4.0)
    (2.0, np.float64(0.25))
    """
    step = f(a)
    x, before = step(x0), x0
    while distance(x, before) > tol:
        x, before = step(x), x
    return x


def _adjoint(ans: Any, f: Any, a: Any, x0: Any, distance: Any, tol: float) -> Any:
    def accumulate(context: Any) -> Any:
        a, x, g = context
        by_x, _ = vjp(f(a))(x)
        return lambda w: vspace(g).add(g, by_x(w))

    def pull(g: Any) -> Any:
        w = fixed_point(accumulate, (a, ans, g), vspace(x0).zeros(), distance, tol)
        by_a, _ = vjp(lambda a: f(a)(ans))(a)
        return by_a(w)

    return pull


defvjp(fixed_point, None, _adjoint, None)
