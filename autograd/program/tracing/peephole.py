"""Peephole: a few neighbouring equations that are fewer, or simpler, bit by bit.

``a + (-b)`` is ``a - b``, and ``-(-a * b)`` is ``a * b``, but for the sign of a nan.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from autograd.primitive import PRIMITIVES, fused_op
from autograd.program.equations import Equation, Name
from autograd.rules.elementwise import over_

ADD, SUBTRACT, NEGATIVE = (PRIMITIVES[fn] for fn in (np.add, np.subtract, np.negative))
TRANSPOSE = PRIMITIVES[np.transpose]
MULTIPLY, DIVIDE, OVER = PRIMITIVES[np.multiply], PRIMITIVES[np.divide], fused_op(over_)
FACTORS = {MULTIPLY: (0, 1), DIVIDE: (0, 1), OVER: (0,)}
"""The arguments whose sign is one of the result's."""

DEPTH = 4
"""So many products are looked through for a change of sign: through all takes quadratic time."""


def tidied(
    equations: Sequence[Equation], kept: Iterable[Any], inputs: Mapping[Name, Any]
) -> list[Equation]:
    """Return simpler equations of the inputs; the values of names in `kept` stay what they are.

    >>> from autograd.program import capture
    >>> print(capture(lambda a, b: -(-a * b) + (-b), 2.0, 3.0).source.splitlines()[-1])
        return a * b - b
    """
    view = _Peephole(kept, equations, inputs)
    for e in equations:
        known = view.with_what_is_turned_back(e)
        view.made[e.name] = view.simplified(known) if e.like.dtype.kind == "f" else known
    return [e for e in view.made.values() if view.uses[e.name]]


class _Peephole:
    def __init__(
        self, kept: Iterable[Any], equations: Sequence[Equation], inputs: Mapping[Name, Any]
    ) -> None:
        self.inputs, self.made = inputs, dict[Any, Equation]()
        self.uses = Counter([a for e in equations for a in e.args if type(a) is Name])
        self.kept = {*kept}
        self.uses.update(self.kept)  # nothing else may become of these
        self.same: dict[Any, Any] = {}

    def with_what_is_turned_back(self, e: Equation) -> Equation:
        """Return an equation of the matrix itself where its arguments are ``x.T.T``."""
        if self.same:
            e = e._replace(args=tuple([self.same.get(a, a) for a in e.args]))
        turned = self.made.get(e.args[0]) if _is_turned(e) else None
        if turned is not None and _is_turned(turned) and e.name not in self.kept:
            self.same[e.name] = x = turned.args[0]
            self.uses[turned.name] -= 1
            self.uses[x] += self.uses[e.name]
            self.uses[e.name] = 0
        return e

    def simplified(self, e: Equation) -> Equation:
        """Return an equation that does what its arguments need not do."""
        if e.op is OVER and (g := self.made.get(e.args[0])) and g.op is DIVIDE:
            known = isinstance(g.args[0], (float, np.floating)) and g.args[0] != 0
            # the number over d is 0 only where d is infinite
            return e._replace(op=DIVIDE) if known and g.args[1] == e.args[1] else e
        if e.op is MULTIPLY and -1.0 in e.args:
            x = e.args[1] if e.args[0] == -1.0 else e.args[0]
            like = self.made[x].like if x in self.made else self.inputs.get(x)
            alike = like is not None and (like.shape, like.dtype) == (e.like.shape, e.like.dtype)
            return e._replace(op=NEGATIVE, args=(x,)) if alike else e
        if e.op is NEGATIVE and (product := self.alone(e.args[0])) and product.op in FACTORS:
            if self.turned(product.name, any_number=True) is None:
                return e
            self.uses[product.name] = 0
            return self.made[product.name]._replace(name=e.name, backward=e.backward)
        if e.op in (ADD, SUBTRACT) and (b := self.turned(e.args[1])) is not None:
            e = e._replace(op=ADD if e.op is SUBTRACT else SUBTRACT, args=(e.args[0], b))
        if e.op is ADD and (a := self.turned(e.args[0])) is not None:
            e = e._replace(op=SUBTRACT, args=(e.args[1], a))
        return e

    def turned(self, a: Any, *, any_number: bool = False, depth: int = DEPTH) -> Any:
        """Return what stands for -a, where that takes no operation more; None where it does."""
        if isinstance(a, (float, np.floating)):
            return -a if any_number or a < 0 else None
        made = self.alone(a)
        if made is None or not depth:
            return None
        if made.op is NEGATIVE:
            self.uses[a] = 0
            return made.args[0]
        for i in FACTORS.get(made.op, ()):
            b = self.turned(made.args[i], any_number=any_number, depth=depth - 1)
            if b is not None:
                args = [*made.args]
                args[i] = b
                self.made[a] = made._replace(args=tuple(args))
                return a
        return None

    def alone(self, a: Any) -> Equation | None:
        """Return what makes a value that is used once."""
        made = self.made.get(a) if type(a) is Name and self.uses[a] == 1 else None
        return made if made is not None and made.like.dtype.kind == "f" else None


def _is_turned(e: Equation) -> bool:
    return e.op is TRANSPOSE and e.params.get("axes") is None and e.like.ndim > 1
