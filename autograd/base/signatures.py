"""What a function takes: its parameters by name, and a call sorted into values and parameters."""

import inspect
from collections.abc import Callable, MutableMapping
from types import FunctionType
from typing import Any
from weakref import WeakKeyDictionary

from autograd.base.errors import refusal

Call = tuple[tuple[Any, ...], dict[str, Any]]
Told = tuple[inspect.Signature, list[str]]

_written: MutableMapping[Callable[..., Any], Told] = WeakKeyDictionary()
_compiled: MutableMapping[Callable[..., Any], Told] = {}
"""What is known of functions in Python, which end with it, and of NumPy's in C, which stay."""


def signature(fn: Callable[..., Any]) -> Told:
    """Return the signature of a function, and the names of what it takes by position."""
    known = _written if isinstance(fn, FunctionType) else _compiled
    if (own := known.get(fn)) is None:
        told = inspect.signature(fn)
        parameters = told.parameters.values()
        own = told, [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
        known[fn] = own
    return own


def keywords(rule: Callable[..., Any]) -> frozenset[str] | None:
    """Return the keywords that a rule understands; None where it takes any.

    >>> sorted(keywords(lambda g, y, x, *, axis: g))
    ['axis', 'g', 'x', 'y']
    """
    code = getattr(rule, "__code__", None)
    if code is None or code.co_flags & inspect.CO_VARKEYWORDS:
        return None
    return frozenset(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])


def place(fn: Callable[..., Any], i: int) -> str:
    """Return the name of the argument at a position.

    >>> place(lambda x, *rest: 0, 2)
    'rest[1]'
    """
    told, names = signature(fn)
    return names[i] if i < len(names) else f"{[*told.parameters][len(names)]}[{i - len(names)}]"


def sort_call(
    fn: Callable[..., Any], arity: int, args: tuple[Any, ...], kwargs: dict[str, Any], whole: bool
) -> Call:
    """Split a call into the values, so many as are asked for, and the rest by name.

    What is left out before a value is its default; with `whole`, also behind the last. Of a
    function of any number of values, all are.

    Raises
    ------
    TypeError : for a call that the function does not take.

    Examples
    --------
    >>> sort_call(lambda x, n, axis=0: 0, 1, (2.0, 3), {}, whole=False)
    ((2.0,), {'n': 3})
    """
    told, names = signature(fn)
    if arity <= len(args) <= len(names) and not kwargs:  # `bind` would take six times as long
        return args[:arity], dict(zip(names[arity:], args[arity:], strict=False))
    try:
        bound = told.bind(*args, **kwargs)
    except TypeError as error:
        name, takes = fn.__name__, ", ".join(told.parameters)
        what, where, instead = f"{name}: {error}", f"{name}(...)", f"{name}({takes})"
        raise refusal(TypeError, what, where, instead) from None
    parameters = told.parameters.values()
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return bound.args, bound.kwargs
    given = bound.arguments
    taken = [p for p in parameters if p.kind is not p.VAR_KEYWORD][:arity]
    while not whole and taken[-1].name not in given:
        taken.pop()
    values = tuple([given.pop(p.name, p.default) for p in taken])
    for p in parameters:
        if p.kind is p.VAR_KEYWORD:
            given |= given.pop(p.name, {})
    return values, dict(given)
