"""What a program calls its arguments: what the function calls them."""

import inspect
import unicodedata
from collections.abc import Callable
from keyword import iskeyword
from typing import Any

from autograd.base.tree import flatten
from autograd.program.program import Program


def argument_names(f: Callable[..., Any], examples: tuple[Any, ...]) -> list[str]:
    """Call the leaves of arguments as the function does: x, and params_0_w in a container."""
    inner = inspect.unwrap(f)
    if isinstance(inner, Program) and len(inner.arguments) == len(flatten(list(examples))[0]):
        return [str(a) for a in inner.arguments]
    try:
        parameters = inspect.signature(f).parameters.values()
        known = [p.name for p in parameters if p.kind <= p.POSITIONAL_OR_KEYWORD]
    except (TypeError, ValueError):
        known = []
    names = []
    for i, x in enumerate(examples):
        name = known[i] if i < len(known) else f"x{i}"
        names += [identifier(f"{name}{path}") for path in _paths(x)]
    return names


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
