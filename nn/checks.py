"""Checks: what is wrong ends in an error that says so, where, and what to write instead."""

import functools
import re
from collections.abc import Callable
from inspect import Signature, signature
from typing import Any

import numpy as np

from autograd import refusal


def refuse(
    wrong: object, what: str, where: str, instead: str, error: type[Exception] = ValueError
) -> None:
    """Raise an error of three lines if something is wrong.

    >>> refuse(False, "a batch has at least one row", "batch_size=3", "batch_size=32")
    """
    if wrong:
        raise refusal(error, what, where, instead)


def refuse_other_shapes(input: Any, shape: tuple[int, ...], **parameters: Any) -> None:
    """Refuse parameters of another shape, which may broadcast; those that are None are left out.

    >>> refuse_other_shapes(np.ones((2, 3)), (3,), weight=np.ones(3), bias=None)
    """
    for name, value in parameters.items():
        if value is not None and np.shape(value) != shape:
            what, where = f"a {name} is {shape} here, not {np.shape(value)}", f"input {input.shape}"
            raise refusal(ValueError, what, where, f"a {name} of shape {shape}")


def unwritten(owner: object, what: str, instead: str) -> NotImplementedError:
    """Return the error of a method that every subclass writes for itself.

    >>> print(unwritten(3, "what it computes", "def forward(self, x): ..."))
    int does not say what it computes
      where: class int
      instead: def forward(self, x): ...
    """
    name = type(owner).__name__
    return refusal(NotImplementedError, f"{name} does not say {what}", f"class {name}", instead)


def bind(takes: Signature, data: int, args: Any, options: Any) -> dict[str, Any]:
    """Return the options of a constructor by name, behind `data` arguments that come later.

    >>> bind(signature(lambda x, p=0.5, dim=1: x), 1, (0.25,), {})
    {'p': 0.25, 'dim': 1}
    """
    bound = takes.bind(*[None] * data, *args, **options)
    bound.apply_defaults()
    return dict([*bound.arguments.items()][data:])


class Told:
    """What is constructed; of Python's own errors there it says what was given, and what is taken.

    So that a word in the place of a number needs no check of its own, wherever it may stand.
    """

    def __init_subclass__(cls) -> None:
        if "__init__" in vars(cls) and cls.__module__.startswith("nn."):
            cls.__init__ = _telling(cls.__init__)  # type: ignore[method-assign]  # it takes the same


def _telling(init: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(init)
    def tell(self: Any, *args: Any, **options: Any) -> None:
        try:
            init(self, *args, **options)
        except (AttributeError, TypeError) as error:
            cls, said = type(self), str(error).rpartition("__init__() ")[2]
            if "\n" in said or cls.__init__ is not tell:  # a subclass, which was called, tells it
                raise
            given = [*map(_brief, args), *(f"{k}={_brief(v)}" for k, v in options.items())]
            takes = re.sub(r"(\w+\.)+(?=[A-Z])| -> None$", "", str(signature(cls)))
            name = cls.__name__
            what, where = f"{name}: {said}", f"{name}({', '.join(given)})"
            raise refusal(TypeError, what, where, name + takes) from error

    return tell


def _brief(value: Any) -> str:
    plain = isinstance(value, str | int | float | None)
    return f"{value!r:.40}" if plain else type(value).__name__
