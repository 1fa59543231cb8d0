"""HIPS autograd's `autograd.util`: elements of a sequence replaced, and its first check."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any


def subvals(x: Sequence[Any], replacements: Iterable[tuple[int, Any]]) -> tuple[Any, ...]:
    """Return a tuple with the elements at some positions replaced.

    >>> subvals((1, 2, 3), [(0, 10), (2, 30)])
    (10, 2, 30)
    """
    by_position = dict(replacements)
    return tuple(by_position.get(i, v) for i, v in enumerate(x))


def subval(x: Sequence[Any], i: int, v: Any) -> tuple[Any, ...]:
    """Return a tuple with one element replaced.

    >>> subval((1, 2, 3), 1, 20)
    (1, 20, 3)
    """
    return subvals(x, [(i, v)])


def func(f: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method of a class as the function that it is.

    >>> func(str.upper)("a")
    'A'
    """
    return f


def quick_grad_check(
    fun: Callable[..., Any], arg0: Any, extra_args: Sequence[Any] = (), **options: Any
) -> None:
    """Raise AssertionError unless the gradient of fun by its first argument is the numerical one.

    Of the options it takes `kwargs`, a dict of arguments of fun; `test_util.check_grads` replaces
    it.

    >>> quick_grad_check(lambda x, n: x**n, 3.0, (2,))
    """
    from autograd.test_util import check_grads  # noqa: PLC0415  # which needs this module

    kwargs = options.get("kwargs", {})
    check_grads(lambda x: fun(x, *extra_args, **kwargs), modes=["rev"], order=1)(arg0)
