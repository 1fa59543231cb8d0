"""Equations: a computation written down as a list, ``name = op(*args, **params)``.

Every printer reads the same list; so does whoever runs it, or works on it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from autograd.primitive import Primitive


@dataclass(frozen=True, slots=True)
class Equation:
    """One operation: ``name = op(*args, **params)``.

    Attributes
    ----------
    args : names of inputs and of earlier equations (str); anything else is a constant.
    like : the result for the example inputs, which tells shape and dtype.
    """

    name: str
    op: Primitive
    args: tuple[Any, ...]
    params: Mapping[str, Any] = field(default_factory=dict)
    like: Any = None


def evaluate(equations: Iterable[Equation], inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Compute every equation with NumPy; return all values by name.

    >>> import numpy as np
    >>> from autograd.primitive import PRIMITIVES
    >>> square = Equation("y", PRIMITIVES[np.multiply], ("x", "x"))
    >>> evaluate([square], {"x": 3.0})
    {'x': 3.0, 'y': 9.0}
    """
    known = dict(inputs)
    for e in equations:
        args = [known[a] if isinstance(a, str) else a for a in e.args]
        known[e.name] = e.op.call(*args, **e.params)
    return known


def renamed(equations: Iterable[Equation], names: Mapping[str, str]) -> list[Equation]:
    """Call results by other names; those that `names` does not mention keep theirs.

    >>> import numpy as np
    >>> from autograd.primitive import PRIMITIVES
    >>> square = Equation("y", PRIMITIVES[np.multiply], ("x", "x"))
    >>> renamed([square], {"y": "z"})[0].name
    'z'
    """
    return [
        replace(
            e,
            name=names.get(e.name, e.name),
            args=tuple(names.get(a, a) if isinstance(a, str) else a for a in e.args),
        )
        for e in equations
    ]


def used(equations: Sequence[Equation], outputs: Iterable[Any]) -> list[Equation]:
    """Return those equations that some outputs (names; constants need none) are computed by.

    >>> import numpy as np
    >>> from autograd.primitive import PRIMITIVES
    >>> square = Equation("y", PRIMITIVES[np.multiply], ("x", "x"))
    >>> used([square], ["x", 2.0])
    []
    """
    wanted = {y for y in outputs if isinstance(y, str)}
    kept = []
    for e in reversed(equations):
        if e.name in wanted:
            kept.append(e)
            wanted |= {a for a in e.args if isinstance(a, str)}
    return kept[::-1]
