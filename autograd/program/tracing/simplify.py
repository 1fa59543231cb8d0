"""Simplification: what broadcasting does by itself need not be written down.

A scalar does as well as an array of it, and an array as well as copies of it, beside an argument
of the result's shape. Bit by bit the results are the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from autograd.program.equations import Equation, Name, used
from autograd.program.printers.literals import is_repeated
from autograd.rules.shape import DETACHED


def simplified(
    equations: Sequence[Equation], inputs: Mapping[Name, Any], constants: Mapping[Name, np.ndarray]
) -> list[Equation]:
    """Return equations with plain numbers for arrays of one number, and without broadcast_to.

    Parameters
    ----------
    inputs, constants : the values behind all other names; those among `constants` may be replaced.

    >>> from autograd.program import capture
    >>> capture(lambda x: x * np.full(3, 2.0), np.ones(3))
    <lambda>(x: float64 (3,))
      t1: float64 (3,) = multiply(x, 2.0)
      return t1
    """
    short: dict[Any, Any] = {
        e.name: e.args[0] for e in equations if e.op.fn is np.broadcast_to and e.op.rules
    }
    read = {a for e in equations if e.op.elementwise for a in e.args if type(a) is Name}
    short |= {n: x.flat[0] for n, x in constants.items() if n in read and is_repeated(x)}
    if not short:
        return [*equations]
    likes: dict[Any, Any] = {**inputs, **constants, **{e.name: e.like for e in equations}}
    return [_shortened(e, short, likes) if e.op.elementwise else e for e in equations]


def joined(
    equations: list[Equation], outputs: Sequence[Any], constants: Iterable[Name], left: set[Any]
) -> tuple[list[Equation], dict[Name, Any]]:
    """Return equations that cut a history off only where that is needed, and what stays instead.

    It is where a derivative of the `outputs` may go through: not where tensors are left with other
    data, and not of what has no history, as `constants` have none. But what is `left` in a tensor
    is read as that, or as its values alone.

    >>> from autograd import Tensor, no_grad
    >>> from autograd.program import capture
    >>> x = Tensor(2.0, requires_grad=True)
    >>> [e.op.name for e in capture(lambda x: x.detach() * x, x).equations]
    ['detached', 'multiply']
    >>> with no_grad():
    ...     [e.op.name for e in capture(lambda x: x.detach() * x, x).equations]
    ['multiply']
    """
    if not any(e.op is DETACHED for e in equations):
        return equations, {}
    needed = {e.name for e in used(equations, outputs)}
    rest, same, alone = list[Equation](), dict[Name, Any](), set(constants)
    for e in equations:
        args = tuple([same.get(a, a) if type(a) is Name else a for a in e.args])
        apart = e.op is DETACHED and args[0] in alone and args[0] not in left
        if apart or (e.op is DETACHED and e.name not in needed):
            same[e.name] = args[0]
            left = left | {args[0]} if e.name in left else left
            continue
        rest.append(e._replace(args=args))
        has_parents = not alone.issuperset(a for a in args if type(a) is Name)
        if e.op is DETACHED or not has_parents or e.like.dtype.kind not in "fc":
            alone.add(e.name)
    return rest, same


def _shortened(e: Equation, short: Mapping[Any, Any], likes: Mapping[Any, Any]) -> Equation:
    args = list(e.args)
    for i, a in enumerate(args):
        if type(a) is Name and a in short:
            args[i] = short[a]
            if not _fits(args, e.like, likes):
                args[i] = a
    return e._replace(args=tuple(args)) if args != list(e.args) else e


def _fits(args: Sequence[Any], like: Any, likes: Mapping[Any, Any]) -> bool:
    """Tell whether these arguments still make a result of this shape, dtype and order."""
    xs = [likes[a] if type(a) is Name else a for a in args]
    typed = [x.dtype for a, x in zip(args, xs, strict=True) if type(a) is Name]
    if np.broadcast_shapes(*map(np.shape, xs)) != np.shape(like) or not typed:
        return False
    rows = all(x.flags.c_contiguous for x in xs if isinstance(x, np.ndarray))
    return rows or np.ndim(like) < 2
