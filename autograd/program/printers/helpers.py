"""Helpers: the definitions, to be printed, of the functions that programs call and NumPy lacks."""

import ast
import builtins
import inspect
import re
import sys
import textwrap
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

import numpy as np

from autograd.base.errors import refusal
from autograd.primitive import Primitive
from autograd.program.printers.literals import parameter
from autograd.rules.shape import (
    FIT,
    fitted,
    gather,
    place,
    replace,
    scatter,
    scatter_add,
    scatter_at,
    setitem,
)

PLAIN = bool, int, float, complex, str, np.ndarray, np.generic
CALLED = {
    place: ("replace", replace), setitem: ("replace", replace),
    scatter: ("scatter", scatter_add), scatter_at: ("scatter", scatter_add), gather: None,
    FIT.fn: ("fit", fitted),
}  # fmt: skip
"""What is called where an operation has an index, or asks whether it is being traced."""


def helper(op: Primitive) -> tuple[str, Callable[..., Any]] | None:
    """Return the name and the function that an operation calls, if it is none of NumPy's.

    >>> from autograd import sigmoid
    >>> from autograd.primitive import PRIMITIVES
    >>> helper(PRIMITIVES[sigmoid])[0]
    'sigmoid'
    """
    if op.fn in CALLED:
        return CALLED[op.fn]
    found = re.match(r"([^\W\d]\w*|<lambda>)\(", op.code)
    return (found[1], op.call) if found and found[1] != "abs" else None


def definitions(
    fn: Callable[..., Any], name: str, callers: Mapping[str, Any] | None = None
) -> dict[str, str]:
    """Return the source of a function, called `name`, and of all that it uses, by name.

    Parameters
    ----------
    callers : what uses it, and is defined already, by name.

    Raises
    ------
    NotImplementedError : for a function whose source is not known, or not all.
    """
    fn = inspect.unwrap(fn)
    try:
        lines = textwrap.dedent(inspect.getsource(fn)).splitlines()
    except (OSError, TypeError):
        raise _refused(name, "whose source is not known") from None
    plain = any(line.startswith("def ") for line in lines) and inspect.isfunction(fn)
    if not plain or fn.__closure__:
        raise _refused(name, "which is no plain function made with def")
    while not lines[0].startswith("def "):  # its decorators
        lines.pop(0)
    old = re.escape(fn.__name__)
    text = re.sub(rf"\bdef {old}\(", f"def {name}(", _unannotated("\n".join(lines)), count=1)
    callers = {**(callers or {}), name: fn, fn.__name__: fn}
    found: dict[str, str] = {}
    for other in sorted(_globals(ast.parse(text)) & fn.__globals__.keys()):
        value = fn.__globals__[other]
        if other not in callers:
            include(found, _definition(value, other, name, callers), name)
        elif inspect.unwrap(value) is not callers[other]:
            raise _refused(name, ANOTHER.format(other))
    include(found, {name: re.sub(r"  # noqa.*", "", text)}, name)
    return found


def include(found: dict[str, str], more: Mapping[str, str], user: str) -> None:
    """Add what `user` is defined by; refuse a name that stands for something else already."""
    for name, text in more.items():
        if found.setdefault(name, text) != text:
            raise _refused(user, ANOTHER.format(name))


ANOTHER = "beside another definition of {}"


def _unannotated(text: str) -> str:
    """Leave annotations out: they compute nothing, and what they name may be from anywhere."""
    source = text.encode()
    lines = [0, *[match.end() for match in re.finditer(b"\n", source)]]
    spans = []
    for node in ast.walk(ast.parse(text)):
        given = getattr(node, "annotation", None) or getattr(node, "returns", None)
        if given is None or (isinstance(node, ast.AnnAssign) and node.value is None):
            continue
        mark = b" ->" if isinstance(node, ast.FunctionDef) else b":"
        begin = source.rindex(mark, 0, lines[given.lineno - 1] + given.col_offset)
        end = lines[given.end_lineno - 1] + given.end_col_offset
        spans.append((begin, end, isinstance(node, ast.arg)))
    for begin, end, is_argument in sorted(spans, reverse=True):
        rest = source[end:]
        source = source[:begin] + (re.sub(rb"^ = ", b"=", rest) if is_argument else rest)
    return source.decode()


def _globals(tree: ast.AST) -> set[str]:
    """Return the names that a function reads and does not set."""
    names = [n for n in ast.walk(tree) if isinstance(n, ast.Name)]
    own = {n.id for n in names if isinstance(n.ctx, ast.Store)}
    own |= {n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)}
    own |= {n.asname or n.name for n in ast.walk(tree) if isinstance(n, ast.alias)}
    return {n.id for n in names} - own


def _definition(value: Any, name: str, user: str, callers: Mapping[str, Any]) -> dict[str, str]:
    """Return what defines a global name."""
    if isinstance(value, ModuleType):
        root = value.__name__.partition(".")[0]
        if value is np and name == "np":
            return {}
        if root not in ("numpy", "scipy") and root not in sys.stdlib_module_names:
            raise _refused(user, f"which uses the module {value.__name__}")
        alias = "" if value.__name__ == name else f" as {name}"
        return {name: f"import {value.__name__}{alias}"}
    if inspect.isfunction(inspect.unwrap(value)) if callable(value) else False:
        return definitions(value, name, callers)
    if isinstance(value, PLAIN) or (type(value) is tuple and all(type(v) in PLAIN for v in value)):
        return {name: f"{name} = {parameter(value)!r}"}
    if getattr(builtins, name, None) is value:
        return {}
    raise _refused(user, f"which uses the global {name}")


def _refused(name: str, why: str) -> NotImplementedError:
    return refusal(
        NotImplementedError,
        f"the definition of {name} cannot be printed",
        f"the primitive {name}, {why}",
        "a primitive of a function made with def, of its arguments and NumPy alone",
    )
