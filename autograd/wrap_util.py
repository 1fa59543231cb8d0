"""HIPS autograd's `autograd.wrap_util`: operators of functions of one argument, for any number."""

from collections.abc import Callable, Sequence
from typing import Any

from autograd.util import subvals


def get_name(f: Any) -> str:
    """Return the name of a function, where it has one."""
    return str(getattr(f, "__name__", "[unknown name]"))


def get_doc(f: Any) -> str:
    """Return the docstring of a function, where it has one."""
    return str(getattr(f, "__doc__", ""))


def wraps(
    fun: Any, namestr: str = "{fun}", docstr: str = "{doc}", **words: Any
) -> Callable[[Any], Any]:
    """Return a decorator that names a function after another, by two templates."""

    def rename(f: Any) -> Any:
        f.__name__ = namestr.format(fun=get_name(fun), **words)
        f.__doc__ = docstr.format(fun=get_name(fun), doc=get_doc(fun), **words)
        return f

    return rename


def unary_to_nary(operator: Callable[..., Any]) -> Callable[..., Any]:
    """Let an ``operator(f, x, ...)`` choose its argument: ``operator(f, argnum=0, ...)(*args)``.

    A tuple or list of positions hands the operator the tuple of these arguments.

    >>> @unary_to_nary
    ... def twice(f, x):
    ...     return f(f(x))
    >>> twice(lambda a, b: a - b, 1)(10, 3)
    3
    """

    def nary(
        fun: Callable[..., Any], argnum: int | Sequence[int] = 0, *more: Any, **options: Any
    ) -> Callable[..., Any]:
        def at(*args: Any, **kwargs: Any) -> Any:
            def unary(x: Any) -> Any:
                chosen = [(argnum, x)] if isinstance(argnum, int) else zip(argnum, x, strict=True)
                return fun(*subvals(args, chosen), **kwargs)

            unary.__name__ = get_name(fun)
            x = args[argnum] if isinstance(argnum, int) else tuple(args[i] for i in argnum)
            return operator(unary, x, *more, **options)

        name = "{op}_of_{fun}_wrt_argnum_{argnum}"
        return wraps(fun, name, op=get_name(operator), argnum=argnum)(at)

    return wraps(operator)(nary)
