"""Checks: what is wrong ends in an error that says so, where, and what to write instead."""

from collections.abc import Mapping
from inspect import Signature
from typing import Any

from autograd import refusal


def refuse(
    wrong: object, what: str, where: str, instead: str, error: type[Exception] = ValueError
) -> None:
    """Raise an error of three lines if something is wrong.

    >>> refuse(False, "a batch has at least one row", "batch_size=3", "batch_size=32")
    """
    if wrong:
        raise refusal(error, what, where, instead)


def unwritten(owner: object, what: str, instead: str) -> NotImplementedError:
    """Return the error of a method that every subclass writes for itself.

    >>> print(unwritten(3, "what it computes", "def forward(self, x): ..."))
    int does not say what it computes
      where: class int
      instead: def forward(self, x): ...
    """
    name = type(owner).__name__
    return refusal(NotImplementedError, f"{name} does not say {what}", f"class {name}", instead)


def bind(
    takes: Signature, name: str, data: int, args: tuple[Any, ...], options: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the options of a constructor by name, behind `data` arguments that come later.

    >>> from inspect import signature
    >>> bind(signature(lambda x, p=0.5, dim=1: x), "Drop", 1, (0.25,), {})
    {'p': 0.25, 'dim': 1}
    """
    try:
        bound = takes.bind(*[None] * data, *args, **options)
    except TypeError as error:
        given = ", ".join([*map(repr, args), *(f"{k}={v!r}" for k, v in options.items())])
        instead = f"{name}({', '.join([*takes.parameters][data:])})"
        raise refusal(TypeError, f"{name}: {error}", f"{name}({given:.60})", instead) from None
    bound.apply_defaults()
    return dict([*bound.arguments.items()][data:])
