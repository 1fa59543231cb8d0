"""Contexts that are decorators too, of ordinary functions and of generators."""

import functools
import inspect
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, ContextDecorator
from typing import Any, Self, TypeVar, overload

from autograd.base.errors import function_name, refusal

Same = TypeVar("Same", bound=Callable[..., Any])


class Context(AbstractContextManager[Any, None], ContextDecorator):
    """What is in force in a ``with`` block or in a decorated function, and for nobody else.

    >>> class quiet(Context):
    ...     def __enter__(self):
    ...         print("in")
    ...     def __exit__(self, *exc):
    ...         print("out")
    >>> @quiet
    ... def steps():
    ...     print("a step")
    ...     yield 1
    >>> for y in steps():
    ...     print(y)
    in
    a step
    out
    1
    in
    out
    """

    @overload
    def __new__(cls, f: None = None) -> Self: ...
    @overload
    def __new__(cls, f: Same) -> Same: ...  # type: ignore[misc]  # as PyTorch's
    def __new__(cls, f: Any = None) -> Any:
        """Return the context, or the function that runs in it: ``@no_grad`` is ``@no_grad()``."""
        if f is not None and not callable(f):
            name, instead = cls.__name__, f"with {cls.__name__}(): ..., @{cls.__name__}"
            raise refusal(TypeError, f"{name} is for code", f"{name}({f!r:.40})", instead)
        context = super().__new__(cls)
        context._set_up()
        return context if f is None else context(f)

    def _set_up(self) -> None:  # no __init__, where a type checker would look instead of above
        """Make what a new context has."""

    def __call__(self, f: Same) -> Same:
        """Return a function that runs in this context; a generator, at each of its steps."""
        if inspect.iscoroutinefunction(f) or inspect.isasyncgenfunction(f):
            name = type(self).__name__
            what = f"{name} is for a thread, in which others run where a coroutine waits"
            instead = f"with {name}(): ..., and no await in it"
            raise refusal(TypeError, what, f"@{name} of {function_name(f)}", instead)
        if not inspect.isgeneratorfunction(f):
            return super().__call__(f)

        @functools.wraps(f)
        def steps(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
            generator = f(*args, **kwargs)
            step, given = generator.send, None
            try:
                while True:
                    with self._recreate_cm():
                        y = step(given)
                    try:
                        step, given = generator.send, (yield y)
                    except GeneratorExit:
                        with self._recreate_cm():
                            generator.close()
                        raise
                    except BaseException as error:  # noqa: BLE001  # it is for the generator
                        step, given = generator.throw, error
            except StopIteration as end:
                return end.value

        return steps  # type: ignore[return-value]  # it is called as f is

    def _recreate_cm(self) -> Self:
        return type(self)()  # type: ignore[abstract]  # a subclass is not
