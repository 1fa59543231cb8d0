"""What a program calls its arguments: what the function calls them."""

import inspect
import unicodedata
from collections.abc import Callable, Sequence
from keyword import iskeyword
from typing import Any

from autograd.program.equations import Name
from autograd.program.program import Program
from autograd.tree import flatten


def argument_names(f: Callable[..., Any], examples: tuple[Any, ...]) -> list[str]:
    """Call the leaves of arguments as the function does: x, and params_0_w in a container."""
    inner = inspect.unwrap(f, stop=inspect.ismethod)
    if isinstance(inner, Program) and len(inner.arguments) == len(flatten(list(examples))[0]):
        return [str(a) if type(a) is Name else "x" for a in inner.arguments]
    known = _known(inner)
    names = []
    for i, x in enumerate(examples):
        name = known[i] if i < len(known) else f"x{i}"
        names += [identifier(f"{name}{path}") for path in _paths(x)]
    return names


def _known(f: Callable[..., Any]) -> Sequence[str]:
    """Return the names of what is given by position."""
    if inspect.isfunction(f):  # of what has no code a signature is made, which takes 15 µs
        return f.__code__.co_varnames[: f.__code__.co_argcount]
    try:
        parameters = inspect.signature(f).parameters.values()
    except (TypeError, ValueError):
        return []
    return [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]


def _paths(tree: Any) -> list[str]:
    if isinstance(tree, dict):
        return [f"_{k}{path}" for k, part in tree.items() for path in _paths(part)]
    if isinstance(tree, (list, tuple)):
        return [f"{i}{path}" for i, part in enumerate(tree) for path in _paths(part)]
    return [""]


def identifier(name: str) -> str:
    """Return a name that Python takes, as near as possible to the one that was given."""
    if name.isascii() and name.isidentifier() and not iskeyword(name):
        return name
    text = unicodedata.normalize("NFKC", name)
    text = "".join(c if f"_{c}".isidentifier() else "_" for c in text)
    return text if text.isidentifier() and not iskeyword(text) else f"v_{text}"
