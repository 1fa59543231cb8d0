"""HIPS autograd's `autograd.test_util`: numerical checks of nested real and complex arrays.

`autograd.check_grads` is the sharper check, and names the element that is wrong.
"""

import itertools
from collections.abc import Callable, Sequence
from typing import Any

from autograd.base.errors import refusal
from autograd.core import make_jvp, make_vjp, vspace
from autograd.wrap_util import get_name, unary_to_nary

TOL = RTOL = EPS = 1e-6


def scalar_close(a: Any, b: Any) -> bool:
    """Tell whether two numbers agree to 1e-6, absolutely or relatively."""
    return bool(abs(a - b) < TOL or abs(a - b) / abs(a + b) < RTOL)


def make_numerical_jvp(f: Callable[[Any], Any], x: Any) -> Callable[[Any], Any]:
    """Return ``v -> Jv`` by a central difference of two points, 1e-6 apart."""
    xs, ys = vspace(x), vspace(f(x))

    def push(v: Any) -> Any:
        up, down = (f(xs.add(x, xs.scalar_mul(v, step))) for step in (EPS / 2, -EPS / 2))
        return ys.scalar_mul(ys.add(up, ys.scalar_mul(down, -1.0)), 1.0 / EPS)

    return push


def check_equivalent(x: Any, y: Any) -> None:
    """Raise AssertionError unless two values have one structure and the same numbers."""
    xs, ys = vspace(x), vspace(y)
    if xs != ys:
        raise _disagreement("two values differ in structure", f"{xs} and {ys}")
    v = xs.randn()
    if not scalar_close(xs.inner_prod(x, v), xs.inner_prod(y, v)):
        raise _disagreement("two values differ", f"{x} and {y}")


def check_vjp(f: Callable[[Any], Any], x: Any) -> None:
    """Raise AssertionError unless ⟨v, Jᵀw⟩ is the numerical ⟨Jv, w⟩, for random v and w."""
    pull, y = make_vjp(f, x)
    xs, ys = vspace(x), vspace(y)
    v, w = xs.randn(), ys.randn()
    pulled = xs.covector(pull(ys.covector(w)))
    if vspace(pulled) != xs:
        raise _disagreement(f"a gradient of {get_name(f)} has another structure", f"{xs}")
    exact = xs.inner_prod(v, pulled)
    numerical = ys.inner_prod(w, make_numerical_jvp(f, x)(v))
    if not scalar_close(numerical, exact):
        raise _disagreement(
            f"the derivative (VJP) check of {get_name(f)} failed",
            f"at {x}: numerically {numerical}, by the rules {exact}",
        )


def check_jvp(f: Callable[[Any], Any], x: Any) -> None:
    """Raise AssertionError unless Jv is the numerical one, for a random v."""
    v = vspace(x).randn()
    check_equivalent(make_jvp(f, x)(v)[1], make_numerical_jvp(f, x)(v))


@unary_to_nary
def check_grads(
    f: Callable[[Any], Any], x: Any, modes: Sequence[str] = ("fwd", "rev"), order: int = 2
) -> None:
    """Raise AssertionError unless the derivatives of f agree with numerical ones, up to `order`.

    Called as ``check_grads(f, argnum=0, modes=..., order=...)(*args)``.

    >>> import numpy as np
    >>> check_grads(np.sin)(0.5)
    >>> check_grads(lambda a, b: a * b, (0, 1), modes=["rev"], order=1)(2.0, 3.0)
    """

    def jvp(x: Any, v: Any) -> Any:
        return make_jvp(f, x)(v)[1]

    def vjp(x: Any, v: Any) -> Any:
        return make_vjp(f, x)[0](v)

    kinds: dict[str, tuple[Any, Any, Any]] = {
        "fwd": (check_jvp, jvp, lambda: x),
        "rev": (check_vjp, vjp, lambda: f(x)),
    }
    for mode in modes:
        check, derivative, where = kinds[mode]
        check(f, x)
        if order > 1:
            derivative.__name__ = f"{derivative.__name__}_{get_name(f)}"
            check_grads(derivative, (0, 1), modes, order - 1)(x, vspace(where()).randn())


def combo_check(fun: Callable[..., Any], *check: Any, **options: Any) -> Callable[..., None]:
    """Return a check of all combinations of the arguments that are given lists of.

    >>> import numpy as np
    >>> combo_check(np.sum, order=1)([np.ones((2, 2)), np.ones((1, 2))], axis=[None, 0])
    """

    def every(*lists: Any, **named: Any) -> None:
        for args in itertools.product(*lists):
            for values in itertools.product(*named.values()):
                kwargs = dict(zip(named, values, strict=True))
                check_grads(fun, *check, **options)(*args, **kwargs)

    return every


def _disagreement(what: str, where: str) -> AssertionError:
    return refusal(AssertionError, what, where, "a rule that gives the numerical derivative")
