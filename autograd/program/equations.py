"""Equations: what programs consist of."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from autograd.primitive import Primitive


class Name(str):
    """What stands for a value in an equation: a text that is a name, and no other text."""

    __slots__ = ()

    @property
    def text(self) -> str:
        """The name alone."""
        return str(self)


@dataclass(frozen=True, slots=True)
class Equation:
    """One operation: ``name = op(*args, **params)``.

    Attributes
    ----------
    name : what the result is called.
    args : names of inputs, constants and earlier results; plain numbers stand for themselves.
    like : the result for the example inputs, which tells shape and dtype.
    backward : whether it belongs to a backward pass.
    named : whether the user gave it its name.
    """

    name: Name
    op: Primitive
    args: tuple[Any, ...]
    params: Mapping[str, Any] = field(default_factory=dict)
    like: Any = None
    backward: bool = False
    named: bool = False

    def with_names(self, name: Name, args: tuple[Any, ...], named: bool) -> "Equation":
        """Return the same operation with other names; `dataclasses.replace` takes twice as long."""
        return Equation(name, self.op, args, self.params, self.like, self.backward, named)


def used(equations: Sequence[Equation], outputs: Iterable[Any]) -> list[Equation]:
    """Return the equations that these names need, in order."""
    wanted = {y for y in outputs if isinstance(y, Name)}
    kept = []
    for e in reversed(equations):
        if e.name in wanted:
            kept.append(e)
            wanted |= {a for a in e.args if isinstance(a, Name)}
    return kept[::-1]
